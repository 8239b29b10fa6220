//! What jobs over files are, as the journal keeps it. No secrets; connections are named by their ids.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use roachvault_cockroach::userfile::{FileRow, StoredName};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::job::{FileEnd, JobId};

/// The id that the file at `position` of a job gets in the cluster. It follows from the job, so that a
/// later run of the same job recognises what an earlier one has written.
pub(super) fn file_id(job: JobId, position: usize) -> Uuid {
    let mut digest = Sha256::new();
    digest.update(job.0.as_bytes());
    digest.update((position as u64).to_be_bytes());
    let digest = digest.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// Why a file took no part, as its result tells it.
pub(super) fn skipped(is_identical: bool) -> FileEnd {
    let why = if is_identical {
        "It is there already, and identical."
    } else {
        "A file of this name is there already."
    };
    FileEnd::Skipped { why: why.into() }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct UploadSpec {
    /// Host of the store's URIs.
    pub store: String,
    pub files: Vec<UploadFile>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct UploadFile {
    pub path: PathBuf,
    /// With its leading slash.
    pub name: String,
    /// As planned. A file of another size or time is not the one that was chosen.
    pub size_bytes: u64,
    /// Milliseconds since 1970.
    pub modified_ms: Option<i64>,
    /// What the file must be, where that is known: hex.
    #[serde(default)]
    pub sha256: Option<String>,
    pub replace: bool,
    /// Left out, and only told of.
    pub skip: bool,
    /// Left out because the same file is there.
    #[serde(default)]
    pub identical: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct DownloadSpec {
    pub store: String,
    pub files: Vec<DownloadFile>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct DownloadFile {
    pub file: StoredFile,
    pub target: PathBuf,
    pub replace: bool,
    pub skip: bool,
    #[serde(default)]
    pub identical: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ExportSpec {
    /// The archive's own folder.
    pub archive: PathBuf,
    /// What the cluster says of its version.
    pub cluster_version: String,
    /// Their targets lie in the archive.
    pub download: DownloadSpec,
    /// In the order of the files.
    pub entries: Vec<ExportEntry>,
}

/// What the archive tells of a file beside its bytes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ExportEntry {
    /// Below the folder that was chosen.
    pub name: String,
    /// Below the archive's folder, with `/` between its parts.
    pub path: String,
    pub username: String,
    pub uploaded_at: Option<DateTime<Utc>>,
}

/// A file of a store as it was when the plan was made. Found again by its id: another file of the same
/// name is another file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StoredFile {
    pub name: String,
    pub file_id: Uuid,
    pub size_bytes: u64,
}

impl StoredFile {
    pub fn of(file: &FileRow) -> Self {
        Self {
            name: file.name.as_str().to_owned(),
            file_id: file.file_id,
            size_bytes: file.size_bytes,
        }
    }

    pub fn row(&self) -> FileRow {
        FileRow {
            name: StoredName::stored(self.name.clone()),
            file_id: self.file_id,
            size_bytes: self.size_bytes,
            username: String::new(),
            uploaded_at: None,
        }
    }

    pub fn shown(&self) -> &str {
        self.name.strip_prefix('/').unwrap_or(&self.name)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct DeleteSpec {
    pub store: String,
    pub files: Vec<StoredFile>,
    /// The moment before, as `AS OF SYSTEM TIME` takes it: what is deleted can be read from it. Absent in jobs of earlier
    /// versions, and where the server has no such thing.
    #[serde(default)]
    pub as_of: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct DigestSpec {
    pub store: String,
    pub file: StoredFile,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct CopySpec {
    pub store: String,
    pub copies: Vec<CopyFile>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct CopyFile {
    pub file: StoredFile,
    pub to: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RepairSpec {
    pub store: String,
    pub items: Vec<RepairOne>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RepairOne {
    pub file: StoredFile,
    pub close_gaps: bool,
}

/// Files that are read at one place and moment and written at another.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct CarrySpec {
    pub store: String,
    pub target_store: String,
    /// Absent when the files stay in the cluster they come from.
    pub target_connection: Option<crate::job::JobConnection>,
    pub files: Vec<CarryFile>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct CarryFile {
    pub file: StoredFile,
    pub to: String,
    /// The moment to read at, as `AS OF SYSTEM TIME` takes it.
    pub as_of: Option<String>,
    pub replace: bool,
    pub skip: bool,
    #[serde(default)]
    pub identical: bool,
}
