//! Mistakes that happen to people, made on purpose: getting over them can be rehearsed where nothing is lost.

use std::sync::Arc;

use crate::cluster::Cluster;
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::Session;

/// What becomes of the sample database `bank`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accident {
    /// A DELETE with the wrong condition: about two fifths of `transactions`.
    RowsDeleted,
    /// DROP TABLE of `transactions`.
    TableDropped,
    /// DROP DATABASE.
    DatabaseDropped,
}

/// Lets it happen, as if somebody with psql had made it. Fails where nothing is left that it could happen to.
pub fn let_happen(cluster: &Arc<Cluster>, accident: Accident) -> SqlResult<()> {
    let mut session = Session::internal(cluster, "root")?;
    let sql = match accident {
        Accident::RowsDeleted => {
            let rows = session.query("SELECT id FROM bank.public.transactions WHERE amount < 0", &[])?;
            if rows.rows.is_empty() {
                return Err(SqlError::new(
                    sqlstate::UNDEFINED_TABLE,
                    "these rows of bank.public.transactions are gone already",
                ));
            }
            "DELETE FROM bank.public.transactions WHERE amount < 0"
        }
        Accident::TableDropped => "DROP TABLE bank.public.transactions",
        Accident::DatabaseDropped => "DROP DATABASE bank CASCADE",
    };
    session.query(sql, &[]).map(|_| ())
}
