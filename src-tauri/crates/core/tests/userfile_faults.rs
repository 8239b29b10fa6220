//! Transfers under fire: connections are cut and the process that transfers is killed, at random moments,
//! again and again, until the work is done. Afterwards every byte is compared, and at no moment may a
//! file stand under its own name without being whole.
//!
//! `ROACHVAULT_FAULT_ROUNDS` sets the number of faults; a quick run has a few.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use roachvault_cockroach::{Cluster, Target, TlsMode};
use roachvault_core::job::{JobState, Jobs, Journal, Runs};
use roachvault_core::userfile::{self, Choices, OnConflict, Userfiles};
use roachvault_core::{ClusterInfo, ConnectionId, Environment, OpenCluster};

#[path = "../../cockroach/tests/support/postgres.rs"]
mod postgres;
#[path = "../../cockroach/tests/support/relay.rs"]
mod relay;
use postgres::Postgres;
use relay::Relay;

const FILE_BYTES: usize = 24 << 20;
/// What may have to be sent again after a break: a chunk on each connection.
const REPEATED_BYTES: u64 = 6 * (4 << 20);

fn target(port: u16) -> Target {
    Target {
        host: "127.0.0.1".into(),
        port,
        user: "root".into(),
        database: "defaultdb".into(),
        tls: TlsMode::Disable,
        ca_pem: None,
        client_cert_pem: None,
        client_key_pem: None,
        password: None,
        cluster_option: None,
        jwt: false,
    }
}

/// The process that is killed: opens its journal, goes on with the job it finds there or starts the one
/// it is told to, and ends with it.
#[test]
fn transferring_process() {
    let Ok(folder) = std::env::var("ROACHVAULT_FAULT_CHILD") else {
        return;
    };
    let folder = PathBuf::from(folder);
    let port: u16 = std::env::var("ROACHVAULT_FAULT_PORT").unwrap().parse().unwrap();
    let upload = std::env::var("ROACHVAULT_FAULT_VERB").unwrap() == "upload";
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let cluster = loop {
            match Cluster::connect(&target(port)).await {
                Ok(cluster) => break cluster,
                Err(error) => println!("{error}"),
            }
        };
        let info = ClusterInfo {
            version_text: "PostgreSQL".into(),
            version: None,
            user: "root".into(),
        };
        let id = ConnectionId(uuid::Uuid::nil());
        let cluster = OpenCluster::new(id, "test".into(), Environment::Development, false, info, cluster);
        let cluster = Arc::new(cluster);
        let (journal, _) = Journal::open(&folder.join("data")).await.unwrap();
        let own = Arc::clone(&cluster);
        let find = Arc::new(move |_| Some(Arc::clone(&own)));
        let jobs = Jobs::open(journal, userfile::runs(Runs::default()), find)
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
                if upload {
                    let paths = vec![folder.join("source")];
                    let plan = userfiles.plan_upload(&cluster, None, "", paths).await.unwrap();
                    userfiles
                        .start_upload(&jobs, find, plan.id, &choices)
                        .await
                        .unwrap()
                } else {
                    let paths = ["source".to_owned()];
                    let plan = userfiles
                        .plan_download(&cluster, None, &paths, &folder.join("target"), true)
                        .await
                        .unwrap();
                    userfiles
                        .start_download(&jobs, find, plan.id, &choices)
                        .await
                        .unwrap()
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

fn start(folder: &Path, port: u16, verb: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "transferring_process", "--nocapture"])
        .env("ROACHVAULT_FAULT_CHILD", folder)
        .env("ROACHVAULT_FAULT_PORT", port.to_string())
        .env("ROACHVAULT_FAULT_VERB", verb)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Runs one transfer to its end with up to `faults` faults on the way; answers how many there were.
async fn under_fire(
    folder: &Path,
    relay: &Relay,
    verb: &str,
    chance: &mut Chance,
    faults: u64,
    whole: impl AsyncFn(),
) -> u64 {
    let before = relay.bytes.load(Ordering::Relaxed);
    let mut had = 0;
    let deadline = Instant::now() + Duration::from_secs(120);
    let mut child = start(folder, relay.port, verb);
    loop {
        assert!(Instant::now() < deadline, "the {verb} did not end");
        let kill = chance.below(2) == 0;
        if had < faults {
            // The fault comes when so many bytes more have passed.
            let at = chance.below(FILE_BYTES as u64 / 2) + 1;
            if kill {
                let threshold = relay.bytes.load(Ordering::Relaxed) + at;
                while relay.bytes.load(Ordering::Relaxed) < threshold && child.try_wait().unwrap().is_none() {
                    tokio::task::yield_now().await;
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                if child.try_wait().unwrap().is_none() {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    had += 1;
                    whole().await;
                    child = start(folder, relay.port, verb);
                    continue;
                }
            } else {
                let cuts = relay.cuts.load(Ordering::Relaxed);
                relay.cut_after(at);
                while relay.cuts.load(Ordering::Relaxed) == cuts && child.try_wait().unwrap().is_none() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                relay.never_cut();
                if relay.cuts.load(Ordering::Relaxed) > cuts {
                    had += 1;
                    whole().await;
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

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_is_wrong_and_no_file_is_half_there_after_kills_and_cuts() {
    let Some(postgres) = Postgres::start().await else {
        return;
    };
    let direct = postgres.with_store().await;
    let relay = Relay::start(([127, 0, 0, 1], postgres.port).into(), Duration::ZERO).await;
    let rounds: u64 = std::env::var("ROACHVAULT_FAULT_ROUNDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(8);
    let seed: u64 = std::env::var("ROACHVAULT_FAULT_SEED")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(0x5eed);
    println!("{rounds} faults, seed {seed}");
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
        let stored_whole = async || {
            let rows: Vec<(i64, i64)> = sqlx::query_as(
                "SELECT f.file_size, coalesce(sum(length(p.payload)), 0)::INT8 FROM userfiles_root_upload_files f \
                 LEFT JOIN userfiles_root_upload_payload p USING (file_id) WHERE filename = '/source' GROUP BY 1",
            )
            .fetch_all(direct.pool())
            .await
            .unwrap();
            assert!(
                rows.iter()
                    .all(|(size, stored)| size == stored && *size == bytes.len() as i64),
                "{rows:?}"
            );
        };
        had += under_fire(folder.path(), &relay, "upload", &mut chance, 3, stored_whole).await;
        let chunks: Vec<Vec<u8>> =
            sqlx::query_scalar("SELECT payload FROM userfiles_root_upload_payload ORDER BY byte_offset")
                .fetch_all(direct.pool())
                .await
                .unwrap();
        assert!(chunks.concat() == bytes, "the uploaded bytes differ");
        let names: Vec<String> = sqlx::query_scalar("SELECT filename FROM userfiles_root_upload_files")
            .fetch_all(direct.pool())
            .await
            .unwrap();
        assert_eq!(names, ["/source"]);

        std::fs::remove_dir_all(folder.path().join("data")).unwrap();
        let target = folder.path().join("target");
        let saved_whole = async || assert!(!target.exists() || std::fs::read(&target).unwrap() == bytes);
        had += under_fire(folder.path(), &relay, "download", &mut chance, 3, saved_whole).await;
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
        sqlx::raw_sql("DELETE FROM userfiles_root_upload_payload; DELETE FROM userfiles_root_upload_files")
            .execute(direct.pool())
            .await
            .unwrap();
    }
}
