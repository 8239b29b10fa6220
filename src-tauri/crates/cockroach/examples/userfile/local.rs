//! Local paths as the original treats them.

use std::io;
use std::path::{Path, PathBuf};

/// Files below `root`, relative to it, in lexical order; a folder sorts among its siblings. Links are
/// not followed and empty folders vanish.
pub fn walk(root: &Path) -> io::Result<Vec<String>> {
    fn below(folder: &Path, prefix: &str, out: &mut Vec<String>) -> io::Result<()> {
        let mut entries = std::fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type()?;
            if kind.is_dir() {
                below(&entry.path(), &format!("{name}/"), out)?;
            } else if kind.is_file() {
                out.push(name);
            }
        }
        Ok(())
    }
    let mut out = Vec::new();
    below(root, "", &mut out)?;
    Ok(out)
}

/// Several files go below the destination under their full names; a single one goes under its last
/// part into a folder, or to exactly the destination. A name cannot climb out of the folder.
pub fn target(name: &str, destination: Option<&str>, single: bool) -> PathBuf {
    let mut parts = name.split('/').filter(|part| !matches!(*part, "" | "." | ".."));
    let base = PathBuf::from(destination.unwrap_or("."));
    if !single {
        return parts.fold(base, |path, part| path.join(part));
    }
    match (destination, parts.next_back()) {
        (Some(_), _) if !base.is_dir() => base,
        (None, Some(last)) => PathBuf::from(last),
        (_, Some(last)) => base.join(last),
        (_, None) => base,
    }
}

/// `1 B`, `4.0 KiB`.
pub fn size_words(bytes: u64) -> String {
    let (mut size, mut unit) = (bytes as f64, 0);
    while size >= 1024.0 && unit < 6 {
        size /= 1024.0;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes} B"),
        _ => format!("{size:.1} {}iB", ["", "K", "M", "G", "T", "P", "E"][unit]),
    }
}
