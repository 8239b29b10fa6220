//! In which order the files of a backup collection travel.
//!
//! CockroachDB finds a backup by its manifest and the latest one by a pointer. While a collection is
//! being copied, a reader must not take a half of it for the whole: data goes first, what makes it
//! visible goes last, and where a file failed, what would make the gap visible is held back.

use std::collections::BTreeMap;

use super::collection::within_collections;
use crate::error::{Code, Error};
use crate::job::{FileEnd, FileResult};

/// Data and lists, statistics, checksums, manifests; then the same of incremental backups; then the
/// index; last of all what points to the latest backup. Other files are as data.
pub(super) fn rank(name: &str) -> u8 {
    let last = name.rsplit('/').next().unwrap_or_default();
    if name.contains("/metadata/latest/") || last == "LATEST" {
        return 9;
    }
    if name.contains("/metadata/index/") {
        return 8;
    }
    let within = if last.ends_with("-CHECKSUM") {
        2
    } else if last == "BACKUP_MANIFEST" || last == "BACKUP_METADATA" {
        3
    } else if last.starts_with("BACKUP-STATISTICS") {
        1
    } else {
        0
    };
    if name.contains("/incrementals/") {
        4 + within
    } else {
        within
    }
}

/// The order of a job's files, by their positions.
pub(super) struct Order {
    ranks: Vec<u8>,
    /// The path of the collection a file belongs to.
    collections: Vec<Option<String>>,
}

impl Order {
    pub fn of(names: &[&str]) -> Self {
        let collections = within_collections(names);
        let ranks = names.iter().zip(&collections);
        Self {
            ranks: ranks
                .map(|(name, collection)| collection.map_or(0, |_| rank(name)))
                .collect(),
            collections: collections
                .into_iter()
                .map(|path| path.map(str::to_owned))
                .collect(),
        }
    }

    /// Positions that may travel together, from first to last.
    pub fn steps(&self) -> Vec<Vec<usize>> {
        let mut steps: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
        for (position, rank) in self.ranks.iter().enumerate() {
            steps.entry(*rank).or_default().push(position);
        }
        steps.into_values().collect()
    }

    /// Of a step, the files that must not travel because an earlier file of their collection failed, with
    /// the position of that one.
    fn held_back(&self, step: &[usize], results: &BTreeMap<usize, FileResult>) -> Vec<(usize, usize)> {
        let mut broken: BTreeMap<&str, (usize, u8)> = BTreeMap::new();
        for (position, result) in results {
            if let (FileEnd::Failed { .. }, Some(Some(collection))) =
                (&result.end, self.collections.get(*position))
            {
                let failed = (*position, self.ranks[*position]);
                let first = broken.entry(collection).or_insert(failed);
                if failed.1 < first.1 {
                    *first = failed;
                }
            }
        }
        step.iter()
            .filter(|position| !results.contains_key(position))
            .filter_map(|position| {
                let (failed, rank) = broken.get(self.collections[*position].as_deref()?)?;
                (*rank < self.ranks[*position]).then_some((*position, *failed))
            })
            .collect()
    }

    /// The ends of the files of a step that are held back.
    pub fn hold_back(
        &self,
        step: &[usize],
        results: &BTreeMap<usize, FileResult>,
        result_of: impl Fn(usize) -> FileResult,
    ) -> Vec<(usize, FileResult)> {
        self.held_back(step, results)
            .into_iter()
            .map(|(position, failed)| {
                let missing = &results[&failed].source;
                let error = Error::new(
                    Code::NotFound,
                    format!("Held back, because {missing} of the same collection could not be moved."),
                )
                .hint("The backup would look complete without it. Retry the failed files.");
                let result = FileResult {
                    end: FileEnd::Failed { error },
                    ..result_of(position)
                };
                (position, result)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 9] = [
        "c/2021/03/24-210532.53/data/1.sst",
        "c/2021/03/24-210532.53/BACKUP-STATISTICS",
        "c/2021/03/24-210532.53/BACKUP_MANIFEST-CHECKSUM",
        "c/2021/03/24-210532.53/BACKUP_MANIFEST",
        "c/incrementals/2021/03/24-210532.53/20210325/090000.00/data/2.sst",
        "c/incrementals/2021/03/24-210532.53/20210325/090000.00/BACKUP_METADATA",
        "c/metadata/index/a_20250813-120000.00/b_start_c_metadata.pb",
        "c/metadata/latest/LATEST-ff",
        "d/LATEST",
    ];

    fn result(name: &str, end: FileEnd) -> FileResult {
        FileResult {
            source: name.into(),
            target: name.into(),
            size_bytes: 1,
            end,
        }
    }

    #[test]
    fn what_makes_a_backup_visible_travels_last() {
        assert!(NAMES[..8].is_sorted_by_key(|name| rank(name)));
        let steps = Order::of(&NAMES).steps();
        // A file called LATEST that belongs to no collection waits for nothing.
        assert_eq!(steps.first(), Some(&vec![0, 8]));
        assert_eq!(steps.last(), Some(&vec![7]));
    }

    #[test]
    fn what_would_make_a_gap_visible_is_held_back() {
        let order = Order::of(&NAMES);
        let error = Error::new(Code::Corrupt, "gone");
        let results = BTreeMap::from([
            (0, result(NAMES[0], FileEnd::Done { sha256: None })),
            (4, result(NAMES[4], FileEnd::Failed { error })),
        ]);
        let held: Vec<usize> = order
            .hold_back(&(0..NAMES.len()).collect::<Vec<_>>(), &results, |at| {
                result(NAMES[at], FileEnd::Done { sha256: None })
            })
            .into_iter()
            .map(|(position, _)| position)
            .collect();
        assert_eq!(held, [5, 6, 7]);
    }
}
