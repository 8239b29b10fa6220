//! `PG*` variables and `.pgpass` of the person's shell have no say in a connection.
//!
//! The environment belongs to the whole process, so each case runs this test binary again with the
//! variables set from outside.

use std::process::{Command, Stdio};

use roachvault_cockroach::{Cluster, TlsMode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::target;

const PORT: &str = "ROACHVAULT_TEST_PORT";

/// Not a test of its own: what the cases below run again, in an environment of their making.
#[tokio::test]
async fn connects_when_told_where() {
    let Some(port) = std::env::var_os(PORT) else {
        return;
    };
    let port = port.to_str().unwrap().parse().unwrap();
    let mut without_password = target(port, TlsMode::Disable);
    without_password.password = None;
    if let Err(error) = Cluster::connect(&without_password).await {
        println!("refused: {error}");
    }
}

fn child(port: u16, variables: &[(&str, &str)]) -> tokio::task::JoinHandle<String> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "environment::connects_when_told_where", "--nocapture"])
        .env(PORT, port.to_string())
        .envs(variables.iter().copied())
        .stdin(Stdio::null());
    tokio::task::spawn_blocking(move || {
        String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
    })
}

/// What a client says first, and the password it sends when it is asked.
async fn heard(listener: &TcpListener) -> (Vec<u8>, Vec<u8>) {
    let (mut tcp, _) = listener.accept().await.unwrap();
    let length = tcp.read_i32().await.unwrap();
    let mut startup = vec![0; length as usize - 4];
    tcp.read_exact(&mut startup).await.unwrap();
    tcp.write_all(&[b'R', 0, 0, 0, 8, 0, 0, 0, 3]).await.unwrap();
    let mut password = vec![0; 5];
    tcp.read_exact(&mut password).await.unwrap();
    let length = i32::from_be_bytes(password[1..5].try_into().unwrap());
    let mut password = vec![0; length as usize - 4];
    tcp.read_exact(&mut password).await.unwrap();
    (startup, password)
}

#[tokio::test]
async fn the_shells_variables_and_pgpass_change_nothing_that_is_sent() {
    let listener = TcpListener::bind(("localhost", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let plain_child = child(port, &[]);
    let plain = heard(&listener).await;
    plain_child.await.unwrap();

    let home = tempfile::tempdir().unwrap();
    let pgpass = home.path().join(".pgpass");
    std::fs::write(&pgpass, "*:*:*:*:from-pgpass\n").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&pgpass, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let polluted_child = child(
        port,
        &[
            ("PGHOST", "elsewhere.invalid"),
            ("PGHOSTADDR", "192.0.2.1"),
            ("PGPORT", "1"),
            ("PGUSER", "intruder"),
            ("PGPASSWORD", "from-environment"),
            ("PGDATABASE", "elsewhere"),
            ("PGSSLMODE", "require"),
            ("PGSSLROOTCERT", "/nowhere/ca.crt"),
            ("PGAPPNAME", "intruder"),
            ("PGPASSFILE", pgpass.to_str().unwrap()),
            ("HOME", home.path().to_str().unwrap()),
        ],
    );
    let polluted = heard(&listener).await;
    polluted_child.await.unwrap();
    assert_eq!(polluted, plain);
    assert_eq!(plain.1, b"\0", "no password means none");
}

#[tokio::test]
async fn a_variable_that_cannot_be_overridden_stops_the_connection_before_it_is_made() {
    for (variable, value) in [
        ("PGOPTIONS", "--cluster=elsewhere"),
        ("PGSSLCERT", "/x.crt"),
        ("PGSSLKEY", "/x.key"),
    ] {
        let listener = TcpListener::bind(("localhost", 0)).await.unwrap();
        let output = child(listener.local_addr().unwrap().port(), &[(variable, value)])
            .await
            .unwrap();
        assert!(
            output.contains(&format!("refused: The environment variable {variable}")),
            "{output}"
        );
    }
}
