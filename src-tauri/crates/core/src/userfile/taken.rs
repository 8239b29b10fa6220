//! What becomes of names that are taken, once a person has chosen.
//!
//! A single file that is kept beside another gets a number. A file of a backup collection must not: its
//! siblings refer to it by name, and a numbered half of a backup would be no backup. So a collection is
//! kept beside the other as a whole, with the number in its folder's name.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::collection::within_collections;
use super::plan::{Choices, OnConflict, free_beside, free_path_beside};

/// The name that a file will have, and what happens to the one that has it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settled {
    /// With its leading slash.
    pub name: String,
    pub replace: bool,
    pub skip: bool,
}

/// Settles every name of a plan. `is_taken` tells which are taken, `is_identical` which of these by the same file, `taken`
/// holds all names that nothing new may have.
pub(super) fn settle_names(
    names: &[&str],
    is_taken: impl Fn(&str) -> bool,
    is_identical: impl Fn(&str) -> bool,
    mut taken: HashSet<String>,
    choices: &Choices,
) -> Vec<Settled> {
    let choice =
        |name: &str| is_taken(name).then(|| choices.of(name.trim_start_matches('/'), is_identical(name)));
    taken.extend(names.iter().map(|name| (*name).to_owned()));
    let collections = within_collections(names);
    let mut beside: BTreeMap<&str, String> = BTreeMap::new();
    for (name, collection) in names.iter().zip(&collections) {
        if let Some(collection) = collection
            && choice(name) == Some(OnConflict::KeepBoth)
            && !beside.contains_key(collection)
        {
            let free = free_folder_beside(collection, &taken);
            // Two collections of the plan must not become one.
            taken.insert(format!("{free}/"));
            beside.insert(*collection, free);
        }
    }
    names
        .iter()
        .zip(collections)
        .map(|(name, collection)| {
            let moved = collection.and_then(|path| Some((path, beside.get(path)?)));
            let mut settled = Settled {
                name: (*name).to_owned(),
                replace: false,
                skip: false,
            };
            match (moved, choice(name)) {
                (Some((path, free)), _) => settled.name = format!("{free}{}", &name[path.len()..]),
                (None, None) => {}
                (None, Some(OnConflict::Skip)) => settled.skip = true,
                (None, Some(OnConflict::Replace)) => settled.replace = true,
                (None, Some(OnConflict::KeepBoth)) => settled.name = free_beside(name, &mut taken),
            }
            settled
        })
        .collect()
}

/// The path that a file will have on this computer, and what happens to the one that has it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SettledPath {
    pub path: PathBuf,
    pub replace: bool,
    pub skip: bool,
}

/// As [`settle_names`] for files that are saved below `target`, each given with its name in the cluster.
pub(super) fn settle_paths(
    files: &[(&str, &Path)],
    is_identical: impl Fn(&Path) -> bool,
    target: &Path,
    choices: &Choices,
) -> Vec<SettledPath> {
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    let roots: Vec<Option<&Path>> = files
        .iter()
        .zip(within_collections(&names))
        .map(|((name, path), collection)| {
            let below = name[collection?.len() + 1..].split('/').count();
            // Of a collection that is saved in parts the folder itself is not there.
            let root = path.ancestors().nth(below)?;
            (root != target && root.starts_with(target)).then_some(root)
        })
        .collect();
    let choice = |path: &Path| {
        path.exists()
            .then(|| choices.of(&path.display().to_string(), is_identical(path)))
    };
    let mut taken: HashSet<PathBuf> = files.iter().map(|(_, path)| (*path).to_owned()).collect();
    let mut beside: BTreeMap<&Path, PathBuf> = BTreeMap::new();
    for ((_, path), root) in files.iter().zip(&roots) {
        if let Some(root) = root
            && choice(path) == Some(OnConflict::KeepBoth)
            && !beside.contains_key(root)
        {
            beside.insert(root, free_folder_path_beside(root, &mut taken));
        }
    }
    files
        .iter()
        .zip(roots)
        .map(|((_, path), root)| {
            let moved = root.and_then(|root| Some(beside.get(root)?.join(path.strip_prefix(root).ok()?)));
            let mut settled = SettledPath {
                path: (*path).to_owned(),
                replace: false,
                skip: false,
            };
            match (moved, choice(path)) {
                (Some(moved), _) => settled.path = moved,
                (None, None) => {}
                (None, Some(OnConflict::Skip)) => settled.skip = true,
                (None, Some(OnConflict::Replace)) => settled.replace = true,
                (None, Some(OnConflict::KeepBoth)) => settled.path = free_path_beside(path, &mut taken),
            }
            settled
        })
        .collect()
}

/// As [`free_folder_beside`], on the disk.
fn free_folder_path_beside(folder: &Path, taken: &mut HashSet<PathBuf>) -> PathBuf {
    let last = folder
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let mut number = 2;
    loop {
        let candidate = folder.with_file_name(format!("{last} ({number})"));
        if !candidate.exists() && taken.insert(candidate.clone()) {
            return candidate;
        }
        number += 1;
    }
}

/// `bank (2)`, `bank (3)`, … whichever holds nothing yet.
fn free_folder_beside(folder: &str, taken: &HashSet<String>) -> String {
    let holds_something = |candidate: &str| {
        taken.iter().any(|name| {
            name.strip_prefix(candidate)
                .is_some_and(|rest| rest.starts_with('/'))
        })
    };
    let mut number = 2;
    loop {
        let candidate = format!("{folder} ({number})");
        if !holds_something(&candidate) {
            return candidate;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const MANIFEST: &str = "/bank/2021/03/24-210532.53/BACKUP_MANIFEST";
    const DATA: &str = "/bank/2021/03/24-210532.53/data/1.sst";

    fn settled(names: &[&str], there: &[&str], all: OnConflict, each: &[(&str, OnConflict)]) -> Vec<Settled> {
        let taken: HashSet<String> = there.iter().map(|name| (*name).to_owned()).collect();
        let each = each.iter().map(|(name, choice)| ((*name).to_owned(), *choice));
        let choices = Choices {
            all,
            each: each.collect(),
        };
        settle_names(names, |name| there.contains(&name), |_| false, taken, &choices)
    }

    fn named(settled: &[Settled]) -> Vec<&str> {
        settled.iter().map(|one| one.name.as_str()).collect()
    }

    #[test]
    fn a_file_that_is_kept_beside_another_gets_the_next_free_number() {
        let there = ["/a.csv", "/a (2).csv", "/b.csv"];
        let each = [("b.csv", OnConflict::Replace)];
        let ends = settled(
            &["/a.csv", "/b.csv", "/c.csv"],
            &there,
            OnConflict::KeepBoth,
            &each,
        );
        assert_eq!(named(&ends), ["/a (3).csv", "/b.csv", "/c.csv"]);
        assert_eq!(
            ends.iter().map(|one| one.replace).collect::<Vec<_>>(),
            [false, true, false]
        );
    }

    #[test]
    fn a_collection_is_kept_beside_another_as_a_whole() {
        let there = [MANIFEST, "/bank (2)/left.over"];
        let ends = settled(&[DATA, MANIFEST, "/bank.csv"], &there, OnConflict::KeepBoth, &[]);
        assert_eq!(
            named(&ends),
            [
                "/bank (3)/2021/03/24-210532.53/data/1.sst",
                "/bank (3)/2021/03/24-210532.53/BACKUP_MANIFEST",
                "/bank.csv"
            ]
        );
    }

    #[test]
    fn one_file_of_a_collection_cannot_be_kept_beside_without_the_others() {
        let each = [("bank/2021/03/24-210532.53/data/1.sst", OnConflict::KeepBoth)];
        let ends = settled(&[DATA, MANIFEST], &[DATA, MANIFEST], OnConflict::Skip, &each);
        assert!(
            ends.iter()
                .all(|one| one.name.starts_with("/bank (2)/") && !one.skip)
        );
        let ends = settled(&[DATA, MANIFEST], &[DATA, MANIFEST], OnConflict::Skip, &[]);
        assert!(ends.iter().all(|one| one.skip));
    }

    #[test]
    fn an_identical_file_is_skipped_unless_its_collection_moves_as_a_whole() {
        let settle = |names: &[&str], all: OnConflict| {
            let taken = names.iter().map(|name| (*name).to_owned()).collect();
            let choices = Choices {
                all,
                each: BTreeMap::new(),
            };
            settle_names(names, |_| true, |name| name != MANIFEST, taken, &choices)
        };
        let ends = settle(&["/a.csv"], OnConflict::Replace);
        assert!(ends[0].skip && !ends[0].replace);
        let ends = settle(&[DATA, MANIFEST], OnConflict::Replace);
        assert!(ends[0].skip && ends[1].replace);
        let ends = settle(&[DATA, MANIFEST], OnConflict::KeepBoth);
        assert!(
            ends.iter()
                .all(|one| one.name.starts_with("/bank (2)/") && !one.skip)
        );
    }

    #[test]
    fn a_collection_on_the_disk_is_kept_beside_another_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path();
        let old = target.join(&MANIFEST[1..]);
        std::fs::create_dir_all(old.parent().unwrap()).unwrap();
        std::fs::write(&old, "old").unwrap();
        let (data, loose) = (target.join(&DATA[1..]), target.join("a.csv"));
        std::fs::write(&loose, "old").unwrap();
        let files = [
            (&DATA[1..], data.as_path()),
            (&MANIFEST[1..], old.as_path()),
            ("a.csv", loose.as_path()),
        ];
        let choices = Choices {
            all: OnConflict::KeepBoth,
            each: BTreeMap::new(),
        };
        let paths = |target: &Path| -> Vec<PathBuf> {
            let settled = settle_paths(&files, |_| false, target, &choices);
            settled.into_iter().map(|one| one.path).collect()
        };
        let new = target.join("bank (2)/2021/03/24-210532.53");
        assert_eq!(
            paths(target),
            [
                new.join("data/1.sst"),
                new.join("BACKUP_MANIFEST"),
                target.join("a (2).csv")
            ]
        );
        // Only a backup of the collection was chosen, so that its folder is not among what is saved.
        assert_eq!(paths(&target.join("bank"))[0], data);
    }
}
