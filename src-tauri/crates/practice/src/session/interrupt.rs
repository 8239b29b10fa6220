//! What ends a running statement early: a cancel request, or the statement's own time limit.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{SqlError, SqlResult, sqlstate};

/// How often a wait looks whether it should go on.
const LOOK: Duration = Duration::from_millis(20);

/// Shared between a session, its SQLite connection and whoever may cancel its statements.
#[derive(Debug, Default)]
pub struct Interrupt {
    canceled: AtomicBool,
    until: Mutex<Option<Instant>>,
}

impl Interrupt {
    /// Asks the running statement to stop. Callable from any thread.
    pub fn cancel(&self) {
        self.canceled.store(true, Ordering::Relaxed);
    }

    /// A statement begins: earlier requests were not for it. `limit` is how long it may take.
    pub(super) fn begin(&self, limit: Option<Duration>) {
        self.canceled.store(false, Ordering::Relaxed);
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) =
            limit.and_then(|limit| Instant::now().checked_add(limit));
    }

    /// 57014 when the running statement is to stop.
    pub fn check(&self) -> SqlResult<()> {
        let why = if self.canceled.load(Ordering::Relaxed) {
            "query execution canceled"
        } else if self
            .until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some_and(|until| Instant::now() >= until)
        {
            "query execution canceled due to statement timeout"
        } else {
            return Ok(());
        };
        Err(SqlError::new(sqlstate::QUERY_CANCELED, why))
    }

    /// Waits for a span of real time, or until the statement is to stop.
    pub fn sleep(&self, span: Duration) -> SqlResult<()> {
        let until = Instant::now() + span;
        loop {
            self.check()?;
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(LOOK.min(left));
        }
    }
}
