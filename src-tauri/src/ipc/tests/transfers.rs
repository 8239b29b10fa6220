//! What transfers and deletions leave to be done about them.

use super::room::{Room, all, selected};
use crate::ipc::connections::{self, Environment};
use crate::ipc::jobs::JobState;
use crate::ipc::userfiles::{self, Move, MoveRequest, OnConflict};

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_can_be_undone_under_the_last_name_and_what_came_back_is_not_listed() {
    let room = Room::new("pw", "").await;
    let id = room.connect(Environment::Development).await;
    room.upload(id, "first.txt").await;
    let moves = vec![Move {
        from: "first.txt".into(),
        to: "last.txt".into(),
    }];
    let plan = userfiles::plan_rename(&room.state, id, MoveRequest { store: None, moves })
        .await
        .unwrap();
    userfiles::rename_userfiles(&room.state, plan.plan, None)
        .await
        .unwrap();
    let plan = userfiles::plan_delete(&room.state, id, selected("last.txt"))
        .await
        .unwrap();
    let deletion = userfiles::start_delete(&room.state, plan.plan, None)
        .await
        .unwrap();
    room.ended(deletion).await;

    let deleted = userfiles::list_deleted_userfiles(&room.state, id, None)
        .await
        .unwrap()
        .files;
    let [gone] = deleted.as_slice() else {
        panic!("{deleted:?}")
    };
    assert_eq!(
        (gone.path.as_str(), gone.deleted_by),
        ("last.txt", Some(deletion))
    );

    let back = userfiles::start_undelete(&room.state, id, None, vec![gone.file_id], None)
        .await
        .unwrap();
    assert!(matches!(room.ended(back).await.state, JobState::Succeeded));
    let contents = room.contents(id).await;
    assert!(
        contents.iter().any(|each| each.starts_with("last.txt, ")),
        "{contents:?}"
    );
    let deleted = userfiles::list_deleted_userfiles(&room.state, id, None)
        .await
        .unwrap()
        .files;
    assert!(deleted.is_empty(), "{deleted:?}");

    // Another file of that name is not what came back.
    room.delete(id, "last.txt").await;
    room.upload(id, "last.txt").await;
    let deleted = userfiles::list_deleted_userfiles(&room.state, id, None)
        .await
        .unwrap()
        .files;
    assert!(
        deleted.iter().any(|file| file.file_id == gone.file_id),
        "{deleted:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn disconnecting_pauses_what_is_under_way() {
    let room = Room::new("pw", "bandwidth=400000").await;
    let id = room.connect(Environment::Development).await;
    let file = room.local_file("large.bin", &vec![7; 24 << 20]);
    let plan = room.plan_upload_of(id, &[file]).await;
    let job = userfiles::start_upload(&room.state, plan.plan, all(OnConflict::Skip), None)
        .await
        .unwrap();
    room.job_that(job, "to run", |job| matches!(job.state, JobState::Running))
        .await;
    connections::disconnect_cluster(&room.state, id).await.unwrap();
    let paused = room
        .job_that(job, "to pause", |job| matches!(job.state, JobState::Paused))
        .await;
    assert!(paused.can.resume);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_a_connection_pauses_its_transfers_and_lets_go_of_what_its_cluster_does() {
    let room = Room::new("pw", "bandwidth=400000").await;
    let id = room.connect(Environment::Development).await;
    let file = room.local_file("large.bin", &vec![7; 24 << 20]);
    let plan = room.plan_upload_of(id, &[file]).await;
    let upload = userfiles::start_upload(&room.state, plan.plan, all(OnConflict::Skip), None)
        .await
        .unwrap();
    room.job_that(upload, "to run", |job| matches!(job.state, JobState::Running))
        .await;
    connections::delete_connection(&room.state, id).await.unwrap();
    room.job_that(upload, "to pause", |job| matches!(job.state, JobState::Paused))
        .await;
    assert!(connections::get_connection(&room.state, id).await.is_err());
}
