//! PostgreSQL's binary forms that take more than a byte copy: numeric, dates, intervals, arrays.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use crate::datum::{Datum, invalid_text};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::types::SqlType;

/// Binary dates count from the first of January 2000.
fn epoch() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2000, 1, 1)
        .unwrap_or_default()
        .and_time(NaiveTime::MIN)
}

fn short() -> SqlError {
    SqlError::new(sqlstate::PROTOCOL_VIOLATION, "binary value ends too early")
}

/// Microseconds since 2000 of a stored timestamp.
pub fn timestamp_micros(text: &str) -> SqlResult<i64> {
    let moment = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f")
        .map_err(|_| invalid_text("timestamp", text))?;
    Ok((moment - epoch()).num_microseconds().unwrap_or(i64::MAX))
}

/// The stored form of microseconds since 2000.
pub fn timestamp_from_micros(micros: i64) -> SqlResult<String> {
    let moment = epoch()
        .checked_add_signed(TimeDelta::microseconds(micros))
        .ok_or_else(|| invalid_text("timestamp", &micros.to_string()))?;
    Ok(moment.format("%Y-%m-%d %H:%M:%S%.6f").to_string())
}

/// Days since 2000 of a stored date.
pub fn date_days(text: &str) -> SqlResult<i32> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| invalid_text("date", text))?;
    Ok(i32::try_from((date - epoch().date()).num_days()).unwrap_or(i32::MAX))
}

/// The stored form of days since 2000.
pub fn date_from_days(days: i32) -> SqlResult<String> {
    let date = epoch()
        .date()
        .checked_add_signed(TimeDelta::days(i64::from(days)))
        .ok_or_else(|| invalid_text("date", &days.to_string()))?;
    Ok(date.format("%Y-%m-%d").to_string())
}

/// Microseconds since midnight of a stored time.
pub fn time_micros(text: &str) -> SqlResult<i64> {
    let time = NaiveTime::parse_from_str(text, "%H:%M:%S%.f").map_err(|_| invalid_text("time", text))?;
    Ok((time - NaiveTime::MIN).num_microseconds().unwrap_or(0))
}

/// An interval as microseconds, days and months.
pub fn write_interval(text: &str, out: &mut Vec<u8>) {
    let interval = crate::time_text::Interval::parse(text).unwrap_or_default();
    out.extend(interval.micros.to_be_bytes());
    out.extend(interval.days.to_be_bytes());
    out.extend(interval.months.to_be_bytes());
}

/// A one-dimensional array.
pub fn write_array(items: &[Option<String>], item_type: &SqlType, out: &mut Vec<u8>) -> SqlResult<()> {
    let has_null = items.iter().any(Option::is_none);
    out.extend(i32::from(!items.is_empty()).to_be_bytes());
    out.extend(i32::from(has_null).to_be_bytes());
    out.extend(item_type.oid().to_be_bytes());
    if items.is_empty() {
        return Ok(());
    }
    out.extend(i32::try_from(items.len()).unwrap_or(i32::MAX).to_be_bytes());
    out.extend(1i32.to_be_bytes());
    for item in items {
        match item {
            None => out.extend((-1i32).to_be_bytes()),
            Some(text) => {
                let mut value = Vec::new();
                Datum::from_text(text, item_type)?.write_binary(item_type, &mut value)?;
                out.extend(i32::try_from(value.len()).unwrap_or(i32::MAX).to_be_bytes());
                out.extend(value);
            }
        }
    }
    Ok(())
}

fn take<'a>(bytes: &mut &'a [u8], n: usize) -> SqlResult<&'a [u8]> {
    let (head, tail) = bytes.split_at_checked(n).ok_or_else(short)?;
    *bytes = tail;
    Ok(head)
}

fn take_i32(bytes: &mut &[u8]) -> SqlResult<i32> {
    Ok(i32::from_be_bytes(
        take(bytes, 4)?.try_into().map_err(|_| short())?,
    ))
}

fn take_i16(bytes: &mut &[u8]) -> SqlResult<i16> {
    Ok(i16::from_be_bytes(
        take(bytes, 2)?.try_into().map_err(|_| short())?,
    ))
}

/// The items of a one-dimensional binary array.
pub fn array_items(mut bytes: &[u8]) -> SqlResult<Vec<Option<&[u8]>>> {
    let dimensions = take_i32(&mut bytes)?;
    take(&mut bytes, 8)?;
    if dimensions == 0 {
        return Ok(Vec::new());
    }
    let count = take_i32(&mut bytes)?;
    take(&mut bytes, 4)?;
    (0..count)
        .map(|_| {
            let length = take_i32(&mut bytes)?;
            usize::try_from(length).map_or(Ok(None), |n| take(&mut bytes, n).map(Some))
        })
        .collect()
}

/// A decimal text as base-10000 digits.
pub fn write_decimal(text: &str, out: &mut Vec<u8>) {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let digits = expand_exponent(digits);
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let mut whole = whole.trim_start_matches('0').to_owned();
    while whole.len() % 4 != 0 {
        whole.insert(0, '0');
    }
    let mut padded = fraction.to_owned();
    while padded.len() % 4 != 0 {
        padded.push('0');
    }
    let groups: Vec<i16> = [whole.as_bytes(), padded.as_bytes()]
        .iter()
        .flat_map(|part| part.chunks(4))
        .map(|group| {
            group
                .iter()
                .fold(0i16, |n, d| n * 10 + i16::from(d.saturating_sub(b'0')))
        })
        .collect();
    let weight = i16::try_from(whole.len() / 4).unwrap_or(0) - 1;
    out.extend(i16::try_from(groups.len()).unwrap_or(0).to_be_bytes());
    out.extend(weight.to_be_bytes());
    out.extend(if negative { 0x4000u16 } else { 0 }.to_be_bytes());
    out.extend(i16::try_from(fraction.len()).unwrap_or(0).to_be_bytes());
    for group in groups {
        out.extend(group.to_be_bytes());
    }
}

fn expand_exponent(text: &str) -> String {
    if text.contains(['e', 'E']) {
        text.parse::<f64>()
            .map_or_else(|_| "0".into(), |f| format!("{f}"))
    } else {
        text.to_owned()
    }
}

/// The text of a binary decimal.
pub fn decimal_text(mut bytes: &[u8]) -> SqlResult<String> {
    let count = take_i16(&mut bytes)?;
    let weight = take_i16(&mut bytes)?;
    let negative = take_i16(&mut bytes)? == 0x4000;
    let scale = usize::try_from(take_i16(&mut bytes)?).unwrap_or(0);
    let groups = (0..count)
        .map(|_| take_i16(&mut bytes))
        .collect::<SqlResult<Vec<_>>>()?;
    let group = |index: i32| {
        usize::try_from(index)
            .ok()
            .and_then(|i| groups.get(i))
            .copied()
            .unwrap_or(0)
    };
    let mut whole = String::new();
    for index in 0..=i32::from(weight) {
        whole.push_str(&format!("{:04}", group(index)));
    }
    let mut fraction = String::new();
    let mut index = i32::from(weight) + 1;
    while fraction.len() < scale {
        fraction.push_str(&format!("{:04}", group(index)));
        index += 1;
    }
    fraction.truncate(scale);
    let whole = whole.trim_start_matches('0');
    let sign = if negative { "-" } else { "" };
    let whole = if whole.is_empty() { "0" } else { whole };
    Ok(if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    })
}
