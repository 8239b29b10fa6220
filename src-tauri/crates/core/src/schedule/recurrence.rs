//! How often, as a person chooses it.

use roachvault_cockroach::cron::Cron;

use crate::error::{Code, Error, Result};

/// In UTC, by which the cluster goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeOfDay {
    pub hour: u8,
    pub minute: u8,
}

/// When something recurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recurrence {
    Hourly {
        minute: u8,
    },
    Daily {
        time: TimeOfDay,
    },
    Weekly {
        /// Sunday is 0.
        weekday: u8,
        time: TimeOfDay,
    },
    Cron(String),
}

impl Recurrence {
    /// The choice that an expression comes from.
    pub fn of(expression: &str) -> Self {
        let written = match expression.trim() {
            "@hourly" => "0 * * * *",
            "@daily" | "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            fields => fields,
        };
        let fields: Vec<&str> = written.split_whitespace().collect();
        let below = |limit: u8, field: &str| field.parse().ok().filter(|value| *value < limit);
        let time = |hour: &str, minute: &str| {
            Some(TimeOfDay {
                hour: below(24, hour)?,
                minute: below(60, minute)?,
            })
        };
        let choice = match fields.as_slice() {
            [minute, "*", "*", "*", "*"] => below(60, minute).map(|minute| Self::Hourly { minute }),
            [minute, hour, "*", "*", "*"] => time(hour, minute).map(|time| Self::Daily { time }),
            [minute, hour, "*", "*", weekday] => time(hour, minute)
                .zip(below(7, weekday))
                .map(|(time, weekday)| Self::Weekly { weekday, time }),
            _ => None,
        };
        choice.unwrap_or_else(|| Self::Cron(expression.trim().to_owned()))
    }

    pub(super) fn cron(&self) -> Result<Cron> {
        let expression = match self {
            Self::Hourly { minute } => format!("{} * * * *", checked(*minute, 60)?),
            Self::Daily { time } => {
                format!("{} {} * * *", checked(time.minute, 60)?, checked(time.hour, 24)?)
            }
            Self::Weekly { weekday, time } => format!(
                "{} {} * * {}",
                checked(time.minute, 60)?,
                checked(time.hour, 24)?,
                checked(*weekday, 7)?
            ),
            Self::Cron(expression) => expression.clone(),
        };
        Cron::parse(&expression).map_err(|error| {
            let error = Error::from(error);
            let message = error.message.clone();
            error.field("cron", message)
        })
    }
}

fn checked(value: u8, below: u8) -> Result<u8> {
    match value < below {
        true => Ok(value),
        false => Err(Error::new(
            Code::InvalidInput,
            format!("{value} is not a time of the day or of the week."),
        )),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_chosen_becomes_a_cron_expression() {
        let time = TimeOfDay { hour: 2, minute: 5 };
        for (chosen, cron) in [
            (Recurrence::Hourly { minute: 15 }, "15 * * * *"),
            (Recurrence::Daily { time }, "5 2 * * *"),
            (Recurrence::Weekly { weekday: 0, time }, "5 2 * * 0"),
            (Recurrence::Cron("@monthly".into()), "@monthly"),
        ] {
            assert_eq!(chosen.cron().unwrap().to_string(), cron);
            assert_eq!(Recurrence::of(cron), chosen);
        }
        assert_eq!(
            Recurrence::of("@weekly"),
            Recurrence::Weekly {
                weekday: 0,
                time: TimeOfDay { hour: 0, minute: 0 }
            }
        );
        for other in ["15 2 * * 1-5", "0 99 * * *", "", "0 2 1 * *"] {
            assert_eq!(Recurrence::of(other), Recurrence::Cron(other.into()));
        }
    }

    #[test]
    fn what_is_no_time_is_refused_at_its_field() {
        let error = Recurrence::Cron("at noon".into()).cron().unwrap_err();
        assert_eq!(error.code, Code::InvalidInput);
        assert!(error.fields.contains_key("cron"));
        let time = TimeOfDay { hour: 24, minute: 0 };
        assert_eq!(
            Recurrence::Daily { time }.cron().unwrap_err().code,
            Code::InvalidInput
        );
    }
}
