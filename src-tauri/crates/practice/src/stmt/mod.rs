//! The statements of the backup family: BACKUP, RESTORE, SHOW BACKUP, jobs, schedules and external
//! connections, read from text and printed in the server's normal form.
//!
//! No SQL parser knows this part of CockroachDB's grammar, and clients depend on its details: which
//! words may be strings, which options may be placeholders, and what the errors say.

mod ast;
mod availability;
mod lexer;
mod parse_backup;
mod parse_connection;
mod parse_job;
mod parse_schedule;
mod parse_show;
mod parser;
mod print;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod text_tests;
pub mod uri;

pub use ast::*;
pub use availability::refuse_if_unavailable;
pub use print::{Form, Secrets, masked_uri, print_backup, quote_literal};

use parser::Parser;

/// A statement that could not be read, with what the server would say about it (SQLSTATE 42601).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The sentence.
    pub message: String,
    /// The statement with a caret under the place.
    pub detail: Option<String>,
    /// Where to read on.
    pub hint: Option<String>,
    /// The form without a collection that was written: releases before [`FORMS_WITHOUT_COLLECTION_UNTIL`] still read it.
    pub without_collection: Option<&'static str>,
}

/// The first release that no longer knows `BACKUP … TO`, `RESTORE … FROM 'uri'` and `SHOW BACKUP 'uri'`. That is what the documentation
/// says; the release notes say v25.1.
pub const FORMS_WITHOUT_COLLECTION_UNTIL: (u16, u16) = (24, 3);

impl SyntaxError {
    fn near(sql: &str, at: usize, token: &str, topic: Option<&str>) -> SyntaxError {
        SyntaxError {
            message: format!("at or near \"{token}\": syntax error"),
            detail: Some(caret(sql, at)),
            hint: topic.map(|topic| format!("try \\h {topic}")),
            without_collection: None,
        }
    }

    fn lexical(sql: &str, at: usize, what: &str) -> SyntaxError {
        SyntaxError {
            message: format!("lexical error: {what}"),
            detail: Some(caret(sql, at)),
            hint: None,
            without_collection: None,
        }
    }
}

fn caret(sql: &str, at: usize) -> String {
    let line_start = sql[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = sql[at..].find('\n').map_or(sql.len(), |newline| at + newline);
    let indent = sql[line_start..at].chars().count();
    format!("source SQL:\n{}\n{}^", &sql[..line_end], " ".repeat(indent))
}

/// Reads one statement. `None` when it is not of this family and another parser should try.
///
/// A closing semicolon is allowed, a second statement is not: the caller splits batches.
pub fn parse(sql: &str) -> Option<Result<Statement, SyntaxError>> {
    let mut parser = match Parser::new(sql) {
        Ok(parser) => parser,
        Err(error) => return first_word_is_ours(sql).then_some(Err(error)),
    };
    let statement = parser.statement()?;
    Some(statement.and_then(|statement| parser.end().map(|()| statement)))
}

fn first_word_is_ours(sql: &str) -> bool {
    let word: String = sql
        .trim_start()
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect();
    ["backup", "restore"].contains(&word.to_lowercase().as_str())
}

/// The highest `$n` in a statement; 0 when there is none.
pub fn highest_placeholder(sql: &str) -> u16 {
    let Ok(tokens) = lexer::tokens(sql) else { return 0 };
    let numbers = tokens.iter().filter_map(|token| match token.kind {
        lexer::Kind::Placeholder(number) => Some(number),
        _ => None,
    });
    numbers.max().unwrap_or(0)
}
