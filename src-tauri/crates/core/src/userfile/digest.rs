//! The SHA-256 of a whole file in the cluster.
//!
//! Only digests of single chunks can be had from the cluster, so the file has to be read, which may take long:
//! it is a job, with progress and a way to stop it, and its outcome holds the digest.

use std::collections::BTreeMap;
use std::sync::Arc;

use roachvault_cockroach::userfile::{self, SpeedLimit};

use super::look::find;
use super::spec::{DigestSpec, StoredFile};
use super::transfer::{Transfer, concerns_all, not_connected};
use super::{Userfiles, open_store, start_files_job};
use crate::cluster::OpenCluster;
use crate::error::{Error, Result};
use crate::job::{
    End, FileEnd, FileResult, FilesOutcome, JobHandle, JobId, JobKind, Jobs, Outcome, Progress, Signal, Unit,
};

impl Userfiles {
    /// Begins to read the file. The digest stands in the outcome of the job.
    pub async fn start_digest(
        &self,
        jobs: &Jobs,
        cluster: &OpenCluster,
        store: Option<&str>,
        path: &str,
    ) -> Result<JobId> {
        let store = open_store(cluster.readable(), store).await?;
        let file = StoredFile::of(&find(&store, path).await?);
        let title = format!("SHA-256 of {}", file.shown());
        let progress = Progress {
            done: 0,
            total: Some(file.size_bytes),
            unit: Unit::Bytes,
        };
        let spec = DigestSpec {
            store: store.name.host(),
            file,
        };
        start_files_job(jobs, cluster, JobKind::Digest, title, progress, &spec).await
    }
}

pub(super) async fn run(job: JobHandle, limit: Arc<SpeedLimit>) -> End {
    match try_run(job, limit).await {
        Ok(end) => end,
        Err(error) => End::failed(error, None),
    }
}

async fn try_run(job: JobHandle, limit: Arc<SpeedLimit>) -> Result<End> {
    let spec: DigestSpec = job.spec()?;
    let cluster = match job.cluster() {
        Ok(cluster) => cluster,
        Err(error) => return Ok(not_connected(&job, error)),
    };
    let store = open_store(cluster.readable(), Some(&spec.store)).await?;
    let file = &spec.file;
    let result = |end| FileResult {
        source: file.shown().to_owned(),
        target: file.shown().to_owned(),
        size_bytes: file.size_bytes,
        end,
    };
    let transfer = Transfer::new(job.clone(), limit, "Reading the file", 0, file.size_bytes);
    let lanes = transfer.lanes(&store.cluster, true);
    let reading = async {
        let end = match userfile::whole_sha256(&store, &lanes, &file.row())
            .await
            .map_err(Error::from)
        {
            Ok(sha256) => FileEnd::Done { sha256: Some(sha256) },
            Err(error) if concerns_all(error.code) => return Err(error),
            Err(error) => FileEnd::Failed { error },
        };
        Ok(vec![(0, result(end))])
    };
    let mut results = BTreeMap::new();
    let ended = transfer.run_groups(1, [reading], &mut results).await;
    if job.signal() == Signal::Cancel {
        return Ok(End::cancelled(
            None,
            Some(Outcome::Files(FilesOutcome::default())),
        ));
    }
    let unread = |_| result(FileEnd::Done { sha256: None });
    Ok(transfer.end(ended, results, unread, 1))
}
