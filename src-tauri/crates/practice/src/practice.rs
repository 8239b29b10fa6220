//! A whole practice cluster in one value: folder, sample data, certificates, server.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::backup::{self, Backups};
use crate::cluster::{Cluster, Settings};
use crate::emulate::Version;
use crate::error::{SqlError, SqlResult};
use crate::faults::{self, Faults};
use crate::sample;
use crate::scram::Verifier;
use crate::session::Session;
use crate::wire::tls::{ClientCertificate, Tls};
use crate::wire::{Server, ServerOptions};

/// How a practice cluster is to be.
#[derive(Clone)]
pub struct Options {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where its data is kept. `None`: in a temporary folder that goes with the cluster.
    pub folder: Option<PathBuf>,
    /// Where nodelocal files and bucket stand-ins lie; inside the cluster's folder when `None`.
    pub external_folder: Option<PathBuf>,
    pub version: Version,
    /// Cluster seconds per real second.
    pub clock_speed: f64,
    pub regions: Vec<String>,
    /// No TLS, no passwords.
    pub insecure: bool,
    /// Authorities, as PEM, whose certificates let clients in besides those of the cluster's own.
    pub client_ca: Option<String>,
    /// An admin that may log in besides root.
    pub user: String,
    /// The password of `user` and of root.
    pub password: String,
    /// With the databases `bank` and `movr`.
    pub sample_data: bool,
    /// Faults from the start, as `SET practice.fault` reads them.
    pub faults: String,
    pub backups: backup::Options,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            folder: None,
            external_folder: None,
            version: Version::default(),
            clock_speed: 1.0,
            regions: Vec::new(),
            insecure: false,
            client_ca: None,
            user: "demo".into(),
            password: uuid::Uuid::new_v4().simple().to_string(),
            sample_data: true,
            faults: String::new(),
            backups: backup::Options::default(),
        }
    }
}

/// A running practice cluster. Dropping it stops it; its data stays where it was asked to be kept.
#[derive(Debug)]
pub struct PracticeCluster {
    // Declared first: connections end before the cluster closes and the temporary folder goes.
    server: Server,
    cluster: Arc<Cluster>,
    tls: Option<Tls>,
    _temporary: Option<tempfile::TempDir>,
}

/// The sample data is this old when the cluster first starts, so that `AS OF SYSTEM TIME '-10s'` finds it.
const SAMPLE_AGE: Duration = Duration::from_secs(3600);
const FILLED: (&str, &str) = ("practice", "filled");

impl PracticeCluster {
    /// Starts a cluster; the first start in a folder fills it. Blocks while it does: a second or so.
    pub fn start(options: Options) -> SqlResult<Self> {
        let (folder, temporary) = match &options.folder {
            Some(folder) => (folder.clone(), None),
            None => {
                let temporary = tempfile::Builder::new()
                    .prefix("roachvault-practice-")
                    .tempdir()
                    .map_err(no_folder)?;
                (temporary.path().to_owned(), Some(temporary))
            }
        };
        std::fs::create_dir_all(&folder).map_err(no_folder)?;
        let settings = Settings {
            version: options.version,
            clock_speed: options.clock_speed,
            regions: options.regions.clone(),
            external_folder: options
                .external_folder
                .clone()
                .unwrap_or_else(|| folder.join("external")),
            durable: temporary.is_none(),
            start_clock_ago: None,
        };
        fill(&folder, &settings, &options)?;
        let faults = Faults::default();
        faults.set(&options.faults)?;
        let cluster = Cluster::open(&folder, settings, faults)?;
        set_passwords(&cluster, &options)?;
        faults::apply_lasting(&mut Session::internal(&cluster, "root")?)?;
        let backups = Arc::new(Backups::new(options.backups));
        cluster.set_extension(backups);
        if let Some(extension) = cluster.extension() {
            extension.started(&cluster)?;
        }
        cluster.keep_collecting_garbage()?;
        let tls = if options.insecure {
            None
        } else {
            Some(Tls::open(&folder, options.client_ca.as_deref())?)
        };
        if let Some(tls) = tls.as_ref().filter(|_| temporary.is_none()) {
            for user in ["root", &options.user] {
                tls.keep_client_certificate(&folder, user)?;
            }
        }
        let server = Server::start(
            Arc::clone(&cluster),
            ServerOptions {
                listen: options.listen,
                tls: tls.as_ref().map(|tls| Arc::clone(&tls.config)),
            },
        )
        .map_err(|error| {
            SqlError::plain(format!(
                "the practice cluster cannot listen on {}: {error}",
                options.listen
            ))
        })?;
        Ok(Self {
            server,
            cluster,
            tls,
            _temporary: temporary,
        })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The authority that signed the server's certificate; `None` when insecure.
    pub fn ca_pem(&self) -> Option<&str> {
        self.tls.as_ref().map(|tls| tls.ca_pem.as_str())
    }

    /// A certificate that lets this user in without a password; `None` when insecure.
    pub fn client_certificate(&self, user: &str) -> Option<SqlResult<ClientCertificate>> {
        self.tls.as_ref().map(|tls| tls.client_certificate(user))
    }

    /// The cluster behind the server.
    pub fn cluster(&self) -> &Arc<Cluster> {
        &self.cluster
    }

    /// Removes the data kept in a folder. The cluster must not be running there. The certificates stay, so that saved connections go on working.
    pub fn erase(folder: &std::path::Path) -> SqlResult<()> {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(no_folder(error)),
        };
        for entry in entries {
            let path = entry.map_err(no_folder)?.path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if name.starts_with("cluster.db") {
                removed(|| std::fs::remove_file(&path)).map_err(no_folder)?;
            } else if name == "external" {
                removed(|| std::fs::remove_dir_all(&path)).map_err(no_folder)?;
            }
        }
        Ok(())
    }
}

/// Windows removes nothing that is open, and the threads of a cluster that was just stopped close their files only when they
/// next look whether it is there.
fn removed(remove: impl Fn() -> std::io::Result<()>) -> std::io::Result<()> {
    let mut attempts_left = if cfg!(windows) { 50 } else { 0 };
    loop {
        match remove() {
            // SQLite takes its own files along when the last connection closes.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(_) if attempts_left > 0 => {
                attempts_left -= 1;
                std::thread::sleep(Duration::from_millis(100));
            }
            done => return done,
        }
    }
}

fn fill(folder: &std::path::Path, settings: &Settings, options: &Options) -> SqlResult<()> {
    let settings = Settings {
        start_clock_ago: Some(SAMPLE_AGE),
        ..settings.clone()
    };
    let cluster = Cluster::open(folder, settings, Faults::default())?;
    let mut session = Session::internal(&cluster, "root")?;
    if session.kept(FILLED.0, FILLED.1)?.is_some() {
        return Ok(());
    }
    // The sample is made in one transaction: with a cache that holds it, its pages are written once.
    session.sqlite().execute_batch("PRAGMA cache_size = -49152")?;
    session.transaction(true, |session| {
        sample::system(session, &options.user)?;
        if options.sample_data {
            sample::databases(session)?;
        }
        session.keep(FILLED.0, FILLED.1, Some("1"))
    })
}

fn set_passwords(cluster: &Arc<Cluster>, options: &Options) -> SqlResult<()> {
    let verifier = Verifier::new(&options.password);
    let mut session = Session::internal(cluster, "node")?;
    session.transaction(true, |session| {
        for name in ["root", &options.user] {
            let catalog = session.catalog()?;
            let Some(role) = catalog.roles.get(name) else {
                continue;
            };
            if role
                .password
                .as_ref()
                .is_some_and(|known| known.accepts(&options.password))
            {
                continue;
            }
            let mut role = role.as_ref().clone();
            role.password = Some(verifier.clone());
            session.put_role(name, Some(&role))?;
        }
        Ok(())
    })
}

fn no_folder(error: std::io::Error) -> SqlError {
    SqlError::plain(format!(
        "the folder of the practice cluster cannot be used: {error}"
    ))
}
