//! A cluster that does not answer while it works: what is known, what is asked, and coming back.

use std::time::Duration;

use roachvault_core::job::{Asked, JobId, JobState, Outcome};

use crate::app::{App, COLLECTION, options};
use crate::relay::Relay;

/// A backup under way, over a line that can be closed.
async fn under_way(job_duration: Duration) -> (App, Relay, JobId) {
    let mut slow = options();
    slow.backups.least_job_duration = job_duration;
    let mut app = App::start(slow).await;
    let relay = Relay::start(app.practice.address(), Duration::ZERO).await;
    app.through(relay.port).await;
    let id = app.start_backup(App::wish("bank", COLLECTION)).await;
    app.until(id, |job| job.cluster_job_id.is_some()).await;
    (app, relay, id)
}

#[tokio::test]
async fn an_outage_is_told_with_its_cause_and_the_next_try_and_ends_by_itself() {
    let (app, relay, id) = under_way(Duration::from_secs(4)).await;
    relay.close();
    let away = app.until(id, |job| job.outage.is_some()).await;
    assert_eq!(away.state, JobState::Waiting);
    let first = away.outage.unwrap();
    assert!(
        !first.why.message.is_empty() && first.next_try > Some(first.since),
        "{first:?}"
    );
    let later = app
        .until(id, |job| {
            job.outage
                .as_ref()
                .is_some_and(|outage| outage.next_try > first.next_try)
        })
        .await;
    assert_eq!(later.outage.unwrap().since, first.since);
    relay.open();
    let ended = app.ended(id).await;
    assert_eq!(ended.state, JobState::Succeeded, "{ended:?}");
    assert!(ended.outage.is_none());
}

#[tokio::test]
async fn a_cancel_asked_for_during_an_outage_is_shown_and_sent_when_the_cluster_answers() {
    let (app, relay, id) = under_way(Duration::from_secs(60)).await;
    relay.close();
    let away = app.until(id, |job| job.outage.is_some()).await;
    assert!(away.possible().cancel && away.possible().pause);
    app.jobs.cancel(id).await.unwrap();
    let asked = app.until(id, |job| job.asked.is_some()).await;
    assert_eq!(
        (asked.state, asked.asked),
        (JobState::Waiting, Some(Asked::Cancel))
    );
    assert!(!asked.possible().cancel && !asked.possible().pause);
    relay.open();
    app.try_now();
    let ended = app.ended(id).await;
    assert_eq!(
        (ended.state, ended.asked),
        (JobState::Cancelled, None),
        "{ended:?}"
    );
}

#[tokio::test]
async fn what_was_asked_for_outlives_a_quit() {
    let (mut app, relay, id) = under_way(Duration::from_secs(60)).await;
    relay.close();
    app.until(id, |job| job.outage.is_some()).await;
    app.jobs.pause(id).await.unwrap();
    app.restart().await;
    let kept = app.jobs.get(id).unwrap();
    assert_eq!((kept.state, kept.asked), (JobState::Waiting, Some(Asked::Pause)));
    relay.open();
    app.reattach();
    let paused = app.until(id, |job| job.state == JobState::Paused).await;
    assert_eq!(paused.asked, None);
}

#[tokio::test]
async fn a_check_that_is_cut_short_waits_for_the_cluster_and_is_made() {
    let mut app = App::start(options()).await;
    let relay = Relay::start(app.practice.address(), Duration::ZERO).await;
    app.through(relay.port).await;
    // Each statement takes long enough to be cut.
    app.sql("SET practice.fault = 'latency=150ms'").await;
    let away_while = async |id: JobId, phase: &'static str| {
        app.until(id, |job| job.phase.starts_with(phase)).await;
        relay.close();
        let away = app.until(id, |job| job.outage.is_some()).await;
        assert_eq!(away.state, JobState::Waiting);
        relay.open();
        app.try_now();
        let ended = app.ended(id).await;
        assert_eq!(
            (ended.state, ended.outage.is_none()),
            (JobState::Succeeded, true),
            "{ended:?}"
        );
        ended.outcome
    };
    let id = app.start_backup(App::wish("bank", COLLECTION)).await;
    let Some(Outcome::Backup(taken)) = away_while(id, "Reading it back").await else {
        panic!("no backup")
    };
    assert!(taken.checked, "{taken:?}");
    let path = taken.subdirectory.unwrap();
    let plan = app
        .plan(App::restore_wish(&path, "bank", Some("bank_back")))
        .await;
    let id = app.start_restore(&plan).await;
    let Some(Outcome::Restore(restored)) = away_while(id, "Counting rows").await else {
        panic!("no restore")
    };
    assert!(restored.all_match, "{restored:?}");
}
