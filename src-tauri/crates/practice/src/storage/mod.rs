//! Where rows and catalog live: one SQLite file per cluster.
//!
//! Every table is a SQLite table `t_<id>` whose columns are named after column ids (`c1`, `c2`, so that renaming is a
//! matter of the catalog alone) plus `~from`, the timestamp of the transaction that wrote the row. Triggers copy
//! what an UPDATE or DELETE replaces into `h_<id>` with the span it was valid in. Reading at a moment in the past
//! is then the union of the rows of `t` and `h` that were valid then; revision history is a scan of the same two.
//! The catalog is kept the same way, entry by entry, in `catalog_entry`.

pub mod catalog_store;
pub mod functions;
pub mod gc;
pub mod physical;
pub mod rows;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::clock::Timestamp;
use crate::error::SqlResult;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS catalog_entry (kind TEXT NOT NULL, key TEXT NOT NULL, from_ts INTEGER NOT NULL, to_ts INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (kind, key, from_ts)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kept (kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;
INSERT OR IGNORE INTO meta VALUES ('catalog_version', 1), ('last_id', 100), ('last_ts', 0);
";

/// The file and how to open it.
#[derive(Debug)]
pub struct Storage {
    path: PathBuf,
    durable: bool,
}

/// A connection and the timestamp its writes carry.
#[derive(Debug)]
pub struct Handle {
    pub sqlite: Connection,
    /// What `practice_now()` gives inside SQLite: the write timestamp of the running transaction.
    pub write_ts: Arc<AtomicI64>,
    /// Whether the triggers check constraints and foreign keys; off while rows are put in that were checked where they come from.
    pub checks: Arc<AtomicBool>,
}

impl Storage {
    /// Opens the cluster's file in the folder, making it if needed. A cluster that is thrown away afterwards need not be durable.
    pub fn open(folder: &Path, durable: bool) -> SqlResult<Self> {
        let storage = Self {
            path: folder.join("cluster.db"),
            durable,
        };
        let sqlite = Connection::open(&storage.path)?;
        sqlite.execute_batch(
            "PRAGMA page_size = 16384; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;",
        )?;
        sqlite.execute_batch(SCHEMA)?;
        Ok(storage)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A connection for one session.
    pub fn connect(&self, context: &Arc<functions::FunctionContext>) -> SqlResult<Handle> {
        let sqlite = Connection::open_with_flags(
            &self.path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI,
        )?;
        let synchronous = if self.durable { "NORMAL" } else { "OFF" };
        sqlite.execute_batch(&format!(
            "PRAGMA synchronous = {synchronous}; PRAGMA busy_timeout = 10000; PRAGMA cache_size = -2048; PRAGMA temp_store = MEMORY;
             PRAGMA case_sensitive_like = ON; PRAGMA recursive_triggers = ON; PRAGMA foreign_keys = OFF; PRAGMA mmap_size = 0;"
        ))?;
        // A name in double quotes that is no column must be an error, not a string.
        sqlite.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        sqlite.set_prepared_statement_cache_capacity(16);
        let write_ts = Arc::new(AtomicI64::new(0));
        let checks = Arc::new(AtomicBool::new(true));
        functions::register(&sqlite, &write_ts, &checks, context)?;
        Ok(Handle {
            sqlite,
            write_ts,
            checks,
        })
    }

    /// The newest timestamp any transaction carried.
    pub fn last_timestamp(&self) -> SqlResult<Timestamp> {
        let sqlite = Connection::open(&self.path)?;
        Ok(Timestamp(sqlite.query_row(
            "SELECT value FROM meta WHERE key = 'last_ts'",
            [],
            |row| row.get(0),
        )?))
    }

    /// The cluster's id, the same for the file's whole life.
    pub fn cluster_id(&self) -> SqlResult<uuid::Uuid> {
        let sqlite = Connection::open(&self.path)?;
        sqlite.execute(
            "INSERT OR IGNORE INTO meta VALUES ('cluster_id', ?1)",
            [uuid::Uuid::new_v4().to_string()],
        )?;
        let text: String =
            sqlite.query_row("SELECT value FROM meta WHERE key = 'cluster_id'", [], |row| {
                row.get(0)
            })?;
        uuid::Uuid::parse_str(&text).map_err(|_| crate::datum::invalid_text("uuid", &text))
    }
}
