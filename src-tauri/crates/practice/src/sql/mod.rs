//! CockroachDB's SQL: recognised from tokens where it is its own, parsed and translated to SQLite where it is plain.

pub mod constraints;
pub mod copy_out;
pub mod ddl;
mod explain;
pub mod grant;
pub mod lexer;
mod plain;
pub mod rewrite;
pub mod roles;
mod settings;
pub mod translate;

pub(crate) use plain::translator;

use crate::datum::Datum;
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::dispatch::{Finished, deliver, first_words, not_understood};
use crate::session::{Description, Outcome, RowSink, Session};
use crate::types::SqlType;

/// Whether the statement is plain SELECT or DML.
fn is_plain(sql: &str) -> bool {
    let start = sql.trim_start().trim_start_matches('(').trim_start();
    let word: String = start.chars().take_while(char::is_ascii_alphabetic).collect();
    matches!(
        word.to_lowercase().as_str(),
        "select" | "with" | "values" | "table" | "insert" | "upsert" | "update" | "delete"
    )
}

/// Runs a statement that is neither transaction control nor the extension's.
pub fn run(
    session: &mut Session,
    sql: &str,
    parameters: &[Datum],
    sink: &mut dyn RowSink,
) -> SqlResult<Finished> {
    if is_plain(sql) || is_plain(&without_comments(sql)) {
        return plain::run(session, sql, parameters, sink);
    }
    if first_words(sql, 1)?.first().is_some_and(|w| w == "explain") {
        return explain::run(session, sql, parameters, sink);
    }
    let outcome = run_own(session, sql)?;
    deliver(outcome, sink)
}

/// Describes such a statement.
pub fn describe(session: &mut Session, sql: &str, hints: &[SqlType]) -> SqlResult<Description> {
    if is_plain(sql) || is_plain(&without_comments(sql)) {
        return plain::describe(session, sql, hints);
    }
    let words = first_words(sql, 1)?;
    if words.first().is_some_and(|w| w == "show") {
        // SHOW only reads, so that its columns are best known by running it.
        return Ok(match crate::show::run(session, sql)? {
            Outcome::Rows { rows, .. } => Description {
                parameters: Vec::new(),
                columns: Some(rows.columns),
            },
            Outcome::Done(_) => Description::default(),
        });
    }
    if words.first().is_some_and(|w| w == "explain") {
        return explain::describe(session, sql, hints);
    }
    if words.first().is_some_and(|w| w == "copy") {
        return Err(SqlError::plain(
            "CopyFrom not supported in extended protocol mode",
        ));
    }
    Ok(Description::default())
}

fn without_comments(sql: &str) -> String {
    lexer::tokenize(sql)
        .ok()
        .and_then(|tokens| tokens.first().map(|t| sql[t.span.start..].to_owned()))
        .unwrap_or_default()
}

/// Runs a statement of CockroachDB's own.
fn run_own(session: &mut Session, sql: &str) -> SqlResult<Outcome> {
    let words = first_words(sql, 4)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["show", ..] => crate::show::run(session, sql),
        ["set" | "reset" | "use" | "discard", ..] => settings::run(session, sql),
        ["grant" | "revoke", ..] => grant::run(session, sql),
        ["create" | "alter" | "drop", "user" | "role", ..] => roles::run(session, sql),
        ["alter", "default", "privileges", ..] => grant::default_privileges(session, sql),
        [
            "create" | "alter" | "drop" | "truncate" | "comment" | "reassign",
            ..,
        ] => ddl::run(session, sql),
        ["deallocate", ..] => Ok(Outcome::done("DEALLOCATE")),
        [
            "analyze" | "prepare" | "execute" | "import" | "export" | "copy" | "listen" | "notify"
            | "declare" | "fetch",
            ..,
        ] => Err(SqlError::not_on_practice(words[0].to_uppercase())),
        _ => {
            let mut error = not_understood(sql);
            error.sqlstate = sqlstate::SYNTAX.into();
            Err(error)
        }
    }
}
