//! Planning a restore, starting it, and what proves that it worked.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use super::backups::{PlanCheck, RestoreOption, SecretText, not_yet};
use crate::ipc::IpcError;
use crate::state::AppState;

/// What to bring back, from which moment, and under which name.
#[derive(Debug, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RestoreRequest {
    /// `uri` of a collection.
    pub collection: String,
    /// `subdirectory` of a chain.
    pub subdirectory: String,
    pub target: RestoreTarget,
    /// Absent: the end of the chain.
    pub moment: Option<DateTime<Utc>>,
    pub passphrase: Option<SecretText>,
    pub options: Vec<RestoreOption>,
}

#[derive(Debug, Clone, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum RestoreTarget {
    /// `new_name` absent: a free one is chosen, such as `bank_restored`.
    Database {
        database: String,
        new_name: Option<String>,
    },
    /// Tables as `schema.table` of one database, into a database that exists.
    Tables {
        database: String,
        tables: Vec<String>,
        into_database: String,
    },
}

/// What a restore would do. Nothing has been sent.
#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RestorePlan {
    pub id: Uuid,
    pub collection: String,
    pub subdirectory: String,
    /// The moment the data is of.
    pub moment: DateTime<Utc>,
    /// The database in the backup.
    pub database: String,
    /// The database the data will be found in.
    pub new_name: String,
    /// Exactly what will be sent, secrets masked.
    pub sql: String,
    pub checks: Vec<PlanCheck>,
    /// No check is blocked.
    pub can_start: bool,
    /// Must be typed before it starts; absent unless the connection is marked production.
    pub type_to_confirm: Option<String>,
    pub tables: Vec<RestoreTable>,
    pub rows: Option<u64>,
    pub size_bytes: Option<u64>,
    /// GRANT statements that give back what the restore does not bring along, for the new name.
    pub lost_grants: Vec<String>,
}

#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RestoreTable {
    pub schema: String,
    pub name: String,
    /// Absent when the chain has incremental backups or when a moment inside a window is restored.
    pub rows: Option<u64>,
    pub size_bytes: Option<u64>,
}

pub async fn plan_restore(
    state: &AppState,
    connection: Uuid,
    request: RestoreRequest,
) -> Result<RestorePlan, IpcError> {
    let _ = request;
    not_yet(state, connection)
}

/// Answers the job to watch. `typed_name` is needed when the plan has `typeToConfirm`.
pub async fn start_restore(
    state: &AppState,
    plan: Uuid,
    typed_name: Option<String>,
) -> Result<Uuid, IpcError> {
    let _ = typed_name;
    not_yet(state, plan)
}
