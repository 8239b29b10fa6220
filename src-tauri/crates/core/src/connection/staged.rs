//! Secrets between a paste and the press of Save.
//!
//! A pasted connection string holds the password. The screen must not get it back, so it gets a
//! handle, and the secret waits here, in memory, for a limited time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use roachvault_cockroach::Secret;
use uuid::Uuid;

use crate::error::{Code, Error, Result};

/// How long a form may stay open with a pasted secret.
const KEPT_FOR: Duration = Duration::from_secs(30 * 60);
/// More forms than this are never open; the oldest secret goes first.
const KEPT_AT_MOST: usize = 32;

#[derive(Default)]
pub struct StagedSecrets {
    secrets: Mutex<HashMap<Uuid, (Instant, Secret)>>,
}

impl StagedSecrets {
    /// Keeps the secret and returns its handle.
    pub fn stage(&self, secret: Secret) -> Uuid {
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.retain(|_, (since, _)| since.elapsed() < KEPT_FOR);
        if secrets.len() >= KEPT_AT_MOST
            && let Some(oldest) = secrets
                .iter()
                .min_by_key(|(_, (since, _))| *since)
                .map(|(handle, _)| *handle)
        {
            secrets.remove(&oldest);
        }
        let handle = Uuid::new_v4();
        secrets.insert(handle, (Instant::now(), secret));
        handle
    }

    /// The secret stays, because a test of the connection comes before saving it.
    pub fn get(&self, handle: Uuid) -> Result<Secret> {
        let secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        secrets
            .get(&handle)
            .filter(|(since, _)| since.elapsed() < KEPT_FOR)
            .map(|(_, secret)| secret.clone())
            .ok_or_else(|| {
                Error::new(Code::SecretNeeded, "The pasted secret is no longer in memory.")
                    .hint("Paste it again.")
            })
    }

    pub fn discard(&self, handle: Uuid) {
        self.secrets
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&handle);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_oldest_of_too_many_secrets_goes_first() {
        let staged = StagedSecrets::default();
        let first = staged.stage(Secret::new("first"));
        let others: Vec<_> = (0..KEPT_AT_MOST)
            .map(|n| staged.stage(Secret::new(n.to_string())))
            .collect();
        assert_eq!(staged.get(first).unwrap_err().code, Code::SecretNeeded);
        assert!(others.into_iter().all(|handle| staged.get(handle).is_ok()));
    }
}
