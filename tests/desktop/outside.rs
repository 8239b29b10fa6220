//! What can be seen from outside the app: the keyring through the Secret Service, tables through psql, files on disk.
//! None of it goes through our own code, so it can disagree with us.

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::desktop::Desktop;

/// The secrets that the app keeps in the keyring.
pub fn keyring_secrets(desktop: &Desktop) -> Vec<String> {
    let found = desktop
        .output(
            "secret-tool",
            &["search", "--all", "--unlock", "service", "dev.roachvault.app"],
        )
        .unwrap_or_default();
    found
        .lines()
        .filter_map(|line| line.strip_prefix("secret = "))
        .map(str::to_owned)
        .collect()
}

/// What psql, a client that is not ours, gets from the practice cluster for this statement: one line a row. It goes
/// where the saved connection points, with the host name and certificate fully checked.
#[track_caller]
pub fn psql(desktop: &Desktop, database: &str, statement: &str) -> String {
    try_psql(desktop, database, statement).unwrap()
}

/// The same, where the statement may fail for now.
pub fn try_psql(desktop: &Desktop, database: &str, statement: &str) -> Result<String, String> {
    run_psql(desktop, database, &["--command", statement])
}

/// The same for a statement that is too long for an argument.
#[track_caller]
pub fn psql_file(desktop: &Desktop, database: &str, statement: &str) -> String {
    let file = desktop.scratch("statement.sql");
    std::fs::write(&file, statement).unwrap();
    run_psql(desktop, database, &["--file", &file.display().to_string()]).unwrap()
}

fn run_psql(desktop: &Desktop, database: &str, statement: &[&str]) -> Result<String, String> {
    let index = std::fs::read(desktop.data_dir().join("connections.json")).unwrap();
    let index: Value = serde_json::from_slice(&index).unwrap();
    let saved = &index["connections"][0];
    let certificate = desktop.scratch("practice-ca.pem");
    std::fs::write(&certificate, saved["ca_pem"].as_str().unwrap()).unwrap();
    let password = keyring_secrets(desktop)
        .pop()
        .expect("the keyring holds the practice cluster's password");
    let output = desktop
        .command("psql")
        .args([
            "--no-psqlrc",
            "--tuples-only",
            "--no-align",
            "--set",
            "ON_ERROR_STOP=1",
        ])
        .args(statement)
        .env("PGHOST", saved["host"].as_str().unwrap())
        .env("PGPORT", saved["port"].to_string())
        .env("PGUSER", saved["user"].as_str().unwrap())
        .env("PGDATABASE", database)
        .env("PGPASSWORD", password)
        .env("PGSSLMODE", "verify-full")
        .env("PGSSLROOTCERT", certificate)
        .output()
        .unwrap();
    if !output.status.success() {
        return Err(format!("psql: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8(output.stdout).unwrap().trim_end().to_owned())
}

/// The files under `folder` that hold the secret, as it is or in an encoding that software likes to use.
pub fn files_that_hold(folder: &Path, secret: &str) -> Vec<PathBuf> {
    let bytes = secret.as_bytes();
    let mut forms = vec![
        secret.to_owned(),
        percent_encoded(bytes),
        hex(bytes),
        hex(bytes).to_uppercase(),
    ];
    // Inside a longer text, base64 depends on how many bytes stand before; the letters at both ends mix with
    // neighbours and are left out.
    for before in 0..3 {
        for alphabet in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let padded = [&vec![0; before], bytes].concat();
            let whole = padded.len() / 3 * 3;
            let encoded = alphabet.encode(&padded[..whole]);
            forms.push(encoded[if before == 0 { 0 } else { 4 }..].to_owned());
        }
    }
    let mut grep = Command::new("grep");
    grep.args(["--recursive", "--files-with-matches", "--text", "--fixed-strings"]);
    for form in &forms {
        assert!(
            form.len() >= 8,
            "too short to search for without finding it by chance"
        );
        grep.args(["-e", form]);
    }
    let output = grep.arg(folder).output().unwrap();
    assert!(
        output.status.code() != Some(2),
        "grep: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(PathBuf::from)
        .collect()
}

fn percent_encoded(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
                char::from(*byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
