//! Jobs of the cluster: what they say, and asking them to pause, go on or stop.
//!
//! SHOW JOB is used throughout: the tables behind it are closed to ordinary users from v26.1 on.

use std::fmt;

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;

use crate::connect::Cluster;
use crate::error::{Error, ErrorKind, Result};
use crate::row;

/// CockroachDB's own number of a job. Greater than 2^53, so never a JSON number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClusterJobId(pub i64);

impl fmt::Display for ClusterJobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a job says it is doing. `status` in older releases, `state` in newer ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobStatus {
    Pending,
    Running,
    PauseRequested,
    Paused,
    CancelRequested,
    Reverting,
    Succeeded,
    Failed,
    Canceled,
    /// It could not take back what it did: somebody has to clean up.
    RevertFailed,
    /// A word this program does not know. Not taken for an end.
    Other(String),
}

impl JobStatus {
    fn parse(text: &str) -> Self {
        match text {
            "pending" => Self::Pending,
            // Older releases say that they are trying again; it is still running.
            "running" | "retry-running" => Self::Running,
            "pause-requested" => Self::PauseRequested,
            "paused" => Self::Paused,
            "cancel-requested" => Self::CancelRequested,
            "reverting" | "retry-reverting" => Self::Reverting,
            "succeeded" => Self::Succeeded,
            "failed" => Self::Failed,
            "canceled" => Self::Canceled,
            "revert-failed" => Self::RevertFailed,
            other => Self::Other(other.to_owned()),
        }
    }

    /// It will not change any more.
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Failed | Self::Canceled | Self::RevertFailed
        )
    }
}

/// One row of SHOW JOB. Columns that a release does not have are absent.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterJob {
    pub id: ClusterJobId,
    /// `BACKUP`, `RESTORE`, …
    pub kind: String,
    /// The statement with keys redacted by the server; shortened in lists.
    pub description: String,
    pub user: Option<String>,
    pub status: JobStatus,
    /// What it is at, or why it paused.
    pub running_status: Option<String>,
    /// 0 to 1.
    pub fraction: f64,
    pub created: Option<DateTime<Utc>>,
    pub finished: Option<DateTime<Utc>>,
    pub error: Option<String>,
}

impl ClusterJob {
    pub(crate) fn read(row: &PgRow) -> Option<Self> {
        let not_empty = |column| row::text(row, column).filter(|text| !text.is_empty());
        Some(Self {
            id: ClusterJobId(row::integer(row, "job_id")?),
            kind: row::text(row, "job_type").unwrap_or_default(),
            description: row::text(row, "description").unwrap_or_default(),
            user: row::text(row, "user_name"),
            status: JobStatus::parse(
                &row::text(row, "status")
                    .or_else(|| row::text(row, "state"))
                    .unwrap_or_default(),
            ),
            running_status: not_empty("running_status"),
            fraction: row::number(row, "fraction_completed")
                .unwrap_or(0.0)
                .clamp(0.0, 1.0),
            created: row::time(row, "created"),
            finished: row::time(row, "finished"),
            error: not_empty("error"),
        })
    }
}

/// One job with its full description. `None`: there is no such job, or this user may not see it;
/// the server does not tell these apart.
pub async fn show_job(cluster: &Cluster, id: ClusterJobId) -> Result<Option<ClusterJob>> {
    let rows = row::simple_query(cluster, &format!("SHOW JOB {id}")).await?;
    Ok(rows.first().and_then(ClusterJob::read))
}

/// Jobs that are not automatic: unfinished ones first, finished ones for twelve hours.
pub async fn list_jobs(cluster: &Cluster) -> Result<Vec<ClusterJob>> {
    let rows = row::simple_query(cluster, "SHOW JOBS").await?;
    Ok(rows.iter().filter_map(ClusterJob::read).collect())
}

/// What a person may ask of a job. The job follows later: look at it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobRequest {
    Pause,
    Resume,
    Cancel,
}

/// Asks. A job that has ended meanwhile is no error: the next look says how.
pub async fn ask_job(cluster: &Cluster, id: ClusterJobId, request: JobRequest) -> Result<()> {
    let word = match request {
        JobRequest::Pause => "PAUSE",
        JobRequest::Resume => "RESUME",
        JobRequest::Cancel => "CANCEL",
    };
    match row::simple_query(cluster, &format!("{word} JOB {id}")).await {
        Ok(_) => Ok(()),
        Err(error) if has_ended(&error) => Ok(()),
        Err(error) if error.message.contains("does not exist") => Err(Error {
            kind: ErrorKind::NotFound,
            message: format!("Job {id} is not on the cluster, or this user may not see it."),
            ..error
        }),
        Err(error) => Err(error),
    }
}

/// `job with status succeeded cannot be requested to be paused`, `… cannot be resumed`; newer
/// releases say `state`.
fn has_ended(error: &Error) -> bool {
    error.message.contains("cannot be requested to be") || error.message.contains("cannot be resumed")
}

#[cfg(test)]
mod tests {
    use super::JobStatus;

    #[test]
    fn an_unknown_status_is_not_an_end() {
        assert!(!JobStatus::parse("resting").is_final());
        assert!(!JobStatus::parse("retry-reverting").is_final());
        assert!(JobStatus::parse("revert-failed").is_final());
    }
}
