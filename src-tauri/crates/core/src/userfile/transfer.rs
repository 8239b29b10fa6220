//! Between a job and the engine: bytes become progress, signals become stops, waits become visible.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use roachvault_cockroach::userfile::{Event, Lanes, SharedLanes, SpeedLimit, Stop};
use roachvault_cockroach::{Cluster, ErrorKind};
use tokio::sync::watch;

use crate::error::{Code, Error, Result};
use crate::job::{
    End, FileEnd, FileResult, FilesOutcome, JobHandle, JobKind, JobState, Outcome, Signal, Unit,
};

/// How long a stopped transfer may go on with the chunks that are under way.
const GRACE: Duration = Duration::from_millis(1500);
/// Groups of files that are in the air at once.
const GROUPS: usize = 4;

/// One run of a job that moves bytes.
pub(super) struct Transfer {
    pub job: JobHandle,
    limit: Arc<SpeedLimit>,
    total_bytes: u64,
    done_bytes: Arc<AtomicU64>,
    notes: Arc<Mutex<Vec<String>>>,
    ask_stop: watch::Sender<bool>,
    stop: Stop,
    phase: &'static str,
}

impl Transfer {
    /// `phase` is what is said while bytes move.
    pub fn new(
        job: JobHandle,
        limit: Arc<SpeedLimit>,
        phase: &'static str,
        done_bytes: u64,
        total_bytes: u64,
    ) -> Self {
        let (ask_stop, stop) = Stop::new();
        job.progress(done_bytes, Some(total_bytes), Unit::Bytes);
        job.phase(phase);
        let (done_bytes, notes) = (Arc::new(AtomicU64::new(done_bytes)), Arc::default());
        Self {
            job,
            limit,
            total_bytes,
            done_bytes,
            notes,
            ask_stop,
            stop,
            phase,
        }
    }

    /// Connections that report to the job. Only one end of a transfer counts bytes.
    pub fn lanes(&self, cluster: &Cluster, counts_bytes: bool) -> SharedLanes {
        let (job, total, phase) = (self.job.clone(), self.total_bytes, self.phase);
        let (done, notes) = (Arc::clone(&self.done_bytes), Arc::clone(&self.notes));
        // A copy moves between two, and an event does not tell which of them is silent.
        let is_of_one = job.snapshot().is_ok_and(|job| job.kind != JobKind::CopyToCluster);
        let report = move |event| match event {
            Event::Bytes(bytes) if counts_bytes => {
                let done = done.fetch_add(bytes, Ordering::Relaxed) + bytes;
                job.progress(done.min(total), Some(total), Unit::Bytes);
            }
            Event::Found(bytes) if counts_bytes => {
                let done = done.fetch_add(bytes, Ordering::Relaxed) + bytes;
                job.found(bytes);
                job.progress(done.min(total), Some(total), Unit::Bytes);
            }
            Event::Bytes(_) | Event::Found(_) => {}
            Event::Waiting { why, wait } if is_of_one && is_away(why.kind) => {
                job.unreachable(why.into(), wait);
            }
            Event::Waiting { why, wait } => {
                let seconds = wait.as_secs_f64().ceil();
                job.state(JobState::Waiting, format!("{why} Trying again in {seconds} s"));
            }
            Event::Moving => job.state(JobState::Running, phase),
            Event::Note(note) => {
                let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
                if !notes.contains(&note) {
                    notes.push(note);
                }
            }
        };
        let lanes = Lanes::new(cluster, Arc::new(report), self.stop.clone());
        Arc::new(
            lanes
                .speed_limit(Arc::clone(&self.limit))
                .try_now(self.job.try_now()),
        )
    }

    /// Something the person should know at the end.
    pub fn note(&self, note: String) {
        self.notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(note);
    }

    /// Says that what a failed run left in the cluster is still there.
    pub fn note_left_behind(&self, error: &Error) {
        self.note(format!(
            "Unfinished parts are left in the cluster: {} Repair in the files screen removes them.",
            error.message
        ));
    }

    /// Connections for cleaning up, which a stop does not stop.
    pub fn quiet_lanes(&self, cluster: &Cluster) -> SharedLanes {
        Arc::new(Lanes::new(cluster, Arc::new(|_| {}), Stop::new().1).patience(Duration::from_secs(10)))
    }

    /// Runs groups of files until all have ended, a failure concerns them all, or the job is to stop.
    /// Each group answers for its files; results are written down as they come.
    pub async fn run_groups<F>(
        &self,
        at_once: usize,
        groups: impl IntoIterator<Item = F>,
        results: &mut std::collections::BTreeMap<usize, FileResult>,
    ) -> Result<()>
    where
        F: Future<Output = Result<Vec<(usize, FileResult)>>>,
    {
        let mut running = std::pin::pin!(stream::iter(groups).buffer_unordered(at_once.min(GROUPS)));
        let hard_stop = async {
            self.job.signal_changed(Signal::Run).await;
            self.ask_stop.send_replace(true);
            tokio::time::sleep(GRACE).await;
        };
        let mut hard_stop = std::pin::pin!(hard_stop);
        let mut failed = None;
        loop {
            let ended = tokio::select! {
                ended = running.next() => ended,
                // What is still under way is cut off with its connections.
                () = &mut hard_stop => return Err(failed.unwrap_or_else(stopped)),
            };
            match ended {
                Some(Ok(ended)) => {
                    self.job.record_files(&ended).await?;
                    results.extend(ended);
                }
                Some(Err(error)) => {
                    // The other groups stop at their next chunk.
                    self.ask_stop.send_replace(true);
                    if failed.is_none() || error.code != Code::Cancelled {
                        failed = Some(error);
                    }
                }
                None => return failed.map_or(Ok(()), Err),
            }
        }
    }

    /// The end of the job when [`Transfer::run_groups`] has ended. `positions` are all of its files.
    pub fn end(
        &self,
        ended: Result<()>,
        mut results: std::collections::BTreeMap<usize, FileResult>,
        unfinished: impl Fn(usize) -> FileResult,
        count: usize,
    ) -> End {
        match ended {
            Ok(()) => End::of_files(self.outcome(results)),
            Err(error) if error.code == Code::Cancelled => End::paused(),
            Err(error) if can_wait(error.code) => {
                // Nothing is lost: the person decides when to go on.
                End {
                    phase: "The cluster could not be reached".into(),
                    error: Some(error),
                    ..End::paused()
                }
            }
            // A file that cannot be written is that file's own failure; here the disk is full.
            Err(error) if error.code == Code::LocalDisk => End {
                phase: "There is no room left on this computer".into(),
                error: Some(error),
                ..End::paused()
            },
            Err(error) => {
                for position in 0..count {
                    results.entry(position).or_insert_with(|| FileResult {
                        end: FileEnd::Failed { error: error.clone() },
                        ..unfinished(position)
                    });
                }
                End::of_files(self.outcome(results))
            }
        }
    }

    pub fn outcome(&self, results: std::collections::BTreeMap<usize, FileResult>) -> FilesOutcome {
        let mut outcome = FilesOutcome::of(results.into_values());
        outcome.notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        outcome
    }
}

/// The end of a cancelled job, after its clean-up.
pub(super) fn cancelled(cleaned: Result<()>, outcome: FilesOutcome) -> End {
    let left_behind = cleaned.err().map(|error| {
        Error {
            message: format!(
                "Cancelled, but unfinished parts are left in the cluster: {}",
                error.message
            ),
            ..error
        }
        .hint("Repair in the files screen removes them.")
    });
    End::cancelled(left_behind, Some(Outcome::Files(outcome)))
}

/// The end of a run whose cluster is not connected: it waits, or is given up with what it left there.
pub(super) fn not_connected(job: &JobHandle, error: Error) -> End {
    if job.signal() == Signal::Cancel {
        return cancelled(Err(error), FilesOutcome::default());
    }
    End {
        error: Some(error),
        ..End::paused()
    }
}

/// Whether a run that ended so is not gone on with: what it left in the cluster has to be removed.
pub(super) fn is_final(ended: &Result<()>) -> bool {
    matches!(ended, Err(error) if error.code != Code::Cancelled && !can_wait(error.code))
}

/// The cluster is away or too busy: going on later makes sense.
fn can_wait(code: Code) -> bool {
    matches!(
        code,
        Code::ConnectionLost | Code::CannotConnect | Code::OutcomeUnknown
    )
}

fn is_away(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionLost | ErrorKind::CannotConnect | ErrorKind::OutcomeUnknown
    )
}

/// Failures that the other files of the job would meet as well.
pub(super) fn concerns_all(code: Code) -> bool {
    can_wait(code)
        || matches!(
            code,
            Code::Cancelled | Code::ClusterBusy | Code::Auth | Code::NoPrivilege | Code::Tls | Code::ReadOnly
        )
}

/// The end of what was asked to stop, also before it began.
pub(super) fn stopped() -> Error {
    Error::new(Code::Cancelled, "The transfer was stopped.")
}
