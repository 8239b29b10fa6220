//! Schedules: backups that the cluster takes by itself, on its own clock.
//!
//! A schedule goes on without the app, so what it will do is said before it is made: when it runs, what it costs, how long
//! what it takes is kept. It counts as made, paused, resumed or gone only when the cluster's list says so.

mod change;
mod plan;
mod recurrence;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use roachvault_cockroach::cron::Cron;
use roachvault_cockroach::job::ClusterJob;
use roachvault_cockroach::schedule::{self as db, ScheduleId, ScheduleRequested, ScheduledTargets};
use roachvault_cockroach::version::Version;
use roachvault_cockroach::{StorageUri, backup};

use crate::backup::{ClusterRuns, Keys};
use crate::cluster::{ConnectionId, OpenCluster};
use crate::error::{Code, Error, Result};
use crate::plan::{PlanId, Plans, counted, listed};

pub use change::{ScheduleChangePlan, ScheduleChangeWish};
pub use plan::{PlannedRun, SchedulePlan, ScheduleWish};
pub use recurrence::{Recurrence, TimeOfDay};

/// A schedule as a list shows it.
#[derive(Debug, Clone)]
pub struct Schedule {
    pub found: db::Schedule,
    /// Such as “bank”, “2 tables of bank” or “the whole cluster”.
    pub subject: String,
    /// Short, for reading: where its backups go.
    pub collection_name: String,
    /// Of its most frequent backups.
    pub recurrence: RecurrenceWords,
    /// Of its full backups, where incremental ones lie between them.
    pub full_recurrence: Option<RecurrenceWords>,
    pub state: ScheduleState,
    /// `None`: it has not run yet, or this user may not see the run.
    pub last_run: Option<ClusterJob>,
}

/// How often, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecurrenceWords {
    /// “Every day at 02:00 UTC”.
    pub words: String,
    /// When it next comes true where that is once a day at most, so that the local time can be said.
    pub told_by: Option<DateTime<Utc>>,
    /// The choice it comes from.
    pub choice: Recurrence,
}

impl RecurrenceWords {
    /// What cannot be read is told as it was written.
    fn of(expression: &str, now: DateTime<Utc>) -> Self {
        match Cron::parse(expression) {
            Ok(cron) => Self::of_cron(&cron, now),
            Err(_) => Self {
                words: format!("By the cron expression {expression}, in UTC"),
                told_by: None,
                choice: Recurrence::of(expression),
            },
        }
    }

    fn of_cron(cron: &Cron, now: DateTime<Utc>) -> Self {
        Self {
            words: cron.words(),
            told_by: cron.has_one_time().then(|| cron.next(now)).flatten(),
            choice: Recurrence::of(&cron.to_string()),
        }
    }
}

/// Whether a schedule goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleState {
    Active,
    Paused,
    /// Full backups are paused and incremental ones are not, or the other way round.
    PartlyPaused,
}

/// What dropping a schedule would do.
#[derive(Debug, Clone)]
pub struct DropPlan {
    pub id: PlanId,
    pub connection: ConnectionId,
    pub schedule: Schedule,
    /// Exactly what will be sent.
    pub sql: String,
    /// On production the connection's name.
    pub name_to_type: Option<String>,
}

/// A schedule's statement, for reading.
#[derive(Debug, Clone)]
pub struct ScheduleSql {
    pub sql: String,
    /// Only the backup that it takes: the rest is told to administrators alone.
    pub is_backup_only: bool,
}

/// Reading the last run takes a statement for each schedule.
const AT_ONCE: usize = 3;
/// Of longer lists only the first are asked for their last run.
const LOOKED_INTO: usize = 60;

/// The schedules of all connections.
#[derive(Clone)]
pub struct Schedules {
    keys: Arc<Keys>,
    plans: Arc<Plans<SchedulePlan>>,
    changes: Arc<Plans<ScheduleChangePlan>>,
    drops: Arc<Plans<DropPlan>>,
}

impl Schedules {
    /// With the keys of storage that backups know as well.
    pub fn new(runs: &ClusterRuns) -> Self {
        Self {
            keys: runs.keys(),
            plans: Arc::default(),
            changes: Arc::default(),
            drops: Arc::default(),
        }
    }

    /// Every backup schedule that the user may see, each with its last run.
    pub async fn list(&self, open: &OpenCluster) -> Result<Vec<Schedule>> {
        let cluster = open.readable();
        let now = Utc::now();
        let found = db::list_schedules(cluster).await?;
        let told = futures_util::stream::iter(found.into_iter().enumerate())
            .map(|(position, found)| async move {
                let last_run = match position < LOOKED_INTO {
                    // Who may not see jobs sees the schedules all the same.
                    true => db::last_run(cluster, &found).await.ok().flatten(),
                    false => None,
                };
                Schedule::told(open, found, last_run, now)
            })
            .buffered(AT_ONCE);
        Ok(told.collect().await)
    }

    /// Reads and answers what would happen. Sends nothing that changes anything.
    pub async fn plan_schedule(&self, open: &OpenCluster, wish: ScheduleWish) -> Result<SchedulePlan> {
        let plan = plan::plan(open, &self.keys, wish).await?;
        self.plans.keep(plan.id, plan.clone());
        Ok(plan)
    }

    /// Creates what was planned, and answers it as the cluster's list has it.
    pub async fn create(
        &self,
        find: impl FnOnce(ConnectionId) -> Result<Arc<OpenCluster>>,
        id: PlanId,
    ) -> Result<Schedule> {
        let plan = self.plans.take(id)?;
        let open = find(plan.connection)?;
        let cluster = open.writable()?;
        plan::recheck(&open, &plan).await?;
        let created = db::create_schedule(cluster, &plan.request).await?;
        self.keys
            .remember(open.id, plan.request.backup.collection.clone());
        let found = find_again(&open, created).await?.ok_or_else(|| {
            Error::new(
                Code::OutcomeUnknown,
                "The cluster said that the schedule was made, but it is not among the schedules.",
            )
            .hint("Look at the list of schedules before you create it again.")
        })?;
        plan::is_as_planned(&found, &plan)?;
        Ok(Schedule::told(&open, found, None, Utc::now()))
    }

    /// No more runs until it is resumed. A run that is under way goes on. `typed` is the connection's name as typed, which
    /// production asks for.
    pub async fn pause(&self, open: &OpenCluster, id: ScheduleId, typed: Option<&str>) -> Result<()> {
        open.confirmed(&open.name, typed)?;
        let after = self.change(open, id, ScheduleRequested::Pause).await?;
        match after.is_paused() {
            true => Ok(()),
            false => Err(not_done(&after, "paused")),
        }
    }

    /// Goes on at its next time; what was missed meanwhile is not made up for.
    pub async fn resume(&self, open: &OpenCluster, id: ScheduleId) -> Result<()> {
        open.writable()?;
        let after = self.change(open, id, ScheduleRequested::Resume).await?;
        match after.is_paused() || after.is_partly_paused() {
            true => Err(not_done(&after, "resumed")),
            false => Ok(()),
        }
    }

    /// Has a backup taken out of turn, a full one or what comes next. The cluster starts it within a minute.
    pub async fn run(&self, open: &OpenCluster, id: ScheduleId, full: bool) -> Result<()> {
        let cluster = open.writable()?;
        if !can_run_now(open) {
            return Err(Error::new(
                Code::Unsupported,
                "This cluster's release cannot run a schedule out of turn.",
            )
            .hint("From v24.1 on it can. Take a backup under Backups instead."));
        }
        let found = existing(open, id).await?;
        if found.is_paused() {
            let told = format!("{} is paused, and running it would resume it.", found.label);
            return Err(Error::new(Code::InvalidInput, told).hint("Resume it first, then run it."));
        }
        Ok(db::run_schedule(cluster, &found, full).await?)
    }

    /// Reads and answers what would change. Sends nothing that changes anything.
    pub async fn plan_change(
        &self,
        open: &OpenCluster,
        id: ScheduleId,
        wish: ScheduleChangeWish,
    ) -> Result<ScheduleChangePlan> {
        let plan = change::plan(open, id, wish).await?;
        self.changes.keep(plan.id, plan.clone());
        Ok(plan)
    }

    /// `typed` is the connection's name as typed, which production asks for: other times may be fewer backups.
    pub async fn change_planned(
        &self,
        find: impl FnOnce(ConnectionId) -> Result<Arc<OpenCluster>>,
        id: PlanId,
        typed: Option<&str>,
    ) -> Result<Schedule> {
        let plan = self.changes.take(id)?;
        let changed = match find(plan.connection) {
            Ok(open) => change::start(&open, &plan, typed).await,
            Err(error) => Err(error),
        };
        if changed.is_err() {
            // A mistyped name must not cost the plan.
            self.changes.keep(id, plan);
        }
        changed
    }

    /// Reads and answers what would happen.
    pub async fn plan_drop(&self, open: &OpenCluster, id: ScheduleId) -> Result<DropPlan> {
        let found = existing(open, id).await?;
        let plan = DropPlan {
            id: PlanId::new(),
            connection: open.id,
            sql: db::change_statement(&found, ScheduleRequested::Drop).unwrap_or_default(),
            schedule: Schedule::told(open, found, None, Utc::now()),
            name_to_type: open.name_to_type(),
        };
        self.drops.keep(plan.id, plan.clone());
        Ok(plan)
    }

    /// `typed` is the connection's name as typed, which production asks for.
    pub async fn drop(
        &self,
        find: impl FnOnce(ConnectionId) -> Result<Arc<OpenCluster>>,
        id: PlanId,
        typed: Option<&str>,
    ) -> Result<()> {
        let plan = self.drops.take(id)?;
        let dropped = drop_planned(find, &plan, typed).await;
        if dropped.is_err() {
            // A mistyped name must not cost the plan.
            self.drops.keep(id, plan);
        }
        dropped
    }

    /// The statement that would make it again; for others than administrators the backup that it takes.
    pub async fn sql(&self, open: &OpenCluster, id: ScheduleId) -> Result<ScheduleSql> {
        let whole = match db::show_create_schedule(open.readable(), id)
            .await
            .map_err(Error::from)
        {
            Ok(whole) => whole,
            Err(error) if error.code == Code::NoPrivilege => None,
            Err(error) => return Err(error),
        };
        Ok(match whole {
            Some(sql) => ScheduleSql {
                sql,
                is_backup_only: false,
            },
            None => ScheduleSql {
                sql: existing(open, id).await?.backup.statement,
                is_backup_only: true,
            },
        })
    }

    /// Sends what is asked, and answers what the list says afterwards.
    async fn change(
        &self,
        open: &OpenCluster,
        id: ScheduleId,
        requested: ScheduleRequested,
    ) -> Result<db::Schedule> {
        let found = existing(open, id).await?;
        db::change_schedule(open.writable()?, &found, requested).await?;
        existing(open, id).await
    }
}

/// Whether the cluster's release can run a schedule out of turn.
pub fn can_run_now(open: &OpenCluster) -> bool {
    db::can_run_now(&Version::parse(&open.info.version_text))
}

async fn drop_planned(
    find: impl FnOnce(ConnectionId) -> Result<Arc<OpenCluster>>,
    plan: &DropPlan,
    typed: Option<&str>,
) -> Result<()> {
    let open = find(plan.connection)?;
    let cluster = open.confirmed(&open.name, typed)?;
    let planned = &plan.schedule.found;
    let found = existing(&open, planned.id).await?;
    if found.label != planned.label || found.backup != planned.backup {
        let told = format!("{} was changed meanwhile, so it was not deleted.", planned.label);
        return Err(Error::new(Code::PlanChanged, told).hint("Look at it again."));
    }
    db::change_schedule(cluster, &found, ScheduleRequested::Drop).await?;
    match find_again(&open, found.id).await? {
        None => Ok(()),
        Some(left) => Err(not_done(&left, "deleted")),
    }
}

async fn find_again(open: &OpenCluster, id: ScheduleId) -> Result<Option<db::Schedule>> {
    let schedules = db::list_schedules(open.readable()).await?;
    Ok(schedules.into_iter().find(|schedule| schedule.id == id))
}

async fn existing(open: &OpenCluster, id: ScheduleId) -> Result<db::Schedule> {
    find_again(open, id).await?.ok_or_else(|| {
        Error::new(Code::NotFound, "This schedule is not there any more.")
            .hint("Somebody deleted it meanwhile. Look at the list again.")
    })
}

fn not_done(schedule: &db::Schedule, what: &str) -> Error {
    Error::new(
        Code::OutcomeUnknown,
        format!(
            "The cluster did not refuse, but {} is not {what}.",
            schedule.label
        ),
    )
    .hint("Look at the list again. Somebody else may have changed it at the same moment.")
}

impl Schedule {
    fn told(
        open: &OpenCluster,
        found: db::Schedule,
        last_run: Option<ClusterJob>,
        now: DateTime<Utc>,
    ) -> Self {
        let words = |part: &db::Part| RecurrenceWords::of(&part.recurrence, now);
        let often = found.incremental.as_ref().or(found.full.as_ref());
        Self {
            subject: subject(found.backup.targets.as_ref()),
            collection_name: collection_name(open, &found.backup.collection),
            recurrence: often.map(words).unwrap_or_else(|| RecurrenceWords::of("", now)),
            full_recurrence: found.incremental.as_ref().and(found.full.as_ref()).map(words),
            state: match () {
                () if found.is_paused() => ScheduleState::Paused,
                () if found.is_partly_paused() => ScheduleState::PartlyPaused,
                () => ScheduleState::Active,
            },
            last_run,
            found,
        }
    }
}

fn subject(targets: Option<&ScheduledTargets>) -> String {
    match targets {
        Some(ScheduledTargets::Cluster) => "the whole cluster".into(),
        Some(ScheduledTargets::Databases(names)) => listed(names),
        Some(ScheduledTargets::Tables(names)) => match names.as_slice() {
            [only] => only.clone(),
            names => {
                let database = |name: &String| name.split('.').next().unwrap_or_default().to_owned();
                let mut databases: Vec<String> = names.iter().map(database).collect();
                databases.dedup();
                format!("{} of {}", counted(names.len(), "table"), listed(&databases))
            }
        },
        None => "something that Roachvault cannot read".into(),
    }
}

fn collection_name(open: &OpenCluster, collection: &[String]) -> String {
    let names: Vec<String> = collection
        .iter()
        .map(|uri| match StorageUri::parse(uri, open.readable().user()) {
            Ok(uri) => uri.name(),
            Err(_) => uri.clone(),
        })
        .collect();
    listed(&names)
}

/// The kind of one planned run.
pub type RunKind = backup::BackupKind;
