//! The journal: what the app remembers of its jobs when it is closed or killed.
//!
//! One SQLite file in the data folder. It holds what a job is (its spec), its last known snapshot,
//! and how each of its files ended. It never holds a secret: specs name connections, not passwords.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::Utc;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Row};

use super::model::{FileResult, JobId, JobSnapshot};
use crate::error::{Code, Error, Result};

/// Raised with each change of the tables. A newer file than this is left alone.
const SCHEMA_VERSION: i64 = 1;

const SCHEMA: &str = "
CREATE TABLE jobs (id TEXT PRIMARY KEY, snapshot TEXT NOT NULL, spec TEXT NOT NULL) STRICT;
CREATE TABLE job_files (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    result TEXT NOT NULL,
    PRIMARY KEY (job_id, position)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 1;
";

/// See the module.
#[derive(Debug, Clone)]
pub struct Journal {
    pool: SqlitePool,
}

/// A job as it was written down.
pub(super) struct Kept {
    pub snapshot: JobSnapshot,
    pub spec: serde_json::Value,
}

impl Journal {
    /// Opens `<folder>/journal.sqlite`. A file that cannot be read as a journal is renamed to
    /// `journal.damaged-<time>.sqlite` and a new one begun; its new name is returned for telling.
    pub async fn open(folder: &Path) -> Result<(Self, Option<PathBuf>)> {
        std::fs::create_dir_all(folder).map_err(|error| failed(&error))?;
        let path = folder.join("journal.sqlite");
        match Self::try_open(&path).await {
            Ok(journal) => Ok((journal, None)),
            Err(error) if error.code == Code::Unsupported || !path.exists() => Err(error),
            Err(error) => {
                tracing::warn!(%error, "the journal cannot be read and is kept aside");
                let aside = set_aside(&path).await.map_err(|error| failed(&error))?;
                Ok((Self::try_open(&path).await?, Some(aside)))
            }
        }
    }

    async fn try_open(path: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .disable_statement_logging();
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await
            .map_err(|e| failed(&e))?;
        let checked = Self::check(&pool, path).await;
        if checked.is_err() {
            // A file that is still open could not be renamed on Windows. Elsewhere it could, and closing it then would
            // remove the write-ahead log of the journal that took its name.
            pool.close().await;
        }
        checked.map(|()| Self { pool })
    }

    /// Makes the tables in a new file; refuses one that is damaged or of a newer release.
    async fn check(pool: &SqlitePool, path: &Path) -> Result<()> {
        let health: String = sqlx::query_scalar("PRAGMA quick_check(1)")
            .fetch_one(pool)
            .await
            .map_err(|e| failed(&e))?;
        if health != "ok" {
            return Err(Error::new(Code::LocalDisk, "The journal of jobs is damaged.").detail(health));
        }
        let version: i64 = sqlx::query_scalar("PRAGMA user_version")
            .fetch_one(pool)
            .await
            .map_err(|e| failed(&e))?;
        match version {
            0 => {
                sqlx::raw_sql(SCHEMA)
                    .execute(pool)
                    .await
                    .map_err(|e| failed(&e))?;
            }
            SCHEMA_VERSION => {}
            newer => {
                return Err(Error::new(
                    Code::Unsupported,
                    "The journal of jobs was written by a newer release.",
                )
                .hint("Start the newer release of Roachvault, or move the file away.")
                .detail(format!("{}: version {newer}", path.display())));
            }
        }
        Ok(())
    }

    pub(super) async fn load(&self) -> Result<Vec<Kept>> {
        let rows = sqlx::query("SELECT snapshot, spec FROM jobs")
            .fetch_all(&self.pool)
            .await
            .map_err(|e| failed(&e))?;
        let mut kept = Vec::with_capacity(rows.len());
        for row in rows {
            let text: String = row.try_get("snapshot").map_err(|e| failed(&e))?;
            let spec: String = row.try_get("spec").map_err(|e| failed(&e))?;
            // An entry of a shape that is no longer understood is passed over, not fatal.
            match (serde_json::from_str(&text), serde_json::from_str(&spec)) {
                (Ok(snapshot), Ok(spec)) => kept.push(Kept { snapshot, spec }),
                (Err(error), _) | (_, Err(error)) => {
                    tracing::warn!(%error, "a job in the journal is not readable")
                }
            }
        }
        Ok(kept)
    }

    pub(super) async fn save(&self, snapshot: &JobSnapshot, spec: &serde_json::Value) -> Result<()> {
        let (text, spec_text) = (to_json(snapshot)?, to_json(spec)?);
        sqlx::query(
            "INSERT INTO jobs (id, snapshot, spec) VALUES (?1, ?2, ?3)
             ON CONFLICT (id) DO UPDATE SET snapshot = excluded.snapshot, spec = excluded.spec",
        )
        .bind(snapshot.id.to_string())
        .bind(text)
        .bind(spec_text)
        .execute(&self.pool)
        .await
        .map_err(|e| failed(&e))?;
        Ok(())
    }

    pub(super) async fn save_snapshot(&self, snapshot: &JobSnapshot) -> Result<()> {
        sqlx::query("UPDATE jobs SET snapshot = ?2 WHERE id = ?1")
            .bind(snapshot.id.to_string())
            .bind(to_json(snapshot)?)
            .execute(&self.pool)
            .await
            .map_err(|e| failed(&e))?;
        Ok(())
    }

    pub(super) async fn remove(&self, id: JobId) -> Result<()> {
        sqlx::query("DELETE FROM jobs WHERE id = ?1")
            .bind(id.to_string())
            .execute(&self.pool)
            .await
            .map_err(|e| failed(&e))?;
        Ok(())
    }

    /// Writes how files of a job ended, by their position in its spec, in one transaction.
    pub(super) async fn record_files(&self, id: JobId, results: &[(usize, FileResult)]) -> Result<()> {
        let mut tx = self.pool.begin().await.map_err(|e| failed(&e))?;
        for (position, result) in results {
            sqlx::query(
                "INSERT INTO job_files (job_id, position, result) VALUES (?1, ?2, ?3)
                 ON CONFLICT (job_id, position) DO UPDATE SET result = excluded.result",
            )
            .bind(id.to_string())
            .bind(i64::try_from(*position).unwrap_or(i64::MAX))
            .bind(to_json(result)?)
            .execute(&mut *tx)
            .await
            .map_err(|e| failed(&e))?;
        }
        tx.commit().await.map_err(|e| failed(&e))
    }

    pub(super) async fn recorded_files(&self, id: JobId) -> Result<BTreeMap<usize, FileResult>> {
        let rows = sqlx::query("SELECT position, result FROM job_files WHERE job_id = ?1")
            .bind(id.to_string())
            .fetch_all(&self.pool)
            .await
            .map_err(|e| failed(&e))?;
        let mut results = BTreeMap::new();
        for row in rows {
            let position: i64 = row.try_get("position").map_err(|e| failed(&e))?;
            let text: String = row.try_get("result").map_err(|e| failed(&e))?;
            if let (Ok(position), Ok(result)) = (usize::try_from(position), serde_json::from_str(&text)) {
                results.insert(position, result);
            }
        }
        Ok(results)
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

async fn set_aside(path: &Path) -> std::io::Result<PathBuf> {
    let aside = path.with_file_name(format!(
        "journal.damaged-{}.sqlite",
        Utc::now().format("%Y%m%dT%H%M%S%.3f")
    ));
    // The driver closes a file that it refused on a thread of its own, and Windows renames none that is open.
    let mut attempts_left = if cfg!(windows) { 40 } else { 0 };
    while let Err(error) = std::fs::rename(path, &aside) {
        if attempts_left == 0 {
            return Err(error);
        }
        attempts_left -= 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // The write-ahead log belongs to the damaged file; a new journal must not replay it.
    for suffix in ["-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match std::fs::remove_file(PathBuf::from(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(aside)
}

fn to_json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| {
        Error::new(Code::Internal, "A job could not be written down.").detail(error.to_string())
    })
}

fn failed(error: &dyn std::error::Error) -> Error {
    Error::new(
        Code::LocalDisk,
        "The journal of jobs could not be read or written.",
    )
    .hint("Check that the disk is not full and that the data folder is writable.")
    .detail(error.to_string())
}
