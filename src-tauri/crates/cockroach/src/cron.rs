//! Cron expressions, read as the cluster's scheduler reads them.
//!
//! A schedule is written in cron, and the cluster tells only its very next run. What it means in words, and when it comes
//! true after that, is worked out here. The rules are those of robfig/cron v3, which CockroachDB uses: five fields in UTC,
//! Sunday is 0 and never 7, and when both day fields are limited either of them suffices.

use std::fmt::{self, Write as _};

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, Utc};

use crate::error::{Error, ErrorKind, Result};

const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const WEEKDAY_WORDS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// The scheduler gives up looking after as long: there is no 30 February.
const LOOKS_AHEAD_DAYS: u64 = 5 * 366;

/// When something recurs, to the minute. Displays as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    text: String,
    minutes: Field,
    hours: Field,
    days: Field,
    months: Field,
    /// Sunday is 0.
    weekdays: Field,
}

/// Which values of one field come true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Field {
    bits: u64,
    /// Written as `*`, which limits nothing.
    is_any: bool,
}

impl Field {
    fn has(self, value: u32) -> bool {
        self.bits & (1 << value) != 0
    }

    fn values(self) -> Vec<u32> {
        (0..60).filter(|value| self.has(*value)).collect()
    }

    /// The only value.
    fn single(self) -> Option<u32> {
        match self.values().as_slice() {
            [value] if !self.is_any => Some(*value),
            _ => None,
        }
    }
}

impl Cron {
    /// Five fields, or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly` and their other names.
    pub fn parse(text: &str) -> Result<Self> {
        Self::read(text.trim()).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidInput,
                format!("“{}” is not a cron expression.", text.trim()),
            )
            .hint(
                "It has five fields: minute, hour, day of the month, month and day of the week (0 is Sunday). \
                 15 2 * * 1-5 is 02:15 UTC from Monday to Friday.",
            )
        })
    }

    fn read(text: &str) -> Option<Self> {
        let expression = match text {
            "@hourly" => "0 * * * *",
            "@daily" | "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            "@yearly" | "@annually" => "0 0 1 1 *",
            fields => fields,
        };
        let fields: Vec<&str> = expression.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields.as_slice() else {
            return None;
        };
        Some(Self {
            text: text.to_owned(),
            minutes: read_field(minutes, 0, 59, &[])?,
            hours: read_field(hours, 0, 23, &[])?,
            days: read_field(days, 1, 31, &[])?,
            months: read_field(months, 1, 12, MONTHS)?,
            weekdays: read_field(weekdays, 0, 6, WEEKDAYS)?,
        })
    }

    /// The first moment after `after`. `None`: there is none in five years, so it never runs.
    pub fn next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (0..LOOKS_AHEAD_DAYS)
            .filter_map(|ahead| after.date_naive().checked_add_days(Days::new(ahead)))
            .filter(|date| self.has_day(*date))
            .find_map(|date| {
                self.times()
                    .find_map(|time| Some(date.and_time(time).and_utc()).filter(|at| *at > after))
            })
    }

    /// The next moments after `after`, soonest first.
    pub fn upcoming(&self, after: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        std::iter::successors(self.next(after), |at| self.next(*at))
    }

    /// It comes true at one time of the day, so a local time can be said for it.
    pub fn has_one_time(&self) -> bool {
        self.minutes.single().is_some() && self.hours.single().is_some()
    }

    fn has_day(&self, date: NaiveDate) -> bool {
        let day = self.days.has(date.day());
        let weekday = self.weekdays.has(date.weekday().num_days_from_sunday());
        let fits = match self.days.is_any || self.weekdays.is_any {
            true => day && weekday,
            false => day || weekday,
        };
        fits && self.months.has(date.month())
    }

    fn times(&self) -> impl Iterator<Item = NaiveTime> + '_ {
        let hours = (0..24).filter(|hour| self.hours.has(*hour));
        hours.flat_map(|hour| {
            let minutes = (0..60).filter(|minute| self.minutes.has(*minute));
            minutes.filter_map(move |minute| NaiveTime::from_hms_opt(hour, minute, 0))
        })
    }

    /// "Every day at 02:00 UTC". What has no plain words is told as it was written.
    pub fn words(&self) -> String {
        self.plain_words()
            .unwrap_or_else(|| format!("By the cron expression {}, in UTC", self.text))
    }

    fn plain_words(&self) -> Option<String> {
        if !self.months.is_any {
            return None;
        }
        if let Some(words) = self.words_within_a_day() {
            return Some(words);
        }
        let at = format!("{:02}:{:02} UTC", self.hours.single()?, self.minutes.single()?);
        match (self.days.is_any, self.weekdays.is_any) {
            (true, true) => Some(format!("Every day at {at}")),
            (true, false) => Some(format!("{} at {at}", self.weekday_words())),
            (false, true) => {
                let day = self.days.single()?;
                Some(format!("On day {day} of every month at {at}"))
            }
            (false, false) => None,
        }
    }

    /// More often than daily, every day.
    fn words_within_a_day(&self) -> Option<String> {
        if !self.days.is_any || !self.weekdays.is_any {
            return None;
        }
        match (
            self.minutes.single(),
            step_of(self.hours, 24),
            step_of(self.minutes, 60),
        ) {
            (Some(0), Some(1), _) => Some("Every hour, on the hour".to_owned()),
            (Some(minute), Some(1), _) => Some(format!("Every hour at :{minute:02}")),
            (Some(minute), Some(step), _) => Some(format!("Every {step} hours from 00:{minute:02} UTC on")),
            (None, Some(1), Some(1)) => Some("Every minute".to_owned()),
            (None, Some(1), Some(step)) => Some(format!("Every {step} minutes")),
            _ => None,
        }
    }

    fn weekday_words(&self) -> String {
        let days = self.weekdays.values();
        let word = |day: u32| WEEKDAY_WORDS.get(day as usize).copied().unwrap_or_default();
        let follow = days.windows(2).all(|pair| pair[1] == pair[0] + 1);
        match days.as_slice() {
            [only] => format!("Every {}", word(*only)),
            [first, .., last] if days.len() > 2 && follow => format!("{} to {}", word(*first), word(*last)),
            [first @ .., last] => {
                let mut words = String::from("Every ");
                for (position, day) in first.iter().enumerate() {
                    let comma = if position == 0 { "" } else { ", " };
                    let _ = write!(words, "{comma}{}", word(*day));
                }
                let _ = write!(words, " and {}", word(*last));
                words
            }
            [] => String::new(),
        }
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// `Some(15)` for 0, 15, 30, 45 of 60; `Some(1)` for all.
fn step_of(field: Field, size: u32) -> Option<u32> {
    let values = field.values();
    let [0, second, ..] = values.as_slice() else {
        return None;
    };
    let even = size.is_multiple_of(*second) && values.iter().copied().eq((0..size).step_by(*second as usize));
    even.then_some(*second)
}

fn read_field(text: &str, low: u32, high: u32, names: &[&str]) -> Option<Field> {
    let mut field = Field {
        bits: 0,
        is_any: false,
    };
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(number(step)?).filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let value = |text: &str| {
            let name = names.iter().position(|name| text.eq_ignore_ascii_case(name));
            name.and_then(|at| u32::try_from(at).ok())
                .map(|at| at + low)
                .or_else(|| number(text))
        };
        let (from, to) = match (range, range.split_once('-')) {
            ("*" | "?", _) => {
                field.is_any |= step == 1;
                (low, high)
            }
            (_, Some((from, to))) => (value(from)?, value(to)?),
            // `5/15` means from 5 to the end.
            (only, None) if part.contains('/') => (value(only)?, high),
            (only, None) => (value(only)?, value(only)?),
        };
        if from < low || to > high || from > to {
            return None;
        }
        for value in (from..=to).step_by(step as usize) {
            field.bits |= 1 << value;
        }
    }
    Some(field)
}

/// Digits only: a sign would be taken too.
fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M")
            .unwrap()
            .and_utc()
    }

    fn next(cron: &str, after: &str) -> Option<DateTime<Utc>> {
        Cron::parse(cron).unwrap().next(at(after))
    }

    #[test]
    fn expressions_are_told_in_plain_words() {
        for (cron, words) in [
            ("@hourly", "Every hour, on the hour"),
            ("15 * * * *", "Every hour at :15"),
            ("*/15 * * * *", "Every 15 minutes"),
            ("* * * * *", "Every minute"),
            ("30 */6 * * *", "Every 6 hours from 00:30 UTC on"),
            ("@daily", "Every day at 00:00 UTC"),
            ("5 2 * * *", "Every day at 02:05 UTC"),
            ("@weekly", "Every Sunday at 00:00 UTC"),
            ("0 2 * * mon", "Every Monday at 02:00 UTC"),
            ("0 2 * * 1,3,5", "Every Monday, Wednesday and Friday at 02:00 UTC"),
            ("0 2 * * 1-5", "Monday to Friday at 02:00 UTC"),
            ("@monthly", "On day 1 of every month at 00:00 UTC"),
            ("@yearly", "By the cron expression @yearly, in UTC"),
            ("0 2 13 * 5", "By the cron expression 0 2 13 * 5, in UTC"),
            ("0 2,14 * * *", "By the cron expression 0 2,14 * * *, in UTC"),
            // Every seven minutes would be wrong at the end of the hour.
            ("*/7 * * * *", "By the cron expression */7 * * * *, in UTC"),
        ] {
            assert_eq!(Cron::parse(cron).unwrap().words(), words, "{cron}");
        }
    }

    #[test]
    fn the_next_moment_is_the_schedulers() {
        for (cron, after, expected) in [
            ("@hourly", "2026-01-01 00:00", "2026-01-01 01:00"),
            ("@weekly", "2026-01-01 00:00", "2026-01-04 00:00"),
            ("5/20 * * * *", "2026-01-01 00:06", "2026-01-01 00:25"),
            ("*/15 9-17 * * MON-FRI", "2026-01-02 17:50", "2026-01-05 09:00"),
            ("0 0 29 2 *", "2026-01-01 00:00", "2028-02-29 00:00"),
            // Either day suffices when both are limited; a step limits nothing less than a number.
            ("0 12 13 * 5", "2026-01-01 00:00", "2026-01-02 12:00"),
            ("0 12 */10 * 5", "2026-01-03 00:00", "2026-01-09 12:00"),
        ] {
            assert_eq!(next(cron, after), Some(at(expected)), "{cron}");
        }
        assert_eq!(next("0 0 30 2 *", "2026-01-01 00:00"), None);
        let three: Vec<_> = Cron::parse("0 2 * * *")
            .unwrap()
            .upcoming(at("2026-12-30 02:00"))
            .take(3)
            .collect();
        assert_eq!(
            three,
            ["2026-12-31 02:00", "2027-01-01 02:00", "2027-01-02 02:00"].map(at)
        );
    }

    #[test]
    fn what_the_cluster_would_refuse_is_refused() {
        for text in [
            "",
            "banana",
            "* * * *",
            "60 * * * *",
            "* * 0 * *",
            "*/0 * * * *",
            "5-1 * * * *",
            "0 0 * * 7",
            "+1 * * * *",
            "@every 1h",
            "0 0 * * 1 *",
            "1, * * * *",
        ] {
            let error = Cron::parse(text).unwrap_err();
            assert_eq!(error.kind, ErrorKind::InvalidInput, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_next_moment_lies_ahead_and_nothing_lies_between(minute in 0u32..60, hour in 0u32..24, day in 0u32..7, start in 0i64..4_000_000_000) {
            let cron = Cron::parse(&format!("{minute} {hour} * * {day}")).unwrap();
            let after = DateTime::from_timestamp(start, 0).unwrap();
            let next = cron.next(after).unwrap();
            prop_assert!(next > after && next - after <= chrono::Duration::days(7));
            prop_assert_eq!(next.weekday().num_days_from_sunday(), day);
        }
    }
}
