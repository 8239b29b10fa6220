//! Restores: planned with answers to “Will this work?”, watched, and proved.
//!
//! A restore goes beside the live data, under a new name, unless the person says otherwise. It counts
//! as done when the restored tables have been counted against the backup.

mod bring_back;
mod checks;
mod compare;
mod dependencies;
mod lines;
mod moment;
mod plan;
mod proof;
mod release;
mod run;

use roachvault_cockroach::backup::TableName;
use roachvault_cockroach::quote::QualifiedName;
use roachvault_cockroach::restore::RestoreTargets;

pub use bring_back::{BringBackPlan, BringBackSpec, Obstacle, PlannedReturn};
pub(crate) use bring_back::{plan as plan_bring_back, run as run_bring_back};
pub use compare::CompareSpec;
pub(crate) use compare::run as run_comparison;
pub(crate) use moment::Moment;
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
        } => format!("Restore {} into {into_database}", names_of(tables)),
    }
}

/// `transactions`, or how many there are.
fn names_of(tables: &[TableName]) -> String {
    match tables {
        [one] => short_name(one),
        tables => crate::plan::counted(tables.len(), "table"),
    }
}

fn in_database(database: &str, table: &TableName) -> QualifiedName {
    QualifiedName {
        database: database.to_owned(),
        schema: table.schema.clone(),
        name: table.name.clone(),
    }
}

/// As `public.accounts`.
fn full_name(table: &TableName) -> String {
    format!("{}.{}", table.schema, table.name)
}

/// Without the schema that every database has.
fn short_name(table: &TableName) -> String {
    match table.schema.as_str() {
        "public" => table.name.clone(),
        schema => format!("{schema}.{}", table.name),
    }
}
