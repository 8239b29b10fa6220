//! A directory of userfile storage, as the server's own work uses it: with the rights of the user whose job it is.

use crate::cluster::Cluster;
use crate::error::{SqlResult, sqlstate};
use crate::userfile::{UserfileStore, UserfileUri};
use std::sync::Arc;

/// An open directory.
#[derive(Debug, Clone)]
pub struct UserfilePlace {
    store: UserfileStore,
    directory: String,
}

impl UserfilePlace {
    /// Opens the place, and makes the store's tables when they are not there yet. `userfile:///` is the user's own store.
    pub fn open(cluster: &Arc<Cluster>, user: &str, uri: &str) -> SqlResult<UserfilePlace> {
        let (store, directory) = UserfileStore::open_uri(cluster, user, uri)?;
        Ok(UserfilePlace { store, directory })
    }

    fn path(&self, name: &str) -> SqlResult<String> {
        UserfileUri::join(&self.directory, name)
    }

    /// The content of a file; 58P01 when there is none.
    pub fn read(&self, name: &str) -> SqlResult<Vec<u8>> {
        let path = self.path(name)?;
        self.store.read(&path).map_err(|mut error| {
            if error
                .message
                .contains("does not exist in the UserFileTableSystem")
            {
                error.sqlstate = sqlstate::UNDEFINED_FILE.into();
            }
            error
        })
    }

    /// Writes a file under a new id, in place of an older one of the name.
    pub fn write(&self, name: &str, bytes: &[u8]) -> SqlResult<()> {
        self.store.write(&self.path(name)?, bytes)
    }

    /// Writes a file in payload rows of another size than the server's.
    pub fn write_in_chunks(&self, name: &str, bytes: &[u8], chunk_bytes: usize) -> SqlResult<()> {
        let mut writer = self.store.create_with_chunks(&self.path(name)?, chunk_bytes)?;
        writer.write(bytes)?;
        writer.finish().map(|_| ())
    }

    /// Removes a file; a missing one is no error.
    pub fn delete(&self, name: &str) -> SqlResult<()> {
        self.store.delete(&self.path(name)?)
    }

    /// Names and sizes of the files below the place whose names start with `prefix`, without it, in order of name.
    pub fn list_below(&self, prefix: &str) -> SqlResult<Vec<(String, u64)>> {
        let directory = UserfileUri::join(&self.directory, "x")?;
        let start = format!("{}{prefix}", directory.strip_suffix('x').unwrap_or(&directory));
        let found = self.store.list_prefix(&start)?;
        Ok(found
            .into_iter()
            .filter_map(|(name, size)| Some((name.strip_prefix(&start)?.to_owned(), size)))
            .collect())
    }

    /// Lists as the server's storage interface does: names relative to the place joined with `prefix`, cut after the first
    /// `delimiter`.
    pub fn list(&self, prefix: &str, delimiter: &str) -> SqlResult<Vec<String>> {
        self.store.list(&self.directory, prefix, delimiter)
    }

    /// The size of a file; none when there is no such file.
    pub fn size(&self, name: &str) -> SqlResult<Option<u64>> {
        let path = self.path(name)?;
        if self.store.exists(&path)? {
            self.store.size(&path).map(Some)
        } else {
            Ok(None)
        }
    }
}
