//! Names that nobody would choose and somebody has.

use roachvault_core::job::JobState;
use roachvault_core::userfile::Move;

use crate::world::{World, counts, skip};

#[tokio::test(flavor = "multi_thread")]
async fn any_name_goes_up_is_listed_renamed_deleted_brought_back_and_comes_down() {
    let world = World::new(1).await;
    let place = &world.places[0];
    let long = "x".repeat(250);
    let names = [
        "line\nbreak.csv",
        "tab\tbell\u{7}.csv",
        "photo\u{202e}gpj.exe",
        "שלום.csv",
        "👨‍👩‍👧.png",
        " blanks ",
        "100%#?&.csv",
        "it's \"quoted\" \\.csv",
        "[a]*{b}.csv",
        long.as_str(),
    ];
    for name in names {
        world.write(&format!("d/{name}"), name.as_bytes());
    }
    let job = world.upload(vec![world.path("d")]).await;
    assert_eq!(
        (job.state, counts(&job)),
        (JobState::Succeeded, (10, 0, 0)),
        "{job:?}"
    );
    let mut wanted: Vec<String> = names.iter().map(|name| format!("/d/{name}")).collect();
    wanted.sort();
    let stored = async || {
        let mut names = place.names().await;
        names.sort();
        names
    };
    assert_eq!(stored().await, wanted);
    for name in names {
        let details = world
            .userfiles
            .details(&place.open, None, &format!("d/{name}"))
            .await;
        assert_eq!(details.unwrap().file.size_bytes, name.len() as u64);
    }

    let there_and_back = [
        ("d/line\nbreak.csv", "d/one\rline.csv"),
        ("d/one\rline.csv", "d/line\nbreak.csv"),
    ];
    for (from, to) in there_and_back {
        let moves = [Move {
            from: from.into(),
            to: to.into(),
        }];
        let plan = world
            .userfiles
            .plan_rename(&place.open, None, &moves)
            .await
            .unwrap();
        world.userfiles.rename(world.find(), plan.id, None).await.unwrap();
    }
    let plan = world
        .userfiles
        .plan_delete(&place.open, None, &["d/".to_owned()])
        .await
        .unwrap();
    let id = world
        .userfiles
        .start_delete(&world.jobs, world.find(), plan.id, None)
        .await
        .unwrap();
    assert_eq!(counts(&world.ended(id).await), (10, 0, 0));
    let deleted = world
        .userfiles
        .list_deleted(&world.jobs, &place.open, None)
        .await
        .unwrap();
    let ids: Vec<_> = deleted.files.iter().map(|one| one.file.file_id).collect();
    let id = world
        .userfiles
        .start_undelete(&world.jobs, &place.open, None, &ids, None)
        .await
        .unwrap();
    assert_eq!(counts(&world.ended(id).await), (10, 0, 0));
    assert_eq!(stored().await, wanted);

    let down = world.path("down");
    let plan = world
        .userfiles
        .plan_download(&place.open, None, &["d/".to_owned()], &down, false)
        .await
        .unwrap();
    // A line break, a tab and a mark that turns the text do not come onto this computer.
    assert_eq!(plan.mapped.len(), 4, "{:?}", plan.mapped);
    let id = world
        .userfiles
        .start_download(&world.jobs, world.find(), plan.id, &skip())
        .await
        .unwrap();
    assert_eq!(counts(&world.ended(id).await), (10, 0, 0));
    let bytes = std::fs::read(down.join("d/line_break.csv")).unwrap();
    assert_eq!(bytes, b"line\nbreak.csv");
}
