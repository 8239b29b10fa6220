//! Userfiles: looking, planning, moving. The work itself is the core's.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use roachvault_core::userfile::{self, Move as CoreMove};
use roachvault_core::{ConnectionId, OpenCluster};
use uuid::Uuid;

use crate::host::clipboard;
use crate::ipc::IpcError;
use crate::state::AppState;

mod wire;

pub use wire::*;

fn open(state: &AppState, connection: Uuid) -> roachvault_core::Result<Arc<OpenCluster>> {
    state.connections.open_cluster(ConnectionId(connection))
}

/// Finds the clusters that a plan names.
fn find(state: &AppState) -> impl Fn(ConnectionId) -> roachvault_core::Result<Arc<OpenCluster>> {
    move |id| state.connections.open_cluster(id)
}

pub async fn list_userfile_stores(
    state: &AppState,
    connection: Uuid,
) -> Result<Vec<UserfileStore>, IpcError> {
    let cluster = open(state, connection)?;
    let stores = userfile::list_stores(&cluster).await?;
    Ok(stores.into_iter().map(UserfileStore::from).collect())
}

pub async fn list_userfiles(
    state: &AppState,
    connection: Uuid,
    request: ListRequest,
) -> Result<FolderPage, IpcError> {
    let cluster = open(state, connection)?;
    let folder = request.folder.clone();
    let page = state.userfiles.list(&cluster, &request.into()).await?;
    Ok(FolderPage::of(folder, page))
}

/// Files and folders that were copied in a file manager, to be uploaded by pasting.
pub async fn read_clipboard_files(_state: &AppState) -> Result<Vec<String>, IpcError> {
    let files = clipboard::read_files().await;
    Ok(files
        .into_iter()
        .filter_map(|path| path.into_os_string().into_string().ok())
        .collect())
}

pub async fn plan_upload(
    state: &AppState,
    connection: Uuid,
    request: UploadRequest,
) -> Result<TransferPlan, IpcError> {
    let cluster = open(state, connection)?;
    let paths = request.paths.into_iter().map(PathBuf::from).collect();
    let plan = state
        .userfiles
        .plan_upload(&cluster, request.store.as_deref(), &request.folder, paths)
        .await?;
    Ok(plan.into())
}

/// Answers the job to watch.
pub async fn start_upload(
    state: &AppState,
    plan: Uuid,
    choices: ConflictChoices,
    typed: Option<String>,
) -> Result<Uuid, IpcError> {
    Ok(state
        .userfiles
        .start_upload(&state.jobs, find(state), plan, &choices.into(), typed.as_deref())
        .await?
        .0)
}

pub async fn plan_download(
    state: &AppState,
    connection: Uuid,
    request: DownloadRequest,
) -> Result<TransferPlan, IpcError> {
    let cluster = open(state, connection)?;
    let target = Path::new(&request.target);
    let store = request.store.as_deref();
    let plan = state
        .userfiles
        .plan_download(&cluster, store, &request.paths, target, request.as_file)
        .await?;
    Ok(plan.into())
}

/// Answers the job to watch.
pub async fn start_download(
    state: &AppState,
    plan: Uuid,
    choices: ConflictChoices,
) -> Result<Uuid, IpcError> {
    Ok(state
        .userfiles
        .start_download(&state.jobs, find(state), plan, &choices.into())
        .await?
        .0)
}

pub async fn plan_delete(
    state: &AppState,
    connection: Uuid,
    request: SelectedFiles,
) -> Result<DeletePlan, IpcError> {
    let cluster = open(state, connection)?;
    Ok(state
        .userfiles
        .plan_delete(&cluster, request.store.as_deref(), &request.paths)
        .await?
        .into())
}

/// Answers the job to watch.
pub async fn start_delete(state: &AppState, plan: Uuid, typed: Option<String>) -> Result<Uuid, IpcError> {
    Ok(state
        .userfiles
        .start_delete(&state.jobs, find(state), plan, typed.as_deref())
        .await?
        .0)
}

pub async fn plan_rename(
    state: &AppState,
    connection: Uuid,
    request: MoveRequest,
) -> Result<RenamePlan, IpcError> {
    let moves: Vec<CoreMove> = request.moves.into_iter().map(CoreMove::from).collect();
    let cluster = open(state, connection)?;
    Ok(state
        .userfiles
        .plan_rename(&cluster, request.store.as_deref(), &moves)
        .await?
        .into())
}

/// Renames or moves, at once: either all of them or none.
pub async fn rename_userfiles(state: &AppState, plan: Uuid, typed: Option<String>) -> Result<(), IpcError> {
    Ok(state
        .userfiles
        .rename(find(state), plan, typed.as_deref())
        .await?)
}

/// Answers the job to watch.
pub async fn start_copy(state: &AppState, connection: Uuid, request: MoveRequest) -> Result<Uuid, IpcError> {
    let moves: Vec<CoreMove> = request.moves.into_iter().map(CoreMove::from).collect();
    let cluster = open(state, connection)?;
    Ok(state
        .userfiles
        .start_copy(&state.jobs, &cluster, request.store.as_deref(), &moves)
        .await?
        .0)
}

pub async fn get_userfile(
    state: &AppState,
    connection: Uuid,
    store: Option<String>,
    path: String,
) -> Result<UserfileDetails, IpcError> {
    let cluster = open(state, connection)?;
    Ok(state
        .userfiles
        .details(&cluster, store.as_deref(), &path)
        .await?
        .into())
}

/// Answers the job to watch: the digest of the whole file stands in its outcome.
pub async fn start_digest(
    state: &AppState,
    connection: Uuid,
    store: Option<String>,
    path: String,
) -> Result<Uuid, IpcError> {
    let cluster = open(state, connection)?;
    Ok(state
        .userfiles
        .start_digest(&state.jobs, &cluster, store.as_deref(), &path)
        .await?
        .0)
}

pub async fn preview_userfile(
    state: &AppState,
    connection: Uuid,
    store: Option<String>,
    path: String,
) -> Result<Preview, IpcError> {
    let cluster = open(state, connection)?;
    Ok(state
        .userfiles
        .preview(&cluster, store.as_deref(), &path)
        .await?
        .into())
}

pub async fn list_deleted_userfiles(
    state: &AppState,
    connection: Uuid,
    store: Option<String>,
) -> Result<DeletedUserfiles, IpcError> {
    let cluster = open(state, connection)?;
    Ok(state
        .userfiles
        .list_deleted(&state.jobs, &cluster, store.as_deref())
        .await?
        .into())
}

/// Answers the job to watch.
pub async fn start_undelete(
    state: &AppState,
    connection: Uuid,
    store: Option<String>,
    file_ids: Vec<Uuid>,
    typed: Option<String>,
) -> Result<Uuid, IpcError> {
    let cluster = open(state, connection)?;
    Ok(state
        .userfiles
        .start_undelete(
            &state.jobs,
            &cluster,
            store.as_deref(),
            &file_ids,
            typed.as_deref(),
        )
        .await?
        .0)
}

pub async fn plan_repair(
    state: &AppState,
    connection: Uuid,
    store: Option<String>,
) -> Result<RepairPlan, IpcError> {
    let cluster = open(state, connection)?;
    Ok(state
        .userfiles
        .plan_repair(&cluster, store.as_deref())
        .await?
        .into())
}

/// Repairs the chosen items of the plan. Answers the job to watch.
pub async fn start_repair(
    state: &AppState,
    plan: Uuid,
    file_ids: Vec<Uuid>,
    typed: Option<String>,
) -> Result<Uuid, IpcError> {
    Ok(state
        .userfiles
        .start_repair(&state.jobs, find(state), plan, &file_ids, typed.as_deref())
        .await?
        .0)
}

pub async fn plan_copy_to_cluster(
    state: &AppState,
    connection: Uuid,
    request: CopyToClusterRequest,
) -> Result<TransferPlan, IpcError> {
    let (from, to) = (open(state, connection)?, open(state, request.target_connection)?);
    let plan = state.userfiles.plan_copy_to_cluster(
        &from,
        request.store.as_deref(),
        &request.paths,
        &to,
        request.target_store.as_deref(),
        &request.target_folder,
    );
    Ok(plan.await?.into())
}

/// Answers the job to watch.
pub async fn start_copy_to_cluster(
    state: &AppState,
    plan: Uuid,
    choices: ConflictChoices,
    typed: Option<String>,
) -> Result<Uuid, IpcError> {
    Ok(state
        .userfiles
        .start_copy_to_cluster(&state.jobs, find(state), plan, &choices.into(), typed.as_deref())
        .await?
        .0)
}

/// Plans an archive: a new folder that holds the chosen files and a list of them.
pub async fn plan_export(
    state: &AppState,
    connection: Uuid,
    request: ExportRequest,
) -> Result<TransferPlan, IpcError> {
    let cluster = open(state, connection)?;
    let folder = Path::new(&request.folder);
    let store = request.store.as_deref();
    let plan = state
        .userfiles
        .plan_export(&cluster, store, &request.paths, folder)
        .await?;
    Ok(plan.into())
}

/// Answers the job to watch.
pub async fn start_export(state: &AppState, plan: Uuid) -> Result<Uuid, IpcError> {
    Ok(state
        .userfiles
        .start_export(&state.jobs, find(state), plan)
        .await?
        .0)
}

pub async fn plan_import(
    state: &AppState,
    connection: Uuid,
    request: ImportRequest,
) -> Result<ImportPlan, IpcError> {
    let cluster = open(state, connection)?;
    let store = request.store.as_deref();
    let plan = state
        .userfiles
        .plan_import(&cluster, store, &request.folder, PathBuf::from(request.archive))
        .await?;
    Ok(plan.into())
}

/// Answers the job to watch.
pub async fn start_import(
    state: &AppState,
    plan: Uuid,
    choices: ConflictChoices,
    typed: Option<String>,
) -> Result<Uuid, IpcError> {
    Ok(state
        .userfiles
        .start_import(&state.jobs, find(state), plan, &choices.into(), typed.as_deref())
        .await?
        .0)
}
