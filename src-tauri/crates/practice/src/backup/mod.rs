//! Backups, restores, jobs, schedules and external connections: everything of CockroachDB that is about keeping data
//! safe, on top of the engine.
//!
//! A statement comes in through [`Backups`], which is the engine's [`StatementExtension`]. BACKUP and RESTORE are planned there,
//! become job records, and are carried out by the threads of [`runner::Runner`]. What a backup writes lies in a
//! [`collection::Collection`], whose files are really read back by RESTORE and SHOW BACKUP.

// The BACKUP statement among its kin.
#[allow(clippy::module_inception)]
mod backup;
mod bind;
mod collection;
mod control;
mod cron;
mod data_file;
mod dependency;
mod encryption;
mod external_connection;
mod folder;
mod job;
mod layout;
mod manifest;
mod place;
mod restore;
mod restore_plan;
mod rewrite;
mod runner;
mod schedule;
mod schedule_change;
mod show;
mod show_jobs;
mod store;
mod targets;
#[cfg(test)]
mod tests;
mod userfile_place;

use std::sync::Arc;
use std::time::Duration;

use crate::cluster::{Cluster, StatementExtension};
use crate::datum::Datum;
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::{Description, Outcome, Rows, Session};
use crate::stmt::{self, Statement};
use crate::types::SqlType;
use bind::Parameters;
use job::{Job, Status};
use runner::Runner;
pub use userfile_place::UserfilePlace;

/// How backups and restores are to behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// How long a job takes at least, so that a person sees its progress. Zero for tests.
    pub least_job_duration: Duration,
    /// Non-admins may use nodelocal and implicit credentials, as on clusters started that way.
    pub everyone_may_use_implicit_access: bool,
    /// The cluster version is still the one before the binary's.
    pub upgrading: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            least_job_duration: Duration::from_secs(2),
            everyone_may_use_implicit_access: false,
            upgrading: false,
        }
    }
}

/// The part of the cluster that understands the backup family of statements.
#[derive(Debug)]
pub struct Backups {
    runner: Arc<Runner>,
    options: Options,
}

impl Backups {
    /// Made once for a cluster.
    pub fn new(options: Options) -> Backups {
        Backups {
            runner: Arc::new(Runner::new(options)),
            options,
        }
    }

    /// Lets a job's work begin, and waits for its end unless the statement was DETACHED.
    fn start(&self, session: &mut Session, job: &Job, detached: bool) -> SqlResult<Outcome> {
        self.runner.wake();
        if detached {
            let mut rows = Rows::with_columns([("job_id", SqlType::Int8)]);
            rows.push(vec![job.id.into()]);
            return Ok(Outcome::Rows {
                rows,
                tag: Some(job.kind.clone()),
            });
        }
        let ended = self.wait(session, job.id)?;
        let row = |name: &str, count: u64| {
            (
                name.to_owned(),
                Datum::Int(i64::try_from(count).unwrap_or(i64::MAX)),
            )
        };
        let mut counts = vec![row("rows", ended.rows)];
        if session
            .cluster()
            .version()
            .differences()
            .job_result_has_index_entries_and_bytes
        {
            counts.extend([row("index_entries", 0), row("bytes", ended.bytes)]);
        }
        let mut columns = vec![
            ("job_id", SqlType::Int8),
            ("status", SqlType::STRING),
            ("fraction_completed", SqlType::Float8),
        ];
        columns.extend(counts.iter().map(|(name, _)| (name.as_str(), SqlType::Int8)));
        let mut rows = Rows::with_columns(columns);
        let mut values = vec![ended.id.into(), ended.status.as_str().into(), 1.0.into()];
        values.extend(counts.into_iter().map(|(_, count)| count));
        rows.push(values);
        Ok(Outcome::Rows {
            rows,
            tag: Some(job.kind.clone()),
        })
    }

    /// Waits for a job to succeed; its failure, or its being paused, is the statement's error.
    fn wait(&self, session: &mut Session, id: i64) -> SqlResult<Job> {
        let ended = self.runner.wait_for(session, id)?;
        match ended.status {
            Status::Succeeded => Ok(ended),
            Status::Paused => {
                let reason = ended
                    .pause_reason
                    .map_or_else(String::new, |reason| format!(" with reason: {reason}"));
                Err(SqlError::plain(format!(
                    "job {id} was paused before it completed{reason}"
                )))
            }
            _ => Err(ended
                .error
                .map_or_else(|| SqlError::plain(format!("job {id} failed")), SqlError::from)),
        }
    }

    /// An online restore: the data counts as linked when the restore has been done, and a second job copies it.
    fn start_online_restore(&self, session: &mut Session, job: &Job, detached: bool) -> SqlResult<Outcome> {
        let description = format!("Background Data Download for {}", job.description);
        if detached {
            return self.start(session, job, true);
        }
        self.runner.wake();
        let ended = self.wait(session, job.id)?;
        let mut copying = Job::new(
            session,
            "RESTORE",
            description,
            String::new(),
            job::Work::BackgroundDownload,
        );
        copying.save(session)?;
        self.runner.wake();
        let count = |count: u64| Datum::Int(i64::try_from(count).unwrap_or(i64::MAX));
        let mut rows = Rows::with_columns(
            [
                "job_id",
                "tables",
                "approx_rows",
                "approx_bytes",
                "background_download_job_id",
            ]
            .map(|name| (name, SqlType::Int8)),
        );
        let tables = restore::tables_made(&ended);
        rows.push(vec![
            job.id.into(),
            tables.into(),
            count(ended.rows),
            count(ended.bytes),
            copying.id.into(),
        ]);
        Ok(Outcome::Rows {
            rows,
            tag: Some(job.kind.clone()),
        })
    }

    fn execute(
        &self,
        session: &mut Session,
        statement: &Statement,
        parameters: Parameters<'_>,
    ) -> SqlResult<Outcome> {
        match statement {
            Statement::Backup(backup) => backup::run(self, session, backup, parameters),
            Statement::ExplainBackup(backup) => {
                let work = backup::plan(self, session, backup, parameters)?;
                let mut rows = Rows::with_columns([("info", SqlType::STRING)]);
                rows.push(vec!["distribution: local".into()]);
                rows.push(vec![
                    format!("• {}", backup::description(session, backup, &work)).into(),
                ]);
                Ok(Outcome::rows(rows))
            }
            Statement::Restore(restore) => restore::run(self, session, restore, parameters),
            Statement::ShowBackup(show) => show::backup(self, session, show, parameters),
            Statement::ShowBackups(show) => show::backups(self, session, show, parameters),
            Statement::ShowJobs(show, options) => show_jobs::run(self, session, show, *options, parameters),
            Statement::ControlJobs(control) => control::run(self, session, control, parameters),
            Statement::CreateSchedule(create) => schedule::create(self, session, create, parameters),
            Statement::AlterSchedule(alter) => schedule_change::alter(self, session, alter, parameters),
            Statement::ShowSchedules(show) => schedule::show(session, show, parameters),
            Statement::ControlSchedules(control) => schedule_change::control(session, control, parameters),
            Statement::ExternalConnection(connection) => {
                external_connection::run(self, session, connection, parameters)
            }
        }
    }
}

/// The error of a statement that could not be read.
fn syntax_error(error: stmt::SyntaxError) -> SqlError {
    let mut sql_error = SqlError::new(sqlstate::SYNTAX, error.message);
    sql_error.hint = error.hint;
    sql_error.detail = error.detail;
    sql_error
}

/// How the emulated release writes statements out for people.
fn redacted_form(session: &Session) -> stmt::Form {
    let differences = session.cluster().version().differences();
    stmt::Form {
        secrets: stmt::Secrets::Redacted,
        options_in_parentheses: differences.options_in_parentheses,
        restores_join_folder: differences.restore_descriptions_join_folder,
    }
}

/// The type of a job's and a backup's times.
fn time_type(session: &Session) -> SqlType {
    if session.cluster().version().differences().times_have_zone {
        SqlType::TimestampTz
    } else {
        SqlType::Timestamp
    }
}

/// What is granted on external connections, by their names.
pub fn connection_grants(catalog: &crate::catalog::Catalog) -> Vec<(String, crate::catalog::Grants)> {
    external_connection::all(catalog)
        .into_iter()
        .map(|connection| (connection.name, connection.grants))
        .collect()
}

/// The jobs this session's user sees, with these columns of SHOW JOBS.
pub fn visible_jobs(session: &mut Session, columns: &[&str]) -> SqlResult<Vec<crate::datum::Row>> {
    show_jobs::visible(session, columns)
}

/// The emulated release as numbers.
fn release(session: &Session) -> (u16, u16) {
    let text = session.cluster().version().differences().cluster_version;
    let (year, number) = text.split_once('.').unwrap_or((text, "0"));
    (year.parse().unwrap_or(0), number.parse().unwrap_or(0))
}

fn read(session: &Session, sql: &str) -> Option<SqlResult<Statement>> {
    let parsed = stmt::parse(sql)?;
    let release = release(session);
    Some(match parsed {
        Ok(statement) => stmt::refuse_if_unavailable(sql, &statement, release)
            .map(|()| statement)
            .map_err(syntax_error),
        // The emulated release would read it; saying that it does not would be untrue.
        Err(stmt::SyntaxError {
            without_collection: Some(form),
            ..
        }) if release < stmt::FORMS_WITHOUT_COLLECTION_UNTIL => {
            let what = format!("{form}, which this release still knows");
            Err(SqlError::not_on_practice(what).with_hint(
                "This is a practice cluster; it keeps backups in collections: BACKUP … INTO, RESTORE … FROM LATEST IN, SHOW BACKUP … IN.",
            ))
        }
        Err(error) => Err(syntax_error(error)),
    })
}

impl StatementExtension for Backups {
    fn run(&self, session: &mut Session, sql: &str, parameters: &[Datum]) -> Option<SqlResult<Outcome>> {
        let statement = match read(session, sql)? {
            Ok(statement) => statement,
            Err(error) => return Some(Err(error)),
        };
        Some(self.execute(session, &statement, Parameters(parameters)))
    }

    fn describe(&self, session: &mut Session, sql: &str) -> Option<SqlResult<Description>> {
        let statement = match read(session, sql)? {
            Ok(statement) => statement,
            Err(error) => return Some(Err(error)),
        };
        Some(self.describe_statement(session, sql, &statement))
    }

    fn started(&self, cluster: &Arc<Cluster>) -> SqlResult<()> {
        self.runner.start(cluster)
    }
}

impl Backups {
    /// Columns are fixed by the statement and the release; parameters are strings, except for truth values and ids.
    fn describe_statement(
        &self,
        session: &mut Session,
        sql: &str,
        statement: &Statement,
    ) -> SqlResult<Description> {
        let columns = match statement {
            Statement::Backup(backup) if backup.options.detached != Some(true) => {
                Some(job_result_columns(session))
            }
            Statement::Restore(restore) if restore.options.experimental_deferred_copy => Some(columns_of(
                &[
                    "job_id",
                    "tables",
                    "approx_rows",
                    "approx_bytes",
                    "background_download_job_id",
                ]
                .map(|name| (name, SqlType::Int8)),
            )),
            Statement::Restore(restore) if restore.options.detached != Some(true) => {
                Some(job_result_columns(session))
            }
            Statement::Backup(_) | Statement::Restore(_) => Some(columns_of(&[("job_id", SqlType::Int8)])),
            Statement::ExplainBackup(_) => Some(columns_of(&[("info", SqlType::STRING)])),
            Statement::ShowBackup(show) => Some(columns_of(&show::backup_columns(session, show))),
            Statement::ShowBackups(_) => Some(columns_of(&show::backups_columns(session))),
            Statement::ShowJobs(show, options) => {
                Some(columns_of(&show_jobs::columns(session, show, *options)))
            }
            Statement::CreateSchedule(_) => Some(columns_of(schedule::RESULT_COLUMNS)),
            Statement::AlterSchedule(_) => Some(columns_of(schedule::RESULT_COLUMNS)),
            Statement::ShowSchedules(show) => Some(columns_of(&schedule::show_columns(session, show))),
            Statement::ExternalConnection(connection) => {
                external_connection::columns(connection).map(|columns| columns_of(&columns))
            }
            Statement::ControlJobs(_) | Statement::ControlSchedules(_) => None,
        };
        Ok(Description {
            parameters: placeholder_types(sql, statement),
            columns,
        })
    }
}

fn columns_of(columns: &[(&str, SqlType)]) -> Vec<crate::session::ColumnMeta> {
    Rows::with_columns(columns.iter().cloned()).columns
}

fn job_result_columns(session: &Session) -> Vec<crate::session::ColumnMeta> {
    let mut columns = vec![
        ("job_id", SqlType::Int8),
        ("status", SqlType::STRING),
        ("fraction_completed", SqlType::Float8),
        ("rows", SqlType::Int8),
    ];
    if session
        .cluster()
        .version()
        .differences()
        .job_result_has_index_entries_and_bytes
    {
        columns.extend([("index_entries", SqlType::Int8), ("bytes", SqlType::Int8)]);
    }
    columns_of(&columns)
}

/// One type for each placeholder number up to the highest in the text.
fn placeholder_types(sql: &str, statement: &Statement) -> Vec<SqlType> {
    let highest = stmt::highest_placeholder(sql);
    let numbers = matches!(
        statement,
        Statement::ShowJobs(..)
            | Statement::ControlJobs(_)
            | Statement::ControlSchedules(_)
            | Statement::ShowSchedules(_)
    );
    vec![if numbers { SqlType::Int8 } else { SqlType::STRING }; usize::from(highest)]
}

/// A node's locality, as its `--locality` flag would say it; empty on a cluster without regions.
fn node_locality(cluster: &Cluster, region: &str) -> String {
    let zone = cluster.zones(region).into_iter().next().unwrap_or_default();
    if region.is_empty() {
        String::new()
    } else {
        format!("region={region},availability-zone={zone}")
    }
}
