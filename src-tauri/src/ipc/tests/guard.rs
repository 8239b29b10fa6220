//! Every command that changes a cluster tries to go round the guard here: on a connection that was made read-only after
//! the plan was made, and on production without the name that has to be typed. The list of commands is the app's own,
//! so that a new one without a trial fails.

use uuid::Uuid;

use super::room::{Room, all, refusal, selected};
use crate::ipc::connections::Environment;
use crate::ipc::error::ErrorCode;
use crate::ipc::restores::{RestoreRequest, RestoreTarget};
use crate::ipc::userfiles::{
    CopyToClusterRequest, ExportRequest, ImportRequest, Move, MoveRequest, OnConflict,
};
use crate::ipc::{backups, jobs, restores, schedules, userfiles};

macro_rules! commands {
    ($( $(#[$doc:meta])* $feature:ident :: $name:ident ( $($arg:ident : $ty:ty),* $(,)? ) $(streams $stream:ty)? => $ret:ty ; )*) => {
        /// Every command of the app, with the names of its arguments.
        pub const COMMANDS: &[(&str, &[&str])] = &[$((stringify!($name), &[$(stringify!($arg)),*])),*];
    };
}

include!("../commands.rs");

/// By the law of names these only look.
const LOOKING: [&str; 8] = [
    "get_", "list_", "plan_", "preview_", "read_", "parse_", "watch_", "test_",
];

/// These change what lies on this computer at most, and nothing in a cluster. The practice cluster is this computer's own.
const LOCAL: [&str; 25] = [
    "break_practice_cluster",
    "clear_job_history",
    "connect_cluster",
    "delete_connection",
    "discard_connection_import",
    "disconnect_cluster",
    "dismiss_job",
    "duplicate_connection",
    "export_connections",
    "import_connections",
    "open_collection",
    "provide_secret",
    "reach_cluster",
    "reorder_connections",
    "reset_practice_cluster",
    "retry_keyring",
    "save_collection",
    "save_connection",
    "save_settings",
    "show_in_folder",
    "start_comparison",
    "start_digest",
    "start_download",
    "start_export",
    "start_practice_cluster",
];

/// Tries each command with what was prepared before the connection became read-only.
macro_rules! refused_when_read_only {
    ($($command:ident with $faults:literal: |$room:ident, $id:ident| $prepare:expr, |$given:ident| $attempt:expr;)*) => {
        const TRIED: &[&str] = &[$(stringify!($command)),*];

        mod on_a_read_only_connection_nothing_changes_by {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $command() {
                    let $room = &Room::new("pw", $faults).await;
                    let $id = $room.connect(Environment::Development).await;
                    $room.upload($id, "standing.txt").await;
                    let $given = $prepare;
                    let before = $room.contents($id).await;
                    $room.make_read_only($id).await;
                    let refused = $attempt;
                    assert_eq!(refused, ErrorCode::ReadOnly);
                    assert_eq!($room.contents($id).await, before);
                }
            )*
        }
    };
}

fn moves(from: &str, to: &str) -> MoveRequest {
    MoveRequest {
        store: None,
        moves: vec![Move {
            from: from.into(),
            to: to.into(),
        }],
    }
}

/// The code with which a job was refused; for a job of files that of its first file.
async fn refused_job(room: &Room, id: Uuid) -> ErrorCode {
    let job = room.ended(id).await;
    if let Some(error) = job.error {
        return error.code;
    }
    match job.outcome {
        Some(jobs::JobOutcome::Files { results, .. }) => results
            .into_iter()
            .find_map(|file| match file.end {
                jobs::FileEnd::Failed { error } => Some(error.code),
                _ => None,
            })
            .expect("no file was refused"),
        other => panic!("the job was not refused: {other:?}"),
    }
}

refused_when_read_only! {
    start_upload with "":
        |room, id| room.plan_upload(id, &["new.txt"]).await.plan,
        |plan| refusal(userfiles::start_upload(&room.state, plan, all(OnConflict::Replace), None).await).code;
    start_delete with "":
        |room, id| userfiles::plan_delete(&room.state, id, selected("standing.txt")).await.unwrap().plan,
        |plan| refusal(userfiles::start_delete(&room.state, plan, None).await).code;
    rename_userfiles with "":
        |room, id| userfiles::plan_rename(&room.state, id, moves("standing.txt", "moved.txt")).await.unwrap().plan,
        |plan| refusal(userfiles::rename_userfiles(&room.state, plan, None).await).code;
    start_copy with "":
        |room, id| moves("standing.txt", "copy.txt"),
        |request| refusal(userfiles::start_copy(&room.state, id, request).await).code;
    start_undelete with "":
        |room, id| vec![room.deleted_file(id, "gone.txt").await],
        |files| refusal(userfiles::start_undelete(&room.state, id, None, files, None).await).code;
    start_repair with "orphan_payload":
        |room, id| {
            let plan = userfiles::plan_repair(&room.state, id, None).await.unwrap();
            let files: Vec<Uuid> = plan.items.iter().map(|item| item.file_id).collect();
            assert!(!files.is_empty());
            (plan.plan, files)
        },
        |plan| refusal(userfiles::start_repair(&room.state, plan.0, plan.1, None).await).code;
    start_copy_to_cluster with "":
        |room, id| {
            let from = room.connect(Environment::Development).await;
            let request = CopyToClusterRequest {
                store: None,
                paths: vec!["standing.txt".into()],
                target_connection: id,
                target_store: None,
                target_folder: "copies/".into(),
            };
            userfiles::plan_copy_to_cluster(&room.state, from, request).await.unwrap().plan
        },
        |plan| refusal(userfiles::start_copy_to_cluster(&room.state, plan, all(OnConflict::Skip), None).await).code;
    start_import with "":
        |room, id| {
            let folder = room.folder.path().display().to_string();
            let request = ExportRequest {
                store: None,
                paths: vec!["standing.txt".into()],
                folder,
            };
            let plan = userfiles::plan_export(&room.state, id, request).await.unwrap();
            let job = userfiles::start_export(&room.state, plan.plan).await.unwrap();
            room.ended(job).await;
            let request = ImportRequest {
                store: None,
                folder: "back/".into(),
                archive: plan.target,
            };
            userfiles::plan_import(&room.state, id, request).await.unwrap().transfer.plan
        },
        |plan| refusal(userfiles::start_import(&room.state, plan, all(OnConflict::Skip), None).await).code;
    start_backup with "":
        |room, id| room.plan_backup(id).await,
        |plan| refusal(backups::start_backup(&room.state, plan).await).code;
    start_restore with "":
        |room, id| plan_restore(room, id).await,
        |plan| refusal(restores::start_restore(&room.state, plan, None).await).code;
    start_bring_back with "":
        |room, id| (plan_bring_back(room, id).await, id),
        |plan| {
            let tables = vec!["public.transactions".to_owned()];
            let refused = refusal(restores::start_bring_back(&room.state, plan.0.id, tables, None).await);
            assert_eq!(room.count(plan.1, "bank", "transactions").await, 0);
            refused.code
        };
    create_schedule with "":
        |room, id| room.plan_schedule(id).await,
        |plan| refusal(schedules::create_schedule(&room.state, plan).await).code;
    pause_schedule with "":
        |room, id| (id, room.schedule(id).await),
        |schedule| {
            let refused = refusal(schedules::pause_schedule(&room.state, schedule.0, schedule.1, None).await);
            assert!(room.schedules(id).await.iter().all(|line| line.contains("Active")));
            refused.code
        };
    resume_schedule with "":
        |room, id| {
            let schedule = room.schedule(id).await;
            schedules::pause_schedule(&room.state, id, schedule.clone(), None).await.unwrap();
            (id, schedule)
        },
        |schedule| {
            let refused = refusal(schedules::resume_schedule(&room.state, schedule.0, schedule.1).await);
            assert!(room.schedules(id).await.iter().all(|line| line.contains("Paused")));
            refused.code
        };
    run_schedule with "":
        |room, id| (id, room.schedule(id).await),
        |schedule| refusal(schedules::run_schedule(&room.state, schedule.0, schedule.1, true).await).code;
    change_schedule with "":
        |room, id| room.plan_schedule_change(id).await,
        |plan| {
            let refused = refusal(schedules::change_schedule(&room.state, plan.plan, None).await);
            assert!(room.schedules(id).await.iter().all(|line| !line.contains("changed")));
            refused.code
        };
    drop_schedule with "":
        |room, id| {
            let schedule = room.schedule(id).await;
            schedules::plan_drop_schedule(&room.state, id, schedule).await.unwrap().plan
        },
        |plan| {
            let refused = refusal(schedules::drop_schedule(&room.state, plan, None).await);
            assert_eq!(room.schedules(id).await.len(), 1);
            refused.code
        };
    retry_failed with "":
        |room, id| {
            let plan = room.plan_upload(id, &["vanishes.txt"]).await.plan;
            std::fs::remove_file(room.folder.path().join("vanishes.txt")).unwrap();
            let job = userfiles::start_upload(&room.state, plan, all(OnConflict::Skip), None).await.unwrap();
            assert!(room.ended(job).await.can.retry_failed);
            room.local_file("vanishes.txt", b"it is back");
            job
        },
        |job| match jobs::retry_failed(&room.state, job).await {
            Ok(again) => refused_job(room, again).await,
            Err(error) => error.code,
        };
    resume_job with "bandwidth=4000000":
        |room, id| {
            let path = room.local_file("slow.bin", &vec![7; 24 << 20]);
            let plan = room.plan_upload_of(id, &[path]).await.plan;
            let job = userfiles::start_upload(&room.state, plan, all(OnConflict::Skip), None).await.unwrap();
            room.job_that(job, "some of the upload", |job| job.progress.done > 0).await;
            jobs::pause_job(&room.state, job).await.unwrap();
            room.job_that(job, "a paused upload", |job| job.can.resume).await;
            room.cluster.cluster().faults().set("").unwrap();
            job
        },
        |job| match jobs::resume_job(&room.state, job).await {
            Ok(()) => refused_job(room, job).await,
            Err(error) => error.code,
        };
}

async fn plan_restore(room: &Room, connection: Uuid) -> Uuid {
    let (collection, subdirectory) = room.back_up(connection).await;
    let request = RestoreRequest {
        collection,
        subdirectory,
        target: RestoreTarget::Database {
            database: "bank".into(),
            new_name: Some("bank_restored".into()),
        },
        moment: None,
        passphrase: None,
        options: Vec::new(),
    };
    let plan = restores::plan_restore(&room.state, connection, request)
        .await
        .unwrap();
    assert!(plan.can_start, "{plan:?}");
    plan.id
}

/// Restores `bank` beside, and plans to bring all of its transactions back, which are deleted.
async fn plan_bring_back(room: &Room, connection: Uuid) -> restores::BringBackPlan {
    let plan = plan_restore(room, connection).await;
    let typed = Some("bank_restored".to_owned());
    let restore = restores::start_restore(&room.state, plan, typed).await.unwrap();
    room.ended(restore).await;
    room.sql(connection, "DELETE FROM bank.public.transactions").await;
    let comparison = restores::start_comparison(&room.state, restore, false)
        .await
        .unwrap();
    room.ended(comparison).await;
    restores::plan_bring_back(&room.state, comparison).await.unwrap()
}

/// Requests about a job that runs in the cluster go to the cluster when it is next looked at, so that is where they are
/// refused: the job goes on, and says why.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_a_read_only_connection_can_be_neither_cancelled_nor_paused() {
    for request in ["cancel_job", "pause_job"] {
        let room = &Room::new("pw", "job_slow=600s").await;
        let id = room.connect(Environment::Development).await;
        let plan = room.plan_backup(id).await;
        let job = backups::start_backup(&room.state, plan).await.unwrap();
        room.job_that(job, "a backup under way", |job| job.cluster_job_id.is_some())
            .await;
        room.make_read_only(id).await;
        match request {
            "cancel_job" => jobs::cancel_job(&room.state, job).await.unwrap(),
            _ => jobs::pause_job(&room.state, job).await.unwrap(),
        }
        let job = room
            .job_that(job, "the refusal", |job| job.phase.contains("read-only"))
            .await;
        assert!(!job.ended, "{job:?}");
    }
}

#[test]
fn every_command_that_changes_a_cluster_is_tried_here() {
    const IN_THE_JOB: [&str; 2] = ["cancel_job", "pause_job"];
    let forgotten: Vec<&str> = COMMANDS
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| {
            !LOOKING.iter().any(|start| name.starts_with(start))
                && !LOCAL.contains(name)
                && !TRIED.contains(name)
                && !IN_THE_JOB.contains(name)
        })
        .collect();
    assert!(
        forgotten.is_empty(),
        "{forgotten:?}: add a trial to `refused_when_read_only!`, or a line to `LOCAL` if nothing in a cluster changes"
    );
    let known = |name: &&str| COMMANDS.iter().any(|(command, _)| command == name);
    assert!(TRIED.iter().all(&known), "a trial of a command that is gone");
    assert!(LOCAL.iter().all(known), "a line of LOCAL whose command is gone");
}

mod on_production_the_name_must_be_typed_for {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn start_restore() {
        let room = &Room::new("pw", "").await;
        let id = room.connect(Environment::Production).await;
        let plan = plan_restore(room, id).await;
        let before = room.contents(id).await;
        for typed in [None, Some("bank"), Some("BANK_RESTORED"), Some(" bank_restored")] {
            let typed = typed.map(str::to_owned);
            let refused = refusal(restores::start_restore(&room.state, plan, typed).await);
            assert_eq!(refused.code, ErrorCode::ConfirmationNeeded);
        }
        assert_eq!(room.contents(id).await, before);
        let typed = Some("bank_restored".to_owned());
        let job = restores::start_restore(&room.state, plan, typed).await.unwrap();
        assert!(room.ended(job).await.error.is_none());
    }

    /// The name is that of the database it writes into.
    #[tokio::test(flavor = "multi_thread")]
    async fn start_bring_back() {
        let room = &Room::new("pw", "").await;
        let id = room.connect(Environment::Production).await;
        let plan = plan_bring_back(room, id).await;
        assert_eq!(plan.type_to_confirm.as_deref(), Some("bank"));
        let tables = || vec!["public.transactions".to_owned()];
        for typed in [None, Some("bank_restored"), Some("acme"), Some("bank ")] {
            let typed = typed.map(str::to_owned);
            let refused = refusal(restores::start_bring_back(&room.state, plan.id, tables(), typed).await);
            assert_eq!(refused.code, ErrorCode::ConfirmationNeeded);
        }
        assert_eq!(room.count(id, "bank", "transactions").await, 0);
        let typed = Some("bank".to_owned());
        let job = restores::start_bring_back(&room.state, plan.id, tables(), typed)
            .await
            .unwrap();
        // More than go in one part.
        let missing = plan.tables[0].rows;
        assert!(plan.tables[0].parts > 1, "{plan:?}");
        let job = room.ended(job).await;
        assert!(job.fully_checked, "{job:?}");
        assert_eq!(room.count(id, "bank", "transactions").await, missing);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn start_delete() {
        let room = &Room::new("pw", "").await;
        let id = room.connect(Environment::Production).await;
        room.upload(id, "standing.txt").await;
        let plan = userfiles::plan_delete(&room.state, id, selected("standing.txt"))
            .await
            .unwrap();
        let name = plan.type_to_confirm.expect("production asks for a name");
        for typed in [None, Some(String::new()), Some(format!("{name} "))] {
            let refused = refusal(userfiles::start_delete(&room.state, plan.plan, typed).await);
            assert_eq!(refused.code, ErrorCode::ConfirmationNeeded);
        }
        assert_eq!(
            room.contents(id).await.len(),
            before_databases(room, id).await + 1
        );
        let job = userfiles::start_delete(&room.state, plan.plan, Some(name))
            .await
            .unwrap();
        assert!(room.ended(job).await.error.is_none());
    }

    async fn before_databases(room: &Room, id: Uuid) -> usize {
        crate::ipc::overview::list_databases(&room.state, id)
            .await
            .unwrap()
            .len()
    }

    /// Puts another file in the place of this one: the same file would not have to be replaced.
    async fn exchange(room: &Room, id: Uuid, path: &str) {
        room.delete(id, path).await;
        room.upload(id, "other.txt").await;
        let plan = userfiles::plan_rename(&room.state, id, moves("other.txt", path))
            .await
            .unwrap();
        userfiles::rename_userfiles(&room.state, plan.plan, Some("acme".into()))
            .await
            .unwrap();
    }

    /// Tries a command with names that are not the connection's, which must change nothing, and then with its name.
    macro_rules! asked_for_the_connections_name {
        ($($command:ident with $faults:literal: |$room:ident, $id:ident| $prepare:expr, |$given:ident, $typed:ident| $attempt:expr;)*) => {
            /// Those of this list, in the order of the commands.
            const ASKED: &[&str] = &[$(stringify!($command)),*];

            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $command() {
                    let $room = &Room::new("pw", $faults).await;
                    let $id = $room.connect(Environment::Production).await;
                    $room.upload($id, "standing.txt").await;
                    let $given = $prepare;
                    let before = $room.contents($id).await;
                    for wrong in [None, Some(""), Some("ACME"), Some("acme "), Some("standing.txt")] {
                        let $typed = wrong.map(str::to_owned);
                        let refused = refusal($attempt.await);
                        assert_eq!(refused.code, ErrorCode::ConfirmationNeeded, "{wrong:?}");
                    }
                    assert_eq!($room.contents($id).await, before);
                    let $typed = Some("acme".to_owned());
                    $attempt.await.unwrap();
                }
            )*
        };
    }

    asked_for_the_connections_name! {
        start_upload with "":
            |room, id| {
                exchange(room, id, "standing.txt").await;
                room.plan_upload(id, &["standing.txt", "new.txt"]).await
            },
            |plan, typed| {
                assert_eq!(plan.type_to_replace.as_deref(), Some("acme"));
                userfiles::start_upload(&room.state, plan.plan, all(OnConflict::Replace), typed)
            };
        rename_userfiles with "":
            |room, id| userfiles::plan_rename(&room.state, id, moves("standing.txt", "moved.txt")).await.unwrap(),
            |plan, typed| {
                assert_eq!(plan.type_to_confirm.as_deref(), Some("acme"));
                userfiles::rename_userfiles(&room.state, plan.plan, typed)
            };
        start_undelete with "":
            |room, id| vec![room.deleted_file(id, "gone.txt").await],
            |files, typed| userfiles::start_undelete(&room.state, id, None, files.clone(), typed);
        start_repair with "orphan_payload":
            |room, id| userfiles::plan_repair(&room.state, id, None).await.unwrap(),
            |plan, typed| {
                assert_eq!(plan.type_to_confirm.as_deref(), Some("acme"));
                let files: Vec<Uuid> = plan.items.iter().map(|item| item.file_id).collect();
                assert!(!files.is_empty());
                userfiles::start_repair(&room.state, plan.plan, files, typed)
            };
        start_copy_to_cluster with "":
            |room, id| {
                let from = room.connect(Environment::Development).await;
                let request = CopyToClusterRequest {
                    store: None,
                    paths: vec!["standing.txt".into()],
                    target_connection: id,
                    target_store: None,
                    target_folder: "copies/".into(),
                };
                let first = userfiles::plan_copy_to_cluster(&room.state, from, request.clone()).await.unwrap();
                assert_eq!(first.type_to_replace.as_deref(), Some("acme"));
                // Nothing is replaced by the first, so it is not asked about.
                let replace = all(OnConflict::Replace);
                let job = userfiles::start_copy_to_cluster(&room.state, first.plan, replace, None).await.unwrap();
                room.ended(job).await;
                exchange(room, from, "copies/standing.txt").await;
                userfiles::plan_copy_to_cluster(&room.state, from, request).await.unwrap().plan
            },
            |plan, typed| userfiles::start_copy_to_cluster(&room.state, plan, all(OnConflict::Replace), typed);
        start_import with "":
            |room, id| {
                let request = ExportRequest {
                    store: None,
                    paths: vec!["standing.txt".into()],
                    folder: room.folder.path().display().to_string(),
                };
                let plan = userfiles::plan_export(&room.state, id, request).await.unwrap();
                let job = userfiles::start_export(&room.state, plan.plan).await.unwrap();
                room.ended(job).await;
                exchange(room, id, "standing.txt").await;
                let request = ImportRequest {
                    store: None,
                    folder: String::new(),
                    archive: plan.target,
                };
                userfiles::plan_import(&room.state, id, request).await.unwrap().transfer.plan
            },
            |plan, typed| userfiles::start_import(&room.state, plan, all(OnConflict::Replace), typed);
        pause_schedule with "":
            |room, id| room.schedule(id).await,
            |schedule, typed| schedules::pause_schedule(&room.state, id, schedule.clone(), typed);
        change_schedule with "":
            |room, id| room.plan_schedule_change(id).await,
            |plan, typed| schedules::change_schedule(&room.state, plan.plan, typed);
        drop_schedule with "":
            |room, id| {
                let schedule = room.schedule(id).await;
                schedules::plan_drop_schedule(&room.state, id, schedule).await.unwrap()
            },
            |plan, typed| {
                assert_eq!(plan.type_to_confirm.as_deref(), Some("acme"));
                schedules::drop_schedule(&room.state, plan.plan, typed)
            };
    }

    /// The name is asked for when the work starts, whatever the connection was when it was planned.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_deletion_that_was_planned_before_the_connection_became_production() {
        let room = &Room::new("pw", "").await;
        let id = room.connect(Environment::Development).await;
        room.upload(id, "standing.txt").await;
        let plan = userfiles::plan_delete(&room.state, id, selected("standing.txt"))
            .await
            .unwrap();
        assert_eq!(plan.type_to_confirm, None);
        room.edit(id, |fields| fields.environment = Environment::Production)
            .await;
        let refused = refusal(userfiles::start_delete(&room.state, plan.plan, None).await);
        assert_eq!(refused.code, ErrorCode::ConfirmationNeeded);
    }

    /// What takes a typed name is known by its argument.
    #[test]
    fn every_command_that_takes_one() {
        let mut taking: Vec<&str> = COMMANDS
            .iter()
            .filter(|(_, arguments)| arguments.iter().any(|argument| argument.starts_with("typed")))
            .map(|(name, _)| *name)
            .collect();
        let mut tried = [ASKED, &["start_bring_back", "start_delete", "start_restore"]].concat();
        taking.sort_unstable();
        tried.sort_unstable();
        assert_eq!(taking, tried);
    }
}

/// A read-only mark that is taken away again must count at once, or people would learn to distrust it.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_no_longer_read_only_can_change_things_again() {
    let room = &Room::new("pw", "").await;
    let id = room.connect(Environment::Development).await;
    room.make_read_only(id).await;
    room.edit(id, |fields| fields.read_only = false).await;
    room.upload(id, "new.txt").await;
}
