//! A PostgreSQL client of a few messages, because the cases are about what is on the wire: notices, hints,
//! command tags and raw errors, which drivers hide or merge.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// How long an answer may take before the case counts as failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// The fields of an error or a notice, by their letter.
#[derive(Debug, Clone, Default)]
pub struct Report(BTreeMap<u8, String>);

impl Report {
    fn read(body: &[u8]) -> Report {
        let mut fields = BTreeMap::new();
        for field in body.split(|byte| *byte == 0).filter(|field| !field.is_empty()) {
            fields.insert(field[0], String::from_utf8_lossy(&field[1..]).into_owned());
        }
        Report(fields)
    }

    fn field(&self, letter: u8) -> Option<&str> {
        self.0.get(&letter).map(String::as_str)
    }

    pub fn message(&self) -> &str {
        self.field(b'M').unwrap_or_default()
    }

    pub fn sqlstate(&self) -> &str {
        self.field(b'C').unwrap_or_default()
    }

    pub fn hint(&self) -> Option<&str> {
        self.field(b'H')
    }

    pub fn detail(&self) -> Option<&str> {
        self.field(b'D')
    }
}

/// One result of a simple query.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Option<String>>>,
    pub tag: String,
}

/// Everything a message of statements was answered with.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    pub answers: Vec<Answer>,
    pub notices: Vec<Report>,
    pub error: Option<Report>,
}

impl Answers {
    /// The last result, which is what a case's expectation is about.
    pub fn last(&self) -> Option<&Answer> {
        self.answers.last()
    }

    /// The one value of a one-row, one-column answer.
    pub fn value(&self) -> Option<String> {
        self.last()?.rows.first()?.first()?.clone()
    }
}

/// What a COPY is fed with.
pub enum CopyInput<'a> {
    /// These bytes in one CopyData, then CopyDone.
    Done(&'a [u8]),
}

/// One connection.
pub struct Connection {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
}

impl Connection {
    /// Connects without password to `database` as `user`.
    pub fn open(address: &str, user: &str, database: &str) -> io::Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let mut connection = Connection {
            reader: BufReader::new(stream.try_clone()?),
            writer: stream,
        };
        let mut body = 196_608_u32.to_be_bytes().to_vec();
        for (name, value) in [
            ("user", user),
            ("database", database),
            ("application_name", "conformance"),
        ] {
            body.extend_from_slice(name.as_bytes());
            body.push(0);
            body.extend_from_slice(value.as_bytes());
            body.push(0);
        }
        body.push(0);
        connection.writer.write_all(&length_of(&body))?;
        connection.writer.write_all(&body)?;
        let answers = connection.answers(None)?;
        match answers.error {
            Some(error) => Err(io::Error::other(format!(
                "{} ({})",
                error.message(),
                error.sqlstate()
            ))),
            None => Ok(connection),
        }
    }

    fn send(&mut self, kind: u8, body: &[u8]) -> io::Result<()> {
        self.writer.write_all(&[kind])?;
        self.writer.write_all(&length_of(body))?;
        self.writer.write_all(body)
    }

    fn receive(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let mut head = [0; 5];
        self.reader.read_exact(&mut head)?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let mut body = vec![0; length.saturating_sub(4)];
        self.reader.read_exact(&mut body)?;
        Ok((head[0], body))
    }

    /// Sends `sql` as one simple query and reads everything up to the next ready-for-query.
    pub fn query(&mut self, sql: &str) -> io::Result<Answers> {
        self.send(b'Q', &zero_ended(sql))?;
        self.answers(None)
    }

    /// Sends a COPY statement and feeds it.
    pub fn copy_in(&mut self, sql: &str, input: CopyInput<'_>) -> io::Result<Answers> {
        self.send(b'Q', &zero_ended(sql))?;
        self.answers(Some(input))
    }

    /// Sends Parse for `sql` and Sync; the answer carries what the server says to it.
    pub fn parse(&mut self, sql: &str) -> io::Result<Answers> {
        let mut body = vec![0];
        body.extend_from_slice(&zero_ended(sql));
        body.extend_from_slice(&0_u16.to_be_bytes());
        self.send(b'P', &body)?;
        self.send(b'S', &[])?;
        self.answers(None)
    }

    fn answers(&mut self, mut copy: Option<CopyInput<'_>>) -> io::Result<Answers> {
        let mut answers = Answers::default();
        let mut current = Answer::default();
        loop {
            let (kind, body) = self.receive()?;
            match kind {
                b'Z' => return Ok(answers),
                b'R' if body.get(..4) != Some(&[0, 0, 0, 0][..]) => {
                    return Err(io::Error::other("the server asks for a password"));
                }
                b'T' => current.columns = columns(&body),
                b'D' => current.rows.push(row(&body)),
                b'C' => {
                    current.tag = String::from_utf8_lossy(&body).trim_end_matches('\0').to_owned();
                    answers.answers.push(std::mem::take(&mut current));
                }
                b'N' => answers.notices.push(Report::read(&body)),
                b'E' => answers.error = Some(Report::read(&body)),
                b'G' => match copy.take() {
                    Some(CopyInput::Done(bytes)) => {
                        if !bytes.is_empty() {
                            self.send(b'd', bytes)?;
                        }
                        self.send(b'c', &[])?;
                    }
                    None => self.send(b'f', &zero_ended("nothing to copy"))?,
                },
                _ => {}
            }
        }
    }
}

fn length_of(body: &[u8]) -> [u8; 4] {
    u32::try_from(body.len() + 4).unwrap_or(u32::MAX).to_be_bytes()
}

fn zero_ended(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.push(0);
    bytes
}

fn columns(body: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = body.get(2..).unwrap_or_default();
    while let Some(end) = rest.iter().position(|byte| *byte == 0) {
        names.push(String::from_utf8_lossy(&rest[..end]).into_owned());
        // Table, column, type, size, modifier and format follow the name.
        rest = rest.get(end + 19..).unwrap_or_default();
    }
    names
}

fn row(body: &[u8]) -> Vec<Option<String>> {
    let mut values = Vec::new();
    let mut rest = body.get(2..).unwrap_or_default();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        match usize::try_from(i32::from_be_bytes(*length)) {
            Ok(length) => {
                let (value, after) = after.split_at(length.min(after.len()));
                values.push(Some(String::from_utf8_lossy(value).into_owned()));
                rest = after;
            }
            Err(_) => {
                values.push(None);
                rest = after;
            }
        }
    }
    values
}
