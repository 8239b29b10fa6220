//! A real PostgreSQL from the system's packages: TLS, SCRAM and client certificates made by others.
//!
//! It is not CockroachDB, and the doctor says so at the right step and kindly.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use roachvault_cockroach::doctor::{Cause, Step};
use roachvault_cockroach::version::Product;
use roachvault_cockroach::{Cluster, ErrorKind, Secret, Target, TlsMode};

use super::download::{Stored, bytes};
use super::tls::{Authority, Leaf};
use super::{doctor, failed_step, target};

/// A server in a folder of its own, stopped and removed at the end.
struct Postgres {
    process: Child,
    port: u16,
    authority: Authority,
    _folder: tempfile::TempDir,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The newest PostgreSQL's programs, or `None` (with a word about it) when there is none.
fn programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    if found.is_empty() {
        eprintln!("skipped: no PostgreSQL server is installed (package postgresql)");
    }
    found.pop()
}

/// PostgreSQL refuses to run as root; then it runs as the user its package made.
fn command(program: &Path) -> Command {
    let root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|out| out.stdout == b"0\n");
    if !root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
        .arg(program);
    command
}

async fn start(leaf: impl FnOnce(&Authority) -> Leaf) -> Option<Postgres> {
    let bin = programs()?;
    let folder = tempfile::Builder::new()
        .prefix("roachvault-postgres-")
        .tempdir()
        .unwrap();
    let data = folder.path().join("data");
    let password = folder.path().join("password");
    std::fs::write(&password, "s3cr3t-w0rd\n").unwrap();
    give_away(folder.path());
    give_away(&password);
    let made = command(&bin.join("initdb"))
        .args([
            "--auth=scram-sha-256",
            "--username=max",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
        ])
        .arg(format!("--pwfile={}", password.display()))
        .arg(&data)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));

    let authority = Authority::new();
    let leaf = leaf(&authority);
    for (name, text) in [
        ("ca.crt", &authority.pem),
        ("node.crt", &leaf.pem),
        ("node.key", &leaf.key_pem),
    ] {
        let path = data.join(name);
        std::fs::write(&path, text).unwrap();
        restrict(&path);
        give_away(&path);
    }
    std::fs::write(
        data.join("pg_hba.conf"),
        "hostssl bank certified all cert\nhostssl all certified all cert\n\
         hostssl all old all md5\nhostssl all plain all password\nhostssl all all all scram-sha-256\n",
    )
    .unwrap();
    let port = std::net::TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut settings = std::fs::OpenOptions::new()
        .append(true)
        .open(data.join("postgresql.conf"))
        .unwrap();
    // Shared memory in the data folder is gone with it, however the server ends.
    writeln!(
        settings,
        "port = {port}\nlisten_addresses = 'localhost'\nunix_socket_directories = ''\nfsync = off\nssl = on\n\
         dynamic_shared_memory_type = mmap\n\
         ssl_ca_file = 'ca.crt'\nssl_cert_file = 'node.crt'\nssl_key_file = 'node.key'"
    )
    .unwrap();
    let process = command(&bin.join("postgres"))
        .arg("-D")
        .arg(&data)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let server = Postgres {
        process,
        port,
        authority,
        _folder: folder,
    };
    let deadline = Instant::now() + Duration::from_secs(30);
    // Any certificate will do for asking whether it takes connections yet.
    let mut asking = trusting(&server);
    asking.tls = TlsMode::Require;
    loop {
        match Cluster::connect(&asking).await {
            Ok(cluster) => break cluster.close().await,
            Err(error) => assert!(Instant::now() < deadline, "PostgreSQL did not start: {error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Some(server)
}

fn restrict(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// To the user the server runs as; without root it is ours already.
fn give_away(path: &Path) {
    let _ = Command::new("chown")
        .arg("postgres:postgres")
        .arg(path)
        .stderr(Stdio::null())
        .status();
}

fn trusting(server: &Postgres) -> Target {
    let mut trusting = target(server.port, TlsMode::VerifyFull);
    trusting.database = "postgres".into();
    trusting.ca_pem = Some(server.authority.pem.clone());
    trusting
}

#[tokio::test]
async fn a_real_server_is_reached_with_tls_and_scram_and_kindly_called_what_it_is() {
    let Some(server) = start(|authority| authority.server(&["localhost"], false)).await else {
        return;
    };
    let report = doctor(&trusting(&server)).await;
    assert_eq!(failed_step(&report), Step::Version);
    let finding = report.finding.unwrap();
    assert_eq!(
        finding.cause,
        Cause::NotCockroach {
            product: Product::PostgreSql
        }
    );
    assert!(finding.explanation.what.contains("PostgreSQL"));

    let cluster = Cluster::connect(&trusting(&server)).await.unwrap();
    let one: i32 = sqlx::query_scalar("SELECT 1")
        .persistent(false)
        .fetch_one(cluster.pool())
        .await
        .unwrap();
    assert_eq!(one, 1);
    cluster.close().await;

    let mut wrong = trusting(&server);
    wrong.password = Some(Secret::new("not it"));
    let report = doctor(&wrong).await;
    assert_eq!(
        (failed_step(&report), report.finding.unwrap().cause),
        (Step::Login, Cause::WrongPassword)
    );
    assert_eq!(Cluster::connect(&wrong).await.unwrap_err().kind, ErrorKind::Auth);

    let mut stranger = trusting(&server);
    stranger.ca_pem = None;
    let report = doctor(&stranger).await;
    assert_eq!(failed_step(&report), Step::Tls);
    assert_eq!(
        report.finding.unwrap().cause,
        Cause::UnknownAuthority {
            cloud: false,
            chosen: None
        }
    );

    let mut plain = trusting(&server);
    plain.tls = TlsMode::Disable;
    let report = doctor(&plain).await;
    assert_eq!(
        (failed_step(&report), report.finding.unwrap().cause),
        (Step::Routing, Cause::NoAccessRule)
    );

    let mut nowhere = trusting(&server);
    nowhere.database = "no_such_database".into();
    let report = doctor(&nowhere).await;
    failed_step(&report);
    assert_eq!(
        report.finding.unwrap().cause,
        Cause::DatabaseMissing {
            name: "no_such_database".into()
        }
    );
}

#[tokio::test]
async fn a_real_server_checks_client_certificates() {
    let Some(server) = start(|authority| authority.server(&["localhost"], false)).await else {
        return;
    };
    let admin = Cluster::connect(&trusting(&server)).await.unwrap();
    sqlx::raw_sql("CREATE ROLE certified LOGIN")
        .execute(admin.pool())
        .await
        .unwrap();
    admin.close().await;

    let mut certified = trusting(&server);
    certified.user = "certified".into();
    certified.password = None;
    let own = server.authority.client("certified");
    certified.client_cert_pem = Some(own.pem);
    certified.client_key_pem = Some(Secret::new(own.key_pem));
    assert_eq!(
        failed_step(&doctor(&certified).await),
        Step::Version,
        "logged in by certificate alone"
    );

    let other = server.authority.client("somebody-else");
    certified.client_cert_pem = Some(other.pem);
    certified.client_key_pem = Some(Secret::new(other.key_pem));
    let report = doctor(&certified).await;
    assert_eq!(report.finding.unwrap().cause, Cause::ClientCertificateRefused);
}

#[tokio::test]
async fn a_real_server_with_a_wrong_or_expired_certificate_is_refused() {
    let Some(server) = start(|authority| authority.server(&["node1.example.com"], false)).await else {
        return;
    };
    let report = doctor(&trusting(&server)).await;
    assert_eq!(failed_step(&report), Step::Tls);
    assert!(matches!(report.finding.unwrap().cause, Cause::WrongHost { .. }));
    drop(server);

    let Some(server) = start(|authority| authority.server(&["localhost"], true)).await else {
        return;
    };
    let report = doctor(&trusting(&server)).await;
    assert_eq!(failed_step(&report), Step::Tls);
    assert!(matches!(
        report.finding.unwrap().cause,
        Cause::CertificateExpired { .. }
    ));
}

#[tokio::test]
async fn a_download_logs_in_as_a_real_server_asks_for_it() {
    let Some(server) = start(|authority| authority.server(&["localhost"], false)).await else {
        return;
    };
    let admin = Cluster::connect(&trusting(&server)).await.unwrap();
    sqlx::raw_sql("CREATE DATABASE defaultdb")
        .execute(admin.pool())
        .await
        .unwrap();
    admin.close().await;
    let owner = Target {
        database: "defaultdb".into(),
        ..trusting(&server)
    };
    let admin = Cluster::connect(&owner).await.unwrap();
    sqlx::raw_sql(
        "CREATE TABLE userfiles_max_upload_files (filename TEXT PRIMARY KEY, \
         file_id UUID UNIQUE NOT NULL, file_size INT8 NOT NULL, username TEXT NOT NULL, \
         upload_time TIMESTAMP DEFAULT now()); \
         CREATE TABLE userfiles_max_upload_payload (file_id UUID, byte_offset INT8, payload BYTEA, \
         PRIMARY KEY (file_id, byte_offset)); \
         CREATE ROLE certified SUPERUSER LOGIN; \
         CREATE ROLE plain SUPERUSER LOGIN PASSWORD 's3cr3t-w0rd'; \
         SET password_encryption = 'md5'; \
         CREATE ROLE old SUPERUSER LOGIN PASSWORD 's3cr3t-w0rd'",
    )
    .execute(admin.pool())
    .await
    .unwrap();
    let by_scram = Stored::put(&owner).await;
    assert_eq!(by_scram.fetch().await.unwrap(), bytes());
    for user in ["plain", "old", "certified"] {
        let mut target = Target {
            user: user.into(),
            ..owner.clone()
        };
        if user == "certified" {
            let own = server.authority.client(user);
            target.password = None;
            target.client_cert_pem = Some(own.pem);
            target.client_key_pem = Some(Secret::new(own.key_pem));
        }
        let stored = Stored::open(&target, "max").await;
        assert_eq!(stored.fetch().await.unwrap(), bytes(), "{user}");
    }

    sqlx::raw_sql("ALTER ROLE max PASSWORD 'another one'")
        .execute(admin.pool())
        .await
        .unwrap();
    let error = by_scram.fetch().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Auth, "{error:?}");
    assert!(!format!("{error:?}").contains("s3cr3t-w0rd"), "{error:?}");
}
