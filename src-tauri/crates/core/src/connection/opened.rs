//! Clusters that are open, and drafts that are tried.
//!
//! Both begin with a target: the details of a connection and the secrets that belong to it, wherever those are.

use std::sync::{Arc, PoisonError};

use chrono::Utc;
use roachvault_cockroach::capabilities::{self, Capabilities, Who};
use roachvault_cockroach::doctor::{self, Limits, Report};
use roachvault_cockroach::version::{self, Version};
use roachvault_cockroach::{Cluster, Secret, Target};

use super::kept::memory_entry;
use super::saved::{ConnectionDetails, ConnectionDraft, SavedConnection, SecretChange};
use super::secrets::SavedSecret;
use super::{Connections, SecretKind};
use crate::cluster::{ClusterInfo, ConnectionId, OpenCluster};
use crate::error::{Code, Error, Result};

impl Connections {
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
    /// [`Connections::disconnect`] ends it early, also while the keyring waits for its prompt.
    pub async fn connect(&self, id: ConnectionId) -> Result<Arc<OpenCluster>> {
        let given_up = {
            let mut given_up = self.given_up.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(given_up.entry(id).or_default())
        };
        tokio::select! {
            biased;
            () = given_up.notified() => Err(Error::new(Code::Cancelled, "Connecting was cancelled.")),
            opened = self.open_now(id) => opened,
        }
    }

    async fn open_now(&self, id: ConnectionId) -> Result<Arc<OpenCluster>> {
        if let Ok(open) = self.open_cluster(id) {
            return Ok(open);
        }
        let saved = self.get(id)?;
        let target = self.target(&saved).await?;
        // The prompt may have been open for long, and the person have gone on without the keyring.
        if let Ok(open) = self.open_cluster(id) {
            return Ok(open);
        }
        let cluster = match Cluster::connect(&target).await.map_err(Error::from) {
            Ok(cluster) => cluster,
            Err(error) => {
                if error.code == Code::Auth {
                    self.login_ended(&saved, true).await?;
                }
                return Err(error);
            }
        };
        self.login_ended(&saved, false).await?;
        let version = version::read(&cluster).await?;
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

    /// Closes the cluster if it is open, and gives up connecting to it. Transfers under way hold connections of their own:
    /// [`pause_transfers`](crate::userfile::pause_transfers) comes before.
    pub async fn disconnect(&self, id: ConnectionId) {
        if let Some(connecting) = self
            .given_up
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&id)
        {
            connecting.notify_waiters();
        }
        let open = self
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&id);
        if let Some(open) = open {
            open.close().await;
        }
    }

    /// What the user of an open cluster may do.
    pub async fn capabilities(&self, id: ConnectionId) -> Result<Capabilities> {
        let details = self.get(id)?.details;
        let open = self.open_cluster(id)?;
        let version = Version::parse(&open.info.version_text);
        let who = Who {
            host: &details.host,
            user: &details.user,
            database: &details.database,
        };
        Ok(capabilities::of(open.readable(), who, &version).await?)
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
                    (SecretChange::AskEachTime | SecretChange::NotGiven { .. }, Some(id), _) => {
                        Ok(self.memory.get(&memory_entry(id, kind)))
                    }
                    (SecretChange::Unchanged, Some(id), Some(kept)) => self.needed(id, kind, &kept).await,
                    (
                        SecretChange::AskEachTime | SecretChange::NotGiven { .. } | SecretChange::Unchanged,
                        ..,
                    ) => Ok(None),
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

    pub(super) async fn target(&self, saved: &SavedConnection) -> Result<Target> {
        let password = self
            .needed(saved.id, SecretKind::Password, &saved.password)
            .await?;
        let client_key = self
            .needed(saved.id, SecretKind::ClientKey, &saved.client_key)
            .await?;
        Ok(target(&saved.details, password, client_key))
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
