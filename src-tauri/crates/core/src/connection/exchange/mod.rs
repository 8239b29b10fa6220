//! Connections on their way to another computer or colleague.
//!
//! A file without secrets is plain JSON that anybody may read. With secrets it is encrypted under a
//! passphrase with age, whose format other tools can open too; there is no third form.

mod file;

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use roachvault_cockroach::Secret;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::saved::{ConnectionDetails, ConnectionDraft, Keep, SavedConnection, SecretChange};
use super::secrets::SavedSecret;
use super::{Connections, SecretKind};
use crate::cluster::{ConnectionId, Environment};
use crate::error::{Code, Error, Result};
use file::Exchanged;

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
        let path = path.to_owned();
        tokio::task::spawn_blocking(move || file::write(&path, connections, passphrase))
            .await
            .map_err(|error| Error::new(Code::Internal, "The export stopped.").detail(error.to_string()))??;
        Ok(Exported {
            connections: count,
            without_secret,
        })
    }

    /// Reads a file and compares it with what is saved. Nothing changes yet.
    pub async fn plan_import(&self, path: &Path, passphrase: Option<Secret>) -> Result<ImportPlan> {
        let path = path.to_owned();
        let read = tokio::task::spawn_blocking(move || file::read(&path, passphrase))
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
            None if has => SecretChange::NotGiven { from_file: true },
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

#[cfg(test)]
mod tests;
