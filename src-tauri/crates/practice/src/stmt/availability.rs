//! Which parts of the grammar which release knows.
//!
//! The parser reads the union of all releases; this table takes away what the emulated one does not have.

use super::{BackupOptions, ExternalConnection, ScheduleChange, Statement, SyntaxError};

/// A release, as year and number: v25.4 is `(25, 4)`.
type Release = (u16, u16);

/// First release that knows it, and first that no longer does.
struct Span {
    from: Release,
    until: Release,
}

const ALWAYS: Release = (0, 0);
const NEVER: Release = (u16::MAX, 0);

const INCREMENTAL_LOCATION: Span = Span {
    from: ALWAYS,
    until: (26, 2),
};
const STRICT_STORAGE_LOCALITY: Span = Span {
    from: (26, 1),
    until: NEVER,
};
const SHOW_EXTERNAL_CONNECTIONS: Span = Span {
    from: (24, 2),
    until: NEVER,
};
const ALTER_EXTERNAL_CONNECTION: Span = Span {
    from: (25, 4),
    until: NEVER,
};
const CHECK_EXTERNAL_CONNECTION: Span = Span {
    from: (25, 1),
    until: NEVER,
};
const SHOW_BACKUP_CONNECTION: Span = Span {
    from: (23, 2),
    until: (25, 1),
};
const EXECUTE_IMMEDIATELY: Span = Span {
    from: (24, 1),
    until: NEVER,
};
const DEFERRED_COPY: Span = Span {
    from: (24, 1),
    until: NEVER,
};
const RESTORE_WITH_GRANTS: Span = Span {
    from: (26, 2),
    until: NEVER,
};
const BACKUPS_BY_ID: Span = Span {
    from: (26, 2),
    until: NEVER,
};
const JOB_COLUMNS: Span = Span {
    from: (26, 1),
    until: NEVER,
};

fn backup_words(options: &BackupOptions) -> Vec<(&'static str, Span)> {
    let mut used = Vec::new();
    if !options.incremental_location.is_empty() {
        used.push(("incremental_location", INCREMENTAL_LOCATION));
    }
    if options.strict_storage_locality {
        used.push(("strict", STRICT_STORAGE_LOCALITY));
    }
    used
}

/// The words of `statement` that not every release knows.
fn words(statement: &Statement) -> Vec<(&'static str, Span)> {
    match statement {
        Statement::Backup(backup) | Statement::ExplainBackup(backup) => backup_words(&backup.options),
        Statement::CreateSchedule(schedule) => backup_words(&schedule.options),
        Statement::AlterSchedule(alter) => alter
            .changes
            .iter()
            .flat_map(|change| match change {
                ScheduleChange::With(options) => backup_words(options),
                ScheduleChange::Execute { .. } => vec![("execute", EXECUTE_IMMEDIATELY)],
                _ => Vec::new(),
            })
            .collect(),
        Statement::Restore(restore) => [
            (
                !restore.options.incremental_location.is_empty(),
                "incremental_location",
                INCREMENTAL_LOCATION,
            ),
            (
                restore.options.experimental_deferred_copy,
                "deferred",
                DEFERRED_COPY,
            ),
            (restore.options.experimental_copy, "copy", RESTORE_WITH_GRANTS),
            (restore.options.grants, "grants", RESTORE_WITH_GRANTS),
        ]
        .into_iter()
        .filter_map(|(used, word, span)| used.then_some((word, span)))
        .collect(),
        Statement::ShowBackup(show) if !show.options.incremental_location.is_empty() => {
            vec![("incremental_location", INCREMENTAL_LOCATION)]
        }
        Statement::ShowBackups(show) => [
            (show.newer_than.is_some(), "newer", BACKUPS_BY_ID),
            (show.older_than.is_some(), "older", BACKUPS_BY_ID),
            (show.with_revision_start_time, "revision", BACKUPS_BY_ID),
        ]
        .into_iter()
        .filter_map(|(used, word, span)| used.then_some((word, span)))
        .collect(),
        Statement::ShowJobs(_, options) if options.execution_details || options.resolved_timestamp => {
            vec![("with", JOB_COLUMNS)]
        }
        Statement::ExternalConnection(ExternalConnection::Show { .. }) => {
            vec![("external", SHOW_EXTERNAL_CONNECTIONS)]
        }
        Statement::ExternalConnection(ExternalConnection::Alter { .. }) => {
            vec![("external", ALTER_EXTERNAL_CONNECTION)]
        }
        Statement::ExternalConnection(ExternalConnection::Check {
            old_spelling: true, ..
        }) => {
            vec![("connection", SHOW_BACKUP_CONNECTION)]
        }
        Statement::ExternalConnection(ExternalConnection::Check { .. }) => {
            vec![("check", CHECK_EXTERNAL_CONNECTION)]
        }
        _ => Vec::new(),
    }
}

/// Refuses what `release` does not know, as its parser would: a syntax error at the word.
///
/// `sql` is the text `statement` was read from.
pub fn refuse_if_unavailable(
    sql: &str,
    statement: &Statement,
    release: (u16, u16),
) -> Result<(), SyntaxError> {
    for (word, span) in words(statement) {
        if release < span.from || release >= span.until {
            let place = sql.to_ascii_lowercase().find(word).unwrap_or(0);
            return Err(SyntaxError::near(sql, place, word, None));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stmt::parse;

    #[test]
    fn incremental_location_ends_with_v26_1() {
        let sql = "BACKUP INTO 'a' WITH incremental_location = 'b'";
        let statement = parse(sql).unwrap().unwrap();
        assert_eq!(refuse_if_unavailable(sql, &statement, (25, 4)), Ok(()));
        let error = refuse_if_unavailable(sql, &statement, (26, 2)).unwrap_err();
        assert_eq!(error.message, "at or near \"incremental_location\": syntax error");
    }
}
