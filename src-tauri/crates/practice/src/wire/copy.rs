//! COPY in both directions: receiving a file, whose rows go to the userfile store as they come, and giving the rows of a query.

use std::io;

use super::connection::{Connection, Ended};
use super::frame::{Body, Peer, Received};
use crate::datum::Row;
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::{ColumnMeta, RowSink};
use crate::sql::copy_out::CopyOut;
use crate::userfile::Upload;

/// Answers a COPY statement up to its tag or its error.
pub fn receive(connection: &mut Connection, sql: &str) -> Result<(), Ended> {
    let mut upload = match Upload::begin(&mut connection.session, sql) {
        Ok(upload) => upload,
        Err(error) => return connection.refuse(&error),
    };
    connection.peer.send(b'G', |out| {
        out.push(0);
        out.extend(1i16.to_be_bytes());
        out.extend(0i16.to_be_bytes());
    })?;
    connection.peer.flush()?;
    loop {
        let received = match connection.peer.receive() {
            Ok(received) => received,
            Err(error) => {
                let keep = connection.session.cluster().faults().is_on("keep_partial");
                upload.abort(&mut connection.session, keep);
                return Err(error);
            }
        };
        let message = match received {
            Received::Message(message) => message,
            Received::TooLarge(error) => return give_up(connection, upload, &error, true),
        };
        match message.kind {
            b'd' => {
                if let Err(error) = upload.data(&mut connection.session, &message.body) {
                    return give_up(connection, upload, &error, false);
                }
                connection.peer.reuse(message);
            }
            b'c' => {
                let finished = upload.finish(&mut connection.session);
                connection.tell_notices()?;
                return match finished {
                    Ok(tag) => connection.peer.send_tag(&tag),
                    Err(error) => connection.refuse(&error),
                };
            }
            b'f' => {
                let reason = Body(&message.body).text().unwrap_or_default().to_owned();
                upload.abort(&mut connection.session, false);
                return connection.refuse(&SqlError::new(
                    sqlstate::QUERY_CANCELED,
                    format!("COPY from stdin failed: {reason}"),
                ));
            }
            b'S' | b'H' => {}
            _ => {
                let error = SqlError::new(sqlstate::PROTOCOL_VIOLATION, "unexpected message during COPY");
                return give_up(connection, upload, &error, false);
            }
        }
    }
}

/// Takes back what was stored and answers the error. `drain` swallows what the client still sends of this file.
fn give_up(connection: &mut Connection, upload: Upload, error: &SqlError, drain: bool) -> Result<(), Ended> {
    upload.abort(&mut connection.session, false);
    connection.refuse(error)?;
    if !drain {
        return Ok(());
    }
    loop {
        match connection.peer.receive()? {
            Received::Message(message) if matches!(message.kind, b'c' | b'f') => return Ok(()),
            Received::Message(message) if message.kind == b'X' => {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            _ => {}
        }
    }
}

/// Answers a COPY … TO STDOUT.
pub fn give(connection: &mut Connection, copy: &CopyOut) -> Result<(), Ended> {
    let mut lines = Lines {
        peer: &mut connection.peer,
        copy,
        columns: Vec::new(),
        given: 0,
        broken: None,
    };
    let result = connection.session.execute(&copy.query, &[], &mut lines);
    let given = lines.given;
    if let Some(error) = lines.broken {
        return Err(error);
    }
    connection.tell_notices()?;
    match result {
        Ok(_) => {
            connection.peer.send(b'c', |_| {})?;
            connection.peer.send_tag(&format!("COPY {given}"))
        }
        Err(error) => connection.refuse(&error),
    }
}

/// Sends rows as the lines of a COPY.
struct Lines<'a> {
    peer: &'a mut Peer,
    copy: &'a CopyOut,
    columns: Vec<ColumnMeta>,
    given: u64,
    /// The line to the client broke.
    broken: Option<io::Error>,
}

impl Lines<'_> {
    fn send(&mut self, kind: u8, write: impl FnOnce(&mut Vec<u8>)) -> SqlResult<()> {
        self.peer.send(kind, write).map_err(|error| {
            self.broken = Some(error);
            SqlError::new(sqlstate::QUERY_CANCELED, "the client is gone")
        })
    }
}

impl RowSink for Lines<'_> {
    fn columns(&mut self, columns: &[ColumnMeta]) -> SqlResult<()> {
        self.columns = columns.to_vec();
        let count = i16::try_from(columns.len()).unwrap_or(i16::MAX);
        self.send(b'H', |out| {
            out.push(0);
            out.extend(count.to_be_bytes());
            (0..count).for_each(|_| out.extend(0i16.to_be_bytes()));
        })?;
        match self.copy.header(columns) {
            Some(line) => self.send(b'd', |out| out.extend(line.as_bytes())),
            None => Ok(()),
        }
    }

    fn row(&mut self, row: &Row) -> SqlResult<bool> {
        let line = self.copy.row(row, &self.columns);
        self.given += 1;
        self.send(b'd', |out| out.extend(line.as_bytes()))?;
        Ok(true)
    }
}
