//! The file itself: JSON, as it is or inside age.

use std::io::Read;
use std::path::Path;

use age::secrecy::SecretString;
use chrono::{DateTime, Utc};
use roachvault_cockroach::Secret;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::connection::index;
use crate::connection::saved::ConnectionDetails;
use crate::error::{Code, Error, Result};

const FORMAT: &str = "roachvault-connections";
const VERSION: u64 = 1;
/// Thousands of connections with certificates fit.
const LONGEST_FILE_BYTES: u64 = 16 * 1024 * 1024;
const ARMOR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";

#[derive(Serialize, Deserialize)]
struct ExchangeFile {
    format: String,
    version: u64,
    exported_at: DateTime<Utc>,
    connections: Vec<Exchanged>,
}

/// The texts are wiped when they are dropped. They are written only into an encrypted file.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Exchanged {
    #[serde(flatten)]
    pub details: ConnectionDetails,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Zeroizing<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_key: Option<Zeroizing<String>>,
    /// The connection has a password, wherever it is.
    #[serde(default)]
    pub has_password: bool,
    #[serde(default)]
    pub has_client_key: bool,
}

/// Writes the file whole or not at all; under a passphrase it is encrypted. Blocks.
pub(super) fn write(path: &Path, connections: Vec<Exchanged>, passphrase: Option<Secret>) -> Result<()> {
    let file = ExchangeFile {
        format: FORMAT.into(),
        version: VERSION,
        exported_at: Utc::now(),
        connections,
    };
    let written = match passphrase {
        None => index::write_atomically(path, &file),
        Some(passphrase) => encrypted(&file, &passphrase)
            .and_then(|armored| index::write_bytes_atomically(path, armored.as_bytes())),
    };
    written.map_err(|error| {
        Error::new(Code::LocalDisk, "The file could not be written.")
            .hint("Choose another folder, or check the free space.")
            .detail(error.to_string())
    })
}

fn encrypted(file: &ExchangeFile, passphrase: &Secret) -> std::io::Result<String> {
    let plain = Zeroizing::new(serde_json::to_vec(file)?);
    let passphrase = SecretString::from(passphrase.expose().to_owned());
    age::encrypt_and_armor(&age::scrypt::Recipient::new(passphrase), &plain).map_err(std::io::Error::other)
}

/// Reads the file; one that is encrypted needs its passphrase. Blocks.
pub(super) fn read(path: &Path, passphrase: Option<Secret>) -> Result<Vec<Exchanged>> {
    let unreadable = |detail: String| {
        Error::new(Code::LocalDisk, "The file could not be read.")
            .hint("Choose it again.")
            .detail(detail)
    };
    let not_ours = || {
        Error::new(
            Code::InvalidInput,
            "This file does not hold connections exported by Roachvault.",
        )
        .hint("Choose a file made with Export connections.")
    };
    let length = std::fs::metadata(path)
        .map_err(|error| unreadable(error.to_string()))?
        .len();
    if length > LONGEST_FILE_BYTES {
        return Err(not_ours());
    }
    let bytes = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    let plain = if bytes.trim_ascii_start().starts_with(ARMOR) || bytes.starts_with(b"age-encryption.org/") {
        let Some(passphrase) = passphrase else {
            return Err(Error::new(Code::SecretNeeded, "This file is encrypted.")
                .hint("Enter the passphrase it was exported with.")
                .field("passphrase", "Needed to read the file."));
        };
        decrypt(&bytes, &passphrase)?
    } else {
        Zeroizing::new(bytes)
    };
    let file: ExchangeFile = serde_json::from_slice(&plain).map_err(|_| not_ours())?;
    if file.format != FORMAT {
        return Err(not_ours());
    }
    if file.version > VERSION {
        return Err(
            Error::new(Code::Unsupported, "This file was written by a newer Roachvault.")
                .hint("Install the newer version to import it."),
        );
    }
    Ok(file.connections)
}

fn decrypt(bytes: &[u8], passphrase: &Secret) -> Result<Zeroizing<Vec<u8>>> {
    let damaged = || Error::new(Code::Corrupt, "The file is damaged.").hint("Export the connections again.");
    let identity = age::scrypt::Identity::new(SecretString::from(passphrase.expose().to_owned()));
    let decryptor = age::Decryptor::new_buffered(age::armor::ArmoredReader::new(bytes.trim_ascii_start()))
        .map_err(|_| damaged())?;
    let mut reader = decryptor
        .decrypt(std::iter::once(&identity as &dyn age::Identity))
        .map_err(|error| match error {
            age::DecryptError::ExcessiveWork { .. } => Error::new(
                Code::Unsupported,
                "Opening this file would take this computer too long.",
            ),
            age::DecryptError::DecryptionFailed
            | age::DecryptError::NoMatchingKeys
            | age::DecryptError::KeyDecryptionFailed => {
                Error::new(Code::Auth, "The passphrase does not open this file.")
                    .field("passphrase", "Try again.")
            }
            _ => damaged(),
        })?;
    let mut plain = Zeroizing::new(Vec::new());
    reader.read_to_end(&mut plain).map_err(|_| damaged())?;
    Ok(plain)
}
