//! Transfers that cannot go well end honestly: with the reason, and with what is left where.

use std::path::PathBuf;
#[cfg(target_os = "linux")]
use std::process::{Command, Stdio};

use roachvault_core::Code;
use roachvault_core::job::JobState;

use crate::world::{World, counts, failed, noise, notes};

const PAYLOAD: &str = "SELECT count(*)::STRING FROM defaultdb.public.userfiles_demo_upload_payload";
const TABLES: &str =
    "defaultdb.public.userfiles_demo_upload_files, defaultdb.public.userfiles_demo_upload_payload";

#[tokio::test(flavor = "multi_thread")]
async fn a_full_cluster_ends_an_upload_and_keeps_no_part_of_it() {
    let world = World::new(1).await;
    world.upload(vec![world.write("first", b"x")]).await;
    world.places[0].fault("disk_full=6000000").await;
    let job = world
        .upload(vec![world.write("large", &noise(20 << 20, 1))])
        .await;
    assert_eq!(job.state, JobState::Failed, "{job:?}");
    let error = job.error.as_ref().unwrap();
    assert_eq!(error.code, Code::ClusterBusy);
    assert!(error.message.contains("full"), "{error:?}");
    assert!(notes(&job).is_empty(), "{job:?}");
    assert_eq!(world.places[0].names().await, ["/first"]);
    assert_eq!(world.places[0].column(PAYLOAD).await, ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_is_revoked_on_the_way_ends_the_upload_and_tells_what_stays() {
    let world = World::new(1).await;
    let place = &world.places[0];
    world.upload(vec![world.write("first", b"x")]).await;
    place.sql("CREATE USER app").await;
    place
        .sql(&format!(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE {TABLES} TO app"
        ))
        .await;
    let app = world.also_as("app").await;
    let store = Some("defaultdb.public.userfiles_demo");
    let path = world.write("large", &noise(40 << 20, 2));
    let plan = world
        .userfiles
        .plan_upload(&app, store, "", vec![path])
        .await
        .unwrap();
    place.fault("bandwidth=6000000").await;
    let id = world
        .userfiles
        .start_upload(&world.jobs, world.find(), plan.id, &crate::world::skip(), None)
        .await
        .unwrap();
    world.until(id, |job| job.progress.done > 2 << 20).await;
    place
        .sql(&format!(
            "REVOKE INSERT, UPDATE, DELETE ON TABLE {TABLES} FROM app"
        ))
        .await;
    let job = world.ended(id).await;
    assert_eq!(job.state, JobState::Failed, "{job:?}");
    assert_eq!(job.error.as_ref().unwrap().code, Code::NoPrivilege, "{job:?}");
    assert!(notes(&job).iter().any(|note| note.contains("Repair")), "{job:?}");
    place.fault("").await;
    let plan = world.userfiles.plan_repair(&place.open, None).await.unwrap();
    assert_eq!(plan.items.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changes_while_it_is_read_gets_no_name_in_the_cluster() {
    let world = World::new(1).await;
    world.upload(vec![world.write("first", b"x")]).await;
    let path = world.write("large", &noise(30 << 20, 3));
    world.places[0].fault("bandwidth=8000000").await;
    let id = world.start_upload(vec![path.clone()]).await;
    world.until(id, |job| job.progress.done > 2 << 20).await;
    let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    std::io::Write::write_all(&mut file, b"more").unwrap();
    let job = world.ended(id).await;
    assert_eq!(job.state, JobState::Failed, "{job:?}");
    assert!(
        failed(&job)[0]
            .1
            .message
            .contains("changed while it was being read"),
        "{job:?}"
    );
    assert_eq!(world.places[0].names().await, ["/first"]);
    assert_eq!(world.places[0].column(PAYLOAD).await, ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn copy_takes_over_where_the_tables_may_not_be_written_and_the_job_says_so() {
    let world = World::new(1).await;
    world.places[0].fault("direct_write_refused").await;
    let names = ["d/large", "d/empty", "d/lines.txt", "d/100%#?.csv"];
    world.write(names[0], &noise(9 << 20, 4));
    world.write(names[1], b"");
    world.write(names[2], b"a\tb\\c\r\nd\n\\.\n");
    world.write(names[3], b"name");
    let job = world.upload(vec![world.path("d")]).await;
    assert_eq!(
        (job.state, counts(&job)),
        (JobState::Succeeded, (4, 0, 0)),
        "{job:?}"
    );
    assert!(
        notes(&job).iter().any(|note| note.contains("COPY")),
        "{:?}",
        notes(&job)
    );
    let down = world.path("down");
    let id = world.start_download(&["d/"], &down).await;
    assert_eq!(world.ended(id).await.state, JobState::Succeeded);
    for name in names {
        assert!(
            std::fs::read(down.join(name)).unwrap() == std::fs::read(world.path(name)).unwrap(),
            "{name}"
        );
    }
    world.places[0].fault("direct_write_refused, copy_disabled").await;
    let job = world.upload(vec![world.write("no", b"no")]).await;
    assert_eq!(job.state, JobState::Failed, "{job:?}");
}

/// How a process gets a disk of its own: in a mount namespace, made by whoever may.
#[cfg(target_os = "linux")]
fn with_own_mounts() -> Option<&'static str> {
    ["-rm", "-m"].into_iter().find(|flags| {
        Command::new("unshare")
            .args([flags, "sh", "-c", "mount -t tmpfs -o size=64k none /mnt"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    })
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_a_download_which_goes_on_when_there_is_room() {
    let Some(flags) = with_own_mounts() else {
        println!("skipped: neither unshare -rm nor unshare -m may mount a small disk here");
        return;
    };
    let world = World::new(1).await;
    let path = world.write("large", &noise(8 << 20, 5));
    let (disk, before) = (world.path("disk"), path.clone());
    std::fs::create_dir(&disk).unwrap();
    world.upload(vec![path]).await;
    let port = world.places[0].port;
    let status = Command::new("unshare")
        .args([flags, "sh", "-c"])
        .arg("mount -t tmpfs -o size=10m none \"$1\" && shift && exec \"$@\"")
        .arg("sh")
        .arg(&disk)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "ends::downloading_process", "--nocapture"])
        .env("ROACHVAULT_SMALL_DISK", &disk)
        .env("ROACHVAULT_SMALL_DISK_PORT", port.to_string())
        .env("ROACHVAULT_SMALL_DISK_WANTED", &before)
        .status()
        .unwrap();
    assert!(status.success());
}

/// The process that sees the small disk.
#[tokio::test(flavor = "multi_thread")]
async fn downloading_process() {
    let Some(disk) = std::env::var_os("ROACHVAULT_SMALL_DISK").map(PathBuf::from) else {
        return;
    };
    let port = std::env::var("ROACHVAULT_SMALL_DISK_PORT").unwrap();
    let wanted = std::fs::read(std::env::var("ROACHVAULT_SMALL_DISK_WANTED").unwrap()).unwrap();
    let world = World::on(port.parse().unwrap()).await;
    let filler = disk.join("filler");
    std::fs::write(&filler, noise(5 << 20, 6)).unwrap();
    let id = world.start_download(&["large"], &disk).await;
    let job = world
        .until(id, |job| job.state.is_final() || job.state == JobState::Paused)
        .await;
    assert_eq!(job.state, JobState::Paused, "{job:?}");
    let error = job.error.unwrap();
    assert_eq!(error.code, Code::LocalDisk);
    assert!(error.message.contains("the disk is full"), "{error:?}");
    assert!(error.hint.unwrap().contains("is kept"));
    assert!(!disk.join("large").exists());
    let parts = || {
        let entries = std::fs::read_dir(&disk).unwrap().flatten();
        entries
            .filter(|entry| entry.file_name().to_string_lossy().ends_with(".part"))
            .count()
    };
    assert_eq!(parts(), 1);
    std::fs::remove_file(filler).unwrap();
    world.jobs.resume(id).await.unwrap();
    let job = world.ended(id).await;
    assert_eq!(job.state, JobState::Succeeded, "{job:?}");
    assert!(std::fs::read(disk.join("large")).unwrap() == wanted);
    assert_eq!(parts(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_bytes_are_missing_is_told_of_and_not_mended() {
    let world = World::new(1).await;
    let place = &world.places[0];
    world.upload(vec![world.write("whole", b"x")]).await;
    place
        .sql(
            "INSERT INTO defaultdb.public.userfiles_demo_upload_files (filename, file_size, username) \
             VALUES ('/lost.bin', 5000, 'demo')",
        )
        .await;
    let plan = world.userfiles.plan_repair(&place.open, None).await.unwrap();
    assert!(plan.items.is_empty(), "{plan:?}");
    let lost: Vec<_> = plan
        .lost
        .iter()
        .map(|lost| (lost.path.as_str(), lost.size_bytes, lost.stored_bytes))
        .collect();
    assert_eq!(lost, [("lost.bin", 5000, 0)]);
}
