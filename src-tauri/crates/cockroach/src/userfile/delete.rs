//! Removing files.
//!
//! Payload goes before the file row: stores have a foreign key, but no cascade. A reader of a half
//! deleted file would see a short one, so a large file loses its name first and its chunks afterwards,
//! in steps that each stay a small transaction.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection};
use uuid::Uuid;

use super::chunks::signed;
use super::lanes::{Lanes, on_lane};
use super::name::StoredName;
use super::sql::placeholders;
use super::store::Store;
use crate::error::Result;

/// A file to be deleted. It is found by id, so that a file which took its name meanwhile is safe.
#[derive(Debug, Clone)]
pub struct DeleteTarget {
    pub name: StoredName,
    pub file_id: Uuid,
    pub size_bytes: u64,
}

/// Files in one transaction, at most.
const BATCH_FILES: usize = 100;
/// Payload in one transaction, at most.
const BATCH_BYTES: u64 = 64 << 20;

/// Deletes files, reporting each by its place in `targets` when it is gone. A file that is not there
/// any more counts as gone. Stops at the first failure.
pub async fn delete(
    store: &Store,
    lanes: &Lanes,
    targets: &[DeleteTarget],
    mut gone: impl FnMut(std::ops::Range<usize>),
) -> Result<()> {
    let mut at = 0;
    while at < targets.len() {
        lanes.check_stop()?;
        let mut bytes = 0;
        let fitting = targets[at..].iter().take(BATCH_FILES).take_while(|target| {
            bytes += target.size_bytes;
            bytes <= BATCH_BYTES
        });
        let count = fitting.count();
        if count == 0 {
            let target = &targets[at];
            set_aside(store, lanes, target).await?;
            remove_payload(store, lanes, target.file_id).await?;
            gone(at..at + 1);
            at += 1;
        } else {
            let ids: Vec<Uuid> = targets[at..at + count]
                .iter()
                .map(|target| target.file_id)
                .collect();
            delete_batch(store, lanes, &ids).await?;
            gone(at..at + count);
            at += count;
        }
    }
    Ok(())
}

async fn delete_batch(store: &Store, lanes: &Lanes, ids: &[Uuid]) -> Result<()> {
    let marks = placeholders(1, ids.len());
    let statements = [
        format!("DELETE FROM {} WHERE file_id IN ({marks})", store.payload),
        format!("DELETE FROM {} WHERE file_id IN ({marks})", store.files),
    ];
    on_lane!(lanes, |connection| {
        let mut transaction = connection.begin().await?;
        for sql in &statements {
            let mut query = sqlx::query(AssertSqlSafe(sql.clone())).persistent(false);
            for id in ids {
                query = query.bind(*id);
            }
            query.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    })
}

async fn set_aside(store: &Store, lanes: &Lanes, target: &DeleteTarget) -> Result<()> {
    let sql = format!("UPDATE {} SET filename = $1 WHERE file_id = $2", store.files);
    let aside = format!(
        "{}.{}.deleting.tmp",
        target.name.as_str(),
        target.file_id.simple()
    );
    on_lane!(lanes, |connection| {
        let query = sqlx::query(AssertSqlSafe(sql.clone()))
            .bind(&aside)
            .bind(target.file_id);
        query.execute(connection).await?;
        Ok(())
    })
}

/// How often a row is tried again whose chunks were found gone and were not.
const STRAGGLERS: u32 = 20;

/// Removes a file's chunks in steps, then its row. Nobody must need the file any more.
///
/// A chunk of a stopped upload may still be on its way when its connection is dropped, and arrive between the two: the
/// foreign key then keeps the row (23503), and both are removed once more. Without the row no chunk can arrive.
pub(crate) async fn remove_payload(store: &Store, lanes: &Lanes, file_id: Uuid) -> Result<()> {
    let mut tries = 0;
    loop {
        remove_chunks(store, lanes, file_id).await?;
        match remove_row(store, lanes, file_id).await {
            Err(error) if error.sqlstate.as_deref() == Some("23503") && tries < STRAGGLERS => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            ended => return ended,
        }
    }
}

async fn remove_chunks(store: &Store, lanes: &Lanes, file_id: Uuid) -> Result<()> {
    let next = format!(
        "SELECT min(byte_offset) FROM {} WHERE file_id = $1",
        store.payload
    );
    let some = format!(
        "DELETE FROM {} WHERE file_id = $1 AND byte_offset < $2",
        store.payload
    );
    loop {
        let first: Option<i64> = on_lane!(lanes, |connection| {
            Ok(sqlx::query_scalar(AssertSqlSafe(next.clone()))
                .bind(file_id)
                .fetch_one(connection)
                .await?)
        })?;
        let Some(first) = first else { break };
        on_lane!(lanes, |connection| {
            let query = sqlx::query(AssertSqlSafe(some.clone()));
            query
                .bind(file_id)
                .bind(first.saturating_add(signed(BATCH_BYTES)))
                .execute(connection)
                .await?;
            Ok(())
        })?;
    }
    Ok(())
}

async fn remove_row(store: &Store, lanes: &Lanes, file_id: Uuid) -> Result<()> {
    let row = format!("DELETE FROM {} WHERE file_id = $1", store.files);
    on_lane!(lanes, |connection| {
        sqlx::query(AssertSqlSafe(row.clone()))
            .bind(file_id)
            .execute(connection)
            .await?;
        Ok(())
    })
}
