//! Watching all jobs at a bearable pace.
//!
//! A transfer reports far more often than a screen can draw. A watcher therefore takes whatever
//! changed since it last looked, and looks at most about seven times a second. It cannot fall
//! behind and the last change is never lost.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::model::{JobId, JobSnapshot};
use super::registry::Jobs;

const PACE: Duration = Duration::from_millis(150);

/// What changed since the last look.
#[derive(Debug, Clone)]
pub struct JobChanges {
    /// `jobs` is the full list; forget what was known before.
    pub full: bool,
    pub jobs: Vec<JobSnapshot>,
    /// Dismissed ones.
    pub removed: Vec<JobId>,
}

/// See the module.
#[derive(Debug)]
pub struct Watch {
    jobs: Jobs,
    version: watch::Receiver<u64>,
    seen: Option<u64>,
    last_look: Option<Instant>,
}

impl Watch {
    pub(super) fn new(jobs: Jobs, version: watch::Receiver<u64>) -> Self {
        Self {
            jobs,
            version,
            seen: None,
            last_look: None,
        }
    }

    /// The full list at the first call, then changes as they come. `None` when the registry is gone.
    pub async fn next(&mut self) -> Option<JobChanges> {
        if self.seen.is_some() {
            self.version.changed().await.ok()?;
        }
        if let Some(last) = self.last_look {
            tokio::time::sleep_until(last + PACE).await;
        }
        self.last_look = Some(Instant::now());
        self.version.mark_unchanged();
        let (changes, version) = self.jobs.changes_since(self.seen);
        self.seen = Some(version);
        Some(changes)
    }
}
