//! Schedules as the screen sees them.

use chrono::{DateTime, Utc};
use roachvault_cockroach::job::JobStatus;
use roachvault_cockroach::schedule as db;
use roachvault_core::plan::can_start;
use roachvault_core::schedule as core;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

use crate::ipc::IpcError;
use crate::ipc::backups::{BackupKind, BackupRequest, BackupTargets, Collection, PlanCheck};
use crate::ipc::connections::TypedSecret;

/// The schedules of a cluster.
#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleList {
    pub schedules: Vec<Schedule>,
    /// The cluster's release can run one out of turn.
    pub can_run_now: bool,
}

/// One schedule: its full backups, and the incremental ones between them.
#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// Names the schedule in other commands.
    pub id: String,
    pub label: String,
    /// Such as “bank” or “the whole cluster”.
    pub subject: String,
    /// Redacted; more than one for a collection that is spread over localities.
    pub collection: Vec<String>,
    /// Short, for reading.
    pub collection_name: String,
    pub recurrence: Recurring,
    /// Where incremental backups lie between full ones.
    pub full_recurrence: Option<Recurring>,
    pub state: ScheduleState,
    /// Absent while it is paused.
    pub next_run: Option<DateTime<Utc>>,
    /// Runs that are under way.
    pub running: u64,
    pub last_run: Option<ScheduleRun>,
    /// What the scheduler noted, such as why a run did not begin.
    pub note: Option<String>,
    /// Incremental backups begin when the first full one is done.
    pub waits_for_full: bool,
    pub owner: Option<String>,
    pub created_at: Option<DateTime<Utc>>,
    pub revision_history: bool,
    pub encrypted: bool,
    pub on_failure: Option<OnFailure>,
    pub on_previous: Option<OnPrevious>,
}

/// How often, in words, in UTC.
#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Recurring {
    /// “Every day at 02:00 UTC”.
    pub words: String,
    /// A moment at which it comes true, where that is at one time of the day: the local time can be told by it.
    pub told_by: Option<DateTime<Utc>>,
    /// The same as it is chosen in a form.
    pub choice: Recurrence,
}

#[derive(Debug, Clone, Copy, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ScheduleState {
    Active,
    Paused,
    /// Full backups are paused and incremental ones are not, or the other way round.
    PartlyPaused,
}

/// The newest run of a schedule.
#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleRun {
    pub state: RunState,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it failed, in the cluster's words.
    pub error: Option<String>,
}

#[derive(Debug, Clone, Copy, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum RunState {
    Running,
    Paused,
    Succeeded,
    Failed,
    Cancelled,
    Unknown,
}

/// What to back up again and again, and when.
#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleRequest {
    pub label: String,
    pub targets: BackupTargets,
    /// `uri` of a collection.
    pub collection: String,
    pub revision_history: bool,
    /// Encrypts the backups. The cluster keeps it with the schedule.
    pub passphrase: Option<TypedSecret>,
    pub recurrence: Recurrence,
    /// When a full backup is taken; absent: each time.
    pub full: Option<Recurrence>,
    /// At once, not only at the next time.
    pub starts_now: bool,
    pub on_failure: OnFailure,
    pub on_previous: OnPrevious,
}

/// When something recurs. Times are in UTC.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Recurrence {
    Hourly {
        minute: u8,
    },
    Daily {
        hour: u8,
        minute: u8,
    },
    /// Sunday is 0.
    Weekly {
        weekday: u8,
        hour: u8,
        minute: u8,
    },
    Cron {
        expression: String,
    },
}

/// What the cluster does after a run that failed.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum OnFailure {
    /// Again soon.
    Retry,
    /// Again at the next time.
    Reschedule,
    Pause,
}

/// What the cluster does when it is time and the run before is not done.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum OnPrevious {
    /// Starts beside it.
    Start,
    /// Leaves this one out.
    Skip,
    /// Starts when it is done.
    Wait,
}

/// What a schedule would do. Nothing has been sent.
#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SchedulePlan {
    pub id: Uuid,
    pub label: String,
    pub subject: String,
    pub collection: Collection,
    pub recurrence: Recurring,
    pub full_recurrence: Option<Recurring>,
    /// The first run and three after it.
    pub runs: Vec<PlannedRun>,
    /// Exactly what will be sent, secrets masked.
    pub sql: String,
    pub can_start: bool,
    pub checks: Vec<PlanCheck>,
}

#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PlannedRun {
    pub at: DateTime<Utc>,
    pub kind: BackupKind,
}

/// What a schedule shall be like. What it backs up and where stays.
#[derive(Debug, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleChange {
    pub label: String,
    pub recurrence: Recurrence,
    /// When a full backup is taken; absent: each time.
    pub full: Option<Recurrence>,
}

/// What would change of a schedule. Nothing has been sent.
#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleChangePlan {
    pub plan: Uuid,
    /// As it is now.
    pub schedule: Schedule,
    pub label: String,
    pub recurrence: Recurring,
    pub full_recurrence: Option<Recurring>,
    /// The next four; none while it is paused.
    pub runs: Vec<PlannedRun>,
    /// Exactly what will be sent.
    pub sql: String,
    pub can_start: bool,
    pub checks: Vec<PlanCheck>,
    /// The name that must be typed before it is changed; null where nothing is asked.
    pub type_to_confirm: Option<String>,
}

/// What dropping a schedule would do.
#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DropSchedulePlan {
    pub plan: Uuid,
    pub schedule: Schedule,
    /// Exactly what will be sent.
    pub sql: String,
    /// The name that must be typed before it is dropped; null where nothing is asked.
    pub type_to_confirm: Option<String>,
}

#[derive(Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleSql {
    pub sql: String,
    /// Only the backup that it takes: the rest is told to administrators alone.
    pub is_backup_only: bool,
}

impl ScheduleRequest {
    pub fn decode(self) -> Result<core::ScheduleWish, IpcError> {
        let backup = BackupRequest {
            targets: self.targets,
            collection: self.collection,
            kind: BackupKind::Full,
            revision_history: self.revision_history,
            passphrase: self.passphrase,
            as_of: None,
        };
        Ok(core::ScheduleWish {
            label: self.label,
            backup: backup.decode()?,
            recurrence: self.recurrence.into(),
            full: self.full.map(core::Recurrence::from),
            starts_now: self.starts_now,
            on_failure: self.on_failure.into(),
            on_previous: self.on_previous.into(),
        })
    }
}

impl From<Recurrence> for core::Recurrence {
    fn from(recurrence: Recurrence) -> Self {
        match recurrence {
            Recurrence::Hourly { minute } => Self::Hourly { minute },
            Recurrence::Daily { hour, minute } => Self::Daily {
                time: core::TimeOfDay { hour, minute },
            },
            Recurrence::Weekly {
                weekday,
                hour,
                minute,
            } => Self::Weekly {
                weekday,
                time: core::TimeOfDay { hour, minute },
            },
            Recurrence::Cron { expression } => Self::Cron(expression),
        }
    }
}

impl From<core::Recurrence> for Recurrence {
    fn from(recurrence: core::Recurrence) -> Self {
        match recurrence {
            core::Recurrence::Hourly { minute } => Self::Hourly { minute },
            core::Recurrence::Daily { time } => Self::Daily {
                hour: time.hour,
                minute: time.minute,
            },
            core::Recurrence::Weekly { weekday, time } => Self::Weekly {
                weekday,
                hour: time.hour,
                minute: time.minute,
            },
            core::Recurrence::Cron(expression) => Self::Cron { expression },
        }
    }
}

impl ScheduleChange {
    pub fn decode(self) -> core::ScheduleChangeWish {
        core::ScheduleChangeWish {
            label: self.label,
            recurrence: self.recurrence.into(),
            full: self.full.map(core::Recurrence::from),
        }
    }
}

impl From<core::ScheduleChangePlan> for ScheduleChangePlan {
    fn from(plan: core::ScheduleChangePlan) -> Self {
        Self {
            plan: plan.id.0,
            schedule: plan.schedule.into(),
            label: plan.label,
            recurrence: plan.recurrence.into(),
            full_recurrence: plan.full_recurrence.map(Recurring::from),
            runs: plan.runs.into_iter().map(PlannedRun::from).collect(),
            sql: plan.sql,
            can_start: can_start(&plan.checks),
            checks: plan.checks.into_iter().map(PlanCheck::from).collect(),
            type_to_confirm: plan.name_to_type,
        }
    }
}

impl From<core::PlannedRun> for PlannedRun {
    fn from(run: core::PlannedRun) -> Self {
        Self {
            at: run.at,
            kind: run.kind.into(),
        }
    }
}

impl From<OnFailure> for db::OnFailure {
    fn from(on_failure: OnFailure) -> Self {
        match on_failure {
            OnFailure::Retry => Self::Retry,
            OnFailure::Reschedule => Self::Reschedule,
            OnFailure::Pause => Self::Pause,
        }
    }
}

impl From<db::OnFailure> for OnFailure {
    fn from(on_failure: db::OnFailure) -> Self {
        match on_failure {
            db::OnFailure::Retry => Self::Retry,
            db::OnFailure::Reschedule => Self::Reschedule,
            db::OnFailure::Pause => Self::Pause,
        }
    }
}

impl From<OnPrevious> for db::OnPrevious {
    fn from(on_previous: OnPrevious) -> Self {
        match on_previous {
            OnPrevious::Start => Self::Start,
            OnPrevious::Skip => Self::Skip,
            OnPrevious::Wait => Self::Wait,
        }
    }
}

impl From<db::OnPrevious> for OnPrevious {
    fn from(on_previous: db::OnPrevious) -> Self {
        match on_previous {
            db::OnPrevious::Start => Self::Start,
            db::OnPrevious::Skip => Self::Skip,
            db::OnPrevious::Wait => Self::Wait,
        }
    }
}

impl From<core::RecurrenceWords> for Recurring {
    fn from(recurrence: core::RecurrenceWords) -> Self {
        Self {
            words: recurrence.words,
            told_by: recurrence.told_by,
            choice: recurrence.choice.into(),
        }
    }
}

impl From<core::Schedule> for Schedule {
    fn from(schedule: core::Schedule) -> Self {
        let found = schedule.found;
        let waits_for_full = found.parts().any(|part| part.waits_for_full);
        // What the increments wait for is told by itself.
        let note = found
            .parts()
            .filter(|part| !part.waits_for_full)
            .find_map(|part| part.state.clone());
        let (next_run, running) = (found.next_run(), found.jobs_running());
        Self {
            id: found.id.to_string(),
            subject: schedule.subject,
            collection_name: schedule.collection_name,
            recurrence: schedule.recurrence.into(),
            full_recurrence: schedule.full_recurrence.map(Recurring::from),
            state: match schedule.state {
                core::ScheduleState::Active => ScheduleState::Active,
                core::ScheduleState::Paused => ScheduleState::Paused,
                core::ScheduleState::PartlyPaused => ScheduleState::PartlyPaused,
            },
            next_run,
            running,
            last_run: schedule.last_run.map(ScheduleRun::from),
            note,
            waits_for_full,
            label: found.label,
            owner: found.owner,
            created_at: found.created,
            collection: found.backup.collection,
            revision_history: found.backup.revision_history,
            encrypted: found.backup.encrypted,
            on_failure: found.on_failure.map(OnFailure::from),
            on_previous: found.on_previous.map(OnPrevious::from),
        }
    }
}

impl From<roachvault_cockroach::job::ClusterJob> for ScheduleRun {
    fn from(job: roachvault_cockroach::job::ClusterJob) -> Self {
        Self {
            state: match job.status {
                JobStatus::Pending
                | JobStatus::Running
                | JobStatus::CancelRequested
                | JobStatus::Reverting => RunState::Running,
                JobStatus::Paused | JobStatus::PauseRequested => RunState::Paused,
                JobStatus::Succeeded => RunState::Succeeded,
                JobStatus::Failed | JobStatus::RevertFailed => RunState::Failed,
                JobStatus::Canceled => RunState::Cancelled,
                JobStatus::Other(_) => RunState::Unknown,
            },
            started_at: job.created,
            ended_at: job.finished,
            error: job.error,
        }
    }
}

impl From<core::SchedulePlan> for SchedulePlan {
    fn from(plan: core::SchedulePlan) -> Self {
        Self {
            id: plan.id.0,
            label: plan.request.label,
            subject: plan.subject,
            collection: plan.collection.into(),
            recurrence: plan.recurrence.into(),
            full_recurrence: plan.full_recurrence.map(Recurring::from),
            runs: plan.runs.into_iter().map(PlannedRun::from).collect(),
            sql: plan.sql,
            can_start: can_start(&plan.checks),
            checks: plan.checks.into_iter().map(PlanCheck::from).collect(),
        }
    }
}

impl From<core::DropPlan> for DropSchedulePlan {
    fn from(plan: core::DropPlan) -> Self {
        Self {
            plan: plan.id.0,
            schedule: plan.schedule.into(),
            sql: plan.sql,
            type_to_confirm: plan.name_to_type,
        }
    }
}

impl From<core::ScheduleSql> for ScheduleSql {
    fn from(sql: core::ScheduleSql) -> Self {
        Self {
            sql: sql.sql,
            is_backup_only: sql.is_backup_only,
        }
    }
}
