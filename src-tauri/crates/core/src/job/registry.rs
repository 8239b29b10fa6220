//! The one list of jobs.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::Utc;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use super::handle::{JobHandle, Signal, to_value};
use super::journal::Journal;
use super::model::{Asked, JobConnection, JobId, JobKind, JobSnapshot, JobState, Progress};
use super::run::{End, Run, Runs};
use super::watch::{JobChanges, Watch};
use crate::cluster::{ConnectionId, OpenCluster};
use crate::error::{Code, Error, Result};

mod entry;
use entry::Entry;

/// Finds the open cluster of a connection; `None` when it is not connected.
pub type FindCluster = Arc<dyn Fn(ConnectionId) -> Option<Arc<OpenCluster>> + Send + Sync>;

/// What is known of a job before it begins.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub kind: JobKind,
    pub connection: JobConnection,
    /// The job that it goes on from.
    pub follows: Option<JobId>,
    pub title: String,
    pub progress: Progress,
}

/// More ended jobs than that are forgotten at the next start, the oldest first.
const KEPT_ENDED: usize = 1000;

/// The registry. Cheap to clone; all clones are the same list.
#[derive(Clone)]
pub struct Jobs(Arc<Inner>);

struct Inner {
    entries: Mutex<Entries>,
    version: watch::Sender<u64>,
    journal: Journal,
    runs: Runs,
    find: FindCluster,
}

#[derive(Default)]
struct Entries {
    jobs: BTreeMap<JobId, Entry>,
    /// Raised with every change; each entry keeps the number of its last one.
    version: u64,
    removed: Vec<(u64, JobId)>,
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jobs")
            .field("jobs", &self.lock().jobs.len())
            .finish_non_exhaustive()
    }
}

/// How often a run's progress is written down: after a power cut, a person sees how far it had come.
const CHECKPOINT: Duration = Duration::from_secs(4);

/// How long a run may take to notice that its cluster was closed.
const STOPS_WITHIN: Duration = Duration::from_secs(2);

impl Jobs {
    /// Takes over what the journal holds: ended jobs as they ended, local ones that were under way
    /// as interrupted, cluster jobs as waiting for their connection (see [`Jobs::reattach`]).
    pub async fn open(journal: Journal, runs: Runs, find: FindCluster) -> Result<Self> {
        let mut entries = Entries::default();
        let mut kept = journal.load().await?;
        kept.sort_by_key(|kept| std::cmp::Reverse(kept.snapshot.created_at));
        let mut ended = 0;
        for kept in kept {
            let mut entry = Entry::new(kept.snapshot, kept.spec);
            entry.after_restart();
            ended += usize::from(entry.snapshot.state.is_final());
            if entry.snapshot.state.is_final() && ended > KEPT_ENDED {
                journal.remove(entry.snapshot.id).await?;
                continue;
            }
            journal.save_snapshot(&entry.snapshot).await?;
            entries.jobs.insert(entry.snapshot.id, entry);
        }
        let version = watch::Sender::new(0);
        Ok(Self(Arc::new(Inner {
            entries: Mutex::new(entries),
            version,
            journal,
            runs,
            find,
        })))
    }

    /// Writes the job down, then starts it. `spec` is all its run needs, without secrets.
    pub async fn start(&self, new: NewJob, spec: &impl Serialize) -> Result<JobId> {
        self.start_value(JobId::new(), new, to_value(spec)?).await
    }

    async fn start_value(&self, id: JobId, new: NewJob, spec: serde_json::Value) -> Result<JobId> {
        let snapshot = JobSnapshot {
            id,
            kind: new.kind,
            connection: new.connection,
            follows: new.follows,
            title: new.title,
            state: JobState::Queued,
            phase: String::new(),
            progress: new.progress,
            bytes_per_second: None,
            seconds_left: None,
            created_at: Utc::now(),
            started_at: None,
            finished_at: None,
            cluster_job_id: None,
            error: None,
            outage: None,
            asked: None,
            outcome: None,
            dismissed: false,
        };
        self.0.journal.save(&snapshot, &spec).await?;
        self.lock().jobs.insert(id, Entry::new(snapshot, spec));
        self.spawn(id, Signal::Run)?;
        Ok(id)
    }

    pub fn watch(&self) -> Watch {
        Watch::new(self.clone(), self.0.version.subscribe())
    }

    /// All jobs, newest first.
    pub fn list(&self) -> Vec<JobSnapshot> {
        let mut list: Vec<_> = self
            .lock()
            .jobs
            .values()
            .map(|entry| entry.snapshot.clone())
            .collect();
        list.sort_by_key(|job| std::cmp::Reverse((job.created_at, job.id)));
        list
    }

    /// Jobs of one kind on a connection, each with what its run needs.
    pub fn of_kind<S: DeserializeOwned>(
        &self,
        connection: ConnectionId,
        kind: JobKind,
    ) -> Vec<(JobSnapshot, S)> {
        let entries = self.lock();
        let wanted = entries
            .jobs
            .values()
            .filter(|entry| entry.snapshot.kind == kind && entry.snapshot.connection.id == connection);
        wanted
            .filter_map(|entry| Some((entry.snapshot.clone(), S::deserialize(&entry.spec).ok()?)))
            .collect()
    }

    pub fn get(&self, id: JobId) -> Result<JobSnapshot> {
        self.lock()
            .jobs
            .get(&id)
            .map(|entry| entry.snapshot.clone())
            .ok_or_else(no_such_job)
    }

    /// Asks the job to stop and take back what it left. A job that is not running, because it was
    /// paused or interrupted, is run once more to clean up.
    pub async fn cancel(&self, id: JobId) -> Result<()> {
        let running = self.ask(id, Signal::Cancel, |possible| possible.cancel, "cancelled")?;
        self.update(id, |job| {
            job.ask(Asked::Cancel);
            // While the cluster does not answer that is what there is to tell.
            if job.snapshot.outage.is_none() {
                job.snapshot.state = JobState::Cancelling;
                job.snapshot.phase.clear();
            }
        });
        if !running {
            self.spawn(id, Signal::Cancel)?;
        }
        self.persist(id).await
    }

    pub async fn pause(&self, id: JobId) -> Result<()> {
        let running = self.ask(id, Signal::Pause, |possible| possible.pause, "paused")?;
        self.update(id, |job| {
            job.ask(Asked::Pause);
            if running && job.snapshot.outage.is_none() {
                job.snapshot.phase = "Pausing".into();
            }
        });
        self.persist(id).await
    }

    /// Has the jobs of a connection ask their cluster now that wait to do so.
    pub fn try_now(&self, connection: ConnectionId) {
        for entry in self.lock().jobs.values() {
            if entry.snapshot.connection.id == connection {
                entry.try_now.notify_waiters();
            }
        }
    }

    /// Goes on with a paused or interrupted job.
    pub async fn resume(&self, id: JobId) -> Result<()> {
        let running = self.ask(id, Signal::Run, |possible| possible.resume, "resumed")?;
        self.update(id, |job| job.resume_asked = true);
        if !running {
            self.spawn(id, Signal::Run)?;
        }
        // Should the process end now, the job was interrupted and not paused.
        self.persist(id).await
    }

    /// Starts a new job for the files that failed, and drops the old one from the list.
    pub async fn retry_failed(&self, id: JobId) -> Result<JobId> {
        let old = self.get(id)?;
        if !old.possible().retry_failed {
            return Err(Error::new(
                Code::InvalidInput,
                "Nothing in this job can be tried again.",
            ));
        }
        let spec = self.spec(id)?;
        let mut results = self.0.journal.recorded_files(id).await?;
        results.retain(|_, result| !matches!(result.end, super::model::FileEnd::Failed { .. }));
        let new_id = JobId::new();
        let mut snapshot = old.clone();
        snapshot.id = new_id;
        // What is done stays done: the new job starts with the old one's record of it.
        self.0.journal.save(&snapshot, &spec).await?;
        self.0
            .journal
            .record_files(new_id, &results.into_iter().collect::<Vec<_>>())
            .await?;
        let progress = Progress {
            done: 0,
            ..old.progress
        };
        let new = NewJob {
            kind: old.kind,
            connection: old.connection,
            follows: old.follows,
            title: old.title,
            progress,
        };
        self.start_value(new_id, new, spec).await?;
        self.forget(&[id]).await?;
        Ok(new_id)
    }

    /// Takes an ended job out of the way. It stays in the list, as its history.
    pub async fn dismiss(&self, id: JobId) -> Result<()> {
        self.set_dismissed(id)?;
        self.persist(id).await
    }

    fn set_dismissed(&self, id: JobId) -> Result<()> {
        let mut entries = self.lock();
        let version = entries.version + 1;
        let entry = entries.jobs.get_mut(&id).ok_or_else(no_such_job)?;
        if !entry.snapshot.state.is_final() {
            return Err(
                Error::new(Code::InvalidInput, "A job that is under way cannot be dismissed.")
                    .hint("Cancel it first."),
            );
        }
        entry.snapshot.dismissed = true;
        entry.version = version;
        entries.version = version;
        drop(entries);
        self.0.version.send_replace(version);
        Ok(())
    }

    /// Forgets every job that has ended.
    pub async fn clear_history(&self) -> Result<()> {
        let ended: Vec<JobId> = self
            .lock()
            .jobs
            .values()
            .filter(|entry| entry.snapshot.state.is_final())
            .map(|entry| entry.snapshot.id)
            .collect();
        self.forget(&ended).await
    }

    async fn forget(&self, ids: &[JobId]) -> Result<()> {
        for id in ids {
            self.0.journal.remove(*id).await?;
        }
        let mut entries = self.lock();
        entries.version += 1;
        let version = entries.version;
        for id in ids {
            entries.jobs.remove(id);
            entries.removed.push((version, *id));
        }
        drop(entries);
        self.0.version.send_replace(version);
        Ok(())
    }

    /// Takes up the cluster jobs of a connection that has just been opened. Nothing is asked of a
    /// cluster before that.
    pub fn reattach(&self, connection: ConnectionId) {
        let waiting: Vec<(JobId, Signal)> = self
            .lock()
            .jobs
            .values()
            .filter(|entry| entry.snapshot.connection.id == connection && entry.waits_for_connection())
            .map(|entry| (entry.snapshot.id, entry.signal_to_go_on()))
            .collect();
        for (id, signal) in waiting {
            if let Err(error) = self.spawn(id, signal) {
                tracing::warn!(%error, %id, "a cluster job could not be taken up again");
            }
        }
    }

    /// Ends what goes on in a cluster and cannot be followed any more, because its connection was deleted.
    pub async fn let_go(&self, connection: ConnectionId) {
        let unended = |running: bool| -> Vec<JobSnapshot> {
            self.lock()
                .jobs
                .values()
                .filter(|entry| entry.is_running() || !running)
                .map(|entry| &entry.snapshot)
                .filter(|job| job.connection.id == connection && job.kind.runs_on_cluster())
                .filter(|job| !job.state.is_final())
                .cloned()
                .collect()
        };
        // Those that watch find their cluster closed at the next look.
        self.try_now(connection);
        let mut version = self.0.version.subscribe();
        let stopped = version.wait_for(|_| unended(true).is_empty());
        if tokio::time::timeout(STOPS_WITHIN, stopped).await.is_err() {
            tracing::debug!(%connection, "a cluster job was still being watched when it was let go of");
        }
        for job in unended(false) {
            let end = End::unknown(not_followed(&job), None);
            self.update(job.id, |entry| {
                entry.end(end);
            });
            if let Err(error) = self.persist(job.id).await {
                tracing::warn!(%error, id = %job.id, "the end of a job could not be written down");
            }
        }
    }

    /// Local jobs that quitting would interrupt.
    pub fn running_local(&self) -> Vec<JobSnapshot> {
        self.lock()
            .jobs
            .values()
            .filter(|entry| entry.is_running() && !entry.snapshot.kind.runs_on_cluster())
            .map(|entry| entry.snapshot.clone())
            .collect()
    }

    /// Waits until every cluster job that is just being started is known by its number, which the next
    /// start needs to find it; at most for `limit`. Local jobs are not waited for.
    pub async fn settle(&self, limit: Duration) {
        let mut version = self.0.version.subscribe();
        let starting = self.being_started();
        let settled = version.wait_for(|_| self.being_started().is_empty());
        if tokio::time::timeout(limit, settled).await.is_err() {
            tracing::warn!("a cluster job was still being started when the app was closed");
        }
        for id in starting {
            // The run writes it down too, but may not have come to it.
            if let Err(error) = self.persist(id).await {
                tracing::warn!(%error, %id, "a cluster job could not be written down");
            }
        }
    }

    fn being_started(&self) -> Vec<JobId> {
        self.lock()
            .jobs
            .values()
            .filter(|entry| entry.is_being_started())
            .map(|entry| entry.snapshot.id)
            .collect()
    }

    /// Closes the journal. Jobs under way are found as interrupted at the next start.
    pub async fn close(&self) {
        self.0.journal.close().await;
    }

    fn ask(
        &self,
        id: JobId,
        signal: Signal,
        allowed: impl Fn(super::model::Possible) -> bool,
        word: &str,
    ) -> Result<bool> {
        let entries = self.lock();
        let entry = entries.jobs.get(&id).ok_or_else(no_such_job)?;
        if !allowed(entry.snapshot.possible()) {
            return Err(Error::new(
                Code::InvalidInput,
                format!("This job cannot be {word} now."),
            ));
        }
        Ok(entry.send(signal))
    }

    fn spawn(&self, id: JobId, signal: Signal) -> Result<()> {
        let (kind, try_now) = {
            let entries = self.lock();
            let entry = entries.jobs.get(&id).ok_or_else(no_such_job)?;
            (entry.snapshot.kind, Arc::clone(&entry.try_now))
        };
        let run = self.0.runs.get(kind).ok_or_else(|| {
            Error::new(
                Code::Unsupported,
                "This release does not know how to go on with this job.",
            )
        })?;
        let (sender, receiver) = watch::channel(signal);
        let mut began = false;
        self.update(id, |job| began = job.begin(sender, signal));
        if began {
            let handle = JobHandle::new(self.clone(), id, receiver, try_now);
            tokio::spawn(self.clone().drive(id, run, handle));
        }
        Ok(())
    }

    /// Runs a job to its end and writes the end down. A panic in the run is an end too.
    async fn drive(self, id: JobId, run: Run, handle: JobHandle) {
        let mut running = tokio::spawn(run(handle));
        let ended = loop {
            match tokio::time::timeout(CHECKPOINT, &mut running).await {
                Ok(ended) => break ended,
                Err(_) => {
                    if let Err(error) = self.persist(id).await {
                        tracing::warn!(%error, %id, "the progress of a job could not be written down");
                    }
                }
            }
        };
        let end = match ended {
            Ok(end) => end,
            Err(error) => End::failed(
                Error::new(
                    Code::Internal,
                    "This job stopped because of a fault in Roachvault.",
                )
                .detail(error.to_string()),
                None,
            ),
        };
        self.0.runs.ended();
        let mut again = false;
        self.update(id, |job| again = job.end(end));
        if let Err(error) = self.persist(id).await {
            tracing::warn!(%error, %id, "the end of a job could not be written down");
        }
        if again && let Err(error) = self.spawn(id, Signal::Cancel) {
            tracing::warn!(%error, %id, "a cancelled job could not be cleaned up");
        }
    }

    pub(super) fn find_cluster(&self, id: ConnectionId) -> Option<Arc<OpenCluster>> {
        (self.0.find)(id)
    }

    pub(super) fn journal(&self) -> &Journal {
        &self.0.journal
    }

    pub(super) fn spec(&self, id: JobId) -> Result<serde_json::Value> {
        self.lock()
            .jobs
            .get(&id)
            .map(|entry| entry.spec.clone())
            .ok_or_else(no_such_job)
    }

    pub(super) async fn save_spec(&self, id: JobId, spec: serde_json::Value) -> Result<()> {
        let snapshot = self.get(id)?;
        self.0.journal.save(&snapshot, &spec).await?;
        if let Some(entry) = self.lock().jobs.get_mut(&id) {
            entry.spec = spec;
        }
        Ok(())
    }

    pub(super) async fn persist(&self, id: JobId) -> Result<()> {
        let snapshot = self.get(id)?;
        self.0.journal.save_snapshot(&snapshot).await
    }

    /// Changes an entry unless its job has ended, and tells the watchers.
    pub(super) fn update(&self, id: JobId, change: impl FnOnce(&mut Entry)) {
        let mut entries = self.lock();
        entries.version += 1;
        let version = entries.version;
        let Some(entry) = entries
            .jobs
            .get_mut(&id)
            .filter(|entry| !entry.snapshot.state.is_final())
        else {
            return;
        };
        change(entry);
        entry.version = version;
        drop(entries);
        self.0.version.send_replace(version);
    }

    /// True after each resume until it is forgotten.
    pub(super) fn resume_is_requested(&self, id: JobId) -> bool {
        self.lock().jobs.get(&id).is_some_and(|entry| entry.resume_asked)
    }

    pub(super) fn forget_resume_request(&self, id: JobId) {
        if let Some(entry) = self.lock().jobs.get_mut(&id) {
            entry.resume_asked = false;
        }
    }

    pub(super) fn changes_since(&self, seen: Option<u64>) -> (JobChanges, u64) {
        let entries = self.lock();
        let newer = |version: u64| seen.is_none_or(|seen| version > seen);
        let mut jobs: Vec<_> = entries
            .jobs
            .values()
            .filter(|entry| newer(entry.version))
            .map(|entry| entry.snapshot.clone())
            .collect();
        jobs.sort_by_key(|job| std::cmp::Reverse((job.created_at, job.id)));
        let removed = match seen {
            Some(_) => entries
                .removed
                .iter()
                .filter(|(at, _)| newer(*at))
                .map(|(_, id)| *id)
                .collect(),
            None => Vec::new(),
        };
        (
            JobChanges {
                full: seen.is_none(),
                jobs,
                removed,
            },
            entries.version,
        )
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        // No code that can panic runs under this lock, and a list of jobs is never half changed.
        self.0.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_followed(job: &JobSnapshot) -> Error {
    let name = &job.connection.name;
    let told = format!("The connection {name} was deleted while this was under way in its cluster.");
    let goes_on = match job.cluster_job_id {
        Some(id) => {
            format!("The cluster was told to run it, as its job {id}, and does not need this app for it.")
        }
        None => "The cluster may run it all the same.".to_owned(),
    };
    Error::new(Code::OutcomeUnknown, told).hint(format!(
        "{goes_on} How it ends is not seen from here any more: connect again and look at what is there."
    ))
}

fn no_such_job() -> Error {
    Error::new(Code::NotFound, "This job is not in the list any more.")
}
