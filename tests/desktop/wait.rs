//! Waiting for a condition, with a deadline that turns a hang into a sentence.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often a condition is looked at. The looking itself costs a few milliseconds.
const PAUSE: Duration = Duration::from_millis(40);

/// Looks until `look` answers something. Panics with what was awaited, and the last complaint, at the deadline.
#[track_caller]
pub fn until<T>(what: &str, deadline: Duration, mut look: impl FnMut() -> Result<T, String>) -> T {
    let end = Instant::now() + deadline;
    loop {
        match look() {
            Ok(seen) => return seen,
            Err(complaint) if Instant::now() > end => {
                panic!("waited {} s for {what}: {complaint}", deadline.as_secs())
            }
            Err(_) => sleep(PAUSE),
        }
    }
}
