//! A practice cluster for one case: empty, without passwords, with jobs that take no longer than their work.

use std::path::Path;
use std::time::Duration;

use roachvault_practice::backup::{Options as BackupOptions, UserfilePlace};
use roachvault_practice::practice::{Options, PracticeCluster};

/// How the cluster of a case is to be.
#[derive(Debug, Clone)]
pub struct Shape {
    pub emulate: &'static str,
    pub regions: Vec<String>,
    pub implicit_access: bool,
    pub upgrading: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Shape {
            emulate: "v25.4",
            regions: Vec::new(),
            implicit_access: false,
            upgrading: false,
        }
    }
}

/// A running cluster.
pub struct Cluster(PracticeCluster);

impl Cluster {
    /// Starts one. `external` is the storage it shares with the other clusters of the case.
    pub fn start(shape: &Shape, external: &Path) -> Result<Cluster, String> {
        let options = Options {
            external_folder: Some(external.to_owned()),
            version: shape.emulate.parse()?,
            regions: shape.regions.clone(),
            insecure: true,
            user: "root".to_owned(),
            sample_data: false,
            backups: BackupOptions {
                least_job_duration: Duration::ZERO,
                everyone_may_use_implicit_access: shape.implicit_access,
                upgrading: shape.upgrading,
            },
            ..Options::default()
        };
        PracticeCluster::start(options)
            .map(Cluster)
            .map_err(|error| error.message)
    }

    /// `host:port`.
    pub fn address(&self) -> String {
        self.0.address().to_string()
    }

    /// The connection string of a user.
    pub fn url(&self, user: &str) -> String {
        let user: String = user.bytes().map(crate::userfile::percent).collect();
        format!("postgresql://{user}@{}/defaultdb?sslmode=disable", self.address())
    }

    /// The storage the server's own work goes through, for a user.
    pub fn storage(&self, user: &str, uri: &str) -> Result<Storage, String> {
        UserfilePlace::open(self.0.cluster(), user, uri).map_err(|error| error.message)
    }
}

/// What server-side work writes to.
pub type Storage = UserfilePlace;
