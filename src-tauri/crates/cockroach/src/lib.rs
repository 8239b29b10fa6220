//! What CockroachDB can do, over its wire protocol: connecting, userfiles, backups, schedules, restores, jobs.
//!
//! This crate knows SQL text, SQLSTATEs and releases. It knows nothing of windows, keyrings or the
//! app's jobs: long work reports through small callbacks.

pub mod backup;
pub mod bring_back;
pub mod capabilities;
pub mod certificate;
pub mod collection;
pub mod connect;
pub mod connection_string;
pub mod cron;
pub mod definition;
pub mod detached;
pub mod doctor;
pub mod error;
pub mod grant;
mod handshake;
pub mod inspect;
pub mod job;
pub mod pair;
pub mod quote;
pub mod refusal;
pub mod restore;
mod row;
pub mod schedule;
pub mod secret;
mod sqlstate;
mod statement;
pub mod storage_uri;
mod tls;
pub mod userfile;
pub mod version;

pub use connect::{Cluster, Target, TlsMode};
pub use error::{Error, ErrorKind, Result};
pub use secret::Secret;
pub use sqlstate::BrokenRule;
pub use statement::Statement;
pub use storage_uri::StorageUri;
