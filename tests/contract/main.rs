//! What the `roachvault-cockroach` crate promises, stated as tests that run unchanged on the practice
//! cluster and on a real one.
//!
//! `ROACHVAULT_TEST_COCKROACH` names a `cockroach` binary, which is started with its data in memory, or
//! the URL of a running cluster whose user may do everything. Without it the practice cluster is
//! used, and each promise is a test of its own in every release that it emulates. Each test makes a
//! database and a collection of its own and removes both.

#![allow(clippy::unwrap_used)]

/// Makes tests of promises: one on each emulated release, and one on the cluster that the environment names.
macro_rules! hold_everywhere {
    ($($promise:ident),+ $(,)?) => {
        $(
            mod $promise {
                use crate::cluster::{Bank, Place};

                #[tokio::test]
                async fn on_v23_2() {
                    check(Place::Practice("v23.2")).await;
                }

                #[tokio::test]
                async fn on_v24_3() {
                    check(Place::Practice("v24.3")).await;
                }

                #[tokio::test]
                async fn on_v25_4() {
                    check(Place::Practice("v25.4")).await;
                }

                #[tokio::test]
                async fn on_v26_2() {
                    check(Place::Practice("v26.2")).await;
                }

                #[tokio::test]
                async fn on_a_real_cluster() {
                    check(Place::Real).await;
                }

                async fn check(place: Place) {
                    if let Some(bank) = Bank::open(place).await {
                        super::$promise(bank).await;
                    }
                }
            }
        )+
    };
}

mod backups;
mod cluster;
mod inspection;
mod jobs;
mod missing_rows;
mod restores;
mod schedules;
