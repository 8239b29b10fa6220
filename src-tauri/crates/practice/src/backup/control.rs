//! PAUSE, RESUME and CANCEL JOB. They only ask: the job follows when it looks next.

use super::bind::Parameters;
use super::job::{Job, Status};
use super::runner::does_not_exist;
use super::{Backups, show_jobs};
use crate::catalog::Catalog;
use crate::emulate::Version;
use crate::error::{SqlError, SqlResult};
use crate::session::{Outcome, Session};
use crate::stmt::{Command, ControlJobs, ControlJobsTarget};

/// Runs the statement.
pub fn run(
    backups: &Backups,
    session: &mut Session,
    control: &ControlJobs,
    parameters: Parameters<'_>,
) -> SqlResult<Outcome> {
    let verb = match control.command {
        Command::Pause => "PAUSE",
        Command::Resume => "RESUME",
        Command::Cancel => "CANCEL",
    };
    let (ids, tag) = match &control.target {
        ControlJobsTarget::Ids(which) => (
            show_jobs::ids(session, which, parameters)?,
            format!("{verb} JOBS"),
        ),
        ControlJobsTarget::Schedules(which) => {
            let schedules = show_jobs::ids(session, which, parameters)?;
            (
                of_schedules(session, &schedules, control.command)?,
                format!("{verb} JOBS FOR SCHEDULES"),
            )
        }
        ControlJobsTarget::All(kind) => {
            let unfinished = |job: &Job| job.kind == *kind && !job.status.is_final();
            let ids = Job::all(session)?
                .into_iter()
                .filter(unfinished)
                .map(|job| job.id)
                .collect();
            (ids, format!("{verb} JOBS"))
        }
    };
    let reason = parameters.maybe_text(control.reason.as_ref())?;
    let count = ids.len();
    session.transaction(true, |session| {
        let catalog = session.catalog()?;
        for id in ids {
            let Some(mut job) = Job::load(session, id)? else {
                return Err(does_not_exist(id));
            };
            check_rights(session, &catalog, &job)?;
            ask(session, &mut job, control.command, reason.clone())?;
            job.save(session)?;
        }
        Ok(())
    })?;
    backups.runner.wake();
    Ok(Outcome::done(format!("{tag} {count}")))
}

/// The unfinished jobs of schedules that the command can apply to.
fn of_schedules(session: &mut Session, schedules: &[i64], command: Command) -> SqlResult<Vec<i64>> {
    let applies = |job: &Job| match command {
        Command::Resume => job.status == Status::Paused,
        Command::Pause | Command::Cancel => !job.status.is_final(),
    };
    let of_them = |job: &Job| job.schedule.is_some_and(|schedule| schedules.contains(&schedule));
    Ok(Job::all(session)?
        .into_iter()
        .filter(|job| of_them(job) && applies(job))
        .map(|job| job.id)
        .collect())
}

fn check_rights(session: &Session, catalog: &Catalog, job: &Job) -> SqlResult<()> {
    let user = session.user();
    let version = session.cluster().version();
    if catalog.is_admin(user) {
        return Ok(());
    }
    if catalog.has_role_option(user, "CONTROLJOB") {
        if catalog.is_admin(&job.user) {
            return Err(SqlError::privilege(
                "only admins can control jobs owned by other admins",
            ));
        }
        return Ok(());
    }
    // From v25.3 on, whoever owns a job may control it.
    if version >= Version::V25_4 && catalog.identities(user).contains(&job.user) {
        return Ok(());
    }
    Err(SqlError::privilege(format!(
        "user {user} does not have privileges for job {}",
        job.id
    )))
}

fn ask(session: &Session, job: &mut Job, command: Command, reason: Option<String>) -> SqlResult<()> {
    // The word changed about v25.1.
    let word = if session.cluster().version() >= Version::V25_4 {
        "state"
    } else {
        "status"
    };
    let refused = |what: &str| {
        Err(SqlError::plain(format!(
            "job with {word} {} cannot be {what}",
            job.status.as_str()
        )))
    };
    match (command, job.status) {
        (Command::Pause, Status::Pending | Status::Running | Status::Reverting) => {
            job.status = Status::PauseRequested;
            job.pause_reason = reason;
        }
        (Command::Pause, Status::PauseRequested | Status::Paused) => {}
        (Command::Pause, _) => return refused("requested to be paused"),
        (Command::Cancel, Status::Pending | Status::Running | Status::PauseRequested | Status::Paused) => {
            job.status = Status::CancelRequested;
        }
        (Command::Cancel, Status::CancelRequested) => {}
        (Command::Cancel, _) => return refused("requested to be canceled"),
        (Command::Resume, Status::Paused) => {
            job.status = if job.error.is_some() {
                Status::Reverting
            } else {
                Status::Running
            };
            job.pause_reason = None;
        }
        (Command::Resume, Status::Pending | Status::Running | Status::Reverting) => {}
        (Command::Resume, _) => return refused("resumed"),
    }
    Ok(())
}
