//! The local end of a transfer: a file that is read, or one that is written in pieces.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use futures_util::future::BoxFuture;
use sha2::{Digest, Sha256};
use tokio::task::{JoinError, JoinHandle};

use crate::error::{Error, ErrorKind, Result};

/// Where an upload takes its bytes from. Reads may come from several tasks, in any order.
pub trait Source: Send + Sync + 'static {
    fn size_bytes(&self) -> u64;

    /// Exactly `len` bytes from `offset`, in the memory of `buffer`: what it held is gone.
    fn read_at(
        self: Arc<Self>,
        offset: u64,
        len: usize,
        buffer: Vec<u8>,
    ) -> BoxFuture<'static, Result<Vec<u8>>>;

    /// Fails when what was read may not belong together.
    fn check_unchanged(&self) -> Result<()>;
}

/// A local file, with what it was when it was opened.
#[derive(Debug)]
pub struct LocalSource {
    path: PathBuf,
    file: File,
    size_bytes: u64,
    modified: Option<SystemTime>,
}

impl LocalSource {
    pub async fn open(path: &Path) -> Result<Arc<Self>> {
        let path = path.to_owned();
        blocking(move || {
            let file = File::open(&path).map_err(|error| cannot_read(&path, &error))?;
            let metadata = file.metadata().map_err(|error| cannot_read(&path, &error))?;
            if !metadata.is_file() {
                return Err(Error::new(
                    ErrorKind::LocalFile,
                    format!("{} is not a file.", path.display()),
                ));
            }
            let (size_bytes, modified) = (metadata.len(), metadata.modified().ok());
            Ok(Arc::new(Self {
                path,
                file,
                size_bytes,
                modified,
            }))
        })
        .await
    }

    pub fn modified(&self) -> Option<SystemTime> {
        self.modified
    }

    fn changed(&self) -> Error {
        Error::new(
            ErrorKind::LocalFile,
            format!("{} changed while it was being read.", self.path.display()),
        )
        .hint("Upload it again when nothing writes to it any more.")
    }
}

impl Source for LocalSource {
    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    fn read_at(
        self: Arc<Self>,
        offset: u64,
        len: usize,
        mut bytes: Vec<u8>,
    ) -> BoxFuture<'static, Result<Vec<u8>>> {
        Box::pin(blocking(move || {
            bytes.resize(len, 0);
            match read_exact_at(&self.file, &mut bytes, offset) {
                Ok(()) => Ok(bytes),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(self.changed()),
                Err(error) => Err(cannot_read(&self.path, &error)),
            }
        }))
    }

    fn check_unchanged(&self) -> Result<()> {
        let opened = self
            .file
            .metadata()
            .map_err(|error| cannot_read(&self.path, &error))?;
        if opened.len() != self.size_bytes || opened.modified().ok() != self.modified {
            return Err(self.changed());
        }
        Ok(())
    }
}

/// A file being downloaded: a hidden file beside the target, written by range, that takes the
/// target's name when it is complete.
#[derive(Debug)]
pub struct PartFile {
    target: PathBuf,
    part: PathBuf,
    file: File,
}

impl PartFile {
    /// Opens `.<target>.<tag>.part` beside the target, keeping what an earlier run left in it. Folders
    /// above are made.
    pub async fn open(target: &Path, tag: &str) -> Result<Arc<Self>> {
        let (target, part) = (target.to_owned(), part_path(target, tag)?);
        blocking(move || {
            if let Some(folder) = target.parent() {
                std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
            }
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let file = options.open(&part).map_err(|error| cannot_write(&part, &error))?;
            Ok(Arc::new(Self { target, part, file }))
        })
        .await
    }

    /// Bytes that an earlier run left.
    pub fn len(&self) -> Result<u64> {
        Ok(self
            .file
            .metadata()
            .map_err(|error| cannot_write(&self.part, &error))?
            .len())
    }

    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Writes a chunk where it belongs. Blocks.
    pub(crate) fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        write_all_at(&self.file, bytes, offset).map_err(|error| cannot_write(&self.target, &error))
    }

    /// Adds a part of the file to a digest. Blocks.
    pub(crate) fn update_digest(&self, digest: &mut Sha256, range: Range<u64>) -> Result<()> {
        update_digest(digest, &self.file, range).map_err(|error| cannot_read(&self.part, &error))
    }

    /// Brings what was written to the disk. Blocks.
    pub(crate) fn sync(&self) -> Result<()> {
        self.file
            .sync_data()
            .map_err(|error| cannot_write(&self.target, &error))
    }

    /// Digest of a range that is already in the file.
    pub(crate) async fn sha256_at(self: &Arc<Self>, offset: u64, len: u64) -> Result<[u8; 32]> {
        let this = Arc::clone(self);
        blocking(move || {
            digest_range(&this.file, offset, len).map_err(|error| cannot_read(&this.part, &error))
        })
        .await
    }

    /// Cuts the file to its size, brings it to the disk, and gives it the target's name. A target that
    /// exists is replaced only if `replace` is set.
    pub(crate) async fn finish(self: &Arc<Self>, size_bytes: u64, replace: bool) -> Result<()> {
        let this = Arc::clone(self);
        blocking(move || {
            let failed = |error: io::Error| cannot_write(&this.target, &error);
            this.file.set_len(size_bytes).map_err(failed)?;
            this.sync()?;
            let part = tempfile::TempPath::try_from_path(as_long_path(&this.part)).map_err(failed)?;
            let target = as_long_path(&this.target);
            let renamed = if replace {
                part.persist(target)
            } else {
                part.persist_noclobber(target)
            };
            renamed.map_err(|error| {
                // The part is complete: it stays for another attempt.
                let reason = cannot_write(&this.target, &error.error);
                let taken = error.error.kind() == io::ErrorKind::AlreadyExists;
                if let Err(error) = error.path.keep() {
                    tracing::warn!(%error, "a part file could not be kept");
                }
                if taken { exists(&this.target) } else { reason }
            })?;
            Ok(())
        })
        .await
    }

    /// Removes what was written so far.
    pub async fn discard(self: Arc<Self>) -> Result<()> {
        blocking(move || remove_if_there(&self.part)).await
    }

    /// Removes the part file of a download that is not running.
    pub async fn remove_part(target: &Path, tag: &str) -> Result<()> {
        let part = part_path(target, tag)?;
        blocking(move || remove_if_there(&part)).await
    }
}

/// Writes a file that is in memory as a whole, through a temporary file beside it. It is not forced to
/// the disk: with thousands of small files that would take most of the time.
pub async fn save_small(target: &Path, bytes: Vec<u8>, replace: bool) -> Result<()> {
    let target = target.to_owned();
    blocking(move || {
        let failed = |error: io::Error| cannot_write(&target, &error);
        let folder = target.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
        let long = as_long_path(&target);
        let mut file = tempfile::Builder::new()
            .prefix(".roachvault")
            .tempfile_in(long.parent().unwrap_or(folder))
            .map_err(failed)?;
        io::Write::write_all(&mut file, &bytes).map_err(failed)?;
        let renamed = if replace {
            file.persist(long)
        } else {
            file.persist_noclobber(long)
        };
        match renamed {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(exists(&target)),
            Err(error) => Err(failed(error.error)),
        }
    })
    .await
}

fn exists(target: &Path) -> Error {
    Error::new(
        ErrorKind::AlreadyExists,
        format!("{} exists already.", target.display()),
    )
}

fn remove_if_there(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(cannot_write(path, &error)),
        _ => Ok(()),
    }
}

fn part_path(target: &Path, tag: &str) -> Result<PathBuf> {
    let name = target.file_name().ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidInput,
            format!("{} cannot be a file's name.", target.display()),
        )
    })?;
    let mut part = std::ffi::OsString::from(".");
    // File systems commonly end names at 255 bytes.
    let shown = name.to_string_lossy();
    let mut end = shown.len().min(180);
    while !shown.is_char_boundary(end) {
        end -= 1;
    }
    part.push(&shown[..end]);
    part.push(format!(".{tag}.part"));
    Ok(target.with_file_name(part))
}

/// What work that was begun came to.
pub(crate) async fn ended<T>(running: JoinHandle<Result<T>>) -> Result<T> {
    running.await.map_err(stopped_short)?
}

fn digest_range(file: &File, offset: u64, len: u64) -> io::Result<[u8; 32]> {
    let mut digest = Sha256::new();
    update_digest(&mut digest, file, offset..offset + len)?;
    Ok(digest.finalize().into())
}

fn update_digest(digest: &mut Sha256, file: &File, range: Range<u64>) -> io::Result<()> {
    let mut buffer = vec![0; 256 << 10];
    let mut at = range.start;
    while at < range.end {
        let want = usize::try_from((range.end - at).min(buffer.len() as u64)).unwrap_or(buffer.len());
        read_exact_at(file, &mut buffer[..want], at)?;
        digest.update(&buffer[..want]);
        at += want as u64;
    }
    Ok(())
}

/// Runs file work where it may block.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    ended(tokio::task::spawn_blocking(work)).await
}

fn stopped_short(error: JoinError) -> Error {
    Error::new(
        ErrorKind::Internal,
        "Reading or writing a local file stopped short.",
    )
    .detail(error.to_string())
}

fn cannot_read(path: &Path, error: &io::Error) -> Error {
    Error::new(
        ErrorKind::LocalFile,
        format!("{} could not be read: {}.", path.display(), plainly(error)),
    )
    .detail(error.to_string())
}

fn cannot_write(path: &Path, error: &io::Error) -> Error {
    let full = matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    );
    let failure = Error::new(
        if full {
            ErrorKind::LocalFull
        } else {
            ErrorKind::LocalFile
        },
        format!("{} could not be written: {}.", path.display(), plainly(error)),
    )
    .detail(error.to_string());
    match error.kind() {
        _ if full => failure.hint("Make room on the disk and try again."),
        io::ErrorKind::PermissionDenied => {
            failure.hint("Choose another folder, or allow writing to this one.")
        }
        _ => failure,
    }
}

fn plainly(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".into(),
        io::ErrorKind::PermissionDenied => "permission is denied".into(),
        io::ErrorKind::StorageFull => "the disk is full".into(),
        io::ErrorKind::QuotaExceeded => "your quota on this disk is used up".into(),
        io::ErrorKind::FileTooLarge => "the file is too large for this disk".into(),
        io::ErrorKind::ReadOnlyFilesystem => "the disk is read-only".into(),
        io::ErrorKind::IsADirectory => "it is a folder".into(),
        io::ErrorKind::NotADirectory => "a part of the path is not a folder".into(),
        _ => error.to_string(),
    }
}

/// The path in the form that Windows asks for when it is longer than 260 characters. The standard library turns long paths into
/// it by itself; `tempfile` does not when it renames.
#[cfg(windows)]
fn as_long_path(path: &Path) -> Cow<'_, Path> {
    // Some drives cannot tell their canonical path; on these the plain one is all there is.
    match (path.parent().map(Path::canonicalize), path.file_name()) {
        (Some(Ok(folder)), Some(name)) => Cow::Owned(folder.join(name)),
        _ => Cow::Borrowed(path),
    }
}

#[cfg(not(windows))]
fn as_long_path(path: &Path) -> Cow<'_, Path> {
    Cow::Borrowed(path)
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(unix)]
fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, bytes, offset)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes = &mut bytes[read..];
        offset += read as u64;
    }
    Ok(())
}

#[cfg(windows)]
fn write_all_at(file: &File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = std::os::windows::fs::FileExt::seek_write(file, bytes, offset)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = &bytes[written..];
        offset += written as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn a_download_never_replaces_a_file_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.txt");
        std::fs::write(&target, "old").unwrap();
        let part = PartFile::open(&target, "tag").await.unwrap();
        part.write_at(0, b"new").unwrap();
        assert_eq!(
            part.finish(3, false).await.unwrap_err().kind,
            ErrorKind::AlreadyExists
        );
        assert_eq!(std::fs::read(&target).unwrap(), b"old");
        part.finish(3, true).await.unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_file_that_changes_while_it_is_read_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        std::fs::write(&path, "1234").unwrap();
        let source = LocalSource::open(&path).await.unwrap();
        source.check_unchanged().unwrap();
        std::fs::write(&path, "12").unwrap();
        assert!(source.check_unchanged().unwrap_err().message.contains("changed"));
        assert!(
            source
                .read_at(0, 4, Vec::new())
                .await
                .unwrap_err()
                .message
                .contains("changed")
        );
    }
}
