//! Where secrets stay between two uses.
//!
//! The system's keyring belongs to the shell, so core sees it as [`SecretStore`]. Its calls block,
//! sometimes until a person answers an unlock prompt, and the stores of some systems do not keep
//! two writes in order: every call runs on a blocking thread, one at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use roachvault_cockroach::Secret;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use uuid::Uuid;

use crate::error::{Code, Error, Result};

/// What one entry may hold. The Windows credential store ends at 2,560 bytes; a longer secret, such
/// as a private key or a token, is split over numbered entries.
pub const ENTRY_LIMIT_BYTES: usize = 2_500;

/// Why the keyring did not do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyringFailure {
    /// It is there, and locked: the prompt was dismissed or could not be shown.
    Locked,
    /// This session has no keyring at all.
    Absent,
    /// It answered with something else.
    Failing,
}

/// A failure of the keyring. `detail` is technical and holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyringError {
    pub failure: KeyringFailure,
    pub detail: String,
}

impl From<KeyringError> for Error {
    fn from(error: KeyringError) -> Self {
        let (message, hint) = match error.failure {
            KeyringFailure::Locked => (
                "The system's keyring is locked.",
                "Unlock it and try again, or type the secret for this session only.",
            ),
            KeyringFailure::Absent => (
                "This session has no system keyring.",
                "Start one and try again, or have the secret asked for each time.",
            ),
            KeyringFailure::Failing => (
                "The system's keyring failed.",
                "Try again, or have the secret asked for each time.",
            ),
        };
        Self {
            retryable: true,
            ..Error::new(Code::Keyring, message).hint(hint).detail(error.detail)
        }
    }
}

/// A place for small secrets under random names. All calls may block.
pub trait SecretStore: Send + Sync + 'static {
    /// `None` when there is no such entry, for example because the person deleted it outside.
    fn read(&self, entry: &str) -> Result<Option<Secret>, KeyringError>;

    /// `label` is what the person sees when looking through the keyring.
    fn write(&self, entry: &str, label: &str, secret: &Secret) -> Result<(), KeyringError>;

    /// A missing entry is not a failure.
    fn delete(&self, entry: &str) -> Result<(), KeyringError>;

    /// Connects to the store if it is not connected yet, or again after a failure.
    fn probe(&self) -> Result<(), KeyringError>;
}

/// Names the entries of one secret. The id is random, so that renaming a connection never touches
/// the keyring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretRef {
    id: Uuid,
    /// Over how many entries the secret is spread.
    parts: u16,
}

impl SecretRef {
    fn entry(&self, part: u16) -> String {
        if part == 0 {
            self.id.to_string()
        } else {
            format!("{}.{part}", self.id)
        }
    }
}

/// What is kept of one secret of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "kept", rename_all = "snake_case")]
pub enum SavedSecret {
    /// The connection has no such secret.
    #[default]
    None,
    /// In the system's keyring.
    Keyring { entry: SecretRef },
    /// Nowhere: asked for when it is needed, and then held in memory until the app quits.
    AskEachTime,
    /// Nowhere yet, and meant for the keyring: the person has still to give it.
    NotGiven {
        /// The connection came from a file without secrets.
        from_file: bool,
    },
}

/// Secrets in memory only. They end with the process, and their memory is overwritten.
#[derive(Default)]
pub struct MemorySecrets {
    entries: Mutex<HashMap<String, Secret>>,
}

impl MemorySecrets {
    pub fn get(&self, entry: &str) -> Option<Secret> {
        self.entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(entry)
            .cloned()
    }

    pub fn set(&self, entry: &str, secret: Secret) {
        self.entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(entry.to_owned(), secret);
    }

    pub fn remove(&self, entry: &str) -> Option<Secret> {
        self.entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(entry)
    }

    pub fn len(&self) -> usize {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets every secret.
    pub fn clear(&self) {
        self.entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

impl SecretStore for MemorySecrets {
    fn read(&self, entry: &str) -> Result<Option<Secret>, KeyringError> {
        Ok(self.get(entry))
    }

    fn write(&self, entry: &str, _label: &str, secret: &Secret) -> Result<(), KeyringError> {
        self.set(entry, secret.clone());
        Ok(())
    }

    fn delete(&self, entry: &str) -> Result<(), KeyringError> {
        self.remove(entry);
        Ok(())
    }

    fn probe(&self) -> Result<(), KeyringError> {
        Ok(())
    }
}

/// What came of one reading, for everybody who waits for it.
type Reading = watch::Receiver<Option<Result<Option<Secret>, KeyringError>>>;

/// A keyring that is open answers sooner. One that does not is waiting for a person.
const ANSWERS_WITHIN: Duration = Duration::from_millis(400);

/// The keyring, called off the async threads and one call at a time.
#[derive(Clone)]
pub struct Keyring {
    store: Arc<dyn SecretStore>,
    /// By the id of the secret: who asks for one that is being read waits for the same prompt.
    reading: Arc<Mutex<HashMap<Uuid, Reading>>>,
    /// Since when the store has been working on a call.
    busy: Arc<Mutex<Option<Instant>>>,
    /// Held by the blocking thread, never across an `await`.
    turn: Arc<Mutex<()>>,
    last: Arc<Mutex<Option<Result<(), KeyringError>>>>,
}

impl Keyring {
    pub fn new(store: Arc<dyn SecretStore>) -> Self {
        Self {
            store,
            reading: Arc::default(),
            busy: Arc::default(),
            turn: Arc::default(),
            last: Arc::default(),
        }
    }

    /// How the last call ended; `None` before the first.
    pub fn last(&self) -> Option<Result<(), KeyringError>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it is most likely showing its unlock prompt right now.
    pub fn is_waiting(&self) -> bool {
        let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.is_some_and(|since| since.elapsed() > ANSWERS_WITHIN)
    }

    /// Stores a secret under a new random id, in as many entries as it needs. If a later entry
    /// fails, the earlier ones are removed again.
    pub async fn keep(&self, label: &str, secret: Secret) -> Result<SecretRef> {
        let label = label.to_owned();
        self.call(move |store| {
            let parts = split(secret.expose(), ENTRY_LIMIT_BYTES);
            let secret_ref = SecretRef {
                id: Uuid::new_v4(),
                parts: parts.len() as u16,
            };
            for (number, part) in (0..).zip(&parts) {
                if let Err(error) = store.write(&secret_ref.entry(number), &label, &Secret::new(*part)) {
                    for written in 0..number {
                        // The first failure is the one to tell; what cannot be removed is a fragment.
                        let _ = store.delete(&secret_ref.entry(written));
                    }
                    return Err(error);
                }
            }
            Ok(secret_ref)
        })
        .await
    }

    /// `None` when any of its entries is gone. May be given up: the prompt then stays, and whoever asks next waits for
    /// that one.
    pub async fn read(&self, secret: &SecretRef) -> Result<Option<Secret>> {
        let mut reading = self.reading(secret);
        let read = reading.wait_for(Option::is_some).await;
        match read.ok().and_then(|read| read.clone()) {
            Some(read) => Ok(read?),
            None => Err(Error::new(Code::Internal, "The reading of the keyring stopped.")),
        }
    }

    fn reading(&self, secret: &SecretRef) -> Reading {
        let mut under_way = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reading) = under_way.get(&secret.id) {
            return reading.clone();
        }
        let (tell, reading) = watch::channel(None);
        under_way.insert(secret.id, reading.clone());
        let (this, secret) = (self.clone(), secret.clone());
        tokio::spawn(async move {
            let id = secret.id;
            let read = this.turn(move |store| read_whole(store, &secret)).await;
            this.reading
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&id);
            // Everybody may have given up.
            let _ = tell.send(Some(read));
        });
        reading
    }

    pub async fn forget(&self, secret: &SecretRef) -> Result<()> {
        let secret = secret.clone();
        self.call(move |store| (0..secret.parts).try_for_each(|part| store.delete(&secret.entry(part))))
            .await
    }

    /// Whether the keyring answers; connects to it anew if it did not before.
    pub async fn probe(&self) -> Result<(), KeyringError> {
        self.turn(|store| store.probe()).await
    }

    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn SecretStore) -> Result<T, KeyringError> + Send + 'static,
    ) -> Result<T> {
        Ok(self.turn(work).await?)
    }

    async fn turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn SecretStore) -> Result<T, KeyringError> + Send + 'static,
    ) -> Result<T, KeyringError> {
        let this = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _turn = this.turn.lock().unwrap_or_else(PoisonError::into_inner);
            let busy = |since| *this.busy.lock().unwrap_or_else(PoisonError::into_inner) = since;
            busy(Some(Instant::now()));
            let done = work(this.store.as_ref());
            busy(None);
            let end = done.as_ref().map(drop).map_err(KeyringError::clone);
            *this.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
            done
        });
        done.await.unwrap_or_else(|error| {
            Err(KeyringError {
                failure: KeyringFailure::Failing,
                detail: error.to_string(),
            })
        })
    }
}

fn read_whole(store: &dyn SecretStore, secret: &SecretRef) -> Result<Option<Secret>, KeyringError> {
    let mut whole = zeroize::Zeroizing::new(String::new());
    for part in 0..secret.parts {
        match store.read(&secret.entry(part))? {
            Some(text) => whole.push_str(text.expose()),
            None => return Ok(None),
        }
    }
    Ok(Some(Secret::new(whole.as_str())))
}

/// Pieces of at most `limit` bytes, cut between characters: some stores accept UTF-8 only.
fn split(text: &str, limit: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.len() > limit {
        let cut = rest.floor_char_boundary(limit);
        let (part, tail) = rest.split_at(cut);
        parts.push(part);
        rest = tail;
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn memory() -> (Arc<MemorySecrets>, Keyring) {
        let store = Arc::new(MemorySecrets::default());
        (Arc::clone(&store), Keyring::new(store))
    }

    #[tokio::test]
    async fn a_large_secret_is_spread_over_entries_that_windows_accepts_and_reads_back_whole() {
        let (store, keyring) = memory();
        let secret = Secret::new("ключ-".repeat(1_500));
        let kept = keyring.keep("Key", secret.clone()).await.unwrap();
        let lengths: Vec<_> = store
            .entries
            .lock()
            .unwrap()
            .values()
            .map(|part| part.expose().len())
            .collect();
        assert!(
            lengths.len() > 1 && lengths.iter().all(|length| *length <= ENTRY_LIMIT_BYTES),
            "{lengths:?}"
        );
        assert!(keyring.read(&kept).await.unwrap() == Some(secret));
    }

    #[tokio::test]
    async fn forgetting_a_secret_leaves_no_entry_behind() {
        let (store, keyring) = memory();
        let kept = keyring.keep("Key", Secret::new("x".repeat(9_000))).await.unwrap();
        keyring.forget(&kept).await.unwrap();
        assert!(store.entries.lock().unwrap().is_empty());
        assert!(keyring.read(&kept).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_secret_with_one_part_deleted_outside_counts_as_gone() {
        let (store, keyring) = memory();
        let kept = keyring.keep("Key", Secret::new("x".repeat(9_000))).await.unwrap();
        store.remove(&kept.entry(2));
        assert!(keyring.read(&kept).await.unwrap().is_none());
    }

    /// Accepts two entries, then reports itself locked.
    #[derive(Default)]
    struct LocksAfterTwo(MemorySecrets);

    impl SecretStore for LocksAfterTwo {
        fn read(&self, entry: &str) -> Result<Option<Secret>, KeyringError> {
            self.0.read(entry)
        }
        fn write(&self, entry: &str, label: &str, secret: &Secret) -> Result<(), KeyringError> {
            if self.0.entries.lock().unwrap().len() == 2 {
                return Err(KeyringError {
                    failure: KeyringFailure::Locked,
                    detail: String::new(),
                });
            }
            self.0.write(entry, label, secret)
        }
        fn delete(&self, entry: &str) -> Result<(), KeyringError> {
            self.0.delete(entry)
        }
        fn probe(&self) -> Result<(), KeyringError> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_keyring_that_locks_half_way_keeps_no_fragment() {
        let store = Arc::new(LocksAfterTwo::default());
        let keyring = Keyring::new(Arc::clone(&store) as Arc<dyn SecretStore>);
        let refused = keyring
            .keep("Key", Secret::new("x".repeat(9_000)))
            .await
            .unwrap_err();
        assert_eq!(refused.code, Code::Keyring);
        assert!(store.0.entries.lock().unwrap().is_empty());
    }

    /// Shows a prompt that stays until somebody answers it.
    #[derive(Default)]
    struct Prompting {
        kept: MemorySecrets,
        prompts: std::sync::atomic::AtomicUsize,
        answer: Mutex<Option<std::sync::mpsc::Receiver<()>>>,
    }

    impl SecretStore for Prompting {
        fn read(&self, entry: &str) -> Result<Option<Secret>, KeyringError> {
            self.prompts.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            if let Some(answer) = self.answer.lock().unwrap().take() {
                answer.recv().unwrap();
            }
            self.kept.read(entry)
        }
        fn write(&self, entry: &str, label: &str, secret: &Secret) -> Result<(), KeyringError> {
            self.kept.write(entry, label, secret)
        }
        fn delete(&self, entry: &str) -> Result<(), KeyringError> {
            self.kept.delete(entry)
        }
        fn probe(&self) -> Result<(), KeyringError> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn whoever_asks_while_the_prompt_is_open_waits_for_that_prompt() {
        let store = Arc::new(Prompting::default());
        let keyring = Keyring::new(Arc::clone(&store) as Arc<dyn SecretStore>);
        let kept = keyring.keep("Bank", Secret::new("pw")).await.unwrap();
        let (unlock, answer) = std::sync::mpsc::channel();
        *store.answer.lock().unwrap() = Some(answer);
        assert!(!keyring.is_waiting());

        let given_up = tokio::time::timeout(Duration::from_millis(20), keyring.read(&kept)).await;
        assert!(given_up.is_err(), "the prompt is open");
        let asked_again = tokio::spawn({
            let (keyring, kept) = (keyring.clone(), kept.clone());
            async move { keyring.read(&kept).await }
        });
        while !keyring.is_waiting() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        unlock.send(()).unwrap();
        assert_eq!(asked_again.await.unwrap().unwrap().unwrap().expose(), "pw");
        assert_eq!(store.prompts.load(std::sync::atomic::Ordering::SeqCst), 1);
        assert!(!keyring.is_waiting());
    }

    proptest! {
        #[test]
        fn parts_are_small_and_join_to_the_whole(text in ".*", limit in 4usize..50) {
            let parts = split(&text, limit);
            prop_assert!(parts.iter().all(|part| part.len() <= limit));
            prop_assert_eq!(parts.concat(), text);
        }
    }
}
