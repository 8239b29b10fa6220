//! Schedules as the app plans, makes, changes and drops them.

use std::sync::Arc;

use roachvault_cockroach::Secret;
use roachvault_cockroach::backup::BackupKind;
use roachvault_cockroach::schedule::{OnFailure, OnPrevious, ScheduleId};
use roachvault_core::backup::{BackupWish, ClusterRuns};
use roachvault_core::plan::{CheckLevel, Fix};
use roachvault_core::schedule::{
    Recurrence, ScheduleChangeWish, SchedulePlan, ScheduleState, ScheduleWish, Schedules, TimeOfDay,
};
use roachvault_core::{Code, Environment, OpenCluster, Result};

use roachvault_practice::Options;
use roachvault_practice::emulate::Version;

use crate::app::{App, COLLECTION, assert_level, check, options};

fn wish(label: &str) -> ScheduleWish {
    let time = TimeOfDay { hour: 2, minute: 0 };
    ScheduleWish {
        label: label.into(),
        backup: App::wish("bank", COLLECTION),
        recurrence: Recurrence::Daily { time },
        full: Some(Recurrence::Weekly { weekday: 0, time }),
        starts_now: false,
        on_failure: OnFailure::Reschedule,
        on_previous: OnPrevious::Wait,
    }
}

fn schedules() -> Schedules {
    Schedules::new(&ClusterRuns::default())
}

async fn create(app: &App, schedules: &Schedules, plan: &SchedulePlan) -> Result<ScheduleId> {
    let made = schedules.create(|_| Ok(Arc::clone(&app.open)), plan.id).await?;
    Ok(made.found.id)
}

async fn made(app: &App, schedules: &Schedules, label: &str) -> ScheduleId {
    let plan = schedules.plan_schedule(&app.open, wish(label)).await.unwrap();
    create(app, schedules, &plan).await.unwrap()
}

fn other_times(label: &str) -> ScheduleChangeWish {
    ScheduleChangeWish {
        label: label.into(),
        recurrence: Recurrence::Hourly { minute: 30 },
        full: None,
    }
}

#[tokio::test]
async fn a_schedule_is_changed_as_planned_and_read_back() {
    let app = App::start(options()).await;
    let schedules = schedules();
    let id = made(&app, &schedules, "nightly").await;
    let find = |_| Ok(Arc::clone(&app.open));
    let plan = schedules
        .plan_change(&app.open, id, other_times(" hourly "))
        .await
        .unwrap();
    assert_eq!(
        plan.sql,
        format!(
            "ALTER BACKUP SCHEDULE {id} SET LABEL 'hourly', SET FULL BACKUP ALWAYS, SET RECURRING '30 * * * *'"
        )
    );
    assert_eq!((plan.runs.len(), plan.runs[0].kind), (4, BackupKind::Full));
    assert_level(&plan.checks, "privilege", CheckLevel::Ok);
    assert_eq!(
        states(&app.open, &schedules).await[0].0,
        "nightly",
        "a plan changed it"
    );
    let after = schedules.change_planned(find, plan.id, None).await.unwrap();
    assert_eq!(after.found.label, "hourly");
    assert_eq!(after.recurrence.words, "Every hour at :30");
    assert_eq!(after.recurrence.choice, Recurrence::Hourly { minute: 30 });
    assert!(after.full_recurrence.is_none());
    let again = schedules.plan_change(&app.open, id, other_times("hourly")).await;
    assert_eq!(again.unwrap_err().message, "hourly is like that already.");

    // Increments that are new have nothing to build on before the next full backup.
    let wish = ScheduleChangeWish {
        full: wish("").full,
        ..other_times("hourly")
    };
    let plan = schedules.plan_change(&app.open, id, wish).await.unwrap();
    assert_level(&plan.checks, "gap", CheckLevel::Attention);
    assert_eq!(plan.runs[0].kind, BackupKind::Full);

    // Somebody else was quicker.
    schedules.pause(&app.open, id, None).await.unwrap();
    let late = schedules.change_planned(find, plan.id, None).await.unwrap_err();
    assert_eq!(late.code, Code::PlanChanged);
    let paused = schedules
        .plan_change(
            &app.open,
            id,
            ScheduleChangeWish {
                full: None,
                ..other_times("still hourly")
            },
        )
        .await
        .unwrap();
    assert!(paused.runs.is_empty(), "{:?}", paused.runs);
}

#[tokio::test]
async fn a_release_that_would_resume_a_paused_schedule_is_not_asked_to_change_it() {
    let app = App::start(Options {
        version: Version::V24_3,
        ..options()
    })
    .await;
    let schedules = schedules();
    let id = made(&app, &schedules, "nightly").await;
    schedules.pause(&app.open, id, None).await.unwrap();
    let plan = schedules
        .plan_change(&app.open, id, other_times("nightly"))
        .await
        .unwrap();
    assert_level(&plan.checks, "paused", CheckLevel::Blocked);
    let refused = schedules
        .change_planned(|_| Ok(Arc::clone(&app.open)), plan.id, None)
        .await
        .unwrap_err();
    assert_eq!(refused.code, Code::InvalidInput);
    assert_eq!(
        states(&app.open, &schedules).await,
        [("nightly".to_owned(), ScheduleState::Paused)]
    );
}

async fn states(open: &OpenCluster, schedules: &Schedules) -> Vec<(String, ScheduleState)> {
    let list = schedules.list(open).await.unwrap();
    list.into_iter()
        .map(|schedule| (schedule.found.label, schedule.state))
        .collect()
}

#[tokio::test]
async fn a_plan_tells_when_it_runs_what_it_costs_and_how_long_backups_are_kept() {
    let app = App::start(options()).await;
    let schedules = schedules();
    let plan = schedules
        .plan_schedule(&app.open, wish(" nightly "))
        .await
        .unwrap();
    assert_eq!(plan.request.label, "nightly");
    assert_eq!(plan.recurrence.words, "Every day at 02:00 UTC");
    assert_eq!(
        plan.full_recurrence.as_ref().unwrap().words,
        "Every Sunday at 02:00 UTC"
    );
    assert_eq!(plan.runs.len(), 4);
    assert_eq!(plan.runs[0].kind, BackupKind::Full);
    assert!(plan.runs.windows(2).all(|pair| pair[0].at <= pair[1].at));
    for id in ["privilege", "destination", "label"] {
        assert_level(&plan.checks, id, CheckLevel::Ok);
    }
    for id in ["cost", "kept"] {
        assert_level(&plan.checks, id, CheckLevel::Attention);
    }
    assert!(
        states(&app.open, &schedules).await.is_empty(),
        "a plan made a schedule"
    );
    create(&app, &schedules, &plan).await.unwrap();
    assert_eq!(
        states(&app.open, &schedules).await,
        [("nightly".to_owned(), ScheduleState::Active)]
    );
    // It can be started once.
    assert_eq!(
        create(&app, &schedules, &plan).await.unwrap_err().code,
        Code::PlanChanged
    );
}

#[tokio::test]
async fn a_name_that_is_taken_is_told_with_a_free_one_also_when_it_was_taken_meanwhile() {
    let app = App::start(options()).await;
    let schedules = schedules();
    let planned = schedules.plan_schedule(&app.open, wish("nightly")).await.unwrap();
    made(&app, &schedules, "nightly").await;
    assert_eq!(
        create(&app, &schedules, &planned).await.unwrap_err().code,
        Code::AlreadyExists
    );
    let again = schedules.plan_schedule(&app.open, wish("nightly")).await.unwrap();
    let label = check(&again.checks, "label");
    let name = "nightly 2".to_owned();
    assert_eq!(
        (label.level, label.fixes.as_slice()),
        (CheckLevel::Blocked, [Fix::UseName { name }].as_slice())
    );
    assert_level(&again.checks, "beside", CheckLevel::Attention);
    assert_eq!(
        create(&app, &schedules, &again).await.unwrap_err().code,
        Code::InvalidInput
    );
    assert_eq!(states(&app.open, &schedules).await.len(), 1);
}

#[tokio::test]
async fn earlier_backups_and_stored_secrets_are_told() {
    let app = App::start(options()).await;
    app.backed_up(App::wish("bank", COLLECTION)).await;
    let schedules = schedules();
    let encrypted = ScheduleWish {
        backup: BackupWish {
            passphrase: Some(Secret::new("hush")),
            ..App::wish("bank", COLLECTION)
        },
        ..wish("nightly")
    };
    let plan = schedules.plan_schedule(&app.open, encrypted).await.unwrap();
    assert_level(&plan.checks, "earlier", CheckLevel::Ok);
    assert_level(&plan.checks, "secrets", CheckLevel::Attention);
    assert!(plan.sql.ends_with("ignore_existing_backups"), "{}", plan.sql);
    assert!(!format!("{plan:?}").contains("hush"));
    create(&app, &schedules, &plan).await.unwrap();
}

#[tokio::test]
async fn who_may_not_back_up_is_told_the_grant_and_who_did_not_make_it_may_not_change_it() {
    let mut app = App::start(options()).await;
    let schedules = schedules();
    let id = made(&app, &schedules, "nightly").await;
    app.sql("CREATE USER max").await;
    app.as_user("max", Environment::Development, false).await;
    let plan = schedules.plan_schedule(&app.open, wish("mine")).await.unwrap();
    let privilege = check(&plan.checks, "privilege");
    assert_eq!(privilege.level, CheckLevel::Blocked);
    assert!(
        matches!(&privilege.fixes[..], [Fix::Sql { sql, .. }] if sql.contains("GRANT BACKUP ON DATABASE"))
    );
    let refused = schedules.pause(&app.open, id, None).await.unwrap_err();
    assert_eq!(refused.code, Code::NoPrivilege);
    assert_eq!(refused.message, "This schedule belongs to somebody else.");
    assert!(schedules.sql(&app.open, id).await.unwrap().is_backup_only);
}

#[tokio::test]
async fn what_is_asked_of_a_schedule_is_done_or_refused_and_never_half_told() {
    let app = App::start(options()).await;
    let schedules = schedules();
    let id = made(&app, &schedules, "nightly").await;
    schedules.pause(&app.open, id, None).await.unwrap();
    assert_eq!(states(&app.open, &schedules).await[0].1, ScheduleState::Paused);
    let refused = schedules.run(&app.open, id, false).await.unwrap_err();
    assert_eq!(refused.code, Code::InvalidInput);
    schedules.resume(&app.open, id).await.unwrap();
    assert_eq!(states(&app.open, &schedules).await[0].1, ScheduleState::Active);
    let sql = schedules.sql(&app.open, id).await.unwrap();
    assert!(
        sql.sql.starts_with("CREATE SCHEDULE") && !sql.is_backup_only,
        "{}",
        sql.sql
    );

    let plan = schedules.plan_drop(&app.open, id).await.unwrap();
    let find = |_| Ok(Arc::clone(&app.open));
    schedules.drop(find, plan.id, None).await.unwrap();
    assert!(states(&app.open, &schedules).await.is_empty());
    for gone in [
        schedules.pause(&app.open, id, None).await.unwrap_err(),
        schedules.plan_drop(&app.open, id).await.unwrap_err(),
    ] {
        assert_eq!(gone.code, Code::NotFound);
    }
}

#[tokio::test]
async fn a_schedule_that_was_changed_after_the_plan_is_not_deleted() {
    let app = App::start(options()).await;
    let schedules = schedules();
    let id = made(&app, &schedules, "nightly").await;
    let plan = schedules.plan_drop(&app.open, id).await.unwrap();
    app.sql(&format!("ALTER BACKUP SCHEDULE {id} SET LABEL 'kept'"))
        .await;
    let find = |_| Ok(Arc::clone(&app.open));
    let refused = schedules.drop(find, plan.id, None).await.unwrap_err();
    assert_eq!(refused.code, Code::PlanChanged);
    assert_eq!(
        states(&app.open, &schedules).await,
        [("kept".to_owned(), ScheduleState::Active)]
    );
}

#[tokio::test]
async fn what_is_no_recurrence_is_refused_at_its_field() {
    let app = App::start(options()).await;
    let schedules = schedules();
    for expression in ["at noon", "0 0 30 2 *"] {
        let refused = schedules
            .plan_schedule(
                &app.open,
                ScheduleWish {
                    recurrence: Recurrence::Cron(expression.into()),
                    ..wish("nightly")
                },
            )
            .await
            .unwrap_err();
        assert_eq!(refused.code, Code::InvalidInput);
        assert!(refused.fields.contains_key("cron"), "{refused:?}");
    }
}
