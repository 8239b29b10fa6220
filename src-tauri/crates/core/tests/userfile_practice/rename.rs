//! Renaming says what it would tear apart or mix.

use roachvault_core::Code;
use roachvault_core::userfile::{Move, RenamePlan};

use crate::world::World;

async fn plan(world: &World, from: &str, to: &str) -> RenamePlan {
    let moves = [Move {
        from: from.into(),
        to: to.into(),
    }];
    let cluster = &world.places[0].open;
    world.userfiles.plan_rename(cluster, None, &moves).await.unwrap()
}

/// A backup in the collection `bank`, and some other files.
async fn stored() -> World {
    let world = World::new(1).await;
    for sql in [
        "CREATE DATABASE bank",
        "CREATE TABLE bank.public.accounts (id INT PRIMARY KEY)",
        "BACKUP DATABASE bank INTO 'userfile:///bank'",
    ] {
        world.places[0].sql(sql).await;
    }
    for name in ["exports/a", "exports/b", "kept/c"] {
        world.write(name, b"x");
    }
    let paths = vec![world.path("exports"), world.path("kept")];
    world.upload(paths).await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_a_backup_gets_another_name_only_when_the_collection_is_typed() {
    let world = stored().await;
    let names = world.places[0].names().await;
    let manifest = names
        .iter()
        .find(|name| name.ends_with("/BACKUP_MANIFEST"))
        .unwrap();
    let plan = plan(&world, manifest.trim_start_matches('/'), "oops").await;
    assert!(!plan.collections[0].whole, "{plan:?}");
    assert_eq!(plan.type_to_confirm.as_deref(), Some("bank"));
    let refused = world.userfiles.rename(world.find(), plan.id, None).await;
    assert_eq!(refused.unwrap_err().code, Code::ConfirmationNeeded);
    assert_eq!(world.places[0].names().await, names);
    let typed = world.userfiles.rename(world.find(), plan.id, Some("bank")).await;
    typed.unwrap();
    assert!(world.places[0].names().await.contains(&"/oops".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_collection_and_a_folder_that_is_taken_are_told_of() {
    let world = stored().await;
    let moved = plan(&world, "bank/", "bank-2026/").await;
    assert!(moved.collections[0].whole, "{moved:?}");
    assert_eq!(moved.type_to_confirm, None);
    assert!(moved.merges.is_empty());
    let merged = plan(&world, "exports/", "kept/").await;
    assert_eq!(merged.files, 2);
    assert!(merged.collections.is_empty());
    assert_eq!(
        (merged.merges[0].path.as_str(), merged.merges[0].files),
        ("kept", 1)
    );
    let plain = plan(&world, "exports/a", "exports/z").await;
    assert!(plain.merges.is_empty() && plain.collections.is_empty() && plain.type_to_confirm.is_none());
}
