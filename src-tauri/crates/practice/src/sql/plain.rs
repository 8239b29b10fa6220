//! Running translated SELECT and DML.

use std::sync::Arc;

use rusqlite::params_from_iter;
use sqlparser::ast::Statement;

use super::rewrite::{Rewritten, as_of_moment, bracket_name, rewrite};
use super::translate::{Translator, Write, WriteKind, parse};
use crate::catalog::{Body, Catalog, quote_ident};
use crate::clock::Timestamp;
use crate::datum::{Datum, Row};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::dispatch::Finished;
use crate::session::{ColumnMeta, Description, RowSink, Rows, Session};
use crate::storage::gc;
use crate::types::SqlType;

/// From this size of its parameters on a write is a large one.
const LARGE_WRITE_BYTES: usize = 512 << 10;

pub(super) enum Translated {
    Read { sql: String, columns: Vec<ColumnMeta> },
    Write(Write),
}

/// A translator for the session's state.
pub fn translator(session: &mut Session) -> SqlResult<Translator> {
    Ok(Translator {
        catalog: session.catalog()?,
        database: session.database().to_owned(),
        search_path: session.search_path(),
        user: session.user().to_owned(),
        version: session.cluster().version(),
        internals_are_closed: session.internals_are_closed()?,
        ..Translator::default()
    })
}

/// Describes a plain statement.
pub fn describe(session: &mut Session, sql: &str, hints: &[SqlType]) -> SqlResult<Description> {
    session.transaction(false, |session| {
        let rewritten = rewrite(sql)?;
        let (translator, translated, _) = prepare(session, &rewritten, hints)?;
        session.forget_ephemeral();
        let parameters = translator
            .parameters
            .into_iter()
            .map(|t| if t == SqlType::Unknown { SqlType::STRING } else { t })
            .collect();
        let columns = match translated {
            Translated::Read { columns, .. } => Some(columns),
            Translated::Write(write) => write.returning,
        };
        Ok(Description { parameters, columns })
    })
}

/// Runs a plain statement.
pub fn run(
    session: &mut Session,
    sql: &str,
    parameters: &[Datum],
    sink: &mut dyn RowSink,
) -> SqlResult<Finished> {
    let rewritten = rewrite(sql)?;
    let statement_writes = is_write(&rewritten.sql);
    let result = session.transaction(statement_writes, |session| {
        let hints = session.parameter_types().to_vec();
        let (translator, translated, _) = prepare(session, &rewritten, &hints)?;
        session.set_statement_context()?;
        for id in &translator.sequences {
            session.cluster().sequences().load(session.sqlite(), *id)?;
        }
        match translated {
            Translated::Read { sql, columns } => read(session, &sql, &columns, parameters, sink),
            Translated::Write(write) => perform(session, &write, parameters, sink),
        }
    });
    session.forget_ephemeral();
    if session.cluster().sequences().changed() && !session.in_multi_statement_transaction() && result.is_ok()
    {
        session.transaction(true, |_| Ok(()))?;
    }
    result
}

fn is_write(sql: &str) -> bool {
    let word: String = sql
        .trim_start()
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect();
    matches!(word.to_lowercase().as_str(), "insert" | "update" | "delete")
        || word.eq_ignore_ascii_case("with") && parse(sql).is_ok_and(|s| !matches!(s, Statement::Query(_)))
}

pub(super) fn prepare(
    session: &mut Session,
    rewritten: &Rewritten,
    hints: &[SqlType],
) -> SqlResult<(Translator, Translated, Option<Timestamp>)> {
    let mut translator = translator(session)?;
    translator.parameters = hints.to_vec();
    let at = rewritten
        .as_of
        .as_deref()
        .map(|text| as_of_moment(text, session.now()))
        .transpose()?
        .or(session.read_timestamp());
    if let Some(at) = at {
        translator.catalog = Arc::new(historical(session, &translator.catalog, at)?);
        translator.at = Some(at);
    }
    for (n, statement) in rewritten.brackets.iter().enumerate() {
        let rows = session.query_inside(statement)?;
        let name = bracket_name(n);
        session.make_ephemeral(&name, &rows)?;
        translator.ephemeral.push((name, rows.columns));
    }
    let statement = parse(&rewritten.sql)?;
    let translated = match &statement {
        Statement::Query(query) => {
            let (sql, columns) = translator.select(query)?;
            Translated::Read { sql, columns }
        }
        Statement::Insert(insert) => Translated::Write(translator.insert(insert, rewritten.upsert)?),
        Statement::Update(update) => Translated::Write(translator.update(update)?),
        Statement::Delete(delete) => Translated::Write(translator.delete(delete)?),
        other => return Err(SqlError::not_on_practice(other)),
    };
    for computed in translator.virtual_tables.clone() {
        let columns = crate::virtuals::columns(computed.schema, computed.name);
        let past = at.is_some().then(|| Arc::clone(&translator.catalog));
        let rows = session.looking_at(computed.database.as_deref(), past, |session| {
            crate::virtuals::rows(session, computed.schema, computed.name)
        })?;
        session.make_ephemeral(&computed.storage_name(), &Rows { columns, rows })?;
    }
    Ok((translator, translated, at))
}

/// The catalog at a moment, if it still lies inside the garbage collection window.
fn historical(session: &mut Session, now: &Catalog, at: Timestamp) -> SqlResult<Catalog> {
    let threshold = gc::threshold(now, 0, session.now());
    if at < threshold {
        return Err(SqlError::plain(format!(
            "batch timestamp {}.{:09},0 must be after replica GC threshold {}.{:09},0",
            at.0 / 1_000_000_000,
            at.0 % 1_000_000_000,
            threshold.0 / 1_000_000_000,
            threshold.0 % 1_000_000_000
        )));
    }
    session.catalog_at(at)
}

fn read(
    session: &mut Session,
    sql: &str,
    columns: &[ColumnMeta],
    parameters: &[Datum],
    sink: &mut dyn RowSink,
) -> SqlResult<Finished> {
    let mut statement = session
        .sqlite()
        .prepare(sql)
        .map_err(|e| translation_fault(e, sql))?;
    sink.columns(columns)?;
    let (sent, suspended) = stream(&mut statement, columns.len(), parameters, sink)?;
    Ok(Finished {
        tag: format!("SELECT {sent}"),
        suspended,
    })
}

fn stream(
    statement: &mut rusqlite::Statement<'_>,
    width: usize,
    parameters: &[Datum],
    sink: &mut dyn RowSink,
) -> SqlResult<(usize, bool)> {
    let wanted = statement.parameter_count();
    let padding = std::iter::repeat_n(&Datum::Null, wanted.saturating_sub(parameters.len()));
    let mut rows = statement.query(params_from_iter(parameters.iter().take(wanted).chain(padding)))?;
    let mut sent = 0;
    let mut row_values: Row = vec![Datum::Null; width];
    while let Some(row) = rows.next()? {
        for (i, value) in row_values.iter_mut().enumerate() {
            value.set(row.get_ref(i)?);
        }
        sent += 1;
        if !sink.row(&row_values)? {
            return Ok((sent, true));
        }
    }
    Ok((sent, false))
}

/// A statement SQLite did not take: a gap in the translation, said as such.
fn translation_fault(error: rusqlite::Error, sql: &str) -> SqlError {
    tracing::warn!(sql, %error, "translated statement was refused by storage");
    let error = SqlError::from(error);
    if error.is(sqlstate::INTERNAL) {
        SqlError::not_on_practice("this statement").with_detail(error.message)
    } else {
        error
    }
}

fn perform(
    session: &mut Session,
    write: &Write,
    parameters: &[Datum],
    sink: &mut dyn RowSink,
) -> SqlResult<Finished> {
    userfile_faults(session, write, parameters)?;
    let mut suspended = false;
    let count = match &write.returning {
        Some(columns) => {
            let mut statement = session
                .sqlite()
                .prepare_cached(&write.sql)
                .map_err(|e| translation_fault(e, &write.sql))?;
            // The rows are gathered first: SQLite has done all the writing before it gives the first one, and a sink that
            // stops early must not stop the writing.
            let mut gathered = crate::session::output::Collect::default();
            let (count, _) = stream(&mut statement, columns.len(), parameters, &mut gathered)
                .map_err(|e| constraint(e, write))?;
            sink.columns(columns)?;
            for (i, row) in gathered.0.rows.iter().enumerate() {
                if !sink.row(row)? {
                    suspended = i + 1 < count;
                    break;
                }
            }
            count
        }
        None if bytes_in(parameters) >= LARGE_WRITE_BYTES => {
            // One such write runs at a time, under the writers' lock. Storage copies its bytes several times over; in a thread
            // that ends with it, the next one gets the same memory, whereas each client's own thread would keep as much for itself.
            std::thread::scope(|scope| {
                std::thread::Builder::new()
                    .name("practice-large-write".into())
                    .spawn_scoped(scope, || change(session, write, parameters))
                    .map_err(|error| SqlError::plain(format!("a large write cannot be begun: {error}")))?
                    .join()
                    .unwrap_or_else(|_| Err(SqlError::new(sqlstate::INTERNAL, "a large write was given up")))
            })?
        }
        None => change(session, write, parameters)?,
    };
    let tag = match write.kind {
        WriteKind::Insert => format!("INSERT 0 {count}"),
        WriteKind::Update => format!("UPDATE {count}"),
        WriteKind::Delete => format!("DELETE {count}"),
    };
    Ok(Finished { tag, suspended })
}

/// Runs a write that returns nothing; gives how many rows it concerned.
fn change(session: &mut Session, write: &Write, parameters: &[Datum]) -> SqlResult<usize> {
    let mut statement = session
        .sqlite()
        .prepare_cached(&write.sql)
        .map_err(|e| translation_fault(e, &write.sql))?;
    let wanted = statement.parameter_count();
    statement
        .execute(params_from_iter(parameters.iter().take(wanted)))
        .map_err(|e| constraint(e.into(), write))
}

/// The size of the parameters that are byte strings.
fn bytes_in(parameters: &[Datum]) -> usize {
    parameters
        .iter()
        .map(|p| if let Datum::Bytes(b) = p { b.len() } else { 0 })
        .sum()
}

fn userfile_faults(session: &Session, write: &Write, parameters: &[Datum]) -> SqlResult<()> {
    if session.is_internal() || write.kind != WriteKind::Insert {
        return Ok(());
    }
    let name = &write.table.name;
    let payload = name.ends_with("_upload_payload");
    if (payload || name.ends_with("_upload_files"))
        && session.cluster().faults().is_on("direct_write_refused")
    {
        return Err(SqlError::privilege(format!(
            "user {} does not have INSERT privilege on relation {name}",
            session.user()
        )));
    }
    if payload {
        session
            .cluster()
            .faults()
            .before_payload_row(bytes_in(parameters))?;
    }
    Ok(())
}

/// SQLite's unique violation in CockroachDB's words.
fn constraint(error: SqlError, write: &Write) -> SqlError {
    let Some(columns) = error
        .message
        .strip_prefix("practice cluster storage: UNIQUE constraint failed: ")
    else {
        return error;
    };
    let Body::Table(table) = &write.table.body else {
        return error;
    };
    let ids: Vec<u32> = columns
        .split(", ")
        .filter_map(|c| c.rsplit_once(".c").and_then(|(_, id)| id.parse().ok()))
        .collect();
    let index = table
        .indexes
        .iter()
        .find(|i| i.unique && i.columns.iter().map(|(c, _)| *c).eq(ids.iter().copied()));
    let name = index.map_or("unique", |i| i.name.as_str());
    SqlError::new(
        sqlstate::UNIQUE_VIOLATION,
        format!(
            "duplicate key value violates unique constraint {}",
            quote_ident(name)
        ),
    )
    .with_detail(format!(
        "Key ({}) already exists.",
        table.column_names(&ids).join(", ")
    ))
}
