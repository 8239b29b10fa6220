//! The commands as the window calls them, against a cluster that can be reached like any other.

#![allow(clippy::unwrap_used)]

mod guard;
mod leak;
mod quiet;
mod room;
mod transfers;
