//! What CockroachDB can do, over its wire protocol: connecting, userfiles, backups, restores, jobs.
//!
//! This crate knows SQL text, SQLSTATEs and releases. It knows nothing of windows, keyrings or the
//! app's jobs: long work reports through small callbacks.

pub mod capabilities;
pub mod certificate;
pub mod connect;
pub mod connection_string;
pub mod doctor;
pub mod error;
pub mod quote;
pub mod secret;
mod sqlstate;
mod tls;
pub mod userfile;
pub mod version;

pub use connect::{Cluster, Target, TlsMode};
pub use error::{Error, ErrorKind, Result};
pub use secret::Secret;
