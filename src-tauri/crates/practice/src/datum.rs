//! Values: how they are stored, and how they travel as text and in binary.
//!
//! The storage forms, kept the same everywhere: whole numbers and booleans as integers, FLOAT and DECIMAL as integers
//! or doubles (a practice cluster keeps 15 digits), BYTES as blobs, everything else as text in one canonical form
//! (UUID lower case, TIMESTAMP `YYYY-MM-DD HH:MM:SS.ffffff` in UTC, arrays as `{a,b}`), so that comparing the
//! stored forms is comparing the values.

use rusqlite::types::{ToSql, ToSqlOutput, Value, ValueRef};
use serde::{Deserialize, Serialize};

use crate::error::{SqlError, SqlResult, sqlstate};
use crate::types::SqlType;

/// A value in its storage form; a [`SqlType`] says what it means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Datum {
    Null,
    Int(i64),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
}

/// One row of a result or table.
pub type Row = Vec<Datum>;

impl From<&str> for Datum {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Datum {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<i64> for Datum {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<bool> for Datum {
    fn from(value: bool) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<f64> for Datum {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl<T: Into<Self>> From<Option<T>> for Datum {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<ValueRef<'_>> for Datum {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(i) => Self::Int(i),
            ValueRef::Real(f) => Self::Float(f),
            ValueRef::Text(t) => Self::Text(String::from_utf8_lossy(t).into_owned()),
            ValueRef::Blob(b) => Self::Bytes(b.to_vec()),
        }
    }
}

impl Datum {
    /// Becomes another value in the memory it has: rows of megabytes follow one another.
    pub fn set(&mut self, value: ValueRef<'_>) {
        match (&mut *self, value) {
            (Self::Bytes(kept), ValueRef::Blob(bytes)) => {
                kept.clear();
                kept.extend_from_slice(bytes);
            }
            _ => *self = value.into(),
        }
    }
}

impl From<Datum> for Value {
    fn from(value: Datum) -> Self {
        match value {
            Datum::Null => Self::Null,
            Datum::Int(i) => Self::Integer(i),
            Datum::Float(f) => Self::Real(f),
            Datum::Text(t) => Self::Text(t),
            Datum::Bytes(b) => Self::Blob(b),
        }
    }
}

impl ToSql for Datum {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Value::Null),
            Self::Int(i) => ToSqlOutput::Owned(Value::Integer(*i)),
            Self::Float(f) => ToSqlOutput::Owned(Value::Real(*f)),
            Self::Text(t) => ToSqlOutput::Borrowed(ValueRef::Text(t.as_bytes())),
            Self::Bytes(b) => ToSqlOutput::Borrowed(ValueRef::Blob(b)),
        })
    }
}

impl Datum {
    /// The text, if this is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(t) => Some(t),
            _ => None,
        }
    }

    /// The number, if this is a whole number.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(i) => Some(*i),
            _ => None,
        }
    }

    /// A text array in storage form.
    pub fn text_array<S: AsRef<str>>(items: impl IntoIterator<Item = S>) -> Self {
        Self::Text(format_array(items))
    }

    /// The text form clients see. `None` for NULL.
    pub fn to_text(&self, ty: &SqlType) -> Option<String> {
        Some(match (self, ty) {
            (Self::Null, _) => return None,
            (Self::Int(i), SqlType::Bool) => if *i == 0 { "f" } else { "t" }.to_owned(),
            (
                Self::Int(i),
                SqlType::Decimal {
                    precision: Some((_, scale)),
                },
            ) if *scale > 0 => {
                format!("{i}.{:0width$}", 0, width = *scale as usize)
            }
            (
                Self::Float(f),
                SqlType::Decimal {
                    precision: Some((_, scale)),
                },
            ) => format!("{f:.width$}", width = *scale as usize),
            (Self::Int(i), _) => i.to_string(),
            (Self::Float(f), SqlType::Decimal { .. }) => format_float(to_kept_digits(*f)),
            (Self::Float(f), _) => format_float(*f),
            (Self::Text(t), SqlType::Timestamp) => trim_fraction(t).to_owned(),
            (Self::Text(t), SqlType::TimestampTz) => format!("{}+00", trim_fraction(t)),
            (Self::Text(t), SqlType::Time) => trim_fraction(t).to_owned(),
            (Self::Text(t), _) => t.clone(),
            (Self::Bytes(b), _) => format!("\\x{}", hex(b)),
        })
    }

    /// Appends the binary form of a value that is not NULL.
    pub fn write_binary(&self, ty: &SqlType, out: &mut Vec<u8>) -> SqlResult<()> {
        match (self, ty) {
            (Self::Int(i), SqlType::Bool) => out.push(u8::from(*i != 0)),
            (Self::Int(i), SqlType::Int2) => out.extend(i16::try_from(*i).unwrap_or(i16::MAX).to_be_bytes()),
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            (Self::Int(i), SqlType::Oid | SqlType::RegClass) => out.extend((*i as u32).to_be_bytes()),
            (Self::Int(i), SqlType::Int4) => out.extend(i32::try_from(*i).unwrap_or(i32::MAX).to_be_bytes()),
            #[allow(clippy::cast_precision_loss)]
            (Self::Int(i), SqlType::Float8) => out.extend((*i as f64).to_be_bytes()),
            #[allow(clippy::cast_possible_truncation)]
            (Self::Float(f), SqlType::Float4) => out.extend((*f as f32).to_be_bytes()),
            (Self::Float(f), SqlType::Float8) => out.extend(f.to_be_bytes()),
            (Self::Int(_) | Self::Float(_), SqlType::Decimal { .. }) => {
                crate::binary::write_decimal(&self.to_text(ty).unwrap_or_default(), out);
            }
            (Self::Int(i), SqlType::Int8) => out.extend(i.to_be_bytes()),
            (Self::Text(t), SqlType::Uuid) => {
                let id = uuid::Uuid::parse_str(t).map_err(|_| invalid_text("uuid", t))?;
                out.extend(id.as_bytes());
            }
            (Self::Text(t), SqlType::Timestamp | SqlType::TimestampTz) => {
                out.extend(crate::binary::timestamp_micros(t)?.to_be_bytes());
            }
            (Self::Text(t), SqlType::Date) => out.extend(crate::binary::date_days(t)?.to_be_bytes()),
            (Self::Text(t), SqlType::Time) => out.extend(crate::binary::time_micros(t)?.to_be_bytes()),
            (Self::Text(t), SqlType::Interval) => crate::binary::write_interval(t, out),
            (Self::Text(t), SqlType::Jsonb) => {
                out.push(1);
                out.extend(t.as_bytes());
            }
            (Self::Text(t), SqlType::Array(item)) => crate::binary::write_array(&parse_array(t), item, out)?,
            (Self::Bytes(b), _) => out.extend(b),
            (Self::Text(t), _) => out.extend(t.as_bytes()),
            (other, ty) => out.extend(other.to_text(ty).unwrap_or_default().as_bytes()),
        }
        Ok(())
    }

    /// Reads a client's text form into the storage form.
    pub fn from_text(text: &str, ty: &SqlType) -> SqlResult<Self> {
        let trimmed = text.trim();
        Ok(match ty {
            SqlType::Bool => Self::Int(i64::from(parse_bool(trimmed)?)),
            SqlType::Int2 | SqlType::Int4 | SqlType::Int8 | SqlType::Oid => {
                Self::Int(trimmed.parse().map_err(|_| {
                    SqlError::new(sqlstate::INVALID_TEXT, format!("could not parse \"{text}\" as type int: strconv.ParseInt: parsing \"{text}\": invalid syntax"))
                })?)
            }
            SqlType::Float4 | SqlType::Float8 => Self::Float(parse_float(trimmed, "float")?),
            SqlType::Decimal { precision } => parse_decimal(trimmed, *precision)?,
            SqlType::Bytes => Self::Bytes(parse_bytes(text)?),
            SqlType::Uuid => {
                Self::Text(uuid::Uuid::parse_str(trimmed).map_err(|_| invalid_text("uuid", text))?.to_string())
            }
            SqlType::Timestamp => Self::Text(crate::time_text::parse_timestamp(trimmed, false)?),
            SqlType::TimestampTz => Self::Text(crate::time_text::parse_timestamp(trimmed, true)?),
            SqlType::Date => Self::Text(crate::time_text::parse_date(trimmed)?),
            SqlType::Time => Self::Text(crate::time_text::parse_time(trimmed)?),
            SqlType::Interval => Self::Text(crate::time_text::Interval::parse(trimmed)?.to_string()),
            SqlType::Jsonb => {
                let value: serde_json::Value = serde_json::from_str(trimmed)
                    .map_err(|_| SqlError::new(sqlstate::INVALID_TEXT, "could not parse JSON: unable to decode JSON"))?;
                Self::Text(format_json(&value))
            }
            SqlType::Array(item) => {
                let items = parse_array(trimmed);
                let canonical = items
                    .into_iter()
                    .map(|i| i.map(|i| Self::from_text(&i, item).map(|d| d.to_text(item).unwrap_or_default())).transpose())
                    .collect::<SqlResult<Vec<_>>>()?;
                Self::Text(format_nullable_array(&canonical))
            }
            SqlType::String { limit } | SqlType::Varchar { limit } | SqlType::Char { limit } => {
                if limit.is_some_and(|n| text.chars().count() > n as usize) {
                    return Err(SqlError::new(sqlstate::STRING_TRUNCATION, format!("value too long for type {}", ty.sql_name())));
                }
                Self::Text(text.to_owned())
            }
            _ => Self::Text(text.to_owned()),
        })
    }

    /// Reads a client's binary form.
    pub fn from_binary(bytes: &[u8], ty: &SqlType) -> SqlResult<Self> {
        fn sized<const N: usize>(bytes: &[u8]) -> SqlResult<[u8; N]> {
            bytes.try_into().map_err(|_| {
                SqlError::new(
                    sqlstate::PROTOCOL_VIOLATION,
                    format!("binary value of {} bytes where {N} were expected", bytes.len()),
                )
            })
        }
        let utf8 = |bytes: &[u8]| {
            String::from_utf8(bytes.to_vec())
                .map_err(|_| SqlError::new("22021", "invalid UTF-8 sequence in a string parameter"))
        };
        Ok(match ty {
            SqlType::Bool => Self::Int(i64::from(bytes.first().copied().unwrap_or(0) != 0)),
            SqlType::Int2 | SqlType::Int4 | SqlType::Int8 | SqlType::Oid => Self::Int(match bytes.len() {
                2 => i64::from(i16::from_be_bytes(sized(bytes)?)),
                4 => i64::from(i32::from_be_bytes(sized(bytes)?)),
                _ => i64::from_be_bytes(sized(bytes)?),
            }),
            SqlType::Float4 | SqlType::Float8 => Self::Float(match bytes.len() {
                4 => f64::from(f32::from_be_bytes(sized(bytes)?)),
                _ => f64::from_be_bytes(sized(bytes)?),
            }),
            SqlType::Bytes => Self::Bytes(bytes.to_vec()),
            SqlType::Uuid => Self::Text(uuid::Uuid::from_bytes(sized(bytes)?).to_string()),
            SqlType::Timestamp | SqlType::TimestampTz => Self::Text(crate::binary::timestamp_from_micros(
                i64::from_be_bytes(sized(bytes)?),
            )?),
            SqlType::Date => Self::Text(crate::binary::date_from_days(i32::from_be_bytes(sized(bytes)?))?),
            SqlType::Jsonb => Self::from_text(&utf8(bytes.get(1..).unwrap_or_default())?, ty)?,
            SqlType::Decimal { .. } => Self::from_text(&crate::binary::decimal_text(bytes)?, ty)?,
            SqlType::Array(item) => {
                let items = crate::binary::array_items(bytes)?
                    .into_iter()
                    .map(|i| {
                        i.map(|b| Self::from_binary(b, item).map(|d| d.to_text(item).unwrap_or_default()))
                            .transpose()
                    })
                    .collect::<SqlResult<Vec<_>>>()?;
                Self::Text(format_nullable_array(&items))
            }
            _ => Self::Text(utf8(bytes)?),
        })
    }
}

/// 22P02 for a text that is no value of the type.
pub fn invalid_text(type_name: &str, text: &str) -> SqlError {
    SqlError::new(
        sqlstate::INVALID_TEXT,
        format!("could not parse \"{text}\" as type {type_name}"),
    )
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out
}

/// Reads hex of even length.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes()
        .chunks(2)
        .map(|pair| {
            std::str::from_utf8(pair)
                .ok()
                .and_then(|p| u8::from_str_radix(p, 16).ok())
        })
        .collect()
}

/// The text forms of BOOL.
pub fn parse_bool(text: &str) -> SqlResult<bool> {
    match text.to_ascii_lowercase().as_str() {
        "t" | "true" | "on" | "yes" | "y" | "1" => Ok(true),
        "f" | "false" | "off" | "no" | "n" | "0" => Ok(false),
        _ => Err(SqlError::new(
            sqlstate::INVALID_TEXT,
            format!("could not parse \"{text}\" as type bool: invalid bool value"),
        )),
    }
}

fn parse_float(text: &str, name: &str) -> SqlResult<f64> {
    text.parse().map_err(|_| invalid_text(name, text))
}

fn parse_decimal(text: &str, precision: Option<(u32, u32)>) -> SqlResult<Datum> {
    let number = match text.parse::<i64>() {
        Ok(whole) => return Ok(Datum::Int(whole)),
        Err(_) => exact_decimal(text)?,
    };
    Ok(Datum::Float(precision.map_or(number, |(_, scale)| {
        let factor = 10f64.powi(i32::try_from(scale).unwrap_or(0));
        (number * factor).round() / factor
    })))
}

/// A number with all its digits, or a refusal: a double that is nearly it would be other data than was written.
pub fn exact_decimal(text: &str) -> SqlResult<f64> {
    let number = parse_float(text, "decimal")?;
    if number.is_finite() && significant(text) != significant(&format!("{number:e}")) {
        return Err(SqlError::not_on_practice(format!(
            "more than 15 digits of a DECIMAL: {text}"
        )));
    }
    Ok(number)
}

/// The digits of a number without zeros around them, and where its point stands before the first of them.
fn significant(text: &str) -> (String, i64) {
    let unsigned = text.trim_start_matches(['+', '-']);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    let point = exponent.parse::<i64>().unwrap_or(0) + whole.len() as i64 - (all.len() - digits.len()) as i64;
    match digits.trim_end_matches('0') {
        "" => (String::new(), 0),
        digits => (digits.to_owned(), point),
    }
}

/// The text form of BYTES: `\x…` hex, or the characters themselves with `\\` and octal escapes.
pub fn parse_bytes(text: &str) -> SqlResult<Vec<u8>> {
    if let Some(digits) = text.strip_prefix("\\x") {
        return unhex(digits).ok_or_else(|| invalid_text("bytes", text));
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        if byte != b'\\' {
            out.push(byte);
            rest = tail;
        } else if tail.first() == Some(&b'\\') {
            out.push(b'\\');
            rest = &tail[1..];
        } else {
            let digits = tail
                .get(..3)
                .and_then(|d| std::str::from_utf8(d).ok())
                .and_then(|d| u8::from_str_radix(d, 8).ok());
            out.push(digits.ok_or_else(|| invalid_text("bytes", text))?);
            rest = &tail[3..];
        }
    }
    Ok(out)
}

/// A DECIMAL without the digits that a double makes up beyond the 15 it keeps.
fn to_kept_digits(f: f64) -> f64 {
    format!("{f:.14e}").parse().unwrap_or(f)
}

fn format_float(f: f64) -> String {
    if f.is_nan() {
        "NaN".into()
    } else if f.is_infinite() {
        if f > 0.0 {
            "Infinity".into()
        } else {
            "-Infinity".into()
        }
    } else if f != 0.0 && (f.abs() >= 1e21 || f.abs() < 1e-6) {
        let text = format!("{f:e}");
        match text.split_once('e') {
            Some((mantissa, exponent)) if !exponent.starts_with('-') => format!("{mantissa}e+{exponent:0>2}"),
            Some((mantissa, exponent)) => format!("{mantissa}e-{:0>2}", &exponent[1..]),
            None => text,
        }
    } else {
        format!("{f}")
    }
}

/// `12:00:00.500000` → `12:00:00.5`, `12:00:00.000000` → `12:00:00`.
fn trim_fraction(text: &str) -> &str {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    }
}

/// CockroachDB's JSONB output: a space after `:` and `,`, keys in order.
pub fn format_json(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Object(map) => {
            let mut keys: Vec<_> = map.iter().collect();
            keys.sort_by_key(|(k, _)| k.as_str());
            let parts: Vec<_> = keys
                .into_iter()
                .map(|(k, v)| format!("{}: {}", serde_json::Value::from(k.as_str()), format_json(v)))
                .collect();
            format!("{{{}}}", parts.join(", "))
        }
        serde_json::Value::Array(items) => format!(
            "[{}]",
            items.iter().map(format_json).collect::<Vec<_>>().join(", ")
        ),
        other => other.to_string(),
    }
}

fn format_nullable_array(items: &[Option<String>]) -> String {
    let parts: Vec<String> = items
        .iter()
        .map(|i| i.as_deref().map_or_else(|| "NULL".to_owned(), quote_array_item))
        .collect();
    format!("{{{}}}", parts.join(","))
}

/// `{a,"b c"}`.
pub fn format_array<S: AsRef<str>>(items: impl IntoIterator<Item = S>) -> String {
    format_array_items(items.into_iter().map(Some))
}

/// An array in its storage form; `None` is NULL.
pub fn format_array_items<S: AsRef<str>>(items: impl IntoIterator<Item = Option<S>>) -> String {
    let parts: Vec<String> = items
        .into_iter()
        .map(|item| item.map_or_else(|| "NULL".to_owned(), |item| quote_array_item(item.as_ref())))
        .collect();
    format!("{{{}}}", parts.join(","))
}

fn quote_array_item(item: &str) -> String {
    let plain = !item.is_empty()
        && !item.eq_ignore_ascii_case("null")
        && item
            .chars()
            .all(|c| !c.is_whitespace() && !matches!(c, '{' | '}' | ',' | '"' | '\\'));
    if plain {
        item.to_owned()
    } else {
        format!("\"{}\"", item.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// Splits `{a,"b c",NULL}` into its items (one level).
pub fn parse_array(text: &str) -> Vec<Option<String>> {
    let inside = text
        .trim()
        .strip_prefix('{')
        .and_then(|t| t.strip_suffix('}'))
        .unwrap_or(text);
    let mut items = Vec::new();
    let (mut item, mut quoted, mut in_quotes, mut any) = (String::new(), false, false, false);
    let mut chars = inside.chars();
    while let Some(c) = chars.next() {
        any = true;
        match c {
            '\\' => item.extend(chars.next()),
            '"' => {
                in_quotes = !in_quotes;
                quoted = true;
            }
            ',' if !in_quotes => {
                items.push(finish_item(&mut item, &mut quoted));
            }
            c => item.push(c),
        }
    }
    if any {
        items.push(finish_item(&mut item, &mut quoted));
    }
    items
}

fn finish_item(item: &mut String, quoted: &mut bool) -> Option<String> {
    let text = std::mem::take(item);
    if std::mem::take(quoted) {
        Some(text)
    } else {
        let text = text.trim();
        (!text.eq_ignore_ascii_case("null")).then(|| text.to_owned())
    }
}
