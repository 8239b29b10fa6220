//! Which local files a choice of files and folders means.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::plan::LeftOut;

/// A local file, and its name below the folder it goes to, with `/` between its parts.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub path: PathBuf,
    pub relative: String,
    pub size_bytes: u64,
    /// Milliseconds since 1970.
    pub modified_ms: Option<i64>,
    /// What the file must be, where somebody has written it down: hex.
    pub sha256: Option<String>,
}

/// Chosen files under their own names, and everything below chosen folders under the folder's name.
/// Links inside folders are not followed; what cannot be read is told of and left out.
pub(super) fn walk(chosen: &[PathBuf]) -> (Vec<Found>, Vec<LeftOut>) {
    let (mut found, mut left_out) = (Vec::new(), Vec::new());
    for path in chosen {
        match (
            path.file_name().and_then(|name| name.to_str()),
            std::fs::metadata(path),
        ) {
            (None, _) => left_out.push(leave(path, "its name is not Unicode text")),
            (_, Err(error)) => left_out.push(leave(path, &plainly(&error))),
            (Some(name), Ok(metadata)) if metadata.is_dir() => below(path, name, &mut found, &mut left_out),
            (Some(name), Ok(metadata)) => add(path, name, &metadata, &mut found, &mut left_out),
        }
    }
    (found, left_out)
}

fn below(folder: &Path, name: &str, found: &mut Vec<Found>, left_out: &mut Vec<LeftOut>) {
    let entries = match std::fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>) {
        Ok(entries) => entries,
        Err(error) => return left_out.push(leave(folder, &plainly(&error))),
    };
    let mut entries: Vec<_> = entries
        .into_iter()
        .map(|entry| (entry.file_name(), entry))
        .collect();
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    for (own, entry) in entries {
        let path = entry.path();
        let Some(own) = own.to_str() else {
            left_out.push(leave(&path, "its name is not Unicode text"));
            continue;
        };
        let relative = format!("{name}/{own}");
        match entry
            .file_type()
            .and_then(|kind| entry.metadata().map(|metadata| (kind, metadata)))
        {
            Ok((kind, _)) if kind.is_symlink() => {
                left_out.push(leave(
                    &path,
                    "it is a link, and links in folders are not followed",
                ));
            }
            Ok((kind, _)) if kind.is_dir() => below(&path, &relative, found, left_out),
            Ok((_, metadata)) => add(&path, &relative, &metadata, found, left_out),
            Err(error) => left_out.push(leave(&path, &plainly(&error))),
        }
    }
}

fn add(
    path: &Path,
    relative: &str,
    metadata: &std::fs::Metadata,
    found: &mut Vec<Found>,
    left_out: &mut Vec<LeftOut>,
) {
    if !metadata.is_file() {
        return left_out.push(leave(path, "it is not an ordinary file"));
    }
    if let Err(error) = std::fs::File::open(path) {
        return left_out.push(leave(path, &plainly(&error)));
    }
    found.push(Found {
        path: path.to_owned(),
        relative: relative.to_owned(),
        size_bytes: metadata.len(),
        modified_ms: modified_ms(metadata),
        sha256: None,
    });
}

pub(super) fn modified_ms(metadata: &std::fs::Metadata) -> Option<i64> {
    let since = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

fn leave(path: &Path, why: &str) -> LeftOut {
    LeftOut {
        path: path.display().to_string(),
        why: why.to_owned(),
    }
}

fn plainly(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".into(),
        std::io::ErrorKind::PermissionDenied => "it may not be read".into(),
        _ => error.to_string(),
    }
}
