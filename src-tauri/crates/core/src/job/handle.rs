//! What a run may do with its job: read what it is, report, and listen for pause and cancel.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{Notify, watch};

use super::model::{FileResult, JobId, JobState, Outage, Progress, Unit};
use super::registry::Jobs;
use crate::cluster::{ConnectionId, OpenCluster};
use crate::error::{Code, Error, Result};

/// What the person wants of a running job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    Run,
    Pause,
    Cancel,
}

/// One run's hold on its job. Cheap to clone.
#[derive(Debug, Clone)]
pub struct JobHandle {
    jobs: Jobs,
    id: JobId,
    signal: watch::Receiver<Signal>,
    try_now: Arc<Notify>,
}

impl JobHandle {
    pub(super) fn new(jobs: Jobs, id: JobId, signal: watch::Receiver<Signal>, try_now: Arc<Notify>) -> Self {
        Self {
            jobs,
            id,
            signal,
            try_now,
        }
    }

    pub fn id(&self) -> JobId {
        self.id
    }

    /// What the job is to do, as it was given at its registration or by [`JobHandle::save_spec`].
    pub fn spec<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_value(self.jobs.spec(self.id)?).map_err(|error| {
            Error::new(
                Code::Internal,
                "This job was written down by another release and cannot be read.",
            )
            .detail(error.to_string())
        })
    }

    /// The job as it stands.
    pub fn snapshot(&self) -> Result<super::model::JobSnapshot> {
        self.jobs.get(self.id)
    }

    /// Writes a changed spec down before returning. Never put a secret in it.
    pub async fn save_spec(&self, spec: &impl Serialize) -> Result<()> {
        self.jobs.save_spec(self.id, to_value(spec)?).await
    }

    /// The job's own cluster, if its connection is open.
    pub fn cluster(&self) -> Result<Arc<OpenCluster>> {
        let connection = self.jobs.get(self.id)?.connection;
        self.cluster_of(connection.id, &connection.name)
    }

    /// Another cluster, such as the target of a copy.
    pub fn cluster_of(&self, id: ConnectionId, name: &str) -> Result<Arc<OpenCluster>> {
        self.jobs.find_cluster(id).ok_or_else(|| {
            Error::new(Code::CannotConnect, format!("{name} is not connected."))
                .hint(format!("Connect to {name}, then go on with this job."))
        })
    }

    pub fn signal(&self) -> Signal {
        *self.signal.borrow()
    }

    /// Whether a person asked to go on, and that was not dealt with yet. A run that was merely taken up
    /// again after a restart or a new connection finds false, and must not resume what somebody
    /// else paused on the cluster.
    pub fn resume_is_requested(&self) -> bool {
        self.jobs.resume_is_requested(self.id)
    }

    /// It was dealt with.
    pub fn forget_resume_request(&self) {
        self.jobs.forget_resume_request(self.id);
    }

    /// Returns when the signal is something else than `present`.
    pub async fn signal_changed(&self, present: Signal) -> Signal {
        let mut signal = self.signal.clone();
        match signal.wait_for(|now| *now != present).await {
            Ok(now) => *now,
            // The registry keeps the sender while the job runs.
            Err(_) => Signal::Cancel,
        }
    }

    /// Wakes whoever waits to ask the cluster again: a person does not want to wait.
    pub fn try_now(&self) -> Arc<Notify> {
        Arc::clone(&self.try_now)
    }

    /// The cluster did not answer, and is asked again after `wait`.
    pub fn unreachable(&self, why: Error, wait: Duration) {
        self.jobs.update(self.id, |job| {
            let now = Utc::now();
            let since = job.snapshot.outage.as_ref().map_or(now, |outage| outage.since);
            job.snapshot.outage = Some(Outage {
                since,
                next_try: Some(now + wait),
                why,
            });
            job.snapshot.state = JobState::Waiting;
            job.snapshot.phase = "The cluster does not answer".into();
        });
    }

    /// It is being asked again now.
    pub fn trying(&self) {
        self.jobs.update(self.id, |job| {
            if let Some(outage) = &mut job.snapshot.outage {
                outage.next_try = None;
            }
        });
    }

    /// It answered.
    pub fn reached(&self) {
        self.jobs.update(self.id, |job| job.snapshot.outage = None);
    }

    /// The cluster knows, or has refused, what the person asked for.
    pub fn passed_on(&self) {
        self.jobs.update(self.id, |job| job.snapshot.asked = None);
    }

    /// Changes state and phase in one step. End states are for [`super::End`], not for here.
    pub fn state(&self, state: JobState, phase: impl Into<String>) {
        debug_assert!(!state.is_final(), "a run ends by returning");
        let phase = phase.into();
        self.jobs.update(self.id, |job| {
            job.snapshot.state = state;
            job.snapshot.phase = phase;
            if state != JobState::Waiting {
                job.snapshot.outage = None;
            }
        });
    }

    /// Changes what is said to be happening, not the state.
    pub fn phase(&self, phase: impl Into<String>) {
        let phase = phase.into();
        self.jobs.update(self.id, |job| job.snapshot.phase = phase);
    }

    /// `done` and `total` in `unit`. Speed and time left are worked out from successive calls.
    pub fn progress(&self, done: u64, total: Option<u64>, unit: Unit) {
        self.jobs.update(self.id, |job| {
            job.snapshot.progress = Progress { done, total, unit };
            job.measure();
        });
    }

    /// So much of the progress that is told next was made by an earlier run, and says nothing about the speed.
    pub fn found(&self, done: u64) {
        self.jobs.update(self.id, |job| job.found(done));
    }

    /// Ties the job to CockroachDB's own, durably: after this, a restart can take it up again.
    pub async fn set_cluster_job_id(&self, cluster_job_id: i64) -> Result<()> {
        self.jobs
            .update(self.id, |job| job.snapshot.cluster_job_id = Some(cluster_job_id));
        self.jobs.persist(self.id).await
    }

    /// Writes down how files ended, by their position in the spec.
    pub async fn record_files(&self, results: &[(usize, FileResult)]) -> Result<()> {
        if results.is_empty() {
            return Ok(());
        }
        self.jobs.journal().record_files(self.id, results).await
    }

    /// How files ended in earlier runs of this job.
    pub async fn recorded_files(&self) -> Result<BTreeMap<usize, FileResult>> {
        self.jobs.journal().recorded_files(self.id).await
    }
}

pub(super) fn to_value(spec: &impl Serialize) -> Result<serde_json::Value> {
    serde_json::to_value(spec).map_err(|error| {
        Error::new(Code::Internal, "A job could not be written down.").detail(error.to_string())
    })
}
