//! A limit on the speed of all transfers.

use std::time::Instant;

use roachvault_core::job::JobState;

use crate::world::{World, noise};

const FILE_BYTES: usize = 3 << 20;

/// Seconds that an upload and a download take together under a limit.
async fn there_and_back(world: &World, name: &str, limit: Option<u64>) -> f64 {
    let path = world.write(name, &noise(FILE_BYTES, 7));
    world.limit.set(limit);
    let begun = Instant::now();
    assert_eq!(world.upload(vec![path.clone()]).await.state, JobState::Succeeded);
    let down = world.path(&format!("down-{name}"));
    let id = world.start_download(&[name], &down).await;
    assert_eq!(world.ended(id).await.state, JobState::Succeeded);
    assert!(std::fs::read(down.join(name)).unwrap() == std::fs::read(path).unwrap());
    begun.elapsed().as_secs_f64()
}

#[tokio::test(flavor = "multi_thread")]
async fn half_the_speed_limit_takes_twice_as_long() {
    let world = World::new(1).await;
    let free = there_and_back(&world, "free", None).await;
    let fast = there_and_back(&world, "fast", Some(4 << 20)).await;
    let slow = there_and_back(&world, "slow", Some(2 << 20)).await;
    assert!(fast > free, "{free} {fast} {slow}");
    let ratio = (slow - free) / (fast - free);
    assert!((1.5..3.0).contains(&ratio), "{free} {fast} {slow}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_taken_away_frees_what_is_under_way() {
    let world = World::new(1).await;
    let path = world.write("large", &noise(FILE_BYTES, 8));
    world.limit.set(Some(16 << 10));
    let id = world.start_upload(vec![path]).await;
    world.until(id, |job| job.progress.done > 0).await;
    world.limit.set(None);
    assert_eq!(world.ended(id).await.state, JobState::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn working_out_a_digest_keeps_to_the_limit_and_can_be_cancelled() {
    let world = World::new(1).await;
    let path = world.write("large", &noise(3 * FILE_BYTES, 9));
    assert_eq!(world.upload(vec![path]).await.state, JobState::Succeeded);
    world.limit.set(Some(16 << 10));
    let id = world.start_digest("large").await;
    world.until(id, |job| job.state == JobState::Running).await;
    world.jobs.cancel(id).await.unwrap();
    let job = world.ended(id).await;
    assert_eq!(job.state, JobState::Cancelled);
    assert!(job.error.is_none(), "{:?}", job.error);
}
