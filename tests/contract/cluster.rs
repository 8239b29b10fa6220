//! The cluster under test, and a database with known rows in it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use roachvault_cockroach::backup::{BackupKind, BackupRequest, BackupTargets};
use roachvault_cockroach::detached::{Detached, Traces, known_jobs};
use roachvault_cockroach::job::{ClusterJob, ClusterJobId, show_job};
use roachvault_cockroach::restore::{RestoreRequest, RestoreTargets};
use roachvault_cockroach::userfile::StoreName;
use roachvault_cockroach::{Cluster, Result, Secret, StorageUri, Target, TlsMode};
use roachvault_practice::{Options, PracticeCluster};
use sqlx::AssertSqlSafe;

/// Rows of `accounts` and `payments`.
pub const ACCOUNTS: u64 = 300;
pub const PAYMENTS: u64 = 700;

const PATIENCE: Duration = Duration::from_secs(90);

/// Ends a started `cockroach` with the test process.
struct Server {
    child: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One database of known content, a collection for its backups, and the cluster they are on.
pub struct Bank {
    pub cluster: Cluster,
    pub name: String,
    pub collection: StorageUri,
    _server: Option<Server>,
    _practice: Option<PracticeCluster>,
}

/// Where a promise is tried.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// On the practice cluster, in this release.
    Practice(&'static str),
    /// On what `ROACHVAULT_TEST_COCKROACH` names.
    Real,
}

impl Bank {
    /// `None`, and a line that says why, where the environment asks for the other kind of cluster.
    pub async fn open(place: Place) -> Option<Self> {
        let (target, server, practice) = match cluster_under_test(place).await {
            Ok(cluster) => cluster,
            Err(reason) => {
                eprintln!("skipped: {reason}");
                return None;
            }
        };
        let cluster = Cluster::connect(&target).await.unwrap();
        let name = format!("contract_{}", uuid::Uuid::new_v4().simple());
        let path = format!("{name}/of it");
        let collection = StorageUri::userfile(&StoreName::default_of(cluster.user()), &path).unwrap();
        let bank = Self {
            cluster,
            name,
            collection,
            _server: server,
            _practice: practice,
        };
        bank.fill().await;
        Some(bank)
    }

    async fn fill(&self) {
        let name = &self.name;
        self.run(&format!("CREATE DATABASE {name}")).await.unwrap();
        self.run(&format!(
            "CREATE TABLE {name}.public.accounts (id INT PRIMARY KEY, owner STRING, balance INT)"
        ))
        .await
        .unwrap();
        self.run(&format!(
            "CREATE TABLE {name}.public.payments (id INT PRIMARY KEY, account INT, amount INT)"
        ))
        .await
        .unwrap();
        let accounts: Vec<String> = (0..ACCOUNTS)
            .map(|id| format!("({id}, 'owner {id}', {})", id * 7))
            .collect();
        self.run(&format!(
            "INSERT INTO {name}.public.accounts VALUES {}",
            accounts.join(", ")
        ))
        .await
        .unwrap();
        let payments: Vec<String> = (0..PAYMENTS)
            .map(|id| format!("({id}, {}, {})", id % ACCOUNTS, id * 3))
            .collect();
        self.run(&format!(
            "INSERT INTO {name}.public.payments VALUES {}",
            payments.join(", ")
        ))
        .await
        .unwrap();
        self.until_settled(PAYMENTS).await;
    }

    /// Backups are taken ten seconds in the past, so the rows must have been there for as long.
    pub async fn until_settled(&self, payments: u64) {
        let sql = format!(
            "SELECT id FROM {}.public.payments AS OF SYSTEM TIME '-10s'",
            self.name
        );
        let deadline = Instant::now() + PATIENCE;
        while self
            .run(&sql)
            .await
            .is_none_or(|rows| rows.len() as u64 != payments)
        {
            assert!(Instant::now() < deadline, "the rows are not ten seconds old");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub async fn run(&self, sql: &str) -> Option<Vec<sqlx::postgres::PgRow>> {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .fetch_all(self.cluster.pool())
            .await
            .ok()
    }

    pub fn backup(&self) -> BackupRequest {
        BackupRequest {
            targets: BackupTargets::Database(self.name.clone()),
            collection: self.collection.clone(),
            kind: BackupKind::Full,
            revision_history: false,
            passphrase: None,
            as_of: None,
        }
    }

    pub fn restore(&self, subdirectory: &str, new_name: &str) -> RestoreRequest {
        RestoreRequest {
            targets: RestoreTargets::Database {
                database: self.name.clone(),
                new_name: new_name.to_owned(),
            },
            collection: self.collection.clone(),
            subdirectory: subdirectory.to_owned(),
            as_of: None,
            passphrase: None,
            options: Vec::new(),
        }
    }

    pub async fn start_backup(&self, request: &BackupRequest) -> Result<ClusterJobId> {
        let statement = request.statement().unwrap();
        let traces = Traces {
            job_type: "BACKUP",
            mentions: &[&self.name],
        };
        let known = known_jobs(&self.cluster).await?;
        Detached {
            statement: &statement,
            traces,
        }
        .start(&self.cluster, &known)
        .await
    }

    pub async fn start_restore(&self, request: &RestoreRequest) -> Result<ClusterJobId> {
        let statement = request.statement().unwrap();
        let traces = Traces {
            job_type: "RESTORE",
            mentions: &[&self.name],
        };
        let known = known_jobs(&self.cluster).await?;
        Detached {
            statement: &statement,
            traces,
        }
        .start(&self.cluster, &known)
        .await
    }

    /// Removes one data file of the collection's backups, as a mistake would.
    pub async fn lose_a_data_file(&self) {
        let (store, path) = self.collection.userfile_place().unwrap();
        let files = format!(
            "{}.{}.{}_upload_files",
            store.database, store.schema, store.prefix
        );
        let sql = format!("SELECT filename FROM {files} WHERE filename LIKE '{path}/%/data/%'");
        let rows = self.run(&sql).await.unwrap();
        let name: String = sqlx::Row::get(rows.first().unwrap(), "filename");
        let payload = format!(
            "{}.{}.{}_upload_payload",
            store.database, store.schema, store.prefix
        );
        let chunks = format!("SELECT file_id FROM {files} WHERE filename = '{name}'");
        // Chunks refer to their file, so they go first.
        for sql in [
            format!("DELETE FROM {payload} WHERE file_id IN ({chunks})"),
            format!("DELETE FROM {files} WHERE filename = '{name}'"),
        ] {
            self.run(&sql).await.unwrap();
        }
    }

    /// Takes a backup and waits for it; the subdirectory of a new chain, or of the newest one.
    pub async fn taken(&self, request: &BackupRequest) -> String {
        let listed =
            async || roachvault_cockroach::backup::list_backups(&self.cluster, &self.collection).await;
        let before = listed().await.unwrap_or_default();
        let id = self.start_backup(request).await.unwrap();
        let job = self.ended(id).await;
        assert_eq!(job.error, None, "{job:?}");
        let mut paths = listed().await.unwrap();
        let full = paths.iter().position(|path| !before.contains(path));
        paths.swap_remove(full.unwrap_or(paths.len() - 1))
    }

    /// Waits for the end of a job.
    pub async fn ended(&self, id: ClusterJobId) -> ClusterJob {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(job) = show_job(&self.cluster, id).await.unwrap()
                && job.status.is_final()
            {
                return job;
            }
            assert!(Instant::now() < deadline, "job {id} does not end");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Drops what the test made. A shared cluster keeps nothing.
    pub async fn close(self, other_databases: &[&str]) {
        for name in other_databases.iter().copied().chain([self.name.as_str()]) {
            self.run(&format!("DROP DATABASE IF EXISTS {name} CASCADE")).await;
        }
        let store = StoreName::default_of(self.cluster.user());
        for (table, column) in [("upload_payload", "file_id"), ("upload_files", "file_id")] {
            let files = format!(
                "{}.{}.{}_upload_files",
                store.database, store.schema, store.prefix
            );
            let from = format!("{}.{}.{}_{table}", store.database, store.schema, store.prefix);
            let sql = format!(
                "DELETE FROM {from} WHERE {column} IN (SELECT file_id FROM {files} WHERE filename LIKE '/{}/%')",
                self.name
            );
            self.run(&sql).await;
        }
        self.cluster.close().await;
    }
}

async fn cluster_under_test(
    place: Place,
) -> std::result::Result<(Target, Option<Server>, Option<PracticeCluster>), &'static str> {
    match (place, std::env::var("ROACHVAULT_TEST_COCKROACH")) {
        (Place::Practice(_), Ok(_)) => Err("ROACHVAULT_TEST_COCKROACH names a real cluster"),
        (Place::Real, Err(_)) => Err("ROACHVAULT_TEST_COCKROACH names no cluster"),
        (Place::Real, Ok(url)) if url.contains("://") => Ok((target_of(&url), None, None)),
        (Place::Real, Ok(binary)) => {
            let (url, server) = start_cockroach(&binary);
            Ok((target_of(&url), Some(server), None))
        }
        (Place::Practice(release), Err(_)) => {
            let practice = tokio::task::spawn_blocking(|| start_practice(release))
                .await
                .unwrap();
            let target = target("demo", practice.address().port(), TlsMode::Disable, None);
            Ok((target, None, Some(practice)))
        }
    }
}

/// Its clock runs fast, so that rows are ten seconds old at once.
fn start_practice(release: &str) -> PracticeCluster {
    let mut options = Options {
        insecure: true,
        sample_data: false,
        clock_speed: 60.0,
        version: release.parse().unwrap(),
        ..Options::default()
    };
    options.backups.least_job_duration = Duration::from_millis(200);
    PracticeCluster::start(options).unwrap()
}

/// `postgresql://user[:password]@host:port/database?sslmode=…`
fn target_of(url: &str) -> Target {
    let rest = url.split_once("://").unwrap().1;
    let (authority, rest) = rest.split_once('/').unwrap_or((rest, ""));
    let (info, address) = authority.rsplit_once('@').unwrap();
    let (user, password) = info
        .split_once(':')
        .map_or((info, None), |(user, text)| (user, Some(text)));
    let (host, port) = address.rsplit_once(':').unwrap();
    let tls = if rest.contains("sslmode=disable") {
        TlsMode::Disable
    } else {
        TlsMode::Require
    };
    Target {
        host: host.into(),
        ..target(user, port.parse().unwrap(), tls, password)
    }
}

fn target(user: &str, port: u16, tls: TlsMode, password: Option<&str>) -> Target {
    Target {
        host: "127.0.0.1".into(),
        port,
        user: user.into(),
        database: "defaultdb".into(),
        tls,
        ca_pem: None,
        client_cert_pem: None,
        client_key_pem: None,
        password: password.map(Secret::new),
        cluster_option: None,
        jwt: false,
    }
}

fn start_cockroach(binary: &str) -> (String, Server) {
    let child = Command::new(binary)
        .args(["start-single-node", "--insecure", "--store=type=mem,size=1GiB"])
        .args([
            "--listen-addr=127.0.0.1:0",
            "--http-addr=127.0.0.1:0",
            "--logtostderr=NONE",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut server = Server { child };
    let output = BufReader::new(server.child.stdout.take().unwrap());
    // It prints `sql: postgresql://root@127.0.0.1:39411/defaultdb?sslmode=disable` when it accepts connections.
    let url = output
        .lines()
        .map_while(std::result::Result::ok)
        .find_map(|line| Some(line.strip_prefix("sql:")?.trim().to_owned()))
        .unwrap();
    (url, server)
}
