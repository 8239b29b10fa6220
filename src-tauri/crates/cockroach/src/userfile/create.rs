//! Making a store.
//!
//! The server makes both tables the first time one of its own features opens the store, with owner,
//! grants and revokes as it wants them. So a store is made by sending it an empty file and removing
//! that again, not by DDL of ours.

use uuid::Uuid;

use super::copy_in::{CopyIn, destination};
use super::name::StoredName;
use super::store::{Dialect, Store};
use crate::error::{Error, ErrorKind, Result};

pub(crate) async fn create(store: &Store) -> Result<()> {
    if store.dialect != Dialect::Cockroach {
        return Err(Error::new(
            ErrorKind::NotFound,
            "The tables of this userfile store do not exist.",
        ));
    }
    let name = StoredName::new(&format!("roachvault-opens-the-store.{}", Uuid::new_v4().simple()))?;
    let stored = format!("{}.tmp", name.as_str());
    let mut connection = store.cluster.dedicated().await?;
    CopyIn::begin(&mut connection, &destination(store, &stored))
        .await?
        .finish()
        .await?;
    let sql = format!("DELETE FROM {} WHERE filename = $1", store.files);
    let query = sqlx::query(sqlx::AssertSqlSafe(sql))
        .persistent(false)
        .bind(stored);
    store
        .cluster
        .ask(async |connection| query.execute(connection).await)
        .await?;
    Ok(())
}
