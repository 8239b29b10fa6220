//! Changes inside a store: copying, repairing.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use roachvault_cockroach::userfile::{self, Damage, FileRow, Store, StoredName};
use uuid::Uuid;

use super::look::{find, lanes};
use super::plan::{Kept, wrong_plan};
use super::rename::Move;
use super::spec::{CopyFile, CopySpec, RepairOne, RepairSpec, StoredFile, file_id};
use super::transfer::{concerns_all, not_connected};
use super::{Userfiles, files_words, open_store, start_files_job};
use crate::cluster::{ConnectionId, OpenCluster};
use crate::error::{Error, Result};
use crate::job::{
    End, FileEnd, FileResult, FilesOutcome, JobHandle, JobId, JobKind, Jobs, Outcome, Progress, Signal, Unit,
};

/// What can be done about a damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// What a write that did not end has left is removed.
    RemoveLeftover,
    /// Chunks whose file is gone are removed.
    RemoveOrphan,
    /// The chunks get the offsets that their order calls for; their bytes stay as they are.
    CloseGaps,
}

/// Something to be repaired.
#[derive(Debug, Clone)]
pub struct RepairItem {
    pub file_id: Uuid,
    pub repair: Repair,
    pub path: Option<String>,
    pub size_bytes: u64,
    pub uploaded_at: Option<DateTime<Utc>>,
    /// It may be in the middle of being written.
    pub maybe_active: bool,
}

/// A file of which bytes are missing: it is told of, and nothing can be done about it here.
#[derive(Debug, Clone)]
pub struct LostFile {
    pub path: String,
    pub size_bytes: u64,
    pub stored_bytes: u64,
}

#[derive(Debug, Clone)]
pub struct RepairPlan {
    pub id: Uuid,
    pub store: String,
    pub items: Vec<RepairItem>,
    pub lost: Vec<LostFile>,
    /// What has to be typed before this starts.
    pub type_to_confirm: Option<String>,
}

pub(super) struct Planned {
    connection: ConnectionId,
    store: String,
    items: Vec<RepairItem>,
}

/// A write that began within this time may still be under way.
const MAYBE_ACTIVE: TimeDelta = TimeDelta::hours(2);

impl Userfiles {
    /// Copies files inside the cluster.
    pub async fn start_copy(
        &self,
        jobs: &Jobs,
        cluster: &OpenCluster,
        store: Option<&str>,
        moves: &[Move],
    ) -> Result<JobId> {
        let store = open_store(cluster.writable()?, store).await?;
        let mut copies = Vec::new();
        for one in moves {
            let folder = one.from.ends_with('/');
            let to = one.to.trim_start_matches('/');
            if folder {
                let (files, _) = super::download::select(&store, std::slice::from_ref(&one.from)).await?;
                for (file, _) in files {
                    let rest = file
                        .name
                        .shown()
                        .strip_prefix(one.from.trim_start_matches('/'))
                        .unwrap_or_default();
                    let to = StoredName::new(&format!("{}/{rest}", to.trim_end_matches('/')))?;
                    copies.push(CopyFile {
                        file: StoredFile::of(&file),
                        to: to.as_str().to_owned(),
                    });
                }
            } else {
                let file = find(&store, &one.from).await?;
                let to = StoredName::new(to)?;
                copies.push(CopyFile {
                    file: StoredFile::of(&file),
                    to: to.as_str().to_owned(),
                });
            }
        }
        let title = match copies.as_slice() {
            [only] => format!(
                "Copy {} to {}",
                only.file.shown(),
                only.to.trim_start_matches('/')
            ),
            copies => format!("Copy {}", files_words(copies.len() as u64)),
        };
        let progress = Progress {
            done: 0,
            total: Some(copies.len() as u64),
            unit: Unit::Files,
        };
        let spec = CopySpec {
            store: store.name.host(),
            copies,
        };
        start_files_job(jobs, cluster, JobKind::CopyFiles, title, progress, &spec).await
    }

    /// Looks through the whole store for what is unfinished, orphaned or shifted.
    pub async fn plan_repair(&self, cluster: &OpenCluster, store: Option<&str>) -> Result<RepairPlan> {
        let store = open_store(cluster.writable()?, store).await?;
        let (mut items, mut lost) = (Vec::new(), Vec::new());
        for damage in userfile::find_damage(&store).await? {
            match damage {
                Damage::Incomplete { file, stored_bytes } => lost.push(LostFile {
                    path: file.name.shown().to_owned(),
                    size_bytes: file.size_bytes,
                    stored_bytes,
                }),
                Damage::Leftover(file) => items.push(leftover(file)),
                Damage::Orphan { file_id, size_bytes } => items.push(orphan(file_id, size_bytes)),
                Damage::Shifted(file) => items.push(shifted(file)),
            }
        }
        let host = store.name.host();
        let kept = Planned {
            connection: cluster.id,
            store: host.clone(),
            items: items.clone(),
        };
        Ok(RepairPlan {
            id: self.plans.keep(Kept::Repair(kept)),
            store: host,
            items,
            lost,
            type_to_confirm: cluster.name_to_type(),
        })
    }

    pub async fn start_repair(
        &self,
        jobs: &Jobs,
        open: impl Fn(ConnectionId) -> Result<Arc<OpenCluster>>,
        plan: Uuid,
        chosen: &[Uuid],
        typed: Option<&str>,
    ) -> Result<JobId> {
        let kept = self.plans.get(plan)?;
        let Kept::Repair(planned) = &*kept else {
            return Err(wrong_plan());
        };
        let cluster = open(planned.connection)?;
        cluster.confirmed(&cluster.name, typed)?;
        let items: Vec<RepairOne> = planned
            .items
            .iter()
            .filter(|item| chosen.contains(&item.file_id))
            .map(|item| RepairOne {
                file: StoredFile {
                    name: item
                        .path
                        .as_ref()
                        .map_or("/(chunks without a file)".into(), |path| format!("/{path}")),
                    file_id: item.file_id,
                    size_bytes: item.size_bytes,
                },
                close_gaps: item.repair == Repair::CloseGaps,
            })
            .collect();
        let title = format!("Repair {}", files_words(items.len() as u64));
        let progress = Progress {
            done: 0,
            total: Some(items.len() as u64),
            unit: Unit::Files,
        };
        let spec = RepairSpec {
            store: planned.store.clone(),
            items,
        };
        start_files_job(jobs, &cluster, JobKind::Repair, title, progress, &spec).await
    }
}

fn leftover(file: FileRow) -> RepairItem {
    let recent = file
        .uploaded_at
        .is_some_and(|began| Utc::now() - began < MAYBE_ACTIVE);
    RepairItem {
        file_id: file.file_id,
        repair: Repair::RemoveLeftover,
        path: Some(file.name.shown().to_owned()),
        size_bytes: file.size_bytes,
        uploaded_at: file.uploaded_at,
        maybe_active: recent,
    }
}

fn orphan(file_id: Uuid, size_bytes: u64) -> RepairItem {
    RepairItem {
        file_id,
        repair: Repair::RemoveOrphan,
        path: None,
        size_bytes,
        uploaded_at: None,
        maybe_active: false,
    }
}

fn shifted(file: FileRow) -> RepairItem {
    RepairItem {
        file_id: file.file_id,
        repair: Repair::CloseGaps,
        path: Some(file.name.shown().to_owned()),
        size_bytes: file.size_bytes,
        uploaded_at: file.uploaded_at,
        maybe_active: false,
    }
}

pub(super) async fn run_copy(job: JobHandle) -> End {
    let spec: CopySpec = match job.spec() {
        Ok(spec) => spec,
        Err(error) => return End::failed(error, None),
    };
    let id = job.id();
    let count = spec.copies.len();
    let result = |at: usize| {
        let copy = &spec.copies[at];
        let (source, target) = (
            copy.file.shown().to_owned(),
            copy.to.trim_start_matches('/').to_owned(),
        );
        FileResult {
            source,
            target,
            size_bytes: copy.file.size_bytes,
            end: FileEnd::Done { sha256: None },
        }
    };
    let work = |store: Store, at: usize| {
        let copy = spec.copies[at].clone();
        async move {
            let to = StoredName::stored(copy.to);
            userfile::copy(&store, &lanes(&store), &copy.file.row(), &to, file_id(id, at)).await
        }
    };
    one_by_one(&job, &spec.store, "Copying", count, result, work).await
}

pub(super) async fn run_repair(job: JobHandle) -> End {
    let spec: RepairSpec = match job.spec() {
        Ok(spec) => spec,
        Err(error) => return End::failed(error, None),
    };
    let count = spec.items.len();
    let result = |at: usize| {
        let file = &spec.items[at].file;
        let name = file.shown().to_owned();
        FileResult {
            source: name.clone(),
            target: name,
            size_bytes: file.size_bytes,
            end: FileEnd::Done { sha256: None },
        }
    };
    let work = |store: Store, at: usize| {
        let item = spec.items[at].clone();
        async move {
            if item.close_gaps {
                userfile::close_gaps(&store, &lanes(&store), &item.file.row()).await
            } else {
                userfile::remove_damaged(&store, &lanes(&store), item.file.file_id).await
            }
        }
    };
    one_by_one(&job, &spec.store, "Repairing", count, result, work).await
}

/// Runs short work over files, one after the other; a failure of one does not stop the rest unless it
/// concerns them all.
async fn one_by_one<F>(
    job: &JobHandle,
    host: &str,
    phase: &str,
    count: usize,
    result: impl Fn(usize) -> FileResult,
    work: impl Fn(Store, usize) -> F,
) -> End
where
    F: Future<Output = roachvault_cockroach::Result<()>>,
{
    let cluster = match job.cluster() {
        Ok(cluster) => cluster,
        Err(error) => return not_connected(job, error),
    };
    let prepared = async {
        let results = job.recorded_files().await?;
        Ok::<_, Error>((results, open_store(cluster.writable()?, Some(host)).await?))
    };
    let (mut results, store): (BTreeMap<usize, FileResult>, Store) = match prepared.await {
        Ok(prepared) => prepared,
        Err(error) => return End::failed(error, None),
    };
    job.phase(phase);
    for at in 0..count {
        if results.contains_key(&at) {
            continue;
        }
        if job.signal() != Signal::Run {
            let outcome = FilesOutcome::of(results.into_values());
            return End::cancelled(None, Some(Outcome::Files(outcome)));
        }
        let end = match work(store.clone(), at).await.map_err(Error::from) {
            Ok(()) => FileEnd::Done { sha256: None },
            Err(error) if concerns_all(error.code) => {
                for at in 0..count {
                    let end = || FileEnd::Failed { error: error.clone() };
                    results.entry(at).or_insert_with(|| FileResult {
                        end: end(),
                        ..result(at)
                    });
                }
                break;
            }
            Err(error) => FileEnd::Failed { error },
        };
        let ended = FileResult { end, ..result(at) };
        if let Err(error) = job.record_files(&[(at, ended.clone())]).await {
            return End::failed(error, None);
        }
        results.insert(at, ended);
        job.progress(results.len() as u64, Some(count as u64), Unit::Files);
    }
    End::of_files(FilesOutcome::of(results.into_values()))
}
