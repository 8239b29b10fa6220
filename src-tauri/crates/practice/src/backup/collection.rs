//! A backup collection: which chains it has, which layers a chain has, and what its files hold.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::data_file;
use super::encryption::{self, Key, Unlock};
use super::layout;
use super::manifest::{DataFile, Manifest};
use super::place;
use super::store::Store;
use crate::clock::Timestamp;
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::Session;

/// One of the places a locality-aware collection consists of, or the only one.
#[derive(Debug, Clone)]
struct Branch {
    /// None for the only place and for the default one.
    locality: Option<String>,
    store: Store,
}

/// An open collection.
#[derive(Debug, Clone)]
pub struct Collection {
    branches: Vec<Branch>,
    /// Where increments are, when it is not below the collection itself.
    incremental: Option<Store>,
}

/// A finished layer and where it lies.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Below the collection (or the place of increments), with a leading slash.
    pub folder: String,
    pub in_incremental_place: bool,
    pub manifest: Manifest,
}

/// What the index says of a layer. Paths are relative to the collection, so that it can be moved as a whole.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IndexEntry {
    /// The full backup's folder, with a leading slash.
    pub subdirectory: String,
    /// The layer's folder, with a leading slash.
    pub folder: String,
    pub start: Option<Timestamp>,
    pub end: Timestamp,
}

/// A chain: a full backup and its increments, oldest first, and the key to their files.
#[derive(Clone)]
pub struct Chain {
    /// The full backup's folder, with a leading slash.
    pub subdirectory: String,
    pub layers: Vec<Layer>,
    pub key: Option<Key>,
}

fn refuse(message: String) -> SqlError {
    SqlError::plain(message)
}

/// Splits the URIs of a collection by locality, with the server's refusals. Gives the place of the default one.
pub fn check_localities(uris: &[String]) -> SqlResult<()> {
    let localities: Vec<Option<String>> = uris.iter().map(|uri| place::locality(uri)).collect();
    if let [only] = localities.as_slice() {
        return match only.as_deref() {
            None | Some("default") => Ok(()),
            Some(other) => Err(refuse(format!(
                "COCKROACH_LOCALITY {other} is invalid for a single BACKUP location"
            ))),
        };
    }
    let mut seen = BTreeSet::new();
    for locality in localities {
        let Some(locality) = locality else {
            return Err(refuse(
                "multiple URLs are provided for partitioned BACKUP, but COCKROACH_LOCALITY is not specified"
                    .into(),
            ));
        };
        if !seen.insert(locality.clone()) {
            return Err(refuse(if locality == "default" {
                "multiple default URLs provided for partition backup".into()
            } else {
                format!("duplicate URIs for locality {locality}")
            }));
        }
    }
    if seen.contains("default") {
        Ok(())
    } else {
        Err(refuse("no default URL provided for partitioned backup".into()))
    }
}

/// The localities of a list of URIs without the default one, in order of name.
pub fn localities_of(uris: &[String]) -> Vec<String> {
    let found: BTreeSet<String> = uris
        .iter()
        .filter_map(|uri| place::locality(uri))
        .filter(|locality| locality != "default")
        .collect();
    found.into_iter().collect()
}

impl Collection {
    /// Opens the collection with the rights of `user`.
    pub fn open(
        session: &mut Session,
        user: &str,
        uris: &[String],
        incremental: &[String],
    ) -> SqlResult<Collection> {
        check_localities(uris)?;
        let mut branches = Vec::new();
        for uri in uris {
            let locality = place::locality(uri).filter(|locality| locality != "default");
            branches.push(Branch {
                locality,
                store: place::open(session, user, uri)?,
            });
        }
        // The default place first: it has the manifests.
        branches.sort_by_key(|branch| branch.locality.is_some());
        let incremental = match incremental.first() {
            Some(uri) => Some(place::open(session, user, uri)?),
            None => None,
        };
        Ok(Collection {
            branches,
            incremental,
        })
    }

    fn store(&self) -> &Store {
        &self.branches[0].store
    }

    /// The store of a layer's manifest files, and the folder in it.
    fn layer_store(&self, layer_is_elsewhere: bool) -> &Store {
        match &self.incremental {
            Some(store) if layer_is_elsewhere => store,
            _ => self.store(),
        }
    }

    /// The place of the data of a locality.
    fn data_store(&self, locality: Option<&str>, elsewhere: bool) -> &Store {
        if elsewhere {
            return self.layer_store(true);
        }
        self.branches
            .iter()
            .find(|branch| branch.locality.as_deref() == locality)
            .map_or(self.store(), |branch| &branch.store)
    }

    /// How many places it has.
    pub fn places(&self) -> usize {
        self.branches.len()
    }

    /// Whether increments go to a place of their own.
    pub fn has_incremental_place(&self) -> bool {
        self.incremental.is_some()
    }

    /// Where the increments of a chain lie, below the collection or in the place of their own.
    pub fn incremental_folder(&self, subdirectory: &str, folder: &str) -> String {
        if self.incremental.is_some() {
            format!("{subdirectory}{folder}")
        } else {
            format!("/{}{subdirectory}{folder}", layout::INCREMENTALS)
        }
    }

    /// The chain LATEST means.
    pub fn latest(&self) -> SqlResult<String> {
        let files = self.store().list_below(layout::LATEST_FOLDER)?;
        let newest = files
            .first()
            .map(|(name, _)| format!("{}{name}", layout::LATEST_FOLDER));
        let content = match newest {
            Some(name) => self.store().read(&name)?,
            None => self.store().read("LATEST").map_err(|error| {
                if !error.is(sqlstate::UNDEFINED_FILE) {
                    return error;
                }
                SqlError::new(
                    sqlstate::UNDEFINED_FILE,
                    format!(
                        "path does not contain a completed latest backup: LATEST file could not be read in base or metadata \
                         directory: {}",
                        error.message
                    ),
                )
            })?,
        };
        Ok(String::from_utf8_lossy(&content).into_owned())
    }

    /// The folders of all finished full backups, oldest first, with a leading slash.
    pub fn full_backups(&self) -> SqlResult<Vec<String>> {
        let mut found: Vec<String> = self
            .store()
            .list_below("")?
            .into_iter()
            .filter_map(|(name, _)| {
                name.strip_suffix(&format!("/{}", layout::MANIFEST))
                    .map(str::to_owned)
            })
            .filter(|folder| layout::is_full_folder(folder))
            .map(|folder| format!("/{folder}"))
            .collect();
        found.sort();
        Ok(found)
    }

    /// Whether a finished layer is in the folder.
    pub fn is_finished(&self, folder: &str, elsewhere: bool) -> SqlResult<bool> {
        let manifest = format!("{}/{}", folder.trim_start_matches('/'), layout::MANIFEST);
        match self.layer_store(elsewhere).size(&manifest) {
            // A bucket that is not there has no finished backups either; writing to it will tell.
            Err(error) if error.is(sqlstate::UNDEFINED_FILE) => Ok(false),
            found => Ok(found?.is_some()),
        }
    }

    /// The job that holds a folder's lock, if one does.
    pub fn lock_holder(&self, folder: &str, elsewhere: bool) -> SqlResult<Option<i64>> {
        let below = format!("{}/{}", folder.trim_start_matches('/'), layout::LOCK_PREFIX);
        Ok(self
            .layer_store(elsewhere)
            .list_below(&below)?
            .iter()
            .find_map(|(name, _)| name.parse().ok()))
    }

    /// Reads and decrypts a file of a layer.
    fn read(&self, store: &Store, name: &str, key: Option<&Key>) -> SqlResult<Vec<u8>> {
        let bytes = store.read(name)?;
        match key {
            Some(key) => key.open(&bytes),
            None if encryption::looks_encrypted(&bytes) => Err(encryption::appears_encrypted()),
            None => Ok(bytes),
        }
    }

    fn manifest(&self, folder: &str, elsewhere: bool, key: Option<&Key>) -> SqlResult<Manifest> {
        let store = self.layer_store(elsewhere);
        let name = format!("{}/{}", folder.trim_start_matches('/'), layout::MANIFEST);
        let stored = store.read(&name)?;
        let checksum = store.read(&format!("{name}{}", layout::CHECKSUM_SUFFIX))?;
        if checksum != manifest_checksum(&stored) {
            return Err(refuse(format!(
                "checksum mismatch; expected {checksum:?}, got {:?}",
                manifest_checksum(&stored)
            )));
        }
        Manifest::from_bytes(&self.read(store, &name, key)?)
    }

    /// The key of a full backup's files.
    pub fn key(&self, subdirectory: &str, unlock: &Unlock) -> SqlResult<Option<Key>> {
        if *unlock == Unlock::None {
            return Ok(None);
        }
        let name = format!(
            "{}/{}",
            subdirectory.trim_start_matches('/'),
            layout::ENCRYPTION_INFO
        );
        let info = self
            .store()
            .read(&name)
            .map_err(|error| error.wrap("could not find or read encryption information"))?;
        encryption::unlock(unlock, &info)
    }

    /// Reads a chain: the full backup and every finished increment onto it.
    pub fn chain(&self, subdirectory: &str, unlock: &Unlock) -> SqlResult<Chain> {
        let key = self.key(subdirectory, unlock)?;
        let full = self.manifest(subdirectory, false, key.as_ref())?;
        let mut layers = vec![Layer {
            folder: subdirectory.to_owned(),
            in_incremental_place: false,
            manifest: full,
        }];
        let prefix = self.incremental_folder(subdirectory, "/");
        let elsewhere = self.incremental.is_some();
        let suffix = format!("/{}", layout::MANIFEST);
        for (name, _) in self
            .layer_store(elsewhere)
            .list_below(prefix.trim_start_matches('/'))?
        {
            if let Some(folder) = name.strip_suffix(&suffix) {
                let folder = format!("{prefix}{folder}");
                let manifest = self.manifest(&folder, elsewhere, key.as_ref())?;
                layers.push(Layer {
                    folder,
                    in_incremental_place: elsewhere,
                    manifest,
                });
            }
        }
        layers[1..].sort_by_key(|layer| layer.manifest.end);
        Ok(Chain {
            subdirectory: subdirectory.to_owned(),
            layers,
            key,
        })
    }

    /// Calls `each` with the records of a data file, after its checksum was compared.
    pub fn read_data(
        &self,
        layer: &Layer,
        file: &DataFile,
        key: Option<&Key>,
        each: impl FnMut(crate::storage::rows::RowVersion) -> SqlResult<()>,
    ) -> SqlResult<()> {
        let store = self.data_store(file.locality.as_deref(), layer.in_incremental_place);
        let name = format!("{}/{}", layer.folder.trim_start_matches('/'), file.name);
        let content = self.read(store, &name, key)?;
        if data_file::checksum(&content) != file.sha256 {
            return Err(data_file::checksum_mismatch(&name));
        }
        data_file::read(&content, each)
    }

    /// The size of a data file as stored; `None` when it is missing.
    pub fn data_file_size(&self, layer: &Layer, file: &DataFile) -> SqlResult<Option<u64>> {
        let store = self.data_store(file.locality.as_deref(), layer.in_incremental_place);
        store.size(&format!("{}/{}", layer.folder.trim_start_matches('/'), file.name))
    }

    /// Writes a data file; answers how many bytes it takes.
    pub fn write_data(
        &self,
        folder: &str,
        elsewhere: bool,
        locality: Option<&str>,
        name: &str,
        content: &[u8],
        key: Option<&Key>,
    ) -> SqlResult<u64> {
        let sealed = sealed(content, key)?;
        let store = self.data_store(locality, elsewhere);
        store.write(&format!("{}/{name}", folder.trim_start_matches('/')), &sealed)?;
        Ok(sealed.len() as u64)
    }

    /// Writes a small file of a layer as it is.
    pub fn write_plain(&self, folder: &str, elsewhere: bool, name: &str, content: &[u8]) -> SqlResult<()> {
        self.layer_store(elsewhere)
            .write(&format!("{}/{name}", folder.trim_start_matches('/')), content)
    }

    /// Writes a file with its checksum beside it.
    pub fn write_checked(
        &self,
        folder: &str,
        elsewhere: bool,
        name: &str,
        content: &[u8],
        key: Option<&Key>,
    ) -> SqlResult<()> {
        let stored = sealed(content, key)?;
        let checksum = manifest_checksum(&stored);
        self.write_plain(
            folder,
            elsewhere,
            &format!("{name}{}", layout::CHECKSUM_SUFFIX),
            &checksum,
        )?;
        self.write_plain(folder, elsewhere, name, &stored)
    }

    /// Points LATEST at a chain.
    pub fn point_latest(&self, subdirectory: &str, at: Timestamp) -> SqlResult<()> {
        self.store()
            .write(&layout::latest_file(at), subdirectory.as_bytes())
    }

    /// Writes a layer's entry in the index.
    pub fn write_index(&self, full_end: Timestamp, entry: &IndexEntry) -> SqlResult<()> {
        let content = serde_json::to_vec(entry).map_err(|error| refuse(error.to_string()))?;
        self.store()
            .write(&layout::index_file(full_end, entry.start, entry.end), &content)
    }

    /// Every layer in the index, by chain, newest first.
    pub fn index_entries(&self) -> SqlResult<Vec<IndexEntry>> {
        let mut entries = Vec::new();
        for (name, _) in self.store().list_below(layout::INDEX_FOLDER)? {
            let content = self.store().read(&format!("{}{name}", layout::INDEX_FOLDER))?;
            entries.push(
                serde_json::from_slice(&content)
                    .map_err(|error| refuse(format!("reading index {name}: {error}")))?,
            );
        }
        Ok(entries)
    }

    /// Makes the key of a new full backup and writes what lets it be found again.
    pub fn create_key(&self, folder: &str, unlock: &Unlock) -> SqlResult<Option<Key>> {
        let Some((key, info)) = encryption::create(unlock)? else {
            return Ok(None);
        };
        let info = serde_json::to_vec(&info).map_err(|error| refuse(error.to_string()))?;
        self.write_plain(folder, false, layout::ENCRYPTION_INFO, &info)?;
        Ok(Some(key))
    }
}

fn sealed(content: &[u8], key: Option<&Key>) -> SqlResult<Vec<u8>> {
    match key {
        Some(key) => key.seal(content),
        None => Ok(content.to_vec()),
    }
}

/// The first four bytes of the SHA-256 of a file as stored.
fn manifest_checksum(stored: &[u8]) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, stored).as_ref()[..4].to_vec()
}
