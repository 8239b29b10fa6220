//! Files that are read at one place or moment and written at another: undelete, and copies to another
//! cluster.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use roachvault_cockroach::userfile::{
    self, FileRow, Source, SpeedLimit, Store, StoreSource, StoredName, Upload,
};
use uuid::Uuid;

use super::collection::{Collection, Collections, is_below};
use super::download::select;
use super::order::{Order, rank};
use super::plan::{Choices, Conflict, Kept, OnConflict, TransferPlan, free_beside, shown, wrong_plan};
use super::same::{self, Contents, Pair, Side};
use super::spec::{CarryFile, CarrySpec, DeleteSpec, StoredFile, file_id, skipped};
use super::taken::settle_names;
use super::transfer::{Transfer, cancelled, concerns_all, is_final, not_connected, stopped};
use super::{Userfiles, connection_of, files_words, open_store, start_files_job};
use crate::cluster::{ConnectionId, OpenCluster};
use crate::error::{Code, Error, Result};
use crate::job::{End, FileEnd, FileResult, JobHandle, JobId, JobKind, Jobs, Progress, Signal, Unit};

/// A file that was there a while ago and can be had back.
#[derive(Debug, Clone)]
pub struct DeletedFile {
    pub file: FileRow,
    /// It was still there then, and is read from that moment.
    pub seen_at: DateTime<Utc>,
    /// The same moment, as `AS OF SYSTEM TIME` takes it.
    pub as_of: String,
    /// The job of this app that deleted it, where it was one.
    pub deleted_by: Option<JobId>,
    /// From then on the cluster may have collected its bytes.
    pub kept_until: DateTime<Utc>,
    pub name_taken: bool,
}

/// What can be had back, and for how long.
#[derive(Debug, Clone)]
pub struct DeletedFiles {
    /// By name; of one name, the latest first.
    pub files: Vec<DeletedFile>,
    /// Backup collections that some of the files belong to, the outermost first.
    pub collections: Vec<DeletedCollection>,
    /// The cluster keeps deleted data for so long.
    pub kept_seconds: u64,
}

/// A backup collection of which files were deleted.
#[derive(Debug, Clone)]
pub struct DeletedCollection {
    /// Without slashes around it.
    pub path: String,
    /// Backups whose manifests are among the deleted files: none where only parts of them are.
    pub backups: u64,
}

/// By connection and the host of the store's URIs.
pub(super) type SeenDeleted = HashMap<(ConnectionId, String), Vec<DeletedFile>>;

pub(super) struct Planned {
    connection: ConnectionId,
    target: ConnectionId,
    store: String,
    target_store: String,
    files: Vec<(FileRow, String)>,
    existing: HashMap<String, FileRow>,
    /// Names that are taken by the same file.
    identical: HashSet<String>,
}

/// How far back files are looked for, oldest first, in parts of the time that deleted rows are kept.
const LOOKS: [f64; 8] = [0.98, 0.75, 0.5, 0.25, 0.1, 0.04, 0.01, 0.002];

/// Besides, in seconds before now: what was uploaded by mistake is often deleted moments later.
const NEAR_LOOKS: [f64; 6] = [24.0, 12.0, 6.0, 4.0, 2.0, 1.0];

impl Userfiles {
    /// Files that existed at some moment of the time that deleted rows are kept, and do not now: all of
    /// deletions that the list of jobs still holds, and of others what was there at one of the looks.
    pub async fn list_deleted(
        &self,
        jobs: &Jobs,
        cluster: &OpenCluster,
        store: Option<&str>,
    ) -> Result<DeletedFiles> {
        let store = open_store(cluster.readable(), store).await?;
        let Some(kept) = store.gc_ttl_seconds().await? else {
            return Err(Error::new(
                Code::Unsupported,
                "This server does not say how long it keeps deleted rows.",
            ));
        };
        let now = Utc::now();
        let present = all(&store, None).await?;
        let ids: HashSet<Uuid> = present.iter().map(|file| file.file_id).collect();
        let complete: HashSet<Uuid> = present
            .iter()
            .filter(|file| !file.is_unfinished())
            .map(|file| file.file_id)
            .collect();
        let names: HashSet<&str> = present.iter().map(|file| file.name.as_str()).collect();
        let mut deleted: HashMap<Uuid, DeletedFile> = HashMap::new();
        let kept_seconds = kept as f64;
        let far = LOOKS.map(|part| part * kept_seconds);
        let near = NEAR_LOOKS.into_iter().filter(|ago| *ago < kept_seconds);
        let mut looks: Vec<f64> = far.into_iter().chain(near).collect();
        looks.sort_by(|a, b| b.total_cmp(a));
        for seconds_ago in looks {
            let at = now - TimeDelta::milliseconds((seconds_ago * 1000.0) as i64);
            let Ok(then) = all(&store, Some(&as_of(at))).await else {
                // The table is younger than that, or the rows are gone already.
                continue;
            };
            for file in then
                .into_iter()
                .filter(|file| !ids.contains(&file.file_id) && !file.is_unfinished())
            {
                let name_taken = names.contains(file.name.as_str());
                // Looks come nearer to the present: the latest one stays readable for longest.
                deleted.insert(
                    file.file_id,
                    DeletedFile {
                        file,
                        seen_at: at,
                        as_of: as_of(at),
                        deleted_by: None,
                        kept_until: at + TimeDelta::milliseconds((kept_seconds * 1000.0) as i64),
                        name_taken,
                    },
                );
            }
        }
        let host = store.name.host();
        for (job, spec) in jobs.of_kind::<DeleteSpec>(cluster.id, JobKind::DeleteFiles) {
            let Some((as_of, at)) = spec
                .as_of
                .and_then(|as_of| Some((as_of.clone(), moment_of(&as_of)?)))
            else {
                continue;
            };
            let kept_until = at + TimeDelta::milliseconds((kept_seconds * 1000.0) as i64);
            if spec.store != host || kept_until <= now {
                continue;
            }
            for file in spec.files.into_iter().filter(|file| !ids.contains(&file.file_id)) {
                // Under the name it had in the end, from the last moment at which it was there.
                let one = DeletedFile {
                    name_taken: names.contains(file.name.as_str()),
                    file: file.row(),
                    seen_at: at,
                    as_of: as_of.clone(),
                    deleted_by: Some(job.id),
                    kept_until,
                };
                deleted.insert(one.file.file_id, one);
            }
        }
        // What came back and is still there, under whatever name, is not gone.
        for (job, spec) in jobs.of_kind::<CarrySpec>(cluster.id, JobKind::Undelete) {
            for (position, back) in spec.files.iter().enumerate() {
                if complete.contains(&file_id(job.id, position)) {
                    deleted.remove(&back.file.file_id);
                }
            }
        }
        let mut deleted: Vec<_> = deleted.into_values().collect();
        deleted.sort_by(|a, b| a.file.name.cmp(&b.file.name).then(b.seen_at.cmp(&a.seen_at)));
        self.seen_deleted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert((cluster.id, host), deleted.clone());
        Ok(DeletedFiles {
            collections: collections_of(&deleted, &present),
            files: deleted,
            kept_seconds: kept,
        })
    }

    /// What [`Userfiles::list_deleted`] last answered for the store, if all of these files were in it.
    fn last_seen_deleted(
        &self,
        cluster: &OpenCluster,
        store: &Store,
        file_ids: &[Uuid],
    ) -> Option<Vec<DeletedFile>> {
        let seen = self.seen_deleted.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = seen.get(&(cluster.id, store.name.host()))?;
        file_ids
            .iter()
            .all(|id| seen.iter().any(|one| one.file.file_id == *id))
            .then(|| seen.clone())
    }

    /// Brings deleted files back under their names, or beside the files that have these now. On production only with
    /// the cluster's name `typed`.
    pub async fn start_undelete(
        &self,
        jobs: &Jobs,
        cluster: &OpenCluster,
        store: Option<&str>,
        file_ids: &[Uuid],
        typed: Option<&str>,
    ) -> Result<JobId> {
        let host = store;
        let store = open_store(cluster.confirmed(&cluster.name, typed)?, host).await?;
        // As the person saw them: looks taken now would be at other moments, and may miss a file or meet an older
        // name of it.
        let seen = self.last_seen_deleted(cluster, &store, file_ids);
        let deleted = match seen {
            Some(seen) => seen,
            None => self.list_deleted(jobs, cluster, host).await?.files,
        };
        let present: HashSet<String> = all(&store, None)
            .await?
            .into_iter()
            .map(|file| file.name.as_str().to_owned())
            .collect();
        let wanted: HashSet<&Uuid> = file_ids.iter().collect();
        let chosen = deleted.iter().filter(|one| wanted.contains(&one.file.file_id));
        let files: Vec<CarryFile> = names_back(chosen, present)
            .into_iter()
            .map(|(one, to)| CarryFile {
                file: StoredFile::of(&one.file),
                to,
                as_of: Some(one.as_of.clone()),
                replace: false,
                skip: false,
                identical: false,
            })
            .collect();
        if files.is_empty() {
            return Err(Error::new(
                Code::NotFound,
                "These files cannot be had back any more.",
            ));
        }
        let title = match files.as_slice() {
            [only] => format!("Bring back {}", only.file.shown()),
            files => format!("Bring back {}", files_words(files.len() as u64)),
        };
        let host = store.name.host();
        let spec = CarrySpec {
            store: host.clone(),
            target_store: host,
            target_connection: None,
            files,
        };
        start_files_job(jobs, cluster, JobKind::Undelete, title, progress(&spec), &spec).await
    }

    /// Looks at what would be copied and what is in the way. `folder` is empty or ends in a slash.
    pub async fn plan_copy_to_cluster(
        &self,
        cluster: &OpenCluster,
        store: Option<&str>,
        paths: &[String],
        target: &OpenCluster,
        target_store: Option<&str>,
        folder: &str,
    ) -> Result<TransferPlan> {
        let store = open_store(cluster.readable(), store).await?;
        let target_store = open_store(target.writable()?, target_store).await?;
        let (selected, left_out) = select(&store, paths).await?;
        let existing: HashMap<String, FileRow> = all(&target_store, None)
            .await?
            .into_iter()
            .map(|file| (file.name.as_str().to_owned(), file))
            .collect();
        let folder = folder.trim_start_matches('/');
        let mut files = Vec::with_capacity(selected.len());
        for (file, relative) in selected.into_iter().filter(|(file, _)| !file.is_unfinished()) {
            let to = StoredName::new(&format!("/{folder}{relative}"))?;
            files.push((file, to.as_str().to_owned()));
        }
        // Readers of a backup collection that is half copied must not take it for whole.
        files.sort_by_key(|(file, _)| (rank(file.name.shown()), file.name.clone()));
        let meeting: Vec<(&FileRow, &FileRow)> = files
            .iter()
            .filter_map(|(file, to)| Some((file, existing.get(to)?)))
            .collect();
        let pairs = meeting
            .iter()
            .map(|(file, there)| Pair {
                side: Side::Stored((*file).clone()),
                size_bytes: file.size_bytes,
                stored: (*there).clone(),
            })
            .collect();
        let contents = same::compare(&target_store, Some(&store), pairs).await;
        let identical = meeting
            .iter()
            .zip(&contents)
            .filter(|(_, contents)| **contents == Contents::Identical)
            .map(|((_, there), _)| there.name.as_str().to_owned())
            .collect();
        let conflicts: Vec<Conflict> = meeting
            .iter()
            .zip(contents)
            .map(|((file, there), contents)| Conflict {
                source: file.name.shown().to_owned(),
                target: there.name.shown().to_owned(),
                source_bytes: file.size_bytes,
                source_time: file.uploaded_at,
                target_bytes: there.size_bytes,
                target_time: there.uploaded_at,
                contents,
            })
            .collect();
        let plan = TransferPlan {
            store: target_store.name.host(),
            target: folder.to_owned(),
            files: files.len() as u64,
            size_bytes: files.iter().map(|(file, _)| file.size_bytes).sum(),
            left_out: shown(left_out),
            type_to_replace: target.name_to_type(),
            ..TransferPlan::default()
        }
        .meeting(conflicts);
        let kept = Planned {
            connection: cluster.id,
            target: target.id,
            store: store.name.host(),
            target_store: plan.store.clone(),
            files,
            existing,
            identical,
        };
        Ok(TransferPlan {
            id: self.plans.keep(Kept::CopyToCluster(kept)),
            ..plan
        })
    }

    pub async fn start_copy_to_cluster(
        &self,
        jobs: &Jobs,
        find: impl Fn(ConnectionId) -> Result<Arc<OpenCluster>>,
        plan: Uuid,
        choices: &Choices,
        typed: Option<&str>,
    ) -> Result<JobId> {
        let kept = self.plans.get(plan)?;
        let Kept::CopyToCluster(planned) = &*kept else {
            return Err(wrong_plan());
        };
        let (cluster, target) = (find(planned.connection)?, find(planned.target)?);
        target.writable()?;
        let names: Vec<&str> = planned.files.iter().map(|(_, to)| to.as_str()).collect();
        let taken = planned.existing.keys().cloned().collect();
        let is_identical = |name: &str| planned.identical.contains(name);
        let settled = settle_names(
            &names,
            |name| planned.existing.contains_key(name),
            is_identical,
            taken,
            choices,
        );
        let files: Vec<CarryFile> = planned
            .files
            .iter()
            .zip(settled)
            .map(|((file, _), settled)| CarryFile {
                file: StoredFile::of(file),
                identical: settled.skip && is_identical(&settled.name),
                to: settled.name,
                as_of: None,
                replace: settled.replace,
                skip: settled.skip,
            })
            .collect();
        if files.iter().any(|file| file.replace) {
            target.confirmed(&target.name, typed)?;
        }
        let title = format!("Copy {} to {}", files_words(files.len() as u64), target.name);
        let spec = CarrySpec {
            store: planned.store.clone(),
            target_store: planned.target_store.clone(),
            target_connection: Some(connection_of(&target)),
            files,
        };
        start_files_job(
            jobs,
            &cluster,
            JobKind::CopyToCluster,
            title,
            progress(&spec),
            &spec,
        )
        .await
    }
}

/// Collections are known by their manifests, of which some may have stayed.
fn collections_of(deleted: &[DeletedFile], present: &[FileRow]) -> Vec<DeletedCollection> {
    let gone = Collections::of(deleted.iter().map(|one| &one.file));
    let known = Collections::of(deleted.iter().map(|one| &one.file).chain(present));
    let mut collections: Vec<DeletedCollection> = known
        .iter()
        .filter(|(path, _)| deleted.iter().any(|one| is_below(one.file.name.shown(), path)))
        .map(|(path, _)| DeletedCollection {
            path: path.clone(),
            backups: gone.get(path).map_or(0, Collection::backups),
        })
        .collect();
    collections.sort_by_key(|collection| collection.path.len());
    collections
}

/// The names under which deleted files come back. One that is taken gets a number; a backup collection of which a name is
/// taken comes back beside, as a whole. Of several files of one name the first gets it: the latest.
fn names_back<'a>(
    chosen: impl Iterator<Item = &'a DeletedFile>,
    present: HashSet<String>,
) -> Vec<(&'a DeletedFile, String)> {
    let mut seen = HashSet::new();
    let (latest, older): (Vec<_>, Vec<_>) = chosen.partition(|one| seen.insert(one.file.name.as_str()));
    let names: Vec<&str> = latest.iter().map(|one| one.file.name.as_str()).collect();
    let beside = Choices {
        all: OnConflict::KeepBoth,
        each: BTreeMap::new(),
    };
    let settled = settle_names(
        &names,
        |name| present.contains(name),
        |_| false,
        present.clone(),
        &beside,
    );
    let mut back: Vec<_> = latest
        .into_iter()
        .zip(settled)
        .map(|(one, settled)| (one, settled.name))
        .collect();
    let mut taken = present;
    taken.extend(back.iter().map(|(_, name)| name.clone()));
    taken.extend(names.into_iter().map(str::to_owned));
    back.extend(
        older
            .into_iter()
            .map(|one| (one, free_beside(one.file.name.as_str(), &mut taken))),
    );
    back
}

fn progress(spec: &CarrySpec) -> Progress {
    let total = spec
        .files
        .iter()
        .filter(|file| !file.skip)
        .map(|file| file.file.size_bytes)
        .sum();
    Progress {
        done: 0,
        total: Some(total),
        unit: Unit::Bytes,
    }
}

/// A moment as `AS OF SYSTEM TIME` takes it: nanoseconds since 1970.
fn as_of(time: DateTime<Utc>) -> String {
    format!("{}000000", time.timestamp_millis())
}

/// The time of such a moment, which may have a logical part behind a point.
fn moment_of(as_of: &str) -> Option<DateTime<Utc>> {
    let nanoseconds = as_of.split('.').next()?.parse().ok()?;
    Some(DateTime::from_timestamp_nanos(nanoseconds))
}

async fn all(store: &Store, as_of: Option<&str>) -> Result<Vec<FileRow>> {
    let (mut files, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = userfile::list_page(store, "/", after.as_deref(), 5000, as_of).await?;
        let Some(last) = page.last() else { return Ok(files) };
        after = Some(last.name.as_str().to_owned());
        files.extend(page);
    }
}

pub(super) async fn run(job: JobHandle, limit: Arc<SpeedLimit>) -> End {
    carry(job, limit, "Bringing back").await
}

pub(super) async fn run_copy_to_cluster(job: JobHandle, limit: Arc<SpeedLimit>) -> End {
    carry(job, limit, "Copying").await
}

async fn carry(job: JobHandle, limit: Arc<SpeedLimit>, phase: &'static str) -> End {
    match try_carry(job, limit, phase).await {
        Ok(end) => end,
        Err(error) => End::failed(error, None),
    }
}

fn result_of(file: &CarryFile) -> FileResult {
    FileResult {
        source: file.file.shown().to_owned(),
        target: file.to.trim_start_matches('/').to_owned(),
        size_bytes: file.file.size_bytes,
        end: FileEnd::Done { sha256: None },
    }
}

async fn try_carry(job: JobHandle, limit: Arc<SpeedLimit>, phase: &'static str) -> Result<End> {
    let spec: CarrySpec = job.spec()?;
    let mut results = job.recorded_files().await?;
    for (position, file) in spec.files.iter().enumerate().filter(|(_, file)| file.skip) {
        results.insert(
            position,
            FileResult {
                end: skipped(file.identical),
                ..result_of(file)
            },
        );
    }
    let from = match job.cluster() {
        Ok(cluster) => cluster,
        Err(error) => return Ok(not_connected(&job, error)),
    };
    let to = match &spec.target_connection {
        Some(target) => match job.cluster_of(target.id, &target.name) {
            Ok(cluster) => cluster,
            Err(error) => return Ok(not_connected(&job, error)),
        },
        None => Arc::clone(&from),
    };
    let source = open_store(from.readable(), Some(&spec.store)).await?;
    let target = open_store(to.writable()?, Some(&spec.target_store)).await?;
    let moved = results
        .values()
        .filter(|r| matches!(r.end, FileEnd::Done { .. }))
        .map(|r| r.size_bytes)
        .sum();
    let total = progress(&spec).total.unwrap_or(0);
    let transfer = Transfer::new(job, limit, phase, moved, total);
    let ended = if transfer.job.signal() == Signal::Run {
        carry_files(&transfer, &source, &target, &spec, &mut results).await
    } else {
        Err(stopped())
    };
    if transfer.job.signal() == Signal::Cancel {
        let cleaned = clean_up(&transfer, &target, &spec, &results).await;
        return Ok(cancelled(cleaned, transfer.outcome(results)));
    }
    if is_final(&ended)
        && let Err(error) = clean_up(&transfer, &target, &spec, &results).await
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

async fn carry_files(
    transfer: &Transfer,
    source: &Store,
    target: &Store,
    spec: &CarrySpec,
    results: &mut BTreeMap<usize, FileResult>,
) -> Result<()> {
    let reading = transfer.lanes(&source.cluster, false);
    let writing = transfer.lanes(&target.cluster, true);
    let now = userfile::pin(&source.cluster, source.dialect).await?;
    let names: Vec<&str> = spec.files.iter().map(|file| file.file.shown()).collect();
    let order = Order::of(&names);
    for step in order.steps() {
        let held = order.hold_back(&step, results, |position| result_of(&spec.files[position]));
        transfer.job.record_files(&held).await?;
        results.extend(held);
        let open: Vec<usize> = step
            .into_iter()
            .filter(|position| !results.contains_key(position))
            .collect();
        let groups = open.into_iter().map(|position| {
            let (reading, writing, now) = (&reading, &writing, &now);
            async move {
                let file = &spec.files[position];
                let pin = file.as_of.as_deref().map(Arc::from).or_else(|| now.clone());
                let moved = async {
                    let source: Arc<dyn Source> =
                        StoreSource::open(source, reading, &file.file.row(), &pin).await?;
                    userfile::upload(target, writing, &request(transfer, file, position), &source).await
                };
                let end = match moved.await.map_err(Error::from) {
                    Ok(done) => FileEnd::Done { sha256: done.sha256 },
                    Err(error) if concerns_all(error.code) => return Err(error),
                    Err(error) => {
                        let quiet = transfer.quiet_lanes(&target.cluster);
                        let one = request(transfer, file, position);
                        if let Err(error) = userfile::remove_unfinished(target, &quiet, &one).await {
                            tracing::warn!(%error, "an unfinished file could not be removed");
                        }
                        FileEnd::Failed { error }
                    }
                };
                Ok(vec![(
                    position,
                    FileResult {
                        end,
                        ..result_of(file)
                    },
                )])
            }
        });
        transfer.run_groups(2, groups, results).await?;
    }
    Ok(())
}

fn request(transfer: &Transfer, file: &CarryFile, position: usize) -> Upload {
    Upload {
        name: StoredName::stored(file.to.clone()),
        file_id: file_id(transfer.job.id(), position),
        on_conflict: if file.replace {
            userfile::OnConflict::Replace
        } else {
            userfile::OnConflict::Fail
        },
    }
}

async fn clean_up(
    transfer: &Transfer,
    target: &Store,
    spec: &CarrySpec,
    results: &BTreeMap<usize, FileResult>,
) -> Result<()> {
    let lanes = transfer.quiet_lanes(&target.cluster);
    let open: HashMap<Uuid, usize> = (0..spec.files.len())
        .filter(|position| !results.contains_key(position))
        .map(|position| (file_id(transfer.job.id(), position), position))
        .collect();
    let ids: Vec<Uuid> = open.keys().copied().collect();
    for found in userfile::find_files(target, &lanes, &ids).await? {
        if let Some(position) = open.get(&found) {
            let one = request(transfer, &spec.files[*position], *position);
            userfile::remove_unfinished(target, &lanes, &one).await?;
        }
    }
    Ok(())
}
