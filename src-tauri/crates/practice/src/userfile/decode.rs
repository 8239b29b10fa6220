//! COPY's text format, as the upload target reads it: the bytes of all rows follow one another with nothing between, so
//! that rows matter only for the count in the command tag. Decoded as it comes; no row is ever held whole.

use crate::error::{SqlError, SqlResult, sqlstate};

/// A started escape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escape {
    None,
    /// After the backslash.
    Begun,
    /// `\x` and its first digit, if there was one.
    Hex(Option<u8>),
    /// Octal digits so far: value and count.
    Octal(u16, u8),
}

/// Reads CopyData into file bytes.
#[derive(Debug)]
pub struct CopyDecoder {
    escape: Escape,
    /// A carriage return that is dropped if a newline follows.
    carriage_return: bool,
    /// Anything of the row was seen.
    in_row: bool,
    tabs: usize,
    rows: u64,
    /// The row so far is `\.`; whether its newline came, too.
    terminator: Option<bool>,
}

impl Default for CopyDecoder {
    fn default() -> Self {
        Self {
            escape: Escape::None,
            carriage_return: false,
            in_row: false,
            tabs: 0,
            rows: 0,
            terminator: None,
        }
    }
}

fn hex_value(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

impl CopyDecoder {
    /// Decodes a piece; what it means is appended to `out`.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> SqlResult<()> {
        for &byte in bytes {
            self.byte(byte, out)?;
        }
        Ok(())
    }

    fn byte(&mut self, byte: u8, out: &mut Vec<u8>) -> SqlResult<()> {
        if let Some(newline) = self.terminator {
            if !newline && byte == b'\n' {
                self.terminator = Some(true);
                return Ok(());
            }
            // Something follows, so that it was a row with a dot after all.
            self.terminator = None;
            self.in_row = true;
            out.push(b'.');
            if newline {
                self.end_row()?;
            }
        }
        match self.escape {
            Escape::None => self.plain(byte, out),
            Escape::Begun => self.escaped(byte, out),
            Escape::Hex(first) => match (first, hex_value(byte)) {
                (None, Some(digit)) => {
                    self.escape = Escape::Hex(Some(digit));
                    Ok(())
                }
                (Some(high), Some(low)) => {
                    self.escape = Escape::None;
                    out.push(high << 4 | low);
                    Ok(())
                }
                (first, None) => {
                    self.escape = Escape::None;
                    out.push(first.unwrap_or(b'x'));
                    self.plain(byte, out)
                }
            },
            Escape::Octal(value, count) => {
                if count < 3 && matches!(byte, b'0'..=b'7') {
                    self.escape = Escape::Octal(value * 8 + u16::from(byte - b'0'), count + 1);
                    return Ok(());
                }
                self.escape = Escape::None;
                out.push((value & 255) as u8);
                self.plain(byte, out)
            }
        }
    }

    fn plain(&mut self, byte: u8, out: &mut Vec<u8>) -> SqlResult<()> {
        if std::mem::take(&mut self.carriage_return) && byte != b'\n' {
            out.push(b'\r');
        }
        match byte {
            b'\n' => return self.end_row(),
            b'\r' => self.carriage_return = true,
            b'\\' => {
                self.escape = Escape::Begun;
                return Ok(());
            }
            b'\t' => self.tabs += 1,
            other => out.push(other),
        }
        self.in_row = true;
        Ok(())
    }

    fn escaped(&mut self, byte: u8, out: &mut Vec<u8>) -> SqlResult<()> {
        self.escape = Escape::None;
        if byte == b'.' && !self.in_row {
            self.terminator = Some(false);
            return Ok(());
        }
        self.in_row = true;
        match byte {
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'v' => out.push(11),
            b'x' => self.escape = Escape::Hex(None),
            b'0'..=b'7' => self.escape = Escape::Octal(u16::from(byte - b'0'), 1),
            b'\n' => {
                // The row ends here; a backslash alone at its end stands for itself.
                out.push(b'\\');
                return self.end_row();
            }
            other => out.push(other),
        }
        Ok(())
    }

    fn end_row(&mut self) -> SqlResult<()> {
        if self.tabs > 0 {
            return Err(SqlError::new(
                sqlstate::BAD_COPY,
                format!("expected 1 values, got {}", self.tabs + 1),
            ));
        }
        self.rows += 1;
        self.in_row = false;
        self.carriage_return = false;
        Ok(())
    }

    /// Ends the data; gives how many rows there were.
    pub fn finish(mut self, out: &mut Vec<u8>) -> SqlResult<u64> {
        match self.escape {
            Escape::None => {}
            Escape::Begun => {
                self.in_row = true;
                out.push(b'\\');
            }
            Escape::Hex(first) => out.push(first.unwrap_or(b'x')),
            Escape::Octal(value, _) => out.push((value & 255) as u8),
        }
        if self.in_row {
            // A carriage return before the end of data is dropped as before a newline.
            self.end_row()?;
        }
        Ok(self.rows)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn decode(pieces: &[&[u8]]) -> SqlResult<(Vec<u8>, u64)> {
        let mut decoder = CopyDecoder::default();
        let mut out = Vec::new();
        for piece in pieces {
            decoder.feed(piece, &mut out)?;
        }
        let rows = decoder.finish(&mut out)?;
        Ok((out, rows))
    }

    #[test]
    fn escapes_and_rows_are_read_as_the_server_reads_them() {
        for (input, output, rows) in [
            (&b"abc\n"[..], &b"abc"[..], 1),
            (b"abc", b"abc", 1),
            (b"abc\ndef\n", b"abcdef", 2),
            (b"a\\nb\n", b"a\nb", 1),
            (b"\\x41\n", b"A", 1),
            (b"\\xz\n", b"xz", 1),
            (b"\\101\n", b"A", 1),
            (b"\\q\n", b"q", 1),
            (b"\\N\n", b"N", 1),
            (b"abc\r\n", b"abc", 1),
            (b"a\rb\n", b"a\rb", 1),
            (b"\\x414243\n", b"A4243", 1),
            (b"", b"", 0),
            (b"ab\n\\.\n", b"ab", 1),
            (b"ab\n\\.", b"ab", 1),
            (b"\\.\nab\n", b".ab", 2),
            (b"a\\", b"a\\", 1),
        ] {
            assert_eq!(
                decode(&[input]).unwrap(),
                (output.to_vec(), rows),
                "{:?}",
                String::from_utf8_lossy(input)
            );
        }
        assert_eq!(
            decode(&[b"a\tb\tc\n"]).unwrap_err().message,
            "expected 1 values, got 3"
        );
    }

    proptest! {
        #[test]
        fn what_a_client_escapes_arrives_however_it_is_cut(data in proptest::collection::vec(any::<u8>(), 0..200), cut in 1usize..9) {
            let mut sent = Vec::new();
            for byte in &data {
                match byte {
                    b'\\' => sent.extend(b"\\\\"),
                    b'\n' => sent.extend(b"\\n"),
                    b'\r' => sent.extend(b"\\r"),
                    b'\t' => sent.extend(b"\\t"),
                    other => sent.push(*other),
                }
            }
            let pieces: Vec<&[u8]> = sent.chunks(cut).collect();
            prop_assert_eq!(decode(&pieces).unwrap().0, data);
        }
    }
}
