//! Connections on their way to another computer or colleague.
//!
//! A file without secrets is plain JSON that anybody may read. With secrets it is encrypted under a
//! passphrase with age, whose format other tools can open too; there is no third form.

use std::io::Read;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use age::secrecy::SecretString;
use chrono::{DateTime, Utc};
use roachvault_cockroach::Secret;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::saved::{ConnectionDetails, ConnectionDraft, Keep, SavedConnection, SecretChange};
use super::secrets::SavedSecret;
use super::{Connections, SecretKind, index};
use crate::cluster::{ConnectionId, Environment};
use crate::error::{Code, Error, Result};

const FORMAT: &str = "roachvault-connections";
const VERSION: u64 = 1;
/// Thousands of connections with certificates fit.
const LONGEST_FILE_BYTES: u64 = 16 * 1024 * 1024;
const ARMOR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";

#[derive(Serialize, Deserialize)]
struct ExchangeFile {
    format: String,
    version: u64,
    exported_at: DateTime<Utc>,
    connections: Vec<Exchanged>,
}

/// The texts are wiped when they are dropped. They are written only into an encrypted file.
#[derive(Clone, Serialize, Deserialize)]
struct Exchanged {
    #[serde(flatten)]
    details: ConnectionDetails,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<Zeroizing<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_key: Option<Zeroizing<String>>,
    /// The connection has a password, wherever it is.
    #[serde(default)]
    has_password: bool,
    #[serde(default)]
    has_client_key: bool,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    pub connections: usize,
    /// Names of those whose secret was not at hand and is not in the file.
    pub without_secret: Vec<String>,
}

/// What an entry of the file means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    New,
    /// Same host, port, user and database as this saved connection.
    SameTarget(ConnectionId),
}

#[derive(Debug, Clone)]
pub struct ImportEntry {
    pub details: ConnectionDetails,
    pub brings_secrets: bool,
    pub found: Match,
    /// Why it cannot be imported.
    pub refused: Option<String>,
}

/// What importing a file would do.
#[derive(Debug, Clone)]
pub struct ImportPlan {
    pub id: Uuid,
    pub entries: Vec<ImportEntry>,
}

/// What a person chose for one entry of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportChoice {
    Skip,
    Add,
    /// Overwrite the saved connection with the same target.
    Replace,
}

/// The file of the last plan, decrypted, until it is imported. An entry that was saved is gone from it, so that an
/// import which a locked keyring stopped half way goes on where it stood.
#[derive(Default)]
pub(super) struct PlannedImport(Mutex<Option<(Uuid, Vec<Option<Exchanged>>)>>);

impl PlannedImport {
    fn entries(&self, plan: Uuid) -> Option<Vec<Option<Exchanged>>> {
        let planned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        planned
            .as_ref()
            .filter(|(id, _)| *id == plan)
            .map(|(_, entries)| entries.clone())
    }

    fn replace(&self, planned: Option<(Uuid, Vec<Option<Exchanged>>)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = planned;
    }

    fn done(&self, plan: Uuid, entry: usize) {
        let mut planned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((id, entries)) = planned.as_mut()
            && *id == plan
        {
            entries[entry] = None;
        }
    }
}

impl Connections {
    /// Writes the named connections to `path`. With a passphrase the file holds their secrets and is
    /// encrypted. The practice cluster stays at home.
    pub async fn export(
        &self,
        ids: &[ConnectionId],
        path: &Path,
        passphrase: Option<Secret>,
    ) -> Result<Exported> {
        if passphrase
            .as_ref()
            .is_some_and(|passphrase| passphrase.expose().chars().count() < 8)
        {
            let sentence = "Use at least 8 characters; several words are best.";
            return Err(
                Error::new(Code::InvalidInput, "The passphrase is too short.").field("passphrase", sentence)
            );
        }
        let mut connections = Vec::new();
        let mut without_secret = Vec::new();
        for id in ids {
            let saved = self.get(*id)?;
            if saved.details.environment == Environment::Practice {
                continue;
            }
            let (mut password, mut client_key) = (None, None);
            if passphrase.is_some() {
                password = self.secret(*id, SecretKind::Password, &saved.password).await?;
                client_key = self.secret(*id, SecretKind::ClientKey, &saved.client_key).await?;
                let missing = |secret: &Option<Secret>, kept: &SavedSecret| {
                    secret.is_none() && *kept != SavedSecret::None
                };
                if missing(&password, &saved.password) || missing(&client_key, &saved.client_key) {
                    without_secret.push(saved.details.name.clone());
                }
            }
            let text =
                |secret: Option<Secret>| secret.map(|secret| Zeroizing::new(secret.expose().to_owned()));
            connections.push(Exchanged {
                details: saved.details,
                password: text(password),
                client_key: text(client_key),
                has_password: saved.password != SavedSecret::None,
                has_client_key: saved.client_key != SavedSecret::None,
            });
        }
        if connections.is_empty() {
            return Err(Error::new(
                Code::InvalidInput,
                "No connection was chosen that can be exported.",
            ));
        }
        let count = connections.len();
        let file = ExchangeFile {
            format: FORMAT.into(),
            version: VERSION,
            exported_at: Utc::now(),
            connections,
        };
        let path = path.to_owned();
        let written = tokio::task::spawn_blocking(move || match passphrase {
            None => index::write_atomically(&path, &file),
            Some(passphrase) => {
                let plain = Zeroizing::new(serde_json::to_vec(&file)?);
                let passphrase = SecretString::from(passphrase.expose().to_owned());
                let armored = age::encrypt_and_armor(&age::scrypt::Recipient::new(passphrase), &plain)
                    .map_err(std::io::Error::other)?;
                index::write_bytes_atomically(&path, armored.as_bytes())
            }
        })
        .await
        .map_err(|error| Error::new(Code::Internal, "The export stopped.").detail(error.to_string()))?;
        written.map_err(|error| {
            Error::new(Code::LocalDisk, "The file could not be written.")
                .hint("Choose another folder, or check the free space.")
                .detail(error.to_string())
        })?;
        Ok(Exported {
            connections: count,
            without_secret,
        })
    }

    /// Reads a file and compares it with what is saved. Nothing changes yet.
    pub async fn plan_import(&self, path: &Path, passphrase: Option<Secret>) -> Result<ImportPlan> {
        let path = path.to_owned();
        let read = tokio::task::spawn_blocking(move || read_file(&path, passphrase))
            .await
            .map_err(|error| {
                Error::new(Code::Internal, "The file could not be read.").detail(error.to_string())
            })??;
        let saved = self.list();
        let entries = read
            .iter()
            .map(|entry| ImportEntry {
                brings_secrets: entry.password.is_some() || entry.client_key.is_some(),
                found: same_target(&saved, &entry.details)
                    .map_or(Match::New, |saved| Match::SameTarget(saved.id)),
                refused: refused(&entry.details),
                details: entry.details.clone(),
            })
            .collect();
        let id = Uuid::new_v4();
        // One import at a time: an abandoned plan would keep decrypted secrets in memory.
        self.imports
            .replace(Some((id, read.into_iter().map(Some).collect())));
        Ok(ImportPlan { id, entries })
    }

    /// Forgets a plan and the secrets that it holds.
    pub fn discard_import(&self, plan: Uuid) {
        if self.imports.entries(plan).is_some() {
            self.imports.replace(None);
        }
    }

    /// Carries out a plan, entry by entry; `choices` has one for each. Returns how many were saved. After a failure
    /// the plan can be carried out again: it then goes on with what is left.
    pub async fn import(&self, plan: Uuid, choices: &[ImportChoice], keep: Keep) -> Result<usize> {
        let entries = self.imports.entries(plan).ok_or_else(|| {
            Error::new(Code::PlanChanged, "This import is no longer prepared.").hint("Choose the file again.")
        })?;
        if entries.len() != choices.len() {
            return Err(Error::new(Code::InvalidInput, "The choices do not fit the file."));
        }
        let mut imported = 0;
        for (number, (entry, choice)) in entries.into_iter().zip(choices).enumerate() {
            let Some(entry) = entry else { continue };
            if *choice == ImportChoice::Skip || refused(&entry.details).is_some() {
                continue;
            }
            let replaced = match choice {
                ImportChoice::Replace => same_target(&self.list(), &entry.details).map(|saved| saved.id),
                _ => None,
            };
            self.save(entry.into_draft(replaced, keep)).await?;
            self.imports.done(plan, number);
            imported += 1;
        }
        self.imports.replace(None);
        Ok(imported)
    }
}

impl Exchanged {
    /// `replaced` is the saved connection that it overwrites; a file without secrets does not take away those that
    /// are there.
    fn into_draft(self, replaced: Option<ConnectionId>, keep: Keep) -> ConnectionDraft {
        let change = |text: Option<Zeroizing<String>>, has: bool| match text {
            Some(text) => SecretChange::Set(Secret::new(text.as_str()), keep),
            None if replaced.is_some() => SecretChange::Unchanged,
            None if has => SecretChange::AskEachTime,
            None => SecretChange::Remove,
        };
        ConnectionDraft {
            id: replaced,
            password: change(self.password, self.has_password),
            client_key: change(self.client_key, self.has_client_key),
            details: self.details,
        }
    }
}

/// The saved connection that leads to the same database as the same user.
fn same_target<'a>(saved: &'a [SavedConnection], wanted: &ConnectionDetails) -> Option<&'a SavedConnection> {
    saved.iter().find(|saved| {
        let details = &saved.details;
        details.environment != Environment::Practice
            && (&details.host, details.port, &details.user, &details.database)
                == (&wanted.host, wanted.port, &wanted.user, &wanted.database)
    })
}

fn refused(details: &ConnectionDetails) -> Option<String> {
    if details.environment == Environment::Practice {
        return Some("A practice cluster belongs to its own computer.".to_owned());
    }
    let error = details.clone().checked().err()?;
    Some(error.fields.into_values().next().unwrap_or(error.message))
}

fn read_file(path: &Path, passphrase: Option<Secret>) -> Result<Vec<Exchanged>> {
    let unreadable = |detail: String| {
        Error::new(Code::LocalDisk, "The file could not be read.")
            .hint("Choose it again.")
            .detail(detail)
    };
    let not_ours = || {
        Error::new(
            Code::InvalidInput,
            "This file does not hold connections exported by Roachvault.",
        )
        .hint("Choose a file made with Export connections.")
    };
    let length = std::fs::metadata(path)
        .map_err(|error| unreadable(error.to_string()))?
        .len();
    if length > LONGEST_FILE_BYTES {
        return Err(not_ours());
    }
    let bytes = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    let plain = if bytes.trim_ascii_start().starts_with(ARMOR) || bytes.starts_with(b"age-encryption.org/") {
        let Some(passphrase) = passphrase else {
            return Err(Error::new(Code::SecretNeeded, "This file is encrypted.")
                .hint("Enter the passphrase it was exported with.")
                .field("passphrase", "Needed to read the file."));
        };
        decrypt(&bytes, &passphrase)?
    } else {
        Zeroizing::new(bytes)
    };
    let file: ExchangeFile = serde_json::from_slice(&plain).map_err(|_| not_ours())?;
    if file.format != FORMAT {
        return Err(not_ours());
    }
    if file.version > VERSION {
        return Err(
            Error::new(Code::Unsupported, "This file was written by a newer Roachvault.")
                .hint("Install the newer version to import it."),
        );
    }
    Ok(file.connections)
}

fn decrypt(bytes: &[u8], passphrase: &Secret) -> Result<Zeroizing<Vec<u8>>> {
    let damaged = || Error::new(Code::Corrupt, "The file is damaged.").hint("Export the connections again.");
    let identity = age::scrypt::Identity::new(SecretString::from(passphrase.expose().to_owned()));
    let decryptor = age::Decryptor::new_buffered(age::armor::ArmoredReader::new(bytes.trim_ascii_start()))
        .map_err(|_| damaged())?;
    let mut reader = decryptor
        .decrypt(std::iter::once(&identity as &dyn age::Identity))
        .map_err(|error| match error {
            age::DecryptError::ExcessiveWork { .. } => Error::new(
                Code::Unsupported,
                "Opening this file would take this computer too long.",
            ),
            age::DecryptError::DecryptionFailed
            | age::DecryptError::NoMatchingKeys
            | age::DecryptError::KeyDecryptionFailed => {
                Error::new(Code::Auth, "The passphrase does not open this file.")
                    .field("passphrase", "Try again.")
            }
            _ => damaged(),
        })?;
    let mut plain = Zeroizing::new(Vec::new());
    reader.read_to_end(&mut plain).map_err(|_| damaged())?;
    Ok(plain)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use super::super::SecretStore;
    use super::super::tests::{draft, room};
    use super::*;

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
        assert_eq!(other.connections.list()[0].password, SavedSecret::AskEachTime);
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
}
