//! How a kind of job is run, and how a run ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::handle::JobHandle;
use super::model::{FilesOutcome, JobKind, JobState, Outcome};
use crate::error::Error;

/// Runs a job from what its [`JobHandle`] says: from the start, or from where it was left.
///
/// A run must look at the cluster for what is already done instead of trusting its memory: it may
/// be the second run of the same job, after a pause or in another process. A run that finds
/// [`super::Signal::Cancel`] cleans up and returns [`End::cancelled`].
pub type Run = Arc<dyn Fn(JobHandle) -> BoxFuture<'static, End> + Send + Sync>;

/// Which kind of job is run by what. Filled once, when the app is put together.
#[derive(Clone, Default)]
pub struct Runs {
    by_kind: BTreeMap<JobKind, Run>,
    after_each: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl Runs {
    #[must_use]
    pub fn with<F, T>(mut self, kinds: &[JobKind], run: F) -> Self
    where
        F: Fn(JobHandle) -> T + Clone + Send + Sync + 'static,
        T: Future<Output = End> + Send + 'static,
    {
        for kind in kinds {
            let run = run.clone();
            self.by_kind
                .insert(*kind, Arc::new(move |handle| Box::pin(run(handle))));
        }
        self
    }

    /// Called after every run, before its end is told: what was remembered of a cluster may be wrong now.
    #[must_use]
    pub fn after_each(mut self, after: impl Fn() + Send + Sync + 'static) -> Self {
        self.after_each = Some(Arc::new(after));
        self
    }

    pub(super) fn ended(&self) {
        if let Some(after) = &self.after_each {
            after();
        }
    }

    pub(super) fn get(&self, kind: JobKind) -> Option<Run> {
        self.by_kind.get(&kind).cloned()
    }
}

/// How a run ended. `Paused` and `Waiting` are ends of a run, not of the job.
#[derive(Debug, Clone)]
pub struct End {
    pub state: JobState,
    pub phase: String,
    pub error: Option<Error>,
    pub outcome: Option<Outcome>,
}

impl End {
    fn new(state: JobState, error: Option<Error>, outcome: Option<Outcome>) -> Self {
        Self {
            state,
            phase: String::new(),
            error,
            outcome,
        }
    }

    pub fn succeeded(outcome: Outcome) -> Self {
        Self::new(JobState::Succeeded, None, Some(outcome))
    }

    pub fn failed(error: Error, outcome: Option<Outcome>) -> Self {
        Self::new(JobState::Failed, Some(error), outcome)
    }

    pub fn partly_done(error: Option<Error>, outcome: Outcome) -> Self {
        Self::new(JobState::PartlyDone, error, Some(outcome))
    }

    /// `left_behind` tells what could not be removed, if anything.
    pub fn cancelled(left_behind: Option<Error>, outcome: Option<Outcome>) -> Self {
        Self::new(JobState::Cancelled, left_behind, outcome)
    }

    pub fn unknown(error: Error, outcome: Option<Outcome>) -> Self {
        Self::new(JobState::Unknown, Some(error), outcome)
    }

    pub fn paused() -> Self {
        Self::new(JobState::Paused, None, None)
    }

    /// A cluster job that cannot be seen at present; it is taken up again when its connection opens.
    pub fn detached(phase: impl Into<String>) -> Self {
        Self {
            phase: phase.into(),
            ..Self::new(JobState::Waiting, None, None)
        }
    }

    /// Succeeded, partly done or failed, as the files say.
    pub fn of_files(outcome: FilesOutcome) -> Self {
        let first_error = outcome.results.iter().find_map(|result| match &result.end {
            super::model::FileEnd::Failed { error } => Some(error.clone()),
            _ => None,
        });
        match (outcome.failed, outcome.done + outcome.skipped) {
            (0, _) => Self::succeeded(Outcome::Files(outcome)),
            (1.., 1..) => Self::partly_done(first_error, Outcome::Files(outcome)),
            (1.., 0) => Self::new(JobState::Failed, first_error, Some(Outcome::Files(outcome))),
        }
    }
}
