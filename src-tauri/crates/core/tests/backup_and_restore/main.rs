//! Backups and restores as the app runs them: planned, started, watched and proved, on the practice
//! cluster.

#![allow(clippy::unwrap_used)]

mod app;
mod checks;
mod jobs;
mod missing;
mod outage;
mod schedules;
mod sight;
mod tables;

#[path = "../../../cockroach/tests/support/local.rs"]
mod local;
#[path = "../../../cockroach/tests/support/relay.rs"]
mod relay;
#[path = "../support/watch.rs"]
mod watch;
