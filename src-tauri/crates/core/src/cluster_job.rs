//! Watching a job that the cluster runs.
//!
//! The cluster does the work and goes on without us. What is shown comes from SHOW JOB and never from
//! the button that was pressed: a pause counts when the job says that it is paused.

use std::sync::Arc;
use std::time::Duration;

use roachvault_cockroach::detached::Traces;
use roachvault_cockroach::job::{ClusterJob, ClusterJobId, JobRequest, JobStatus, ask_job, show_job};
use roachvault_cockroach::refusal::Refusal;
use tokio::time::{Instant, sleep, timeout};

use crate::cluster::{ANSWERS_WITHIN, OpenCluster};
use crate::error::{Code, Error, Result};
use crate::job::{End, JobHandle, JobState, Signal, Unit};

const FIRST_LOOK: Duration = Duration::from_millis(500);
const SLOWEST_LOOK: Duration = Duration::from_secs(3);
/// A job that was just started may not be listed for a moment.
const MAY_BE_MISSING: Duration = Duration::from_secs(10);
/// How long a requested change may take before what the job says counts again.
const SETTLING: Duration = Duration::from_secs(5);

/// The words of a kind of job while it is watched.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    /// What is happening while it reverts.
    pub reverting: &'static str,
}

/// Where watching ended.
pub(crate) enum Watched {
    /// The job has a final status, and the cluster to check it on.
    Ended(ClusterJob, Arc<OpenCluster>),
    /// Nothing more to watch for now.
    Left(End),
}

/// Follows the job until it ends, pauses or can no longer be seen, and passes on what the person asks.
pub(crate) async fn watch(job: &JobHandle, id: ClusterJobId, words: Words) -> Watched {
    let mut watching = Watching::new(job, words);
    let try_now = job.try_now();
    loop {
        let open = match job.cluster() {
            Ok(open) => open,
            Err(error) => return Watched::Left(End::detached(error.message)),
        };
        job.trying();
        let seen = match timeout(ANSWERS_WITHIN, watching.look(&open, id)).await {
            Ok(Ok(seen)) => seen,
            Ok(Err(error)) => watching.lost(error),
            Err(_) => watching.lost(open.silent()),
        };
        let wait = match seen {
            Look::Again(wait) => wait,
            Look::Ended(ended) => return Watched::Ended(ended, open),
            Look::Left(end) => return Watched::Left(end),
        };
        tokio::select! {
            () = sleep(wait) => {}
            () = try_now.notified() => {}
            _ = job.signal_changed(job.signal()) => {}
        }
    }
}

enum Look {
    Again(Duration),
    Ended(ClusterJob),
    Left(End),
}

struct Watching<'a> {
    job: &'a JobHandle,
    words: Words,
    /// The last request that was passed on, and when.
    asked: Option<(JobRequest, Instant)>,
    /// Why the cluster did not do what was asked.
    refused: Option<String>,
    missing_since: Option<Instant>,
    wait: Duration,
    failures: u32,
}

impl<'a> Watching<'a> {
    fn new(job: &'a JobHandle, words: Words) -> Self {
        Self {
            job,
            words,
            asked: None,
            refused: None,
            missing_since: None,
            wait: FIRST_LOOK,
            failures: 0,
        }
    }

    async fn look(&mut self, open: &OpenCluster, id: ClusterJobId) -> Result<Look> {
        self.pass_on(open, id).await?;
        let seen = show_job(open.readable(), id).await?;
        if self.failures > 0 {
            self.failures = 0;
            self.wait = FIRST_LOOK;
            self.job.reached();
        }
        let Some(seen) = seen else {
            let since = *self.missing_since.get_or_insert_with(Instant::now);
            if since.elapsed() < MAY_BE_MISSING {
                return Ok(Look::Again(FIRST_LOOK));
            }
            return Ok(Look::Left(End::unknown(self.not_there(id), None)));
        };
        self.missing_since = None;
        if seen.status.is_final() {
            return Ok(Look::Ended(seen));
        }
        if seen.status == JobStatus::Paused && !self.is_settling() {
            return Ok(Look::Left(self.paused(&seen)));
        }
        self.show(&seen);
        let wait = self.wait;
        self.wait = (wait.mul_f64(1.3)).min(SLOWEST_LOOK);
        Ok(Look::Again(wait))
    }

    /// Sends what the person asked for and was not sent yet.
    async fn pass_on(&mut self, open: &OpenCluster, id: ClusterJobId) -> Result<()> {
        let request = match self.job.signal() {
            Signal::Cancel => Some(JobRequest::Cancel),
            Signal::Pause => Some(JobRequest::Pause),
            Signal::Run => self.job.resume_is_requested().then_some(JobRequest::Resume),
        };
        let Some(request) = request else {
            return Ok(());
        };
        if self.asked.is_some_and(|(asked, _)| asked == request) {
            self.told(request);
            return Ok(());
        }
        let asked = match open.writable() {
            Ok(cluster) => ask_job(cluster, id, request).await.map_err(Error::from),
            Err(error) => Err(error),
        };
        self.refused = match asked {
            Err(error) if is_passing(&error) => return Err(error),
            Err(error) => Some(error.message),
            Ok(()) => None,
        };
        self.asked = Some((request, Instant::now()));
        self.told(request);
        self.job.passed_on();
        self.wait = FIRST_LOOK;
        Ok(())
    }

    /// A resume is kept until the cluster has heard of it: it may not answer now.
    fn told(&self, request: JobRequest) {
        if request == JobRequest::Resume {
            self.job.forget_resume_request();
        }
    }

    /// A resumed job may say `paused` for a moment longer, and so may one that is to be cancelled.
    fn is_settling(&self) -> bool {
        self.asked
            .is_some_and(|(request, at)| request != JobRequest::Pause && at.elapsed() < SETTLING)
    }

    fn show(&self, seen: &ClusterJob) {
        let (state, phase) = match &seen.status {
            JobStatus::Pending => (JobState::Running, "Waiting for the cluster to begin".to_owned()),
            JobStatus::PauseRequested => (JobState::Running, "Pausing".to_owned()),
            JobStatus::CancelRequested => (JobState::Cancelling, String::new()),
            JobStatus::Reverting => (JobState::Reverting, self.words.reverting.to_owned()),
            _ if self.refused.is_some() => (JobState::Running, self.refused.clone().unwrap_or_default()),
            _ if self.job.signal() == Signal::Cancel => (JobState::Cancelling, String::new()),
            _ => (JobState::Running, seen.running_status.clone().unwrap_or_default()),
        };
        self.job.state(state, phase);
        self.job
            .progress((seen.fraction * 100.0).round() as u64, Some(100), Unit::Percent);
    }

    /// Paused by the person, by somebody else, or by itself because it needs help.
    fn paused(&self, seen: &ClusterJob) -> End {
        let by_us = matches!(self.asked, Some((JobRequest::Pause, _)));
        let phase = match (&seen.running_status, &seen.error) {
            (Some(reason), _) | (None, Some(reason)) => {
                format!("Paused, and a person is needed: {reason}")
            }
            _ if by_us => "Paused on the cluster".to_owned(),
            _ => "Paused on the cluster. Somebody has to resume or cancel it".to_owned(),
        };
        End {
            phase,
            ..End::paused()
        }
    }

    fn not_there(&self, id: ClusterJobId) -> Error {
        Error::new(
            Code::NotFound,
            format!("Job {id} can no longer be seen on the cluster."),
        )
        .hint("CockroachDB keeps ended jobs for 14 days. Look at what is there before you start again.")
    }

    /// What to do when the cluster did not answer: wait longer each time, or leave it for later.
    fn lost(&mut self, error: Error) -> Look {
        if !is_passing(&error) {
            return Look::Left(End {
                error: Some(error.clone()),
                ..End::detached(error.message)
            });
        }
        self.failures += 1;
        let wait = Duration::from_secs(u64::from(self.failures).min(10));
        self.job.unreachable(error, wait);
        Look::Again(wait)
    }
}

/// Why what a job did could not be looked at.
pub(crate) enum Unseen {
    /// The connection was closed meanwhile. Whoever follows the job again looks again.
    Left(Box<End>),
    Failed(Error),
}

impl From<Error> for Unseen {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// How often something is asked for that the cluster was there to answer, and did not.
const ATTEMPTS: u32 = 5;

/// Looks at what an ended job did. While the cluster does not answer it is waited for, as it is while the job runs: a check that was
/// cut short proves nothing.
pub(crate) async fn look<T, F>(job: &JobHandle, read: impl Fn(Arc<OpenCluster>) -> F) -> Result<T, Unseen>
where
    F: Future<Output = Result<T>>,
{
    let mut attempt = 1;
    loop {
        match read(connected(job)?).await {
            Err(error) if is_passing(&error) && attempt < ATTEMPTS => until_it_answers(job, error).await?,
            done => return done.map_err(Unseen::from),
        }
        attempt += 1;
    }
}

/// Waits for as long as it takes, or until a person stops the job.
async fn until_it_answers(job: &JobHandle, mut why: Error) -> Result<(), Unseen> {
    let try_now = job.try_now();
    let before = job.snapshot().map(|job| job.phase).unwrap_or_default();
    let mut seconds = 1;
    loop {
        let wait = Duration::from_secs(seconds);
        job.unreachable(why.clone(), wait);
        tokio::select! {
            biased;
            _ = job.signal_changed(Signal::Run) => return Err(Unseen::Failed(why)),
            () = sleep(wait) => {}
            () = try_now.notified() => {}
        }
        job.trying();
        match connected(job)?.reach().await {
            Ok(()) => break job.state(JobState::Running, before),
            Err(error) if is_passing(&error) => why = error,
            Err(error) => return Err(Unseen::Failed(error)),
        }
        seconds = (seconds + 1).min(10);
    }
    Ok(())
}

fn connected(job: &JobHandle) -> Result<Arc<OpenCluster>, Unseen> {
    job.cluster()
        .map_err(|error| Unseen::Left(Box::new(End::detached(error.message))))
}

/// The cluster may answer again by itself.
fn is_passing(error: &Error) -> bool {
    matches!(
        error.code,
        Code::ConnectionLost | Code::CannotConnect | Code::ClusterBusy | Code::OutcomeUnknown
    )
}

/// How a job ended that did not succeed, with the cluster's reason.
pub(crate) fn failure(job: &ClusterJob, what: &str) -> Error {
    let reason = job
        .error
        .clone()
        .unwrap_or_else(|| "The cluster gives no reason.".to_owned());
    let known = Refusal::of_message(&reason).map(Refusal::told);
    let (message, hint) = match known {
        Some((message, hint)) => (format!("{what} failed. {message}"), Some(hint)),
        None => (format!("{what} failed: {reason}"), None),
    };
    let code = match Refusal::of_message(&reason) {
        Some(Refusal::FilesMissing) => Code::Corrupt,
        Some(Refusal::DatabaseExists) => Code::AlreadyExists,
        _ => Code::Internal,
    };
    let error = Error::new(code, message).detail(format!("job {}: {reason}", job.id));
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// Seconds from the job's beginning to its end, as the cluster tells them.
pub(crate) fn duration_seconds(job: &ClusterJob) -> Option<u64> {
    let seconds = (job.finished? - job.created?).num_seconds();
    u64::try_from(seconds).ok()
}

/// The cluster's job: of an earlier run, looked for where one may have begun it, or started now. `known` are the jobs that were
/// there before a statement was sent.
pub(crate) async fn started<F>(
    job: &JobHandle,
    traces: Traces<'_>,
    known: Option<&[i64]>,
    start: impl FnOnce(Arc<OpenCluster>) -> F,
) -> Result<ClusterJobId, End>
where
    F: Future<Output = Result<ClusterJobId>>,
{
    let failed = |error| End::failed(error, None);
    if let Some(id) = job.snapshot().map_err(failed)?.cluster_job_id {
        return Ok(ClusterJobId(id));
    }
    let open = job.cluster().map_err(|error| End::detached(error.message))?;
    let found = match known {
        Some(known) => find_again(&open, &traces, known).await,
        None if job.signal() == Signal::Cancel => return Err(End::cancelled(None, None)),
        None => start(open).await,
    };
    let id = found.map_err(|error| not_started(error, known.is_some()))?;
    job.set_cluster_job_id(id.0).await.map_err(failed)?;
    Ok(id)
}

/// Finds the job of a statement that may have been sent before the app was closed. It is not sent again.
async fn find_again(open: &OpenCluster, traces: &Traces<'_>, known: &[i64]) -> Result<ClusterJobId> {
    let known = known.iter().map(|id| ClusterJobId(*id)).collect();
    traces.find(open.readable(), &known).await?.ok_or_else(|| {
        Error::new(
            Code::OutcomeUnknown,
            "Roachvault was closed while this was being started, and no such job can be seen.",
        )
        .hint("Look at what is on the cluster before you start it again.")
    })
}

/// The end of a run that has no job to watch. Once the statement may have been sent, a broken
/// connection is no end: the job is looked for when the cluster can be reached again.
fn not_started(error: Error, may_have_been_sent: bool) -> End {
    match error.code {
        Code::OutcomeUnknown => End::unknown(error, None),
        _ if may_have_been_sent && is_passing(&error) => End::detached(error.message),
        _ => End::failed(error, None),
    }
}
