//! Why CockroachDB refuses backups, restores and their relatives.
//!
//! Nearly all of these refusals carry no SQLSTATE of their own, so their text is all there is to go by.

use crate::error::{Error, ErrorKind};

/// A refusal on which somebody acts differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Encrypted, and no passphrase was given.
    Encrypted,
    WrongPassphrase,
    /// A passphrase was given for a backup that has none.
    NotEncrypted,
    /// There is no finished backup in the collection.
    EmptyCollection,
    /// The subdirectory is not one of the collection's.
    NoSuchBackup,
    /// Data or metadata files of the backup are gone or damaged.
    FilesMissing,
    /// The bucket or folder is not there.
    NoSuchStorage,
    /// The storage does not accept the keys.
    StorageDenied,
    /// The cluster lacks regions of the backup.
    Regions,
    /// Taken on a newer release, or on one that is too old.
    Version,
    /// The backup does not hold that moment.
    Moment,
    /// What an incremental backup would need has been removed from the cluster.
    GarbageCollected,
    DatabaseExists,
    TableExists,
    /// The database that tables are to go into.
    NoSuchDatabase,
    /// What is to be backed up.
    NoSuchTarget,
    /// A table refers to something that does not come with it.
    Dependency,
    NoPrivilege,
    /// A job writes to the same place.
    RunningElsewhere,
    /// An administrator has switched backups or restores off.
    SwitchedOff,
    /// Only its owner and administrators may change a schedule.
    ScheduleOfOther,
    /// A schedule was to begin in a collection that holds backups by now.
    CollectionInUse,
    /// The cluster reads cron expressions otherwise than we do.
    NoCron,
    /// Incremental backups have to come more often than the full ones they build on.
    FullTooOften,
}

impl Refusal {
    pub fn of(error: &Error) -> Option<Self> {
        Self::of_message(&error.message)
    }

    /// Also for the `error` of a job.
    pub fn of_message(message: &str) -> Option<Self> {
        let has = |text: &str| message.contains(text);
        let found = match () {
            () if has("file appears encrypted") => Self::Encrypted,
            () if has("failed to decrypt") || has("was not used when encrypting") => Self::WrongPassphrase,
            () if has("could not find or read encryption information") => Self::NotEncrypted,
            () if has("does not contain a completed latest backup") => Self::EmptyCollection,
            () if has("files are missing from the backup")
                || has("files cannot be read from the backup")
                || has("Error checking metadata file") =>
            {
                Self::FilesMissing
            }
            () if has("No full backup exists in")
                || has("subdir does not match format")
                || has("invalid subdir format") =>
            {
                Self::NoSuchBackup
            }
            () if has("NoSuchBucket") => Self::NoSuchStorage,
            () if has("AccessDenied") || has("InvalidAccessKeyId") || has("SignatureDoesNotMatch") => {
                Self::StorageDenied
            }
            () if has("file doesn't exist")
                || has("external_storage: file does not exist")
                || has("NoSuchKey") =>
            {
                Self::FilesMissing
            }
            () if has("mismatch in regions") || has("non-multi-region database") => Self::Regions,
            () if has("newer than current version")
                || has("older than the minimum restorable version")
                || has("older than our minimum restorable version") =>
            {
                Self::Version
            }
            () if has("invalid RESTORE timestamp") => Self::Moment,
            () if has("must be after replica GC threshold") || has("protected ts verification error") => {
                Self::GarbageCollected
            }
            () if has("was disabled by the database administrator") => Self::SwitchedOff,
            () if has("without referenced") || has("without restoring referenced") => Self::Dependency,
            () if has("be owner of the schedule")
                || has("admin or owner of the schedule")
                || has("owner of the schedules being altered") =>
            {
                Self::ScheduleOfOther
            }
            () if has("backups already created in") => Self::CollectionInUse,
            () if has("error parsing schedule expression") => Self::NoCron,
            () if has("incremental backups must occur more often") => Self::FullTooOften,
            () if has("BACKUP-LOCK") => Self::RunningElsewhere,
            () if has("failed to resolve targets") => Self::NoSuchTarget,
            () if has("a database named ") && has("needs to exist") => Self::NoSuchDatabase,
            () if has("database \"") && has("already exists") => Self::DatabaseExists,
            () if has("relation \"") && has("already exists") => Self::TableExists,
            () if (has("user ") && has(" does not have ") && has(" privilege"))
                || has("only users with ") =>
            {
                Self::NoPrivilege
            }
            () => return None,
        };
        Some(found)
    }

    /// One sentence, and what to do.
    pub fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::Encrypted => ("This backup is encrypted.", "Enter its passphrase to read it."),
            Self::WrongPassphrase => (
                "This passphrase does not open the backup.",
                "Enter the passphrase it was taken with.",
            ),
            Self::NotEncrypted => ("This backup is not encrypted.", "Leave the passphrase empty."),
            Self::EmptyCollection => (
                "There is no finished backup here yet.",
                "Take one, or choose another collection.",
            ),
            Self::NoSuchBackup => (
                "This backup is not in the collection.",
                "Look at the list of backups again.",
            ),
            Self::FilesMissing => (
                "Files of this backup are missing or damaged.",
                "Choose another backup. A backup with missing files cannot be restored.",
            ),
            Self::NoSuchStorage => ("The bucket or folder is not there.", "Check the storage address."),
            Self::StorageDenied => (
                "The storage does not accept these keys.",
                "They need to be allowed to list, read and write.",
            ),
            Self::Regions => (
                "The cluster lacks regions that the backup uses.",
                "Add them, or restore without regions.",
            ),
            Self::Version => (
                "This cluster's release cannot restore a backup of that release.",
                "A backup can be restored by its own release and those up to the next regular one.",
            ),
            Self::Moment => (
                "The backup does not hold this moment.",
                "Choose one that the time line offers.",
            ),
            Self::GarbageCollected => (
                "Changes since the last backup are no longer kept by the cluster.",
                "Take a full backup now, and incremental ones more often from then on. Whoever runs the cluster can also let it \
                 keep changes longer.",
            ),
            Self::DatabaseExists => ("A database of this name exists already.", "Choose another name."),
            Self::TableExists => (
                "A table of this name exists already, and a restore never overwrites one.",
                "Choose another database.",
            ),
            Self::NoSuchDatabase => (
                "The database that the tables were to go into is not there.",
                "Create it, or choose another one.",
            ),
            Self::NoSuchTarget => (
                "What was to be backed up is not there.",
                "Look how its name is written. For an earlier moment it must have been there then, and not dropped yet.",
            ),
            Self::Dependency => (
                "A table refers to something that was not restored with it.",
                "Check it again: the check offers to restore it without that, or together with it.",
            ),
            Self::NoPrivilege => (
                "The user lacks a privilege for this.",
                "The check tells which one, with the statement that grants it.",
            ),
            Self::RunningElsewhere => (
                "Another backup is being written to the same place.",
                "Wait until it has ended, or choose another collection.",
            ),
            Self::SwitchedOff => (
                "An administrator has switched this off for the cluster.",
                "Ask for the settings feature.backup.enabled and feature.restore.enabled.",
            ),
            Self::ScheduleOfOther => (
                "This schedule belongs to somebody else.",
                "Its owner or an administrator can change it, or whoever has the REPAIRCLUSTER privilege.",
            ),
            Self::CollectionInUse => (
                "There are backups in this collection by now.",
                "Look at the check again: the schedule can begin next to them.",
            ),
            Self::NoCron => (
                "The cluster does not take this cron expression.",
                "It has five fields, in UTC: minute, hour, day of the month, month and day of the week.",
            ),
            Self::FullTooOften => (
                "Full backups would come more often than the incremental ones between them.",
                "Choose a full backup each time, or full ones less often.",
            ),
        }
    }
}

/// Puts a person's sentence in front where the refusal is known. The server's words become the detail.
pub fn explain(error: Error) -> Error {
    let Some(refusal) = Refusal::of(&error) else {
        return error;
    };
    let (message, hint) = refusal.told();
    let message = match refusal {
        // The cluster names the privilege.
        Refusal::NoPrivilege => format!(
            "The cluster refuses this: {}.",
            error.message.trim_end_matches('.')
        ),
        _ => message.to_owned(),
    };
    let kind = match refusal {
        Refusal::EmptyCollection | Refusal::NoSuchBackup | Refusal::NoSuchStorage => ErrorKind::NotFound,
        Refusal::DatabaseExists | Refusal::TableExists => ErrorKind::AlreadyExists,
        Refusal::NoPrivilege | Refusal::ScheduleOfOther => ErrorKind::NoPrivilege,
        Refusal::FilesMissing => ErrorKind::Corrupt,
        Refusal::Encrypted
        | Refusal::WrongPassphrase
        | Refusal::NotEncrypted
        | Refusal::NoCron
        | Refusal::FullTooOften => ErrorKind::InvalidInput,
        _ => error.kind,
    };
    let said = match &error.sqlstate {
        Some(code) => format!("SQLSTATE {code}: {}", error.message),
        None => error.message.clone(),
    };
    Error {
        kind,
        message,
        hint: Some(hint.to_owned()),
        detail: Some(match refusal {
            Refusal::GarbageCollected => {
                format!("{said}\nHow long changes are kept is the zone setting gc.ttlseconds.")
            }
            _ => said,
        }),
        sqlstate: error.sqlstate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_known_by_what_the_server_says() {
        for (message, refusal) in [
            (
                "file appears encrypted -- try specifying one of \"encryption_passphrase\" or \"kms\": proto: x",
                Refusal::Encrypted,
            ),
            (
                "failed to decrypt: cipher: message authentication failed",
                Refusal::WrongPassphrase,
            ),
            (
                "path does not contain a completed latest backup: LATEST file could not be read in base or metadata directory: x",
                Refusal::EmptyCollection,
            ),
            (
                "The following files are missing from the backup:\n\tdata/1.sst",
                Refusal::FilesMissing,
            ),
            (
                "file does not exist in the UserFileTableSystem: external_storage: file does not exist",
                Refusal::FilesMissing,
            ),
            ("database \"bank\" already exists", Refusal::DatabaseExists),
            (
                "backup from version 26.1 is newer than current version 25.4",
                Refusal::Version,
            ),
            (
                "cannot restore table \"transactions\" without referenced table 108 (or \"skip_missing_foreign_keys\" option)",
                Refusal::Dependency,
            ),
            (
                "cannot restore view \"v\" without restoring referenced table (or \"skip_missing_views\" option)",
                Refusal::Dependency,
            ),
            (
                "relation \"bank.public.accounts\" already exists",
                Refusal::TableExists,
            ),
            (
                "a database named \"d\" needs to exist to restore table \"t\"",
                Refusal::NoSuchDatabase,
            ),
            (
                "user testuser does not have SELECT privilege on relation t",
                Refusal::NoPrivilege,
            ),
            (
                "only users with the CREATEDB privilege can restore databases",
                Refusal::NoPrivilege,
            ),
            (
                "/2026 already contains a `BACKUP-LOCK` file written by job 9",
                Refusal::RunningElsewhere,
            ),
            (
                "must have REPAIRCLUSTER privilege or be owner of the schedule 7 to PAUSE it",
                Refusal::ScheduleOfOther,
            ),
            (
                "must be admin or the owner of the schedules being altered, or have REPAIRCLUSTER privilege",
                Refusal::ScheduleOfOther,
            ),
            (
                "backups already created in nodelocal://1/used; to ignore existing backups, the schedule can be created with \
                 the 'ignore_existing_backups' option",
                Refusal::CollectionInUse,
            ),
        ] {
            assert_eq!(Refusal::of_message(message), Some(refusal), "{message}");
        }
        assert_eq!(Refusal::of_message("column \"t\" already exists"), None);
        let told = explain(Error::new(ErrorKind::Server, "database \"bank\" already exists"));
        assert_eq!(told.kind, ErrorKind::AlreadyExists);
        assert_eq!(told.detail.as_deref(), Some("database \"bank\" already exists"));
    }
}
