//! BACKUP: planning it in the statement, and doing it in the job.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::bind::{Parameters, setting_is_on};
use super::collection::{self, Chain, Collection, IndexEntry};
use super::data_file::{self, Writer};
use super::encryption::{Key, Unlock};
use super::job::{Job, Work};
use super::manifest::{DataFile, DescriptorRevision, Manifest, SystemState, has_system_database};
use super::runner::{Progress, Stop, Worked};
use super::targets::{self, Scope, Selection};
use super::{Backups, layout, place, redacted_form};
use crate::catalog::{Catalog, Descriptor, DescriptorId, State};
use crate::clock::Timestamp;
use crate::cluster::unique_row_id;
use crate::datum::Row;
use crate::error::{SqlError, SqlResult};
use crate::session::{Outcome, Session};
use crate::stmt::{self, Destination, Text};
use crate::storage::{gc, rows::RowVersion};

/// Where in the collection a backup goes, with its strings bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    New,
    Latest,
    Subdirectory(String),
}

/// What a backup job has to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BackupWork {
    pub is_full_cluster: bool,
    pub complete_databases: Vec<DescriptorId>,
    /// For the messages about them.
    pub database_names: BTreeMap<DescriptorId, String>,
    pub tables: Vec<DescriptorId>,
    pub all: BTreeSet<DescriptorId>,
    pub tenants: Vec<i64>,
    pub place: Place,
    pub collection: Vec<String>,
    pub incremental_location: Vec<String>,
    pub end: Timestamp,
    pub revision_history: bool,
    pub passphrase: Option<String>,
    pub kms: Vec<String>,
}

impl BackupWork {
    /// What unlocks its files.
    fn unlock(&self) -> Unlock {
        unlock_of(self.passphrase.as_ref(), &self.kms)
    }

    /// Takes out what must not outlive the work.
    pub fn forget_secrets(&mut self) {
        self.passphrase = None;
        self.kms.clear();
        for uri in self.collection.iter_mut().chain(&mut self.incremental_location) {
            *uri = stmt::uri::redacted(uri);
        }
    }
}

/// The key material that options give.
pub fn unlock_of(passphrase: Option<&String>, kms: &[String]) -> Unlock {
    match passphrase {
        Some(passphrase) => Unlock::Passphrase(passphrase.clone()),
        None if kms.is_empty() => Unlock::None,
        None => Unlock::Kms(kms.to_vec()),
    }
}

/// `cannot have both encryption_passphrase and kms option set`.
pub fn check_one_kind_of_key(passphrase: bool, kms: bool) -> SqlResult<()> {
    if passphrase && kms {
        return Err(SqlError::plain(
            "cannot have both encryption_passphrase and kms option set",
        ));
    }
    Ok(())
}

/// Checks a BACKUP and turns it into a job's work. Nothing of the destination is read yet: that is the job's part.
pub fn plan(
    backups: &Backups,
    session: &mut Session,
    statement: &stmt::Backup,
    parameters: Parameters<'_>,
) -> SqlResult<BackupWork> {
    let catalog = session.catalog()?;
    if !setting_is_on(&catalog, "feature.backup.enabled") {
        return Err(SqlError::plain(
            "feature BACKUP was disabled by the database administrator",
        ));
    }
    let options = &statement.options;
    check_one_kind_of_key(options.encryption_passphrase.is_some(), !options.kms.is_empty())?;
    let now = session.now();
    let end = match &statement.as_of {
        Some(moment) => parameters.moment(moment, now)?,
        None => now,
    };
    if end > now {
        return Err(SqlError::plain(format!(
            "AS OF SYSTEM TIME: cannot specify timestamp in the future ({} > {})",
            end.to_hlc_decimal(),
            now.to_hlc_decimal()
        )));
    }
    let then = if statement.as_of.is_some() {
        session.catalog_at(end)?
    } else {
        Catalog::clone(&catalog)
    };
    if then.descriptors.is_empty() {
        return Err(SqlError::plain(
            "no descriptors available to backup at selected time",
        ));
    }
    let (database, search_path) = (session.database().to_owned(), session.search_path());
    let scope = Scope {
        database: &database,
        search_path: &search_path,
    };
    let selection = targets::resolve(&then, scope, &statement.targets)
        .map_err(|error| error.wrap("failed to resolve targets specified in the BACKUP stmt"))?;
    for id in &selection.all {
        let threshold = gc::threshold(&catalog, *id, now);
        if end < threshold {
            return Err(SqlError::plain(format!(
                "batch timestamp {} must be after replica GC threshold {}",
                end.to_hlc_decimal(),
                threshold.to_hlc_decimal()
            )));
        }
    }
    targets::check_privileges(session, &then, &statement.targets, &selection)?;
    let collection = parameters.texts(&statement.collection)?;
    let incremental_location = parameters.texts(&options.incremental_location)?;
    for uri in collection.iter().chain(&incremental_location) {
        place::check_access(
            &catalog,
            session.user(),
            uri,
            backups.options.everyone_may_use_implicit_access,
        )?;
    }
    collection::check_localities(&collection)?;
    if !incremental_location.is_empty() && incremental_location.len() != collection.len() {
        return Err(SqlError::plain(
            "the incremental_location option must contain the same number of locality aware URIs as the full backup destination",
        ));
    }
    if !incremental_location.is_empty() && session.cluster().version() >= crate::emulate::Version::V25_4 {
        session
            .notice("the incremental_location option is deprecated and will be removed in a future release");
    }
    let place = match &statement.into {
        Destination::New => Place::New,
        Destination::Latest => Place::Latest,
        Destination::Subdirectory(folder) => {
            let folder = parameters.text(folder)?;
            let folder = if folder.starts_with('/') {
                folder
            } else {
                format!("/{folder}")
            };
            if folder.eq_ignore_ascii_case("/latest") {
                Place::Latest
            } else {
                Place::Subdirectory(folder)
            }
        }
    };
    let Selection {
        is_full_cluster,
        complete_databases,
        tables,
        all,
        tenants,
    } = selection;
    Ok(BackupWork {
        is_full_cluster,
        database_names: complete_databases
            .iter()
            .map(|id| (*id, then.name_of(*id)))
            .collect(),
        complete_databases,
        tables,
        all,
        tenants,
        place,
        collection,
        incremental_location,
        end,
        revision_history: options
            .revision_history
            .map_or(Ok(false), |flag| parameters.flag(flag))?,
        passphrase: parameters.maybe_text(options.encryption_passphrase.as_ref())?,
        kms: parameters.texts(&options.kms)?,
    })
}

/// The job's description: the statement with its strings bound, its secrets redacted, and the folder it writes.
pub fn description(session: &Session, statement: &stmt::Backup, work: &BackupWork) -> String {
    let mut shown = statement.clone();
    shown.collection = work.collection.iter().map(Text::literal).collect();
    shown.options.incremental_location = work.incremental_location.iter().map(Text::literal).collect();
    shown.options.kms = work.kms.iter().map(Text::literal).collect();
    shown.options.encryption_passphrase = work.passphrase.as_ref().map(Text::literal);
    shown.into = match &work.place {
        Place::New => Destination::Subdirectory(Text::Literal(layout::full_folder(work.end))),
        Place::Latest => Destination::Latest,
        Place::Subdirectory(folder) => Destination::Subdirectory(Text::literal(folder)),
    };
    stmt::print_backup(&shown, redacted_form(session))
}

/// The BACKUP statement.
pub fn run(
    backups: &Backups,
    session: &mut Session,
    statement: &stmt::Backup,
    parameters: Parameters<'_>,
) -> SqlResult<Outcome> {
    let detached = statement.options.detached == Some(true);
    if !detached && session.in_multi_statement_transaction() {
        return Err(SqlError::plain(
            "BACKUP cannot be used inside a multi-statement transaction without DETACHED option",
        ));
    }
    let work = plan(backups, session, statement, parameters)?;
    let description = description(session, statement, &work);
    let printed = stmt::print_backup(statement, redacted_form(session));
    let mut job = Job::new(session, "BACKUP", description, printed, Work::Backup(work));
    job.save(session)?;
    backups.start(session, &job, detached)
}

/// Where the layer goes and on which chain it stands.
struct Layer {
    folder: String,
    elsewhere: bool,
    chain: Option<Chain>,
    start: Option<Timestamp>,
    end: Timestamp,
    key: Option<Key>,
}

/// Does a backup job.
pub fn perform(
    session: &mut Session,
    progress: &mut Progress<'_>,
    job: &Job,
    work: BackupWork,
) -> Worked<()> {
    let collection = Collection::open(session, &job.user, &work.collection, &work.incremental_location)?;
    let layer = find_place(session, &collection, &work, progress.id())?;
    let lock = format!("{}{}", layout::LOCK_PREFIX, progress.id());
    collection.write_plain(&layer.folder, layer.elsewhere, &lock, b"lock")?;
    let key = match (&layer.chain, &layer.key) {
        (None, _) => collection.create_key(&layer.folder, &work.unlock())?,
        (Some(_), key) => key.clone(),
    };
    let catalog = session.catalog_at(layer.end)?;
    let mut manifest = new_manifest(session, &work, &layer, &catalog)?;
    progress.reach(session, 0.05)?;
    let checkpoint = layout::checkpoint_file(session.now());
    collection.write_checked(
        &layer.folder,
        layer.elsewhere,
        &checkpoint,
        &manifest.to_bytes()?,
        key.as_ref(),
    )?;
    let mut writing = Writing {
        collection: &collection,
        layer: &layer,
        key: key.as_ref(),
        locality: locality_of(&work),
    };
    copy_tables(session, progress, &work, &mut manifest, &mut writing)?;
    finish_layer(session, &collection, &layer, &manifest, key.as_ref())?;
    let (rows, bytes) = manifest.files.iter().fold((0, 0), |(rows, bytes), file| {
        (rows + file.rows, bytes + file.size_bytes)
    });
    progress.update(session, |job| {
        job.rows = rows;
        job.bytes = bytes;
    })?;
    progress.reach(session, 1.0)
}

/// All data of a practice cluster lies on one node; a locality-aware backup puts it into the first matching place.
fn locality_of(work: &BackupWork) -> Option<String> {
    collection::localities_of(&work.collection).into_iter().next()
}

fn find_place(session: &mut Session, collection: &Collection, work: &BackupWork, job: i64) -> Worked<Layer> {
    let subdirectory = match &work.place {
        Place::New => {
            let mut end = work.end;
            let mut folder = layout::full_folder(end);
            // Two backups within a hundredth of a second would share a folder.
            while collection.is_finished(&folder, false)? && session.now() > end.plus(layout::FOLDER_STEP) {
                end = end.plus(layout::FOLDER_STEP);
                folder = layout::full_folder(end);
            }
            if collection.is_finished(&folder, false)? {
                return Err(Stop::Failed(SqlError::plain(format!(
                    "A full backup already exists in {folder}. Consider running an incremental backup to this full backup via \
                     `BACKUP INTO '{folder}' IN '{}'`",
                    stmt::uri::redacted(work.collection.first().map_or("", String::as_str))
                ))));
            }
            check_unlocked(collection, &folder, false, job)?;
            return Ok(Layer {
                folder,
                elsewhere: false,
                chain: None,
                start: None,
                end,
                key: None,
            });
        }
        Place::Latest => collection.latest()?,
        Place::Subdirectory(folder)
            if session
                .cluster()
                .version()
                .differences()
                .full_backup_into_named_folder
                && !collection.is_finished(folder, false)? =>
        {
            check_unlocked(collection, folder, false, job)?;
            return Ok(Layer {
                folder: folder.clone(),
                elsewhere: false,
                chain: None,
                start: None,
                end: work.end,
                key: None,
            });
        }
        Place::Subdirectory(folder) => {
            if !collection.is_finished(folder, false)? {
                return Err(Stop::Failed(SqlError::plain(format!(
                    "No full backup exists in \"{folder}\" to append an incremental backup to. To take a full backup, remove the \
                     subdirectory from the backup command (i.e. run 'BACKUP ... INTO <collectionURI>'). "
                ))));
            }
            folder.clone()
        }
    };
    let chain = collection.chain(&subdirectory, &work.unlock())?;
    let Some(last) = chain.layers.last() else {
        return Err(Stop::Failed(SqlError::plain("the chain has no layers")));
    };
    check_continues(&chain, work)?;
    let start = last.manifest.end;
    if start >= work.end {
        return Err(Stop::Failed(SqlError::plain(format!(
            "`AS OF SYSTEM TIME` {} must be greater than the previous backup's end time of {}.",
            work.end.to_hlc_decimal(),
            start.to_hlc_decimal()
        ))));
    }
    check_still_readable(session, work, start)?;
    let with_start = session
        .cluster()
        .version()
        .differences()
        .incremental_folder_has_start;
    let elsewhere = collection.has_incremental_place();
    let mut end = work.end;
    let name = |end| {
        collection.incremental_folder(&subdirectory, &layout::incremental_folder(start, end, with_start))
    };
    while chain.layers.iter().any(|layer| layer.folder == name(end)) {
        end = end.plus(layout::FOLDER_STEP);
    }
    while session.now() < end {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let folder = name(end);
    check_unlocked(collection, &folder, elsewhere, job)?;
    let key = chain.key.clone();
    Ok(Layer {
        folder,
        elsewhere,
        chain: Some(chain),
        start: Some(start),
        end,
        key,
    })
}

fn check_unlocked(collection: &Collection, folder: &str, elsewhere: bool, job: i64) -> SqlResult<()> {
    match collection.lock_holder(folder, elsewhere)? {
        Some(holder) if holder != job => Err(SqlError::new(
            crate::error::sqlstate::FILE_ALREADY_EXISTS,
            format!("{folder} already contains a `BACKUP-LOCK` file written by job {holder}"),
        )),
        _ => Ok(()),
    }
}

/// An increment may not be about more than the chain, nor go to other localities.
fn check_continues(chain: &Chain, work: &BackupWork) -> SqlResult<()> {
    let Some(full) = chain.layers.first().map(|layer| &layer.manifest) else {
        return Ok(());
    };
    let requested = collection::localities_of(&work.collection);
    if requested != full.localities {
        return Err(SqlError::plain(format!(
            "Requested backup has localities [{}], but a previous backup layer in this collection has localities [{}]. Mismatched \
             backup layers are not supported. Please take a new full backup with the new localities, or an incremental backup with \
             matching localities.",
            requested.join(" "),
            full.localities.join(" ")
        )));
    }
    if full.is_full_cluster {
        return Ok(());
    }
    if work.is_full_cluster {
        return Err(SqlError::plain(
            "previous backup does not contain the complete cluster: a cluster backup cannot be appended to it",
        ));
    }
    for database in &work.complete_databases {
        if !full.complete_databases.contains(database) {
            let name = work.database_names.get(database).map_or("", String::as_str);
            return Err(SqlError::plain(format!(
                "previous backup does not contain the complete database \"{name}\""
            )));
        }
    }
    Ok(())
}

/// The history since the last layer must not be garbage yet.
fn check_still_readable(session: &mut Session, work: &BackupWork, start: Timestamp) -> SqlResult<()> {
    let catalog = session.catalog()?;
    let now = session.now();
    for id in &work.all {
        let threshold = gc::threshold(&catalog, *id, now);
        if start < threshold {
            return Err(SqlError::plain(format!(
                "start timestamp {} must be after replica GC threshold {}",
                start.to_hlc_decimal(),
                threshold.to_hlc_decimal()
            )));
        }
    }
    Ok(())
}

/// The objects a target list means now that did not exist when the statement was planned are not looked for again: the
/// selection holds for the end time.
fn selected<'a>(work: &'a BackupWork, catalog: &'a Catalog) -> impl Iterator<Item = &'a Descriptor> {
    catalog
        .descriptors
        .values()
        .map(AsRef::as_ref)
        .filter(|object| work.all.contains(&object.id) && object.state == State::Public)
}

fn new_manifest(
    session: &mut Session,
    work: &BackupWork,
    layer: &Layer,
    catalog: &Catalog,
) -> SqlResult<Manifest> {
    let version = session.cluster().version();
    let descriptors: Vec<Descriptor> = selected(work, catalog).cloned().collect();
    let revision_start = if !work.revision_history {
        None
    } else if let Some(start) = layer.start {
        Some(start)
    } else {
        let now = session.now();
        Some(
            descriptors
                .iter()
                .map(|object| gc::threshold(catalog, object.id, now))
                .min()
                .unwrap_or(layer.end),
        )
    };
    let mut revisions = Vec::new();
    if let Some(from) = revision_start {
        for version in session.descriptor_versions(from, layer.end)? {
            let inside = work.is_full_cluster
                || work.all.contains(&version.id)
                || work.complete_databases.contains(&version.descriptor.parent_id);
            if inside && version.descriptor.state == State::Public {
                revisions.push(DescriptorRevision {
                    from: version.from,
                    to: version.to,
                    descriptor: version.descriptor,
                });
            }
        }
    }
    let mut manifest = Manifest {
        cluster_version: version.differences().cluster_version.to_owned(),
        cluster_id: session.cluster().cluster_id().to_string(),
        start: layer.start,
        end: layer.end,
        revision_start,
        is_full_cluster: work.is_full_cluster,
        complete_databases: work.complete_databases.clone(),
        comments: catalog
            .comments
            .iter()
            .filter(|((object, _), _)| work.all.contains(object))
            .map(|((object, column), text)| (*object, *column, text.clone()))
            .collect(),
        descriptors,
        revisions,
        files: Vec::new(),
        system: None,
        localities: collection::localities_of(&work.collection),
        tenants: work.tenants.clone(),
    };
    if has_system_database(&manifest) {
        manifest.system = Some(SystemState::of(catalog));
    }
    Ok(manifest)
}

/// Where data files go.
struct Writing<'a> {
    collection: &'a Collection,
    layer: &'a Layer,
    key: Option<&'a Key>,
    locality: Option<String>,
}

impl Writing<'_> {
    fn flush(
        &self,
        manifest: &mut Manifest,
        table: &Descriptor,
        writer: Writer,
        replaces: bool,
        now: Timestamp,
    ) -> SqlResult<()> {
        let (rows, size_bytes) = (writer.rows, writer.size_bytes);
        let name = format!("data/{}.sst", unique_row_id(now));
        let content = writer.finish();
        let locality = self.locality.as_deref();
        let (folder, elsewhere) = (&self.layer.folder, self.layer.elsewhere);
        let file_bytes = self
            .collection
            .write_data(folder, elsewhere, locality, &name, &content, self.key)?;
        manifest.files.push(DataFile {
            name,
            table: table.id,
            locality: self.locality.clone(),
            rows,
            size_bytes,
            file_bytes,
            sha256: data_file::checksum(&content),
            replaces,
            start_pretty: format!("/Table/{}/1", table.id),
            end_pretty: format!("/Table/{}/2", table.id),
        });
        Ok(())
    }
}

fn copy_tables(
    session: &mut Session,
    progress: &mut Progress<'_>,
    work: &BackupWork,
    manifest: &mut Manifest,
    writing: &mut Writing<'_>,
) -> Worked<()> {
    let tables: Vec<Descriptor> = manifest
        .descriptors
        .iter()
        .filter(|object| object.has_rows() && !targets::is_system(object.parent_id))
        .filter(|object| object.table().is_none_or(|table| !table.exclude_data_from_backup))
        .cloned()
        .collect();
    // How far the job is follows the rows, so that one large table does not look like standstill.
    let mut weights = Vec::new();
    for table in &tables {
        #[allow(clippy::cast_precision_loss)]
        weights.push(session.count_rows(table).unwrap_or(0) as f64 + 10.0);
    }
    let total: f64 = weights.iter().sum::<f64>().max(1.0);
    let mut done = 0.0;
    for (table, weight) in tables.iter().zip(&weights) {
        copy_table(session, work, manifest, writing, table)?;
        done += weight;
        progress.reach(session, 0.05 + 0.9 * done / total)?;
    }
    Ok(())
}

/// Whether an object must be taken whole in an increment: it is new, its columns changed, or it has no key.
fn must_be_taken_whole(table: &Descriptor, before: Option<&Descriptor>) -> bool {
    let (Some(now), Some(before)) = (table.table(), before.and_then(Descriptor::table)) else {
        return true;
    };
    now.primary_index().is_none()
        || now.columns != before.columns
        || now.primary_index() != before.primary_index()
}

fn copy_table(
    session: &mut Session,
    work: &BackupWork,
    manifest: &mut Manifest,
    writing: &Writing<'_>,
    table: &Descriptor,
) -> Worked<()> {
    let (start, end) = (manifest.start, manifest.end);
    let before = writing
        .layer
        .chain
        .as_ref()
        .and_then(|chain| chain.layers.last())
        .and_then(|layer| layer.manifest.descriptor(table.id).cloned());
    let whole = start.is_none() || must_be_taken_whole(table, before.as_ref());
    let is_table = table.table().is_some();
    let now = session.now();
    let mut writer = Writer::default();
    let mut first = true;
    let mut files = Manifest {
        files: Vec::new(),
        ..manifest.clone_without_files()
    };
    let mut put = |version: RowVersion, writer: &mut Writer| -> SqlResult<()> {
        writer.push(&version);
        if writer.is_full() {
            writing.flush(
                &mut files,
                table,
                std::mem::take(writer),
                whole && start.is_some() && first,
                now,
            )?;
            first = false;
        }
        Ok(())
    };
    if work.revision_history && is_table {
        let from = if whole { Timestamp(0) } else { start.unwrap_or(end) };
        let kept_from = manifest.revision_start.unwrap_or(end);
        session.scan_versions(table, from, end, |version| {
            // What ended before the history begins is of no use to anybody.
            if version.to > kept_from {
                put(version, &mut writer)
            } else {
                Ok(())
            }
        })?;
    } else if whole {
        session.scan_at(table, end, |row| {
            put(
                RowVersion {
                    row,
                    from: end,
                    to: Timestamp::FOREVER,
                },
                &mut writer,
            )
        })?;
    } else if let Some(start) = start {
        for version in net_changes(session, table, start, end)? {
            put(version, &mut writer)?;
        }
    }
    let replaces = whole && start.is_some() && first;
    if !writer.is_empty() || replaces {
        writing.flush(&mut files, table, writer, replaces, now)?;
    }
    manifest.files.extend(files.files);
    Ok(())
}

/// What became of each key between two moments: removals first, then the rows that are there at the end.
fn net_changes(
    session: &mut Session,
    table: &Descriptor,
    start: Timestamp,
    end: Timestamp,
) -> SqlResult<Vec<RowVersion>> {
    let positions = key_positions(table);
    let mut last: BTreeMap<String, RowVersion> = BTreeMap::new();
    session.scan_versions(table, start, end, |version| {
        let key = key_text(&positions, &version.row);
        let newer = last.get(&key).is_none_or(|known| known.from <= version.from);
        if newer {
            last.insert(key, version);
        }
        Ok(())
    })?;
    let (gone, there): (Vec<_>, Vec<_>) = last
        .into_values()
        .partition(|version| version.to != Timestamp::FOREVER);
    Ok(gone.into_iter().chain(there).collect())
}

/// Where the primary key's columns are in a row.
pub fn key_positions(table: &Descriptor) -> Vec<usize> {
    let Some(body) = table.table() else {
        return Vec::new();
    };
    let position = |id: u32| body.columns.iter().position(|column| column.id == id);
    body.primary_index().map_or_else(Vec::new, |index| {
        index.columns.iter().filter_map(|(id, _)| position(*id)).collect()
    })
}

fn key_text(positions: &[usize], row: &Row) -> String {
    positions
        .iter()
        .map(|at| format!("{:?}\u{0}", row.get(*at)))
        .collect()
}

fn finish_layer(
    session: &mut Session,
    collection: &Collection,
    layer: &Layer,
    manifest: &Manifest,
    key: Option<&Key>,
) -> SqlResult<()> {
    let bytes = manifest.to_bytes()?;
    let (folder, elsewhere) = (&layer.folder, layer.elsewhere);
    let list = |content: Vec<u8>| match key {
        Some(key) => key.seal(&content),
        None => Ok(content),
    };
    let names: Vec<&str> = manifest.files.iter().map(|file| file.name.as_str()).collect();
    let ids: Vec<String> = manifest
        .descriptors
        .iter()
        .map(|object| object.id.to_string())
        .collect();
    collection.write_plain(
        folder,
        elsewhere,
        layout::FILE_LIST,
        &list(names.join("\n").into_bytes())?,
    )?;
    collection.write_plain(
        folder,
        elsewhere,
        layout::DESCRIPTOR_LIST,
        &list(ids.join("\n").into_bytes())?,
    )?;
    collection.write_plain(folder, elsewhere, layout::STATISTICS, &list(b"{}".to_vec())?)?;
    collection.write_checked(folder, elsewhere, layout::METADATA, &bytes, key)?;
    collection.write_checked(folder, elsewhere, layout::MANIFEST, &bytes, key)?;
    let full_end = layer
        .chain
        .as_ref()
        .and_then(|chain| chain.layers.first())
        .map_or(layer.end, |full| full.manifest.end);
    if session.cluster().version().differences().backup_index_is_written {
        let subdirectory = layer
            .chain
            .as_ref()
            .map_or(folder, |chain| &chain.subdirectory)
            .clone();
        let entry = IndexEntry {
            subdirectory,
            folder: folder.clone(),
            start: layer.start,
            end: layer.end,
        };
        collection.write_index(full_end, &entry)?;
    }
    if layer.chain.is_none() {
        // By the clock, not by the moment that is kept: a backup of the past is the latest once it is there.
        collection.point_latest(folder, session.now())?;
    }
    Ok(())
}

impl Manifest {
    fn clone_without_files(&self) -> Manifest {
        Manifest {
            descriptors: Vec::new(),
            revisions: Vec::new(),
            comments: Vec::new(),
            files: Vec::new(),
            system: None,
            ..self.clone()
        }
    }
}
