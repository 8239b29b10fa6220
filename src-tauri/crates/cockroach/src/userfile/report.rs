//! How a transfer tells of itself and is told to stop.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::error::Error;

/// What happens in a transfer.
#[derive(Debug, Clone)]
pub enum Event {
    /// So many bytes more are known to be in place at the other end.
    Bytes(u64),
    /// So many were found to be in place, from an earlier run. They did not move now.
    Found(u64),
    /// Nothing moves for a reason that should pass; the next attempt follows after this time.
    Waiting { why: Error, wait: Duration },
    /// It moves again.
    Moving,
    /// Something the person should know at the end.
    Note(String),
}

/// Receives events, from any task, often.
pub type Report = Arc<dyn Fn(Event) + Send + Sync>;

/// Asks a transfer to stop at its next chunk. What is in place stays in place.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// The sender asks by sending `true`.
    pub fn new() -> (watch::Sender<bool>, Self) {
        let (sender, receiver) = watch::channel(false);
        (sender, Self(receiver))
    }

    pub fn asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when it is asked; never when nobody can ask any more.
    pub async fn wait(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
