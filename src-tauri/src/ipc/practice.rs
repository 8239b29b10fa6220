//! The practice cluster: try everything where nothing can be lost.

use roachvault_practice::sample;
use serde::Deserialize;
use ts_rs::TS;

use crate::ipc::IpcError;
use crate::ipc::connections::{Connection, told};
use crate::state::AppState;

/// Starts the practice cluster if it does not run, and answers the saved connection that leads to it.
pub async fn start_practice_cluster(state: &AppState) -> Result<Connection, IpcError> {
    Ok(told(state, state.practice.start(&state.connections).await?))
}

/// Puts the practice cluster back as it was on the first day; what was done in it is gone.
pub async fn reset_practice_cluster(state: &AppState) -> Result<Connection, IpcError> {
    Ok(told(state, state.practice.reset(&state.connections).await?))
}

/// A mistake to rehearse getting over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Accident {
    RowsDeleted,
    TableDropped,
    DatabaseDropped,
}

/// Breaks the sample data of the practice cluster, and of no other.
pub async fn break_practice_cluster(state: &AppState, accident: Accident) -> Result<(), IpcError> {
    let accident = match accident {
        Accident::RowsDeleted => sample::Accident::RowsDeleted,
        Accident::TableDropped => sample::Accident::TableDropped,
        Accident::DatabaseDropped => sample::Accident::DatabaseDropped,
    };
    Ok(state.practice.let_happen(accident).await?)
}
