//! What a person has set for the whole app.

use roachvault_core::settings as core;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ipc::IpcError;
use crate::state::AppState;

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// How fast all transfers together may be, at least 16384; null for as fast as they can.
    pub transfer_bytes_per_second: Option<u64>,
}

impl From<core::Settings> for Settings {
    fn from(settings: core::Settings) -> Self {
        Self {
            transfer_bytes_per_second: settings.transfer_bytes_per_second,
        }
    }
}

pub async fn get_settings(state: &AppState) -> Result<Settings, IpcError> {
    Ok(state.settings.get().into())
}

/// Holds at once, also for transfers that are under way. Answers what is in force.
pub async fn save_settings(state: &AppState, settings: Settings) -> Result<Settings, IpcError> {
    let settings = core::Settings {
        transfer_bytes_per_second: settings.transfer_bytes_per_second,
    };
    Ok(state.settings.save(settings)?.into())
}
