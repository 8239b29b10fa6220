//! How soon a store of 100,000 files is on the screen, and how soon it is filtered and sorted, against
//! the practice cluster.
//!
//! `ROACHVAULT_BENCH_FILES` (100000) is how many files there are.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use roachvault_cockroach::{Cluster, Target, TlsMode};
use roachvault_core::userfile::{FolderPage, ListRequest, Sort, Userfiles};
use roachvault_core::{ClusterInfo, ConnectionId, Environment, OpenCluster};
use roachvault_practice::{Options, PracticeCluster};
use sqlx::AssertSqlSafe;

const STORE: &str = "defaultdb.public.userfiles_demo";

async fn open(port: u16) -> OpenCluster {
    let target = Target {
        host: "127.0.0.1".into(),
        port,
        user: "demo".into(),
        database: "defaultdb".into(),
        tls: TlsMode::Disable,
        ca_pem: None,
        client_cert_pem: None,
        client_key_pem: None,
        password: None,
        cluster_option: None,
        jwt: false,
    };
    let cluster = Cluster::connect(&target).await.unwrap();
    let info = ClusterInfo {
        version_text: String::new(),
        version: None,
        user: "demo".into(),
    };
    let id = ConnectionId::new();
    OpenCluster::new(id, "bench".into(), Environment::Practice, false, info, cluster)
}

/// All in one folder, which is the hardest for a list.
async fn fill(cluster: &OpenCluster, files: usize) {
    let pool = cluster.readable().pool();
    let make = format!(
        "CREATE TABLE {STORE}_upload_files (filename STRING PRIMARY KEY, \
         file_id UUID UNIQUE NOT NULL DEFAULT gen_random_uuid(), file_size INT NOT NULL, \
         username STRING NOT NULL, upload_time TIMESTAMP DEFAULT now()); \
         CREATE TABLE {STORE}_upload_payload (file_id UUID, byte_offset INT, payload BYTES, \
         PRIMARY KEY(file_id, byte_offset))"
    );
    sqlx::raw_sql(AssertSqlSafe(make)).execute(pool).await.unwrap();
    for begin in (0..files).step_by(1000) {
        let rows: Vec<String> = (begin..files.min(begin + 1000))
            .map(|i| format!("('/orders-{i:06}.csv', {i}, 'demo')"))
            .collect();
        let insert = format!(
            "INSERT INTO {STORE}_upload_files (filename, file_size, username) VALUES {}",
            rows.join(",")
        );
        sqlx::query(AssertSqlSafe(insert)).execute(pool).await.unwrap();
    }
}

fn request(filter: Option<&str>, sort: Sort, refresh: bool) -> ListRequest {
    ListRequest {
        store: None,
        folder: String::new(),
        sort,
        descending: false,
        filter: filter.map(str::to_owned),
        offset: 0,
        limit: 200,
        refresh,
    }
}

fn tell(what: &str, took: Duration, wanted_ms: u128) {
    let ms = took.as_millis();
    let verdict = if ms <= wanted_ms { "ok" } else { "MISSED" };
    println!("{what:<66} {ms:>6} ms  (wanted at most {wanted_ms} ms)  {verdict}");
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap_or("0");
    line.trim()
        .trim_end_matches("kB")
        .trim()
        .parse::<u64>()
        .unwrap_or(0)
        >> 10
}

async fn timed(userfiles: &Userfiles, cluster: &OpenCluster, request: ListRequest) -> (FolderPage, Duration) {
    let begun = Instant::now();
    let page = userfiles.list(cluster, &request).await.unwrap();
    (page, begun.elapsed())
}

#[tokio::main]
async fn main() {
    let files = std::env::var("ROACHVAULT_BENCH_FILES")
        .ok()
        .and_then(|files| files.parse().ok())
        .unwrap_or(100_000);
    let options = Options {
        insecure: true,
        sample_data: false,
        ..Options::default()
    };
    let practice = tokio::task::spawn_blocking(|| PracticeCluster::start(options).unwrap())
        .await
        .unwrap();
    let cluster = Arc::new(open(practice.address().port()).await);
    fill(&cluster, files).await;
    let (userfiles, before) = (Userfiles::new(), resident_mib());

    let begun = Instant::now();
    let (first, took) = timed(&userfiles, &cluster, request(None, Sort::Name, true)).await;
    assert!(!first.entries.is_empty());
    println!("{files} files");
    tell("first rows of a store", took, 300);
    loop {
        let (page, _) = timed(&userfiles, &cluster, request(None, Sort::Name, false)).await;
        if page.complete {
            assert_eq!(page.files, files as u64);
            break;
        }
    }
    println!(
        "all rows read in {:.2} s; the process, cluster included, grew by {} MiB",
        begun.elapsed().as_secs_f64(),
        resident_mib().saturating_sub(before)
    );
    let filters = [
        ("a part of a name", Some("09999"), Sort::Name),
        ("a part of every name", Some("orders"), Sort::Name),
        ("a pattern", Some("orders-0*9.csv"), Sort::Name),
        ("a pattern, sorted by size", Some("*.csv"), Sort::Size),
    ];
    for (what, filter, sort) in filters {
        let (page, took) = timed(&userfiles, &cluster, request(filter, sort, false)).await;
        tell(&format!("filter: {what}, {} rows", page.total_entries), took, 150);
    }
}
