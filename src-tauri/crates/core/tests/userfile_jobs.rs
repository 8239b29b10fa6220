//! Transfers as jobs, from plan to end, on a real SQL server: a PostgreSQL with the two tables made by
//! hand. The connection goes through a relay that can be cut.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use roachvault_cockroach::Cluster;
use roachvault_core::job::{FileEnd, JobId, JobSnapshot, JobState, Jobs, Journal, Outcome, Runs};
use roachvault_core::userfile::{self, Choices, Entry, ListRequest, Move, OnConflict, Sort, Userfiles};
use roachvault_core::{ClusterInfo, Code, ConnectionId, Environment, OpenCluster};
use sha2::{Digest, Sha256};

#[path = "../../cockroach/tests/support/local.rs"]
mod local;
#[path = "../../cockroach/tests/support/postgres.rs"]
mod postgres;
#[path = "../../cockroach/tests/support/relay.rs"]
mod relay;
#[path = "support/watch.rs"]
mod watch;
use local::local;
use postgres::Postgres;
use relay::Relay;
use watch::until;

struct World {
    cluster: Arc<OpenCluster>,
    direct: Cluster,
    jobs: Jobs,
    userfiles: Userfiles,
    folder: tempfile::TempDir,
    relay: Relay,
    _postgres: Postgres,
}

const SKIP: OnConflict = OnConflict::Skip;

fn choices(all: OnConflict) -> Choices {
    Choices {
        all,
        each: BTreeMap::new(),
    }
}

async fn jobs_in(folder: &Path, cluster: &Arc<OpenCluster>) -> Jobs {
    let (journal, _) = Journal::open(folder).await.unwrap();
    let cluster = Arc::clone(cluster);
    Jobs::open(
        journal,
        userfile::runs(Runs::default(), &Arc::default()),
        Arc::new(move |_| Some(Arc::clone(&cluster))),
    )
    .await
    .unwrap()
}

impl World {
    async fn new(environment: Environment) -> Option<Self> {
        let postgres = Postgres::start().await?;
        let direct = postgres.with_store().await;
        let relay = Relay::start(([127, 0, 0, 1], postgres.port).into(), Duration::ZERO).await;
        let cluster = Cluster::connect(&local("root", relay.port)).await.unwrap();
        let info = ClusterInfo {
            version_text: "PostgreSQL".into(),
            version: None,
            user: "root".into(),
        };
        let id = ConnectionId::new();
        let cluster = Arc::new(OpenCluster::new(
            id,
            "staging".into(),
            environment,
            false,
            info,
            cluster,
        ));
        let folder = tempfile::tempdir().unwrap();
        let jobs = jobs_in(&folder.path().join("data"), &cluster).await;
        Some(Self {
            cluster,
            direct,
            jobs,
            userfiles: Userfiles::new(),
            folder,
            relay,
            _postgres: postgres,
        })
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    async fn upload(&self, paths: Vec<PathBuf>, on_conflict: OnConflict) -> JobId {
        let plan = self
            .userfiles
            .plan_upload(&self.cluster, None, "up/", paths)
            .await
            .unwrap();
        let find = |_| Ok(Arc::clone(&self.cluster));
        self.userfiles
            .start_upload(&self.jobs, find, plan.id, &choices(on_conflict), None)
            .await
            .unwrap()
    }

    async fn download(&self, paths: &[&str], target: &Path, on_conflict: OnConflict) -> JobId {
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        let plan = self
            .userfiles
            .plan_download(&self.cluster, None, &paths, target, false)
            .await
            .unwrap();
        let find = |_| Ok(Arc::clone(&self.cluster));
        self.userfiles
            .start_download(&self.jobs, find, plan.id, &choices(on_conflict))
            .await
            .unwrap()
    }

    async fn rename(&self, moves: &[Move]) -> roachvault_core::Result<()> {
        let plan = self.userfiles.plan_rename(&self.cluster, None, moves).await?;
        let find = |_| Ok(Arc::clone(&self.cluster));
        self.userfiles.rename(find, plan.id, None).await
    }

    async fn ended(&self, id: JobId) -> JobSnapshot {
        until(&self.jobs, id, |job| job.state.is_final()).await
    }

    async fn names(&self) -> Vec<String> {
        let sql = "SELECT filename FROM userfiles_root_upload_files ORDER BY filename";
        sqlx::query_scalar(sql)
            .fetch_all(self.direct.pool())
            .await
            .unwrap()
    }

    async fn payload_rows(&self) -> i64 {
        let sql = "SELECT count(*) FROM userfiles_root_upload_payload";
        sqlx::query_scalar(sql)
            .fetch_one(self.direct.pool())
            .await
            .unwrap()
    }
}

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

fn counts(job: &JobSnapshot) -> (u64, u64, u64) {
    match &job.outcome {
        Some(Outcome::Files(files)) => (files.done, files.skipped, files.failed),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_goes_up_and_comes_down_as_it_was() {
    let Some(world) = World::new(Environment::Development).await else {
        return;
    };
    for i in 0..300 {
        world.write(&format!("tree/small/{i}.txt"), &noise(i * 7, i as u64 + 1));
    }
    world.write("tree/medium.bin", &noise(3 << 20, 5));
    world.write("tree/large.bin", &noise(20 << 20, 6));
    world.write("tree/empty", b"");
    let id = world.upload(vec![world.folder.path().join("tree")], SKIP).await;
    let job = world.ended(id).await;
    assert_eq!(
        (job.state, counts(&job)),
        (JobState::Succeeded, (303, 0, 0)),
        "{:?}",
        job.error
    );
    assert_eq!(job.progress.done, job.progress.total.unwrap());

    let target = world.folder.path().join("down");
    let id = world.download(&["up/tree/"], &target, SKIP).await;
    let job = world.ended(id).await;
    assert_eq!(
        (job.state, counts(&job)),
        (JobState::Succeeded, (303, 0, 0)),
        "{:?}",
        job.error
    );
    for name in ["small/0.txt", "small/299.txt", "medium.bin", "large.bin", "empty"] {
        let before = std::fs::read(world.folder.path().join("tree").join(name)).unwrap();
        assert!(
            std::fs::read(target.join("tree").join(name)).unwrap() == before,
            "{name}"
        );
    }
    let request = ListRequest {
        store: None,
        folder: "up/".into(),
        sort: Sort::Name,
        descending: false,
        filter: None,
        offset: 0,
        limit: 100,
        refresh: false,
    };
    let page = world.userfiles.list(&world.cluster, &request).await.unwrap();
    assert!(matches!(&page.entries[..], [Entry::Folder { path, files: 303, .. }] if path == "up/tree/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn conflicts_are_shown_before_and_decided_by_the_person() {
    let Some(world) = World::new(Environment::Development).await else {
        return;
    };
    let first = world.upload(vec![world.write("a.txt", b"first")], SKIP).await;
    world.ended(first).await;
    let path = world.write("a.txt", b"second");
    let plan = world
        .userfiles
        .plan_upload(&world.cluster, None, "up/", vec![path.clone()])
        .await
        .unwrap();
    assert_eq!(
        (plan.conflicts[0].source_bytes, plan.conflicts[0].target_bytes),
        (6, 5)
    );

    let skipped = world.ended(world.upload(vec![path.clone()], SKIP).await).await;
    assert_eq!(counts(&skipped), (0, 1, 0));
    let both = world
        .ended(world.upload(vec![path.clone()], OnConflict::KeepBoth).await)
        .await;
    assert_eq!(counts(&both), (1, 0, 0));
    assert_eq!(world.names().await, ["/up/a (2).txt", "/up/a.txt"]);
    world
        .ended(world.upload(vec![path], OnConflict::Replace).await)
        .await;

    let target = world.folder.path().join("down");
    std::fs::create_dir(&target).unwrap();
    std::fs::write(target.join("a.txt"), "mine").unwrap();
    world
        .ended(world.download(&["up/a.txt"], &target, SKIP).await)
        .await;
    assert_eq!(std::fs::read(target.join("a.txt")).unwrap(), b"mine");
    world
        .ended(world.download(&["up/a.txt"], &target, OnConflict::KeepBoth).await)
        .await;
    assert_eq!(std::fs::read(target.join("a (2).txt")).unwrap(), b"second");
    world
        .ended(world.download(&["up/a.txt"], &target, OnConflict::Replace).await)
        .await;
    assert_eq!(std::fs::read(target.join("a.txt")).unwrap(), b"second");
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_an_upload_removes_the_partial_file_within_two_seconds() {
    let Some(world) = World::new(Environment::Development).await else {
        return;
    };
    // Too large to be whole in the cluster before the wish arrives, and a hole on the disk.
    let path = world.write("big", &[]);
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_len(1 << 30).unwrap();
    let id = world.upload(vec![path], SKIP).await;
    until(&world.jobs, id, |job| job.progress.done > 0).await;
    let began = Instant::now();
    world.jobs.cancel(id).await.unwrap();
    let job = world.ended(id).await;
    assert_eq!(job.state, JobState::Cancelled, "{job:?}");
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    assert_eq!(world.names().await, [""; 0], "{job:?}");
    assert_eq!(world.payload_rows().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_that_is_paused_before_it_began_is_paused_and_not_done() {
    let Some(world) = World::new(Environment::Development).await else {
        return;
    };
    let path = world.write("big", &noise(20 << 20, 11));
    let id = world.upload(vec![path], SKIP).await;
    world.jobs.pause(id).await.unwrap();
    until(&world.jobs, id, |job| job.state == JobState::Paused).await;
    world.jobs.resume(id).await.unwrap();
    let job = until(&world.jobs, id, |job| job.state.is_final()).await;
    assert_eq!(job.state, JobState::Succeeded, "{job:?}");
    assert_eq!(world.names().await, ["/up/big"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_goes_on_after_a_pause_and_after_a_restart() {
    let Some(world) = World::new(Environment::Development).await else {
        return;
    };
    let bytes = noise(160 << 20, 10);
    let path = world.write("big", &bytes);
    let id = world.upload(vec![path], SKIP).await;
    until(&world.jobs, id, |job| job.progress.done > 4 << 20).await;
    world.jobs.pause(id).await.unwrap();
    until(&world.jobs, id, |job| job.state == JobState::Paused).await;
    let rows = world.payload_rows().await;
    assert!(rows > 0);
    world.jobs.close().await;

    let jobs = jobs_in(&world.folder.path().join("data"), &world.cluster).await;
    assert_eq!(jobs.get(id).unwrap().state, JobState::Paused);
    jobs.resume(id).await.unwrap();
    let job = until(&jobs, id, |job| job.state.is_final()).await;
    assert_eq!(job.state, JobState::Succeeded, "{job:?}");
    assert_eq!(world.names().await, ["/up/big"]);
    let sent = "SELECT payload FROM userfiles_root_upload_payload ORDER BY byte_offset";
    let chunks: Vec<Vec<u8>> = sqlx::query_scalar(sent)
        .fetch_all(world.direct.pool())
        .await
        .unwrap();
    assert!(chunks.concat() == bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_connections_cost_a_moment_and_no_byte() {
    let Some(world) = World::new(Environment::Development).await else {
        return;
    };
    let bytes = noise(40 << 20, 11);
    let path = world.write("big", &bytes);
    world.relay.cut_after(13 << 20);
    let job = world.ended(world.upload(vec![path], SKIP).await).await;
    assert_eq!(job.state, JobState::Succeeded, "{job:?}");
    let target = world.folder.path().join("down");
    world.relay.cut_after(17 << 20);
    let job = world
        .ended(world.download(&["up/big"], &target, SKIP).await)
        .await;
    assert_eq!(job.state, JobState::Succeeded, "{job:?}");
    assert!(std::fs::read(target.join("big")).unwrap() == bytes);
    world.relay.cut_after(17 << 20);
    let id = world
        .userfiles
        .start_digest(&world.jobs, &world.cluster, None, "up/big")
        .await
        .unwrap();
    let Some(Outcome::Files(files)) = world.ended(id).await.outcome else {
        panic!("a digest is of a file")
    };
    let FileEnd::Done { sha256: Some(sha256) } = &files.results[0].end else {
        panic!("{:?}", files.results)
    };
    assert_eq!(*sha256, format!("{:x}", Sha256::digest(&bytes)));
    assert_eq!(world.relay.cuts.load(std::sync::atomic::Ordering::Relaxed), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_file_does_not_stop_the_others_and_can_be_tried_again() {
    let Some(world) = World::new(Environment::Development).await else {
        return;
    };
    let paths = vec![
        world.write("a", b"a"),
        world.write("b", b"b"),
        world.write("c", b"c"),
    ];
    let plan = world
        .userfiles
        .plan_upload(&world.cluster, None, "", paths)
        .await
        .unwrap();
    world.write("b", b"changed since");
    let find = |_| Ok(Arc::clone(&world.cluster));
    let id = world
        .userfiles
        .start_upload(&world.jobs, find, plan.id, &choices(SKIP), None)
        .await
        .unwrap();
    let job = world.ended(id).await;
    assert_eq!((job.state, counts(&job)), (JobState::PartlyDone, (2, 0, 1)));
    let Some(Outcome::Files(files)) = &job.outcome else {
        panic!()
    };
    assert!(matches!(&files.results[0].end, FileEnd::Failed { error } if error.code == Code::PlanChanged));
    assert_eq!(world.names().await, ["/a", "/c"]);
    let again = world.jobs.retry_failed(id).await.unwrap();
    assert_eq!(counts(&world.ended(again).await), (2, 0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_on_production_or_from_backups_wants_a_typed_name() {
    let Some(world) = World::new(Environment::Production).await else {
        return;
    };
    let manifest = world.write("bank/2021/03/24-210532.53/BACKUP_MANIFEST", b"x");
    let plain = world.write("plain", b"x");
    let folder = manifest.ancestors().nth(4).unwrap().to_owned();
    world.ended(world.upload(vec![folder, plain], SKIP).await).await;
    let find = |_| Ok(Arc::clone(&world.cluster));
    for (path, word) in [("up/plain", "staging"), ("up/bank/", "up/bank")] {
        let plan = world
            .userfiles
            .plan_delete(&world.cluster, None, &[path.to_owned()])
            .await
            .unwrap();
        assert_eq!(plan.type_to_confirm.as_deref(), Some(word));
        let refused = world
            .userfiles
            .start_delete(&world.jobs, find, plan.id, Some("no"))
            .await
            .unwrap_err();
        assert_eq!(refused.code, Code::ConfirmationNeeded);
        let id = world
            .userfiles
            .start_delete(&world.jobs, find, plan.id, Some(word))
            .await
            .unwrap();
        assert_eq!(world.ended(id).await.state, JobState::Succeeded);
    }
    assert!(world.names().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_renamed_copied_and_repaired_inside_the_cluster() {
    let Some(world) = World::new(Environment::Development).await else {
        return;
    };
    let path = world.write("d/x", &noise(5 << 20, 12));
    let other = world.write("d/y", b"y");
    world
        .ended(world.upload(vec![path.parent().unwrap().to_owned()], SKIP).await)
        .await;
    drop(other);
    let moves = [Move {
        from: "up/d/".into(),
        to: "moved/".into(),
    }];
    world.rename(&moves).await.unwrap();
    assert_eq!(world.names().await, ["/moved/x", "/moved/y"]);
    let onto = [Move {
        from: "moved/x".into(),
        to: "moved/y".into(),
    }];
    let taken = world.rename(&onto).await.unwrap_err();
    assert_eq!(taken.code, Code::AlreadyExists);

    let copies = [Move {
        from: "moved/x".into(),
        to: "copy".into(),
    }];
    let id = world
        .userfiles
        .start_copy(&world.jobs, &world.cluster, None, &copies)
        .await
        .unwrap();
    assert_eq!(world.ended(id).await.state, JobState::Succeeded);
    let details = world
        .userfiles
        .details(&world.cluster, None, "copy")
        .await
        .unwrap();
    let original = world
        .userfiles
        .details(&world.cluster, None, "moved/x")
        .await
        .unwrap();
    assert_eq!(details.layout, original.layout);

    for sql in [
        "UPDATE userfiles_root_upload_payload SET byte_offset = byte_offset + 5 WHERE byte_offset > 0 AND file_id = \
         (SELECT file_id FROM userfiles_root_upload_files WHERE filename = '/copy')",
        "INSERT INTO userfiles_root_upload_files (filename, file_size, username) VALUES ('/left.tmp', 0, 'root')",
        "ALTER TABLE userfiles_root_upload_payload DROP CONSTRAINT file_id_fk",
        "INSERT INTO userfiles_root_upload_payload VALUES (gen_random_uuid(), 0, 'x')",
    ] {
        sqlx::query(sql).execute(world.direct.pool()).await.unwrap();
    }
    let plan = world.userfiles.plan_repair(&world.cluster, None).await.unwrap();
    assert_eq!(plan.items.len(), 3);
    let chosen: Vec<_> = plan.items.iter().map(|item| item.file_id).collect();
    let find = |_| Ok(Arc::clone(&world.cluster));
    let id = world
        .userfiles
        .start_repair(&world.jobs, find, plan.id, &chosen, None)
        .await
        .unwrap();
    let job = world.ended(id).await;
    assert_eq!(
        (job.state, counts(&job)),
        (JobState::Succeeded, (3, 0, 0)),
        "{job:?}"
    );
    assert!(
        world
            .userfiles
            .plan_repair(&world.cluster, None)
            .await
            .unwrap()
            .items
            .is_empty()
    );
    let mended = world
        .userfiles
        .details(&world.cluster, None, "copy")
        .await
        .unwrap();
    assert_eq!(mended.layout, original.layout);
}
