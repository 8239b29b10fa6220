//! The engine for tests: a cluster without a wire, and statements with their expected rows.
#![allow(clippy::unwrap_used, dead_code)]

use std::sync::Arc;

use roachvault_practice::bootstrap;
use roachvault_practice::cluster::{Cluster, Settings};
use roachvault_practice::emulate::Version;
use roachvault_practice::error::SqlResult;
use roachvault_practice::faults::Faults;
use roachvault_practice::session::{Rows, Session};

/// A cluster of two regions in a folder of its own.
pub struct Fixture {
    pub cluster: Arc<Cluster>,
    pub folder: tempfile::TempDir,
}

impl Fixture {
    pub fn new(version: Version) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            version,
            clock_speed: 1.0,
            regions: vec!["us-east1".into(), "eu-west1".into()],
            external_folder: folder.path().join("external"),
            durable: false,
            start_clock_ago: None,
        };
        let cluster = Cluster::open(folder.path(), settings, Faults::default()).unwrap();
        bootstrap::fill(&cluster).unwrap();
        Self { cluster, folder }
    }

    pub fn session(&self, user: &str) -> Session {
        Session::new(&self.cluster, user, "defaultdb").unwrap()
    }
}

/// Rows as text, cells joined by `|`.
pub fn text(rows: &Rows) -> Vec<String> {
    rows.rows
        .iter()
        .map(|row| {
            let cells: Vec<String> = row
                .iter()
                .zip(&rows.columns)
                .map(|(d, c)| d.to_text(&c.ty).unwrap_or_else(|| "NULL".into()))
                .collect();
            cells.join("|")
        })
        .collect()
}

/// Runs one statement and gives its rows as [`text`] does.
pub fn run(session: &mut Session, sql: &str) -> SqlResult<Vec<String>> {
    session.query(sql, &[]).map(|rows| text(&rows))
}

/// The statement's rows must be these.
#[track_caller]
pub fn expect(session: &mut Session, sql: &str, wanted: &[&str]) {
    assert_eq!(
        run(session, sql).unwrap_or_else(|e| panic!("{sql}: {e:?}")),
        wanted,
        "{sql}"
    );
}

/// The statement must be refused so.
#[track_caller]
pub fn expect_error(session: &mut Session, sql: &str, code: &str, part: &str) {
    let error = run(session, sql).expect_err(sql);
    assert_eq!(error.sqlstate, code, "{sql}: {error:?}");
    assert!(error.message.contains(part), "{sql}: {}", error.message);
}
