//! What everyday queries may say: windows, lateral subqueries, functions that give rows, JSON, arrays, user-defined functions.
#![allow(clippy::unwrap_used)]

mod engine;

use engine::{Fixture, expect, expect_error};
use roachvault_practice::emulate::Version;

#[test]
fn distinct_on_takes_the_first_row_of_each_group() {
    let fixture = Fixture::new(Version::V25_4);
    let mut s = fixture.session("root");
    s.run_script("CREATE TABLE t (k STRING, n INT); INSERT INTO t VALUES ('a', 1), ('a', 3), ('b', 2), ('b', 5), ('c', 4)")
        .unwrap();
    expect(
        &mut s,
        "SELECT DISTINCT ON (k) k, n FROM t ORDER BY k, n DESC LIMIT 2",
        &["a|3", "b|5"],
    );
    expect(
        &mut s,
        "SELECT DISTINCT ON (1) k, sum(n) FROM t GROUP BY k ORDER BY 1 DESC LIMIT 1",
        &["c|4"],
    );
    expect_error(
        &mut s,
        "SELECT DISTINCT ON (k) k FROM t ORDER BY n",
        "42P10",
        "must match initial ORDER BY",
    );
}

#[test]
fn windows_have_frames_and_names() {
    let fixture = Fixture::new(Version::V25_4);
    let mut s = fixture.session("root");
    s.run_script("CREATE TABLE t (n INT PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3), (4)")
        .unwrap();
    expect(
        &mut s,
        "SELECT n, sum(n) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t ORDER BY n",
        &["1|1", "2|3", "3|5", "4|7"],
    );
    expect(
        &mut s,
        "SELECT n, ntile(2) OVER w, lag(n, 1, 0) OVER w, last_value(n) OVER (w ROWS UNBOUNDED PRECEDING) FROM t WINDOW w AS (ORDER BY n)",
        &["1|1|0|1", "2|1|1|2", "3|2|2|3", "4|2|3|4"],
    );
}

#[test]
fn a_lateral_subquery_sees_the_tables_before_it_and_another_does_not() {
    let fixture = Fixture::new(Version::V25_4);
    let mut s = fixture.session("root");
    s.run_script(
        "CREATE TABLE a (id INT PRIMARY KEY); CREATE TABLE b (a INT, at TIMESTAMP, payload BYTES, d JSONB);
         INSERT INTO a VALUES (1), (2), (3);
         INSERT INTO b VALUES (1, '2024-01-01', b'\\x00\\xff', '{\"k\": [1, 2]}'), (1, '2024-01-02', NULL, NULL), (2, '2024-01-03', b'x', '3')",
    )
    .unwrap();
    expect(
        &mut s,
        "SELECT a.id, l.at, l.payload, l.d FROM a LEFT JOIN LATERAL (SELECT at, payload, d FROM b WHERE b.a = a.id ORDER BY at LIMIT 1) AS l ON true ORDER BY a.id",
        &[
            "1|2024-01-01 00:00:00|\\x00ff|{\"k\": [1, 2]}",
            "2|2024-01-03 00:00:00|\\x78|3",
            "3|NULL|NULL|NULL",
        ],
    );
    expect(
        &mut s,
        "SELECT a.id, n FROM a, LATERAL (SELECT count(*) AS n FROM b WHERE b.a = a.id) ORDER BY 1",
        &["1|2", "2|1", "3|0"],
    );
    expect_error(
        &mut s,
        "SELECT * FROM a, (SELECT 1 FROM b WHERE b.a = a.id) AS s",
        "42P01",
        "no data source matches prefix: a",
    );
}

#[test]
fn functions_that_give_rows_stand_in_from_and_in_the_select_list() {
    let fixture = Fixture::new(Version::V25_4);
    let mut s = fixture.session("root");
    expect(&mut s, "SELECT generate_series(1, 3)", &["1", "2", "3"]);
    expect(
        &mut s,
        "SELECT g FROM generate_series(10, 1, -4) AS g",
        &["10", "6", "2"],
    );
    expect(&mut s, "SELECT count(*) FROM generate_series(3, 1)", &["0"]);
    expect_error(
        &mut s,
        "SELECT generate_series(1, 2, 0)",
        "22023",
        "step cannot be 0",
    );
    expect(
        &mut s,
        "SELECT * FROM generate_series('2024-01-31'::TIMESTAMP, '2024-03-31'::TIMESTAMP, '1 month'::INTERVAL)",
        &[
            "2024-01-31 00:00:00",
            "2024-02-29 00:00:00",
            "2024-03-31 00:00:00",
        ],
    );
    expect(
        &mut s,
        "SELECT v.n, g FROM (VALUES (1), (2)) AS v(n), generate_series(1, v.n) AS g ORDER BY 1, 2",
        &["1|1", "2|1", "2|2"],
    );
    expect(
        &mut s,
        "SELECT x, n FROM unnest(ARRAY['a', 'b']) WITH ORDINALITY AS u(x, n)",
        &["a|1", "b|2"],
    );
    expect(&mut s, "SELECT unnest(ARRAY[1, 2]) AS x, 'k'", &["1|k", "2|k"]);
    expect(
        &mut s,
        "SELECT key, value FROM jsonb_each('{\"a\": 1, \"b\": [true]}'::JSONB)",
        &["a|1", "b|[true]"],
    );
    expect(
        &mut s,
        "SELECT jsonb_array_elements_text('[1, \"x\", null]'::JSONB)",
        &["1", "x", "NULL"],
    );
}

#[test]
fn json_and_arrays_have_their_operators() {
    let fixture = Fixture::new(Version::V25_4);
    let mut s = fixture.session("root");
    for (expression, wanted) in [
        ("'{\"a\": {\"b\": 2}}'::JSONB @> '{\"a\": {}}'", "t"),
        ("'[1, 2]'::JSONB <@ '[2, 1, 3]'::JSONB", "t"),
        ("'{\"a\": {\"b\": [7]}}'::JSONB #> '{a,b}'", "[7]"),
        ("'{\"a\": {\"b\": \"x\"}}'::JSONB #>> ARRAY['a', 'b']", "x"),
        ("'{\"a\": 1}'::JSONB ? 'a'", "t"),
        ("'{\"a\": 1}'::JSONB ?| ARRAY['b', 'a']", "t"),
        ("'{\"a\": 1}'::JSONB ?& ARRAY['b', 'a']", "f"),
        ("'{\"a\": 1, \"b\": 2}'::JSONB - 'a'", "{\"b\": 2}"),
        (
            "'{\"a\": 1}'::JSONB || '{\"b\": 2}'::JSONB",
            "{\"a\": 1, \"b\": 2}",
        ),
        (
            "jsonb_build_object('t', true, 'l', ARRAY[1, NULL], 'd', '{\"k\": 1}'::JSONB)",
            "{\"d\": {\"k\": 1}, \"l\": [1, null], \"t\": true}",
        ),
        ("to_jsonb('1'::STRING)", "\"1\""),
        ("jsonb_typeof('[]'::JSONB)", "array"),
        ("ARRAY[1, 2] || ARRAY[3]", "{1,2,3}"),
        ("ARRAY[1] || 2", "{1,2}"),
        ("array_prepend(0, ARRAY[1])", "{0,1}"),
        ("array_remove(ARRAY[1, 2, 1], 1)", "{2}"),
        ("array_position(ARRAY['a', 'b'], 'b')", "2"),
        ("ARRAY[1, 2] @> ARRAY[2]", "t"),
        ("ARRAY[1, 2] && ARRAY[3]", "f"),
    ] {
        expect(&mut s, &format!("SELECT {expression}"), &[wanted]);
    }
    expect(
        &mut s,
        "SELECT jsonb_agg(n), jsonb_object_agg(k, n), array_agg(n) FROM (VALUES ('x', 1), ('y', NULL)) AS v(k, n)",
        &["[1, null]|{\"x\": 1, \"y\": null}|{1,NULL}"],
    );
}

#[test]
fn a_statement_ends_at_its_time_limit() {
    let fixture = Fixture::new(Version::V25_4);
    let mut s = fixture.session("root");
    s.run_script("SET statement_timeout = '50ms'").unwrap();
    for endless in [
        "SELECT pg_sleep(60)",
        "SELECT count(*) FROM generate_series(1, 1000000000)",
    ] {
        expect_error(&mut s, endless, "57014", "due to statement timeout");
    }
    s.run_script("SET statement_timeout = 0").unwrap();
    expect(&mut s, "SELECT pg_sleep(0.1)", &["t"]);
}

#[test]
fn a_regclass_is_shown_by_its_name_and_compared_by_its_number() {
    let fixture = Fixture::new(Version::V25_4);
    let mut s = fixture.session("root");
    s.run_script("CREATE TABLE t (n INT PRIMARY KEY)").unwrap();
    expect(
        &mut s,
        "SELECT conrelid::REGCLASS, conname FROM pg_constraint WHERE conrelid = 't'::REGCLASS",
        &["t|t_pkey"],
    );
}

#[test]
fn user_defined_functions_run_when_they_are_one_query() {
    let fixture = Fixture::new(Version::V25_4);
    let mut s = fixture.session("root");
    s.run_script(
        "CREATE FUNCTION twice(x INT) RETURNS INT AS $$ SELECT x * 2 $$ LANGUAGE SQL;
         CREATE FUNCTION four(INT) RETURNS INT LANGUAGE SQL AS 'SELECT twice(twice($1))';
         CREATE FUNCTION next(x INT) RETURNS INT AS $$ BEGIN RETURN x + 1; END; $$ LANGUAGE PLpgSQL;
         CREATE FUNCTION endless(x INT) RETURNS INT AS $$ SELECT endless(x) $$ LANGUAGE SQL;
         CREATE TABLE t (n INT PRIMARY KEY); INSERT INTO t VALUES (1), (5);
         CREATE FUNCTION most() RETURNS INT AS $$ SELECT max(n) FROM t $$ LANGUAGE SQL;
         CREATE VIEW v AS SELECT n, next(n) AS m FROM t",
    )
    .unwrap();
    expect(
        &mut s,
        "SELECT four(n), next(n) FROM t ORDER BY n",
        &["4|2", "20|6"],
    );
    expect(&mut s, "SELECT most(), twice(most())", &["5|10"]);
    expect(&mut s, "SELECT m FROM v ORDER BY n", &["2", "6"]);
    expect_error(&mut s, "SELECT twice(1, 2)", "42883", "unknown function: twice");
    expect_error(&mut s, "SELECT endless(1)", "54001", "too deeply");
}

#[test]
fn internal_tables_are_closed_whether_they_exist_or_not() {
    let fixture = Fixture::new(Version::V26_2);
    let mut s = fixture.session("root");
    for table in [
        "system.users",
        "crdb_internal.node_build_info",
        "crdb_internal.no_such_table",
    ] {
        expect_error(
            &mut s,
            &format!("SELECT * FROM {table}"),
            "42501",
            "is restricted",
        );
    }
}

#[test]
fn numbers_neither_overflow_in_silence_nor_show_digits_nobody_wrote() {
    let fixture = Fixture::new(Version::V25_4);
    let mut s = fixture.session("root");
    for sum in [
        "9223372036854775807 + 1",
        "-9223372036854775807 - 2",
        "9223372036854775807 * 2",
    ] {
        expect_error(&mut s, &format!("SELECT {sum}"), "22003", "integer out of range");
    }
    expect(
        &mut s,
        "SELECT 9223372036854775806 + 1, 0.1 + 0.2",
        &["9223372036854775807|0.3"],
    );
}

#[test]
fn what_storage_would_pass_over_in_silence_is_refused() {
    let fixture = Fixture::new(Version::V25_4);
    let mut s = fixture.session("root");
    s.run_script("CREATE TABLE t (n INT)").unwrap();
    expect_error(&mut s, "SELECT * INTO u FROM t", "42601", "into");
    expect_error(
        &mut s,
        "SELECT * FROM t TABLESAMPLE SYSTEM (10)",
        "0A000",
        "TABLESAMPLE",
    );
    expect(&mut s, "TABLE t", &[]);
}
