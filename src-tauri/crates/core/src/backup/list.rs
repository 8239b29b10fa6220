//! Which collections and backups there are, and which moments can be restored.

use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use roachvault_cockroach::backup::{self, BackupContents, Manifest, ShowBackup};
use roachvault_cockroach::collection::{
    FoundCollection, Unfinished, find_collections, time_of, totals_below,
};
use roachvault_cockroach::refusal::Refusal;
use roachvault_cockroach::storage_uri::Scheme;
use roachvault_cockroach::userfile::StoreName;
use roachvault_cockroach::{Cluster, Secret, StorageUri};

use crate::cluster::OpenCluster;
use crate::error::{Code, Error, Result};
use crate::restore::Moment;

/// A collection as a list shows it.
#[derive(Debug, Clone)]
pub struct CollectionSummary {
    pub uri: StorageUri,
    /// Finished full backups; `None` when it was not looked into.
    pub backups: Option<usize>,
    /// As the newest backup's directory says.
    pub newest_at: Option<DateTime<Utc>>,
    /// Bytes of the files; only known for file storage.
    pub size_bytes: Option<u64>,
    pub unfinished: Vec<Unfinished>,
}

/// The chains of a collection.
#[derive(Debug, Clone)]
pub struct BackupList {
    pub collection: CollectionSummary,
    /// Newest first.
    pub chains: Vec<Chain>,
    pub windows: Vec<RestorableWindow>,
    /// With the bytes of their files.
    pub unfinished: Vec<(Unfinished, u64)>,
}

/// A full backup with its incremental ones.
#[derive(Debug, Clone)]
pub struct Chain {
    /// As SHOW BACKUPS gave it, to be passed back unchanged.
    pub subdirectory: String,
    /// Empty when `problem` says why, or when the list was too long to look into every chain.
    pub contents: BackupContents,
    /// One for each layer, in the same order; empty when they could not be read.
    pub manifests: Vec<Manifest>,
    pub encrypted: bool,
    pub problem: Option<Error>,
}

impl Chain {
    /// As far as a moment needs it: what was made or dropped after it is another matter.
    #[must_use]
    pub(crate) fn up_to(mut self, moment: Option<DateTime<Utc>>) -> Self {
        self.contents = self.contents.up_to(moment);
        self.manifests.truncate(self.contents.layers.len());
        self
    }

    /// From when on a layer keeps every version.
    pub fn revisions_since(&self, layer: usize) -> Option<DateTime<Utc>> {
        self.manifests
            .get(layer)
            .and_then(|manifest| manifest.revisions_since)
    }

    /// Stretches in which every second can be restored. Layers that follow each other make one.
    pub fn windows(&self) -> Vec<RestorableWindow> {
        let mut windows: Vec<RestorableWindow> = Vec::new();
        for (position, layer) in self.contents.layers.iter().enumerate() {
            let (Some(from), Some(to)) = (self.revisions_since(position), layer.end_time) else {
                continue;
            };
            match windows.last_mut() {
                Some(last) if from <= last.to => last.to = to,
                _ => windows.push(RestorableWindow {
                    subdirectory: self.subdirectory.clone(),
                    from,
                    to,
                }),
            }
        }
        windows
    }
}

/// Both ends can be restored too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestorableWindow {
    pub subdirectory: String,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

/// Each chain takes two statements to look into; of very long collections only the newest are.
const LOOKED_INTO: usize = 60;
/// Below the pool's size, so that other screens get a turn.
const AT_ONCE: usize = 3;

pub(super) async fn collections(
    open: &OpenCluster,
    remembered: &[StorageUri],
) -> Result<Vec<CollectionSummary>> {
    let cluster = open.readable();
    let store = StoreName::default_of(cluster.user());
    let mut summaries = Vec::new();
    for found in find_collections(cluster, &store).await? {
        summaries.push(found_summary(cluster, &store, found).await?);
    }
    for uri in remembered {
        if !summaries.iter().any(|summary| summary.uri == *uri) {
            summaries.push(summary_of(open, uri).await?);
        }
    }
    summaries.sort_by_key(|summary| std::cmp::Reverse(summary.newest_at));
    Ok(summaries)
}

/// Those in the user's file storage that hold a backup of this subdirectory: it names a moment to a hundredth of a second,
/// so a renamed collection is recognised by it.
pub(super) async fn holding(open: &OpenCluster, subdirectory: &str) -> Result<Vec<CollectionSummary>> {
    let cluster = open.readable();
    let store = StoreName::default_of(cluster.user());
    let mut summaries = Vec::new();
    for found in find_collections(cluster, &store).await? {
        if found.backups.iter().any(|held| held == subdirectory) {
            summaries.push(found_summary(cluster, &store, found).await?);
        }
    }
    Ok(summaries)
}

/// What is wrong with a backup that cannot be read, where it is not damaged but gone. `None` where it is still there, and
/// for storage whose files cannot be listed.
pub(crate) async fn gone(open: &OpenCluster, uri: &StorageUri, subdirectory: &str) -> Option<Error> {
    let (store, path) = uri.userfile_place()?;
    let found = find_collections(open.readable(), &store).await.ok()?;
    let name = uri.name();
    let message = match found.iter().find(|found| found.path == path) {
        None => format!("There is no {name} in the file storage any more."),
        Some(found) if found.backups.iter().any(|held| held == subdirectory) => return None,
        Some(_) => format!("This backup is not in {name} any more."),
    };
    Some(Error::new(Code::NotFound, message).hint("It was renamed, moved or deleted since."))
}

async fn found_summary(
    cluster: &Cluster,
    store: &StoreName,
    found: FoundCollection,
) -> Result<CollectionSummary> {
    let totals = totals_below(cluster, store, &format!("{}/", found.path)).await?;
    Ok(CollectionSummary {
        uri: StorageUri::userfile(store, &found.path)?,
        backups: Some(found.backups.len()),
        newest_at: found.backups.iter().filter_map(|path| time_of(path)).max(),
        size_bytes: totals.map(|totals| totals.size_bytes),
        unfinished: found.unfinished,
    })
}

/// What can be said of a collection without reading its backups.
pub(super) async fn summary_of(open: &OpenCluster, uri: &StorageUri) -> Result<CollectionSummary> {
    let cluster = open.readable();
    if let Some((store, path)) = uri.userfile_place() {
        let found = find_collections(cluster, &store)
            .await?
            .into_iter()
            .find(|found| found.path == path);
        let found = found.unwrap_or_else(|| FoundCollection {
            path,
            ..FoundCollection::default()
        });
        return found_summary(cluster, &store, found).await;
    }
    Ok(CollectionSummary {
        uri: uri.clone(),
        backups: None,
        newest_at: None,
        size_bytes: None,
        unfinished: vec![],
    })
}

pub(super) async fn backups(open: &OpenCluster, uri: &StorageUri) -> Result<BackupList> {
    let cluster = open.readable();
    let mut collection = summary_of(open, uri).await?;
    // An empty folder is an error to some storages and an empty list to others.
    let mut paths = match backup::list_backups(cluster, uri).await.map_err(Error::from) {
        Ok(paths) => paths,
        Err(error) if error.code == Code::NotFound && uri.scheme() == Scheme::Userfile => Vec::new(),
        Err(error) => return Err(error),
    };
    paths.reverse();
    let looked_into = futures_util::stream::iter(paths.iter().take(LOOKED_INTO).cloned())
        .map(|path| async move { looked_into(cluster, uri, &path).await })
        .buffered(AT_ONCE)
        .collect::<Vec<Result<Chain>>>();
    let mut chains = looked_into.await.into_iter().collect::<Result<Vec<_>>>()?;
    chains.extend(paths.iter().skip(LOOKED_INTO).map(|path| Chain::unread(path)));
    collection.backups = Some(chains.len());
    collection.newest_at = chains
        .iter()
        .filter_map(|chain| time_of(&chain.subdirectory))
        .max();
    let windows = chains.iter().flat_map(Chain::windows).collect();
    let unfinished = sized(cluster, &collection).await?;
    Ok(BackupList {
        collection,
        chains,
        windows,
        unfinished,
    })
}

async fn sized(cluster: &Cluster, collection: &CollectionSummary) -> Result<Vec<(Unfinished, u64)>> {
    let Some((store, path)) = collection.uri.userfile_place() else {
        return Ok(Vec::new());
    };
    let mut sized = Vec::new();
    for unfinished in &collection.unfinished {
        let totals = totals_below(cluster, &store, &format!("{path}{}/", unfinished.subdirectory)).await?;
        sized.push((unfinished.clone(), totals.map_or(0, |totals| totals.size_bytes)));
    }
    Ok(sized)
}

impl Chain {
    pub(crate) fn unread(path: &str) -> Self {
        Self {
            subdirectory: path.to_owned(),
            contents: BackupContents::default(),
            manifests: Vec::new(),
            encrypted: false,
            problem: None,
        }
    }
}

/// A chain that cannot be read is shown with its reason; a broken connection ends the whole list.
async fn looked_into(cluster: &Cluster, uri: &StorageUri, path: &str) -> Result<Chain> {
    match read(cluster, uri, path, &ShowBackup::default()).await {
        Ok(chain) => Ok(chain),
        Err(error)
            if matches!(
                error.code,
                Code::ConnectionLost | Code::CannotConnect | Code::Auth
            ) =>
        {
            Err(error)
        }
        Err(error) => Ok(Chain {
            encrypted: is_locked(&error),
            problem: Some(error),
            ..Chain::unread(path)
        }),
    }
}

pub(super) async fn chain(
    open: &OpenCluster,
    uri: &StorageUri,
    path: &str,
    moment: Option<DateTime<Utc>>,
    passphrase: Option<Secret>,
) -> Result<Chain> {
    let show = ShowBackup {
        passphrase,
        ..ShowBackup::default()
    };
    let chain = read(open.readable(), uri, path, &show).await?;
    let moment = Moment::of(&chain, moment).time;
    Ok(chain.up_to(moment))
}

/// Contents and manifests. Without manifests no window is known, which is no reason to show nothing.
pub(crate) async fn read(
    cluster: &Cluster,
    uri: &StorageUri,
    path: &str,
    show: &ShowBackup,
) -> Result<Chain> {
    let contents = backup::show_backup(cluster, uri, path, show)
        .await
        .map_err(Error::from)?;
    let manifests = match backup::show_manifests(cluster, uri, path, show.passphrase.as_ref()).await {
        Ok(manifests) if manifests.len() == contents.layers.len() => manifests,
        Ok(_) => Vec::new(),
        Err(error) => {
            tracing::debug!(%error, "the manifests of a backup could not be read");
            Vec::new()
        }
    };
    let encrypted = show.passphrase.is_some();
    Ok(Chain {
        subdirectory: path.to_owned(),
        contents,
        manifests,
        encrypted,
        problem: None,
    })
}

/// It needs a passphrase, or another one.
pub(crate) fn is_locked(error: &Error) -> bool {
    matches!(
        refusal(error),
        Some(Refusal::Encrypted | Refusal::WrongPassphrase)
    )
}

/// A passphrase was given for one that has none.
pub(crate) fn is_not_encrypted(error: &Error) -> bool {
    refusal(error) == Some(Refusal::NotEncrypted)
}

fn refusal(error: &Error) -> Option<Refusal> {
    Refusal::of_message(error.detail.as_deref().unwrap_or(&error.message))
}

#[cfg(test)]
mod tests {
    use roachvault_cockroach::backup::{BackupKind, Layer};

    use super::*;

    fn at(minute: i64) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(1_800_000_000 + minute * 60, 0)
    }

    #[test]
    fn layers_that_follow_each_other_make_one_window() {
        let layer = |kind, from: Option<i64>, to| Layer {
            kind,
            start_time: from.and_then(at),
            end_time: at(to),
            is_full_cluster: false,
            objects: Vec::new(),
        };
        let manifest = |since: Option<i64>, to| Manifest {
            end_decimal: None,
            end_time: at(to),
            revisions_since: since.and_then(at),
            release: None,
        };
        let chain = Chain {
            contents: BackupContents {
                layers: vec![
                    layer(BackupKind::Full, None, 10),
                    layer(BackupKind::Incremental, Some(10), 20),
                    layer(BackupKind::Incremental, Some(20), 30),
                    layer(BackupKind::Incremental, Some(30), 40),
                    layer(BackupKind::Incremental, Some(40), 50),
                ],
            },
            manifests: vec![
                manifest(None, 10),
                manifest(Some(10), 20),
                manifest(Some(20), 30),
                manifest(None, 40),
                manifest(Some(40), 50),
            ],
            ..Chain::unread("/x")
        };
        let spans: Vec<_> = chain
            .windows()
            .into_iter()
            .map(|window| (Some(window.from), Some(window.to)))
            .collect();
        assert_eq!(spans, [(at(10), at(30)), (at(40), at(50))]);
    }
}
