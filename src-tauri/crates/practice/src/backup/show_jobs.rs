//! SHOW JOBS and its kin.

use std::time::Duration;

use super::Backups;
use super::bind::Parameters;
use super::job::{Job, Status};
use crate::catalog::{Catalog, Privilege, PrivilegeTarget};
use crate::datum::{Datum, Row};
use crate::emulate::Version;
use crate::error::SqlResult;
use crate::session::{Outcome, Rows, Session};
use crate::stmt::{Ids, ShowJobs, ShowJobsOptions};
use crate::types::SqlType;

/// Finished jobs stay in the list this long (cluster time); by id they stay reachable.
const LISTED_FOR: Duration = Duration::from_secs(12 * 3600);

/// Descriptions longer than this are shortened in lists from v24.1 on.
const LISTED_DESCRIPTION: usize = 70;

/// Whether the statement asks for jobs in full.
fn in_full(show: &ShowJobs) -> bool {
    matches!(show, ShowJobs::Ids(_) | ShowJobs::WhenComplete(_))
}

/// Which columns the release shows, by name.
pub fn columns(session: &Session, show: &ShowJobs, options: ShowJobsOptions) -> Vec<(&'static str, SqlType)> {
    let version = session.cluster().version();
    let (text, int, time) = (SqlType::STRING, SqlType::Int8, super::time_type(session));
    let old = version <= Version::V23_2;
    let full = old || in_full(show);
    let mut columns = vec![
        ("job_id", int.clone()),
        ("job_type", text.clone()),
        ("description", text.clone()),
    ];
    if full {
        columns.push(("statement", text.clone()));
    }
    columns.extend([
        ("user_name", text.clone()),
        ("status", text.clone()),
        ("running_status", text.clone()),
        ("created", time.clone()),
    ]);
    // Gone in v25.3.
    if version <= Version::V24_3 {
        columns.push(("started", time.clone()));
    }
    columns.extend([
        ("finished", time.clone()),
        ("modified", time.clone()),
        ("fraction_completed", SqlType::Float8),
        ("error", text.clone()),
        ("coordinator_id", int.clone()),
    ]);
    if full {
        columns.push(("trace_id", int.clone()));
    }
    if old {
        columns.extend([("last_run", time.clone()), ("next_run", time), ("num_runs", int)]);
    }
    if full {
        columns.push(("execution_errors", SqlType::string_array()));
    }
    if options.resolved_timestamp {
        columns.push(("resolved_timestamp", SqlType::DECIMAL));
    }
    if options.execution_details {
        columns.extend([
            ("plan_diagram", text),
            ("component_fraction_progressed", SqlType::Jsonb),
        ]);
    }
    columns
}

/// Cuts a description in the middle: its beginning and its end tell jobs apart.
fn shortened(description: &str) -> String {
    let length = description.chars().count();
    if length <= LISTED_DESCRIPTION {
        return description.to_owned();
    }
    let head: String = description.chars().take(44).collect();
    let tail: String = description.chars().skip(length - 23).collect();
    format!("{head} … {tail}")
}

fn value(job: &Job, column: &str, list: bool) -> Datum {
    let time = |at: Option<crate::clock::Timestamp>| Datum::from(at.map(crate::clock::Timestamp::to_storage));
    match column {
        "job_id" => job.id.into(),
        "job_type" => job.kind.as_str().into(),
        "description" if list => shortened(&job.description).into(),
        "description" => job.description.as_str().into(),
        "statement" => job.statement.as_str().into(),
        "user_name" => job.user.as_str().into(),
        "status" => job.status.as_str().into(),
        "running_status" => {
            let shown = match job.status {
                Status::Paused | Status::PauseRequested => job.pause_reason.clone(),
                _ => job.running_status.clone(),
            };
            shown.into()
        }
        "created" => time(Some(job.created)),
        "started" | "last_run" => time(job.started),
        "finished" => time(job.finished),
        "modified" => time(Some(job.modified)),
        "fraction_completed" => job.fraction.into(),
        "error" => job
            .error
            .as_ref()
            .map_or("", |error| error.message.as_str())
            .into(),
        "coordinator_id" if job.status.is_final() => Datum::Null,
        "coordinator_id" | "num_runs" => 1.into(),
        "trace_id" => 0.into(),
        "execution_errors" => Datum::text_array(Vec::<String>::new()),
        _ => Datum::Null,
    }
}

/// The rows of these jobs with the columns a release shows.
fn rows(session: &Session, jobs: &[Job], show: &ShowJobs, options: ShowJobsOptions) -> Rows {
    let columns = columns(session, show, options);
    let list = !in_full(show) && session.cluster().version() > Version::V23_2;
    let mut rows = Rows::with_columns(columns.clone());
    for job in jobs {
        let row: Row = columns.iter().map(|(name, _)| value(job, name, list)).collect();
        rows.push(row);
    }
    rows
}

/// Whether the user sees the job: admins, those who may view or control jobs, and its owner.
pub fn is_visible(catalog: &Catalog, user: &str, job: &Job) -> bool {
    catalog.is_admin(user)
        || catalog.identities(user).contains(&job.user)
        || catalog.has_privilege(user, PrivilegeTarget::System, Privilege::ViewJob)
        || catalog.has_role_option(user, "CONTROLJOB")
}

/// The jobs the session's user sees, with these columns.
pub fn visible(session: &mut Session, columns: &[&str]) -> SqlResult<Vec<Row>> {
    let catalog = session.catalog()?;
    let user = session.user().to_owned();
    Ok(Job::all(session)?
        .iter()
        .filter(|job| is_visible(&catalog, &user, job))
        .map(|job| columns.iter().map(|column| value(job, column, false)).collect())
        .collect())
}

/// The ids a statement names.
pub fn ids(session: &mut Session, ids: &Ids, parameters: Parameters<'_>) -> SqlResult<Vec<i64>> {
    match ids {
        Ids::One(number) => Ok(vec![parameters.number(*number)?]),
        Ids::Query(query) => {
            let answer = session.query(query, parameters.0)?;
            Ok(answer
                .rows
                .iter()
                .filter_map(|row| row.first().and_then(Datum::as_int))
                .collect())
        }
    }
}

/// Runs SHOW JOBS in any of its forms.
pub fn run(
    backups: &Backups,
    session: &mut Session,
    show: &ShowJobs,
    options: ShowJobsOptions,
    parameters: Parameters<'_>,
) -> SqlResult<Outcome> {
    let catalog = session.catalog()?;
    let user = session.user().to_owned();
    if let ShowJobs::WhenComplete(which) = show {
        for id in ids(session, which, parameters)? {
            let visible = Job::load(session, id)?.is_some_and(|job| is_visible(&catalog, &user, &job));
            if visible {
                backups.runner.wait_for(session, id)?;
            }
        }
    }
    let mut jobs: Vec<Job> = match show {
        ShowJobs::Ids(which) | ShowJobs::WhenComplete(which) => {
            let mut found = Vec::new();
            for id in ids(session, which, parameters)? {
                found.extend(Job::load(session, id)?);
            }
            found
        }
        ShowJobs::ForSchedules(which) => {
            let schedules = ids(session, which, parameters)?;
            let of_them = |job: &Job| job.schedule.is_some_and(|schedule| schedules.contains(&schedule));
            Job::all(session)?.into_iter().filter(of_them).collect()
        }
        ShowJobs::Recent => {
            let since = session.now().minus(LISTED_FOR);
            let recent = |job: &Job| job.finished.is_none_or(|finished| finished >= since);
            Job::all(session)?.into_iter().filter(recent).collect()
        }
        // The practice cluster does nothing by itself and has no changefeeds.
        ShowJobs::Automatic | ShowJobs::Changefeeds => Vec::new(),
    };
    jobs.retain(|job| is_visible(&catalog, &user, job));
    if !in_full(show) {
        jobs.sort_by_key(|job| (job.status.is_final(), std::cmp::Reverse(job.id)));
    }
    Ok(Outcome::rows(rows(session, &jobs, show, options)))
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn long_descriptions_keep_both_ends() {
        let long = "BACKUP DATABASE a INTO ".repeat(10);
        let short = shortened(&long);
        assert_eq!(short.chars().count(), 70);
        assert!(short.starts_with("BACKUP DATABASE") && short.contains(" … ") && short.ends_with("INTO "));
        assert_eq!(shortened("BACKUP"), "BACKUP");
    }
}
