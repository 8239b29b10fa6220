//! Reading a file out of a store.
//!
//! Whole chunks are fetched by ranges of their offsets, on as many connections as pay, and written
//! where they belong. All reads of one file look at the same moment, so that replacing or deleting it
//! meanwhile cannot cut it short; a file whose chunks do not follow each other from 0 to its size is
//! refused instead of being saved short.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use futures_util::future::BoxFuture;
use sha2::Digest;
use sqlx::{AssertSqlSafe, Row};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::arrivals::{Arrivals, Intake};
use super::chunks::{Digested, digests, gaps, signed, take, to_hex, unsigned};
use super::lanes::{Pace, SharedLanes, on_lane};
use super::list::FileRow;
use super::local::{PartFile, Source};
use super::payload_reader::PayloadReader;
use super::report::Event;
use super::store::{Dialect, Store};
use crate::connect::Cluster;
use crate::error::{Error, ErrorKind, Result};

/// A moment to read at, as `AS OF SYSTEM TIME` takes it. `None` on a server that has no such thing.
pub type Pin = Option<Arc<str>>;

/// The present, exactly as the cluster counts it.
pub async fn pin(cluster: &Cluster, dialect: Dialect) -> Result<Pin> {
    if dialect != Dialect::Cockroach {
        return Ok(None);
    }
    let query = sqlx::query_scalar("SELECT cluster_logical_timestamp()::STRING").persistent(false);
    let now: String = cluster
        .ask(async |connection| query.fetch_one(connection).await)
        .await?;
    Ok(Some(now.into()))
}

/// How a download went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downloaded {
    pub size_bytes: u64,
    /// Hex digest of the file as it lies on the disk.
    pub sha256: String,
    /// Bytes that an earlier run had written and that were found to be right.
    pub resumed_bytes: u64,
}

/// Bytes fetched by one statement at first. Most stores hold chunks of 4 MiB.
const PIECE_BYTES: u64 = 8 << 20;

/// Between statements a connection is idle, so they grow while they are short.
const MOST_PIECE_BYTES: u64 = 64 << 20;

/// Fetches `file` into `part` and gives it its name. What an earlier run left in `part` is compared
/// with the cluster's digests and kept where it is right.
pub async fn download(
    store: &Store,
    lanes: &SharedLanes,
    file: &FileRow,
    pin: &Pin,
    part: &Arc<PartFile>,
    replace: bool,
) -> Result<Downloaded> {
    let mut have = BTreeMap::new();
    if !part.is_empty()? {
        have = keep_what_matches(store, lanes, file, pin, part).await?;
    }
    let resumed_bytes = have.values().sum();
    lanes.report(Event::Found(resumed_bytes));
    let missing = gaps(
        have.iter().map(|(offset, len)| *offset..offset + len),
        file.size_bytes,
    );
    let told = Arc::clone(lanes);
    let arrivals = Arrivals::new(part, have, move |len| told.report(Event::Bytes(len)));
    let fetched = fetch_missing(store, lanes, file, pin, missing, &arrivals.intake()).await;
    // Where both failed, writing is why fetching did.
    let written = arrivals.end().await?;
    fetched?;
    check_contiguous(file, &written.have)?;
    part.finish(file.size_bytes, replace).await?;
    let digest: [u8; 32] = written.digest.finalize().into();
    Ok(Downloaded {
        size_bytes: file.size_bytes,
        sha256: to_hex(&digest),
        resumed_bytes,
    })
}

async fn keep_what_matches(
    store: &Store,
    lanes: &SharedLanes,
    file: &FileRow,
    pin: &Pin,
    part: &Arc<PartFile>,
) -> Result<BTreeMap<u64, u64>> {
    let local_bytes = part.len()?;
    let mut have = BTreeMap::new();
    for (offset, chunk) in digests(store, lanes, file.file_id, pin.as_deref()).await? {
        lanes.check_stop()?;
        if offset + chunk.len <= local_bytes && part.sha256_at(offset, chunk.len).await? == chunk.sha256 {
            have.insert(offset, chunk.len);
        }
    }
    Ok(have)
}

/// Fetches every chunk that begins in one of the ranges.
async fn fetch_missing(
    store: &Store,
    lanes: &SharedLanes,
    file: &FileRow,
    pin: &Pin,
    mut missing: VecDeque<Range<u64>>,
    intake: &Intake,
) -> Result<()> {
    let sql: Arc<str> = format!(
        "SELECT byte_offset, payload FROM {}{} \
         WHERE file_id = $1 AND byte_offset >= $2 AND byte_offset < $3 ORDER BY byte_offset",
        store.payload,
        store.dialect.as_of(pin.as_deref())?
    )
    .into();
    let mut pace = Pace::new(Pace::MOST_DOWNLOADING);
    let mut piece_bytes = PIECE_BYTES;
    let mut fetching: JoinSet<Result<(u64, Duration)>> = JoinSet::new();
    loop {
        while fetching.len() < pace.lanes {
            lanes.check_stop()?;
            // Towards the end smaller ones, so that no connection is left with much while the others have nothing.
            let left: u64 = missing.iter().map(|range| range.end - range.start).sum();
            let share = match pace.lanes as u64 {
                1 => piece_bytes,
                lanes => (left / (2 * lanes)).clamp(PIECE_BYTES, piece_bytes),
            };
            let Some(mut range) = take(&mut missing, share) else {
                break;
            };
            if range.end == file.size_bytes {
                // Chunks beyond the size would be a fault that has to be seen.
                range.end = signed(u64::MAX).unsigned_abs();
            }
            let (lanes, sql, intake, file_id) =
                (Arc::clone(lanes), Arc::clone(&sql), intake.clone(), file.file_id);
            fetching.spawn(async move { fetch_piece(&lanes, &sql, file_id, range, &intake).await });
        }
        let Some(done) = fetching.join_next().await else {
            return Ok(());
        };
        match done
            .map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))
            .flatten()
        {
            Ok((bytes, took)) => {
                pace.done(bytes, took, Instant::now());
                if took < Duration::from_secs(1) {
                    piece_bytes = (piece_bytes * 2).min(MOST_PIECE_BYTES);
                }
            }
            Err(error) => {
                // Others may be waiting for a server that is silent. What they handed in is written all the same.
                fetching.shutdown().await;
                return Err(error);
            }
        }
    }
}

/// Writes all chunks that begin in a range. Answers how many bytes they hold, and how long they took.
async fn fetch_piece(
    lanes: &SharedLanes,
    sql: &Arc<str>,
    file_id: Uuid,
    range: Range<u64>,
    intake: &Intake,
) -> Result<(u64, Duration)> {
    let begun = Instant::now();
    // Kept across attempts: a broken connection costs the chunk that was under way, not the piece.
    let from = AtomicU64::new(range.start);
    let fetched = AtomicU64::new(0);
    on_lane!(lanes, |reader: PayloadReader| {
        reader.ask(sql, file_id, from.load(Relaxed)..range.end).await?;
        loop {
            let mut room = intake.room().await?;
            let Some(offset) = reader.next(&mut room.bytes).await? else {
                break Ok(());
            };
            let len = room.bytes.len() as u64;
            lanes.throttle(len).await?;
            intake.take(offset, room).await?;
            from.store(offset + 1, Relaxed);
            fetched.fetch_add(len, Relaxed);
        }
    })?;
    Ok((fetched.into_inner(), begun.elapsed()))
}

/// Where the first gap begins.
fn whole_until(have: &BTreeMap<u64, u64>) -> u64 {
    let mut at = 0;
    for (offset, len) in have {
        if *offset != at {
            break;
        }
        at += len;
    }
    at
}

fn check_contiguous(file: &FileRow, have: &BTreeMap<u64, u64>) -> Result<()> {
    let at = whole_until(have);
    let end = have.iter().next_back().map_or(0, |(offset, len)| offset + len);
    if at == file.size_bytes && end == at {
        return Ok(());
    }
    if have.is_empty() {
        return Err(Error::new(
            ErrorKind::NotFound,
            format!(
                "The contents of {} are not in the cluster; it was deleted or replaced, or is damaged.",
                file.name
            ),
        ));
    }
    Err(Error::new(
        ErrorKind::Corrupt,
        format!(
            "{} is damaged in the cluster: its chunks do not add up to {} bytes.",
            file.name, file.size_bytes
        ),
    )
    .hint("Repair in the files screen shows whether it can be mended.")
    .detail(format!("contiguous up to {at}, last chunk ends at {end}")))
}

/// A file in a store as the source of an upload into another one, or into the same at a later time.
pub struct StoreSource {
    store: Store,
    lanes: SharedLanes,
    file: FileRow,
    pin: Pin,
    layout: BTreeMap<u64, Digested>,
}

impl StoreSource {
    /// Reads the file's layout. Fails when its chunks do not add up.
    pub async fn open(store: &Store, lanes: &SharedLanes, file: &FileRow, pin: &Pin) -> Result<Arc<Self>> {
        let layout = digests(store, lanes, file.file_id, pin.as_deref()).await?;
        check_contiguous(
            file,
            &layout
                .iter()
                .map(|(offset, chunk)| (*offset, chunk.len))
                .collect(),
        )?;
        let (store, lanes, file, pin) = (store.clone(), Arc::clone(lanes), file.clone(), pin.clone());
        Ok(Arc::new(Self {
            store,
            lanes,
            file,
            pin,
            layout,
        }))
    }
}

impl Source for StoreSource {
    fn size_bytes(&self) -> u64 {
        self.file.size_bytes
    }

    fn read_at(
        self: Arc<Self>,
        offset: u64,
        len: usize,
        mut out: Vec<u8>,
    ) -> BoxFuture<'static, Result<Vec<u8>>> {
        Box::pin(async move {
            let end = offset + len as u64;
            let first = self
                .layout
                .range(..=offset)
                .next_back()
                .map_or(offset, |(start, _)| *start);
            let sql = format!(
                "SELECT byte_offset, payload FROM {}{} \
                 WHERE file_id = $1 AND byte_offset >= $2 AND byte_offset < $3 ORDER BY byte_offset",
                self.store.payload,
                self.store.dialect.as_of(self.pin.as_deref())?
            );
            let lanes = &self.lanes;
            on_lane!(lanes, |connection| {
                out.clear();
                out.reserve(len);
                let mut rows = sqlx::query(AssertSqlSafe(sql.clone()))
                    .bind(self.file.file_id)
                    .bind(signed(first))
                    .bind(signed(end))
                    .fetch(connection);
                while let Some(row) = rows.try_next().await? {
                    let (start, bytes): (u64, &[u8]) = (unsigned(row.try_get(0)?), row.try_get(1)?);
                    let clip = |at: u64| {
                        usize::try_from(at.saturating_sub(start))
                            .unwrap_or(usize::MAX)
                            .min(bytes.len())
                    };
                    out.extend_from_slice(&bytes[clip(offset)..clip(end)]);
                }
                if out.len() != len {
                    return Err(Error::new(
                        ErrorKind::NotFound,
                        format!(
                            "{} was removed from the cluster while it was being read.",
                            self.file.name
                        ),
                    ));
                }
                Ok(std::mem::take(&mut out))
            })
        })
    }

    fn check_unchanged(&self) -> Result<()> {
        // A pinned read cannot change, and rows are found by an id that is never given again.
        Ok(())
    }
}
