//! Running a backup: start it once, watch it, read it back.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use roachvault_cockroach::backup::{
    self, BackupContents, BackupKind, BackupRequest, BackupTargets, ShowBackup, TableName,
};
use roachvault_cockroach::collection::time_of;
use roachvault_cockroach::detached::{Detached, Traces, known_jobs};
use roachvault_cockroach::job::{ClusterJob, ClusterJobId, JobStatus};
use roachvault_cockroach::refusal::Refusal;
use serde::{Deserialize, Serialize};

use super::keys::Keys;
use super::plan::BackupPlan;
use crate::cluster::OpenCluster;
use crate::cluster_job::{Unseen, Watched, Words, duration_seconds, failure, look, started, watch};
use crate::error::{Code, Error, Result};
use crate::job::{BackupOutcome, End, JobHandle, Outcome};
use crate::plan::{PlanId, kinds_counted};

const WORDS: Words = Words {
    reverting: "Stopping",
};

/// A backup as the journal keeps it: everything but the secrets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BackupSpec {
    plan: PlanId,
    /// Redacted.
    collection: String,
    targets: Targets,
    incremental: bool,
    revision_history: bool,
    encrypted: bool,
    /// `None` for the present.
    #[serde(default)]
    as_of: Option<DateTime<Utc>>,
    /// Set before the statement is sent: jobs that were there already. When it is set and the job's
    /// number is not, the statement may have been sent, and must not be sent again.
    known_jobs: Option<Vec<i64>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Targets {
    Cluster,
    Database(String),
    Tables {
        database: String,
        tables: Vec<(String, String)>,
    },
}

impl BackupSpec {
    pub fn of(plan: &BackupPlan) -> Self {
        Self {
            plan: plan.id,
            collection: plan.request.collection.redacted().to_owned(),
            targets: match &plan.request.targets {
                BackupTargets::Cluster => Targets::Cluster,
                BackupTargets::Database(name) => Targets::Database(name.clone()),
                BackupTargets::Tables { database, tables } => Targets::Tables {
                    database: database.clone(),
                    tables: tables
                        .iter()
                        .map(|table| (table.schema.clone(), table.name.clone()))
                        .collect(),
                },
            },
            incremental: plan.request.kind == BackupKind::Incremental,
            revision_history: plan.request.revision_history,
            encrypted: plan.request.passphrase.is_some(),
            as_of: plan.request.as_of,
            known_jobs: None,
        }
    }

    fn database(&self) -> Option<&str> {
        match &self.targets {
            Targets::Cluster => None,
            Targets::Database(database) | Targets::Tables { database, .. } => Some(database),
        }
    }

    fn request(&self, open: &OpenCluster, keys: &Keys) -> Result<BackupRequest> {
        let passphrase = keys.passphrase(self.plan);
        if self.encrypted && passphrase.is_none() {
            return Err(Error::new(
                Code::SecretNeeded,
                "The passphrase of this backup is not at hand.",
            ));
        }
        Ok(BackupRequest {
            targets: match &self.targets {
                Targets::Cluster => BackupTargets::Cluster,
                Targets::Database(name) => BackupTargets::Database(name.clone()),
                Targets::Tables { database, tables } => BackupTargets::Tables {
                    database: database.clone(),
                    tables: tables
                        .iter()
                        .map(|(schema, name)| TableName {
                            schema: schema.clone(),
                            name: name.clone(),
                        })
                        .collect(),
                },
            },
            collection: keys.collection(open, &self.collection)?,
            kind: if self.incremental {
                BackupKind::Incremental
            } else {
                BackupKind::Full
            },
            revision_history: self.revision_history,
            passphrase,
            as_of: self.as_of,
        })
    }
}

pub(super) async fn run(job: JobHandle, keys: Arc<Keys>) -> End {
    let spec: BackupSpec = match job.spec() {
        Ok(spec) => spec,
        Err(error) => return End::failed(error, None),
    };
    let mentions: Vec<&str> = spec.database().into_iter().collect();
    let traces = Traces {
        job_type: "BACKUP",
        mentions: &mentions,
    };
    let begun = started(&job, traces, spec.known_jobs.as_deref(), |open| {
        start(&job, &spec, &keys, open, traces)
    });
    let id = match begun.await {
        Ok(id) => id,
        Err(end) => return end,
    };
    let ended = match watch(&job, id, WORDS).await {
        Watched::Ended(ended, _) => ended,
        Watched::Left(end) => return end,
    };
    match ended.status {
        JobStatus::Succeeded => read_back(&job, &spec, &keys, &ended).await,
        JobStatus::Canceled => End {
            phase:
                "Cancelled. What had been written stays in the collection as an unfinished backup, which no \
                    list of backups shows; it can be deleted under Files"
                    .into(),
            ..End::cancelled(None, None)
        },
        _ => End::failed(reason(&spec, &ended), None),
    }
}

async fn start(
    job: &JobHandle,
    spec: &BackupSpec,
    keys: &Keys,
    open: Arc<OpenCluster>,
    traces: Traces<'_>,
) -> Result<ClusterJobId> {
    let cluster = open.writable()?;
    let statement = spec.request(&open, keys)?.statement()?;
    let known: HashSet<ClusterJobId> = known_jobs(cluster).await?;
    let known_ids = known.iter().map(|id| id.0).collect();
    job.save_spec(&BackupSpec {
        known_jobs: Some(known_ids),
        ..spec.clone()
    })
    .await?;
    let started = Detached {
        statement: &statement,
        traces,
    }
    .start(cluster, &known)
    .await?;
    Ok(started)
}

fn reason(spec: &BackupSpec, ended: &ClusterJob) -> Error {
    let error = failure(ended, "The backup");
    let told = ended.error.as_deref().and_then(Refusal::of_message);
    match (spec.as_of, told) {
        // Of increments the same words tell that the backup before is too old.
        (Some(_), Some(Refusal::GarbageCollected)) => Error {
            message: "The backup failed. The cluster no longer keeps that moment.".into(),
            ..error
        }
        .hint("Choose a later moment, or restore from a backup that there is."),
        _ => error,
    }
}

/// Success is what SHOW BACKUP can tell of the new backup, with all its files.
async fn read_back(job: &JobHandle, spec: &BackupSpec, keys: &Keys, ended: &ClusterJob) -> End {
    job.phase("Reading it back");
    let mut outcome = BackupOutcome {
        collection: spec.collection.clone(),
        subdirectory: None,
        size_bytes: None,
        rows: None,
        end_time: None,
        duration_seconds: duration_seconds(ended),
        checked: false,
        verdict: "The cluster says that the backup is complete. It was not read back.".into(),
    };
    match check(job, spec, keys, ended, &mut outcome).await {
        Ok(()) => End::succeeded(Outcome::Backup(outcome)),
        Err(Unseen::Left(end)) => *end,
        Err(Unseen::Failed(error)) if error.code == Code::Corrupt => {
            outcome.verdict =
                "The cluster says that the backup is complete, but files of it are missing.".into();
            End::partly_done(Some(error), Outcome::Backup(outcome))
        }
        Err(Unseen::Failed(error)) => End::unknown(error, Some(Outcome::Backup(outcome))),
    }
}

async fn check(
    job: &JobHandle,
    spec: &BackupSpec,
    keys: &Keys,
    ended: &ClusterJob,
    outcome: &mut BackupOutcome,
) -> Result<(), Unseen> {
    let paths = look(job, |open| async move {
        let collection = spec.request(&open, keys)?.collection;
        Ok(backup::list_backups(open.readable(), &collection).await?)
    });
    let path = subdirectory_of(ended, &paths.await?).ok_or_else(|| {
        Error::new(
            Code::NotFound,
            "The cluster says that the backup is complete, but it is not in the collection.",
        )
    })?;
    outcome.subdirectory = Some(path.clone());
    let path = path.as_str();
    let contents = look(job, |open| async move {
        let request = spec.request(&open, keys)?;
        let show = ShowBackup {
            check_files: true,
            passphrase: request.passphrase,
            ..ShowBackup::default()
        };
        Ok(backup::show_backup(open.readable(), &request.collection, path, &show).await?)
    });
    judge(spec, ended, &contents.await?, outcome)?;
    Ok(())
}

/// Is what was read the backup that was taken, and whole?
fn judge(
    spec: &BackupSpec,
    ended: &ClusterJob,
    contents: &BackupContents,
    outcome: &mut BackupOutcome,
) -> Result<()> {
    let layer = contents
        .layers
        .last()
        .ok_or_else(|| Error::new(Code::NotFound, "The backup is empty."))?;
    outcome.size_bytes = layer.size_bytes();
    outcome.rows = layer.rows();
    outcome.end_time = layer.end_time;
    let is_new = layer
        .end_time
        .is_none_or(|end| match (spec.as_of, ended.created) {
            (Some(at), _) => (end - at).abs() < TimeDelta::seconds(1),
            (None, Some(created)) => is_of_job(end, created),
            (None, None) => true,
        });
    let holds = spec
        .database()
        .is_none_or(|wanted| contents.databases().iter().any(|name| name == wanted));
    if !is_new || !holds {
        return Err(Error::new(
            Code::Corrupt,
            "What lies in the collection is not the backup that was just taken.",
        ));
    }
    outcome.checked = true;
    outcome.verdict = format!(
        "{} read back from the backup, and all files are there.",
        kinds_counted(layer.relations().map(|object| object.kind))
    );
    Ok(())
}

/// A backup holds the moment ten seconds before its statement was sent, give or take a clock.
fn is_of_job(end: DateTime<Utc>, created: DateTime<Utc>) -> bool {
    (created - end).num_seconds().abs() < 300
}

/// The subdirectory that the job's description names, in the form the list of backups gives it; the
/// newest one when the description names none.
fn subdirectory_of(job: &ClusterJob, paths: &[String]) -> Option<String> {
    let named = paths.iter().rev().find(|path| {
        let bare = path.trim_start_matches('/');
        time_of(bare).is_some() && job.description.contains(bare)
    });
    named.or(paths.last()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_backup_is_found_by_the_jobs_description_and_else_by_its_age() {
        let mut job = ClusterJob {
            id: ClusterJobId(1),
            kind: "BACKUP".into(),
            description: "BACKUP DATABASE bank INTO '/2026/11/23-110000.00' IN 'userfile://x/y'".into(),
            user: None,
            status: JobStatus::Succeeded,
            running_status: None,
            fraction: 1.0,
            created: None,
            finished: None,
            error: None,
        };
        let paths: Vec<String> = [
            "2026/11/22-110000.00",
            "2026/11/23-110000.00",
            "2026/11/23-120000.00",
        ]
        .map(String::from)
        .into();
        assert_eq!(
            subdirectory_of(&job, &paths).as_deref(),
            Some("2026/11/23-110000.00")
        );
        job.description = "BACKUP DATABASE bank INTO 'userfile://x/y'".into();
        assert_eq!(
            subdirectory_of(&job, &paths).as_deref(),
            Some("2026/11/23-120000.00")
        );
        assert_eq!(subdirectory_of(&job, &[]), None);
    }
}
