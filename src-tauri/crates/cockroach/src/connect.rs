//! From a typed target to open connections.
//!
//! sqlx starts its options from `PG*` variables and has no timeout of its own, and its pool hides
//! the reason of a failed connect behind repeated attempts. So every field is set here, and the
//! first connection is made without the pool.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgSslMode, Postgres};
use sqlx::{ConnectOptions, Connection};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::connection_string::{is_cloud, may_sleep};
use crate::doctor::{Cause, safe_detail};
use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;
use crate::userfile::PayloadReader;

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

impl Target {
    /// `host:port`, as a person reads it.
    pub fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// An open cluster: a small pool for short statements, and unpooled connections on request.
#[derive(Clone)]
pub struct Cluster {
    options: PgConnectOptions,
    pool: PgPool,
    target: Target,
}

/// The driver's options would show the password.
impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// The same for a cluster that may be scaled to zero and is woken by it.
const WAKING_TIMEOUT: Duration = Duration::from_secs(60);

/// What a healthy pool hands out a connection within. After it, it is asked whether anything listens there at all.
const POOL_PATIENCE: Duration = Duration::from_millis(300);

/// How long an idle connection may take for a sign of life before another one is taken: after a sleep or a change of network it
/// would be waited for until the pool's patience ends.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

/// How long a statement that reads little may take.
const ANSWERS_WITHIN: Duration = Duration::from_secs(120);

/// How long a statement may take for which the cluster goes through much: rows that are counted, the files of a backup.
pub(crate) const SEARCHES_WITHIN: Duration = Duration::from_secs(1800);

/// How long a bare dial may take that is made only to tell why there was no answer.
const DIAL_TIMEOUT: Duration = Duration::from_secs(3);

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
        connect_once(&options, target).await?.close().await?;
        let pool = PgPoolOptions::new()
            .max_connections(4)
            .min_connections(0)
            .acquire_timeout(Duration::from_secs(15))
            .max_lifetime(Duration::from_secs(300))
            .idle_timeout(idle_timeout)
            .test_before_acquire(false)
            .before_acquire(|connection, _| {
                Box::pin(async {
                    Ok(matches!(
                        timeout(SIGN_OF_LIFE, connection.ping()).await,
                        Ok(Ok(()))
                    ))
                })
            })
            .connect_lazy_with(options.clone());
        Ok(Self {
            options,
            pool,
            target: target.clone(),
        })
    }

    /// The pool itself, for what counts its connections or only runs against a server that is there: it does not tell why
    /// there is no connection, and waits for ever for one that leads nowhere.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// A connection of the pool, for short statements.
    ///
    /// The pool takes a refused dial for a server that is starting, tries again until its time is up, and then knows
    /// only that. So where it takes longer than it should, a dial of our own finds out whether anything listens.
    async fn connection(&self) -> Result<PoolConnection<Postgres>> {
        let refused = async {
            tokio::time::sleep(POOL_PATIENCE).await;
            match dial(&self.target).await {
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => error,
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            acquired = self.pool.acquire() => acquired.map_err(|error| match error {
                sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => error.into(),
                error => Cause::from_driver(&error, &self.target).to_error(safe_detail(&error)),
            }),
            error = refused => Err(Cause::not_listening(&self.target).to_error(error.to_string())),
        }
    }

    /// What `work` answers, on a connection of the pool. Gives up on a cluster that says nothing for longer than a statement
    /// takes that reads little, and closes the connection: as far as anybody can tell it leads nowhere.
    pub(crate) async fn ask<T>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>,
    ) -> Result<T> {
        self.ask_within(ANSWERS_WITHIN, work).await
    }

    /// As [`Cluster::ask`], with a limit of its own.
    pub(crate) async fn ask_within<T>(
        &self,
        limit: Duration,
        work: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>,
    ) -> Result<T> {
        let mut lent = Lent {
            connection: self.connection().await?,
            is_answered: false,
        };
        let answered = timeout(limit, work(&mut lent.connection)).await;
        lent.is_answered = answered.is_ok();
        Ok(answered.map_err(|_| silent(limit))??)
    }

    /// Asks for a sign of life.
    pub async fn reach(&self) -> Result<()> {
        self.ask(async |connection| connection.ping().await).await
    }

    /// A connection of its own, for transfers and long waits. Dropping it closes the socket.
    pub async fn dedicated(&self) -> Result<PgConnection> {
        connect_once(&self.options, &self.target).await
    }

    /// A connection of its own that prepares each statement text once: a transfer sends few texts many
    /// times, and preparing would double its round trips.
    pub async fn transfer_connection(&self) -> Result<PgConnection> {
        connect_once(&self.options.clone().statement_cache_capacity(32), &self.target).await
    }

    /// A connection of its own that reads payload rows and nothing else.
    /// Between two pieces of what it reads may pass `silence`.
    pub(crate) async fn payload_reader(&self, silence: Duration) -> Result<PayloadReader> {
        in_time(&self.target, PayloadReader::connect(&self.target, silence)).await
    }

    /// The SQL user, normalised as the server does: lower case.
    pub fn user(&self) -> &str {
        &self.target.user
    }

    pub fn database(&self) -> &str {
        &self.target.database
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// A connection of the pool that may have a statement under way. Where nobody waits for the answer any more it is closed, not given
/// back: the pool would wait for it.
struct Lent {
    connection: PoolConnection<Postgres>,
    is_answered: bool,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.is_answered {
            self.connection.close_on_drop();
        }
    }
}

/// The error of a cluster that took a statement and said nothing for so long.
pub(crate) fn silent(limit: Duration) -> Error {
    Error::new(
        ErrorKind::ConnectionLost,
        format!("The cluster has not answered for {} s.", limit.as_secs()),
    )
    .hint("It may be overloaded, or the network between may have changed.")
}

/// One attempt. A failed login is never repeated: Cloud pauses an address after a few.
async fn connect_once(options: &PgConnectOptions, target: &Target) -> Result<PgConnection> {
    let connecting = async {
        PgConnection::connect_with(options)
            .await
            .map_err(|error| Cause::from_driver(&error, target).to_error(safe_detail(&error)))
    };
    in_time(target, connecting).await
}

/// Gives up where there is no answer, and then finds out why.
async fn in_time<C>(target: &Target, connecting: impl Future<Output = Result<C>>) -> Result<C> {
    let may_wake = may_sleep(&target.host);
    let limit = if may_wake { WAKING_TIMEOUT } else { CONNECT_TIMEOUT };
    if let Ok(connected) = timeout(limit, connecting).await {
        return connected;
    }
    let cause = match dial(target).await {
        Ok(_) if may_wake => Cause::StillWaking,
        Ok(_) => Cause::Unanswered,
        Err(_) => Cause::NoAnswer {
            cloud: is_cloud(&target.host),
        },
    };
    Err(cause.to_error(format!("no answer within {} s", limit.as_secs())))
}

/// Whether anything listens there. Nothing is sent.
async fn dial(target: &Target) -> std::io::Result<TcpStream> {
    let dialled = TcpStream::connect((target.host.as_str(), target.port));
    timeout(DIAL_TIMEOUT, dialled).await?
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
