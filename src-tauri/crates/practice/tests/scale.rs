//! How much the practice cluster carries, and how little memory it needs for that: measured on the program itself, from outside.
//!
//! The ordinary tests move enough to show a leak or a buffer that grows with the data. The full sizes are
//! `cargo test --release -p roachvault-practice --test scale -- --ignored --nocapture --test-threads 1`, which prints what it measured.
#![allow(clippy::unwrap_used)]

mod client;

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;
use std::time::{Duration, Instant};

use client::{Client, copy_statement};

const MIB: usize = 1 << 20;
/// What the program may have in memory at its worst moment.
const MEMORY_LIMIT_MIB: usize = 150;
const LANES: usize = 4;
const CHUNK_BYTES: usize = 4 * MIB;

/// The program, with its data in a folder that goes with it.
struct Program {
    child: Child,
    address: SocketAddr,
    started_in: Duration,
    _folder: tempfile::TempDir,
}

impl Program {
    fn start(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let began = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_roachvault-practice"))
            .args(["serve", "--insecure", "--data"])
            .arg(folder.path())
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let started_in = began.elapsed();
        let port = line
            .split("localhost:")
            .nth(1)
            .unwrap()
            .split('/')
            .next()
            .unwrap();
        Self {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap())),
            started_in,
            _folder: folder,
        }
    }

    fn client(&self) -> Client {
        Client::open(self.address, "root").unwrap()
    }

    /// The most memory the program ever had, in MiB; `None` where the system does not tell.
    fn peak_memory_mib(&self) -> Option<usize> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        let kib: usize = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kib / 1024)
    }

    #[track_caller]
    fn stayed_small(&self, what: &str) {
        match self.peak_memory_mib() {
            Some(mib) => {
                eprintln!("{what}: at most {mib} MiB of memory");
                assert!(mib < MEMORY_LIMIT_MIB, "{what} took {mib} MiB");
            }
            None => eprintln!("{what}: memory is not measured on this system"),
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lets so many clients do something at the same time.
fn at_once(program: &Program, clients: usize, work: impl Fn(usize, Client) + Sync) {
    let all_connected = Barrier::new(clients);
    std::thread::scope(|scope| {
        for lane in 0..clients {
            let (work, all_connected) = (&work, &all_connected);
            scope.spawn(move || {
                let client = program.client();
                all_connected.wait();
                work(lane, client);
            });
        }
    });
}

/// Uploads by COPY, each connection a file of its own.
fn upload_by_copy(program: &Program, total_mib: usize) {
    let row: Vec<u8> = [vec![b'x'; 64 * 1024 - 1], vec![b'\n']].concat();
    let message = row.repeat(4);
    at_once(program, LANES, |lane, mut client| {
        client
            .begin_copy(&copy_statement(&format!("/copied-{lane}")))
            .unwrap();
        for _ in 0..total_mib * MIB / LANES / message.len() {
            client.copy_data(&message).unwrap();
        }
        client.end_copy().unwrap();
    });
}

/// Writes one file's payload rows directly, in binary, from several connections.
fn upload_directly(program: &Program, total_mib: usize) {
    let mut first = program.client();
    first.upload("/direct", b"").unwrap();
    let id = first
        .value("SELECT file_id FROM userfiles_root_upload_files WHERE filename = '/direct'")
        .unwrap();
    let chunk = vec![b'x'; CHUNK_BYTES];
    let chunks = total_mib * MIB / CHUNK_BYTES;
    at_once(program, LANES, |lane, mut client| {
        client
            .prepare(&format!(
                "UPSERT INTO userfiles_root_upload_payload (file_id, byte_offset, payload) VALUES ('{id}', $1, $2)"
            ))
            .unwrap();
        for chunk_number in (lane..chunks).step_by(LANES) {
            let offset = (chunk_number * CHUNK_BYTES) as i64;
            client.execute(&[&offset.to_be_bytes(), &chunk]).unwrap();
        }
    });
    let size = total_mib * MIB;
    first
        .query(&format!(
            "UPDATE userfiles_root_upload_files SET file_size = {size} WHERE filename = '/direct'"
        ))
        .unwrap();
    let stored =
        format!("SELECT sum_int(length(payload)) FROM userfiles_root_upload_payload WHERE file_id = '{id}'");
    assert_eq!(first.value(&stored).unwrap(), size.to_string());
}

/// Reads the payload of the file that [`upload_directly`] wrote, each connection a part of it.
fn download(program: &Program, total_mib: usize) {
    const ROWS_AT_ONCE: usize = 4;
    let id = program
        .client()
        .value("SELECT file_id FROM userfiles_root_upload_files WHERE filename = '/direct'")
        .unwrap();
    let chunks = total_mib * MIB / CHUNK_BYTES;
    at_once(program, LANES, |lane, mut client| {
        client
            .prepare(&format!(
                "SELECT byte_offset, payload FROM userfiles_root_upload_payload WHERE file_id = '{id}' AND byte_offset >= $1 AND byte_offset < $2"
            ))
            .unwrap();
        for first in (lane * ROWS_AT_ONCE..chunks).step_by(LANES * ROWS_AT_ONCE) {
            let end = (first + ROWS_AT_ONCE).min(chunks);
            let (from, until) = ((first * CHUNK_BYTES) as i64, (end * CHUNK_BYTES) as i64);
            let size = client
                .execute_for_size(&[&from.to_be_bytes(), &until.to_be_bytes()])
                .unwrap();
            // Two bytes for the number of columns, four for each length, eight for the offset.
            assert_eq!(size, (end - first) * (CHUNK_BYTES + 2 + 4 + 4 + 8));
        }
    });
}

fn transfers_stay_small(total_mib: usize) {
    let program = Program::start(&["--empty"]);
    let began = Instant::now();
    upload_by_copy(&program, total_mib);
    eprintln!(
        "{total_mib} MiB by COPY on {LANES} connections: {:.1?}",
        began.elapsed()
    );
    program.stayed_small("uploading by COPY");
    let began = Instant::now();
    upload_directly(&program, total_mib);
    eprintln!(
        "{total_mib} MiB directly on {LANES} connections: {:.1?}",
        began.elapsed()
    );
    program.stayed_small("uploading directly");
    let began = Instant::now();
    download(&program, total_mib);
    eprintln!(
        "{total_mib} MiB downloaded on {LANES} connections: {:.1?}",
        began.elapsed()
    );
    program.stayed_small("downloading");
}

fn many_files(count: usize) {
    let program = Program::start(&["--empty"]);
    let mut client = program.client();
    client.upload("/many/0000000", b"a").unwrap();
    let began = Instant::now();
    for first in (1..count).step_by(10_000) {
        let last = (first + 9_999).min(count - 1);
        client
            .query(&format!(
                "INSERT INTO userfiles_root_upload_files (filename, file_size, username) SELECT '/many/' || lpad(i::STRING, 7, '0'), 1, 'root' FROM generate_series({first}, {last}) AS g(i)"
            ))
            .unwrap();
    }
    client
        .query("INSERT INTO userfiles_root_upload_payload SELECT file_id, 0, b'a' FROM userfiles_root_upload_files WHERE filename > '/many/0000000'")
        .unwrap();
    eprintln!("{count} files made: {:.1?}", began.elapsed());
    let began = Instant::now();
    let listed = client
        .query("SELECT filename, file_size, username, upload_time, file_id FROM userfiles_root_upload_files WHERE filename >= '/many/' AND filename < '/many0' ORDER BY filename")
        .unwrap();
    eprintln!("{count} files listed: {:.1?}", began.elapsed());
    assert_eq!(listed.len(), count);
    let sorted = listed.windows(2).all(|pair| pair[0][0] < pair[1][0]);
    assert!(sorted, "the list is in order of name");
    let began = Instant::now();
    client
        .query("UPDATE userfiles_root_upload_files SET filename = '/other' WHERE filename = '/many/0000007'")
        .unwrap();
    client.upload("/many/0000007", b"again").unwrap();
    let read = "SELECT payload FROM userfiles_root_upload_payload WHERE file_id = (SELECT file_id FROM userfiles_root_upload_files WHERE filename = '/many/0000007')";
    assert_eq!(client.value(read).unwrap(), "\\x616761696e");
    eprintln!(
        "one renamed, one uploaded, one read among them: {:.1?}",
        began.elapsed()
    );
    program.stayed_small("many files");
}

#[test]
fn memory_does_not_grow_with_what_is_transferred() {
    transfers_stay_small(128);
}

#[test]
fn fifty_clients_write_and_read_at_once() {
    let program = Program::start(&["--empty"]);
    let clients = 50;
    program
        .client()
        .query("CREATE TABLE t (client INT, n INT, PRIMARY KEY (client, n))")
        .unwrap();
    let began = Instant::now();
    at_once(&program, clients, |lane, mut client| {
        for n in 0..10 {
            client
                .query(&format!("INSERT INTO t VALUES ({lane}, {n})"))
                .unwrap();
            let mine = format!("SELECT count(*) FROM t WHERE client = {lane}");
            assert_eq!(client.value(&mine).unwrap(), (n + 1).to_string());
        }
        client.upload(&format!("/file-{lane}"), b"content").unwrap();
    });
    eprintln!("{clients} clients: {:.1?}", began.elapsed());
    let mut client = program.client();
    assert_eq!(client.value("SELECT count(*) FROM t").unwrap(), "500");
    let files = "SELECT count(*) FROM userfiles_root_upload_files WHERE file_size = 7";
    assert_eq!(client.value(files).unwrap(), clients.to_string());
    program.stayed_small("fifty clients");
}

#[test]
fn ten_thousand_files_are_no_burden() {
    many_files(10_000);
}

#[test]
#[ignore = "moves three gibibytes; see the head of the file"]
fn a_gibibyte_on_four_connections_stays_small() {
    transfers_stay_small(1024);
}

#[test]
#[ignore = "needs four gibibytes of disk; see the head of the file"]
fn a_file_of_four_gibibytes_is_stored_whole() {
    let program = Program::start(&["--empty"]);
    let began = Instant::now();
    upload_directly(&program, 4096);
    eprintln!("4 GiB directly on {LANES} connections: {:.1?}", began.elapsed());
    program.stayed_small("a file of 4 GiB");
}

#[test]
#[ignore = "the full size; see the head of the file"]
fn a_hundred_thousand_files_are_no_burden() {
    many_files(100_000);
}

#[test]
#[ignore = "a time is only worth something in a release build; see the head of the file"]
fn the_first_start_is_quick() {
    let program = Program::start(&[]);
    eprintln!(
        "first start with the sample databases: {:.0?}",
        program.started_in
    );
    assert!(program.started_in < Duration::from_millis(1500));
}

#[cfg(unix)]
#[test]
fn a_cluster_in_memory_leaves_nothing_on_the_disk_when_it_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_roachvault-practice"))
        .args(["serve", "--memory", "--insecure", "--empty"])
        .env("TMPDIR", folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut ready)
        .unwrap();
    assert!(ready.starts_with("ready "), "{ready}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    assert!(child.wait().unwrap().success());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
