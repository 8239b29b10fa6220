//! A file of this computer, shown in the system's file manager.

use std::path::PathBuf;

use roachvault_core::error::{Code, Error, Result};

/// Opens the file manager with the file in sight. Fails when the file is gone, or there is no file manager to ask.
pub async fn reveal(path: PathBuf) -> Result<()> {
    let shown = path.display().to_string();
    let asked = tokio::task::spawn_blocking(move || {
        if path.exists() {
            Ok(tauri_plugin_opener::reveal_item_in_dir(&path))
        } else {
            Err(())
        }
    });
    match asked.await {
        Ok(Ok(Ok(()))) => Ok(()),
        Ok(Err(())) => Err(
            Error::new(Code::NotFound, format!("{shown} is not there any more."))
                .hint("It was moved, renamed or deleted since. Download it again to have it back."),
        ),
        Ok(Ok(Err(error))) => Err(cannot(&shown, error.to_string())),
        Err(error) => Err(cannot(&shown, error.to_string())),
    }
}

fn cannot(shown: &str, detail: String) -> Error {
    Error::new(
        Code::Unsupported,
        format!("No file manager answered. The file is {shown}."),
    )
    .detail(detail)
}
