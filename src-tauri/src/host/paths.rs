//! Where the app keeps its data.

use std::path::PathBuf;

use tauri::{AppHandle, Manager, Runtime};

/// Moves everything the app writes to another folder; trials and tests use it.
pub const DATA_DIR_VARIABLE: &str = "ROACHVAULT_DATA_DIR";

/// The data folder, created when missing.
pub fn data_dir<R: Runtime>(app: &AppHandle<R>) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let dir = match std::env::var_os(DATA_DIR_VARIABLE) {
        Some(dir) => PathBuf::from(dir),
        None => app.path().app_local_data_dir()?,
    };
    std::fs::create_dir_all(&dir)?;
    Ok(dir)
}
