//! The practice cluster: try everything where nothing can be lost.

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
