//! What statements give back.

use crate::datum::Row;
use crate::error::SqlResult;
use crate::types::SqlType;

/// A result column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnMeta {
    pub name: String,
    pub ty: SqlType,
}

impl ColumnMeta {
    /// A column.
    pub fn new(name: impl Into<String>, ty: SqlType) -> Self {
        Self {
            name: name.into(),
            ty,
        }
    }
}

/// A whole result.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    pub columns: Vec<ColumnMeta>,
    pub rows: Vec<Row>,
}

impl Rows {
    /// An empty result with these columns.
    pub fn with_columns<'a>(columns: impl IntoIterator<Item = (&'a str, SqlType)>) -> Self {
        Self {
            columns: columns
                .into_iter()
                .map(|(name, ty)| ColumnMeta::new(name, ty))
                .collect(),
            rows: Vec::new(),
        }
    }

    /// Appends a row.
    pub fn push(&mut self, row: Row) {
        self.rows.push(row);
    }
}

/// What a statement of limited size gives back.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// No rows; the command tag, for example `CREATE TABLE`.
    Done(String),
    /// Rows; the tag becomes `SELECT n`, or the given word with the count.
    Rows { rows: Rows, tag: Option<String> },
}

impl Outcome {
    /// A result whose tag counts its rows.
    pub fn rows(rows: Rows) -> Self {
        Self::Rows { rows, tag: None }
    }

    /// No rows.
    pub fn done(tag: impl Into<String>) -> Self {
        Self::Done(tag.into())
    }
}

/// What Describe answers: the parameters' types and, unless the statement gives no rows, its columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Description {
    pub parameters: Vec<SqlType>,
    pub columns: Option<Vec<ColumnMeta>>,
}

/// Where rows go as they come, so that large results need not fit in memory.
pub trait RowSink {
    /// Called once, before any row.
    fn columns(&mut self, columns: &[ColumnMeta]) -> SqlResult<()>;
    /// Called for every row. False asks to stop (the client's row limit is reached).
    fn row(&mut self, row: &Row) -> SqlResult<bool>;
}

/// Keeps everything.
#[derive(Debug, Default)]
pub struct Collect(pub Rows);

impl RowSink for Collect {
    fn columns(&mut self, columns: &[ColumnMeta]) -> SqlResult<()> {
        self.0.columns = columns.to_vec();
        Ok(())
    }

    fn row(&mut self, row: &Row) -> SqlResult<bool> {
        self.0.rows.push(row.clone());
        Ok(true)
    }
}
