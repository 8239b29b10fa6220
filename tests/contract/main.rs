//! What the `roachvault-cockroach` crate promises, stated as tests that run unchanged on the practice
//! cluster and on a real one.
//!
//! `ROACHVAULT_TEST_COCKROACH` names a `cockroach` binary, which is started with its data in memory, or
//! the URL of a running cluster whose user may do everything. Without it the practice cluster is
//! used, in the release that `ROACHVAULT_TEST_EMULATE` names. Each test makes a database and a
//! collection of its own and removes both.

#![allow(clippy::unwrap_used)]

mod backups;
mod cluster;
mod inspection;
mod jobs;
mod restores;
