//! Userfiles on a real PostgreSQL with the two tables made by hand: another SQL engine than the one
//! the practice cluster is built on, and byte for byte the same results.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use roachvault_cockroach::userfile::{
    DeleteTarget, Event, Lanes, LocalSource, OnConflict, PartFile, Rename, SharedLanes, SmallFile,
    SmallUploaded, Source, Stop, Store, StoredName, Upload, delete, download, download_small, get_file,
    list_page, list_stores, remove_unfinished, rename, temporary_name, upload, upload_small,
};
use roachvault_cockroach::{Cluster, ErrorKind};
use sha2::{Digest, Sha256};
use uuid::Uuid;

#[path = "support/postgres.rs"]
mod postgres;
use postgres::Postgres;

/// Bytes that do not repeat, from a seed.
fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..len)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .collect()
}

struct World {
    cluster: Cluster,
    store: Store,
    lanes: SharedLanes,
    folder: tempfile::TempDir,
    sent: Arc<AtomicU64>,
    _postgres: Postgres,
}

impl World {
    async fn new() -> Option<Self> {
        let postgres = Postgres::start().await?;
        let cluster = postgres.with_store().await;
        let store = Store::open_default(&cluster).await.unwrap();
        let sent = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&sent);
        let report = Arc::new(move |event| {
            if let Event::Bytes(bytes) | Event::Found(bytes) = event {
                counter.fetch_add(bytes, Ordering::Relaxed);
            }
        });
        let lanes = Arc::new(Lanes::new(&cluster, report, Stop::new().1));
        let folder = tempfile::tempdir().unwrap();
        Some(Self {
            cluster,
            store,
            lanes,
            folder,
            sent,
            _postgres: postgres,
        })
    }

    async fn source(&self, name: &str, bytes: &[u8]) -> Arc<dyn Source> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        LocalSource::open(&path).await.unwrap()
    }

    async fn put(
        &self,
        name: &str,
        bytes: &[u8],
        on_conflict: OnConflict,
    ) -> roachvault_cockroach::Result<Upload> {
        let source = self.source("source", bytes).await;
        let one = Upload {
            name: StoredName::new(name).unwrap(),
            file_id: Uuid::new_v4(),
            on_conflict,
        };
        upload(&self.store, &self.lanes, &one, &source).await.map(|_| one)
    }

    async fn fetch(&self, name: &str) -> roachvault_cockroach::Result<Vec<u8>> {
        let file = get_file(&self.store, &StoredName::new(name)?).await?.unwrap();
        let target = self.folder.path().join(format!("fetched-{}", Uuid::new_v4()));
        let part = PartFile::open(&target, "test").await?;
        let done = download(&self.store, &self.lanes, &file, &None, &part, false).await?;
        let bytes = std::fs::read(&target).unwrap();
        assert_eq!(done.sha256, hex(&Sha256::digest(&bytes)));
        Ok(bytes)
    }

    async fn names(&self) -> Vec<String> {
        let page = list_page(&self.store, "/", None, 1000, None).await.unwrap();
        page.into_iter()
            .map(|file| file.name.shown().to_owned())
            .collect()
    }

    async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql)
            .fetch_one(self.cluster.pool())
            .await
            .unwrap()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_up_and_come_down_byte_for_byte() {
    let Some(world) = World::new().await else { return };
    for (name, len) in [
        ("empty", 0),
        ("one", 1),
        ("a b/100%#?.csv", 70_000),
        ("big", (21 << 20) + 17),
    ] {
        let bytes = noise(len, len as u64 + 1);
        world.put(name, &bytes, OnConflict::Fail).await.unwrap();
        assert!(world.fetch(name).await.unwrap() == bytes, "{name} differs");
    }
    assert_eq!(world.names().await, ["a b/100%#?.csv", "big", "empty", "one"]);
    let stores = list_stores(&world.cluster).await.unwrap();
    assert_eq!(stores, std::slice::from_ref(&world.store.name));
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_hold_together_where_the_server_sorts_by_a_language() {
    let Some(world) = World::new().await else { return };
    let by_language =
        "ALTER TABLE userfiles_root_upload_files ALTER COLUMN filename TYPE TEXT COLLATE \"en-x-icu\"";
    if let Err(error) = sqlx::query(by_language).execute(world.cluster.pool()).await {
        println!("skipped: {error}");
        return;
    }
    let names = ["Z", "a-b", "a/1", "a/b/2", "a0", "ab", "b"];
    for name in names {
        world.put(name, name.as_bytes(), OnConflict::Fail).await.unwrap();
    }
    assert_eq!(world.names().await, names);
    let below = list_page(&world.store, "/a/", None, 1000, None).await.unwrap();
    assert_eq!(below.len(), 2);
    let folder = Rename {
        from: "/a/".into(),
        to: "/moved/".into(),
    };
    assert_eq!(rename(&world.store, &[folder]).await.unwrap(), 2);
    assert_eq!(
        world.names().await,
        ["Z", "a-b", "a0", "ab", "b", "moved/1", "moved/b/2"]
    );
    assert_eq!(world.fetch("moved/b/2").await.unwrap(), b"a/b/2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_name_is_refused_or_replaced_as_asked() {
    let Some(world) = World::new().await else { return };
    world.put("a", b"old", OnConflict::Fail).await.unwrap();
    let refused = world.put("a", b"new", OnConflict::Fail).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::AlreadyExists);
    assert_eq!(world.fetch("a").await.unwrap(), b"old");
    world.put("a", b"new", OnConflict::Replace).await.unwrap();
    assert_eq!(world.fetch("a").await.unwrap(), b"new");
    assert_eq!(world.names().await, ["a"]);
    assert_eq!(
        world
            .count("SELECT count(*) FROM userfiles_root_upload_payload")
            .await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_goes_on_from_what_the_cluster_holds_and_mends_what_differs() {
    let Some(world) = World::new().await else { return };
    let bytes = noise(10 << 20, 7);
    let source = world.source("big", &bytes).await;
    let name = StoredName::new("big").unwrap();
    let one = Upload {
        name: name.clone(),
        file_id: Uuid::new_v4(),
        on_conflict: OnConflict::Fail,
    };
    sqlx::query("INSERT INTO userfiles_root_upload_files VALUES ($1, $2, 0, 'root')")
        .bind(temporary_name(&name, one.file_id))
        .bind(one.file_id)
        .execute(world.cluster.pool())
        .await
        .unwrap();
    let mib = 1 << 20;
    let wrong = noise(mib, 99);
    for (offset, chunk) in [
        (0, &bytes[..mib]),
        (mib, &wrong[..]),
        (3 * mib, &bytes[3 * mib..4 * mib]),
    ] {
        sqlx::query("INSERT INTO userfiles_root_upload_payload VALUES ($1, $2, $3)")
            .bind(one.file_id)
            .bind(offset as i64)
            .bind(chunk)
            .execute(world.cluster.pool())
            .await
            .unwrap();
    }
    let done = upload(&world.store, &world.lanes, &one, &source).await.unwrap();
    assert_eq!(done.resumed_bytes, 2 * mib as u64);
    assert_eq!(world.sent.load(Ordering::Relaxed), bytes.len() as u64);
    assert!(world.fetch("big").await.unwrap() == bytes);
    // Asked again after the end, as after a lost answer, it finds itself done.
    let again = upload(&world.store, &world.lanes, &one, &source).await.unwrap();
    assert_eq!(again.resumed_bytes, bytes.len() as u64);
    assert_eq!(world.names().await, ["big"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_keeps_what_is_right_of_an_earlier_one() {
    let Some(world) = World::new().await else { return };
    let bytes = noise(9 << 20, 3);
    world.put("big", &bytes, OnConflict::Fail).await.unwrap();
    let file = get_file(&world.store, &StoredName::new("big").unwrap())
        .await
        .unwrap()
        .unwrap();
    let target = world.folder.path().join("big");
    let mut left = bytes[..5 << 20].to_vec();
    left[100] ^= 1;
    std::fs::write(world.folder.path().join(".big.test.part"), &left).unwrap();
    let part = PartFile::open(&target, "test").await.unwrap();
    let done = download(&world.store, &world.lanes, &file, &None, &part, false)
        .await
        .unwrap();
    assert!(
        done.resumed_bytes > 0 && done.resumed_bytes < 5 << 20,
        "{}",
        done.resumed_bytes
    );
    assert!(std::fs::read(&target).unwrap() == bytes);
    assert!(!world.folder.path().join(".big.test.part").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_a_gap_is_refused_and_nothing_takes_the_targets_name() {
    let Some(world) = World::new().await else { return };
    world
        .put("big", &noise(6 << 20, 5), OnConflict::Fail)
        .await
        .unwrap();
    sqlx::query(
        "UPDATE userfiles_root_upload_payload SET byte_offset = byte_offset + 7 WHERE byte_offset > 0",
    )
    .execute(world.cluster.pool())
    .await
    .unwrap();
    assert_eq!(world.fetch("big").await.unwrap_err().kind, ErrorKind::Corrupt);
    let fetched = std::fs::read_dir(world.folder.path()).unwrap().flatten();
    assert!(
        !fetched
            .map(|entry| entry.file_name())
            .any(|name| name.to_string_lossy().starts_with("fetched"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn small_files_travel_together_and_a_taken_name_stops_only_itself() {
    let Some(world) = World::new().await else { return };
    world.put("s/3", b"there before", OnConflict::Fail).await.unwrap();
    let files: Vec<SmallFile> = (0..100)
        .map(|i| SmallFile {
            name: StoredName::new(&format!("s/{i}")).unwrap(),
            file_id: Uuid::new_v4(),
            bytes: noise(i * 40, i as u64 + 1),
        })
        .collect();
    let done = upload_small(&world.store, &world.lanes, &files).await.unwrap();
    let taken: Vec<usize> = (0..100).filter(|i| done[*i] == SmallUploaded::Taken).collect();
    assert_eq!(taken, [3]);
    // The answer to the commit may be lost: asking again changes nothing.
    assert_eq!(
        upload_small(&world.store, &world.lanes, &files).await.unwrap(),
        done
    );
    let ids: Vec<Uuid> = files.iter().map(|file| file.file_id).collect();
    let back = download_small(&world.store, &world.lanes, &ids, None)
        .await
        .unwrap();
    for (i, file) in files.iter().enumerate().filter(|(i, _)| *i != 3) {
        assert_eq!(
            back.get(&file.file_id).map_or(&[][..], Vec::as_slice),
            file.bytes,
            "{i}"
        );
    }
    assert_eq!(world.fetch("s/3").await.unwrap(), b"there before");
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_removes_rows_and_payload_and_spares_a_newer_file_of_the_name() {
    let Some(world) = World::new().await else { return };
    let mut targets = Vec::new();
    for (name, len) in [("a", 10), ("b", 3 << 20), ("c", 70 << 20)] {
        world.put(name, &noise(len, 1), OnConflict::Fail).await.unwrap();
        let file = get_file(&world.store, &StoredName::new(name).unwrap())
            .await
            .unwrap()
            .unwrap();
        targets.push(DeleteTarget {
            name: file.name,
            file_id: file.file_id,
            size_bytes: file.size_bytes,
        });
    }
    world.put("a", b"newer", OnConflict::Replace).await.unwrap();
    let mut gone = Vec::new();
    delete(&world.store, &world.lanes, &targets, |range| gone.extend(range))
        .await
        .unwrap();
    assert_eq!(gone, [0, 1, 2]);
    assert_eq!(world.names().await, ["a"]);
    assert_eq!(world.fetch("a").await.unwrap(), b"newer");
    assert_eq!(
        world
            .count("SELECT count(*) FROM userfiles_root_upload_payload")
            .await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_an_upload_and_taking_it_back_leaves_nothing_behind() {
    let Some(world) = World::new().await else { return };
    let (ask, stop) = Stop::new();
    let report = Arc::new(move |event| {
        if matches!(event, Event::Bytes(1..)) {
            ask.send_replace(true);
        }
    });
    let stopping = Arc::new(Lanes::new(&world.cluster, report, stop));
    let source = world.source("big", &noise(30 << 20, 8)).await;
    let name = StoredName::new("big").unwrap();
    let one = Upload {
        name,
        file_id: Uuid::new_v4(),
        on_conflict: OnConflict::Fail,
    };
    let stopped = upload(&world.store, &stopping, &one, &source).await.unwrap_err();
    assert_eq!(stopped.kind, ErrorKind::Cancelled);
    assert!(
        world
            .count("SELECT count(*) FROM userfiles_root_upload_payload")
            .await
            > 0
    );
    assert!(!remove_unfinished(&world.store, &world.lanes, &one).await.unwrap());
    assert_eq!(
        world
            .count("SELECT count(*) FROM userfiles_root_upload_payload")
            .await,
        0
    );
    assert_eq!(
        world
            .count("SELECT count(*) FROM userfiles_root_upload_files")
            .await,
        0
    );
}
