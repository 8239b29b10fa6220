//! A practice cluster: a server that speaks PostgreSQL's wire protocol and behaves as CockroachDB does for everything that
//! Roachvault needs. Every test of the app's client code runs against it, and it is what people meet first, so that they can
//! try backups and restores where nothing can be lost.
//!
//! # The engine, for the parts of this crate built on it
//!
//! - [`cluster::Cluster`] is shared by all: clock, faults, version, regions, folders.
//! - [`session::Session`] is how everything is done. [`session::Session::internal`] makes one for a job;
//!   [`session::Session::query`] runs a statement with that session's rights; `user()`, `notice()`, `check_canceled()`,
//!   `in_multi_statement_transaction()` and so on ask about it.
//! - [`catalog::Catalog`] is one state of what exists (`session.catalog()`, `session.catalog_at(ts)`,
//!   `session.descriptor_versions(after, until)`); it answers names (`resolve`, `require_database`, `full_name`) and
//!   privileges (`has_privilege`, `check_privilege`, `check_system_privilege`, `has_role_option`, `owns`, `is_admin`).
//! - Changes are bricks on the session (see [`session::mutate`]): `create_descriptor`, `update_descriptor`,
//!   `drop_descriptor`, `drop_with_contents`, `create_database`, `insert_rows`, `set_sequence`, `put_role`, `put_entry`
//!   (versioned catalog entries) and `keep`/`kept` (not versioned: jobs). `session.transaction(true, |s| …)` makes several of them one.
//! - Rows: `scan_at(descriptor, ts)`, `scan_versions(descriptor, after, until)`, in storage form ([`datum::Datum`]).
//! - Userfile storage as the server does it is [`userfile::UserfileStore`]: `open`, `write`, `create` (a [`userfile::FileWriter`]), `read`,
//!   `read_chunks`, `size`, `list`, `list_prefix`, `delete`.
//! - A statement of another part is plugged in as a [`cluster::StatementExtension`]; it is offered every statement first, those inside
//!   `[SHOW …]` included.

pub mod backup;
pub mod binary;
pub mod bootstrap;
pub mod catalog;
pub mod clock;
pub mod cluster;
pub mod datum;
pub mod emulate;
pub mod error;
pub mod faults;
pub mod practice;
pub mod sample;
pub mod scram;
pub mod sequences;
pub mod session;
pub mod show;
pub mod sql;
pub mod stmt;
pub mod storage;
pub mod time_text;
pub mod types;
pub mod userfile;
pub mod virtuals;
pub mod wire;

pub use practice::{Options, PracticeCluster};
