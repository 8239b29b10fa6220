//! From a typed target to open connections.
//!
//! sqlx starts its options from `PG*` variables and has no timeout of its own, and its pool hides
//! the reason of a failed connect behind repeated attempts. So every field is set here, and the
//! first connection is made without the pool.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection};

use crate::connection_string::is_cloud;
use crate::doctor::{Cause, safe_detail};
use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;

/// How much of TLS is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// Certificate chain and host name are checked.
    #[default]
    VerifyFull,
    /// The chain is checked, the host name is not.
    VerifyCa,
    /// Encrypted, nothing checked.
    Require,
    /// Not encrypted.
    Disable,
}

impl TlsMode {
    /// As it stands in a connection string.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerifyFull => "verify-full",
            Self::VerifyCa => "verify-ca",
            Self::Require => "require",
            Self::Disable => "disable",
        }
    }
}

/// Everything needed to reach one cluster as one user.
#[derive(Debug, Clone)]
pub struct Target {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub database: String,
    pub tls: TlsMode,
    /// PEM. Added to the operating system's roots.
    pub ca_pem: Option<String>,
    pub client_cert_pem: Option<String>,
    pub client_key_pem: Option<Secret>,
    pub password: Option<Secret>,
    /// Routing id of Basic and Standard clusters, `--cluster=…`.
    pub cluster_option: Option<String>,
    /// The password is a JWT.
    pub jwt: bool,
}

/// An open cluster: a small pool for short statements, and unpooled connections on request.
#[derive(Debug, Clone)]
pub struct Cluster {
    options: PgConnectOptions,
    pool: PgPool,
    user: String,
    database: String,
}

/// How long a first connection may take. A scaled-down serverless cluster needs most of it.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a connection of the pool may lie idle. The pool looks through its connections once in this time, so the
/// last of them is closed after twice as long at most: after two minutes nothing is left that keeps a cluster awake.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

impl Cluster {
    /// Connects once, reports the true reason of a failure, and only then opens the pool.
    pub async fn connect(target: &Target) -> Result<Self> {
        Self::connect_idling(target, IDLE_TIMEOUT).await
    }

    /// As [`Cluster::connect`], with the time after which the pool lets go of a connection that nobody uses.
    pub async fn connect_idling(target: &Target, idle_timeout: Duration) -> Result<Self> {
        let options = options(target)?;
        connect_once(&options).await?.close().await?;
        let pool = PgPoolOptions::new()
            .max_connections(4)
            .min_connections(0)
            .acquire_timeout(Duration::from_secs(15))
            .max_lifetime(Duration::from_secs(300))
            .idle_timeout(idle_timeout)
            .connect_lazy_with(options.clone());
        Ok(Self {
            options,
            pool,
            user: target.user.clone(),
            database: target.database.clone(),
        })
    }

    /// For short statements.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// A connection of its own, for transfers and long waits. Dropping it closes the socket.
    pub async fn dedicated(&self) -> Result<PgConnection> {
        connect_once(&self.options).await
    }

    /// A connection of its own that prepares each statement text once: a transfer sends few texts many
    /// times, and preparing would double its round trips.
    pub async fn transfer_connection(&self) -> Result<PgConnection> {
        connect_once(&self.options.clone().statement_cache_capacity(32)).await
    }

    /// The SQL user, normalised as the server does: lower case.
    pub fn user(&self) -> &str {
        &self.user
    }

    pub fn database(&self) -> &str {
        &self.database
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// One attempt. A failed login is never repeated: Cloud pauses an address after a few.
async fn connect_once(options: &PgConnectOptions) -> Result<PgConnection> {
    let host = options.get_host();
    let database = options.get_database().unwrap_or_default();
    match tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(options)).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(Cause::from_driver(&error, host, database).to_error(safe_detail(&error))),
        Err(_) => {
            let cause = Cause::NoAnswer {
                cloud: is_cloud(host),
            };
            Err(cause.to_error(format!("no answer within {} s", CONNECT_TIMEOUT.as_secs())))
        }
    }
}

/// Variables that the driver reads and that no later call can unset.
const CANNOT_BE_OVERRIDDEN: [&str; 3] = ["PGSSLCERT", "PGSSLKEY", "PGOPTIONS"];

/// The driver's options with every field set, because it starts them from `PG*` variables.
///
/// Three of those cannot be taken back. The app removes them when it starts; a program that did not
/// is refused here rather than connected as somebody else.
pub(crate) fn options(target: &Target) -> Result<PgConnectOptions> {
    let own_certificate = target.client_cert_pem.is_some() && target.client_key_pem.is_some();
    for variable in CANNOT_BE_OVERRIDDEN {
        if std::env::var_os(variable).is_some() && (variable == "PGOPTIONS" || !own_certificate) {
            return Err(Error::new(
                ErrorKind::Internal,
                format!("The environment variable {variable} would change this connection."),
            )
            .hint("Start the program without it."));
        }
    }
    let mut options = PgConnectOptions::new_without_pgpass()
        .host(&target.host)
        .port(target.port)
        .username(&target.user)
        .database(&target.database)
        .application_name("roachvault")
        .statement_cache_capacity(0)
        // Without a password of its own the driver would send the one of PGPASSWORD.
        .password(target.password.as_ref().map(Secret::expose).unwrap_or_default())
        // Without an authority of its own the driver would read the file of PGSSLROOTCERT.
        .ssl_root_cert_from_pem(target.ca_pem.clone().unwrap_or_default().into_bytes())
        .ssl_mode(match target.tls {
            TlsMode::VerifyFull => PgSslMode::VerifyFull,
            TlsMode::VerifyCa => PgSslMode::VerifyCa,
            TlsMode::Require => PgSslMode::Require,
            TlsMode::Disable => PgSslMode::Disable,
        });
    if let (Some(cert), Some(key)) = (&target.client_cert_pem, &target.client_key_pem) {
        options = options
            .ssl_client_cert_from_pem(cert.as_bytes())
            .ssl_client_key_from_pem(key.expose().as_bytes());
    }
    let startup = startup_options(target);
    if !startup.is_empty() {
        options = options.options(startup);
    }
    // sqlx would log slow statements with their whole text, keys in storage URIs included.
    Ok(options.disable_statement_logging())
}

/// What goes into the startup message's `options`, each as `-c name=value`.
pub(crate) fn startup_options(target: &Target) -> Vec<(&'static str, String)> {
    let cluster = target.cluster_option.clone().map(|cluster| ("cluster", cluster));
    let jwt = target.jwt.then(|| ("crdb:jwt_auth_enabled", "true".to_owned()));
    cluster.into_iter().chain(jwt).collect()
}
