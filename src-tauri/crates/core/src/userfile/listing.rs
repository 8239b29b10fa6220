//! The files screen's view of a store.
//!
//! A store has no folders and no order but the names'. Its rows are read once, in pages by key, and
//! kept here in order of names; folders, sizes, sorting and filtering are worked out from that, so that
//! none of them asks the cluster anything. The first rows are answered while the rest is still read.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use roachvault_cockroach::userfile::{self, FileRow, Store};
use tokio::sync::watch;
use tokio::time::Instant;

use super::collection::Collections;
use super::sought::{Sought, natural};
use super::{Userfiles, open_store};
use crate::cluster::{ConnectionId, OpenCluster};
use crate::error::{Error, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sort {
    Name,
    Size,
    Uploaded,
    Username,
}

#[derive(Debug, Clone)]
pub struct ListRequest {
    /// Host of the store's URIs; the user's own when absent.
    pub store: Option<String>,
    /// Empty, or ending in a slash.
    pub folder: String,
    pub sort: Sort,
    pub descending: bool,
    /// What is looked for in the folder and everything below it; see [`super::sought::Sought`].
    pub filter: Option<String>,
    pub offset: usize,
    pub limit: usize,
    pub refresh: bool,
}

impl ListRequest {
    /// Whether so many files give all its rows. With a filter nobody knows before looking.
    fn is_filled_by(&self, files: usize) -> bool {
        self.filter.is_none() && files >= self.offset + self.limit
    }
}

/// A row of the screen.
#[derive(Debug, Clone)]
pub enum Entry {
    /// With its slash at the end.
    Folder {
        path: String,
        files: u64,
        size_bytes: u64,
        newest: Option<DateTime<Utc>>,
    },
    Collection {
        path: String,
        backups: u64,
        files: u64,
        size_bytes: u64,
        newest: Option<DateTime<Utc>>,
    },
    File {
        file: FileRow,
        uri: String,
    },
}

#[derive(Debug, Clone)]
pub struct FolderPage {
    pub store: String,
    pub offset: usize,
    pub entries: Vec<Entry>,
    pub total_entries: usize,
    pub files: u64,
    pub size_bytes: u64,
    pub complete: bool,
    pub listed_at: DateTime<Utc>,
}

/// Rows of one store, growing until it is complete.
struct Listing {
    store: Store,
    listed_at: DateTime<Utc>,
    state: Mutex<State>,
    grown: watch::Sender<usize>,
}

#[derive(Default)]
struct State {
    files: Vec<FileRow>,
    ended: Option<Result<()>>,
    /// The view that was asked for last; pages of it follow each other.
    view: Option<(ViewKey, Arc<View>)>,
}

#[derive(Clone, PartialEq, Eq)]
struct ViewKey {
    folder: String,
    sort: Sort,
    descending: bool,
    filter: Option<String>,
    rows: usize,
}

struct View {
    rows: Vec<Row>,
    files: u64,
    size_bytes: u64,
}

/// A row before it is spelled out: files by their place in the listing.
enum Row {
    Folder {
        path: String,
        files: u64,
        size_bytes: u64,
        newest: Option<DateTime<Utc>>,
        backups: Option<u64>,
    },
    File(usize),
}

/// The listings that are kept: the latest of each connection and store.
#[derive(Default)]
pub struct Listings(Mutex<ByStore>);

type ByStore = HashMap<(ConnectionId, Option<String>), Arc<Listing>>;

/// Listings that are kept at most; the oldest goes first.
const MOST_LISTINGS: usize = 4;
const PAGE_ROWS: u32 = 5000;
/// How long an answer waits for more rows than there are.
const PATIENCE: Duration = Duration::from_millis(150);

impl Userfiles {
    /// A page of a folder. While `complete` is false there is more to come.
    pub async fn list(&self, cluster: &OpenCluster, request: &ListRequest) -> Result<FolderPage> {
        let listing = self.listing(cluster, request).await?;
        let mut grown = listing.grown.subscribe();
        let deadline = Instant::now() + PATIENCE;
        loop {
            {
                let state = listing.lock();
                match &state.ended {
                    Some(Ok(())) => break,
                    Some(Err(error)) => {
                        let error = error.clone();
                        drop(state);
                        self.listings.forget(&listing);
                        return Err(error);
                    }
                    // The first rows are not held back for those that come after them.
                    None if request.is_filled_by(state.files.len()) => break,
                    None if !state.files.is_empty() && Instant::now() >= deadline => break,
                    None => {}
                }
            }
            // With nothing to show, the first rows or the error are waited for.
            let some = !listing.lock().files.is_empty();
            let changed = grown.changed();
            if some {
                if tokio::time::timeout_at(deadline, changed).await.is_err() {
                    break;
                }
            } else if changed.await.is_err() {
                break;
            }
        }
        Ok(listing.page(request))
    }

    async fn listing(&self, cluster: &OpenCluster, request: &ListRequest) -> Result<Arc<Listing>> {
        let key = (cluster.id, request.store.clone());
        // One that was read through a connection that is closed now tells of another time.
        if !request.refresh
            && let Some(listing) = self.listings.lock().get(&key)
            && !listing.store.cluster.pool().is_closed()
        {
            return Ok(Arc::clone(listing));
        }
        let store = open_store(cluster.readable(), request.store.as_deref()).await?;
        let listing = Arc::new(Listing {
            store,
            listed_at: Utc::now(),
            state: Mutex::default(),
            grown: watch::Sender::new(0),
        });
        let mut listings = self.listings.lock();
        if listings.len() >= MOST_LISTINGS
            && !listings.contains_key(&key)
            && let Some(oldest) = listings
                .iter()
                .min_by_key(|(_, listing)| listing.listed_at)
                .map(|(key, _)| key.clone())
        {
            listings.remove(&oldest);
        }
        listings.insert(key, Arc::clone(&listing));
        drop(listings);
        tokio::spawn(read(Arc::clone(&listing)));
        Ok(listing)
    }
}

impl Listings {
    fn lock(&self) -> std::sync::MutexGuard<'_, ByStore> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn forget_all(&self) {
        self.lock().clear();
    }

    fn forget(&self, listing: &Arc<Listing>) {
        self.lock().retain(|_, kept| !Arc::ptr_eq(kept, listing));
    }
}

async fn read(listing: Arc<Listing>) {
    let mut after: Option<String> = None;
    // A short first page brings the first rows to the screen soon.
    let mut limit = 500;
    loop {
        let page = userfile::list_page(&listing.store, "/", after.as_deref(), limit, None).await;
        let mut state = listing.lock();
        let more = match page {
            Ok(page) => {
                let more = page.len() == limit as usize;
                after = page.last().map(|file| file.name.as_str().to_owned());
                state.files.extend(page);
                if !more {
                    state.ended = Some(Ok(()));
                }
                more
            }
            Err(error) => {
                state.ended = Some(Err(Error::from(error)));
                false
            }
        };
        let count = state.files.len();
        drop(state);
        listing.grown.send_replace(count);
        if !more {
            return;
        }
        limit = PAGE_ROWS;
    }
}

impl Listing {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn page(&self, request: &ListRequest) -> FolderPage {
        let mut state = self.lock();
        let key = ViewKey {
            folder: request.folder.trim_start_matches('/').to_owned(),
            sort: request.sort,
            descending: request.descending,
            filter: request.filter.clone().filter(|filter| !filter.is_empty()),
            rows: state.files.len(),
        };
        let view = match &state.view {
            Some((kept, view)) if *kept == key => Arc::clone(view),
            _ => {
                let view = Arc::new(view(&state.files, &key));
                state.view = Some((key, Arc::clone(&view)));
                view
            }
        };
        let shown = view.rows.iter().skip(request.offset).take(request.limit);
        let entries = shown.map(|row| self.entry(row, &state.files)).collect();
        FolderPage {
            store: self.store.name.host(),
            offset: request.offset,
            entries,
            total_entries: view.rows.len(),
            files: view.files,
            size_bytes: view.size_bytes,
            complete: matches!(state.ended, Some(Ok(()))),
            listed_at: self.listed_at,
        }
    }

    fn entry(&self, row: &Row, files: &[FileRow]) -> Entry {
        match row {
            Row::Folder {
                path,
                files,
                size_bytes,
                newest,
                backups,
            } => {
                let (path, files, size_bytes, newest) = (path.clone(), *files, *size_bytes, *newest);
                match *backups {
                    Some(backups) => Entry::Collection {
                        path,
                        backups,
                        files,
                        size_bytes,
                        newest,
                    },
                    None => Entry::Folder {
                        path,
                        files,
                        size_bytes,
                        newest,
                    },
                }
            }
            Row::File(at) => {
                let file = files[*at].clone();
                let uri = self.store.name.uri(&file.name);
                Entry::File { file, uri }
            }
        }
    }
}

/// Works a view out of files in order of their names.
fn view(files: &[FileRow], key: &ViewKey) -> View {
    let prefix = format!("/{}", key.folder);
    let begin = files.partition_point(|file| file.name.as_str() < prefix.as_str());
    let below = files[begin..]
        .iter()
        .take_while(|file| file.name.as_str().starts_with(&prefix))
        .enumerate()
        .map(|(at, file)| (begin + at, file, &file.name.as_str()[prefix.len()..]));
    let collections = Collections::of(files);
    let mut view = View {
        rows: Vec::new(),
        files: 0,
        size_bytes: 0,
    };
    let mut folders = Folders::default();
    match key.filter.as_deref().map(Sought::new) {
        None => {
            for (at, file, rest) in below {
                match rest.split_once('/') {
                    Some((folder, _)) => folders.add(folder, file),
                    None => view.rows.push(Row::File(at)),
                }
                view.files += 1;
                view.size_bytes += file.size_bytes;
            }
        }
        Some(sought) => {
            let inside = collections.around(&key.folder).is_some();
            for (at, file, rest) in below {
                // A collection is one thing: what it consists of is not found from outside.
                let collection = collections.around(file.name.shown()).filter(|_| !inside);
                let seen = collection.map_or(rest, |path| &rest[..=path.len() - key.folder.len()]);
                let mut found = false;
                for (end, _) in seen.match_indices('/') {
                    if sought.takes(&seen[..end]) {
                        folders.add(&seen[..end], file);
                        found = true;
                    }
                }
                if collection.is_none() && sought.takes(rest) {
                    view.rows.push(Row::File(at));
                    found = true;
                }
                if found {
                    view.files += 1;
                    view.size_bytes += file.size_bytes;
                }
            }
        }
    }
    view.rows.extend(
        folders
            .0
            .into_iter()
            .map(|(folder, (files, size_bytes, newest))| {
                let path = format!("{}{folder}/", key.folder);
                let collection = collections.get(&path);
                let newest = collection.map_or(newest, |collection| collection.newest);
                Row::Folder {
                    backups: collection.map(|c| c.backups()),
                    path,
                    files,
                    size_bytes,
                    newest,
                }
            }),
    );
    sort(&mut view.rows, files, key);
    view
}

/// Folders by their path below the one that is shown, with what lies in them.
#[derive(Default)]
struct Folders<'a>(BTreeMap<&'a str, (u64, u64, Option<DateTime<Utc>>)>);

impl<'a> Folders<'a> {
    fn add(&mut self, folder: &'a str, file: &FileRow) {
        let sums = self.0.entry(folder).or_default();
        sums.0 += 1;
        sums.1 += file.size_bytes;
        sums.2 = sums.2.max(file.uploaded_at);
    }
}

/// Folders come first, as people expect, in either direction.
fn sort(rows: &mut [Row], files: &[FileRow], key: &ViewKey) {
    let name = |row: &Row| match row {
        Row::Folder { path, .. } => natural(path),
        Row::File(at) => natural(files[*at].name.shown()),
    };
    let is_file = |row: &Row| matches!(row, Row::File(_));
    rows.sort_by_cached_key(|row| (is_file(row), name(row)));
    if key.sort == Sort::Name {
        if key.descending {
            let (folders, files) = rows.split_at_mut(rows.partition_point(|row| !is_file(row)));
            folders.reverse();
            files.reverse();
        }
        return;
    }
    let size = |row: &Row| match row {
        Row::Folder { size_bytes, .. } => *size_bytes,
        Row::File(at) => files[*at].size_bytes,
    };
    let time = |row: &Row| match row {
        Row::Folder { newest, .. } => *newest,
        Row::File(at) => files[*at].uploaded_at,
    };
    let user = |row: &Row| match row {
        Row::Folder { .. } => "",
        Row::File(at) => files[*at].username.as_str(),
    };
    rows.sort_by(|a, b| {
        let folders_first = is_file(a).cmp(&is_file(b));
        let order = match key.sort {
            // Names are in order already, and stay so where the rest is equal.
            Sort::Name => std::cmp::Ordering::Equal,
            Sort::Size => size(a).cmp(&size(b)),
            Sort::Uploaded => time(a).cmp(&time(b)),
            Sort::Username => user(a).cmp(user(b)),
        };
        folders_first.then(if key.descending { order.reverse() } else { order })
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use roachvault_cockroach::userfile::StoredName;

    use super::*;

    fn files(names: &[(&str, u64)]) -> Vec<FileRow> {
        let mut files: Vec<FileRow> = names
            .iter()
            .map(|(name, size_bytes)| FileRow {
                name: StoredName::stored(format!("/{name}")),
                file_id: uuid::Uuid::new_v4(),
                size_bytes: *size_bytes,
                username: "root".into(),
                uploaded_at: None,
            })
            .collect();
        files.sort_by(|a, b| a.name.cmp(&b.name));
        files
    }

    fn shown(
        files: &[FileRow],
        folder: &str,
        sort: Sort,
        descending: bool,
        filter: Option<&str>,
    ) -> Vec<String> {
        let key = ViewKey {
            folder: folder.into(),
            sort,
            descending,
            filter: filter.map(str::to_owned),
            rows: 0,
        };
        let view = view(files, &key);
        view.rows
            .iter()
            .map(|row| match row {
                Row::Folder {
                    path,
                    files,
                    size_bytes,
                    backups,
                    ..
                } => {
                    format!(
                        "{path} {files} {size_bytes}{}",
                        backups.map_or(String::new(), |n| format!(" {n} backups"))
                    )
                }
                Row::File(at) => files[*at].name.shown().to_owned(),
            })
            .collect()
    }

    #[test]
    fn folders_come_from_names_and_collections_are_one_thing() {
        let files = files(&[
            ("b.csv", 5),
            ("A.csv", 7),
            ("data/x", 1),
            ("data/sub/y", 2),
            ("bank/2021/03/24-210532.53/BACKUP_MANIFEST", 3),
            ("bank/2021/03/24-210532.53/data/1.sst", 100),
        ]);
        assert_eq!(
            shown(&files, "", Sort::Name, false, None),
            ["bank/ 2 103 1 backups", "data/ 2 3", "A.csv", "b.csv"]
        );
        assert_eq!(
            shown(&files, "data/", Sort::Name, false, None),
            ["data/sub/ 1 2", "data/x"]
        );
        assert_eq!(shown(&files, "", Sort::Size, true, None)[2..], ["A.csv", "b.csv"]);
        assert_eq!(
            shown(&files, "", Sort::Name, false, Some("a")),
            ["bank/ 2 103 1 backups", "data/ 2 3", "A.csv"]
        );
        assert_eq!(
            shown(&files, "", Sort::Name, false, Some("data/*")),
            ["data/sub/ 1 2", "data/x"]
        );
    }

    #[test]
    fn a_search_goes_through_all_that_lies_below() {
        let files = files(&[
            ("exports/2026/part-1.csv", 1),
            ("exports/2026/part-10.csv", 1),
            ("exports/2026/part-2.csv", 1),
            ("exports/notes.txt", 1),
            ("odd/report [1].csv", 1),
            ("bank/2021/03/24-210532.53/BACKUP_MANIFEST", 3),
            ("bank/2021/03/24-210532.53/data/part-1.sst", 100),
        ]);
        let find = |folder, filter| shown(&files, folder, Sort::Name, false, Some(filter));
        let parts = ["part-1.csv", "part-2.csv", "part-10.csv"].map(|name| format!("exports/2026/{name}"));
        assert_eq!(find("", "PART"), parts);
        assert_eq!(find("", "*part-*"), parts);
        assert_eq!(find("exports/", "**/part*"), parts);
        assert_eq!(find("", "**/2026/*.csv"), parts);
        assert_eq!(find("", "2026"), ["exports/2026/ 3 3"]);
        assert_eq!(find("", "bank"), ["bank/ 2 103 1 backups"]);
        assert_eq!(
            find("bank/", "part"),
            ["bank/2021/03/24-210532.53/data/part-1.sst"]
        );
        assert_eq!(find("", "report ["), ["odd/report [1].csv"]);
        assert_eq!(find("exports/", "report"), [""; 0]);
    }

    #[test]
    fn a_hundred_thousand_files_are_filtered_and_sorted_within_the_blink_of_an_eye() {
        let names: Vec<String> = (0..100_000)
            .map(|i| format!("logs/{:02}/file-{i:06}.log", i % 50))
            .collect();
        let files = files(&names.iter().map(|name| (name.as_str(), 10)).collect::<Vec<_>>());
        let began = std::time::Instant::now();
        assert_eq!(
            shown(&files, "logs/07/", Sort::Name, false, Some("file-0")).len(),
            2000
        );
        // Generous: tests run unoptimised and beside others.
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }
}
