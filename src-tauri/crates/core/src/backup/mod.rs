//! Backups: which there are, what they hold, and taking one.
//!
//! The cluster writes a backup by itself. This module says beforehand what will be written and where,
//! and afterwards reads it back: a backup counts as taken when SHOW BACKUP can tell of it.

mod keys;
mod list;
mod plan;
mod run;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use roachvault_cockroach::{Secret, StorageUri};

use crate::cluster::{ConnectionId, OpenCluster};
use crate::error::{Code, Error, Result};
use crate::job::{JobConnection, JobId, JobKind, Jobs, NewJob, Outcome, Progress, Runs, Unit};
use crate::plan::{PlanId, Plans};
use crate::restore::{self, BringBackPlan, CompareSpec, RestorePlan, RestoreSpec};

pub(crate) use keys::Keys;
pub use list::{BackupList, Chain, CollectionSummary, RestorableWindow};
pub(crate) use list::{gone, is_locked, read as read_chain};
pub use plan::{BackupPlan, BackupWish};
pub(crate) use plan::{Grounds, read_only, refuse_blocked};
pub use run::BackupSpec;

/// Backups and restores of all connections. The two share the keys of storage, and a restore is
/// planned on what a backup holds.
#[derive(Clone)]
pub struct Backups {
    jobs: Jobs,
    pub(crate) keys: Arc<Keys>,
    plans: Arc<Plans<BackupPlan>>,
    restore_plans: Arc<Plans<RestorePlan>>,
    bring_back_plans: Arc<Plans<BringBackPlan>>,
}

/// What the runs of backups and restores need, made before the registry of jobs is.
#[derive(Clone, Default)]
pub struct ClusterRuns {
    keys: Arc<Keys>,
}

impl ClusterRuns {
    /// Of storage. Whoever backs up by another way has the same ones at hand.
    pub(crate) fn keys(&self) -> Arc<Keys> {
        self.keys.clone()
    }

    /// Adds how backups and restores are run.
    pub fn register(&self, runs: Runs) -> Runs {
        let (for_backups, for_restores) = (self.keys.clone(), self.keys.clone());
        runs.with(&[JobKind::Backup], move |job| run::run(job, for_backups.clone()))
            .with(&[JobKind::Restore], move |job| {
                restore::run(job, for_restores.clone())
            })
            .with(&[JobKind::Compare], restore::run_comparison)
            .with(&[JobKind::BringBack], restore::run_bring_back)
    }
}

impl Backups {
    pub fn new(jobs: Jobs, runs: &ClusterRuns) -> Self {
        Self {
            jobs,
            keys: runs.keys.clone(),
            plans: Arc::default(),
            restore_plans: Arc::default(),
            bring_back_plans: Arc::default(),
        }
    }

    /// Makes a storage address usable by its redacted form for as long as the app runs.
    pub async fn save_collection(&self, open: &OpenCluster, uri: &Secret) -> Result<CollectionSummary> {
        let uri = StorageUri::parse(uri.expose(), open.readable().user())?;
        let summary = list::summary_of(open, &uri).await?;
        self.keys.remember(open.id, uri);
        Ok(summary)
    }

    /// As [`Backups::save_collection`], for one that holds backups already: an address that cannot be read
    /// is refused and not kept.
    pub async fn open_collection(&self, open: &OpenCluster, uri: &Secret) -> Result<CollectionSummary> {
        let uri = StorageUri::parse(uri.expose(), open.readable().user())?;
        let found = list::backups(open, &uri).await?;
        if found.chains.is_empty() && found.unfinished.is_empty() {
            let told = format!("There is no backup at {}.", uri.name());
            return Err(Error::new(Code::NotFound, told)
                .hint("Check the address. It is the one that BACKUP was given after INTO, without a date."));
        }
        self.keys.remember(open.id, uri);
        Ok(found.collection)
    }

    /// Those in the user's file storage, then those that were entered.
    pub async fn list_collections(&self, open: &OpenCluster) -> Result<Vec<CollectionSummary>> {
        list::collections(open, &self.keys.remembered(open.id)).await
    }

    /// Those in the user's file storage that hold a backup of this subdirectory, whatever they are called by now.
    pub async fn list_collections_holding(
        &self,
        open: &OpenCluster,
        subdirectory: &str,
    ) -> Result<Vec<CollectionSummary>> {
        list::holding(open, subdirectory).await
    }

    /// The chains of a collection, newest first.
    pub async fn list_backups(&self, open: &OpenCluster, collection: &str) -> Result<BackupList> {
        list::backups(open, &self.keys.collection(open, collection)?).await
    }

    /// One chain with its objects as they were at a moment; `None`: at its end.
    pub async fn get_backup(
        &self,
        open: &OpenCluster,
        collection: &str,
        subdirectory: &str,
        moment: Option<DateTime<Utc>>,
        passphrase: Option<Secret>,
    ) -> Result<Chain> {
        let collection = self.keys.collection(open, collection)?;
        match list::chain(open, &collection, subdirectory, moment, passphrase).await {
            Err(error) => Err(gone(open, &collection, subdirectory).await.unwrap_or(error)),
            chain => chain,
        }
    }

    /// Reads and answers what would happen. Sends nothing that changes anything.
    pub async fn plan_backup(&self, open: &OpenCluster, wish: BackupWish) -> Result<BackupPlan> {
        let plan = plan::plan(open, &self.keys, wish).await?;
        self.plans.keep(plan.id, plan.clone());
        Ok(plan)
    }

    /// Starts what was planned, on the connection it was planned for.
    pub async fn start_backup(
        &self,
        find: impl FnOnce(ConnectionId) -> Result<Arc<OpenCluster>>,
        id: PlanId,
    ) -> Result<JobId> {
        let plan = self.plans.take(id)?;
        let open = find(plan.connection)?;
        open.writable()?;
        plan::recheck(&open, &plan).await?;
        self.keys.remember(open.id, plan.request.collection.clone());
        self.keys.keep_passphrase(id, plan.request.passphrase.clone());
        let spec = BackupSpec::of(&plan);
        self.jobs
            .start(
                new_job(&open, JobKind::Backup, format!("Back up {}", plan.subject)),
                &spec,
            )
            .await
    }

    /// Reads and answers what would happen. Sends nothing that changes anything.
    pub async fn plan_restore(&self, open: &OpenCluster, wish: restore::RestoreWish) -> Result<RestorePlan> {
        let plan = restore::plan(open, &self.keys, wish).await?;
        self.restore_plans.keep(plan.id, plan.clone());
        Ok(plan)
    }

    /// `typed_name` is the new name as typed, which production connections ask for.
    pub async fn start_restore(
        &self,
        find: impl FnOnce(ConnectionId) -> Result<Arc<OpenCluster>>,
        id: PlanId,
        typed_name: Option<&str>,
    ) -> Result<JobId> {
        let plan = self.restore_plans.take(id)?;
        let started = self.start_planned_restore(find, &plan, typed_name).await;
        if started.is_err() {
            // A mistyped name must not cost the plan.
            self.restore_plans.keep(id, plan);
        }
        started
    }

    async fn start_planned_restore(
        &self,
        find: impl FnOnce(ConnectionId) -> Result<Arc<OpenCluster>>,
        plan: &RestorePlan,
        typed_name: Option<&str>,
    ) -> Result<JobId> {
        let open = find(plan.connection)?;
        open.confirmed(plan.request.targets.into_database(), typed_name)?;
        restore::recheck(&open, plan).await?;
        self.keys.remember(open.id, plan.request.collection.clone());
        self.keys
            .keep_passphrase(plan.id, plan.request.passphrase.clone());
        let new = new_job(&open, JobKind::Restore, restore::title(&plan.request.targets));
        self.jobs.start(new, &restore::RestoreSpec::of(plan)).await
    }
}

impl Backups {
    /// Compares what a restore brought with the live tables. Reads only. Large tables are left out unless asked for.
    pub async fn start_comparison(
        &self,
        find: impl FnOnce(ConnectionId) -> Result<Arc<OpenCluster>>,
        restore: JobId,
        large_too: bool,
    ) -> Result<JobId> {
        let job = self.jobs.get(restore)?;
        let specs = self
            .jobs
            .of_kind::<RestoreSpec>(job.connection.id, JobKind::Restore);
        let spec = specs.into_iter().find(|(found, _)| found.id == restore);
        let (Some((_, spec)), Some(Outcome::Restore(outcome))) = (spec, &job.outcome) else {
            return Err(Error::new(
                Code::InvalidInput,
                "This restore left nothing that could be compared.",
            ));
        };
        let open = find(job.connection.id)?;
        let spec = CompareSpec::of(&spec, outcome, large_too)?;
        let new = NewJob {
            follows: Some(restore),
            progress: rows(spec.rows()),
            ..new_job(&open, JobKind::Compare, spec.title())
        };
        self.jobs.start(new, &spec).await
    }

    /// What would come back of the rows that a comparison found missing. Sends nothing that changes anything.
    pub async fn plan_bring_back(
        &self,
        find: impl FnOnce(ConnectionId) -> Result<Arc<OpenCluster>>,
        comparison: JobId,
    ) -> Result<BringBackPlan> {
        let job = self.jobs.get(comparison)?;
        let specs = self
            .jobs
            .of_kind::<CompareSpec>(job.connection.id, JobKind::Compare);
        let spec = specs.into_iter().find(|(found, _)| found.id == comparison);
        let (Some((_, spec)), Some(Outcome::Comparison(compared))) = (spec, &job.outcome) else {
            return Err(Error::new(Code::InvalidInput, "Nothing was compared yet.")
                .hint("Compare the databases first."));
        };
        let open = find(job.connection.id)?;
        let plan = restore::plan_bring_back(&open, &job, compared, &spec).await?;
        self.bring_back_plans.keep(plan.id, plan.clone());
        Ok(plan)
    }

    /// `tables` are those of the plan that were chosen, `typed_name` the live database's name as typed, which
    /// production connections ask for.
    pub async fn start_bring_back(
        &self,
        find: impl FnOnce(ConnectionId) -> Result<Arc<OpenCluster>>,
        id: PlanId,
        tables: &[String],
        typed_name: Option<&str>,
    ) -> Result<JobId> {
        let plan = self.bring_back_plans.take(id)?;
        let started = self
            .start_planned_bring_back(find, &plan, tables, typed_name)
            .await;
        if started.is_err() {
            // A mistyped name must not cost the plan.
            self.bring_back_plans.keep(id, plan);
        }
        started
    }

    async fn start_planned_bring_back(
        &self,
        find: impl FnOnce(ConnectionId) -> Result<Arc<OpenCluster>>,
        plan: &BringBackPlan,
        tables: &[String],
        typed_name: Option<&str>,
    ) -> Result<JobId> {
        let open = find(plan.connection)?;
        open.confirmed(&plan.live_database, typed_name)?;
        let spec = plan.spec(tables)?;
        plan.recheck(&open, &spec).await?;
        let new = NewJob {
            follows: plan.restore,
            progress: rows(spec.rows()),
            ..new_job(&open, JobKind::BringBack, spec.title())
        };
        self.jobs.start(new, &spec).await
    }
}

fn rows(total: u64) -> Progress {
    Progress {
        done: 0,
        total: Some(total),
        unit: Unit::Rows,
    }
}

fn new_job(open: &OpenCluster, kind: JobKind, title: String) -> NewJob {
    NewJob {
        kind,
        connection: JobConnection {
            id: open.id,
            name: open.name.clone(),
        },
        follows: None,
        title,
        progress: Progress {
            done: 0,
            total: Some(100),
            unit: Unit::Percent,
        },
    }
}
