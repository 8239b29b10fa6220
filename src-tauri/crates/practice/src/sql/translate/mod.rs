//! Plain SELECT and DML, from CockroachDB's SQL to SQLite's, with the types of everything.
//!
//! SQLite is loosely typed and CockroachDB is not, so each expression is translated together with its type: result columns
//! get their OIDs from it, literals and placeholders take the type of what they meet, and operators that mean different
//! things for different types become calls of our own functions.

mod dml;
mod expr;
mod from;
mod functions;
mod operators;
mod query;
mod routines;
mod window;

use std::sync::Arc;

pub use dml::{Write, WriteKind};
pub use routines::signature;
use sqlparser::ast::{Ident, ObjectNamePart, Statement};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use crate::catalog::{Body, Catalog, Descriptor, DescriptorId, ObjectName, Privilege};
use crate::clock::Timestamp;
use crate::datum::Datum;
use crate::emulate::Version;
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::ColumnMeta;
use crate::types::SqlType;
use crate::virtuals::Computed;

/// What a statement is translated against, and what its translation found out.
#[derive(Debug, Default)]
pub struct Translator {
    pub catalog: Arc<Catalog>,
    pub database: String,
    /// Which computed tables there are depends on it.
    pub version: Version,
    pub search_path: Vec<String>,
    pub user: String,
    /// Read as of this moment.
    pub at: Option<Timestamp>,
    /// Tables that exist for this statement only: name and columns.
    pub ephemeral: Vec<(String, Vec<ColumnMeta>)>,
    /// Virtual tables the statement reads; they must be made before it runs.
    pub virtual_tables: Vec<Computed>,
    /// Whether `crdb_internal` and `system` may be read.
    pub internals_are_closed: bool,
    /// Placeholder types, from the client's hints and from context.
    pub parameters: Vec<SqlType>,
    /// Stored objects the statement reads, by the names it gives them.
    pub read: Vec<(String, Arc<Descriptor>)>,
    /// Sequences used; their counters must be loaded before it runs.
    pub sequences: Vec<DescriptorId>,
    /// Views are read with their owner's rights: above 0, privileges are not checked.
    pub(in crate::sql) view_depth: usize,
    /// How many user-defined functions the translation is inside of.
    pub(in crate::sql) call_depth: usize,
}

/// A translated expression.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    sql: String,
    ty: SqlType,
    /// The value of a string literal that has no type yet.
    literal: Option<String>,
    /// The number of a placeholder that has no type yet.
    placeholder: Option<usize>,
    /// The name a result column of this expression gets.
    name: String,
}

impl Typed {
    fn new(sql: impl Into<String>, ty: SqlType) -> Self {
        Self {
            sql: sql.into(),
            ty,
            literal: None,
            placeholder: None,
            name: "?column?".into(),
        }
    }

    fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }
}

/// A column that names can mean.
#[derive(Debug, Clone)]
struct SourceColumn {
    name: String,
    ty: SqlType,
    /// How SQLite names it, with its table's alias.
    sql: String,
    hidden: bool,
}

/// A table or subquery in FROM.
#[derive(Debug, Clone)]
struct Source {
    alias: String,
    columns: Vec<SourceColumn>,
    /// The parts before the alias when the table was named in full (`db.schema.t.column`).
    qualifiers: Vec<String>,
}

/// What names mean in one query level.
#[derive(Debug, Clone, Default)]
struct Scope<'a> {
    sources: Vec<Source>,
    parent: Option<&'a Scope<'a>>,
    /// Names of WITH queries and their columns.
    ctes: Vec<(String, Vec<ColumnMeta>)>,
}

impl Scope<'_> {
    fn child(&self) -> Scope<'_> {
        Scope {
            sources: Vec::new(),
            parent: Some(self),
            ctes: Vec::new(),
        }
    }

    fn cte(&self, name: &str) -> Option<&Vec<ColumnMeta>> {
        self.ctes
            .iter()
            .rev()
            .find(|(n, _)| n == name)
            .map(|(_, c)| c)
            .or_else(|| self.parent.and_then(|p| p.cte(name)))
    }
}

/// Reads one statement with the PostgreSQL grammar.
pub fn parse(sql: &str) -> SqlResult<Statement> {
    let mut statements = Parser::new(&PostgreSqlDialect {})
        .with_recursion_limit(64)
        .try_with_sql(sql)
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|error| {
            let text = error.to_string();
            let near = text
                .split("found: ")
                .nth(1)
                .and_then(|t| t.split(" at Line").next())
                .unwrap_or("EOF")
                .to_owned();
            let mut error = SqlError::syntax(&near.to_lowercase());
            error.detail = Some(format!("source SQL:\n{sql}"));
            error.hint = Some(
                "This is a practice cluster; it knows the part of CockroachDB's SQL that Roachvault needs."
                    .into(),
            );
            error
        })?;
    match (statements.pop(), statements.is_empty()) {
        (Some(statement), true) => Ok(statement),
        _ => Err(SqlError::syntax("EOF")),
    }
}

/// An identifier as CockroachDB folds it.
fn fold(ident: &Ident) -> String {
    if ident.quote_style.is_some() {
        ident.value.clone()
    } else {
        ident.value.to_lowercase()
    }
}

fn fold_name(name: &sqlparser::ast::ObjectName) -> ObjectName {
    let part = |part: &ObjectNamePart| match part {
        ObjectNamePart::Identifier(ident) => fold(ident),
        ObjectNamePart::Function(function) => function.name.value.to_lowercase(),
    };
    ObjectName(name.0.iter().map(part).collect())
}

/// A value as a SQLite literal.
pub fn sqlite_literal(value: &Datum) -> String {
    match value {
        Datum::Null => "NULL".into(),
        Datum::Int(i64::MIN) => "(-9223372036854775807 - 1)".into(),
        Datum::Int(i) => i.to_string(),
        Datum::Float(f) if f.is_finite() => format!("{f:?}"),
        Datum::Float(f) if f.is_nan() => "NULL".into(),
        Datum::Float(f) => if *f > 0.0 { "9e999" } else { "-9e999" }.into(),
        Datum::Text(t) => crate::catalog::quote_literal(t),
        Datum::Bytes(b) => format!("X'{}'", crate::datum::hex(b)),
    }
}

impl Translator {
    /// The type a name in the statement means, user-defined ones included.
    pub fn type_named(&self, name: &str) -> SqlResult<SqlType> {
        match SqlType::parse(name) {
            Ok(ty) => Ok(ty),
            Err(error) => {
                if let Some(item) = name.trim().strip_suffix("[]") {
                    return Ok(SqlType::Array(Box::new(self.type_named(item)?)));
                }
                let name = ObjectName(super::lexer::split_name(name));
                match self.catalog.resolve(&name, &self.database, &self.search_path) {
                    Some(d) if matches!(d.body, Body::Enum(_)) => Ok(SqlType::Enum {
                        id: d.id,
                        name: d.name.clone(),
                    }),
                    _ => Err(error),
                }
            }
        }
    }

    /// Gives an untyped literal or placeholder a type; converts what has another type.
    fn coerce(&mut self, value: Typed, ty: &SqlType) -> SqlResult<Typed> {
        if &value.ty == ty || ty == &SqlType::Unknown {
            return Ok(value);
        }
        if let Some(text) = value.literal.as_ref().filter(|_| value.ty == SqlType::Unknown) {
            self.check_enum(text, ty)?;
            let datum = Datum::from_text(text, &Self::without_limit(ty))?;
            return Ok(Typed::new(sqlite_literal(&datum), ty.clone()).named(value.name));
        }
        if let Some(n) = value.placeholder
            && self.parameters.get(n - 1).is_none_or(|t| t == &SqlType::Unknown)
        {
            self.set_parameter(n, ty.clone());
            return Ok(Typed {
                sql: value.sql,
                ty: ty.clone(),
                literal: None,
                placeholder: None,
                name: value.name,
            });
        }
        let same_storage = value.ty == SqlType::Unknown
            || value.ty.is_numeric() && ty.is_numeric() && (value.ty.is_int() || !ty.is_int())
            || value.ty.is_text() && (ty.is_text() || matches!(ty, SqlType::Enum { .. }))
            || matches!((&value.ty, ty), (SqlType::Enum { .. }, t) if t.is_text())
            || value.ty.is_timestamp() && ty.is_timestamp();
        if same_storage {
            return Ok(Typed {
                ty: ty.clone(),
                ..value
            });
        }
        Ok(Typed {
            sql: cast_call(&value.sql, &value.ty, ty),
            ty: ty.clone(),
            ..value
        })
    }

    fn without_limit(ty: &SqlType) -> SqlType {
        if ty.is_text() { SqlType::STRING } else { ty.clone() }
    }

    fn check_enum(&self, text: &str, ty: &SqlType) -> SqlResult<()> {
        if let SqlType::Enum { id, name } = ty
            && let Some(Body::Enum(body)) = self.catalog.descriptors.get(id).map(|d| &d.body)
            && !body.values.iter().any(|v| v == text)
        {
            return Err(SqlError::new(
                sqlstate::INVALID_TEXT,
                format!("invalid input value for enum {name}: \"{text}\""),
            ));
        }
        Ok(())
    }

    fn set_parameter(&mut self, n: usize, ty: SqlType) {
        if self.parameters.len() < n {
            self.parameters.resize(n, SqlType::Unknown);
        }
        if self.parameters[n - 1] == SqlType::Unknown {
            self.parameters[n - 1] = ty;
        }
    }

    fn privilege(&self, object: &Descriptor, privilege: Privilege) -> SqlResult<()> {
        if self.view_depth > 0 {
            Ok(())
        } else {
            self.catalog.check_privilege(&self.user, object, privilege)
        }
    }

    fn relation(&self, name: &ObjectName) -> SqlResult<Arc<Descriptor>> {
        if let [database, rest @ ..] = name.0.as_slice()
            && rest.len() == 2
        {
            self.catalog.require_database(database)?;
        }
        if name.0.len() == 1 && self.catalog.database(&self.database).is_none() {
            return Err(if self.database.is_empty() {
                SqlError::new(sqlstate::INVALID_NAME, "no database or schema specified")
            } else {
                name.undefined_relation()
            });
        }
        self.catalog
            .resolve(name, &self.database, &self.search_path)
            .cloned()
            .ok_or_else(|| name.undefined_relation())
    }
}

fn cast_call(sql: &str, from: &SqlType, to: &SqlType) -> String {
    let name = |ty: &SqlType| crate::catalog::quote_literal(&ty.sql_name());
    match to {
        SqlType::RegClass => format!("p_regclass({sql})"),
        to if to.is_text() && from == &SqlType::RegClass => format!("p_regclass_text({sql})"),
        _ => format!("p_cast({sql}, {}, {})", name(from), name(to)),
    }
}

fn undefined_column(name: &str) -> SqlError {
    SqlError::new(
        sqlstate::UNDEFINED_COLUMN,
        format!("column \"{name}\" does not exist"),
    )
}

fn not_supported(what: impl std::fmt::Display) -> SqlError {
    SqlError::not_on_practice(what)
}
