//! The file that lists the saved connections, without their secrets.
//!
//! It is small, precious and edited by hand now and then, so it is written whole to a temporary
//! name and renamed, the version before is kept beside it, and a damaged file is set aside and
//! what is readable of it kept, rather than shown as an empty list.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::saved::SavedConnection;
use crate::error::{Code, Error, Result};

const FILE_NAME: &str = "connections.json";
const PREVIOUS_NAME: &str = "connections.previous.json";
const VERSION: u64 = 1;

#[derive(Serialize, Deserialize)]
struct IndexFile<C> {
    version: u64,
    connections: C,
}

/// What was found damaged when the app started, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Healed {
    /// The damaged file under its new name.
    pub kept_aside: PathBuf,
    pub recovered: usize,
    /// Entries that could not be read; `None` when nobody can tell.
    pub lost: Option<usize>,
}

/// The list as it lies on disk.
pub struct Index {
    folder: PathBuf,
    pub connections: Vec<SavedConnection>,
}

impl Index {
    /// Reads the file in `folder`, making the folder when needed. A file of a newer release is left
    /// alone and refused: writing it back would lose what this release does not know.
    pub fn open(folder: &Path) -> Result<(Self, Option<Healed>)> {
        fs::create_dir_all(folder).map_err(|error| local_disk("made", folder, &error))?;
        let path = folder.join(FILE_NAME);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok((
                    Self {
                        folder: folder.to_owned(),
                        connections: Vec::new(),
                    },
                    None,
                ));
            }
            Err(error) => return Err(local_disk("read", &path, &error)),
        };
        if let Ok(Value::Object(file)) = serde_json::from_slice(&bytes)
            && file
                .get("version")
                .and_then(Value::as_u64)
                .is_some_and(|version| version > VERSION)
        {
            return Err(Error::new(
                Code::Unsupported,
                "The saved connections were written by a newer Roachvault.",
            )
            .hint("Install the newer version. Nothing was changed.")
            .detail(path.display().to_string()));
        }
        if let Ok(file) = serde_json::from_slice::<IndexFile<Vec<SavedConnection>>>(&bytes) {
            return Ok((
                Self {
                    folder: folder.to_owned(),
                    connections: file.connections,
                },
                None,
            ));
        }
        Self::heal(folder, &path, &bytes)
    }

    /// Replaces the list, on disk first.
    pub fn replace(&mut self, connections: Vec<SavedConnection>) -> Result<()> {
        let path = self.folder.join(FILE_NAME);
        // The copy is a second chance only; a list that cannot be copied is still worth writing.
        let _ = fs::copy(&path, self.folder.join(PREVIOUS_NAME));
        write_atomically(
            &path,
            &IndexFile {
                version: VERSION,
                connections: &connections,
            },
        )
        .map_err(|error| local_disk("written", &path, &error))?;
        self.connections = connections;
        Ok(())
    }

    fn heal(folder: &Path, path: &Path, bytes: &[u8]) -> Result<(Self, Option<Healed>)> {
        let (connections, lost) = match readable_entries(bytes) {
            Some(found) => found,
            None => {
                let previous = fs::read(folder.join(PREVIOUS_NAME)).unwrap_or_default();
                (
                    readable_entries(&previous)
                        .map(|(connections, _)| connections)
                        .unwrap_or_default(),
                    None,
                )
            }
        };
        let kept_aside = free_name(folder);
        fs::rename(path, &kept_aside).map_err(|error| local_disk("renamed", path, &error))?;
        let healed = Healed {
            kept_aside,
            recovered: connections.len(),
            lost,
        };
        let mut index = Self {
            folder: folder.to_owned(),
            connections: Vec::new(),
        };
        index.replace(connections)?;
        Ok((index, Some(healed)))
    }
}

/// The entries that still make sense one by one, and how many do not.
fn readable_entries(bytes: &[u8]) -> Option<(Vec<SavedConnection>, Option<usize>)> {
    let file: IndexFile<Vec<Value>> = serde_json::from_slice(bytes).ok()?;
    let total = file.connections.len();
    let readable: Vec<SavedConnection> = file
        .connections
        .into_iter()
        .filter_map(|entry| serde_json::from_value(entry).ok())
        .collect();
    let lost = total - readable.len();
    Some((readable, Some(lost)))
}

fn free_name(folder: &Path) -> PathBuf {
    let stamp = chrono::Utc::now().format("%Y%m%d-%H%M%S");
    (0u32..)
        .map(|number| match number {
            0 => folder.join(format!("connections.damaged-{stamp}.json")),
            _ => folder.join(format!("connections.damaged-{stamp}-{number}.json")),
        })
        .find(|path| !path.exists())
        .unwrap_or_else(|| folder.join("connections.damaged.json"))
}

/// All of it or nothing: a temporary file in the same folder, flushed to the disk, then renamed.
pub(super) fn write_atomically(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    write_bytes_atomically(path, &text)
}

pub(super) fn write_bytes_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn local_disk(what: &str, path: &Path, error: &io::Error) -> Error {
    Error::new(
        Code::LocalDisk,
        format!("The list of connections could not be {what}."),
    )
    .hint(format!(
        "Check {} and the free space on that disk.",
        path.display()
    ))
    .detail(error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use chrono::Utc;

    use super::*;
    use crate::cluster::ConnectionId;
    use crate::connection::tests::details;

    fn saved(name: &str) -> SavedConnection {
        SavedConnection {
            id: ConnectionId::new(),
            details: details(name),
            password: Default::default(),
            client_key: Default::default(),
            created_at: Utc::now(),
            last_used_at: None,
        }
    }

    #[test]
    fn what_was_written_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let (mut index, healed) = Index::open(folder.path()).unwrap();
        assert!(healed.is_none());
        index.replace(vec![saved("a"), saved("b")]).unwrap();
        let (again, healed) = Index::open(folder.path()).unwrap();
        assert!(healed.is_none());
        assert_eq!(again.connections, index.connections);
    }

    #[test]
    fn one_damaged_entry_costs_only_itself_and_the_damaged_file_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (mut index, _) = Index::open(folder.path()).unwrap();
        index.replace(vec![saved("good"), saved("bad")]).unwrap();
        let path = folder.path().join(FILE_NAME);
        let damaged = fs::read_to_string(&path)
            .unwrap()
            .replacen("26257", "\"many\"", 1);
        fs::write(&path, &damaged).unwrap();

        let (index, healed) = Index::open(folder.path()).unwrap();
        let healed = healed.unwrap();
        assert_eq!((healed.recovered, healed.lost), (1, Some(1)));
        assert_eq!(index.connections.len(), 1);
        assert_eq!(fs::read_to_string(healed.kept_aside).unwrap(), damaged);
        assert!(
            Index::open(folder.path()).unwrap().1.is_none(),
            "healed once is healed"
        );
    }

    #[test]
    fn a_torn_file_falls_back_to_the_version_before() {
        let folder = tempfile::tempdir().unwrap();
        let (mut index, _) = Index::open(folder.path()).unwrap();
        index.replace(vec![saved("a")]).unwrap();
        index.replace(vec![saved("a"), saved("b")]).unwrap();
        let path = folder.path().join(FILE_NAME);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..text.len() / 2]).unwrap();

        let (index, healed) = Index::open(folder.path()).unwrap();
        assert_eq!(index.connections.len(), 1);
        assert_eq!(healed.unwrap().lost, None);
    }

    #[test]
    fn a_file_of_a_newer_release_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        let newer = r#"{"version": 99, "connections": {"new": "shape"}}"#;
        fs::write(&path, newer).unwrap();
        assert_eq!(Index::open(folder.path()).err().unwrap().code, Code::Unsupported);
        assert_eq!(fs::read_to_string(&path).unwrap(), newer);
    }
}
