//! Transfers under fire: connections are cut, the process that transfers is killed and so is the cluster,
//! at random moments, again and again, until the work is done. Afterwards every byte is compared, and at
//! no moment may a file stand under its own name without being whole.
//!
//! `ROACHVAULT_FAULT_ROUNDS` sets the number of faults; a quick run has a few. The seed is printed, and
//! `ROACHVAULT_FAULT_SEED` takes it.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use roachvault_cockroach::Cluster;
use roachvault_core::job::{JobState, Jobs, Journal, Runs};
use roachvault_core::userfile::{self, Choices, OnConflict, Userfiles};
use roachvault_core::{ClusterInfo, ConnectionId, Environment, OpenCluster};
use sqlx::AssertSqlSafe;

#[path = "../../cockroach/tests/support/local.rs"]
mod local;
#[path = "../../cockroach/tests/support/postgres.rs"]
mod postgres;
#[path = "../../cockroach/tests/support/practice.rs"]
mod practice;
#[path = "../../cockroach/tests/support/relay.rs"]
mod relay;
#[path = "../../cockroach/tests/support/target.rs"]
mod target;
use local::local;
use postgres::Postgres;
use practice::Practice;
use relay::Relay;

const FILE_BYTES: usize = 24 << 20;
/// What may have to be sent again after a break: a chunk on each connection.
const REPEATED_BYTES: u64 = 6 * (4 << 20);

/// The process that is killed: opens its journal, goes on with the job it finds there or starts the one
/// it is told to, and ends with it.
#[test]
fn transferring_process() {
    let Ok(folder) = std::env::var("ROACHVAULT_FAULT_CHILD") else {
        return;
    };
    let folder = PathBuf::from(folder);
    let port: u16 = std::env::var("ROACHVAULT_FAULT_PORT").unwrap().parse().unwrap();
    let user = std::env::var("ROACHVAULT_FAULT_USER").unwrap();
    let upload = std::env::var("ROACHVAULT_FAULT_VERB").unwrap() == "upload";
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let cluster = loop {
            match Cluster::connect(&local(&user, port)).await {
                Ok(cluster) => break cluster,
                Err(error) => println!("{error}"),
            }
        };
        let info = ClusterInfo {
            version_text: String::new(),
            version: None,
            user: user.clone(),
        };
        let id = ConnectionId(uuid::Uuid::nil());
        let cluster = OpenCluster::new(id, "test".into(), Environment::Development, false, info, cluster);
        let cluster = Arc::new(cluster);
        let (journal, _) = Journal::open(&folder.join("data")).await.unwrap();
        let own = Arc::clone(&cluster);
        let find = Arc::new(move |_| Some(Arc::clone(&own)));
        let jobs = Jobs::open(journal, userfile::runs(Runs::default(), &Arc::default()), find)
            .await
            .unwrap();
        let id = match jobs.list().first() {
            Some(job) => {
                if job.possible().resume {
                    jobs.resume(job.id).await.unwrap();
                }
                job.id
            }
            None => {
                let (userfiles, find) = (Userfiles::new(), |_| Ok(Arc::clone(&cluster)));
                let choices = Choices {
                    all: OnConflict::Skip,
                    each: BTreeMap::new(),
                };
                // The cluster may be killed before anything moves; then one asks again.
                loop {
                    let plan = if upload {
                        let paths = vec![folder.join("source")];
                        userfiles.plan_upload(&cluster, None, "", paths).await
                    } else {
                        let (paths, target) = (["source".to_owned()], folder.join("target"));
                        userfiles
                            .plan_download(&cluster, None, &paths, &target, true)
                            .await
                    };
                    let started = match plan {
                        Ok(plan) if upload => {
                            userfiles.start_upload(&jobs, find, plan.id, &choices, None).await
                        }
                        Ok(plan) => userfiles.start_download(&jobs, find, plan.id, &choices).await,
                        Err(error) => Err(error),
                    };
                    match started {
                        Ok(id) => break id,
                        Err(error) => {
                            assert!(error.retryable, "{error:?}");
                            println!("{error}");
                        }
                    }
                }
            }
        };
        let mut watch = jobs.watch();
        while !jobs.get(id).unwrap().state.is_final() {
            watch.next().await.unwrap();
        }
        let job = jobs.get(id).unwrap();
        assert_eq!(job.state, JobState::Succeeded, "{job:?}");
        jobs.close().await;
    });
}

struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// What the transfers go to.
enum Server {
    Postgres(Postgres),
    /// In a process that can be killed, with data that outlives it.
    Practice {
        running: Option<Box<Practice>>,
        data: tempfile::TempDir,
        port: u16,
    },
}

impl Server {
    async fn postgres() -> Option<Self> {
        let postgres = Postgres::start().await?;
        postgres.with_store().await;
        Some(Self::Postgres(postgres))
    }

    fn practice() -> Option<Self> {
        let data = tempfile::tempdir().unwrap();
        let running = Practice::start(Some(data.path()), &[])?;
        let port = running.target.port;
        Some(Self::Practice {
            running: Some(Box::new(running)),
            data,
            port,
        })
    }

    fn port(&self) -> u16 {
        match self {
            Self::Postgres(postgres) => postgres.port,
            Self::Practice { port, .. } => *port,
        }
    }

    fn user(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "root",
            Self::Practice { .. } => "demo",
        }
    }

    fn can_be_killed(&self) -> bool {
        matches!(self, Self::Practice { .. })
    }

    /// As when the power goes and comes back.
    fn kill_and_start(&mut self) {
        if let Self::Practice { running, data, port } = self {
            if let Some(running) = running.take() {
                running.kill();
            }
            let listen = format!("127.0.0.1:{port}");
            *running = Practice::start(Some(data.path()), &["--listen", &listen]).map(Box::new);
            assert!(running.is_some());
        }
    }

    /// Not through the relay.
    async fn direct(&self) -> Cluster {
        Cluster::connect(&local(self.user(), self.port())).await.unwrap()
    }

    fn tables(&self) -> (String, String) {
        let prefix = format!("defaultdb.public.userfiles_{}", self.user());
        (
            format!("{prefix}_upload_files"),
            format!("{prefix}_upload_payload"),
        )
    }

    /// Fails when the uploaded file has its name and not all of its bytes.
    async fn stored_whole(&self, wanted: &[u8]) {
        let (files, payload) = self.tables();
        let sql = format!(
            "SELECT f.file_size, coalesce(sum(length(p.payload)), 0)::INT8 FROM {files} f \
             LEFT JOIN {payload} p ON p.file_id = f.file_id WHERE f.filename = '/source' GROUP BY f.file_size"
        );
        let cluster = self.direct().await;
        let rows: Vec<(i64, i64)> = match sqlx::query_as(AssertSqlSafe(sql)).fetch_all(cluster.pool()).await {
            Ok(rows) => rows,
            // The kill came before the store was made.
            Err(error) if error.to_string().contains("does not exist") => Vec::new(),
            Err(error) => panic!("{error}"),
        };
        assert!(
            rows.iter()
                .all(|(size, stored)| size == stored && *size == wanted.len() as i64),
            "{rows:?}"
        );
    }

    /// The bytes of the only file, whose name is compared.
    async fn stored(&self) -> Vec<u8> {
        let (files, payload) = self.tables();
        let cluster = self.direct().await;
        let names: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!("SELECT filename FROM {files}")))
            .fetch_all(cluster.pool())
            .await
            .unwrap();
        assert_eq!(names, ["/source"]);
        let sql = format!("SELECT payload FROM {payload} ORDER BY byte_offset");
        let chunks: Vec<Vec<u8>> = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_all(cluster.pool())
            .await
            .unwrap();
        chunks.concat()
    }

    async fn empty(&self) {
        let (files, payload) = self.tables();
        let cluster = self.direct().await;
        for table in [payload, files] {
            sqlx::query(AssertSqlSafe(format!("DELETE FROM {table} WHERE true")))
                .execute(cluster.pool())
                .await
                .unwrap();
        }
    }
}

fn start(folder: &Path, user: &str, port: u16, verb: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "transferring_process", "--nocapture"])
        .env("ROACHVAULT_FAULT_CHILD", folder)
        .env("ROACHVAULT_FAULT_USER", user)
        .env("ROACHVAULT_FAULT_PORT", port.to_string())
        .env("ROACHVAULT_FAULT_VERB", verb)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until so many bytes more have passed; false when the transfer ended before.
async fn passed(relay: &Relay, bytes: u64, child: &mut Child) -> bool {
    let threshold = relay.bytes.load(Ordering::Relaxed) + bytes;
    while relay.bytes.load(Ordering::Relaxed) < threshold {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    child.try_wait().unwrap().is_none()
}

/// Runs one transfer to its end with up to `faults` faults on the way; answers how many there were.
async fn under_fire(
    folder: &Path,
    server: &mut Server,
    relay: &Relay,
    verb: &str,
    chance: &mut Chance,
    faults: u64,
    whole: impl AsyncFn(&Server),
) -> u64 {
    let before = relay.bytes.load(Ordering::Relaxed);
    let mut had = 0;
    let deadline = Instant::now() + Duration::from_secs(180);
    let (user, port) = (server.user(), relay.port);
    let mut child = start(folder, user, port, verb);
    loop {
        assert!(Instant::now() < deadline, "the {verb} did not end");
        if had < faults {
            // The fault comes when so many bytes more have passed.
            let at = chance.below(FILE_BYTES as u64 / 2) + 1;
            let kinds = if server.can_be_killed() { 3 } else { 2 };
            match chance.below(kinds) {
                0 => {
                    let cuts = relay.cuts.load(Ordering::Relaxed);
                    relay.cut_after(at);
                    while relay.cuts.load(Ordering::Relaxed) == cuts && child.try_wait().unwrap().is_none() {
                        tokio::time::sleep(Duration::from_millis(1)).await;
                    }
                    relay.never_cut();
                    if relay.cuts.load(Ordering::Relaxed) > cuts {
                        had += 1;
                        whole(server).await;
                    }
                }
                1 => {
                    if passed(relay, at, &mut child).await {
                        child.kill().unwrap();
                        child.wait().unwrap();
                        had += 1;
                        whole(server).await;
                        child = start(folder, user, port, verb);
                        continue;
                    }
                }
                _ => {
                    if passed(relay, at, &mut child).await {
                        server.kill_and_start();
                        had += 1;
                        whole(server).await;
                    }
                }
            }
        }
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "the {verb} failed");
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let passed = relay.bytes.load(Ordering::Relaxed) - before;
    let bound = (FILE_BYTES as u64) * 102 / 100 + had * REPEATED_BYTES + (1 << 20);
    assert!(
        passed <= bound,
        "{passed} bytes passed with {had} faults, {bound} are allowed"
    );
    had
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|number| number.parse().ok())
        .unwrap_or(default)
}

async fn storm(mut server: Server) {
    let relay = Relay::start(([127, 0, 0, 1], server.port()).into(), Duration::ZERO).await;
    let rounds = number("ROACHVAULT_FAULT_ROUNDS", 12);
    let seed = number(
        "ROACHVAULT_FAULT_SEED",
        u64::from(std::process::id()) * 0x9e37_79b9 + 1,
    );
    println!("{rounds} faults, ROACHVAULT_FAULT_SEED={seed}");
    let mut chance = Chance(seed);
    let mut had = 0;
    while had < rounds {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = vec![0; FILE_BYTES + usize::try_from(chance.below(1 << 20)).unwrap()];
        for block in bytes.chunks_mut(8) {
            let random = chance.below(u64::MAX).to_le_bytes();
            block.copy_from_slice(&random[..block.len()]);
        }
        std::fs::write(folder.path().join("source"), &bytes).unwrap();
        let stored_whole = async |server: &Server| server.stored_whole(&bytes).await;
        let place = folder.path();
        had += under_fire(place, &mut server, &relay, "upload", &mut chance, 3, stored_whole).await;
        assert!(server.stored().await == bytes, "the uploaded bytes differ");

        std::fs::remove_dir_all(folder.path().join("data")).unwrap();
        let target = folder.path().join("target");
        let saved_whole =
            async |_: &Server| assert!(!target.exists() || std::fs::read(&target).unwrap() == bytes);
        had += under_fire(
            place,
            &mut server,
            &relay,
            "download",
            &mut chance,
            3,
            saved_whole,
        )
        .await;
        assert!(
            std::fs::read(&target).unwrap() == bytes,
            "the downloaded bytes differ"
        );
        let left: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .flatten()
            .map(|entry| entry.file_name())
            .collect();
        assert!(
            !left.iter().any(|name| name.to_string_lossy().ends_with(".part")),
            "{left:?}"
        );
        server.empty().await;
        println!("{had} faults, no wrong byte");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_is_wrong_and_no_file_is_half_there_after_kills_and_cuts() {
    if let Some(server) = Server::postgres().await {
        storm(server).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_after_kills_of_the_cluster() {
    if let Some(server) = Server::practice() {
        storm(server).await;
    }
}
