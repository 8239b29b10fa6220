//! Files as the app moves them, planned, started and watched, on practice clusters.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod archive;
mod ends;
// Windows has no files of such names.
#[cfg(unix)]
mod names;
mod rename;
mod same;
mod speed;
mod world;

#[path = "../../../cockroach/tests/support/local.rs"]
mod local;
#[path = "../support/watch.rs"]
mod watch;
