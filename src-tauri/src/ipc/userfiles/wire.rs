//! Wire types of userfiles, and their translation from and to the core.
//!
//! A `path` is a stored name without its leading slash; one that ends in `/` means everything below
//! that folder. A `store` is the host of its URIs, such as `defaultdb.public.userfiles_root`; left
//! out, it is the user's own.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use roachvault_core::userfile as files;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

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

/// What is known of two files of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Contents {
    Identical,
    Different,
    /// Of equal size, and not compared.
    NotCompared,
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
    pub contents: Contents,
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
    /// How many folders of this computer were chosen.
    pub folders: u64,
    pub conflict_count: u64,
    /// Of the conflicts, so many are identical: there is nothing to do, and `all` does not count for them.
    pub identical_count: u64,
    /// Those to decide come first.
    pub conflicts: Vec<Conflict>,
    pub mapped: Vec<MappedName>,
    pub left_out: Vec<LeftOut>,
    /// Folders of this computer without anything in them: they take no part.
    pub empty_folder_count: u64,
    pub empty_folders: Vec<String>,
    /// What must be typed before a file in the cluster is replaced; on production only.
    pub type_to_replace: Option<String>,
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

/// A backup collection some files of which would be deleted or renamed.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TouchedCollection {
    pub path: String,
    pub backups: u64,
    /// All of its files are meant, not a part of them.
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

/// A folder that has files already and would get those of another.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MergedFolder {
    pub path: String,
    /// As many as it has now.
    pub files: u64,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RenamePlan {
    pub plan: Uuid,
    pub store: String,
    pub files: u64,
    /// Collections that get another address or, where not whole, are torn apart.
    pub collections: Vec<TouchedCollection>,
    pub merges: Vec<MergedFolder>,
    /// What must be typed before it is done: on production, or where a backup would be torn apart.
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
    /// Hex, of the whole file, when it is one chunk; else `digestUserfile` works it out.
    pub sha256: Option<String>,
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
    /// The job of this app that deleted it, where it was one.
    pub deleted_by: Option<Uuid>,
    /// From then on the cluster may have collected its bytes.
    pub kept_until: DateTime<Utc>,
    /// The name is in use again; it would come back under another one.
    pub name_taken: bool,
}

/// A backup collection of which files were deleted.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DeletedCollection {
    /// Without slashes around it.
    pub path: String,
    /// None where only parts of backups are among the files.
    pub backups: u64,
}

/// What can be had back.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DeletedUserfiles {
    /// By path; of one path, the latest first.
    pub files: Vec<DeletedUserfile>,
    /// Backup collections that some of the files belong to, the outermost first.
    pub collections: Vec<DeletedCollection>,
    /// The cluster keeps deleted data for so long.
    pub kept_seconds: u64,
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
    /// It may still be in the middle of being written, so it is not chosen by itself.
    pub maybe_active: bool,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LostFile {
    pub path: String,
    pub size_bytes: u64,
    /// So many of its bytes are there.
    pub stored_bytes: u64,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RepairPlan {
    pub plan: Uuid,
    pub store: String,
    pub items: Vec<RepairItem>,
    /// Files of which bytes are missing: nothing here can mend them.
    pub lost: Vec<LostFile>,
    /// What must be typed before it starts; on production only.
    pub type_to_confirm: Option<String>,
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

#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ExportRequest {
    pub store: Option<String>,
    pub paths: Vec<String>,
    /// The local folder in which the archive's own folder is made. The plan's `target` is its path.
    pub folder: String,
}

#[derive(Debug, Clone, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ImportRequest {
    pub store: Option<String>,
    /// Where in the store the files go: empty for the top, else with a slash at its end.
    pub folder: String,
    /// An archive's folder, or the `roachvault-archive.json` in it.
    pub archive: String,
}

/// What an import would do. `transfer.plan` goes to the start command; `transfer.leftOut` names files
/// that are missing or not as exported.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ImportPlan {
    pub exported_at: DateTime<Utc>,
    /// Host of the URIs of the store that the files came from.
    pub exported_from: String,
    /// What that cluster said of its version.
    pub cluster_version: String,
    pub transfer: TransferPlan,
}

impl From<files::ImportPlan> for ImportPlan {
    fn from(plan: files::ImportPlan) -> Self {
        Self {
            exported_at: plan.exported_at,
            exported_from: plan.exported_from,
            cluster_version: plan.cluster_version,
            transfer: plan.transfer.into(),
        }
    }
}

impl From<files::StoreEntry> for UserfileStore {
    fn from(entry: files::StoreEntry) -> Self {
        Self {
            store: entry.name.host(),
            own: entry.own,
            exists: entry.exists,
        }
    }
}

impl From<ListRequest> for files::ListRequest {
    fn from(request: ListRequest) -> Self {
        Self {
            store: request.store,
            folder: request.folder,
            sort: match request.sort {
                UserfileSort::Name => files::Sort::Name,
                UserfileSort::Size => files::Sort::Size,
                UserfileSort::Uploaded => files::Sort::Uploaded,
                UserfileSort::Username => files::Sort::Username,
            },
            descending: request.descending,
            filter: request.filter,
            offset: request.offset as usize,
            limit: request.limit.min(1000) as usize,
            refresh: request.refresh,
        }
    }
}

impl FolderPage {
    pub fn of(folder: String, page: files::FolderPage) -> Self {
        Self {
            store: page.store,
            folder,
            offset: count(page.offset),
            entries: page.entries.into_iter().map(UserfileEntry::from).collect(),
            total_entries: count(page.total_entries),
            files: page.files,
            size_bytes: page.size_bytes,
            complete: page.complete,
            listed_at: page.listed_at,
        }
    }
}

fn count(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// The last part of a path, with or without a slash at its end.
fn last_part(path: &str) -> String {
    path.trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned()
}

impl From<files::Entry> for UserfileEntry {
    fn from(entry: files::Entry) -> Self {
        match entry {
            files::Entry::Folder {
                path,
                files,
                size_bytes,
                newest,
            } => Self::Folder {
                name: last_part(&path),
                path,
                files,
                size_bytes,
                newest,
            },
            files::Entry::Collection {
                path,
                backups,
                files,
                size_bytes,
                newest,
            } => Self::Collection {
                name: last_part(&path),
                path,
                backups,
                files,
                size_bytes,
                newest,
            },
            files::Entry::File { file, uri } => Self::File {
                name: last_part(file.name.shown()),
                path: file.name.shown().to_owned(),
                size_bytes: file.size_bytes,
                uploaded_at: file.uploaded_at,
                unfinished: file.is_unfinished(),
                username: file.username,
                uri,
            },
        }
    }
}

impl From<OnConflict> for files::OnConflict {
    fn from(choice: OnConflict) -> Self {
        match choice {
            OnConflict::Skip => Self::Skip,
            OnConflict::Replace => Self::Replace,
            OnConflict::KeepBoth => Self::KeepBoth,
        }
    }
}

impl From<ConflictChoices> for files::Choices {
    fn from(choices: ConflictChoices) -> Self {
        Self {
            all: choices.all.into(),
            each: choices
                .each
                .into_iter()
                .map(|(target, choice)| (target, choice.into()))
                .collect(),
        }
    }
}

impl From<files::Contents> for Contents {
    fn from(contents: files::Contents) -> Self {
        match contents {
            files::Contents::Identical => Self::Identical,
            files::Contents::Different => Self::Different,
            files::Contents::NotCompared => Self::NotCompared,
        }
    }
}

impl From<files::TransferPlan> for TransferPlan {
    fn from(plan: files::TransferPlan) -> Self {
        Self {
            plan: plan.id,
            store: plan.store,
            target: plan.target,
            type_to_replace: plan.type_to_replace,
            files: plan.files,
            size_bytes: plan.size_bytes,
            folders: plan.folders,
            empty_folder_count: plan.empty_folder_count,
            empty_folders: plan.empty_folders,
            identical_count: plan.identical_count,
            conflict_count: plan.conflict_count,
            conflicts: plan
                .conflicts
                .into_iter()
                .map(|conflict| Conflict {
                    source: conflict.source,
                    target: conflict.target,
                    source_bytes: conflict.source_bytes,
                    source_time: conflict.source_time,
                    target_bytes: conflict.target_bytes,
                    target_time: conflict.target_time,
                    contents: conflict.contents.into(),
                })
                .collect(),
            mapped: plan
                .mapped
                .into_iter()
                .map(|mapped| MappedName {
                    source: mapped.source,
                    target: mapped.target,
                })
                .collect(),
            left_out: plan
                .left_out
                .into_iter()
                .map(|left| LeftOut {
                    path: left.path,
                    why: left.why,
                })
                .collect(),
        }
    }
}

impl From<files::DeletePlan> for DeletePlan {
    fn from(plan: files::DeletePlan) -> Self {
        Self {
            plan: plan.id,
            store: plan.store,
            files: plan.files,
            size_bytes: plan.size_bytes,
            names: plan.names,
            collections: plan
                .collections
                .into_iter()
                .map(TouchedCollection::from)
                .collect(),
            gc_ttl_seconds: plan.gc_ttl_seconds,
            type_to_confirm: plan.type_to_confirm,
        }
    }
}

impl From<files::TouchedCollection> for TouchedCollection {
    fn from(touched: files::TouchedCollection) -> Self {
        Self {
            path: touched.path,
            backups: touched.backups,
            whole: touched.whole,
        }
    }
}

impl From<files::RenamePlan> for RenamePlan {
    fn from(plan: files::RenamePlan) -> Self {
        let merges = plan.merges.into_iter();
        Self {
            plan: plan.id,
            store: plan.store,
            files: plan.files,
            collections: plan
                .collections
                .into_iter()
                .map(TouchedCollection::from)
                .collect(),
            merges: merges
                .map(|files::MergedFolder { path, files }| MergedFolder { path, files })
                .collect(),
            type_to_confirm: plan.type_to_confirm,
        }
    }
}

impl From<Move> for files::Move {
    fn from(one: Move) -> Self {
        Self {
            from: one.from,
            to: one.to,
        }
    }
}

impl From<files::Details> for UserfileDetails {
    fn from(details: files::Details) -> Self {
        let (file, layout) = (details.file, details.layout);
        Self {
            path: file.name.shown().to_owned(),
            store: details.store,
            uri: details.uri,
            file_id: file.file_id,
            size_bytes: file.size_bytes,
            stored_bytes: layout.stored_bytes,
            uploaded_at: file.uploaded_at,
            username: file.username,
            contiguous: layout.contiguous,
            sha256: details.sha256,
            chunks: layout
                .chunks
                .into_iter()
                .map(|chunk| UserfileChunk {
                    offset: chunk.offset,
                    size_bytes: chunk.size_bytes,
                    sha256: chunk.sha256,
                })
                .collect(),
        }
    }
}

impl From<files::Preview> for Preview {
    fn from(preview: files::Preview) -> Self {
        match preview {
            files::Preview::Text { text, truncated } => Self::Text { text, truncated },
            files::Preview::Image { media_type, bytes } => Self::Image {
                data_uri: format!("data:{media_type};base64,{}", STANDARD.encode(bytes)),
            },
            files::Preview::Binary { head } => Self::Binary {
                hex: head.iter().map(|byte| format!("{byte:02x}")).collect(),
            },
        }
    }
}

impl From<files::DeletedFile> for DeletedUserfile {
    fn from(deleted: files::DeletedFile) -> Self {
        let file = deleted.file;
        Self {
            file_id: file.file_id,
            path: file.name.shown().to_owned(),
            size_bytes: file.size_bytes,
            uploaded_at: file.uploaded_at,
            username: file.username,
            seen_at: deleted.seen_at,
            deleted_by: deleted.deleted_by.map(|job| job.0),
            kept_until: deleted.kept_until,
            name_taken: deleted.name_taken,
        }
    }
}

impl From<files::DeletedFiles> for DeletedUserfiles {
    fn from(deleted: files::DeletedFiles) -> Self {
        Self {
            files: deleted.files.into_iter().map(DeletedUserfile::from).collect(),
            collections: deleted
                .collections
                .into_iter()
                .map(|files::DeletedCollection { path, backups }| DeletedCollection { path, backups })
                .collect(),
            kept_seconds: deleted.kept_seconds,
        }
    }
}

impl From<files::RepairPlan> for RepairPlan {
    fn from(plan: files::RepairPlan) -> Self {
        let item = |item: files::RepairItem| RepairItem {
            file_id: item.file_id,
            damage: match item.repair {
                files::Repair::RemoveLeftover => Damage::Leftover,
                files::Repair::RemoveOrphan => Damage::Orphan,
                files::Repair::CloseGaps => Damage::Shifted,
            },
            path: item.path,
            size_bytes: item.size_bytes,
            uploaded_at: item.uploaded_at,
            maybe_active: item.maybe_active,
        };
        let lost = |lost: files::LostFile| LostFile {
            path: lost.path,
            size_bytes: lost.size_bytes,
            stored_bytes: lost.stored_bytes,
        };
        Self {
            plan: plan.id,
            store: plan.store,
            items: plan.items.into_iter().map(item).collect(),
            lost: plan.lost.into_iter().map(lost).collect(),
            type_to_confirm: plan.type_to_confirm,
        }
    }
}
