//! Planning a restore, starting it, and what proves that it worked.

use chrono::{DateTime, Utc};
use roachvault_cockroach::backup::TableName;
use roachvault_core::job::JobId;
use roachvault_core::plan::{PlanId, can_start};
use roachvault_core::restore as core;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use super::backups::{ObjectKind, PlanCheck, RestoreOption, table_names};
use crate::ipc::IpcError;
use crate::ipc::connections::TypedSecret;
use crate::state::AppState;

/// What to bring back, from which moment, and under which name.
#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RestoreRequest {
    /// `uri` of a collection.
    pub collection: String,
    /// `subdirectory` of a chain.
    pub subdirectory: String,
    pub target: RestoreTarget,
    /// Absent: the end of the chain.
    pub moment: Option<DateTime<Utc>>,
    pub passphrase: Option<TypedSecret>,
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
    /// Tables as `schema.table` of one database. `into_database` exists, or is created for them; a new one may
    /// lack a name: then a free one is chosen.
    Tables {
        database: String,
        tables: Vec<String>,
        into_database: Option<String>,
        is_new_database: bool,
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
    /// A table, a view or a sequence.
    pub kind: ObjectKind,
    /// Absent when the chain has incremental backups or when a moment inside a window is restored.
    pub rows: Option<u64>,
    pub size_bytes: Option<u64>,
}

/// What would come back into the live database. Nothing has been sent.
#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BringBackPlan {
    pub id: Uuid,
    /// The restored database, from which rows are copied.
    pub database: String,
    pub live_database: String,
    /// When the missing rows were counted.
    pub counted_at: Option<DateTime<Utc>>,
    /// In the order in which they are gone through.
    pub tables: Vec<PlannedReturn>,
    /// Must be typed before it starts; absent unless the connection is marked production.
    pub type_to_confirm: Option<String>,
}

#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PlannedReturn {
    /// As `public.accounts`.
    pub table: String,
    /// Rows that will be inserted.
    pub rows: u64,
    /// Rows that both have with other values: they stay as they are in the live table.
    pub changed: u64,
    /// As it is sent. In several parts it is sent for one stretch of the key after the other.
    pub sql: String,
    pub parts: u64,
    /// Tables that its rows refer to and that lack rows too.
    pub needs: Vec<String>,
    /// What is not copied as it was, a sentence each.
    pub notes: Vec<String>,
    pub obstacle: Option<Obstacle>,
}

/// Why the rows of a table cannot come back.
#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Obstacle {
    pub text: String,
    /// What somebody who may can run against it.
    pub sql: Option<String>,
}

pub async fn plan_restore(
    state: &AppState,
    connection: Uuid,
    request: RestoreRequest,
) -> Result<RestorePlan, IpcError> {
    let open = state.cluster(connection)?;
    Ok(state.backups.plan_restore(&open, request.decode()?).await?.into())
}

/// Answers the job to watch. `typed_name` is needed when the plan has `typeToConfirm`.
pub async fn start_restore(
    state: &AppState,
    plan: Uuid,
    typed_name: Option<String>,
) -> Result<Uuid, IpcError> {
    let job = state
        .backups
        .start_restore(
            |id| state.connections.open_cluster(id),
            PlanId(plan),
            typed_name.as_deref(),
        )
        .await?;
    Ok(job.0)
}

/// Compares what a restore brought with the live tables. Tables of more than a million rows are left out unless
/// `large_too` is set. Answers the job to watch.
pub async fn start_comparison(state: &AppState, restore: Uuid, large_too: bool) -> Result<Uuid, IpcError> {
    let find = |id| state.connections.open_cluster(id);
    let job = state
        .backups
        .start_comparison(find, JobId(restore), large_too)
        .await?;
    Ok(job.0)
}

/// `comparison` is the job that found rows missing.
pub async fn plan_bring_back(state: &AppState, comparison: Uuid) -> Result<BringBackPlan, IpcError> {
    let find = |id| state.connections.open_cluster(id);
    let plan = state.backups.plan_bring_back(find, JobId(comparison)).await?;
    Ok(plan.into())
}

/// `tables` are those of the plan that were chosen. Answers the job to watch. `typed_name` is needed when the plan has
/// `typeToConfirm`.
pub async fn start_bring_back(
    state: &AppState,
    plan: Uuid,
    tables: Vec<String>,
    typed_name: Option<String>,
) -> Result<Uuid, IpcError> {
    let find = |id| state.connections.open_cluster(id);
    let job = state
        .backups
        .start_bring_back(find, PlanId(plan), &tables, typed_name.as_deref())
        .await?;
    Ok(job.0)
}

impl RestoreRequest {
    fn decode(self) -> Result<core::RestoreWish, IpcError> {
        Ok(core::RestoreWish {
            collection: self.collection,
            subdirectory: self.subdirectory,
            target: match self.target {
                RestoreTarget::Database { database, new_name } => {
                    core::RestoreTarget::Database { database, new_name }
                }
                RestoreTarget::Tables {
                    database,
                    tables,
                    into_database,
                    is_new_database,
                } => core::RestoreTarget::Tables {
                    database,
                    tables: table_names(&tables)?,
                    into_database,
                    is_new_database,
                },
            },
            moment: self.moment,
            passphrase: self.passphrase.map(|passphrase| passphrase.0),
            options: self.options.into_iter().map(Into::into).collect(),
        })
    }
}

impl From<core::RestorePlan> for RestorePlan {
    fn from(plan: core::RestorePlan) -> Self {
        let targets = &plan.request.targets;
        Self {
            id: plan.id.0,
            collection: plan.request.collection.redacted().to_owned(),
            subdirectory: plan.request.subdirectory.clone(),
            moment: plan.moment,
            database: targets.database().to_owned(),
            new_name: targets.into_database().to_owned(),
            rows: plan.rows(),
            size_bytes: plan.size_bytes(),
            sql: plan.sql,
            can_start: can_start(&plan.checks),
            checks: plan.checks.into_iter().map(PlanCheck::from).collect(),
            type_to_confirm: plan.type_to_confirm,
            tables: plan
                .tables
                .into_iter()
                .map(|table| RestoreTable {
                    schema: table.name.schema,
                    name: table.name.name,
                    kind: table.kind.into(),
                    rows: table.rows,
                    size_bytes: table.size_bytes,
                })
                .collect(),
            lost_grants: plan.lost_grants,
        }
    }
}

impl From<core::BringBackPlan> for BringBackPlan {
    fn from(plan: core::BringBackPlan) -> Self {
        Self {
            id: plan.id.0,
            database: plan.database,
            live_database: plan.live_database,
            counted_at: plan.counted_at,
            tables: plan.tables.into_iter().map(PlannedReturn::from).collect(),
            type_to_confirm: plan.type_to_confirm,
        }
    }
}

impl From<core::PlannedReturn> for PlannedReturn {
    fn from(table: core::PlannedReturn) -> Self {
        let name = |name: &TableName| format!("{}.{}", name.schema, name.name);
        Self {
            table: name(&table.name),
            rows: table.rows,
            changed: table.changed,
            sql: table.sql,
            parts: table.parts,
            needs: table.needs.iter().map(name).collect(),
            notes: table.notes,
            obstacle: table.obstacle.map(|obstacle| Obstacle {
                text: obstacle.text,
                sql: obstacle.sql,
            }),
        }
    }
}
