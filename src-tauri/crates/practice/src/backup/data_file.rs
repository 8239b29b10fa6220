//! The files that hold rows. Each record is a version of a row with the span it was valid in, so that full backups,
//! increments and revision history are all read the same way.

use std::io::Read;

use crate::clock::Timestamp;
use crate::datum::{Datum, hex};
use crate::error::{SqlError, SqlResult};
use crate::storage::rows::RowVersion;

const MAGIC: &[u8] = b"RVSST\x01";

/// Rows are gathered up to this many bytes before a file is written.
pub const TARGET_BYTES: usize = 4 << 20;

/// A file being filled.
#[derive(Debug, Default)]
pub struct Writer {
    body: Vec<u8>,
    pub rows: u64,
    pub size_bytes: u64,
}

/// What a key and value of this datum weigh in the logical size.
fn weight(datum: &Datum) -> u64 {
    match datum {
        Datum::Null => 0,
        Datum::Int(value) => {
            let bits = 64 - value.unsigned_abs().leading_zeros();
            u64::from(bits / 8 + 1)
        }
        Datum::Float(_) => 9,
        Datum::Text(text) => text.len() as u64 + 2,
        Datum::Bytes(bytes) => bytes.len() as u64 + 2,
    }
}

/// The fixed part of a row's logical size: table and index prefix, timestamp, checksum.
const ROW_OVERHEAD: u64 = 9;

fn put_length(body: &mut Vec<u8>, length: usize) {
    let mut rest = length as u64;
    while rest >= 0x80 {
        body.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    body.push(rest as u8);
}

/// The logical size of a row, as backups and restores count bytes.
pub fn row_weight(row: &[Datum]) -> u64 {
    ROW_OVERHEAD + row.iter().map(weight).sum::<u64>()
}

impl Writer {
    /// Adds a record.
    pub fn push(&mut self, version: &RowVersion) {
        self.body.extend_from_slice(&version.from.0.to_le_bytes());
        self.body.extend_from_slice(&version.to.0.to_le_bytes());
        put_length(&mut self.body, version.row.len());
        self.size_bytes += row_weight(&version.row);
        for datum in &version.row {
            match datum {
                Datum::Null => self.body.push(0),
                Datum::Int(value) => {
                    self.body.push(1);
                    self.body.extend_from_slice(&value.to_le_bytes());
                }
                Datum::Float(value) => {
                    self.body.push(2);
                    self.body.extend_from_slice(&value.to_le_bytes());
                }
                Datum::Text(text) => {
                    self.body.push(3);
                    put_length(&mut self.body, text.len());
                    self.body.extend_from_slice(text.as_bytes());
                }
                Datum::Bytes(bytes) => {
                    self.body.push(4);
                    put_length(&mut self.body, bytes.len());
                    self.body.extend_from_slice(bytes);
                }
            }
        }
        self.rows += 1;
    }

    /// Whether the file is large enough.
    pub fn is_full(&self) -> bool {
        self.body.len() >= TARGET_BYTES
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The file's content before encryption.
    pub fn finish(self) -> Vec<u8> {
        [MAGIC, &self.body].concat()
    }
}

/// SHA-256 as hex.
pub fn checksum(bytes: &[u8]) -> String {
    hex(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref())
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> SqlResult<&'a [u8]> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or_else(|| damaged("unexpected end"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> SqlResult<[u8; N]> {
        let mut array = [0; N];
        self.0
            .read_exact(&mut array)
            .map_err(|_| damaged("unexpected end"))?;
        Ok(array)
    }

    fn length(&mut self) -> SqlResult<usize> {
        let mut length = 0_u64;
        for shift in (0..63).step_by(7) {
            let [byte] = self.array()?;
            length |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return usize::try_from(length).map_err(|_| damaged("length"));
            }
        }
        Err(damaged("length"))
    }

    fn text(&mut self) -> SqlResult<String> {
        let length = self.length()?;
        String::from_utf8(self.take(length)?.to_vec()).map_err(|_| damaged("text"))
    }

    fn datum(&mut self) -> SqlResult<Datum> {
        let [tag] = self.array()?;
        Ok(match tag {
            0 => Datum::Null,
            1 => Datum::Int(i64::from_le_bytes(self.array()?)),
            2 => Datum::Float(f64::from_le_bytes(self.array()?)),
            3 => Datum::Text(self.text()?),
            4 => {
                let length = self.length()?;
                Datum::Bytes(self.take(length)?.to_vec())
            }
            _ => return Err(damaged("value")),
        })
    }
}

fn damaged(what: &str) -> SqlError {
    SqlError::plain(format!("pebble/table: invalid table (bad {what})"))
}

/// What reading says of a file whose content is not what was written.
pub fn checksum_mismatch(name: &str) -> SqlError {
    SqlError::plain(format!(
        "checksum mismatch in {name}: pebble/table: invalid table (checksum mismatch)"
    ))
}

/// The records of a file.
pub fn read(bytes: &[u8], mut each: impl FnMut(RowVersion) -> SqlResult<()>) -> SqlResult<()> {
    let mut cursor = Cursor(bytes.strip_prefix(MAGIC).ok_or_else(|| damaged("magic number"))?);
    while !cursor.0.is_empty() {
        let from = Timestamp(i64::from_le_bytes(cursor.array()?));
        let to = Timestamp(i64::from_le_bytes(cursor.array()?));
        let width = cursor.length()?;
        let row = (0..width).map(|_| cursor.datum()).collect::<SqlResult<_>>()?;
        each(RowVersion { row, from, to })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn records(bytes: &[u8]) -> SqlResult<Vec<RowVersion>> {
        let mut found = Vec::new();
        read(bytes, |record| {
            found.push(record);
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn rows_come_back_as_they_were() {
        let row = vec![
            Datum::Null,
            Datum::Int(-5),
            Datum::Float(0.5),
            Datum::Text("é".repeat(100)),
            Datum::Bytes(vec![0; 300]),
        ];
        let mut writer = Writer::default();
        writer.push(&RowVersion {
            row: row.clone(),
            from: Timestamp(1),
            to: Timestamp::FOREVER,
        });
        writer.push(&RowVersion {
            row: Vec::new(),
            from: Timestamp(2),
            to: Timestamp(3),
        });
        let read = records(&writer.finish()).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].row, row);
        assert_eq!((read[1].from, read[1].to), (Timestamp(2), Timestamp(3)));
    }

    #[test]
    fn a_cut_file_is_refused() {
        let mut writer = Writer::default();
        writer.push(&RowVersion {
            row: vec![Datum::Int(1)],
            from: Timestamp(1),
            to: Timestamp(2),
        });
        let bytes = writer.finish();
        assert!(records(&bytes[..bytes.len() - 1]).is_err());
        assert!(records(b"something else").is_err());
    }
}
