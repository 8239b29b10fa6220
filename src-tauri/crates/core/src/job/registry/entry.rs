//! One job in the registry, with the rules of how it may change.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use tokio::sync::{Notify, watch};

use crate::job::handle::Signal;
use crate::job::model::{Asked, JobSnapshot, JobState, Unit};
use crate::job::run::End;

/// Speed is the mean of this much time.
const SPEED_WINDOW: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Entry {
    pub snapshot: JobSnapshot,
    pub spec: serde_json::Value,
    /// Number of the last change, for watchers.
    pub version: u64,
    /// Present while a run is under way.
    signal: Option<watch::Sender<Signal>>,
    samples: VecDeque<(Instant, u64)>,
    pub try_now: Arc<Notify>,
    /// A person asked to go on, and no run has taken note of it yet.
    pub resume_asked: bool,
}

impl Entry {
    pub fn new(snapshot: JobSnapshot, spec: serde_json::Value) -> Self {
        Self {
            snapshot,
            spec,
            version: 0,
            signal: None,
            samples: VecDeque::new(),
            try_now: Arc::default(),
            resume_asked: false,
        }
    }

    pub fn is_running(&self) -> bool {
        self.signal.is_some()
    }

    pub fn waits_for_connection(&self) -> bool {
        !self.is_running() && self.snapshot.kind.runs_on_cluster() && !self.snapshot.state.is_final()
    }

    /// The statement of a cluster job is on its way, and the cluster has not told the job's number yet.
    pub fn is_being_started(&self) -> bool {
        self.is_running() && self.snapshot.kind.runs_on_cluster() && self.snapshot.cluster_job_id.is_none()
    }

    /// Sends a signal to the run, if there is one; says whether there was.
    pub fn send(&self, signal: Signal) -> bool {
        match &self.signal {
            Some(sender) => {
                // Cancelling is not taken back by a later pause or resume.
                sender.send_if_modified(|now| {
                    let changes = *now != Signal::Cancel && *now != signal;
                    if changes {
                        *now = signal;
                    }
                    changes
                });
                true
            }
            None => false,
        }
    }

    /// What is kept until the cluster can be told. A transfer is here and takes note at once.
    pub fn ask(&mut self, asked: Asked) {
        if self.snapshot.kind.runs_on_cluster() {
            self.snapshot.asked = Some(asked);
        }
    }

    /// How a run begins that takes the job up again.
    pub fn signal_to_go_on(&self) -> Signal {
        match self.snapshot.asked {
            Some(Asked::Cancel) => Signal::Cancel,
            Some(Asked::Pause) => Signal::Pause,
            None => Signal::Run,
        }
    }

    /// What a job found in the journal is, now that the process that ran it is gone.
    pub fn after_restart(&mut self) {
        let job = &mut self.snapshot;
        job.bytes_per_second = None;
        job.seconds_left = None;
        if job.state.is_final() {
            // Its end was there to be seen in the last session.
            job.dismissed = true;
            return;
        }
        if job.kind.runs_on_cluster() {
            job.state = JobState::Waiting;
            job.phase = format!("Connect to {} to follow it again", job.connection.name);
        } else if job.state != JobState::Paused {
            job.state = JobState::Interrupted;
            job.phase = "Roachvault was closed while this was under way".into();
        }
    }

    /// False when a run is under way already.
    pub fn begin(&mut self, sender: watch::Sender<Signal>, signal: Signal) -> bool {
        if self.is_running() {
            return false;
        }
        self.signal = Some(sender);
        self.samples.clear();
        self.snapshot.error = None;
        self.snapshot.phase.clear();
        self.snapshot.started_at.get_or_insert_with(Utc::now);
        self.snapshot.state = if signal == Signal::Cancel {
            JobState::Cancelling
        } else {
            JobState::Running
        };
        true
    }

    /// Answers whether the job has to be run once more: it was cancelled in the moment in which its run
    /// stopped for a pause, and has not cleaned up.
    pub fn end(&mut self, end: End) -> bool {
        let cancelled = self
            .signal
            .as_ref()
            .is_some_and(|signal| *signal.borrow() == Signal::Cancel);
        self.signal = None;
        self.samples.clear();
        let job = &mut self.snapshot;
        job.state = end.state;
        job.phase = end.phase;
        job.error = end.error;
        job.outage = None;
        if job.state != JobState::Waiting {
            job.asked = None;
        }
        if end.outcome.is_some() {
            job.outcome = end.outcome;
        }
        job.bytes_per_second = None;
        job.seconds_left = None;
        if job.state.is_final() {
            job.finished_at = Some(Utc::now());
        }
        cancelled && job.state == JobState::Paused
    }

    /// Leaves out of the speed what an earlier run had done.
    pub fn found(&mut self, done: u64) {
        for (_, sample) in &mut self.samples {
            *sample += done;
        }
    }

    /// Works out speed and time left from the progress just set.
    pub fn measure(&mut self) {
        let (now, progress) = (Instant::now(), self.snapshot.progress);
        if self.samples.back().is_some_and(|(_, done)| *done > progress.done) {
            self.samples.clear();
        }
        self.samples.push_back((now, progress.done));
        while self.samples.len() > 2
            && self
                .samples
                .front()
                .is_some_and(|(at, _)| now - *at > SPEED_WINDOW)
        {
            self.samples.pop_front();
        }
        let Some((first_at, first_done)) = self.samples.front().copied() else {
            return;
        };
        let seconds = (now - first_at).as_secs_f64();
        // The first instants say nothing about the speed.
        if seconds < 0.5 {
            return;
        }
        let per_second = (progress.done - first_done) as f64 / seconds;
        self.snapshot.bytes_per_second = (progress.unit == Unit::Bytes).then_some(per_second as u64);
        self.snapshot.seconds_left = match progress.total {
            Some(total) if per_second > 0.0 => {
                Some((total.saturating_sub(progress.done) as f64 / per_second).ceil() as u64)
            }
            _ => None,
        };
    }
}
