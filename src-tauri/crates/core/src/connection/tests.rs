#![allow(clippy::unwrap_used)]

use roachvault_cockroach::{Secret, TlsMode};

use super::*;
use crate::cluster::Environment;

pub(crate) fn details(name: &str) -> ConnectionDetails {
    ConnectionDetails {
        name: name.into(),
        host: "blue-dog-147.6wr.cockroachlabs.cloud".into(),
        port: 26257,
        user: "maxroach".into(),
        database: "bank".into(),
        tls: TlsMode::VerifyFull,
        ca_pem: None,
        client_cert_pem: None,
        cluster_option: None,
        jwt: false,
        environment: Environment::Development,
        read_only: false,
        colour: None,
        group: None,
        note: String::new(),
        favourite: false,
    }
}

pub(crate) struct Room {
    pub folder: tempfile::TempDir,
    pub keyring: Arc<MemorySecrets>,
    pub connections: Connections,
}

pub(crate) fn room() -> Room {
    let folder = tempfile::tempdir().unwrap();
    let keyring = Arc::new(MemorySecrets::default());
    let connections = Connections::open(folder.path(), Arc::clone(&keyring) as Arc<dyn SecretStore>).unwrap();
    Room {
        folder,
        keyring,
        connections,
    }
}

pub(crate) fn draft(name: &str, password: &str) -> ConnectionDraft {
    ConnectionDraft {
        id: None,
        details: details(name),
        password: SecretChange::Set(Secret::new(password), Keep::Keyring),
        client_key: SecretChange::Unchanged,
    }
}

/// A keyring that takes one secret and is locked then, until somebody unlocks it.
#[derive(Default)]
pub(crate) struct LockedAfterOne {
    kept: MemorySecrets,
    unlocked: std::sync::atomic::AtomicBool,
}

impl LockedAfterOne {
    pub fn unlock(&self) {
        self.unlocked.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

impl SecretStore for LockedAfterOne {
    fn read(&self, entry: &str) -> Result<Option<Secret>, KeyringError> {
        self.kept.read(entry)
    }

    fn write(&self, entry: &str, label: &str, secret: &Secret) -> Result<(), KeyringError> {
        if self.kept.len() == 1 && !self.unlocked.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(KeyringError {
                failure: KeyringFailure::Locked,
                detail: "prompt dismissed".into(),
            });
        }
        self.kept.write(entry, label, secret)
    }

    fn delete(&self, entry: &str) -> Result<(), KeyringError> {
        self.kept.delete(entry)
    }

    fn probe(&self) -> Result<(), KeyringError> {
        Ok(())
    }
}

fn files(room: &Room) -> String {
    std::fs::read_dir(room.folder.path())
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect()
}

/// The password that a login with this connection would use.
async fn password_of(connections: &Connections, saved: &SavedConnection) -> String {
    let target = connections.target(saved).await.unwrap();
    target.password.unwrap().expose().to_owned()
}

#[tokio::test]
async fn a_saved_connection_is_there_after_a_restart_and_its_password_is_in_no_file() {
    let room = room();
    let saved = room
        .connections
        .save(draft("Bank", "correct-horse"))
        .await
        .unwrap();
    assert!(!files(&room).contains("correct-horse"));

    let again = Connections::open(
        room.folder.path(),
        Arc::clone(&room.keyring) as Arc<dyn SecretStore>,
    )
    .unwrap();
    assert_eq!(again.list(), vec![saved.clone()]);
    assert_eq!(password_of(&again, &saved).await, "correct-horse");
}

#[tokio::test]
async fn deleting_a_connection_removes_its_keyring_entries() {
    let room = room();
    let saved = room
        .connections
        .save(draft("Bank", &"k".repeat(6_000)))
        .await
        .unwrap();
    assert!(!room.keyring.is_empty());
    room.connections.delete(saved.id).await.unwrap();
    assert!(room.keyring.is_empty());
    assert!(room.connections.list().is_empty());
}

#[tokio::test]
async fn a_new_password_replaces_the_entry_of_the_old_one() {
    let room = room();
    let saved = room.connections.save(draft("Bank", "old")).await.unwrap();
    let changed = ConnectionDraft {
        id: Some(saved.id),
        ..draft("Bank", "new")
    };
    let saved = room.connections.save(changed).await.unwrap();
    assert_eq!(room.keyring.len(), 1);
    assert_eq!(password_of(&room.connections, &saved).await, "new");
}

#[tokio::test]
async fn renaming_never_touches_the_keyring_entry() {
    let room = room();
    let saved = room.connections.save(draft("Bank", "pw")).await.unwrap();
    let renamed = ConnectionDraft {
        id: Some(saved.id),
        password: SecretChange::Unchanged,
        ..draft("Ledger", "")
    };
    let renamed = room.connections.save(renamed).await.unwrap();
    assert_eq!(
        (renamed.password, renamed.details.name.as_str()),
        (saved.password, "Ledger")
    );
}

#[tokio::test]
async fn a_secret_deleted_outside_is_asked_for_again() {
    let room = room();
    let saved = room.connections.save(draft("Bank", "pw")).await.unwrap();
    room.keyring.clear();
    let error = room.connections.connect(saved.id).await.unwrap_err();
    assert_eq!(error.code, Code::SecretNeeded);
    room.connections
        .provide_secret(saved.id, SecretKind::Password, Secret::new("pw2"), Keep::Keyring)
        .await
        .unwrap();
    let saved = room.connections.get(saved.id).unwrap();
    assert_eq!(password_of(&room.connections, &saved).await, "pw2");
}

#[tokio::test]
async fn a_connection_that_asks_each_time_keeps_its_password_in_memory_only() {
    let room = room();
    let mut asking = draft("Bank", "");
    asking.password = SecretChange::Set(Secret::new("only-here"), Keep::Memory);
    let saved = room.connections.save(asking).await.unwrap();
    assert!(room.keyring.is_empty());
    assert_eq!(
        room.connections
            .target(&saved)
            .await
            .unwrap()
            .password
            .unwrap()
            .expose(),
        "only-here"
    );

    let next_start = Connections::open(
        room.folder.path(),
        Arc::clone(&room.keyring) as Arc<dyn SecretStore>,
    )
    .unwrap();
    assert_eq!(
        next_start.connect(saved.id).await.unwrap_err().code,
        Code::SecretNeeded
    );
}

#[tokio::test]
async fn a_copy_stands_beside_the_original_with_an_entry_of_its_own() {
    let room = room();
    let first = room.connections.save(draft("Bank", "pw")).await.unwrap();
    room.connections.save(draft("Other", "pw")).await.unwrap();
    room.connections.duplicate(first.id).await.unwrap();
    let names: Vec<_> = room
        .connections
        .list()
        .into_iter()
        .map(|saved| saved.details.name)
        .collect();
    assert_eq!(names, ["Bank", "Bank (copy)", "Other"]);
    room.connections.delete(first.id).await.unwrap();
    let copy = &room.connections.list()[0];
    assert_eq!(
        room.connections
            .target(copy)
            .await
            .unwrap()
            .password
            .unwrap()
            .expose(),
        "pw"
    );
}

#[tokio::test]
async fn the_order_a_person_chose_is_kept() {
    let room = room();
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(room.connections.save(draft(name, "pw")).await.unwrap().id);
    }
    room.connections.reorder(&[ids[2], ids[0]]).unwrap();
    let again = Connections::open(
        room.folder.path(),
        Arc::clone(&room.keyring) as Arc<dyn SecretStore>,
    )
    .unwrap();
    let names: Vec<_> = again.list().into_iter().map(|saved| saved.details.name).collect();
    assert_eq!(names, ["c", "a", "b"]);
}

#[tokio::test]
async fn each_field_that_cannot_stand_is_named() {
    let room = room();
    let mut wrong = draft("", "pw");
    wrong.details.host = "two hosts".into();
    wrong.details.port = 0;
    wrong.details.user = " ".into();
    let error = room.connections.save(wrong).await.unwrap_err();
    assert_eq!(error.fields.keys().collect::<Vec<_>>(), ["host", "port", "user"]);
    assert!(
        room.keyring.is_empty(),
        "nothing is kept of a connection that was refused"
    );
}

#[tokio::test]
async fn nothing_but_the_practice_cluster_counts_as_practice() {
    let room = room();
    let mut draft = draft("Bank", "pw");
    draft.details.environment = Environment::Practice;
    let refused = room.connections.save(draft.clone()).await.unwrap_err();
    assert!(refused.fields.contains_key("environment"), "{refused:?}");
    assert!(room.connections.list().is_empty() && room.keyring.is_empty());

    let practice = room.connections.save_practice(draft).await.unwrap();
    let change = |change: fn(&mut ConnectionDetails)| {
        let mut details = practice.details.clone();
        change(&mut details);
        room.connections.save(ConnectionDraft {
            id: Some(practice.id),
            details,
            password: SecretChange::Unchanged,
            client_key: SecretChange::Unchanged,
        })
    };
    let elsewhere = change(|details| details.host = "db.example.com".into())
        .await
        .unwrap_err();
    assert!(elsewhere.fields.contains_key("host"));
    let promoted = change(|details| details.environment = Environment::Development)
        .await
        .unwrap_err();
    assert!(promoted.fields.contains_key("environment"));
    assert_eq!(
        change(|details| details.name = "Playground".into())
            .await
            .unwrap()
            .details
            .name,
        "Playground"
    );
    assert_eq!(
        room.connections.duplicate(practice.id).await.unwrap_err().code,
        Code::InvalidInput
    );
}

/// A practice cluster with one user, and a connection to it whose password in the keyring is `password`.
async fn practised(
    connections: &Connections,
    password: &str,
) -> (roachvault_practice::PracticeCluster, SavedConnection) {
    let options = roachvault_practice::Options {
        password: "right".into(),
        sample_data: false,
        ..Default::default()
    };
    let cluster = tokio::task::spawn_blocking(|| roachvault_practice::PracticeCluster::start(options))
        .await
        .unwrap()
        .unwrap();
    let mut draft = draft("Bank", password);
    draft.details.host = "localhost".into();
    draft.details.port = cluster.address().port();
    draft.details.user = "demo".into();
    draft.details.database = "defaultdb".into();
    draft.details.ca_pem = cluster.ca_pem().map(str::to_owned);
    let saved = connections.save(draft).await.unwrap();
    (cluster, saved)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_password_does_not_stay_in_the_keyring_once_another_one_is_accepted() {
    for keep in [Keep::Keyring, Keep::Memory] {
        let room = room();
        let (_cluster, saved) = practised(&room.connections, "wrong").await;
        let refused = room.connections.connect(saved.id).await.unwrap_err();
        assert_eq!(refused.code, Code::Auth);
        assert_eq!(room.keyring.len(), 1, "a refusal alone takes nothing away");
        room.connections
            .provide_secret(saved.id, SecretKind::Password, Secret::new("right"), keep)
            .await
            .unwrap();
        room.connections.connect(saved.id).await.unwrap();

        let next_start = Connections::open(
            room.folder.path(),
            Arc::clone(&room.keyring) as Arc<dyn SecretStore>,
        )
        .unwrap();
        match keep {
            Keep::Keyring => {
                next_start.connect(saved.id).await.unwrap();
            }
            Keep::Memory => {
                assert!(room.keyring.is_empty());
                let asked = next_start.connect(saved.id).await.unwrap_err();
                assert_eq!(asked.code, Code::SecretNeeded);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_typed_for_the_session_leaves_one_in_the_keyring_that_was_not_refused() {
    let room = room();
    let (_cluster, saved) = practised(&room.connections, "kept for another day").await;
    room.connections
        .provide_secret(saved.id, SecretKind::Password, Secret::new("right"), Keep::Memory)
        .await
        .unwrap();
    room.connections.connect(saved.id).await.unwrap();
    assert_eq!(room.keyring.len(), 1);
}

/// A keyring that fails until it is mended.
#[derive(Default)]
struct Failing {
    kept: MemorySecrets,
    is_broken: std::sync::atomic::AtomicBool,
}

impl Failing {
    fn set_broken(&self, is_broken: bool) {
        self.is_broken
            .store(is_broken, std::sync::atomic::Ordering::Relaxed);
    }

    fn answer(&self) -> std::result::Result<&MemorySecrets, KeyringError> {
        if self.is_broken.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(KeyringError {
                failure: KeyringFailure::Failing,
                detail: "the service stopped".into(),
            });
        }
        Ok(&self.kept)
    }
}

impl SecretStore for Failing {
    fn read(&self, entry: &str) -> std::result::Result<Option<Secret>, KeyringError> {
        self.answer()?.read(entry)
    }

    fn write(&self, entry: &str, label: &str, secret: &Secret) -> std::result::Result<(), KeyringError> {
        self.answer()?.write(entry, label, secret)
    }

    fn delete(&self, entry: &str) -> std::result::Result<(), KeyringError> {
        self.answer()?.delete(entry)
    }

    fn probe(&self) -> std::result::Result<(), KeyringError> {
        self.answer().map(drop)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_keyring_says_so_and_works_again_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let keyring = Arc::new(Failing::default());
    let connections = Connections::open(folder.path(), Arc::clone(&keyring) as Arc<dyn SecretStore>).unwrap();
    let (_cluster, saved) = practised(&connections, "right").await;
    keyring.set_broken(true);
    let error = connections.connect(saved.id).await.unwrap_err();
    assert_eq!((error.code, error.retryable), (Code::Keyring, true));
    assert_eq!(error.message, "The system's keyring failed.");
    assert_eq!(
        connections.keyring().probe().await.unwrap_err().failure,
        KeyringFailure::Failing
    );
    let refused = connections.delete(saved.id).await.unwrap_err();
    assert_eq!(refused.code, Code::Keyring);
    assert_eq!(
        connections.list().len(),
        1,
        "what cannot be forgotten stays listed"
    );

    keyring.set_broken(false);
    connections.keyring().probe().await.unwrap();
    connections.connect(saved.id).await.unwrap();
}

/// A keyring that shows its prompt at each reading and waits until the sender is gone.
struct NeverAnswered(Mutex<std::sync::mpsc::Receiver<()>>);

impl SecretStore for NeverAnswered {
    fn read(&self, _: &str) -> std::result::Result<Option<Secret>, KeyringError> {
        let _ = self.0.lock().unwrap().recv();
        Ok(None)
    }

    fn write(&self, _: &str, _: &str, _: &Secret) -> std::result::Result<(), KeyringError> {
        Ok(())
    }

    fn delete(&self, _: &str) -> std::result::Result<(), KeyringError> {
        Ok(())
    }

    fn probe(&self) -> std::result::Result<(), KeyringError> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_keyring_waits_one_can_cancel_or_go_on_with_a_typed_password() {
    let (answer, prompt) = std::sync::mpsc::channel();
    let folder = tempfile::tempdir().unwrap();
    let keyring = Arc::new(NeverAnswered(Mutex::new(prompt)));
    let connections = Arc::new(Connections::open(folder.path(), keyring).unwrap());
    let (_cluster, saved) = practised(&connections, "behind the prompt").await;
    let cancelled = tokio::spawn({
        let (connections, id) = (Arc::clone(&connections), saved.id);
        async move { connections.connect(id).await.map(drop) }
    });
    while !connections.keyring().is_waiting() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    connections.disconnect(saved.id).await;
    assert_eq!(cancelled.await.unwrap().unwrap_err().code, Code::Cancelled);

    connections
        .provide_secret(saved.id, SecretKind::Password, Secret::new("right"), Keep::Memory)
        .await
        .unwrap();
    connections.connect(saved.id).await.unwrap();
    assert!(connections.keyring().is_waiting(), "its prompt is still open");
    drop(answer);
}
