//! What the screen asks for, in the core's words.

use roachvault_cockroach::backup::{self, TableName};
use roachvault_cockroach::restore;
use roachvault_core::backup::BackupWish;
use roachvault_core::{Code, Error};

use super::wire::{BackupKind, BackupRequest, BackupTargets, RestoreOption};
use crate::ipc::IpcError;

impl BackupRequest {
    pub fn decode(self) -> Result<BackupWish, IpcError> {
        Ok(BackupWish {
            targets: match self.targets {
                BackupTargets::Cluster => backup::BackupTargets::Cluster,
                BackupTargets::Database { database } => backup::BackupTargets::Database(database),
                BackupTargets::Tables { database, tables } => backup::BackupTargets::Tables {
                    database,
                    tables: table_names(&tables)?,
                },
            },
            collection: self.collection,
            kind: match self.kind {
                BackupKind::Full => backup::BackupKind::Full,
                BackupKind::Incremental => backup::BackupKind::Incremental,
            },
            revision_history: self.revision_history,
            passphrase: self.passphrase.map(|passphrase| passphrase.0),
            as_of: self.as_of,
        })
    }
}

/// `schema.table`; the first dot divides them.
pub fn table_names(texts: &[String]) -> Result<Vec<TableName>, IpcError> {
    let name = |text: &String| {
        let (schema, name) = text.split_once('.').ok_or_else(|| {
            Error::new(
                Code::InvalidInput,
                format!("{text} does not name a schema and a table."),
            )
        })?;
        Ok(TableName {
            schema: schema.to_owned(),
            name: name.to_owned(),
        })
    };
    texts.iter().map(name).collect()
}

/// Translates an enum whose variants are the same on both sides, both ways.
macro_rules! both_ways {
    ($wire:ident = $core:path { $($variant:ident),* $(,)? }) => {
        impl From<$wire> for $core {
            fn from(value: $wire) -> Self {
                type Core = $core;
                match value { $($wire::$variant => Core::$variant),* }
            }
        }

        impl From<$core> for $wire {
            fn from(value: $core) -> Self {
                type Core = $core;
                match value { $(Core::$variant => Self::$variant),* }
            }
        }
    };
}

both_ways!(
    RestoreOption = restore::RestoreOption {
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
);

both_ways!(BackupKind = backup::BackupKind { Full, Incremental });
