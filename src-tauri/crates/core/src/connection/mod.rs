//! Saved connections, their secrets, and the clusters that are open right now.
//!
//! One value, [`Connections`], holds the three together because they change together: deleting a
//! connection closes its cluster and removes its keyring entries; editing its address closes what
//! was opened at the old one.

mod exchange;
mod index;
mod kept;
mod opened;
mod saved;
mod secrets;
mod staged;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::Utc;
use tokio::sync::Notify;

pub use exchange::{Exported, ImportChoice, ImportEntry, ImportPlan, Match};
pub use index::Healed;
pub use saved::{Colour, ConnectionDetails, ConnectionDraft, Keep, SavedConnection, SecretChange};
pub use secrets::{
    ENTRY_LIMIT_BYTES, Keyring, KeyringError, KeyringFailure, MemorySecrets, SavedSecret, SecretRef,
    SecretStore,
};
pub use staged::StagedSecrets;

use crate::cluster::{ConnectionId, Environment, OpenCluster};
use crate::error::{Code, Error, Result};
use index::Index;

/// Which secret of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretKind {
    Password,
    ClientKey,
}

/// The saved connections and the open clusters.
pub struct Connections {
    index: Mutex<Index>,
    keyring: Keyring,
    memory: MemorySecrets,
    pub staged: StagedSecrets,
    open: Mutex<HashMap<ConnectionId, Arc<OpenCluster>>>,
    /// Tells those who are connecting that the person no longer waits.
    given_up: Mutex<HashMap<ConnectionId, Arc<Notify>>>,
    /// Whose password in the keyring was refused at the last login.
    refused: Mutex<HashSet<ConnectionId>>,
    healed: Option<Healed>,
    imports: exchange::PlannedImport,
}

impl Connections {
    /// Reads the index in `data_dir`. The keyring is not touched before a secret is needed.
    pub fn open(data_dir: &Path, keyring: Arc<dyn SecretStore>) -> Result<Self> {
        let (index, healed) = Index::open(data_dir)?;
        Ok(Self {
            index: Mutex::new(index),
            keyring: Keyring::new(keyring),
            memory: MemorySecrets::default(),
            staged: StagedSecrets::default(),
            open: Mutex::default(),
            given_up: Mutex::default(),
            refused: Mutex::default(),
            healed,
            imports: Default::default(),
        })
    }

    /// What was mended in the index when it was read.
    pub fn healed(&self) -> Option<&Healed> {
        self.healed.as_ref()
    }

    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// All connections in the person's order.
    pub fn list(&self) -> Vec<SavedConnection> {
        self.index
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .connections
            .clone()
    }

    pub fn get(&self, id: ConnectionId) -> Result<SavedConnection> {
        self.list()
            .into_iter()
            .find(|saved| saved.id == id)
            .ok_or_else(gone)
    }

    /// Creates or changes a connection. Its secrets go to the keyring first; if the index cannot be
    /// written they are taken out again, so that neither side knows what the other does not.
    pub async fn save(&self, draft: ConnectionDraft) -> Result<SavedConnection> {
        let before = draft.id.map(|id| self.get(id)).transpose()?;
        practice_stays_itself(before.as_ref(), &draft.details)?;
        self.keep(draft).await
    }

    /// As [`Connections::save`], for the practice cluster that this app runs itself: nothing else may count as
    /// practice, because what is practice is spared the questions that a real cluster is owed.
    pub async fn save_practice(&self, draft: ConnectionDraft) -> Result<SavedConnection> {
        self.keep(draft).await
    }

    async fn keep(&self, draft: ConnectionDraft) -> Result<SavedConnection> {
        let details = draft.details.checked()?;
        let before = draft.id.map(|id| self.get(id)).transpose()?;
        let id = before.as_ref().map_or_else(ConnectionId::new, |saved| saved.id);
        let old = |secret: fn(&SavedConnection) -> &SavedSecret| {
            before.as_ref().map(secret).cloned().unwrap_or_default()
        };
        let (old_password, old_key) = (old(|saved| &saved.password), old(|saved| &saved.client_key));

        let password = self
            .apply(
                id,
                SecretKind::Password,
                &details.name,
                draft.password,
                &old_password,
            )
            .await?;
        let client_key = match self
            .apply(
                id,
                SecretKind::ClientKey,
                &details.name,
                draft.client_key,
                &old_key,
            )
            .await
        {
            Ok(kept) => kept,
            Err(error) => {
                self.forget_new(&password, &old_password).await;
                return Err(error);
            }
        };
        let saved = SavedConnection {
            id,
            details,
            password,
            client_key,
            created_at: before.as_ref().map_or_else(Utc::now, |saved| saved.created_at),
            last_used_at: before.as_ref().and_then(|saved| saved.last_used_at),
        };
        let written = self.rewrite(|connections| {
            match connections.iter_mut().find(|other| other.id == id) {
                Some(place) => place.clone_from(&saved),
                None => connections.push(saved.clone()),
            }
            Ok(())
        });
        if let Err(error) = written {
            self.forget_new(&saved.password, &old_password).await;
            self.forget_new(&saved.client_key, &old_key).await;
            return Err(error);
        }
        // What the new index no longer names is removed; an entry that cannot be is harmless.
        self.forget_new(&old_password, &saved.password).await;
        self.forget_new(&old_key, &saved.client_key).await;
        if before.is_some_and(|before| needs_reconnect(&before, &saved)) {
            self.disconnect(id).await;
        }
        Ok(saved)
    }

    /// A copy beside the original, with its secrets under entries of their own.
    pub async fn duplicate(&self, id: ConnectionId) -> Result<SavedConnection> {
        let original = self.get(id)?;
        if original.details.environment == Environment::Practice {
            return Err(Error::new(
                Code::InvalidInput,
                "There is one practice cluster, and one connection to it.",
            )
            .hint("Reset it to have it as it was on the first day."));
        }
        let mut details = original.details.clone();
        details.name = format!("{} (copy)", details.name);
        details.favourite = false;
        let copied = |kind, kept: SavedSecret| async move {
            Ok::<_, Error>(match &kept {
                SavedSecret::None => SecretChange::Remove,
                SavedSecret::AskEachTime => SecretChange::AskEachTime,
                SavedSecret::NotGiven { from_file } => SecretChange::NotGiven {
                    from_file: *from_file,
                },
                SavedSecret::Keyring { .. } => match self.secret(id, kind, &kept).await? {
                    Some(secret) => SecretChange::Set(secret, Keep::Keyring),
                    None => SecretChange::AskEachTime,
                },
            })
        };
        let password = copied(SecretKind::Password, original.password).await?;
        let client_key = copied(SecretKind::ClientKey, original.client_key).await?;
        let copy = self
            .save(ConnectionDraft {
                id: None,
                details,
                password,
                client_key,
            })
            .await?;
        self.rewrite(|connections| {
            let from = connections
                .iter()
                .position(|saved| saved.id == copy.id)
                .ok_or_else(gone)?;
            let copy = connections.remove(from);
            let beside = connections
                .iter()
                .position(|saved| saved.id == id)
                .map_or(from, |place| place + 1);
            connections.insert(beside, copy);
            Ok(())
        })?;
        Ok(copy)
    }

    /// Removes the keyring entries first: a connection that is still listed can be deleted again, an
    /// entry that nothing names would stay for ever.
    pub async fn delete(&self, id: ConnectionId) -> Result<()> {
        let saved = self.get(id)?;
        for kept in [&saved.password, &saved.client_key] {
            if let SavedSecret::Keyring { entry } = kept {
                self.keyring.forget(entry).await?;
            }
        }
        self.forget_memory(id);
        self.disconnect(id).await;
        self.rewrite(|connections| {
            connections.retain(|saved| saved.id != id);
            Ok(())
        })
    }

    /// Puts the connections into the order of `ids`. Those not named keep their order, after them.
    pub fn reorder(&self, ids: &[ConnectionId]) -> Result<()> {
        self.rewrite(|connections| {
            connections.sort_by_key(|saved| ids.iter().position(|id| *id == saved.id).unwrap_or(usize::MAX));
            Ok(())
        })
    }

    fn rewrite(&self, change: impl FnOnce(&mut Vec<SavedConnection>) -> Result<()>) -> Result<()> {
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let mut connections = index.connections.clone();
        change(&mut connections)?;
        if connections == index.connections {
            return Ok(());
        }
        index.replace(connections)
    }
}

/// Whether an open cluster no longer is what the saved connection says.
fn needs_reconnect(before: &SavedConnection, after: &SavedConnection) -> bool {
    let shown = |saved: &SavedConnection| SavedConnection {
        details: ConnectionDetails {
            colour: None,
            group: None,
            note: String::new(),
            favourite: false,
            ..saved.details.clone()
        },
        last_used_at: None,
        ..saved.clone()
    };
    shown(before) != shown(after)
}

/// Refuses a draft that makes another cluster pass for practice, or leads the practice connection elsewhere.
fn practice_stays_itself(before: Option<&SavedConnection>, after: &ConnectionDetails) -> Result<()> {
    let before = before.map(|saved| &saved.details);
    let was_practice = before.is_some_and(|before| before.environment == Environment::Practice);
    let is_practice = after.environment == Environment::Practice;
    let sentence = match (was_practice, is_practice) {
        (false, false) => return Ok(()),
        (false, true) => {
            "Practice is the built-in practice cluster alone. Choose development for a cluster to try things on."
        }
        (true, false) => "The practice cluster stays practice.",
        (true, true) => {
            let address = |details: &ConnectionDetails| {
                (
                    details.host.clone(),
                    details.port,
                    details.user.clone(),
                    details.tls,
                    details.ca_pem.clone(),
                )
            };
            if before.map(address) == Some(address(after)) {
                return Ok(());
            }
            let sentence = "The app itself decides where the practice cluster is.";
            return Err(Error::new(Code::InvalidInput, sentence).field("host", sentence));
        }
    };
    Err(Error::new(Code::InvalidInput, sentence).field("environment", sentence))
}

fn gone() -> Error {
    Error::new(Code::NotFound, "This connection no longer exists.")
}

#[cfg(test)]
mod tests;
