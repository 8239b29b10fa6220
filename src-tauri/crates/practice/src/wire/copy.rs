//! Receiving a file: COPY into the upload target. The rows go to the userfile store as they come.

use std::io;

use super::connection::{Connection, Ended};
use super::frame::{Body, Received};
use crate::error::{SqlError, sqlstate};
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
