//! The commands against the practice cluster, as the window calls them.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use roachvault_core::connection::{MemorySecrets, SecretStore};
use tauri::ipc::{Channel, InvokeResponseBody};

use super::*;
use crate::ipc::practice::{reset_practice_cluster, start_practice_cluster};

const SECRET: &str = "m4rk3d/s3cr3t+w0rd";

struct Room {
    folder: tempfile::TempDir,
    keyring: Arc<MemorySecrets>,
    state: AppState,
}

async fn room() -> Room {
    let folder = tempfile::tempdir().unwrap();
    let keyring = Arc::new(MemorySecrets::default());
    let store = Arc::clone(&keyring) as Arc<dyn SecretStore>;
    let state = AppState::with_keyring(folder.path().to_owned(), store).await.unwrap();
    Room { folder, keyring, state }
}

fn draft(fields: ConnectionFields, password: SecretInput) -> ConnectionDraft {
    ConnectionDraft { id: None, fields, password, client_key: SecretInput::Remove }
}

/// A channel that keeps what was sent, as the page would see it.
fn channel<T>() -> (Channel<T>, Arc<Mutex<String>>) {
    let heard = Arc::new(Mutex::new(String::new()));
    let into = Arc::clone(&heard);
    let channel = Channel::new(move |body| {
        if let InvokeResponseBody::Json(text) = body {
            into.lock().unwrap().push_str(&text);
        }
        Ok(())
    });
    (channel, heard)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_practice_cluster_starts_connects_passes_the_doctor_and_is_put_back() {
    let room = room().await;
    let state = &room.state;
    let connection = start_practice_cluster(state).await.unwrap();
    assert_eq!((connection.fields.environment, connection.password), (Environment::Practice, SecretState::Keyring));
    let opened = connect_cluster(state, connection.id).await.unwrap();
    assert_eq!(opened.product, Product::CockroachDb);

    let again = ConnectionDraft {
        id: Some(connection.id),
        fields: connection.fields.clone(),
        password: SecretInput::Unchanged,
        client_key: SecretInput::Unchanged,
    };
    let (channel, heard) = channel();
    let report = test_connection(state, again, channel).await.unwrap();
    assert!(report.passed, "{report:?}");
    assert!(heard.lock().unwrap().contains("nameLookup"));
    let capabilities = get_capabilities(state, connection.id).await.unwrap();
    assert!(!capabilities.abilities.is_empty());

    let cluster = state.connections.open_cluster(ConnectionId(connection.id)).unwrap();
    roachvault_cockroach::version::read(cluster.readable().pool()).await.unwrap();
    let reset = reset_practice_cluster(state).await.unwrap();
    assert_eq!(reset.id, connection.id);
    assert!(state.connections.open_cluster(ConnectionId(connection.id)).is_err(), "a reset closes it");
    connect_cluster(state, connection.id).await.unwrap();

    delete_connection(state, connection.id).await.unwrap();
    assert!(room.keyring.is_empty());
    state.practice.stop().await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_named_and_missing_is_named_in_a_note() {
    let room = room().await;
    let text = "postgresql://max@db.example.com/bank?sslrootcert=/nowhere/ca.crt&sslcert=/nowhere/max.crt&sslkey=/nowhere/max.key";
    let parsed = parse_connection(&room.state, TypedSecret(Secret::new(text))).await.unwrap();
    for (part, file) in [
        (FormPart::CaPem, "/nowhere/ca.crt"),
        (FormPart::ClientCertPem, "/nowhere/max.crt"),
        (FormPart::ClientKey, "/nowhere/max.key"),
    ] {
        assert!(parsed.notes.iter().any(|note| note.part == part && note.sentence.contains(file)), "{parsed:?}");
    }
    let error = read_certificate_file(&room.state, "/nowhere/ca.crt".into()).await.unwrap_err();
    assert!(error.message.contains("/nowhere/ca.crt"));
}

#[tokio::test]
async fn only_the_practice_cluster_is_for_practice() {
    let room = room().await;
    let mut fields = parse_connection(&room.state, TypedSecret(Secret::new("db.example.com"))).await.unwrap().fields;
    fields.user = "max".into();
    fields.environment = Environment::Practice;
    let error = save_connection(&room.state, draft(fields, SecretInput::Remove)).await.unwrap_err();
    assert!(error.fields.contains_key("environment"));
}

/// The secret in each form that it could take on its way into a file or an answer.
fn forms(secret: &str) -> Vec<String> {
    use std::fmt::Write as _;
    let mut hex = String::new();
    let mut percent = String::new();
    for byte in secret.bytes() {
        let _ = write!(hex, "{byte:02x}");
        if byte.is_ascii_alphanumeric() {
            percent.push(char::from(byte));
        } else {
            let _ = write!(percent, "%{byte:02X}");
        }
    }
    // Of base64 whole groups are looked for, at each offset: its ends depend on what stands around.
    let base64 = |bytes: &[u8]| STANDARD_NO_PAD.encode(&bytes[..bytes.len() / 3 * 3]);
    let bytes = secret.as_bytes();
    vec![secret.to_owned(), percent, hex.to_uppercase(), hex, base64(bytes), base64(&bytes[1..]), base64(&bytes[2..])]
}

fn assert_absent(place: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for form in forms(SECRET) {
        assert!(!text.contains(&form), "{place} holds the secret as {form}");
    }
}

fn search(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            search(&path);
        } else {
            assert_absent(&path.display().to_string(), &std::fs::read(&path).unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_marked_secret_is_in_no_answer_and_in_no_file() {
    let room = room().await;
    let state = &room.state;
    let mut answers = String::new();
    let mut heard = |text: Result<String, serde_json::Error>| answers.push_str(&text.unwrap());

    let pasted = "postgresql://max:m4rk3d%2Fs3cr3t%2Bw0rd@localhost:1/bank?sslmode=verify-full";
    let parsed = parse_connection(state, TypedSecret(Secret::new(pasted))).await.unwrap();
    heard(serde_json::to_string(&parsed));
    let handle = parsed.password.unwrap();
    let staged = || SecretInput::Staged { handle, keep: KeepSecret::Keyring };
    let (channel, streamed) = channel();
    heard(serde_json::to_string(&test_connection(state, draft(parsed.fields.clone(), staged()), channel).await.unwrap()));
    let saved = save_connection(state, draft(parsed.fields.clone(), staged())).await.unwrap();
    heard(serde_json::to_string(&saved));
    heard(serde_json::to_string(&connect_cluster(state, saved.id).await.unwrap_err()));
    heard(serde_json::to_string(&duplicate_connection(state, saved.id).await.unwrap()));
    let typed = TypedSecret(Secret::new(SECRET));
    provide_secret(state, saved.id, SecretKind::Password, typed, KeepSecret::Memory).await.unwrap();
    heard(serde_json::to_string(&list_connections(state).await.unwrap()));
    let path = room.folder.path().join("exported").display().to_string();
    let passphrase = || Some(TypedSecret(Secret::new(SECRET)));
    heard(serde_json::to_string(&export_connections(state, vec![saved.id], path.clone(), passphrase()).await.unwrap()));
    let plan = plan_import_connections(state, path.clone(), passphrase()).await.unwrap();
    heard(serde_json::to_string(&plan));
    heard(serde_json::to_string(&plan_import_connections(state, path, None).await.unwrap_err()));
    heard(serde_json::to_string(&get_keyring_state(state).await.unwrap()));

    assert!(!room.keyring.is_empty(), "the secret is in the keyring");
    assert_absent("an answer", answers.as_bytes());
    assert_absent("a streamed report", streamed.lock().unwrap().as_bytes());
    search(room.folder.path());
}
