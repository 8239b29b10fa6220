//! What the app means: saved connections, plans, jobs, the journal and the guard.
//!
//! Core decides what may be done and what counts as done. It knows neither the window nor SQL text.

pub mod backup;
pub mod cluster;
mod cluster_job;
pub mod connection;
pub mod error;
pub mod job;
pub mod overview;
pub mod plan;
pub mod restore;
pub mod schedule;
pub mod settings;
pub mod userfile;

pub use cluster::{ClusterInfo, ConnectionId, Environment, OpenCluster};
pub use connection::{ConnectionDetails, ConnectionDraft, Connections, SavedConnection};
pub use error::{Code, Error, Result};
