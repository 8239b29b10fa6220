//! What a user without grants is told, and a user whose database is gone.

use roachvault_cockroach::backup::{BackupTargets, TableName};
use roachvault_core::Environment;
use roachvault_core::backup::BackupWish;
use roachvault_core::overview::DatabaseSummary;
use roachvault_core::plan::{CheckLevel, Fix, can_start};

use crate::app::{App, COLLECTION, assert_level, check, options};

async fn summary(app: &App, name: &str) -> DatabaseSummary {
    let overview = app.backups.overview(&app.open).await.unwrap();
    overview
        .databases
        .into_iter()
        .find(|database| database.name == name)
        .unwrap_or_else(|| panic!("no {name}"))
}

async fn as_plain(app: &mut App) {
    app.as_user("plain", Environment::Development, false).await;
}

async fn as_admin(app: &mut App) {
    app.as_user("demo", Environment::Development, false).await;
}

#[tokio::test]
async fn a_database_that_the_user_cannot_see_into_is_never_called_empty() {
    let mut app = App::start(options()).await;
    assert_eq!(summary(&app, "bank").await.tables, Some(3));
    assert_eq!(summary(&app, "bank").await.grant, None);
    app.sql("CREATE USER plain").await;
    as_plain(&mut app).await;
    let bank = summary(&app, "bank").await;
    assert_eq!(
        (bank.tables, bank.estimated_rows, bank.may_hide_tables),
        (None, None, true)
    );
    let grant = bank.grant.unwrap();
    assert_eq!(
        grant,
        "GRANT CONNECT ON DATABASE \"bank\" TO \"plain\";\nGRANT SELECT ON TABLE \"bank\".* TO \"plain\";"
    );
    let plan = app
        .backups
        .plan_backup(&app.open, App::wish("bank", COLLECTION))
        .await
        .unwrap();
    assert_eq!((plan.tables, plan.rows), (None, None));
    assert_eq!(check(&plan.checks, "extent").title, "plain cannot see into bank");

    as_admin(&mut app).await;
    for statement in grant.lines() {
        app.sql(statement).await;
    }
    as_plain(&mut app).await;
    let bank = summary(&app, "bank").await;
    assert_eq!((bank.tables, bank.may_hide_tables), (Some(3), true));
}

#[tokio::test]
async fn a_backup_without_the_privilege_is_stopped_by_the_check_with_the_grant_to_ask_for() {
    let mut app = App::start(options()).await;
    app.sql("CREATE USER plain").await;
    as_plain(&mut app).await;
    let some = |table: &str| BackupWish {
        targets: BackupTargets::Tables {
            database: "bank".into(),
            tables: vec![TableName {
                schema: "public".into(),
                name: table.into(),
            }],
        },
        ..App::wish("bank", COLLECTION)
    };
    let plan = app
        .backups
        .plan_backup(&app.open, App::wish("bank", COLLECTION))
        .await
        .unwrap();
    let privilege = check(&plan.checks, "privilege");
    assert_eq!(privilege.level, CheckLevel::Blocked, "{privilege:#?}");
    assert!(!can_start(&plan.checks));
    let [Fix::Sql { sql, .. }] = privilege.fixes.as_slice() else {
        panic!("{privilege:?}")
    };
    assert_eq!(sql, "GRANT BACKUP ON DATABASE \"bank\" TO \"plain\";");

    as_admin(&mut app).await;
    app.sql(sql).await;
    app.sql("GRANT SELECT ON TABLE bank.public.accounts TO plain")
        .await;
    app.sql("GRANT INSERT ON TABLE bank.public.customers TO plain")
        .await;
    as_plain(&mut app).await;
    let plan = app
        .backups
        .plan_backup(&app.open, App::wish("bank", COLLECTION))
        .await
        .unwrap();
    assert_level(&plan.checks, "privilege", CheckLevel::Ok);
    // A privilege on the database does not cover its tables.
    let plan = app
        .backups
        .plan_backup(&app.open, some("customers"))
        .await
        .unwrap();
    let privilege = check(&plan.checks, "privilege");
    assert_eq!(privilege.level, CheckLevel::Blocked, "{privilege:#?}");
    let [Fix::Sql { sql, .. }] = privilege.fixes.as_slice() else {
        panic!("{privilege:?}")
    };
    assert_eq!(
        sql,
        "GRANT BACKUP ON TABLE \"bank\".\"public\".\"customers\" TO \"plain\";"
    );
    let plan = app
        .backups
        .plan_backup(&app.open, some("accounts"))
        .await
        .unwrap();
    assert_level(&plan.checks, "privilege", CheckLevel::Ok);
}

#[tokio::test]
async fn a_dropped_database_is_still_told_of_by_its_backup() {
    let app = App::start(options()).await;
    let (path, _) = app.backed_up(App::wish("bank", COLLECTION)).await;
    app.sql("DROP DATABASE bank CASCADE").await;
    let bank = summary(&app, "bank").await;
    assert!(bank.is_gone && bank.tables.is_none());
    assert_eq!(bank.newest_backup.unwrap().subdirectory, path);
}

#[tokio::test]
async fn the_tables_of_file_storage_are_not_counted_as_data() {
    let app = App::start(options()).await;
    app.backed_up(App::wish("bank", COLLECTION)).await;
    let place = summary(&app, "defaultdb").await;
    assert_eq!((place.tables, place.holds_file_storage), (Some(0), true));
}

#[tokio::test]
async fn an_address_without_backups_is_refused_and_joins_no_list() {
    let app = App::start(options()).await;
    app.backed_up(App::wish("bank", "nodelocal://1/shared")).await;
    let open = |uri: &str| {
        let uri = roachvault_cockroach::Secret::new(uri);
        let app = &app;
        async move { app.backups.open_collection(&app.open, &uri).await }
    };
    let names = || async {
        let all = app.backups.list_collections(&app.open).await.unwrap();
        all.iter().map(|each| each.uri.name()).collect::<Vec<_>>()
    };
    let before = names().await;
    for bad in [
        "nodelocal://1/nothing-here",
        "nodelocal://x/y",
        "userfile:///nothing",
    ] {
        assert!(open(bad).await.is_err(), "{bad}");
    }
    assert_eq!(names().await, before);
    let opened = open("nodelocal://1/shared").await.unwrap();
    assert_eq!(
        (opened.uri.name().as_str(), opened.backups),
        ("nodelocal://1/shared", Some(1))
    );
}
