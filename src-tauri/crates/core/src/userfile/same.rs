//! Whether what is in the way is the same file.
//!
//! Times tell when something was written and not what it holds: of an archive that is imported twice, every file would be
//! called older than itself. So the bytes are compared where that is cheap. A cluster digests its own chunks, and only the
//! digests travel; archives list theirs; a file on this computer is read. All of this reads bytes on one side or the other, so
//! one plan compares only so many, the smallest files first.

use std::collections::HashMap;
use std::path::PathBuf;

use roachvault_cockroach::userfile::{self, FileRow, Layout, Store};
use uuid::Uuid;

use super::archive::{ArchiveChunk, digest_file};
use super::look::lanes;

/// What is known of two files of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
    Identical,
    Different,
    /// Of equal size, and too large to be compared while a person waits, or without digests that could be.
    NotCompared,
}

/// One side of a comparison; the other is a file of a store.
pub(super) enum Side {
    /// A file on this computer.
    Local(PathBuf),
    /// What an archive lists of a file.
    Listed {
        chunks: Vec<ArchiveChunk>,
        /// Hex, of the whole file.
        sha256: String,
    },
    /// A file of another store.
    Stored(FileRow),
}

/// Two files of one name.
pub(super) struct Pair {
    pub side: Side,
    pub size_bytes: u64,
    pub stored: FileRow,
}

/// So many bytes are compared for one plan.
const MOST_BYTES: u64 = 256 << 20;

/// So many bytes the cluster digests in one statement.
const STATEMENT_BYTES: u64 = 64 << 20;
const STATEMENT_FILES: usize = 200;

/// Compares each pair. `from` is the store of those sides that are stored. That something could not be compared fails
/// nothing: it is said of that file.
pub(super) async fn compare(store: &Store, from: Option<&Store>, pairs: Vec<Pair>) -> Vec<Contents> {
    compare_up_to(store, from, pairs, MOST_BYTES).await
}

async fn compare_up_to(
    store: &Store,
    from: Option<&Store>,
    pairs: Vec<Pair>,
    most_bytes: u64,
) -> Vec<Contents> {
    let mut found: Vec<Contents> = pairs
        .iter()
        .map(|pair| {
            if pair.size_bytes == pair.stored.size_bytes {
                Contents::NotCompared
            } else {
                Contents::Different
            }
        })
        .collect();
    let mut equal: Vec<usize> = (0..pairs.len())
        .filter(|at| found[*at] == Contents::NotCompared)
        .collect();
    equal.sort_by_key(|at| pairs[*at].size_bytes);
    let mut left = most_bytes;
    equal.retain(|at| {
        let fits = pairs[*at].size_bytes <= left;
        left -= if fits { pairs[*at].size_bytes } else { 0 };
        fits
    });
    let (mut stored, mut sources) = (Vec::new(), Vec::new());
    for at in &equal {
        stored.push(pairs[*at].stored.clone());
        if let Side::Stored(row) = &pairs[*at].side {
            sources.push(row.clone());
        }
    }
    let there = layouts_of(store, &stored).await;
    let sources = match from {
        Some(from) => layouts_of(from, &sources).await,
        None => HashMap::new(),
    };
    let mut wanted: Vec<Option<Pair>> = pairs.into_iter().map(Some).collect();
    for at in equal {
        let Some(Pair { side, stored, .. }) = wanted[at].take() else {
            continue;
        };
        let Some(layout) = there.get(&stored.file_id) else {
            continue;
        };
        found[at] = match side {
            _ if !is_whole(layout, &stored) => Contents::Different,
            Side::Local(path) => as_local(path, layout).await,
            Side::Listed { chunks, sha256 } => by_digests(&chunks, Some(&sha256), &chunks_of(layout)),
            Side::Stored(row) => match sources.get(&row.file_id) {
                Some(source) if is_whole(source, &row) => {
                    by_digests(&chunks_of(source), None, &chunks_of(layout))
                }
                Some(_) => Contents::Different,
                None => Contents::NotCompared,
            },
        };
    }
    found
}

/// How these files lie, a few at a time. Those that the cluster could not tell of are left out.
async fn layouts_of(store: &Store, files: &[FileRow]) -> HashMap<Uuid, Layout> {
    let mut found = HashMap::new();
    let lanes = lanes(store);
    let (mut ids, mut size_bytes) = (Vec::new(), 0);
    for (at, file) in files.iter().enumerate() {
        ids.push(file.file_id);
        size_bytes += file.size_bytes;
        let is_full = ids.len() == STATEMENT_FILES || size_bytes >= STATEMENT_BYTES;
        if !is_full && at + 1 < files.len() {
            continue;
        }
        match userfile::layouts(store, &lanes, &ids, None).await {
            Ok(mut layouts) => {
                found.extend(ids.drain(..).map(|id| {
                    // An empty file has no chunks.
                    (id, layouts.remove(&id).unwrap_or_else(empty))
                }));
            }
            Err(error) => {
                tracing::warn!(%error, "files could not be compared");
                return found;
            }
        }
        size_bytes = 0;
    }
    found
}

fn empty() -> Layout {
    Layout {
        chunks: Vec::new(),
        stored_bytes: 0,
        contiguous: true,
    }
}

fn is_whole(layout: &Layout, file: &FileRow) -> bool {
    layout.contiguous && layout.stored_bytes == file.size_bytes
}

fn chunks_of(layout: &Layout) -> Vec<ArchiveChunk> {
    layout
        .chunks
        .iter()
        .map(|chunk| ArchiveChunk {
            offset: chunk.offset,
            size_bytes: chunk.size_bytes,
            sha256: chunk.sha256.clone(),
        })
        .collect()
}

/// Chunks can be compared where they lie alike, and a single one with the digest of the whole file.
fn by_digests(ours: &[ArchiveChunk], whole: Option<&str>, theirs: &[ArchiveChunk]) -> Contents {
    let verdict = |is_same| {
        if is_same {
            Contents::Identical
        } else {
            Contents::Different
        }
    };
    let lies_alike = ours.len() == theirs.len()
        && ours
            .iter()
            .zip(theirs)
            .all(|(a, b)| (a.offset, a.size_bytes) == (b.offset, b.size_bytes));
    match (whole, theirs) {
        _ if lies_alike => verdict(ours == theirs),
        (Some(whole), [only]) => verdict(whole == only.sha256),
        _ => Contents::NotCompared,
    }
}

async fn as_local(path: PathBuf, layout: &Layout) -> Contents {
    let parts = chunks_of(layout);
    match tokio::task::spawn_blocking(move || digest_file(&path, &parts)).await {
        Ok(Ok(digests)) if digests.as_listed => Contents::Identical,
        Ok(Ok(_)) => Contents::Different,
        _ => Contents::NotCompared,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(offset: u64, size_bytes: u64, sha256: &str) -> ArchiveChunk {
        ArchiveChunk {
            offset,
            size_bytes,
            sha256: sha256.into(),
        }
    }

    #[test]
    fn digests_are_compared_only_of_the_same_stretches() {
        let two = [chunk(0, 4, "aa"), chunk(4, 2, "bb")];
        assert_eq!(by_digests(&two, None, &two), Contents::Identical);
        let other = [chunk(0, 4, "aa"), chunk(4, 2, "cc")];
        assert_eq!(by_digests(&two, None, &other), Contents::Different);
        let one = [chunk(0, 6, "ff")];
        assert_eq!(by_digests(&two, None, &one), Contents::NotCompared);
        assert_eq!(by_digests(&two, Some("ff"), &one), Contents::Identical);
        assert_eq!(by_digests(&two, Some("ee"), &one), Contents::Different);
        assert_eq!(by_digests(&one, Some("ff"), &two), Contents::NotCompared);
        assert_eq!(by_digests(&[], None, &[]), Contents::Identical);
    }
}
