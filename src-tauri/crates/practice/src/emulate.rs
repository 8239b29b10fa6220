//! Which CockroachDB the cluster pretends to be, and the one table of what differs between versions.
//! Code asks [`Version::differences`] for a named difference and never compares versions itself.

use std::fmt;
use std::str::FromStr;

/// An emulated release line: [`Version::ALL`] in all that the practice cluster does, [`Version::AS_RECORDED`] only as far as
/// recorded cases of them go.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize,
)]
pub enum Version {
    V21_2,
    V22_2,
    V23_1,
    V23_2,
    V24_3,
    #[default]
    V25_4,
    V26_2,
    V26_3,
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
    /// Options are printed as `WITH OPTIONS (detached)` (from v23.1), before as `WITH detached`.
    pub options_in_parentheses: bool,
    /// Dropping the full schedule of a pair drops the incremental one too (from v23.1).
    pub schedules_are_dropped_in_pairs: bool,
    /// SHOW BACKUP and SHOW JOBS give times with a zone (from v23.2).
    pub times_have_zone: bool,
    /// SHOW SCHEDULES has `on_previous_running` and `on_execution_failure` (from v23.2).
    pub schedules_show_policies: bool,
    /// A full backup may go into a named subdirectory without a setting (until v22.2).
    pub full_backup_into_named_folder: bool,
    /// Job descriptions of RESTORE join the subdirectory to the URI (until v22.2).
    pub restore_descriptions_join_folder: bool,
    /// Parameters on a userfile URI are refused (after v22.2).
    pub userfile_parameters_are_refused: bool,
    /// `information_schema.crdb_jobs` and `crdb_jobs_with_progress` (expected with v26.3).
    pub information_schema_has_jobs: bool,
    /// SHOW CREATE VIEW ends with a semicolon (v26.x).
    pub show_create_view_is_closed: bool,
    /// The oldest cluster version whose backups can be restored.
    pub min_restorable: &'static str,
}

impl Version {
    /// Releases of which only recorded cases are known: where no case speaks, they do as their neighbour does.
    pub const AS_RECORDED: [Self; 4] = [Self::V21_2, Self::V22_2, Self::V23_1, Self::V26_3];

    /// Every version that is emulated throughout, oldest first.
    pub const ALL: [Self; 4] = [Self::V23_2, Self::V24_3, Self::V25_4, Self::V26_2];

    /// The table of differences.
    pub const fn differences(self) -> &'static Differences {
        const V21_2: Differences = Differences {
            release: "v21.2.17",
            cluster_version: "21.2",
            options_in_parentheses: false,
            schedules_are_dropped_in_pairs: false,
            times_have_zone: false,
            schedules_show_policies: false,
            full_backup_into_named_folder: true,
            restore_descriptions_join_folder: true,
            userfile_parameters_are_refused: false,
            information_schema_has_jobs: false,
            show_create_view_is_closed: false,
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
            min_restorable: "20.2",
        };
        const V22_2: Differences = Differences {
            release: "v22.2.19",
            cluster_version: "22.2",
            min_restorable: "21.2",
            ..V21_2
        };
        const V23_1: Differences = Differences {
            release: "v23.1.28",
            cluster_version: "23.1",
            options_in_parentheses: true,
            schedules_are_dropped_in_pairs: true,
            full_backup_into_named_folder: false,
            restore_descriptions_join_folder: false,
            userfile_parameters_are_refused: true,
            min_restorable: "22.1",
            ..V22_2
        };
        const V23_2: Differences = Differences {
            release: "v23.2.26",
            cluster_version: "23.2",
            times_have_zone: true,
            schedules_show_policies: true,
            min_restorable: "22.2",
            ..V23_1
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
            show_create_view_is_closed: true,
            public_may_make_temporary_tables: true,
            min_restorable: "25.4",
            ..V25_4
        };
        const V26_3: Differences = Differences {
            release: "v26.3.0",
            cluster_version: "26.3",
            information_schema_has_jobs: true,
            ..V26_2
        };
        match self {
            Self::V21_2 => &V21_2,
            Self::V22_2 => &V22_2,
            Self::V23_1 => &V23_1,
            Self::V26_3 => &V26_3,
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
            .chain(Self::AS_RECORDED)
            .find(|v| v.differences().cluster_version == text)
            .ok_or_else(|| {
                format!("\"{text}\" is not an emulated version; choose v23.2, v24.3, v25.4 or v26.2 (of v21.2, v22.2, v23.1 \
                     and v26.3 only what recorded cases show is known)")
            })
    }
}
