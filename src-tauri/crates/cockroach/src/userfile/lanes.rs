//! Connections of a transfer, and what happens when one of them fails.
//!
//! Statements of a transfer are written so that repeating them is harmless; a broken connection,
//! a draining node or a serialization conflict therefore costs one statement, not the transfer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use tokio::sync::Notify;

use super::payload_reader::PayloadReader;
use super::report::{Event, Report, Stop};
use super::speed_limit::SpeedLimit;
use crate::connect::{Cluster, silent};
use crate::error::{Error, ErrorKind, Result};

/// Runs `$work` with a connection until it succeeds, its failure is final, or patience ends. The
/// work must be harmless to repeat. A connection on which something failed is not used again.
macro_rules! on_lane {
    ($lanes:expr, |$connection:ident| $work:expr) => {
        $crate::userfile::lanes::on_lane!($lanes, |$connection: sqlx::postgres::PgConnection| $work)
    };
    ($lanes:expr, |$connection:ident: $sort:ty| $work:expr) => {{
        let mut attempts = $lanes.attempts();
        loop {
            let mut lane = attempts.lane::<$sort>().await?;
            let $connection = lane.connection();
            let worked: $crate::error::Result<_> =
                $crate::userfile::lanes::in_time(attempts.limit::<$sort>(), async { $work }).await;
            match worked {
                Ok(value) => {
                    lane.keep();
                    break $crate::error::Result::Ok(value);
                }
                Err(error) => {
                    drop(lane);
                    if let Err(error) = attempts.failed(error).await {
                        break Err(error);
                    }
                }
            }
        }
    }};
}
pub(crate) use on_lane;

/// How long a transfer tries to reach a cluster that does not answer, before it gives up.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// How long a connection of a transfer may say nothing before it is given up for another one, at first: what was too slow the first
/// time gets twice as long the next.
pub const SILENCE: Duration = Duration::from_secs(120);

/// Gives up what takes longer than a limit.
pub(crate) async fn in_time<T>(limit: Option<Duration>, work: impl Future<Output = Result<T>>) -> Result<T> {
    match limit {
        Some(limit) => tokio::time::timeout(limit, work)
            .await
            .unwrap_or_else(|_| Err(silent(limit))),
        None => work.await,
    }
}

/// Idle connections of one transfer. They are opened when needed and closed when this is dropped.
pub struct Lanes {
    cluster: Cluster,
    idle: Mutex<Vec<PgConnection>>,
    idle_readers: Mutex<Vec<PayloadReader>>,
    report: Report,
    stop: Stop,
    patience: Duration,
    silence: Duration,
    speed_limit: Arc<SpeedLimit>,
    try_now: Arc<Notify>,
}

impl Lanes {
    pub fn new(cluster: &Cluster, report: Report, stop: Stop) -> Self {
        Self {
            cluster: cluster.clone(),
            idle: Mutex::default(),
            idle_readers: Mutex::default(),
            report,
            stop,
            patience: PATIENCE,
            silence: SILENCE,
            speed_limit: Arc::default(),
            try_now: Arc::default(),
        }
    }

    /// Gives up after this time without an answer.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Gives up a connection that says nothing for so long, see [`SILENCE`].
    #[must_use]
    pub fn silence(mut self, silence: Duration) -> Self {
        self.silence = silence;
        self
    }

    /// Keeps to a limit that other transfers may share.
    #[must_use]
    pub fn speed_limit(mut self, limit: Arc<SpeedLimit>) -> Self {
        self.speed_limit = limit;
        self
    }

    /// Tries again at once when this is notified, instead of waiting to its end.
    #[must_use]
    pub fn try_now(mut self, try_now: Arc<Notify>) -> Self {
        self.try_now = try_now;
        self
    }

    /// The most that one statement should carry, so that a slow limit is kept evenly.
    pub(crate) fn most_chunk_bytes(&self) -> u64 {
        match self.speed_limit.bytes_per_second() {
            Some(limit) => (limit / 4).clamp(64 << 10, Pace::MOST_CHUNK_BYTES),
            None => Pace::MOST_CHUNK_BYTES,
        }
    }

    pub(crate) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Tells an event to whoever made the lanes.
    pub fn report(&self, event: Event) {
        (self.report)(event);
    }

    /// Fails when the transfer was asked to stop.
    pub(crate) fn check_stop(&self) -> Result<()> {
        if self.stop.asked() { Err(stopped()) } else { Ok(()) }
    }

    /// Waits until so many bytes may move under the speed limit.
    pub(crate) async fn throttle(&self, bytes: u64) -> Result<()> {
        tokio::select! {
            () = self.speed_limit.wait_for(bytes) => Ok(()),
            () = self.stop.wait() => Err(stopped()),
        }
    }

    pub(crate) fn attempts(&self) -> Attempts<'_> {
        Attempts {
            lanes: self,
            failures: 0,
            first_failure: None,
        }
    }

    fn forget_idle(&self) {
        lock(&self.idle).clear();
        lock(&self.idle_readers).clear();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A sort of connection that a transfer opens when it needs one, and keeps.
pub(crate) trait Sort: Sized {
    /// Whether its work is one statement, which ends in time or is given up. Others look after their time themselves.
    const IS_ONE_STATEMENT: bool;

    fn open(lanes: &Lanes) -> impl Future<Output = Result<Self>> + Send;

    fn idle(lanes: &Lanes) -> &Mutex<Vec<Self>>;
}

impl Sort for PgConnection {
    const IS_ONE_STATEMENT: bool = true;

    fn open(lanes: &Lanes) -> impl Future<Output = Result<Self>> + Send {
        lanes.cluster.transfer_connection()
    }

    fn idle(lanes: &Lanes) -> &Mutex<Vec<Self>> {
        &lanes.idle
    }
}

impl Sort for PayloadReader {
    const IS_ONE_STATEMENT: bool = false;

    fn open(lanes: &Lanes) -> impl Future<Output = Result<Self>> + Send {
        lanes.cluster.payload_reader(lanes.silence)
    }

    fn idle(lanes: &Lanes) -> &Mutex<Vec<Self>> {
        &lanes.idle_readers
    }
}

fn stopped() -> Error {
    Error::new(ErrorKind::Cancelled, "The transfer was stopped.")
}

/// One connection in use. Dropping it closes the socket; [`Lane::keep`] hands it to the next one.
pub(crate) struct Lane<'a, C> {
    lanes: &'a Lanes,
    connection: C,
}

impl<C: Sort> Lane<'_, C> {
    pub fn connection(&mut self) -> &mut C {
        &mut self.connection
    }

    pub fn keep(self) {
        lock(C::idle(self.lanes)).push(self.connection);
    }
}

/// The attempts at one statement.
pub(crate) struct Attempts<'a> {
    lanes: &'a Lanes,
    failures: u32,
    first_failure: Option<Instant>,
}

impl<'a> Attempts<'a> {
    /// An idle connection, or a new one.
    pub async fn lane<C: Sort>(&mut self) -> Result<Lane<'a, C>> {
        loop {
            self.lanes.check_stop()?;
            let idle = lock(C::idle(self.lanes)).pop();
            let connected = match idle {
                Some(connection) => Ok(connection),
                None => C::open(self.lanes).await,
            };
            match connected {
                Ok(connection) => {
                    if self.failures > 0 {
                        self.lanes.report(Event::Moving);
                    }
                    return Ok(Lane {
                        lanes: self.lanes,
                        connection,
                    });
                }
                Err(error) => self.failed(error).await?,
            }
        }
    }

    /// How long the next attempt may take.
    pub fn limit<C: Sort>(&self) -> Option<Duration> {
        C::IS_ONE_STATEMENT.then(|| self.lanes.silence * (1_u32 << self.failures.min(4)))
    }

    /// Waits as long as the failure asks for, or gives it back when it is final.
    pub async fn failed(&mut self, error: Error) -> Result<()> {
        let first = *self.first_failure.get_or_insert_with(Instant::now);
        self.failures += 1;
        let longest = match error.kind {
            ErrorKind::Retry => Duration::from_secs(2),
            ErrorKind::ConnectionLost
            | ErrorKind::OutcomeUnknown
            | ErrorKind::Busy
            | ErrorKind::CannotConnect => Duration::from_secs(15),
            _ => return Err(error),
        };
        if first.elapsed() > self.lanes.patience {
            return Err(error);
        }
        if error.kind != ErrorKind::Retry {
            // The others were opened to the same place and are most likely dead as well.
            self.lanes.forget_idle();
        }
        let wait = backoff(self.failures, longest);
        if wait > Duration::from_millis(500) {
            self.lanes.report(Event::Waiting { why: error, wait });
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            () = self.lanes.try_now.notified() => Ok(()),
            () = self.lanes.stop.wait() => Err(stopped()),
        }
    }
}

/// Doubles from 50 ms, with a random part so that many lanes do not come back at the same instant.
fn backoff(failures: u32, longest: Duration) -> Duration {
    let full = Duration::from_millis(50)
        .saturating_mul(1 << failures.min(12))
        .min(longest);
    let random = f64::from(uuid::Uuid::new_v4().as_u128() as u16) / f64::from(u16::MAX);
    full.mul_f64(0.5 + random / 2.0)
}

/// How many connections and how large a chunk: starts with one, and doubles while that pays. A cluster
/// that is throttled or small gives no more to two than to one, and is then left with one.
#[derive(Debug)]
pub(crate) struct Pace {
    pub lanes: usize,
    pub chunk_bytes: u64,
    most_lanes: usize,
    /// As many as there were before the last growth; 0 before the first.
    fewer: usize,
    settled: bool,
    /// Chunks since it settled, and after how many more connections are tried again: the measure is taken
    /// over a few chunks, and a busy moment must not hold a large file to one connection for good.
    rested: usize,
    rest: usize,
    best: f64,
    /// Chunks since the number of connections changed.
    chunks: usize,
    /// The chunk before.
    last: Option<(u64, Duration)>,
    window_start: Instant,
    window_bytes: u64,
}

impl Pace {
    /// Matches the server's own chunk, and stays under its limit of 16 MiB for one message.
    pub const MOST_CHUNK_BYTES: u64 = 4 << 20;
    /// Together with the chunk size this bounds memory: a statement is kept encoded while it is sent, in a buffer of up to
    /// twice its size.
    pub const MOST_UPLOADING: usize = 4;
    /// Together with the chunk size this bounds memory too, see `arrivals::MOST_CHUNKS`.
    pub const MOST_DOWNLOADING: usize = 6;

    /// Bytes a second of one connection. From here on the line is not what holds a transfer up, but this computer, and
    /// more connections only get into each other's way.
    const PLENTY: f64 = 268_435_456.0;

    pub fn new(most_lanes: usize) -> Self {
        Self {
            lanes: 1,
            most_lanes,
            chunk_bytes: 1 << 20,
            fewer: 0,
            settled: false,
            rested: 0,
            rest: 16,
            best: 0.0,
            chunks: 0,
            last: None,
            window_start: Instant::now(),
            window_bytes: 0,
        }
    }

    /// A chunk of `bytes` took `took` and ended `now`.
    pub fn done(&mut self, bytes: u64, took: Duration, now: Instant) {
        let distant = self
            .last
            .replace((bytes, took))
            .is_some_and(|(last_bytes, last_took)| {
                bytes >= 2 * last_bytes && took.as_secs_f64() < 1.5 * last_took.as_secs_f64()
            });
        if took < Duration::from_secs(1) {
            self.chunk_bytes = (self.chunk_bytes * 2).min(Self::MOST_CHUNK_BYTES);
        } else if took > Duration::from_secs(8) {
            self.chunk_bytes = (self.chunk_bytes / 2).max(256 << 10);
        }
        if self.settled {
            self.rested += 1;
            if self.rested >= self.rest && self.lanes < self.most_lanes {
                self.settled = false;
                self.rested = 0;
                self.rest *= 2;
                self.best = 0.0;
                self.chunks = 0;
            }
            return;
        }
        self.chunks += 1;
        if self.chunks <= self.lanes {
            // New connections are still being opened; what they bring later is what counts.
            self.window_start = now;
            self.window_bytes = 0;
            return;
        }
        self.window_bytes += bytes;
        if self.chunks <= 2 * self.lanes {
            return;
        }
        let seconds = now.duration_since(self.window_start).as_secs_f64();
        let rate = self.window_bytes as f64 / seconds.max(1e-6);
        if rate < self.best * 1.1 {
            self.lanes = self.fewer;
            self.settled = true;
            return;
        }
        if rate >= Self::PLENTY * self.lanes as f64 {
            self.settled = true;
            return;
        }
        self.best = rate;
        self.chunks = 0;
        self.fewer = self.lanes;
        // Twice the bytes in about the same time: most of it is spent on the way.
        let growth = if self.lanes == 1 && distant { 4 } else { 2 };
        self.lanes = (self.lanes * growth).min(self.most_lanes);
        self.settled = self.lanes == self.fewer;
    }
}

/// Lanes that many tasks share.
pub type SharedLanes = Arc<Lanes>;

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: f64 = 1_048_576.0;

    /// Sends chunk after chunk to a cluster that takes `each` bytes a second from a connection and `all`
    /// from all of them, with a round trip of `latency`. Answers the connections that are left with.
    fn lanes_on(each: f64, all: f64, latency: f64) -> usize {
        let (mut pace, begun, mut seconds) = (Pace::new(6), Instant::now(), 0.0);
        for _ in 0..200 {
            let lanes = pace.lanes as f64;
            let bytes = pace.chunk_bytes;
            let took = latency + bytes as f64 / each.min(all / lanes);
            // That many end in the time of one.
            seconds += took / lanes;
            let now = begun + Duration::from_secs_f64(seconds);
            pace.done(bytes, Duration::from_secs_f64(took), now);
        }
        pace.lanes
    }

    #[test]
    fn connections_grow_while_each_brings_more() {
        assert_eq!(lanes_on(10.0 * MIB, 1000.0 * MIB, 0.0), 6);
        assert_eq!(lanes_on(100.0 * MIB, 1000.0 * MIB, 0.08), 6);
        assert_eq!(lanes_on(100.0 * MIB, 200.0 * MIB, 0.0), 2);
    }

    #[test]
    fn a_distant_cluster_gets_four_connections_at_once() {
        let (mut pace, begun) = (Pace::new(6), Instant::now());
        for (at, mib) in [(90, 1), (185, 2), (290, 4)] {
            assert_eq!(pace.lanes, 1);
            let took = Duration::from_millis(85 + 5 * mib);
            pace.done(mib << 20, took, begun + Duration::from_millis(at));
        }
        assert_eq!(pace.lanes, 4);
    }

    #[test]
    fn one_connection_is_enough_next_door() {
        assert_eq!(lanes_on(400.0 * MIB, 2000.0 * MIB, 0.0), 1);
    }

    #[test]
    fn a_throttled_cluster_is_left_with_one_connection() {
        assert_eq!(lanes_on(10.0 * MIB, 10.0 * MIB, 0.0), 1);
        assert_eq!(lanes_on(0.05 * MIB, 0.05 * MIB, 0.02), 1);
    }

    #[test]
    fn chunks_shrink_where_one_takes_long() {
        let mut pace = Pace::new(6);
        for _ in 0..8 {
            pace.done(1, Duration::from_secs(9), Instant::now());
        }
        assert_eq!(pace.chunk_bytes, 256 << 10);
    }
}
