//! A restored table beside the live one: what differs, and rows that come back.

use roachvault_cockroach::BrokenRule;
use roachvault_cockroach::inspect::definition;
use roachvault_cockroach::pair::{Counts, LeftOut, Line, Pair, Stretch, Unmatched};
use roachvault_cockroach::quote::QualifiedName;

use crate::cluster::{Bank, PAYMENTS};

hold_everywhere!(
    rows_that_are_missing_changed_and_new_are_told_apart,
    missing_rows_come_back_part_by_part_and_a_second_time_does_nothing,
    stretches_of_a_key_of_several_columns_hold_every_row_once,
    values_of_a_databases_own_types_come_back,
    rows_that_break_a_rule_stay_out_and_the_others_come_back,
    tables_without_a_primary_key_are_not_matched,
    columns_that_only_one_table_has_are_left_out,
);

/// A database beside the bank that stands for a restored copy of it.
async fn copy_of(bank: &Bank) -> String {
    let copy = format!("{}_copy", bank.name);
    run(bank, &format!("CREATE DATABASE {copy}")).await;
    copy
}

#[track_caller]
fn expect<T>(done: Option<T>, sql: &str) {
    assert!(done.is_some(), "refused: {sql}");
}

async fn run(bank: &Bank, sql: &str) {
    expect(bank.run(sql).await, sql);
}

/// Makes a table of these columns in both, and fills the one of the copy.
async fn in_both(bank: &Bank, copy: &str, table: &str, columns: &str, rows: &str) {
    for database in [bank.name.as_str(), copy] {
        run(
            bank,
            &format!("CREATE TABLE {database}.public.{table} ({columns})"),
        )
        .await;
    }
    run(bank, &format!("INSERT INTO {copy}.public.{table} {rows}")).await;
}

async fn matched(bank: &Bank, copy: &str, table: &str) -> Result<Pair, Unmatched> {
    let named = |database: &str| QualifiedName {
        database: database.to_owned(),
        schema: "public".into(),
        name: table.to_owned(),
    };
    let (restored, live) = (named(copy), named(&bank.name));
    let restored_is = definition(&bank.cluster, &restored).await.unwrap();
    let live_is = definition(&bank.cluster, &live).await.unwrap();
    Pair::of((restored, &restored_is), (live, &live_is))
}

async fn counts(bank: &Bank, pair: &Pair) -> Counts {
    let mut line = Line::open(&bank.cluster).await.unwrap();
    pair.compare(&mut line, &Stretch::default()).await.unwrap()
}

/// Rows that the statement lists which people are given.
async fn listed_as_changed(bank: &Bank, pair: &Pair) -> usize {
    let sql = pair.list_changed().unwrap().unwrap();
    bank.run(&sql).await.expect(&sql).len()
}

/// Goes through the missing rows in parts of so many; answers what each part brought.
async fn bring_back(bank: &Bank, pair: &Pair, rows: u64) -> Vec<u64> {
    let mut line = Line::open(&bank.cluster).await.unwrap();
    let (mut parts, mut after) = (Vec::new(), None);
    loop {
        let up_to = pair
            .missing_rows_on(&mut line, after.as_ref(), rows)
            .await
            .unwrap();
        let stretch = Stretch {
            after: after.take(),
            up_to: up_to.clone(),
        };
        parts.push(
            pair.insert(&mut line, &stretch, &LeftOut::default())
                .await
                .unwrap(),
        );
        match up_to {
            Some(key) => after = Some(key),
            None => return parts,
        }
    }
}

const NONE_MISSING: Counts = Counts {
    read: PAYMENTS,
    missing: 0,
    only_live: 0,
    changed: 0,
};

async fn copied_payments(bank: &Bank) -> (String, Pair) {
    let copy = copy_of(bank).await;
    let (from, to) = (
        format!("{}.public.payments", bank.name),
        format!("{copy}.public.payments"),
    );
    run(
        bank,
        &format!("CREATE TABLE {to} (id INT PRIMARY KEY, account INT, amount INT)"),
    )
    .await;
    run(bank, &format!("INSERT INTO {to} SELECT * FROM {from}")).await;
    let pair = matched(bank, &copy, "payments").await.unwrap();
    assert_eq!(counts(bank, &pair).await, NONE_MISSING);
    (copy, pair)
}

async fn rows_that_are_missing_changed_and_new_are_told_apart(bank: Bank) {
    let (copy, pair) = copied_payments(&bank).await;
    let live = format!("{}.public.payments", bank.name);
    run(&bank, &format!("DELETE FROM {live} WHERE id < 10")).await;
    run(
        &bank,
        &format!("UPDATE {live} SET amount = NULL WHERE id IN (20, 21)"),
    )
    .await;
    run(&bank, &format!("UPDATE {live} SET account = 7 WHERE id = 25")).await;
    run(
        &bank,
        &format!("INSERT INTO {live} VALUES (10001, 1, 1), (-3, NULL, NULL)"),
    )
    .await;
    let expected = Counts {
        read: PAYMENTS,
        missing: 10,
        only_live: 2,
        changed: 3,
    };
    assert_eq!(counts(&bank, &pair).await, expected);
    assert_eq!(listed_as_changed(&bank, &pair).await, 3);

    // Stretch by stretch it comes to the same.
    let mut line = Line::open(&bank.cluster).await.unwrap();
    let (mut sum, mut after, mut stretches) = (Counts::default(), None, 0);
    loop {
        let up_to = pair.rows_on(&mut line, after.as_ref(), 300).await.unwrap();
        let stretch = Stretch {
            after: after.take(),
            up_to: up_to.clone(),
        };
        sum += pair.compare(&mut line, &stretch).await.unwrap();
        stretches += 1;
        match up_to {
            Some(key) => after = Some(key),
            None => break,
        }
    }
    assert_eq!((sum, stretches), (expected, 3));
    bank.close(&[&copy]).await;
}

async fn missing_rows_come_back_part_by_part_and_a_second_time_does_nothing(bank: Bank) {
    let (copy, pair) = copied_payments(&bank).await;
    let live = format!("{}.public.payments", bank.name);
    run(&bank, &format!("DELETE FROM {live} WHERE id < 250")).await;
    run(&bank, &format!("UPDATE {live} SET amount = 0 WHERE id = 300")).await;
    assert_eq!(bring_back(&bank, &pair, 100).await, [100, 100, 50]);
    assert_eq!(bring_back(&bank, &pair, 100).await, [0]);
    assert_eq!(
        counts(&bank, &pair).await,
        Counts {
            changed: 1,
            ..NONE_MISSING
        }
    );
    bank.close(&[&copy]).await;
}

async fn stretches_of_a_key_of_several_columns_hold_every_row_once(bank: Bank) {
    let copy = copy_of(&bank).await;
    let columns = "who UUID, at TIMESTAMPTZ, what STRING, sum DECIMAL(10,2), raw BYTES, note STRING, \
                   PRIMARY KEY (who, at, what, sum, raw)";
    let mut rows = Vec::new();
    for n in 0..60 {
        rows.push(format!(
            "('00000000-0000-0000-0000-00000000000{}', '2026-01-0{}T10:00:00.12345{}Z', 'it''s \"{n}\"', {}.50, \
             '\\x0{}ff', NULL)",
            n % 3,
            1 + n % 5,
            n % 7,
            n - 30,
            n % 2,
        ));
    }
    in_both(
        &bank,
        &copy,
        "events",
        columns,
        &format!("VALUES {}", rows.join(", ")),
    )
    .await;
    let pair = matched(&bank, &copy, "events").await.unwrap();
    assert_eq!(bring_back(&bank, &pair, 7).await, [7, 7, 7, 7, 7, 7, 7, 7, 4]);
    assert_eq!(
        counts(&bank, &pair).await,
        Counts {
            read: 60,
            ..Counts::default()
        }
    );
    bank.close(&[&copy]).await;
}

async fn values_of_a_databases_own_types_come_back(bank: Bank) {
    let copy = copy_of(&bank).await;
    for database in [bank.name.as_str(), &copy] {
        run(
            &bank,
            &format!("CREATE TYPE {database}.public.state AS ENUM ('open', 'it''s done')"),
        )
        .await;
        run(
            &bank,
            &format!(
                "CREATE TABLE {database}.public.tasks (id INT PRIMARY KEY, is_in {database}.public.state, doc JSONB, \
                 twice INT AS (id * 2) STORED)"
            ),
        )
        .await;
    }
    run(
        &bank,
        &format!(
            "INSERT INTO {copy}.public.tasks (id, is_in, doc) VALUES (1, 'open', '{{\"a\": 1}}'), (2, 'it''s done', NULL), \
             (3, NULL, '[]')"
        ),
    )
    .await;
    let pair = matched(&bank, &copy, "tasks").await.unwrap();
    assert_eq!(bring_back(&bank, &pair, 10).await, [3]);
    let same = Counts {
        read: 3,
        ..Counts::default()
    };
    assert_eq!(counts(&bank, &pair).await, same);
    run(
        &bank,
        &format!(
            "UPDATE {}.public.tasks SET is_in = 'open' WHERE id > 1",
            bank.name
        ),
    )
    .await;
    assert_eq!(counts(&bank, &pair).await, Counts { changed: 2, ..same });
    assert_eq!(listed_as_changed(&bank, &pair).await, 2);
    bank.close(&[&copy]).await;
}

async fn rows_that_break_a_rule_stay_out_and_the_others_come_back(bank: Bank) {
    let copy = copy_of(&bank).await;
    run(
        &bank,
        &format!("CREATE TABLE {copy}.public.cards (id INT PRIMARY KEY, account INT, code STRING)"),
    )
    .await;
    run(
        &bank,
        &format!(
            "CREATE TABLE {name}.public.cards (id INT PRIMARY KEY, account INT REFERENCES {name}.public.accounts (id), \
             code STRING UNIQUE)",
            name = bank.name
        ),
    )
    .await;
    run(
        &bank,
        &format!(
            "INSERT INTO {copy}.public.cards VALUES (1, 1, 'a'), (2, 100000, 'b'), (3, 3, 'taken'), (4, NULL, 'd')"
        ),
    )
    .await;
    run(
        &bank,
        &format!("INSERT INTO {}.public.cards VALUES (9, 9, 'taken')", bank.name),
    )
    .await;
    let pair = matched(&bank, &copy, "cards").await.unwrap();
    assert_eq!(pair.references(), [("public".to_owned(), "accounts".to_owned())]);
    let mut line = Line::open(&bank.cluster).await.unwrap();
    let (mut left_out, mut broken, whole) = (LeftOut::default(), Vec::new(), Stretch::default());
    let inserted = loop {
        match pair.insert(&mut line, &whole, &left_out).await {
            Ok(rows) => break rows,
            Err(error) => {
                let rule = BrokenRule::of(&error).unwrap_or_else(|| panic!("{error:?}"));
                assert!(pair.leave_out(&rule, &mut left_out), "{rule:?}");
                broken.push(rule);
            }
        }
    };
    assert_eq!(inserted, 2);
    let foreign = broken
        .iter()
        .find_map(|rule| match rule {
            BrokenRule::ForeignKey(name) => pair.foreign_key(name),
            _ => None,
        })
        .unwrap();
    assert_eq!(
        (foreign.0.join(","), foreign.1.name.as_str()),
        ("account".to_owned(), "accounts")
    );
    let unique = broken
        .iter()
        .find_map(|rule| match rule {
            BrokenRule::Unique(name) => pair.unique_columns(name),
            _ => None,
        })
        .unwrap();
    assert_eq!(unique, ["code"]);
    assert_eq!(
        counts(&bank, &pair).await,
        Counts {
            read: 4,
            missing: 2,
            only_live: 1,
            changed: 0,
        }
    );
    bank.close(&[&copy]).await;
}

async fn tables_without_a_primary_key_are_not_matched(bank: Bank) {
    let copy = copy_of(&bank).await;
    in_both(&bank, &copy, "log", "line STRING", "VALUES ('a')").await;
    assert_eq!(matched(&bank, &copy, "log").await, Err(Unmatched::NoKey));
    bank.close(&[&copy]).await;
}

async fn columns_that_only_one_table_has_are_left_out(bank: Bank) {
    let copy = copy_of(&bank).await;
    run(
        &bank,
        &format!("CREATE TABLE {copy}.public.people (id INT PRIMARY KEY, name STRING, old STRING)"),
    )
    .await;
    run(
        &bank,
        &format!(
            "CREATE TABLE {}.public.people (id INT PRIMARY KEY, name STRING, new STRING DEFAULT 'x')",
            bank.name
        ),
    )
    .await;
    run(
        &bank,
        &format!("INSERT INTO {copy}.public.people VALUES (1, 'a', 'b')"),
    )
    .await;
    let pair = matched(&bank, &copy, "people").await.unwrap();
    assert_eq!(pair.differences().only_restored, ["old"]);
    assert_eq!(pair.differences().only_live, ["new"]);
    assert_eq!(bring_back(&bank, &pair, 10).await, [1]);
    assert_eq!(
        counts(&bank, &pair).await,
        Counts {
            read: 1,
            ..Counts::default()
        }
    );
    bank.close(&[&copy]).await;
}
