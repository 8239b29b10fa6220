//! A place files are kept in: a folder of this computer, or userfile storage inside the cluster.

use super::folder::Folder;
use super::userfile_place::UserfilePlace;
use crate::error::SqlResult;

/// An open place.
#[derive(Debug, Clone)]
pub enum Store {
    /// Nodelocal storage, and the stand-ins of buckets.
    Folder(Folder),
    /// Two tables of the cluster.
    Userfile(UserfilePlace),
}

impl Store {
    /// The content of a file; 58P01 when there is none.
    pub fn read(&self, name: &str) -> SqlResult<Vec<u8>> {
        match self {
            Store::Folder(folder) => folder.read(name),
            Store::Userfile(userfile) => userfile.read(name),
        }
    }

    /// Writes a file, in place of an older one if there is one.
    pub fn write(&self, name: &str, bytes: &[u8]) -> SqlResult<()> {
        match self {
            Store::Folder(folder) => folder.write(name, bytes),
            Store::Userfile(userfile) => userfile.write(name, bytes),
        }
    }

    /// Removes a file; a missing one is no error.
    pub fn delete(&self, name: &str) -> SqlResult<()> {
        match self {
            Store::Folder(folder) => folder.delete(name),
            Store::Userfile(userfile) => userfile.delete(name),
        }
    }

    /// Names and sizes of the files whose names start with `prefix`, without it, in order of name.
    pub fn list_below(&self, prefix: &str) -> SqlResult<Vec<(String, u64)>> {
        match self {
            Store::Folder(folder) => folder.list_below(prefix),
            Store::Userfile(userfile) => userfile.list_below(prefix),
        }
    }

    /// The size of a file; none when there is no such file.
    pub fn size(&self, name: &str) -> SqlResult<Option<u64>> {
        match self {
            Store::Folder(folder) => folder.size(name),
            Store::Userfile(userfile) => userfile.size(name),
        }
    }
}
