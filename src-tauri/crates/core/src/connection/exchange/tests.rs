#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::*;
use crate::connection::SecretStore;
use crate::connection::tests::{draft, room};

const PASSPHRASE: &str = "correct horse battery";

async fn exported(passphrase: Option<&str>) -> (tempfile::TempDir, std::path::PathBuf, Exported) {
    let room = room();
    let saved = room.connections.save(draft("Bank", "s3cr3t-w0rd")).await.unwrap();
    let mut practice = draft("Practice", "pw");
    practice.details.environment = Environment::Practice;
    let practice = room.connections.save_practice(practice).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("connections");
    let done = room
        .connections
        .export(&[saved.id, practice.id], &path, passphrase.map(Secret::new))
        .await
        .unwrap();
    (folder, path, done)
}

#[tokio::test]
async fn a_file_without_a_passphrase_holds_no_secret_and_asks_for_it_on_the_other_side() {
    let (_folder, path, done) = exported(None).await;
    assert_eq!(done.connections, 1, "the practice cluster stays at home");
    assert!(!std::fs::read_to_string(&path).unwrap().contains("s3cr3t-w0rd"));

    let other = room();
    let plan = other.connections.plan_import(&path, None).await.unwrap();
    assert_eq!((plan.entries.len(), plan.entries[0].found), (1, Match::New));
    assert_eq!(
        other
            .connections
            .import(plan.id, &[ImportChoice::Add], Keep::Keyring)
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        other.connections.list()[0].password,
        SavedSecret::NotGiven { from_file: true }
    );
    let error = other
        .connections
        .connect(other.connections.list()[0].id)
        .await
        .unwrap_err();
    assert!(error.message.contains("from a file without secrets"), "{error:?}");
}

#[tokio::test]
async fn a_file_with_a_passphrase_brings_the_secrets_and_opens_with_nothing_else() {
    let (_folder, path, _) = exported(Some(PASSPHRASE)).await;
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("-----BEGIN AGE ENCRYPTED FILE-----") && !text.contains("cockroachlabs"));

    let other = room();
    let without = other.connections.plan_import(&path, None).await.unwrap_err();
    assert_eq!(without.code, Code::SecretNeeded);
    let wrong = other
        .connections
        .plan_import(&path, Some(Secret::new("correct horse")))
        .await
        .unwrap_err();
    assert_eq!(wrong.code, Code::Auth);

    let plan = other
        .connections
        .plan_import(&path, Some(Secret::new(PASSPHRASE)))
        .await
        .unwrap();
    other
        .connections
        .import(plan.id, &[ImportChoice::Add], Keep::Keyring)
        .await
        .unwrap();
    let saved = &other.connections.list()[0];
    let password = other
        .connections
        .secret(saved.id, SecretKind::Password, &saved.password)
        .await
        .unwrap();
    assert_eq!(password.unwrap().expose(), "s3cr3t-w0rd");
    let again = other
        .connections
        .import(plan.id, &[ImportChoice::Add], Keep::Keyring)
        .await
        .unwrap_err();
    assert_eq!(again.code, Code::PlanChanged);
}

#[tokio::test]
async fn replacing_keeps_the_password_that_is_here_and_skipping_changes_nothing() {
    let (_folder, path, _) = exported(None).await;
    let other = room();
    let here = other.connections.save(draft("My bank", "local")).await.unwrap();
    let plan = other.connections.plan_import(&path, None).await.unwrap();
    assert_eq!(plan.entries[0].found, Match::SameTarget(here.id));
    other
        .connections
        .import(plan.id, &[ImportChoice::Skip], Keep::Keyring)
        .await
        .unwrap();
    assert_eq!(other.connections.list(), vec![here.clone()]);

    let plan = other.connections.plan_import(&path, None).await.unwrap();
    other
        .connections
        .import(plan.id, &[ImportChoice::Replace], Keep::Keyring)
        .await
        .unwrap();
    let list = other.connections.list();
    assert_eq!(
        (list.len(), list[0].details.name.as_str(), &list[0].password),
        (1, "Bank", &here.password)
    );
}

#[tokio::test]
async fn files_that_are_not_ours_or_hold_nonsense_are_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let room = room();
    for (text, code) in [
        ("", Code::InvalidInput),
        (
            "{\"format\": \"other\", \"version\": 1, \"exported_at\": \"2026-01-01T00:00:00Z\", \"connections\": []}",
            Code::InvalidInput,
        ),
        (
            "{\"format\": \"roachvault-connections\", \"version\": 9, \"exported_at\": \"2026-01-01T00:00:00Z\", \"connections\": []}",
            Code::Unsupported,
        ),
    ] {
        std::fs::write(&path, text).unwrap();
        assert_eq!(
            room.connections.plan_import(&path, None).await.unwrap_err().code,
            code,
            "{text}"
        );
    }
    let damaged = "-----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n-----END AGE ENCRYPTED FILE-----\n";
    std::fs::write(&path, damaged).unwrap();
    let error = room
        .connections
        .plan_import(&path, Some(Secret::new(PASSPHRASE)))
        .await
        .unwrap_err();
    assert_eq!(error.code, Code::Corrupt);
    let keyring = Arc::clone(&room.keyring);
    assert!(keyring.is_empty());
}

#[tokio::test]
async fn an_import_that_a_locked_keyring_stopped_goes_on_where_it_stood() {
    let from = room();
    let first = from.connections.save(draft("First", "one")).await.unwrap();
    let second = from.connections.save(draft("Second", "two")).await.unwrap();
    let path = from.folder.path().join("out");
    let passphrase = Some(Secret::new(PASSPHRASE));
    from.connections
        .export(&[first.id, second.id], &path, passphrase.clone())
        .await
        .unwrap();

    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(crate::connection::tests::LockedAfterOne::default());
    let here = Connections::open(folder.path(), Arc::clone(&store) as Arc<dyn SecretStore>).unwrap();
    let plan = here.plan_import(&path, passphrase).await.unwrap();
    let choices = [ImportChoice::Add; 2];
    let stopped = here.import(plan.id, &choices, Keep::Keyring).await.unwrap_err();
    assert_eq!((stopped.code, here.list().len()), (Code::Keyring, 1));
    store.unlock();
    assert_eq!(here.import(plan.id, &choices, Keep::Keyring).await.unwrap(), 1);
    let names: Vec<_> = here.list().into_iter().map(|saved| saved.details.name).collect();
    assert_eq!(names, ["First", "Second"]);
}

#[tokio::test]
async fn a_plan_that_is_discarded_can_no_longer_be_carried_out() {
    let (_folder, path, _) = exported(None).await;
    let here = room();
    let plan = here.connections.plan_import(&path, None).await.unwrap();
    here.connections.discard_import(plan.id);
    let error = here
        .connections
        .import(plan.id, &[ImportChoice::Add], Keep::Keyring)
        .await
        .unwrap_err();
    assert_eq!(
        (error.code, here.connections.list().len()),
        (Code::PlanChanged, 0)
    );
}

#[tokio::test]
async fn a_short_passphrase_is_refused() {
    let room = room();
    let saved = room.connections.save(draft("Bank", "pw")).await.unwrap();
    let path = room.folder.path().join("out");
    let error = room
        .connections
        .export(&[saved.id], &path, Some(Secret::new("short")))
        .await
        .unwrap_err();
    assert!(error.fields.contains_key("passphrase") && !path.exists());
}
