//! Where the secrets of a connection are: in the keyring, in memory until the app quits, or with the person, who is
//! asked.

use std::sync::PoisonError;

use roachvault_cockroach::Secret;

use super::saved::{ConnectionDraft, Keep, SavedConnection, SecretChange};
use super::secrets::SavedSecret;
use super::{Connections, SecretKind};
use crate::cluster::ConnectionId;
use crate::error::{Code, Error, Result};

impl Connections {
    /// Takes a secret that the person was asked for: into memory for this session, and into the
    /// keyring as well when it is to be remembered.
    pub async fn provide_secret(
        &self,
        id: ConnectionId,
        kind: SecretKind,
        secret: Secret,
        keep: Keep,
    ) -> Result<()> {
        let saved = self.get(id)?;
        match keep {
            Keep::Memory => {
                self.memory.set(&memory_entry(id, kind), secret);
                let kept = match kind {
                    SecretKind::Password => saved.password,
                    SecretKind::ClientKey => saved.client_key,
                };
                if matches!(kept, SavedSecret::NotGiven { .. }) {
                    self.ask_each_time(id, kind)?;
                }
                Ok(())
            }
            Keep::Keyring => {
                let change = SecretChange::Set(secret, Keep::Keyring);
                let (password, client_key) = match kind {
                    SecretKind::Password => (change, SecretChange::Unchanged),
                    SecretKind::ClientKey => (SecretChange::Unchanged, change),
                };
                self.save(ConnectionDraft {
                    id: Some(id),
                    details: saved.details,
                    password,
                    client_key,
                })
                .await?;
                Ok(())
            }
        }
    }

    /// A login was refused, or went through. A refused password does not stay in the keyring once another one that was
    /// typed for this session is accepted: the next start would be refused again.
    pub(super) async fn login_ended(&self, saved: &SavedConnection, was_refused: bool) -> Result<()> {
        let SavedSecret::Keyring { entry } = &saved.password else {
            return Ok(());
        };
        let typed = self
            .memory
            .get(&memory_entry(saved.id, SecretKind::Password))
            .is_some();
        let is_replaced = {
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            if was_refused {
                if !typed {
                    refused.insert(saved.id);
                }
                false
            } else {
                refused.remove(&saved.id) && typed
            }
        };
        if is_replaced {
            self.ask_each_time(saved.id, SecretKind::Password)?;
            if let Err(error) = self.keyring.forget(entry).await {
                tracing::warn!(%error, "a refused password could not be removed from the keyring");
            }
        }
        Ok(())
    }

    fn ask_each_time(&self, id: ConnectionId, kind: SecretKind) -> Result<()> {
        self.rewrite(|connections| {
            if let Some(saved) = connections.iter_mut().find(|saved| saved.id == id) {
                match kind {
                    SecretKind::Password => saved.password = SavedSecret::AskEachTime,
                    SecretKind::ClientKey => saved.client_key = SavedSecret::AskEachTime,
                }
            }
            Ok(())
        })
    }

    /// The secret, `None` when the connection has none, or the request to ask for it.
    pub(super) async fn needed(
        &self,
        id: ConnectionId,
        kind: SecretKind,
        kept: &SavedSecret,
    ) -> Result<Option<Secret>> {
        let found = self.secret(id, kind, kept).await?;
        if found.is_some() || *kept == SavedSecret::None {
            return Ok(found);
        }
        let what = match kind {
            SecretKind::Password => "password",
            SecretKind::ClientKey => "client key",
        };
        Err(match kept {
            SavedSecret::Keyring { .. } => Error::new(
                Code::SecretNeeded,
                format!("The {what} is no longer in the system's keyring."),
            )
            .hint("Enter it again."),
            SavedSecret::NotGiven { from_file: true } => Error::new(
                Code::SecretNeeded,
                format!("This connection came from a file without secrets, so its {what} is not here yet."),
            )
            .hint("Enter it once."),
            SavedSecret::NotGiven { from_file: false } => Error::new(
                Code::SecretNeeded,
                format!("The {what} of this connection has not been entered yet."),
            ),
            _ => Error::new(
                Code::SecretNeeded,
                format!("This connection asks for its {what} each time."),
            ),
        }
        .field(
            match kind {
                SecretKind::Password => "password",
                SecretKind::ClientKey => "client_key",
            },
            "Needed to connect.",
        ))
    }

    pub(super) async fn secret(
        &self,
        id: ConnectionId,
        kind: SecretKind,
        kept: &SavedSecret,
    ) -> Result<Option<Secret>> {
        if let Some(secret) = self.memory.get(&memory_entry(id, kind)) {
            return Ok(Some(secret));
        }
        match kept {
            SavedSecret::Keyring { entry } => self.keyring.read(entry).await,
            SavedSecret::None | SavedSecret::AskEachTime | SavedSecret::NotGiven { .. } => Ok(None),
        }
    }

    pub(super) async fn apply(
        &self,
        id: ConnectionId,
        kind: SecretKind,
        name: &str,
        change: SecretChange,
        old: &SavedSecret,
    ) -> Result<SavedSecret> {
        let entry = memory_entry(id, kind);
        match change {
            SecretChange::Unchanged => Ok(old.clone()),
            SecretChange::Remove => {
                self.memory.remove(&entry);
                Ok(SavedSecret::None)
            }
            SecretChange::AskEachTime => Ok(SavedSecret::AskEachTime),
            SecretChange::NotGiven { from_file } => Ok(SavedSecret::NotGiven { from_file }),
            SecretChange::Set(secret, Keep::Memory) => {
                self.memory.set(&entry, secret);
                Ok(SavedSecret::AskEachTime)
            }
            SecretChange::Set(secret, Keep::Keyring) => {
                let kept = self.keyring.keep(&format!("Roachvault: {name}"), secret).await?;
                // A secret typed earlier for this session would otherwise win over the new one.
                self.memory.remove(&entry);
                Ok(SavedSecret::Keyring { entry: kept })
            }
        }
    }

    /// Removes the keyring entry of `kept` unless `still` is the same one.
    pub(super) async fn forget_new(&self, kept: &SavedSecret, still: &SavedSecret) {
        if let SavedSecret::Keyring { entry } = kept
            && kept != still
            && let Err(error) = self.keyring.forget(entry).await
        {
            tracing::warn!(%error, "an entry of the keyring that is no longer used could not be removed");
        }
    }

    pub(super) fn forget_memory(&self, id: ConnectionId) {
        for kind in [SecretKind::Password, SecretKind::ClientKey] {
            self.memory.remove(&memory_entry(id, kind));
        }
    }
}

pub(super) fn memory_entry(id: ConnectionId, kind: SecretKind) -> String {
    match kind {
        SecretKind::Password => format!("{id}/password"),
        SecretKind::ClientKey => format!("{id}/client-key"),
    }
}
