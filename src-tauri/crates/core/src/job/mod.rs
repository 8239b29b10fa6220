//! Everything that takes longer than a moment is a job, and all jobs live in one registry.
//!
//! Screens come and go; a transfer or a backup does not belong to one of them. The registry runs
//! jobs, hands out whole snapshots to whoever watches, and keeps them in a journal so that nothing
//! is forgotten when the app is closed or killed.

mod handle;
mod journal;
mod model;
mod registry;
mod run;
mod watch;

pub use handle::{JobHandle, Signal};
pub use journal::Journal;
pub use model::{
    Asked, BackupOutcome, BringBack, BringBackOutcome, BroughtBack, Compared, ComparisonOutcome, FileEnd,
    FileResult, FilesOutcome, JobConnection, JobId, JobKind, JobSnapshot, JobState, Loss, Outage, Outcome,
    Possible, Progress, RestoreOutcome, RowProof, RowVerdict, TableComparison, Unit,
};
pub use registry::{FindCluster, Jobs, NewJob};
pub use run::{End, Run, Runs};
pub use watch::{JobChanges, Watch};

#[cfg(test)]
mod tests;
