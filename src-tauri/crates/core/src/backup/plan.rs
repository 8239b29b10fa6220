//! What a backup would do, and whether it would work.

use chrono::{DateTime, TimeDelta, Utc};
use roachvault_cockroach::backup::{
    self, BackupKind, BackupRequest, BackupTargets, LATEST, ShowBackup, TableName, timestamp,
};
use roachvault_cockroach::collection::time_of;
use roachvault_cockroach::grant;
use roachvault_cockroach::inspect::{self, Past, Rights, TableKind};
use roachvault_cockroach::job::list_jobs;
use roachvault_cockroach::quote::QualifiedName;
use roachvault_cockroach::storage_uri::Scheme;
use roachvault_cockroach::{Cluster, Secret};

use super::keys::Keys;
use super::list::{self, CollectionSummary, is_locked, is_not_encrypted};
use crate::cluster::{ConnectionId, OpenCluster};
use crate::error::{Code, Error, Result};
use crate::plan::{Check, CheckLevel, Fix, PlanId, counted, grouped, size};

/// What a person wants to back up.
#[derive(Debug)]
pub struct BackupWish {
    pub targets: BackupTargets,
    /// A storage address, or the redacted form of one that was entered before.
    pub collection: String,
    pub kind: BackupKind,
    pub revision_history: bool,
    pub passphrase: Option<Secret>,
    /// A moment in the past; `None` for now.
    pub as_of: Option<DateTime<Utc>>,
}

/// What would happen. Nothing has been sent.
#[derive(Debug, Clone)]
pub struct BackupPlan {
    pub id: PlanId,
    pub connection: ConnectionId,
    pub request: BackupRequest,
    /// Such as “bank”, “2 tables of bank” or “the whole cluster”.
    pub subject: String,
    pub collection: CollectionSummary,
    /// Exactly what will be sent, secrets masked.
    pub sql: String,
    /// Tables without views and sequences; `None` for a whole cluster.
    pub tables: Option<u64>,
    /// The cluster's own estimate.
    pub rows: Option<u64>,
    /// Size of the newest backup of the same database in this collection.
    pub size_bytes: Option<u64>,
    pub checks: Vec<Check>,
}

/// The chain that increments build on: the full backup that was finished last, whatever moment it keeps.
enum Newest {
    None,
    Readable(Box<list::Chain>),
    Unreadable(Error),
    /// Not even the backups of the collection can be listed.
    Closed(Error),
}

/// What one backup and a schedule of backups have to look at alike.
pub(crate) struct Grounds {
    pub request: BackupRequest,
    /// Such as “bank”, “2 tables of bank” or “the whole cluster”.
    pub subject: String,
    pub collection: CollectionSummary,
    /// May anything be changed, is the target there, may it be backed up, and does the place take it.
    pub checks: Vec<Check>,
    newest: Newest,
    extent: Extent,
}

impl Grounds {
    pub async fn read(open: &OpenCluster, keys: &Keys, wish: BackupWish) -> Result<Self> {
        let cluster = open.readable();
        let request = BackupRequest {
            targets: wish.targets,
            collection: keys.collection(open, &wish.collection)?,
            kind: wish.kind,
            revision_history: wish.revision_history,
            passphrase: wish.passphrase.filter(|passphrase| !passphrase.is_empty()),
            as_of: wish.as_of,
        };
        if request.as_of.is_some() && request.kind == BackupKind::Incremental {
            return Err(Error::new(
                Code::InvalidInput,
                "What changed since the newest backup goes up to now.",
            )
            .hint("Take a full backup of the earlier moment."));
        }
        // What cannot be written as SQL is refused before anything is asked.
        request.statement()?;
        let newest = newest(cluster, &request).await?;
        let collection = list::summary_of(open, &request.collection).await?;
        let mut checks = Vec::new();
        if open.read_only {
            checks.push(read_only(&open.name));
        }
        let extent = extent(cluster, &request.targets, request.as_of).await?;
        checks.extend(extent.check.clone());
        if extent
            .check
            .as_ref()
            .is_none_or(|check| check.level != CheckLevel::Blocked)
        {
            checks.extend(moment(cluster, &request, &extent).await?);
            checks.extend(then_and_now(cluster, &request).await?);
        }
        checks.push(privilege(cluster, &request.targets, &extent).await?);
        checks.push(destination(&request, &collection, &newest));
        checks.extend(apart(&request, &collection, &newest));
        Ok(Self {
            subject: subject(&request.targets),
            request,
            collection,
            checks,
            newest,
            extent,
        })
    }

    /// There are finished backups in the collection, also such as need a passphrase to be read.
    pub fn has_backups(&self) -> bool {
        match &self.newest {
            Newest::None | Newest::Closed(_) => false,
            Newest::Readable(_) => true,
            Newest::Unreadable(error) => is_locked(error),
        }
    }

    /// Looks again whether the targets are there.
    pub async fn recheck(
        open: &OpenCluster,
        targets: &BackupTargets,
        as_of: Option<DateTime<Utc>>,
    ) -> Result<()> {
        let check = extent(open.readable(), targets, as_of).await?.check;
        match check.filter(|check| check.level == CheckLevel::Blocked) {
            Some(gone) => {
                Err(Error::new(Code::PlanChanged, format!("{}.", gone.title)).hint("Look at the plan again."))
            }
            None => Ok(()),
        }
    }
}

/// What was found to stand in the way is refused, whoever asks.
pub(crate) fn refuse_blocked(checks: &[Check]) -> Result<()> {
    let mut blocked = checks.iter().filter(|check| check.level == CheckLevel::Blocked);
    match blocked.next() {
        Some(check) => Err(Error::new(
            Code::InvalidInput,
            format!("{}. {}", check.title, check.detail),
        )),
        None => Ok(()),
    }
}

pub(super) async fn plan(open: &OpenCluster, keys: &Keys, wish: BackupWish) -> Result<BackupPlan> {
    let cluster = open.readable();
    let Grounds {
        request,
        subject,
        collection,
        mut checks,
        newest,
        extent,
    } = Grounds::read(open, keys, wish).await?;
    let statement = request.statement()?;
    checks.extend(already_running(cluster).await?);
    checks.extend(increment_in_time(cluster, &request, &newest).await?);
    checks.extend(passphrase(&request));
    let size_bytes = match &newest {
        Newest::Readable(chain) => chain.contents.layers.first().and_then(|layer| layer.size_bytes()),
        _ => None,
    };
    checks.push(space(size_bytes, extent.rows));
    Ok(BackupPlan {
        id: PlanId::new(),
        connection: open.id,
        subject,
        sql: statement.shown().to_owned(),
        request,
        collection,
        tables: extent.tables,
        rows: extent.rows,
        size_bytes,
        checks,
    })
}

/// Looks again at what may have changed between the plan and its start.
pub(super) async fn recheck(open: &OpenCluster, plan: &BackupPlan) -> Result<()> {
    refuse_blocked(&plan.checks)?;
    Grounds::recheck(open, &plan.request.targets, plan.request.as_of).await
}

pub(crate) fn read_only(name: &str) -> Check {
    Check::blocked(
        "readOnly",
        format!("{name} is marked read-only"),
        "Nothing may be changed through this connection. Edit it to allow changes.",
    )
}

fn subject(targets: &BackupTargets) -> String {
    match targets {
        BackupTargets::Cluster => "the whole cluster".into(),
        BackupTargets::Database(name) => name.clone(),
        BackupTargets::Tables { database, tables } => match tables.as_slice() {
            [table] => format!("{database}.{}.{}", table.schema, table.name),
            tables => format!("{} of {database}", counted(tables.len(), "table")),
        },
    }
}

async fn newest(cluster: &Cluster, request: &BackupRequest) -> Result<Newest> {
    let uri = &request.collection;
    let is_away = |error: &Error| matches!(error.code, Code::ConnectionLost | Code::CannotConnect);
    let paths = match backup::list_backups(cluster, uri).await.map_err(Error::from) {
        Ok(paths) => paths,
        Err(error) if is_away(&error) => return Err(error),
        Err(error) if error.code == Code::NotFound => return Ok(Newest::None),
        Err(error) => return Ok(Newest::Closed(error)),
    };
    if paths.is_empty() {
        return Ok(Newest::None);
    }
    let show = ShowBackup {
        passphrase: request.passphrase.clone(),
        ..ShowBackup::default()
    };
    let read = match list::read(cluster, uri, LATEST, &show).await {
        // A full backup may be encrypted next to one that is not.
        Err(error) if request.kind == BackupKind::Full && is_not_encrypted(&error) => {
            list::read(cluster, uri, LATEST, &ShowBackup::default()).await
        }
        read => read,
    };
    match read {
        Ok(chain) => {
            let subdirectory = named_after(&chain, &paths).unwrap_or(LATEST).to_owned();
            Ok(Newest::Readable(Box::new(list::Chain {
                subdirectory,
                ..chain
            })))
        }
        Err(error) if is_away(&error) => Err(error),
        Err(error) => Ok(Newest::Unreadable(error)),
    }
}

/// SHOW BACKUP does not name the directory that LATEST stands for; it is called after the moment that the full backup keeps.
fn named_after<'a>(chain: &list::Chain, paths: &'a [String]) -> Option<&'a str> {
    let end = chain.contents.layers.first()?.end_time?;
    let is_of_it =
        |path: &&String| time_of(path).is_some_and(|time| (end - time).abs() < TimeDelta::milliseconds(20));
    paths.iter().find(is_of_it).map(String::as_str)
}

#[derive(Default)]
struct Extent {
    /// `None` where the user cannot see them.
    tables: Option<u64>,
    rows: Option<u64>,
    /// Tables that the user can see, of those that are meant.
    found: Vec<TableName>,
    /// The user is told only of tables on which it has a privilege.
    may_hide_tables: bool,
    /// Not all that is meant is there now: what the user may do with it cannot be asked.
    is_partly_gone: bool,
    /// There is no such database now.
    is_gone: bool,
    /// Why it cannot be backed up.
    check: Option<Check>,
}

async fn extent(cluster: &Cluster, targets: &BackupTargets, as_of: Option<DateTime<Utc>>) -> Result<Extent> {
    let (database, wanted) = match targets {
        BackupTargets::Cluster => return Ok(Extent::default()),
        BackupTargets::Database(database) => (database, None),
        BackupTargets::Tables { database, tables } => (database, Some(tables)),
    };
    let absent = |title: String| {
        let check = Check::blocked(
            "targetExists",
            title,
            "It may have been dropped or renamed meanwhile.",
        );
        Ok(Extent {
            check: Some(check),
            ..Extent::default()
        })
    };
    let databases = inspect::list_databases(cluster).await?;
    let Some(target) = databases.iter().find(|found| found.name == *database) else {
        return match as_of {
            None => absent(format!("There is no database {database}")),
            Some(at) => extent_of_dropped(cluster, database, at).await,
        };
    };
    let me = cluster.user();
    let may_hide_tables =
        inspect::is_admin(cluster).await? != Some(true) && target.owner.as_deref() != Some(me);
    let found = inspect::list_tables(cluster, database).await?;
    let is_wanted = |table: &inspect::Table| {
        wanted.is_none_or(|wanted| {
            wanted
                .iter()
                .any(|name| name.schema == table.schema && name.name == table.name)
        })
    };
    // A table of the past may be gone by now: that is what one looks back for.
    for name in wanted.into_iter().flatten().filter(|_| as_of.is_none()) {
        if !found
            .iter()
            .any(|table| table.schema == name.schema && table.name == name.name)
        {
            let seen = match may_hide_tables {
                true => format!("{me} sees no table"),
                false => "There is no table".to_owned(),
            };
            return absent(format!("{seen} {}.{} in {database}", name.schema, name.name));
        }
    }
    let tables: Vec<_> = found
        .iter()
        .filter(|table| table.kind == TableKind::Table && is_wanted(table))
        .collect();
    let hides_all = may_hide_tables && tables.is_empty() && wanted.is_none();
    let is_partly_gone = as_of.is_some() && wanted.is_some_and(|wanted| wanted.len() > tables.len());
    let check = match hides_all {
        true => {
            let detail = "How many tables and rows there are is not known. A backup takes all of them.";
            let fix = Fix::Sql {
                label: "Show the grant".into(),
                sql: grant::see_into(database, me)?,
            };
            Some(Check::attention("extent", format!("{me} cannot see into {database}"), detail).fix(fix))
        }
        false => None,
    };
    Ok(Extent {
        tables: (!hides_all && as_of.is_none()).then_some(tables.len() as u64),
        // The estimate is of what is there now.
        rows: match hides_all || as_of.is_some() {
            true => None,
            false => tables.iter().map(|table| table.estimated_rows).sum(),
        },
        found: tables
            .iter()
            .map(|table| TableName {
                schema: table.schema.clone(),
                name: table.name.clone(),
            })
            .collect(),
        may_hide_tables,
        is_partly_gone,
        is_gone: false,
        check,
    })
}

/// Of a database that is not there any more. Its tables are told where the cluster lets its past catalog be read.
async fn extent_of_dropped(cluster: &Cluster, database: &str, at: DateTime<Utc>) -> Result<Extent> {
    let found = inspect::tables_of_past(cluster, database, &timestamp(at)).await;
    let (found, was_there) = match found.map_err(Error::from) {
        Err(error) if error.retryable => return Err(error),
        Err(error) if error.code == Code::NotFound => (Vec::new(), false),
        // Who may back it up need not be allowed to read, and the catalog may be kept for a shorter time.
        Err(_) => (Vec::new(), true),
        Ok(tables) => {
            let was_there = !tables.is_empty();
            (tables, was_there)
        }
    };
    let absent = || {
        Check::blocked(
            "targetExists",
            format!("There was no database {database} with tables at that moment"),
            "Look how it was written, capital letters too, and that it was there then and not dropped yet.",
        )
    };
    Ok(Extent {
        found,
        is_partly_gone: true,
        is_gone: true,
        check: (!was_there).then(absent),
        ..Extent::default()
    })
}

/// The present is written down so long after it, see [`BackupRequest::statement`].
const SETTLED: TimeDelta = TimeDelta::seconds(10);

/// Whether the cluster still keeps the moment that is asked for. Asked of each table, as each may keep its past for another time.
async fn moment(cluster: &Cluster, request: &BackupRequest, extent: &Extent) -> Result<Option<Check>> {
    const ID: &str = "moment";
    const NOT_KNOWN: &str = "Whether the cluster still keeps that moment is not known";
    let Some(at) = request.as_of else {
        return Ok(None);
    };
    if inspect::now(cluster).await? - at < SETTLED {
        let detail = "Choose one that is at least ten seconds ago, or back up the present.";
        return Ok(Some(Check::blocked(ID, "That moment is not over yet", detail)));
    }
    let Some(database) = wanted_database(&request.targets) else {
        let detail =
            "A moment that is too long ago is refused when the backup starts. Nothing is harmed by trying.";
        return Ok(Some(Check::attention(ID, NOT_KNOWN, detail)));
    };
    let (tables, are_named) = match &request.targets {
        BackupTargets::Tables { tables, .. } => (tables, true),
        _ => (&extent.found, false),
    };
    let kept_for = match inspect::gc_ttl_seconds(cluster, database).await {
        Ok(Some(ttl)) => format!("{database} keeps what was changed or deleted for {}.", span(ttl)),
        _ => String::new(),
    };
    let unknown = |detail: String| Ok(Some(Check::attention(ID, NOT_KNOWN, detail)));
    let mut is_kept = false;
    for name in tables {
        let table = QualifiedName {
            database: database.to_owned(),
            schema: name.schema.clone(),
            name: name.name.clone(),
        };
        let past = match inspect::past_of(cluster, &table, &timestamp(at))
            .await
            .map_err(Error::from)
        {
            Err(error) if error.retryable => return Err(error),
            // Who may back a table up need not be allowed to read it.
            Err(error) => {
                return unknown(format!(
                    "{} could not be looked at: {} If it is too long ago, the backup is refused when it starts, and nothing \
                     is harmed.",
                    table.name, error.message
                ));
            }
            Ok(past) => past,
        };
        let (title, detail) = match past {
            Past::Absent if are_named => (
                format!("There was no table {} at that moment", table.name),
                "Choose a moment at which it was there.".to_owned(),
            ),
            Past::Forgotten => (
                format!("The cluster no longer keeps {} as it was then", table.name),
                format!("{kept_for} Choose a later moment, or restore from a backup.")
                    .trim()
                    .to_owned(),
            ),
            Past::Kept => {
                is_kept = true;
                continue;
            }
            // Made since: it is not in the backup, as it should be.
            Past::Absent => continue,
        };
        return Ok(Some(Check::blocked(ID, title, detail)));
    }
    if !is_kept && extent.is_gone {
        return Ok(Some(Check::attention(
            ID,
            format!("There is no database {database} now"),
            "Whether it was there at that moment is told when the backup starts: where it was not, or where it is too long ago, the \
             backup is refused and nothing is harmed.",
        )));
    }
    if !is_kept {
        return unknown(
            format!(
                "None of the tables that {database} has now was there then, so none could be asked. A moment that is too long \
                 ago is refused when the backup starts, and nothing is harmed. {kept_for}"
            )
            .trim()
            .to_owned(),
        );
    }
    let detail = format!("What was dropped or deleted since then is in the backup. {kept_for}");
    Ok(Some(Check::ok(
        ID,
        "The cluster still keeps that moment",
        detail.trim(),
    )))
}

/// So many rows are counted to tell a person what became of them.
const MOST_COUNTED: u64 = 200_000;

/// So many tables are named.
const MOST_NAMED: usize = 6;

/// What a moment has that the present has not, so that one sees whether it lies before the accident. Only what can be counted
/// while a person waits; of what cannot, nothing is said.
async fn then_and_now(cluster: &Cluster, request: &BackupRequest) -> Result<Option<Check>> {
    const ID: &str = "thenAndNow";
    let (Some(at), Some(database)) = (request.as_of, wanted_database(&request.targets)) else {
        return Ok(None);
    };
    let at = timestamp(at);
    let (Ok(then), Ok(now)) = (
        inspect::tables_of_past(cluster, database, &at).await,
        inspect::list_tables(cluster, database).await,
    ) else {
        return Ok(None);
    };
    let is_wanted = |table: &&TableName| match &request.targets {
        BackupTargets::Tables { tables, .. } => tables.contains(table),
        _ => true,
    };
    let (mut changes, mut same, mut left) = (Vec::new(), 0, MOST_COUNTED);
    for name in then.iter().filter(is_wanted) {
        let shown = match name.schema.as_str() {
            "public" => name.name.clone(),
            schema => format!("{schema}.{}", name.name),
        };
        let live = now
            .iter()
            .find(|live| live.schema == name.schema && live.name == name.name);
        let Some(live) = live else {
            changes.push(format!("{shown} is gone now."));
            continue;
        };
        let estimate = live.estimated_rows.unwrap_or(u64::MAX);
        if estimate > left {
            continue;
        }
        left -= estimate;
        let table = QualifiedName {
            database: database.to_owned(),
            schema: name.schema.clone(),
            name: name.name.clone(),
        };
        let (Ok(before), Ok(after)) = (
            inspect::count_rows(cluster, &table, Some(&at)).await,
            inspect::count_rows(cluster, &table, None).await,
        ) else {
            continue;
        };
        if before == after {
            same += 1;
        } else {
            changes.push(format!(
                "{shown} had {} rows, and has {} now.",
                grouped(before),
                grouped(after)
            ));
        }
    }
    let more = changes.len().saturating_sub(MOST_NAMED);
    changes.truncate(MOST_NAMED);
    if more > 0 {
        changes.push(format!("{} more.", counted(more, "table")));
    }
    Ok(match (changes.is_empty(), same) {
        (true, 0) => None,
        (true, _) => Some(Check::attention(
            ID,
            "Then there were as many rows as now",
            "If rows are missing, they were deleted before that moment: choose an earlier one. If only values were changed, it may be \
             right.",
        )),
        (false, _) => Some(Check::ok(ID, "It differs from now", changes.join(" "))),
    })
}

/// "75 minutes", "4 hours", "4 hours 30 minutes": what a cluster is set to, in words.
fn span(seconds: u64) -> String {
    let minutes = usize::try_from(seconds / 60).unwrap_or(usize::MAX);
    match (minutes / 60, minutes % 60) {
        (0 | 1, _) => counted(minutes, "minute"),
        (hours, 0) => counted(hours, "hour"),
        (hours, minutes) => format!("{} {}", counted(hours, "hour"), counted(minutes, "minute")),
    }
}

async fn privilege(cluster: &Cluster, targets: &BackupTargets, extent: &Extent) -> Result<Check> {
    const ID: &str = "privilege";
    let rights = inspect::rights(cluster).await?;
    let me = cluster.user();
    let ok = |detail: String| Ok(Check::ok(ID, "You may back up", detail));
    if rights.is_admin == Some(true) {
        return ok(format!("{me} is an administrator of the cluster."));
    }
    let (database, what, sql) = match targets {
        BackupTargets::Cluster => return cluster_privilege(&rights, me),
        BackupTargets::Database(database) => {
            let sql = grant::on_database("BACKUP", database, me)?;
            (database, database.clone(), sql)
        }
        BackupTargets::Tables { database, tables } => {
            let sql = grant::on_tables("BACKUP", database, tables, me)?;
            (database, "these tables".to_owned(), sql)
        }
    };
    let on_tables = matches!(targets, BackupTargets::Tables { .. });
    let on_database = match on_tables {
        true => None,
        false => inspect::has_database_privilege(cluster, database, "BACKUP").await?,
    };
    if on_database == Some(true) {
        return ok(format!("{me} has the BACKUP privilege on {database}."));
    }
    if on_tables
        && !extent.is_partly_gone
        && holds_on_all(cluster, database, &extent.found, "BACKUP").await? == Some(true)
    {
        return ok(format!("{me} has the BACKUP privilege on these tables."));
    }
    let fix = Fix::Sql {
        label: "Show the grant".into(),
        sql,
    };
    // The older privileges still do: CONNECT on the database and SELECT on every table.
    let selects = match extent.found.is_empty() {
        _ if extent.is_partly_gone => None,
        true => Some(false),
        false => holds_on_all(cluster, database, &extent.found, "SELECT").await?,
    };
    Ok(match selects {
        Some(true) if on_tables || !extent.may_hide_tables => Check::ok(
            ID,
            "You may back up",
            format!("{me} may read {what}, which is enough for now. Later releases will want the BACKUP privilege."),
        )
        .fix(fix),
        Some(false) => Check::blocked(
            ID,
            format!("You may not back up {what}"),
            format!("{me} needs the BACKUP privilege on {what}. An administrator can grant it."),
        )
        .fix(fix),
        Some(true) => Check::attention(
            ID,
            "The cluster may refuse",
            format!(
                "{me} may read the tables it can see, and others may be there. With the BACKUP privilege on {what} it \
                 will work."
            ),
        )
        .fix(fix),
        None => Check::attention(
            ID,
            "The cluster may refuse",
            format!("It could not be found out what {me} may do. Needed is the BACKUP privilege on {what}."),
        )
        .fix(fix),
    })
}

/// Asked of one table after the other until one is found on which the user does not hold it.
async fn holds_on_all(
    cluster: &Cluster,
    database: &str,
    tables: &[TableName],
    privilege: &str,
) -> Result<Option<bool>> {
    for table in tables {
        let table = QualifiedName {
            database: database.to_owned(),
            schema: table.schema.clone(),
            name: table.name.clone(),
        };
        let holds = inspect::has_table_privilege(cluster, &table, privilege).await?;
        if holds != Some(true) {
            return Ok(holds);
        }
    }
    Ok(Some(true))
}

fn cluster_privilege(rights: &Rights, me: &str) -> Result<Check> {
    let sql = grant::on_cluster("BACKUP", me)?;
    let fix = Fix::Sql {
        label: "Show the grant".into(),
        sql,
    };
    Ok(match &rights.system {
        Some(system) if system.iter().any(|name| name == "BACKUP" || name == "ALL") => Check::ok(
            "privilege",
            "You may back up",
            format!("{me} has the BACKUP privilege on the cluster."),
        ),
        Some(_) if rights.is_admin == Some(false) => Check::blocked(
            "privilege",
            "You may not back up the whole cluster",
            format!("{me} needs the BACKUP privilege on the cluster. An administrator can grant it."),
        )
        .fix(fix),
        _ => Check::attention(
            "privilege",
            "The cluster may refuse",
            format!("It could not be found out what {me} may do."),
        )
        .fix(fix),
    })
}

fn destination(request: &BackupRequest, collection: &CollectionSummary, newest: &Newest) -> Check {
    const ID: &str = "destination";
    let name = collection.uri.name();
    let in_userfile = request.collection.scheme() == Scheme::Userfile;
    match (request.kind, newest) {
        (_, Newest::Unreadable(error)) if is_locked(error) && request.kind == BackupKind::Incremental => {
            let check = Check::blocked(
                ID,
                "The newest backup is encrypted",
                "An incremental backup needs the passphrase of the backup it builds on.",
            );
            check.fix(Fix::AskPassphrase)
        }
        (_, Newest::Closed(error)) | (BackupKind::Incremental, Newest::Unreadable(error)) => {
            Check::blocked(ID, format!("{name} cannot be read"), error.message.clone())
        }
        (BackupKind::Full, Newest::Unreadable(error)) if !is_locked(error) => Check::attention(
            ID,
            format!("The newest backup in {name} cannot be read"),
            format!(
                "A full backup does not build on it and can be taken. {}",
                error.message
            ),
        ),
        (BackupKind::Incremental, Newest::None) => Check::blocked(
            ID,
            format!("There is no full backup in {name} yet"),
            "An incremental backup builds on a full one. Take a full backup first.",
        ),
        (BackupKind::Incremental, Newest::Readable(chain)) => {
            let held = chain.contents.databases();
            let missing = wanted_database(&request.targets)
                .filter(|database| !held.iter().any(|name| name == database));
            match missing {
                Some(database) => Check::blocked(
                    ID,
                    format!("The newest backup in {name} does not hold {database}"),
                    "An incremental backup cannot widen the one it builds on. Take a full backup.",
                ),
                None => Check::ok(
                    ID,
                    format!("It builds on {}", chain.subdirectory),
                    format!("{} so far.", counted(chain.contents.layers.len(), "backup")),
                ),
            }
        }
        _ if in_userfile && request.targets == BackupTargets::Cluster => Check::attention(
            ID,
            "It cannot be used to restore a whole cluster",
            "File storage lies in defaultdb, which a restore of a whole cluster drops first. Single databases and \
             tables can be restored from it. Use a bucket to be able to restore everything.",
        ),
        _ if in_userfile => Check::ok(
            ID,
            match collection.backups {
                Some(0) | None => format!("A new collection {name}"),
                Some(count) => format!("{name} has {}", counted(count, "full backup")),
            },
            "In the cluster's own file storage: safe from mistakes in the data, not from the loss of the cluster.",
        ),
        _ => Check::ok(
            ID,
            match newest {
                Newest::None => format!("A new collection {name}"),
                _ => format!("{name} can be read"),
            },
            "Outside the cluster.",
        ),
    }
}

/// Increments build on the full backup that was finished last, and this one will be, though others keep later moments.
fn apart(request: &BackupRequest, collection: &CollectionSummary, newest: &Newest) -> Option<Check> {
    let joins_others = request.as_of.is_some() && !matches!(newest, Newest::None);
    joins_others.then(|| {
        Check::attention(
            "apart",
            "Better in a collection of its own",
            format!(
                "Until another full backup is taken in {}, backups of changes build on this one, a schedule's too. Go \
                 back and choose a new collection.",
                collection.uri.name()
            ),
        )
    })
}

fn wanted_database(targets: &BackupTargets) -> Option<&str> {
    match targets {
        BackupTargets::Cluster => None,
        BackupTargets::Database(database) | BackupTargets::Tables { database, .. } => Some(database),
    }
}

async fn already_running(cluster: &Cluster) -> Result<Option<Check>> {
    let running = list_jobs(cluster)
        .await?
        .into_iter()
        .find(|job| job.kind == "BACKUP" && !job.status.is_final());
    Ok(running.map(|job| {
        // Where it goes to is long, and is not what tells it from this one.
        let what = job.description.split(" INTO ").next().unwrap_or_default();
        Check::attention(
            "running",
            "Another backup is running",
            format!(
                "{what}, job {}. Both slow each other down, and into the same place only one can write.",
                job.id
            ),
        )
    }))
}

/// Changes can only be taken while the cluster still keeps what they replaced.
async fn increment_in_time(
    cluster: &Cluster,
    request: &BackupRequest,
    newest: &Newest,
) -> Result<Option<Check>> {
    let (BackupKind::Incremental, Newest::Readable(chain)) = (request.kind, newest) else {
        return Ok(None);
    };
    let (Some(database), Some(end)) = (wanted_database(&request.targets), chain.contents.end_time()) else {
        return Ok(None);
    };
    let Ok(Some(ttl)) = inspect::gc_ttl_seconds(cluster, database).await else {
        return Ok(None);
    };
    let age = u64::try_from((Utc::now() - end).num_seconds()).unwrap_or(0);
    Ok((age >= ttl).then(|| {
        Check::attention(
            "inTime",
            "The newest backup may be too old to build on",
            format!(
                "It is {} old, and the cluster keeps changes of {database} for {}. It may refuse; take a full \
                 backup then.",
                span(age),
                span(ttl)
            ),
        )
    }))
}

fn passphrase(request: &BackupRequest) -> Option<Check> {
    request.passphrase.as_ref().map(|_| {
        Check::attention(
            "passphrase",
            "Keep the passphrase",
            "Without it nobody can restore this backup: not you, not Roachvault, not Cockroach Labs. It is not stored.",
        )
    })
}

fn space(size_bytes: Option<u64>, rows: Option<u64>) -> Check {
    match (size_bytes, rows) {
        (Some(bytes), _) => Check::ok(
            "space",
            format!("About {}", size(bytes)),
            "As much as the newest full backup in this collection held. Usage-based plans bill what is read and written.",
        ),
        (None, Some(rows)) => Check::attention(
            "space",
            "The size is not known beforehand",
            format!(
                "The cluster estimates {} rows. There is no earlier backup here to compare with; usage-based \
                 plans bill what is read and written.",
                grouped(rows)
            ),
        ),
        (None, None) => Check::attention(
            "space",
            "The size is not known beforehand",
            "There is no earlier backup here to compare with; usage-based plans bill what is read and written.",
        ),
    }
}
