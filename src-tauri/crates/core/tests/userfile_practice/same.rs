//! Names that are taken by the very same file, and what was left out of a folder.

use roachvault_core::job::{FileEnd, JobState, Outcome};
use roachvault_core::userfile::{Choices, Contents, OnConflict, TransferPlan};

use crate::world::{World, counts, noise, skip};

fn all(answer: OnConflict) -> Choices {
    Choices {
        all: answer,
        ..skip()
    }
}

fn contents(plan: &TransferPlan) -> Vec<(&str, Contents)> {
    plan.conflicts
        .iter()
        .map(|conflict| {
            let name = conflict.target.rsplit('/').next().unwrap_or_default();
            (name, conflict.contents)
        })
        .collect()
}

async fn plan_upload(world: &World, name: &str) -> TransferPlan {
    let paths = vec![world.path(name)];
    world
        .userfiles
        .plan_upload(&world.places[0].open, None, "", paths)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_tells_the_same_file_from_another_of_its_size() {
    let world = World::new(1).await;
    world.write("d/same", &noise(9 << 20, 1));
    world.write("d/other", &noise(5 << 20, 2));
    world.write("d/longer", b"one");
    world.write("d/empty", b"");
    world.upload(vec![world.path("d")]).await;
    world.write("d/other", &noise(5 << 20, 3));
    world.write("d/longer", b"three");
    let plan = plan_upload(&world, "d").await;
    assert_eq!((plan.conflict_count, plan.identical_count), (4, 2));
    let mut found = contents(&plan);
    // What there is to decide stands first.
    assert!(
        found[2..]
            .iter()
            .all(|(_, contents)| *contents == Contents::Identical)
    );
    found.sort_by_key(|(name, _)| *name);
    assert_eq!(
        found,
        [
            ("empty", Contents::Identical),
            ("longer", Contents::Different),
            ("other", Contents::Different),
            ("same", Contents::Identical),
        ]
    );
    let replace = all(OnConflict::Replace);
    let id = world
        .userfiles
        .start_upload(&world.jobs, world.find(), plan.id, &replace, None)
        .await
        .unwrap();
    let job = world.ended(id).await;
    assert_eq!(
        (job.state, counts(&job)),
        (JobState::Succeeded, (2, 2, 0)),
        "{job:?}"
    );
    assert_eq!(plan_upload(&world, "d").await.identical_count, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_took_the_place_of_the_same_file_since_is_not_called_identical() {
    let world = World::new(1).await;
    let path = world.write("a", b"first");
    world.upload(vec![path.clone()]).await;
    let plan = plan_upload(&world, "a").await;
    assert_eq!(plan.identical_count, 1);
    let place = &world.places[0];
    place
        .sql("DELETE FROM defaultdb.public.userfiles_demo_upload_payload")
        .await;
    place
        .sql("DELETE FROM defaultdb.public.userfiles_demo_upload_files")
        .await;
    let another = world.write("b/a", b"other");
    world.upload(vec![another]).await;
    let replace = all(OnConflict::Replace);
    let id = world
        .userfiles
        .start_upload(&world.jobs, world.find(), plan.id, &replace, None)
        .await
        .unwrap();
    assert_eq!(counts(&world.ended(id).await), (1, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_written_to_since_is_not_left_out_for_being_the_same() {
    let world = World::new(1).await;
    let path = world.write("a", b"first");
    world.upload(vec![path.clone()]).await;
    let plan = plan_upload(&world, "a").await;
    assert_eq!(plan.identical_count, 1);
    world.write("a", b"second");
    let id = world
        .userfiles
        .start_upload(&world.jobs, world.find(), plan.id, &skip(), None)
        .await
        .unwrap();
    let job = world.ended(id).await;
    let Some(Outcome::Files(files)) = &job.outcome else {
        panic!("{job:?}")
    };
    let FileEnd::Failed { error } = &files.results[0].end else {
        panic!("{job:?}")
    };
    assert!(error.message.contains("has changed since"), "{error:?}");

    let target = world.path("down");
    let place = &world.places[0];
    let plan_download = async || {
        world
            .userfiles
            .plan_download(&place.open, None, &["a".into()], &target, false)
            .await
            .unwrap()
    };
    let start = async |plan: uuid::Uuid| {
        let id = world
            .userfiles
            .start_download(&world.jobs, world.find(), plan, &all(OnConflict::Replace))
            .await
            .unwrap();
        world.ended(id).await
    };
    assert_eq!(start(plan_download().await.id).await.state, JobState::Succeeded);
    let plan = plan_download().await;
    assert_eq!(plan.identical_count, 1);
    std::fs::write(target.join("a"), b"mine").unwrap();
    assert_eq!(counts(&start(plan.id).await), (1, 0, 0));
    assert_eq!(std::fs::read(target.join("a")).unwrap(), b"first");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_which_parts_are_missing_in_the_cluster_is_not_the_same() {
    let world = World::new(1).await;
    world.upload(vec![world.write("a", &noise(9 << 20, 4))]).await;
    world.places[0]
        .sql("DELETE FROM defaultdb.public.userfiles_demo_upload_payload WHERE byte_offset > 0")
        .await;
    let plan = plan_upload(&world, "a").await;
    assert_eq!(contents(&plan), [("a", Contents::Different)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_imported_twice_and_a_copy_taken_twice_find_nothing_to_do() {
    let world = World::new(2).await;
    world.write("d/large", &noise(9 << 20, 5));
    world.write("d/small", b"small");
    world.upload(vec![world.path("d")]).await;
    let (from, to) = (&world.places[0].open, &world.places[1].open);
    let paths = ["d/".to_owned()];
    let copy = async || {
        world
            .userfiles
            .plan_copy_to_cluster(from, None, &paths, to, None, "")
            .await
            .unwrap()
    };
    let plan = copy().await;
    let id = world
        .userfiles
        .start_copy_to_cluster(&world.jobs, world.find(), plan.id, &skip(), None)
        .await
        .unwrap();
    assert_eq!(world.ended(id).await.state, JobState::Succeeded);
    let plan = copy().await;
    assert_eq!((plan.files, plan.conflict_count, plan.identical_count), (2, 2, 2));

    let export = world
        .userfiles
        .plan_export(from, None, &paths, world.folder.path())
        .await
        .unwrap();
    let id = world
        .userfiles
        .start_export(&world.jobs, world.find(), export.id)
        .await
        .unwrap();
    assert_eq!(world.ended(id).await.state, JobState::Succeeded);
    let import = async || {
        world
            .userfiles
            .plan_import(to, None, "", export.target.clone().into())
            .await
            .unwrap()
            .transfer
    };
    assert_eq!(import().await.identical_count, 2);
    world.places[1]
        .sql("UPDATE defaultdb.public.userfiles_demo_upload_payload SET payload = 'LARGE' WHERE length(payload) = 5")
        .await;
    assert_eq!(
        contents(&import().await),
        [("small", Contents::Different), ("large", Contents::Identical)]
    );

    let down = world.path("down");
    let id = world.start_download(&["d/"], &down).await;
    assert_eq!(world.ended(id).await.state, JobState::Succeeded);
    let again = world
        .userfiles
        .plan_download(from, None, &paths, &down, false)
        .await
        .unwrap();
    assert_eq!(again.identical_count, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_tells_how_many_folders_in_it_are_empty() {
    let world = World::new(1).await;
    world.write("d/a", b"a");
    for empty in ["d/none", "d/deep/none"] {
        std::fs::create_dir_all(world.path(empty)).unwrap();
    }
    let plan = plan_upload(&world, "d").await;
    assert_eq!((plan.files, plan.folders, plan.empty_folder_count), (1, 1, 2));
    assert!(plan.empty_folders.iter().all(|folder| folder.ends_with("none")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_which_a_name_is_taken_comes_back_beside_as_a_whole() {
    let world = World::new(1).await;
    let place = &world.places[0];
    for sql in [
        "CREATE DATABASE bank",
        "CREATE TABLE bank.public.accounts (id INT PRIMARY KEY)",
        "INSERT INTO bank.public.accounts VALUES (1)",
        "BACKUP DATABASE bank INTO 'userfile:///bank'",
    ] {
        place.sql(sql).await;
    }
    let before = place.names().await;
    let plan = world
        .userfiles
        .plan_delete(&place.open, None, &["bank/".to_owned()])
        .await
        .unwrap();
    let id = world
        .userfiles
        .start_delete(&world.jobs, world.find(), plan.id, Some("bank"))
        .await
        .unwrap();
    world.ended(id).await;
    let deleted = world
        .userfiles
        .list_deleted(&world.jobs, &place.open, None)
        .await
        .unwrap();
    assert_eq!(deleted.kept_seconds, 14_400);
    let [collection] = deleted.collections.as_slice() else {
        panic!("{:?}", deleted.collections)
    };
    assert_eq!((collection.path.as_str(), collection.backups), ("bank", 1));
    // Somebody gives one of its names to another file.
    let taken = deleted.files[0].file.name.shown().to_owned();
    let local = world.write(&format!("again/{taken}"), b"another");
    let (folder, _) = taken.rsplit_once('/').unwrap();
    let upload = world
        .userfiles
        .plan_upload(&place.open, None, &format!("{folder}/"), vec![local])
        .await
        .unwrap();
    let id = world
        .userfiles
        .start_upload(&world.jobs, world.find(), upload.id, &skip(), None)
        .await
        .unwrap();
    world.ended(id).await;
    let ids: Vec<_> = deleted.files.iter().map(|one| one.file.file_id).collect();
    let id = world
        .userfiles
        .start_undelete(&world.jobs, &place.open, None, &ids, None)
        .await
        .unwrap();
    let job = world.ended(id).await;
    assert_eq!(job.state, JobState::Succeeded, "{job:?}");
    let mut wanted: Vec<String> = before
        .iter()
        .map(|name| name.replacen("/bank/", "/bank (2)/", 1))
        .collect();
    wanted.push(format!("/{taken}"));
    wanted.sort();
    let mut names = place.names().await;
    names.sort();
    assert_eq!(names, wanted);
}
