//! The practice cluster inside the app: started when its connection is opened, put back on request.
//!
//! To everything else it is a cluster like any other, reached over TLS with a password from the keyring. The
//! password is new with every start, so no start depends on what the keyring still holds.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use roachvault_cockroach::{Secret, TlsMode};
use roachvault_core::connection::{
    ConnectionDetails, ConnectionDraft, Connections, Keep, SavedConnection, SecretChange,
};
use roachvault_core::{Code, Environment, Error, Result};
use roachvault_practice::sample::{Accident, let_happen};
use roachvault_practice::{Options, PracticeCluster};
use tokio::sync::Mutex;
use uuid::Uuid;

/// The one practice cluster of this process.
pub struct Practice {
    folder: PathBuf,
    running: Mutex<Option<PracticeCluster>>,
}

const USER: &str = "demo";
/// A name that the certificate holds and that needs no name server. Windows takes `localhost` for `::1` first, where nobody
/// listens, and needs two seconds for each connection to find that out.
const HOST: &str = if cfg!(windows) { "127.0.0.1" } else { "localhost" };

impl Practice {
    pub fn new(data_dir: &Path) -> Self {
        Self {
            folder: data_dir.join("practice"),
            running: Mutex::default(),
        }
    }

    /// Makes sure that the cluster runs and that a saved connection leads to it.
    pub async fn start(&self, connections: &Connections) -> Result<SavedConnection> {
        let mut running = self.running.lock().await;
        let saved = find(connections);
        if running.is_some()
            && let Some(saved) = saved
        {
            return Ok(saved);
        }
        // Frees the port when only the connection was deleted.
        stop(running.take()).await?;
        let port = saved.as_ref().map_or(0, |saved| saved.details.port);
        let password = Secret::new(format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()));
        let cluster = match self.launch(port, &password).await {
            // The port of last time may belong to somebody else by now.
            Err(_) if port != 0 => self.launch(0, &password).await?,
            launched => launched?,
        };
        let saved = keep(connections, saved, &cluster, password).await?;
        *running = Some(cluster);
        Ok(saved)
    }

    /// Puts the sample data back as it was on the first day. Everything else in the cluster is gone.
    pub async fn reset(&self, connections: &Connections) -> Result<SavedConnection> {
        if let Some(saved) = find(connections) {
            connections.disconnect(saved.id).await;
        }
        {
            let mut running = self.running.lock().await;
            stop(running.take()).await?;
            let folder = self.folder.clone();
            blocking(move || PracticeCluster::erase(&folder)).await?;
        }
        self.start(connections).await
    }

    /// Lets a mistake happen to its sample data. Other clusters cannot be meant.
    pub async fn let_happen(&self, accident: Accident) -> Result<()> {
        let running = self.running.lock().await;
        let Some(cluster) = running.as_ref().map(|running| Arc::clone(running.cluster())) else {
            return Err(
                Error::new(Code::CannotConnect, "The practice cluster does not run.")
                    .hint("Connect to it first."),
            );
        };
        let nothing_left = |detail: String| {
            Error::new(
                Code::NotFound,
                "There is nothing left of bank to which this could happen.",
            )
            .hint("Get it back with Restore, or reset the practice cluster.")
            .detail(detail)
        };
        match tokio::task::spawn_blocking(move || let_happen(&cluster, accident)).await {
            Ok(happened) => happened.map_err(|error| nothing_left(error.message)),
            Err(error) => {
                Err(Error::new(Code::Internal, "The practice cluster did not do it.")
                    .detail(error.to_string()))
            }
        }
    }

    async fn launch(&self, port: u16, password: &Secret) -> Result<PracticeCluster> {
        let options = Options {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            folder: Some(self.folder.clone()),
            user: USER.into(),
            password: password.expose().to_owned(),
            ..Options::default()
        };
        blocking(move || PracticeCluster::start(options)).await
    }
}

fn find(connections: &Connections) -> Option<SavedConnection> {
    connections
        .list()
        .into_iter()
        .find(|saved| saved.details.environment == Environment::Practice)
}

/// Writes down where the cluster is now. What the person chose (name, colour, note) stays.
async fn keep(
    connections: &Connections,
    saved: Option<SavedConnection>,
    cluster: &PracticeCluster,
    password: Secret,
) -> Result<SavedConnection> {
    let id = saved.as_ref().map(|saved| saved.id);
    let mut details = saved.map_or_else(new_details, |saved| saved.details);
    details.host = HOST.into();
    details.port = cluster.address().port();
    details.user = USER.into();
    details.tls = TlsMode::VerifyFull;
    details.ca_pem = cluster.ca_pem().map(str::to_owned);
    let draft = |keep| ConnectionDraft {
        id,
        details: details.clone(),
        password: SecretChange::Set(password.clone(), keep),
        client_key: SecretChange::Unchanged,
    };
    match connections.save_practice(draft(Keep::Keyring)).await {
        // Practice must work on a computer without a keyring too.
        Err(error) if error.code == Code::Keyring => connections.save_practice(draft(Keep::Memory)).await,
        saved => saved,
    }
}

fn new_details() -> ConnectionDetails {
    ConnectionDetails {
        name: "Practice cluster".into(),
        host: HOST.into(),
        port: 0,
        user: USER.into(),
        database: "defaultdb".into(),
        tls: TlsMode::VerifyFull,
        ca_pem: None,
        client_cert_pem: None,
        cluster_option: None,
        jwt: false,
        environment: Environment::Practice,
        read_only: false,
        colour: None,
        group: None,
        note: String::new(),
        favourite: false,
    }
}

async fn stop(cluster: Option<PracticeCluster>) -> Result<()> {
    // Stopping waits for the threads of its connections.
    blocking(move || {
        drop(cluster);
        Ok(())
    })
    .await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> roachvault_practice::error::SqlResult<T> + Send + 'static,
) -> Result<T> {
    let failed = |detail: String| {
        Error::new(Code::Internal, "The practice cluster could not be started.")
            .hint("Check that the disk is not full and that the app may write its data folder.")
            .detail(detail)
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(|error| failed(error.message)),
        Err(error) => Err(failed(error.to_string())),
    }
}
