//! Connections to and from a file.

use std::path::Path;

use roachvault_core::ConnectionId;
use roachvault_core::connection::{self as core, Match};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use super::{Certificate, ConnectionFields, KeepSecret, TypedSecret};
use crate::ipc::IpcError;
use crate::state::AppState;

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ExportedConnections {
    pub connections: u32,
    /// Names of those whose secret was not at hand and is not in the file.
    pub without_secret: Vec<String>,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionImportEntry {
    pub fields: ConnectionFields,
    pub ca: Vec<Certificate>,
    pub brings_secrets: bool,
    /// The saved connection with the same host, port, user and database.
    pub same_as: Option<Uuid>,
    /// Why it cannot be imported.
    pub refused: Option<String>,
}

/// What importing the file would do. Nothing has changed yet.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionImportPlan {
    pub id: Uuid,
    pub entries: Vec<ConnectionImportEntry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ImportChoice {
    Skip,
    Add,
    /// Overwrite the saved connection with the same target.
    Replace,
}

/// With a passphrase the file holds the secrets and is encrypted; without one it holds none.
pub async fn export_connections(
    state: &AppState,
    ids: Vec<Uuid>,
    path: String,
    passphrase: Option<TypedSecret>,
) -> Result<ExportedConnections, IpcError> {
    let ids: Vec<ConnectionId> = ids.into_iter().map(ConnectionId).collect();
    let done = state
        .connections
        .export(&ids, Path::new(&path), passphrase.map(|typed| typed.0))
        .await?;
    Ok(ExportedConnections {
        connections: done.connections as u32,
        without_secret: done.without_secret,
    })
}

/// An error of code `secretNeeded` asks for the passphrase.
pub async fn plan_import_connections(
    state: &AppState,
    path: String,
    passphrase: Option<TypedSecret>,
) -> Result<ConnectionImportPlan, IpcError> {
    let plan = state
        .connections
        .plan_import(Path::new(&path), passphrase.map(|typed| typed.0))
        .await?;
    let entries = plan.entries.into_iter().map(|entry| ConnectionImportEntry {
        ca: Certificate::list(entry.details.ca_pem.as_deref()),
        fields: entry.details.into(),
        brings_secrets: entry.brings_secrets,
        same_as: match entry.found {
            Match::New => None,
            Match::SameTarget(id) => Some(id.0),
        },
        refused: entry.refused,
    });
    Ok(ConnectionImportPlan {
        id: plan.id,
        entries: entries.collect(),
    })
}

/// Forgets a plan that is not wanted any more, and the secrets that it holds in memory.
pub async fn discard_connection_import(state: &AppState, plan: Uuid) -> Result<(), IpcError> {
    state.connections.discard_import(plan);
    Ok(())
}

/// One choice for each entry of the plan. Answers how many were saved.
pub async fn import_connections(
    state: &AppState,
    plan: Uuid,
    choices: Vec<ImportChoice>,
    keep: KeepSecret,
) -> Result<u32, IpcError> {
    let choices: Vec<core::ImportChoice> = choices
        .into_iter()
        .map(|choice| match choice {
            ImportChoice::Skip => core::ImportChoice::Skip,
            ImportChoice::Add => core::ImportChoice::Add,
            ImportChoice::Replace => core::ImportChoice::Replace,
        })
        .collect();
    Ok(state.connections.import(plan, &choices, keep.into()).await? as u32)
}
