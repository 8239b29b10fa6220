//! Reading and writing the versioned catalog.

use rusqlite::{Connection, OptionalExtension, params};

use crate::catalog::{Catalog, Descriptor, DescriptorId, EntryKey, kind};
use crate::clock::Timestamp;
use crate::error::{SqlError, SqlResult, sqlstate};

fn unreadable(key: &EntryKey, error: &serde_json::Error) -> SqlError {
    SqlError::new(
        sqlstate::INTERNAL,
        format!("catalog entry {} {} cannot be read: {error}", key.kind, key.key),
    )
}

/// The number that grows with every catalog change.
pub fn version(sqlite: &Connection) -> SqlResult<i64> {
    Ok(sqlite
        .prepare_cached("SELECT value FROM meta WHERE key = 'catalog_version'")?
        .query_row([], |row| row.get(0))?)
}

/// The catalog as it was at the moment; [`Timestamp::FOREVER`] minus one gives the newest.
pub fn load(sqlite: &Connection, at: Timestamp) -> SqlResult<Catalog> {
    let mut catalog = Catalog {
        version: version(sqlite)?,
        ..Catalog::default()
    };
    let mut statement = sqlite
        .prepare_cached("SELECT kind, key, body FROM catalog_entry WHERE from_ts <= ?1 AND to_ts > ?1")?;
    let mut rows = statement.query([at.0])?;
    while let Some(row) = rows.next()? {
        let key = EntryKey {
            kind: row.get(0)?,
            key: row.get(1)?,
        };
        let body: String = row.get(2)?;
        catalog
            .apply(&key, Some(&body))
            .map_err(|e| unreadable(&key, &e))?;
    }
    Ok(catalog)
}

/// Replaces an entry from the timestamp on; none ends it.
pub fn put(sqlite: &Connection, key: &EntryKey, body: Option<&str>, at: Timestamp) -> SqlResult<()> {
    let open = params![key.kind, key.key, Timestamp::FOREVER.0, at.0];
    sqlite
        .prepare_cached(
            "DELETE FROM catalog_entry WHERE kind = ?1 AND key = ?2 AND to_ts = ?3 AND from_ts = ?4",
        )?
        .execute(open)?;
    sqlite
        .prepare_cached("UPDATE catalog_entry SET to_ts = ?4 WHERE kind = ?1 AND key = ?2 AND to_ts = ?3")?
        .execute(open)?;
    if let Some(body) = body {
        sqlite
            .prepare_cached("INSERT OR REPLACE INTO catalog_entry VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![key.kind, key.key, at.0, Timestamp::FOREVER.0, body])?;
    }
    sqlite.execute(
        "UPDATE meta SET value = value + 1 WHERE key = 'catalog_version'",
        [],
    )?;
    Ok(())
}

/// A descriptor id never used before.
pub fn next_id(sqlite: &Connection) -> SqlResult<DescriptorId> {
    Ok(sqlite.query_row(
        "UPDATE meta SET value = value + 1 WHERE key = 'last_id' RETURNING value",
        [],
        |row| row.get(0),
    )?)
}

/// One version of a descriptor and when it held.
#[derive(Debug, Clone)]
pub struct DescriptorVersion {
    pub id: DescriptorId,
    pub from: Timestamp,
    /// [`Timestamp::FOREVER`] for the newest version of a live object.
    pub to: Timestamp,
    pub descriptor: Descriptor,
}

/// Every descriptor version that began in `(after, until]` or still held at its start, oldest first.
pub fn descriptor_versions(
    sqlite: &Connection,
    after: Timestamp,
    until: Timestamp,
) -> SqlResult<Vec<DescriptorVersion>> {
    let mut statement =
        sqlite.prepare_cached("SELECT key, from_ts, to_ts, body FROM catalog_entry WHERE kind = ?1 AND from_ts <= ?3 AND to_ts > ?2 ORDER BY from_ts, key")?;
    let mut rows = statement.query(params![kind::DESCRIPTOR, after.0, until.0])?;
    let mut versions = Vec::new();
    while let Some(row) = rows.next()? {
        let key = EntryKey {
            kind: kind::DESCRIPTOR.into(),
            key: row.get(0)?,
        };
        let body: String = row.get(3)?;
        versions.push(DescriptorVersion {
            id: key.key.parse().unwrap_or(0),
            from: Timestamp(row.get(1)?),
            to: Timestamp(row.get(2)?),
            descriptor: serde_json::from_str(&body).map_err(|e| unreadable(&key, &e))?,
        });
    }
    Ok(versions)
}

/// Reads a kept (not versioned) value.
pub fn kept(sqlite: &Connection, kind: &str, key: &str) -> SqlResult<Option<String>> {
    Ok(sqlite
        .prepare_cached("SELECT body FROM kept WHERE kind = ?1 AND key = ?2")?
        .query_row([kind, key], |row| row.get(0))
        .optional()?)
}

/// Every kept value of a kind, by key.
pub fn kept_all(sqlite: &Connection, kind: &str) -> SqlResult<Vec<(String, String)>> {
    let mut statement = sqlite.prepare_cached("SELECT key, body FROM kept WHERE kind = ?1 ORDER BY key")?;
    let rows = statement.query_map([kind], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes or removes a kept value.
pub fn keep(sqlite: &Connection, kind: &str, key: &str, body: Option<&str>) -> SqlResult<()> {
    match body {
        Some(body) => sqlite
            .prepare_cached("INSERT OR REPLACE INTO kept VALUES (?1, ?2, ?3)")?
            .execute([kind, key, body])?,
        None => sqlite
            .prepare_cached("DELETE FROM kept WHERE kind = ?1 AND key = ?2")?
            .execute([kind, key])?,
    };
    Ok(())
}
