//! What a restore would do.

use chrono::{DateTime, Utc};
use roachvault_cockroach::backup::{BackupContents, BackupObject, Layer, ObjectKind, ShowBackup, TableName};
use roachvault_cockroach::collection::time_of;
use roachvault_cockroach::definition::Definition;
use roachvault_cockroach::grant;
use roachvault_cockroach::inspect::{self, Database};
use roachvault_cockroach::pair::{LeftOut, Pair, Stretch};
use roachvault_cockroach::restore::{RestoreOption, RestoreRequest, RestoreTargets};
use roachvault_cockroach::{Cluster, Secret, StorageUri};

use super::checks::{self, Facts};
use super::dependencies::{Tie, ties};
use super::in_database;
use super::moment::Moment;
use crate::backup::{Chain, Keys, gone, read_chain};
use crate::cluster::{ConnectionId, Environment, OpenCluster};
use crate::error::{Code, Error, Result};
use crate::job::Loss;
use crate::plan::{Check, CheckLevel, PlanId};

/// What a person wants back.
#[derive(Debug)]
pub struct RestoreWish {
    pub collection: String,
    /// As the list of backups gave it.
    pub subdirectory: String,
    pub target: RestoreTarget,
    /// `None`: the end of the chain.
    pub moment: Option<DateTime<Utc>>,
    pub passphrase: Option<Secret>,
    pub options: Vec<RestoreOption>,
}

#[derive(Debug, Clone)]
pub enum RestoreTarget {
    /// Without a name a free one is chosen, such as `bank_restored`.
    Database {
        database: String,
        new_name: Option<String>,
    },
    Tables {
        database: String,
        tables: Vec<TableName>,
        /// Without a name, which only a new database may lack, a free one is chosen.
        into_database: Option<String>,
        is_new_database: bool,
    },
}

/// What would happen. Nothing has been sent.
#[derive(Debug, Clone)]
pub struct RestorePlan {
    pub id: PlanId,
    pub connection: ConnectionId,
    pub request: RestoreRequest,
    /// The moment the data is of. Of a backup that cannot be read it is the one its directory names.
    pub moment: DateTime<Utc>,
    /// Exactly what will be sent, secrets masked.
    pub sql: String,
    pub checks: Vec<Check>,
    /// The name to type on a production connection.
    pub type_to_confirm: Option<String>,
    /// Tables, views and sequences that will be restored.
    pub tables: Vec<PlannedTable>,
    pub lost_grants: Vec<String>,
    /// What the tables come without.
    pub losses: Vec<Loss>,
    /// The restored moment as AS OF SYSTEM TIME takes it, where the backup does not tell rows and the live
    /// data may.
    pub live_as_of: Option<String>,
}

/// A table, a view or a sequence of the backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedTable {
    pub name: TableName,
    pub kind: ObjectKind,
    /// At the restored moment; `None` when the backup does not tell.
    pub rows: Option<u64>,
    pub size_bytes: Option<u64>,
    /// Copies rows that the live table lacks into it; `None` where there is no such statement.
    pub(super) insert_missing_rows: Option<String>,
    /// Schema and name of the tables that its foreign keys lead to: their rows must be there before its own.
    pub(super) references: Vec<(String, String)>,
}

impl RestorePlan {
    /// `None` as soon as one table's rows are not known.
    pub fn rows(&self) -> Option<u64> {
        let tables = self.tables.iter().filter(|table| table.kind == ObjectKind::Table);
        tables.map(|table| table.rows).sum()
    }

    pub fn size_bytes(&self) -> Option<u64> {
        self.tables.iter().map(|table| table.size_bytes).sum()
    }
}

/// `bank_restored`, then `bank_restored_2` and so on.
pub(super) fn free_name(database: &str, taken: &[Database]) -> String {
    let is_free = |name: &str| !taken.iter().any(|database| database.name == name);
    let first = format!("{database}_restored");
    if is_free(&first) {
        return first;
    }
    (2u32..)
        .map(|number| format!("{first}_{number}"))
        .find(|name| is_free(name))
        .unwrap_or(first)
}

pub(crate) async fn plan(open: &OpenCluster, keys: &Keys, wish: RestoreWish) -> Result<RestorePlan> {
    let cluster = open.readable();
    let collection = keys.collection(open, &wish.collection)?;
    let passphrase = wish.passphrase.filter(|passphrase| !passphrase.is_empty());
    let databases = inspect::list_databases(cluster).await?;
    let targets = targets(wish.target, &databases);

    let show = ShowBackup {
        check_files: true,
        privileges: true,
        passphrase: passphrase.clone(),
    };
    let (chain, unreadable) = match read(cluster, &collection, &wish.subdirectory, &show).await {
        Ok((chain, None)) => (chain, None),
        Ok((chain, unreadable)) => match gone(open, &collection, &wish.subdirectory).await {
            Some(gone) => return Err(gone),
            None => (chain, unreadable),
        },
        Err(error) => return Err(gone(open, &collection, &wish.subdirectory).await.unwrap_or(error)),
    };
    let moment = Moment::of(&chain, wish.moment);
    let chain = chain.up_to(moment.time);
    let time = moment
        .time
        .or_else(|| time_of(&wish.subdirectory))
        .ok_or_else(no_such_backup)?;
    let request = RestoreRequest {
        targets,
        collection,
        subdirectory: wish.subdirectory,
        as_of: moment.as_of.clone(),
        passphrase,
        options: wish.options,
    };
    let tables = planned_tables(&chain.contents, &request, moment.rows_are_known)?;
    let losses = losses(&chain.contents, &request)?;
    let lost_grants = lost_grants(&chain.contents, &request, &tables, cluster.user())?;
    let facts = Facts {
        open,
        request: &request,
        databases: &databases,
        chain: &chain,
        unreadable: unreadable.as_ref(),
        moment: &moment,
        tables: &tables,
        lost_grants: &lost_grants,
    };
    let checks = checks::all(&facts).await?;
    let is_production = open.environment == Environment::Production;
    Ok(RestorePlan {
        id: PlanId::new(),
        connection: open.id,
        moment: time,
        sql: sql(&request)?,
        live_as_of: moment
            .live_as_of
            .filter(|_| !moment.rows_are_known && !request.options.contains(&RestoreOption::SchemaOnly)),
        checks,
        type_to_confirm: is_production.then(|| request.targets.into_database().to_owned()),
        request,
        tables,
        lost_grants,
        losses,
    })
}

/// Everything that will be sent, in its order.
fn sql(request: &RestoreRequest) -> Result<String> {
    let statement = request.statement()?;
    Ok(match request.targets.new_database() {
        Some(database) => format!("{}\n{}", grant::create_database(database)?, statement.shown()),
        None => statement.shown().to_owned(),
    })
}

/// What is left out by the options that were chosen.
fn losses(contents: &BackupContents, request: &RestoreRequest) -> Result<Vec<Loss>> {
    let RestoreTargets::Tables {
        database,
        tables,
        into_database,
        ..
    } = &request.targets
    else {
        return Ok(Vec::new());
    };
    let is_left_out = |tie: &Tie| {
        tie.options()
            .iter()
            .all(|option| request.options.contains(option))
    };
    ties(contents, database, tables)
        .iter()
        .filter(|tie| is_left_out(tie))
        .map(|tie| tie.loss(into_database))
        .collect()
}

fn no_such_backup() -> Error {
    Error::new(Code::NotFound, "This backup is not in the collection.")
        .hint("Look at the list of backups again.")
}

fn targets(wish: RestoreTarget, databases: &[Database]) -> RestoreTargets {
    match wish {
        RestoreTarget::Database { database, new_name } => {
            let new_name = new_name
                .map(|name| name.trim().to_owned())
                .filter(|name| !name.is_empty());
            let new_name = new_name.unwrap_or_else(|| free_name(&database, databases));
            RestoreTargets::Database { database, new_name }
        }
        RestoreTarget::Tables {
            database,
            tables,
            into_database,
            is_new_database,
        } => RestoreTargets::Tables {
            into_database: into_database
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| free_name(&database, databases)),
            database,
            tables,
            is_new_database,
        },
    }
}

/// The chain, and why its files or itself cannot be read. A backup with missing files is read once
/// more without looking for them, so that the other answers can be given as well.
async fn read(
    cluster: &Cluster,
    collection: &StorageUri,
    subdirectory: &str,
    show: &ShowBackup,
) -> Result<(Chain, Option<Error>)> {
    match read_chain(cluster, collection, subdirectory, show).await {
        Ok(chain) => Ok((chain, None)),
        Err(error)
            if matches!(
                error.code,
                Code::ConnectionLost | Code::CannotConnect | Code::NotFound
            ) =>
        {
            Err(error)
        }
        Err(error) => {
            let without = ShowBackup {
                check_files: false,
                ..show.clone()
            };
            let chain = read_chain(cluster, collection, subdirectory, &without).await;
            Ok((chain.unwrap_or_else(|_| Chain::unread(subdirectory)), Some(error)))
        }
    }
}

fn is_in(object: &BackupObject, database: &str) -> bool {
    object.database.as_deref() == Some(database)
}

fn lost_grants(
    contents: &BackupContents,
    request: &RestoreRequest,
    tables: &[PlannedTable],
    new_owner: &str,
) -> Result<Vec<String>> {
    if request.options.contains(&RestoreOption::Grants) {
        return Ok(Vec::new());
    }
    let database = request.targets.database();
    let is_planned = |object: &BackupObject| tables.iter().any(|table| table.name == object.table_name());
    let concerned = contents
        .objects()
        .filter(|object| match (&request.targets, object.kind) {
            (_, kind) if kind.is_relation() => is_in(object, database) && is_planned(object),
            (RestoreTargets::Database { .. }, ObjectKind::Database) => object.name == database,
            (RestoreTargets::Database { .. }, _) => is_in(object, database),
            (RestoreTargets::Tables { .. }, _) => false,
        });
    let into = request.targets.into_database();
    Ok(grant::lost(concerned, into, new_owner)?)
}

fn planned_tables(
    contents: &BackupContents,
    request: &RestoreRequest,
    rows_are_known: bool,
) -> Result<Vec<PlannedTable>> {
    let database = request.targets.database();
    let into_database = request.targets.into_database();
    let wanted = |name: &TableName| match &request.targets {
        RestoreTargets::Database { .. } => true,
        RestoreTargets::Tables { tables, .. } => tables.contains(name),
    };
    let has_rows = rows_are_known && !request.options.contains(&RestoreOption::SchemaOnly);
    let objects = contents.objects().filter(|object| {
        object.kind.is_relation() && is_in(object, database) && wanted(&object.table_name())
    });
    let mut planned = Vec::new();
    for object in objects {
        let name = object.table_name();
        let of = |layer: &Layer| {
            layer
                .relations()
                .find(|object| is_in(object, database) && object.table_name() == name)
                .cloned()
        };
        let full = contents.layers.first().and_then(of);
        let definition = object.definition.as_ref().filter(|_| into_database != database);
        planned.push(PlannedTable {
            kind: object.kind,
            rows: full.and_then(|object| object.rows).filter(|_| has_rows),
            size_bytes: contents
                .layers
                .iter()
                .filter_map(of)
                .map(|object| object.size_bytes)
                .sum(),
            insert_missing_rows: match definition {
                Some(table) => insert_missing_rows(table, &name, into_database, database)?,
                None => None,
            },
            references: definition
                .iter()
                .flat_map(|table| &table.foreign_keys)
                .map(|key| {
                    let to = &key.referenced;
                    let schema = to.schema.clone().unwrap_or_else(|| name.schema.clone());
                    (schema, to.name.clone())
                })
                .collect(),
            name,
        });
    }
    planned.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(planned)
}

/// For a person to copy. The live table is taken to be what it was in the backup; whether it still is, only a
/// comparison finds out.
fn insert_missing_rows(
    table: &Definition,
    name: &TableName,
    from: &str,
    into: &str,
) -> Result<Option<String>> {
    let (from, into) = (in_database(from, name), in_database(into, name));
    match Pair::of((from, table), (into, table)) {
        Ok(pair) if pair.can_insert() => Ok(Some(pair.insertion(&Stretch::default(), &LeftOut::default())?)),
        _ => Ok(None),
    }
}

/// Looks again at what may have changed since the plan was shown.
pub(crate) async fn recheck(open: &OpenCluster, plan: &RestorePlan) -> Result<()> {
    if let Some(check) = plan
        .checks
        .iter()
        .find(|check| check.level == CheckLevel::Blocked)
    {
        return Err(Error::new(
            Code::InvalidInput,
            format!("{}. {}", check.title, check.detail),
        ));
    }
    let databases = inspect::list_databases(open.readable()).await?;
    let check = checks::name_free(open.readable(), &plan.request.targets, &databases).await?;
    match check.level {
        CheckLevel::Blocked => Err(Error::new(
            Code::PlanChanged,
            format!("{}. {}", check.title, check.detail),
        )
        .hint("Choose another name.")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_name_is_proposed() {
        let taken = |names: &[&str]| -> Vec<Database> {
            let database = |name: &&str| Database {
                name: (*name).to_owned(),
                owner: None,
                primary_region: None,
                regions: Vec::new(),
            };
            names.iter().map(database).collect()
        };
        assert_eq!(free_name("bank", &taken(&["bank"])), "bank_restored");
        assert_eq!(
            free_name("bank", &taken(&["bank_restored", "bank_restored_2"])),
            "bank_restored_3"
        );
    }
}
