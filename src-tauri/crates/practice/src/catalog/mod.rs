//! What exists in the cluster: databases, schemas, tables, views, sequences, types, functions, users, grants, settings,
//! zones, comments. A [`Catalog`] is one consistent state of all that, at one moment; storage keeps every state
//! within the garbage collection window, which is what `AS OF SYSTEM TIME` and revision history read.

mod descriptor;
mod lookup;
mod privilege;
mod role;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use descriptor::{
    Body, Check, Column, DatabaseBody, DefaultPrivilege, Descriptor, EnumBody, ForeignKey, ForeignKeyAction,
    FunctionBody, Index, Locality, SchemaBody, SequenceBody, State, TableBody, ViewBody,
};
pub use lookup::{ObjectName, quote_ident, quote_ident_if_needed, quote_literal};
pub use privilege::{Grants, Privilege, PrivilegeTarget};
pub use role::{Membership, Role};
use serde::{Deserialize, Serialize};

/// A descriptor's id. User objects start at 104, as on a real cluster.
pub type DescriptorId = u32;

/// The id of the `system` database.
pub const SYSTEM_DATABASE_ID: DescriptorId = 1;
/// The first id given to what users create.
pub const FIRST_USER_ID: DescriptorId = 100;

/// A zone configuration; only what differs from the parent is set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// How long old versions stay readable, in cluster seconds.
    pub gc_ttl_seconds: Option<i64>,
    /// Every other `key = value`, as written.
    pub other: BTreeMap<String, String>,
}

/// One state of everything that exists.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Grows with every change.
    pub version: i64,
    pub descriptors: BTreeMap<DescriptorId, Arc<Descriptor>>,
    pub roles: BTreeMap<String, Arc<Role>>,
    /// Privileges on the cluster itself (`GRANT SYSTEM …`).
    pub system_grants: Grants,
    /// Cluster settings that are not at their default.
    pub settings: BTreeMap<String, String>,
    /// By target as `SHOW ZONE CONFIGURATION` names it: `RANGE default`, `DATABASE d`, `TABLE d.public.t`; the key is the
    /// descriptor id, 0 for the default range.
    pub zones: BTreeMap<DescriptorId, Zone>,
    /// Comments by object id and column id (0 for the object itself).
    pub comments: BTreeMap<(DescriptorId, u32), String>,
    /// Entries of other parts of the cluster (schedules, external connections), by kind and key.
    pub entries: BTreeMap<(String, String), serde_json::Value>,
}

/// One entry of the catalog in the form storage keeps.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryKey {
    pub kind: String,
    pub key: String,
}

impl EntryKey {
    /// A key of the given kind.
    pub fn new(kind: &str, key: impl ToString) -> Self {
        Self {
            kind: kind.to_owned(),
            key: key.to_string(),
        }
    }
}

/// The kinds of catalog entries that [`Catalog`] itself understands.
pub mod kind {
    pub const DESCRIPTOR: &str = "descriptor";
    pub const ROLE: &str = "role";
    pub const SYSTEM_GRANTS: &str = "system_grants";
    pub const SETTING: &str = "setting";
    pub const ZONE: &str = "zone";
    pub const COMMENT: &str = "comment";
}

impl Catalog {
    /// Puts a stored entry in place, or takes it out when `body` is none.
    pub fn apply(&mut self, key: &EntryKey, body: Option<&str>) -> Result<(), serde_json::Error> {
        fn read<T: serde::de::DeserializeOwned>(body: Option<&str>) -> Result<Option<T>, serde_json::Error> {
            body.map(serde_json::from_str).transpose()
        }
        fn put<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: Option<V>) {
            match value {
                Some(value) => {
                    map.insert(key, value);
                }
                None => {
                    map.remove(&key);
                }
            }
        }
        let id = || key.key.parse::<DescriptorId>().unwrap_or(0);
        match key.kind.as_str() {
            kind::DESCRIPTOR => put(&mut self.descriptors, id(), read(body)?.map(Arc::new)),
            kind::ROLE => put(&mut self.roles, key.key.clone(), read(body)?.map(Arc::new)),
            kind::SYSTEM_GRANTS => self.system_grants = read(body)?.unwrap_or_default(),
            kind::SETTING => put(&mut self.settings, key.key.clone(), read(body)?),
            kind::ZONE => put(&mut self.zones, id(), read(body)?),
            kind::COMMENT => {
                let (object, column) = key.key.split_once('.').unwrap_or((&key.key, "0"));
                put(
                    &mut self.comments,
                    (object.parse().unwrap_or(0), column.parse().unwrap_or(0)),
                    read(body)?,
                );
            }
            other => put(
                &mut self.entries,
                (other.to_owned(), key.key.clone()),
                read(body)?,
            ),
        }
        Ok(())
    }

    /// The cluster setting's value, or its default.
    pub fn setting(&self, name: &str) -> Option<String> {
        self.settings
            .get(name)
            .cloned()
            .or_else(|| crate::session::settings::default_cluster_setting(name).map(str::to_owned))
    }

    /// How long old versions of this object stay, in cluster seconds: its own zone, its database's, the default range's.
    pub fn gc_ttl_seconds(&self, id: DescriptorId) -> i64 {
        let parent = self.descriptors.get(&id).map_or(0, |d| d.parent_id);
        [id, parent, 0]
            .iter()
            .find_map(|id| self.zones.get(id).and_then(|z| z.gc_ttl_seconds))
            .unwrap_or(14_400)
    }

    /// The greatest descriptor id in use.
    pub fn max_id(&self) -> DescriptorId {
        self.descriptors
            .keys()
            .next_back()
            .copied()
            .unwrap_or(FIRST_USER_ID)
            .max(FIRST_USER_ID)
    }
}
