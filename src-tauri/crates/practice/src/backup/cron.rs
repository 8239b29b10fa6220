//! Cron expressions of schedules: five fields in UTC, or `@hourly` and its kin.

use std::time::Duration;

use chrono::{DateTime, Datelike, Timelike, Utc};

/// When something recurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// When both day fields are restricted, either of them suffices.
    any_day: bool,
    any_weekday: bool,
}

const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

fn value(text: &str, names: &[&str], first: u32) -> Option<u32> {
    let named = names
        .iter()
        .position(|name| text.eq_ignore_ascii_case(name))
        .and_then(|at| u32::try_from(at).ok());
    named.map(|at| at + first).or_else(|| text.parse().ok())
}

/// The bits of one field.
fn field(text: &str, low: u32, high: u32, names: &[&str]) -> Option<u64> {
    let mut bits = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (from, to) = if matches!(range, "*" | "?") {
            (low, high)
        } else if let Some((from, to)) = range.split_once('-') {
            (value(from, names, low)?, value(to, names, low)?)
        } else {
            let from = value(range, names, low)?;
            (from, if part.contains('/') { high } else { from })
        };
        if from < low || to > high || from > to {
            return None;
        }
        for at in (from..=to).step_by(step) {
            bits |= 1 << at;
        }
    }
    Some(bits)
}

impl Cron {
    /// Reads an expression; `None` when it is none.
    pub fn parse(text: &str) -> Option<Cron> {
        let text = match text.trim() {
            "@hourly" => "0 * * * *",
            "@daily" | "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            "@yearly" | "@annually" => "0 0 1 1 *",
            other => other,
        };
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields.as_slice() else {
            return None;
        };
        let mut weekday_bits = field(weekdays, 0, 7, WEEKDAYS)?;
        if weekday_bits & (1 << 7) != 0 {
            weekday_bits |= 1;
        }
        Some(Cron {
            minutes: field(minutes, 0, 59, &[])?,
            hours: field(hours, 0, 23, &[])?,
            days: field(days, 1, 31, &[])?,
            months: field(months, 1, 12, MONTHS)?,
            weekdays: weekday_bits,
            any_day: days.starts_with(['*', '?']),
            any_weekday: weekdays.starts_with(['*', '?']),
        })
    }

    fn fits_day(&self, at: &DateTime<Utc>) -> bool {
        let day = self.days & (1 << at.day()) != 0;
        let weekday = self.weekdays & (1 << at.weekday().num_days_from_sunday()) != 0;
        match (self.any_day, self.any_weekday) {
            (true, true) => true,
            (true, false) => weekday,
            (false, true) => day,
            (false, false) => day || weekday,
        }
    }

    /// The first moment after `after`; `None` when there is none in the next five years (30 February).
    pub fn next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let minute = chrono::Duration::minutes(1);
        let mut at = after.with_second(0)?.with_nanosecond(0)? + minute;
        let end = after + chrono::Duration::days(5 * 366);
        while at < end {
            if self.months & (1 << at.month()) == 0 || !self.fits_day(&at) {
                at = (at + chrono::Duration::days(1)).with_hour(0)?.with_minute(0)?;
            } else if self.hours & (1 << at.hour()) == 0 {
                at = (at + chrono::Duration::hours(1)).with_minute(0)?;
            } else if self.minutes & (1 << at.minute()) == 0 {
                at += minute;
            } else {
                return Some(at);
            }
        }
        None
    }

    /// The time between the next two moments after `after`.
    pub fn period(&self, after: DateTime<Utc>) -> Option<Duration> {
        let first = self.next(after)?;
        let second = self.next(first)?;
        (second - first).to_std().ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M")
            .unwrap()
            .and_utc()
    }

    fn next(cron: &str, after: &str) -> String {
        Cron::parse(cron)
            .unwrap()
            .next(at(after))
            .unwrap()
            .format("%Y-%m-%d %H:%M")
            .to_string()
    }

    #[test]
    fn the_next_moment_lies_after_the_given_one() {
        assert_eq!(next("@hourly", "2026-01-01 00:00"), "2026-01-01 01:00");
        assert_eq!(next("@weekly", "2026-01-01 00:00"), "2026-01-04 00:00");
        assert_eq!(
            next("*/15 9-17 * * mon-fri", "2026-01-02 17:50"),
            "2026-01-05 09:00"
        );
        assert_eq!(next("0 0 29 2 *", "2026-01-01 00:00"), "2028-02-29 00:00");
        assert_eq!(next("0 12 13 * 5", "2026-01-01 00:00"), "2026-01-02 12:00");
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "banana",
            "* * * *",
            "60 * * * *",
            "* * 0 * *",
            "*/0 * * * *",
            "5-1 * * * *",
        ] {
            assert_eq!(Cron::parse(text), None, "{text}");
        }
        assert_eq!(
            Cron::parse("0 0 30 2 *").unwrap().next(at("2026-01-01 00:00")),
            None
        );
    }

    #[test]
    fn periods_tell_how_often() {
        let start = at("2026-01-01 00:00");
        assert_eq!(
            Cron::parse("@daily").unwrap().period(start),
            Some(Duration::from_secs(86_400))
        );
        assert_eq!(
            Cron::parse("5 * * * *").unwrap().period(start),
            Some(Duration::from_secs(3_600))
        );
    }
}
