//! `p_cast(value, from, to)`: conversions between types, with the types given by name.

use super::{PURE, Registry};
use crate::datum::{Datum, format_json, parse_array};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::types::SqlType;

pub(super) fn register(registry: &Registry<'_>) -> SqlResult<()> {
    registry.strict("p_cast", PURE, |a| {
        cast(a.get(0), &type_named(&a.text(1)), &type_named(&a.text(2)))
    })?;
    registry.strict("p_assign", PURE, |a| {
        assign(
            a.get(0),
            &type_named(&a.text(1)),
            &type_named(&a.text(2)),
            &a.text(3),
        )
    })?;
    registry.strict("p_div", PURE, |a| {
        let (x, y) = (a.float(0), a.float(1));
        if y == 0.0 {
            Err(division_by_zero())
        } else {
            Ok(Datum::Float(x / y))
        }
    })?;
    registry.strict("p_floor_div", PURE, |a| {
        if a.float(1) == 0.0 {
            Err(division_by_zero())
        } else {
            Ok(whole_if_possible((a.float(0) / a.float(1)).trunc()))
        }
    })?;
    registry.strict("p_mod", PURE, |a| match (a.get(0), a.get(1)) {
        (_, Datum::Int(0)) => Err(division_by_zero()),
        (Datum::Int(x), Datum::Int(y)) => Ok(Datum::Int(x.wrapping_rem(y))),
        _ => Ok(Datum::Float(a.float(0) % a.float(1))),
    })?;
    registry.strict("p_whole", PURE, |a| match a.get(0) {
        Datum::Float(_) => Err(SqlError::new(
            sqlstate::NUMERIC_OUT_OF_RANGE,
            "integer out of range",
        )),
        whole => Ok(whole),
    })?;
    // How many steps a series makes after its first number; below 0 for a series without numbers.
    registry.strict("p_series_steps", PURE, |a| {
        let (from, to, step) = (a.int(0), a.int(1), a.int(2));
        if step == 0 {
            return Err(SqlError::new(sqlstate::INVALID_PARAMETER, "step cannot be 0"));
        }
        let steps = if (step > 0) == (to >= from) || to == from {
            (i128::from(to) - i128::from(from)) / i128::from(step)
        } else {
            -1
        };
        Ok(Datum::Int(i64::try_from(steps).unwrap_or(i64::MAX)))
    })?;
    registry.strict("p_pow", PURE, |a| {
        Ok(whole_if_possible(a.float(0).powf(a.float(1))))
    })?;
    registry.strict("p_enum_order", PURE, |a| {
        Ok(enum_order(&a.text(0), &a.text(1)).into())
    })
}

/// The places of a value, or of an array's values, in an enum's list, as a text that sorts like them.
fn enum_order(value: &str, declared: &str) -> String {
    let declared = parse_array(declared);
    let place = |value: &str| {
        let found = declared.iter().position(|one| one.as_deref() == Some(value));
        format!("{:06}", found.unwrap_or(declared.len()))
    };
    if declared.iter().any(|one| one.as_deref() == Some(value)) || !value.starts_with('{') {
        return place(value);
    }
    parse_array(value)
        .iter()
        .map(|item| item.as_deref().map_or_else(|| "999999".to_owned(), place))
        .collect()
}

fn division_by_zero() -> SqlError {
    SqlError::new(sqlstate::DIVISION_BY_ZERO, "division by zero")
}

fn whole_if_possible(f: f64) -> Datum {
    #[allow(clippy::cast_possible_truncation)]
    if f.fract() == 0.0 && f.abs() < 9e15 {
        Datum::Int(f as i64)
    } else {
        Datum::Float(f)
    }
}

/// A type by the name that the translation wrote; enums come as text.
fn type_named(name: &str) -> SqlType {
    SqlType::parse(name).unwrap_or(SqlType::STRING)
}

/// A conversion on the way into a column: text literals are read, other types must fit.
fn assign(value: Datum, from: &SqlType, to: &SqlType, column: &str) -> SqlResult<Datum> {
    let compatible = from == &SqlType::Unknown
        || from.is_numeric() && to.is_numeric()
        || from.is_text()
        || std::mem::discriminant(from) == std::mem::discriminant(to)
        || from.is_timestamp() && (to.is_timestamp() || to == &SqlType::Date)
        || from == &SqlType::Date && to.is_timestamp()
        || to.is_text();
    if !compatible {
        let message = format!(
            "value type {} doesn't match type {} of column \"{column}\"",
            from.sql_name().to_lowercase(),
            to.sql_name().to_lowercase()
        );
        return Err(SqlError::new(sqlstate::DATATYPE_MISMATCH, message));
    }
    cast(value, from, to).map_err(|error| {
        if error.is(sqlstate::STRING_TRUNCATION) {
            SqlError::new(
                sqlstate::STRING_TRUNCATION,
                format!("value too long for type {}", to.sql_name()),
            )
        } else {
            error
        }
    })
}

/// Converts a value.
pub fn cast(value: Datum, from: &SqlType, to: &SqlType) -> SqlResult<Datum> {
    Ok(match (value, to) {
        (Datum::Null, _) => Datum::Null,
        (Datum::Text(t), SqlType::Bytes) if from.is_text() => Datum::Bytes(crate::datum::parse_bytes(&t)?),
        (Datum::Bytes(b), to) if to.is_text() => match String::from_utf8(b) {
            Ok(text) if from != &SqlType::Bytes => Datum::Text(text),
            Ok(text) => Datum::Text(Datum::Bytes(text.into_bytes()).to_text(from).unwrap_or_default()),
            Err(bad) => Datum::Text(Datum::Bytes(bad.into_bytes()).to_text(from).unwrap_or_default()),
        },
        (value @ (Datum::Int(_) | Datum::Float(_) | Datum::Text(_)), to)
            if to.is_text() && !from.is_text() && from != &SqlType::Unknown =>
        {
            let text = match (from, &value) {
                (SqlType::Bool, Datum::Int(i)) => if *i != 0 { "true" } else { "false" }.to_owned(),
                _ => value.to_text(from).unwrap_or_default(),
            };
            Datum::from_text(&text, to)?
        }
        (Datum::Int(i), SqlType::Float4 | SqlType::Float8) =>
        {
            #[allow(clippy::cast_precision_loss)]
            Datum::Float(i as f64)
        }
        (Datum::Int(i), SqlType::Bool) => Datum::Int(i64::from(i != 0)),
        (Datum::Int(i), SqlType::Int2) => fit(i, i64::from(i16::MIN), i64::from(i16::MAX), "int2")?,
        (Datum::Int(i), SqlType::Int4) => fit(i, i64::from(i32::MIN), i64::from(i32::MAX), "int4")?,
        (Datum::Int(i), SqlType::Timestamp | SqlType::TimestampTz) => {
            Datum::Text(crate::clock::Timestamp(i.saturating_mul(1_000_000_000)).to_storage())
        }
        (Datum::Int(i), SqlType::Interval) => Datum::Text(
            crate::time_text::Interval {
                micros: i.saturating_mul(1_000_000),
                ..Default::default()
            }
            .to_string(),
        ),
        (Datum::Int(i), SqlType::Jsonb) if from == &SqlType::Bool => Datum::Text((i != 0).to_string()),
        (Datum::Int(i), SqlType::Jsonb) => Datum::Text(i.to_string()),
        (Datum::Float(f), SqlType::Jsonb) => Datum::Text(f.to_string()),
        (Datum::Int(i), _) => Datum::Int(i),
        #[allow(clippy::cast_possible_truncation)]
        (Datum::Float(f), ty) if ty.is_int() => Datum::Int(f.round() as i64),
        (Datum::Float(f), SqlType::Decimal { precision: Some(_) }) => Datum::from_text(&f.to_string(), to)?,
        (Datum::Float(f), _) => Datum::Float(f),
        (Datum::Text(t), ty) if ty.is_numeric() && from == &SqlType::Interval => {
            let micros = crate::time_text::Interval::parse(&t)?.total_micros();
            #[allow(clippy::cast_precision_loss)]
            cast(Datum::Float(micros as f64 / 1e6), &SqlType::Float8, ty)?
        }
        (Datum::Text(t), ty) if ty.is_numeric() && from.is_timestamp() => {
            let moment = crate::time_text::read_moment(&t, false).map_or(0, |m| m.and_utc().timestamp());
            cast(Datum::Int(moment), &SqlType::Int8, ty)?
        }
        (Datum::Text(t), SqlType::Date) if from.is_timestamp() => {
            Datum::Text(t.get(..10).unwrap_or(&t).to_owned())
        }
        (Datum::Text(t), SqlType::Time) if from.is_timestamp() => {
            Datum::Text(t.get(11..).unwrap_or(&t).to_owned())
        }
        (Datum::Text(t), SqlType::Jsonb)
            if from.is_text() && serde_json::from_str::<serde_json::Value>(&t).is_err() =>
        {
            return Err(SqlError::new(
                sqlstate::INVALID_TEXT,
                format!("could not parse JSON: unable to decode JSON: {t}"),
            ));
        }
        (Datum::Text(t), SqlType::Jsonb)
            if !from.is_text() && from != &SqlType::Unknown && from != &SqlType::Jsonb =>
        {
            Datum::Text(format_json(&serde_json::Value::String(t)))
        }
        (Datum::Text(t), SqlType::RegClass) => Datum::Text(t),
        (
            Datum::Text(t),
            SqlType::String { limit: Some(n) }
            | SqlType::Varchar { limit: Some(n) }
            | SqlType::Char { limit: Some(n) },
        ) => Datum::Text(t.chars().take(*n as usize).collect()),
        (Datum::Text(t), to) => Datum::from_text(&t, to)?,
        (Datum::Bytes(b), SqlType::Uuid) => Datum::from_binary(&b, to)?,
        (Datum::Bytes(b), _) => Datum::Bytes(b),
    })
}

fn fit(i: i64, low: i64, high: i64, name: &str) -> SqlResult<Datum> {
    if (low..=high).contains(&i) {
        Ok(Datum::Int(i))
    } else {
        Err(SqlError::new(
            sqlstate::NUMERIC_OUT_OF_RANGE,
            format!("integer out of range for type {name}"),
        ))
    }
}
