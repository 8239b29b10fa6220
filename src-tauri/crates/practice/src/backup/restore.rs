//! RESTORE: the statement, and the job that makes the objects, loads their rows and puts them in use at the end.
//!
//! While it works, everything it makes is offline: the names are taken, but no statement sees the objects. A cancelled or
//! failed restore takes them away again.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::params_from_iter;
use serde::{Deserialize, Serialize};

use super::backup::{key_positions, unlock_of};
use super::bind::Parameters;
use super::collection::{Chain, Collection};
use super::job::{Job, Work};
use super::manifest::{DataFile, Manifest, SystemState};
use super::rewrite::Rewrite;
use super::runner::{Progress, Stop, Worked};
use super::{Backups, data_file, dependency, external_connection, redacted_form, restore_plan, schedule};
use crate::catalog::{
    Body, Catalog, DatabaseBody, Descriptor, DescriptorId, EntryKey, ForeignKey, State, kind,
};
use crate::clock::Timestamp;
use crate::datum::{Datum, Row};
use crate::error::{SqlError, SqlResult};
use crate::session::{Outcome, Session};
use crate::stmt::{self, Text};
use crate::storage::physical;
use crate::storage::rows::RowVersion;

/// Rows put in by one transaction, so that other writers get their turn.
const ROWS_IN_A_TRANSACTION: usize = 2_000;

/// What a restore job has to do.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RestoreWork {
    pub is_cluster: bool,
    pub system_users: bool,
    pub collection: Vec<String>,
    pub incremental_location: Vec<String>,
    pub subdirectory: String,
    /// How many layers of the chain are needed.
    pub layers: usize,
    pub at: Timestamp,
    pub passphrase: Option<String>,
    pub kms: Vec<String>,
    pub schema_only: bool,
    pub verify_data: bool,
    pub remove_regions: bool,
    pub keep_grants: bool,
    pub deferred_copy: bool,
    pub default_region: Option<String>,
    /// The database's old and new name.
    pub renamed: Option<(String, String)>,
    /// Definitions to make, with the backup's ids.
    pub objects: Vec<Descriptor>,
    /// Ids in the backup to ids of objects that are there already.
    pub existing: BTreeMap<DescriptorId, DescriptorId>,
    /// Ids in the backup to ids of objects this job made.
    pub created: BTreeMap<DescriptorId, DescriptorId>,
    /// Tables (backup's ids) whose rows are all there.
    pub loaded: BTreeSet<DescriptorId>,
}

impl RestoreWork {
    /// Takes out what must not outlive the work, and what nobody needs any more.
    pub fn forget_secrets(&mut self) {
        self.passphrase = None;
        self.kms.clear();
        for uri in self.collection.iter_mut().chain(&mut self.incremental_location) {
            *uri = stmt::uri::redacted(uri);
        }
        self.objects.clear();
    }

    fn rewrite(&self) -> Rewrite {
        let mut ids = self.existing.clone();
        ids.extend(&self.created);
        Rewrite {
            ids,
            renamed: self.renamed.clone(),
            remove_regions: self.remove_regions,
        }
    }
}

/// The RESTORE statement.
pub fn run(
    backups: &Backups,
    session: &mut Session,
    statement: &stmt::Restore,
    parameters: Parameters<'_>,
) -> SqlResult<Outcome> {
    let detached = statement.options.detached == Some(true);
    if !detached && session.in_multi_statement_transaction() {
        return Err(SqlError::plain(
            "RESTORE cannot be used inside a multi-statement transaction without DETACHED option",
        ));
    }
    let work = restore_plan::plan(backups, session, statement, parameters)?;
    let mut shown = statement.clone();
    shown.from = Text::literal(&work.subdirectory);
    shown.collection = work.collection.iter().map(Text::literal).collect();
    shown.options.encryption_passphrase = work.passphrase.as_ref().map(Text::literal);
    let description = stmt::Statement::Restore(Box::new(shown)).print(redacted_form(session));
    let printed = stmt::Statement::Restore(Box::new(statement.clone())).print(redacted_form(session));
    let mut job = Job::new(session, "RESTORE", description, printed, Work::Restore(work));
    job.save(session)?;
    if statement.options.experimental_deferred_copy {
        return backups.start_online_restore(session, &job, detached);
    }
    backups.start(session, &job, detached)
}

/// Does a restore job.
pub fn perform(
    session: &mut Session,
    progress: &mut Progress<'_>,
    job: &Job,
    mut work: RestoreWork,
) -> Worked<()> {
    let unlock = unlock_of(work.passphrase.as_ref(), &work.kms);
    let collection = Collection::open(session, &job.user, &work.collection, &work.incremental_location)?;
    let mut chain = collection.chain(&work.subdirectory, &unlock)?;
    chain.layers.truncate(work.layers);
    let system = chain
        .layers
        .last()
        .and_then(|layer| layer.manifest.system.clone());
    if work.system_users {
        if let Some(system) = &system {
            merge_users(session, system)?;
        }
        return progress.reach(session, 1.0);
    }
    if work.created.is_empty() {
        let owner = (!work.is_cluster).then_some(job.user.as_str());
        create_objects(session, &mut work, owner, job.id)?;
        let saved = work.clone();
        progress.update(session, |job| job.work = Work::Restore(saved))?;
    }
    progress.reach(session, 0.05)?;
    let (rows, bytes) = load(session, progress, &collection, &chain, &mut work)?;
    pause_point(session, progress)?;
    publish(
        session,
        &work,
        chain.layers.last().map(|layer| &layer.manifest),
        system.as_ref(),
    )?;
    progress.update(session, |job| {
        job.rows = rows;
        job.bytes = bytes;
    })?;
    progress.reach(session, 1.0)
}

/// `jobs.debug.pausepoints` names places where jobs stop, so that tests can look at them half done.
fn pause_point(session: &mut Session, progress: &mut Progress<'_>) -> Worked<()> {
    let points = session
        .catalog()?
        .setting("jobs.debug.pausepoints")
        .unwrap_or_default();
    if points
        .split(',')
        .any(|point| point.trim() == "restore.before_publishing_descriptors")
    {
        return Err(progress.pause(
            session,
            "pause point \"restore.before_publishing_descriptors\" hit",
        ));
    }
    Ok(())
}

/// Takes away what a cancelled or failed restore made.
pub fn revert(session: &mut Session, work: &RestoreWork) -> SqlResult<()> {
    session.transaction(true, |session| {
        let catalog = session.catalog()?;
        for id in work.created.values().rev() {
            if catalog
                .descriptors
                .get(id)
                .is_some_and(|object| object.state == State::Offline)
            {
                session.drop_descriptor(*id)?;
            }
        }
        Ok(())
    })
}

/// The databases every new cluster has make room for those of the backup.
fn drop_default_databases(session: &mut Session) -> SqlResult<()> {
    let catalog = session.catalog()?;
    for name in ["defaultdb", "postgres"] {
        if let Some(database) = catalog.database(name) {
            session.drop_with_contents(database.id)?;
        }
    }
    Ok(())
}

fn create_objects(
    session: &mut Session,
    work: &mut RestoreWork,
    owner: Option<&str>,
    job: i64,
) -> SqlResult<()> {
    session.transaction(true, |session| {
        if work.is_cluster {
            drop_default_databases(session)?;
        }
        for object in &work.objects {
            work.created.insert(object.id, session.allocate_id()?);
        }
        let rewrite = work.rewrite();
        let catalog = session.catalog()?;
        for object in dependency::creation_order(&work.objects) {
            let keeps_owner = owner.is_none();
            let mut made = rewrite.descriptor(object, owner);
            if work.keep_grants {
                for (grantee, held) in &object.grants.0 {
                    if catalog.roles.contains_key(grantee) || grantee == "public" {
                        held.iter().for_each(|(privilege, grantable)| {
                            made.grants.grant(grantee, *privilege, *grantable)
                        });
                    }
                }
            }
            if let (Body::Database(body), Some(region), false) =
                (&mut made.body, &work.default_region, keeps_owner)
            {
                set_default_region(body, region);
            }
            made.state = State::Offline;
            // Foreign keys would refuse rows whose parents are not loaded yet.
            if let Some(table) = made.table_mut() {
                table.foreign_keys.clear();
            }
            session.create_descriptor(made)?;
        }
        // The record and the objects must not disagree after a crash.
        if let Some(mut record) = Job::load(session, job)? {
            record.work = Work::Restore(work.clone());
            record.save(session)?;
        }
        Ok(())
    })
}

fn set_default_region(database: &mut DatabaseBody, region: &str) {
    if database.primary_region.is_none() {
        database.regions = vec![region.to_owned()];
        database.primary_region = Some(region.to_owned());
        database.survival_goal = Some("zone".to_owned());
    }
}

/// Loads the rows of every table, or only reads them; answers how many rows and bytes there were.
fn load(
    session: &mut Session,
    progress: &mut Progress<'_>,
    collection: &Collection,
    chain: &Chain,
    work: &mut RestoreWork,
) -> Worked<(u64, u64)> {
    if work.schema_only && !work.verify_data {
        return Ok((0, 0));
    }
    let tables: Vec<Descriptor> = work
        .objects
        .iter()
        .filter(|object| object.has_rows())
        .cloned()
        .collect();
    let weight = |id: DescriptorId| -> u64 {
        chain
            .layers
            .iter()
            .flat_map(|layer| &layer.manifest.files)
            .filter(|file| file.table == id)
            .map(|file| file.rows + 10)
            .sum()
    };
    #[allow(clippy::cast_precision_loss)]
    let total = tables.iter().map(|table| weight(table.id)).sum::<u64>().max(1) as f64;
    let mut done = 0.0;
    let (mut rows, mut bytes) = (0, 0);
    for table in &tables {
        if !work.loaded.contains(&table.id) {
            let target = (!work.schema_only).then(|| work.rewrite().descriptor(table, None));
            load_table(
                session,
                progress,
                collection,
                chain,
                work.at,
                table,
                target.as_ref(),
            )?;
            work.loaded.insert(table.id);
            let saved = work.clone();
            progress.update(session, |job| job.work = Work::Restore(saved))?;
        }
        if !work.schema_only {
            // What is in the table counts, not what was read: later layers replace and remove rows of earlier ones.
            let target = work.rewrite().descriptor(table, None);
            let now = session.now();
            session.scan_at(&target, now, |row| {
                rows += 1;
                bytes += data_file::row_weight(&row);
                Ok(())
            })?;
        }
        #[allow(clippy::cast_precision_loss)]
        {
            done += weight(table.id) as f64;
        }
        progress.reach(session, 0.05 + 0.9 * done / total)?;
    }
    Ok((rows, bytes))
}

fn load_table(
    session: &mut Session,
    progress: &mut Progress<'_>,
    collection: &Collection,
    chain: &Chain,
    at: Timestamp,
    table: &Descriptor,
    target: Option<&Descriptor>,
) -> Worked<()> {
    if let Some(target) = target {
        // A restore that was paused in the middle of a table begins that table again.
        session.transaction(true, |session| {
            physical::drop_history_triggers(session.sqlite(), target.id)?;
            session
                .sqlite()
                .execute(&format!("DELETE FROM t_{}", target.id), [])?;
            Ok(())
        })?;
    }
    for layer in &chain.layers {
        let Some(source) = layer
            .manifest
            .descriptor(table.id)
            .or_else(|| revision_of(&layer.manifest, table.id))
        else {
            continue;
        };
        let files: Vec<&DataFile> = layer
            .manifest
            .files
            .iter()
            .filter(|file| file.table == table.id)
            .collect();
        for file in files {
            let mut versions = Vec::new();
            collection.read_data(layer, file, chain.key.as_ref(), |version| {
                versions.push(version);
                Ok(())
            })?;
            if let Some(target) = target {
                apply(session, source, target, file, versions, at)?;
            }
            progress.check(session)?;
        }
    }
    if let Some(target) = target {
        session.transaction(true, |session| {
            physical::history_triggers(session.sqlite(), target)
        })?;
    }
    Ok(())
}

/// The newest definition of a table that was dropped inside the layer.
fn revision_of(manifest: &Manifest, id: DescriptorId) -> Option<&Descriptor> {
    manifest
        .revisions
        .iter()
        .rev()
        .map(|revision| &revision.descriptor)
        .find(|object| object.id == id)
}

/// Puts the versions of one file into the table, as they were at the moment.
fn apply(
    session: &mut Session,
    source: &Descriptor,
    target: &Descriptor,
    file: &DataFile,
    versions: Vec<RowVersion>,
    at: Timestamp,
) -> SqlResult<()> {
    if let Body::Sequence(_) = target.body {
        let last = versions
            .last()
            .and_then(|version| version.row.first())
            .and_then(Datum::as_int);
        return match last {
            Some(last) => session.transaction(true, |session| {
                session
                    .sqlite()
                    .execute(&format!("DELETE FROM t_{}", target.id), [])?;
                session.insert_rows(target, [vec![Datum::Int(last)]])?;
                session.cluster().sequences().forget(target.id);
                Ok(())
            }),
            None => Ok(()),
        };
    }
    if file.replaces {
        session.transaction(true, |session| {
            Ok(session
                .sqlite()
                .execute(&format!("DELETE FROM t_{}", target.id), [])?)
        })?;
    }
    let relevant: Vec<RowVersion> = versions
        .into_iter()
        .filter(|version| version.from <= at)
        .collect();
    let mapping = column_mapping(source, target);
    let keys = key_positions(target);
    let is_first_layer_row = |version: &RowVersion| version.to == Timestamp::FOREVER && version.from == at;
    for batch in relevant.chunks(ROWS_IN_A_TRANSACTION) {
        session.transaction(true, |session| {
            if !keys.is_empty() && !batch.iter().all(is_first_layer_row) {
                remove_keys(session, target, &keys, &mapping, batch)?;
            }
            Ok(())
        })?;
    }
    let there = |version: &&RowVersion| version.to > at;
    for batch in relevant.chunks(ROWS_IN_A_TRANSACTION) {
        let rows: Vec<Row> = batch
            .iter()
            .filter(there)
            .map(|version| mapped(&mapping, &version.row))
            .collect();
        session.insert_rows(target, rows)?;
    }
    Ok(())
}

/// For each column of the target, where its value is in a row of the source.
fn column_mapping(source: &Descriptor, target: &Descriptor) -> Vec<Option<usize>> {
    let from = physical::column_ids(source);
    physical::column_ids(target)
        .into_iter()
        .map(|id| from.iter().position(|candidate| *candidate == id))
        .collect()
}

fn mapped(mapping: &[Option<usize>], row: &Row) -> Row {
    mapping
        .iter()
        .map(|at| at.and_then(|at| row.get(at)).cloned().unwrap_or(Datum::Null))
        .collect()
}

/// Removes what an earlier layer had under the keys of these versions.
fn remove_keys(
    session: &Session,
    target: &Descriptor,
    keys: &[usize],
    mapping: &[Option<usize>],
    versions: &[RowVersion],
) -> SqlResult<()> {
    let ids = physical::column_ids(target);
    let conditions: Vec<String> = keys
        .iter()
        .filter_map(|at| ids.get(*at))
        .map(|id| format!("{} IS ?", physical::column(*id)))
        .collect();
    let sql = format!("DELETE FROM t_{} WHERE {}", target.id, conditions.join(" AND "));
    let mut statement = session.sqlite().prepare(&sql)?;
    for version in versions {
        let row = mapped(mapping, &version.row);
        let values: Vec<Datum> = keys.iter().filter_map(|at| row.get(*at)).cloned().collect();
        statement.execute(params_from_iter(values))?;
    }
    Ok(())
}

/// Puts everything in use: foreign keys, comments, and for a cluster what was in its `system` database.
fn publish(
    session: &mut Session,
    work: &RestoreWork,
    manifest: Option<&Manifest>,
    system: Option<&SystemState>,
) -> SqlResult<()> {
    session.transaction(true, |session| {
        let rewrite = work.rewrite();
        let catalog = session.catalog()?;
        for original in dependency::creation_order(&work.objects) {
            let Some(id) = work.created.get(&original.id) else {
                continue;
            };
            let Some(made) = catalog.descriptors.get(id) else {
                continue;
            };
            let mut object = Descriptor::clone(made);
            object.state = State::Public;
            if let Some(table) = object.table_mut() {
                table.foreign_keys = foreign_keys(original, &rewrite, &work.created);
            }
            session.update_descriptor(&object)?;
        }
        for id in work.created.values() {
            session.refresh_foreign_keys(*id)?;
        }
        for (object, column, text) in manifest.map_or(&[][..], |manifest| &manifest.comments) {
            if let Some(id) = work.created.get(object) {
                session.put_entry(
                    &EntryKey::new(kind::COMMENT, format!("{id}.{column}")),
                    Some(text),
                )?;
            }
        }
        if let (true, Some(system)) = (work.is_cluster, system) {
            restore_system(session, system, work)?;
        }
        Ok(())
    })
}

fn foreign_keys(
    original: &Descriptor,
    rewrite: &Rewrite,
    created: &BTreeMap<DescriptorId, DescriptorId>,
) -> Vec<ForeignKey> {
    let rewritten = rewrite.descriptor(original, None);
    let keys = rewritten
        .table()
        .map(|table| table.foreign_keys.clone())
        .unwrap_or_default();
    keys.into_iter()
        .filter(|key| created.values().any(|id| *id == key.referenced_table))
        .collect()
}

/// Adds the backup's users and memberships; users who exist stay as they are.
fn merge_users(session: &mut Session, system: &SystemState) -> SqlResult<()> {
    session.transaction(true, |session| {
        let catalog: std::sync::Arc<Catalog> = session.catalog()?;
        for (name, role) in &system.roles {
            match catalog.roles.get(name) {
                None => session.put_role(name, Some(role))?,
                Some(there) => {
                    let mut merged = crate::catalog::Role::clone(there);
                    for (parent, membership) in &role.member_of {
                        merged.member_of.entry(parent.clone()).or_insert(*membership);
                    }
                    session.put_role(name, Some(&merged))?;
                }
            }
        }
        Ok(())
    })
}

fn restore_system(session: &mut Session, system: &SystemState, work: &RestoreWork) -> SqlResult<()> {
    let catalog = session.catalog()?;
    for name in catalog
        .roles
        .keys()
        .filter(|name| !system.roles.contains_key(*name))
    {
        session.put_role(name, None)?;
    }
    for (name, role) in &system.roles {
        session.put_role(name, Some(role))?;
    }
    session.put_entry(
        &EntryKey::new(kind::SYSTEM_GRANTS, ""),
        Some(&system.system_grants),
    )?;
    for (name, value) in &system.settings {
        session.put_entry(&EntryKey::new(kind::SETTING, name), Some(value))?;
    }
    for (id, zone) in &system.zones {
        let id = if *id == 0 {
            Some(0)
        } else {
            work.created.get(id).copied()
        };
        if let Some(id) = id {
            session.put_entry(&EntryKey::new(kind::ZONE, id), Some(zone))?;
        }
    }
    for (kind, key, body) in &system.entries {
        let body = if kind == schedule::ENTRY {
            schedule::paused_by_restore(body)
        } else {
            body.clone()
        };
        if kind == schedule::ENTRY || kind == external_connection::ENTRY || kind.starts_with("privilege") {
            session.put_entry(&EntryKey::new(kind, key), Some(&body))?;
        }
    }
    Ok(())
}

impl From<Stop> for SqlError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Failed(error) => error,
            Stop::Paused => SqlError::plain("the job was paused"),
            Stop::Canceled => SqlError::plain("the job was canceled"),
        }
    }
}

/// How many tables a restore job made.
pub fn tables_made(job: &Job) -> i64 {
    match &job.work {
        Work::Restore(work) => i64::try_from(work.loaded.len()).unwrap_or(i64::MAX),
        _ => 0,
    }
}
