//! Payload rows, read from the line into the memory they stay in.
//!
//! The driver puts a row together piece by piece in memory that grows, which copies its megabytes once more and takes up to
//! three times as much of it, for each connection of a download. Nothing else is read this way.

use std::io;
use std::ops::Range;
use std::time::Duration;

use bytes::{Buf, BufMut, BytesMut};
use postgres_protocol::IsNull;
use postgres_protocol::message::frontend;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::time::timeout;
use uuid::Uuid;

use super::chunks::{signed, unsigned};
use crate::connect::{Target, silent};
use crate::error::{Error, ErrorKind, Result};
use crate::handshake::{self, Failure, Stream};
use crate::sqlstate::refusal;
use crate::tls::Shown;

/// Object ids of UUID and INT8.
const UUID: u32 = 2950;
const INT8: u32 = 20;

/// What stands in a row before the payload: the number of columns, the length of the offset, the offset, the length.
const BEFORE_PAYLOAD_BYTES: usize = 2 + 4 + 8 + 4;

/// No cluster keeps a larger value in one row.
const MOST_PAYLOAD_BYTES: usize = 256 << 20;

/// No other message that answers the one statement is longer.
const MOST_OTHER_BYTES: usize = 64 << 10;

/// A connection that runs one sort of statement: which rows of a file begin in a range.
pub(crate) struct PayloadReader {
    /// Large reads go round its memory.
    stream: BufReader<Box<dyn Stream>>,
    /// Between two pieces that come. A connection that leads nowhere any more would be listened to for ever.
    silence: Duration,
}

impl PayloadReader {
    /// Connects and logs in. Fails as any other connection does.
    pub async fn connect(target: &Target, silence: Duration) -> Result<Self> {
        let connecting = async {
            let addresses = handshake::look_up(target).await?;
            let tcp = handshake::dial(target, &addresses).await?;
            // Nothing that is sent waits for more; where this cannot be set, it is only slower.
            let _ = tcp.set_nodelay(true);
            let mut stream = handshake::secure(target, tcp, &Shown::default()).await?;
            handshake::log_in(target, &mut stream).await?;
            Ok(stream)
        };
        match connecting.await {
            Ok(stream) => Ok(Self {
                stream: BufReader::new(stream),
                silence,
            }),
            Err(Failure { cause, detail, .. }) => Err(cause.to_error(detail)),
        }
    }

    /// Asks for rows. `sql` takes the file's id and the two ends of the range, and gives the offset and the payload.
    pub async fn ask(&mut self, sql: &str, file_id: Uuid, range: Range<u64>) -> Result<()> {
        let parameters: [&[u8]; 3] = [
            file_id.as_bytes(),
            &signed(range.start).to_be_bytes(),
            &signed(range.end).to_be_bytes(),
        ];
        let mut out = BytesMut::new();
        let encoded = frontend::parse("", sql, [UUID, INT8, INT8], &mut out).and_then(|()| {
            let put = |bytes: &[u8], out: &mut BytesMut| {
                out.put_slice(bytes);
                Ok(IsNull::No)
            };
            frontend::bind("", "", [1], parameters, put, [1], &mut out).map_err(|error| match error {
                frontend::BindError::Conversion(error) => io::Error::other(error),
                frontend::BindError::Serialization(error) => error,
            })?;
            frontend::execute("", 0, &mut out)
        });
        encoded.map_err(|error| Error::new(ErrorKind::InvalidInput, error.to_string()))?;
        frontend::sync(&mut out);
        self.stream.write_all(&out).await.map_err(lost)?;
        self.stream.flush().await.map_err(lost)
    }

    /// Reads the next row's payload into `buffer`, which has exactly its length afterwards. Answers its offset, or nothing after
    /// the last row.
    pub async fn next(&mut self, buffer: &mut Vec<u8>) -> Result<Option<u64>> {
        loop {
            let mut head = [0; 5];
            self.fill(&mut head).await?;
            let [tag, length @ ..] = head;
            let length = u32::from_be_bytes(length) as usize;
            let length = length.checked_sub(4).ok_or_else(unreadable)?;
            match tag {
                b'D' => return self.row(length, buffer).await.map(Some),
                b'Z' => {
                    self.body(length).await?;
                    return Ok(None);
                }
                b'E' => {
                    let (code, message, hint) = handshake::error_fields(&self.body(length).await?);
                    return Err(refusal(Some(code), message, hint));
                }
                // Parsed, bound, complete; notices and parameters.
                b'1' | b'2' | b'C' | b'N' | b'S' => {
                    self.body(length).await?;
                }
                _ => return Err(unreadable()),
            }
        }
    }

    async fn row(&mut self, length: usize, buffer: &mut Vec<u8>) -> Result<u64> {
        let payload_bytes = length
            .checked_sub(BEFORE_PAYLOAD_BYTES)
            .filter(|payload| *payload <= MOST_PAYLOAD_BYTES)
            .ok_or_else(unreadable)?;
        let mut before = [0; BEFORE_PAYLOAD_BYTES];
        self.fill(&mut before).await?;
        let mut before = before.as_slice();
        let (columns, offset_bytes) = (before.get_i16(), before.get_i32());
        let (offset, told_bytes) = (before.get_i64(), before.get_i32());
        if columns != 2 || offset_bytes != 8 || usize::try_from(told_bytes) != Ok(payload_bytes) {
            return Err(unreadable());
        }
        // What it held before is overwritten, not cleared: that would write the memory twice.
        buffer.resize(payload_bytes, 0);
        self.fill(buffer).await?;
        Ok(unsigned(offset))
    }

    async fn body(&mut self, length: usize) -> Result<Vec<u8>> {
        if length > MOST_OTHER_BYTES {
            return Err(unreadable());
        }
        let mut body = vec![0; length];
        self.fill(&mut body).await?;
        Ok(body)
    }

    async fn fill(&mut self, mut buffer: &mut [u8]) -> Result<()> {
        while !buffer.is_empty() {
            let read = timeout(self.silence, self.stream.read(buffer)).await;
            match read.map_err(|_| silent(self.silence))?.map_err(lost)? {
                0 => return Err(lost(io::ErrorKind::UnexpectedEof.into())),
                count => buffer = &mut buffer[count..],
            }
        }
        Ok(())
    }
}

fn lost(error: io::Error) -> Error {
    sqlx::Error::Io(error).into()
}

fn unreadable() -> Error {
    Error::new(ErrorKind::Internal, "The cluster's answer could not be read.")
        .detail("not a row of an offset and a payload")
}
