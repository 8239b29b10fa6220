//! RESTORE.

use crate::backup::{TableName, write_tables};
use crate::error::Result;
use crate::secret::Secret;
use crate::statement::{Statement, Writer};
use crate::storage_uri::StorageUri;

/// What to restore, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestoreTargets {
    /// The database must not exist under its new name.
    Database { database: String, new_name: String },
    /// The tables must not exist in the database they go to. RESTORE makes no database for single
    /// tables: a new one is created first.
    Tables {
        database: String,
        tables: Vec<TableName>,
        into_database: String,
        is_new_database: bool,
    },
}

impl RestoreTargets {
    /// The database in the backup.
    pub fn database(&self) -> &str {
        match self {
            Self::Database { database, .. } | Self::Tables { database, .. } => database,
        }
    }

    /// The database that has to be created before.
    pub fn new_database(&self) -> Option<&str> {
        match self {
            Self::Tables {
                into_database,
                is_new_database: true,
                ..
            } => Some(into_database),
            _ => None,
        }
    }

    /// The database where the data will be found.
    pub fn into_database(&self) -> &str {
        match self {
            Self::Database { new_name, .. } => new_name,
            Self::Tables { into_database, .. } => into_database,
        }
    }
}

/// What a restore may leave out or bring along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RestoreOption {
    SkipMissingForeignKeys,
    SkipMissingSequences,
    SkipMissingSequenceOwners,
    SkipMissingViews,
    /// From v23.1.
    SkipMissingUdfs,
    /// Accept regions that the cluster does not have.
    SkipLocalitiesCheck,
    /// From v23.2. Make everything region-less.
    RemoveRegions,
    /// Definitions without rows.
    SchemaOnly,
    /// With `SchemaOnly`: read and check all rows in the backup without writing them.
    VerifyBackupTableData,
    /// From v26.2. Keep grants of users that exist.
    Grants,
}

impl RestoreOption {
    fn sql(self) -> &'static str {
        match self {
            Self::SkipMissingForeignKeys => "skip_missing_foreign_keys",
            Self::SkipMissingSequences => "skip_missing_sequences",
            Self::SkipMissingSequenceOwners => "skip_missing_sequence_owners",
            Self::SkipMissingViews => "skip_missing_views",
            Self::SkipMissingUdfs => "skip_missing_udfs",
            Self::SkipLocalitiesCheck => "skip_localities_check",
            Self::RemoveRegions => "remove_regions",
            Self::SchemaOnly => "schema_only",
            Self::VerifyBackupTableData => "verify_backup_table_data",
            Self::Grants => "grants",
        }
    }
}

/// One RESTORE.
#[derive(Debug, Clone)]
pub struct RestoreRequest {
    pub targets: RestoreTargets,
    pub collection: StorageUri,
    /// A path as SHOW BACKUPS gave it.
    pub subdirectory: String,
    /// As AS OF SYSTEM TIME takes it. `None`: the end of the chain.
    pub as_of: Option<String>,
    pub passphrase: Option<Secret>,
    pub options: Vec<RestoreOption>,
}

impl RestoreRequest {
    /// Always DETACHED: an attached restore would go on unseen when the connection breaks.
    pub fn statement(&self) -> Result<Statement> {
        let mut sql = Writer::default();
        sql.push("RESTORE ");
        match &self.targets {
            RestoreTargets::Database { database, .. } => {
                sql.push("DATABASE ").ident(database)?;
            }
            RestoreTargets::Tables { database, tables, .. } => write_tables(&mut sql, database, tables)?,
        }
        sql.push(" FROM ")
            .literal(&self.subdirectory)?
            .push(" IN ")
            .uri(&self.collection)?;
        if let Some(moment) = &self.as_of {
            sql.push(" AS OF SYSTEM TIME ").literal(moment)?;
        }
        sql.push(" WITH ");
        match &self.targets {
            RestoreTargets::Database { database, new_name } if database != new_name => {
                sql.push("new_db_name = ").literal(new_name)?.push(", ");
            }
            RestoreTargets::Database { .. } => {}
            RestoreTargets::Tables { into_database, .. } => {
                sql.push("into_db = ").literal(into_database)?.push(", ");
            }
        }
        for option in &self.options {
            sql.push(option.sql()).push(", ");
        }
        if let Some(passphrase) = &self.passphrase {
            sql.push("encryption_passphrase = ")
                .secret(passphrase)?
                .push(", ");
        }
        sql.push("detached");
        Ok(sql.finish())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_restore_reads_as_the_server_wants_it() {
        let mut request = RestoreRequest {
            targets: RestoreTargets::Database {
                database: "bank".into(),
                new_name: "bank's copy".into(),
            },
            collection: StorageUri::parse("userfile:///nightly", "me").unwrap(),
            subdirectory: "/2026/11/23-110000.00".into(),
            as_of: None,
            passphrase: None,
            options: vec![],
        };
        assert_eq!(
            request.statement().unwrap().shown(),
            "RESTORE DATABASE \"bank\" FROM '/2026/11/23-110000.00' IN \
             'userfile://defaultdb.public.userfiles_me/nightly' WITH new_db_name = 'bank''s copy', detached"
        );
        request.targets = RestoreTargets::Tables {
            database: "bank".into(),
            tables: vec![TableName {
                schema: "public".into(),
                name: "accounts".into(),
            }],
            into_database: "scratch".into(),
            is_new_database: false,
        };
        assert_eq!(request.targets.new_database(), None);
        request.as_of = Some("1700000000000000000.0000000000".into());
        request.options = vec![RestoreOption::SkipMissingForeignKeys];
        request.passphrase = Some(Secret::new("hush"));
        assert_eq!(
            request.statement().unwrap().shown(),
            "RESTORE TABLE \"bank\".\"public\".\"accounts\" FROM '/2026/11/23-110000.00' IN \
             'userfile://defaultdb.public.userfiles_me/nightly' AS OF SYSTEM TIME '1700000000000000000.0000000000' \
             WITH into_db = 'scratch', skip_missing_foreign_keys, encryption_passphrase = 'redacted', detached"
        );
    }

    #[test]
    fn a_database_under_its_own_name_needs_no_new_one() {
        let request = RestoreRequest {
            targets: RestoreTargets::Database {
                database: "bank".into(),
                new_name: "bank".into(),
            },
            collection: StorageUri::parse("nodelocal://1/x", "me").unwrap(),
            subdirectory: "LATEST".into(),
            as_of: None,
            passphrase: None,
            options: vec![],
        };
        assert_eq!(
            request.statement().unwrap().shown(),
            "RESTORE DATABASE \"bank\" FROM 'LATEST' IN 'nodelocal://1/x' WITH detached"
        );
    }
}
