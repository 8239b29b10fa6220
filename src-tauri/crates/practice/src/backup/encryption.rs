//! Encryption of backup files. The files really are encrypted, so that a wrong passphrase fails for the reason it
//! fails on a real cluster, and a copied backup gives nothing away.
//!
//! A file is the word `encrypt`, one version byte, a nonce and what AES-256-GCM made of the content. The key
//! comes from a passphrase (PBKDF2 with SHA-256, 64,000 rounds, salt in `ENCRYPTION-INFO`) or is a random one that
//! key services wrapped (the wrapped keys are in `ENCRYPTION-INFO`).

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, pbkdf2};
use serde::{Deserialize, Serialize};

use crate::datum::{hex, unhex};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::stmt::uri::StorageUri;

const MAGIC: &[u8] = b"encrypt\x02";
const ROUNDS: NonZeroU32 = match NonZeroU32::new(64_000) {
    Some(rounds) => rounds,
    None => NonZeroU32::MIN,
};

/// What a statement gives to unlock a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unlock {
    /// Nothing.
    None,
    /// `encryption_passphrase`.
    Passphrase(String),
    /// `kms`: the URIs of key services.
    Kms(Vec<String>),
}

/// The key of one backup's files.
#[derive(Clone)]
pub struct Key([u8; 32]);

/// The content of `ENCRYPTION-INFO`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum EncryptionInfo {
    /// The salt, as hex.
    Passphrase { salt: String },
    /// The data key as each key service wrapped it, as hex, by the service's key id.
    Kms { wrapped: BTreeMap<String, String> },
}

fn internal(what: &str) -> SqlError {
    SqlError::new(sqlstate::INTERNAL, format!("practice cluster encryption: {what}"))
}

fn random<const N: usize>() -> SqlResult<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| internal("no random numbers"))?;
    Ok(bytes)
}

impl Key {
    /// The key a passphrase gives with a salt.
    fn derive(passphrase: &str, salt: &[u8]) -> Key {
        let mut key = [0; 32];
        pbkdf2::derive(
            pbkdf2::PBKDF2_HMAC_SHA256,
            ROUNDS,
            salt,
            passphrase.as_bytes(),
            &mut key,
        );
        Key(key)
    }

    fn aead(&self) -> SqlResult<LessSafeKey> {
        Ok(LessSafeKey::new(
            UnboundKey::new(&AES_256_GCM, &self.0).map_err(|_| internal("key refused"))?,
        ))
    }

    /// The encrypted form of a file.
    pub fn seal(&self, plain: &[u8]) -> SqlResult<Vec<u8>> {
        let nonce: [u8; NONCE_LEN] = random()?;
        let mut sealed = plain.to_vec();
        self.aead()?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)
            .map_err(|_| internal("sealing failed"))?;
        Ok([MAGIC, &nonce, &sealed].concat())
    }

    /// The content of an encrypted file; the wording of a wrong key is the server's.
    pub fn open(&self, bytes: &[u8]) -> SqlResult<Vec<u8>> {
        let wrong = || {
            SqlError::plain("failed to decrypt — maybe incorrect key: cipher: message authentication failed")
        };
        let body = bytes
            .strip_prefix(MAGIC)
            .ok_or_else(|| SqlError::plain("file does not appear to be encrypted"))?;
        let (nonce, sealed) = body.split_first_chunk::<NONCE_LEN>().ok_or_else(wrong)?;
        let mut opened = sealed.to_vec();
        let length = self
            .aead()?
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::empty(), &mut opened)
            .map_err(|_| wrong())?
            .len();
        opened.truncate(length);
        Ok(opened)
    }
}

/// Whether a file starts as encrypted ones do.
pub fn looks_encrypted(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// `file appears encrypted …`, for a statement that gave no key.
pub fn appears_encrypted() -> SqlError {
    SqlError::plain(
        "file appears encrypted -- try specifying one of \"encryption_passphrase\" or \"kms\": proto: wrong wireType = 5 \
         for field EntryCounts",
    )
}

/// A practice key service: its key follows from where the URI points, not from the credentials in it.
struct KeyService {
    id: String,
    key: Key,
}

impl KeyService {
    fn open(uri: &str) -> SqlResult<KeyService> {
        let parsed = StorageUri::parse(uri).ok_or_else(|| {
            SqlError::plain(format!(
                "unsupported KMS scheme: {uri} - refer to docs to find supported KMS schemes"
            ))
        })?;
        let place = format!("{}://{}{}", parsed.scheme, parsed.host, parsed.path);
        let mut key = [0; 32];
        key.copy_from_slice(
            digest::digest(&digest::SHA256, format!("practice kms {place}").as_bytes()).as_ref(),
        );
        Ok(KeyService {
            id: hex(&digest::digest(&digest::SHA256, place.as_bytes()).as_ref()[..8]),
            key: Key(key),
        })
    }
}

/// A new key for a full backup, and the file that lets it be found again. `None` when nothing is to be encrypted.
pub fn create(unlock: &Unlock) -> SqlResult<Option<(Key, EncryptionInfo)>> {
    match unlock {
        Unlock::None => Ok(None),
        Unlock::Passphrase(passphrase) => {
            let salt: [u8; 16] = random()?;
            Ok(Some((
                Key::derive(passphrase, &salt),
                EncryptionInfo::Passphrase { salt: hex(&salt) },
            )))
        }
        Unlock::Kms(uris) => {
            let key = Key(random()?);
            let mut wrapped = BTreeMap::new();
            for uri in uris {
                let service = KeyService::open(uri)?;
                wrapped.insert(service.id, hex(&service.key.seal(&key.0)?));
            }
            Ok(Some((key, EncryptionInfo::Kms { wrapped })))
        }
    }
}

/// The key of an existing backup. `info` is the content of its `ENCRYPTION-INFO`.
pub fn unlock(unlock: &Unlock, info: &[u8]) -> SqlResult<Option<Key>> {
    let unreadable = || SqlError::plain("could not find or read encryption information: unexpected content");
    match unlock {
        Unlock::None => Ok(None),
        Unlock::Passphrase(passphrase) => match serde_json::from_slice(info).map_err(|_| unreadable())? {
            EncryptionInfo::Passphrase { salt } => Ok(Some(Key::derive(
                passphrase,
                &unhex(&salt).ok_or_else(unreadable)?,
            ))),
            // Any key that does not fit: the first file then fails to decrypt, as on a real cluster.
            EncryptionInfo::Kms { .. } => Ok(Some(Key::derive(passphrase, b""))),
        },
        Unlock::Kms(uris) => {
            let not_used = |ids: &str| {
                SqlError::plain(format!(
                    "one of the provided URIs was not used when encrypting the base BACKUP: could not find an entry in the \
                     encryptedDataKeyMap for IDs {ids}"
                ))
            };
            let wrapped = match serde_json::from_slice(info).map_err(|_| unreadable())? {
                EncryptionInfo::Kms { wrapped } => wrapped,
                EncryptionInfo::Passphrase { .. } => BTreeMap::new(),
            };
            let mut key = None;
            for uri in uris {
                let service = KeyService::open(uri)?;
                let found = wrapped.get(&service.id).ok_or_else(|| not_used(&service.id))?;
                let opened = service.key.open(&unhex(found).ok_or_else(unreadable)?)?;
                key = opened.try_into().ok().map(Key);
            }
            key.map(Some).ok_or_else(unreadable)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_right_passphrase_opens_and_a_wrong_one_does_not() {
        let (key, info) = create(&Unlock::Passphrase("123".into())).unwrap().unwrap();
        let sealed = key.seal(b"content").unwrap();
        assert!(looks_encrypted(&sealed) && !sealed.windows(7).any(|window| window == b"content"));
        let info = serde_json::to_vec(&info).unwrap();
        let right = unlock(&Unlock::Passphrase("123".into()), &info).unwrap().unwrap();
        assert_eq!(right.open(&sealed).unwrap(), b"content");
        let wrong = unlock(&Unlock::Passphrase("1234".into()), &info)
            .unwrap()
            .unwrap();
        assert!(
            wrong
                .open(&sealed)
                .unwrap_err()
                .message
                .contains("failed to decrypt")
        );
    }

    #[test]
    fn any_of_the_key_services_opens_and_another_does_not() {
        let uris = ["aws:///a?AUTH=implicit", "aws:///b?AUTH=implicit"]
            .map(str::to_owned)
            .to_vec();
        let (key, info) = create(&Unlock::Kms(uris)).unwrap().unwrap();
        let sealed = key.seal(b"content").unwrap();
        let info = serde_json::to_vec(&info).unwrap();
        let by_b = unlock(&Unlock::Kms(vec!["aws:///b?AUTH=specified".into()]), &info)
            .unwrap()
            .unwrap();
        assert_eq!(by_b.open(&sealed).unwrap(), b"content");
        let Err(error) = unlock(&Unlock::Kms(vec!["aws:///c".into()]), &info) else {
            panic!("opened")
        };
        assert!(error.message.starts_with("one of the provided URIs was not used"));
        let passphrase = unlock(&Unlock::Passphrase("x".into()), &info).unwrap().unwrap();
        assert!(
            passphrase
                .open(&sealed)
                .unwrap_err()
                .message
                .contains("failed to decrypt")
        );
    }

    #[test]
    fn a_changed_byte_is_noticed() {
        let (key, _) = create(&Unlock::Passphrase("p".into())).unwrap().unwrap();
        let mut sealed = key.seal(b"content").unwrap();
        if let Some(last) = sealed.last_mut() {
            *last ^= 1;
        }
        assert!(key.open(&sealed).is_err());
    }
}
