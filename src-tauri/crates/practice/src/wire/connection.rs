//! One client: messages in, statements to the session, answers out.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use super::extended::Extended;
use super::frame::{Body, Large, Message, Peer, Received};
use super::startup::session_options;
use super::{copy, frame};
use crate::datum::{Datum, Row};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::{ColumnMeta, Interrupt, RowSink, Session, TransactionStatus};
use crate::sql::copy_out::CopyOut;
use crate::sql::lexer::split_statements;
use crate::types::SqlType;
use crate::userfile;

/// A client that has proved who it is.
pub struct Connection {
    pub(super) peer: Peer,
    pub(super) session: Session,
    extended: Extended,
}

/// Why a connection ends.
pub(super) type Ended = io::Error;

impl Connection {
    /// Begins to serve the session with the settings the client asked for in its first message.
    pub fn open(peer: Peer, mut session: Session, parameters: &BTreeMap<String, String>) -> Self {
        let options = session_options(parameters.get("options").map_or("", String::as_str));
        let named = parameters
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "user" | "database" | "options"))
            .map(|(name, value)| (name.to_lowercase(), value.clone()));
        for (name, value) in named.chain(options) {
            // A variable this cluster does not know is ignored at start, as drivers send their own.
            session.variables_mut().set(&name, &value);
        }
        Self {
            peer,
            session,
            extended: Extended::default(),
        }
    }

    pub fn interrupt(&self) -> Arc<Interrupt> {
        self.session.interrupt()
    }

    /// Tells the client what it should know before its first statement.
    pub fn greet(&mut self, process: i32, secret: i32) -> Result<(), Ended> {
        let banner = self.session.cluster().version().banner();
        let admin = self
            .session
            .catalog()
            .is_ok_and(|catalog| catalog.is_admin(self.session.user()));
        let fixed = [
            ("server_version", "13.0.0"),
            ("server_encoding", "UTF8"),
            ("client_encoding", "UTF8"),
            ("DateStyle", "ISO, MDY"),
            ("IntervalStyle", "postgres"),
            ("integer_datetimes", "on"),
            ("standard_conforming_strings", "on"),
            ("is_superuser", if admin { "on" } else { "off" }),
            ("crdb_version", &banner),
        ];
        for (name, value) in fixed {
            self.peer.send_parameter(name, value)?;
        }
        for name in ["TimeZone", "application_name"] {
            let value = self
                .session
                .variables()
                .get(&name.to_lowercase())
                .unwrap_or_default();
            self.peer.send_parameter(name, &value)?;
        }
        let user = self.session.user().to_owned();
        self.peer.send_parameter("session_authorization", &user)?;
        self.peer.send(b'K', |out| {
            out.extend(process.to_be_bytes());
            out.extend(secret.to_be_bytes());
        })?;
        self.ready()
    }

    /// Serves the client until it leaves or the line breaks.
    pub fn serve(&mut self) -> Result<(), Ended> {
        loop {
            let message = match self.peer.receive()? {
                Received::Message(message) => message,
                Received::TooLarge(error) => {
                    self.too_large(&error)?;
                    continue;
                }
            };
            if message.kind == b'X' {
                return Ok(());
            }
            self.message(&message)?;
            self.peer.reuse(message);
        }
    }

    fn too_large(&mut self, error: &SqlError) -> Result<(), Ended> {
        self.peer.send_error(error)?;
        if self.extended.in_progress() {
            self.extended.skip_to_sync();
            return Ok(());
        }
        self.ready()
    }

    fn message(&mut self, message: &Message) -> Result<(), Ended> {
        match message.kind {
            b'Q' => {
                match Body(&message.body).text() {
                    Ok(sql) => self.simple_query(sql)?,
                    Err(error) => self.refuse(&error)?,
                }
                self.ready()
            }
            b'S' => {
                self.extended.sync();
                self.ready()
            }
            b'H' => self.peer.flush(),
            // What is left of an upload that failed.
            b'd' | b'c' | b'f' => Ok(()),
            b'P' | b'B' | b'D' | b'E' | b'C' => {
                if self.extended.skipping() {
                    return Ok(());
                }
                let result =
                    self.extended
                        .message(&mut self.session, &mut self.peer, message.kind, &message.body)?;
                if let Err(error) = result {
                    self.extended.skip_to_sync();
                    self.refuse(&error)?;
                }
                Ok(())
            }
            other => {
                let text = format!("unrecognized client message type {other}");
                self.refuse(&SqlError::new(sqlstate::PROTOCOL_VIOLATION, text).into_fatal())
            }
        }
    }

    fn simple_query(&mut self, sql: &str) -> Result<(), Ended> {
        if self.session.cluster().faults().matches_statement("cut_at", sql) {
            self.peer.cut();
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let statements = match split_statements(sql) {
            Ok(statements) => statements,
            Err(error) => return self.refuse(&error),
        };
        match statements.as_slice() {
            [] => self.peer.send(b'I', |_| {}),
            [only] if userfile::is_upload(only) => copy::receive(self, only),
            [only] => match CopyOut::parse(only) {
                Ok(Some(copy)) => copy::give(self, &copy),
                Ok(None) => self.statement(only).map(|_| ()),
                Err(error) => self.refuse(&error),
            },
            many => {
                if many.iter().any(|statement| userfile::is_upload(statement)) {
                    return self.refuse(&SqlError::new(
                        sqlstate::PROTOCOL_VIOLATION,
                        "COPY together with other statements in a query string is not supported",
                    ));
                }
                self.batch(many)
            }
        }
    }

    fn batch(&mut self, statements: &[&str]) -> Result<(), Ended> {
        self.session.begin_batch();
        for (index, statement) in statements.iter().enumerate() {
            if index > 0
                && let Err(error) = self.session.commit_before_ddl(statement)
            {
                return self.refuse(&error);
            }
            if !self.statement(statement)? {
                self.session.abandon_batch();
                return Ok(());
            }
        }
        match self.session.end_batch() {
            Ok(()) => Ok(()),
            Err(error) => self.refuse(&error),
        }
    }

    /// Runs one statement and answers it; false when it failed.
    fn statement(&mut self, sql: &str) -> Result<bool, Ended> {
        let mut rows = Answer::text(&mut self.peer);
        let result = self.session.execute(sql, &[], &mut rows);
        if let Some(error) = rows.broken {
            return Err(error);
        }
        if self
            .session
            .cluster()
            .faults()
            .matches_statement("cut_after_statement", sql)
        {
            self.peer.cut();
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        self.tell_notices()?;
        match result {
            Ok(finished) => {
                self.peer.send_tag(&finished.tag)?;
                Ok(true)
            }
            Err(error) => {
                self.refuse(&error)?;
                Ok(false)
            }
        }
    }

    pub(super) fn tell_notices(&mut self) -> Result<(), Ended> {
        tell_notices(&mut self.session, &mut self.peer)
    }

    /// Answers with an error; a fatal one ends the connection.
    pub(super) fn refuse(&mut self, error: &SqlError) -> Result<(), Ended> {
        self.tell_notices()?;
        self.peer.send_error(error)?;
        if error.fatal {
            self.peer.flush()?;
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }

    fn ready(&mut self) -> Result<(), Ended> {
        let status = match self.session.transaction_status() {
            TransactionStatus::Idle => b'I',
            TransactionStatus::InTransaction => b'T',
            TransactionStatus::Failed => b'E',
        };
        self.peer.send(b'Z', |out| out.push(status))?;
        self.peer.flush()
    }
}

/// Sends what a statement left to say besides its rows.
pub(super) fn tell_notices(session: &mut Session, peer: &mut Peer) -> Result<(), Ended> {
    for notice in session.take_notices() {
        peer.send_notice(&notice)?;
    }
    for (name, value) in session.take_parameter_changes() {
        peer.send_parameter(&name, &value)?;
    }
    Ok(())
}

/// Sends rows to the client as the session finds them.
pub(super) struct Answer<'a> {
    peer: &'a mut Peer,
    columns: Vec<ColumnMeta>,
    formats: Vec<i16>,
    describe: bool,
    /// The line broke while rows were sent.
    pub broken: Option<io::Error>,
}

impl<'a> Answer<'a> {
    /// For simple queries: column names first, everything as text.
    pub fn text(peer: &'a mut Peer) -> Self {
        Self {
            peer,
            columns: Vec::new(),
            formats: Vec::new(),
            describe: true,
            broken: None,
        }
    }

    /// For a bound statement: rows only, in the asked formats.
    pub fn bound(peer: &'a mut Peer, formats: Vec<i16>) -> Self {
        Self {
            peer,
            columns: Vec::new(),
            formats,
            describe: false,
            broken: None,
        }
    }

    fn keep<T>(&mut self, result: io::Result<T>) -> SqlResult<()> {
        result.map(|_| ()).map_err(|error| {
            self.broken = Some(error);
            SqlError::new(sqlstate::QUERY_CANCELED, "the client is gone")
        })
    }
}

impl RowSink for Answer<'_> {
    fn columns(&mut self, columns: &[ColumnMeta]) -> SqlResult<()> {
        self.columns = columns.to_vec();
        if self.describe {
            let sent = self.peer.send_columns(columns, &self.formats);
            return self.keep(sent);
        }
        Ok(())
    }

    fn row(&mut self, row: &Row) -> SqlResult<bool> {
        let mut failed = None;
        let (columns, formats) = (&self.columns, &self.formats);
        let sent = self.peer.send_with_large(b'D', |out, large| {
            out.extend(i16::try_from(row.len()).unwrap_or(i16::MAX).to_be_bytes());
            for (index, (value, column)) in row.iter().zip(columns).enumerate() {
                let binary = frame::format_of(formats, index) == 1;
                if binary
                    && let Datum::Bytes(bytes) = value
                    && column.ty == SqlType::Bytes
                    && bytes.len() >= frame::LARGE_BYTES
                {
                    out.extend(i32::try_from(bytes.len()).unwrap_or(i32::MAX).to_be_bytes());
                    large.push(Large { at: out.len(), bytes });
                    continue;
                }
                let start = out.len();
                out.extend([0; 4]);
                let is_null = if binary {
                    let is_null = matches!(value, Datum::Null);
                    if !is_null && let Err(error) = value.write_binary(&column.ty, out) {
                        failed = Some(error);
                    }
                    is_null
                } else {
                    match value.to_text(&column.ty) {
                        Some(text) => {
                            out.extend(text.as_bytes());
                            false
                        }
                        None => true,
                    }
                };
                let length = if is_null {
                    -1
                } else {
                    i32::try_from(out.len() - start - 4).unwrap_or(i32::MAX)
                };
                out[start..start + 4].copy_from_slice(&length.to_be_bytes());
            }
        });
        self.keep(sent)?;
        failed.map_or(Ok(true), Err)
    }
}
