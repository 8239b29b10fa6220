//! Every fault of the table does what the table says, seen from the other end of the wire.
#![allow(clippy::unwrap_used)]

mod client;

use std::time::{Duration, Instant};

use client::{Client, Failure};
use roachvault_practice::{Options, PracticeCluster, faults};

const PATIENCE: Duration = Duration::from_secs(60);

struct Server(PracticeCluster);

impl Server {
    fn start() -> Self {
        let mut options = Options {
            insecure: true,
            sample_data: false,
            clock_speed: 10.0,
            ..Options::default()
        };
        options.backups.least_job_duration = Duration::ZERO;
        Self(PracticeCluster::start(options).unwrap())
    }

    fn open(&self) -> Result<Client, Failure> {
        Client::open(self.0.address(), "root")
    }

    fn client(&self) -> Client {
        self.open().unwrap()
    }

    /// Sets faults as somebody with psql would.
    fn set(&self, faults: &str) -> Client {
        let mut client = self.client();
        client.query(&format!("SET practice.fault = '{faults}'")).unwrap();
        client
    }

    /// A connection on which a table `t` with the column `a` was made, and then the faults were set.
    fn set_beside_a_table(&self, faults: &str) -> Client {
        self.client().query("CREATE TABLE t (a INT)").unwrap();
        self.set(faults)
    }

    /// For the fault `max_connections`.
    fn open_when_there_is_room(&self) -> Client {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.open() {
                Ok(client) => return client,
                Err(error) => assert_eq!(error.sqlstate(), "53300"),
            }
            assert!(
                Instant::now() < deadline,
                "the place of a client that left is not free"
            );
        }
    }

    /// Faults cannot be cleared through a line that they break.
    fn clear(&self) -> Client {
        self.0.cluster().faults().set("").unwrap();
        self.client()
    }
}

/// Asks until the answer is as wanted.
fn until(client: &mut Client, sql: &str, wanted: &str) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let value = client.value(sql).unwrap();
        if value == wanted {
            return;
        }
        assert!(Instant::now() < deadline, "{sql}: {value}, not {wanted}");
    }
}

const COUNT: &str = "SELECT count(*) FROM t";
const FILES: &str = "SELECT count(*) FROM userfiles_root_upload_files";

#[test]
fn the_table_of_faults_is_complete_and_each_is_tried_here() {
    let server = Server::start();
    let mut client = server.client();
    let tests = include_str!("faults.rs");
    let mut listed = Vec::new();
    for line in faults::TABLE.lines() {
        let example = line.split_whitespace().next().unwrap();
        let name = example.split('=').next().unwrap();
        let tried = tests.contains(&format!("(\"{name}\"")) || tests.contains(&format!("(\"{name}="));
        assert!(tried, "no test sets {name}");
        listed.push(name.to_owned());
    }
    let unknown = client.query("SET practice.fault = 'nonsense'").unwrap_err();
    assert_eq!(unknown.sqlstate(), "22023", "{unknown}");
    let documented = include_str!("../src/faults.rs");
    for name in &listed {
        let row = documented
            .lines()
            .any(|line| line.starts_with("//! | `") && line[7..].starts_with(name.as_str()));
        assert!(row, "{name} has no row in the documented table");
    }
    let rows = documented
        .lines()
        .filter(|line| line.starts_with("//! | `"))
        .count();
    assert_eq!(rows, listed.len());
}

#[test]
fn latency_delays_every_round_trip() {
    let server = Server::start();
    let mut client = server.set("latency=150ms");
    let began = Instant::now();
    client.query("SELECT 1").unwrap();
    client.query("SELECT 1").unwrap();
    assert!(began.elapsed() >= Duration::from_millis(300));
}

#[test]
fn bandwidth_holds_bytes_back() {
    let server = Server::start();
    let mut client = server.set("bandwidth=100000");
    let began = Instant::now();
    client
        .query(&format!("SELECT length('{}')", "x".repeat(50_000)))
        .unwrap();
    assert!(began.elapsed() >= Duration::from_millis(500));
}

#[test]
fn a_connection_is_cut_after_its_bytes() {
    let server = Server::start();
    let mut client = server.set("cut_after=2000");
    client.query("SELECT 1").unwrap();
    let error = client
        .query(&format!("SELECT length('{}')", "x".repeat(3000)))
        .unwrap_err();
    assert!(error.is_lost(), "{error}");
    server.client().query("SELECT 1").unwrap();
}

#[test]
fn a_connection_is_cut_at_a_statement_before_it_runs() {
    let server = Server::start();
    let mut client = server.set_beside_a_table("cut_at=INSERT");
    assert!(client.query("INSERT INTO t VALUES (1)").unwrap_err().is_lost());
    assert_eq!(server.clear().value(COUNT).unwrap(), "0");
}

#[test]
fn a_connection_is_cut_after_a_statement_that_ran() {
    let server = Server::start();
    let mut client = server.set_beside_a_table("cut_after_statement=INSERT");
    assert!(client.query("INSERT INTO t VALUES (1)").unwrap_err().is_lost());
    assert_eq!(server.clear().value(COUNT).unwrap(), "1");
}

#[test]
fn every_third_payload_row_asks_to_be_written_again() {
    let server = Server::start();
    server.client().upload("/a", b"a").unwrap();
    let mut client = server.set("retry_chunk=3");
    let codes: Vec<String> = (10..16)
        .map(|offset| {
            let sql = format!(
                "INSERT INTO userfiles_root_upload_payload SELECT file_id, {offset}, b'x' FROM userfiles_root_upload_files"
            );
            client.query(&sql).map_or_else(|error| error.sqlstate().to_owned(), |_| String::new())
        })
        .collect();
    assert_eq!(codes, ["", "", "40001", "", "", "40001"]);
}

#[test]
fn a_draining_node_says_so_to_old_and_new_clients() {
    let server = Server::start();
    let mut other = server.client();
    server.set("drain");
    assert_eq!(other.query("SELECT 1").unwrap_err().sqlstate(), "57P01");
    assert_eq!(server.open().unwrap_err().sqlstate(), "57P01");
    server.clear().query("SELECT 1").unwrap();
}

#[test]
fn a_silent_server_takes_connections_and_says_nothing() {
    let server = Server::start();
    server.set("silent");
    let patience = Duration::from_millis(300);
    let error = Client::open_with_patience(server.0.address(), "root", patience).unwrap_err();
    assert!(error.is_silence(), "{error}");
}

#[test]
fn connections_that_stood_lead_nowhere_and_new_ones_do_not() {
    let server = Server::start();
    let patience = Duration::from_millis(300);
    let mut stood = Client::open_with_patience(server.0.address(), "root", patience).unwrap();
    server.set("half_open");
    let failure = stood.query("SELECT 1").unwrap_err();
    assert!(failure.is_silence(), "{failure}");
    assert_eq!(server.client().value("SELECT 1").unwrap(), "1");
}

#[test]
fn a_waking_cluster_keeps_the_first_answer_back() {
    let server = Server::start();
    server.set("slow_start=400ms");
    let began = Instant::now();
    server.client();
    assert!(began.elapsed() >= Duration::from_millis(400));
}

#[test]
fn a_disabled_cluster_refuses_connections() {
    let server = Server::start();
    server.set("disabled");
    assert_eq!(server.open().unwrap_err().sqlstate(), "08004");
}

#[test]
fn connections_above_the_limit_are_refused() {
    let server = Server::start();
    let first = server.set("max_connections=1");
    assert_eq!(server.open().unwrap_err().sqlstate(), "53300");
    drop(first);
    server.open_when_there_is_room();
}

#[test]
fn jobs_fail_at_the_percentage() {
    let server = Server::start();
    let mut client = server.set_beside_a_table("job_fail_at=50");
    let error = client.query("BACKUP TABLE t INTO 'nodelocal://1/b'").unwrap_err();
    assert!(
        error.to_string().contains("asked to fail jobs at 50 %"),
        "{error}"
    );
    assert_eq!(client.value("SELECT status FROM [SHOW JOBS]").unwrap(), "failed");
}

#[test]
fn jobs_pause_at_the_percentage_and_can_be_resumed() {
    let server = Server::start();
    let mut client = server.set_beside_a_table("job_pause_at=50");
    let id = client
        .value("BACKUP TABLE t INTO 'nodelocal://1/b' WITH detached")
        .unwrap();
    let status = format!("SELECT status FROM [SHOW JOB {id}]");
    until(&mut client, &status, "paused");
    client.query(&format!("RESUME JOB {id}")).unwrap();
    until(&mut client, &status, "succeeded");
}

#[test]
fn slow_jobs_take_that_much_cluster_time_longer() {
    let server = Server::start();
    let mut client = server.set_beside_a_table("job_slow=5s");
    let began = Instant::now();
    client.query("BACKUP TABLE t INTO 'nodelocal://1/b'").unwrap();
    // Ten seconds of the cluster are one of ours.
    assert!(began.elapsed() >= Duration::from_millis(400));
}

#[test]
fn shifted_offsets_are_those_of_the_old_bug() {
    let server = Server::start();
    let mut client = server.set("shifted_offset");
    client.upload("/big", &vec![b'x'; 9 << 20]).unwrap();
    let offsets = client
        .query("SELECT byte_offset, length(payload) FROM userfiles_root_upload_payload ORDER BY 1")
        .unwrap();
    let offsets: Vec<String> = offsets
        .into_iter()
        .map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(offsets, ["0 4194304", "4194305 4194304", "8388609 1048576"]);
}

#[test]
fn an_old_store_has_no_foreign_key() {
    let stray = "INSERT INTO userfiles_root_upload_payload VALUES (gen_random_uuid(), 0, b'x')";
    let server = Server::start();
    let mut client = server.set("no_foreign_key");
    client.upload("/a", b"a").unwrap();
    client.query(stray).unwrap();
    let server = Server::start();
    let mut client = server.client();
    client.upload("/a", b"a").unwrap();
    assert_eq!(client.query(stray).unwrap_err().sqlstate(), "23503");
}

#[test]
fn an_old_store_holds_payload_of_no_file() {
    let server = Server::start();
    let mut client = server.set("orphan_payload");
    client.upload("/a", b"a").unwrap();
    let orphans = "SELECT count(*) FROM userfiles_root_upload_payload p LEFT JOIN userfiles_root_upload_files f ON f.file_id = p.file_id WHERE f.file_id IS NULL";
    assert_eq!(client.value(orphans).unwrap(), "3");
}

#[test]
fn a_store_that_somebody_else_owns_is_closed_to_its_user() {
    let server = Server::start();
    server.client().query("CREATE USER jo").unwrap();
    server.set("store_of_another");
    let mut jo = Client::open(server.0.address(), "jo").unwrap();
    let error = jo.upload("/a", b"a").unwrap_err();
    assert_eq!(error.sqlstate(), "42501", "{error}");
    let error = jo
        .query("SELECT filename FROM userfiles_jo_upload_files")
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("user jo does not have SELECT privilege on relation userfiles_jo_upload_files"),
        "{error}"
    );
    // An administrator sees whose it is.
    let owner = "SELECT DISTINCT owner FROM [SHOW TABLES FROM defaultdb] WHERE table_name LIKE 'userfiles%'";
    assert_eq!(server.clear().value(owner).unwrap(), "somebody_else");
}

#[test]
fn without_defaultdb_a_default_store_cannot_be_made_and_another_can() {
    let server = Server::start();
    let mut client = server.set("no_defaultdb");
    let databases = "SELECT count(*) FROM [SHOW DATABASES] WHERE database_name = 'defaultdb'";
    assert_eq!(client.value(databases).unwrap(), "0");
    let error = client.upload("/a", b"a").unwrap_err();
    assert_eq!(error.sqlstate(), "3F000", "{error}");
    assert!(
        error
            .to_string()
            .contains("target database or schema does not exist"),
        "{error}"
    );
    client.upload("postgres.public.mine/a", b"a").unwrap();
    assert_eq!(
        client
            .value("SELECT filename FROM postgres.public.mine_upload_files")
            .unwrap(),
        "/a"
    );
    // The fault is of the kind that leaves its mark: clearing it brings nothing back.
    assert_eq!(server.clear().value(databases).unwrap(), "0");
}

#[test]
fn a_lost_connection_leaves_the_unfinished_file_only_if_asked_to() {
    for (faults, left) in [("keep_partial", "1"), ("", "0")] {
        let server = Server::start();
        let mut client = server.set("keep_partial");
        let mut lost = server.client();
        client
            .query(&format!("SET practice.fault = '{faults}, max_connections=2'"))
            .unwrap();
        lost.begin_copy(&client::copy_statement("/a.tmp")).unwrap();
        assert_eq!(client.value(FILES).unwrap(), "1");
        lost.copy_data(b"some of it").unwrap();
        drop(lost);
        // Its place becomes free when the server is through with it.
        server.open_when_there_is_room();
        assert_eq!(client.value(FILES).unwrap(), left);
    }
}

#[test]
fn copy_can_be_switched_off() {
    let server = Server::start();
    let mut client = server.set("copy_disabled");
    assert_eq!(client.upload("/a", b"a").unwrap_err().sqlstate(), "0A000");
}

#[test]
fn direct_writes_can_be_refused() {
    let server = Server::start();
    server.client().upload("/a", b"a").unwrap();
    let mut client = server.set("direct_write_refused");
    let write =
        "INSERT INTO userfiles_root_upload_files (filename, file_size, username) VALUES ('/b', 0, 'root')";
    assert_eq!(client.query(write).unwrap_err().sqlstate(), "42501");
    client.upload("/c", b"c").unwrap();
}

#[test]
fn a_full_disk_refuses_payload() {
    let server = Server::start();
    let mut client = server.set("disk_full=5000000");
    let error = client.upload("/big", &vec![b'x'; 9 << 20]).unwrap_err();
    assert_eq!(error.sqlstate(), "53100", "{error}");
    assert_eq!(client.value(FILES).unwrap(), "0");
}
