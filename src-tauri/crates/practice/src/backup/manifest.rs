//! What a backup layer holds, as its manifest says it. The manifest is JSON in gzip: the real one is a protocol
//! buffer in gzip, which nobody but the server reads.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, Descriptor, DescriptorId, Grants, Role, SYSTEM_DATABASE_ID, Zone};
use crate::clock::Timestamp;
use crate::error::{SqlError, SqlResult, sqlstate};

/// A version of a definition inside a backup with revision history.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DescriptorRevision {
    pub from: Timestamp,
    /// [`Timestamp::FOREVER`] while it held at the layer's end.
    pub to: Timestamp,
    pub descriptor: Descriptor,
}

/// A data file of a layer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DataFile {
    /// Below the layer's folder: `data/123.sst`.
    pub name: String,
    pub table: DescriptorId,
    /// In a locality-aware backup, the locality whose bucket has it.
    pub locality: Option<String>,
    pub rows: u64,
    /// Logical bytes.
    pub size_bytes: u64,
    /// As stored.
    pub file_bytes: u64,
    /// SHA-256 of the file before encryption, as hex.
    pub sha256: String,
    /// The table's earlier rows do not count any more.
    pub replaces: bool,
    /// First and last key, as SHOW BACKUP FILES prints them.
    pub start_pretty: String,
    pub end_pretty: String,
}

/// What lies in the `system` database, in cluster backups and backups of `system`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SystemState {
    pub roles: BTreeMap<String, Role>,
    pub system_grants: Grants,
    pub settings: BTreeMap<String, String>,
    pub zones: BTreeMap<DescriptorId, Zone>,
    /// Schedules and external connections, by kind and key.
    pub entries: Vec<(String, String, serde_json::Value)>,
}

/// One layer: a full backup or an increment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Manifest {
    /// The cluster version it was taken on, for example `25.4`.
    pub cluster_version: String,
    pub cluster_id: String,
    /// None in a full backup.
    pub start: Option<Timestamp>,
    pub end: Timestamp,
    /// From when on every version is there; only with revision history.
    pub revision_start: Option<Timestamp>,
    pub is_full_cluster: bool,
    pub complete_databases: Vec<DescriptorId>,
    /// In order of id.
    pub descriptors: Vec<Descriptor>,
    pub revisions: Vec<DescriptorRevision>,
    pub files: Vec<DataFile>,
    pub comments: Vec<(DescriptorId, u32, String)>,
    pub system: Option<SystemState>,
    /// The non-default localities of a locality-aware backup.
    pub localities: Vec<String>,
    /// Virtual clusters in it.
    pub tenants: Vec<i64>,
}

impl Manifest {
    /// Whether every version is kept.
    pub fn has_revision_history(&self) -> bool {
        self.revision_start.is_some()
    }

    /// The form in which it is stored.
    pub fn to_bytes(&self) -> SqlResult<Vec<u8>> {
        let unwritable =
            |error: String| SqlError::new(sqlstate::INTERNAL, format!("manifest cannot be written: {error}"));
        let json = serde_json::to_vec(self).map_err(|error| unwritable(error.to_string()))?;
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder
            .write_all(&json)
            .map_err(|error| unwritable(error.to_string()))?;
        encoder.finish().map_err(|error| unwritable(error.to_string()))
    }

    /// Reads the stored form.
    pub fn from_bytes(bytes: &[u8]) -> SqlResult<Manifest> {
        let unreadable = |error: String| SqlError::plain(format!("unmarshal manifest: {error}"));
        let mut json = Vec::new();
        GzDecoder::new(bytes)
            .read_to_end(&mut json)
            .map_err(|error| unreadable(error.to_string()))?;
        serde_json::from_slice(&json).map_err(|error| unreadable(error.to_string()))
    }

    /// The definition of an object, as it was at the layer's end.
    pub fn descriptor(&self, id: DescriptorId) -> Option<&Descriptor> {
        self.descriptors.iter().find(|descriptor| descriptor.id == id)
    }

    /// The definitions as they were at a moment inside the layer; none of them at a moment without revision history
    /// other than the end.
    pub fn descriptors_at(&self, at: Timestamp) -> Vec<Descriptor> {
        if at >= self.end || !self.has_revision_history() {
            return self.descriptors.clone();
        }
        let mut found: Vec<Descriptor> = self
            .revisions
            .iter()
            .filter(|revision| revision.from <= at && revision.to > at)
            .map(|revision| revision.descriptor.clone())
            .collect();
        found.sort_by_key(|descriptor| descriptor.id);
        found
    }

    /// Rows and logical bytes of a table in this layer.
    pub fn counts(&self, table: DescriptorId) -> (u64, u64) {
        self.files
            .iter()
            .filter(|file| file.table == table)
            .fold((0, 0), |(rows, bytes), file| {
                (rows + file.rows, bytes + file.size_bytes)
            })
    }
}

impl SystemState {
    /// What `catalog` holds of it.
    pub fn of(catalog: &Catalog) -> SystemState {
        SystemState {
            roles: catalog
                .roles
                .iter()
                .map(|(name, role)| (name.clone(), Role::clone(role)))
                .collect(),
            system_grants: catalog.system_grants.clone(),
            settings: catalog.settings.clone(),
            zones: catalog.zones.clone(),
            entries: catalog
                .entries
                .iter()
                .map(|((kind, key), body)| (kind.clone(), key.clone(), body.clone()))
                .collect(),
        }
    }
}

/// The tables of `system` that a cluster backup lists. `since` is the first release that has the table.
pub const SYSTEM_TABLES: &[(&str, (u16, u16))] = &[
    ("users", (0, 0)),
    ("zones", (0, 0)),
    ("settings", (0, 0)),
    ("ui", (0, 0)),
    ("locations", (0, 0)),
    ("role_members", (0, 0)),
    ("comments", (0, 0)),
    ("role_options", (0, 0)),
    ("scheduled_jobs", (0, 0)),
    ("database_role_settings", (0, 0)),
    ("tenant_settings", (0, 0)),
    ("role_id_seq", (0, 0)),
    ("privileges", (0, 0)),
    ("external_connections", (0, 0)),
    ("statement_hints", (26, 1)),
];

/// Whether a backup has the `system` database as a whole.
pub fn has_system_database(manifest: &Manifest) -> bool {
    manifest.is_full_cluster || manifest.complete_databases.contains(&SYSTEM_DATABASE_ID)
}
