//! The one value that Tauri manages.

use std::path::PathBuf;
use std::sync::Arc;

use roachvault_core::job::{Jobs, Journal, Runs};

/// Everything a command may reach.
pub struct AppState {
    /// Root of all that the app writes. `ROACHVAULT_DATA_DIR` moves it.
    pub data_dir: PathBuf,
    pub jobs: Jobs,
}

impl AppState {
    /// Opens what is kept in the data folder.
    pub async fn open(data_dir: PathBuf) -> roachvault_core::Result<Self> {
        let (journal, _kept_aside) = Journal::open(&data_dir).await?;
        let jobs = Jobs::open(journal, Runs::default(), Arc::new(|_| None)).await?;
        Ok(Self { data_dir, jobs })
    }
}
