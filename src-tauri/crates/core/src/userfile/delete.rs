//! Deleting files, after saying what that means.

use std::collections::BTreeMap;
use std::sync::Arc;

use roachvault_cockroach::userfile::{self, DeleteTarget, FileRow, StoredName};
use uuid::Uuid;

use super::download::select;
use super::plan::{Kept, confirm, wrong_plan};
use super::spec::{DeleteSpec, StoredFile};
use super::touched::{TouchedCollection, touched};
use super::transfer::not_connected;
use super::{Userfiles, files_words, open_store, start_files_job};
use crate::cluster::{ConnectionId, OpenCluster};
use crate::error::{Code, Error, Result};
use crate::job::{
    End, FileEnd, FileResult, FilesOutcome, JobHandle, JobId, JobKind, Jobs, Outcome, Progress, Signal, Unit,
};

#[derive(Debug, Clone)]
pub struct DeletePlan {
    pub id: Uuid,
    pub store: String,
    pub files: u64,
    pub size_bytes: u64,
    /// The first few.
    pub names: Vec<String>,
    pub collections: Vec<TouchedCollection>,
    /// So long the files can be had back, and their space is not free yet.
    pub gc_ttl_seconds: Option<u64>,
    /// What has to be typed before this starts.
    pub type_to_confirm: Option<String>,
}

pub(super) struct Planned {
    connection: ConnectionId,
    store: String,
    files: Vec<FileRow>,
    type_to_confirm: Option<String>,
}

impl Userfiles {
    pub async fn plan_delete(
        &self,
        cluster: &OpenCluster,
        store: Option<&str>,
        paths: &[String],
    ) -> Result<DeletePlan> {
        let store = open_store(cluster.writable()?, store).await?;
        let (selected, _) = select(&store, paths).await?;
        let files: Vec<FileRow> = selected.into_iter().map(|(file, _)| file).collect();
        let collections = touched(&store, &files).await?;
        // Losing backups by accident takes effort.
        let lost = collections.first().map(|collection| collection.path.clone());
        let type_to_confirm = lost.or_else(|| cluster.name_to_type());
        let plan = DeletePlan {
            id: Uuid::nil(),
            store: store.name.host(),
            files: files.len() as u64,
            size_bytes: files.iter().map(|file| file.size_bytes).sum(),
            names: files
                .iter()
                .take(20)
                .map(|file| file.name.shown().to_owned())
                .collect(),
            collections,
            gc_ttl_seconds: store.gc_ttl_seconds().await?,
            type_to_confirm: type_to_confirm.clone(),
        };
        let kept = Planned {
            connection: cluster.id,
            store: plan.store.clone(),
            files,
            type_to_confirm,
        };
        Ok(DeletePlan {
            id: self.plans.keep(Kept::Delete(kept)),
            ..plan
        })
    }

    pub async fn start_delete(
        &self,
        jobs: &Jobs,
        find: impl Fn(ConnectionId) -> Result<Arc<OpenCluster>>,
        plan: Uuid,
        typed: Option<&str>,
    ) -> Result<JobId> {
        let kept = self.plans.get(plan)?;
        let Kept::Delete(planned) = &*kept else {
            return Err(wrong_plan());
        };
        let cluster = find(planned.connection)?;
        cluster.writable()?;
        confirm(&cluster, planned.type_to_confirm.as_deref(), typed)?;
        let files: Vec<StoredFile> = planned.files.iter().map(StoredFile::of).collect();
        let title = match files.as_slice() {
            [only] => format!("Delete {}", only.shown()),
            files => format!("Delete {}", files_words(files.len() as u64)),
        };
        let progress = Progress {
            done: 0,
            total: Some(files.len() as u64),
            unit: Unit::Files,
        };
        let store = open_store(cluster.writable()?, Some(&planned.store)).await?;
        let before = userfile::pin(&store.cluster, store.dialect).await?;
        let spec = DeleteSpec {
            store: planned.store.clone(),
            files,
            as_of: before.map(|moment| moment.to_string()),
        };
        start_files_job(jobs, &cluster, JobKind::DeleteFiles, title, progress, &spec).await
    }
}

pub(super) async fn run(job: JobHandle) -> End {
    match try_run(job).await {
        Ok(end) => end,
        Err(error) => End::failed(error, None),
    }
}

fn result_of(file: &StoredFile, end: FileEnd) -> FileResult {
    FileResult {
        source: file.shown().to_owned(),
        target: file.shown().to_owned(),
        size_bytes: file.size_bytes,
        end,
    }
}

async fn try_run(job: JobHandle) -> Result<End> {
    let spec: DeleteSpec = job.spec()?;
    let mut results: BTreeMap<usize, FileResult> = job.recorded_files().await?;
    let cluster = match job.cluster() {
        Ok(cluster) => cluster,
        Err(error) => return Ok(not_connected(&job, error)),
    };
    let store = open_store(cluster.writable()?, Some(&spec.store)).await?;
    let total = spec.files.len() as u64;
    let open: Vec<usize> = (0..spec.files.len())
        .filter(|position| !results.contains_key(position))
        .collect();
    let targets: Vec<DeleteTarget> = open
        .iter()
        .map(|position| &spec.files[*position])
        .map(|file| DeleteTarget {
            name: StoredName::stored(file.name.clone()),
            file_id: file.file_id,
            size_bytes: file.size_bytes,
        })
        .collect();
    let (ask_stop, stop) = userfile::Stop::new();
    let lanes = userfile::Lanes::new(&store.cluster, Arc::new(|_| {}), stop);
    job.progress(results.len() as u64, Some(total), Unit::Files);
    job.phase("Deleting");
    let mut gone = Vec::new();
    let signalled = job.clone();
    let deleting = async {
        let done_before = results.len() as u64;
        let deleted = userfile::delete(&store, &lanes, &targets, |range| {
            gone.extend(range.map(|at| open[at]));
            job.progress(done_before + gone.len() as u64, Some(total), Unit::Files);
        });
        deleted.await
    };
    let stopping = async {
        if signalled.signal() == Signal::Run {
            signalled.signal_changed(Signal::Run).await;
        }
        ask_stop.send_replace(true);
        std::future::pending::<()>().await;
    };
    let ended = tokio::select! {
        ended = deleting => ended.map_err(Error::from),
        () = stopping => Ok(()),
    };
    let gone: Vec<(usize, FileResult)> = gone
        .into_iter()
        .map(|at| (at, result_of(&spec.files[at], FileEnd::Done { sha256: None })))
        .collect();
    job.record_files(&gone).await?;
    results.extend(gone);
    Ok(match ended {
        Ok(()) => End::of_files(FilesOutcome::of(results.into_values())),
        Err(error) if error.code == Code::Cancelled => End::cancelled(
            None,
            Some(Outcome::Files(FilesOutcome::of(results.into_values()))),
        ),
        Err(error) => {
            for (position, file) in spec.files.iter().enumerate() {
                let end = || FileEnd::Failed { error: error.clone() };
                results.entry(position).or_insert_with(|| result_of(file, end()));
            }
            End::of_files(FilesOutcome::of(results.into_values()))
        }
    })
}
