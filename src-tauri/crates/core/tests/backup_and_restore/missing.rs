//! The minute after a restore: what the live database lacks, and how it comes back.

use roachvault_core::job::{
    BringBackOutcome, Compared, ComparisonOutcome, JobId, JobKind, JobSnapshot, JobState, Outcome,
};
use roachvault_core::plan::{CheckLevel, Fix, can_start};
use roachvault_core::restore::{BringBackPlan, RestoreTarget, RestoreWish};
use roachvault_core::{Code, Environment};

use crate::app::{App, COLLECTION, check, options};

/// `bank` with cards that refer to accounts, a log without a key, and a copy of all of it beside.
async fn beside() -> (App, JobId) {
    let app = App::start(options()).await;
    for statement in [
        "CREATE TABLE bank.public.cards (id INT PRIMARY KEY, account INT REFERENCES bank.public.accounts (id), \
         code STRING UNIQUE)",
        "CREATE TABLE bank.public.log (line STRING)",
        "INSERT INTO bank.public.cards VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c')",
        "INSERT INTO bank.public.log VALUES ('x')",
    ] {
        app.sql(statement).await;
    }
    app.until_aged("SELECT line FROM bank.public.log").await;
    let (path, _) = app.backed_up(App::wish("bank", COLLECTION)).await;
    let plan = app.plan(App::restore_wish(&path, "bank", None)).await;
    let restore = app.start_restore(&plan).await;
    assert_eq!(app.ended(restore).await.state, JobState::Succeeded);
    (app, restore)
}

async fn compared(app: &App, restore: JobId) -> (JobSnapshot, ComparisonOutcome) {
    let id = app
        .backups
        .start_comparison(|_| Ok(app.open.clone()), restore, false)
        .await
        .unwrap();
    let job = app.ended(id).await;
    match job.outcome.clone() {
        Some(Outcome::Comparison(outcome)) => (job, outcome),
        _ => panic!("{job:?}"),
    }
}

/// Of each table that was counted: missing, changed and new rows.
fn figures(outcome: &ComparisonOutcome) -> Vec<(&str, u64, u64, u64)> {
    let counted = outcome.tables.iter().filter_map(|table| match table.result {
        Compared::Counted {
            missing,
            changed,
            only_live,
        } => Some((
            table.table.trim_start_matches("public."),
            missing,
            changed,
            only_live,
        )),
        _ => None,
    });
    counted.collect()
}

async fn planned(app: &App, comparison: JobId) -> BringBackPlan {
    app.backups
        .plan_bring_back(|_| Ok(app.open.clone()), comparison)
        .await
        .unwrap()
}

async fn brought_back(app: &App, plan: &BringBackPlan, tables: &[&str]) -> (JobSnapshot, BringBackOutcome) {
    let tables: Vec<String> = tables.iter().map(|name| format!("public.{name}")).collect();
    let id = app
        .backups
        .start_bring_back(|_| Ok(app.open.clone()), plan.id, &tables, None)
        .await
        .unwrap();
    let job = app.ended(id).await;
    match job.outcome.clone() {
        Some(Outcome::BringBack(outcome)) => (job, outcome),
        _ => panic!("{job:?}"),
    }
}

#[tokio::test]
async fn rows_that_were_deleted_are_found_missing_come_back_parents_first_and_are_counted_again() {
    let (app, restore) = beside().await;
    for statement in [
        "DELETE FROM bank.public.cards WHERE id > 1",
        "DELETE FROM bank.public.accounts WHERE id > 1",
        "UPDATE bank.public.customers SET name = NULL WHERE id = 2",
        "INSERT INTO bank.public.transactions VALUES (9, 9)",
    ] {
        app.sql(statement).await;
    }
    let (job, outcome) = compared(&app, restore).await;
    assert_eq!((job.kind, job.follows), (JobKind::Compare, Some(restore)));
    assert_eq!(
        figures(&outcome),
        [
            ("accounts", 2, 0, 0),
            ("cards", 2, 0, 0),
            ("customers", 0, 1, 0),
            ("transactions", 0, 0, 1)
        ]
    );
    assert_eq!(
        outcome.verdict,
        "4 rows are missing in bank: 2 in accounts and 2 in cards. 1 table was not compared."
    );
    assert!(!job.is_fully_checked(), "the log has no key");

    let plan = planned(&app, job.id).await;
    assert_eq!(plan.type_to_confirm, None);
    let names: Vec<_> = plan.tables.iter().map(|table| table.name.name.as_str()).collect();
    assert_eq!(names, ["accounts", "cards"]);
    assert_eq!(plan.tables[1].needs, [plan.tables[0].name.clone()]);
    assert!(
        plan.tables[0]
            .sql
            .starts_with("INSERT INTO \"bank\".\"public\".\"accounts\" ")
    );

    let (job, outcome) = brought_back(&app, &plan, &["accounts", "cards"]).await;
    assert_eq!(job.state, JobState::Succeeded, "{job:?}");
    assert!(job.is_fully_checked());
    assert_eq!(
        outcome.verdict,
        "4 rows are back. Counted again: no row of the restored accounts and cards is missing in bank."
    );
    assert_eq!(job.follows, Some(restore));
    let (_, outcome) = compared(&app, restore).await;
    assert!(
        figures(&outcome).iter().all(|(_, missing, ..)| *missing == 0),
        "{outcome:?}"
    );
}

/// Somebody else holds the table, as a server that has gone silent would: nothing comes back until that ends.
#[tokio::test]
async fn a_cancel_is_heard_while_an_insertion_gets_no_answer() {
    let (app, restore) = beside().await;
    app.sql("DELETE FROM bank.public.cards WHERE id > 1").await;
    let (job, _) = compared(&app, restore).await;
    let plan = planned(&app, job.id).await;
    let mut other = app.open.readable().dedicated().await.unwrap();
    sqlx::raw_sql("BEGIN; UPDATE bank.public.cards SET code = 'held' WHERE id = 1")
        .execute(&mut other)
        .await
        .unwrap();
    let id = app
        .backups
        .start_bring_back(
            |_| Ok(app.open.clone()),
            plan.id,
            &["public.cards".to_owned()],
            None,
        )
        .await
        .unwrap();
    app.until(id, |job| job.phase == "Bringing back cards").await;
    app.jobs.cancel(id).await.unwrap();
    let job = app.ended(id).await;
    assert_eq!(job.state, JobState::Cancelled, "{job:?}");
    let Some(Outcome::BringBack(outcome)) = job.outcome else {
        panic!("{job:?}")
    };
    assert!(outcome.verdict.contains("compare again"), "{outcome:?}");
    drop(other);
}

#[tokio::test]
async fn a_row_whose_parent_is_gone_stays_out_with_the_reason_and_the_others_come_back() {
    let (app, restore) = beside().await;
    for statement in [
        "DELETE FROM bank.public.cards WHERE id > 1",
        "DELETE FROM bank.public.accounts WHERE id = 2",
        "INSERT INTO bank.public.cards VALUES (9, 1, 'c')",
    ] {
        app.sql(statement).await;
    }
    let (job, _) = compared(&app, restore).await;
    let plan = planned(&app, job.id).await;
    let (job, outcome) = brought_back(&app, &plan, &["cards"]).await;
    assert_eq!(job.state, JobState::Failed, "{job:?}");
    let [cards] = outcome.tables.as_slice() else {
        panic!("{outcome:?}")
    };
    assert_eq!((cards.inserted, cards.still_missing), (0, Some(2)));
    let [first, second] = cards.reasons.as_slice() else {
        panic!("{cards:?}")
    };
    let reasons = format!("{first} {second}");
    assert!(reasons.contains("Bring back accounts first"), "{reasons}");
    assert!(reasons.contains("has the same code by now"), "{reasons}");

    // What was in the way is mended, and the same plan's rows come back.
    app.sql("DELETE FROM bank.public.cards WHERE id = 9").await;
    let (job, _) = compared(&app, restore).await;
    let plan = planned(&app, job.id).await;
    let (job, _) = brought_back(&app, &plan, &["cards", "accounts"]).await;
    assert_eq!(job.state, JobState::Succeeded, "{job:?}");
}

#[tokio::test]
async fn tables_that_are_gone_or_have_no_key_are_told_and_not_counted() {
    let (app, restore) = beside().await;
    app.sql("DROP TABLE bank.public.cards").await;
    app.sql("ALTER TABLE bank.public.customers ADD COLUMN note STRING")
        .await;
    let (_, outcome) = compared(&app, restore).await;
    let of = |name: &str| {
        let table = outcome
            .tables
            .iter()
            .find(|table| table.table == format!("public.{name}"));
        table.unwrap_or_else(|| panic!("{outcome:?}"))
    };
    assert!(matches!(of("cards").result, Compared::NotLive));
    assert!(matches!(of("log").result, Compared::NoKey));
    assert_eq!(of("customers").only_live, ["note"]);
    assert_eq!(
        outcome.verdict,
        "1 table is gone from bank: cards (3 rows). 1 table was not compared."
    );
    // Nothing is missing in what could be compared.
    let refused = app
        .backups
        .plan_bring_back(|_| Ok(app.open.clone()), job_of(&app, JobKind::Compare))
        .await
        .unwrap_err();
    assert_eq!(refused.code, Code::PlanChanged, "{refused:?}");

    app.sql("DROP DATABASE bank_restored CASCADE").await;
    let id = app
        .backups
        .start_comparison(|_| Ok(app.open.clone()), restore, false)
        .await
        .unwrap();
    let job = app.ended(id).await;
    assert_eq!(job.state, JobState::Failed);
    assert!(job.error.unwrap().message.contains("no database bank_restored"));
}

fn job_of(app: &App, kind: JobKind) -> JobId {
    let jobs = app.jobs.list();
    jobs.iter().find(|job| job.kind == kind).unwrap().id
}

#[tokio::test]
async fn a_table_that_changed_after_the_plan_stops_the_start_and_production_asks_for_the_live_name() {
    let (mut app, restore) = beside().await;
    app.sql("DELETE FROM bank.public.transactions WHERE id = 1").await;
    let (job, _) = compared(&app, restore).await;
    let plan = planned(&app, job.id).await;
    app.sql("ALTER TABLE bank.public.transactions DROP COLUMN amount")
        .await;
    let tables = ["public.transactions".to_owned()];
    let open = app.open.clone();
    let refused = app
        .backups
        .start_bring_back(|_| Ok(open), plan.id, &tables, None)
        .await
        .unwrap_err();
    assert_eq!(refused.code, Code::PlanChanged, "{refused:?}");

    app.as_user("demo", Environment::Production, false).await;
    let plan = planned(&app, job.id).await;
    assert_eq!(plan.type_to_confirm.as_deref(), Some("bank"));
    for typed in [None, Some("bank_restored")] {
        let open = app.open.clone();
        let refused = app
            .backups
            .start_bring_back(|_| Ok(open), plan.id, &tables, typed)
            .await
            .unwrap_err();
        assert_eq!(refused.code, Code::ConfirmationNeeded);
    }
    let open = app.open.clone();
    let id = app
        .backups
        .start_bring_back(|_| Ok(open), plan.id, &tables, Some("bank"))
        .await
        .unwrap();
    assert_eq!(app.ended(id).await.state, JobState::Succeeded);
}

#[tokio::test]
async fn a_table_that_is_in_the_way_is_restored_beside_in_one_step() {
    let (app, _) = beside().await;
    let (path, _) = app.backed_up(App::wish("bank", COLLECTION)).await;
    let plan = app.plan(App::tables_wish(&path, &["cards"], Some("bank"))).await;
    let name = check(&plan.checks, "nameFree");
    assert_eq!(name.level, CheckLevel::Blocked, "{name:#?}");
    let [
        Fix::Beside {
            new_name, options, ..
        },
    ] = name.fixes.as_slice()
    else {
        panic!("{name:#?}")
    };
    // bank_restored is taken by the restore before.
    assert_eq!(new_name, "bank_restored_2");
    let wish = App::tables_wish(&path, &["cards"], None);
    let RestoreTarget::Tables { database, tables, .. } = wish.target else {
        panic!("not tables")
    };
    let plan = app
        .plan(RestoreWish {
            target: RestoreTarget::Tables {
                database,
                tables,
                into_database: Some(new_name.clone()),
                is_new_database: true,
            },
            options: options.clone(),
            ..App::restore_wish(&path, "bank", None)
        })
        .await;
    assert!(can_start(&plan.checks), "{:#?}", plan.checks);
    let restore = app.start_restore(&plan).await;
    assert_eq!(app.ended(restore).await.state, JobState::Succeeded);
    app.sql("DELETE FROM bank.public.cards WHERE id = 2").await;
    let (_, outcome) = compared(&app, restore).await;
    assert_eq!(figures(&outcome), [("cards", 1, 0, 0)]);
}

#[tokio::test]
async fn a_renamed_collection_is_said_to_be_gone_and_found_under_its_new_name() {
    let (app, _) = beside().await;
    let (path, _) = app.backed_up(App::wish("bank", "userfile:///old")).await;
    let files = "defaultdb.public.userfiles_demo_upload_files";
    app.sql(&format!(
        "UPDATE {files} SET filename = replace(filename, '/old/', '/kept/') WHERE filename LIKE '/old/%'"
    ))
    .await;
    let get = |collection: &'static str| app.backups.get_backup(&app.open, collection, &path, None, None);
    let gone = get("userfile:///old").await.unwrap_err();
    assert_eq!(gone.code, Code::NotFound, "{gone:?}");
    assert!(gone.message.contains("no old in the file storage"), "{gone}");
    let plan = app
        .backups
        .plan_restore(
            &app.open,
            RestoreWish {
                collection: "userfile:///old".into(),
                ..App::restore_wish(&path, "bank", Some("x"))
            },
        )
        .await
        .unwrap_err();
    assert_eq!(plan.code, Code::NotFound, "{plan:?}");
    let found = app
        .backups
        .list_collections_holding(&app.open, &path)
        .await
        .unwrap();
    let names: Vec<String> = found.iter().map(|found| found.uri.name()).collect();
    assert_eq!(names, ["kept"]);
    assert!(get("userfile:///kept").await.is_ok());
}
