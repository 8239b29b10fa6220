//! What the core answers, in the screen's words.

use roachvault_cockroach::backup::{self as db, BackupContents as DbContents};
use roachvault_cockroach::storage_uri::Scheme;
use roachvault_core::backup as core;
use roachvault_core::plan::{self, can_start};

use super::wire::{
    BackupContents, BackupList, BackupObject, BackupPlan, Chain, CheckLevel, Collection, Fix, Layer,
    ObjectKind, PlanCheck, RestorableWindow, Storage, UnfinishedBackup,
};
use crate::ipc::IpcError;

impl From<core::CollectionSummary> for Collection {
    fn from(collection: core::CollectionSummary) -> Self {
        Self {
            uri: collection.uri.redacted().to_owned(),
            name: collection.uri.name(),
            storage: match collection.uri.scheme() {
                Scheme::Userfile => Storage::Userfile,
                Scheme::S3 => Storage::S3,
                Scheme::GoogleCloud => Storage::GoogleCloud,
                Scheme::Azure => Storage::Azure,
                Scheme::Nodelocal => Storage::Nodelocal,
                Scheme::External => Storage::External,
            },
            backups: collection.backups.map(|count| count as u64),
            newest_at: collection.newest_at,
            size_bytes: collection.size_bytes,
            unfinished: collection.unfinished.len() as u64,
        }
    }
}

impl From<core::BackupList> for BackupList {
    fn from(list: core::BackupList) -> Self {
        let unfinished = list
            .unfinished
            .iter()
            .map(|(unfinished, size_bytes)| UnfinishedBackup {
                subdirectory: unfinished.subdirectory.clone(),
                cluster_job_id: unfinished.job_id.map(|id| id.to_string()),
                size_bytes: *size_bytes,
            });
        Self {
            unfinished: unfinished.collect(),
            collection: list.collection.into(),
            chains: list.chains.iter().map(Chain::from).collect(),
            windows: list
                .windows
                .into_iter()
                .map(|window| RestorableWindow {
                    subdirectory: window.subdirectory,
                    from: window.from,
                    to: window.to,
                })
                .collect(),
        }
    }
}

impl From<&core::Chain> for Chain {
    fn from(chain: &core::Chain) -> Self {
        let layers = &chain.contents.layers;
        Self {
            subdirectory: chain.subdirectory.clone(),
            layers: layers
                .iter()
                .enumerate()
                .filter_map(|(position, layer)| wire_layer(chain, position, layer))
                .collect(),
            databases: chain.contents.databases(),
            is_full_cluster: layers.iter().any(|layer| layer.is_full_cluster),
            encrypted: chain.encrypted,
            rows: layers.first().and_then(db::Layer::rows),
            size_bytes: match layers.is_empty() {
                true => None,
                false => layers.iter().map(db::Layer::size_bytes).sum(),
            },
            problem: chain.problem.clone().map(IpcError::from),
        }
    }
}

fn wire_layer(chain: &core::Chain, position: usize, layer: &db::Layer) -> Option<Layer> {
    Some(Layer {
        kind: layer.kind.into(),
        start_time: layer.start_time,
        end_time: layer.end_time?,
        revisions_since: chain.revisions_since(position),
        rows: layer.rows(),
        size_bytes: layer.size_bytes(),
    })
}

impl From<core::Chain> for BackupContents {
    fn from(chain: core::Chain) -> Self {
        let contents = &chain.contents;
        Self {
            objects: contents
                .objects()
                .map(|object| wire_object(contents, object))
                .collect(),
            chain: (&chain).into(),
        }
    }
}

fn wire_object(contents: &DbContents, object: &db::BackupObject) -> BackupObject {
    let is_same = |other: &&db::BackupObject| {
        other.kind == object.kind
            && other.name == object.name
            && other.schema == object.schema
            && other.database == object.database
    };
    let sizes = contents
        .layers
        .iter()
        .filter_map(|layer| layer.objects.iter().find(is_same)?.size_bytes);
    BackupObject {
        database: object.database.clone(),
        schema: object.schema.clone(),
        name: object.name.clone(),
        kind: object.kind.into(),
        rows: object.rows.filter(|_| !contents.has_increments()),
        size_bytes: object.size_bytes.map(|_| sizes.sum()),
    }
}

impl From<db::ObjectKind> for ObjectKind {
    fn from(kind: db::ObjectKind) -> Self {
        match kind {
            db::ObjectKind::Database => Self::Database,
            db::ObjectKind::Schema => Self::Schema,
            db::ObjectKind::Table => Self::Table,
            db::ObjectKind::View => Self::View,
            db::ObjectKind::Sequence => Self::Sequence,
            db::ObjectKind::Type => Self::Type,
            db::ObjectKind::Function => Self::Function,
            db::ObjectKind::Other => Self::Other,
        }
    }
}

impl From<core::BackupPlan> for BackupPlan {
    fn from(plan: core::BackupPlan) -> Self {
        Self {
            id: plan.id.0,
            subject: plan.subject,
            collection: plan.collection.into(),
            sql: plan.sql,
            tables: plan.tables,
            rows: plan.rows,
            size_bytes: plan.size_bytes,
            can_start: can_start(&plan.checks),
            checks: plan.checks.into_iter().map(PlanCheck::from).collect(),
        }
    }
}

impl From<plan::Check> for PlanCheck {
    fn from(check: plan::Check) -> Self {
        Self {
            id: check.id.to_owned(),
            level: match check.level {
                plan::CheckLevel::Ok => CheckLevel::Ok,
                plan::CheckLevel::Attention => CheckLevel::Attention,
                plan::CheckLevel::Blocked => CheckLevel::Blocked,
            },
            title: check.title,
            detail: check.detail,
            fixes: check.fixes.into_iter().map(Fix::from).collect(),
        }
    }
}

impl From<plan::Fix> for Fix {
    fn from(fix: plan::Fix) -> Self {
        match fix {
            plan::Fix::UseName { name } => Self::UseName { name },
            plan::Fix::Sql { label, sql } => Self::Sql { label, sql },
            plan::Fix::AskPassphrase => Self::AskPassphrase,
            plan::Fix::Allow { options, label } => Self::Allow {
                options: options.into_iter().map(Into::into).collect(),
                label,
            },
            plan::Fix::Beside {
                new_name,
                options,
                label,
            } => Self::Beside {
                new_name,
                options: options.into_iter().map(Into::into).collect(),
                label,
            },
            plan::Fix::TakeAlong {
                tables,
                new_name,
                label,
            } => Self::TakeAlong {
                tables: tables
                    .into_iter()
                    .map(|table| format!("{}.{}", table.schema, table.name))
                    .collect(),
                new_name,
                label,
            },
        }
    }
}
