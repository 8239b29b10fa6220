//! Jobs: long work that the cluster does in the background, whose state everybody can see.
//!
//! A job is a record that is kept with the cluster's data. Statements only change the record (ask it to pause, say); the
//! thread that does the work reads it at every step and follows. So a job outlives the connection that started it, and a
//! restart of the server: records that are not final are taken up again.

use serde::{Deserialize, Serialize};

use super::backup::BackupWork;
use super::restore::RestoreWork;
use crate::clock::Timestamp;
use crate::cluster::unique_row_id;
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::Session;

/// Under which kind records are kept.
const KEPT: &str = "job";

/// A job's state, as SHOW JOBS names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Pending,
    Running,
    PauseRequested,
    Paused,
    CancelRequested,
    Reverting,
    Succeeded,
    Failed,
    Canceled,
    RevertFailed,
}

impl Status {
    /// As clients see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Pending => "pending",
            Status::Running => "running",
            Status::PauseRequested => "pause-requested",
            Status::Paused => "paused",
            Status::CancelRequested => "cancel-requested",
            Status::Reverting => "reverting",
            Status::Succeeded => "succeeded",
            Status::Failed => "failed",
            Status::Canceled => "canceled",
            Status::RevertFailed => "revert-failed",
        }
    }

    /// Whether nothing changes any more.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Status::Succeeded | Status::Failed | Status::Canceled | Status::RevertFailed
        )
    }

    /// Whether a thread has to work on it.
    pub const fn needs_work(self) -> bool {
        !self.is_final() && !matches!(self, Status::Paused)
    }
}

/// An error in a form that can be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptError {
    pub sqlstate: String,
    pub message: String,
    pub hint: Option<String>,
}

impl From<&SqlError> for KeptError {
    fn from(error: &SqlError) -> Self {
        Self {
            sqlstate: error.sqlstate.to_string(),
            message: error.message.clone(),
            hint: error.hint.clone(),
        }
    }
}

impl From<KeptError> for SqlError {
    fn from(error: KeptError) -> Self {
        Self {
            sqlstate: error.sqlstate.into(),
            message: error.message,
            hint: error.hint,
            detail: None,
            fatal: false,
        }
    }
}

/// What a job does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Work {
    Backup(BackupWork),
    Restore(RestoreWork),
    /// The second half of an online restore, which copies what the first one linked.
    BackgroundDownload,
}

/// A job's record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    pub id: i64,
    /// `BACKUP` or `RESTORE`.
    pub kind: String,
    pub description: String,
    pub statement: String,
    pub user: String,
    pub status: Status,
    pub running_status: Option<String>,
    pub created: Timestamp,
    pub started: Option<Timestamp>,
    pub finished: Option<Timestamp>,
    pub modified: Timestamp,
    /// 0 to 1.
    pub fraction: f64,
    pub error: Option<KeptError>,
    pub pause_reason: Option<String>,
    pub schedule: Option<i64>,
    /// Rows and logical bytes of the result.
    pub rows: u64,
    pub bytes: u64,
    pub work: Work,
}

impl Job {
    /// A job that waits for its thread.
    pub fn new(session: &Session, kind: &str, description: String, statement: String, work: Work) -> Job {
        let now = session.now();
        Job {
            id: unique_row_id(now),
            kind: kind.to_owned(),
            description,
            statement,
            user: session.user().to_owned(),
            status: Status::Running,
            running_status: None,
            created: now,
            started: None,
            finished: None,
            modified: now,
            fraction: 0.0,
            error: None,
            pause_reason: None,
            schedule: None,
            rows: 0,
            bytes: 0,
            work,
        }
    }

    /// Writes the record, in the session's transaction.
    pub fn save(&mut self, session: &mut Session) -> SqlResult<()> {
        self.modified = session.now();
        let body = serde_json::to_string(self).map_err(|error| {
            SqlError::new(
                sqlstate::INTERNAL,
                format!("job record cannot be written: {error}"),
            )
        })?;
        session.keep(KEPT, &self.id.to_string(), Some(&body))
    }

    /// The record with this id.
    pub fn load(session: &mut Session, id: i64) -> SqlResult<Option<Job>> {
        session
            .kept(KEPT, &id.to_string())?
            .map(|body| read(&body))
            .transpose()
    }

    /// Every record, oldest first.
    pub fn all(session: &mut Session) -> SqlResult<Vec<Job>> {
        let mut jobs = session
            .kept_all(KEPT)?
            .iter()
            .map(|(_, body)| read(body))
            .collect::<SqlResult<Vec<Job>>>()?;
        jobs.sort_by_key(|job| job.id);
        Ok(jobs)
    }

    /// Takes secrets out of a record that will not run again.
    pub fn forget_secrets(&mut self) {
        match &mut self.work {
            Work::Backup(work) => work.forget_secrets(),
            Work::Restore(work) => work.forget_secrets(),
            Work::BackgroundDownload => {}
        }
    }

    /// Removes the record.
    pub fn forget(session: &mut Session, id: i64) -> SqlResult<()> {
        session.keep(KEPT, &id.to_string(), None)
    }
}

fn read(body: &str) -> SqlResult<Job> {
    serde_json::from_str(body)
        .map_err(|error| SqlError::new(sqlstate::INTERNAL, format!("job record cannot be read: {error}")))
}
