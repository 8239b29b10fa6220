//! psql, a client nobody here wrote, on the practice cluster: verified TLS, SCRAM, and a script of everyday SQL.
#![allow(clippy::unwrap_used)]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use roachvault_practice::{Options, PracticeCluster};

const PASSWORD: &str = "a password with 'quotes' & more";

struct Server {
    cluster: PracticeCluster,
    folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        Self::start_with(Options::default())
    }

    fn start_with(options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            password: PASSWORD.into(),
            sample_data: false,
            ..options
        };
        let cluster = PracticeCluster::start(options).unwrap();
        std::fs::write(folder.path().join("ca.crt"), cluster.ca_pem().unwrap()).unwrap();
        Self { cluster, folder }
    }

    /// Runs psql with a script on its standard input; unaligned, without headers.
    fn psql(&self, user: &str, password: &str, sslmode: &str, script: &str) -> Output {
        let ca = self.folder.path().join("ca.crt");
        let port = self.cluster.address().port();
        let target = format!(
            "host=localhost port={port} user={user} dbname=defaultdb sslmode={sslmode} sslrootcert={}",
            ca.display()
        );
        let mut child = Command::new("psql")
            .args(["--no-psqlrc", "--no-align", "--tuples-only", "--quiet", &target])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("PGPASSWORD", password)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    #[track_caller]
    fn answers(&self, script: &str, wanted: &str) {
        let output = self.psql("root", PASSWORD, "verify-full", script);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{script}");
        assert_eq!(
            String::from_utf8_lossy(&output.stdout).trim_end(),
            wanted,
            "{script}"
        );
    }

    #[track_caller]
    fn refuses(&self, script: &str, part: &str) {
        let output = self.psql("root", PASSWORD, "verify-full", script);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(part), "{script}: {said}");
    }
}

fn psql_is_missing() -> bool {
    let missing = Command::new("psql")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_err();
    if missing {
        eprintln!("skipped: psql is not installed");
    }
    missing
}

#[test]
fn psql_connects_by_verified_tls_and_scram_and_runs_a_script() {
    if psql_is_missing() {
        return;
    }
    let server = Server::start();
    server.answers(
        "CREATE DATABASE shop; USE shop;
         CREATE TYPE state AS ENUM ('open', 'paid');
         CREATE TABLE customers (id INT PRIMARY KEY, name STRING NOT NULL, since DATE DEFAULT '2024-02-29');
         CREATE TABLE orders (id UUID PRIMARY KEY DEFAULT gen_random_uuid(), customer INT REFERENCES customers (id) ON DELETE CASCADE, total DECIMAL(10,2), state state DEFAULT 'open', tags STRING[]);
         INSERT INTO customers (id, name) VALUES (1, 'Ann'), (2, 'Bo');
         INSERT INTO orders (customer, total, tags) VALUES (1, 10.5, ARRAY['a', 'b c']), (1, 4, NULL), (2, 1.25, '{}');
         SELECT c.name, sum(o.total), count(*) FROM customers c JOIN orders o ON o.customer = c.id GROUP BY c.name ORDER BY c.name;
         SELECT since, tags, state FROM customers JOIN orders ON customers.id = orders.customer WHERE total = 10.5;
         BEGIN; DELETE FROM customers WHERE id = 1; SELECT count(*) FROM orders; ROLLBACK; SELECT count(*) FROM orders;
         SELECT round(avg(total), 2), max(total)::STRING FROM orders;
         UPDATE orders SET state = 'paid' WHERE customer = 2 RETURNING state;
         SELECT name FROM customers WHERE EXISTS (SELECT 1 FROM orders WHERE customer = customers.id AND state = 'paid')",
        "Ann|14.50|2\nBo|1.25|1\n2024-02-29|{a,\"b c\"}|open\n1\n3\n5.25|10.50\npaid\nBo",
    );
    server.refuses(
        "INSERT INTO shop.orders (customer) VALUES (99);",
        "violates foreign key constraint \"orders_customer_fkey\"",
    );
    server.refuses("SELECT * FROM nowhere;", "relation \"nowhere\" does not exist");
    server.refuses("MERGE INTO shop.orders;", "This is a practice cluster");
}

#[test]
fn psql_backs_up_looks_and_restores() {
    if psql_is_missing() {
        return;
    }
    let server = Server::start();
    server.answers(
        "CREATE DATABASE shop;
         CREATE TABLE shop.goods (id INT PRIMARY KEY, name STRING, price DECIMAL(8,2), INDEX by_name (name));
         INSERT INTO shop.goods VALUES (1, 'kettle', 19.9), (2, 'lamp', 45), (3, NULL, NULL);
         BACKUP DATABASE shop INTO 'nodelocal://1/shop' \\gset full_
         \\echo :full_status :full_fraction_completed :full_rows
         UPDATE shop.goods SET price = 20 WHERE id = 1;
         DELETE FROM shop.goods WHERE id = 3;
         BACKUP DATABASE shop INTO LATEST IN 'nodelocal://1/shop' \\gset more_
         \\echo :more_status :more_rows
         SELECT count(*) FROM [SHOW BACKUPS IN 'nodelocal://1/shop'];
         SELECT backup_type, object_name, rows FROM [SHOW BACKUP FROM LATEST IN 'nodelocal://1/shop'] WHERE object_type = 'table';
         DROP DATABASE shop CASCADE;
         RESTORE DATABASE shop FROM LATEST IN 'nodelocal://1/shop' WITH new_db_name = 'again' \\gset back_
         \\echo :back_status :back_rows
         SELECT id, name, price FROM again.goods ORDER BY id;
         SELECT job_type, status FROM [SHOW JOBS] ORDER BY created",
        "succeeded 1 3\nsucceeded 2\n1\nfull|goods|3\nincremental|goods|2\nsucceeded 2\n1|kettle|20.00\n2|lamp|45.00\n\
         BACKUP|succeeded\nBACKUP|succeeded\nRESTORE|succeeded",
    );
    server.refuses(
        "RESTORE DATABASE again FROM LATEST IN 'nodelocal://1/shop';",
        "failed to resolve targets in the BACKUP location",
    );
    server.refuses(
        "SHOW BACKUP FROM LATEST IN 'nodelocal://1/elsewhere';",
        "does not contain a completed latest backup",
    );
}

#[test]
fn the_backslash_commands_show_what_there_is() {
    if psql_is_missing() {
        return;
    }
    let server = Server::start();
    server.answers(
        "CREATE TABLE t (a INT PRIMARY KEY, b STRING DEFAULT 'x'); CREATE VIEW v AS SELECT a FROM t; CREATE SEQUENCE s;
\\dt
\\dv
\\ds",
        "public|t|table|root\npublic|v|view|root\npublic|s|sequence|root",
    );
    let output = server.psql(
        "root",
        PASSWORD,
        "verify-full",
        "\\t off\n\\d t\n\\t on\n\\l\n\\dn\n\\du\n\\df\n\\dT\n",
    );
    let (said, shown) = (
        String::from_utf8_lossy(&output.stderr).into_owned(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
    );
    assert_eq!(said, "");
    for part in [
        "a|bigint||not null|",
        "\"t_pkey\" PRIMARY KEY",
        "defaultdb|root",
        "public|root",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn a_client_certificate_lets_in_the_user_it_names_and_nobody_else() {
    if psql_is_missing() {
        return;
    }
    let server = Server::start();
    let shown = server.cluster.client_certificate("root").unwrap().unwrap();
    let (certificate, key) = (
        server.folder.path().join("client.root.crt"),
        server.folder.path().join("client.root.key"),
    );
    std::fs::write(&certificate, shown.certificate_pem).unwrap();
    write_private(&key, &shown.key_pem);
    let login = |user: &str| {
        let with_files = format!(
            "verify-full sslcert={} sslkey={}",
            certificate.display(),
            key.display()
        );
        server.psql(user, "no password", &with_files, "SELECT current_user;")
    };
    let output = login("root");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "root\n");
    let output = login("demo");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("certificate authentication failed for user \"demo\""),
        "{said}"
    );
}

#[test]
fn a_certificate_of_another_authority_counts_only_where_it_was_named() {
    if psql_is_missing() {
        return;
    }
    let (elsewhere, trusting) = (Server::start(), tempfile::tempdir().unwrap());
    let shown = elsewhere.cluster.client_certificate("demo").unwrap().unwrap();
    let (certificate, key) = (
        trusting.path().join("client.demo.crt"),
        trusting.path().join("client.demo.key"),
    );
    std::fs::write(&certificate, shown.certificate_pem).unwrap();
    write_private(&key, &shown.key_pem);
    let with_files = format!(
        "verify-full sslcert={} sslkey={}",
        certificate.display(),
        key.display()
    );
    let strict = Server::start();
    let output = strict.psql("demo", "", &with_files, "SELECT 1;");
    assert!(!output.status.success());
    let open = Server::start_with(Options {
        client_ca: elsewhere.cluster.ca_pem().map(str::to_owned),
        ..Options::default()
    });
    let output = open.psql("demo", "", &with_files, "SELECT current_user;");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "demo\n");
}

/// libpq refuses keys that others can read.
fn write_private(path: &std::path::Path, text: &str) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[test]
fn explain_draws_what_is_read_and_how() {
    if psql_is_missing() {
        return;
    }
    let server = Server::start();
    let output = server.psql(
        "root",
        PASSWORD,
        "verify-full",
        "CREATE TABLE a (id INT PRIMARY KEY, b INT, INDEX by_b (b));
         EXPLAIN SELECT x.id, count(*) FROM a AS x JOIN a ON a.b = x.id GROUP BY x.id ORDER BY 2;
         EXPLAIN DELETE FROM a WHERE id = 1;
         EXPLAIN ANALYZE INSERT INTO a VALUES (1, 2);
         SELECT count(*) FROM a;",
    );
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    for part in [
        "• sort",
        "• join (lookup)",
        "    table: a@by_b",
        "• delete",
        "    table: a@a_pkey",
        "    spans: id=?",
        "execution time: ",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(shown.ends_with("\n1\n"), "{shown}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("A real cluster may choose another plan"), "{said}");
}

#[test]
fn copy_gives_rows_as_text_and_as_csv() {
    if psql_is_missing() {
        return;
    }
    let server = Server::start();
    server.answers(
        "CREATE TABLE t (a INT PRIMARY KEY, b STRING);
         INSERT INTO t VALUES (1, e'tab\\there'), (2, NULL), (3, 'a,\"b\"');
         COPY t TO STDOUT;
         COPY (SELECT b, a FROM t ORDER BY a DESC) TO STDOUT WITH CSV HEADER;
         COPY t (a) TO STDOUT (FORMAT csv, DELIMITER ';');",
        "1\ttab\\there\n2\t\\N\n3\ta,\"b\"\nb,a\n\"a,\"\"b\"\"\",3\n,2\ntab\there,1\n1\n2\n3",
    );
    server.refuses("COPY nowhere TO STDOUT;", "relation \"nowhere\" does not exist");
    server.refuses("COPY (SELECT 1) TO STDOUT BINARY;", "binary format for COPY TO");
}

#[test]
fn every_backslash_command_that_lists_is_answered() {
    if psql_is_missing() {
        return;
    }
    let server = Server::start();
    let commands = [
        "", "+", "a", "b", "c", "C", "d", "D", "ddp", "dE", "des", "det", "deu", "dew", "df", "dF", "dFd",
        "dFp", "dFt", "dg", "di", "di+", "dl", "dL", "dm", "dn", "dn+", "do", "dO", "dp", "dP", "drds",
        "dRp", "dRs", "ds", "dt", "dt+", "dT", "dT+", "du", "du+", "dv", "dx", "dy", "dconfig", "l", "l+",
        "z",
    ];
    let script: String = commands
        .iter()
        .map(|command| match *command {
            "" | "+" => format!("\\d{command}\n"),
            short if short.len() == 1 && !matches!(short, "l" | "z") => format!("\\d{short}\n"),
            whole => format!("\\{whole}\n"),
        })
        .collect();
    let output = server.psql("root", PASSWORD, "verify-full", &script);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("ERROR"), "{said}");
}

#[test]
fn a_table_is_described_with_its_indexes_and_its_foreign_keys() {
    if psql_is_missing() {
        return;
    }
    let server = Server::start();
    let output = server.psql(
        "root",
        PASSWORD,
        "verify-full",
        "CREATE TABLE a (id INT PRIMARY KEY, b INT CHECK (b > 0), INDEX by_b (b DESC));
         CREATE TABLE c (id INT PRIMARY KEY, a INT REFERENCES a (id));
         CREATE VIEW v AS SELECT id FROM a; CREATE SEQUENCE s;
         CREATE FUNCTION twice(x INT) RETURNS INT AS 'SELECT x * 2' LANGUAGE SQL;
         \\t off
         \\d a
         \\d c
         \\d+ v
         \\d s
         \\d by_b
         \\sv v
         \\df
",
    );
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    for part in [
        "\"a_pkey\" PRIMARY KEY, btree (id ASC)",
        "\"by_b\" btree (b DESC)",
        "CHECK",
        "FOREIGN KEY (a) REFERENCES",
        "TABLE \"c\" CONSTRAINT \"c_a_fkey\"",
        "SELECT id FROM",
        "public|twice|INT|x INT|func",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn a_wrong_password_and_a_plain_connection_are_refused_in_the_servers_words() {
    if psql_is_missing() {
        return;
    }
    let server = Server::start();
    for user in ["root", "nobody"] {
        let output = server.psql(user, "wrong", "verify-full", "SELECT 1");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            said.contains(&format!("password authentication failed for user {user}")),
            "{said}"
        );
    }
    let output = server.psql("root", PASSWORD, "disable", "SELECT 1");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("node is running secure mode, SSL connection required"),
        "{said}"
    );
}
