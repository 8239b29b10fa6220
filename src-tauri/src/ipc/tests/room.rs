//! The whole back end without its window: the commands on an empty data folder, and a cluster that they can reach as
//! any other, with TLS and a password.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use roachvault_cockroach::Secret;
use roachvault_cockroach::inspect::count_rows;
use roachvault_cockroach::quote::QualifiedName;
use roachvault_core::connection::{MemorySecrets, SecretStore};
use roachvault_practice::{Options, PracticeCluster};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::ipc::backups::{self, BackupKind, BackupRequest, BackupTargets};
use crate::ipc::connections::{
    self, ConnectionDraft, ConnectionFields, Environment, KeepSecret, SecretInput, TlsMode, TypedSecret,
};
use crate::ipc::jobs::{self, Job};
use crate::ipc::schedules::{self, OnFailure, OnPrevious, Recurrence, ScheduleRequest};
use crate::ipc::userfiles::{
    self, ConflictChoices, ListRequest, OnConflict, SelectedFiles, TransferPlan, UploadRequest,
    UserfileEntry, UserfileSort,
};
use crate::ipc::{IpcError, overview};
use crate::state::AppState;

/// A job of the sample data takes a second; a loaded machine with two cores may take many.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Room {
    pub folder: tempfile::TempDir,
    pub keyring: Arc<MemorySecrets>,
    pub state: AppState,
    pub cluster: PracticeCluster,
    pub password: String,
}

impl Room {
    /// With the faults that the practice cluster starts with.
    pub async fn new(password: &str, faults: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Arc::new(MemorySecrets::default());
        let store = Arc::clone(&keyring) as Arc<dyn SecretStore>;
        let state = AppState::with_keyring(folder.path().join("data"), store)
            .await
            .unwrap();
        let options = Options {
            password: password.to_owned(),
            faults: faults.to_owned(),
            ..Options::default()
        };
        let cluster = tokio::task::spawn_blocking(|| PracticeCluster::start(options))
            .await
            .unwrap()
            .unwrap();
        Self {
            folder,
            keyring,
            state,
            cluster,
            password: password.to_owned(),
        }
    }

    pub fn fields(&self, environment: Environment) -> ConnectionFields {
        ConnectionFields {
            name: "acme".into(),
            host: "localhost".into(),
            port: self.cluster.address().port(),
            user: "demo".into(),
            database: "defaultdb".into(),
            tls: TlsMode::VerifyFull,
            ca_pem: self.cluster.ca_pem().map(str::to_owned),
            client_cert_pem: None,
            cluster_option: None,
            jwt: false,
            environment,
            read_only: false,
            colour: None,
            group: None,
            note: String::new(),
            favourite: false,
        }
    }

    /// A saved and open connection to the cluster.
    pub async fn connect(&self, environment: Environment) -> Uuid {
        self.connect_as(self.fields(environment)).await
    }

    pub async fn connect_as(&self, fields: ConnectionFields) -> Uuid {
        let draft = ConnectionDraft {
            id: None,
            fields,
            password: SecretInput::Typed {
                value: TypedSecret(Secret::new(self.password.clone())),
                keep: KeepSecret::Keyring,
            },
            client_key: SecretInput::Unchanged,
        };
        let saved = connections::save_connection(&self.state, draft).await.unwrap();
        connections::connect_cluster(&self.state, saved.id).await.unwrap();
        saved.id
    }

    /// Marks the connection read-only, as its form does, and connects again.
    pub async fn make_read_only(&self, id: Uuid) {
        self.edit(id, |fields| fields.read_only = true).await;
    }

    /// Changes a connection, as its form does, and connects again.
    pub async fn edit(&self, id: Uuid, change: impl FnOnce(&mut ConnectionFields)) {
        let mut fields = connections::get_connection(&self.state, id).await.unwrap().fields;
        change(&mut fields);
        let draft = ConnectionDraft {
            id: Some(id),
            fields,
            password: SecretInput::Unchanged,
            client_key: SecretInput::Unchanged,
        };
        connections::save_connection(&self.state, draft).await.unwrap();
        connections::connect_cluster(&self.state, id).await.unwrap();
    }

    /// Waits until the job of this id satisfies `look`.
    pub async fn job_that(&self, id: Uuid, what: &str, look: impl Fn(&Job) -> bool) -> Job {
        let end = Instant::now() + PATIENCE;
        loop {
            let jobs = jobs::list_jobs(&self.state).await.unwrap();
            let job = jobs.into_iter().find(|job| job.id == id).unwrap();
            if look(&job) {
                return job;
            }
            assert!(Instant::now() < end, "waited for {what}: {job:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn ended(&self, id: Uuid) -> Job {
        self.job_that(id, "the job to end", |job| job.ended).await
    }

    /// A file on this computer.
    pub fn local_file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub async fn plan_upload(&self, connection: Uuid, names: &[&str]) -> TransferPlan {
        let files: Vec<PathBuf> = names
            .iter()
            .map(|name| self.local_file(name, name.repeat(2_000).as_bytes()))
            .collect();
        self.plan_upload_of(connection, &files).await
    }

    pub async fn plan_upload_of(&self, connection: Uuid, files: &[PathBuf]) -> TransferPlan {
        let request = UploadRequest {
            store: None,
            folder: String::new(),
            paths: files.iter().map(|path| path.display().to_string()).collect(),
        };
        userfiles::plan_upload(&self.state, connection, request)
            .await
            .unwrap()
    }

    /// A file of this name in the cluster's file storage.
    pub async fn upload(&self, connection: Uuid, name: &str) {
        let plan = self.plan_upload(connection, &[name]).await.plan;
        let job = userfiles::start_upload(&self.state, plan, all(OnConflict::Skip), None)
            .await
            .unwrap();
        let job = self.ended(job).await;
        assert!(job.error.is_none(), "{job:?}");
    }

    pub async fn delete(&self, connection: Uuid, path: &str) {
        let plan = userfiles::plan_delete(&self.state, connection, selected(path))
            .await
            .unwrap();
        let job = userfiles::start_delete(&self.state, plan.plan, plan.type_to_confirm)
            .await
            .unwrap();
        self.ended(job).await;
    }

    /// As another tool would, beside the app.
    pub async fn sql(&self, connection: Uuid, sql: &str) {
        let open = self.state.cluster(connection).unwrap();
        let run = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(open.readable().pool());
        run.await.unwrap();
    }

    /// Rows of a table of `public`.
    pub async fn count(&self, connection: Uuid, database: &str, table: &str) -> u64 {
        let open = self.state.cluster(connection).unwrap();
        let table = QualifiedName {
            database: database.to_owned(),
            schema: "public".to_owned(),
            name: table.to_owned(),
        };
        count_rows(open.readable(), &table, None).await.unwrap()
    }

    /// The id of a file that was uploaded and deleted again. It is listed at once, however short its life was.
    pub async fn deleted_file(&self, connection: Uuid, name: &str) -> Uuid {
        self.upload(connection, name).await;
        self.delete(connection, name).await;
        let deleted = userfiles::list_deleted_userfiles(&self.state, connection, None)
            .await
            .unwrap();
        let found = deleted.files.into_iter().find(|file| file.path == name);
        found.expect("it is not among the deleted files").file_id
    }

    /// The plan of a backup of `bank` into the user's file storage.
    pub async fn plan_backup(&self, connection: Uuid) -> Uuid {
        let uri = TypedSecret(Secret::new("userfile:///guard"));
        let collection = backups::save_collection(&self.state, connection, uri)
            .await
            .unwrap();
        let request = BackupRequest {
            targets: BackupTargets::Database {
                database: "bank".into(),
            },
            collection: collection.uri,
            kind: BackupKind::Full,
            revision_history: false,
            passphrase: None,
            as_of: None,
        };
        let plan = backups::plan_backup(&self.state, connection, request)
            .await
            .unwrap();
        assert!(plan.can_start, "{plan:?}");
        plan.id
    }

    /// Collection and subdirectory of a backup of `bank`.
    pub async fn back_up(&self, connection: Uuid) -> (String, String) {
        let plan = self.plan_backup(connection).await;
        let job = backups::start_backup(&self.state, plan).await.unwrap();
        match self.ended(job).await.outcome {
            Some(jobs::JobOutcome::Backup {
                collection,
                subdirectory: Some(subdirectory),
                ..
            }) => (collection, subdirectory),
            other => panic!("no backup: {other:?}"),
        }
    }

    /// The plan of a schedule that first runs on a distant day.
    pub async fn plan_schedule(&self, connection: Uuid) -> Uuid {
        let request = ScheduleRequest {
            label: "yearly".into(),
            targets: BackupTargets::Database {
                database: "bank".into(),
            },
            collection: "userfile:///guard-schedule".into(),
            revision_history: false,
            passphrase: None,
            recurrence: Recurrence::Cron {
                expression: "0 0 29 2 *".into(),
            },
            full: None,
            starts_now: false,
            on_failure: OnFailure::Reschedule,
            on_previous: OnPrevious::Wait,
        };
        let plan = schedules::plan_schedule(&self.state, connection, request)
            .await
            .unwrap();
        assert!(plan.can_start, "{plan:?}");
        plan.id
    }

    /// The number of such a schedule.
    pub async fn schedule(&self, connection: Uuid) -> String {
        let plan = self.plan_schedule(connection).await;
        schedules::create_schedule(&self.state, plan).await.unwrap().id
    }

    /// The plan of other times and another name for such a schedule.
    pub async fn plan_schedule_change(&self, connection: Uuid) -> schedules::ScheduleChangePlan {
        let schedule = self.schedule(connection).await;
        let change = schedules::ScheduleChange {
            label: "changed".into(),
            recurrence: Recurrence::Weekly {
                weekday: 0,
                hour: 2,
                minute: 0,
            },
            full: None,
        };
        schedules::plan_change_schedule(&self.state, connection, schedule, change)
            .await
            .unwrap()
    }

    /// The schedules as a person would tell them.
    pub async fn schedules(&self, connection: Uuid) -> Vec<String> {
        let list = schedules::list_schedules(&self.state, connection).await.unwrap();
        list.schedules
            .iter()
            .map(|schedule| format!("{}, {:?}", schedule.label, schedule.state))
            .collect()
    }

    /// What a person would notice of a change: the files with their sizes, and the databases.
    pub async fn contents(&self, connection: Uuid) -> Vec<String> {
        let request = ListRequest {
            store: None,
            folder: String::new(),
            sort: UserfileSort::Name,
            descending: false,
            filter: Some("*".into()),
            offset: 0,
            limit: 1000,
            refresh: true,
        };
        let files = userfiles::list_userfiles(&self.state, connection, request)
            .await
            .unwrap()
            .entries;
        let databases = overview::list_databases(&self.state, connection).await.unwrap();
        let files = files.into_iter().filter_map(|entry| match entry {
            UserfileEntry::File { path, size_bytes, .. } => Some(format!("{path}, {size_bytes}")),
            _ => None,
        });
        files
            .chain(databases.into_iter().map(|database| database.name))
            .collect()
    }
}

pub fn all(answer: OnConflict) -> ConflictChoices {
    ConflictChoices {
        all: answer,
        each: Default::default(),
    }
}

pub fn selected(path: &str) -> SelectedFiles {
    SelectedFiles {
        store: None,
        paths: vec![path.to_owned()],
    }
}

/// The refusal, of a command that must not succeed.
#[track_caller]
pub fn refusal<T: std::fmt::Debug>(result: Result<T, IpcError>) -> IpcError {
    result.expect_err("the command was carried out")
}
