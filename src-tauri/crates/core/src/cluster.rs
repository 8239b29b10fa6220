//! A cluster that is open right now, and what may be done on it.

use std::fmt;
use std::time::Duration;

use roachvault_cockroach::Cluster;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use uuid::Uuid;

use crate::error::{Code, Error, Result};

/// A cluster that is stopped or out of reach may hold a connection open without a word.
pub(crate) const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
const CLOSES_WITHIN: Duration = Duration::from_secs(2);

/// Names a saved connection for its whole life; renaming does not change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionId(pub Uuid);

impl ConnectionId {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How much care a connection asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    Practice,
    Development,
    Staging,
    Production,
}

/// What a connected cluster said of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterInfo {
    /// The whole text of `SELECT version()`.
    pub version_text: String,
    /// `v25.4.0`, when the text is CockroachDB's.
    pub version: Option<String>,
    pub user: String,
}

/// A connection with its rules. Whoever wants to change something asks [`OpenCluster::writable`]
/// for the cluster; whoever only looks uses [`OpenCluster::readable`]. There is no third way.
#[derive(Debug)]
pub struct OpenCluster {
    pub id: ConnectionId,
    pub name: String,
    pub environment: Environment,
    pub read_only: bool,
    pub info: ClusterInfo,
    cluster: Cluster,
}

impl OpenCluster {
    pub fn new(
        id: ConnectionId,
        name: String,
        environment: Environment,
        read_only: bool,
        info: ClusterInfo,
        cluster: Cluster,
    ) -> Self {
        Self {
            id,
            name,
            environment,
            read_only,
            info,
            cluster,
        }
    }

    /// Closes its connections. Whoever still holds the cluster gets "connection lost" from then on.
    pub async fn close(&self) {
        // The pool waits for statements under way, to which a silent cluster never answers.
        if timeout(CLOSES_WITHIN, self.cluster.close()).await.is_err() {
            tracing::debug!(name = self.name, "closed with statements under way");
        }
    }

    /// Whether it answers at all.
    pub async fn reach(&self) -> Result<()> {
        match timeout(ANSWERS_WITHIN, self.cluster.reach()).await {
            Ok(answered) => Ok(answered?),
            Err(_) => Err(self.silent()),
        }
    }

    /// The error of a cluster that was asked and did not answer within [`ANSWERS_WITHIN`].
    pub(crate) fn silent(&self) -> Error {
        Error::new(
            Code::ConnectionLost,
            format!("{} was asked and says nothing.", self.name),
        )
        .hint("It may be overloaded or stopped, or the network between may have changed.")
        .detail(format!("no answer within {} s", ANSWERS_WITHIN.as_secs()))
    }

    pub fn readable(&self) -> &Cluster {
        &self.cluster
    }

    /// Refused on a connection that is marked read-only.
    pub fn writable(&self) -> Result<&Cluster> {
        if self.read_only {
            return Err(Error::new(
                Code::ReadOnly,
                format!("{} is marked read-only, so nothing was changed.", self.name),
            )
            .hint("Edit the connection to allow changes."));
        }
        Ok(&self.cluster)
    }

    /// What a person types before files of this cluster are replaced, renamed or repaired: its name, on production.
    pub fn name_to_type(&self) -> Option<String> {
        (self.environment == Environment::Production).then(|| self.name.clone())
    }

    /// As [`OpenCluster::writable`], and on a production connection only when the person typed
    /// `target`, the name of what is about to change.
    pub fn confirmed(&self, target: &str, typed: Option<&str>) -> Result<&Cluster> {
        let cluster = self.writable()?;
        if self.environment == Environment::Production && typed != Some(target) {
            return Err(Error::new(
                Code::ConfirmationNeeded,
                format!("{} is a production cluster. Type “{target}” to go on.", self.name),
            ));
        }
        Ok(cluster)
    }
}
