//! The text forms of dates, times and intervals that people and drivers write, read into the storage forms.

use std::fmt;

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use crate::datum::invalid_text;
use crate::error::SqlResult;

/// Reads a timestamp; a zone, when there is one, is applied for TIMESTAMPTZ and dropped for TIMESTAMP.
pub fn parse_timestamp(text: &str, with_zone: bool) -> SqlResult<String> {
    if let Some(storage) = read_usual(text) {
        return Ok(storage);
    }
    let type_name = if with_zone { "timestamptz" } else { "timestamp" };
    let moment = read_moment(text, with_zone).ok_or_else(|| invalid_text(type_name, text))?;
    Ok(to_storage(moment))
}

/// Reads `2024-05-06 07:08:09` with an optional fraction and an optional `+00` or `Z` without the general parser, which is many times
/// slower: whole tables of timestamps are restored and sampled. `None` leaves anything else to it.
fn read_usual(text: &str) -> Option<String> {
    let (body, rest) = text.split_at_checked(19)?;
    let shape = |(i, b): (usize, u8)| match i {
        4 | 7 => b == b'-',
        10 => matches!(b, b' ' | b'T'),
        13 | 16 => b == b':',
        _ => b.is_ascii_digit(),
    };
    if !body.bytes().enumerate().all(shape) {
        return None;
    }
    let number = |from: usize| body.get(from..from + 2).and_then(|d| d.parse::<u32>().ok());
    let in_range = matches!(number(5)?, 1..=12)
        && matches!(number(8)?, 1..=28)
        && number(11)? < 24
        && number(14)? < 60
        && number(17)? < 60;
    let fraction = rest
        .strip_suffix("+00")
        .or_else(|| rest.strip_suffix('Z'))
        .unwrap_or(rest);
    let digits = if fraction.is_empty() {
        ""
    } else {
        fraction.strip_prefix('.')?
    };
    if !in_range || digits.len() > 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(format!("{} {}.{digits:0<6}", &body[..10], &body[11..]))
}

/// The storage form of a moment.
pub fn to_storage(moment: NaiveDateTime) -> String {
    moment.format("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

/// A moment in any of the usual spellings.
pub fn read_moment(text: &str, apply_zone: bool) -> Option<NaiveDateTime> {
    let text = text.trim().replacen('T', " ", 1);
    let (body, offset) = split_zone(&text);
    let moment = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d"]
        .iter()
        .find_map(|format| {
            NaiveDateTime::parse_from_str(body, format).ok().or_else(|| {
                NaiveDate::parse_from_str(body, format)
                    .ok()
                    .map(|d| d.and_time(NaiveTime::MIN))
            })
        })?;
    if apply_zone {
        moment.checked_sub_signed(TimeDelta::seconds(offset))
    } else {
        Some(moment)
    }
}

/// Cuts `+02`, `-05:30`, `Z` or ` UTC` off the end; the offset is in seconds.
fn split_zone(text: &str) -> (&str, i64) {
    if let Some(body) = text.strip_suffix('Z').or_else(|| text.strip_suffix(" UTC")) {
        return (body.trim_end(), 0);
    }
    let Some(colon) = text.find(':') else {
        return (text, 0);
    };
    let Some(sign) = text[colon..].find(['+', '-']).map(|i| i + colon) else {
        return (text, 0);
    };
    let (body, zone) = text.split_at(sign);
    let digits: String = zone[1..].chars().filter(char::is_ascii_digit).collect();
    let hours: i64 = digits.get(..2).and_then(|d| d.parse().ok()).unwrap_or(0);
    let minutes: i64 = digits.get(2..4).and_then(|d| d.parse().ok()).unwrap_or(0);
    let seconds = hours * 3600 + minutes * 60;
    (
        body.trim_end(),
        if zone.starts_with('-') { -seconds } else { seconds },
    )
}

/// Reads a date.
pub fn parse_date(text: &str) -> SqlResult<String> {
    let moment = read_moment(text, false).ok_or_else(|| invalid_text("date", text))?;
    Ok(moment.format("%Y-%m-%d").to_string())
}

/// Reads a time of day.
pub fn parse_time(text: &str) -> SqlResult<String> {
    ["%H:%M:%S%.f", "%H:%M"]
        .iter()
        .find_map(|format| NaiveTime::parse_from_str(text, format).ok())
        .map(|time| time.format("%H:%M:%S%.6f").to_string())
        .ok_or_else(|| invalid_text("time", text))
}

/// A span of time as CockroachDB keeps it: three parts that do not convert into one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Interval {
    pub months: i32,
    pub days: i32,
    pub micros: i64,
}

impl Interval {
    /// Reads `-10s`, `1h30m`, `1 day 02:03:04`, `2 months`, `P1DT2H` and their mixtures.
    pub fn parse(text: &str) -> SqlResult<Self> {
        Self::read(text).ok_or_else(|| invalid_text("interval", text))
    }

    fn read(text: &str) -> Option<Self> {
        let mut result = Self::default();
        let mut rest = text.trim();
        if rest.is_empty() {
            return None;
        }
        if let Some(iso) = rest.strip_prefix('P') {
            return Self::read_iso(iso);
        }
        while !rest.is_empty() {
            let number_end = rest
                .char_indices()
                .find(|(i, c)| !(c.is_ascii_digit() || *c == '.' || (*i == 0 && matches!(c, '-' | '+'))))
                .map_or(rest.len(), |(i, _)| i);
            let (number, tail) = rest.split_at(number_end);
            if tail.starts_with(':') {
                let end = tail.find(' ').unwrap_or(tail.len());
                result.micros += read_clock(&rest[..number_end + end])?;
                rest = rest[number_end + end..].trim_start();
                continue;
            }
            let value: f64 = number.parse().ok()?;
            let tail = tail.trim_start();
            let unit_end = tail
                .find(|c: char| !c.is_alphabetic() && c != 'µ')
                .unwrap_or(tail.len());
            let (unit, after) = tail.split_at(unit_end);
            result.add(value, unit)?;
            rest = after.trim_start().trim_start_matches(',').trim_start();
        }
        Some(result)
    }

    fn read_iso(text: &str) -> Option<Self> {
        let mut result = Self::default();
        let (mut number, mut in_time) = (String::new(), false);
        for c in text.chars() {
            match c {
                'T' => in_time = true,
                '0'..='9' | '.' | '-' => number.push(c),
                unit => {
                    let value: f64 = std::mem::take(&mut number).parse().ok()?;
                    result.add(
                        value,
                        match (unit, in_time) {
                            ('Y', _) => "year",
                            ('M', false) => "month",
                            ('W', _) => "week",
                            ('D', _) => "day",
                            ('H', _) => "hour",
                            ('M', true) => "minute",
                            ('S', _) => "second",
                            _ => return None,
                        },
                    )?;
                }
            }
        }
        Some(result)
    }

    #[allow(clippy::cast_possible_truncation)]
    fn add(&mut self, value: f64, unit: &str) -> Option<()> {
        const SECOND: f64 = 1e6;
        match unit.to_lowercase().as_str() {
            "y" | "yr" | "yrs" | "year" | "years" => self.months += (value * 12.0) as i32,
            "mon" | "mons" | "month" | "months" => self.months += value as i32,
            "w" | "week" | "weeks" => self.days += (value * 7.0) as i32,
            "d" | "day" | "days" => {
                self.days += value as i32;
                self.micros += (value.fract() * 86_400.0 * SECOND) as i64;
            }
            "h" | "hr" | "hrs" | "hour" | "hours" => self.micros += (value * 3600.0 * SECOND) as i64,
            "m" | "min" | "mins" | "minute" | "minutes" => self.micros += (value * 60.0 * SECOND) as i64,
            "" | "s" | "sec" | "secs" | "second" | "seconds" => self.micros += (value * SECOND) as i64,
            "ms" | "millisecond" | "milliseconds" => self.micros += (value * 1e3) as i64,
            "us" | "µs" | "microsecond" | "microseconds" => self.micros += value as i64,
            "ns" | "nanosecond" | "nanoseconds" => self.micros += (value / 1e3) as i64,
            _ => return None,
        }
        Some(())
    }

    /// The moment this interval later (or earlier, when `sign` is -1).
    pub fn add_to(self, moment: NaiveDateTime, sign: i64) -> Option<NaiveDateTime> {
        let months = i64::from(self.months) * sign;
        let amount = Months::new(u32::try_from(months.abs()).ok()?);
        let shifted = if months < 0 {
            moment.checked_sub_months(amount)?
        } else {
            moment.checked_add_months(amount)?
        };
        shifted
            .checked_add_signed(TimeDelta::days(i64::from(self.days) * sign))?
            .checked_add_signed(TimeDelta::microseconds(self.micros * sign))
    }

    /// The whole in microseconds, a month counted as 30 days (as interval comparison does).
    pub fn total_micros(self) -> i64 {
        (i64::from(self.months) * 30 + i64::from(self.days)) * 86_400_000_000 + self.micros
    }

    /// The span between two moments, as subtracting timestamps gives it (hours are not turned into days).
    pub fn between(later: NaiveDateTime, earlier: NaiveDateTime) -> Self {
        Self {
            months: 0,
            days: 0,
            micros: (later - earlier).num_microseconds().unwrap_or(0),
        }
    }
}

fn read_clock(text: &str) -> Option<i64> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |t| (true, t));
    let mut parts = text.split(':');
    let hours: i64 = parts.next()?.parse().ok()?;
    let minutes: i64 = parts.next()?.parse().ok()?;
    let seconds: f64 = parts.next().map_or(Some(0.0), |s| s.parse().ok())?;
    #[allow(clippy::cast_possible_truncation)]
    let micros = (hours * 3600 + minutes * 60) * 1_000_000 + (seconds * 1e6).round() as i64;
    Some(if negative { -micros } else { micros })
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        let mut unit = |value: i32, name: &str| {
            if value != 0 {
                parts.push(format!("{value} {name}{}", if value == 1 { "" } else { "s" }));
            }
        };
        unit(self.months / 12, "year");
        unit(self.months % 12, "mon");
        unit(self.days, "day");
        if self.micros != 0 || parts.is_empty() {
            let total = self.micros.unsigned_abs();
            let (seconds, micros) = (total / 1_000_000, total % 1_000_000);
            let mut clock = format!(
                "{}{:02}:{:02}:{:02}",
                if self.micros < 0 { "-" } else { "" },
                seconds / 3600,
                seconds / 60 % 60,
                seconds % 60
            );
            if micros != 0 {
                clock.push_str(format!(".{micros:06}").trim_end_matches('0'));
            }
            parts.push(clock);
        }
        f.write_str(&parts.join(" "))
    }
}

/// A part of a moment, for `extract` and `date_part`.
pub fn part_of(moment: NaiveDateTime, part: &str) -> Option<f64> {
    use chrono::Timelike;
    Some(match part.to_lowercase().as_str() {
        "year" | "years" => f64::from(moment.year()),
        "quarter" => f64::from(moment.month0() / 3 + 1),
        "month" | "months" => f64::from(moment.month()),
        "week" => f64::from(moment.iso_week().week()),
        "day" | "days" => f64::from(moment.day()),
        "dow" | "dayofweek" => f64::from(moment.weekday().num_days_from_sunday()),
        "isodow" => f64::from(moment.weekday().number_from_monday()),
        "doy" | "dayofyear" => f64::from(moment.ordinal()),
        "hour" | "hours" => f64::from(moment.hour()),
        "minute" | "minutes" => f64::from(moment.minute()),
        "second" | "seconds" => f64::from(moment.second()) + f64::from(moment.nanosecond()) / 1e9,
        #[allow(clippy::cast_precision_loss)]
        "epoch" => moment.and_utc().timestamp_micros() as f64 / 1e6,
        _ => return None,
    })
}

/// The start of the unit a moment lies in, for `date_trunc`.
pub fn truncate(moment: NaiveDateTime, unit: &str) -> Option<NaiveDateTime> {
    let date = moment.date();
    let micros = |step: i64| {
        let total = moment.and_utc().timestamp_micros();
        DateTime::from_timestamp_micros(total - total.rem_euclid(step)).map(|d| d.naive_utc())
    };
    let midnight = |date: NaiveDate| Some(date.and_time(NaiveTime::MIN));
    match unit.to_lowercase().as_str() {
        "year" => midnight(date.with_day(1)?.with_month(1)?),
        "quarter" => midnight(date.with_day(1)?.with_month0(date.month0() / 3 * 3)?),
        "month" => midnight(date.with_day(1)?),
        "week" => midnight(
            date.checked_sub_signed(TimeDelta::days(i64::from(date.weekday().num_days_from_monday())))?,
        ),
        "day" => midnight(date),
        "hour" => micros(3_600_000_000),
        "minute" => micros(60_000_000),
        "second" => micros(1_000_000),
        "millisecond" => micros(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_quick_reader_agrees_with_the_general_one(seconds in -2_000_000_000i64..4_000_000_000, micros in 0u32..1_000_000, zone in prop_oneof!["", "\\+00", "Z"]) {
            let moment = DateTime::from_timestamp(seconds, micros * 1000).unwrap().naive_utc();
            let text = format!("{}{zone}", moment.format("%Y-%m-%d %H:%M:%S%.6f"));
            prop_assert_eq!(read_usual(&text).unwrap_or_else(|| to_storage(moment)), to_storage(moment));
            prop_assert_eq!(parse_timestamp(&text, true).unwrap(), to_storage(moment));
        }
    }

    #[test]
    fn intervals_are_read_and_printed() {
        for (input, output) in [
            ("-10s", "-00:00:10"),
            ("1h30m", "01:30:00"),
            ("1 day 02:03:04.5", "1 day 02:03:04.5"),
            ("14 months", "1 year 2 mons"),
            ("P1DT2H", "1 day 02:00:00"),
            ("0", "00:00:00"),
        ] {
            assert_eq!(Interval::parse(input).unwrap().to_string(), output, "{input}");
        }
        assert!(Interval::parse("soon").is_err());
    }

    #[test]
    fn zones_are_applied_only_where_the_type_has_one() {
        assert_eq!(
            parse_timestamp("2024-05-06T07:08:09+02:00", true).unwrap(),
            "2024-05-06 05:08:09.000000"
        );
        assert_eq!(
            parse_timestamp("2024-05-06 07:08:09+02", false).unwrap(),
            "2024-05-06 07:08:09.000000"
        );
        assert_eq!(
            parse_timestamp("2024-05-31", false).unwrap(),
            "2024-05-31 00:00:00.000000"
        );
        assert!(parse_timestamp("2024-13-01 00:00:00", false).is_err());
    }
}
