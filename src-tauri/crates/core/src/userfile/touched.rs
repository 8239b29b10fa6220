//! Which backups a change of files would hit.

use std::collections::BTreeSet;

use roachvault_cockroach::userfile::{self, FileRow, Store};

use super::collection::{Collections, is_below};
use crate::error::Result;

/// A backup collection some files of which are to be deleted or renamed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TouchedCollection {
    pub path: String,
    pub backups: u64,
    /// All of its files are meant, not a part of them.
    pub whole: bool,
}

/// With more folders than these the whole store is asked at once.
const MOST_FOLDERS: usize = 8;

/// The collections to which chosen files belong: those with a manifest among the files, and those that the store has
/// in a folder above a file. A file at the top belongs to none.
pub(super) async fn touched(store: &Store, files: &[FileRow]) -> Result<Vec<TouchedCollection>> {
    let tops: BTreeSet<&str> = files
        .iter()
        .filter_map(|file| Some(file.name.shown().split_once('/')?.0))
        .collect();
    let prefixes: Vec<String> = if tops.len() > MOST_FOLDERS {
        vec!["/".to_owned()]
    } else {
        tops.iter().map(|top| format!("/{top}/")).collect()
    };
    let mut manifests = Vec::new();
    for prefix in &prefixes {
        manifests.extend(userfile::list_manifests(store, prefix).await?);
    }
    let mut touched = Vec::new();
    for (path, collection) in Collections::of(&manifests).iter() {
        let meant = files
            .iter()
            .filter(|file| is_below(file.name.shown(), path))
            .count() as u64;
        if meant > 0 {
            touched.push(TouchedCollection {
                path: path.clone(),
                backups: collection.backups(),
                whole: meant == userfile::count_below(store, &format!("/{path}/")).await?,
            });
        }
    }
    Ok(touched)
}
