//! Out of a cluster into a folder, and from the folder into another cluster.

use std::path::{Path, PathBuf};

use roachvault_core::Code;
use roachvault_core::job::{JobId, JobSnapshot, JobState};
use serde_json::Value;

use crate::world::{World, counts, failed, noise, notes, skip};

const LIST: &str = "roachvault-archive.json";

async fn start_export(world: &World, paths: &[&str]) -> (PathBuf, JobId) {
    let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
    let plan = world
        .userfiles
        .plan_export(&world.places[0].open, None, &paths, world.folder.path())
        .await
        .unwrap();
    let id = world
        .userfiles
        .start_export(&world.jobs, world.find(), plan.id)
        .await
        .unwrap();
    (PathBuf::from(plan.target), id)
}

async fn export(world: &World, paths: &[&str]) -> (PathBuf, JobSnapshot) {
    let (archive, id) = start_export(world, paths).await;
    (archive, world.ended(id).await)
}

async fn import(world: &World, place: usize, folder: &str, archive: &Path) -> JobSnapshot {
    let plan = world
        .userfiles
        .plan_import(&world.places[place].open, None, folder, archive.to_owned())
        .await
        .unwrap();
    let id = world
        .userfiles
        .start_import(&world.jobs, world.find(), plan.transfer.id, &skip(), None)
        .await
        .unwrap();
    world.ended(id).await
}

/// A database of a few rows, and a full and an incremental backup of it in the collection `bank`.
async fn back_up(world: &World) {
    for sql in [
        "CREATE DATABASE bank",
        "CREATE TABLE bank.public.accounts (id INT PRIMARY KEY, balance INT)",
        "INSERT INTO bank.public.accounts VALUES (1, 10), (2, 20)",
        "BACKUP DATABASE bank INTO 'userfile:///bank'",
        "INSERT INTO bank.public.accounts VALUES (3, 30)",
        "BACKUP DATABASE bank INTO LATEST IN 'userfile:///bank'",
    ] {
        world.places[0].sql(sql).await;
    }
}

fn list(archive: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(archive.join(LIST)).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_carried_in_a_folder_is_restored_on_another_cluster() {
    let world = World::new(2).await;
    back_up(&world).await;
    let (archive, job) = export(&world, &["bank/"]).await;
    assert_eq!(job.state, JobState::Succeeded, "{job:?}");
    let list = list(&archive);
    let names: Vec<&str> = list["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["name"].as_str().unwrap())
        .collect();
    assert_eq!(names.len() as u64, counts(&job).0);
    assert!(names.last().unwrap().contains("LATEST"), "{names:?}");
    assert!(list["cluster_version"].as_str().unwrap().contains("CockroachDB"));

    let job = import(&world, 1, "", &archive).await;
    assert_eq!(job.state, JobState::Succeeded, "{job:?}");
    assert_eq!(world.places[1].names().await, world.places[0].names().await);
    world.places[1]
        .sql("RESTORE DATABASE bank FROM LATEST IN 'userfile:///bank'")
        .await;
    let rows = world.places[1]
        .column("SELECT balance::STRING FROM bank.public.accounts ORDER BY id")
        .await;
    assert_eq!(rows, ["10", "20", "30"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_tells_real_names_sizes_chunks_and_digests() {
    let world = World::new(1).await;
    let large = noise(9 << 20, 3);
    world.write("d/large.bin", &large);
    world.write("d/CON", b"device");
    world.write("d/a.txt", b"lower");
    world.write("d/A.txt", b"upper");
    world.write("d/empty", b"");
    world.upload(vec![world.path("d")]).await;
    let (archive, job) = export(&world, &["d/"]).await;
    assert_eq!(
        (job.state, counts(&job)),
        (JobState::Succeeded, (5, 0, 0)),
        "{job:?}"
    );
    let list = list(&archive);
    let mut paths = std::collections::HashSet::new();
    for file in list["files"].as_array().unwrap() {
        let (name, path) = (file["name"].as_str().unwrap(), file["path"].as_str().unwrap());
        let bytes = std::fs::read(world.path(name)).unwrap();
        assert!(std::fs::read(archive.join(path)).unwrap() == bytes, "{name}");
        assert_eq!(file["size_bytes"], bytes.len());
        let chunks = file["chunks"].as_array().unwrap();
        let sum: u64 = chunks
            .iter()
            .map(|chunk| chunk["size_bytes"].as_u64().unwrap())
            .sum();
        assert_eq!(sum, bytes.len() as u64);
        let stored = format!("d/{}", name.trim_start_matches("d/"));
        let cluster = &world.places[0].open;
        let digest = world.digest(&stored).await;
        assert_eq!(file["sha256"], digest, "{name}");
        let details = world.userfiles.details(cluster, None, &stored).await.unwrap();
        assert_eq!(details.sha256, (chunks.len() < 2).then_some(digest), "{name}");
        assert!(
            paths.insert(path.to_lowercase()) && !path.ends_with("/CON"),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_which_a_file_was_changed_does_not_become_visible() {
    let world = World::new(2).await;
    back_up(&world).await;
    let (archive, _) = export(&world, &["bank/"]).await;
    let list = list(&archive);
    let data = list["files"]
        .as_array()
        .unwrap()
        .iter()
        .find(|file| file["name"].as_str().unwrap().ends_with(".sst"))
        .unwrap();
    let path = archive.join(data["path"].as_str().unwrap());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[0] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let job = import(&world, 1, "", &archive).await;
    assert_eq!(job.state, JobState::PartlyDone, "{job:?}");
    let failed = failed(&job);
    let corrupt: Vec<_> = failed
        .iter()
        .filter(|(_, error)| error.code == Code::Corrupt)
        .collect();
    assert_eq!(corrupt.len(), 1);
    let names = world.places[1].names().await;
    assert!(!names.is_empty());
    assert!(
        !names
            .iter()
            .any(|name| name.ends_with("/BACKUP_MANIFEST") || name.contains("LATEST")),
        "{names:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn files_missing_from_an_archive_are_told_of_before_anything_moves() {
    let world = World::new(2).await;
    world.write("d/a", b"aaaa");
    world.write("d/b", b"bbbb");
    world.upload(vec![world.path("d")]).await;
    let (archive, _) = export(&world, &["d/"]).await;
    std::fs::remove_file(archive.join("files/d/a")).unwrap();
    let plan = world
        .userfiles
        .plan_import(&world.places[1].open, None, "in/", archive.join(LIST))
        .await
        .unwrap();
    assert_eq!(plan.transfer.left_out.len(), 1);
    assert_eq!(plan.transfer.left_out[0].path, "d/a");
    assert!(plan.cluster_version.contains("CockroachDB"));
    let job = import(&world, 1, "in/", &archive).await;
    assert_eq!((job.state, counts(&job)), (JobState::PartlyDone, (1, 0, 1)));
    assert_eq!(world.places[1].names().await, ["/in/d/b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_goes_on_after_a_pause_and_lists_its_files_only_when_all_are_there() {
    let world = World::new(1).await;
    world.write("d/large", &noise(40 << 20, 4));
    world.write("d/small", b"small");
    world.upload(vec![world.path("d")]).await;
    world.places[0].fault("bandwidth=20000000").await;
    let (archive, id) = start_export(&world, &["d/"]).await;
    world.until(id, |job| job.progress.done > 4 << 20).await;
    world.jobs.pause(id).await.unwrap();
    world.until(id, |job| job.state == JobState::Paused).await;
    assert!(!archive.join(LIST).exists());
    world.places[0].fault("").await;
    world.jobs.resume(id).await.unwrap();
    let job = world.ended(id).await;
    assert_eq!(job.state, JobState::Succeeded, "{job:?}");
    assert!(notes(&job).is_empty());
    assert_eq!(list(&archive)["files"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_export_leaves_no_folder_behind() {
    let world = World::new(1).await;
    world.write("d/large", &noise(40 << 20, 5));
    world.write("d/small", b"small");
    world.upload(vec![world.path("d")]).await;
    world.places[0].fault("bandwidth=20000000").await;
    let (archive, id) = start_export(&world, &["d/"]).await;
    world.until(id, |job| job.progress.done > 4 << 20).await;
    assert!(archive.exists());
    world.jobs.cancel(id).await.unwrap();
    let job = world.ended(id).await;
    assert_eq!(job.state, JobState::Cancelled, "{job:?}");
    assert!(job.error.is_none(), "{job:?}");
    assert!(!archive.exists());
}
