//! From files on this computer to files in the cluster.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use chrono::DateTime;
use roachvault_cockroach::userfile::{
    self, BATCH_BYTES, BATCH_FILES, Event, FileRow, LocalSource, SharedLanes, SmallFile, SmallUploaded,
    Source, SpeedLimit, Store, StoredName, Upload,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::archive::{digest_file, hex};
use super::order::Order;
use super::plan::{
    Choices, Conflict, Kept, LeftOut, MappedName, TransferPlan, free_beside, shown, wrong_plan,
};
use super::same::{self, Contents, Pair, Side};
use super::spec::{UploadFile, UploadSpec, file_id, skipped};
use super::taken::settle_names;
use super::transfer::{Transfer, cancelled, concerns_all, is_final, not_connected, stopped};
use super::walk::{Found, Walked, modified_ms, walk};
use super::{Userfiles, files_words, open_store, start_files_job};
use crate::cluster::{ConnectionId, OpenCluster};
use crate::error::{Code, Error, Result};
use crate::job::{End, FileEnd, FileResult, JobHandle, JobId, JobKind, Jobs, Progress, Signal, Unit};

pub(super) struct Planned {
    pub connection: ConnectionId,
    store: String,
    folder: String,
    files: Vec<(Found, StoredName)>,
    /// Names that are taken by the same file, with its id.
    identical: HashMap<String, Uuid>,
}

impl Userfiles {
    /// Looks at the chosen files and at the names that are taken. `folder` is empty or ends in a slash.
    pub async fn plan_upload(
        &self,
        cluster: &OpenCluster,
        store: Option<&str>,
        folder: &str,
        paths: Vec<PathBuf>,
    ) -> Result<TransferPlan> {
        let store = open_store(cluster.writable()?, store).await?;
        let walked = tokio::task::spawn_blocking(move || walk(&paths)).await;
        let Walked {
            files: found,
            mut left_out,
            folders,
            empty_folders,
        } = walked.map_err(|error| {
            Error::new(Code::Internal, "The files could not be looked at.").detail(error.to_string())
        })?;
        let folder = folder.trim_start_matches('/').to_owned();
        let mut mapped = Vec::new();
        let mut files: Vec<(Found, StoredName)> = Vec::with_capacity(found.len());
        let mut names = HashSet::new();
        for file in found {
            match StoredName::new(&format!("/{folder}{}", file.relative)) {
                Ok(name) if names.insert(name.clone()) => files.push((file, name)),
                Ok(name) => {
                    // Two chosen files of the same name, from different folders.
                    let mut used: HashSet<String> =
                        names.iter().map(|name| name.as_str().to_owned()).collect();
                    let other = StoredName::stored(free_beside(name.as_str(), &mut used));
                    mapped.push(MappedName {
                        source: file.path.display().to_string(),
                        target: other.to_string(),
                    });
                    names.insert(other.clone());
                    files.push((file, other));
                }
                Err(error) => {
                    left_out.push(LeftOut {
                        path: file.path.display().to_string(),
                        why: error.message,
                    });
                }
            }
        }
        let chosen = Chosen {
            folder,
            files,
            mapped,
            left_out,
            folders,
            empty_folders,
        };
        let (plan, kept) = look_at_target(&store, cluster, chosen).await?;
        Ok(TransferPlan {
            id: self.plans.keep(Kept::Upload(kept)),
            ..plan
        })
    }

    /// Starts a planned upload. A name that was taken since the plan fails that file, unless it is to be
    /// replaced. On production, replacing wants the cluster's name `typed`.
    pub async fn start_upload(
        &self,
        jobs: &Jobs,
        find: impl Fn(ConnectionId) -> Result<Arc<OpenCluster>>,
        plan: Uuid,
        choices: &Choices,
        typed: Option<&str>,
    ) -> Result<JobId> {
        let kept = self.plans.get(plan)?;
        let Kept::Upload(planned) = &*kept else {
            return Err(wrong_plan());
        };
        let cluster = find(planned.connection)?;
        start_planned(jobs, &cluster, planned, choices, typed, JobKind::Upload).await
    }
}

/// Local files and the names they are to have.
#[derive(Default)]
pub(super) struct Chosen {
    /// Empty or ending in a slash.
    pub folder: String,
    pub files: Vec<(Found, StoredName)>,
    pub mapped: Vec<MappedName>,
    pub left_out: Vec<LeftOut>,
    pub folders: u64,
    pub empty_folders: Vec<String>,
}

/// Finds which of the names are taken, and by the same files or others. The plan has no id yet.
pub(super) async fn look_at_target(
    store: &Store,
    cluster: &OpenCluster,
    chosen: Chosen,
) -> Result<(TransferPlan, Planned)> {
    let Chosen {
        folder,
        files,
        mapped,
        left_out,
        folders,
        empty_folders,
    } = chosen;
    let existing = existing_below(store, &format!("/{folder}"), &files).await?;
    let meeting: Vec<(&Found, &FileRow)> = files
        .iter()
        .filter_map(|(found, name)| Some((found, existing.get(name.as_str())?)))
        .collect();
    let pairs = meeting
        .iter()
        .map(|(found, row)| Pair {
            side: match &found.listed {
                Some(listed) => Side::Listed {
                    chunks: listed.chunks.clone(),
                    sha256: listed.sha256.clone(),
                },
                None => Side::Local(found.path.clone()),
            },
            size_bytes: found.size_bytes,
            stored: (*row).clone(),
        })
        .collect();
    let contents = same::compare(store, None, pairs).await;
    let conflicts: Vec<Conflict> = meeting
        .iter()
        .zip(&contents)
        .map(|((found, row), contents)| conflict(found, row, *contents))
        .collect();
    let identical = meeting
        .iter()
        .zip(contents)
        .filter(|(_, contents)| *contents == Contents::Identical)
        .map(|((_, row), _)| (row.name.as_str().to_owned(), row.file_id))
        .collect();
    let plan = TransferPlan {
        store: store.name.host(),
        target: folder.clone(),
        files: files.len() as u64,
        size_bytes: files.iter().map(|(file, _)| file.size_bytes).sum(),
        folders,
        mapped: shown(mapped),
        left_out: shown(left_out),
        empty_folder_count: empty_folders.len() as u64,
        empty_folders: shown(empty_folders),
        type_to_replace: cluster.name_to_type(),
        ..TransferPlan::default()
    }
    .meeting(conflicts);
    let planned = Planned {
        connection: cluster.id,
        store: plan.store.clone(),
        folder,
        files,
        identical,
    };
    Ok((plan, planned))
}

/// Looks again at what is there, settles every conflict as the person chose, and starts the job.
pub(super) async fn start_planned(
    jobs: &Jobs,
    cluster: &OpenCluster,
    planned: &Planned,
    choices: &Choices,
    typed: Option<&str>,
    kind: JobKind,
) -> Result<JobId> {
    let store = open_store(cluster.writable()?, Some(&planned.store)).await?;
    let folder = format!("/{}", planned.folder);
    let existing = existing_below(&store, &folder, &planned.files).await?;
    let names: Vec<&str> = planned.files.iter().map(|(_, name)| name.as_str()).collect();
    let is_taken = |name: &str| existing.contains_key(name);
    let mut taken = HashSet::new();
    if choices.keep_any_beside() && names.iter().any(|name| is_taken(name)) {
        // The numbered names may be taken as well.
        taken = names_below(&store, &folder).await?;
    }
    let is_identical = |name: &str| {
        let planned = planned.identical.get(name);
        planned.is_some() && existing.get(name).map(|row| &row.file_id) == planned
    };
    let settled = settle_names(&names, is_taken, is_identical, taken, choices);
    let files: Vec<UploadFile> = planned
        .files
        .iter()
        .zip(settled)
        .map(|((found, _), settled)| {
            let is_identical = settled.skip && is_identical(&settled.name);
            // One that was written to since is not left out for being the same: its turn tells that it has changed.
            let skip = settled.skip && !(is_identical && has_changed(found));
            UploadFile {
                path: found.path.clone(),
                identical: skip && is_identical,
                name: settled.name,
                size_bytes: found.size_bytes,
                modified_ms: found.modified_ms,
                sha256: found.listed.as_ref().map(|listed| listed.sha256.clone()),
                replace: settled.replace,
                skip,
            }
        })
        .collect();
    if files.iter().any(|file| file.replace) {
        cluster.confirmed(&cluster.name, typed)?;
    }
    let total = files
        .iter()
        .filter(|file| !file.skip)
        .map(|file| file.size_bytes)
        .sum();
    let place = if planned.folder.is_empty() {
        String::new()
    } else {
        format!(" to {}", planned.folder)
    };
    let verb = if kind == JobKind::ImportArchive {
        "Import"
    } else {
        "Upload"
    };
    let title = match files.as_slice() {
        [only] => format!(
            "{verb} {}{place}",
            only.name.rsplit('/').next().unwrap_or_default()
        ),
        files => format!("{verb} {}{place}", files_words(files.len() as u64)),
    };
    let progress = Progress {
        done: 0,
        total: Some(total),
        unit: Unit::Bytes,
    };
    let spec = UploadSpec {
        store: planned.store.clone(),
        files,
    };
    start_files_job(jobs, cluster, kind, title, progress, &spec).await
}

fn has_changed(found: &Found) -> bool {
    std::fs::metadata(&found.path).map_or(true, |now| {
        now.len() != found.size_bytes || modified_ms(&now) != found.modified_ms
    })
}

fn conflict(found: &Found, row: &FileRow, contents: Contents) -> Conflict {
    Conflict {
        source: found.path.display().to_string(),
        target: row.name.shown().to_owned(),
        source_bytes: found.size_bytes,
        source_time: found.modified_ms.and_then(DateTime::from_timestamp_millis),
        target_bytes: row.size_bytes,
        target_time: row.uploaded_at,
        contents,
    }
}

/// The files whose names are wanted. One by one when they are few, else by reading the folder.
async fn existing_below(
    store: &Store,
    folder: &str,
    files: &[(Found, StoredName)],
) -> Result<HashMap<String, FileRow>> {
    let mut existing = HashMap::new();
    if files.len() <= 8 {
        for (_, name) in files {
            if let Some(row) = userfile::get_file(store, name).await? {
                existing.insert(name.as_str().to_owned(), row);
            }
        }
        return Ok(existing);
    }
    let wanted: HashSet<&str> = files.iter().map(|(_, name)| name.as_str()).collect();
    each_below(store, folder, |row| {
        if wanted.contains(row.name.as_str()) {
            existing.insert(row.name.as_str().to_owned(), row);
        }
    })
    .await?;
    Ok(existing)
}

async fn names_below(store: &Store, folder: &str) -> Result<HashSet<String>> {
    let mut names = HashSet::new();
    each_below(store, folder, |row| {
        names.insert(row.name.as_str().to_owned());
    })
    .await?;
    Ok(names)
}

/// Reads the rows of a folder (with its slashes around) and of those in it.
async fn each_below(store: &Store, folder: &str, mut see: impl FnMut(FileRow)) -> Result<()> {
    let mut after: Option<String> = None;
    loop {
        let page = userfile::list_page(store, folder, after.as_deref(), 5000, None).await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(last.name.as_str().to_owned());
        page.into_iter().for_each(&mut see);
    }
}

/// Files up to this size travel together.
const SMALL_BYTES: u64 = 256 << 10;
/// Files up to this size are sent several at a time; larger ones fill the line by themselves.
const MEDIUM_BYTES: u64 = 8 << 20;

pub(super) async fn run(job: JobHandle, limit: Arc<SpeedLimit>) -> End {
    run_as(job, limit, "Uploading").await
}

/// An import is an upload whose files must be what the archive says.
pub(super) async fn run_import(job: JobHandle, limit: Arc<SpeedLimit>) -> End {
    run_as(job, limit, "Importing").await
}

async fn run_as(job: JobHandle, limit: Arc<SpeedLimit>, phase: &'static str) -> End {
    match try_run(job, limit, phase).await {
        Ok(end) => end,
        Err(error) => End::failed(error, None),
    }
}

async fn try_run(job: JobHandle, limit: Arc<SpeedLimit>, phase: &'static str) -> Result<End> {
    let spec: UploadSpec = job.spec()?;
    let mut results = job.recorded_files().await?;
    let cluster = match job.cluster() {
        Ok(cluster) => cluster,
        Err(error) => return Ok(not_connected(&job, error)),
    };
    let store = open_store(cluster.writable()?, Some(&spec.store)).await?;
    for (position, file) in spec.files.iter().enumerate().filter(|(_, file)| file.skip) {
        results.insert(
            position,
            FileResult {
                end: skipped(file.identical),
                ..result_of(file)
            },
        );
    }
    let moved = |results: &BTreeMap<usize, FileResult>| {
        results
            .values()
            .filter(|r| matches!(r.end, FileEnd::Done { .. }))
            .map(|r| r.size_bytes)
            .sum()
    };
    let total = spec
        .files
        .iter()
        .filter(|file| !file.skip)
        .map(|file| file.size_bytes)
        .sum();
    let transfer = Transfer::new(job, limit, phase, moved(&results), total);
    let ended = if transfer.job.signal() == Signal::Run {
        move_files(&transfer, &store, &spec, &mut results).await
    } else {
        Err(stopped())
    };
    if transfer.job.signal() == Signal::Cancel {
        let cleaned = clean_up(&transfer, &store, &spec, &results).await;
        return Ok(cancelled(cleaned, transfer.outcome(results)));
    }
    if is_final(&ended)
        && let Err(error) = clean_up(&transfer, &store, &spec, &results).await
    {
        transfer.note_left_behind(&error);
    }
    Ok(transfer.end(
        ended,
        results,
        |position| result_of(&spec.files[position]),
        spec.files.len(),
    ))
}

fn result_of(file: &UploadFile) -> FileResult {
    FileResult {
        source: file.path.display().to_string(),
        target: file.name.trim_start_matches('/').to_owned(),
        size_bytes: file.size_bytes,
        end: FileEnd::Done { sha256: None },
    }
}

async fn move_files(
    transfer: &Transfer,
    store: &Store,
    spec: &UploadSpec,
    results: &mut BTreeMap<usize, FileResult>,
) -> Result<()> {
    let lanes = transfer.lanes(&store.cluster, true);
    let names: Vec<&str> = spec
        .files
        .iter()
        .map(|file| file.name.trim_start_matches('/'))
        .collect();
    let order = Order::of(&names);
    for step in order.steps() {
        let held = order.hold_back(&step, results, |position| result_of(&spec.files[position]));
        transfer.job.record_files(&held).await?;
        results.extend(held);
        let open: Vec<usize> = step
            .into_iter()
            .filter(|position| !results.contains_key(position))
            .collect();
        move_step(transfer, store, &lanes, spec, open, results).await?;
    }
    Ok(())
}

/// Files whose order among each other does not matter.
async fn move_step(
    transfer: &Transfer,
    store: &Store,
    lanes: &SharedLanes,
    spec: &UploadSpec,
    open: Vec<usize>,
    results: &mut BTreeMap<usize, FileResult>,
) -> Result<()> {
    let (mut small, mut medium, mut large) = (Vec::new(), Vec::new(), Vec::new());
    let mut batch = Vec::new();
    let mut batch_bytes = 0;
    for position in open {
        let file = &spec.files[position];
        match file.size_bytes {
            // A replaced file needs the place of the old one, which batches do not offer.
            0..=SMALL_BYTES if !file.replace => {
                if batch.len() == BATCH_FILES || batch_bytes + file.size_bytes > BATCH_BYTES {
                    small.push(std::mem::take(&mut batch));
                    batch_bytes = 0;
                }
                batch.push(position);
                batch_bytes += file.size_bytes;
            }
            0..=MEDIUM_BYTES => medium.push(vec![position]),
            _ => large.push(vec![position]),
        }
    }
    if !batch.is_empty() {
        small.push(batch);
    }
    let groups = |groups: Vec<Vec<usize>>, lanes: &SharedLanes| {
        let lanes = Arc::clone(lanes);
        groups
            .into_iter()
            .map(move |group| upload_group(transfer, store, Arc::clone(&lanes), spec, group))
    };
    small.append(&mut medium);
    transfer.run_groups(4, groups(small, lanes), results).await?;
    transfer.run_groups(1, groups(large, lanes), results).await
}

async fn upload_group(
    transfer: &Transfer,
    store: &Store,
    lanes: SharedLanes,
    spec: &UploadSpec,
    group: Vec<usize>,
) -> Result<Vec<(usize, FileResult)>> {
    let mut ended = Vec::with_capacity(group.len());
    let mut alone = Vec::new();
    if let [position] = group.as_slice() {
        alone.push(*position);
    } else {
        let mut batch = Vec::with_capacity(group.len());
        for position in group {
            match read_small(&spec.files[position]).await {
                Ok((name, bytes)) => {
                    let file_id = file_id(transfer.job.id(), position);
                    batch.push((position, SmallFile { name, file_id, bytes }));
                }
                Err(error) => ended.push(failed(spec, position, error)),
            }
        }
        let files: Vec<SmallFile> = batch.iter().map(|(_, file)| file.clone()).collect();
        match userfile::upload_small(store, &lanes, &files).await {
            Ok(done) => {
                for ((position, file), end) in batch.into_iter().zip(done) {
                    let end = match end {
                        SmallUploaded::Done { sha256 } => {
                            lanes.report(Event::Bytes(file.bytes.len() as u64));
                            FileEnd::Done { sha256: Some(sha256) }
                        }
                        SmallUploaded::Taken => FileEnd::Failed {
                            error: Error::new(
                                Code::AlreadyExists,
                                format!("There is a file {} in the cluster already.", file.name),
                            ),
                        },
                    };
                    ended.push((
                        position,
                        FileResult {
                            end,
                            ..result_of(&spec.files[position])
                        },
                    ));
                }
            }
            Err(error) => {
                let error = Error::from(error);
                if concerns_all(error.code) && error.code != Code::NoPrivilege {
                    return Err(error);
                }
                // One by one it is found out which file is the reason.
                alone.extend(batch.into_iter().map(|(position, _)| position));
            }
        }
    }
    for position in alone {
        match upload_one(transfer, store, &lanes, spec, position).await {
            Ok(sha256) => {
                let end = FileEnd::Done { sha256 };
                ended.push((
                    position,
                    FileResult {
                        end,
                        ..result_of(&spec.files[position])
                    },
                ));
            }
            Err(error) if concerns_all(error.code) => {
                // What has ended is written down before the failure is told.
                transfer.job.record_files(&ended).await?;
                return Err(error);
            }
            Err(error) => {
                let quiet = transfer.quiet_lanes(&store.cluster);
                let one = request(transfer, &spec.files[position], position);
                if let Err(error) = userfile::remove_unfinished(store, &quiet, &one).await {
                    tracing::warn!(%error, "an unfinished file could not be removed");
                }
                ended.push(failed(spec, position, error));
            }
        }
    }
    Ok(ended)
}

fn failed(spec: &UploadSpec, position: usize, error: Error) -> (usize, FileResult) {
    (
        position,
        FileResult {
            end: FileEnd::Failed { error },
            ..result_of(&spec.files[position])
        },
    )
}

fn request(transfer: &Transfer, file: &UploadFile, position: usize) -> Upload {
    Upload {
        name: StoredName::stored(file.name.clone()),
        file_id: file_id(transfer.job.id(), position),
        on_conflict: if file.replace {
            userfile::OnConflict::Replace
        } else {
            userfile::OnConflict::Fail
        },
    }
}

/// The file must still be the one that was planned.
async fn open_source(file: &UploadFile) -> Result<Arc<LocalSource>> {
    let source = LocalSource::open(&file.path).await?;
    let modified = std::fs::metadata(&file.path)
        .ok()
        .and_then(|metadata| modified_ms(&metadata));
    if source.size_bytes() == file.size_bytes && modified == file.modified_ms {
        return Ok(source);
    }
    if file.sha256.is_some() {
        return Err(not_as_exported(file));
    }
    Err(Error::new(
        Code::PlanChanged,
        format!(
            "{} has changed since the upload was planned.",
            file.path.display()
        ),
    )
    .hint("Upload it anew."))
}

fn not_as_exported(file: &UploadFile) -> Error {
    Error::new(
        Code::Corrupt,
        format!(
            "{} is not what was exported: it differs from the archive's list.",
            file.path.display()
        ),
    )
    .hint("Take this file from another copy of the archive, then import again.")
}

fn check_digest(file: &UploadFile, found: &str) -> Result<()> {
    match &file.sha256 {
        Some(wanted) if wanted != found => Err(not_as_exported(file)),
        _ => Ok(()),
    }
}

async fn read_small(file: &UploadFile) -> Result<(StoredName, Vec<u8>)> {
    let source = open_source(file).await?;
    let len = usize::try_from(file.size_bytes).unwrap_or(usize::MAX);
    let bytes = Arc::clone(&source).read_at(0, len, Vec::new()).await?;
    source.check_unchanged()?;
    if file.sha256.is_some() {
        check_digest(file, &hex(&Sha256::digest(&bytes)))?;
    }
    Ok((StoredName::stored(file.name.clone()), bytes))
}

async fn upload_one(
    transfer: &Transfer,
    store: &Store,
    lanes: &SharedLanes,
    spec: &UploadSpec,
    position: usize,
) -> Result<Option<String>> {
    let file = &spec.files[position];
    let source = open_source(file).await?;
    if file.sha256.is_some() {
        let path = file.path.clone();
        let found = tokio::task::spawn_blocking(move || digest_file(&path, &[]))
            .await
            .map_err(|error| {
                Error::new(Code::Internal, "The file could not be read.").detail(error.to_string())
            })??;
        check_digest(file, &found.sha256)?;
    }
    let source: Arc<dyn Source> = source;
    let done = userfile::upload(store, lanes, &request(transfer, file, position), &source).await?;
    Ok(done.sha256.or_else(|| file.sha256.clone()))
}

/// Removes what the files that have not ended left in the cluster.
async fn clean_up(
    transfer: &Transfer,
    store: &Store,
    spec: &UploadSpec,
    results: &BTreeMap<usize, FileResult>,
) -> Result<()> {
    let lanes = transfer.quiet_lanes(&store.cluster);
    let open: HashMap<Uuid, usize> = (0..spec.files.len())
        .filter(|position| !results.contains_key(position))
        .map(|position| (file_id(transfer.job.id(), position), position))
        .collect();
    let ids: Vec<Uuid> = open.keys().copied().collect();
    for found in userfile::find_files(store, &lanes, &ids).await? {
        if let Some(position) = open.get(&found) {
            let one = request(transfer, &spec.files[*position], *position);
            userfile::remove_unfinished(store, &lanes, &one).await?;
        }
    }
    Ok(())
}
