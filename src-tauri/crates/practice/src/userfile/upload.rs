//! COPY into `"crdb_internal"."user_file_upload"`: one file, from the first CopyData to its end.

use super::store::copy_is_off;
use super::{CopyDecoder, FileWriter, UserfileStore, UserfileUri};
use crate::error::{SqlError, SqlResult};
use crate::session::Session;
use crate::sql::lexer::{Cursor, Kind};

/// Decoded bytes gathered before they go to the file.
const HAND_ON_BYTES: usize = 256 << 10;

/// Whether a statement is a COPY into the upload target.
pub fn is_upload(sql: &str) -> bool {
    let Ok(mut cursor) =
        Cursor::new(sql.get(..sql.floor_char_boundary(200)).unwrap_or(sql)).or_else(|_| Cursor::new(sql))
    else {
        return false;
    };
    cursor.accept("copy") && cursor.name().is_ok_and(|name| matches!(name.0.as_slice(), [schema, table] if schema == "crdb_internal" && table == "user_file_upload"))
}

/// A running upload.
#[derive(Debug)]
pub struct Upload {
    writer: FileWriter,
    decoder: CopyDecoder,
    decoded: Vec<u8>,
}

impl Upload {
    /// Opens the store, checks that the destination is free, and begins the file. A leftover of the same temporary name is
    /// replaced without a word, as by the real server.
    pub fn begin(session: &mut Session, sql: &str) -> SqlResult<Self> {
        session.check_statement_allowed()?;
        let mut cursor = Cursor::new(sql)?;
        cursor.expect("copy")?;
        cursor.name()?;
        if cursor.looking_at("(") {
            return Err(SqlError::plain("expected 0 columns specified for file uploads"));
        }
        cursor.expect("from stdin")?;
        let destination = destination(&mut cursor)?.ok_or_else(|| SqlError::plain("destination required"))?;
        if session.cluster().faults().is_on("copy_disabled") {
            return Err(copy_is_off());
        }
        let uri = UserfileUri::parse(&destination, session.user())?;
        UserfileUri::check_path(&uri.path)?;
        let cluster = std::sync::Arc::clone(session.cluster());
        let store = UserfileStore::open(&cluster, session.user(), &uri.prefix)?;
        let target = uri.path.strip_suffix(".tmp").unwrap_or(&uri.path);
        if store.exists(target)? {
            return Err(SqlError::plain(format!(
                "destination file already exists for {target}"
            )));
        }
        let writer = store.create(&uri.path)?;
        Ok(Self {
            writer,
            decoder: CopyDecoder::default(),
            decoded: Vec::new(),
        })
    }

    /// Takes one CopyData message.
    pub fn data(&mut self, session: &mut Session, bytes: &[u8]) -> SqlResult<()> {
        session.check_canceled()?;
        for piece in bytes.chunks(HAND_ON_BYTES) {
            self.decoder.feed(piece, &mut self.decoded)?;
            if self.decoded.len() >= HAND_ON_BYTES {
                self.writer.write(&self.decoded)?;
                self.decoded.clear();
            }
        }
        Ok(())
    }

    /// Ends the file; gives the command tag with the number of rows. On an error the partial file is gone.
    pub fn finish(mut self, session: &mut Session) -> SqlResult<String> {
        let ended = session
            .check_canceled()
            .and_then(|()| std::mem::take(&mut self.decoder).finish(&mut self.decoded));
        let ended = ended.and_then(|rows| self.writer.write(&self.decoded).map(|()| rows));
        match ended {
            Ok(rows) => self.writer.finish().map(|_| format!("COPY {rows}")),
            Err(error) => {
                // The first error is the one to tell; the leftover is a `.tmp` that the next upload replaces.
                let _ = self.writer.abort();
                session.statement_failed();
                Err(error)
            }
        }
    }

    /// Gives the upload up. `keep_partial` leaves what is there, as a lost connection may.
    pub fn abort(self, session: &mut Session, keep_partial: bool) {
        session.statement_failed();
        if !keep_partial && let Err(error) = self.writer.abort() {
            tracing::warn!(%error, "the partial file of an upload stays");
        }
    }
}

/// The value of `destination` among the options; others are not looked at.
fn destination(cursor: &mut Cursor<'_>) -> SqlResult<Option<String>> {
    let mut found = None;
    if !cursor.accept("with") {
        return Ok(found);
    }
    let in_parentheses = cursor.accept("(");
    while !(cursor.at_end() || in_parentheses && cursor.accept(")")) {
        if cursor.accept("destination") {
            cursor.accept("=");
            found = Some(cursor.text()?);
        } else if matches!(cursor.take(), Some(Kind::Symbol(s)) if s == ";") {
            break;
        }
        cursor.accept(",");
    }
    Ok(found)
}
