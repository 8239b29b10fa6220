//! Schedules: backups that run by themselves, on the cluster's clock.
//!
//! A schedule is a catalog entry with the BACKUP statement it runs, in clear, as the real cluster keeps it; whatever shows it
//! redacts it. A pair of schedules belongs together: the full one, and the incremental one that waits until the first full
//! backup is done.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::bind::Parameters;
use super::collection::Collection;
use super::cron::Cron;
use super::job::{Job, Work};
use super::targets::{self, Scope};
use super::{Backups, backup, redacted_form};
use crate::catalog::{Catalog, EntryKey};
use crate::clock::Timestamp;
use crate::cluster::{Cluster, unique_row_id};
use crate::datum::{Datum, format_json, parse_bool};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::{Outcome, Rows, Session};
use crate::stmt::{
    self, BackupOptions, CreateSchedule, Destination, Flag, Form, FullRecurrence, ScheduleFilter,
    ScheduleOption, Secrets, ShowSchedules, Statement, Text,
};
use crate::time_text::read_moment;
use crate::types::SqlType;

/// The kind of the catalog's entries.
pub const ENTRY: &str = "schedule";

/// How long a due schedule waits before it looks again whether its last run has ended.
const WAIT_STEP: std::time::Duration = std::time::Duration::from_secs(1);

/// What the incremental schedule waits for.
pub const WAITING: &str = "Waiting for initial backup to complete";

/// One schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    pub id: i64,
    pub label: String,
    pub owner: String,
    pub created: Timestamp,
    /// In clear.
    pub statement: String,
    pub incremental: bool,
    /// The other one of the pair.
    pub dependent: Option<i64>,
    /// Which schedule begins when this one has succeeded for the first time.
    pub unpause_on_success: Option<i64>,
    pub recurrence: String,
    /// None while it is paused.
    pub next_run: Option<Timestamp>,
    pub state: Option<String>,
    /// `START`, `SKIP` or `WAIT`.
    pub on_previous_running: String,
    /// `RETRY_SOON`, `RETRY_SCHED` or `PAUSE_SCHED`.
    pub on_execution_failure: String,
    pub updates_metric: bool,
}

impl Schedule {
    pub fn is_paused(&self) -> bool {
        self.next_run.is_none()
    }

    /// The statement it runs.
    pub fn backup(&self) -> SqlResult<stmt::Backup> {
        match stmt::parse(&self.statement) {
            Some(Ok(Statement::Backup(backup))) => Ok(*backup),
            _ => Err(SqlError::new(
                sqlstate::INTERNAL,
                format!("schedule {} has no readable statement", self.id),
            )),
        }
    }

    /// The statement as people see it.
    fn shown(&self, form: Form) -> SqlResult<String> {
        Ok(stmt::print_backup(&self.backup()?, form))
    }

    /// Replaces the statement.
    pub fn set_backup(&mut self, backup: &stmt::Backup) {
        self.statement = stmt::print_backup(backup, Secrets::Clear);
    }

    /// Writes the entry.
    pub fn save(&self, session: &mut Session) -> SqlResult<()> {
        session.put_entry(&EntryKey::new(ENTRY, self.id), Some(self))
    }

    /// Takes the entry away.
    pub fn drop(session: &mut Session, id: i64) -> SqlResult<()> {
        session.put_entry::<Schedule>(&EntryKey::new(ENTRY, id), None)
    }

    /// Sets the next run from the recurrence.
    pub fn plan_next(&mut self, now: Timestamp) -> SqlResult<()> {
        self.next_run = Some(next_run(&self.recurrence, now)?);
        Ok(())
    }
}

/// The schedule with this id.
pub fn find(catalog: &Catalog, id: i64) -> Option<Schedule> {
    let body = catalog.entries.get(&(ENTRY.to_owned(), id.to_string()))?;
    serde_json::from_value(body.clone()).ok()
}

/// Every schedule, oldest first.
pub fn all(catalog: &Catalog) -> Vec<Schedule> {
    let mut schedules: Vec<Schedule> = catalog
        .entries
        .iter()
        .filter(|((kind, _), _)| kind == ENTRY)
        .filter_map(|(_, body)| serde_json::from_value(body.clone()).ok())
        .collect();
    schedules.sort_by_key(|schedule| schedule.id);
    schedules
}

/// A schedule out of a cluster backup does not run until somebody resumes it.
pub fn paused_by_restore(body: &serde_json::Value) -> serde_json::Value {
    let mut body = body.clone();
    if let Some(object) = body.as_object_mut() {
        object.insert("next_run".into(), serde_json::Value::Null);
    }
    body
}

/// Reads a cron expression, with the server's refusal.
pub fn cron(text: &str) -> SqlResult<Cron> {
    Cron::parse(text).ok_or_else(|| {
        SqlError::plain(format!(
            "error parsing schedule expression: \"{text}\"; it must be a valid cron expression"
        ))
    })
}

fn timestamp(at: DateTime<Utc>) -> Timestamp {
    Timestamp(at.timestamp_nanos_opt().unwrap_or(i64::MAX))
}

/// The next moment of a recurrence.
pub fn next_run(recurrence: &str, now: Timestamp) -> SqlResult<Timestamp> {
    cron(recurrence)?
        .next(now.to_datetime())
        .map(timestamp)
        .ok_or_else(|| SqlError::plain(format!("schedule expression \"{recurrence}\" never comes true")))
}

/// How the recurrences of a pair follow from what was written: of the incremental one, if there is one, and of the full one.
pub fn recurrences(
    recurring: &str,
    full: Option<&FullRecurrence>,
    parameters: Parameters<'_>,
    now: Timestamp,
) -> SqlResult<(Option<String>, String)> {
    let period = |text: &str| -> SqlResult<std::time::Duration> {
        Ok(cron(text)?
            .period(now.to_datetime())
            .unwrap_or(std::time::Duration::MAX))
    };
    let often = period(recurring)?;
    match full {
        Some(FullRecurrence::Always) => Ok((None, recurring.to_owned())),
        Some(FullRecurrence::Cron(text)) => {
            let full = parameters.text(text)?;
            let rarely = period(&full)?;
            if rarely < often {
                return Err(SqlError::plain(
                    "incremental backups must occur more often than full backups",
                ));
            }
            Ok(if full == recurring {
                (None, full)
            } else {
                (Some(recurring.to_owned()), full)
            })
        }
        None if often <= std::time::Duration::from_secs(3_600) => {
            Ok((Some(recurring.to_owned()), "@daily".to_owned()))
        }
        None if often <= std::time::Duration::from_secs(86_400) => {
            Ok((Some(recurring.to_owned()), "@weekly".to_owned()))
        }
        None => Ok((None, recurring.to_owned())),
    }
}

/// The columns of CREATE SCHEDULE and ALTER BACKUP SCHEDULE.
pub const RESULT_COLUMNS: &[(&str, SqlType)] = &[
    ("schedule_id", SqlType::Int8),
    ("label", SqlType::STRING),
    ("status", SqlType::STRING),
    ("first_run", SqlType::TimestampTz),
    ("schedule", SqlType::STRING),
    ("backup_stmt", SqlType::STRING),
];

/// The rows of a pair, the incremental one first.
pub fn result(session: &Session, schedules: &[Schedule]) -> SqlResult<Outcome> {
    let form = redacted_form(session);
    let mut rows = Rows::with_columns(RESULT_COLUMNS.iter().cloned());
    for schedule in schedules {
        let status = match (&schedule.next_run, &schedule.state) {
            (Some(_), _) => "ACTIVE".to_owned(),
            (None, Some(state)) => format!("PAUSED: {state}"),
            (None, None) => "PAUSED".to_owned(),
        };
        rows.push(vec![
            schedule.id.into(),
            schedule.label.as_str().into(),
            status.into(),
            schedule.next_run.map(Timestamp::to_storage).into(),
            schedule.recurrence.as_str().into(),
            schedule.shown(form)?.into(),
        ]);
    }
    Ok(Outcome::rows(rows))
}

/// The options of a schedule itself.
#[derive(Debug, Default)]
pub struct ScheduleOptions {
    pub first_run: Option<Timestamp>,
    pub on_execution_failure: Option<String>,
    pub on_previous_running: Option<String>,
    pub ignore_existing_backups: bool,
    pub updates_metric: Option<bool>,
}

/// Reads the options of a schedule.
pub fn read_options(
    session: &mut Session,
    options: &[ScheduleOption],
    parameters: Parameters<'_>,
) -> SqlResult<ScheduleOptions> {
    let mut read = ScheduleOptions::default();
    for option in options {
        let value = parameters.maybe_text(option.value.as_ref())?;
        let text = value.clone().unwrap_or_default();
        let unexpected = || SqlError::plain(format!("unexpected value for {}: {text}", option.name));
        match option.name.as_str() {
            "first_run" if text.eq_ignore_ascii_case("now") => read.first_run = Some(session.now()),
            "first_run" => {
                read.first_run = Some(
                    read_moment(&text, true)
                        .map(Timestamp::from)
                        .ok_or_else(unexpected)?,
                );
            }
            "on_execution_failure" => {
                let meaning = match text.to_ascii_lowercase().as_str() {
                    "retry" => "RETRY_SOON",
                    "reschedule" => "RETRY_SCHED",
                    "pause" => "PAUSE_SCHED",
                    _ => {
                        return Err(SqlError::plain(format!(
                            "\"{text}\" is not a valid on_execution_error; valid values are [retry|reschedule|pause]"
                        )));
                    }
                };
                read.on_execution_failure = Some(meaning.to_owned());
            }
            "on_previous_running" => {
                let meaning = match text.to_ascii_lowercase().as_str() {
                    "start" => "NO_WAIT",
                    "skip" => "SKIP",
                    "wait" => "WAIT",
                    _ => {
                        return Err(SqlError::plain(format!(
                            "\"{text}\" is not a valid on_previous_running; valid values are [start|skip|wait]"
                        )));
                    }
                };
                read.on_previous_running = Some(meaning.to_owned());
            }
            "ignore_existing_backups" => read.ignore_existing_backups = true,
            "updates_cluster_last_backup_time_metric" => {
                let catalog = session.catalog()?;
                if !catalog.is_admin(session.user()) {
                    return Err(SqlError::privilege(
                        "only users with the admin role are allowed to change updates_cluster_last_backup_time_metric",
                    ));
                }
                read.updates_metric = Some(if value.is_none() {
                    true
                } else {
                    parse_bool(&text).map_err(|_| unexpected())?
                });
            }
            other => return Err(SqlError::plain(format!("invalid option \"{other}\""))),
        }
    }
    Ok(read)
}

/// CREATE SCHEDULE.
pub fn create(
    backups: &Backups,
    session: &mut Session,
    create: &CreateSchedule,
    parameters: Parameters<'_>,
) -> SqlResult<Outcome> {
    let catalog = session.catalog()?;
    let now = session.now();
    let label = match parameters.maybe_text(create.label.as_ref())? {
        Some(label) => label,
        None => format!("BACKUP {}", now.to_datetime().timestamp()),
    };
    if create.if_not_exists && all(&catalog).iter().any(|schedule| schedule.label == label) {
        session.notice(format!("schedule \"{label}\" already exists, skipping"));
        return result(session, &[]);
    }
    let recurring = parameters.text(&create.recurring)?;
    let (incremental, full) = recurrences(&recurring, create.full_backup.as_ref(), parameters, now)?;
    let options = read_options(session, &create.schedule_options, parameters)?;
    let (database, search_path) = (session.database().to_owned(), session.search_path());
    let scope = Scope {
        database: &database,
        search_path: &search_path,
    };
    let collection = parameters.texts(&create.collection)?;
    let statement = stmt::Backup {
        targets: targets::qualified(&catalog, scope, &create.targets).map_err(dry_run)?,
        into: Destination::New,
        collection: collection.iter().map(Text::literal).collect(),
        as_of: None,
        options: bound_options(&create.options, parameters)?,
    };
    backup::plan(backups, session, &statement, parameters).map_err(dry_run)?;
    if !options.ignore_existing_backups {
        refuse_used_collection(session, &collection)?;
    }
    let new = |id, recurrence: String, incremental: bool| -> Schedule {
        let mut schedule = Schedule {
            id,
            label: label.clone(),
            owner: session.user().to_owned(),
            created: now,
            statement: String::new(),
            incremental,
            dependent: None,
            unpause_on_success: None,
            recurrence,
            next_run: None,
            state: None,
            on_previous_running: options
                .on_previous_running
                .clone()
                .unwrap_or_else(|| "WAIT".to_owned()),
            on_execution_failure: options
                .on_execution_failure
                .clone()
                .unwrap_or_else(|| "RETRY_SCHED".to_owned()),
            updates_metric: options.updates_metric.unwrap_or(false),
        };
        let into = if incremental {
            Destination::Latest
        } else {
            Destination::New
        };
        schedule.set_backup(&stmt::Backup {
            into,
            ..statement.clone()
        });
        schedule
    };
    let mut pair = Vec::new();
    let incremental = incremental.map(|recurrence| new(unique_row_id(now), recurrence, true));
    let mut full = new(unique_row_id(now), full, false);
    if let Some(mut incremental) = incremental {
        incremental.state = Some(WAITING.to_owned());
        incremental.on_previous_running = "WAIT".to_owned();
        incremental.dependent = Some(full.id);
        full.dependent = Some(incremental.id);
        full.unpause_on_success = Some(incremental.id);
        // Nobody waits a week for the first increment: the full backup runs at once.
        full.next_run = Some(options.first_run.unwrap_or(now));
        pair.push(incremental);
    } else {
        full.next_run = Some(match options.first_run {
            Some(first_run) => first_run,
            None => next_run(&full.recurrence, now)?,
        });
    }
    pair.push(full);
    session.transaction(true, |session| {
        pair.iter().try_for_each(|schedule| schedule.save(session))
    })?;
    backups.runner.wake();
    result(session, &pair)
}

fn dry_run(error: SqlError) -> SqlError {
    error.wrap("failed to dry run backup")
}

fn refuse_used_collection(session: &mut Session, uris: &[String]) -> SqlResult<()> {
    let user = session.user().to_owned();
    let used = !Collection::open(session, &user, uris, &[])?
        .full_backups()?
        .is_empty();
    if used {
        return Err(SqlError::plain(format!(
            "backups already created in {}; to ignore existing backups, the schedule can be created with the \
             'ignore_existing_backups' option",
            uris.first()
                .map_or_else(String::new, |uri| stmt::uri::redacted(uri))
        )));
    }
    Ok(())
}

/// The options with their placeholders filled, DETACHED among them.
pub fn bound_options(options: &BackupOptions, parameters: Parameters<'_>) -> SqlResult<BackupOptions> {
    let flag = |flag: Option<Flag>| {
        flag.map(|flag| parameters.flag(flag).map(Flag::Literal))
            .transpose()
    };
    let text = |text: Option<&Text>| Ok::<_, SqlError>(parameters.maybe_text(text)?.map(Text::Literal));
    let texts = |list: &Vec<Text>| {
        Ok::<_, SqlError>(parameters.texts(list)?.into_iter().map(Text::Literal).collect())
    };
    Ok(BackupOptions {
        revision_history: flag(options.revision_history)?,
        encryption_passphrase: text(options.encryption_passphrase.as_ref())?,
        detached: Some(true),
        kms: texts(&options.kms)?,
        incremental_location: texts(&options.incremental_location)?,
        execution_locality: text(options.execution_locality.as_ref())?,
        include_all_virtual_clusters: flag(options.include_all_virtual_clusters)?,
        updates_cluster_monitoring_metrics: flag(options.updates_cluster_monitoring_metrics)?,
        strict_storage_locality: options.strict_storage_locality,
    })
}

/// The columns of SHOW SCHEDULES and its kin.
pub fn show_columns(session: &Session, show: &ShowSchedules) -> Vec<(&'static str, SqlType)> {
    let (text, int, time) = (SqlType::STRING, SqlType::Int8, SqlType::TimestampTz);
    let for_backup = match show {
        ShowSchedules::Create(_) | ShowSchedules::CreateAll => {
            return vec![("schedule_id", int), ("create_statement", text)];
        }
        ShowSchedules::List { for_backup, .. } => *for_backup,
        ShowSchedules::One(_) => false,
    };
    let mut columns = vec![
        ("id", int.clone()),
        ("label", text.clone()),
        ("schedule_status", text.clone()),
        ("next_run", time.clone()),
        ("state", text.clone()),
        ("recurrence", text.clone()),
        ("jobsrunning", int),
        ("owner", text.clone()),
        ("created", time),
    ];
    if session.cluster().version().differences().schedules_show_policies {
        columns.extend([
            ("on_previous_running", text.clone()),
            ("on_execution_failure", text.clone()),
        ]);
    }
    columns.push(("command", if for_backup { text.clone() } else { SqlType::Jsonb }));
    if for_backup {
        columns.push(("backup_type", text));
    }
    columns
}

/// What a schedule runs, as SHOW SCHEDULES has it.
fn command(schedule: &Schedule, form: Form) -> SqlResult<String> {
    let mut command =
        json!({ "backup_statement": schedule.shown(form)?, "chain_protected_timestamp_records": true });
    if let Some(object) = command.as_object_mut() {
        if schedule.incremental {
            object.insert("backup_type".into(), 1.into());
        }
        if let Some(dependent) = schedule.dependent {
            object.insert("dependent_schedule_id".into(), dependent.into());
        }
        if let Some(unpause) = schedule.unpause_on_success {
            object.insert("unpause_on_success".into(), unpause.into());
        }
    }
    Ok(format_json(&command))
}

/// SHOW SCHEDULES in any of its forms.
pub fn show(session: &mut Session, show: &ShowSchedules, parameters: Parameters<'_>) -> SqlResult<Outcome> {
    let catalog = session.catalog()?;
    let form = redacted_form(session);
    let mut rows = Rows::with_columns(show_columns(session, show));
    let schedules = all(&catalog);
    let wanted: Vec<&Schedule> = match show {
        ShowSchedules::List { filter, .. } => schedules
            .iter()
            .filter(|schedule| match filter {
                ScheduleFilter::Any => true,
                ScheduleFilter::Running => !schedule.is_paused(),
                ScheduleFilter::Paused => schedule.is_paused(),
            })
            .collect(),
        ShowSchedules::One(number) => {
            let id = parameters.number(*number)?;
            schedules.iter().filter(|schedule| schedule.id == id).collect()
        }
        ShowSchedules::Create(_) | ShowSchedules::CreateAll => {
            if !catalog.is_admin(session.user()) {
                return Err(SqlError::privilege(format!(
                    "user {} does not have admin role",
                    session.user()
                )));
            }
            let only = match show {
                ShowSchedules::Create(number) => Some(parameters.number(*number)?),
                _ => None,
            };
            for schedule in schedules
                .iter()
                .filter(|schedule| only.is_none_or(|id| schedule.id == id))
            {
                rows.push(vec![
                    schedule.id.into(),
                    create_statement(schedule, &schedules, session.now(), form)?.into(),
                ]);
            }
            return Ok(Outcome::rows(rows));
        }
    };
    let running: Vec<i64> = Job::all(session)?
        .into_iter()
        .filter(|job| !job.status.is_final())
        .filter_map(|job| job.schedule)
        .collect();
    for schedule in wanted {
        let for_backup = matches!(show, ShowSchedules::List { for_backup: true, .. });
        let count = running.iter().filter(|id| **id == schedule.id).count();
        let mut row: Vec<Datum> = vec![
            schedule.id.into(),
            schedule.label.as_str().into(),
            if schedule.is_paused() { "PAUSED" } else { "ACTIVE" }.into(),
            schedule.next_run.map(Timestamp::to_storage).into(),
            schedule.state.clone().into(),
            schedule.recurrence.as_str().into(),
            i64::try_from(count).unwrap_or(0).into(),
            schedule.owner.as_str().into(),
            schedule.created.to_storage().into(),
        ];
        if session.cluster().version().differences().schedules_show_policies {
            row.extend([
                schedule.on_previous_running.as_str().into(),
                schedule.on_execution_failure.as_str().into(),
            ]);
        }
        row.push(
            if for_backup {
                schedule.shown(form)?
            } else {
                command(schedule, form)?
            }
            .into(),
        );
        if for_backup {
            row.push(
                if schedule.incremental {
                    "INCREMENTAL"
                } else {
                    "FULL"
                }
                .into(),
            );
        }
        rows.push(row);
    }
    Ok(Outcome::rows(rows))
}

/// The statement that would make the pair again.
fn create_statement(schedule: &Schedule, all: &[Schedule], now: Timestamp, form: Form) -> SqlResult<String> {
    let backup = schedule.backup()?;
    let other = schedule
        .dependent
        .and_then(|id| all.iter().find(|other| other.id == id));
    let full = if schedule.incremental {
        other
    } else {
        Some(schedule)
    };
    let recurring = match (schedule.incremental, other) {
        (false, Some(other)) => &other.recurrence,
        _ => &schedule.recurrence,
    };
    let full_backup = match (other, full) {
        (Some(_), Some(full)) => FullRecurrence::Cron(Text::literal(&full.recurrence)),
        _ => FullRecurrence::Always,
    };
    let failure = match schedule.on_execution_failure.as_str() {
        "RETRY_SOON" => "RETRY",
        "PAUSE_SCHED" => "PAUSE",
        _ => "RESCHEDULE",
    };
    let previous = if schedule.on_previous_running == "NO_WAIT" {
        "START"
    } else {
        &schedule.on_previous_running
    };
    let first_run = schedule
        .next_run
        .unwrap_or(now)
        .to_datetime()
        .format("%Y-%m-%d %H:%M:%S+00:00")
        .to_string();
    let option = |name: &str, value: &str| ScheduleOption {
        name: name.to_owned(),
        value: Some(Text::literal(value)),
    };
    let create = CreateSchedule {
        if_not_exists: false,
        label: Some(Text::literal(&schedule.label)),
        targets: backup.targets,
        collection: backup.collection,
        options: backup.options,
        recurring: Text::literal(recurring),
        full_backup: Some(full_backup),
        schedule_options: vec![
            option("first_run", &first_run),
            option("on_execution_failure", failure),
            option("on_previous_running", previous),
        ],
    };
    Ok(Statement::CreateSchedule(Box::new(create)).print(form))
}

/// Starts a job for every schedule that is due; answers when to look again.
pub fn run_due(cluster: &Arc<Cluster>, backups: &Backups) -> SqlResult<Option<Timestamp>> {
    let mut session = Session::internal(cluster, "node")?;
    let catalog = session.catalog()?;
    let now = session.now();
    if catalog.setting("jobs.scheduler.enabled").as_deref() == Some("false") {
        return Ok(Some(now.plus(WAIT_STEP)));
    }
    let mut soonest: Option<Timestamp> = None;
    for schedule in all(&catalog) {
        let Some(due) = schedule.next_run else { continue };
        let again = if due <= now {
            run_one(cluster, &mut session, backups, schedule, now)?
        } else {
            due
        };
        soonest = Some(soonest.map_or(again, |known| known.min(again)));
    }
    Ok(soonest)
}

fn run_one(
    cluster: &Arc<Cluster>,
    session: &mut Session,
    backups: &Backups,
    mut schedule: Schedule,
    now: Timestamp,
) -> SqlResult<Timestamp> {
    let id = schedule.id;
    let running = Job::all(session)?
        .iter()
        .any(|job| job.schedule == Some(id) && !job.status.is_final());
    if running && schedule.on_previous_running == "WAIT" {
        return Ok(now.plus(WAIT_STEP));
    }
    let read = schedule.clone();
    schedule.plan_next(now)?;
    let mut job = None;
    if !(running && schedule.on_previous_running == "SKIP") {
        let mut owner = Session::internal(cluster, &schedule.owner)?;
        let statement = schedule.backup()?;
        match backup::plan(backups, &mut owner, &statement, Parameters(&[])) {
            Ok(work) => {
                let description = backup::description(session, &statement, &work);
                let printed = stmt::print_backup(&statement, redacted_form(session));
                let mut planned = Job::new(&owner, "BACKUP", description, printed, Work::Backup(work));
                planned.schedule = Some(id);
                job = Some(planned);
            }
            Err(error) => {
                schedule.state = Some(format!("failed to plan the backup: {}", error.message));
                after_failure(&mut schedule, now);
            }
        }
    }
    session.transaction(true, |session| {
        // Dropped or changed in the meantime: the next look sees it as it is now.
        if find(&*session.catalog()?, id).is_none_or(|there| there != read) {
            return Ok(now);
        }
        schedule.save(session)?;
        if let Some(job) = &mut job {
            job.save(session)?;
        }
        Ok(schedule.next_run.unwrap_or(Timestamp::FOREVER))
    })
}

fn after_failure(schedule: &mut Schedule, now: Timestamp) {
    match schedule.on_execution_failure.as_str() {
        "PAUSE_SCHED" => schedule.next_run = None,
        "RETRY_SOON" => schedule.next_run = Some(now.plus(std::time::Duration::from_secs(60))),
        _ => {}
    }
}

/// A run has ended: the first good full backup sets its increments going.
pub fn run_ended(session: &mut Session, id: i64, succeeded: bool) -> SqlResult<()> {
    session.transaction(true, |session| {
        let catalog = session.catalog()?;
        let Some(mut schedule) = find(&catalog, id) else {
            return Ok(());
        };
        let now = session.now();
        if succeeded {
            schedule.state = None;
            if let Some(mut waiting) = schedule
                .unpause_on_success
                .take()
                .and_then(|id| find(&catalog, id))
            {
                waiting.state = None;
                waiting.plan_next(now)?;
                waiting.save(session)?;
            }
        } else {
            schedule.state = Some("reschedule: the last backup failed".to_owned());
            after_failure(&mut schedule, now);
        }
        schedule.save(session)
    })
}
