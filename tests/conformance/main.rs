//! Recorded input and output of the real database, held against the practice cluster over the wire.
//!
//! `cargo test --test conformance -- --nocapture` prints the counts. `ROACHVAULT_CASES` names the folder with the case
//! files, `ROACHVAULT_CASE` picks cases whose names contain it.
#![allow(clippy::print_stdout)]

mod arrangement;
mod backup_restore;
mod cases;
mod cluster;
mod gaps;
mod tally;
mod userfile;
mod verdict;
mod version;
mod wire;

#[test]
fn the_practice_cluster_answers_the_userfile_cases_as_recorded() {
    userfile::run();
}

#[test]
fn the_practice_cluster_answers_the_backup_and_restore_cases_as_recorded() {
    backup_restore::run();
}
