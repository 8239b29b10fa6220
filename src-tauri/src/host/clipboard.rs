//! The clipboard, read only when the person asks for it.
//!
//! The web view would ask for a permission of its own or refuse; and a connection string holds a
//! password, which then would pass through the page.

use std::path::PathBuf;

/// The clipboard's text, or `None` when it holds none or cannot be read.
pub async fn read_text() -> Option<String> {
    tokio::task::spawn_blocking(|| arboard::Clipboard::new().ok()?.get_text().ok())
        .await
        .ok()
        .flatten()
}

/// Files that were copied in a file manager; empty when the clipboard holds none. The web view knows
/// of them, but not where they are.
pub async fn read_files() -> Vec<PathBuf> {
    tokio::task::spawn_blocking(|| arboard::Clipboard::new()?.get().file_list())
        .await
        .ok()
        .and_then(Result::ok)
        .unwrap_or_default()
}
