//! Which CockroachDB the cluster pretends to be, and the one table of what differs between versions.
//! Code asks [`Version::differences`] for a named difference and never compares versions itself.

use std::fmt;
use std::str::FromStr;

/// An emulated release line.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize,
)]
pub enum Version {
    V23_2,
    V24_3,
    #[default]
    V25_4,
    V26_2,
}

/// What changed between the emulated versions.
#[derive(Debug, Clone, Copy)]
pub struct Differences {
    /// The release `SELECT version()` names.
    pub release: &'static str,
    /// The cluster version (`SHOW CLUSTER SETTING version`).
    pub cluster_version: &'static str,
    /// Attached BACKUP and RESTORE also return `index_entries` and `bytes` (until v24.3).
    pub job_result_has_index_entries_and_bytes: bool,
    /// Incremental folders carry the start time behind their own (from v25.2).
    pub incremental_folder_has_start: bool,
    /// `metadata/index/` is written beside the collection (from v25.4).
    pub backup_index_is_written: bool,
    /// SHOW BACKUP and RESTORE read chains from the index, and backups have ids (from v26.2).
    pub backup_ids: bool,
    /// `incremental_location` is accepted (until v26.1).
    pub incremental_location: bool,
    /// `crdb_internal` and `system` are closed unless `allow_unsafe_internals` is on (from v26.1).
    pub internals_are_closed: bool,
    /// `SHOW ROLES` gives options as STRING[] and adds `estimated_last_login_time` (from v25.3).
    pub roles_have_option_arrays: bool,
    /// DDL in a batch commits what came before it and says so in a notice (from v25.1).
    pub autocommit_before_ddl: bool,
    /// `file does not exist: …` instead of `file <path> does not exist in …` (from v25.2).
    pub new_missing_userfile_text: bool,
    /// New databases let `public` make temporary tables (as SHOW BACKUP shows grants from v26.1 on).
    pub public_may_make_temporary_tables: bool,
    /// The oldest cluster version whose backups can be restored.
    pub min_restorable: &'static str,
}

impl Version {
    /// Every emulated version, oldest first.
    pub const ALL: [Self; 4] = [Self::V23_2, Self::V24_3, Self::V25_4, Self::V26_2];

    /// The table of differences.
    pub const fn differences(self) -> &'static Differences {
        const V23_2: Differences = Differences {
            release: "v23.2.26",
            cluster_version: "23.2",
            job_result_has_index_entries_and_bytes: true,
            incremental_folder_has_start: false,
            backup_index_is_written: false,
            backup_ids: false,
            incremental_location: true,
            internals_are_closed: false,
            roles_have_option_arrays: false,
            autocommit_before_ddl: false,
            new_missing_userfile_text: false,
            public_may_make_temporary_tables: false,
            min_restorable: "22.2",
        };
        const V24_3: Differences = Differences {
            release: "v24.3.20",
            cluster_version: "24.3",
            min_restorable: "24.1",
            ..V23_2
        };
        const V25_4: Differences = Differences {
            release: "v25.4.0",
            cluster_version: "25.4",
            job_result_has_index_entries_and_bytes: false,
            incremental_folder_has_start: true,
            backup_index_is_written: true,
            roles_have_option_arrays: true,
            autocommit_before_ddl: true,
            new_missing_userfile_text: true,
            min_restorable: "25.2",
            ..V24_3
        };
        const V26_2: Differences = Differences {
            release: "v26.2.0",
            cluster_version: "26.2",
            backup_ids: true,
            incremental_location: false,
            internals_are_closed: true,
            public_may_make_temporary_tables: true,
            min_restorable: "25.4",
            ..V25_4
        };
        match self {
            Self::V23_2 => &V23_2,
            Self::V24_3 => &V24_3,
            Self::V25_4 => &V25_4,
            Self::V26_2 => &V26_2,
        }
    }

    /// What `SELECT version()` answers.
    pub fn banner(self) -> String {
        format!(
            "CockroachDB CCL {} (x86_64-pc-linux-gnu, practice cluster of Roachvault {})",
            self.differences().release,
            env!("CARGO_PKG_VERSION")
        )
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.differences().cluster_version)
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim_start_matches('v');
        Self::ALL
            .into_iter()
            .find(|v| v.differences().cluster_version == text)
            .ok_or_else(|| {
                format!("\"{text}\" is not an emulated version; choose v23.2, v24.3, v25.4 or v26.2")
            })
    }
}
