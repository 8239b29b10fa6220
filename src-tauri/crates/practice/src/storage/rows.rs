//! Reading rows at a moment, reading their versions over a span, and putting rows in, for backups and restores.

use rusqlite::{Connection, Statement, params_from_iter};

use super::physical::{column, column_ids};
use crate::catalog::Descriptor;
use crate::clock::Timestamp;
use crate::datum::{Datum, Row};
use crate::error::SqlResult;

/// A version of a row: its values and the span `[from, to)` in which it was the row.
#[derive(Debug, Clone)]
pub struct RowVersion {
    pub row: Row,
    pub from: Timestamp,
    /// [`Timestamp::FOREVER`] while it lives.
    pub to: Timestamp,
}

fn columns_sql(descriptor: &Descriptor) -> String {
    let names: Vec<String> = column_ids(descriptor).into_iter().map(column).collect();
    if names.is_empty() {
        "NULL".into()
    } else {
        names.join(", ")
    }
}

/// The rows as a SQLite subquery at a moment, or the plain table for now.
pub fn source_sql(descriptor: &Descriptor, at: Option<Timestamp>) -> String {
    let id = descriptor.id;
    match at {
        None => format!("t_{id}"),
        Some(Timestamp(at)) => {
            let columns = columns_sql(descriptor);
            format!(
                "(SELECT {columns} FROM t_{id} WHERE \"~from\" <= {at} UNION ALL SELECT {columns} FROM h_{id} WHERE \"~from\" <= {at} AND \"~to\" > {at})"
            )
        }
    }
}

fn read_row(row: &rusqlite::Row<'_>, width: usize) -> SqlResult<Row> {
    (0..width).map(|i| Ok(row.get_ref(i)?.into())).collect()
}

/// Calls `each` with every row of the object that was valid at the moment. Values come in column order of the descriptor,
/// which must be the one of that moment.
pub fn scan_at(
    sqlite: &Connection,
    descriptor: &Descriptor,
    at: Timestamp,
    mut each: impl FnMut(Row) -> SqlResult<()>,
) -> SqlResult<()> {
    let width = column_ids(descriptor).len();
    let sql = format!(
        "SELECT {} FROM {}",
        columns_sql(descriptor),
        source_sql(descriptor, Some(at))
    );
    let mut statement = sqlite.prepare(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(read_row(row, width)?)?;
    }
    Ok(())
}

/// Calls `each` with every row version that began or ended in `(after, until]`, oldest beginning first. A version still
/// alive at `until` comes with `to` = [`Timestamp::FOREVER`].
pub fn scan_versions(
    sqlite: &Connection,
    descriptor: &Descriptor,
    after: Timestamp,
    until: Timestamp,
    mut each: impl FnMut(RowVersion) -> SqlResult<()>,
) -> SqlResult<()> {
    let (id, width, columns) = (
        descriptor.id,
        column_ids(descriptor).len(),
        columns_sql(descriptor),
    );
    let forever = Timestamp::FOREVER.0;
    let sql = format!(
        "SELECT {columns}, \"~from\" AS f, {forever} AS t FROM t_{id} WHERE \"~from\" > ?1 AND \"~from\" <= ?2
         UNION ALL SELECT {columns}, \"~from\", \"~to\" FROM h_{id} WHERE \"~from\" <= ?2 AND (\"~from\" > ?1 OR (\"~to\" > ?1 AND \"~to\" <= ?2))
         ORDER BY f"
    );
    let mut statement = sqlite.prepare(&sql)?;
    let mut rows = statement.query([after.0, until.0])?;
    while let Some(row) = rows.next()? {
        let to: i64 = row.get(width.max(1) + 1)?;
        each(RowVersion {
            row: read_row(row, width)?,
            from: Timestamp(row.get(width.max(1))?),
            to: if to > until.0 {
                Timestamp::FOREVER
            } else {
                Timestamp(to)
            },
        })?;
    }
    Ok(())
}

/// Puts rows in, in column order of the descriptor, without looking at defaults or foreign keys of other tables.
pub struct Inserter<'a> {
    statement: Statement<'a>,
}

impl<'a> Inserter<'a> {
    /// Prepares for the object's columns. Needs a running write transaction.
    pub fn new(sqlite: &'a Connection, descriptor: &Descriptor) -> SqlResult<Self> {
        let ids = column_ids(descriptor);
        let marks = vec!["?"; ids.len()].join(", ");
        let now: i64 = sqlite.query_row("SELECT practice_now()", [], |row| row.get(0))?;
        let sql = format!(
            "INSERT INTO t_{} ({}, \"~from\") VALUES ({marks}, {now})",
            descriptor.id,
            columns_sql(descriptor)
        );
        Ok(Self {
            statement: sqlite.prepare(&sql)?,
        })
    }

    /// Puts one row in.
    pub fn insert(&mut self, row: &[Datum]) -> SqlResult<()> {
        self.statement.execute(params_from_iter(row))?;
        Ok(())
    }
}
