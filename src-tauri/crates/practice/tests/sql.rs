//! SQL through the engine, without a wire between.
#![allow(clippy::unwrap_used)]

mod engine;

use engine::{Fixture, expect, expect_error, run, text};
use roachvault_practice::datum::Datum;
use roachvault_practice::emulate::Version;
use roachvault_practice::error::SqlResult;
use roachvault_practice::session::Session;

#[test]
fn a_decimal_is_kept_with_all_its_digits_or_refused() {
    let fixture = Fixture::new(Version::V25_4);
    let mut s = fixture.session("root");
    s.run_script("CREATE TABLE prices (id INT PRIMARY KEY, price DECIMAL(30,10), weight FLOAT)")
        .unwrap();
    let long = "12345678901234567890.1234567891";
    for written in [
        long.to_owned(),
        format!("'{long}'"),
        format!("-{long}"),
        format!("{long}::DECIMAL"),
    ] {
        let insert = format!("INSERT INTO prices (id, price) VALUES (1, {written})");
        expect_error(&mut s, &insert, "0A000", "more than 15 digits of a DECIMAL");
    }
    expect(
        &mut s,
        "INSERT INTO prices VALUES (1, 12345.1234567890, 0.30000000000000004), (2, '-0.0010', 2.5e3), (3, 10.000, 0) \
         RETURNING price, weight",
        &[
            "12345.1234567890|0.30000000000000004",
            "-0.0010000000|2500",
            "10.0000000000|0",
        ],
    );
}

#[test]
fn tables_hold_rows_and_answer_queries() {
    let fixture = Fixture::new(Version::V25_4);
    let mut s = fixture.session("root");
    s.run_script(
        "CREATE TABLE customers (id INT PRIMARY KEY, name STRING NOT NULL, since TIMESTAMP DEFAULT now(), balance DECIMAL(12,2), photo BYTES);
         CREATE TABLE accounts (id UUID PRIMARY KEY DEFAULT gen_random_uuid(), customer INT REFERENCES customers (id), open BOOL DEFAULT true);
         INSERT INTO customers (id, name, balance, photo) VALUES (1, 'Ann', 12.5, b'\\x00a'), (2, 'Bo', 7, NULL);
         INSERT INTO accounts (customer) VALUES (1), (1), (2)",
    )
    .unwrap();
    expect(
        &mut s,
        "SELECT name, balance, photo FROM customers ORDER BY id",
        &["Ann|12.50|\\x0061", "Bo|7.00|NULL"],
    );
    expect(
        &mut s,
        "SELECT c.name, count(*) FROM customers AS c JOIN accounts a ON a.customer = c.id WHERE a.open GROUP BY c.name ORDER BY 2 DESC",
        &["Ann|2", "Bo|1"],
    );
    expect(
        &mut s,
        "SELECT length(photo), sum_int(length(name)) FROM customers WHERE id = 1 GROUP BY photo",
        &["2|3"],
    );
    expect(
        &mut s,
        "UPDATE customers SET balance = balance + 1 WHERE id = 2 RETURNING id, balance",
        &["2|8.00"],
    );
    expect(
        &mut s,
        "SELECT * FROM (SELECT id AS x FROM customers) AS t WHERE x IN (SELECT customer FROM accounts) ORDER BY x",
        &["1", "2"],
    );
    expect(
        &mut s,
        "WITH t AS (SELECT 1 AS a UNION ALL SELECT 2) SELECT sum(a) FROM t",
        &["3"],
    );
    expect(
        &mut s,
        "SELECT CASE WHEN id = 1 THEN 'one' ELSE 'more' END FROM customers ORDER BY id",
        &["one", "more"],
    );
    expect(
        &mut s,
        "SELECT 7 / 2, 7 % 2, 'a' || 'b', 3::STRING, true::STRING, '2024-05-06'::DATE + 1",
        &["3.5|1|ab|3|true|2024-05-07"],
    );
    expect(
        &mut s,
        "SELECT id FROM customers WHERE name LIKE 'B%' AND name !~ 'x'",
        &["2"],
    );
}

#[test]
fn arrays_over_no_rows_are_null_from_the_aggregate_and_empty_from_the_constructor() {
    let fixture = Fixture::new(Version::V25_4);
    let mut s = fixture.session("root");
    expect(
        &mut s,
        "SELECT array_agg(x) FROM (VALUES (1), (2)) AS t (x)",
        &["{1,2}"],
    );
    expect(
        &mut s,
        "SELECT array_agg(x) FROM (VALUES (1)) AS t (x) WHERE x > 1",
        &["NULL"],
    );
    expect(
        &mut s,
        "SELECT ARRAY(SELECT x FROM (VALUES (1)) AS t (x) WHERE x > 1)",
        &["{}"],
    );
}

#[test]
fn comments_before_a_statement_are_skipped() {
    let fixture = Fixture::new(Version::V25_4);
    let mut s = fixture.session("root");
    expect(&mut s, "/* one */ SELECT 1", &["1"]);
    expect(&mut s, "-- two\n/* and three */ (SELECT 2)", &["2"]);
    expect(&mut s, "/* four */ SHOW database", &["defaultdb"]);
}

#[test]
fn constraints_speak_as_cockroachdb_does() {
    let fixture = Fixture::new(Version::V25_4);
    let mut s = fixture.session("root");
    s.run_script(
        "CREATE TABLE p (id INT PRIMARY KEY, v INT CHECK (v > 0)); CREATE TABLE c (id INT PRIMARY KEY, p INT NOT NULL REFERENCES p (id));
         INSERT INTO p VALUES (1, 1); INSERT INTO c VALUES (1, 1)",
    )
    .unwrap();
    expect_error(
        &mut s,
        "INSERT INTO p VALUES (1, 1)",
        "23505",
        "duplicate key value violates unique constraint \"p_pkey\"",
    );
    expect_error(
        &mut s,
        "INSERT INTO p VALUES (2, 0)",
        "23514",
        "failed to satisfy CHECK constraint (v > 0)",
    );
    expect_error(
        &mut s,
        "INSERT INTO c VALUES (2, NULL)",
        "23502",
        "null value in column \"p\" violates not-null constraint",
    );
    expect_error(
        &mut s,
        "INSERT INTO c VALUES (2, 9)",
        "23503",
        "insert on table \"c\" violates foreign key constraint \"c_p_fkey\"",
    );
    expect_error(
        &mut s,
        "DELETE FROM p",
        "23503",
        "delete on table \"p\" violates foreign key constraint \"c_p_fkey\" on table \"c\"",
    );
    expect_error(
        &mut s,
        "SELECT nope FROM p",
        "42703",
        "column \"nope\" does not exist",
    );
    expect_error(
        &mut s,
        "SELECT * FROM nope",
        "42P01",
        "relation \"nope\" does not exist",
    );
    expect_error(&mut s, "SELECT 1 / 0", "22012", "division by zero");
    expect_error(&mut s, "FROB THE KNOB", "42601", "syntax error");
}

#[test]
fn the_past_can_be_read() {
    let fixture = Fixture::new(Version::V25_4);
    let mut s = fixture.session("root");
    s.run_script("CREATE TABLE t (k STRING PRIMARY KEY, v INT); INSERT INTO t VALUES ('a', 1), ('b', 2)")
        .unwrap();
    let then = run(&mut s, "SELECT cluster_logical_timestamp()")
        .unwrap()
        .remove(0);
    s.run_script(
        "UPDATE t SET v = 10 WHERE k = 'a'; DELETE FROM t WHERE k = 'b'; INSERT INTO t VALUES ('c', 3)",
    )
    .unwrap();
    expect(&mut s, "SELECT k, v FROM t ORDER BY k", &["a|10", "c|3"]);
    expect(
        &mut s,
        &format!("SELECT k, v FROM t AS OF SYSTEM TIME {then} ORDER BY k"),
        &["a|1", "b|2"],
    );
    expect(
        &mut s,
        &format!("SELECT count(*) FROM t AS OF SYSTEM TIME '{then}' WHERE k = 'b'"),
        &["1"],
    );
    s.run_script("DROP TABLE t").unwrap();
    expect_error(&mut s, "SELECT * FROM t", "42P01", "does not exist");
    expect(
        &mut s,
        &format!("SELECT k FROM t AS OF SYSTEM TIME {then} ORDER BY k"),
        &["a", "b"],
    );
    expect_error(
        &mut s,
        "SELECT 1 FROM t AS OF SYSTEM TIME '10s'",
        "22023",
        "AS OF interval must be",
    );
}

#[test]
fn transactions_roll_back_and_abort() {
    let fixture = Fixture::new(Version::V25_4);
    let mut s = fixture.session("root");
    s.run_script("CREATE TABLE t (k INT PRIMARY KEY); BEGIN; INSERT INTO t VALUES (1); SAVEPOINT a; INSERT INTO t VALUES (2); ROLLBACK TO SAVEPOINT a; COMMIT")
        .unwrap();
    expect(&mut s, "SELECT k FROM t", &["1"]);
    s.run_script("BEGIN; INSERT INTO t VALUES (5)").unwrap();
    expect_error(
        &mut s,
        "INSERT INTO t VALUES (1)",
        "23505",
        "p_pkey".trim_start_matches("p_pkey"),
    );
    expect_error(&mut s, "SELECT 1", "25P02", "current transaction is aborted");
    s.run_script("ROLLBACK").unwrap();
    expect(&mut s, "SELECT k FROM t", &["1"]);
    s.run_script("BEGIN; CREATE TABLE gone (a INT); ROLLBACK")
        .unwrap();
    expect_error(&mut s, "SELECT * FROM gone", "42P01", "gone");
}

#[test]
fn upsert_and_on_conflict_replace_rows() {
    let fixture = Fixture::new(Version::V25_4);
    let mut s = fixture.session("root");
    s.run_script("CREATE TABLE t (a INT, b INT, v STRING, PRIMARY KEY (a, b)); UPSERT INTO t VALUES (1, 1, 'x'); UPSERT INTO t (a, b, v) VALUES (1, 1, 'y')").unwrap();
    expect(&mut s, "SELECT v FROM t", &["y"]);
    s.run_script("INSERT INTO t VALUES (1, 1, 'z') ON CONFLICT (a, b) DO UPDATE SET v = excluded.v || t.v; INSERT INTO t VALUES (1, 1, 'q') ON CONFLICT DO NOTHING")
        .unwrap();
    expect(&mut s, "SELECT v FROM t", &["zy"]);
    let row = s
        .query(
            "INSERT INTO t VALUES ($1, $2, $3) RETURNING a + b, v",
            &[Datum::Int(2), Datum::Int(3), Datum::from("p")],
        )
        .unwrap();
    assert_eq!(text(&row), ["5|p"]);
}

#[test]
fn bracketed_show_statements_are_tables() {
    let fixture = Fixture::new(Version::V25_4);
    let mut s = fixture.session("root");
    s.run_script("CREATE DATABASE d; CREATE SCHEMA d.s; CREATE TABLE d.s.t (a INT); CREATE SEQUENCE d.public.seq; CREATE VIEW d.public.v AS SELECT a FROM d.s.t").unwrap();
    expect(
        &mut s,
        "SELECT table_name FROM [SHOW TABLES FROM d.s] WHERE table_name = 't' OR table_name = $1",
        &["t"],
    );
    expect(
        &mut s,
        "SELECT schema_name, table_name, type, owner FROM [SHOW TABLES FROM d]",
        &["public|seq|sequence|root", "public|v|view|root", "s|t|table|root"],
    );
    expect(
        &mut s,
        "SELECT database_name FROM [SHOW DATABASES] ORDER BY 1",
        &["d", "defaultdb", "postgres", "system"],
    );
    expect(
        &mut s,
        "SELECT table_name FROM d.information_schema.tables WHERE table_schema = 's'",
        &["t"],
    );
    expect(
        &mut s,
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 's'",
        &[],
    );
    s.run_script("USE d").unwrap();
    expect(
        &mut s,
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 's'",
        &["t"],
    );
    expect(&mut s, "SELECT nextval('seq'), nextval('public.seq')", &["1|2"]);
    expect(&mut s, "SELECT nextval('seq')", &["3"]);
    expect(
        &mut s,
        "SHOW CREATE TABLE s.t",
        &[
            "s.t|CREATE TABLE s.t (\n\ta INT8 NULL,\n\trowid INT8 NOT VISIBLE NOT NULL DEFAULT unique_rowid(),\n\tCONSTRAINT t_pkey PRIMARY KEY (rowid ASC)\n)",
        ],
    );
}

#[test]
fn privileges_are_kept_and_named() {
    let fixture = Fixture::new(Version::V25_4);
    let mut root = fixture.session("root");
    root.run_script(
        "CREATE USER testuser; CREATE DATABASE d; CREATE TABLE d.t (a INT); INSERT INTO d.t VALUES (1)",
    )
    .unwrap();
    let mut user = fixture.session("testuser");
    expect_error(
        &mut user,
        "SELECT * FROM d.t",
        "42501",
        "user testuser does not have SELECT privilege on relation t",
    );
    expect(
        &mut user,
        "SELECT has_table_privilege('d.t', 'SELECT'), has_database_privilege('testuser', 'd', 'BACKUP')",
        &["f|f"],
    );
    root.run_script("GRANT SELECT ON TABLE d.t TO testuser; GRANT BACKUP ON DATABASE d TO testuser; GRANT SYSTEM RESTORE TO testuser").unwrap();
    expect(&mut user, "SELECT a FROM d.t", &["1"]);
    expect(
        &mut user,
        "SELECT has_database_privilege('testuser', 'd', 'BACKUP'), has_system_privilege('RESTORE')",
        &["t|t"],
    );
    expect_error(
        &mut user,
        "CREATE DATABASE nope",
        "42501",
        "permission denied to create database",
    );
    expect_error(&mut user, "CREATE USER nope", "42501", "CREATEROLE");
    expect(
        &mut root,
        "SHOW GRANTS ON TABLE d.t FOR testuser",
        &["d|public|t|testuser|SELECT|f"],
    );
    root.run_script("REVOKE SELECT ON d.t FROM testuser").unwrap();
    expect_error(&mut user, "SELECT a FROM d.t", "42501", "SELECT");
}

#[test]
fn versions_differ_as_the_table_says() {
    let old = Fixture::new(Version::V23_2);
    let new = Fixture::new(Version::V26_2);
    let (mut a, mut b) = (old.session("root"), new.session("root"));
    assert_eq!(a.query("SHOW ROLES", &[]).unwrap().columns.len(), 3);
    assert_eq!(b.query("SHOW ROLES", &[]).unwrap().columns.len(), 4);
    assert!(run(&mut a, "SELECT username FROM system.users").is_ok());
    expect_error(
        &mut b,
        "SELECT username FROM system.users",
        "42501",
        "Access to crdb_internal and system is restricted.",
    );
    expect_error(&mut b, "SELECT crdb_internal.cluster_id()", "42501", "restricted");
    b.run_script("SET allow_unsafe_internals = true").unwrap();
    assert!(run(&mut b, "SELECT crdb_internal.cluster_id()").is_ok());
    assert!(run(&mut b, "SELECT version()").unwrap()[0].starts_with("CockroachDB CCL v26.2"));
    assert!(old.folder.path().join("cluster.db").exists());
}

#[test]
fn enums_regions_and_altered_tables_work() {
    let fixture = Fixture::new(Version::V25_4);
    let mut s = fixture.session("root");
    s.run_script("CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE TABLE t (a INT PRIMARY KEY, m mood DEFAULT 'sad'); INSERT INTO t (a) VALUES (1);
        ALTER TABLE t ADD COLUMN b INT NOT NULL DEFAULT 7, RENAME COLUMN a TO id; CREATE INDEX ON t (b)").unwrap();
    expect(&mut s, "SELECT id, m, b FROM t", &["1|sad|7"]);
    expect_error(
        &mut s,
        "INSERT INTO t VALUES (2, 'mad', 1)",
        "22P02",
        "invalid input value for enum mood: \"mad\"",
    );
    s.run_script("CREATE DATABASE m PRIMARY REGION 'us-east1' REGIONS = 'eu-west1'")
        .unwrap();
    expect(
        &mut s,
        "SELECT primary_region, regions, survival_goal FROM [SHOW DATABASES] WHERE database_name = 'm'",
        &["us-east1|{eu-west1,us-east1}|zone"],
    );
    expect_error(
        &mut s,
        "ALTER DATABASE m ADD REGION 'mars'",
        "42602",
        "region \"mars\" does not exist",
    );
    s.run_script("ALTER DATABASE m CONFIGURE ZONE USING gc.ttlseconds = 60")
        .unwrap();
    assert!(
        run(&mut s, "SHOW ZONE CONFIGURATION FROM DATABASE m").unwrap()[0].contains("gc.ttlseconds = 60")
    );
}

mod userfiles {
    use roachvault_practice::userfile::{Upload, UserfileStore, is_upload};

    use super::*;

    const COPY: &str = "COPY \"crdb_internal\".\"user_file_upload\" FROM STDIN WITH destination = 'userfile:///dir/f.csv.tmp'";

    /// SHA-256 of the file's six bytes.
    const DIGEST: &str = "e5fc5a5b18fe352ea0e14639a8f2d20601867418d918905098f98e2f77275a03";

    fn upload(session: &mut Session, sql: &str, pieces: &[&[u8]]) -> SqlResult<String> {
        assert!(is_upload(sql));
        let mut upload = Upload::begin(session, sql)?;
        for piece in pieces {
            upload.data(session, piece)?;
        }
        upload.finish(session)
    }

    #[test]
    fn an_uploaded_file_can_be_listed_read_renamed_and_deleted_by_plain_sql() {
        let fixture = Fixture::new(Version::V25_4);
        let mut s = fixture.session("root");
        expect_error(
            &mut s,
            "SELECT filename FROM userfiles_root_upload_files",
            "42P01",
            "does not exist",
        );
        assert_eq!(upload(&mut s, COPY, &[b"ab\\nc\n", b"de"]).unwrap(), "COPY 2");
        expect(
            &mut s,
            "SELECT filename, file_size, username FROM userfiles_root_upload_files WHERE filename LIKE '/%' ORDER BY\nfilename",
            &["/dir/f.csv.tmp|6|root"],
        );
        s.run_script("UPDATE defaultdb.public.userfiles_root_upload_files SET filename='/dir/f.csv' WHERE filename='/dir/f.csv.tmp'").unwrap();
        let size = s
            .query(
                "SELECT f.file_id, sum_int(length(p.payload))
                 FROM defaultdb.public.userfiles_root_upload_files f LEFT OUTER JOIN defaultdb.public.userfiles_root_upload_payload p ON p.file_id = f.file_id
                 WHERE f.filename = $1 GROUP BY f.file_id",
                &[Datum::from("/dir/f.csv")],
            )
            .unwrap();
        assert_eq!(size.rows[0][1], Datum::Int(6));
        let id = size.rows[0][0].clone();
        let read = "SELECT substr(payload, $2+1-byte_offset, $3) FROM userfiles_root_upload_payload WHERE file_id=$1 AND byte_offset <= $2 ORDER BY byte_offset DESC LIMIT 1";
        let rows = s
            .query(read, &[id.clone(), Datum::Int(1), Datum::Int(100)])
            .unwrap();
        assert_eq!(rows.rows[0][0], Datum::Bytes(b"b\ncde".to_vec()));
        let digest = s.query("SELECT byte_offset, length(payload), sha256(payload) FROM userfiles_root_upload_payload WHERE file_id = $1 ORDER BY byte_offset", &[id]).unwrap();
        assert_eq!(digest.rows[0][2], Datum::from(DIGEST));
        assert_eq!(
            upload(&mut s, COPY, &[]).unwrap_err().message,
            "destination file already exists for /dir/f.csv"
        );
        let then = run(&mut s, "SELECT cluster_logical_timestamp()")
            .unwrap()
            .remove(0);
        s.run_script(
            "BEGIN; DELETE FROM userfiles_root_upload_payload WHERE file_id IN (SELECT file_id FROM userfiles_root_upload_files WHERE filename='/dir/f.csv');
             DELETE FROM userfiles_root_upload_files WHERE filename='/dir/f.csv'; COMMIT",
        )
        .unwrap();
        expect(
            &mut s,
            "SELECT count(*) FROM userfiles_root_upload_payload",
            &["0"],
        );
        expect(
            &mut s,
            &format!("SELECT filename FROM userfiles_root_upload_files AS OF SYSTEM TIME {then}"),
            &["/dir/f.csv"],
        );
    }

    #[test]
    fn the_store_belongs_to_its_user_alone() {
        let fixture = Fixture::new(Version::V25_4);
        let mut root = fixture.session("root");
        root.run_script("CREATE USER john; CREATE USER doe; GRANT ALL ON DATABASE defaultdb TO doe")
            .unwrap();
        let john = UserfileStore::open(&fixture.cluster, "john", "defaultdb.public.p").unwrap();
        john.write("/file", b"content").unwrap();
        expect(
            &mut root,
            "SELECT grantee FROM [SHOW GRANTS ON defaultdb.public.p_upload_files] ORDER BY 1",
            &["admin", "john", "root"],
        );
        let doe = UserfileStore::open(&fixture.cluster, "doe", "defaultdb.public.p").unwrap();
        assert_eq!(
            doe.read("/file").unwrap_err().message,
            "user doe does not have SELECT privilege on relation p_upload_files"
        );
        assert_eq!(
            UserfileStore::open(&fixture.cluster, "root", "defaultdb.public.p")
                .unwrap()
                .read("/file")
                .unwrap(),
            b"content"
        );
    }

    #[test]
    fn large_files_are_kept_in_rows_of_four_mebibytes() {
        let fixture = Fixture::new(Version::V25_4);
        let store = UserfileStore::open(&fixture.cluster, "root", "defaultdb.public.p").unwrap();
        let content: Vec<u8> = (0..5_242_880u32).map(|i| (i % 251) as u8).collect();
        store.write("/big", &content).unwrap();
        assert_eq!(store.read("/big").unwrap(), content);
        let mut s = fixture.session("root");
        expect(
            &mut s,
            "SELECT byte_offset, length(payload) FROM p_upload_payload ORDER BY 1",
            &["0|4194304", "4194304|1048576"],
        );
        store.delete("/big").unwrap();
        store.delete("/big").unwrap();
        assert!(store.read("/big").unwrap_err().message.contains("does not exist"));
    }

    #[test]
    fn an_upload_that_fails_leaves_nothing() {
        let fixture = Fixture::new(Version::V25_4);
        let mut s = fixture.session("root");
        assert_eq!(upload(&mut s, COPY, &[b"a\tb\n"]).unwrap_err().sqlstate, "22P04");
        let begun = Upload::begin(&mut s, COPY).unwrap();
        expect(
            &mut s,
            "SELECT filename, file_size FROM userfiles_root_upload_files",
            &["/dir/f.csv.tmp|0"],
        );
        begun.abort(&mut s, false);
        expect(&mut s, "SELECT count(*) FROM userfiles_root_upload_files", &["0"]);
        expect_error(
            &mut s,
            "SELECT 1 FROM nothing_upload_files",
            "42P01",
            "does not exist",
        );
    }

    #[test]
    fn listing_by_prefix_and_delimiter_gives_relative_names() {
        let fixture = Fixture::new(Version::V25_4);
        let store = UserfileStore::open(&fixture.cluster, "root", "defaultdb.public.p").unwrap();
        for name in ["file/abc/A.csv", "file/letters/B.csv", "file/letters/C.csv"] {
            store.write(&format!("/base/{name}"), b"b").unwrap();
        }
        assert_eq!(
            store.list("/base", "file", "").unwrap(),
            ["/abc/A.csv", "/letters/B.csv", "/letters/C.csv"]
        );
        assert_eq!(store.list("/base", "file/", "/").unwrap(), ["abc/", "letters/"]);
        assert!(store.list("/base", "nothing", "").unwrap().is_empty());
    }
}

mod properties {
    use proptest::prelude::*;
    use roachvault_practice::catalog::{quote_ident, quote_literal};

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_text_survives_as_a_literal_as_a_parameter_and_as_bytes(text in "[^\\x00]{0,40}") {
            let fixture = shared();
            let mut s = fixture.session("root");
            let literal = quote_literal(&text);
            let rows = s.query(&format!("SELECT {literal}, $1::STRING, length($1), encode(convert.b, 'hex') FROM (SELECT $2::BYTES AS b) AS convert"),
                &[Datum::from(text.as_str()), Datum::Bytes(text.clone().into_bytes())]).unwrap();
            prop_assert_eq!(&rows.rows[0][0], &Datum::from(text.as_str()));
            prop_assert_eq!(&rows.rows[0][1], &Datum::from(text.as_str()));
            prop_assert_eq!(&rows.rows[0][2], &Datum::Int(i64::try_from(text.chars().count()).unwrap()));
            let hex: String = text.bytes().map(|b| format!("{b:02x}")).collect();
            prop_assert_eq!(&rows.rows[0][3], &Datum::from(hex));
        }

        #[test]
        fn any_name_can_name_a_column(name in "[^\\x00]{1,20}", value in any::<i64>()) {
            let fixture = shared();
            let mut s = fixture.session("root");
            let rows = s.query(&format!("SELECT {q} FROM (SELECT {value} AS {q}) AS t", q = quote_ident(&name)), &[]).unwrap();
            prop_assert_eq!(&rows.columns[0].name, &name);
            prop_assert_eq!(&rows.rows[0][0], &Datum::Int(value));
        }

        #[test]
        fn values_survive_their_binary_form(days in -100_000i32..100_000, micros in 0i64..86_400_000_000, cents in any::<i32>(), id in any::<u128>()) {
            use roachvault_practice::types::SqlType;
            let moment = format!("{} {:02}:{:02}:{:02}.{:06}",
                roachvault_practice::binary::date_from_days(days).unwrap(),
                micros / 3_600_000_000, micros / 60_000_000 % 60, micros / 1_000_000 % 60, micros % 1_000_000);
            let price = SqlType::Decimal { precision: Some((12, 2)) };
            let cases = [
                (Datum::from(moment), SqlType::Timestamp),
                (Datum::from(uuid::Uuid::from_u128(id).to_string()), SqlType::Uuid),
                (Datum::from_text(&format!("{}.{:02}", cents / 100, (cents % 100).abs()), &price).unwrap(), price),
                (Datum::Int(i64::from(cents)), SqlType::Int8),
                (Datum::from("{a,\"b c\",NULL}"), SqlType::string_array()),
            ];
            for (value, ty) in cases {
                let mut bytes = Vec::new();
                value.write_binary(&ty, &mut bytes).unwrap();
                prop_assert_eq!(Datum::from_binary(&bytes, &ty).unwrap().to_text(&ty), value.to_text(&ty));
            }
        }
    }

    /// One cluster for all cases of a test: they only read.
    fn shared() -> &'static Fixture {
        static SHARED: std::sync::OnceLock<Fixture> = std::sync::OnceLock::new();
        SHARED.get_or_init(|| Fixture::new(Version::V25_4))
    }
}
