//! The one value that Tauri manages.

use std::path::PathBuf;
use std::sync::Arc;

use roachvault_core::backup::{Backups, ClusterRuns};
use roachvault_core::connection::SecretStore;
use roachvault_core::job::{Jobs, Journal, Runs};
use roachvault_core::schedule::Schedules;
use roachvault_core::settings::SettingsFile;
use roachvault_core::userfile::{self, Userfiles};
use roachvault_core::{ConnectionId, Connections, OpenCluster};
use uuid::Uuid;

use crate::host::keychain::SystemKeyring;
use crate::host::practice::Practice;

/// Everything a command may reach.
pub struct AppState {
    /// Root of all that the app writes. `ROACHVAULT_DATA_DIR` moves it.
    pub data_dir: PathBuf,
    pub jobs: Jobs,
    pub connections: Arc<Connections>,
    pub practice: Practice,
    pub userfiles: Userfiles,
    pub backups: Backups,
    pub schedules: Schedules,
    pub settings: SettingsFile,
}

impl AppState {
    /// The cluster of a connection; an error says that it is not connected.
    pub fn cluster(&self, connection: Uuid) -> roachvault_core::Result<Arc<OpenCluster>> {
        self.connections.open_cluster(ConnectionId(connection))
    }

    /// Opens what is kept in the data folder.
    pub async fn open(data_dir: PathBuf) -> roachvault_core::Result<Self> {
        Self::with_keyring(data_dir, Arc::new(SystemKeyring::default())).await
    }

    /// As [`AppState::open`], with the place where secrets are kept.
    pub async fn with_keyring(
        data_dir: PathBuf,
        keyring: Arc<dyn SecretStore>,
    ) -> roachvault_core::Result<Self> {
        let (journal, _kept_aside) = Journal::open(&data_dir).await?;
        let connections = Arc::new(Connections::open(&data_dir, keyring)?);
        let open = Arc::clone(&connections);
        let userfiles = Userfiles::new();
        let changed = userfiles.clone();
        let settings = SettingsFile::open(&data_dir);
        let cluster_runs = ClusterRuns::default();
        let runs = userfile::runs(Runs::default(), settings.speed_limit());
        let runs = cluster_runs.register(runs);
        let runs = runs.after_each(move || changed.forget_listings());
        let jobs = Jobs::open(journal, runs, Arc::new(move |id| open.open_cluster(id).ok())).await?;
        let backups = Backups::new(jobs.clone(), &cluster_runs);
        let schedules = Schedules::new(&cluster_runs);
        Ok(Self {
            practice: Practice::new(&data_dir),
            data_dir,
            jobs,
            connections,
            userfiles,
            backups,
            schedules,
            settings,
        })
    }
}
