//! Recognising backup collections among files by the names that BACKUP gives.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use roachvault_cockroach::userfile::FileRow;

/// The backups found in one collection.
#[derive(Debug, Clone, Default)]
pub struct Collection {
    /// `2021/03/24-210532.53` for a full backup; with `#` and its own part for an incremental one.
    backups: BTreeSet<String>,
    pub newest: Option<DateTime<Utc>>,
}

impl Collection {
    pub fn backups(&self) -> u64 {
        self.backups.len() as u64
    }
}

/// Collections by their path, without slashes around it.
#[derive(Debug, Clone, Default)]
pub struct Collections(BTreeMap<String, Collection>);

impl Collections {
    pub fn of<'a>(files: impl IntoIterator<Item = &'a FileRow>) -> Self {
        let mut collections = Self::default();
        for file in files {
            collections.add(file);
        }
        collections
    }

    fn add(&mut self, file: &FileRow) {
        let Some((path, backup)) = backup_of(file.name.shown()) else {
            return;
        };
        let collection = self.0.entry(path.to_owned()).or_default();
        collection.backups.insert(backup);
        collection.newest = collection.newest.max(file.uploaded_at);
    }

    pub fn get(&self, path: &str) -> Option<&Collection> {
        self.0.get(path.trim_matches('/'))
    }

    /// The path of the outermost collection in which this path lies.
    pub fn around(&self, path: &str) -> Option<&str> {
        let collections = self.0.keys().map(String::as_str);
        collections
            .filter(|collection| is_below(path, collection))
            .min_by_key(|collection| collection.len())
    }

    pub fn iter(&self) -> impl Iterator<Item = (&String, &Collection)> {
        self.0.iter()
    }
}

/// The path of the collection that each name lies in, of those that the manifests among the names tell of.
pub(super) fn within_collections<'a>(names: &[&'a str]) -> Vec<Option<&'a str>> {
    let manifests = names.iter().filter_map(|name| backup_of(name));
    let found: BTreeSet<&str> = manifests.map(|(collection, _)| collection).collect();
    let mut found: Vec<&str> = found.into_iter().collect();
    // The innermost first, should one lie within another.
    found.sort_by_key(|path| std::cmp::Reverse(path.len()));
    names
        .iter()
        .map(|name| found.iter().copied().find(|path| is_below(name, path)))
        .collect()
}

/// Whether a path lies in a folder, which is given without its slash.
pub(super) fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.starts_with('/'))
}

/// The collection and the backup whose manifest this name is.
///
/// A full backup's manifest is `<collection>/YYYY/MM/DD-HHMMSS.ss/BACKUP_MANIFEST`, an incremental's is
/// `<collection>/incrementals/<full>/YYYYMMDD/HHMMSS.ss[-YYYYMMDD-HHMMSS.ss]/BACKUP_MANIFEST`, and before
/// v22.1 it lay in the full backup's own folder: `<collection>/<full>/YYYYMMDD/HHMMSS.ss/BACKUP_MANIFEST`.
/// Slim manifests are called `BACKUP_METADATA`.
fn backup_of(name: &str) -> Option<(&str, String)> {
    let folder = name
        .strip_suffix("/BACKUP_MANIFEST")
        .or_else(|| name.strip_suffix("/BACKUP_METADATA"))?;
    if let Some((collection, full)) = full_backup(folder) {
        return Some((collection, full.to_owned()));
    }
    let (rest, inc_time) = folder.rsplit_once('/')?;
    let (above, inc_day) = rest.rsplit_once('/')?;
    let (time, start) = inc_time
        .split_once('-')
        .map_or((inc_time, None), |(time, start)| (time, Some(start)));
    let incremental = shape(inc_day, "99999999") && shape(time, "999999.99");
    if !incremental || !start.is_none_or(|start| shape(start, "99999999-999999.99")) {
        return None;
    }
    let (collection, full) = full_backup(above)?;
    let collection = collection.strip_suffix("/incrementals").unwrap_or(collection);
    Some((collection, format!("{full}#{inc_day}/{inc_time}")))
}

/// `<collection>/YYYY/MM/DD-HHMMSS.ss`, taken apart.
fn full_backup(folder: &str) -> Option<(&str, &str)> {
    let slash = folder.rmatch_indices('/').nth(2)?.0;
    let (collection, full) = (&folder[..slash], &folder[slash + 1..]);
    (shape(full, "9999/99/99-999999.99") && !collection.is_empty()).then_some((collection, full))
}

/// `9` in the pattern stands for a digit, all else for itself.
fn shape(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text
            .bytes()
            .zip(pattern.bytes())
            .all(|(c, p)| if p == b'9' { c.is_ascii_digit() } else { c == p })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use roachvault_cockroach::userfile::StoredName;

    use super::*;

    fn file(name: &str) -> FileRow {
        FileRow {
            name: StoredName::stored(name),
            file_id: uuid::Uuid::nil(),
            size_bytes: 1,
            username: "root".into(),
            uploaded_at: None,
        }
    }

    #[test]
    fn manifests_tell_collections_and_other_files_do_not() {
        let files = [
            "/bank/2021/03/24-210532.53/BACKUP_MANIFEST",
            "/bank/2021/03/24-210532.53/BACKUP_METADATA",
            "/bank/2021/03/24-210532.53/data/1.sst",
            "/bank/incrementals/2021/03/24-210532.53/20210325/090000.00/BACKUP_MANIFEST",
            "/bank/incrementals/2021/03/24-210532.53/20210326/090000.00-20210324-210532.53/BACKUP_METADATA",
            "/bank/2021/03/24-210532.53/20210327/090000.00/BACKUP_MANIFEST",
            "/bank/2021/03/24-210532.53/20210327/data/BACKUP_MANIFEST",
            "/deep/er/2022/01/01-000000.00/BACKUP_MANIFEST",
            "/notes/2022/1/1/BACKUP_MANIFEST",
            "/BACKUP_MANIFEST",
        ]
        .map(file);
        let collections = Collections::of(&files);
        let found: Vec<_> = collections
            .iter()
            .map(|(path, found)| (path.as_str(), found.backups()))
            .collect();
        assert_eq!(found, [("bank", 4), ("deep/er", 1)]);
        assert!(collections.get("/bank/").is_some());
    }
}
