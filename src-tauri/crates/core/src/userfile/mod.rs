//! Files inside a cluster, as a person handles them: looking, planning, moving.
//!
//! What overwrites or deletes is planned first. A plan is kept here under an id; starting it looks
//! again at what may have changed and hands the work to a job.

mod archive;
mod collection;
mod delete;
mod digest;
mod download;
mod export;
mod import;
mod listing;
mod local_name;
mod look;
mod order;
mod plan;
mod rename;
mod same;
mod settle;
mod sought;
mod spec;
mod taken;
mod touched;
mod transfer;
mod undelete;
mod upload;
mod walk;

use std::sync::{Arc, Mutex};

pub use roachvault_cockroach::userfile::SpeedLimit;
use roachvault_cockroach::userfile::{Store, StoreName};

use crate::cluster::{ConnectionId, OpenCluster};
use crate::error::Result;
use crate::job::{JobHandle, JobKind, JobSnapshot, Jobs, Runs};

pub use collection::Collections;
pub use delete::DeletePlan;
pub use import::ImportPlan;
pub use listing::{Entry, FolderPage, ListRequest, Sort};
pub use look::{Details, Preview, StoreEntry, list_stores};
pub use plan::{Choices, Conflict, LeftOut, MappedName, OnConflict, TransferPlan};
pub use rename::{MergedFolder, Move, RenamePlan};
pub use same::Contents;
pub use settle::{LostFile, Repair, RepairItem, RepairPlan};
pub use touched::TouchedCollection;
pub use undelete::{DeletedCollection, DeletedFile, DeletedFiles};

/// Listings and plans of all connections. Cheap to clone.
#[derive(Clone, Default)]
pub struct Userfiles {
    listings: Arc<listing::Listings>,
    plans: Arc<plan::Plans>,
    /// The last answer about deleted files of each store.
    seen_deleted: Arc<Mutex<undelete::SeenDeleted>>,
}

impl Userfiles {
    pub fn new() -> Self {
        Self::default()
    }

    /// What was read of stores is read again when it is next asked for. To be called when files may have
    /// changed.
    pub fn forget_listings(&self) {
        self.listings.forget_all();
    }
}

/// How each kind of job over files is run. Those that move bytes keep to the limit.
#[must_use]
pub fn runs(runs: Runs, limit: &Arc<SpeedLimit>) -> Runs {
    // Makes a run that takes the limit into one that a registry can call.
    fn limited<F, T>(
        limit: &Arc<SpeedLimit>,
        run: F,
    ) -> impl Fn(JobHandle) -> T + Clone + Send + Sync + 'static
    where
        F: Fn(JobHandle, Arc<SpeedLimit>) -> T + Clone + Send + Sync + 'static,
    {
        let limit = Arc::clone(limit);
        move |job| run(job, Arc::clone(&limit))
    }
    runs.with(&[JobKind::Upload], limited(limit, upload::run))
        .with(&[JobKind::Download], limited(limit, download::run))
        .with(&[JobKind::Digest], limited(limit, digest::run))
        .with(&[JobKind::ExportArchive], limited(limit, export::run))
        .with(&[JobKind::ImportArchive], limited(limit, upload::run_import))
        .with(&[JobKind::Undelete], limited(limit, undelete::run))
        .with(
            &[JobKind::CopyToCluster],
            limited(limit, undelete::run_copy_to_cluster),
        )
        .with(&[JobKind::DeleteFiles], delete::run)
        .with(&[JobKind::CopyFiles], settle::run_copy)
        .with(&[JobKind::Repair], settle::run_repair)
}

/// The store that a request names by the host of its URIs; without one, the user's own.
async fn open_store(cluster: &roachvault_cockroach::Cluster, host: Option<&str>) -> Result<Store> {
    let name = match host {
        Some(host) => StoreName::parse(host)?,
        None => StoreName::default_of(cluster.user()),
    };
    Ok(Store::open(cluster, name).await?)
}

/// Pauses the transfers that read from a connection or write to it, before that is closed. What cannot pause meets the closed
/// connection and says so. Backups and restores go on in the cluster, and are not touched.
pub async fn pause_transfers(jobs: &Jobs, connection: ConnectionId) -> Result<()> {
    let copied_to = |job: &JobSnapshot| {
        job.kind == JobKind::CopyToCluster
            && jobs
                .of_kind::<spec::CarrySpec>(job.connection.id, job.kind)
                .iter()
                .any(|(other, spec)| {
                    other.id == job.id
                        && spec
                            .target_connection
                            .as_ref()
                            .is_some_and(|to| to.id == connection)
                })
    };
    let moving = jobs
        .list()
        .into_iter()
        .filter(|job| !job.kind.runs_on_cluster() && job.possible().pause)
        .filter(|job| job.connection.id == connection || copied_to(job));
    for job in moving {
        // It may have ended since.
        if let Err(error) = jobs.pause(job.id).await
            && !jobs.get(job.id).is_ok_and(|now| now.state.is_final())
        {
            return Err(error);
        }
    }
    Ok(())
}

fn connection_of(cluster: &OpenCluster) -> crate::job::JobConnection {
    crate::job::JobConnection {
        id: cluster.id,
        name: cluster.name.clone(),
    }
}

async fn start_files_job<T: serde::Serialize>(
    jobs: &Jobs,
    cluster: &OpenCluster,
    kind: JobKind,
    title: String,
    progress: crate::job::Progress,
    spec: &T,
) -> Result<crate::job::JobId> {
    let connection = connection_of(cluster);
    jobs.start(
        crate::job::NewJob {
            kind,
            connection,
            follows: None,
            title,
            progress,
        },
        spec,
    )
    .await
}

/// `1 file`, `3 files`.
fn files_words(count: u64) -> String {
    if count == 1 {
        "1 file".into()
    } else {
        format!("{count} files")
    }
}
