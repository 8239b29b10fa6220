//! Single tables: what they refer to, and the ways out.

use roachvault_cockroach::restore::RestoreOption;
use roachvault_core::job::JobState;
use roachvault_core::plan::{CheckLevel, Fix, can_start};
use roachvault_core::restore::{RestorePlan, RestoreTarget, RestoreWish};

use crate::app::{App, COLLECTION, assert_level, check, options, restored};

/// `bank` with a table that refers to another, a view and a sequence.
async fn linked() -> (App, String) {
    let app = App::start(options()).await;
    for statement in [
        "CREATE TABLE bank.public.cards (id INT PRIMARY KEY, account INT REFERENCES bank.public.accounts (id))",
        "CREATE SEQUENCE bank.public.numbers",
        "CREATE VIEW bank.public.rich AS SELECT id FROM bank.public.customers",
        "INSERT INTO bank.public.cards VALUES (1, 1)",
    ] {
        app.sql(statement).await;
    }
    app.until_aged("SELECT id FROM bank.public.cards").await;
    let (path, backup) = app.backed_up(App::wish("bank", COLLECTION)).await;
    assert!(
        backup
            .verdict
            .starts_with("4 tables, 1 view and 1 sequence read back"),
        "{}",
        backup.verdict
    );
    (app, path)
}

fn fixes(plan: &RestorePlan) -> (Vec<RestoreOption>, RestoreTarget) {
    let [
        Fix::Allow { options, .. },
        Fix::TakeAlong { tables, new_name, .. },
    ] = check(&plan.checks, "links").fixes.as_slice()
    else {
        panic!("{:#?}", plan.checks)
    };
    let together = RestoreTarget::Tables {
        database: "bank".into(),
        tables: tables.clone(),
        into_database: Some(new_name.clone()),
        is_new_database: true,
    };
    (options.clone(), together)
}

#[tokio::test]
async fn a_dropped_table_comes_back_into_its_database_without_its_link_which_is_told_before_and_after() {
    let (app, path) = linked().await;
    app.sql("DROP TABLE bank.public.cards").await;
    let wish = || App::tables_wish(&path, &["cards"], Some("bank"));
    let plan = app.plan(wish()).await;
    let links = check(&plan.checks, "links");
    assert_eq!(links.level, CheckLevel::Blocked, "{links:#?}");
    assert_eq!(links.title, "cards needs accounts");
    assert!(!can_start(&plan.checks));
    let (options, _) = fixes(&plan);
    assert_eq!(options, [RestoreOption::SkipMissingForeignKeys]);

    let plan = app.plan(RestoreWish { options, ..wish() }).await;
    assert!(can_start(&plan.checks), "{:#?}", plan.checks);
    assert_level(&plan.checks, "links", CheckLevel::Attention);
    let job = app.ended(app.start_restore(&plan).await).await;
    assert_eq!(
        (job.state, job.title.as_str()),
        (JobState::Succeeded, "Restore cards into bank")
    );
    let outcome = restored(&job);
    assert!(outcome.all_match, "{outcome:?}");
    let [loss] = outcome.losses.as_slice() else {
        panic!("{outcome:?}")
    };
    assert!(
        loss.text.starts_with("cards comes without its link to accounts"),
        "{}",
        loss.text
    );
    assert!(!outcome.is_new_database && !outcome.whole);
    // The statement brings the link back as it is.
    app.sql(loss.sql.as_deref().unwrap()).await;
}

#[tokio::test]
async fn a_table_comes_back_together_with_what_it_refers_to_in_a_new_database() {
    let (app, path) = linked().await;
    app.sql("DROP TABLE bank.public.cards").await;
    let plan = app.plan(App::tables_wish(&path, &["cards"], Some("bank"))).await;
    let (_, target) = fixes(&plan);
    let plan = app
        .plan(RestoreWish {
            target,
            ..App::restore_wish(&path, "bank", None)
        })
        .await;
    assert!(can_start(&plan.checks), "{:#?}", plan.checks);
    assert!(
        plan.sql
            .starts_with("CREATE DATABASE \"bank_restored\";\nRESTORE TABLE"),
        "{}",
        plan.sql
    );
    let job = app.ended(app.start_restore(&plan).await).await;
    assert_eq!(job.state, JobState::Succeeded, "{job:?}");
    let outcome = restored(&job);
    let mut names: Vec<_> = outcome.tables.iter().map(|table| table.table.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["public.accounts", "public.cards"]);
    assert!(
        outcome.all_match && outcome.losses.is_empty() && outcome.swap.is_none(),
        "{outcome:?}"
    );
    assert!(outcome.is_new_database && !outcome.whole);
    assert_eq!(outcome.not_live, ["public.cards"]);
    assert_eq!(outcome.bring_back.len(), 1);
}

#[tokio::test]
async fn a_view_alone_asks_for_its_table_and_counts_as_a_view() {
    let (app, path) = linked().await;
    let plan = app.plan(App::tables_wish(&path, &["rich"], None)).await;
    let links = check(&plan.checks, "links");
    assert_eq!(
        (links.level, links.title.as_str()),
        (CheckLevel::Blocked, "rich needs customers")
    );
    assert_eq!(
        check(&plan.checks, "holdsTarget").detail,
        "1 view will be restored."
    );
    // Leaving it out would restore nothing.
    assert!(
        matches!(links.fixes.as_slice(), [Fix::TakeAlong { .. }]),
        "{links:#?}"
    );
    let plan = app
        .plan(App::tables_wish(&path, &["accounts", "rich"], None))
        .await;
    let (options, _) = fixes(&plan);
    assert_eq!(options, [RestoreOption::SkipMissingViews]);
    let plan = app
        .plan(App::tables_wish(&path, &["customers", "rich"], None))
        .await;
    assert_level(&plan.checks, "links", CheckLevel::Ok);
    assert!(can_start(&plan.checks), "{:#?}", plan.checks);
}

#[tokio::test]
async fn a_restore_that_fails_leaves_no_database_and_says_why_in_words() {
    let (app, path) = linked().await;
    let plan = app.plan(App::tables_wish(&path, &["customers"], None)).await;
    assert!(can_start(&plan.checks), "{:#?}", plan.checks);
    app.lose_a_data_file().await;
    let job = app.ended(app.start_restore(&plan).await).await;
    assert_eq!(job.state, JobState::Failed, "{job:?}");
    let error = job.error.unwrap();
    assert!(
        error
            .message
            .contains("Files of this backup are missing or damaged."),
        "{error:?}"
    );
    let left = roachvault_cockroach::inspect::list_databases(app.open.readable())
        .await
        .unwrap();
    assert!(!left.iter().any(|database| database.name == "bank_restored"));
}
