//! Many small files in few round trips.
//!
//! A file of a few kilobytes costs the cluster next to nothing, but four statements of its own cost
//! four times the distance to it. So small files travel by the hundred: one transaction holds their
//! rows, their payload and the comparison of digests, and either all of them appear or none.

use std::collections::{BTreeMap, HashMap, HashSet};

use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Connection, Row};
use uuid::Uuid;

use super::chunks::{signed, to_hex, unsigned};
use super::lanes::{Lanes, on_lane};
use super::name::StoredName;
use super::sql::{placeholders, values};
use super::store::Store;
use crate::error::{Error, ErrorKind, Result};

/// Files that one transaction takes.
pub const BATCH_FILES: usize = 128;
/// Bytes that one transaction takes, and the largest file that counts as small.
pub const BATCH_BYTES: u64 = 2 << 20;

/// A file that is in memory as a whole. The id is chosen by the caller, so that the file is known again
/// when the answer to the commit was lost.
#[derive(Debug, Clone)]
pub struct SmallFile {
    pub name: StoredName,
    pub file_id: Uuid,
    pub bytes: Vec<u8>,
}

/// How one file of a batch went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmallUploaded {
    /// Its SHA-256 in hex, compared with the cluster's.
    Done { sha256: String },
    /// Another file has the name. Nothing was written.
    Taken,
}

/// Writes a batch and answers for each of its files. [`ErrorKind::AlreadyExists`] means that a name was
/// taken in the very moment: nothing was written, and the files are better written one by one.
pub async fn upload_small(store: &Store, lanes: &Lanes, files: &[SmallFile]) -> Result<Vec<SmallUploaded>> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    lanes
        .throttle(files.iter().map(|file| file.bytes.len() as u64).sum())
        .await?;
    let digests: HashMap<Uuid, String> = files
        .iter()
        .map(|file| (file.file_id, to_hex(&Sha256::digest(&file.bytes))))
        .collect();
    let taken = on_lane!(lanes, |connection| {
        let mut transaction = connection.begin().await?;
        let (taken, known) = look(&mut transaction, store, files).await?;
        let new: Vec<&SmallFile> = files
            .iter()
            .filter(|file| !taken.contains(&file.name) && !known.contains(&file.file_id))
            .collect();
        insert(&mut transaction, store, &new).await?;
        compare(&mut transaction, store, &new, &digests).await?;
        transaction.commit().await?;
        Ok(taken)
    })?;
    let result = files.iter().map(|file| match digests.get(&file.file_id) {
        Some(sha256) if !taken.contains(&file.name) => SmallUploaded::Done {
            sha256: sha256.clone(),
        },
        _ => SmallUploaded::Taken,
    });
    Ok(result.collect())
}

/// Names that another file has, and ids of ours that an earlier attempt has written.
async fn look(
    connection: &mut sqlx::PgConnection,
    store: &Store,
    files: &[SmallFile],
) -> Result<(HashSet<StoredName>, HashSet<Uuid>)> {
    let marks = placeholders(1, files.len());
    let sql = format!(
        "SELECT filename, file_id FROM {} WHERE filename IN ({marks})",
        store.files
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for file in files {
        query = query.bind(file.name.as_str());
    }
    let (mut taken, mut known) = (HashSet::new(), HashSet::new());
    for row in query.fetch_all(connection).await? {
        let (name, file_id): (String, Uuid) = (row.try_get(0)?, row.try_get(1)?);
        if files.iter().any(|file| file.file_id == file_id) {
            known.insert(file_id);
        } else {
            taken.insert(StoredName::stored(name));
        }
    }
    Ok((taken, known))
}

async fn insert(connection: &mut sqlx::PgConnection, store: &Store, files: &[&SmallFile]) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO {} (filename, file_id, file_size, username) VALUES {}",
        store.files,
        values(files.len(), 4)
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for file in files {
        query = query
            .bind(file.name.as_str())
            .bind(file.file_id)
            .bind(signed(file.bytes.len() as u64))
            .bind(store.cluster.user());
    }
    query.execute(&mut *connection).await?;
    let filled: Vec<_> = files.iter().filter(|file| !file.bytes.is_empty()).collect();
    if filled.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO {} (file_id, byte_offset, payload) VALUES {}",
        store.payload,
        values(filled.len(), 3)
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for file in filled {
        query = query.bind(file.file_id).bind(0_i64).bind(file.bytes.as_slice());
    }
    query.execute(connection).await?;
    Ok(())
}

async fn compare(
    connection: &mut sqlx::PgConnection,
    store: &Store,
    files: &[&SmallFile],
    digests: &HashMap<Uuid, String>,
) -> Result<()> {
    let filled: Vec<_> = files.iter().filter(|file| !file.bytes.is_empty()).collect();
    if filled.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "SELECT file_id, {} FROM {} WHERE file_id IN ({})",
        store.dialect.sha256("payload"),
        store.payload,
        placeholders(1, filled.len())
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for file in &filled {
        query = query.bind(file.file_id);
    }
    let rows = query.fetch_all(connection).await?;
    let mut equal = 0;
    for row in &rows {
        let (file_id, digest): (Uuid, String) = (row.try_get(0)?, row.try_get(1)?);
        equal += usize::from(digests.get(&file_id) == Some(&digest));
    }
    if equal != filled.len() || rows.len() != filled.len() {
        return Err(Error::new(
            ErrorKind::Corrupt,
            "The cluster keeps other bytes than were sent.",
        ));
    }
    Ok(())
}

/// Reads small files by their ids, all of one moment. A file that is missing from the answer has no
/// bytes, or chunks that do not follow each other: the caller compares sizes.
pub async fn download_small(
    store: &Store,
    lanes: &Lanes,
    file_ids: &[Uuid],
    as_of: Option<&str>,
) -> Result<BTreeMap<Uuid, Vec<u8>>> {
    let sql = format!(
        "SELECT file_id, byte_offset, payload FROM {}{} WHERE file_id IN ({}) ORDER BY file_id, byte_offset",
        store.payload,
        store.dialect.as_of(as_of)?,
        placeholders(1, file_ids.len())
    );
    let rows = on_lane!(lanes, |connection| {
        let mut query = sqlx::query(AssertSqlSafe(sql.clone()));
        for file_id in file_ids {
            query = query.bind(*file_id);
        }
        Ok(query.fetch_all(connection).await?)
    })?;
    let mut files: BTreeMap<Uuid, Vec<u8>> = BTreeMap::new();
    for row in &rows {
        let (file_id, offset, payload): (Uuid, u64, &[u8]) =
            (row.try_get(0)?, unsigned(row.try_get(1)?), row.try_get(2)?);
        let bytes = files.entry(file_id).or_default();
        if bytes.len() as u64 == offset {
            bytes.extend_from_slice(payload);
        }
    }
    lanes
        .throttle(files.values().map(|bytes| bytes.len() as u64).sum())
        .await?;
    Ok(files)
}
