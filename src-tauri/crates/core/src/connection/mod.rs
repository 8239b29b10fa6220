//! Saved connections, their secrets, and the clusters that are open right now.
//!
//! One value, [`Connections`], holds the three together because they change together: deleting a
//! connection closes its cluster and removes its keyring entries; editing its address closes what
//! was opened at the old one.

mod exchange;
mod index;
mod saved;
mod secrets;
mod staged;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::Utc;
use roachvault_cockroach::capabilities::{self, Capabilities, Who};
use roachvault_cockroach::doctor::{self, Limits, Report};
use roachvault_cockroach::version::{self, Version};
use roachvault_cockroach::{Cluster, Secret, Target};

pub use exchange::{Exported, ImportChoice, ImportEntry, ImportPlan, Match};
pub use index::Healed;
pub use saved::{Colour, ConnectionDetails, ConnectionDraft, Keep, SavedConnection, SecretChange};
pub use secrets::{
    ENTRY_LIMIT_BYTES, Keyring, KeyringError, KeyringFailure, MemorySecrets, SavedSecret, SecretRef,
    SecretStore,
};
pub use staged::StagedSecrets;

use crate::cluster::{ClusterInfo, ConnectionId, Environment, OpenCluster};
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

    /// The open cluster of a connection, or an error that says to connect first. Sends nothing.
    pub fn open_cluster(&self, id: ConnectionId) -> Result<Arc<OpenCluster>> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(&id).cloned().ok_or_else(|| {
            Error::new(Code::NotFound, "This connection is not open.").hint("Connect to it first.")
        })
    }

    /// The connections that are open, in no order.
    pub fn list_open(&self) -> Vec<Arc<OpenCluster>> {
        self.open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }

    /// Opens a saved connection, or returns it when it is open already. One login, never repeated.
    pub async fn connect(&self, id: ConnectionId) -> Result<Arc<OpenCluster>> {
        if let Ok(open) = self.open_cluster(id) {
            return Ok(open);
        }
        let saved = self.get(id)?;
        let target = self.target(&saved).await?;
        let cluster = Cluster::connect(&target).await?;
        let version = version::read(cluster.pool()).await?;
        let opened = Arc::new(OpenCluster::new(
            id,
            saved.details.name.clone(),
            saved.details.environment,
            saved.details.read_only,
            ClusterInfo {
                version_text: version.text.clone(),
                version: version.release(),
                user: cluster.user().to_owned(),
            },
            cluster,
        ));
        let kept = {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(open.entry(id).or_insert_with(|| Arc::clone(&opened)))
        };
        if !Arc::ptr_eq(&kept, &opened) {
            // Somebody else connected meanwhile; theirs is the one in use.
            opened.close().await;
        }
        self.rewrite(|connections| {
            if let Some(saved) = connections.iter_mut().find(|saved| saved.id == id) {
                saved.last_used_at = Some(Utc::now());
            }
            Ok(())
        })?;
        Ok(kept)
    }

    /// Closes the cluster if it is open. Running local transfers of it end with a lost connection.
    pub async fn disconnect(&self, id: ConnectionId) {
        let open = self
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&id);
        if let Some(open) = open {
            open.close().await;
        }
    }

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

    /// Tries a draft step by step; see [`doctor::examine`].
    pub async fn examine(
        &self,
        draft: &ConnectionDraft,
        watch: &(dyn Fn(&Report) + Send + Sync),
    ) -> Result<Report> {
        let target = self.draft_target(draft).await?;
        Ok(doctor::examine(&target, Limits::for_host(&target.host), watch).await)
    }

    /// What the user of an open cluster may do.
    pub async fn capabilities(&self, id: ConnectionId) -> Result<Capabilities> {
        let details = self.get(id)?.details;
        let open = self.open_cluster(id)?;
        let mut connection = open
            .readable()
            .pool()
            .acquire()
            .await
            .map_err(roachvault_cockroach::Error::from)?;
        let version = Version::parse(&open.info.version_text);
        let who = Who {
            host: &details.host,
            user: &details.user,
            database: &details.database,
        };
        Ok(capabilities::read(&mut connection, who, &version).await)
    }

    /// The target of a draft that may not be saved: secrets come from the draft, or from the saved
    /// connection where the draft leaves them as they were.
    async fn draft_target(&self, draft: &ConnectionDraft) -> Result<Target> {
        let details = draft.details.clone().checked()?;
        let saved = draft.id.map(|id| self.get(id)).transpose()?;
        let chosen = |kind, change: &SecretChange, kept: Option<SavedSecret>| {
            let change = change.clone();
            async move {
                match (change, draft.id, kept) {
                    (SecretChange::Set(secret, _), ..) => Ok(Some(secret)),
                    (SecretChange::Remove, ..) => Ok(None),
                    (SecretChange::AskEachTime, Some(id), _) => Ok(self.memory.get(&memory_entry(id, kind))),
                    (SecretChange::Unchanged, Some(id), Some(kept)) => self.needed(id, kind, &kept).await,
                    (SecretChange::AskEachTime | SecretChange::Unchanged, ..) => Ok(None),
                }
            }
        };
        let password = chosen(
            SecretKind::Password,
            &draft.password,
            saved.as_ref().map(|s| s.password.clone()),
        )
        .await?;
        let key = chosen(
            SecretKind::ClientKey,
            &draft.client_key,
            saved.as_ref().map(|s| s.client_key.clone()),
        )
        .await?;
        Ok(target(&details, password, key))
    }

    async fn target(&self, saved: &SavedConnection) -> Result<Target> {
        let password = self
            .needed(saved.id, SecretKind::Password, &saved.password)
            .await?;
        let client_key = self
            .needed(saved.id, SecretKind::ClientKey, &saved.client_key)
            .await?;
        Ok(target(&saved.details, password, client_key))
    }

    /// The secret, `None` when the connection has none, or the request to ask for it.
    async fn needed(&self, id: ConnectionId, kind: SecretKind, kept: &SavedSecret) -> Result<Option<Secret>> {
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

    async fn secret(&self, id: ConnectionId, kind: SecretKind, kept: &SavedSecret) -> Result<Option<Secret>> {
        if let Some(secret) = self.memory.get(&memory_entry(id, kind)) {
            return Ok(Some(secret));
        }
        match kept {
            SavedSecret::Keyring { entry } => self.keyring.read(entry).await,
            SavedSecret::None | SavedSecret::AskEachTime => Ok(None),
        }
    }

    async fn apply(
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
    async fn forget_new(&self, kept: &SavedSecret, still: &SavedSecret) {
        if let SavedSecret::Keyring { entry } = kept
            && kept != still
            && let Err(error) = self.keyring.forget(entry).await
        {
            tracing::warn!(%error, "an entry of the keyring that is no longer used could not be removed");
        }
    }

    fn forget_memory(&self, id: ConnectionId) {
        for kind in [SecretKind::Password, SecretKind::ClientKey] {
            self.memory.remove(&memory_entry(id, kind));
        }
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

fn memory_entry(id: ConnectionId, kind: SecretKind) -> String {
    match kind {
        SecretKind::Password => format!("{id}/password"),
        SecretKind::ClientKey => format!("{id}/client-key"),
    }
}

fn target(details: &ConnectionDetails, password: Option<Secret>, client_key: Option<Secret>) -> Target {
    Target {
        host: details.host.clone(),
        port: details.port,
        user: details.user.clone(),
        database: details.database.clone(),
        tls: details.tls,
        ca_pem: details.ca_pem.clone(),
        client_cert_pem: details.client_cert_pem.clone(),
        client_key_pem: client_key,
        password,
        cluster_option: details.cluster_option.clone(),
        jwt: details.jwt,
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
