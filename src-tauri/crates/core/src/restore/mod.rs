//! Restores: planned with answers to “Will this work?”, watched, and proved.
//!
//! A restore goes beside the live data, under a new name, unless the person says otherwise. It counts
//! as done when the restored tables have been counted against the backup.

mod checks;
mod moment;
mod plan;
mod proof;
mod release;
mod run;

use roachvault_cockroach::restore::RestoreTargets;

pub use plan::{PlannedTable, RestorePlan, RestoreTarget, RestoreWish};
pub(crate) use plan::{plan, recheck};
pub use run::RestoreSpec;
pub(crate) use run::run;

/// Such as “Restore bank as bank_restored”.
pub(crate) fn title(targets: &RestoreTargets) -> String {
    match targets {
        RestoreTargets::Database { database, new_name } if database == new_name => {
            format!("Restore {database}")
        }
        RestoreTargets::Database { database, new_name } => format!("Restore {database} as {new_name}"),
        RestoreTargets::Tables {
            tables,
            into_database,
            ..
        } => {
            format!(
                "Restore {} into {into_database}",
                crate::plan::counted(tables.len(), "table")
            )
        }
    }
}
