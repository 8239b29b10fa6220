//! What the app says of itself.

use serde::Serialize;
use ts_rs::TS;

use crate::ipc::IpcError;
use crate::state::AppState;

#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct About {
    pub version: String,
    /// Where connections, the journal and the practice cluster are kept. Secrets are not there.
    pub data_dir: String,
}

pub async fn get_about(state: &AppState) -> Result<About, IpcError> {
    Ok(About {
        version: env!("CARGO_PKG_VERSION").into(),
        data_dir: state.data_dir.display().to_string(),
    })
}
