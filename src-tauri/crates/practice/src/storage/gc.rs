//! Garbage collection: versions older than the zone's `gc.ttlseconds` go for good.

use rusqlite::{Connection, params};

use crate::catalog::Catalog;
use crate::clock::Timestamp;
use crate::error::SqlResult;
use crate::storage::{catalog_store, physical};

/// The moment before which this object's history is no longer kept.
pub fn threshold(catalog: &Catalog, id: u32, now: Timestamp) -> Timestamp {
    now.minus(std::time::Duration::from_secs(
        u64::try_from(catalog.gc_ttl_seconds(id)).unwrap_or(0),
    ))
}

/// Removes what is past its time. Runs inside a write transaction.
pub fn collect(sqlite: &Connection, catalog: &Catalog, now: Timestamp) -> SqlResult<()> {
    let mut removed = 0;
    for descriptor in catalog.descriptors.values().filter(|d| d.has_rows()) {
        let before = threshold(catalog, descriptor.id, now);
        removed += sqlite.execute(
            &format!("DELETE FROM h_{} WHERE \"~to\" <= ?1", descriptor.id),
            [before.0],
        )?;
    }
    let before = threshold(catalog, 0, now);
    for version in catalog_store::descriptor_versions(sqlite, Timestamp(0), now)? {
        let dropped = version.to <= before && !catalog.descriptors.contains_key(&version.id);
        if dropped && version.descriptor.has_rows() {
            physical::destroy(sqlite, version.id)?;
            removed += 1;
        }
    }
    sqlite.execute("DELETE FROM catalog_entry WHERE to_ts <= ?1", params![before.0])?;
    if removed > 0 {
        sqlite.execute_batch("PRAGMA incremental_vacuum(4096)")?;
    }
    Ok(())
}
