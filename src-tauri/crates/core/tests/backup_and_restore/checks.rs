//! Each check, in a state of the cluster in which it warns or blocks.

use chrono::{DateTime, TimeDelta, Utc};
use roachvault_cockroach::Secret;
use roachvault_cockroach::backup::{BackupKind, BackupTargets, TableName};
use roachvault_cockroach::inspect;
use roachvault_core::Environment;
use roachvault_core::backup::BackupWish;
use roachvault_core::error::Code;
use roachvault_core::plan::{CheckLevel, Fix};
use roachvault_core::restore::{RestoreTarget, RestoreWish};

use crate::app::{App, COLLECTION, assert_level, check, options};

#[tokio::test]
async fn a_missing_file_blocks_a_restore_before_it_starts() {
    let app = App::start(options()).await;
    let (path, _) = app.backed_up(App::wish("bank", COLLECTION)).await;
    app.lose_a_data_file().await;
    let plan = app.plan(App::restore_wish(&path, "bank", None)).await;
    assert_level(&plan.checks, "complete", CheckLevel::Blocked);
    assert_level(&plan.checks, "nameFree", CheckLevel::Ok);
    assert!(!plan.tables.is_empty());
}

#[tokio::test]
async fn an_encrypted_backup_asks_for_its_passphrase() {
    let app = App::start(options()).await;
    let wish = BackupWish {
        passphrase: Some(Secret::new("hush")),
        ..App::wish("bank", COLLECTION)
    };
    let planned = app.backups.plan_backup(
        &app.open,
        BackupWish {
            passphrase: Some(Secret::new("hush")),
            ..App::wish("bank", COLLECTION)
        },
    );
    assert_level(
        &planned.await.unwrap().checks,
        "passphrase",
        CheckLevel::Attention,
    );
    let (path, _) = app.backed_up(wish).await;
    for passphrase in [None, Some(Secret::new("other"))] {
        let plan = app
            .plan(RestoreWish {
                passphrase,
                ..App::restore_wish(&path, "bank", None)
            })
            .await;
        let complete = check(&plan.checks, "complete");
        assert_eq!(
            (complete.level, complete.fixes.as_slice()),
            (CheckLevel::Blocked, [Fix::AskPassphrase].as_slice())
        );
    }
    let more = BackupWish {
        kind: BackupKind::Incremental,
        ..App::wish("bank", COLLECTION)
    };
    let plan = app.backups.plan_backup(&app.open, more).await.unwrap();
    assert_level(&plan.checks, "destination", CheckLevel::Blocked);
}

#[tokio::test]
async fn what_the_backup_does_not_hold_is_said() {
    let app = App::start(options()).await;
    let (path, _) = app.backed_up(App::wish("bank", COLLECTION)).await;
    let plan = app.plan(App::restore_wish(&path, "movr", None)).await;
    assert_level(&plan.checks, "holdsTarget", CheckLevel::Blocked);
    let earlier = plan.moment - chrono::TimeDelta::minutes(30);
    let plan = app
        .plan(RestoreWish {
            moment: Some(earlier),
            ..App::restore_wish(&path, "bank", None)
        })
        .await;
    assert_level(&plan.checks, "holdsMoment", CheckLevel::Blocked);
}

#[tokio::test]
async fn a_taken_name_is_answered_with_a_free_one() {
    let app = App::start(options()).await;
    let (path, _) = app.backed_up(App::wish("bank", COLLECTION)).await;
    let plan = app.plan(App::restore_wish(&path, "bank", Some("bank"))).await;
    let name = check(&plan.checks, "nameFree");
    assert_eq!(name.level, CheckLevel::Blocked);
    assert_eq!(
        name.fixes,
        [Fix::UseName {
            name: "bank_restored".into()
        }]
    );

    let into = |into_database: &str| RestoreWish {
        target: RestoreTarget::Tables {
            database: "bank".into(),
            tables: vec![TableName {
                schema: "public".into(),
                name: "accounts".into(),
            }],
            into_database: Some(into_database.into()),
            is_new_database: false,
        },
        ..App::restore_wish(&path, "bank", None)
    };
    assert_level(
        &app.plan(into("bank")).await.checks,
        "nameFree",
        CheckLevel::Blocked,
    );
    assert_level(
        &app.plan(into("nowhere")).await.checks,
        "nameFree",
        CheckLevel::Blocked,
    );
    assert_level(
        &app.plan(into("defaultdb")).await.checks,
        "nameFree",
        CheckLevel::Ok,
    );
}

#[tokio::test]
async fn a_read_only_connection_blocks_and_refuses() {
    let mut app = App::start(options()).await;
    let (path, _) = app.backed_up(App::wish("bank", COLLECTION)).await;
    app.as_user("demo", Environment::Development, true).await;
    let plan = app.plan(App::restore_wish(&path, "bank", None)).await;
    assert_level(&plan.checks, "readOnly", CheckLevel::Blocked);
    assert!(
        app.backups
            .start_restore(|_| Ok(app.open.clone()), plan.id, None)
            .await
            .is_err()
    );
    let plan = app
        .backups
        .plan_backup(&app.open, App::wish("bank", COLLECTION))
        .await
        .unwrap();
    assert_level(&plan.checks, "readOnly", CheckLevel::Blocked);
    assert!(
        app.backups
            .start_backup(|_| Ok(app.open.clone()), plan.id)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn grants_that_are_lost_are_listed() {
    let app = App::start(options()).await;
    app.sql("CREATE USER report").await;
    app.sql("GRANT SELECT ON TABLE bank.public.accounts TO report")
        .await;
    let mut backup = App::wish("bank", COLLECTION);
    // The grant must be older than the ten seconds that a backup looks back.
    let plan = loop {
        let (path, _) = app
            .backed_up(std::mem::replace(&mut backup, App::wish("bank", COLLECTION)))
            .await;
        let plan = app.plan(App::restore_wish(&path, "bank", Some("copy"))).await;
        if plan.lost_grants.iter().any(|grant| grant.contains("report")) {
            break plan;
        }
    };
    assert_level(&plan.checks, "grants", CheckLevel::Attention);
    assert!(
        plan.lost_grants.iter().all(|grant| grant.contains("TO report")),
        "{:?}",
        plan.lost_grants
    );
    assert!(
        plan.lost_grants
            .iter()
            .any(|grant| grant == "GRANT SELECT ON TABLE \"copy\".\"public\".\"accounts\" TO report;"),
        "{:?}",
        plan.lost_grants
    );
}

#[tokio::test]
async fn a_user_without_rights_is_told_which_grant_is_needed() {
    let mut open_storage = options();
    open_storage.backups.everyone_may_use_implicit_access = true;
    let mut app = App::start(open_storage).await;
    let (path, _) = app.backed_up(App::wish("bank", "nodelocal://1/shared")).await;
    app.sql("CREATE USER plain").await;
    app.as_user("plain", Environment::Development, false).await;
    let wish = || RestoreWish {
        collection: "nodelocal://1/shared".into(),
        ..App::restore_wish(&path, "bank", None)
    };
    let plan = app.plan(wish()).await;
    let privilege = check(&plan.checks, "privilege");
    assert_eq!(privilege.level, CheckLevel::Blocked, "{privilege:#?}");
    let [Fix::Sql { sql, .. }] = privilege.fixes.as_slice() else {
        panic!("{privilege:?}")
    };
    assert_eq!(sql, "GRANT SYSTEM RESTORE TO \"plain\";");
    assert_level(&plan.checks, "owner", CheckLevel::Attention);
    let whole = BackupWish {
        targets: BackupTargets::Cluster,
        ..App::wish("bank", "nodelocal://1/shared")
    };
    let planned = app.backups.plan_backup(&app.open, whole).await.unwrap();
    assert_level(&planned.checks, "privilege", CheckLevel::Blocked);

    app.as_user("demo", Environment::Development, false).await;
    app.sql(sql).await;
    app.as_user("plain", Environment::Development, false).await;
    assert_level(&app.plan(wish()).await.checks, "privilege", CheckLevel::Ok);
}

#[tokio::test]
async fn a_backup_of_a_newer_release_is_not_restored() {
    let shared = tempfile::tempdir().unwrap();
    let on = |version: &str| roachvault_practice::Options {
        version: version.parse().unwrap(),
        external_folder: Some(shared.path().to_owned()),
        ..options()
    };
    let newer = App::start(on("v26.2")).await;
    let (path, _) = newer.backed_up(App::wish("bank", "nodelocal://1/shared")).await;
    let older = App::start(on("v25.4")).await;
    let wish = RestoreWish {
        collection: "nodelocal://1/shared".into(),
        ..App::restore_wish(&path, "bank", None)
    };
    assert_level(&older.plan(wish).await.checks, "versionsFit", CheckLevel::Blocked);
}

#[tokio::test]
async fn a_backup_plan_says_what_stands_in_the_way() {
    let app = App::start(options()).await;
    let plan = async |wish: BackupWish| app.backups.plan_backup(&app.open, wish).await.unwrap().checks;
    assert_level(
        &plan(App::wish("nowhere", COLLECTION)).await,
        "targetExists",
        CheckLevel::Blocked,
    );
    let first = BackupWish {
        kind: BackupKind::Incremental,
        ..App::wish("bank", COLLECTION)
    };
    assert_level(&plan(first).await, "destination", CheckLevel::Blocked);
    let whole = BackupWish {
        targets: BackupTargets::Cluster,
        ..App::wish("bank", COLLECTION)
    };
    assert_level(&plan(whole).await, "destination", CheckLevel::Attention);
    assert_level(
        &plan(App::wish("bank", COLLECTION)).await,
        "space",
        CheckLevel::Attention,
    );
    app.backed_up(App::wish("bank", COLLECTION)).await;
    assert_level(
        &plan(App::wish("bank", COLLECTION)).await,
        "space",
        CheckLevel::Ok,
    );
    let wider = BackupWish {
        kind: BackupKind::Incremental,
        ..App::wish("movr", COLLECTION)
    };
    assert_level(&plan(wider).await, "destination", CheckLevel::Blocked);
}

/// The present by the cluster's clock, once it is so long after `since`.
async fn cluster_time(app: &App, since: Option<(DateTime<Utc>, TimeDelta)>) -> DateTime<Utc> {
    loop {
        let now = inspect::now(app.open.readable()).await.unwrap();
        if since.is_none_or(|(since, after)| now - since >= after) {
            return now;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn an_earlier_moment_is_looked_for_before_it_is_backed_up() {
    let app = App::start(options()).await;
    let filled = cluster_time(&app, None).await;
    let now = cluster_time(&app, Some((filled, TimeDelta::seconds(30)))).await;
    let of = |at: DateTime<Utc>| BackupWish {
        as_of: Some(at),
        ..App::wish("bank", COLLECTION)
    };
    let moment = async |wish: BackupWish| {
        let plan = app.backups.plan_backup(&app.open, wish).await.unwrap();
        check(&plan.checks, "moment").clone()
    };
    let young = moment(of(now + TimeDelta::hours(1))).await;
    assert_eq!(young.level, CheckLevel::Blocked, "{young:?}");
    assert!(young.title.contains("not over yet"), "{young:?}");

    let kept = moment(of(filled)).await;
    assert_eq!(kept.level, CheckLevel::Ok, "{kept:?}");
    assert!(kept.detail.contains("for 4 hours."), "{kept:?}");

    // Before the database was made: no table can be asked.
    let unknown = moment(of(filled - TimeDelta::hours(1))).await;
    assert_eq!(unknown.level, CheckLevel::Attention, "{unknown:?}");

    let forgotten = moment(of(filled - TimeDelta::days(30))).await;
    assert_eq!(forgotten.level, CheckLevel::Blocked, "{forgotten:?}");
    assert!(forgotten.title.contains("no longer keeps"), "{forgotten:?}");

    let absent = moment(BackupWish {
        targets: BackupTargets::Tables {
            database: "bank".into(),
            tables: vec![TableName {
                schema: "public".into(),
                name: "never_there".into(),
            }],
        },
        ..of(filled)
    })
    .await;
    assert_eq!(absent.level, CheckLevel::Blocked, "{absent:?}");
    assert!(absent.title.contains("no table never_there"), "{absent:?}");

    let increment = BackupWish {
        kind: BackupKind::Incremental,
        ..of(filled)
    };
    let refused = app.backups.plan_backup(&app.open, increment).await.unwrap_err();
    assert_eq!(refused.code, Code::InvalidInput);
}

#[tokio::test]
async fn a_backup_of_an_hour_ago_holds_what_was_deleted_since_and_is_called_done() {
    let mut quick = options();
    quick.clock_speed = 3600.0;
    let app = App::start(quick).await;
    let at = cluster_time(&app, None).await;
    app.sql("DELETE FROM bank.public.customers WHERE true").await;
    cluster_time(&app, Some((at, TimeDelta::hours(1)))).await;
    let wish = || BackupWish {
        as_of: Some(at),
        ..App::wish("bank", COLLECTION)
    };
    let plan = app.backups.plan_backup(&app.open, wish()).await.unwrap();
    assert_level(&plan.checks, "moment", CheckLevel::Ok);
    assert!(plan.checks.iter().all(|check| check.id != "apart"));
    let since = check(&plan.checks, "thenAndNow");
    assert_eq!(since.level, CheckLevel::Ok);
    assert!(
        since.detail.starts_with("customers had ") && since.detail.ends_with("and has 0 now."),
        "{since:?}"
    );
    let after = BackupWish {
        as_of: Some(cluster_time(&app, None).await - TimeDelta::seconds(30)),
        ..App::wish("bank", COLLECTION)
    };
    let plan = app.backups.plan_backup(&app.open, after).await.unwrap();
    assert_level(&plan.checks, "thenAndNow", CheckLevel::Attention);
    let (path, outcome) = app.backed_up(wish()).await;
    assert!(outcome.checked, "{outcome:?}");
    assert!((outcome.end_time.unwrap() - at).abs() < TimeDelta::seconds(1));
    let restored = app.plan(App::restore_wish(&path, "bank", None)).await;
    let customers = restored
        .tables
        .iter()
        .find(|table| table.name.name == "customers");
    assert!(customers.unwrap().rows > Some(0), "{customers:?}");

    // Into the same place once more: what builds on the newest there would build on it.
    let plan = app.backups.plan_backup(&app.open, wish()).await.unwrap();
    assert_level(&plan.checks, "apart", CheckLevel::Attention);

    // What was finished last is what increments build on, not what keeps the latest moment.
    let increment = async || {
        let wish = BackupWish {
            kind: BackupKind::Incremental,
            ..App::wish("bank", COLLECTION)
        };
        let plan = app.backups.plan_backup(&app.open, wish).await.unwrap();
        check(&plan.checks, "destination").title.clone()
    };
    let (of_now, _) = app.backed_up(App::wish("bank", COLLECTION)).await;
    assert_eq!(increment().await, format!("It builds on {of_now}"));
    let later = BackupWish {
        as_of: Some(at + TimeDelta::minutes(1)),
        ..wish()
    };
    let (of_past, _) = app.backed_up(later).await;
    assert!(of_past < of_now);
    assert_eq!(increment().await, format!("It builds on {of_past}"));
}

#[tokio::test]
async fn a_database_that_was_dropped_is_backed_up_as_it_was() {
    let mut quick = options();
    quick.clock_speed = 3600.0;
    let app = App::start(quick).await;
    let at = cluster_time(&app, None).await;
    app.sql("DROP DATABASE bank CASCADE").await;
    cluster_time(&app, Some((at, TimeDelta::minutes(10)))).await;
    let of = |database: &str| BackupWish {
        as_of: Some(at),
        ..App::wish(database, COLLECTION)
    };
    let plan = app.backups.plan_backup(&app.open, of("bank")).await.unwrap();
    assert_level(&plan.checks, "moment", CheckLevel::Ok);
    let plan = app
        .backups
        .plan_backup(&app.open, of("never_there"))
        .await
        .unwrap();
    assert_level(&plan.checks, "targetExists", CheckLevel::Blocked);

    let (path, outcome) = app.backed_up(of("bank")).await;
    assert!(outcome.checked, "{outcome:?}");
    let restored = app.plan(App::restore_wish(&path, "bank", None)).await;
    assert_level(&restored.checks, "nameFree", CheckLevel::Ok);
    assert!(restored.tables.iter().any(|table| table.rows > Some(0)));

    let blocked = app
        .backups
        .plan_backup(&app.open, App::wish("bank", COLLECTION))
        .await
        .unwrap();
    assert_level(&blocked.checks, "targetExists", CheckLevel::Blocked);
}

#[tokio::test]
async fn a_full_backup_can_be_taken_where_the_newest_one_cannot_be_found() {
    let app = App::start(options()).await;
    app.backed_up(App::wish("bank", COLLECTION)).await;
    app.lose("'/nightly/metadata/latest/%'").await;
    let plan = app
        .backups
        .plan_backup(&app.open, App::wish("bank", COLLECTION))
        .await
        .unwrap();
    assert_level(&plan.checks, "destination", CheckLevel::Attention);
    let more = BackupWish {
        kind: BackupKind::Incremental,
        ..App::wish("bank", COLLECTION)
    };
    let plan = app.backups.plan_backup(&app.open, more).await.unwrap();
    assert_level(&plan.checks, "destination", CheckLevel::Blocked);
}
