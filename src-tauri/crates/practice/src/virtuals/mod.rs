//! Tables that are computed: `information_schema`, `pg_catalog`, and what is open of `crdb_internal` and `system`.

mod grants;
mod information_schema;
mod jobs;
mod pg_catalog;
mod system;

pub use grants::change as change_grants;
pub use pg_catalog::{
    constraint_definition, function_signature, index_column, index_definition, indexed_table,
};

use crate::catalog::ObjectName;
use crate::datum::Row;
use crate::emulate::Version;
use crate::error::{SqlError, SqlResult};
use crate::session::{ColumnMeta, Session};
use crate::types::SqlType;

/// Schemas that exist in every database and hold computed tables only.
pub const SCHEMAS: [&str; 4] = [
    "crdb_internal",
    "information_schema",
    "pg_catalog",
    "pg_extension",
];

/// A computed table: its columns, and how its rows are made.
struct VirtualTable {
    schema: &'static str,
    name: &'static str,
    columns: &'static [(&'static str, SqlType)],
    rows: fn(&mut Session) -> SqlResult<Vec<Row>>,
}

fn all() -> impl Iterator<Item = &'static VirtualTable> {
    information_schema::TABLES
        .iter()
        .chain(pg_catalog::TABLES)
        .chain(system::TABLES)
        .chain(jobs::TABLES)
}

/// Whether the emulated release has the table.
fn is_there(table: &VirtualTable, version: Version) -> bool {
    let recent = table.schema == "information_schema" && table.name.starts_with("crdb_jobs");
    !recent || version.differences().information_schema_has_jobs
}

fn table(schema: &str, name: &str) -> Option<&'static VirtualTable> {
    all().find(|t| t.schema == schema && t.name == name)
}

/// The computed table a name means, as schema and table.
pub fn find(
    name: &ObjectName,
    search_path: &[String],
    version: Version,
) -> Option<(&'static str, &'static str)> {
    let found = match name.0.as_slice() {
        [table_name] => table("pg_catalog", table_name).filter(|_| !search_path.is_empty()),
        [schema, table_name] | [_, schema, table_name] => {
            // `system` is a database: `system.users` and `system.public.users` are the same.
            let system = name.0.first().is_some_and(|d| d == "system");
            if system {
                table("system", table_name)
            } else {
                table(schema, table_name)
            }
        }
        _ => None,
    };
    found.filter(|t| is_there(t, version)).map(|t| (t.schema, t.name))
}

/// The columns of a computed table.
pub fn columns(schema: &str, name: &str) -> Vec<ColumnMeta> {
    table(schema, name)
        .map(|t| {
            t.columns
                .iter()
                .map(|(n, ty)| ColumnMeta::new(*n, ty.clone()))
                .collect()
        })
        .unwrap_or_default()
}

/// The rows of a computed table, for this session.
pub fn rows(session: &mut Session, schema: &str, name: &str) -> SqlResult<Vec<Row>> {
    table(schema, name).map_or_else(|| Ok(Vec::new()), |t| (t.rows)(session))
}

/// A computed table as a statement names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Computed {
    /// Of which it tells, where that is not the current one.
    pub database: Option<String>,
    pub schema: &'static str,
    pub name: &'static str,
}

impl Computed {
    /// The temp table that holds the rows while a statement runs.
    pub fn storage_name(&self) -> String {
        let Self {
            database,
            schema,
            name,
        } = self;
        match database {
            Some(database) => format!("{database}~{schema}~{name}"),
            None => format!("{schema}~{name}"),
        }
    }
}

/// Whether the table is closed from v26.1 on.
pub fn is_restricted(schema: &str, name: &str) -> bool {
    const OPEN: [&str; 10] = [
        "cluster_contended_indexes",
        "cluster_contended_keys",
        "cluster_contended_tables",
        "cluster_contention_events",
        "cluster_locks",
        "cluster_queries",
        "cluster_sessions",
        "cluster_transactions",
        "index_usage_statistics",
        "statement_statistics",
    ];
    matches!(schema, "crdb_internal" | "system") && !OPEN.contains(&name)
}

/// Whether a name means something in the schemas that are closed, be it there or not.
pub fn is_internal(name: &ObjectName) -> bool {
    match name.0.as_slice() {
        [schema, _] => matches!(schema.as_str(), "crdb_internal" | "system"),
        [database, schema, _] => database == "system" || schema == "crdb_internal",
        _ => false,
    }
}

/// 42501 of a closed internal table or function.
pub fn restricted() -> SqlError {
    SqlError::privilege("Access to crdb_internal and system is restricted.").with_hint(
        "These interfaces are unsupported in production. To proceed, set the session variable allow_unsafe_internals = true (not \
         recommended), or contact Cockroach Labs for a supported alternative.",
    )
}

/// The OID that `pg_catalog` gives a role: a stable number made of its name.
pub fn role_oid(name: &str) -> i64 {
    let hash = name.bytes().fold(0x811c_9dc5u32, |h, b| {
        (h ^ u32::from(b)).wrapping_mul(0x0100_0193)
    });
    i64::from(hash & 0x7fff_ffff)
}
