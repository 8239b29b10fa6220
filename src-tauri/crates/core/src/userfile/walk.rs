//! Which local files a choice of files and folders means.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::archive::ArchiveChunk;
use super::plan::LeftOut;

/// A local file, and its name below the folder it goes to, with `/` between its parts.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub path: PathBuf,
    pub relative: String,
    pub size_bytes: u64,
    /// Milliseconds since 1970.
    pub modified_ms: Option<i64>,
    /// What the file must be, where an archive tells it.
    pub listed: Option<Listed>,
}

/// What an archive lists of a file's bytes.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    /// Hex, of the whole file.
    pub sha256: String,
    pub chunks: Vec<ArchiveChunk>,
}

/// What a choice of files and folders comes to.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub files: Vec<Found>,
    pub left_out: Vec<LeftOut>,
    /// How many of the chosen are folders.
    pub folders: u64,
    /// Folders without anything in them.
    pub empty_folders: Vec<String>,
}

/// Chosen files under their own names, and everything below chosen folders under the folder's name.
/// Links inside folders are not followed; what cannot be read is told of and left out.
pub(super) fn walk(chosen: &[PathBuf]) -> Walked {
    let mut walked = Walked::default();
    for path in chosen {
        match (
            path.file_name().and_then(|name| name.to_str()),
            std::fs::metadata(path),
        ) {
            (None, _) => walked.leave(path, "its name is not Unicode text"),
            (_, Err(error)) => walked.leave(path, &plainly(&error)),
            (Some(name), Ok(metadata)) if metadata.is_dir() => {
                walked.folders += 1;
                walked.below(path, name);
            }
            (Some(name), Ok(metadata)) => walked.add(path, name, &metadata),
        }
    }
    walked
}

impl Walked {
    fn below(&mut self, folder: &Path, name: &str) {
        let entries = match std::fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>) {
            Ok(entries) => entries,
            Err(error) => return self.leave(folder, &plainly(&error)),
        };
        if entries.is_empty() {
            self.empty_folders.push(folder.display().to_string());
        }
        let mut entries: Vec<_> = entries
            .into_iter()
            .map(|entry| (entry.file_name(), entry))
            .collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        for (own, entry) in entries {
            let path = entry.path();
            let Some(own) = own.to_str() else {
                self.leave(&path, "its name is not Unicode text");
                continue;
            };
            let relative = format!("{name}/{own}");
            match entry
                .file_type()
                .and_then(|kind| entry.metadata().map(|metadata| (kind, metadata)))
            {
                Ok((kind, _)) if kind.is_symlink() => {
                    self.leave(&path, "it is a link, and links in folders are not followed");
                }
                Ok((kind, _)) if kind.is_dir() => self.below(&path, &relative),
                Ok((_, metadata)) => self.add(&path, &relative, &metadata),
                Err(error) => self.leave(&path, &plainly(&error)),
            }
        }
    }

    fn add(&mut self, path: &Path, relative: &str, metadata: &std::fs::Metadata) {
        if !metadata.is_file() {
            return self.leave(path, "it is not an ordinary file");
        }
        if let Err(error) = std::fs::File::open(path) {
            return self.leave(path, &plainly(&error));
        }
        self.files.push(Found {
            path: path.to_owned(),
            relative: relative.to_owned(),
            size_bytes: metadata.len(),
            modified_ms: modified_ms(metadata),
            listed: None,
        });
    }

    fn leave(&mut self, path: &Path, why: &str) {
        self.left_out.push(LeftOut {
            path: path.display().to_string(),
            why: why.to_owned(),
        });
    }
}

pub(super) fn modified_ms(metadata: &std::fs::Metadata) -> Option<i64> {
    let since = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

fn plainly(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".into(),
        std::io::ErrorKind::PermissionDenied => "it may not be read".into(),
        _ => error.to_string(),
    }
}
