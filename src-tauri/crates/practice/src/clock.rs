//! The cluster's clock. Time is read here only, so that `--clock-speed 3600x` makes schedules, garbage
//! collection and job ages all pass together, and so that no two writes carry the same timestamp.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

/// A moment in cluster time, in nanoseconds since 1970 (the wall part of an HLC timestamp; the logical part is always 0
/// because the clock never hands out a nanosecond twice).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// After every real moment: the end of validity of what still lives.
    pub const FOREVER: Self = Self(i64::MAX);

    /// As UTC date and time (nanoseconds kept).
    pub fn to_datetime(self) -> DateTime<Utc> {
        DateTime::from_timestamp_nanos(self.0)
    }

    /// `2026-01-02 03:04:05.678901`, microseconds always six digits: the storage form of TIMESTAMP.
    pub fn to_storage(self) -> String {
        self.to_datetime().format("%Y-%m-%d %H:%M:%S%.6f").to_string()
    }

    /// `1700000000000000000.0000000000`: how CockroachDB prints an HLC timestamp.
    pub fn to_hlc_decimal(self) -> String {
        format!("{}.0000000000", self.0)
    }

    /// The moment this much later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)),
        )
    }

    /// The moment this much earlier.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)),
        )
    }
}

impl From<NaiveDateTime> for Timestamp {
    fn from(value: NaiveDateTime) -> Self {
        Self(value.and_utc().timestamp_nanos_opt().unwrap_or(0))
    }
}

/// Hands out cluster time. Runs `speed` times as fast as the wall clock from the moment it was made.
#[derive(Debug)]
pub struct Clock {
    origin: Instant,
    origin_ns: i64,
    speed: f64,
    last: AtomicI64,
}

impl Clock {
    /// A clock that starts at the computer's time, or at `not_before` if that is later (a cluster that ran
    /// fast before must not step back behind its own history).
    pub fn new(speed: f64, not_before: Option<Timestamp>) -> Self {
        Self::starting_at(
            speed,
            Timestamp(Self::wall().max(not_before.map_or(0, |t| t.0.saturating_add(1)))),
        )
    }

    /// A clock that starts at this moment, whatever the computer's time is.
    pub fn starting_at(speed: f64, start: Timestamp) -> Self {
        Self {
            origin: Instant::now(),
            origin_ns: start.0,
            speed,
            last: AtomicI64::new(start.0),
        }
    }

    /// The computer's time in nanoseconds since 1970.
    pub fn wall() -> i64 {
        Utc::now().timestamp_nanos_opt().unwrap_or(0)
    }

    /// A strictly increasing timestamp.
    pub fn now(&self) -> Timestamp {
        #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
        let wall = self
            .origin_ns
            .saturating_add((self.origin.elapsed().as_nanos() as f64 * self.speed) as i64);
        let previous = self.last.fetch_max(wall, Ordering::SeqCst);
        if wall > previous {
            Timestamp(wall)
        } else {
            Timestamp(self.last.fetch_add(1, Ordering::SeqCst) + 1)
        }
    }

    /// How many cluster seconds pass in one real second.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// The real time in which `cluster_time` passes.
    pub fn real(&self, cluster_time: Duration) -> Duration {
        cluster_time.div_f64(self.speed.max(0.001))
    }
}
