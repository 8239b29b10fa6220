//! The commands against the practice cluster, as the window calls them.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use roachvault_core::connection::{MemorySecrets, SecretStore};
use tauri::ipc::{Channel, InvokeResponseBody};

use super::*;
use crate::ipc::practice::{
    Accident, break_practice_cluster, reset_practice_cluster, start_practice_cluster,
};

struct Room {
    _folder: tempfile::TempDir,
    keyring: Arc<MemorySecrets>,
    state: AppState,
}

async fn room() -> Room {
    let folder = tempfile::tempdir().unwrap();
    let keyring = Arc::new(MemorySecrets::default());
    let store = Arc::clone(&keyring) as Arc<dyn SecretStore>;
    let state = AppState::with_keyring(folder.path().to_owned(), store)
        .await
        .unwrap();
    Room {
        _folder: folder,
        keyring,
        state,
    }
}

fn draft(fields: ConnectionFields, password: SecretInput) -> ConnectionDraft {
    ConnectionDraft {
        id: None,
        fields,
        password,
        client_key: SecretInput::Remove,
    }
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
    assert_eq!(
        (connection.fields.environment, connection.password),
        (Environment::Practice, SecretState::Keyring)
    );
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

    let cluster = state
        .connections
        .open_cluster(ConnectionId(connection.id))
        .unwrap();
    roachvault_cockroach::version::read(cluster.readable())
        .await
        .unwrap();
    break_practice_cluster(state, Accident::DatabaseDropped)
        .await
        .unwrap();
    let nothing_left = break_practice_cluster(state, Accident::TableDropped)
        .await
        .unwrap_err();
    assert_eq!(nothing_left.code, crate::ipc::error::ErrorCode::NotFound);
    let reset = reset_practice_cluster(state).await.unwrap();
    assert_eq!(reset.id, connection.id);
    assert!(
        state
            .connections
            .open_cluster(ConnectionId(connection.id))
            .is_err(),
        "a reset closes it"
    );
    connect_cluster(state, connection.id).await.unwrap();

    delete_connection(state, connection.id).await.unwrap();
    assert!(room.keyring.is_empty());
}

#[tokio::test]
async fn a_file_that_is_named_and_missing_is_named_in_a_note() {
    let room = room().await;
    let text = "postgresql://max@db.example.com/bank?sslrootcert=/nowhere/ca.crt&sslcert=/nowhere/max.crt&sslkey=/nowhere/max.key";
    let parsed = parse_connection(&room.state, TypedSecret(Secret::new(text)))
        .await
        .unwrap();
    for (part, file) in [
        (FormPart::CaPem, "/nowhere/ca.crt"),
        (FormPart::ClientCertPem, "/nowhere/max.crt"),
        (FormPart::ClientKey, "/nowhere/max.key"),
    ] {
        assert!(
            parsed
                .notes
                .iter()
                .any(|note| note.part == part && note.sentence.contains(file)),
            "{parsed:?}"
        );
    }
    let error = read_certificate_file(&room.state, "/nowhere/ca.crt".into())
        .await
        .unwrap_err();
    assert!(error.message.contains("/nowhere/ca.crt"));
}

#[tokio::test]
async fn a_missing_ca_file_stops_nobody_on_cloud() {
    let room = room().await;
    let text = "postgresql://max:pw@blue-dog-147.6wr.cockroachlabs.cloud:26257/defaultdb?sslmode=verify-full&sslrootcert=/nowhere/root.crt";
    let parsed = parse_connection(&room.state, TypedSecret(Secret::new(text)))
        .await
        .unwrap();
    let sentences: Vec<_> = parsed.notes.iter().map(|note| note.sentence.as_str()).collect();
    assert!(sentences[0].contains("/nowhere/root.crt"), "{sentences:?}");
    assert!(
        sentences[1].contains("Basic and Standard clusters do not need that file"),
        "{sentences:?}"
    );
    assert!(parsed.fields.ca_pem.is_none() && parsed.password.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_certificates_brings_those_of_the_user_where_it_is_known() {
    let room = room().await;
    let paste = async |text: &str| {
        parse_connection(&room.state, TypedSecret(Secret::new(text)))
            .await
            .unwrap()
    };
    let relative = paste("cockroach sql --certs-dir=certs --host=node1.example.com").await;
    assert_eq!(relative.notes.len(), 1, "{relative:?}");
    assert!(
        relative.notes[0]
            .sentence
            .contains("certs is meant from the folder"),
        "{relative:?}"
    );

    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let practice = start_practice_cluster(&room.state).await.unwrap();
    let certificate = practice.fields.ca_pem.unwrap();
    file("ca.crt", &certificate);
    file("client.max.crt", &certificate);
    file(
        "client.max.key",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    );
    let command = format!(
        "cockroach sql --certs-dir={} --user max --host=node1.example.com",
        folder.path().display()
    );
    let parsed = paste(&command).await;
    assert!(parsed.notes.is_empty(), "{parsed:?}");
    assert_eq!((parsed.ca.len(), parsed.client_cert.len()), (1, 1));
    assert!(parsed.client_key.is_some());
}

#[tokio::test]
async fn only_the_practice_cluster_is_for_practice() {
    let room = room().await;
    let mut fields = parse_connection(&room.state, TypedSecret(Secret::new("db.example.com")))
        .await
        .unwrap()
        .fields;
    fields.user = "max".into();
    fields.environment = Environment::Practice;
    let error = save_connection(&room.state, draft(fields, SecretInput::Remove))
        .await
        .unwrap_err();
    assert!(error.fields.contains_key("environment"));
}
