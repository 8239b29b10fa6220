//! The one value that Tauri manages.

use std::path::PathBuf;

/// Everything a command may reach.
pub struct AppState {
    /// Root of all that the app writes. `ROACHVAULT_DATA_DIR` moves it.
    pub data_dir: PathBuf,
}
