//! Messages on a socket: reading one whole message of a client, gathering answers, and the faults of the line itself.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ServerConnection, StreamOwned};

use super::certificate;
use crate::cluster::Cluster;
use crate::error::{SqlError, sqlstate};
use crate::session::ColumnMeta;
use crate::session::Notice;

/// What a client may send in one message: the default of `sql.conn.max_read_buffer_message_size`.
const MESSAGE_LIMIT: usize = 16 << 20;
/// How much of a message's memory is kept for the next message: a payload row and what stands around it.
const SPENT_BYTES: usize = (4 << 20) + (64 << 10);
/// Answers are gathered up to this many bytes before they are sent.
const FLUSH_AT: usize = 128 << 10;
/// From this size on a byte string is sent from where it lies, not gathered.
pub const LARGE_BYTES: usize = 64 << 10;

/// A socket, with or without TLS.
pub enum Line {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Line {
    pub fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => &stream.sock,
        }
    }
}

impl Line {
    /// The user named by the certificate that the client showed in the handshake.
    pub fn certified_user(&self) -> Option<String> {
        let Self::Tls(stream) = self else { return None };
        certificate::common_name(stream.conn.peer_certificates()?.first()?)
    }
}

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

/// Bytes of a message that stand, as it is sent, before byte `at` of what is gathered.
pub struct Large<'v> {
    pub at: usize,
    pub bytes: &'v [u8],
}

/// A message of the client.
pub struct Message {
    pub kind: u8,
    pub body: Vec<u8>,
}

/// What reading gives.
pub enum Received {
    Message(Message),
    /// The message was too large; its bytes were read and dropped.
    TooLarge(SqlError),
}

/// One client's line with everything that is buffered on it.
pub struct Peer {
    line: Line,
    cluster: Arc<Cluster>,
    out: Vec<u8>,
    /// Something was sent since the client last spoke: its next message is a new round trip.
    answered: bool,
    received_bytes: u64,
    /// As [`Faults::breaks`](crate::faults::Faults::breaks) was when it opened.
    breaks: u64,
    /// The memory of the last message, for the next one.
    spent: Vec<u8>,
}

impl Peer {
    pub fn new(line: Line, cluster: Arc<Cluster>) -> Self {
        Self {
            line,
            breaks: cluster.faults().breaks(),
            cluster,
            out: Vec::new(),
            answered: true,
            received_bytes: 0,
            spent: Vec::new(),
        }
    }

    /// Ends the connection at once, as a broken cable would.
    pub fn cut(&self) {
        // The peer may be gone already, which is what is wanted.
        let _ = self.line.socket().shutdown(Shutdown::Both);
    }

    fn read_exact(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        self.line.read_exact(buffer)?;
        self.received_bytes += buffer.len() as u64;
        let faults = self.cluster.faults();
        if faults
            .number("cut_after")
            .is_some_and(|limit| self.received_bytes > limit)
        {
            self.cut();
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        self.throttle(buffer.len());
        Ok(())
    }

    fn throttle(&self, bytes: usize) {
        if let Some(rate) = self.cluster.faults().number("bandwidth").filter(|rate| *rate > 0) {
            std::thread::sleep(Duration::from_micros(bytes as u64 * 1_000_000 / rate));
        }
    }

    /// Waits for the client's next message.
    pub fn receive(&mut self) -> io::Result<Received> {
        let mut head = [0; 5];
        self.read_exact(&mut head)?;
        if self.cluster.faults().is_half_open(self.breaks) {
            io::copy(&mut self.line, &mut io::sink())?;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        if std::mem::take(&mut self.answered)
            && let Some(latency) = self.cluster.faults().duration("latency")
        {
            std::thread::sleep(latency);
        }
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let length = length.checked_sub(4).ok_or(io::ErrorKind::InvalidData)?;
        if length > MESSAGE_LIMIT {
            self.drop_bytes(length)?;
            return Ok(Received::TooLarge(too_large(length)));
        }
        let mut body = std::mem::take(&mut self.spent);
        body.clear();
        body.resize(length, 0);
        self.read_exact(&mut body)?;
        Ok(Received::Message(Message { kind: head[0], body }))
    }

    /// Takes a message back that was dealt with. Clients that upload send many large ones, and asking for the memory of each anew
    /// lets the allocator keep several times as much.
    pub fn reuse(&mut self, message: Message) {
        self.spent = message.body;
        self.spent.clear();
        self.spent.shrink_to(SPENT_BYTES);
    }

    fn drop_bytes(&mut self, mut count: usize) -> io::Result<()> {
        let mut buffer = [0; 64 << 10];
        while count > 0 {
            let part = count.min(buffer.len());
            self.read_exact(&mut buffer[..part])?;
            count -= part;
        }
        Ok(())
    }

    /// Gathers one message; sends when enough is gathered.
    pub fn send(&mut self, kind: u8, write: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        self.send_with_large(kind, |out, _| write(out))
    }

    /// Gathers one message, parts of which are large: they are sent from where they lie.
    pub fn send_with_large<'v>(
        &mut self,
        kind: u8,
        write: impl FnOnce(&mut Vec<u8>, &mut Vec<Large<'v>>),
    ) -> io::Result<()> {
        let start = self.out.len();
        self.out.push(kind);
        self.out.extend([0; 4]);
        let mut large = Vec::new();
        write(&mut self.out, &mut large);
        let elsewhere: usize = large.iter().map(|part| part.bytes.len()).sum();
        let length =
            u32::try_from(self.out.len() - start - 1 + elsewhere).map_err(|_| io::ErrorKind::InvalidData)?;
        self.out[start + 1..start + 5].copy_from_slice(&length.to_be_bytes());
        if large.is_empty() && self.out.len() < FLUSH_AT {
            return Ok(());
        }
        self.flush_with(&large)
    }

    /// Sends what is gathered.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        self.flush_with(&[])
    }

    fn flush_with(&mut self, large: &[Large<'_>]) -> io::Result<()> {
        let mut sent = 0;
        let mut total = self.out.len();
        for part in large {
            self.line.write_all(&self.out[sent..part.at])?;
            self.line.write_all(part.bytes)?;
            sent = part.at;
            total += part.bytes.len();
        }
        self.line.write_all(&self.out[sent..])?;
        self.line.flush()?;
        self.throttle(total);
        self.out.clear();
        self.out.shrink_to(FLUSH_AT * 2);
        self.answered = true;
        Ok(())
    }

    pub fn send_error(&mut self, error: &SqlError) -> io::Result<()> {
        let severity = if error.fatal { "FATAL" } else { "ERROR" };
        self.send(b'E', |out| {
            fields(out, severity, &error.sqlstate, &error.message);
            for (tag, value) in [(b'D', &error.detail), (b'H', &error.hint)] {
                if let Some(value) = value {
                    out.push(tag);
                    text(out, value);
                }
            }
            out.push(0);
        })
    }

    pub fn send_notice(&mut self, notice: &Notice) -> io::Result<()> {
        self.send(b'N', |out| {
            fields(out, "NOTICE", notice.sqlstate, &notice.message);
            if let Some(hint) = &notice.hint {
                out.push(b'H');
                text(out, hint);
            }
            out.push(0);
        })
    }

    pub fn send_parameter(&mut self, name: &str, value: &str) -> io::Result<()> {
        self.send(b'S', |out| {
            text(out, name);
            text(out, value);
        })
    }

    pub fn send_tag(&mut self, tag: &str) -> io::Result<()> {
        self.send(b'C', |out| text(out, tag))
    }

    /// `formats`: 0 text, 1 binary, one for each column, one for all, or none for text.
    pub fn send_columns(&mut self, columns: &[ColumnMeta], formats: &[i16]) -> io::Result<()> {
        self.send(b'T', |out| {
            out.extend(i16::try_from(columns.len()).unwrap_or(i16::MAX).to_be_bytes());
            for (index, column) in columns.iter().enumerate() {
                text(out, &column.name);
                out.extend([0; 6]);
                out.extend(column.ty.oid().to_be_bytes());
                out.extend(column.ty.wire_size().to_be_bytes());
                out.extend((-1i32).to_be_bytes());
                out.extend(format_of(formats, index).to_be_bytes());
            }
        })
    }
}

/// The format of a column under the protocol's rule: none means text, one holds for all.
pub fn format_of(formats: &[i16], index: usize) -> i16 {
    match formats {
        [] => 0,
        [all] => *all,
        each => each.get(index).copied().unwrap_or(0),
    }
}

/// A text with its closing NUL.
pub fn text(out: &mut Vec<u8>, value: &str) {
    out.extend(value.bytes().filter(|byte| *byte != 0));
    out.push(0);
}

fn fields(out: &mut Vec<u8>, severity: &str, code: &str, message: &str) {
    for (tag, value) in [(b'S', severity), (b'V', severity), (b'C', code), (b'M', message)] {
        out.push(tag);
        text(out, value);
    }
}

fn too_large(length: usize) -> SqlError {
    SqlError::new(
        sqlstate::PROTOCOL_VIOLATION,
        format!(
            "message size {} bigger than maximum allowed message size {}",
            binary_size(length),
            binary_size(MESSAGE_LIMIT)
        ),
    )
    .with_hint("the maximum message size can be configured using the sql.conn.max_read_buffer_message_size cluster setting")
}

/// `17 MiB`, `1.5 KiB`, `4 B`: as CockroachDB prints sizes in messages.
fn binary_size(bytes: usize) -> String {
    let units = ["B", "KiB", "MiB", "GiB"];
    let mut unit = 0;
    let mut divisor = 1usize;
    while unit + 1 < units.len() && bytes / divisor >= 1024 {
        divisor *= 1024;
        unit += 1;
    }
    let tenths = (bytes * 10 + divisor / 2) / divisor;
    if tenths.is_multiple_of(10) || tenths >= 100 || unit == 0 {
        format!("{} {}", (tenths + 5) / 10, units[unit])
    } else {
        format!("{}.{} {}", tenths / 10, tenths % 10, units[unit])
    }
}

/// Reads the parts of a message's body.
pub struct Body<'a>(pub &'a [u8]);

impl<'a> Body<'a> {
    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8], SqlError> {
        let (head, tail) = self.0.split_at_checked(count).ok_or_else(malformed)?;
        self.0 = tail;
        Ok(head)
    }

    pub fn byte(&mut self) -> Result<u8, SqlError> {
        Ok(self.bytes(1)?[0])
    }

    pub fn int16(&mut self) -> Result<i16, SqlError> {
        Ok(i16::from_be_bytes(
            self.bytes(2)?.try_into().map_err(|_| malformed())?,
        ))
    }

    pub fn int32(&mut self) -> Result<i32, SqlError> {
        Ok(i32::from_be_bytes(
            self.bytes(4)?.try_into().map_err(|_| malformed())?,
        ))
    }

    /// A text that ends with NUL.
    pub fn text(&mut self) -> Result<&'a str, SqlError> {
        let end = self.0.iter().position(|byte| *byte == 0).ok_or_else(malformed)?;
        let value = std::str::from_utf8(&self.0[..end]).map_err(|_| malformed())?;
        self.0 = &self.0[end + 1..];
        Ok(value)
    }

    /// A value with its length before it; `None` for NULL.
    pub fn value(&mut self) -> Result<Option<&'a [u8]>, SqlError> {
        let length = self.int32()?;
        usize::try_from(length).map_or(Ok(None), |length| self.bytes(length).map(Some))
    }
}

pub fn malformed() -> SqlError {
    SqlError::new(sqlstate::PROTOCOL_VIOLATION, "malformed message")
}

#[cfg(test)]
mod tests {
    use super::binary_size;

    #[test]
    fn sizes_read_as_the_real_cluster_prints_them() {
        assert_eq!(binary_size(17 << 20), "17 MiB");
        assert_eq!(binary_size((1 << 20) + (1 << 19)), "1.5 MiB");
        assert_eq!(binary_size(12), "12 B");
    }
}
