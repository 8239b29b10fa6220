//! Placeholders of statements, filled with the values a client bound.

use crate::catalog::Catalog;
use crate::clock::Timestamp;
use crate::datum::{Datum, parse_bool};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::stmt::{Flag, Moment, Number, Text, Uris};
use crate::time_text::{Interval, read_moment};

/// The values of `$1`, `$2` and so on.
#[derive(Clone, Copy)]
pub struct Parameters<'a>(pub &'a [Datum]);

impl Parameters<'_> {
    fn value(&self, number: u16) -> SqlResult<&Datum> {
        self.0.get(usize::from(number) - 1).ok_or_else(|| {
            SqlError::new(
                sqlstate::UNDEFINED_PARAMETER,
                format!("no value provided for placeholder: ${number}"),
            )
        })
    }

    /// A string.
    pub fn text(&self, text: &Text) -> SqlResult<String> {
        match text {
            Text::Literal(literal) => Ok(literal.clone()),
            Text::Placeholder(number) => match self.value(*number)? {
                Datum::Text(text) => Ok(text.clone()),
                Datum::Int(value) => Ok(value.to_string()),
                Datum::Bytes(bytes) => Ok(String::from_utf8_lossy(bytes).into_owned()),
                other => Err(SqlError::new(
                    sqlstate::DATATYPE_MISMATCH,
                    format!("expected a string for ${number}, got {other:?}"),
                )),
            },
        }
    }

    /// A string that may be absent.
    pub fn maybe_text(&self, text: Option<&Text>) -> SqlResult<Option<String>> {
        text.map(|text| self.text(text)).transpose()
    }

    /// A list of strings.
    pub fn texts(&self, texts: &Uris) -> SqlResult<Vec<String>> {
        texts.iter().map(|text| self.text(text)).collect()
    }

    /// A whole number.
    pub fn number(&self, number: Number) -> SqlResult<i64> {
        match number {
            Number::Literal(value) => Ok(value),
            Number::Placeholder(number) => match self.value(number)? {
                Datum::Int(value) => Ok(*value),
                Datum::Text(text) => text.parse().map_err(|_| {
                    SqlError::new(
                        sqlstate::INVALID_TEXT,
                        format!("could not parse \"{text}\" as type int"),
                    )
                }),
                other => Err(SqlError::new(
                    sqlstate::DATATYPE_MISMATCH,
                    format!("expected a number for ${number}, got {other:?}"),
                )),
            },
        }
    }

    /// A truth value.
    pub fn flag(&self, flag: Flag) -> SqlResult<bool> {
        match flag {
            Flag::Literal(value) => Ok(value),
            Flag::Placeholder(number) => match self.value(number)? {
                Datum::Int(value) => Ok(*value != 0),
                Datum::Text(text) => parse_bool(text),
                other => Err(SqlError::new(
                    sqlstate::DATATYPE_MISMATCH,
                    format!("expected a boolean for ${number}, got {other:?}"),
                )),
            },
        }
    }

    /// The moment AS OF SYSTEM TIME names. Intervals count from `now`.
    pub fn moment(&self, moment: &Moment, now: Timestamp) -> SqlResult<Timestamp> {
        let invalid = |text: &str| {
            SqlError::plain(format!(
                "AS OF SYSTEM TIME: value is neither timestamp, decimal, nor interval: {text}"
            ))
        };
        match moment {
            Moment::Decimal(digits) => decimal(digits).ok_or_else(|| invalid(digits)),
            Moment::Function(name) if name == "follower_read_timestamp" => {
                Ok(now.minus(std::time::Duration::from_millis(4_800)))
            }
            Moment::Function(name) => Err(SqlError::plain(format!(
                "AS OF SYSTEM TIME: only constant expressions, with_min_timestamp, with_max_staleness, or \
                 follower_read_timestamp are allowed: {name}()"
            ))),
            Moment::Text(text) => {
                let text = self.text(text)?;
                if let Some(moment) = text.parse::<f64>().ok().and_then(|_| decimal(&text)) {
                    return Ok(moment);
                }
                if let Some(moment) = read_moment(&text, true) {
                    return Ok(Timestamp::from(moment));
                }
                let interval = Interval::parse(&text).map_err(|_| invalid(&text))?;
                interval
                    .add_to(now.to_datetime().naive_utc(), 1)
                    .map(Timestamp::from)
                    .ok_or_else(|| invalid(&text))
            }
        }
    }
}

/// Nanoseconds since 1970 with a logical part behind the point, which is dropped.
fn decimal(digits: &str) -> Option<Timestamp> {
    let whole = digits.split('.').next()?;
    whole.parse().ok().map(Timestamp)
}

/// The boolean cluster setting; its default when it was not set.
pub fn setting_is_on(catalog: &Catalog, name: &str) -> bool {
    catalog
        .setting(name)
        .is_some_and(|value| parse_bool(&value).unwrap_or(false))
}
