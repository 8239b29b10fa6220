//! A PostgreSQL of its own for a test: a second, independent server that knows nothing of us.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use roachvault_cockroach::{Cluster, Target, TlsMode};

/// Stops and removes itself when it is dropped.
pub struct Postgres {
    server: Child,
    _folder: tempfile::TempDir,
    pub port: u16,
}

impl Postgres {
    /// `None`, with a line saying so, where PostgreSQL is not installed.
    pub async fn start() -> Option<Self> {
        let Some(bin) = bin_folder() else {
            println!("skipped: no PostgreSQL server under /usr/lib/postgresql");
            return None;
        };
        let folder = tempfile::Builder::new()
            .prefix("roachvault-postgres")
            .tempdir()
            .unwrap();
        let data = folder.path().join("data");
        if is_root() {
            // The server refuses to run as root.
            assert!(
                Command::new("chown")
                    .arg("postgres")
                    .arg(folder.path())
                    .status()
                    .unwrap()
                    .success()
            );
        }
        let made = command(&bin.join("initdb"))
            .args([
                "--no-sync",
                "--auth=trust",
                "--locale=C",
                "--encoding=UTF8",
                "--username=root",
                "-D",
            ])
            .arg(&data)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let server = command(&bin.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args([
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "fsync=off",
                "-c",
                // In the data folder, and gone with it, however the server ends.
                "dynamic_shared_memory_type=mmap",
                "-c",
                "unix_socket_directories=",
            ])
            .args(["-c", &format!("port={port}")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let postgres = Self {
            server,
            _folder: folder,
            port,
        };
        let first = postgres.connect("postgres").await;
        sqlx::query("CREATE DATABASE defaultdb")
            .execute(first.pool())
            .await
            .unwrap();
        Some(postgres)
    }

    /// Waits until the server accepts connections.
    pub async fn connect(&self, database: &str) -> Cluster {
        let target = Target {
            host: "127.0.0.1".into(),
            port: self.port,
            user: "root".into(),
            database: database.into(),
            tls: TlsMode::Disable,
            ca_pem: None,
            client_cert_pem: None,
            client_key_pem: None,
            password: None,
            cluster_option: None,
            jwt: false,
        };
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            match Cluster::connect(&target).await {
                Ok(cluster) => return cluster,
                Err(error) => assert!(Instant::now() < deadline, "PostgreSQL did not start: {error}"),
            }
            tokio::task::yield_now().await;
        }
    }

    /// With both tables of root's store, as the server would have made them.
    pub async fn with_store(&self) -> Cluster {
        let cluster = self.connect("defaultdb").await;
        for sql in [
            "CREATE TABLE userfiles_root_upload_files (filename TEXT PRIMARY KEY, \
             file_id UUID UNIQUE NOT NULL DEFAULT gen_random_uuid(), file_size INT8 NOT NULL, \
             username TEXT NOT NULL, upload_time TIMESTAMP DEFAULT now())",
            "CREATE TABLE userfiles_root_upload_payload (file_id UUID, byte_offset INT8, payload BYTEA, \
             PRIMARY KEY (file_id, byte_offset))",
            "ALTER TABLE userfiles_root_upload_payload ADD CONSTRAINT file_id_fk FOREIGN KEY (file_id) \
             REFERENCES userfiles_root_upload_files (file_id)",
        ] {
            sqlx::query(sql).execute(cluster.pool()).await.unwrap();
        }
        cluster
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn bin_folder() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    versions.retain(|bin| bin.join("initdb").exists() && bin.join("postgres").exists());
    versions.sort();
    versions.pop()
}

fn is_root() -> bool {
    let id = Command::new("id")
        .arg("-u")
        .output()
        .map(|output| output.stdout)
        .unwrap_or_default();
    id.trim_ascii() == b"0"
}

/// As the user `postgres` when the tests run as root. The program replaces its wrapper, so that
/// killing the child kills the server.
fn command(program: &Path) -> Command {
    if is_root() {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"])
            .arg(program);
        command.current_dir("/");
        command
    } else {
        Command::new(program)
    }
}
