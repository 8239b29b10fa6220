//! Userfiles on the wire.
//!
//! A `path` is a stored name without its leading slash; one that ends in `/` means everything below
//! that folder. A `store` is the host of its URIs, such as `defaultdb.public.userfiles_root`; left
//! out, it is the user's own.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use crate::ipc::IpcError;
use crate::ipc::backups::not_yet;
use crate::state::AppState;

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UserfileStore {
    pub store: String,
    /// The one that uploads go to when nothing else is chosen. It may not exist yet.
    pub own: bool,
    pub exists: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum UserfileSort {
    Name,
    Size,
    Uploaded,
    Username,
}

#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ListRequest {
    pub store: Option<String>,
    /// Empty for the top, else with a slash at its end.
    pub folder: String,
    pub sort: UserfileSort,
    pub descending: bool,
    /// Part of a name, in any case. With `*`, `?` or `[` it is a pattern over the whole path below
    /// `folder`, and files of all depths are answered.
    pub filter: Option<String>,
    pub offset: u32,
    /// At most 1000.
    pub limit: u32,
    /// Ask the cluster again instead of answering from what was read before.
    pub refresh: bool,
}

/// One row of the files screen. Folders come from the names; a backup collection is one thing.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum UserfileEntry {
    Folder {
        name: String,
        path: String,
        files: u64,
        size_bytes: u64,
        newest: Option<DateTime<Utc>>,
    },
    Collection {
        name: String,
        path: String,
        backups: u64,
        files: u64,
        size_bytes: u64,
        newest: Option<DateTime<Utc>>,
    },
    File {
        name: String,
        path: String,
        size_bytes: u64,
        uploaded_at: Option<DateTime<Utc>>,
        username: String,
        /// Still being written, or left behind by a write that ended early.
        unfinished: bool,
        /// `userfile://…`, for BACKUP, RESTORE and IMPORT.
        uri: String,
    },
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FolderPage {
    pub store: String,
    pub folder: String,
    pub offset: u32,
    pub entries: Vec<UserfileEntry>,
    /// Rows in all pages.
    pub total_entries: u32,
    /// Files below the folder that the filter lets through, at any depth.
    pub files: u64,
    pub size_bytes: u64,
    /// False while the listing is still being read: ask again for the rest.
    pub complete: bool,
    pub listed_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum OnConflict {
    Skip,
    Replace,
    KeepBoth,
}

/// What to do where the target's name is taken.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConflictChoices {
    pub all: OnConflict,
    /// Exceptions, by `Conflict.target`.
    pub each: BTreeMap<String, OnConflict>,
}

/// A target whose name is taken, with both sides shown.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Conflict {
    pub source: String,
    pub target: String,
    pub source_bytes: u64,
    pub source_time: Option<DateTime<Utc>>,
    pub target_bytes: u64,
    pub target_time: Option<DateTime<Utc>>,
}

/// A name that could not be taken over as it is.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MappedName {
    pub source: String,
    pub target: String,
}

/// Something chosen that will not take part, and why.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LeftOut {
    pub path: String,
    pub why: String,
}

#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UploadRequest {
    pub store: Option<String>,
    /// Empty for the top, else with a slash at its end.
    pub folder: String,
    /// Local files and folders.
    pub paths: Vec<String>,
}

/// What a transfer would do. Lists of names hold at most 500; the counts are exact.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TransferPlan {
    /// Give this to the start command.
    pub plan: Uuid,
    pub store: String,
    /// A folder of the store or of this computer.
    pub target: String,
    pub files: u64,
    pub size_bytes: u64,
    pub conflict_count: u64,
    pub conflicts: Vec<Conflict>,
    pub mapped: Vec<MappedName>,
    pub left_out: Vec<LeftOut>,
}

#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DownloadRequest {
    pub store: Option<String>,
    pub paths: Vec<String>,
    /// A folder; or, with `as_file`, the file to write the single path to.
    pub target: String,
    pub as_file: bool,
}

#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SelectedFiles {
    pub store: Option<String>,
    pub paths: Vec<String>,
}

/// A backup collection that a deletion would damage or remove.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TouchedCollection {
    pub path: String,
    pub backups: u64,
    /// The whole collection goes, not a part of it.
    pub whole: bool,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DeletePlan {
    pub plan: Uuid,
    pub store: String,
    pub files: u64,
    pub size_bytes: u64,
    /// The first few.
    pub names: Vec<String>,
    pub collections: Vec<TouchedCollection>,
    /// Deleted files can be had back for so long, and their space comes back after it.
    pub gc_ttl_seconds: Option<u64>,
    /// What must be typed before it starts: on production, or when backups are touched.
    pub type_to_confirm: Option<String>,
}

/// Old and new path of a file, or of a folder when both end in a slash.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Move {
    pub from: String,
    pub to: String,
}

#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MoveRequest {
    pub store: Option<String>,
    pub moves: Vec<Move>,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UserfileChunk {
    pub offset: u64,
    pub size_bytes: u64,
    /// Hex, computed by the cluster.
    pub sha256: String,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UserfileDetails {
    pub path: String,
    pub store: String,
    pub uri: String,
    pub file_id: Uuid,
    /// As the file's row says.
    pub size_bytes: u64,
    /// As its chunks add up.
    pub stored_bytes: u64,
    pub uploaded_at: Option<DateTime<Utc>>,
    pub username: String,
    /// The chunks begin at 0 and follow each other without a gap.
    pub contiguous: bool,
    pub chunks: Vec<UserfileChunk>,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Preview {
    /// The head of the file.
    Text { text: String, truncated: bool },
    /// A `data:` URI of the whole image.
    Image { data_uri: String },
    /// The first bytes in hex.
    Binary { hex: String },
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DeletedUserfile {
    pub file_id: Uuid,
    pub path: String,
    pub size_bytes: u64,
    pub uploaded_at: Option<DateTime<Utc>>,
    pub username: String,
    /// It was still there at this moment, and is read from it.
    pub seen_at: DateTime<Utc>,
    /// The name is in use again; it would come back under another one.
    pub name_taken: bool,
}

#[derive(Debug, Clone, Copy, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Damage {
    /// A write that did not end: `.tmp` in its name.
    Leftover,
    /// Chunks whose file is gone.
    Orphan,
    /// Chunks with a gap between their offsets, as releases before July 2023 could write them.
    Shifted,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RepairItem {
    pub file_id: Uuid,
    pub damage: Damage,
    /// Absent for orphans.
    pub path: Option<String>,
    pub size_bytes: u64,
    pub uploaded_at: Option<DateTime<Utc>>,
    /// What repairing it does, in a sentence.
    pub remedy: String,
    /// It may still be in the middle of being written, so it is not chosen by itself.
    pub maybe_active: bool,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RepairPlan {
    pub plan: Uuid,
    pub store: String,
    pub items: Vec<RepairItem>,
}

#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CopyToClusterRequest {
    pub store: Option<String>,
    pub paths: Vec<String>,
    pub target_connection: Uuid,
    pub target_store: Option<String>,
    /// Empty for the top, else with a slash at its end.
    pub target_folder: String,
}

pub async fn list_userfile_stores(
    state: &AppState,
    connection: Uuid,
) -> Result<Vec<UserfileStore>, IpcError> {
    not_yet(state, connection)
}

pub async fn list_userfiles(
    state: &AppState,
    connection: Uuid,
    request: ListRequest,
) -> Result<FolderPage, IpcError> {
    let _ = request;
    not_yet(state, connection)
}

pub async fn plan_upload(
    state: &AppState,
    connection: Uuid,
    request: UploadRequest,
) -> Result<TransferPlan, IpcError> {
    let _ = request;
    not_yet(state, connection)
}

/// Answers the job to watch.
pub async fn start_upload(state: &AppState, plan: Uuid, choices: ConflictChoices) -> Result<Uuid, IpcError> {
    let _ = choices;
    not_yet(state, plan)
}

pub async fn plan_download(
    state: &AppState,
    connection: Uuid,
    request: DownloadRequest,
) -> Result<TransferPlan, IpcError> {
    let _ = request;
    not_yet(state, connection)
}

/// Answers the job to watch.
pub async fn start_download(
    state: &AppState,
    plan: Uuid,
    choices: ConflictChoices,
) -> Result<Uuid, IpcError> {
    let _ = choices;
    not_yet(state, plan)
}

pub async fn plan_delete(
    state: &AppState,
    connection: Uuid,
    request: SelectedFiles,
) -> Result<DeletePlan, IpcError> {
    let _ = request;
    not_yet(state, connection)
}

/// Answers the job to watch.
pub async fn start_delete(state: &AppState, plan: Uuid, typed: Option<String>) -> Result<Uuid, IpcError> {
    let _ = typed;
    not_yet(state, plan)
}

/// Renames or moves, at once: either all of them or none.
pub async fn rename_userfiles(
    state: &AppState,
    connection: Uuid,
    request: MoveRequest,
) -> Result<(), IpcError> {
    let _ = request;
    not_yet(state, connection)
}

/// Copies inside the cluster; no bytes come here. Answers the job to watch.
pub async fn start_copy(state: &AppState, connection: Uuid, request: MoveRequest) -> Result<Uuid, IpcError> {
    let _ = request;
    not_yet(state, connection)
}

pub async fn get_userfile(
    state: &AppState,
    connection: Uuid,
    store: Option<String>,
    path: String,
) -> Result<UserfileDetails, IpcError> {
    let _ = (store, path);
    not_yet(state, connection)
}

pub async fn preview_userfile(
    state: &AppState,
    connection: Uuid,
    store: Option<String>,
    path: String,
) -> Result<Preview, IpcError> {
    let _ = (store, path);
    not_yet(state, connection)
}

pub async fn list_deleted_userfiles(
    state: &AppState,
    connection: Uuid,
    store: Option<String>,
) -> Result<Vec<DeletedUserfile>, IpcError> {
    let _ = store;
    not_yet(state, connection)
}

/// Answers the job to watch.
pub async fn start_undelete(
    state: &AppState,
    connection: Uuid,
    store: Option<String>,
    file_ids: Vec<Uuid>,
) -> Result<Uuid, IpcError> {
    let _ = (store, file_ids);
    not_yet(state, connection)
}

pub async fn plan_repair(
    state: &AppState,
    connection: Uuid,
    store: Option<String>,
) -> Result<RepairPlan, IpcError> {
    let _ = store;
    not_yet(state, connection)
}

/// Repairs the chosen items of the plan. Answers the job to watch.
pub async fn start_repair(state: &AppState, plan: Uuid, file_ids: Vec<Uuid>) -> Result<Uuid, IpcError> {
    let _ = file_ids;
    not_yet(state, plan)
}

pub async fn plan_copy_to_cluster(
    state: &AppState,
    connection: Uuid,
    request: CopyToClusterRequest,
) -> Result<TransferPlan, IpcError> {
    let _ = request;
    not_yet(state, connection)
}

/// Answers the job to watch.
pub async fn start_copy_to_cluster(
    state: &AppState,
    plan: Uuid,
    choices: ConflictChoices,
) -> Result<Uuid, IpcError> {
    let _ = choices;
    not_yet(state, plan)
}
