//! What one statement can do to files that are there: rename, copy, look closely, and find and mend
//! damage.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Connection, Row};
use uuid::Uuid;

use super::chunks::{Digested, digests, digests_of, signed, to_hex, unsigned};
use super::delete::remove_payload;
use super::download::pin;
use super::lanes::{Lanes, SharedLanes, on_lane};
use super::list::{FileRow, empty_when_missing, list_page};
use super::name::{StoredName, temporary_name};
use super::report::Event;
use super::store::Store;
use super::upload::taken;
use crate::connect::SEARCHES_WITHIN;
use crate::error::{Error, ErrorKind, Result};

/// Old and new name of a file; or of everything below a folder, when both end in a slash.
#[derive(Debug, Clone)]
pub struct Rename {
    pub from: String,
    pub to: String,
}

/// Renames in one transaction: all of them, or none. Answers how many files have a new name.
pub async fn rename(store: &Store, renames: &[Rename]) -> Result<u64> {
    let mut connection = store.cluster.transfer_connection().await?;
    let mut transaction = connection.begin().await?;
    let mut renamed = 0;
    for one in renames {
        let folder = one.from.ends_with('/');
        let query = if folder {
            // One update over the key range of the folder: '0' follows '/'.
            let end = format!("{}0", one.from.trim_end_matches('/'));
            let sql = format!(
                "UPDATE {} SET filename = $1 || substr(filename, $2) WHERE {filename} >= $3 AND {filename} < $4",
                store.files,
                filename = store.dialect.filename()
            );
            let after = i64::try_from(one.from.chars().count() + 1).unwrap_or(i64::MAX);
            let query = sqlx::query(AssertSqlSafe(sql)).bind(&one.to);
            match store.dialect {
                super::Dialect::Cockroach => query.bind(after),
                super::Dialect::Postgres => query.bind(i32::try_from(after).unwrap_or(i32::MAX)),
            }
            .bind(&one.from)
            .bind(end)
        } else {
            let sql = format!("UPDATE {} SET filename = $1 WHERE filename = $2", store.files);
            sqlx::query(AssertSqlSafe(sql)).bind(&one.to).bind(&one.from)
        };
        let done = query
            .execute(&mut *transaction)
            .await
            .map_err(|error| match Error::from(error) {
                error if error.kind == ErrorKind::AlreadyExists => {
                    taken(&StoredName::stored(one.to.trim_end_matches('/').to_owned()))
                }
                error => error,
            })?;
        if done.rows_affected() == 0 {
            let name = one.from.trim_matches('/');
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("{name} is not in the cluster any more."),
            ));
        }
        renamed += done.rows_affected();
    }
    transaction.commit().await?;
    Ok(renamed)
}

/// Payload that one statement of a copy moves inside the cluster.
const COPY_BYTES: u64 = 32 << 20;

/// Copies a file inside the store; its bytes do not leave the cluster. `file_id` is the copy's.
pub async fn copy(
    store: &Store,
    lanes: &Lanes,
    file: &FileRow,
    to: &StoredName,
    file_id: Uuid,
) -> Result<()> {
    let insert = format!(
        "INSERT INTO {} (filename, file_id, file_size, username) VALUES ($1, $2, 0, $3) \
         ON CONFLICT (filename) DO NOTHING",
        store.files
    );
    let temporary = temporary_name(to, file_id);
    on_lane!(lanes, |connection| {
        let query = sqlx::query(AssertSqlSafe(insert.clone()))
            .bind(&temporary)
            .bind(file_id);
        query.bind(store.cluster.user()).execute(connection).await?;
        Ok(())
    })?;
    let some = format!(
        "INSERT INTO {0} (file_id, byte_offset, payload) \
         SELECT $1, byte_offset, payload FROM {0} \
         WHERE file_id = $2 AND byte_offset >= $3 AND byte_offset < $4 ON CONFLICT DO NOTHING",
        store.payload
    );
    let mut at = 0;
    while at < file.size_bytes {
        on_lane!(lanes, |connection| {
            let query = sqlx::query(AssertSqlSafe(some.clone()))
                .bind(file_id)
                .bind(file.file_id);
            query
                .bind(signed(at))
                .bind(signed(at + COPY_BYTES))
                .execute(connection)
                .await?;
            Ok(())
        })?;
        at += COPY_BYTES;
    }
    let copied = match layout(store, lanes, file_id).await {
        Ok(layout) if layout.contiguous && layout.stored_bytes == file.size_bytes => {
            let name = format!(
                "UPDATE {} SET filename = $1, file_size = $2 WHERE file_id = $3",
                store.files
            );
            on_lane!(lanes, |connection| {
                let query = sqlx::query(AssertSqlSafe(name.clone())).bind(to.as_str());
                query
                    .bind(signed(file.size_bytes))
                    .bind(file_id)
                    .execute(connection)
                    .await?;
                Ok(())
            })
        }
        Ok(_) => Err(Error::new(
            ErrorKind::Corrupt,
            format!(
                "{} changed or is damaged, so its copy is not complete.",
                file.name
            ),
        )),
        Err(error) => Err(error),
    };
    match copied {
        Ok(()) => Ok(()),
        Err(error) => {
            remove_payload(store, lanes, file_id).await?;
            Err(if error.kind == ErrorKind::AlreadyExists {
                taken(to)
            } else {
                error
            })
        }
    }
}

/// A chunk as the cluster describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkInfo {
    pub offset: u64,
    pub size_bytes: u64,
    /// Hex.
    pub sha256: String,
}

/// How the chunks of a file lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    pub chunks: Vec<ChunkInfo>,
    pub stored_bytes: u64,
    /// From 0 on, each following the one before.
    pub contiguous: bool,
}

/// Has the cluster measure and digest a file's chunks.
pub async fn layout(store: &Store, lanes: &Lanes, file_id: Uuid) -> Result<Layout> {
    Ok(Layout::of(digests(store, lanes, file_id, None).await?))
}

/// As [`layout`], for several files in one statement, as they were at `as_of`. Files without chunks are
/// not in the answer.
pub async fn layouts(
    store: &Store,
    lanes: &Lanes,
    file_ids: &[Uuid],
    as_of: Option<&str>,
) -> Result<BTreeMap<Uuid, Layout>> {
    let files = digests_of(store, lanes, file_ids, as_of).await?;
    Ok(files
        .into_iter()
        .map(|(file_id, chunks)| (file_id, Layout::of(chunks)))
        .collect())
}

impl Layout {
    fn of(digests: BTreeMap<u64, Digested>) -> Self {
        let (mut at, mut contiguous, mut stored_bytes) = (0, true, 0);
        let mut chunks = Vec::with_capacity(digests.len());
        for (offset, chunk) in digests {
            contiguous &= offset == at;
            at = offset + chunk.len;
            stored_bytes += chunk.len;
            chunks.push(ChunkInfo {
                offset,
                size_bytes: chunk.len,
                sha256: to_hex(&chunk.sha256),
            });
        }
        Self {
            chunks,
            stored_bytes,
            contiguous,
        }
    }
}

/// SHA-256 of a whole file, in hex. The cluster digests chunks but cannot put their digests together, so
/// the file is read, all of it at one moment.
pub async fn whole_sha256(store: &Store, lanes: &SharedLanes, file: &FileRow) -> Result<String> {
    let moment = pin(&store.cluster, store.dialect).await?;
    let sql = format!(
        "SELECT byte_offset, payload FROM {}{} WHERE file_id = $1 AND byte_offset >= $2 ORDER BY byte_offset",
        store.payload,
        store.dialect.as_of(moment.as_deref())?
    );
    // Kept across attempts: a broken connection does not make it begin anew.
    let progress = Mutex::new((Sha256::new(), 0));
    let lock = || progress.lock().unwrap_or_else(PoisonError::into_inner);
    on_lane!(lanes, |connection| {
        let from: u64 = lock().1;
        let mut rows = sqlx::query(AssertSqlSafe(sql.clone()))
            .bind(file.file_id)
            .bind(signed(from))
            .fetch(connection);
        while let Some(row) = rows.try_next().await? {
            lanes.check_stop()?;
            let (offset, bytes): (u64, &[u8]) = (unsigned(row.try_get(0)?), row.try_get(1)?);
            lanes.throttle(bytes.len() as u64).await?;
            let mut progress = lock();
            if offset != progress.1 {
                break;
            }
            progress.0.update(bytes);
            progress.1 += bytes.len() as u64;
            drop(progress);
            lanes.report(Event::Bytes(bytes.len() as u64));
        }
        Ok(())
    })?;
    let (digest, at) = progress.into_inner().unwrap_or_else(PoisonError::into_inner);
    if at != file.size_bytes {
        return Err(Error::new(
            ErrorKind::Corrupt,
            format!(
                "{} has no digest: its chunks do not add up to its size.",
                file.name
            ),
        )
        .hint("Repair in the files screen shows whether it can be mended."));
    }
    Ok(to_hex(&digest.finalize()))
}

/// The first `most_bytes` bytes of a file, without reading the rest.
pub async fn head(store: &Store, file_id: Uuid, most_bytes: u32) -> Result<Vec<u8>> {
    let sql = format!(
        "SELECT byte_offset, substr(payload, 1, {most_bytes}) FROM {} \
         WHERE file_id = $1 AND byte_offset < {most_bytes} ORDER BY byte_offset",
        store.payload
    );
    let query = sqlx::query(AssertSqlSafe(sql)).persistent(false).bind(file_id);
    let rows = store
        .cluster
        .ask(async |connection| query.fetch_all(connection).await)
        .await?;
    let mut head = Vec::new();
    for row in &rows {
        let (offset, bytes): (u64, &[u8]) = (unsigned(row.try_get(0)?), row.try_get(1)?);
        if offset == head.len() as u64 {
            head.extend_from_slice(bytes);
        }
    }
    head.truncate(most_bytes as usize);
    Ok(head)
}

/// Something in a store that should not be as it is.
#[derive(Debug, Clone)]
pub enum Damage {
    /// A write that did not end, or has not ended yet.
    Leftover(FileRow),
    /// Chunks whose file is gone, as stores made before v22.2 could keep.
    Orphan { file_id: Uuid, size_bytes: u64 },
    /// Chunks that do not follow each other. Releases before July 2023 stored too high an offset when a
    /// write was retried; the bytes are whole and in order.
    Shifted(FileRow),
    /// Fewer bytes are stored than the file's row says. They cannot be had from the store any more.
    Incomplete { file: FileRow, stored_bytes: u64 },
}

/// Looks through a whole store. Reads the length of every chunk, so it is only done when asked for.
pub async fn find_damage(store: &Store) -> Result<Vec<Damage>> {
    let mut damage = Vec::new();
    let sql = format!(
        "SELECT file_id, count(*)::INT8, min(byte_offset)::INT8, max(byte_offset + length(payload))::INT8, \
         sum(length(payload))::INT8 FROM {} GROUP BY file_id",
        store.payload
    );
    let query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
    let rows = store
        .cluster
        .ask_within(SEARCHES_WITHIN, async |connection| {
            query.fetch_all(connection).await
        })
        .await;
    let mut measured = std::collections::HashMap::new();
    for row in empty_when_missing(rows)? {
        let first = unsigned(row.try_get(2)?);
        let (end, bytes) = (unsigned(row.try_get(3)?), unsigned(row.try_get(4)?));
        measured.insert(row.try_get::<Uuid, _>(0)?, (first, end, bytes));
    }
    let mut after: Option<String> = None;
    loop {
        let page = list_page(store, "/", after.as_deref(), 5000, None).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.name.as_str().to_owned());
        for file in page {
            let (first, end, stored_bytes) = measured.remove(&file.file_id).unwrap_or_default();
            if file.is_unfinished() {
                damage.push(Damage::Leftover(file));
            } else if stored_bytes < file.size_bytes {
                damage.push(Damage::Incomplete { file, stored_bytes });
            } else if first != 0 || end != stored_bytes {
                damage.push(Damage::Shifted(file));
            }
        }
    }
    damage.extend(
        measured
            .into_iter()
            .map(|(file_id, (_, _, size_bytes))| Damage::Orphan { file_id, size_bytes }),
    );
    Ok(damage)
}

/// Removes chunks without a file, or an unfinished file. Does nothing to one that was finished meanwhile.
pub async fn remove_damaged(store: &Store, lanes: &Lanes, file_id: Uuid) -> Result<()> {
    let sql = format!("SELECT filename FROM {} WHERE file_id = $1", store.files);
    let name: Option<String> = on_lane!(lanes, |connection| {
        Ok(sqlx::query_scalar(AssertSqlSafe(sql.clone()))
            .bind(file_id)
            .fetch_optional(connection)
            .await?)
    })?;
    match name {
        Some(name) if !name.ends_with(".tmp") => Err(Error::new(
            ErrorKind::AlreadyExists,
            format!(
                "{} was finished in the meantime and is kept.",
                name.trim_start_matches('/')
            ),
        )),
        _ => remove_payload(store, lanes, file_id).await,
    }
}

/// Gives the chunks of a file the offsets that their order and lengths call for, in one transaction.
pub async fn close_gaps(store: &Store, lanes: &Lanes, file: &FileRow) -> Result<()> {
    let look = format!(
        "SELECT byte_offset, length(payload)::INT8 FROM {} WHERE file_id = $1 ORDER BY byte_offset",
        store.payload
    );
    let shift = format!(
        "UPDATE {} SET byte_offset = $1 WHERE file_id = $2 AND byte_offset = $3",
        store.payload
    );
    on_lane!(lanes, |connection| {
        let mut transaction = connection.begin().await?;
        let query = sqlx::query(AssertSqlSafe(look.clone())).bind(file.file_id);
        let mut at = 0;
        // Offsets only ever become smaller, so going upwards never meets a taken one.
        for row in query.fetch_all(&mut *transaction).await? {
            let (offset, len): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
            if offset < at {
                return Err(Error::new(
                    ErrorKind::Corrupt,
                    format!("The chunks of {} overlap; this cannot be mended.", file.name),
                ));
            }
            if offset != at {
                let query = sqlx::query(AssertSqlSafe(shift.clone()));
                query
                    .bind(at)
                    .bind(file.file_id)
                    .bind(offset)
                    .execute(&mut *transaction)
                    .await?;
            }
            at += len;
        }
        if unsigned(at) != file.size_bytes {
            return Err(Error::new(
                ErrorKind::Corrupt,
                format!(
                    "The chunks of {} add up to {at} bytes instead of {}.",
                    file.name, file.size_bytes
                ),
            ));
        }
        transaction.commit().await?;
        Ok(())
    })
}

/// Those of `file_ids` that are in the files table.
pub async fn find_files(store: &Store, lanes: &Lanes, file_ids: &[Uuid]) -> Result<Vec<Uuid>> {
    let mut found = Vec::new();
    for batch in file_ids.chunks(500) {
        let marks = super::sql::placeholders(1, batch.len());
        let sql = format!("SELECT file_id FROM {} WHERE file_id IN ({marks})", store.files);
        let rows: Result<Vec<Uuid>> = on_lane!(lanes, |connection| {
            let mut query = sqlx::query_scalar(AssertSqlSafe(sql.clone())).persistent(false);
            for file_id in batch {
                query = query.bind(*file_id);
            }
            Ok(query.fetch_all(connection).await?)
        });
        found.extend(empty_when_missing(rows)?);
    }
    Ok(found)
}
