//! Uploading through the server's own COPY target, as `cockroach userfile upload` does.
//!
//! Slower than writing chunks, on one connection and not resumable; used where the tables cannot be
//! written directly, and to have the server make a store. The server keeps an unfinished row in
//! memory and searches it from its start with every message, so rows are kept short: all rows are
//! joined with nothing between them, and one giant row gives the same file much more slowly.

use sqlx::postgres::{PgConnection, PgCopyIn};

use super::name::percent_encode;
use super::store::Store;
use crate::error::{Error, ErrorKind, Result};
use crate::quote::literal;

/// Source bytes in one row.
const ROW_BYTES: usize = 64 << 10;
/// Source bytes in one message: well under the server's limit of 16 MiB, even if all are escaped.
const MESSAGE_BYTES: usize = 1 << 20;

/// The URI that the COPY target wants. `stored` is the whole stored name with its slash; it has to end
/// in `.tmp`, and the server checks that the name without that suffix is free.
pub fn destination(store: &Store, stored: &str) -> String {
    format!("userfile://{}{}", store.name.host(), percent_encode(stored))
}

/// An upload under way. The server drops the partial file when this ends in an error. The connection
/// is out of step after a failure and must be closed then.
pub struct CopyIn<'c> {
    copy: PgCopyIn<&'c mut PgConnection>,
    buffer: Vec<u8>,
}

impl<'c> CopyIn<'c> {
    /// Sent as a simple query, the only kind in which the server accepts this statement.
    pub async fn begin(connection: &'c mut PgConnection, destination: &str) -> Result<Self> {
        let statement = format!(
            "COPY \"crdb_internal\".\"user_file_upload\" FROM STDIN WITH destination = {}",
            literal(destination)?
        );
        Ok(Self {
            copy: connection.copy_in_raw(&statement).await?,
            buffer: Vec::new(),
        })
    }

    /// Sends bytes as rows of their own.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        for message in bytes.chunks(MESSAGE_BYTES) {
            self.buffer.clear();
            for row in message.chunks(ROW_BYTES) {
                escape(row, &mut self.buffer);
                self.buffer.push(b'\n');
            }
            self.copy.send(self.buffer.as_slice()).await?;
        }
        Ok(())
    }

    /// Sends bytes of the one row that the command line makes of a file.
    pub async fn send_in_one_row(&mut self, bytes: &[u8]) -> Result<()> {
        self.buffer.clear();
        escape(bytes, &mut self.buffer);
        self.copy.send(self.buffer.as_slice()).await?;
        Ok(())
    }

    /// Ends the row of [`CopyIn::send_in_one_row`].
    pub async fn end_row(&mut self) -> Result<()> {
        self.copy.send(b"\n".as_slice()).await?;
        Ok(())
    }

    /// The file is complete when this returns. An error in the middle is only seen here.
    pub async fn finish(self) -> Result<()> {
        self.copy.finish().await?;
        Ok(())
    }

    /// Has the server remove the partial file.
    pub async fn abort(self, reason: &str) -> Result<()> {
        match self.copy.abort(reason).await.map_err(Error::from) {
            Ok(()) => Ok(()),
            // What the server answers to a CopyFail.
            Err(error) if error.kind == ErrorKind::Cancelled => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// The four characters that end a row or a field, or begin an escape.
fn escape(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len() + bytes.len() / 64);
    let mut plain = 0;
    for (i, byte) in bytes.iter().enumerate() {
        let escaped: &[u8] = match byte {
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            _ => continue,
        };
        out.extend_from_slice(&bytes[plain..i]);
        out.extend_from_slice(escaped);
        plain = i + 1;
    }
    out.extend_from_slice(&bytes[plain..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    /// Reads escapes as the server does, for those that are sent.
    fn unescape(text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut bytes = text.iter();
        while let Some(&byte) = bytes.next() {
            out.push(match byte {
                b'\\' => match bytes.next() {
                    Some(b'n') => b'\n',
                    Some(b'r') => b'\r',
                    Some(b't') => b'\t',
                    Some(&other) => other,
                    None => b'\\',
                },
                other => other,
            });
        }
        out
    }

    proptest! {
        #[test]
        fn escaped_bytes_hold_no_separator_and_read_back(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let mut text = Vec::new();
            super::escape(&bytes, &mut text);
            prop_assert!(!text.iter().any(|byte| matches!(byte, b'\n' | b'\r' | b'\t')));
            prop_assert_eq!(unescape(&text), bytes);
        }
    }
}
