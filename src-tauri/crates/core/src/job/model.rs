//! What a job looks like from outside.

use std::fmt;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::cluster::ConnectionId;
use crate::error::Error;

/// Names one job for its whole life, across restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub Uuid);

impl JobId {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    Upload,
    Download,
    DeleteFiles,
    Digest,
    CopyFiles,
    Undelete,
    Repair,
    CopyToCluster,
    ExportArchive,
    ImportArchive,
    Backup,
    Restore,
    /// A restored database with the live one.
    Compare,
    /// Rows that the live database lacks, out of a restored one.
    BringBack,
}

impl JobKind {
    /// The cluster does the work and goes on without us; we only watch.
    pub fn runs_on_cluster(self) -> bool {
        matches!(self, Self::Backup | Self::Restore)
    }

    /// Stopping halfway and going on later is possible, in this process or the next.
    pub fn can_pause(self) -> bool {
        matches!(
            self,
            Self::Upload
                | Self::Download
                | Self::CopyToCluster
                | Self::ExportArchive
                | Self::ImportArchive
                | Self::Backup
                | Self::Restore
                | Self::BringBack
        )
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    Queued,
    Running,
    Paused,
    /// Nothing moves for a reason that should pass: reconnecting, backing off, or a cluster job that
    /// cannot be seen until its connection is open. `phase` says which.
    Waiting,
    Cancelling,
    /// A cancelled or failed restore is taking back what it did.
    Reverting,
    /// The app ended in the middle of a local job. It can be resumed.
    Interrupted,
    Succeeded,
    PartlyDone,
    Failed,
    Cancelled,
    /// It ended, and whether it did its work could not be found out.
    Unknown,
}

impl JobState {
    /// An end state never changes again.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::PartlyDone | Self::Failed | Self::Cancelled | Self::Unknown
        )
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Bytes,
    Files,
    Rows,
    /// `done` and `total` count hundredths: a total of 100.
    Percent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub done: u64,
    /// Absent while it is not known yet.
    pub total: Option<u64>,
    pub unit: Unit,
}

/// The connection a job belongs to. The name is kept so that the job can be told of after the
/// connection was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobConnection {
    pub id: ConnectionId,
    pub name: String,
}

/// How one file of a job ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum FileEnd {
    /// Checked. `sha256` is the hex digest of the whole file where it was computed.
    Done {
        sha256: Option<String>,
    },
    Skipped {
        why: String,
    },
    Failed {
        error: Error,
    },
}

/// One file of a job. `source` and `target` are as a person reads them: a local path, or a
/// userfile name without its leading slash.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FileResult {
    pub source: String,
    pub target: String,
    pub size_bytes: u64,
    #[serde(flatten)]
    pub end: FileEnd,
}

/// The sum of a job over files.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct FilesOutcome {
    pub done: u64,
    pub skipped: u64,
    pub failed: u64,
    /// Bytes of the files that are done.
    pub done_bytes: u64,
    /// Failed ones first; at most [`FilesOutcome::MAX_RESULTS`], the counts tell the rest.
    pub results: Vec<FileResult>,
    /// Something the person should know besides, such as a slower path that had to be taken.
    pub notes: Vec<String>,
}

impl FilesOutcome {
    pub const MAX_RESULTS: usize = 500;

    /// Sums results up, failures first.
    pub fn of(results: impl IntoIterator<Item = FileResult>) -> Self {
        let mut outcome = Self::default();
        let (mut failed, mut others) = (Vec::new(), Vec::new());
        for result in results {
            match &result.end {
                FileEnd::Done { .. } => {
                    outcome.done += 1;
                    outcome.done_bytes += result.size_bytes;
                }
                FileEnd::Skipped { .. } => outcome.skipped += 1,
                FileEnd::Failed { .. } => outcome.failed += 1,
            }
            let list = if matches!(result.end, FileEnd::Failed { .. }) {
                &mut failed
            } else {
                &mut others
            };
            if list.len() < Self::MAX_RESULTS {
                list.push(result);
            }
        }
        failed.append(&mut others);
        failed.truncate(Self::MAX_RESULTS);
        outcome.results = failed;
        outcome
    }
}

/// What a count of a restored table says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowVerdict {
    /// As many rows as in the backup.
    Match,
    Differs,
    /// As many rows as the live table had at the restored moment.
    MatchesLive,
    /// The live table had another number of rows at that moment. It may be another one than was backed up.
    DiffersFromLive,
    /// The table is not there.
    Missing,
    /// The table is there; the backup does not tell how many rows it had at the restored moment.
    NotComparable,
    /// The table is there; counting it failed.
    NotCounted,
}

/// One table after a restore, compared with the backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowProof {
    /// Schema and table, as `public.accounts`.
    pub table: String,
    /// Rows in the backup, or else in the live table at that moment; absent when neither tells.
    pub expected_rows: Option<u64>,
    /// Rows found; absent when the table is missing or could not be counted.
    pub found_rows: Option<u64>,
    pub verdict: RowVerdict,
}

/// The cluster could not be asked about a job since a moment. What the job does meanwhile is not known.
#[derive(Debug, Clone)]
pub struct Outage {
    /// When it was first asked without an answer.
    pub since: DateTime<Utc>,
    /// Absent while it is being tried.
    pub next_try: Option<DateTime<Utc>>,
    pub why: Error,
}

/// What a person asked of a cluster job and the cluster was not told yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    Pause,
    Cancel,
}

/// What a job left behind, for its end card.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    Files(FilesOutcome),
    Backup(BackupOutcome),
    Restore(Box<RestoreOutcome>),
    Comparison(ComparisonOutcome),
    BringBack(BringBackOutcome),
}

/// A backup as SHOW BACKUP told of it after the job had ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BackupOutcome {
    /// The collection, secrets masked.
    pub collection: String,
    /// Such as `/2026/11/23-164500.12`, to be passed on as it is. Absent when it could not be told.
    pub subdirectory: Option<String>,
    /// Logical size of what this backup added.
    pub size_bytes: Option<u64>,
    pub rows: Option<u64>,
    /// The moment it holds.
    pub end_time: Option<DateTime<Utc>>,
    pub duration_seconds: Option<u64>,
    /// It was read back and its files are there.
    pub checked: bool,
    /// One sentence.
    pub verdict: String,
}

/// What is there after a restore.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RestoreOutcome {
    /// The name under which the data is found now.
    pub database: String,
    /// The name it had in the backup.
    pub from_database: String,
    pub collection: String,
    pub subdirectory: String,
    /// The restored moment.
    pub moment: Option<DateTime<Utc>>,
    pub tables: Vec<RowProof>,
    /// Every table is there with the row count of the backup.
    pub all_match: bool,
    /// One sentence.
    pub verdict: String,
    /// GRANT statements for what the restore did not bring along.
    pub lost_grants: Vec<String>,
    /// All of the database, not some of its tables.
    #[serde(default = "whole")]
    pub whole: bool,
    /// The database was made by this restore, and holds nothing else.
    #[serde(default)]
    pub is_new_database: bool,
    #[serde(default)]
    pub losses: Vec<Loss>,
    /// For each table that the live database has too: the statement that copies missing rows into it.
    #[serde(default)]
    pub bring_back: Vec<BringBack>,
    /// Tables that the live database does not have any more, as `public.accounts`.
    #[serde(default)]
    pub not_live: Vec<String>,
    /// Puts the restored database in the place of the live one.
    #[serde(default)]
    pub swap: Option<String>,
}

/// What is missing in the records of earlier releases: those did not tell.
fn whole() -> bool {
    true
}

/// Something that restored tables come without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// Without a full stop.
    pub text: String,
    /// What brings it back, where there is such a statement.
    pub sql: Option<String>,
}

/// How rows of one table come back into the live database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BringBack {
    /// As `public.accounts`.
    pub table: String,
    pub sql: String,
}

/// A restored database beside the live one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ComparisonOutcome {
    /// The restored one.
    pub database: String,
    pub live_database: String,
    pub tables: Vec<TableComparison>,
    /// One sentence.
    pub verdict: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TableComparison {
    /// As `public.accounts`.
    pub table: String,
    pub result: Compared,
    /// Columns that only one of the two has. They were left out.
    #[serde(default)]
    pub only_restored: Vec<String>,
    #[serde(default)]
    pub only_live: Vec<String>,
    /// The statement that lists its changed rows, where there are any.
    #[serde(default)]
    pub list_changed: Option<String>,
}

/// What a comparison of one table came to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Compared {
    Counted {
        /// Rows that only the restored table has.
        missing: u64,
        /// Rows that both have, with other values.
        changed: u64,
        /// Rows that only the live table has.
        only_live: u64,
    },
    /// The live database has no such table.
    NotLive,
    /// It was made without a primary key.
    NoKey,
    /// The primary key is another one now.
    OtherKey,
    /// So many rows are counted only when a person asks for it.
    Large {
        rows: u64,
    },
    /// It was cancelled before.
    NotReached,
    Failed {
        error: Error,
    },
}

/// What came back into the live database.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BringBackOutcome {
    /// The restored one, from which they were copied.
    pub database: String,
    pub live_database: String,
    /// In the order in which they were gone through.
    pub tables: Vec<BroughtBack>,
    /// One sentence.
    pub verdict: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BroughtBack {
    /// As `public.accounts`.
    pub table: String,
    /// Rows of which the cluster said that they were inserted.
    pub inserted: u64,
    /// Counted at the end; absent where it could not be.
    pub still_missing: Option<u64>,
    /// Why rows stayed out, and what to do about it. A sentence each.
    pub reasons: Vec<String>,
}

/// What can be asked of a job in its present state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Possible {
    pub pause: bool,
    pub resume: bool,
    pub cancel: bool,
    pub retry_failed: bool,
    pub dismiss: bool,
    /// It has brought something to this computer.
    pub show_in_folder: bool,
}

/// The whole of a job at one moment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JobSnapshot {
    pub id: JobId,
    pub kind: JobKind,
    pub connection: JobConnection,
    /// The job that it goes on from: of a comparison the restore, and of what is brought back too.
    #[serde(default)]
    pub follows: Option<JobId>,
    /// Such as “Upload 3 files to /data”.
    pub title: String,
    pub state: JobState,
    /// What is happening now, in a few words; empty when the state says it all.
    pub phase: String,
    pub progress: Progress,
    pub bytes_per_second: Option<u64>,
    pub seconds_left: Option<u64>,
    pub created_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    /// CockroachDB's id of a backup or restore. Beyond 2^53, so a string on the wire.
    pub cluster_job_id: Option<i64>,
    pub error: Option<Error>,
    /// Present while the cluster does not answer.
    #[serde(skip)]
    pub outage: Option<Outage>,
    /// Kept over a quit: it is sent when the cluster can be asked again.
    #[serde(default)]
    pub asked: Option<Asked>,
    pub outcome: Option<Outcome>,
    /// A person has seen its end and wants it out of the way. It stays in the history.
    #[serde(default)]
    pub dismissed: bool,
}

impl JobSnapshot {
    /// It succeeded, and all of what it did was checked.
    pub fn is_fully_checked(&self) -> bool {
        self.state == JobState::Succeeded
            && match &self.outcome {
                Some(Outcome::Restore(restore)) => restore.all_match,
                Some(Outcome::Backup(backup)) => backup.checked,
                Some(Outcome::Comparison(comparison)) => comparison
                    .tables
                    .iter()
                    .all(|table| matches!(table.result, Compared::Counted { .. })),
                Some(Outcome::BringBack(back)) => {
                    back.tables.iter().all(|table| table.still_missing == Some(0))
                }
                Some(Outcome::Files(_)) | None => true,
            }
    }

    pub fn possible(&self) -> Possible {
        use JobState::{Interrupted, Paused, Queued, Running, Waiting};
        let failed_files = matches!(&self.outcome, Some(Outcome::Files(files)) if files.failed > 0);
        Possible {
            pause: self.kind.can_pause()
                && self.asked.is_none()
                && matches!(self.state, Queued | Running | Waiting),
            resume: matches!(self.state, Paused | Interrupted),
            cancel: self.asked != Some(Asked::Cancel)
                && matches!(self.state, Queued | Running | Waiting | Paused | Interrupted),
            retry_failed: self.state.is_final() && !self.kind.runs_on_cluster() && failed_files,
            dismiss: self.state.is_final() && !self.dismissed,
            show_in_folder: self.state.is_final() && self.local_file().is_some(),
        }
    }

    /// The first file that it brought to this computer.
    pub fn local_file(&self) -> Option<&Path> {
        let (JobKind::Download | JobKind::ExportArchive, Some(Outcome::Files(files))) =
            (self.kind, &self.outcome)
        else {
            return None;
        };
        let done = files
            .results
            .iter()
            .find(|file| matches!(file.end, FileEnd::Done { .. }))?;
        Some(Path::new(&done.target)).filter(|path| path.is_absolute())
    }
}
