//! Files of a cluster in a folder on this computer, in a form that tells by itself what it holds.
//!
//! An archive is a folder: the files lie below `files/` under names that are safe on every system, and
//! `roachvault-archive.json` lists them with their real names, sizes and digests. It can be looked into,
//! copied and checked with ordinary tools. The list is written last: a folder without it is not an
//! archive.

use std::io::{BufWriter, Read, Write};
use std::path::{Component, Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Code, Error, Result};

/// The list's name in the archive's folder.
pub(super) const LIST: &str = "roachvault-archive.json";
const FORMAT: &str = "roachvault-archive";
const VERSION: u32 = 1;
/// A list that is larger than this was not written by us: a million files take about half of it.
const MOST_LIST_BYTES: u64 = 1 << 30;

/// What `roachvault-archive.json` holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Archive {
    /// Always `roachvault-archive`.
    format: String,
    /// Of the format. Readers refuse a later one.
    version: u32,
    pub exported_at: DateTime<Utc>,
    /// What the cluster said of its version.
    pub cluster_version: String,
    /// Host of the store's URIs.
    pub store: String,
    /// In the order in which they are safely written into a cluster.
    pub files: Vec<ArchiveFile>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ArchiveFile {
    /// As in the cluster, below the folder that was chosen.
    pub name: String,
    /// Below the archive's folder, with `/` between its parts.
    pub path: String,
    pub size_bytes: u64,
    /// Hex, of the whole file.
    pub sha256: String,
    pub uploaded_at: Option<DateTime<Utc>>,
    pub username: String,
    /// How the cluster kept it, and the cluster's own digests.
    pub chunks: Vec<ArchiveChunk>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ArchiveChunk {
    pub offset: u64,
    pub size_bytes: u64,
    /// Hex.
    pub sha256: String,
}

impl Archive {
    pub fn new(cluster_version: String, store: String, files: Vec<ArchiveFile>) -> Self {
        Self {
            format: FORMAT.into(),
            version: VERSION,
            exported_at: Utc::now(),
            cluster_version,
            store,
            files,
        }
    }

    /// Writes the list beside the files, whole or not at all.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(LIST);
        let failed = |error: std::io::Error| local(&path, "written", &error);
        let mut file = tempfile::Builder::new()
            .prefix(".roachvault")
            .tempfile_in(folder)
            .map_err(failed)?;
        let mut out = BufWriter::new(&mut file);
        serde_json::to_writer_pretty(&mut out, self).map_err(|error| failed(error.into()))?;
        out.write_all(b"\n").and_then(|()| out.flush()).map_err(failed)?;
        drop(out);
        file.as_file().sync_data().map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// Reads the list of an archive. `chosen` is its folder, or the list itself. Answers the folder too.
    pub fn read(chosen: &Path) -> Result<(PathBuf, Self)> {
        let folder = match chosen.file_name() {
            Some(name) if name == LIST => chosen.parent().unwrap_or(Path::new(".")),
            _ => chosen,
        };
        let path = folder.join(LIST);
        let file = std::fs::File::open(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => Error::new(
                Code::NotFound,
                format!("{} is not an archive: it has no {LIST}.", folder.display()),
            )
            .hint("Choose the folder that an export made. An export that did not end has no list."),
            _ => local(&path, "read", &error),
        })?;
        let mut text = Vec::new();
        file.take(MOST_LIST_BYTES)
            .read_to_end(&mut text)
            .map_err(|error| local(&path, "read", &error))?;
        let not_ours = |detail: String| {
            Error::new(
                Code::InvalidInput,
                format!("{} is not the list of an archive.", path.display()),
            )
            .detail(detail)
        };
        #[derive(Deserialize)]
        struct Head {
            format: String,
            version: u32,
        }
        let head: Head = serde_json::from_slice(&text).map_err(|error| not_ours(error.to_string()))?;
        if head.format != FORMAT {
            return Err(not_ours(format!("its format is {:?}", head.format)));
        }
        if head.version > VERSION {
            return Err(Error::new(
                Code::Unsupported,
                "This archive was written by a later release of Roachvault.",
            )
            .hint("Import it with that release."));
        }
        let archive = serde_json::from_slice(&text).map_err(|error| not_ours(error.to_string()))?;
        Ok((folder.to_owned(), archive))
    }
}

impl ArchiveFile {
    /// Where the file lies. The list may come from anywhere, so a path that leads out of the folder, by its
    /// parts or by a link, is refused.
    pub fn find(&self, folder: &Path) -> Result<PathBuf, &'static str> {
        let relative = Path::new(&self.path);
        let plain = relative
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if !plain || self.path.is_empty() {
            return Err("its path leads out of the archive");
        }
        let missing = "it is not in the archive's folder";
        let path = folder.join(relative);
        let (real, root) = match (path.canonicalize(), folder.canonicalize()) {
            (Ok(real), Ok(root)) => (real, root),
            _ => return Err(missing),
        };
        if !real.starts_with(root) {
            return Err("its path leads out of the archive");
        }
        if !real.is_file() {
            return Err(missing);
        }
        Ok(path)
    }
}

/// What a local file is made of.
pub(super) struct Digests {
    /// Hex, of the whole file.
    pub sha256: String,
    /// Every part had the digest that was asked for, and the last one ended with the file.
    pub as_listed: bool,
}

/// Reads a file once, for its own digest and for those of its parts.
pub(super) fn digest_file(path: &Path, parts: &[ArchiveChunk]) -> Result<Digests> {
    let failed = |error: std::io::Error| local(path, "read", &error);
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let mut whole = Sha256::new();
    let mut as_listed = true;
    let mut buffer = vec![0; 256 << 10];
    for part in parts {
        let mut digest = Sha256::new();
        let mut left = part.size_bytes;
        while left > 0 {
            let want = usize::try_from(left).unwrap_or(buffer.len()).min(buffer.len());
            let read = file.read(&mut buffer[..want]).map_err(failed)?;
            if read == 0 {
                break;
            }
            whole.update(&buffer[..read]);
            digest.update(&buffer[..read]);
            left -= read as u64;
        }
        as_listed &= left == 0 && hex(&digest.finalize()) == part.sha256;
    }
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        if read == 0 {
            break;
        }
        as_listed = false;
        whole.update(&buffer[..read]);
    }
    Ok(Digests {
        sha256: hex(&whole.finalize()),
        as_listed,
    })
}

pub(super) fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn local(path: &Path, done: &str, error: &std::io::Error) -> Error {
    let why = match error.kind() {
        std::io::ErrorKind::StorageFull => "the disk is full".into(),
        std::io::ErrorKind::PermissionDenied => "permission is denied".into(),
        std::io::ErrorKind::NotFound => "there is no such file or folder".into(),
        _ => error.to_string(),
    };
    Error::new(
        Code::LocalDisk,
        format!("{} could not be {done}: {why}.", path.display()),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn file(path: &str) -> ArchiveFile {
        ArchiveFile {
            name: "a".into(),
            path: path.into(),
            size_bytes: 1,
            sha256: String::new(),
            uploaded_at: None,
            username: "root".into(),
            chunks: Vec::new(),
        }
    }

    #[test]
    fn a_list_cannot_name_a_file_outside_the_archive() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("archive");
        std::fs::create_dir(&archive).unwrap();
        std::fs::write(folder.path().join("secret"), "s").unwrap();
        std::fs::write(archive.join("inside"), "s").unwrap();
        assert!(file("inside").find(&archive).is_ok());
        let outside = folder.path().join("secret");
        for path in ["../secret", "", "x/../../secret", outside.to_str().unwrap()] {
            assert!(file(path).find(&archive).is_err(), "{path}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&outside, archive.join("link")).unwrap();
            assert!(file("link").find(&archive).is_err());
        }
    }

    #[test]
    fn only_a_list_of_ours_and_not_of_a_later_release_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let read = || Archive::read(folder.path()).unwrap_err();
        assert_eq!(read().code, Code::NotFound);
        for (text, code) in [
            ("{", Code::InvalidInput),
            (r#"{"format":"other","version":1}"#, Code::InvalidInput),
            (
                r#"{"format":"roachvault-archive","version":2}"#,
                Code::Unsupported,
            ),
        ] {
            std::fs::write(folder.path().join(LIST), text).unwrap();
            assert_eq!(read().code, code, "{text}");
        }
        let list = Archive::new("v25.4.0".into(), "a.b.c".into(), vec![file("files/a")]);
        list.write(folder.path()).unwrap();
        assert_eq!(Archive::read(folder.path()).unwrap().1.files.len(), 1);
        assert_eq!(Archive::read(&folder.path().join(LIST)).unwrap().0, folder.path());
    }

    #[test]
    fn parts_and_whole_are_digested_in_one_reading() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "abcdef").unwrap();
        let part = |offset, bytes: &str| ArchiveChunk {
            offset,
            size_bytes: bytes.len() as u64,
            sha256: hex(&Sha256::digest(bytes)),
        };
        let digests = digest_file(&path, &[part(0, "abc"), part(3, "def")]).unwrap();
        assert!(digests.as_listed);
        assert_eq!(digests.sha256, hex(&Sha256::digest("abcdef")));
        for wrong in [vec![part(0, "abc")], vec![part(0, "abc"), part(3, "deg")]] {
            assert!(!digest_file(&path, &wrong).unwrap().as_listed);
        }
    }
}
