//! Storage keys and passphrases that are at hand in this process.
//!
//! Jobs and plans are written down and named without their secrets. Whoever goes on with one asks
//! here; after a restart the answer may be that the person has to enter the secret again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use roachvault_cockroach::{Secret, StorageUri};

use crate::cluster::{ConnectionId, OpenCluster};
use crate::error::{Code, Error, Result};
use crate::plan::PlanId;

#[derive(Default)]
pub(crate) struct Keys(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// By connection and redacted form.
    collections: BTreeMap<(ConnectionId, String), StorageUri>,
    passphrases: BTreeMap<PlanId, Secret>,
}

impl Keys {
    /// Reads a collection's name: a whole URI, or the redacted form of one that was entered before.
    pub fn collection(&self, open: &OpenCluster, name: &str) -> Result<StorageUri> {
        self.collection_of(open.id, open.readable().user(), name)
    }

    fn collection_of(&self, connection: ConnectionId, user: &str, name: &str) -> Result<StorageUri> {
        let uri = StorageUri::parse(name, user)?;
        if let Some(known) = self
            .lock()
            .collections
            .get(&(connection, uri.redacted().to_owned()))
        {
            return Ok(known.clone());
        }
        if uri.is_redacted() {
            return Err(
                Error::new(Code::SecretNeeded, "The keys of this storage are not at hand.")
                    .hint("Enter the storage address with its keys again."),
            );
        }
        Ok(uri)
    }

    pub fn remember(&self, connection: ConnectionId, uri: StorageUri) {
        self.lock()
            .collections
            .insert((connection, uri.redacted().to_owned()), uri);
    }

    pub fn remembered(&self, connection: ConnectionId) -> Vec<StorageUri> {
        let inner = self.lock();
        inner
            .collections
            .iter()
            .filter(|((of, _), _)| *of == connection)
            .map(|(_, uri)| uri.clone())
            .collect()
    }

    pub fn keep_passphrase(&self, plan: PlanId, passphrase: Option<Secret>) {
        if let Some(passphrase) = passphrase {
            self.lock().passphrases.insert(plan, passphrase);
        }
    }

    pub fn passphrase(&self, plan: PlanId) -> Option<Secret> {
        self.lock().passphrases.get(&plan).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing that can panic runs under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_redacted_name_finds_the_keys_entered_before_and_only_for_its_connection() {
        let keys = Keys::default();
        let (mine, other) = (ConnectionId::new(), ConnectionId::new());
        let clear = "s3://b/p?AWS_ACCESS_KEY_ID=id&AWS_SECRET_ACCESS_KEY=hush";
        let uri = keys.collection_of(mine, "me", clear).unwrap();
        let name = uri.redacted().to_owned();
        keys.remember(mine, uri);
        assert!(keys.collection_of(mine, "me", &name).unwrap().has_secrets());
        assert_eq!(
            keys.collection_of(other, "me", &name).unwrap_err().code,
            Code::SecretNeeded
        );
        assert!(keys.collection_of(other, "me", "userfile:///x").is_ok());
    }
}
