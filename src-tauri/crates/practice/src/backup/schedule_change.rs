//! ALTER BACKUP SCHEDULE, and PAUSE, RESUME and DROP SCHEDULE.

use super::bind::Parameters;
use super::schedule::{self, Schedule};
use super::{Backups, backup, show_jobs};
use crate::catalog::{Catalog, Privilege, PrivilegeTarget};
use crate::cluster::unique_row_id;
use crate::emulate::Version;
use crate::error::{SqlError, SqlResult};
use crate::session::{Outcome, Session};
use crate::stmt::{
    self, AlterSchedule, BackupOptions, Command, ControlSchedules, Destination, FullRecurrence,
    ScheduleChange, Text,
};

fn may_change(catalog: &Catalog, user: &str, schedule: &Schedule) -> bool {
    catalog.is_admin(user)
        || catalog.identities(user).contains(&schedule.owner)
        || catalog.has_privilege(user, PrivilegeTarget::System, Privilege::RepairCluster)
}

/// PAUSE, RESUME and DROP SCHEDULE. Ids that do not exist are not counted and are no error.
pub fn control(
    session: &mut Session,
    control: &ControlSchedules,
    parameters: Parameters<'_>,
) -> SqlResult<Outcome> {
    let ids = show_jobs::ids(session, &control.ids, parameters)?;
    let verb = match control.command {
        Command::Pause => "PAUSE",
        Command::Resume => "RESUME",
        Command::Cancel => "DROP",
    };
    let mut count = 0;
    session.transaction(true, |session| {
        for id in ids {
            let catalog = session.catalog()?;
            let Some(mut found) = schedule::find(&catalog, id) else {
                continue;
            };
            if !may_change(&catalog, session.user(), &found) {
                return Err(SqlError::privilege(format!(
                    "must have REPAIRCLUSTER privilege or be owner of the schedule {id} to {verb} it"
                )));
            }
            match control.command {
                Command::Pause => {
                    found.next_run = None;
                    found.save(session)?;
                }
                Command::Resume => {
                    if found.is_paused() {
                        found.plan_next(session.now())?;
                        found.state = None;
                        found.save(session)?;
                    }
                }
                Command::Cancel => drop_pair(session, &catalog, &found)?,
            }
            count += 1;
        }
        Ok(())
    })?;
    Ok(Outcome::done(format!("{verb} SCHEDULES {count}")))
}

/// Dropping the full schedule drops the incremental one (old releases leave it, and it cannot be changed any more);
/// dropping that one frees the full one of it.
fn drop_pair(session: &mut Session, catalog: &Catalog, dropped: &Schedule) -> SqlResult<()> {
    Schedule::drop(session, dropped.id)?;
    let Some(mut other) = dropped.dependent.and_then(|id| schedule::find(catalog, id)) else {
        return Ok(());
    };
    if !dropped.incremental {
        return if session
            .cluster()
            .version()
            .differences()
            .schedules_are_dropped_in_pairs
        {
            Schedule::drop(session, other.id)
        } else {
            Ok(())
        };
    }
    other.dependent = None;
    other.unpause_on_success = None;
    other.save(session)
}

/// The pair a schedule belongs to.
#[derive(Clone, PartialEq)]
struct Pair {
    incremental: Option<Schedule>,
    full: Schedule,
}

impl Pair {
    fn find(catalog: &Catalog, id: i64) -> SqlResult<Pair> {
        let found = schedule::find(catalog, id)
            .ok_or_else(|| SqlError::plain(format!("schedule with ID {id} does not exist")))?;
        let other = found.dependent.and_then(|id| schedule::find(catalog, id));
        match (found.incremental, other) {
            (false, other) => Ok(Pair {
                incremental: other,
                full: found,
            }),
            (true, Some(full)) => Ok(Pair {
                incremental: Some(found),
                full,
            }),
            (true, None) => Err(SqlError::plain(format!(
                "incremental backup schedule {id} has no corresponding full backup schedule; drop schedule {id} and recreate"
            ))),
        }
    }

    fn both(&mut self) -> impl Iterator<Item = &mut Schedule> {
        self.incremental.iter_mut().chain(std::iter::once(&mut self.full))
    }
}

fn at_most_once(alter: &AlterSchedule) -> SqlResult<()> {
    let (mut recurring, mut full) = (0, 0);
    for change in &alter.changes {
        match change {
            ScheduleChange::Recurring(_) => recurring += 1,
            ScheduleChange::FullBackup(_) => full += 1,
            ScheduleChange::With(options) if options.detached.is_some() => {
                return Err(SqlError::plain(
                    "DETACHED is required for scheduled backups and cannot be altered",
                ));
            }
            _ => {}
        }
    }
    if recurring > 1 {
        return Err(SqlError::plain("can specify SET RECURRING at most once"));
    }
    if full > 1 {
        return Err(SqlError::plain("can specify SET FULL BACKUP at most once"));
    }
    Ok(())
}

/// ALTER BACKUP SCHEDULE.
pub fn alter(
    backups: &Backups,
    session: &mut Session,
    alter: &AlterSchedule,
    parameters: Parameters<'_>,
) -> SqlResult<Outcome> {
    let id = parameters.number(alter.schedule)?;
    at_most_once(alter)?;
    loop {
        let found = Pair::find(&*session.catalog()?, id)?;
        let mut changed = changed(backups, session, alter, parameters, found.clone())?;
        let dropped = found
            .incremental
            .as_ref()
            .filter(|_| changed.incremental.is_none());
        // The dry run may take its time and writes in transactions of its own, so it cannot stand inside this one. What was
        // changed meanwhile by a run of the schedule or by somebody else is not written over: it is read again.
        let kept = session.transaction(true, |session| {
            if Pair::find(&*session.catalog()?, id)? != found {
                return Ok(false);
            }
            if let Some(incremental) = dropped {
                Schedule::drop(session, incremental.id)?;
            }
            changed.both().try_for_each(|schedule| schedule.save(session))?;
            Ok(true)
        })?;
        if kept {
            backups.runner.wake();
            let changed: Vec<Schedule> = changed.both().map(|schedule| schedule.clone()).collect();
            return schedule::result(session, &changed);
        }
    }
}

/// A pair as ALTER BACKUP SCHEDULE wants it, tried with a dry run; nothing is saved.
fn changed(
    backups: &Backups,
    session: &mut Session,
    alter: &AlterSchedule,
    parameters: Parameters<'_>,
    mut pair: Pair,
) -> SqlResult<Pair> {
    let catalog = session.catalog()?;
    let user = session.user().to_owned();
    if pair.both().any(|schedule| !may_change(&catalog, &user, schedule)) {
        return Err(SqlError::privilege(
            "must be admin or the owner of the schedules being altered, or have REPAIRCLUSTER privilege",
        ));
    }
    let (mut recurring, mut full) = (None, None);
    for change in &alter.changes {
        match change {
            ScheduleChange::Label(label) => {
                let label = parameters.text(label)?;
                pair.both().for_each(|schedule| schedule.label.clone_from(&label));
            }
            ScheduleChange::Collection(uris) => {
                let uris: Vec<Text> = parameters.texts(uris)?.into_iter().map(Text::Literal).collect();
                change_statements(&mut pair, |backup| backup.collection.clone_from(&uris))?;
            }
            ScheduleChange::With(options) => {
                let options = schedule::bound_options(options, parameters)?;
                change_statements(&mut pair, |backup| merge(&mut backup.options, &options))?;
            }
            ScheduleChange::Option(option) => {
                let read = schedule::read_options(session, std::slice::from_ref(option), parameters)?;
                apply_options(&mut pair, &read);
            }
            ScheduleChange::Recurring(text) => recurring = Some(parameters.text(text)?),
            ScheduleChange::FullBackup(text) => full = Some(text.clone()),
            ScheduleChange::Execute { full } => {
                let now = session.now();
                match (&mut pair.incremental, full) {
                    (Some(incremental), false) => incremental.next_run = Some(now),
                    _ => pair.full.next_run = Some(now),
                }
            }
        }
    }
    let checked = pair.full.backup()?;
    backup::check_one_kind_of_key(
        checked.options.encryption_passphrase.is_some(),
        !checked.options.kms.is_empty(),
    )?;
    backup::plan(backups, session, &checked, parameters)
        .map_err(|error| error.wrap("failed to dry run backup"))?;
    if recurring.is_some() || full.is_some() {
        change_recurrence(session, &mut pair, recurring, full, parameters)?;
    }
    Ok(pair)
}

fn change_statements(pair: &mut Pair, change: impl Fn(&mut stmt::Backup)) -> SqlResult<()> {
    for schedule in pair.both() {
        let mut backup = schedule.backup()?;
        change(&mut backup);
        schedule.set_backup(&backup);
    }
    Ok(())
}

/// Sets what is given; an empty string takes the option away.
fn merge(options: &mut BackupOptions, changes: &BackupOptions) {
    fn text(slot: &mut Option<Text>, change: Option<&Text>) {
        if let Some(change) = change {
            *slot = (*change != Text::literal("")).then(|| change.clone());
        }
    }
    fn list(slot: &mut Vec<Text>, change: &[Text]) {
        if !change.is_empty() {
            *slot = if change == [Text::literal("")] {
                Vec::new()
            } else {
                change.to_vec()
            };
        }
    }
    options.revision_history = changes.revision_history.or(options.revision_history);
    options.include_all_virtual_clusters = changes
        .include_all_virtual_clusters
        .or(options.include_all_virtual_clusters);
    options.updates_cluster_monitoring_metrics = changes
        .updates_cluster_monitoring_metrics
        .or(options.updates_cluster_monitoring_metrics);
    options.strict_storage_locality |= changes.strict_storage_locality;
    text(
        &mut options.encryption_passphrase,
        changes.encryption_passphrase.as_ref(),
    );
    text(
        &mut options.execution_locality,
        changes.execution_locality.as_ref(),
    );
    list(&mut options.kms, &changes.kms);
    list(&mut options.incremental_location, &changes.incremental_location);
}

fn apply_options(pair: &mut Pair, read: &schedule::ScheduleOptions) {
    for schedule in pair.both() {
        if let Some(value) = &read.on_execution_failure {
            schedule.on_execution_failure.clone_from(value);
        }
        if let Some(value) = &read.on_previous_running
            && !schedule.incremental
        {
            schedule.on_previous_running.clone_from(value);
        }
        if let Some(value) = read.updates_metric {
            schedule.updates_metric = value;
        }
        if let Some(first_run) = read.first_run
            && !schedule.is_paused()
        {
            schedule.next_run = Some(first_run);
        }
    }
}

/// Sets how often the pair runs, with an incremental schedule or without one as that asks for.
fn change_recurrence(
    session: &Session,
    pair: &mut Pair,
    recurring: Option<String>,
    full: Option<FullRecurrence>,
    parameters: Parameters<'_>,
) -> SqlResult<()> {
    let now = session.now();
    let current = pair
        .incremental
        .as_ref()
        .map_or(&pair.full.recurrence, |incremental| &incremental.recurrence);
    let recurring = recurring.unwrap_or_else(|| current.clone());
    let full = full.unwrap_or_else(|| {
        if pair.incremental.is_some() {
            FullRecurrence::Cron(Text::literal(&pair.full.recurrence))
        } else {
            FullRecurrence::Always
        }
    });
    let (incremental, full) = schedule::recurrences(&recurring, Some(&full), parameters, now)?;
    let paused = pair.full.is_paused() && session.cluster().version() >= Version::V25_4;
    if pair.full.recurrence != full {
        pair.full.recurrence = full;
        if !paused {
            pair.full.plan_next(now)?;
        }
    }
    match (incremental, &mut pair.incremental) {
        (Some(recurrence), Some(there)) => {
            if there.recurrence != recurrence {
                there.recurrence = recurrence;
                if !there.is_paused() {
                    there.plan_next(now)?;
                }
            }
        }
        (Some(recurrence), None) => {
            let mut made = Schedule {
                id: unique_row_id(now),
                incremental: true,
                recurrence,
                dependent: Some(pair.full.id),
                unpause_on_success: None,
                on_previous_running: "WAIT".to_owned(),
                ..pair.full.clone()
            };
            let mut backup = pair.full.backup()?;
            backup.into = Destination::Latest;
            made.set_backup(&backup);
            if session.cluster().version() < Version::V23_1 {
                // A recorded case shows it: they begin at once.
                made.plan_next(now)?;
            } else {
                // Whether there is a full backup to build on is not known, so they wait for the next one.
                made.next_run = None;
                made.state = Some(schedule::WAITING.to_owned());
                pair.full.unpause_on_success = Some(made.id);
            }
            pair.full.dependent = Some(made.id);
            pair.incremental = Some(made);
        }
        (None, Some(_)) => {
            pair.incremental = None;
            pair.full.dependent = None;
            pair.full.unpause_on_success = None;
        }
        (None, None) => {}
    }
    Ok(())
}
