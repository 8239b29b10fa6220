//! How fast and how lean transfers are, as ratios to plain loops and to the algorithms of
//! `cockroach userfile`, all in one run on one machine, against the practice cluster.
//!
//! Fails when a bound is missed. `ROACHVAULT_BENCH_MIB` (256) sizes the large file, `ROACHVAULT_BENCH_ROUNDS` (5) the rounds of which
//! the median counts, `ROACHVAULT_BENCH_MEMORY_MIB` (1024) the file of the memory figures; `ROACHVAULT_BENCH_PARTS`
//! (`near far many memory`) names what is measured; memory in processes of its own, as what was measured before leaves
//! the heap larger than it was.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use roachvault_cockroach::userfile::{
    BATCH_FILES, DeleteTarget, FileRow, Lanes, LocalSource, OnConflict, PartFile, SharedLanes, SmallFile,
    Source, Stop, Store, StoredName, Upload, delete, download, download_small, get_file, pin, save_small,
    upload, upload_small,
};
use roachvault_cockroach::{Cluster, Target};
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Row};
use uuid::Uuid;

#[path = "../tests/support/like_cli.rs"]
mod like_cli;
#[path = "../tests/support/practice.rs"]
mod practice;
#[path = "../tests/support/relay.rs"]
mod relay;
#[path = "../tests/support/target.rs"]
mod target;

use practice::Practice;
use relay::Relay;

const MIB: u64 = 1 << 20;
/// As many as an upload uses at most.
const CONNECTIONS: usize = 4;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(default)
}

struct Bench {
    store: Store,
    folder: tempfile::TempDir,
}

/// In memory where the system has such a place: bringing a download to the disk, which the plain loops do not,
/// would else be most of what is measured.
fn local_files() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

impl Bench {
    async fn on(target: &Target) -> Self {
        let cluster = Cluster::connect(target).await.unwrap();
        let store = Store::open_default(&cluster).await.unwrap();
        Self {
            store,
            folder: local_files(),
        }
    }

    fn lanes(&self) -> SharedLanes {
        Arc::new(Lanes::new(&self.store.cluster, Arc::new(|_| {}), Stop::new().1))
    }

    fn write(&self, name: &str, bytes: u64) {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ bytes;
        let mut file = std::io::BufWriter::new(std::fs::File::create(self.folder.path().join(name)).unwrap());
        for _ in 0..bytes / 8 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            std::io::Write::write_all(&mut file, &state.to_le_bytes()).unwrap();
        }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    async fn file(&self, name: &str) -> FileRow {
        get_file(&self.store, &StoredName::new(name).unwrap())
            .await
            .unwrap()
            .unwrap()
    }

    async fn remove(&self, name: &str) {
        let file = self.file(name).await;
        let target = DeleteTarget {
            name: file.name,
            file_id: file.file_id,
            size_bytes: file.size_bytes,
        };
        delete(&self.store, &self.lanes(), &[target], |_| {})
            .await
            .unwrap();
    }

    async fn upload(&self, path: &Path, name: &str) -> Duration {
        let begun = Instant::now();
        let source: Arc<dyn Source> = LocalSource::open(path).await.unwrap();
        let name = StoredName::new(name).unwrap();
        let one = Upload {
            name,
            file_id: Uuid::new_v4(),
            on_conflict: OnConflict::Fail,
        };
        upload(&self.store, &self.lanes(), &one, &source).await.unwrap();
        begun.elapsed()
    }

    /// To a name that is free, as the others: giving back the memory of a file that is replaced takes a tenth as long.
    async fn download(&self, name: &str, target: &Path) -> Duration {
        let _ = std::fs::remove_file(target);
        let begun = Instant::now();
        let file = self.file(name).await;
        let moment = pin(&self.store.cluster, self.store.dialect).await.unwrap();
        let part = PartFile::open(target, "bench").await.unwrap();
        download(&self.store, &self.lanes(), &file, &moment, &part, true)
            .await
            .unwrap();
        begun.elapsed()
    }

    /// Prepared 4 MiB UPSERTs on as many connections, and nothing else.
    async fn bare_upload(&self, path: &Path) -> Duration {
        let file_id = Uuid::new_v4();
        let files = format!("{}_upload_files", self.store.name);
        let sql = format!(
            "INSERT INTO {files} (filename, file_id, file_size, username) VALUES ('/bare', $1, 0, 'demo')"
        );
        sqlx::query(AssertSqlSafe(sql))
            .bind(file_id)
            .execute(self.store.cluster.pool())
            .await
            .unwrap();
        let sql = format!(
            "UPSERT INTO {}_upload_payload (file_id, byte_offset, payload) VALUES ($1, $2, $3)",
            self.store.name
        );
        let begun = Instant::now();
        let source = LocalSource::open(path).await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for lane in 0..CONNECTIONS as u64 {
            let (source, sql) = (Arc::clone(&source), sql.clone());
            let mut connection = self.store.cluster.transfer_connection().await.unwrap();
            tasks.spawn(async move {
                let mut offset = lane * 4 * MIB;
                while offset < source.size_bytes() {
                    let len = (source.size_bytes() - offset).min(4 * MIB);
                    let bytes = Arc::clone(&source)
                        .read_at(offset, usize::try_from(len).unwrap(), Vec::new())
                        .await
                        .unwrap();
                    let query = sqlx::query(AssertSqlSafe(sql.clone())).bind(file_id);
                    query
                        .bind(i64::try_from(offset).unwrap())
                        .bind(bytes)
                        .execute(&mut connection)
                        .await
                        .unwrap();
                    offset += CONNECTIONS as u64 * 4 * MIB;
                }
            });
        }
        tasks.join_all().await;
        let took = begun.elapsed();
        self.remove("bare").await;
        took
    }

    /// All chunks by one statement on one connection, written to a file, and nothing else; or digested besides.
    async fn bare_download(&self, name: &str, digested: bool) -> Duration {
        let file = self.file(name).await;
        let _ = std::fs::remove_file(self.path("bare"));
        let begun = Instant::now();
        let mut connection = self.store.cluster.transfer_connection().await.unwrap();
        let sql = format!(
            "SELECT payload FROM {}_upload_payload WHERE file_id = $1 ORDER BY byte_offset",
            self.store.name
        );
        let mut rows = sqlx::query(AssertSqlSafe(sql))
            .bind(file.file_id)
            .fetch(&mut connection);
        let mut out = std::fs::File::create(self.path("bare")).unwrap();
        let mut digest = Sha256::new();
        while let Some(row) = rows.try_next().await.unwrap() {
            let bytes: &[u8] = row.try_get(0).unwrap();
            std::io::Write::write_all(&mut out, bytes).unwrap();
            if digested {
                digest.update(bytes);
            }
        }
        std::hint::black_box(digest.finalize());
        begun.elapsed()
    }

    async fn cli_upload(&self, path: &Path, name: &str) -> Duration {
        let begun = Instant::now();
        let mut connection = self.store.cluster.transfer_connection().await.unwrap();
        let name = StoredName::new(name).unwrap();
        like_cli::upload(&mut connection, &self.store, path, &name)
            .await
            .unwrap();
        begun.elapsed()
    }

    async fn cli_download(&self, name: &str) -> Duration {
        let target = self.path(&format!("cli-{}", Uuid::new_v4()));
        let begun = Instant::now();
        let mut connection = self.store.cluster.transfer_connection().await.unwrap();
        like_cli::get(&mut connection, &self.store, name, &target)
            .await
            .unwrap();
        let took = begun.elapsed();
        std::fs::remove_file(target).unwrap();
        took
    }

    /// Files of 4 KiB in batches, as the app sends them.
    async fn small_files(&self, folder: &str, count: usize) -> (Duration, Duration) {
        let lanes = self.lanes();
        let files: Vec<SmallFile> = (0..count)
            .map(|i| SmallFile {
                name: StoredName::new(&format!("{folder}/{i}")).unwrap(),
                file_id: Uuid::new_v4(),
                bytes: vec![u8::try_from(i % 251).unwrap(); 4096],
            })
            .collect();
        let begun = Instant::now();
        let sends = files
            .chunks(BATCH_FILES)
            .map(|batch| upload_small(&self.store, &lanes, batch));
        futures_util::future::try_join_all(sends).await.unwrap();
        let up = begun.elapsed();
        let begun = Instant::now();
        let moment = pin(&self.store.cluster, self.store.dialect).await.unwrap();
        let fetches = files.chunks(BATCH_FILES).map(|batch| {
            let ids: Vec<Uuid> = batch.iter().map(|file| file.file_id).collect();
            let (moment, lanes, folder) = (moment.clone(), &lanes, self.path("small"));
            async move {
                for (id, bytes) in download_small(&self.store, lanes, &ids, moment.as_deref()).await? {
                    save_small(&folder.join(id.to_string()), bytes, false).await?;
                }
                Ok::<_, roachvault_cockroach::Error>(())
            }
        });
        futures_util::future::try_join_all(fetches).await.unwrap();
        (up, begun.elapsed())
    }
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

/// What was measured beside what is wanted. A miss makes the whole run fail, after all is told.
#[derive(Default)]
struct Verdict {
    missed: usize,
}

impl Verdict {
    fn tell(&mut self, what: &str, measured: f64, bound: &str, holds: bool) {
        let verdict = if holds { "ok" } else { "MISSED" };
        println!("{what:<66} {measured:>8.2}  (wanted {bound:>11})  {verdict}");
        self.missed += usize::from(!holds);
    }

    fn at_least(&mut self, what: &str, ratio: f64, wanted: f64) {
        self.tell(what, ratio, &format!(">= {wanted}"), ratio >= wanted);
    }

    fn at_most_mib(&mut self, what: &str, mib: u64, wanted: u64) {
        self.tell(what, mib as f64, &format!("<= {wanted} MiB"), mib <= wanted);
    }
}

/// The most memory this process has had, in bytes; starts anew where the system allows it.
fn peak_memory(reset: bool) -> u64 {
    if reset {
        let _ = std::fs::write("/proc/self/clear_refs", "5");
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap_or("0");
    line.trim()
        .trim_end_matches("kB")
        .trim()
        .parse::<u64>()
        .unwrap_or(0)
        << 10
}

#[tokio::main]
async fn main() {
    if let Ok(of) = std::env::var(MEMORY_OF) {
        let (direction, url) = of.split_once(' ').unwrap();
        return memory_of(direction, &target::target(url).unwrap()).await;
    }
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "-p", "roachvault-practice"]);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    if std::env::var_os("ROACHVAULT_PRACTICE").is_none() {
        assert!(build.status().unwrap().success());
    }
    let data = tempfile::tempdir().unwrap();
    let practice = Practice::start(Some(data.path()), &[]).unwrap();
    let (mib, rounds) = (
        setting("ROACHVAULT_BENCH_MIB", 256),
        setting("ROACHVAULT_BENCH_ROUNDS", 5),
    );
    let parts = std::env::var("ROACHVAULT_BENCH_PARTS").unwrap_or_else(|_| "near far many memory".into());
    let mut verdict = Verdict::default();
    for part in parts.split_whitespace() {
        match part {
            "near" => near(&practice.target, mib, rounds, &mut verdict).await,
            "far" => far(&practice.target, mib, rounds, &mut verdict).await,
            "many" => many_far(&practice.target, rounds, &mut verdict).await,
            "memory" => memory(&practice.target, &mut verdict).await,
            other => panic!("there is no part {other}: near, far, many, memory"),
        }
    }
    assert_eq!(verdict.missed, 0, "bounds that were missed");
}

async fn near(target: &Target, mib: u64, rounds: u64, verdict: &mut Verdict) {
    let bench = Bench::on(target).await;
    bench.write("large", mib * MIB);
    let path = bench.path("large");
    let [
        mut ours_up,
        mut bare_up,
        mut cli_up,
        mut ours_down,
        mut bare_down,
        mut digested_down,
        mut cli_down,
    ] = std::array::from_fn(|_| Vec::new());
    for _ in 0..rounds {
        cli_up.push(bench.cli_upload(&path, "cli").await);
        bench.remove("cli").await;
        bare_up.push(bench.bare_upload(&path).await);
        ours_up.push(bench.upload(&path, "ours").await);
        bare_down.push(bench.bare_download("ours", false).await);
        digested_down.push(bench.bare_download("ours", true).await);
        ours_down.push(bench.download("ours", &bench.path("down")).await);
        cli_down.push(bench.cli_download("ours").await);
        bench.remove("ours").await;
    }
    let (up, down) = (median(ours_up), median(ours_down));
    println!("loopback, {mib} MiB, median of {rounds}: up {up:.2} s, down {down:.2} s");
    verdict.at_least(
        "upload, against bare prepared UPSERTs on as many connections",
        median(bare_up) / up,
        0.8,
    );
    verdict.at_least("upload, against one COPY row", median(cli_up) / up, 1.0);
    verdict.at_least("download, against a bare loop", median(bare_down) / down, 0.8);
    // A download has its SHA-256 at the end, which the plain loop has not: this tells what that costs.
    println!(
        "{:<66} {:>8.2}",
        "download, against a bare loop that digests too",
        median(digested_down) / down
    );
    verdict.at_least(
        "download, against 256 KiB at a time",
        median(cli_down) / down,
        4.0,
    );
}

/// The cluster behind a line as to a distant region.
async fn distant(target: &Target) -> (Relay, Bench) {
    let to = std::net::SocketAddr::from(([127, 0, 0, 1], target.port));
    let relay = Relay::start(to, Duration::from_millis(40)).await;
    let bench = Bench::on(&Target {
        host: "127.0.0.1".into(),
        port: relay.port,
        ..target.clone()
    })
    .await;
    (relay, bench)
}

async fn far(target: &Target, mib: u64, rounds: u64, verdict: &mut Verdict) {
    let (_relay, bench) = distant(target).await;
    bench.write("large", mib * MIB);
    let path = bench.path("large");
    let [mut ours_up, mut cli_up] = std::array::from_fn(|_| Vec::new());
    for _ in 0..rounds {
        cli_up.push(bench.cli_upload(&path, "cli").await);
        bench.remove("cli").await;
        ours_up.push(bench.upload(&path, "ours").await);
        bench.remove("ours").await;
    }
    let up = median(ours_up);
    println!("40 ms each way, median of {rounds}: {mib} MiB up {up:.2} s");
    verdict.at_least(
        "upload of a large file, against its single stream",
        median(cli_up) / up,
        1.0,
    );
    // 256 KiB at a time are a round trip each: of the whole file this would take minutes.
    let mib = mib.min(64);
    bench.write("less", mib * MIB);
    bench.upload(&bench.path("less"), "less").await;
    let [mut ours_down, mut cli_down] = std::array::from_fn(|_| Vec::new());
    for _ in 0..rounds {
        ours_down.push(bench.download("less", &bench.path("down")).await);
        cli_down.push(bench.cli_download("less").await);
    }
    let down = median(ours_down);
    println!("40 ms each way, median of {rounds}: {mib} MiB down {down:.2} s");
    verdict.at_least(
        "download of a large file, against 256 KiB at a time",
        median(cli_down) / down,
        10.0,
    );
    bench.remove("less").await;
}

async fn many_far(target: &Target, rounds: u64, verdict: &mut Verdict) {
    let (_relay, bench) = distant(target).await;
    // One by one takes minutes, each as long as the other: a part of them tells it for all.
    let (count, sample) = (1000, 20);
    std::fs::write(bench.path("one"), vec![7; 4096]).unwrap();
    let [mut ours_up, mut cli_up, mut ours_down, mut cli_down] = std::array::from_fn(|_| Vec::new());
    for round in 0..rounds {
        let (up, down) = bench.small_files(&format!("small-{round}"), count).await;
        ours_up.push(up);
        ours_down.push(down);
        let name = |i: u32| format!("cli-small-{round}/{i}");
        let begun = Instant::now();
        for i in 0..sample {
            bench.cli_upload(&bench.path("one"), &name(i)).await;
        }
        cli_up.push(begun.elapsed());
        let begun = Instant::now();
        let mut connection = bench.store.cluster.transfer_connection().await.unwrap();
        for i in 0..sample {
            let target = bench.path(&format!("cli-small-{round}-{i}"));
            like_cli::get(&mut connection, &bench.store, &name(i), &target)
                .await
                .unwrap();
        }
        cli_down.push(begun.elapsed());
    }
    let all = |times| median(times) * count as f64 / f64::from(sample);
    let (up, down) = (median(ours_up), median(ours_down));
    println!("40 ms each way, {count} files of 4 KiB, median of {rounds}: up {up:.2} s, down {down:.2} s");
    verdict.at_least("many small files up, against one by one", all(cli_up) / up, 20.0);
    verdict.at_least(
        "many small files down, against one by one",
        all(cli_down) / down,
        20.0,
    );
}

/// Names the direction and the cluster to the processes that memory is measured in.
const MEMORY_OF: &str = "ROACHVAULT_BENCH_MEMORY_OF";

async fn memory(target: &Target, verdict: &mut Verdict) {
    let mib = setting("ROACHVAULT_BENCH_MEMORY_MIB", 1024);
    println!("peak memory growth for {mib} MiB");
    for direction in ["up", "down"] {
        let mut measured = Command::new(std::env::current_exe().unwrap());
        let url = format!(
            "postgresql://{}@{}:{}/{}?sslmode=disable",
            target.user, target.host, target.port, target.database
        );
        measured.env(MEMORY_OF, format!("{direction} {url}"));
        let output = measured.output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let grown = String::from_utf8(output.stdout).unwrap();
        verdict.at_most_mib(direction, grown.trim().parse().unwrap(), 64);
    }
    Bench::on(target).await.remove("huge").await;
}

/// One direction, in a process that has done nothing else. Prints the growth in MiB.
async fn memory_of(direction: &str, target: &Target) {
    let bench = Bench::on(target).await;
    let path = bench.path("huge");
    if direction == "up" {
        bench.write("huge", setting("ROACHVAULT_BENCH_MEMORY_MIB", 1024) * MIB);
    }
    let before = peak_memory(true);
    match direction {
        "up" => bench.upload(&path, "huge").await,
        _ => bench.download("huge", &path).await,
    };
    println!("{}", peak_memory(false).saturating_sub(before) / MIB);
}
