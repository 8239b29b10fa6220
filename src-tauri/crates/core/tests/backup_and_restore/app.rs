//! The core as the app puts it together, with one open connection.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use roachvault_cockroach::Cluster;
use roachvault_cockroach::backup::{BackupKind, BackupTargets, TableName};
use roachvault_core::backup::{BackupPlan, BackupWish, Backups, ClusterRuns};
use roachvault_core::job::{
    BackupOutcome, JobId, JobSnapshot, JobState, Jobs, Journal, Outcome, RestoreOutcome, Runs,
};
use roachvault_core::plan::{Check, CheckLevel};
use roachvault_core::restore::{RestorePlan, RestoreTarget, RestoreWish};
use roachvault_core::{ClusterInfo, ConnectionId, Environment, OpenCluster};
use roachvault_practice::{Options, PracticeCluster};
use sqlx::AssertSqlSafe;

use crate::local::local;
use crate::watch::until;

pub const COLLECTION: &str = "userfile:///nightly";

pub struct App {
    pub practice: PracticeCluster,
    pub open: Arc<OpenCluster>,
    pub jobs: Jobs,
    pub backups: Backups,
    connection: ConnectionId,
    folder: tempfile::TempDir,
    /// What the registry finds; empty while disconnected.
    connected: Arc<Mutex<Option<Arc<OpenCluster>>>>,
}

/// Its clock runs fast, so that rows are ten seconds old at once.
pub fn options() -> Options {
    let mut options = Options {
        insecure: true,
        sample_data: false,
        clock_speed: 60.0,
        ..Options::default()
    };
    options.backups.least_job_duration = Duration::from_millis(300);
    options
}

/// A small `bank` and an even smaller `movr`: the sample databases take long to make.
const DATABASES: &[&str] = &[
    "CREATE DATABASE bank",
    "CREATE TABLE bank.public.customers (id INT PRIMARY KEY, name STRING)",
    "CREATE TABLE bank.public.accounts (id INT PRIMARY KEY, balance INT)",
    "CREATE TABLE bank.public.transactions (id INT PRIMARY KEY, amount INT)",
    "INSERT INTO bank.public.customers VALUES (1, 'a'), (2, 'b')",
    "INSERT INTO bank.public.accounts VALUES (1, 10), (2, 20), (3, 30)",
    "INSERT INTO bank.public.transactions VALUES (1, 1), (2, 2), (3, 3), (4, 4)",
    "CREATE DATABASE movr",
    "CREATE TABLE movr.public.rides (id INT PRIMARY KEY)",
    "INSERT INTO movr.public.rides VALUES (1)",
];

impl App {
    pub async fn start(options: Options) -> Self {
        let practice = tokio::task::spawn_blocking(|| PracticeCluster::start(options).unwrap())
            .await
            .unwrap();
        let connection = ConnectionId::new();
        let open = open(&practice, connection, "demo", Environment::Practice, false).await;
        let folder = tempfile::tempdir().unwrap();
        let connected = Arc::new(Mutex::new(Some(Arc::clone(&open))));
        let (jobs, backups) = registry(folder.path().to_owned(), &connected).await;
        let app = Self {
            practice,
            open,
            jobs,
            backups,
            connection,
            folder,
            connected,
        };
        app.fill().await;
        app
    }

    /// Makes the databases, and waits until they are as old as a backup looks back.
    async fn fill(&self) {
        for statement in DATABASES {
            self.sql(statement).await;
        }
        self.until_aged("SELECT id FROM movr.public.rides").await;
    }

    /// Waits until what the query answers with one row is as old as a backup looks back.
    pub async fn until_aged(&self, query: &str) {
        let deadline = Instant::now() + Duration::from_secs(60);
        let aged = format!("{query} AS OF SYSTEM TIME '-10s'");
        while !sqlx::raw_sql(AssertSqlSafe(aged.clone()))
            .fetch_all(self.open.readable().pool())
            .await
            .is_ok_and(|rows| rows.len() == 1)
        {
            assert!(Instant::now() < deadline, "{query} is not ten seconds old");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Closes the journal and opens it again, as quitting and starting the app does.
    pub async fn restart(&mut self) {
        self.jobs.close().await;
        (self.jobs, self.backups) = registry(self.folder.path().to_owned(), &self.connected).await;
    }

    /// The same cluster through a connection with other rules.
    pub async fn as_user(&mut self, user: &str, environment: Environment, read_only: bool) {
        self.open = open(&self.practice, self.connection, user, environment, read_only).await;
        *self.connected.lock().unwrap() = Some(Arc::clone(&self.open));
    }

    /// The same cluster by way of another port of this computer.
    pub async fn through(&mut self, port: u16) {
        self.open = open_at(port, self.connection, "demo", Environment::Practice, false).await;
        *self.connected.lock().unwrap() = Some(Arc::clone(&self.open));
    }

    /// Has what waits for the cluster ask it now.
    pub fn try_now(&self) {
        self.jobs.try_now(self.connection);
    }

    pub fn reattach(&self) {
        self.jobs.reattach(self.connection);
    }

    pub async fn sql(&self, sql: &str) {
        let run = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_all(self.open.readable().pool());
        if let Err(error) = run.await {
            panic!("{sql}: {error}");
        }
    }

    pub fn wish(database: &str, collection: &str) -> BackupWish {
        BackupWish {
            targets: BackupTargets::Database(database.into()),
            collection: collection.into(),
            kind: BackupKind::Full,
            revision_history: false,
            passphrase: None,
            as_of: None,
        }
    }

    pub async fn start_backup(&self, wish: BackupWish) -> JobId {
        let plan: BackupPlan = self.backups.plan_backup(&self.open, wish).await.unwrap();
        self.backups
            .start_backup(|_| Ok(Arc::clone(&self.open)), plan.id)
            .await
            .unwrap()
    }

    /// Takes a backup; its subdirectory and all that was said of it.
    pub async fn backed_up(&self, wish: BackupWish) -> (String, BackupOutcome) {
        let id = self.start_backup(wish).await;
        let job = self.ended(id).await;
        let Some(Outcome::Backup(outcome)) = job.outcome.clone() else {
            panic!("{job:?}")
        };
        assert_eq!(job.state, JobState::Succeeded, "{job:?}");
        (outcome.subdirectory.clone().unwrap(), outcome)
    }

    pub fn restore_wish(subdirectory: &str, database: &str, new_name: Option<&str>) -> RestoreWish {
        RestoreWish {
            collection: COLLECTION.into(),
            subdirectory: subdirectory.into(),
            target: RestoreTarget::Database {
                database: database.into(),
                new_name: new_name.map(str::to_owned),
            },
            moment: None,
            passphrase: None,
            options: Vec::new(),
        }
    }

    /// Some tables of `public`.
    pub fn tables_wish(subdirectory: &str, tables: &[&str], into: Option<&str>) -> RestoreWish {
        RestoreWish {
            target: RestoreTarget::Tables {
                database: "bank".into(),
                tables: tables
                    .iter()
                    .map(|name| TableName {
                        schema: "public".into(),
                        name: (*name).into(),
                    })
                    .collect(),
                into_database: into.map(str::to_owned),
                is_new_database: into.is_none(),
            },
            ..Self::restore_wish(subdirectory, "bank", None)
        }
    }

    pub async fn plan(&self, wish: RestoreWish) -> RestorePlan {
        self.backups.plan_restore(&self.open, wish).await.unwrap()
    }

    pub async fn start_restore(&self, plan: &RestorePlan) -> JobId {
        self.backups
            .start_restore(|_| Ok(Arc::clone(&self.open)), plan.id, None)
            .await
            .unwrap()
    }

    pub async fn ended(&self, id: JobId) -> JobSnapshot {
        self.until(id, |job| job.state.is_final()).await
    }

    pub async fn until(&self, id: JobId, what: impl Fn(&JobSnapshot) -> bool) -> JobSnapshot {
        until(&self.jobs, id, what).await
    }

    /// Whether any file of the data folder holds the text.
    pub fn journal_holds(&self, text: &str) -> bool {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        files
            .map(|file| std::fs::read(file.unwrap().path()).unwrap())
            .any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
    }

    /// Removes one data file of the collection, as a mistake would.
    pub async fn lose_a_data_file(&self) {
        self.lose(
            "(SELECT min(filename) FROM defaultdb.public.userfiles_demo_upload_files WHERE filename LIKE '/nightly/%/data/%')",
        )
        .await;
    }

    /// Deletes the files that are called like a pattern, an expression of SQL.
    pub async fn lose(&self, pattern: &str) {
        let files = "defaultdb.public.userfiles_demo_upload_files";
        let lost = format!("SELECT filename FROM {files} WHERE filename LIKE {pattern}");
        // Chunks refer to their file, so they go first.
        self.sql(&format!(
            "DELETE FROM defaultdb.public.userfiles_demo_upload_payload WHERE file_id IN \
             (SELECT file_id FROM {files} WHERE filename IN ({lost}))"
        ))
        .await;
        self.sql(&format!("DELETE FROM {files} WHERE filename IN ({lost})"))
            .await;
    }
}

async fn registry(folder: PathBuf, connected: &Arc<Mutex<Option<Arc<OpenCluster>>>>) -> (Jobs, Backups) {
    let (journal, _) = Journal::open(&folder).await.unwrap();
    let runs = ClusterRuns::default();
    let find = Arc::clone(connected);
    let find = Arc::new(move |_| find.lock().unwrap().clone());
    let jobs = Jobs::open(journal, runs.register(Runs::default()), find)
        .await
        .unwrap();
    (jobs.clone(), Backups::new(jobs, &runs))
}

async fn open(
    practice: &PracticeCluster,
    id: ConnectionId,
    user: &str,
    environment: Environment,
    read_only: bool,
) -> Arc<OpenCluster> {
    open_at(practice.address().port(), id, user, environment, read_only).await
}

async fn open_at(
    port: u16,
    id: ConnectionId,
    user: &str,
    environment: Environment,
    read_only: bool,
) -> Arc<OpenCluster> {
    let cluster = Cluster::connect(&local(user, port)).await.unwrap();
    let version_text: String = sqlx::query_scalar("SELECT version()")
        .fetch_one(cluster.pool())
        .await
        .unwrap();
    let info = ClusterInfo {
        version_text,
        version: None,
        user: user.into(),
    };
    Arc::new(OpenCluster::new(
        id,
        "the cluster".into(),
        environment,
        read_only,
        info,
        cluster,
    ))
}

pub fn check<'a>(checks: &'a [Check], id: &str) -> &'a Check {
    checks
        .iter()
        .find(|check| check.id == id)
        .unwrap_or_else(|| panic!("no check {id} in {checks:#?}"))
}

#[track_caller]
pub fn assert_level(checks: &[Check], id: &str, level: CheckLevel) {
    let check = check(checks, id);
    assert_eq!(check.level, level, "{check:#?}");
}

pub fn restored(job: &JobSnapshot) -> &RestoreOutcome {
    match &job.outcome {
        Some(Outcome::Restore(outcome)) => outcome,
        _ => panic!("{job:?}"),
    }
}
