//! The chunks of one file, as the cluster holds them.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row};
use uuid::Uuid;

use super::lanes::{Lanes, on_lane};
use super::sql::placeholders;
use super::store::{Dialect, Store};
use crate::error::{Error, ErrorKind, Result};

/// Length and SHA-256 of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digested {
    pub len: u64,
    pub sha256: [u8; 32],
}

impl Dialect {
    /// Hex text of a digest: CockroachDB's function answers text, PostgreSQL's answers bytes.
    pub(crate) fn sha256(self, column: &str) -> String {
        match self {
            Self::Cockroach => format!("sha256({column})"),
            Self::Postgres => format!("encode(sha256({column}), 'hex')"),
        }
    }

    /// Writing a row that may be there already. All columns are given, so CockroachDB's UPSERT needs
    /// no read before it.
    pub(crate) fn upsert_payload(self, table: &str, values: &str) -> String {
        match self {
            Self::Cockroach => format!("UPSERT INTO {table} (file_id, byte_offset, payload) VALUES {values}"),
            Self::Postgres => format!(
                "INSERT INTO {table} (file_id, byte_offset, payload) VALUES {values} \
                 ON CONFLICT (file_id, byte_offset) DO UPDATE SET payload = excluded.payload"
            ),
        }
    }
}

/// Chunks that one statement has the cluster digest, so that it ends in time: 1 GiB of a store with chunks of 4 MiB.
const MOST_DIGESTED: usize = 256;

/// What the cluster holds of a file, digested by the cluster.
pub(crate) async fn digests(
    store: &Store,
    lanes: &Lanes,
    file_id: Uuid,
    as_of: Option<&str>,
) -> Result<BTreeMap<u64, Digested>> {
    let sql = format!(
        "SELECT byte_offset, length(payload)::INT8, {} FROM {}{} \
         WHERE file_id = $1 AND byte_offset >= $2 ORDER BY byte_offset LIMIT {MOST_DIGESTED}",
        store.dialect.sha256("payload"),
        store.payload,
        store.dialect.as_of(as_of)?,
    );
    let mut found = BTreeMap::new();
    let mut from = 0;
    loop {
        let rows = on_lane!(lanes, |connection| {
            Ok(sqlx::query(AssertSqlSafe(sql.clone()))
                .bind(file_id)
                .bind(signed(from))
                .fetch_all(connection)
                .await?)
        })?;
        for row in &rows {
            let (offset, chunk) = digested(row)?;
            found.insert(offset, chunk);
            from = offset + 1;
        }
        if rows.len() < MOST_DIGESTED {
            return Ok(found);
        }
    }
}

/// As [`digests`], for several small files in one statement. A file without chunks is not in the answer.
pub(crate) async fn digests_of(
    store: &Store,
    lanes: &Lanes,
    file_ids: &[Uuid],
    as_of: Option<&str>,
) -> Result<BTreeMap<Uuid, BTreeMap<u64, Digested>>> {
    if file_ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let sql = format!(
        "SELECT byte_offset, length(payload)::INT8, {}, file_id FROM {}{} WHERE file_id IN ({}) \
         ORDER BY file_id, byte_offset",
        store.dialect.sha256("payload"),
        store.payload,
        store.dialect.as_of(as_of)?,
        placeholders(1, file_ids.len()),
    );
    let rows = on_lane!(lanes, |connection| {
        let mut query = sqlx::query(AssertSqlSafe(sql.clone()));
        for file_id in file_ids {
            query = query.bind(*file_id);
        }
        Ok(query.fetch_all(connection).await?)
    })?;
    let mut files: BTreeMap<Uuid, BTreeMap<u64, Digested>> = BTreeMap::new();
    for row in rows {
        let (offset, digested) = digested(&row)?;
        files.entry(row.try_get(3)?).or_default().insert(offset, digested);
    }
    Ok(files)
}

/// As [`digests`], of the chunks that begin in a range.
pub(crate) async fn digests_between(
    store: &Store,
    lanes: &Lanes,
    file_id: Uuid,
    range: Range<u64>,
) -> Result<BTreeMap<u64, Digested>> {
    let sql = format!(
        "SELECT byte_offset, length(payload)::INT8, {} FROM {} \
         WHERE file_id = $1 AND byte_offset >= $2 AND byte_offset < $3 ORDER BY byte_offset",
        store.dialect.sha256("payload"),
        store.payload,
    );
    let rows = on_lane!(lanes, |connection| {
        Ok(sqlx::query(AssertSqlSafe(sql.clone()))
            .bind(file_id)
            .bind(signed(range.start))
            .bind(signed(range.end))
            .fetch_all(connection)
            .await?)
    })?;
    rows.iter().map(digested).collect()
}

/// Offset, length and digest: the first three columns.
fn digested(row: &PgRow) -> Result<(u64, Digested)> {
    let hex: String = row.try_get(2)?;
    let digested = Digested {
        len: unsigned(row.try_get(1)?),
        sha256: from_hex(&hex)?,
    };
    Ok((unsigned(row.try_get(0)?), digested))
}

pub(crate) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// Offsets come from sizes of files, which stay below 2^63.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn to_hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Result<[u8; 32]> {
    let mut digest = [0; 32];
    let byte = |i: usize| {
        text.get(2 * i..2 * i + 2)
            .and_then(|two| u8::from_str_radix(two, 16).ok())
    };
    for (i, out) in digest.iter_mut().enumerate() {
        *out = byte(i)
            .ok_or_else(|| Error::new(ErrorKind::Internal, "The cluster's digest could not be read."))?;
    }
    Ok(digest)
}

/// The parts of `0..size` that `covered` (sorted, not overlapping) leaves free.
pub(crate) fn gaps(covered: impl IntoIterator<Item = Range<u64>>, size: u64) -> VecDeque<Range<u64>> {
    let (mut gaps, mut at) = (VecDeque::new(), 0);
    for range in covered {
        if range.start > at {
            gaps.push_back(at..range.start);
        }
        at = at.max(range.end);
    }
    if at < size {
        gaps.push_back(at..size);
    }
    gaps
}

/// Takes up to `len` bytes from the first gap.
pub(crate) fn take(gaps: &mut VecDeque<Range<u64>>, len: u64) -> Option<Range<u64>> {
    let first = gaps.front_mut()?;
    let end = first.end.min(first.start + len);
    let taken = first.start..end;
    first.start = end;
    if first.is_empty() {
        gaps.pop_front();
    }
    Some(taken)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::single_range_in_vec_init)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn gaps_are_what_is_not_covered() {
        assert_eq!(gaps([], 0), []);
        assert_eq!(gaps([2..4, 4..6, 8..9], 10), [0..2, 6..8, 9..10]);
    }

    proptest! {
        #[test]
        fn taking_covers_the_whole_file_once(size in 0_u64..10_000, step in 1_u64..900) {
            let mut left = gaps([], size);
            let mut at = 0;
            while let Some(range) = take(&mut left, step) {
                prop_assert_eq!(range.start, at);
                prop_assert!(range.end - range.start <= step);
                at = range.end;
            }
            prop_assert_eq!(at, size);
        }
    }

    #[test]
    fn digests_are_read_from_hex() {
        let digest: [u8; 32] = std::array::from_fn(|i| i as u8 * 7);
        assert_eq!(from_hex(&to_hex(&digest)).unwrap(), digest);
        assert!(from_hex("zz").is_err());
    }
}
