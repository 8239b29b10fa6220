//! How fast transfers may be, all of them together.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

/// A limit that many transfers share and that can be changed while they run.
#[derive(Debug)]
pub struct SpeedLimit {
    bytes_per_second: watch::Sender<Option<u64>>,
    /// When the bytes that were let through so far will have taken their time.
    free_at: Mutex<Instant>,
}

impl Default for SpeedLimit {
    fn default() -> Self {
        Self {
            bytes_per_second: watch::Sender::new(None),
            free_at: Mutex::new(Instant::now()),
        }
    }
}

impl SpeedLimit {
    /// `None` and 0 take the limit away. Transfers that wait are asked anew.
    pub fn set(&self, bytes_per_second: Option<u64>) {
        *self.free_at.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.bytes_per_second
            .send_replace(bytes_per_second.filter(|limit| *limit > 0));
    }

    pub fn bytes_per_second(&self) -> Option<u64> {
        *self.bytes_per_second.borrow()
    }

    /// Returns when so many bytes may move. They wait for those before them, not for themselves.
    pub(crate) async fn wait_for(&self, bytes: u64) {
        let mut limits = self.bytes_per_second.subscribe();
        loop {
            let Some(limit) = *limits.borrow_and_update() else {
                return;
            };
            let start = {
                let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
                let start = (*free_at).max(Instant::now());
                *free_at = start + Duration::from_secs_f64(bytes as f64 / limit as f64);
                start
            };
            tokio::select! {
                () = tokio::time::sleep_until(start.into()) => return,
                // The sender lives as long as this limit.
                _ = limits.changed() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn many_share_one_limit_and_a_change_counts_at_once() {
        let limit = Arc::new(SpeedLimit::default());
        limit.wait_for(u64::MAX).await;
        limit.set(Some(1000));
        let begun = Instant::now();
        let waiting = |bytes| {
            let limit = Arc::clone(&limit);
            tokio::spawn(async move { limit.wait_for(bytes).await })
        };
        let (first, second) = (waiting(60_000), waiting(60_000));
        tokio::task::yield_now().await;
        limit.set(None);
        assert!(first.await.is_ok() && second.await.is_ok());
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}
