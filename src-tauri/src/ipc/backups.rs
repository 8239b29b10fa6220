//! Collections, the backups in them, and taking one.

mod decode;
mod encode;
mod wire;

use chrono::{DateTime, Utc};
use roachvault_core::plan::PlanId;
use uuid::Uuid;

pub use decode::table_names;
pub use wire::*;

use crate::ipc::IpcError;
use crate::ipc::connections::TypedSecret;
use crate::state::AppState;

/// Collections in the user's file storage, and those entered since the app was started.
pub async fn list_collections(state: &AppState, connection: Uuid) -> Result<Vec<Collection>, IpcError> {
    let open = state.cluster(connection)?;
    let found = state.backups.list_collections(&open).await?;
    Ok(found.into_iter().map(Collection::from).collect())
}

/// Collections in the user's file storage that hold a backup of this subdirectory: where a renamed one is now.
pub async fn list_collections_holding(
    state: &AppState,
    connection: Uuid,
    subdirectory: String,
) -> Result<Vec<Collection>, IpcError> {
    let open = state.cluster(connection)?;
    let found = state
        .backups
        .list_collections_holding(&open, &subdirectory)
        .await?;
    Ok(found.into_iter().map(Collection::from).collect())
}

/// Makes a storage address usable as `collection` by its redacted form. Keys in it stay in memory
/// until the app ends.
pub async fn save_collection(
    state: &AppState,
    connection: Uuid,
    uri: TypedSecret,
) -> Result<Collection, IpcError> {
    let open = state.cluster(connection)?;
    Ok(state.backups.save_collection(&open, &uri.0).await?.into())
}

/// As `save_collection`, for one that holds backups already: what cannot be read is refused and not kept.
pub async fn open_collection(
    state: &AppState,
    connection: Uuid,
    uri: TypedSecret,
) -> Result<Collection, IpcError> {
    let open = state.cluster(connection)?;
    Ok(state.backups.open_collection(&open, &uri.0).await?.into())
}

pub async fn list_backups(
    state: &AppState,
    connection: Uuid,
    collection: String,
) -> Result<BackupList, IpcError> {
    let open = state.cluster(connection)?;
    Ok(state.backups.list_backups(&open, &collection).await?.into())
}

/// What a chain holds at a moment; without one at its end.
pub async fn get_backup(
    state: &AppState,
    connection: Uuid,
    collection: String,
    subdirectory: String,
    moment: Option<DateTime<Utc>>,
    passphrase: Option<TypedSecret>,
) -> Result<BackupContents, IpcError> {
    let open = state.cluster(connection)?;
    let passphrase = passphrase.map(|passphrase| passphrase.0);
    Ok(state
        .backups
        .get_backup(&open, &collection, &subdirectory, moment, passphrase)
        .await?
        .into())
}

pub async fn plan_backup(
    state: &AppState,
    connection: Uuid,
    request: BackupRequest,
) -> Result<BackupPlan, IpcError> {
    let open = state.cluster(connection)?;
    Ok(state.backups.plan_backup(&open, request.decode()?).await?.into())
}

/// Answers the job to watch.
pub async fn start_backup(state: &AppState, plan: Uuid) -> Result<Uuid, IpcError> {
    Ok(state
        .backups
        .start_backup(|id| state.connections.open_cluster(id), PlanId(plan))
        .await?
        .0)
}
