//! What the practice cluster is known not to do as recorded, and why. A case that passes must not stand here.

/// A case that fails, and the reason.
#[derive(Debug)]
pub struct Gap {
    pub case: &'static str,
    pub reason: &'static str,
}

/// Of the userfile cases.
pub const USERFILE: &[Gap] = &[
    Gap {
        case: "cli-quirk/prefix-is-textual",
        reason: "the example deletes exactly the names it lists; the shipped CLI asks for names with a slash too many and leaves files behind",
    },
    Gap {
        case: "cli-quirk/sibling-with-the-same-prefix",
        reason: "the example deletes exactly the names it lists; the shipped CLI asks for names with a slash too many and leaves files behind",
    },
];

/// Of the backup and restore cases.
pub const BACKUP_RESTORE: &[Gap] = &[
    Gap {
        case: "alter-schedule-results",
        reason: "a v22.2 sample: options are printed the old way, and v22.2 is not emulated",
    },
    Gap {
        case: "create-schedule-daily-result",
        reason: "a v22.2 sample: options are printed the old way, and v22.2 is not emulated",
    },
    Gap {
        case: "create-schedule-hourly-result",
        reason: "a v22.2 sample: options are printed the old way, and v22.2 is not emulated",
    },
    Gap {
        case: "show-create-schedule",
        reason: "a v21.2 sample: options are printed the old way, and v21.2 is not emulated",
    },
    Gap {
        case: "show-one-schedule",
        reason: "the sample prints options the way v22.2 did, under a range that begins with v23.2",
    },
    Gap {
        case: "job-descriptions-redact-credentials",
        reason: "v22.2 only: later releases refuse a full backup into a named subdirectory",
    },
    Gap {
        case: "schedule-incremental-orphaned-v22-2",
        reason: "v22.2 only: from v23.1 on the incremental schedule goes with the full one",
    },
    Gap {
        case: "show-backup-default-columns",
        reason: "v23.1 only: times without zone",
    },
    Gap {
        case: "information-schema-crdb-jobs-columns",
        reason: "these tables come with v26.3, which is not emulated",
    },
    Gap {
        case: "show-backups-with-ids",
        reason: "the sample's backups are days old and its column list contradicts the recorded source, which always has three columns",
    },
    Gap {
        case: "show-backup-size-skip-size-and-validate",
        reason: "reads a backup made by a real v22.2 cluster, whose files are not in the case",
    },
    Gap {
        case: "check-external-connection",
        reason: "three nodes in one zone; the stand-in has one node a region",
    },
    Gap {
        case: "jobs-visibility-for-non-admin",
        reason: "definitions change at once here, without the jobs of the older schema changer",
    },
    Gap {
        case: "restore-view-needing-function-without-option",
        reason: "functions are kept and restored but not run, so a view that calls one cannot be made",
    },
    Gap {
        case: "rbr-table-restored-with-skip-localities-check",
        reason: "a row's default region is fixed when the locality is set, not looked up in the current database at each insert",
    },
    Gap {
        case: "remove-regions-cluster-restore",
        reason: "the refusals of adding a first region to a database after a restore without regions are worded otherwise",
    },
    Gap {
        case: "restore-database-with-enum-types",
        reason: "arrays of enums sort by their text",
    },
    Gap {
        case: "restore-database-with-view-rewrites-names",
        reason: "view definitions keep the text they were written with, so `::` does not become `:::`",
    },
    Gap {
        case: "show-backup-schemas-create-statements",
        reason: "view definitions keep the text they were written with, lower-case keywords included",
    },
    Gap {
        case: "show-backup-files-and-ranges",
        reason: "tables are not split into ranges",
    },
    Gap {
        case: "show-zone-configuration",
        reason: "the sample's target is unqualified; the name is printed in full",
    },
    Gap {
        case: "cluster-restore-brings-system-privileges",
        reason: "crdb_internal.tables, on which the case grants, is not among the virtual tables",
    },
    Gap {
        case: "unsafe-internals-refused",
        reason: "crdb_internal.active_range_feeds is not among the virtual tables",
    },
];
