//! Storage in folders of this computer: nodelocal, and the stand-ins of cloud buckets. Nothing of a cloud is called; a
//! bucket is a folder, and a small list of credentials decides who may do what, so that wrong keys, missing buckets and
//! missing rights fail with the words a client gets from the real ones.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{SqlError, SqlResult, sqlstate};
use crate::stmt::uri::StorageUri;

/// The file with the practice clouds' accounts, in the external folder.
const ACCOUNTS_FILE: &str = "credentials.json";

/// What an account may do with a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Rights {
    ReadWrite,
    ReadOnly,
    WriteOnly,
}

/// An account of a practice cloud.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Account {
    /// `s3`, `gs` or `azure-blob`.
    cloud: String,
    /// Access key id, or account name.
    id: String,
    secret: String,
    /// `*` stands for every bucket.
    buckets: BTreeMap<String, Rights>,
}

/// The accounts a new practice cluster has.
fn sample_accounts() -> Vec<Account> {
    ["s3", "gs", "azure-blob"]
        .into_iter()
        .map(|cloud| Account {
            cloud: cloud.to_owned(),
            id: "practice".to_owned(),
            secret: "practice-secret".to_owned(),
            buckets: BTreeMap::from([
                ("practice".to_owned(), Rights::ReadWrite),
                ("practice-read-only".to_owned(), Rights::ReadOnly),
                ("practice-write-only".to_owned(), Rights::WriteOnly),
            ]),
        })
        .collect()
}

fn accounts(external: &Path) -> SqlResult<Vec<Account>> {
    let path = external.join(ACCOUNTS_FILE);
    let unusable = |error: String| {
        SqlError::plain(format!(
            "the accounts of the practice clouds in {}: {error}",
            path.display()
        ))
    };
    match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| unusable(error.to_string())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let accounts = sample_accounts();
            for account in &accounts {
                for bucket in account.buckets.keys() {
                    std::fs::create_dir_all(external.join(&account.cloud).join(bucket))
                        .map_err(|error| unusable(error.to_string()))?;
                }
            }
            let text = serde_json::to_vec_pretty(&accounts).map_err(|error| unusable(error.to_string()))?;
            std::fs::write(&path, text).map_err(|error| unusable(error.to_string()))?;
            Ok(accounts)
        }
        Err(error) => Err(unusable(error.to_string())),
    }
}

/// Why a bucket refuses everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    UnknownKey,
    WrongSecret,
    NoBucket,
}

/// What kind of place a folder stands for, which decides the wording of its errors.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    NodeLocal,
    Bucket {
        cloud: &'static str,
        rights: Option<Rights>,
        refusal: Option<Refusal>,
    },
}

/// A place in a folder.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
    kind: Kind,
}

/// The parts of `path` without empty ones; refuses to climb.
fn below(root: &Path, path: &str) -> SqlResult<PathBuf> {
    let mut place = root.to_owned();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        // On Windows one part may itself be a path, such as `C:` or `..\..`.
        let mut own = Path::new(part).components();
        if !matches!((own.next(), own.next()), (Some(Component::Normal(_)), None)) {
            return Err(SqlError::plain(format!(
                "local file access to paths outside of external-io-dir is not allowed: {path}"
            )));
        }
        place.push(part);
    }
    Ok(place)
}

impl Folder {
    /// `nodelocal://1/path`, already checked.
    pub fn node_local(external: &Path, uri: &StorageUri) -> SqlResult<Folder> {
        let node = if uri.host == "self" { "1" } else { &uri.host };
        let root = below(&external.join("nodelocal").join(node), &uri.path)?;
        Ok(Folder {
            root,
            kind: Kind::NodeLocal,
        })
    }

    /// A place in a bucket. `account` is the key id and the secret the URI gives; none for implicit credentials.
    pub fn bucket(
        external: &Path,
        cloud: &'static str,
        uri: &StorageUri,
        account: Option<(&str, &str)>,
    ) -> SqlResult<Folder> {
        let all = accounts(external)?;
        let bucket = external.join(cloud).join(below(Path::new(""), &uri.host)?);
        let (rights, refusal) = match account {
            None => (Some(Rights::ReadWrite), None),
            Some((id, secret)) => match all
                .iter()
                .find(|account| account.cloud == cloud && account.id == id)
            {
                None => (None, Some(Refusal::UnknownKey)),
                Some(account) if account.secret != secret => (None, Some(Refusal::WrongSecret)),
                Some(account) => (
                    account
                        .buckets
                        .get(&uri.host)
                        .or_else(|| account.buckets.get("*"))
                        .copied(),
                    None,
                ),
            },
        };
        let refusal = refusal.or_else(|| (!bucket.is_dir()).then_some(Refusal::NoBucket));
        Ok(Folder {
            root: below(&bucket, &uri.path)?,
            kind: Kind::Bucket {
                cloud,
                rights,
                refusal,
            },
        })
    }

    /// What the cloud's library says when it refuses.
    fn refused(&self, writing: bool) -> Option<&'static str> {
        let Kind::Bucket {
            cloud,
            rights,
            refusal,
        } = &self.kind
        else {
            return None;
        };
        let allowed = matches!(
            (rights, writing),
            (Some(Rights::ReadWrite), _) | (Some(Rights::ReadOnly), false) | (Some(Rights::WriteOnly), true)
        );
        Some(match (*cloud, refusal) {
            ("s3", Some(Refusal::UnknownKey)) => {
                "InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records."
            }
            ("s3", Some(Refusal::WrongSecret)) => {
                "SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided. \
                 Check your key and signing method."
            }
            ("s3", Some(Refusal::NoBucket)) => "NoSuchBucket: The specified bucket does not exist",
            ("gs", Some(Refusal::UnknownKey | Refusal::WrongSecret)) => {
                "googleapi: Error 401: Invalid Credentials, authError"
            }
            ("gs", Some(Refusal::NoBucket)) => "storage: bucket doesn't exist",
            (_, Some(Refusal::UnknownKey | Refusal::WrongSecret)) => {
                "RESPONSE 403: 403 Server failed to authenticate the request. ERROR CODE: AuthenticationFailed"
            }
            (_, Some(Refusal::NoBucket)) => {
                "RESPONSE 404: 404 The specified container does not exist. ERROR CODE: ContainerNotFound"
            }
            (_, None) if allowed => return None,
            ("s3", None) => "AccessDenied: Access Denied",
            ("gs", None) => {
                "googleapi: Error 403: Caller does not have the required access to the Google Cloud Storage object., forbidden"
            }
            (_, None) => {
                "RESPONSE 403: 403 This request is not authorized to perform this operation. ERROR CODE: AuthorizationFailure"
            }
        })
    }

    fn cloud(&self) -> &'static str {
        match &self.kind {
            Kind::NodeLocal => "nodelocal",
            Kind::Bucket { cloud, .. } => cloud,
        }
    }

    fn missing(&self, name: &str) -> SqlError {
        let message = match self.cloud() {
            "nodelocal" => {
                format!("nodelocal storage file does not exist: {name}: external_storage: file doesn't exist")
            }
            "s3" => format!(
                "failed to get s3 object: s3 object does not exist: NoSuchKey: The specified key does not exist: {name}: \
                 external_storage: file doesn't exist"
            ),
            "gs" => format!(
                "gcs object does not exist: {name}: storage: object doesn't exist: external_storage: file doesn't exist"
            ),
            _ => format!(
                "azure blob does not exist: BlobNotFound: {name}: external_storage: file doesn't exist"
            ),
        };
        SqlError::new(sqlstate::UNDEFINED_FILE, message)
    }

    fn refusal_on_read(&self, name: &str) -> Option<SqlError> {
        let why = self.refused(false)?;
        let gone = why.starts_with("NoSuchBucket")
            || why.contains("bucket doesn't exist")
            || why.contains("ContainerNotFound");
        Some(match (self.cloud(), gone) {
            ("s3", true) => SqlError::new(
                sqlstate::UNDEFINED_FILE,
                format!(
                    "failed to get s3 object: s3 object does not exist: {why}: external_storage: file doesn't exist"
                ),
            ),
            ("s3", false) => SqlError::plain(format!("failed to get s3 object: {why}")),
            (_, true) => SqlError::new(
                sqlstate::UNDEFINED_FILE,
                format!("{why}: {name}: external_storage: file doesn't exist"),
            ),
            _ => SqlError::plain(format!("unable to read {name}: {why}")),
        })
    }

    /// The content of a file.
    pub fn read(&self, name: &str) -> SqlResult<Vec<u8>> {
        if let Some(refusal) = self.refusal_on_read(name) {
            return Err(refusal);
        }
        match std::fs::read(below(&self.root, name)?) {
            Ok(bytes) => Ok(bytes),
            Err(error)
                if error.kind() == std::io::ErrorKind::NotFound
                    || error.kind() == std::io::ErrorKind::NotADirectory =>
            {
                Err(self.missing(name))
            }
            Err(error) => Err(SqlError::plain(format!("{name}: {error}"))),
        }
    }

    /// Writes a file, in place of an older one if there is one. Readers never see half of it.
    pub fn write(&self, name: &str, bytes: &[u8]) -> SqlResult<()> {
        if let Some(why) = self.refused(true) {
            return Err(SqlError::plain(format!("upload failed: {why}")));
        }
        let path = below(&self.root, name)?;
        let failed = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::StorageFull => SqlError::new(sqlstate::DISK_FULL, "no space left on device"),
            _ => SqlError::plain(format!("writing {name}: {error}")),
        };
        let folder = path.parent().unwrap_or(&self.root);
        std::fs::create_dir_all(folder).map_err(failed)?;
        let temporary = folder.join(format!(".{}.tmp", uuid::Uuid::new_v4()));
        std::fs::write(&temporary, bytes)
            .and_then(|()| std::fs::rename(&temporary, &path))
            .map_err(|error| {
                // The write has failed already; what is left of the temporary file is of no use to anybody.
                let _ = std::fs::remove_file(&temporary);
                failed(error)
            })
    }

    /// Names and sizes of the files whose names start with `wanted`, without that, in order of name.
    pub fn list_below(&self, wanted: &str) -> SqlResult<Vec<(String, u64)>> {
        if let Some(why) = self.refused(false) {
            let prefix = if self.cloud() == "s3" {
                "failed to list s3 bucket: "
            } else {
                "unable to list files: "
            };
            return Err(SqlError::new(sqlstate::IO_ERROR, format!("{prefix}{why}")));
        }
        let mut found = Vec::new();
        let (folder, start) = wanted.rsplit_once('/').unwrap_or(("", wanted));
        let mut open = vec![(below(&self.root, folder)?, String::new())];
        while let Some((folder, prefix)) = open.pop() {
            let entries = match std::fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => {
                    return Err(SqlError::new(
                        sqlstate::IO_ERROR,
                        format!("{}: {error}", folder.display()),
                    ));
                }
            };
            for entry in entries.flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                let Ok(kind) = entry.file_type() else { continue };
                if kind.is_dir() {
                    open.push((entry.path(), format!("{prefix}{name}/")));
                } else if kind.is_file() && !name.ends_with(".tmp") {
                    found.push((
                        format!("{prefix}{name}"),
                        entry.metadata().map_or(0, |metadata| metadata.len()),
                    ));
                }
            }
        }
        found.sort();
        Ok(found
            .into_iter()
            .filter_map(|(name, size)| Some((name.strip_prefix(start)?.to_owned(), size)))
            .collect())
    }

    /// The size of a file; none when there is no such file.
    pub fn size(&self, name: &str) -> SqlResult<Option<u64>> {
        if let Some(refusal) = self.refusal_on_read(name) {
            return Err(refusal);
        }
        let found = std::fs::metadata(below(&self.root, name)?);
        Ok(found
            .ok()
            .filter(std::fs::Metadata::is_file)
            .map(|metadata| metadata.len()))
    }

    /// Removes a file; a missing one is no error.
    pub fn delete(&self, name: &str) -> SqlResult<()> {
        if let Some(why) = self.refused(true) {
            return Err(SqlError::plain(format!("delete failed: {why}")));
        }
        match std::fs::remove_file(below(&self.root, name)?) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(SqlError::plain(format!("{name}: {error}")))
            }
            _ => Ok(()),
        }
    }
}
