//! Jobs on the wire: one stream of whole snapshots, and what a person may ask of a job.

use chrono::{DateTime, Utc};
use roachvault_core::error::{Code, Error};
use roachvault_core::job::{self, JobChanges, JobId, JobSnapshot};
use serde::Serialize;
use tauri::ipc::Channel;
use ts_rs::TS;
use uuid::Uuid;

use crate::host;
use crate::ipc::IpcError;
use crate::state::AppState;

#[derive(Debug, Clone, Copy, Serialize, TS)]
#[serde(rename_all = "camelCase")]
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
    Compare,
    BringBack,
}

#[derive(Debug, Clone, Copy, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum JobState {
    Queued,
    Running,
    Paused,
    /// Nothing moves for a reason that should pass; `phase` says which.
    Waiting,
    Cancelling,
    Reverting,
    /// The app ended in the middle of it. It can be resumed.
    Interrupted,
    Succeeded,
    PartlyDone,
    Failed,
    Cancelled,
    Unknown,
}

#[derive(Debug, Clone, Copy, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ProgressUnit {
    Bytes,
    Files,
    Rows,
    Percent,
}

#[derive(Debug, Clone, Copy, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct JobProgress {
    pub done: u64,
    /// Absent while unknown.
    pub total: Option<u64>,
    pub unit: ProgressUnit,
}

/// What can be asked of the job now.
#[derive(Debug, Clone, Copy, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct JobPossible {
    pub pause: bool,
    pub resume: bool,
    pub cancel: bool,
    pub retry_failed: bool,
    pub dismiss: bool,
    /// It has brought something to this computer.
    pub show_in_folder: bool,
}

/// The cluster could not be asked about the job since a moment. What the job does meanwhile is not known.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Outage {
    /// When it was first asked without an answer.
    pub since: DateTime<Utc>,
    /// Absent while it is being tried.
    pub next_try: Option<DateTime<Utc>>,
    pub why: IpcError,
}

/// What a person asked of a cluster job and the cluster was not told yet.
#[derive(Debug, Clone, Copy, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Asked {
    Pause,
    Cancel,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(tag = "end", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum FileEnd {
    Done {
        /// Hex digest of the whole file, where it was computed.
        sha256: Option<String>,
    },
    Skipped {
        why: String,
    },
    Failed {
        error: IpcError,
    },
}

/// `source` and `target` are local paths, or userfile names without their leading slash.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FileResult {
    pub source: String,
    pub target: String,
    pub size_bytes: u64,
    pub end: FileEnd,
}

/// What a count of a restored table says.
#[derive(Debug, Clone, Copy, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum RowVerdict {
    Match,
    Differs,
    /// As many rows as the live table had at that moment.
    MatchesLive,
    /// The live table had another number of rows then; it may not be the one that was backed up.
    DiffersFromLive,
    Missing,
    /// It is there; the backup does not tell how many rows it had at the restored moment.
    NotComparable,
    /// It is there; counting it failed.
    NotCounted,
}

/// One table after a restore, as `public.accounts`.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RowProof {
    pub table: String,
    pub expected_rows: Option<u64>,
    pub found_rows: Option<u64>,
    pub verdict: RowVerdict,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum JobOutcome {
    Files {
        done: u64,
        skipped: u64,
        failed: u64,
        done_bytes: u64,
        /// Failed ones first, and not more than 500; the counts tell the rest.
        results: Vec<FileResult>,
        notes: Vec<String>,
    },
    Backup {
        /// Secrets masked; names the collection in other commands.
        collection: String,
        /// Absent when it could not be told.
        subdirectory: Option<String>,
        /// Logical size of what this backup added.
        size_bytes: Option<u64>,
        rows: Option<u64>,
        /// The moment it holds.
        end_time: Option<DateTime<Utc>>,
        duration_seconds: Option<u64>,
        /// It was read back and its files are there.
        checked: bool,
        /// One sentence.
        verdict: String,
    },
    Restore {
        /// Where the data is found now.
        database: String,
        /// Its name in the backup.
        from_database: String,
        collection: String,
        subdirectory: String,
        moment: Option<DateTime<Utc>>,
        tables: Vec<RowProof>,
        /// Every table is there with the row count of the backup.
        all_match: bool,
        /// One sentence.
        verdict: String,
        /// GRANT statements for what the restore did not bring along.
        lost_grants: Vec<String>,
        /// All of the database, not some of its tables.
        whole: bool,
        /// The database was made by this restore, and holds nothing else.
        is_new_database: bool,
        /// What the tables came without.
        losses: Vec<Loss>,
        /// For each table that the live database has too.
        bring_back: Vec<BringBack>,
        /// Tables that the live database does not have any more, as `public.accounts`.
        not_live: Vec<String>,
        /// Puts the restored database in the place of the live one.
        swap: Option<String>,
    },
    Comparison {
        /// The restored one.
        database: String,
        live_database: String,
        tables: Vec<TableComparison>,
        /// One sentence.
        verdict: String,
    },
    BringBack {
        /// The restored one, from which rows were copied.
        database: String,
        live_database: String,
        tables: Vec<BroughtBack>,
        /// One sentence.
        verdict: String,
    },
}

/// A restored table beside the live one of its name.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TableComparison {
    /// As `public.accounts`.
    pub table: String,
    pub result: Compared,
    /// Columns that only one of the two has. They were left out.
    pub only_restored: Vec<String>,
    pub only_live: Vec<String>,
    /// The statement that lists its changed rows, where there are any.
    pub list_changed: Option<String>,
}

/// What a comparison of one table came to.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
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
    /// So many rows are counted only when it is asked for.
    Large {
        rows: u64,
    },
    /// The comparison was cancelled before.
    NotReached,
    Failed {
        error: IpcError,
    },
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BroughtBack {
    /// As `public.accounts`.
    pub table: String,
    pub inserted: u64,
    /// Counted at the end; absent where it could not be.
    pub still_missing: Option<u64>,
    /// Why rows stayed out, and what to do about it. A sentence each.
    pub reasons: Vec<String>,
}

/// Something that restored tables come without.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Loss {
    /// Without a full stop.
    pub text: String,
    /// What brings it back, where there is such a statement.
    pub sql: Option<String>,
}

/// The statement that copies missing rows of a table into the live one.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BringBack {
    /// As `public.accounts`.
    pub table: String,
    pub sql: String,
}

/// The whole of a job at one moment.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    pub id: Uuid,
    pub kind: JobKind,
    pub connection_id: Uuid,
    pub connection_name: String,
    /// The job that it goes on from: of a comparison, and of what is brought back, the restore.
    pub follows: Option<Uuid>,
    pub title: String,
    pub state: JobState,
    /// What is happening now, in a few words; may be empty.
    pub phase: String,
    pub progress: JobProgress,
    pub bytes_per_second: Option<u64>,
    pub seconds_left: Option<u64>,
    pub created_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    /// CockroachDB's id of a backup or restore.
    pub cluster_job_id: Option<String>,
    pub error: Option<IpcError>,
    /// Present while the cluster does not answer.
    pub outage: Option<Outage>,
    /// Sent as soon as the cluster can be asked.
    pub asked: Option<Asked>,
    pub outcome: Option<JobOutcome>,
    /// The state will not change any more.
    pub ended: bool,
    /// It succeeded and all of what it did was checked.
    pub fully_checked: bool,
    /// Out of the way; it stays in the history.
    pub dismissed: bool,
    pub can: JobPossible,
}

/// What changed since the last message. The first has `full` set.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct JobsMessage {
    /// `jobs` is the whole list, newest first: forget what was known.
    pub full: bool,
    pub jobs: Vec<Job>,
    /// Forgotten ones.
    pub removed: Vec<Uuid>,
}

/// Sends the full list, then changes, until the channel's window is gone. Answers at once.
pub async fn watch_jobs(state: &AppState, channel: Channel<JobsMessage>) -> Result<(), IpcError> {
    let mut watch = state.jobs.watch();
    tauri::async_runtime::spawn(async move {
        while let Some(changes) = watch.next().await {
            if channel.send(changes.into()).is_err() {
                return;
            }
        }
    });
    Ok(())
}

pub async fn list_jobs(state: &AppState) -> Result<Vec<Job>, IpcError> {
    Ok(state.jobs.list().into_iter().map(Job::from).collect())
}

pub async fn cancel_job(state: &AppState, id: Uuid) -> Result<(), IpcError> {
    Ok(state.jobs.cancel(JobId(id)).await?)
}

pub async fn pause_job(state: &AppState, id: Uuid) -> Result<(), IpcError> {
    Ok(state.jobs.pause(JobId(id)).await?)
}

pub async fn resume_job(state: &AppState, id: Uuid) -> Result<(), IpcError> {
    Ok(state.jobs.resume(JobId(id)).await?)
}

/// Answers the id of the new job that takes the old one's place.
pub async fn retry_failed(state: &AppState, id: Uuid) -> Result<Uuid, IpcError> {
    Ok(state.jobs.retry_failed(JobId(id)).await?.0)
}

/// Takes an ended job out of the way. It stays in the list.
pub async fn dismiss_job(state: &AppState, id: Uuid) -> Result<(), IpcError> {
    Ok(state.jobs.dismiss(JobId(id)).await?)
}

/// Opens the system's file manager where the job's first file lies.
pub async fn show_in_folder(state: &AppState, id: Uuid) -> Result<(), IpcError> {
    let job = state.jobs.get(JobId(id))?;
    let path = job.local_file().ok_or_else(nothing_here)?.to_owned();
    Ok(host::reveal::reveal(path).await?)
}

fn nothing_here() -> Error {
    Error::new(
        Code::InvalidInput,
        "This job has brought nothing to this computer.",
    )
}

/// Forgets every job that has ended.
pub async fn clear_job_history(state: &AppState) -> Result<(), IpcError> {
    Ok(state.jobs.clear_history().await?)
}

impl From<JobChanges> for JobsMessage {
    fn from(changes: JobChanges) -> Self {
        Self {
            full: changes.full,
            jobs: changes.jobs.into_iter().map(Job::from).collect(),
            removed: changes.removed.into_iter().map(|id| id.0).collect(),
        }
    }
}

impl From<JobSnapshot> for Job {
    fn from(job: JobSnapshot) -> Self {
        let can = job.possible();
        let fully_checked = job.is_fully_checked();
        Self {
            id: job.id.0,
            kind: job.kind.into(),
            connection_id: job.connection.id.0,
            connection_name: job.connection.name,
            follows: job.follows.map(|id| id.0),
            title: job.title,
            state: job.state.into(),
            phase: job.phase,
            progress: JobProgress {
                done: job.progress.done,
                total: job.progress.total,
                unit: match job.progress.unit {
                    job::Unit::Bytes => ProgressUnit::Bytes,
                    job::Unit::Files => ProgressUnit::Files,
                    job::Unit::Rows => ProgressUnit::Rows,
                    job::Unit::Percent => ProgressUnit::Percent,
                },
            },
            bytes_per_second: job.bytes_per_second,
            seconds_left: job.seconds_left,
            created_at: job.created_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
            cluster_job_id: job.cluster_job_id.map(|id| id.to_string()),
            error: job.error.map(IpcError::from),
            outage: job.outage.map(|outage| Outage {
                since: outage.since,
                next_try: outage.next_try,
                why: outage.why.into(),
            }),
            asked: job.asked.map(Asked::from),
            outcome: job.outcome.map(JobOutcome::from),
            ended: job.state.is_final(),
            fully_checked,
            dismissed: job.dismissed,
            can: JobPossible {
                pause: can.pause,
                resume: can.resume,
                cancel: can.cancel,
                retry_failed: can.retry_failed,
                dismiss: can.dismiss,
                show_in_folder: can.show_in_folder,
            },
        }
    }
}

impl From<job::Outcome> for JobOutcome {
    fn from(outcome: job::Outcome) -> Self {
        match outcome {
            job::Outcome::Files(files) => Self::Files {
                done: files.done,
                skipped: files.skipped,
                failed: files.failed,
                done_bytes: files.done_bytes,
                results: files.results.into_iter().map(FileResult::from).collect(),
                notes: files.notes,
            },
            job::Outcome::Backup(backup) => Self::Backup {
                collection: backup.collection,
                subdirectory: backup.subdirectory,
                size_bytes: backup.size_bytes,
                rows: backup.rows,
                end_time: backup.end_time,
                duration_seconds: backup.duration_seconds,
                checked: backup.checked,
                verdict: backup.verdict,
            },
            job::Outcome::Restore(restore) => Self::Restore {
                database: restore.database,
                from_database: restore.from_database,
                collection: restore.collection,
                subdirectory: restore.subdirectory,
                moment: restore.moment,
                tables: restore.tables.into_iter().map(RowProof::from).collect(),
                all_match: restore.all_match,
                verdict: restore.verdict,
                lost_grants: restore.lost_grants,
                whole: restore.whole,
                is_new_database: restore.is_new_database,
                losses: restore.losses.into_iter().map(Loss::from).collect(),
                bring_back: restore.bring_back.into_iter().map(BringBack::from).collect(),
                not_live: restore.not_live,
                swap: restore.swap,
            },
            job::Outcome::Comparison(comparison) => Self::Comparison {
                database: comparison.database,
                live_database: comparison.live_database,
                tables: comparison.tables.into_iter().map(TableComparison::from).collect(),
                verdict: comparison.verdict,
            },
            job::Outcome::BringBack(back) => Self::BringBack {
                database: back.database,
                live_database: back.live_database,
                tables: back.tables.into_iter().map(BroughtBack::from).collect(),
                verdict: back.verdict,
            },
        }
    }
}

impl From<job::TableComparison> for TableComparison {
    fn from(table: job::TableComparison) -> Self {
        Self {
            table: table.table,
            result: match table.result {
                job::Compared::Counted {
                    missing,
                    changed,
                    only_live,
                } => Compared::Counted {
                    missing,
                    changed,
                    only_live,
                },
                job::Compared::NotLive => Compared::NotLive,
                job::Compared::NoKey => Compared::NoKey,
                job::Compared::OtherKey => Compared::OtherKey,
                job::Compared::Large { rows } => Compared::Large { rows },
                job::Compared::NotReached => Compared::NotReached,
                job::Compared::Failed { error } => Compared::Failed { error: error.into() },
            },
            only_restored: table.only_restored,
            only_live: table.only_live,
            list_changed: table.list_changed,
        }
    }
}

impl From<job::BroughtBack> for BroughtBack {
    fn from(table: job::BroughtBack) -> Self {
        Self {
            table: table.table,
            inserted: table.inserted,
            still_missing: table.still_missing,
            reasons: table.reasons,
        }
    }
}

impl From<job::Loss> for Loss {
    fn from(loss: job::Loss) -> Self {
        Self {
            text: loss.text,
            sql: loss.sql,
        }
    }
}

impl From<job::BringBack> for BringBack {
    fn from(found: job::BringBack) -> Self {
        Self {
            table: found.table,
            sql: found.sql,
        }
    }
}

impl From<job::RowProof> for RowProof {
    fn from(proof: job::RowProof) -> Self {
        Self {
            table: proof.table,
            expected_rows: proof.expected_rows,
            found_rows: proof.found_rows,
            verdict: proof.verdict.into(),
        }
    }
}

impl From<job::FileResult> for FileResult {
    fn from(result: job::FileResult) -> Self {
        Self {
            source: result.source,
            target: result.target,
            size_bytes: result.size_bytes,
            end: match result.end {
                job::FileEnd::Done { sha256 } => FileEnd::Done { sha256 },
                job::FileEnd::Skipped { why } => FileEnd::Skipped { why },
                job::FileEnd::Failed { error } => FileEnd::Failed { error: error.into() },
            },
        }
    }
}

/// Translates an enum whose variants are the same on both sides.
macro_rules! same_variants {
    ($from:path => $to:ident { $($variant:ident),* $(,)? }) => {
        impl From<$from> for $to {
            fn from(value: $from) -> Self {
                type From = $from;
                match value { $(From::$variant => Self::$variant,)* }
            }
        }
    };
}

same_variants!(job::JobKind => JobKind {
    Upload, Download, DeleteFiles, Digest, CopyFiles, Undelete, Repair, CopyToCluster, ExportArchive,
    ImportArchive, Backup, Restore, Compare, BringBack,
});
same_variants!(job::JobState => JobState {
    Queued, Running, Paused, Waiting, Cancelling, Reverting, Interrupted, Succeeded, PartlyDone, Failed,
    Cancelled, Unknown,
});
same_variants!(job::Asked => Asked { Pause, Cancel });
same_variants!(job::RowVerdict => RowVerdict {
    Match, Differs, MatchesLive, DiffersFromLive, Missing, NotComparable, NotCounted,
});
