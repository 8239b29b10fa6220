//! Writing a file into a store, in parallel and with proof.
//!
//! The file gets its row first, under a temporary name and with an id that the caller keeps. Chunks
//! are then written by several connections in any order. At the end the cluster's own digests of all
//! chunks are compared with ours, and only then one transaction gives the file its name. A second
//! run with the same id goes on from what the cluster holds.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Connection, Row};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::chunks::{Digested, digests, digests_between, gaps, signed, take, to_hex};
use super::copy_in::{CopyIn, destination};
use super::create::create;
use super::delete::remove_payload;
use super::lanes::{Lanes, Pace, SharedLanes, on_lane};
use super::local::{Source, blocking};
use super::name::{StoredName, temporary_name};
use super::proof::Proof;
use super::report::Event;
use super::store::Store;
use crate::error::{Error, ErrorKind, Result};

/// What happens when the name is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnConflict {
    Fail,
    /// The old file is there until the new one is complete, and they change places in one transaction.
    Replace,
}

/// One file to be written.
#[derive(Debug, Clone)]
pub struct Upload {
    pub name: StoredName,
    /// Chosen by the caller and kept by it, so that the file is known again after a break.
    pub file_id: Uuid,
    pub on_conflict: OnConflict,
}

/// How an upload went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    pub size_bytes: u64,
    /// Hex, when the file is a single chunk; of larger files only the chunks are digested.
    pub sha256: Option<String>,
    /// Bytes that an earlier run had written and that did not have to be sent again.
    pub resumed_bytes: u64,
    /// The tables could not be written directly.
    pub through_copy: bool,
}

/// Runs an upload from wherever it stands. Afterwards the file is complete under its name, or it is
/// not under its name at all.
pub async fn upload(
    store: &Store,
    lanes: &SharedLanes,
    upload: &Upload,
    source: &Arc<dyn Source>,
) -> Result<Uploaded> {
    let size = source.size_bytes();
    let begun = match begin(store, lanes, upload).await {
        Err(error) if error.kind == ErrorKind::NotFound => {
            create(store).await?;
            begin(store, lanes, upload).await
        }
        other => other,
    };
    let partial = match begun {
        Ok(Begun::Complete) => {
            lanes.report(Event::Found(size));
            return Ok(Uploaded {
                size_bytes: size,
                sha256: None,
                resumed_bytes: size,
                through_copy: false,
            });
        }
        Ok(Begun::Partial) => true,
        Ok(Begun::Fresh) => false,
        Err(error) if error.kind == ErrorKind::NoPrivilege => {
            return upload_by_copy(store, lanes, upload, source).await;
        }
        Err(error) => return Err(error),
    };

    let mut written = BTreeMap::new();
    if partial {
        written = keep_what_matches(store, lanes, upload.file_id, source).await?;
    }
    let resumed_bytes = written.values().map(|chunk: &Digested| chunk.len).sum();
    lanes.report(Event::Found(resumed_bytes));
    let mut proof = Proof::new(store, lanes, upload.file_id);
    write_missing(store, lanes, upload.file_id, source, &mut written, &mut proof).await?;
    verify(store, lanes, upload.file_id, source, &mut written, &mut proof).await?;
    source.check_unchanged()?;
    finish(store, lanes, upload, size).await?;
    let sha256 = match written.values().next() {
        Some(only) if written.len() == 1 => Some(to_hex(&only.sha256)),
        None => Some(to_hex(&Sha256::digest([]))),
        _ => None,
    };
    Ok(Uploaded {
        size_bytes: size,
        sha256,
        resumed_bytes,
        through_copy: false,
    })
}

enum Begun {
    Fresh,
    /// Our row is there; some chunks may be.
    Partial,
    /// An earlier run had finished it.
    Complete,
}

async fn begin(store: &Store, lanes: &Lanes, upload: &Upload) -> Result<Begun> {
    let look = format!(
        "SELECT file_id, filename FROM {} WHERE filename = $1 OR file_id = $2",
        store.files
    );
    let rows = on_lane!(lanes, |connection| {
        Ok(sqlx::query(AssertSqlSafe(look.clone()))
            .bind(upload.name.as_str())
            .bind(upload.file_id)
            .fetch_all(connection)
            .await?)
    })?;
    let mut begun = Begun::Fresh;
    for row in rows {
        let (id, name): (Uuid, String) = (row.try_get(0)?, row.try_get(1)?);
        if id == upload.file_id {
            begun = if name == upload.name.as_str() {
                Begun::Complete
            } else {
                Begun::Partial
            };
        } else if upload.on_conflict == OnConflict::Fail {
            return Err(taken(&upload.name));
        }
    }
    if let Begun::Fresh = begun {
        let insert = format!(
            "INSERT INTO {} (filename, file_id, file_size, username) VALUES ($1, $2, 0, $3) \
             ON CONFLICT (filename) DO NOTHING",
            store.files
        );
        let temporary = temporary_name(&upload.name, upload.file_id);
        on_lane!(lanes, |connection| {
            Ok(sqlx::query(AssertSqlSafe(insert.clone()))
                .bind(&temporary)
                .bind(upload.file_id)
                .bind(store.cluster.user())
                .execute(connection)
                .await?)
        })?;
    }
    Ok(begun)
}

pub(crate) fn taken(name: &StoredName) -> Error {
    Error::new(
        ErrorKind::AlreadyExists,
        format!("There is a file {name} in the cluster already."),
    )
}

/// Digests the local file where the cluster has chunks, keeps those that agree and removes the rest.
async fn keep_what_matches(
    store: &Store,
    lanes: &Lanes,
    file_id: Uuid,
    source: &Arc<dyn Source>,
) -> Result<BTreeMap<u64, Digested>> {
    let mut kept = BTreeMap::new();
    let mut buffer = Vec::new();
    let mut at = 0;
    for (offset, chunk) in digests(store, lanes, file_id, None).await? {
        let fits = offset >= at && offset + chunk.len <= source.size_bytes() && chunk.len > 0;
        if fits {
            lanes.check_stop()?;
            let (bytes, local) = read_digested(source, offset..offset + chunk.len, buffer).await?;
            buffer = bytes;
            if local == chunk {
                at = offset + chunk.len;
                kept.insert(offset, chunk);
                continue;
            }
        }
        remove_chunk(store, lanes, file_id, offset).await?;
    }
    Ok(kept)
}

async fn remove_chunk(store: &Store, lanes: &Lanes, file_id: Uuid, offset: u64) -> Result<()> {
    let sql = format!(
        "DELETE FROM {} WHERE file_id = $1 AND byte_offset = $2",
        store.payload
    );
    on_lane!(lanes, |connection| {
        sqlx::query(AssertSqlSafe(sql.clone()))
            .bind(file_id)
            .bind(signed(offset))
            .execute(connection)
            .await?;
        Ok(())
    })
}

async fn read_digested(
    source: &Arc<dyn Source>,
    range: Range<u64>,
    buffer: Vec<u8>,
) -> Result<(Vec<u8>, Digested)> {
    let len = usize::try_from(range.end - range.start)
        .map_err(|_| Error::new(ErrorKind::Internal, "A chunk is too large for this computer."))?;
    let bytes = Arc::clone(source).read_at(range.start, len, buffer).await?;
    blocking(move || {
        let digested = Digested {
            len: bytes.len() as u64,
            sha256: Sha256::digest(&bytes).into(),
        };
        Ok((bytes, digested))
    })
    .await
}

/// Sends every part of the file that is not in `written`, over as many connections as pay.
async fn write_missing(
    store: &Store,
    lanes: &SharedLanes,
    file_id: Uuid,
    source: &Arc<dyn Source>,
    written: &mut BTreeMap<u64, Digested>,
    proof: &mut Proof,
) -> Result<()> {
    let covered = written.iter().map(|(offset, chunk)| *offset..offset + chunk.len);
    let mut missing = gaps(covered, source.size_bytes());
    let sql: Arc<str> = store
        .dialect
        .upsert_payload(&store.payload, "($1, $2, $3)")
        .into();
    let mut pace = Pace::new(Pace::MOST_UPLOADING);
    let mut writing: JoinSet<Result<(u64, Digested, Duration)>> = JoinSet::new();
    let buffers = Arc::new(Buffers::default());
    loop {
        while writing.len() < pace.lanes {
            lanes.check_stop()?;
            let Some(range) = take(&mut missing, pace.chunk_bytes.min(lanes.most_chunk_bytes())) else {
                break;
            };
            let (lanes, source, sql) = (Arc::clone(lanes), Arc::clone(source), Arc::clone(&sql));
            let buffers = Arc::clone(&buffers);
            writing.spawn(async move { write_chunk(&lanes, &sql, file_id, &source, range, &buffers).await });
        }
        let Some(done) = writing.join_next().await else {
            return Ok(());
        };
        match done
            .map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))
            .flatten()
        {
            Ok((offset, chunk, took)) => {
                pace.done(chunk.len, took, Instant::now());
                written.insert(offset, chunk);
                proof.advance(written);
                lanes.report(Event::Bytes(chunk.len));
            }
            Err(error) => {
                // The others finish their chunk, so that nothing is under way when this returns.
                while writing.join_next().await.is_some() {}
                return Err(error);
            }
        }
    }
}

/// Memory that chunks are read into, in turns: asked for anew by one thread and given back by another, the allocator would
/// keep several times as much.
#[derive(Default)]
struct Buffers(Mutex<Vec<Vec<u8>>>);

impl Buffers {
    fn lock(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Vec<u8> {
        self.lock().pop().unwrap_or_default()
    }

    fn give_back(&self, buffer: Vec<u8>) {
        self.lock().push(buffer);
    }
}

async fn write_chunk(
    lanes: &Lanes,
    sql: &Arc<str>,
    file_id: Uuid,
    source: &Arc<dyn Source>,
    range: Range<u64>,
    buffers: &Buffers,
) -> Result<(u64, Digested, Duration)> {
    lanes.throttle(range.end - range.start).await?;
    let begun = Instant::now();
    let offset = range.start;
    // Read anew for each attempt: the encoded statement is the only copy that is kept while it is sent.
    let chunk = on_lane!(lanes, |connection| {
        let (bytes, chunk) = read_digested(source, range.clone(), buffers.take()).await?;
        let query = sqlx::query(AssertSqlSafe(sql.to_string()))
            .bind(file_id)
            .bind(signed(offset))
            .bind(bytes.as_slice());
        buffers.give_back(bytes);
        query.execute(connection).await?;
        Ok(chunk)
    })?;
    Ok((offset, chunk, begun.elapsed()))
}

/// Compares what the cluster holds and is not proven yet with what was read here, and writes again what
/// differs.
async fn verify(
    store: &Store,
    lanes: &SharedLanes,
    file_id: Uuid,
    source: &Arc<dyn Source>,
    written: &mut BTreeMap<u64, Digested>,
    proof: &mut Proof,
) -> Result<()> {
    for _ in 0..3 {
        let proven = proof.settle().await;
        let stored = digests_between(store, lanes, file_id, proven..u64::MAX).await?;
        if stored.iter().eq(written.range(proven..)) {
            return Ok(());
        }
        for offset in stored.keys().filter(|offset| !written.contains_key(offset)) {
            remove_chunk(store, lanes, file_id, *offset).await?;
        }
        written.retain(|offset, chunk| *offset < proven || stored.get(offset) == Some(chunk));
        write_missing(store, lanes, file_id, source, written, proof).await?;
    }
    Err(Error::new(
        ErrorKind::Corrupt,
        "The cluster keeps other bytes than were sent.",
    ))
}

/// The name that a replaced file has until its rows are gone.
fn replaced_name(upload: &Upload) -> String {
    format!(
        "{}.{}.replaced.tmp",
        upload.name.as_str(),
        upload.file_id.simple()
    )
}

/// Gives the complete file its name, in one transaction with the removal of what it replaces. Repeating
/// it is harmless, so an unknown outcome is simply asked for again.
async fn finish(store: &Store, lanes: &Lanes, upload: &Upload, size: u64) -> Result<()> {
    let replace = upload.on_conflict == OnConflict::Replace;
    let aside = format!(
        "UPDATE {} SET filename = $2 WHERE filename = $1 AND file_id <> $3",
        store.files
    );
    let name = format!(
        "UPDATE {} SET filename = $1, file_size = $2 WHERE file_id = $3",
        store.files
    );
    let named = on_lane!(lanes, |connection| {
        if !replace {
            return_renamed(connection, &name, upload, size).await
        } else {
            let mut transaction = connection.begin().await?;
            sqlx::query(AssertSqlSafe(aside.clone()))
                .bind(upload.name.as_str())
                .bind(replaced_name(upload))
                .bind(upload.file_id)
                .execute(&mut *transaction)
                .await?;
            let named = return_renamed(&mut transaction, &name, upload, size).await?;
            transaction.commit().await?;
            Ok(named)
        }
    });
    match named {
        Ok(1) => {}
        Ok(_) => {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!(
                    "The unfinished file {} was removed from the cluster by somebody else.",
                    upload.name
                ),
            ));
        }
        Err(error) if error.kind == ErrorKind::AlreadyExists => return Err(taken(&upload.name)),
        Err(error) => return Err(error),
    }
    if replace {
        remove_replaced(store, lanes, upload).await?;
    }
    Ok(())
}

async fn return_renamed(
    connection: &mut sqlx::PgConnection,
    sql: &str,
    upload: &Upload,
    size: u64,
) -> Result<u64> {
    let done = sqlx::query(AssertSqlSafe(sql.to_owned()))
        .bind(upload.name.as_str())
        .bind(signed(size))
        .bind(upload.file_id)
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}

async fn remove_replaced(store: &Store, lanes: &Lanes, upload: &Upload) -> Result<()> {
    let sql = format!("SELECT file_id FROM {} WHERE filename = $1", store.files);
    let old: Option<Uuid> = on_lane!(lanes, |connection| {
        Ok(sqlx::query_scalar(AssertSqlSafe(sql.clone()))
            .bind(replaced_name(upload))
            .fetch_optional(connection)
            .await?)
    })?;
    match old {
        Some(old) => remove_payload(store, lanes, old).await,
        None => Ok(()),
    }
}

/// Takes back an upload that will not be gone on with. A file that has its name already is left alone;
/// answers whether that was so.
pub async fn remove_unfinished(store: &Store, lanes: &Lanes, upload: &Upload) -> Result<bool> {
    let sql = format!("SELECT filename FROM {} WHERE file_id = $1", store.files);
    let name: Result<Option<String>> = on_lane!(lanes, |connection| {
        Ok(sqlx::query_scalar(AssertSqlSafe(sql.clone()))
            .bind(upload.file_id)
            .fetch_optional(connection)
            .await?)
    });
    match name {
        Ok(Some(name)) if name == upload.name.as_str() => Ok(true),
        Ok(_) => remove_payload(store, lanes, upload.file_id).await.map(|()| false),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// For a user who may not write the tables: everything through the server's COPY target, on one
/// connection, from the start.
async fn upload_by_copy(
    store: &Store,
    lanes: &Lanes,
    upload: &Upload,
    source: &Arc<dyn Source>,
) -> Result<Uploaded> {
    if upload.on_conflict == OnConflict::Replace {
        return Err(Error::new(
            ErrorKind::NoPrivilege,
            format!(
                "{} cannot be replaced, because you may not change this store's tables.",
                upload.name
            ),
        )
        .hint("Delete the old file first, or ask for UPDATE and DELETE on the two tables."));
    }
    lanes.report(Event::Note(
        "The tables could not be written directly, so COPY was used.".into(),
    ));
    let size = source.size_bytes();
    let temporary = temporary_name(&upload.name, upload.file_id);
    let mut connection = lanes.cluster().dedicated().await?;
    let mut copy = CopyIn::begin(&mut connection, &destination(store, &temporary)).await?;
    let mut missing = gaps([], size);
    // The server cuts the file into chunks of this size; digests of the same pieces can be compared.
    let mut sent = BTreeMap::new();
    let mut buffer = Vec::new();
    while let Some(range) = take(&mut missing, Pace::MOST_CHUNK_BYTES) {
        let piece = match lanes
            .throttle(range.end - range.start)
            .await
            .and(lanes.check_stop())
        {
            Ok(()) => read_digested(source, range.clone(), std::mem::take(&mut buffer)).await,
            Err(error) => Err(error),
        };
        match piece {
            Ok((bytes, chunk)) => {
                copy.send(&bytes).await?;
                buffer = bytes;
                sent.insert(range.start, chunk);
                lanes.report(Event::Bytes(chunk.len));
            }
            Err(error) => {
                copy.abort("the sender stopped").await?;
                return Err(error);
            }
        }
    }
    copy.finish().await?;
    source.check_unchanged()?;
    let sql = format!("SELECT file_id FROM {} WHERE filename = $1", store.files);
    let file_id: Uuid = on_lane!(lanes, |connection| {
        Ok(sqlx::query_scalar(AssertSqlSafe(sql.clone()))
            .bind(&temporary)
            .fetch_one(connection)
            .await?)
    })?;
    if digests(store, lanes, file_id, None).await? != sent {
        return Err(Error::new(
            ErrorKind::Corrupt,
            "The cluster keeps other bytes than were sent.",
        ));
    }
    finish(
        store,
        lanes,
        &Upload {
            file_id,
            ..upload.clone()
        },
        size,
    )
    .await?;
    Ok(Uploaded {
        size_bytes: size,
        sha256: None,
        resumed_bytes: 0,
        through_copy: true,
    })
}
