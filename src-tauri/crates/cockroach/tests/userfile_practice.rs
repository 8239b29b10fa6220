//! Userfiles on the practice cluster, which knows what PostgreSQL does not: UPSERT, AS OF SYSTEM TIME, the
//! COPY target, and stores that the server makes.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::sync::Arc;
use std::time::Duration;

use roachvault_cockroach::userfile::{
    Lanes, LocalSource, OnConflict, PartFile, SharedLanes, SmallFile, Source, Stop, Store, StoreSource,
    StoredName, Upload, delete, download, download_small, get_file, list_page, list_stores, pin, upload,
    upload_small,
};
use roachvault_cockroach::{Cluster, userfile};
use uuid::Uuid;

#[path = "support/like_cli.rs"]
mod like_cli;
#[path = "support/practice.rs"]
mod practice;
#[path = "support/target.rs"]
mod target;
use practice::Practice;

fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..len).map(|_| next()).collect()
}

struct World {
    cluster: Cluster,
    store: Store,
    lanes: SharedLanes,
    folder: tempfile::TempDir,
    _practice: Practice,
}

impl World {
    async fn new() -> Option<Self> {
        let practice = Practice::start(None, &[])?;
        let cluster = Cluster::connect(&practice.target).await.unwrap();
        let store = Store::open_default(&cluster).await.unwrap();
        let lanes = Arc::new(Lanes::new(&cluster, Arc::new(|_| {}), Stop::new().1));
        Some(Self {
            cluster,
            store,
            lanes,
            folder: tempfile::tempdir().unwrap(),
            _practice: practice,
        })
    }

    async fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.folder.path().join("source");
        std::fs::write(&path, bytes).unwrap();
        let source: Arc<dyn Source> = LocalSource::open(&path).await.unwrap();
        let name = StoredName::new(name).unwrap();
        let one = Upload {
            name,
            file_id: Uuid::new_v4(),
            on_conflict: OnConflict::Fail,
        };
        upload(&self.store, &self.lanes, &one, &source).await.unwrap();
    }

    async fn fetch(&self, name: &str) -> Vec<u8> {
        let file = get_file(&self.store, &StoredName::new(name).unwrap())
            .await
            .unwrap()
            .unwrap();
        let target = self.folder.path().join(format!("fetched-{}", Uuid::new_v4()));
        let part = PartFile::open(&target, "test").await.unwrap();
        let moment = pin(&self.cluster, self.store.dialect).await.unwrap();
        download(&self.store, &self.lanes, &file, &moment, &part, false)
            .await
            .unwrap();
        std::fs::read(&target).unwrap()
    }

    async fn names(&self) -> Vec<String> {
        let page = list_page(&self.store, "/", None, 1000, None).await.unwrap();
        page.into_iter()
            .map(|file| file.name.shown().to_owned())
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_upload_has_the_server_make_the_store() {
    let Some(world) = World::new().await else { return };
    assert!(world.names().await.is_empty());
    let bytes = noise(9 << 20, 1);
    world.put("data/big.bin", &bytes).await;
    assert!(world.fetch("data/big.bin").await == bytes);
    world.put("100%#?.csv", b"x").await;
    world.put("empty", b"").await;
    assert_eq!(world.fetch("100%#?.csv").await, b"x");
    assert_eq!(world.fetch("empty").await, b"");
    assert_eq!(world.names().await, ["100%#?.csv", "data/big.bin", "empty"]);
    assert_eq!(
        list_stores(&world.cluster).await.unwrap(),
        std::slice::from_ref(&world.store.name)
    );
    assert!(world.store.gc_ttl_seconds().await.unwrap().is_some());
    assert!(userfile::find_damage(&world.store).await.unwrap().is_empty());
}

/// As after a change of network: whatever was open leads nowhere, and nobody says so.
#[tokio::test(flavor = "multi_thread")]
async fn connections_that_lead_nowhere_are_given_up_for_new_ones() {
    let Some(mut world) = World::new().await else {
        return;
    };
    let lanes =
        Lanes::new(&world.cluster, Arc::new(|_| {}), Stop::new().1).silence(Duration::from_millis(500));
    world.lanes = Arc::new(lanes);
    let bytes = noise(9 << 20, 3);
    // Leaves connections of each sort behind, all of them idle and well.
    world.put("before", &bytes).await;
    assert!(world.fetch("before").await == bytes);
    let mut other = world.cluster.dedicated().await.unwrap();
    sqlx::raw_sql("SET practice.fault = 'half_open'")
        .execute(&mut other)
        .await
        .unwrap();
    world.put("after", &bytes).await;
    assert!(world.fetch("after").await == bytes);
    assert_eq!(world.names().await, ["after", "before"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn our_files_and_those_of_the_command_line_are_the_same() {
    let Some(world) = World::new().await else { return };
    let bytes = noise(9 << 20, 2);
    world.put("ours", &bytes).await;
    let mut connection = world.cluster.transfer_connection().await.unwrap();
    let target = world.folder.path().join("by-cli");
    like_cli::get(&mut connection, &world.store, "ours", &target)
        .await
        .unwrap();
    assert!(std::fs::read(&target).unwrap() == bytes);
    let name = StoredName::new("theirs").unwrap();
    like_cli::upload(&mut connection, &world.store, &target, &name)
        .await
        .unwrap();
    assert!(world.fetch("theirs").await == bytes);
    let names = ["ours".to_owned()];
    like_cli::delete(&mut connection, &world.store, &names)
        .await
        .unwrap();
    assert_eq!(world.names().await, ["theirs"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn small_files_travel_together() {
    let Some(world) = World::new().await else { return };
    world.put("first", b"makes the store").await;
    let files: Vec<SmallFile> = (0..100)
        .map(|i| SmallFile {
            name: StoredName::new(&format!("s/{i}")).unwrap(),
            file_id: Uuid::new_v4(),
            bytes: noise(i * 40, i as u64 + 1),
        })
        .collect();
    upload_small(&world.store, &world.lanes, &files).await.unwrap();
    let ids: Vec<Uuid> = files.iter().map(|file| file.file_id).collect();
    let moment = pin(&world.cluster, world.store.dialect).await.unwrap();
    let back = download_small(&world.store, &world.lanes, &ids, moment.as_deref())
        .await
        .unwrap();
    for file in &files {
        assert_eq!(back.get(&file.file_id).map_or(&[][..], Vec::as_slice), file.bytes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_file_is_read_from_the_moment_before() {
    let Some(world) = World::new().await else { return };
    let bytes = noise(5 << 20, 3);
    world.put("gone", &bytes).await;
    let file = get_file(&world.store, &StoredName::new("gone").unwrap())
        .await
        .unwrap()
        .unwrap();
    let before = pin(&world.cluster, world.store.dialect).await.unwrap();
    let target = userfile::DeleteTarget {
        name: file.name.clone(),
        file_id: file.file_id,
        size_bytes: file.size_bytes,
    };
    delete(&world.store, &world.lanes, &[target], |_| {})
        .await
        .unwrap();
    assert!(world.names().await.is_empty());
    let then = list_page(&world.store, "/", None, 10, before.as_deref())
        .await
        .unwrap();
    assert_eq!(then[0].file_id, file.file_id);
    let source: Arc<dyn Source> = StoreSource::open(&world.store, &world.lanes, &file, &before)
        .await
        .unwrap();
    let name = StoredName::new("back").unwrap();
    let one = Upload {
        name,
        file_id: Uuid::new_v4(),
        on_conflict: OnConflict::Fail,
    };
    upload(&world.store, &world.lanes, &one, &source).await.unwrap();
    assert!(world.fetch("back").await == bytes);
}
