//! From files in the cluster to an archive on this computer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use roachvault_cockroach::userfile::{self, BATCH_FILES, FileRow, PartFile, Pin, SpeedLimit, Store};
use uuid::Uuid;

use super::archive::{Archive, ArchiveChunk, ArchiveFile, LIST, digest_file, local};
use super::download::{move_files, result_of, select, tag};
use super::local_name::{Rules, local_names};
use super::order::rank;
use super::plan::{Kept, LeftOut, TransferPlan, free_path_beside, shown, wrong_plan};
use super::spec::{DownloadFile, DownloadSpec, ExportEntry, ExportSpec, StoredFile};
use super::transfer::{Transfer, cancelled, not_connected};
use super::{Userfiles, files_words, open_store, start_files_job};
use crate::cluster::{ConnectionId, OpenCluster};
use crate::error::{Code, Error, Result};
use crate::job::{
    End, FileEnd, FileResult, JobHandle, JobId, JobKind, Jobs, Outcome, Progress, Signal, Unit,
};

pub(super) struct Planned {
    connection: ConnectionId,
    archive: PathBuf,
    store: String,
    files: Vec<(FileRow, String)>,
}

impl Userfiles {
    /// Looks at the chosen files. The archive will be a new folder in `folder`, named after what was
    /// chosen; the plan's target is its path.
    pub async fn plan_export(
        &self,
        cluster: &OpenCluster,
        store: Option<&str>,
        paths: &[String],
        folder: &Path,
    ) -> Result<TransferPlan> {
        let store = open_store(cluster.readable(), store).await?;
        let (selected, mut left_out) = select(&store, paths).await?;
        let (mut files, unfinished): (Vec<_>, Vec<_>) =
            selected.into_iter().partition(|(file, _)| !file.is_unfinished());
        left_out.extend(unfinished.into_iter().map(|(file, _)| LeftOut {
            path: file.name.shown().to_owned(),
            why: "it is not complete".into(),
        }));
        files.sort_by_key(|(file, _)| (rank(file.name.shown()), file.name.clone()));
        let archive = new_folder(folder, paths, Utc::now());
        let plan = TransferPlan {
            store: store.name.host(),
            target: archive.display().to_string(),
            files: files.len() as u64,
            size_bytes: files.iter().map(|(file, _)| file.size_bytes).sum(),
            left_out: shown(left_out),
            ..TransferPlan::default()
        };
        let kept = Planned {
            connection: cluster.id,
            archive,
            store: plan.store.clone(),
            files,
        };
        Ok(TransferPlan {
            id: self.plans.keep(Kept::Export(kept)),
            ..plan
        })
    }

    pub async fn start_export(
        &self,
        jobs: &Jobs,
        find: impl Fn(ConnectionId) -> Result<Arc<OpenCluster>>,
        plan: Uuid,
    ) -> Result<JobId> {
        let kept = self.plans.get(plan)?;
        let Kept::Export(planned) = &*kept else {
            return Err(wrong_plan());
        };
        if planned.files.is_empty() {
            return Err(Error::new(
                Code::NotFound,
                "None of these files is in the cluster.",
            ));
        }
        let cluster = find(planned.connection)?;
        // An archive never mixes with what is there.
        std::fs::create_dir(&planned.archive).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => Error::new(
                Code::PlanChanged,
                format!(
                    "{} has come into being since this was planned.",
                    planned.archive.display()
                ),
            )
            .hint("Plan it again."),
            _ => local(&planned.archive, "made", &error),
        })?;
        // The archive may be carried to any system.
        let names = planned.files.iter().map(|(_, name)| name.as_str());
        let locals = local_names(names, Rules::EVERYWHERE);
        let (mut files, mut entries) = (Vec::new(), Vec::new());
        for ((file, name), path) in planned.files.iter().zip(locals) {
            let path = Path::new("files").join(path);
            files.push(DownloadFile {
                file: StoredFile::of(file),
                target: planned.archive.join(&path),
                replace: true,
                skip: false,
                identical: false,
            });
            let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
            entries.push(ExportEntry {
                name: name.clone(),
                path: parts.join("/"),
                username: file.username.clone(),
                uploaded_at: file.uploaded_at,
            });
        }
        let spec = ExportSpec {
            archive: planned.archive.clone(),
            cluster_version: cluster.info.version_text.clone(),
            download: DownloadSpec {
                store: planned.store.clone(),
                files,
            },
            entries,
        };
        let count = spec.entries.len() as u64;
        let title = format!("Export {} to {}", files_words(count), spec.archive.display());
        let progress = Progress {
            done: 0,
            total: Some(total(&spec)),
            unit: Unit::Bytes,
        };
        start_files_job(jobs, &cluster, JobKind::ExportArchive, title, progress, &spec).await
    }
}

/// `bank 2026-11-23`, after what was chosen and the day; numbered when that is taken.
fn new_folder(folder: &Path, paths: &[String], now: DateTime<Utc>) -> PathBuf {
    let last = match paths {
        [only] => only.trim_matches('/').rsplit('/').next().unwrap_or_default(),
        _ => "",
    };
    let name = if last.is_empty() { "userfiles" } else { last };
    let safe = local_names([name], Rules::EVERYWHERE).remove(0);
    let path = folder.join(format!("{} {}", safe.display(), now.format("%Y-%m-%d")));
    if path.exists() {
        free_path_beside(&path, &mut std::collections::HashSet::new())
    } else {
        path
    }
}

fn total(spec: &ExportSpec) -> u64 {
    spec.download.files.iter().map(|file| file.file.size_bytes).sum()
}

pub(super) async fn run(job: JobHandle, limit: Arc<SpeedLimit>) -> End {
    match try_run(job, limit).await {
        Ok(end) => end,
        Err(error) => End::failed(error, None),
    }
}

async fn try_run(job: JobHandle, limit: Arc<SpeedLimit>) -> Result<End> {
    let spec: ExportSpec = job.spec()?;
    let mut results = job.recorded_files().await?;
    let moved = results
        .values()
        .filter(|result| matches!(result.end, FileEnd::Done { .. }))
        .map(|result| result.size_bytes)
        .sum();
    let transfer = Transfer::new(job, limit, "Exporting", moved, total(&spec));
    if transfer.job.signal() == Signal::Run {
        let cluster = match transfer.job.cluster() {
            Ok(cluster) => cluster,
            Err(error) => return Ok(not_connected(&transfer.job, error)),
        };
        let ended = export(&transfer, &cluster, &spec, &mut results).await;
        if transfer.job.signal() != Signal::Cancel {
            let count = spec.download.files.len();
            let unlisted = ended.is_err()
                || results
                    .values()
                    .any(|result| matches!(result.end, FileEnd::Failed { .. }));
            if unlisted {
                transfer.note(format!(
                    "{} has no {LIST} yet, because files are missing. It is not an archive without it.",
                    spec.archive.display()
                ));
            }
            let files = &spec.download.files;
            return Ok(transfer.end(ended, results, |position| result_of(&files[position]), count));
        }
    }
    if transfer.job.signal() == Signal::Pause {
        return Ok(End::paused());
    }
    let cleaned = remove(&spec).await;
    let outcome = transfer.outcome(BTreeMap::new());
    Ok(match cleaned {
        Ok(()) => cancelled(Ok(()), outcome),
        Err(error) => End::cancelled(
            Some(error.hint(format!("Delete {} by hand.", spec.archive.display()))),
            Some(Outcome::Files(outcome)),
        ),
    })
}

async fn export(
    transfer: &Transfer,
    cluster: &OpenCluster,
    spec: &ExportSpec,
    results: &mut BTreeMap<usize, FileResult>,
) -> Result<()> {
    let store = open_store(cluster.readable(), Some(&spec.download.store)).await?;
    let moment = userfile::pin(&store.cluster, store.dialect).await?;
    move_files(transfer, &store, &moment, &spec.download, results).await?;
    if results
        .values()
        .any(|result| matches!(result.end, FileEnd::Failed { .. }))
    {
        return Ok(());
    }
    transfer.job.phase("Comparing digests with the cluster");
    let list = compare(transfer, &store, &moment, spec, results).await?;
    if list.len() < spec.entries.len() {
        return Ok(());
    }
    let archive = Archive::new(spec.cluster_version.clone(), spec.download.store.clone(), list);
    let folder = spec.archive.clone();
    tokio::task::spawn_blocking(move || archive.write(&folder))
        .await
        .map_err(stopped_short)?
}

/// Reads every file of the archive back and compares it with the cluster's digests. A file that differs
/// fails, and is not in the list.
async fn compare(
    transfer: &Transfer,
    store: &Store,
    moment: &Pin,
    spec: &ExportSpec,
    results: &mut BTreeMap<usize, FileResult>,
) -> Result<Vec<ArchiveFile>> {
    let lanes = transfer.lanes(&store.cluster, false);
    let mut list = Vec::with_capacity(spec.entries.len());
    let positions: Vec<usize> = (0..spec.entries.len()).collect();
    for batch in positions.chunks(BATCH_FILES) {
        if transfer.job.signal() != Signal::Run {
            return Err(Error::new(Code::Cancelled, "The export was stopped."));
        }
        let ids: Vec<Uuid> = batch
            .iter()
            .map(|position| spec.download.files[*position].file.file_id)
            .collect();
        let mut layouts = userfile::layouts(store, &lanes, &ids, moment.as_deref()).await?;
        for position in batch {
            let (file, entry) = (&spec.download.files[*position], &spec.entries[*position]);
            let chunks: Vec<ArchiveChunk> = layouts
                .remove(&file.file.file_id)
                .map(|layout| layout.chunks)
                .unwrap_or_default()
                .into_iter()
                .map(|chunk| ArchiveChunk {
                    offset: chunk.offset,
                    size_bytes: chunk.size_bytes,
                    sha256: chunk.sha256,
                })
                .collect();
            let path = file.target.clone();
            let (digests, chunks) = tokio::task::spawn_blocking(move || {
                digest_file(&path, &chunks).map(|digests| (digests, chunks))
            })
            .await
            .map_err(stopped_short)??;
            if digests.as_listed {
                list.push(ArchiveFile {
                    name: entry.name.clone(),
                    path: entry.path.clone(),
                    size_bytes: file.file.size_bytes,
                    sha256: digests.sha256,
                    uploaded_at: entry.uploaded_at,
                    username: entry.username.clone(),
                    chunks,
                });
                continue;
            }
            let error = Error::new(
                Code::Corrupt,
                format!(
                    "{} on this computer differs from what the cluster holds.",
                    file.target.display()
                ),
            )
            .hint("Retry the failed files to fetch it again.");
            let failed = FileResult {
                end: FileEnd::Failed { error },
                ..result_of(file)
            };
            transfer.job.record_files(&[(*position, failed.clone())]).await?;
            results.insert(*position, failed);
        }
    }
    Ok(list)
}

fn stopped_short(error: tokio::task::JoinError) -> Error {
    Error::new(Code::Internal, "The archive could not be written.").detail(error.to_string())
}

/// Removes what the export has made: its files, then the folders that are empty without them.
async fn remove(spec: &ExportSpec) -> Result<()> {
    for file in &spec.download.files {
        PartFile::remove_part(&file.target, &tag(file)).await?;
    }
    let archive = spec.archive.clone();
    let targets: Vec<PathBuf> = spec
        .download
        .files
        .iter()
        .map(|file| file.target.clone())
        .collect();
    let removed = tokio::task::spawn_blocking(move || {
        let gone = |path: &Path, done: std::io::Result<()>| match done {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(local(path, "removed", &error)),
            _ => Ok(()),
        };
        let mut folders = std::collections::BTreeSet::from([archive.clone()]);
        gone(&archive, std::fs::remove_file(archive.join(LIST)))?;
        for target in &targets {
            gone(target, std::fs::remove_file(target))?;
            let above = target
                .ancestors()
                .skip(1)
                .take_while(|folder| folder.starts_with(&archive));
            folders.extend(above.map(Path::to_owned));
        }
        // Longer paths sort behind the folders above them.
        for folder in folders.iter().rev() {
            gone(folder, std::fs::remove_dir(folder))?;
        }
        Ok(())
    });
    removed.await.map_err(stopped_short)?
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_archive_is_named_after_what_was_chosen_and_never_meets_another() {
        let folder = tempfile::tempdir().unwrap();
        let day = DateTime::from_timestamp(1_763_900_000, 0).unwrap();
        let name = |paths: &[&str]| {
            let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
            let path = new_folder(folder.path(), &paths, day);
            path.file_name().unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(name(&["data/bank/"]), "bank 2025-11-23");
        assert_eq!(name(&["a", "b"]), "userfiles 2025-11-23");
        assert_eq!(name(&[""]), "userfiles 2025-11-23");
        assert_eq!(name(&["con"]), "_con 2025-11-23");
        std::fs::create_dir(folder.path().join("bank 2025-11-23")).unwrap();
        assert_eq!(name(&["data/bank/"]), "bank 2025-11-23 (2)");
    }
}
