//! The clipboard, read only when the person asks for it.
//!
//! The web view would ask for a permission of its own or refuse; and a connection string holds a
//! password, which then would pass through the page.

/// The clipboard's text, or `None` when it holds none or cannot be read.
pub async fn read_text() -> Option<String> {
    tokio::task::spawn_blocking(|| arboard::Clipboard::new().ok()?.get_text().ok())
        .await
        .ok()
        .flatten()
}
