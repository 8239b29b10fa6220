//! Names: how they are written, and what they mean in a session.

use std::fmt;

use super::{Body, Catalog, Descriptor, DescriptorId, State};
use crate::error::{SqlError, SqlResult, sqlstate};
use std::sync::Arc;

/// A name of one to three parts: `t`, `s.t`, `d.t`, `d.s.t`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectName(pub Vec<String>);

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(|p| quote_ident_if_needed(p)).collect();
        f.write_str(&parts.join("."))
    }
}

impl ObjectName {
    /// A name of one part.
    pub fn bare(name: &str) -> Self {
        Self(vec![name.to_owned()])
    }

    /// The last part.
    pub fn object(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }

    /// `relation "d.s.t" does not exist`, 42P01.
    pub fn undefined_relation(&self) -> SqlError {
        SqlError::new(
            sqlstate::UNDEFINED_TABLE,
            format!("relation \"{}\" does not exist", self.0.join(".")),
        )
    }
}

/// The identifier in double quotes.
pub fn quote_ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The identifier as CockroachDB prints it: quoted only when it cannot stand bare.
pub fn quote_ident_if_needed(name: &str) -> String {
    let mut chars = name.chars();
    let plain = chars
        .next()
        .is_some_and(|c| c.is_ascii_lowercase() || c == '_' || !c.is_ascii())
        && chars
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '$') || !c.is_ascii())
        && !is_reserved(name);
    if plain { name.to_owned() } else { quote_ident(name) }
}

/// A string in single quotes.
pub fn quote_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn is_reserved(name: &str) -> bool {
    const RESERVED: &[&str] = &[
        "all",
        "analyse",
        "analyze",
        "and",
        "any",
        "array",
        "as",
        "asc",
        "asymmetric",
        "both",
        "case",
        "cast",
        "check",
        "collate",
        "column",
        "concurrently",
        "constraint",
        "create",
        "current_catalog",
        "current_date",
        "current_role",
        "current_schema",
        "current_time",
        "current_timestamp",
        "current_user",
        "default",
        "deferrable",
        "desc",
        "distinct",
        "do",
        "else",
        "end",
        "except",
        "false",
        "fetch",
        "for",
        "foreign",
        "from",
        "grant",
        "group",
        "having",
        "in",
        "index",
        "initially",
        "intersect",
        "into",
        "lateral",
        "leading",
        "limit",
        "localtime",
        "localtimestamp",
        "not",
        "nothing",
        "null",
        "offset",
        "on",
        "only",
        "or",
        "order",
        "placing",
        "primary",
        "references",
        "returning",
        "role",
        "select",
        "session_user",
        "some",
        "symmetric",
        "table",
        "then",
        "to",
        "trailing",
        "true",
        "union",
        "unique",
        "user",
        "using",
        "variadic",
        "view",
        "when",
        "where",
        "window",
        "with",
    ];
    RESERVED.binary_search(&name).is_ok()
}

impl Catalog {
    fn find(&self, mut wanted: impl FnMut(&Descriptor) -> bool) -> Option<&Arc<Descriptor>> {
        self.descriptors.values().find(|d| wanted(d))
    }

    /// The database of that name.
    pub fn database(&self, name: &str) -> Option<&Arc<Descriptor>> {
        self.find(|d| matches!(d.body, Body::Database(_)) && d.name == name)
    }

    /// The database, or 3D000 `database "x" does not exist`.
    pub fn require_database(&self, name: &str) -> SqlResult<&Arc<Descriptor>> {
        self.database(name)
            .filter(|d| d.state == State::Public)
            .ok_or_else(|| {
                SqlError::new(
                    sqlstate::UNDEFINED_DATABASE,
                    format!("database \"{name}\" does not exist"),
                )
            })
    }

    /// The schema of that name in the database.
    pub fn schema(&self, database: DescriptorId, name: &str) -> Option<&Arc<Descriptor>> {
        self.find(|d| matches!(d.body, Body::Schema(_)) && d.parent_id == database && d.name == name)
    }

    /// The table, view, sequence or type of that name in the schema (they share one namespace).
    pub fn object_in_schema(&self, schema: DescriptorId, name: &str) -> Option<&Arc<Descriptor>> {
        self.find(|d| d.schema_id == schema && d.name == name && !matches!(d.body, Body::Function(_)))
    }

    /// Everything that lies in the database, in order of id.
    pub fn in_database(&self, database: DescriptorId) -> impl Iterator<Item = &Arc<Descriptor>> {
        self.descriptors.values().filter(move |d| d.parent_id == database)
    }

    /// Everything that lies in the schema, in order of id.
    pub fn in_schema(&self, schema: DescriptorId) -> impl Iterator<Item = &Arc<Descriptor>> {
        self.descriptors.values().filter(move |d| d.schema_id == schema)
    }

    /// The name of a descriptor, or its number in brackets.
    pub fn name_of(&self, id: DescriptorId) -> String {
        self.descriptors
            .get(&id)
            .map_or_else(|| format!("[{id}]"), |d| d.name.clone())
    }

    /// `db.schema.name`, each part quoted where needed.
    pub fn full_name(&self, object: &Descriptor) -> String {
        let mut parts = Vec::new();
        for id in [object.parent_id, object.schema_id] {
            if id != 0 {
                parts.push(self.name_of(id));
            }
        }
        parts.push(object.name.clone());
        ObjectName(parts).to_string()
    }

    /// The schema a name without object part means: database and schema resolved against the current ones.
    /// `target database or schema does not exist` (3F000) when there is none.
    pub fn resolve_schema(
        &self,
        parts: &[String],
        current_database: &str,
        search_path: &[String],
    ) -> SqlResult<(Arc<Descriptor>, Arc<Descriptor>)> {
        let missing = || {
            SqlError::new(
                sqlstate::UNDEFINED_SCHEMA,
                "target database or schema does not exist",
            )
        };
        let pair = |database: &Arc<Descriptor>, schema: &str| {
            self.schema(database.id, schema)
                .map(|s| (Arc::clone(database), Arc::clone(s)))
        };
        match parts {
            [] => {
                let database = self.require_database(current_database)?;
                search_path
                    .iter()
                    .find_map(|schema| pair(database, schema))
                    .ok_or_else(missing)
            }
            [one] => self
                .database(current_database)
                .and_then(|database| pair(database, one))
                .or_else(|| self.database(one).and_then(|database| pair(database, "public")))
                .ok_or_else(missing),
            [database, schema] => self
                .database(database)
                .and_then(|d| pair(d, schema))
                .ok_or_else(missing),
            _ => Err(missing()),
        }
    }

    /// The table, view, sequence or type a name means; `None` when there is none.
    pub fn resolve(
        &self,
        name: &ObjectName,
        current_database: &str,
        search_path: &[String],
    ) -> Option<&Arc<Descriptor>> {
        let (object, qualifiers) = name.0.split_last()?;
        let found = if qualifiers.is_empty() {
            let database = self.database(current_database)?;
            search_path
                .iter()
                .find_map(|schema| self.object_in_schema(self.schema(database.id, schema)?.id, object))
        } else {
            let (_, schema) = self
                .resolve_schema(qualifiers, current_database, search_path)
                .ok()?;
            self.object_in_schema(schema.id, object)
        };
        found.filter(|d| d.state == State::Public)
    }

    /// The user-defined function a bare name means: one of the search path, or else any, because views name functions without
    /// saying where they are.
    pub fn resolve_function(
        &self,
        name: &str,
        current_database: &str,
        search_path: &[String],
    ) -> Option<&Arc<Descriptor>> {
        let fits = |d: &&Arc<Descriptor>| {
            matches!(d.body, Body::Function(_)) && d.name == name && d.state == State::Public
        };
        let near = self.database(current_database).and_then(|database| {
            search_path
                .iter()
                .filter_map(|schema| self.schema(database.id, schema))
                .find_map(|schema| self.in_schema(schema.id).find(fits))
        });
        near.or_else(|| self.descriptors.values().find(fits))
    }
}
