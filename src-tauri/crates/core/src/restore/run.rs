//! Running a restore: start it once, watch it, prove it.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use roachvault_cockroach::backup::TableName;
use roachvault_cockroach::detached::{Detached, Traces, known_jobs};
use roachvault_cockroach::inspect::{create_database, drop_empty_database};
use roachvault_cockroach::job::{ClusterJobId, JobStatus};
use roachvault_cockroach::restore::{RestoreOption, RestoreRequest, RestoreTargets};
use serde::{Deserialize, Serialize};

use super::plan::RestorePlan;
use super::proof;
use crate::backup::Keys;
use crate::cluster::OpenCluster;
use crate::cluster_job::{Watched, Words, failure, started, watch};
use crate::error::{Code, Error, Result};
use crate::job::{End, JobHandle, Loss};
use crate::plan::PlanId;

const WORDS: Words = Words {
    reverting: "Removing what had been restored",
};

/// A restore as the journal keeps it: everything but the secrets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RestoreSpec {
    plan: PlanId,
    /// Redacted.
    pub(super) collection: String,
    pub(super) subdirectory: String,
    pub(super) database: String,
    pub(super) into_database: String,
    /// Absent when the whole database is restored.
    tables: Option<Vec<(String, String)>>,
    /// The database for single tables is created first.
    #[serde(default)]
    pub(super) is_new_database: bool,
    as_of: Option<String>,
    pub(super) moment: Option<DateTime<Utc>>,
    options: Vec<SpecOption>,
    encrypted: bool,
    pub(super) expected: Vec<ExpectedTable>,
    pub(super) lost_grants: Vec<String>,
    #[serde(default)]
    pub(super) losses: Vec<Loss>,
    #[serde(default)]
    pub(super) live_as_of: Option<String>,
    /// Set before the statement is sent: jobs that were there already. When it is set and the job's
    /// number is not, the statement may have been sent, and must not be sent again.
    known_jobs: Option<Vec<i64>>,
}

/// A table as the backup told of it when the restore was planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ExpectedTable {
    pub schema: String,
    pub name: String,
    pub rows: Option<u64>,
    #[serde(default)]
    pub insert_missing_rows: Option<String>,
    #[serde(default)]
    pub references: Vec<(String, String)>,
}

impl ExpectedTable {
    /// Schema and name.
    pub fn pair(&self) -> (&str, &str) {
        (self.schema.as_str(), self.name.as_str())
    }
}

macro_rules! spec_options {
    ($($option:ident),* $(,)?) => {
        #[derive(Debug, Clone, Copy, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum SpecOption { $($option),* }

        impl From<RestoreOption> for SpecOption {
            fn from(option: RestoreOption) -> Self {
                match option { $(RestoreOption::$option => Self::$option),* }
            }
        }

        impl From<SpecOption> for RestoreOption {
            fn from(option: SpecOption) -> Self {
                match option { $(SpecOption::$option => Self::$option),* }
            }
        }
    };
}

spec_options!(
    SkipMissingForeignKeys,
    SkipMissingSequences,
    SkipMissingSequenceOwners,
    SkipMissingViews,
    SkipMissingUdfs,
    SkipLocalitiesCheck,
    RemoveRegions,
    SchemaOnly,
    VerifyBackupTableData,
    Grants,
);

impl RestoreSpec {
    /// All of the database is restored, not some of its tables.
    pub(super) fn is_whole_database(&self) -> bool {
        self.tables.is_none()
    }

    pub fn of(plan: &RestorePlan) -> Self {
        let request = &plan.request;
        let pair = |table: &TableName| (table.schema.clone(), table.name.clone());
        Self {
            plan: plan.id,
            collection: request.collection.redacted().to_owned(),
            subdirectory: request.subdirectory.clone(),
            database: request.targets.database().to_owned(),
            into_database: request.targets.into_database().to_owned(),
            tables: match &request.targets {
                RestoreTargets::Database { .. } => None,
                RestoreTargets::Tables { tables, .. } => Some(tables.iter().map(pair).collect()),
            },
            is_new_database: request.targets.new_database().is_some(),
            as_of: request.as_of.clone(),
            moment: Some(plan.moment),
            options: request.options.iter().map(|option| (*option).into()).collect(),
            encrypted: request.passphrase.is_some(),
            expected: plan
                .tables
                .iter()
                .map(|table| ExpectedTable {
                    schema: table.name.schema.clone(),
                    name: table.name.name.clone(),
                    rows: table.rows,
                    insert_missing_rows: table.insert_missing_rows.clone(),
                    references: table.references.clone(),
                })
                .collect(),
            lost_grants: plan.lost_grants.clone(),
            losses: plan.losses.clone(),
            live_as_of: plan.live_as_of.clone(),
            known_jobs: None,
        }
    }

    fn request(&self, open: &OpenCluster, keys: &Keys) -> Result<RestoreRequest> {
        let passphrase = keys.passphrase(self.plan);
        if self.encrypted && passphrase.is_none() {
            return Err(Error::new(
                Code::SecretNeeded,
                "The passphrase of the backup is not at hand.",
            ));
        }
        let (database, into) = (self.database.clone(), self.into_database.clone());
        let name = |(schema, name): &(String, String)| TableName {
            schema: schema.clone(),
            name: name.clone(),
        };
        Ok(RestoreRequest {
            targets: match &self.tables {
                None => RestoreTargets::Database {
                    database,
                    new_name: into,
                },
                Some(tables) => RestoreTargets::Tables {
                    database,
                    tables: tables.iter().map(name).collect(),
                    into_database: into,
                    is_new_database: self.is_new_database,
                },
            },
            collection: keys.collection(open, &self.collection)?,
            subdirectory: self.subdirectory.clone(),
            as_of: self.as_of.clone(),
            passphrase,
            options: self.options.iter().map(|option| (*option).into()).collect(),
        })
    }
}

pub(crate) async fn run(job: JobHandle, keys: Arc<Keys>) -> End {
    let spec: RestoreSpec = match job.spec() {
        Ok(spec) => spec,
        Err(error) => return End::failed(error, None),
    };
    let mentions = [spec.database.as_str(), spec.into_database.as_str()];
    let traces = Traces {
        job_type: "RESTORE",
        mentions: &mentions,
    };
    let begun = started(&job, traces, spec.known_jobs.as_deref(), |open| {
        start(&job, &spec, &keys, open, traces)
    });
    let id = match begun.await {
        Ok(id) => id,
        Err(end) => return end,
    };
    let (ended, open) = match watch(&job, id, WORDS).await {
        Watched::Ended(ended, open) => (ended, open),
        Watched::Left(end) => return end,
    };
    match ended.status {
        JobStatus::Succeeded => proof::prove(&job, &spec).await,
        JobStatus::Canceled => {
            take_back(&open, &spec).await;
            End {
                phase: "Cancelled. The cluster removed what had been restored".into(),
                ..End::cancelled(None, None)
            }
        }
        JobStatus::RevertFailed => End::failed(
            failure(&ended, "The restore")
                .hint("The cluster could not remove what it had restored. Look at the databases and drop what is left."),
            None,
        ),
        _ => {
            take_back(&open, &spec).await;
            End::failed(failure(&ended, "The restore"), None)
        }
    }
}

/// Drops the database that was made for the tables. The cluster does so only while it is empty.
async fn take_back(open: &OpenCluster, spec: &RestoreSpec) {
    if !spec.is_new_database {
        return;
    }
    let dropped = match open.writable() {
        Ok(cluster) => drop_empty_database(cluster, &spec.into_database)
            .await
            .map_err(Error::from),
        Err(error) => Err(error),
    };
    if let Err(error) = dropped {
        tracing::warn!(%error, "the empty database of a failed restore stays");
    }
}

async fn start(
    job: &JobHandle,
    spec: &RestoreSpec,
    keys: &Keys,
    open: Arc<OpenCluster>,
    traces: Traces<'_>,
) -> Result<ClusterJobId> {
    let cluster = open.writable()?;
    let statement = spec.request(&open, keys)?.statement()?;
    let known: HashSet<ClusterJobId> = known_jobs(cluster).await?;
    let known_ids = known.iter().map(|id| id.0).collect();
    job.save_spec(&RestoreSpec {
        known_jobs: Some(known_ids),
        ..spec.clone()
    })
    .await?;
    if spec.is_new_database {
        create_database(cluster, &spec.into_database).await?;
    }
    let started = Detached {
        statement: &statement,
        traces,
    }
    .start(cluster, &known)
    .await
    .map_err(Error::from);
    if let Err(error) = &started
        && error.code != Code::OutcomeUnknown
    {
        take_back(&open, spec).await;
    }
    started
}
