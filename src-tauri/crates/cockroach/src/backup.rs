//! BACKUP, SHOW BACKUPS and SHOW BACKUP.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;

use crate::connect::Cluster;
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::row;
use crate::secret::Secret;
use crate::statement::{Statement, Writer};
use crate::storage_uri::StorageUri;

/// A table inside a database that is named elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TableName {
    pub schema: String,
    pub name: String,
}

/// What to back up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackupTargets {
    Cluster,
    Database(String),
    Tables {
        database: String,
        tables: Vec<TableName>,
    },
}

impl BackupTargets {
    /// With a blank behind; a whole cluster is written as nothing.
    pub(crate) fn write(&self, sql: &mut Writer) -> Result<()> {
        match self {
            Self::Cluster => {}
            Self::Database(name) => {
                sql.push("DATABASE ").ident(name)?.push(" ");
            }
            Self::Tables { database, tables } => {
                write_tables(sql, database, tables)?;
                sql.push(" ");
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BackupKind {
    Full,
    /// Onto the newest chain of the collection.
    Incremental,
}

/// One BACKUP.
#[derive(Debug, Clone)]
pub struct BackupRequest {
    pub targets: BackupTargets,
    pub collection: StorageUri,
    pub kind: BackupKind,
    /// Keep every version between two backups.
    pub revision_history: bool,
    pub passphrase: Option<Secret>,
    /// The moment to keep; `None` for now. Only of a full backup, and only while the cluster keeps that moment.
    pub as_of: Option<DateTime<Utc>>,
}

/// Slightly in the past, so that the backup does not fight with running transactions.
const AS_OF: &str = "-10s";

impl BackupRequest {
    /// Always DETACHED: an attached backup would go on unseen when the connection breaks.
    pub fn statement(&self) -> Result<Statement> {
        let mut sql = Writer::default();
        sql.push("BACKUP ");
        self.targets.write(&mut sql)?;
        sql.push(match self.kind {
            BackupKind::Full => "INTO ",
            BackupKind::Incremental => "INTO LATEST IN ",
        });
        sql.uri(&self.collection)?
            .push(" AS OF SYSTEM TIME ")
            .literal(&self.as_of.map_or_else(|| AS_OF.to_owned(), timestamp))?
            .push(" WITH ");
        if self.revision_history {
            sql.push("revision_history, ");
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

/// A moment as AS OF SYSTEM TIME takes it.
pub fn timestamp(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S%.6f+00:00").to_string()
}

/// `TABLE "db"."schema"."a", …`
pub(crate) fn write_tables(sql: &mut Writer, database: &str, tables: &[TableName]) -> Result<()> {
    if tables.is_empty() {
        return Err(Error::new(ErrorKind::InvalidInput, "No table is chosen."));
    }
    sql.push("TABLE ");
    for (position, table) in tables.iter().enumerate() {
        sql.push(if position == 0 { "" } else { ", " });
        sql.ident(database)?
            .push(".")
            .ident(&table.schema)?
            .push(".")
            .ident(&table.name)?;
    }
    Ok(())
}

/// Paths of the full backups in a collection, oldest first, to be passed back unchanged: some
/// releases write a leading slash and some do not.
pub async fn list_backups(cluster: &Cluster, collection: &StorageUri) -> Result<Vec<String>> {
    let mut sql = Writer::default();
    sql.push("SHOW BACKUPS IN ").uri(collection)?;
    let rows = sql.finish().run(cluster).await?;
    Ok(rows.iter().filter_map(|row| row::text(row, "path")).collect())
}

/// What to read of a backup beside its objects.
#[derive(Debug, Clone, Default)]
pub struct ShowBackup {
    /// Look for every data file. Fails when one is missing.
    pub check_files: bool,
    /// Owners and grants.
    pub privileges: bool,
    pub passphrase: Option<Secret>,
}

/// What a chain holds, layer by layer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BackupContents {
    /// Oldest first: the full backup, then each incremental one.
    pub layers: Vec<Layer>,
}

/// One backup of a chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    pub kind: BackupKind,
    /// `None` in a full backup.
    pub start_time: Option<DateTime<Utc>>,
    /// The moment it holds, shortened to microseconds by the server.
    pub end_time: Option<DateTime<Utc>>,
    pub is_full_cluster: bool,
    pub objects: Vec<BackupObject>,
}

impl Layer {
    /// Sum over tables; `None` when the server gave no number.
    pub fn rows(&self) -> Option<u64> {
        let tables = self.relations().filter(|object| object.kind == ObjectKind::Table);
        tables.map(|table| table.rows).sum()
    }

    /// Logical bytes of this layer.
    pub fn size_bytes(&self) -> Option<u64> {
        self.relations().map(|table| table.size_bytes).sum()
    }

    /// Tables, views and sequences.
    pub fn relations(&self) -> impl Iterator<Item = &BackupObject> {
        self.objects.iter().filter(|object| object.kind.is_relation())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

impl ObjectKind {
    /// BACKUP and RESTORE take tables, views and sequences alike as tables.
    pub fn is_relation(self) -> bool {
        matches!(self, Self::Table | Self::View | Self::Sequence)
    }
}

/// One object of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupObject {
    /// `None` for a database itself.
    pub database: Option<String>,
    pub schema: Option<String>,
    pub name: String,
    pub kind: ObjectKind,
    /// Tables only. In an incremental layer changed rows, deleted ones included.
    pub rows: Option<u64>,
    pub size_bytes: Option<u64>,
    /// GRANT statements, one after the other.
    pub privileges: Option<String>,
    pub owner: Option<String>,
    /// Databases only: `ALTER DATABASE … SET PRIMARY REGION …; …`.
    pub regions: Option<String>,
    /// Of tables, views and sequences; `None` where the server did not tell how they were made.
    pub definition: Option<Definition>,
}

impl BackupObject {
    /// As `schema.name`.
    pub fn table_name(&self) -> TableName {
        let schema = self.schema.clone().unwrap_or_else(|| "public".into());
        TableName {
            schema,
            name: self.name.clone(),
        }
    }
}

impl BackupContents {
    fn read(rows: &[PgRow]) -> Self {
        let mut layers: Vec<Layer> = Vec::new();
        for row in rows {
            let kind = match row::text(row, "backup_type").as_deref() {
                Some("incremental") => BackupKind::Incremental,
                _ => BackupKind::Full,
            };
            let (start_time, end_time) = (row::time(row, "start_time"), row::time(row, "end_time"));
            let same = |layer: &Layer| layer.end_time == end_time && layer.kind == kind;
            if !layers.last().is_some_and(same) {
                let is_full_cluster = row::flag(row, "is_full_cluster").unwrap_or(false);
                layers.push(Layer {
                    kind,
                    start_time,
                    end_time,
                    is_full_cluster,
                    objects: Vec::new(),
                });
            }
            if let (Some(layer), Some(object)) = (layers.last_mut(), read_object(row)) {
                layer.objects.push(object);
            }
        }
        Self { layers }
    }

    /// The chain as far as a moment needs it. `None`: all of it.
    #[must_use]
    pub fn up_to(mut self, moment: Option<DateTime<Utc>>) -> Self {
        let holds = |layer: &Layer| {
            layer
                .end_time
                .zip(moment)
                .is_some_and(|(end, moment)| end >= moment)
        };
        if let Some(last) = self.layers.iter().position(holds) {
            self.layers.truncate(last + 1);
        }
        self
    }

    /// Everything in the newest layer, which lists all objects of its moment.
    pub fn objects(&self) -> impl Iterator<Item = &BackupObject> {
        self.layers.last().into_iter().flat_map(|layer| &layer.objects)
    }

    /// Names of the databases in it, without CockroachDB's own.
    pub fn databases(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .objects()
            .filter_map(|object| match object.kind {
                ObjectKind::Database => Some(&object.name),
                _ => object.database.as_ref(),
            })
            .filter(|name| *name != "system")
            .cloned()
            .collect();
        names.sort();
        names.dedup();
        names
    }

    pub fn has_increments(&self) -> bool {
        self.layers.len() > 1
    }

    /// The newest moment that can be restored.
    pub fn end_time(&self) -> Option<DateTime<Utc>> {
        self.layers.last().and_then(|layer| layer.end_time)
    }
}

fn read_object(row: &PgRow) -> Option<BackupObject> {
    let definition = row::text(row, "create_statement").and_then(|text| Definition::parse(&text));
    Some(BackupObject {
        database: row::text(row, "database_name"),
        schema: row::text(row, "parent_schema_name"),
        name: row::text(row, "object_name")?,
        kind: match row::text(row, "object_type").as_deref() {
            Some("database") => ObjectKind::Database,
            Some("schema") => ObjectKind::Schema,
            // SHOW BACKUP calls views and sequences tables too.
            Some("table") => definition
                .as_ref()
                .map_or(ObjectKind::Table, |definition| definition.kind),
            Some("type") => ObjectKind::Type,
            Some("function") => ObjectKind::Function,
            _ => ObjectKind::Other,
        },
        rows: row::count(row, "rows"),
        size_bytes: row::count(row, "size_bytes"),
        privileges: row::text(row, "privileges"),
        owner: row::text(row, "owner"),
        regions: row::text(row, "regions").filter(|text| !text.is_empty()),
        definition,
    })
}

/// In place of a subdirectory: the full backup that was finished last, which is not the one that keeps the latest moment where
/// one was taken `AS OF SYSTEM TIME` of the past. Increments build on it.
pub const LATEST: &str = "LATEST";

/// Reads a chain. `subdirectory` as [`list_backups`] gave it, or [`LATEST`].
pub async fn show_backup(
    cluster: &Cluster,
    collection: &StorageUri,
    subdirectory: &str,
    show: &ShowBackup,
) -> Result<BackupContents> {
    let options = [
        show.check_files.then_some("check_files"),
        show.privileges.then_some("privileges"),
    ];
    let options: Vec<&str> = options.into_iter().flatten().collect();
    // SCHEMAS: what a table refers to, and whether it is one, is told by its CREATE statement alone.
    let passphrase = show.passphrase.as_ref();
    let rows = show_statement("SCHEMAS ", collection, subdirectory, &options, passphrase)?
        .run(cluster)
        .await?;
    let contents = BackupContents::read(&rows);
    if contents.layers.is_empty() {
        return Err(Error::new(
            ErrorKind::NotFound,
            "This backup is empty or is not in the collection.",
        ));
    }
    Ok(contents)
}

fn show_statement(
    details: &str,
    collection: &StorageUri,
    subdirectory: &str,
    options: &[&str],
    passphrase: Option<&Secret>,
) -> Result<Statement> {
    let mut sql = Writer::default();
    sql.push("SHOW BACKUP ").push(details).push("FROM ");
    match subdirectory {
        LATEST => sql.push(LATEST),
        path => sql.literal(path)?,
    };
    sql.push(" IN ").uri(collection)?;
    let mut separator = " WITH ";
    for option in options {
        sql.push(separator).push(option);
        separator = ", ";
    }
    if let Some(passphrase) = passphrase {
        sql.push(separator)
            .push("encryption_passphrase = ")
            .secret(passphrase)?;
    }
    Ok(sql.finish())
}

/// What only the manifest of a layer tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The end as `AS OF SYSTEM TIME` takes it: nanoseconds, a point, the logical part. The time that
    /// SHOW BACKUP prints can miss the true end by less than a microsecond, which RESTORE refuses.
    pub end_decimal: Option<String>,
    pub end_time: Option<DateTime<Utc>>,
    /// Every version since then is in the layer; `None` without revision history.
    pub revisions_since: Option<DateTime<Utc>>,
    /// Major and minor of the cluster it was taken on.
    pub release: Option<(u16, u16)>,
}

/// The manifests of a chain, oldest first. They are large: ask only when they are needed.
pub async fn show_manifests(
    cluster: &Cluster,
    collection: &StorageUri,
    subdirectory: &str,
    passphrase: Option<&Secret>,
) -> Result<Vec<Manifest>> {
    let rows = show_statement("", collection, subdirectory, &["as_json"], passphrase)?
        .run(cluster)
        .await?;
    Ok(rows
        .iter()
        .filter_map(|row| row::text(row, "manifest"))
        .filter_map(|text| read_manifest(&text))
        .collect())
}

fn read_manifest(text: &str) -> Option<Manifest> {
    let manifest: serde_json::Value = serde_json::from_str(text).ok()?;
    let end = &manifest["endTime"];
    let wall = whole(&end["wallTime"]);
    let end_decimal = wall.map(|wall| format!("{wall}.{:010}", whole(&end["logical"]).unwrap_or(0)));
    let keeps_all = manifest["mvccFilter"] == "All" || manifest["mvccFilter"] == 1;
    let start = |name: &str| whole(&manifest[name]["wallTime"]).filter(|nanos| *nanos > 0);
    let revisions_since = if keeps_all {
        start("revisionStartTime").or_else(|| start("startTime"))
    } else {
        None
    };
    Some(Manifest {
        end_decimal,
        end_time: wall.map(DateTime::from_timestamp_nanos),
        revisions_since: revisions_since.map(DateTime::from_timestamp_nanos),
        release: read_release(&manifest["clusterVersion"]),
    })
}

/// `{"majorVal": 25, "minorVal": 4, …}` or a text. Development builds add a million to the major.
fn read_release(version: &serde_json::Value) -> Option<(u16, u16)> {
    let (major, minor) = match version.as_str() {
        Some(text) => {
            let (major, rest) = text.split_once('.')?;
            let minor: String = rest.chars().take_while(char::is_ascii_digit).collect();
            (major.trim_start_matches('v').parse().ok()?, minor.parse().ok()?)
        }
        None => (
            whole(&version["majorVal"])?,
            whole(&version["minorVal"]).unwrap_or(0),
        ),
    };
    Some((u16::try_from(major).ok()?, u16::try_from(minor).ok()?))
}

/// Protobuf's JSON writes 64-bit numbers as strings.
/// Whole numbers beyond 2^53 are written as texts by some releases.
pub(crate) fn whole(value: &serde_json::Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn request(targets: BackupTargets) -> BackupRequest {
        BackupRequest {
            targets,
            collection: StorageUri::parse("userfile:///nightly", "me").unwrap(),
            kind: BackupKind::Full,
            revision_history: false,
            passphrase: None,
            as_of: None,
        }
    }

    #[test]
    fn a_backup_of_an_earlier_moment_names_it() {
        let request = BackupRequest {
            as_of: Some("2026-11-23T10:37:05.25Z".parse().unwrap()),
            ..request(BackupTargets::Database("bank".into()))
        };
        assert!(
            request
                .statement()
                .unwrap()
                .shown()
                .contains("AS OF SYSTEM TIME '2026-11-23 10:37:05.250000+00:00' WITH detached")
        );
    }

    #[test]
    fn a_database_backup_reads_as_the_server_wants_it() {
        assert_eq!(
            request(BackupTargets::Database("my \"db\"".into()))
                .statement()
                .unwrap()
                .shown(),
            "BACKUP DATABASE \"my \"\"db\"\"\" INTO 'userfile://defaultdb.public.userfiles_me/nightly' \
             AS OF SYSTEM TIME '-10s' WITH detached"
        );
        assert_eq!(
            request(BackupTargets::Cluster).statement().unwrap().shown(),
            "BACKUP INTO 'userfile://defaultdb.public.userfiles_me/nightly' AS OF SYSTEM TIME '-10s' WITH detached"
        );
    }

    #[test]
    fn an_encrypted_increment_of_tables_shows_no_passphrase() {
        let tables = vec![
            TableName {
                schema: "public".into(),
                name: "a".into(),
            },
            TableName {
                schema: "s".into(),
                name: "b".into(),
            },
        ];
        let request = BackupRequest {
            kind: BackupKind::Incremental,
            revision_history: true,
            passphrase: Some(Secret::new("hush")),
            ..request(BackupTargets::Tables {
                database: "d".into(),
                tables,
            })
        };
        assert_eq!(
            request.statement().unwrap().shown(),
            "BACKUP TABLE \"d\".\"public\".\"a\", \"d\".\"s\".\"b\" INTO LATEST IN \
             'userfile://defaultdb.public.userfiles_me/nightly' AS OF SYSTEM TIME '-10s' \
             WITH revision_history, encryption_passphrase = 'redacted', detached"
        );
        let none = BackupTargets::Tables {
            database: "d".into(),
            tables: vec![],
        };
        assert!(
            BackupRequest {
                targets: none,
                ..request
            }
            .statement()
            .is_err()
        );
    }

    #[test]
    fn a_manifest_tells_the_true_end_and_from_when_every_version_is_kept() {
        let manifest = read_manifest(
            r#"{"endTime": {"wallTime": "1700000000123456789", "logical": 3}, "mvccFilter": "All",
                "revisionStartTime": {"wallTime": "1699990000000000000"},
                "clusterVersion": {"majorVal": 25, "minorVal": 4, "internal": 18}}"#,
        )
        .unwrap();
        assert_eq!(
            manifest.end_decimal.as_deref(),
            Some("1700000000123456789.0000000003")
        );
        assert_eq!(
            manifest.revisions_since,
            Some(DateTime::from_timestamp_nanos(1_699_990_000_000_000_000))
        );
        assert_eq!(manifest.release, Some((25, 4)));
        let plain = read_manifest(r#"{"endTime": {"wallTime": "1"}, "mvccFilter": "Latest"}"#).unwrap();
        assert_eq!(
            (plain.end_decimal.as_deref(), plain.revisions_since),
            (Some("1.0000000000"), None)
        );
    }
}
