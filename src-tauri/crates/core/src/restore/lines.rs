//! Going through large tables on a connection of the job's own: a cancel is heard while a statement runs, and a
//! connection that is lost is made again.

use std::sync::Arc;
use std::time::Duration;

use roachvault_cockroach::pair::Line;
use roachvault_cockroach::{Error, ErrorKind, Result};
use tokio::time::{sleep, timeout};

use crate::cluster::OpenCluster;
use crate::error::{Error as CoreError, Result as CoreResult};
use crate::job::{JobHandle, JobState, Signal};

const ATTEMPTS: u64 = 5;

/// How long a statement that changes something is still heard out after the job was stopped. One part takes seconds.
const GRACE: Duration = Duration::from_secs(5);

/// How long one statement may take before its connection is taken for one that leads nowhere any more. Parts take seconds; a table
/// that cannot be divided is one statement.
const SILENT_FOR: Duration = Duration::from_secs(900);

/// Why a job goes no further.
pub(super) enum Stopped {
    /// A person asked for it.
    Asked(Signal),
    Failed(CoreError),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<CoreError> for Stopped {
    fn from(error: CoreError) -> Self {
        Self::Failed(error)
    }
}

pub(super) struct Lines {
    job: JobHandle,
    open: Arc<OpenCluster>,
    line: Option<Line>,
}

impl Lines {
    pub fn new(job: &JobHandle, open: &Arc<OpenCluster>) -> Self {
        Self {
            job: job.clone(),
            open: Arc::clone(open),
            line: None,
        }
    }

    /// What a person asked for meanwhile ends it.
    pub fn go_on(&self) -> Result<(), Stopped> {
        match self.job.signal() {
            Signal::Run => Ok(()),
            asked => Err(Stopped::Asked(asked)),
        }
    }

    /// Reads, and drops what is being read when a person stops the job.
    pub async fn read<T, F>(&mut self, what: impl Fn(Line) -> F) -> Result<T, Stopped>
    where
        F: Future<Output = (Line, Result<T>)>,
    {
        let job = self.job.clone();
        tokio::select! {
            biased;
            asked = job.signal_changed(Signal::Run) => Err(Stopped::Asked(asked)),
            read = self.patiently(what) => Ok(read?),
        }
    }

    /// Sends what changes something. It is heard out when a person stops the job meanwhile, but not for good: a server that has
    /// gone silent says nothing any more. Only for what does no harm when it is sent twice, because a lost connection leaves open
    /// whether it was done.
    pub async fn write<T, F>(&mut self, what: impl Fn(Line) -> F) -> Result<T>
    where
        F: Future<Output = (Line, Result<T>)>,
    {
        let job = self.job.clone();
        let stopped = async {
            job.signal_changed(Signal::Run).await;
            sleep(GRACE).await;
        };
        tokio::select! {
            biased;
            written = self.patiently(what) => written,
            () = stopped => Err(Error::new(
                ErrorKind::OutcomeUnknown,
                "The cluster did not answer before this was stopped. The part that was under way may be there or not.",
            )),
        }
    }

    async fn patiently<T, F>(&mut self, what: impl Fn(Line) -> F) -> Result<T>
    where
        F: Future<Output = (Line, Result<T>)>,
    {
        let mut attempt = 1;
        loop {
            let error = match self.once(&what).await {
                // Who stops it waits for no further attempt.
                Err(error) if is_passing(&error) && attempt < ATTEMPTS && self.go_on().is_ok() => error,
                done => return done,
            };
            tracing::warn!(%error, "a part of a table is gone through again");
            let before = self.job.snapshot().map(|job| job.phase).unwrap_or_default();
            self.job.state(JobState::Waiting, "Reconnecting");
            sleep(Duration::from_secs(attempt)).await;
            self.job.state(JobState::Running, before);
            attempt += 1;
        }
    }

    /// A line on which something failed is not used again.
    async fn once<T, F>(&mut self, what: &impl Fn(Line) -> F) -> Result<T>
    where
        F: Future<Output = (Line, Result<T>)>,
    {
        let line = match self.line.take() {
            Some(line) => line,
            None => Line::open(self.open.readable()).await?,
        };
        let Ok((line, done)) = timeout(SILENT_FOR, what(line)).await else {
            return Err(Error::new(
                ErrorKind::OutcomeUnknown,
                format!(
                    "The cluster has not answered for {} minutes.",
                    SILENT_FOR.as_secs() / 60
                ),
            ));
        };
        if done.is_ok() {
            self.line = Some(line);
        }
        done
    }
}

/// Reads what needs no line of its own.
pub(super) async fn patiently<T, F>(read: impl Fn() -> F) -> CoreResult<T>
where
    F: Future<Output = Result<T>>,
{
    let mut attempt = 1;
    loop {
        match read().await.map_err(CoreError::from) {
            Err(error) if error.retryable && attempt < ATTEMPTS => {
                sleep(Duration::from_secs(attempt)).await;
                attempt += 1;
            }
            other => return other,
        }
    }
}

/// The same statement may work a moment later.
fn is_passing(error: &Error) -> bool {
    matches!(
        error.kind,
        ErrorKind::ConnectionLost
            | ErrorKind::CannotConnect
            | ErrorKind::OutcomeUnknown
            | ErrorKind::Retry
            | ErrorKind::Busy
    )
}
