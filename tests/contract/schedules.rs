//! CREATE SCHEDULE, SHOW SCHEDULES and what can be asked of a schedule.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use roachvault_cockroach::ErrorKind;
use roachvault_cockroach::backup::{BackupRequest, list_backups};
use roachvault_cockroach::cron::Cron;
use roachvault_cockroach::job::JobStatus;
use roachvault_cockroach::schedule::{
    FirstRun, OnFailure, OnPrevious, Schedule, ScheduleAlteration, ScheduleId, ScheduleRequest,
    ScheduleRequested, ScheduledTargets, alter_schedule, can_run_now, change_schedule, create_schedule,
    last_run, list_schedules, run_schedule, show_create_schedule, stays_paused_when_altered,
};
use roachvault_cockroach::version;
use roachvault_cockroach::{Cluster, Secret};

use crate::cluster::Bank;

hold_everywhere!(
    a_schedule_is_created_listed_and_dropped,
    a_pair_is_one_schedule_that_is_paused_and_resumed_as_one,
    a_schedule_that_is_run_now_takes_a_backup,
    the_times_and_the_name_of_a_schedule_are_changed,
    a_paused_schedule_stays_paused_when_its_times_change,
    a_label_is_taken_once,
    a_collection_with_backups_is_begun_in_only_when_asked,
    what_is_shown_of_a_schedule_holds_no_secret,
);

/// The scheduler of a real cluster looks once a minute.
const PATIENCE: Duration = Duration::from_secs(180);

fn request(bank: &Bank) -> ScheduleRequest {
    ScheduleRequest {
        label: format!("{}'s own", bank.name),
        backup: bank.backup(),
        recurrence: Cron::parse("0 2 * * *").unwrap(),
        full: None,
        first_run: FirstRun::At(tomorrow()),
        on_failure: OnFailure::Pause,
        on_previous: OnPrevious::Skip,
        ignore_existing_backups: false,
    }
}

/// To the second, as it is written.
fn tomorrow() -> DateTime<Utc> {
    let at = Utc::now() + chrono::Duration::days(1);
    DateTime::from_timestamp(at.timestamp(), 0).unwrap()
}

async fn found(bank: &Bank, id: ScheduleId) -> Option<Schedule> {
    let schedules = list_schedules(&bank.cluster).await.unwrap();
    schedules.into_iter().find(|schedule| schedule.id == id)
}

async fn created(bank: &Bank, request: &ScheduleRequest) -> Schedule {
    let id = create_schedule(&bank.cluster, request).await.unwrap();
    found(bank, id).await.unwrap()
}

async fn asked(bank: &Bank, schedule: &Schedule, requested: ScheduleRequested) -> Option<Schedule> {
    change_schedule(&bank.cluster, schedule, requested).await.unwrap();
    found(bank, schedule.id).await
}

async fn a_schedule_is_created_listed_and_dropped(bank: Bank) {
    let request = request(&bank);
    let schedule = created(&bank, &request).await;
    assert_eq!(schedule.label, request.label);
    assert_eq!(schedule.owner.as_deref(), Some(bank.cluster.user()));
    assert_eq!(
        schedule.backup.targets,
        Some(ScheduledTargets::Databases(vec![bank.name.clone()]))
    );
    assert_eq!(schedule.backup.collection, [request.backup.collection.redacted()]);
    assert!(!schedule.backup.encrypted && !schedule.backup.revision_history);
    let FirstRun::At(at) = request.first_run else {
        unreachable!()
    };
    assert_eq!(schedule.next_run(), Some(at));
    assert!(!schedule.is_paused() && schedule.incremental.is_none());
    assert_eq!(schedule.full.as_ref().unwrap().recurrence, "0 2 * * *");
    assert_eq!(
        (schedule.on_failure, schedule.on_previous),
        (Some(OnFailure::Pause), Some(OnPrevious::Skip))
    );
    assert_eq!(last_run(&bank.cluster, &schedule).await.unwrap(), None);
    let sql = show_create_schedule(&bank.cluster, schedule.id)
        .await
        .unwrap()
        .unwrap();
    assert!(sql.contains("RECURRING '0 2 * * *'"), "{sql}");
    assert_eq!(asked(&bank, &schedule, ScheduleRequested::Drop).await, None);
    bank.close(&[]).await;
}

async fn a_pair_is_one_schedule_that_is_paused_and_resumed_as_one(bank: Bank) {
    let request = ScheduleRequest {
        full: Some(Cron::parse("0 2 * * 0").unwrap()),
        ..request(&bank)
    };
    let schedule = created(&bank, &request).await;
    let (full, incremental) = (
        schedule.full.as_ref().unwrap(),
        schedule.incremental.as_ref().unwrap(),
    );
    assert_eq!(
        (full.recurrence.as_str(), incremental.recurrence.as_str()),
        ("0 2 * * 0", "0 2 * * *")
    );
    assert!(incremental.is_paused && incremental.waits_for_full);
    assert!(!schedule.is_paused() && !schedule.is_partly_paused());
    let paused = asked(&bank, &schedule, ScheduleRequested::Pause).await.unwrap();
    assert!(paused.is_paused() && paused.next_run().is_none());
    // Nothing is left to pause, and that is no error.
    let paused = asked(&bank, &paused, ScheduleRequested::Pause).await.unwrap();
    let resumed = asked(&bank, &paused, ScheduleRequested::Resume).await.unwrap();
    assert!(!resumed.is_paused() && resumed.next_run().is_some());
    assert!(resumed.incremental.as_ref().unwrap().waits_for_full);
    asked(&bank, &resumed, ScheduleRequested::Drop).await;
    let left = list_schedules(&bank.cluster).await.unwrap();
    assert!(
        left.iter().all(|schedule| schedule.label != request.label),
        "{left:?}"
    );
    // Asked of one that is gone, nothing happens.
    change_schedule(&bank.cluster, &resumed, ScheduleRequested::Pause)
        .await
        .unwrap();
    bank.close(&[]).await;
}

fn alteration(label: &str, recurrence: &str, full: Option<&str>) -> ScheduleAlteration {
    ScheduleAlteration {
        label: label.into(),
        recurrence: Cron::parse(recurrence).unwrap(),
        full: full.map(|full| Cron::parse(full).unwrap()),
    }
}

async fn altered(bank: &Bank, schedule: &Schedule, to: &ScheduleAlteration) -> Schedule {
    alter_schedule(&bank.cluster, schedule, to).await.unwrap();
    let after = found(bank, schedule.id).await.unwrap();
    assert!(to.is_done(&after), "{after:?}");
    after
}

async fn the_times_and_the_name_of_a_schedule_are_changed(bank: Bank) {
    let request = request(&bank);
    let schedule = created(&bank, &request).await;
    let (old, new) = (request.label.as_str(), format!("{}, changed", request.label));
    // A name alone leaves the next run where it is.
    let renamed = altered(&bank, &schedule, &alteration(&new, "0 2 * * *", None)).await;
    assert_eq!(renamed.next_run(), schedule.next_run());
    let moved = altered(&bank, &renamed, &alteration(old, "30 4 * * *", None)).await;
    let next = Cron::parse("30 4 * * *").unwrap().next(Utc::now());
    assert_eq!(moved.next_run(), next);

    // Incremental backups come to it, and wait for a full one unless an early release begins at once.
    let pair = alteration(old, "30 4 * * *", Some("0 5 * * 0"));
    assert!(pair.adds_increments(&moved));
    let paired = altered(&bank, &moved, &pair).await;
    assert_eq!(paired.id, schedule.id);
    assert!(!paired.is_paused());
    if stays_paused_when_altered(&version::read(&bank.cluster).await.unwrap()) {
        assert!(paired.incremental.as_ref().unwrap().waits_for_full, "{paired:?}");
        assert_eq!(
            paired.next_run(),
            Cron::parse("0 5 * * 0").unwrap().next(Utc::now())
        );
    }

    // And go again.
    let alone = altered(&bank, &paired, &alteration(old, "0 3 * * *", None)).await;
    assert_eq!(
        alone.next_run(),
        Cron::parse("0 3 * * *").unwrap().next(Utc::now())
    );
    assert_eq!(alone.backup, schedule.backup);
    asked(&bank, &alone, ScheduleRequested::Drop).await;
    bank.close(&[]).await;
}

async fn a_paused_schedule_stays_paused_when_its_times_change(bank: Bank) {
    let request = request(&bank);
    let schedule = created(&bank, &request).await;
    let paused = asked(&bank, &schedule, ScheduleRequested::Pause).await.unwrap();
    let to = alteration(&request.label, "30 4 * * *", None);
    let after = altered(&bank, &paused, &to).await;
    let stays = stays_paused_when_altered(&version::read(&bank.cluster).await.unwrap());
    assert_eq!(after.is_paused(), stays, "{after:?}");
    asked(&bank, &after, ScheduleRequested::Drop).await;
    bank.close(&[]).await;
}

async fn a_schedule_that_is_run_now_takes_a_backup(bank: Bank) {
    let request = ScheduleRequest {
        full: Some(Cron::parse("0 2 * * 0").unwrap()),
        ..request(&bank)
    };
    let schedule = created(&bank, &request).await;
    if !can_run_now(&version::read(&bank.cluster).await.unwrap()) {
        assert!(run_schedule(&bank.cluster, &schedule, false).await.is_err());
        asked(&bank, &schedule, ScheduleRequested::Drop).await;
        return bank.close(&[]).await;
    }
    // The increments have nothing to build on yet, so this takes a full backup.
    run_schedule(&bank.cluster, &schedule, false).await.unwrap();
    succeeded(&bank, &schedule, 1).await;
    let schedule = until(&bank, &schedule, |schedule| {
        let incremental = schedule.incremental.as_ref().unwrap();
        !incremental.waits_for_full && incremental.next_run.is_some()
    })
    .await;
    assert_eq!(
        list_backups(&bank.cluster, &bank.collection).await.unwrap().len(),
        1
    );
    run_schedule(&bank.cluster, &schedule, false).await.unwrap();
    succeeded(&bank, &schedule, 2).await;
    assert_eq!(
        list_backups(&bank.cluster, &bank.collection).await.unwrap().len(),
        1
    );
    asked(&bank, &schedule, ScheduleRequested::Drop).await;
    // What was taken stays.
    assert_eq!(
        list_backups(&bank.cluster, &bank.collection).await.unwrap().len(),
        1
    );
    bank.close(&[]).await;
}

/// Waits for the run of this number to succeed.
async fn succeeded(bank: &Bank, schedule: &Schedule, number: usize) {
    let end = Instant::now() + PATIENCE;
    loop {
        let run = last_run(&bank.cluster, schedule).await.unwrap();
        let runs = runs(&bank.cluster, schedule).await;
        if runs == number && run.as_ref().is_some_and(|run| run.status == JobStatus::Succeeded) {
            return;
        }
        assert!(Instant::now() < end, "{runs} runs, the last one {run:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn runs(cluster: &Cluster, schedule: &Schedule) -> usize {
    let mut count = 0;
    for part in schedule.parts() {
        let sql = format!("SHOW JOBS FOR SCHEDULE {}", part.id);
        count += sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .fetch_all(cluster.pool())
            .await
            .unwrap()
            .len();
    }
    count
}

async fn until(bank: &Bank, schedule: &Schedule, look: impl Fn(&Schedule) -> bool) -> Schedule {
    let end = Instant::now() + PATIENCE;
    loop {
        let now = found(bank, schedule.id).await.unwrap();
        if look(&now) {
            return now;
        }
        assert!(Instant::now() < end, "{now:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn a_label_is_taken_once(bank: Bank) {
    let request = request(&bank);
    let schedule = created(&bank, &request).await;
    let error = create_schedule(&bank.cluster, &request).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::AlreadyExists, "{error:?}");
    asked(&bank, &schedule, ScheduleRequested::Drop).await;
    bank.close(&[]).await;
}

async fn a_collection_with_backups_is_begun_in_only_when_asked(bank: Bank) {
    bank.taken(&bank.backup()).await;
    let refused = create_schedule(&bank.cluster, &request(&bank)).await.unwrap_err();
    assert_eq!(refused.message, "There are backups in this collection by now.");
    let request = ScheduleRequest {
        ignore_existing_backups: true,
        ..request(&bank)
    };
    let schedule = created(&bank, &request).await;
    asked(&bank, &schedule, ScheduleRequested::Drop).await;
    bank.close(&[]).await;
}

async fn what_is_shown_of_a_schedule_holds_no_secret(bank: Bank) {
    let request = ScheduleRequest {
        backup: BackupRequest {
            passphrase: Some(Secret::new("it's hush")),
            ..bank.backup()
        },
        ..request(&bank)
    };
    let schedule = created(&bank, &request).await;
    assert!(schedule.backup.encrypted);
    let sql = show_create_schedule(&bank.cluster, schedule.id).await.unwrap();
    assert!(!format!("{schedule:?} {sql:?} {request:?}").contains("hush"));
    asked(&bank, &schedule, ScheduleRequested::Drop).await;
    bank.close(&[]).await;
}
