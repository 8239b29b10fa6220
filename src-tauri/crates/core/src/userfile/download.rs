//! From files in the cluster to files on this computer.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use roachvault_cockroach::ErrorKind;
use roachvault_cockroach::userfile::{
    self, BATCH_BYTES, BATCH_FILES, Event, FileRow, PartFile, Pin, SharedLanes, SpeedLimit, Store, StoredName,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::local_name::{Rules, local_names};
use super::plan::{Choices, Conflict, Kept, LeftOut, MappedName, TransferPlan, shown, wrong_plan};
use super::same::{self, Contents, Pair, Side};
use super::spec::{DownloadFile, DownloadSpec, StoredFile, skipped};
use super::taken::settle_paths;
use super::transfer::{Transfer, cancelled, concerns_all, not_connected};
use super::{Userfiles, files_words, open_store, start_files_job};
use crate::cluster::{ConnectionId, OpenCluster};
use crate::error::{Code, Error, Result};
use crate::job::{End, FileEnd, FileResult, JobHandle, JobId, JobKind, Jobs, Progress, Signal, Unit};

pub(super) struct Planned {
    connection: ConnectionId,
    store: String,
    files: Vec<(FileRow, PathBuf)>,
    target: String,
    /// Paths at which the same file lay when it was compared, and how it was.
    identical: HashMap<PathBuf, Written>,
}

/// Files of a choice, each with its name below the target: files under their last part, folders (which
/// end in a slash) with everything in them under the folder's own name.
pub(super) async fn select(
    store: &Store,
    paths: &[String],
) -> Result<(Vec<(FileRow, String)>, Vec<LeftOut>)> {
    let (mut files, mut left_out, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for path in paths {
        let path = path.trim_start_matches('/');
        let trimmed = path.trim_end_matches('/');
        let above = trimmed.rfind('/').map_or(0, |slash| slash + 1);
        if !path.ends_with('/') && !path.is_empty() {
            match userfile::get_file(store, &StoredName::stored(format!("/{path}"))).await? {
                Some(file) => {
                    if seen.insert(file.file_id) {
                        files.push((file, path[above..].to_owned()));
                    }
                }
                None => left_out.push(LeftOut {
                    path: path.to_owned(),
                    why: "it is not in the cluster".into(),
                }),
            }
            continue;
        }
        let mut after: Option<String> = None;
        loop {
            let page = userfile::list_page(store, &format!("/{path}"), after.as_deref(), 5000, None).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.name.as_str().to_owned());
            for file in page {
                if seen.insert(file.file_id) {
                    let relative = file
                        .name
                        .shown()
                        .get(above..)
                        .unwrap_or(file.name.shown())
                        .to_owned();
                    files.push((file, relative));
                }
            }
        }
    }
    Ok((files, left_out))
}

impl Userfiles {
    /// Looks at the chosen files and at what lies in `target`: a folder, or with `as_file` the one file
    /// to write to.
    pub async fn plan_download(
        &self,
        cluster: &OpenCluster,
        store: Option<&str>,
        paths: &[String],
        target: &Path,
        as_file: bool,
    ) -> Result<TransferPlan> {
        let store = open_store(cluster.readable(), store).await?;
        let (selected, mut left_out) = select(&store, paths).await?;
        let mut mapped = Vec::new();
        let mut files = Vec::with_capacity(selected.len());
        if as_file {
            let [(file, _)] = selected.as_slice() else {
                return Err(Error::new(
                    Code::InvalidInput,
                    "Only a single file can be saved under a name of its own.",
                ));
            };
            files.push((file.clone(), target.to_owned()));
        } else {
            let (finished, unfinished): (Vec<_>, Vec<_>) =
                selected.into_iter().partition(|(file, _)| !file.is_unfinished());
            left_out.extend(unfinished.into_iter().map(|(file, _)| LeftOut {
                path: file.name.shown().to_owned(),
                why: "it is not complete".into(),
            }));
            let locals = local_names(
                finished.iter().map(|(_, relative)| relative.as_str()),
                Rules::HERE,
            );
            for ((file, relative), local) in finished.into_iter().zip(locals) {
                if local != Path::new(&relative) {
                    let (source, target) = (file.name.shown().to_owned(), local.display().to_string());
                    mapped.push(MappedName { source, target });
                }
                files.push((file, target.join(local)));
            }
        }
        let checked = tokio::task::spawn_blocking(move || {
            let met: Vec<(FileRow, PathBuf, Conflict)> = files
                .iter()
                .filter_map(|(file, path)| Some((file.clone(), path.clone(), conflict(file, path)?)))
                .collect();
            (files, met)
        });
        let (files, mut met) = checked.await.map_err(|error| {
            Error::new(Code::Internal, "The folder could not be looked at.").detail(error.to_string())
        })?;
        // The system's dialog for a single file has asked already whether it may be replaced.
        if !as_file {
            let pairs = met
                .iter()
                .map(|(file, path, conflict)| Pair {
                    side: Side::Local(path.clone()),
                    size_bytes: conflict.target_bytes,
                    stored: file.clone(),
                })
                .collect();
            let contents = same::compare(&store, None, pairs).await;
            for ((_, _, conflict), contents) in met.iter_mut().zip(contents) {
                conflict.contents = contents;
            }
        }
        let identical = met
            .iter()
            .filter(|(_, _, conflict)| conflict.contents == Contents::Identical)
            .map(|(_, path, conflict)| (path.clone(), (conflict.target_bytes, conflict.target_time)))
            .collect();
        let plan = TransferPlan {
            store: store.name.host(),
            target: target.display().to_string(),
            files: files.len() as u64,
            size_bytes: files.iter().map(|(file, _)| file.size_bytes).sum(),
            mapped: shown(mapped),
            left_out: shown(left_out),
            ..TransferPlan::default()
        }
        .meeting(met.into_iter().map(|(_, _, conflict)| conflict).collect());
        let kept = Planned {
            connection: cluster.id,
            store: plan.store.clone(),
            files,
            target: plan.target.clone(),
            identical,
        };
        Ok(TransferPlan {
            id: self.plans.keep(Kept::Download(kept)),
            ..plan
        })
    }

    pub async fn start_download(
        &self,
        jobs: &Jobs,
        find: impl Fn(ConnectionId) -> Result<Arc<OpenCluster>>,
        plan: Uuid,
        choices: &Choices,
    ) -> Result<JobId> {
        let kept = self.plans.get(plan)?;
        let Kept::Download(planned) = &*kept else {
            return Err(wrong_plan());
        };
        let cluster = find(planned.connection)?;
        let wanted: Vec<(&str, &Path)> = planned
            .files
            .iter()
            .map(|(file, path)| (file.name.shown(), path.as_path()))
            .collect();
        let is_identical = |path: &Path| {
            let then = planned.identical.get(path);
            then.is_some() && written(path).as_ref() == then
        };
        let settled = settle_paths(&wanted, is_identical, Path::new(&planned.target), choices);
        let files: Vec<DownloadFile> = planned
            .files
            .iter()
            .zip(settled)
            .map(|((file, _), settled)| DownloadFile {
                file: StoredFile::of(file),
                identical: settled.skip && is_identical(&settled.path),
                target: settled.path,
                replace: settled.replace,
                skip: settled.skip,
            })
            .collect();
        let total = files
            .iter()
            .filter(|file| !file.skip)
            .map(|file| file.file.size_bytes)
            .sum();
        let title = match files.as_slice() {
            [only] => format!("Download {} to {}", only.file.shown(), planned.target),
            files => format!(
                "Download {} to {}",
                files_words(files.len() as u64),
                planned.target
            ),
        };
        let progress = Progress {
            done: 0,
            total: Some(total),
            unit: Unit::Bytes,
        };
        let spec = DownloadSpec {
            store: planned.store.clone(),
            files,
        };
        start_files_job(jobs, &cluster, JobKind::Download, title, progress, &spec).await
    }
}

/// Bytes, and when they were written: a file for which both stay is taken for unchanged.
type Written = (u64, Option<DateTime<Utc>>);

fn written(path: &Path) -> Option<Written> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((
        metadata.len(),
        metadata.modified().ok().map(DateTime::<Utc>::from),
    ))
}

fn conflict(file: &FileRow, path: &Path) -> Option<Conflict> {
    let (target_bytes, target_time) = written(path)?;
    Some(Conflict {
        source: file.name.shown().to_owned(),
        target: path.display().to_string(),
        source_bytes: file.size_bytes,
        source_time: file.uploaded_at,
        target_bytes,
        target_time,
        contents: Contents::NotCompared,
    })
}

const SMALL_BYTES: u64 = 256 << 10;
const MEDIUM_BYTES: u64 = 8 << 20;

pub(super) async fn run(job: JobHandle, limit: Arc<SpeedLimit>) -> End {
    match try_run(job, limit).await {
        Ok(end) => end,
        Err(error) => End::failed(error, None),
    }
}

async fn try_run(job: JobHandle, limit: Arc<SpeedLimit>) -> Result<End> {
    let spec: DownloadSpec = job.spec()?;
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
    let moved = results
        .values()
        .filter(|r| matches!(r.end, FileEnd::Done { .. }))
        .map(|r| r.size_bytes)
        .sum();
    let total = spec
        .files
        .iter()
        .filter(|file| !file.skip)
        .map(|file| file.file.size_bytes)
        .sum();
    let transfer = Transfer::new(job, limit, "Downloading", moved, total);
    if transfer.job.signal() == Signal::Run {
        let cluster = match transfer.job.cluster() {
            Ok(cluster) => cluster,
            Err(error) => return Ok(not_connected(&transfer.job, error)),
        };
        let store = open_store(cluster.readable(), Some(&spec.store)).await?;
        let ended = async {
            let moment = userfile::pin(&store.cluster, store.dialect).await?;
            move_files(&transfer, &store, &moment, &spec, &mut results).await
        };
        let ended = ended.await;
        if transfer.job.signal() != Signal::Cancel {
            let count = spec.files.len();
            return Ok(transfer.end(ended, results, |position| result_of(&spec.files[position]), count));
        }
    }
    if transfer.job.signal() == Signal::Pause {
        return Ok(End::paused());
    }
    // Nothing of an unfinished file stays on this computer.
    let mut cleaned = Ok(());
    for (_, file) in spec
        .files
        .iter()
        .enumerate()
        .filter(|(position, _)| !results.contains_key(position))
    {
        if let Err(error) = PartFile::remove_part(&file.target, &tag(file)).await {
            cleaned = Err(Error::from(error));
        }
    }
    Ok(cancelled(cleaned, transfer.outcome(results)))
}

/// The same file is found again by the next attempt, and another one is not mistaken for it.
pub(super) fn tag(file: &DownloadFile) -> String {
    let mut id = file.file.file_id.simple().to_string();
    id.truncate(12);
    id
}

pub(super) fn result_of(file: &DownloadFile) -> FileResult {
    FileResult {
        source: file.file.shown().to_owned(),
        target: file.target.display().to_string(),
        size_bytes: file.file.size_bytes,
        end: FileEnd::Done { sha256: None },
    }
}

pub(super) async fn move_files(
    transfer: &Transfer,
    store: &Store,
    moment: &Pin,
    spec: &DownloadSpec,
    results: &mut BTreeMap<usize, FileResult>,
) -> Result<()> {
    let lanes = transfer.lanes(&store.cluster, true);
    let (mut small, mut medium, mut large) = (Vec::new(), Vec::new(), Vec::new());
    let (mut batch, mut batch_bytes) = (Vec::new(), 0);
    for position in (0..spec.files.len()).filter(|position| !results.contains_key(position)) {
        let size_bytes = spec.files[position].file.size_bytes;
        match size_bytes {
            ..=SMALL_BYTES => {
                if batch.len() == BATCH_FILES || batch_bytes + size_bytes > BATCH_BYTES {
                    small.push(std::mem::take(&mut batch));
                    batch_bytes = 0;
                }
                batch.push(position);
                batch_bytes += size_bytes;
            }
            size if size <= MEDIUM_BYTES => medium.push(vec![position]),
            _ => large.push(vec![position]),
        }
    }
    if !batch.is_empty() {
        small.push(batch);
    }
    let group = |group: Vec<usize>| {
        let (lanes, moment) = (Arc::clone(&lanes), moment.clone());
        async move {
            match group.as_slice() {
                [only] if spec.files[*only].file.size_bytes > SMALL_BYTES => {
                    let end = fetch_one(store, &lanes, &moment, &spec.files[*only]).await?;
                    Ok(vec![(*only, end)])
                }
                group => fetch_small(transfer, store, &lanes, &moment, spec, group).await,
            }
        }
    };
    small.append(&mut medium);
    transfer
        .run_groups(4, small.into_iter().map(group), results)
        .await?;
    transfer
        .run_groups(1, large.into_iter().map(group), results)
        .await
}

/// Fails only with what concerns the other files too; else the failure is the file's own end.
async fn fetch_one(
    store: &Store,
    lanes: &SharedLanes,
    moment: &Pin,
    file: &DownloadFile,
) -> Result<FileResult> {
    let fetched = async {
        let part = PartFile::open(&file.target, &tag(file)).await?;
        let done = userfile::download(store, lanes, &file.file.row(), moment, &part, file.replace).await;
        if let Err(error) = &done
            && error.kind != ErrorKind::LocalFull
            && !concerns_all(Error::from(error.clone()).code)
        {
            part.discard().await?;
        }
        done
    };
    let fetched = fetched.await;
    if let Err(error) = &fetched
        && error.kind == ErrorKind::LocalFull
    {
        return Err(disk_full(error));
    }
    match fetched.map_err(Error::from) {
        Ok(done) => Ok(FileResult {
            end: FileEnd::Done {
                sha256: Some(done.sha256),
            },
            ..result_of(file)
        }),
        Err(error) if concerns_all(error.code) => Err(error),
        Err(error) => Ok(FileResult {
            end: FileEnd::Failed { error },
            ..result_of(file)
        }),
    }
}

/// The other files would meet the same, so the job waits for room. What is there stays for going on.
fn disk_full(error: &roachvault_cockroach::Error) -> Error {
    Error::from(error.clone())
        .hint("What has arrived is kept. Make room and resume, or cancel to remove the unfinished part.")
}

async fn fetch_small(
    transfer: &Transfer,
    store: &Store,
    lanes: &SharedLanes,
    moment: &Pin,
    spec: &DownloadSpec,
    group: &[usize],
) -> Result<Vec<(usize, FileResult)>> {
    let ids: Vec<Uuid> = group
        .iter()
        .map(|position| &spec.files[*position].file)
        .filter(|file| file.size_bytes > 0)
        .map(|file| file.file_id)
        .collect();
    let mut bytes = match ids.as_slice() {
        [] => HashMap::new(),
        ids => userfile::download_small(store, lanes, ids, moment.as_deref())
            .await?
            .into_iter()
            .collect(),
    };
    let mut ended = Vec::with_capacity(group.len());
    for position in group {
        let file = &spec.files[*position];
        let bytes = bytes.remove(&file.file.file_id).unwrap_or_default();
        let end = if bytes.len() as u64 == file.file.size_bytes {
            let sha256 = Sha256::digest(&bytes)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            match userfile::save_small(&file.target, bytes, file.replace).await {
                Ok(()) => {
                    lanes.report(Event::Bytes(file.file.size_bytes));
                    FileEnd::Done { sha256: Some(sha256) }
                }
                Err(error) if error.kind == ErrorKind::LocalFull => {
                    // What has ended is written down before the failure is told.
                    transfer.job.record_files(&ended).await?;
                    return Err(disk_full(&error));
                }
                Err(error) => FileEnd::Failed { error: error.into() },
            }
        } else {
            let name = file.file.shown();
            let error = Error::new(
                Code::NotFound,
                format!(
                    "The contents of {name} are not in the cluster; it was deleted or replaced, or is damaged."
                ),
            );
            FileEnd::Failed { error }
        };
        ended.push((
            *position,
            FileResult {
                end,
                ..result_of(file)
            },
        ));
    }
    Ok(ended)
}
