//! CockroachDB's SQL: recognised from tokens where it is its own, parsed and translated to SQLite where it is plain.

pub mod lexer;

use crate::datum::Datum;
use crate::error::SqlResult;
use crate::session::dispatch::{Finished, not_understood};
use crate::session::{Description, RowSink, Session};
use crate::types::SqlType;

/// Runs a statement that is neither transaction control nor the extension's.
pub fn run(
    _session: &mut Session,
    sql: &str,
    _parameters: &[Datum],
    _sink: &mut dyn RowSink,
) -> SqlResult<Finished> {
    Err(not_understood(sql))
}

/// Describes such a statement.
pub fn describe(_session: &mut Session, sql: &str, _hints: &[SqlType]) -> SqlResult<Description> {
    Err(not_understood(sql))
}
