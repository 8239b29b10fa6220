//! From the text of a statement to the part of the crate that runs it.

use super::{Description, Outcome, RowSink, Rows, Session, output::Collect};
use crate::datum::Datum;
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::sql::lexer::{Cursor, Kind, split_statements};
use crate::storage::functions::StatementState;

/// How a statement ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The command tag.
    pub tag: String,
    /// The sink asked to stop before the last row.
    pub suspended: bool,
}

impl From<String> for Finished {
    fn from(tag: String) -> Self {
        Self {
            tag,
            suspended: false,
        }
    }
}

impl Session {
    /// Runs one statement and gathers its rows. For the cluster's own use and for tests; clients' statements go through
    /// [`Self::execute`].
    pub fn query(&mut self, sql: &str, parameters: &[Datum]) -> SqlResult<Rows> {
        let mut collect = Collect::default();
        self.execute(sql, parameters, &mut collect)?;
        Ok(collect.0)
    }

    /// Runs every statement of a text, each in its own transaction, and drops their rows.
    pub fn run_script(&mut self, script: &str) -> SqlResult<()> {
        for statement in split_statements(script)? {
            self.query(statement, &[])?;
        }
        Ok(())
    }

    /// Tells the session that the statements up to the matching [`Self::end_batch`] are one implicit transaction.
    pub fn begin_batch(&mut self) {
        self.in_batch = true;
    }

    /// Ends the batch: commits what its statements did, unless BEGIN was said.
    pub fn end_batch(&mut self) -> SqlResult<()> {
        if std::mem::take(&mut self.in_batch) && !self.in_explicit_transaction() {
            return self.commit();
        }
        Ok(())
    }

    /// Commits what the batch did so far when the next statement changes definitions, and says so (from v25.1 on).
    pub fn commit_before_ddl(&mut self, sql: &str) -> SqlResult<()> {
        let applies = self.cluster.version().differences().autocommit_before_ddl
            && self.variables.is_on("autocommit_before_ddl")
            && !self.in_explicit_transaction();
        let words = first_words(sql, 2)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let changes_definitions = matches!(
            words.as_slice(),
            [
                "create" | "alter" | "drop",
                "table" | "index" | "view" | "sequence" | "type" | "schema" | "database" | "function"
            ] | ["truncate", ..]
        );
        if applies && changes_definitions {
            self.end_batch()?;
            self.begin_batch();
            self.notice(
                "auto-committing transaction before processing DDL due to autocommit_before_ddl setting",
            );
        }
        Ok(())
    }

    /// Gives up the batch after an error.
    pub fn abandon_batch(&mut self) {
        if std::mem::take(&mut self.in_batch) {
            self.fail();
        }
    }

    /// Refuses a statement that runs outside [`Self::execute`] as any other would be refused.
    pub fn check_statement_allowed(&self) -> SqlResult<()> {
        self.check_not_failed()?;
        self.interrupt.begin(self.statement_timeout());
        self.cluster.faults().before_statement("")
    }

    /// A statement that runs outside [`Self::execute`] failed.
    pub fn statement_failed(&mut self) {
        self.fail();
    }

    /// Runs one statement. Rows go to the sink as they come.
    pub fn execute(
        &mut self,
        sql: &str,
        parameters: &[Datum],
        sink: &mut dyn RowSink,
    ) -> SqlResult<Finished> {
        self.interrupt.begin(self.statement_timeout());
        let result = self.execute_inner(sql, parameters, sink);
        if let Err(error) = &result {
            self.fail();
            // SQLite only says that it was interrupted, not why.
            if error.is(sqlstate::QUERY_CANCELED) {
                self.interrupt.check()?;
            }
        }
        result
    }

    fn execute_inner(
        &mut self,
        sql: &str,
        parameters: &[Datum],
        sink: &mut dyn RowSink,
    ) -> SqlResult<Finished> {
        if let Some(tag) = self.transaction_statement(sql)? {
            return Ok(tag.into());
        }
        self.check_not_failed()?;
        self.cluster.faults().before_statement(sql)?;
        if let Some(extension) = self.cluster.extension()
            && let Some(outcome) = extension.run(self, sql, parameters)
        {
            return deliver(outcome?, sink);
        }
        crate::sql::run(self, sql, parameters, sink)
    }

    /// What parameters and columns a statement has. Nothing is run, except reads of the catalog.
    pub fn describe(&mut self, sql: &str, hints: &[crate::types::SqlType]) -> SqlResult<Description> {
        let result = self.describe_inner(sql, hints);
        if result.is_err() {
            self.fail();
        }
        result
    }

    fn describe_inner(&mut self, sql: &str, hints: &[crate::types::SqlType]) -> SqlResult<Description> {
        if transaction_verb(sql)?.is_some() {
            return Ok(Description::default());
        }
        self.check_not_failed()?;
        if let Some(extension) = self.cluster.extension()
            && let Some(description) = extension.describe(self, sql)
        {
            return description;
        }
        crate::sql::describe(self, sql, hints)
    }

    /// Puts the facts of the statement where SQLite's functions find them.
    pub(crate) fn set_statement_context(&mut self) -> SqlResult<()> {
        let catalog = self.catalog()?;
        self.context.set(StatementState {
            user: self.user.clone(),
            database: self.database.clone(),
            search_path: self.search_path(),
            catalog,
            transaction_ts: self.transaction.started(),
            variables: self.variables.all(),
        });
        Ok(())
    }

    fn transaction_statement(&mut self, sql: &str) -> SqlResult<Option<String>> {
        let Some(verb) = transaction_verb(sql)? else {
            return Ok(None);
        };
        Ok(Some(match verb {
            Verb::Begin { read_only } => self.begin(read_only)?,
            Verb::Commit => self.end(true)?,
            Verb::Rollback => self.end(false)?,
            Verb::Savepoint(name) => self.savepoint(&name)?,
            Verb::Release(name) => self.end_savepoint(&name, true)?,
            Verb::RollbackTo(name) => self.end_savepoint(&name, false)?,
        }))
    }
}

enum Verb {
    Begin { read_only: bool },
    Commit,
    Rollback,
    Savepoint(String),
    Release(String),
    RollbackTo(String),
}

fn transaction_verb(sql: &str) -> SqlResult<Option<Verb>> {
    let first = sql
        .trim_start()
        .split(|c: char| !c.is_ascii_alphabetic())
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    if !matches!(
        first.as_str(),
        "begin" | "start" | "commit" | "end" | "rollback" | "abort" | "savepoint" | "release"
    ) {
        return Ok(None);
    }
    let mut cursor = Cursor::new(sql)?;
    cursor.take();
    cursor.accept("transaction");
    Ok(Some(match first.as_str() {
        "begin" | "start" => {
            let modes = cursor.rest().to_lowercase();
            Verb::Begin {
                read_only: modes.contains("read only"),
            }
        }
        "commit" | "end" => Verb::Commit,
        "savepoint" => Verb::Savepoint(cursor.ident()?),
        "release" => {
            cursor.accept("savepoint");
            Verb::Release(cursor.ident()?)
        }
        _ if cursor.accept("to") => {
            cursor.accept("savepoint");
            Verb::RollbackTo(cursor.ident()?)
        }
        _ => Verb::Rollback,
    }))
}

/// Sends a gathered result to the sink.
pub fn deliver(outcome: Outcome, sink: &mut dyn RowSink) -> SqlResult<Finished> {
    match outcome {
        Outcome::Done(tag) => Ok(tag.into()),
        Outcome::Rows { rows, tag } => {
            sink.columns(&rows.columns)?;
            let mut sent = 0;
            let mut suspended = false;
            for row in &rows.rows {
                sent += 1;
                if !sink.row(row)? {
                    suspended = sent < rows.rows.len();
                    break;
                }
            }
            Ok(Finished {
                tag: format!("{} {sent}", tag.as_deref().unwrap_or("SELECT")),
                suspended,
            })
        }
    }
}

/// The first words of a statement, lower case, for recognising it cheaply.
pub fn first_words(sql: &str, count: usize) -> SqlResult<Vec<String>> {
    let cursor = Cursor::new(sql)?;
    Ok((0..count)
        .map_while(|i| match cursor.peek(i) {
            Some(Kind::Word(word)) => Some(word.clone()),
            _ => None,
        })
        .collect())
}

/// 42601 for a statement nobody understood.
pub fn not_understood(sql: &str) -> SqlError {
    let near = sql.split_whitespace().next().unwrap_or("EOF");
    let mut error = SqlError::new(
        sqlstate::SYNTAX,
        format!("at or near \"{}\": syntax error", near.to_lowercase()),
    );
    error.hint = Some(
        "This is a practice cluster; it knows the part of CockroachDB's SQL that Roachvault needs.".into(),
    );
    error
}
