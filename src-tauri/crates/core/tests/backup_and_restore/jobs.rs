//! From the plan to the proof.

use std::time::Duration;

use roachvault_cockroach::Secret;
use roachvault_cockroach::backup::BackupKind;
use roachvault_cockroach::restore::RestoreOption;
use roachvault_core::backup::BackupWish;
use roachvault_core::job::{JobState, RowVerdict};
use roachvault_core::plan::can_start;
use roachvault_core::restore::RestoreWish;
use roachvault_core::{Code, Environment};

use crate::app::{App, COLLECTION, options, restored};

#[tokio::test]
async fn a_database_is_backed_up_restored_beside_itself_and_proved() {
    let app = App::start(options()).await;
    let plan = app
        .backups
        .plan_backup(&app.open, App::wish("bank", COLLECTION))
        .await
        .unwrap();
    assert!(can_start(&plan.checks), "{:#?}", plan.checks);
    assert_eq!(
        plan.sql,
        "BACKUP DATABASE \"bank\" INTO 'userfile://defaultdb.public.userfiles_demo/nightly' \
         AS OF SYSTEM TIME '-10s' WITH detached"
    );
    let (path, backup) = app.backed_up(App::wish("bank", COLLECTION)).await;
    assert!(
        backup.checked && backup.rows.is_some_and(|rows| rows > 0),
        "{backup:?}"
    );

    let plan = app.plan(App::restore_wish(&path, "bank", None)).await;
    assert!(can_start(&plan.checks), "{:#?}", plan.checks);
    assert_eq!(plan.request.targets.into_database(), "bank_restored");
    assert_eq!(plan.rows(), backup.rows);
    let id = app.start_restore(&plan).await;
    let job = app.ended(id).await;
    assert_eq!(job.state, JobState::Succeeded, "{job:?}");
    let outcome = restored(&job);
    assert!(outcome.all_match && outcome.tables.len() >= 3, "{outcome:?}");
    assert!(
        outcome
            .tables
            .iter()
            .all(|table| table.verdict == RowVerdict::Match && table.found_rows > Some(0))
    );

    let again = app.plan(App::restore_wish(&path, "bank", None)).await;
    assert_eq!(again.request.targets.into_database(), "bank_restored_2");
}

#[tokio::test]
async fn lists_and_overview_tell_of_the_new_backup() {
    let app = App::start(options()).await;
    let before = app.backups.overview(&app.open).await.unwrap();
    assert!(
        before
            .databases
            .iter()
            .all(|database| database.newest_backup.is_none())
    );
    let (path, _) = app.backed_up(App::wish("bank", COLLECTION)).await;
    let collections = app.backups.list_collections(&app.open).await.unwrap();
    assert_eq!((collections.len(), collections[0].backups), (1, Some(1)));
    let list = app.backups.list_backups(&app.open, COLLECTION).await.unwrap();
    assert_eq!(list.chains.len(), 1);
    assert_eq!(list.chains[0].contents.databases(), ["bank"]);
    let after = app.backups.overview(&app.open).await.unwrap();
    assert!(after.gaps.is_empty(), "{:?}", after.gaps);
    assert!(after.files.is_some_and(|files| files.size_bytes > 0));
    let newest = |name: &str| {
        after
            .databases
            .iter()
            .find(|database| database.name == name)
            .unwrap()
            .newest_backup
            .clone()
    };
    assert_eq!(newest("bank").unwrap().subdirectory, path);
    assert!(newest("movr").is_none());
}

#[tokio::test]
async fn a_chain_with_increments_is_compared_with_the_live_data_of_that_moment() {
    let app = App::start(options()).await;
    app.backed_up(App::wish("bank", COLLECTION)).await;
    app.sql("INSERT INTO bank.public.customers VALUES (3, 'c')").await;
    app.until_aged("SELECT id FROM bank.public.customers WHERE id = 3")
        .await;
    let more = BackupWish {
        kind: BackupKind::Incremental,
        ..App::wish("bank", COLLECTION)
    };
    let (path, _) = app.backed_up(more).await;
    // What happens afterwards is another matter.
    app.sql("DELETE FROM bank.public.customers").await;
    app.sql("DROP TABLE bank.public.accounts").await;
    let plan = app.plan(App::restore_wish(&path, "bank", None)).await;
    assert_eq!(plan.rows(), None);
    let job = app.ended(app.start_restore(&plan).await).await;
    assert_eq!(job.state, JobState::Succeeded, "{job:?}");
    let outcome = restored(&job);
    assert!(outcome.all_match && job.is_fully_checked(), "{outcome:?}");
    assert!(
        outcome.verdict.contains("as many as bank had at that moment"),
        "{}",
        outcome.verdict
    );
    let customers = outcome
        .tables
        .iter()
        .find(|table| table.table == "public.customers")
        .unwrap();
    assert_eq!(
        (customers.expected_rows, customers.found_rows, customers.verdict),
        (Some(3), Some(3), RowVerdict::MatchesLive)
    );
    assert_eq!(outcome.not_live, ["public.accounts"]);
}

#[tokio::test]
async fn an_increment_that_nothing_live_can_be_held_against_is_not_fully_checked() {
    let app = App::start(options()).await;
    app.backed_up(App::wish("bank", COLLECTION)).await;
    let more = || BackupWish {
        kind: BackupKind::Incremental,
        ..App::wish("bank", COLLECTION)
    };
    let (path, _) = app.backed_up(more()).await;
    let plan = app
        .plan(RestoreWish {
            options: vec![RestoreOption::SchemaOnly],
            ..App::restore_wish(&path, "bank", None)
        })
        .await;
    let job = app.ended(app.start_restore(&plan).await).await;
    assert_eq!(job.state, JobState::Succeeded, "{job:?}");
    let outcome = restored(&job);
    assert!(
        !outcome.all_match && !job.is_fully_checked() && outcome.verdict.contains("could not be compared"),
        "{outcome:?}"
    );
    assert!(
        outcome
            .tables
            .iter()
            .all(|table| table.verdict == RowVerdict::NotComparable)
    );
}

#[tokio::test]
async fn a_moment_before_a_table_was_dropped_still_has_it() {
    let app = App::start(options()).await;
    let (path, full) = app.backed_up(App::wish("bank", COLLECTION)).await;
    app.sql("DROP TABLE bank.public.accounts").await;
    app.sql("CREATE TABLE bank.public.later (id INT PRIMARY KEY)")
        .await;
    app.sql("INSERT INTO bank.public.later VALUES (1)").await;
    app.until_aged("SELECT id FROM bank.public.later").await;
    let more = BackupWish {
        kind: BackupKind::Incremental,
        ..App::wish("bank", COLLECTION)
    };
    app.backed_up(more).await;
    let at = |moment| app.backups.get_backup(&app.open, COLLECTION, &path, moment, None);
    let names = |chain: roachvault_core::backup::Chain| -> Vec<String> {
        let tables = chain
            .contents
            .objects()
            .filter(|object| object.kind.is_relation());
        let mut names: Vec<_> = tables.map(|object| object.name.clone()).collect();
        names.sort();
        names
    };
    assert_eq!(
        names(at(full.end_time).await.unwrap()),
        ["accounts", "customers", "transactions"]
    );
    assert_eq!(
        names(at(None).await.unwrap()),
        ["customers", "later", "transactions"]
    );
    let plan = app
        .plan(RestoreWish {
            moment: full.end_time,
            ..App::restore_wish(&path, "bank", None)
        })
        .await;
    assert_eq!(plan.rows(), full.rows);
    let job = app.ended(app.start_restore(&plan).await).await;
    let outcome = restored(&job);
    assert!(outcome.all_match && outcome.tables.len() == 3, "{outcome:?}");
    assert_eq!(outcome.not_live, ["public.accounts"]);
    assert!(
        outcome
            .swap
            .as_deref()
            .is_some_and(|sql| sql.starts_with("ALTER DATABASE \"bank\" RENAME TO \"bank_before\";")),
        "{outcome:?}"
    );
    // The statements are for a person to run: they work as they are.
    app.sql("DELETE FROM bank.public.customers WHERE id = 1").await;
    let customers = outcome
        .bring_back
        .iter()
        .find(|each| each.table == "public.customers")
        .unwrap();
    app.sql(&customers.sql).await;
    app.until_aged("SELECT id FROM bank.public.customers WHERE id = 1")
        .await;
    for statement in outcome.swap.as_deref().unwrap().lines() {
        app.sql(statement).await;
    }
    app.until_aged("SELECT count(*) AS n FROM bank.public.accounts")
        .await;
}

#[tokio::test]
async fn an_encrypted_backup_makes_the_whole_way_and_leaves_no_passphrase_behind() {
    let app = App::start(options()).await;
    let passphrase = || Some(Secret::new("correct horse"));
    let wish = BackupWish {
        passphrase: passphrase(),
        ..App::wish("bank", COLLECTION)
    };
    let (path, _) = app.backed_up(wish).await;
    let plan = app
        .plan(RestoreWish {
            passphrase: passphrase(),
            ..App::restore_wish(&path, "bank", None)
        })
        .await;
    assert!(can_start(&plan.checks), "{:#?}", plan.checks);
    assert!(
        plan.sql.contains("encryption_passphrase = 'redacted'"),
        "{}",
        plan.sql
    );
    let job = app.ended(app.start_restore(&plan).await).await;
    assert!(restored(&job).all_match);
    assert!(!app.journal_holds("correct horse"));
}

#[tokio::test]
async fn a_backup_under_way_is_taken_up_again_after_a_restart() {
    let mut slow = options();
    slow.backups.least_job_duration = Duration::from_secs(2);
    let mut app = App::start(slow).await;
    let id = app.start_backup(App::wish("bank", COLLECTION)).await;
    let before = app.until(id, |job| job.cluster_job_id.is_some()).await;
    app.restart().await;
    let waiting = app.jobs.get(id).unwrap();
    assert_eq!(
        (waiting.state, waiting.cluster_job_id),
        (JobState::Waiting, before.cluster_job_id)
    );
    app.reattach();
    assert_eq!(app.ended(id).await.state, JobState::Succeeded);
}

#[tokio::test]
async fn a_cancelled_restore_leaves_no_database() {
    let mut slow = options();
    slow.backups.least_job_duration = Duration::from_secs(3);
    let app = App::start(slow).await;
    let (path, _) = app.backed_up(App::wish("bank", COLLECTION)).await;
    let plan = app.plan(App::restore_wish(&path, "bank", Some("half"))).await;
    let id = app.start_restore(&plan).await;
    app.until(id, |job| job.cluster_job_id.is_some()).await;
    app.jobs.cancel(id).await.unwrap();
    let job = app.ended(id).await;
    assert_eq!(job.state, JobState::Cancelled, "{job:?}");
    let left = roachvault_cockroach::inspect::list_databases(app.open.readable())
        .await
        .unwrap();
    assert!(!left.iter().any(|database| database.name == "half"));
}

#[tokio::test]
async fn a_job_paused_on_the_cluster_is_shown_so_and_goes_on_when_asked() {
    let mut slow = options();
    slow.backups.least_job_duration = Duration::from_secs(3);
    let app = App::start(slow).await;
    let id = app.start_backup(App::wish("bank", COLLECTION)).await;
    app.until(id, |job| job.cluster_job_id.is_some()).await;
    app.jobs.pause(id).await.unwrap();
    let paused = app.until(id, |job| job.state == JobState::Paused).await;
    assert!(
        paused.phase.starts_with("Paused on the cluster"),
        "{}",
        paused.phase
    );
    // Taking it up again is not resuming it.
    app.reattach();
    app.until(id, |job| {
        job.state == JobState::Paused && job.phase.contains("Somebody")
    })
    .await;
    app.jobs.resume(id).await.unwrap();
    assert_eq!(app.ended(id).await.state, JobState::Succeeded);
}

#[tokio::test]
async fn production_asks_for_the_name_and_a_mistyped_one_costs_nothing() {
    let mut app = App::start(options()).await;
    let (path, _) = app.backed_up(App::wish("bank", COLLECTION)).await;
    app.as_user("demo", Environment::Production, false).await;
    let plan = app.plan(App::restore_wish(&path, "bank", None)).await;
    assert_eq!(plan.type_to_confirm.as_deref(), Some("bank_restored"));
    let open = || Ok(app.open.clone());
    for typed in [None, Some("bank")] {
        let refused = app
            .backups
            .start_restore(|_| open(), plan.id, typed)
            .await
            .unwrap_err();
        assert_eq!(refused.code, Code::ConfirmationNeeded);
    }
    let id = app
        .backups
        .start_restore(|_| open(), plan.id, Some("bank_restored"))
        .await
        .unwrap();
    assert_eq!(app.ended(id).await.state, JobState::Succeeded);
}

#[tokio::test]
async fn a_name_taken_after_the_plan_stops_the_start() {
    let app = App::start(options()).await;
    let (path, _) = app.backed_up(App::wish("bank", COLLECTION)).await;
    let plan = app
        .plan(App::restore_wish(&path, "bank", Some("soon_taken")))
        .await;
    app.sql("CREATE DATABASE soon_taken").await;
    let refused = app
        .backups
        .start_restore(|_| Ok(app.open.clone()), plan.id, None)
        .await
        .unwrap_err();
    assert_eq!(refused.code, Code::PlanChanged, "{refused:?}");
}
