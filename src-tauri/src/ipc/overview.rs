//! What a connected cluster holds and how well it is protected: the first thing one sees of it.

use chrono::{DateTime, Utc};
use roachvault_core::overview as core;
use serde::Serialize;
use ts_rs::TS;
use uuid::Uuid;

use crate::ipc::IpcError;
use crate::state::AppState;

/// The databases of a cluster with their newest backups, and what its userfile storage holds.
#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    pub databases: Vec<Database>,
    /// Absent when the user's file storage has not been made yet.
    pub files: Option<FileTotals>,
    /// What could not be found out, in sentences. The rest is true all the same.
    pub gaps: Vec<String>,
    pub checked_at: DateTime<Utc>,
}

/// One database of the cluster.
#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Database {
    pub name: String,
    pub owner: Option<String>,
    /// `system` belongs to CockroachDB and cannot be restored beside itself.
    pub is_system: bool,
    /// It is in a backup and not on the cluster any more.
    pub is_gone: bool,
    /// Tables without views, sequences and file storage. Absent when the user cannot see any, which is not to
    /// say that there are none.
    pub tables: Option<u64>,
    /// More tables may be there than the user can see.
    pub may_hide_tables: bool,
    /// What lets the user see into it. Absent when it sees everything.
    pub grant: Option<String>,
    pub holds_file_storage: bool,
    /// CockroachDB's own estimate; it lags behind by minutes.
    pub estimated_rows: Option<u64>,
    pub primary_region: Option<String>,
    pub regions: Vec<String>,
    /// Of the backups that lie in the user's file storage or in remembered collections.
    pub newest_backup: Option<NewestBackup>,
}

/// The newest moment to which a database can be brought back.
#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct NewestBackup {
    /// Pass it on as it is.
    pub collection: String,
    pub subdirectory: String,
    pub end_time: DateTime<Utc>,
    pub kind: super::backups::BackupKind,
}

/// What lies in the user's file storage, backups included.
#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FileTotals {
    pub count: u64,
    pub size_bytes: u64,
}

pub async fn get_overview(state: &AppState, connection: Uuid) -> Result<Overview, IpcError> {
    let open = state.cluster(connection)?;
    let overview = state.backups.overview(&open).await?;
    Ok(Overview {
        databases: overview.databases.into_iter().map(Database::from).collect(),
        files: overview.files.map(|files| FileTotals {
            count: files.count,
            size_bytes: files.size_bytes,
        }),
        gaps: overview.gaps,
        checked_at: overview.checked_at,
    })
}

/// The databases without their backups, which takes fewer statements.
pub async fn list_databases(state: &AppState, connection: Uuid) -> Result<Vec<Database>, IpcError> {
    let open = state.cluster(connection)?;
    let databases = core::list_databases(open.readable()).await?;
    Ok(databases.into_iter().map(Database::from).collect())
}

/// Tables, views and sequences of a database that the user can see, as `schema.table`.
pub async fn list_tables(
    state: &AppState,
    connection: Uuid,
    database: String,
) -> Result<Vec<String>, IpcError> {
    let open = state.cluster(connection)?;
    Ok(core::list_table_names(open.readable(), &database).await?)
}

impl From<core::DatabaseSummary> for Database {
    fn from(database: core::DatabaseSummary) -> Self {
        Self {
            name: database.name,
            owner: database.owner,
            is_system: database.is_system,
            is_gone: database.is_gone,
            tables: database.tables,
            may_hide_tables: database.may_hide_tables,
            grant: database.grant,
            holds_file_storage: database.holds_file_storage,
            estimated_rows: database.estimated_rows,
            primary_region: database.primary_region,
            regions: database.regions,
            newest_backup: database.newest_backup.map(|backup| NewestBackup {
                collection: backup.collection,
                subdirectory: backup.subdirectory,
                end_time: backup.end_time,
                kind: backup.kind.into(),
            }),
        }
    }
}
