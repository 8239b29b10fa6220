//! What a cluster holds, and how well it is protected.

use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use roachvault_cockroach::backup::{BackupKind, ShowBackup, list_backups, show_backup};
use roachvault_cockroach::collection::{Totals, totals_below};
use roachvault_cockroach::grant;
use roachvault_cockroach::inspect::{self, TableKind};
use roachvault_cockroach::userfile::StoreName;
use roachvault_cockroach::{Cluster, StorageUri};

use crate::backup::Backups;
use crate::cluster::OpenCluster;
use crate::error::{Code, Error, Result};

/// One look at a cluster.
#[derive(Debug, Clone)]
pub struct Overview {
    pub databases: Vec<DatabaseSummary>,
    /// `None` while the user has no file storage.
    pub files: Option<Totals>,
    /// What could not be found out, in sentences.
    pub gaps: Vec<String>,
    pub checked_at: DateTime<Utc>,
}

/// A database of the cluster.
#[derive(Debug, Clone)]
pub struct DatabaseSummary {
    pub name: String,
    pub owner: Option<String>,
    pub is_system: bool,
    /// It is in a backup and not on the cluster any more.
    pub is_gone: bool,
    /// Without views, sequences and file storage. `None` when the user cannot see any, which is not to
    /// say that there are none.
    pub tables: Option<u64>,
    /// More tables may be there than the user can see.
    pub may_hide_tables: bool,
    /// What lets the user see into it; `None` when it sees everything.
    pub grant: Option<String>,
    pub holds_file_storage: bool,
    pub estimated_rows: Option<u64>,
    pub primary_region: Option<String>,
    pub regions: Vec<String>,
    pub newest_backup: Option<NewestBackup>,
}

/// The newest moment to which a database can be brought back.
#[derive(Debug, Clone)]
pub struct NewestBackup {
    /// Redacted.
    pub collection: String,
    pub subdirectory: String,
    pub end_time: DateTime<Utc>,
    pub kind: BackupKind,
}

type NewestByDatabase = Vec<(String, NewestBackup)>;

/// The newest backups of so many collections are read.
const COLLECTIONS_READ: usize = 20;
/// A collection may hold backups of several databases, each in chains of its own.
const CHAINS_READ: usize = 8;
const AT_ONCE: usize = 3;

impl Backups {
    /// Databases, their newest backups, and the size of file storage. What fails besides the list of
    /// databases becomes a gap.
    pub async fn overview(&self, open: &OpenCluster) -> Result<Overview> {
        let cluster = open.readable();
        let mut databases = list_databases(cluster).await?;
        let mut gaps = Vec::new();
        let store = StoreName::default_of(cluster.user());
        let files = match totals_below(cluster, &store, "/").await.map_err(Error::from) {
            Ok(files) => files,
            Err(error) => gap(&mut gaps, "File storage could not be looked at", error)?,
        };
        let collections = match self.list_collections(open).await {
            Ok(collections) => collections,
            Err(error) => gap(&mut gaps, "Backups could not be looked for", error)?,
        };
        let uris: Vec<StorageUri> = collections
            .into_iter()
            .filter(|collection| collection.backups != Some(0))
            .take(COLLECTIONS_READ)
            .map(|collection| self.keys.collection(open, collection.uri.redacted()))
            .collect::<Result<_>>()?;
        let found: Vec<(String, Result<NewestByDatabase>)> = futures_util::stream::iter(uris)
            .map(|uri| async move { (uri.name(), newest(cluster, &uri).await) })
            .buffered(AT_ONCE)
            .collect()
            .await;
        for (name, found) in found {
            let found = match found {
                Ok(found) => found,
                Err(error) => gap(
                    &mut gaps,
                    &format!("The newest backup in {name} could not be read"),
                    error,
                )?,
            };
            for (database, backup) in found {
                let known = databases.iter().position(|summary| summary.name == database);
                let at = known.unwrap_or_else(|| {
                    databases.push(DatabaseSummary::gone(database));
                    databases.len() - 1
                });
                if let Some(summary) = databases.get_mut(at)
                    && summary
                        .newest_backup
                        .as_ref()
                        .is_none_or(|known| known.end_time < backup.end_time)
                {
                    summary.newest_backup = Some(backup);
                }
            }
        }
        Ok(Overview {
            databases,
            files,
            gaps,
            checked_at: Utc::now(),
        })
    }
}

/// Notes what is not known; a broken connection is no gap but an end.
fn gap<T: Default>(gaps: &mut Vec<String>, what: &str, error: Error) -> Result<T> {
    if matches!(
        error.code,
        Code::ConnectionLost | Code::CannotConnect | Code::Auth
    ) {
        return Err(error);
    }
    gaps.push(format!("{what}: {}", error.message));
    Ok(T::default())
}

impl DatabaseSummary {
    fn gone(name: String) -> Self {
        Self {
            name,
            owner: None,
            is_system: false,
            is_gone: true,
            tables: None,
            may_hide_tables: false,
            grant: None,
            holds_file_storage: false,
            estimated_rows: None,
            primary_region: None,
            regions: Vec::new(),
            newest_backup: None,
        }
    }

    async fn of(cluster: &Cluster, database: inspect::Database, is_admin: bool) -> Result<Self> {
        let sees_all = is_admin || database.owner.as_deref() == Some(cluster.user());
        let found = inspect::list_tables(cluster, &database.name).await.ok();
        let holds_file_storage = found.iter().flatten().any(inspect::Table::is_file_storage);
        let own = |table: &inspect::Table| table.kind == TableKind::Table && !table.is_file_storage();
        let tables: Vec<inspect::Table> = found
            .iter()
            .flatten()
            .filter(|table| own(table))
            .cloned()
            .collect();
        // Without a privilege on a table its name is not told, so an empty answer proves nothing.
        let can_tell = found.is_some() && (sees_all || !tables.is_empty());
        Ok(Self {
            is_system: database.name == "system",
            is_gone: false,
            tables: can_tell.then_some(tables.len() as u64),
            may_hide_tables: !sees_all,
            grant: match sees_all {
                true => None,
                false => Some(grant::see_into(&database.name, cluster.user())?),
            },
            holds_file_storage,
            estimated_rows: match can_tell {
                true => tables.iter().map(|table| table.estimated_rows).sum(),
                false => None,
            },
            name: database.name,
            owner: database.owner,
            primary_region: database.primary_region,
            regions: database.regions,
            newest_backup: None,
        })
    }
}

/// The databases of a cluster without their backups.
pub async fn list_databases(cluster: &Cluster) -> Result<Vec<DatabaseSummary>> {
    let is_admin = inspect::is_admin(cluster).await? == Some(true);
    let found = inspect::list_databases(cluster).await?;
    let summaries: Vec<Result<DatabaseSummary>> = futures_util::stream::iter(found)
        .map(|database| DatabaseSummary::of(cluster, database, is_admin))
        .buffered(AT_ONCE)
        .collect()
        .await;
    summaries.into_iter().collect()
}

/// Names of the tables, views and sequences of a database that the user can see, as `schema.table`.
pub async fn list_table_names(cluster: &Cluster, database: &str) -> Result<Vec<String>> {
    let tables = inspect::list_tables(cluster, database).await?;
    Ok(tables
        .into_iter()
        .map(|table| format!("{}.{}", table.schema, table.name))
        .collect())
}

/// The newest backup of each database in a collection, looked for in its newest chains.
async fn newest(cluster: &Cluster, uri: &StorageUri) -> Result<NewestByDatabase> {
    let mut newest = NewestByDatabase::new();
    for path in list_backups(cluster, uri).await?.iter().rev().take(CHAINS_READ) {
        let contents = show_backup(cluster, uri, path, &ShowBackup::default()).await?;
        let Some((end_time, layer)) = contents.end_time().zip(contents.layers.last()) else {
            continue;
        };
        for database in contents.databases() {
            if newest.iter().all(|(known, _)| *known != database) {
                let backup = NewestBackup {
                    collection: uri.redacted().to_owned(),
                    subdirectory: path.clone(),
                    end_time,
                    kind: layer.kind,
                };
                newest.push((database, backup));
            }
        }
        if layer.is_full_cluster {
            break;
        }
    }
    Ok(newest)
}
