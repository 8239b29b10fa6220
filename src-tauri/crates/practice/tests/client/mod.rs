//! A client of a few messages, for tests that need the wire itself: lines that are cut, answers that do not come, uploads whose
//! messages have a known size. It has no TLS and no password, so the cluster must be insecure.

// Every test file that includes this one uses its own part of it.
#![allow(dead_code)]

use std::fmt;
use std::io::{self, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long an answer may take before the test has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// The line broke, or nothing came.
    Lost(io::Error),
    /// The server said no.
    Refused { sqlstate: String, message: String },
}

impl Failure {
    /// The server's code; empty when the line broke.
    pub fn sqlstate(&self) -> &str {
        match self {
            Self::Lost(_) => "",
            Self::Refused { sqlstate, .. } => sqlstate,
        }
    }

    /// Whether the server hung up.
    pub fn is_lost(&self) -> bool {
        matches!(self, Self::Lost(error) if !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut))
    }

    /// Whether nothing was said at all.
    pub fn is_silence(&self) -> bool {
        matches!(self, Self::Lost(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(error) => write!(f, "the line broke: {error}"),
            Self::Refused { sqlstate, message } => write!(f, "{message} ({sqlstate})"),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Lost(error)
    }
}

/// Rows as text.
pub type Rows = Vec<Vec<Option<String>>>;

/// One connection.
#[derive(Debug)]
pub struct Client {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
}

impl Client {
    /// Connects as `user` to `defaultdb`.
    pub fn open(address: SocketAddr, user: &str) -> Result<Self, Failure> {
        Self::open_with_patience(address, user, PATIENCE)
    }

    /// The same, with another time to wait for each answer.
    pub fn open_with_patience(address: SocketAddr, user: &str, patience: Duration) -> Result<Self, Failure> {
        let writer = TcpStream::connect(address)?;
        writer.set_nodelay(true)?;
        writer.set_read_timeout(Some(patience))?;
        let mut client = Self {
            reader: BufReader::new(writer.try_clone()?),
            writer,
        };
        let mut body = 196_608_u32.to_be_bytes().to_vec();
        for text in ["user", user, "database", "defaultdb", ""] {
            body.extend(text.bytes());
            body.push(0);
        }
        client.writer.write_all(&length_of(body.len()))?;
        client.writer.write_all(&body)?;
        client.until_ready()?;
        Ok(client)
    }

    /// Runs a simple query; the rows of its last result.
    pub fn query(&mut self, sql: &str) -> Result<Rows, Failure> {
        self.send(b'Q', &[sql.as_bytes(), &[0]])?;
        self.until_ready()
    }

    /// The first cell of the first row, empty when there is none.
    pub fn value(&mut self, sql: &str) -> Result<String, Failure> {
        let first = self.query(sql)?.into_iter().flatten().next();
        Ok(first.flatten().unwrap_or_default())
    }

    /// Begins an upload; the statement must be a COPY into the upload target.
    pub fn begin_copy(&mut self, sql: &str) -> Result<(), Failure> {
        self.send(b'Q', &[sql.as_bytes(), &[0]])?;
        loop {
            match self.receive()? {
                (b'G', _) => return Ok(()),
                (b'E', body) => {
                    self.until_ready()?;
                    return Err(refusal(&body));
                }
                _ => {}
            }
        }
    }

    /// Sends a piece of an upload.
    pub fn copy_data(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.send(b'd', &[bytes])
    }

    /// Ends an upload.
    pub fn end_copy(&mut self) -> Result<Rows, Failure> {
        self.send(b'c', &[])?;
        self.until_ready()
    }

    /// Uploads bytes that hold nothing to escape.
    pub fn upload(&mut self, destination: &str, bytes: &[u8]) -> Result<(), Failure> {
        self.begin_copy(&copy_statement(destination))?;
        for piece in bytes.chunks(256 << 10) {
            self.copy_data(piece)?;
        }
        self.end_copy().map(|_| ())
    }

    /// Prepares the unnamed statement.
    pub fn prepare(&mut self, sql: &str) -> Result<(), Failure> {
        self.send(b'P', &[&[0], sql.as_bytes(), &[0, 0, 0]])?;
        self.send(b'S', &[])?;
        self.until_ready().map(|_| ())
    }

    /// Runs the prepared statement with parameters in their binary form.
    pub fn execute(&mut self, parameters: &[&[u8]]) -> Result<Rows, Failure> {
        self.ask(parameters, &[0, 0])?;
        self.until_ready()
    }

    /// The same with the answer in binary too, of which only the size is kept.
    pub fn execute_for_size(&mut self, parameters: &[&[u8]]) -> Result<usize, Failure> {
        self.ask(parameters, &[0, 1, 0, 1])?;
        let mut size = 0;
        loop {
            match self.receive().map_err(Failure::Lost)? {
                (b'Z', _) => return Ok(size),
                (b'D', body) => size += body.len(),
                (b'E', body) => return Err(refusal(&body)),
                _ => {}
            }
        }
    }

    fn ask(&mut self, parameters: &[&[u8]], result_formats: &[u8]) -> io::Result<()> {
        let count = (parameters.len() as u16).to_be_bytes();
        let lengths: Vec<[u8; 4]> = parameters
            .iter()
            .map(|value| (value.len() as u32).to_be_bytes())
            .collect();
        let mut parts: Vec<&[u8]> = vec![&[0, 0], &[0, 1, 0, 1], &count];
        for (length, value) in lengths.iter().zip(parameters) {
            parts.extend([length.as_slice(), value]);
        }
        parts.push(result_formats);
        self.send(b'B', &parts)?;
        self.send(b'E', &[&[0, 0, 0, 0, 0]])?;
        self.send(b'S', &[])
    }

    fn send(&mut self, kind: u8, parts: &[&[u8]]) -> io::Result<()> {
        let length = parts.iter().map(|part| part.len()).sum();
        self.writer.write_all(&[kind])?;
        self.writer.write_all(&length_of(length))?;
        parts.iter().try_for_each(|part| self.writer.write_all(part))
    }

    fn receive(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let mut head = [0; 5];
        self.reader.read_exact(&mut head)?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let mut body = vec![0; length.saturating_sub(4)];
        self.reader.read_exact(&mut body)?;
        Ok((head[0], body))
    }

    fn until_ready(&mut self) -> Result<Rows, Failure> {
        let (mut rows, mut error) = (Rows::new(), None);
        loop {
            let received = match self.receive() {
                Ok(received) => received,
                // What the server said before it hung up tells more than that it did.
                Err(lost) => return Err(error.unwrap_or(Failure::Lost(lost))),
            };
            match received {
                (b'Z', _) => return error.map_or(Ok(rows), Err),
                (b'T', _) => rows.clear(),
                (b'D', body) => rows.push(row(&body)),
                (b'E', body) => error = Some(refusal(&body)),
                _ => {}
            }
        }
    }
}

/// COPY into the default store of the user, to a path that starts with `/`.
pub fn copy_statement(path: &str) -> String {
    format!("COPY \"crdb_internal\".\"user_file_upload\" FROM STDIN WITH destination = 'userfile://{path}'")
}

fn length_of(body: usize) -> [u8; 4] {
    (body as u32 + 4).to_be_bytes()
}

fn refusal(body: &[u8]) -> Failure {
    let field = |letter: u8| {
        body.split(|byte| *byte == 0)
            .find(|field| field.first() == Some(&letter))
            .map(|field| String::from_utf8_lossy(&field[1..]).into_owned())
            .unwrap_or_default()
    };
    Failure::Refused {
        sqlstate: field(b'C'),
        message: field(b'M'),
    }
}

fn row(body: &[u8]) -> Vec<Option<String>> {
    let (mut values, mut rest) = (Vec::new(), body.get(2..).unwrap_or_default());
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(i32::from_be_bytes(*length));
        let (value, after) = after.split_at(length.unwrap_or(0).min(after.len()));
        values.push(length.ok().map(|_| String::from_utf8_lossy(value).into_owned()));
        rest = after;
    }
    values
}
