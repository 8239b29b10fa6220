//! The operating system's keyring, as the place core keeps secrets in.
//!
//! The store crates are used without their façade: that one connects once in the life of the
//! process, so that a keyring which starts later is never found. Here a store that failed is let go
//! and the next call connects anew.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use keyring_core::{CredentialStore, Entry, Error};
use roachvault_cockroach::Secret;
use roachvault_core::connection::{KeyringError, KeyringFailure, SecretStore};

/// Under this name all entries of the app are found in the keyring.
const SERVICE: &str = "dev.roachvault.app";

/// What the person knows the keyring as.
pub const NAME: &str = if cfg!(target_os = "windows") {
    "Windows Credential Manager"
} else if cfg!(target_os = "macos") {
    "macOS Keychain"
} else {
    "Secret Service keyring"
};

/// The keyring of this system and user.
#[derive(Default)]
pub struct SystemKeyring {
    store: Mutex<Option<Arc<CredentialStore>>>,
}

impl SystemKeyring {
    fn store(&self) -> Result<Arc<CredentialStore>, KeyringError> {
        let mut held = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = held.as_ref() {
            return Ok(Arc::clone(store));
        }
        let store = connect().map_err(|error| KeyringError {
            failure: KeyringFailure::Absent,
            ..told(&error)
        })?;
        Ok(Arc::clone(held.insert(store)))
    }

    fn with_entry<T>(
        &self,
        name: &str,
        label: Option<&str>,
        act: impl FnOnce(Entry) -> keyring_core::Result<T>,
    ) -> Result<Option<T>, KeyringError> {
        let modifiers = modifiers(label);
        let done = self.store()?.build(SERVICE, name, Some(&modifiers)).and_then(act);
        match done {
            Ok(value) => Ok(Some(value)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => {
                if matches!(error, Error::PlatformFailure(_)) {
                    // The keyring may have been restarted: do not hold on to a dead connection.
                    self.store.lock().unwrap_or_else(PoisonError::into_inner).take();
                }
                Err(told(&error))
            }
        }
    }
}

impl SecretStore for SystemKeyring {
    fn read(&self, entry: &str) -> Result<Option<Secret>, KeyringError> {
        Ok(self
            .with_entry(entry, None, |entry| {
                // As it was written: as a password Windows would take the bytes for UTF-16.
                String::from_utf8(entry.get_secret()?).map_err(|error| Error::BadEncoding(error.into_bytes()))
            })?
            .map(Secret::new))
    }

    fn write(&self, entry: &str, label: &str, secret: &Secret) -> Result<(), KeyringError> {
        // As bytes: as a password Windows would store two bytes for each character.
        let written = self.with_entry(entry, Some(label), |entry| {
            entry.set_secret(secret.expose().as_bytes())
        })?;
        written.ok_or_else(|| KeyringError {
            failure: KeyringFailure::Failing,
            detail: "the keyring took the secret for a missing entry".into(),
        })
    }

    fn delete(&self, entry: &str) -> Result<(), KeyringError> {
        self.with_entry(entry, None, |entry| entry.delete_credential())
            .map(drop)
    }

    fn probe(&self) -> Result<(), KeyringError> {
        // Reading an entry that does not exist prompts nobody and proves that the keyring answers.
        self.with_entry("probe", None, |entry| entry.get_secret().map(drop))
            .map(drop)
    }
}

/// What went wrong, without the stored bytes that some variants carry.
fn told(error: &Error) -> KeyringError {
    let (failure, detail) = match error {
        Error::NoStorageAccess(cause) => (KeyringFailure::Locked, cause.to_string()),
        Error::PlatformFailure(cause) => (KeyringFailure::Failing, cause.to_string()),
        Error::NoDefaultStore => (KeyringFailure::Absent, "no store".to_owned()),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => (
            KeyringFailure::Failing,
            "the entry does not hold what was written into it".to_owned(),
        ),
        other => (KeyringFailure::Failing, other.to_string()),
    };
    KeyringError { failure, detail }
}

#[cfg(target_os = "linux")]
fn connect() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(target_os = "macos")]
fn connect() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(target_os = "windows")]
fn connect() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(windows_native_keyring_store::Store::new()?)
}

/// Linux shows a label in its keyring app; Windows would by default let the entry roam to other
/// computers of the domain.
fn modifiers(label: Option<&str>) -> HashMap<&str, &str> {
    if cfg!(target_os = "linux") {
        label.map(|label| ("label", label)).into_iter().collect()
    } else if cfg!(target_os = "windows") {
        HashMap::from([("persistence", "Local")])
    } else {
        HashMap::new()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
