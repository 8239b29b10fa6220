//! Backups as the screen sees them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use crate::ipc::IpcError;
use crate::ipc::connections::TypedSecret;

/// Where backups are collected.
#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Collection {
    /// Names the collection in other commands: its URI with keys replaced by `redacted`.
    pub uri: String,
    /// Short, for reading: the path inside file storage, or the bucket and path.
    pub name: String,
    pub storage: Storage,
    /// Full backups in it; absent when it has not been looked into.
    pub backups: Option<u64>,
    /// Newest full backup, as its directory says.
    pub newest_at: Option<DateTime<Utc>>,
    /// What the files take; only known for file storage.
    pub size_bytes: Option<u64>,
    /// Backups that are being written, or were given up.
    pub unfinished: u64,
}

#[derive(Debug, Clone, Copy, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Storage {
    /// In the cluster itself.
    Userfile,
    S3,
    GoogleCloud,
    Azure,
    /// On a node's disk; self-hosted clusters only.
    Nodelocal,
    /// A named connection that the cluster keeps.
    External,
}

/// The backups of one collection, newest first.
#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BackupList {
    pub collection: Collection,
    pub chains: Vec<Chain>,
    /// Stretches of time in which every second can be restored.
    pub windows: Vec<RestorableWindow>,
    /// Directories without a finished backup.
    pub unfinished: Vec<UnfinishedBackup>,
}

/// A full backup and the incremental ones that build on it.
#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Chain {
    /// Names the chain in other commands.
    pub subdirectory: String,
    /// Oldest first: the full backup, then each incremental one. Empty when `problem` says why.
    pub layers: Vec<Layer>,
    /// Databases in it, those of CockroachDB left out.
    pub databases: Vec<String>,
    pub is_full_cluster: bool,
    /// Taken with a passphrase or a key, and cannot be read without it.
    pub encrypted: bool,
    /// Rows of the full backup; incremental ones count changes and are not added.
    pub rows: Option<u64>,
    /// Logical size of all layers.
    pub size_bytes: Option<u64>,
    /// Why it cannot be read.
    pub problem: Option<IpcError>,
}

/// One backup of a chain, and the moment it holds.
#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Layer {
    pub kind: BackupKind,
    /// Absent in a full backup.
    pub start_time: Option<DateTime<Utc>>,
    /// The moment that can be restored.
    pub end_time: DateTime<Utc>,
    /// Every second since then is kept as well.
    pub revisions_since: Option<DateTime<Utc>>,
    /// In an incremental backup the rows that changed or were deleted.
    pub rows: Option<u64>,
    pub size_bytes: Option<u64>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum BackupKind {
    Full,
    Incremental,
}

/// From and to are both restorable.
#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RestorableWindow {
    /// The chain that covers it.
    pub subdirectory: String,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UnfinishedBackup {
    pub subdirectory: String,
    /// CockroachDB's job that writes it or has written it.
    pub cluster_job_id: Option<String>,
    pub size_bytes: u64,
}

/// What one chain holds.
#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BackupContents {
    pub chain: Chain,
    pub objects: Vec<BackupObject>,
}

#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BackupObject {
    /// Absent for a database itself.
    pub database: Option<String>,
    pub schema: Option<String>,
    pub name: String,
    pub kind: ObjectKind,
    /// In the newest state of the chain. Absent when there are incremental backups: these count
    /// changes, so the rows of a table cannot be told from them.
    pub rows: Option<u64>,
    /// Logical size, all layers together.
    pub size_bytes: Option<u64>,
}

#[derive(Debug, Clone, Copy, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ObjectKind {
    Database,
    Schema,
    Table,
    /// Also a materialized one.
    View,
    Sequence,
    Type,
    Function,
    Other,
}

/// What to back up, where to and how.
#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BackupRequest {
    pub targets: BackupTargets,
    /// `uri` of a collection.
    pub collection: String,
    /// Incremental adds to the newest chain of the collection.
    pub kind: BackupKind,
    /// Keep every version between two backups, so that every second can be restored.
    pub revision_history: bool,
    /// Encrypts the backup. Without it nobody can restore it.
    pub passphrase: Option<TypedSecret>,
    /// A moment in the past, while the cluster still keeps it; without one the present.
    pub as_of: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum BackupTargets {
    Cluster,
    Database {
        database: String,
    },
    /// Tables as `schema.table`.
    Tables {
        database: String,
        tables: Vec<String>,
    },
}

/// What a backup would do. Nothing has been sent.
#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BackupPlan {
    pub id: Uuid,
    /// Such as “database bank”.
    pub subject: String,
    pub collection: Collection,
    /// Exactly what will be sent, secrets masked.
    pub sql: String,
    /// Estimates of the cluster.
    pub tables: Option<u64>,
    pub rows: Option<u64>,
    /// From the newest backup of the same, when there is one.
    pub size_bytes: Option<u64>,
    pub checks: Vec<PlanCheck>,
    /// No check is blocked.
    pub can_start: bool,
}

/// One answer to “Will this work?”.
#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PlanCheck {
    /// Stable, such as `nameFree`.
    pub id: String,
    pub level: CheckLevel,
    /// Such as “The name bank_restored is free”.
    pub title: String,
    pub detail: String,
    /// Each one a way out.
    pub fixes: Vec<Fix>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum CheckLevel {
    Ok,
    Attention,
    Blocked,
}

/// What can be done about a check.
#[derive(Debug, Serialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Fix {
    /// Plan again with this name for the new database.
    UseName { name: String },
    /// Somebody has to run this first, or may want to run it afterwards.
    Sql { label: String, sql: String },
    /// Ask for the passphrase and plan again.
    AskPassphrase,
    /// Plan again with these options of the restore.
    Allow {
        options: Vec<RestoreOption>,
        label: String,
    },
    /// Plan again into a new database of this name, with these options besides. Missing rows are brought back from there.
    Beside {
        new_name: String,
        options: Vec<RestoreOption>,
        label: String,
    },
    /// Plan again with these tables (`schema.table`), into a new database of this name.
    TakeAlong {
        tables: Vec<String>,
        new_name: String,
        label: String,
    },
}

/// What a restore may put up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum RestoreOption {
    SkipMissingForeignKeys,
    SkipMissingSequences,
    SkipMissingSequenceOwners,
    SkipMissingViews,
    SkipMissingUdfs,
    SkipLocalitiesCheck,
    RemoveRegions,
    SchemaOnly,
    VerifyBackupTableData,
    Grants,
}
