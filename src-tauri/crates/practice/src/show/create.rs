//! SHOW CREATE.

use super::{TEXT, objects::locality_text};
use crate::catalog::{
    Body, Catalog, Descriptor, ForeignKeyAction, TableBody, quote_ident_if_needed, quote_literal,
};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::{Rows, Session};
use crate::sql::lexer::Cursor;

pub(super) fn run(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<Rows> {
    let catalog = session.catalog()?;
    if cursor.accept("database") {
        let name = cursor.ident()?;
        let database = catalog.require_database(&name)?;
        let mut rows = Rows::with_columns([("database_name", TEXT), ("create_statement", TEXT)]);
        rows.push(vec![name.into(), create_statement(&catalog, database).into()]);
        return Ok(rows);
    }
    if cursor.accept("all tables") || cursor.accept("all types") || cursor.accept("all schemas") {
        let mut rows = Rows::with_columns([("create_statement", TEXT)]);
        let database = catalog.require_database(session.database())?;
        for object in catalog.in_database(database.id).filter(|d| d.is_relation()) {
            rows.push(vec![create_statement(&catalog, object).into()]);
        }
        return Ok(rows);
    }
    let what = ["table", "view", "sequence", "type", "function", "schema"]
        .into_iter()
        .find(|w| cursor.accept(w));
    let name = cursor.name()?;
    let found = match what {
        Some("schema") => Some(
            catalog
                .resolve_schema(&name.0, session.database(), &session.search_path())?
                .1,
        ),
        Some("function") => catalog
            .descriptors
            .values()
            .find(|d| matches!(d.body, Body::Function(_)) && d.name == name.object())
            .cloned(),
        _ => catalog
            .resolve(&name, session.database(), &session.search_path())
            .cloned(),
    };
    let object = found.ok_or_else(|| match what {
        Some("type") => SqlError::new(
            sqlstate::UNDEFINED_OBJECT,
            format!("type \"{name}\" does not exist"),
        ),
        Some("function") => SqlError::new(
            sqlstate::UNDEFINED_FUNCTION,
            format!("unknown function: {name}()"),
        ),
        _ => name.undefined_relation(),
    })?;
    let column = match object.body {
        Body::Enum(_) => "type_name",
        Body::Function(_) => "function_name",
        Body::Schema(_) => "schema_name",
        _ => "table_name",
    };
    let mut rows = Rows::with_columns([(column, TEXT), ("create_statement", TEXT)]);
    let shown = if name.0.len() > 1 {
        name.to_string()
    } else {
        object.name.clone()
    };
    let mut statement = create_statement(&catalog, &object);
    let closes = session
        .cluster()
        .version()
        .differences()
        .show_create_view_is_closed;
    if closes && matches!(object.body, Body::View(_)) {
        statement.push(';');
    }
    rows.push(vec![shown.into(), statement.into()]);
    Ok(rows)
}

/// The statement that would make the object, as SHOW CREATE prints it.
pub fn create_statement(catalog: &Catalog, object: &Descriptor) -> String {
    let name = quote_ident_if_needed(&object.name);
    let qualified = format!(
        "{}.{name}",
        quote_ident_if_needed(&catalog.name_of(object.schema_id))
    );
    match &object.body {
        Body::Database(body) => {
            let mut text = format!("CREATE DATABASE {name}");
            if let Some(primary) = &body.primary_region {
                let regions: Vec<String> = body
                    .regions
                    .iter()
                    .map(|r| crate::catalog::quote_ident(r))
                    .collect();
                let goal = body.survival_goal.as_deref().unwrap_or("zone").to_uppercase();
                text.push_str(&format!(
                    " PRIMARY REGION {} REGIONS = {} SURVIVE {goal} FAILURE",
                    crate::catalog::quote_ident(primary),
                    regions.join(", ")
                ));
            }
            text
        }
        Body::Schema(_) => format!("CREATE SCHEMA {name}"),
        Body::Table(table) => create_table(catalog, object, table, &qualified),
        Body::View(view) => {
            let columns: Vec<String> = view
                .columns
                .iter()
                .map(|(c, _)| format!("\t{}", quote_ident_if_needed(c)))
                .collect();
            let word = if view.materialized {
                "MATERIALIZED VIEW"
            } else {
                "VIEW"
            };
            format!(
                "CREATE {word} {qualified} (\n{}\n) AS {}",
                columns.join(",\n"),
                view.query
            )
        }
        Body::Sequence(s) => {
            format!(
                "CREATE SEQUENCE {qualified} MINVALUE {} MAXVALUE {} INCREMENT {} START {}",
                s.min, s.max, s.increment, s.start
            )
        }
        Body::Enum(body) => {
            let values: Vec<String> = body.values.iter().map(|v| quote_literal(v)).collect();
            format!("CREATE TYPE {qualified} AS ENUM ({})", values.join(", "))
        }
        Body::Function(body) => format!("CREATE FUNCTION {qualified}{}", body.definition),
    }
}

fn create_table(catalog: &Catalog, object: &Descriptor, table: &TableBody, qualified: &str) -> String {
    let mut lines = Vec::new();
    for column in &table.columns {
        let mut line = format!(
            "{} {}",
            quote_ident_if_needed(&column.name),
            type_name(catalog, object, &column.ty)
        );
        if column.hidden {
            line.push_str(" NOT VISIBLE");
        }
        line.push_str(if column.nullable { " NULL" } else { " NOT NULL" });
        if let Some(default) = &column.default {
            line.push_str(&format!(" DEFAULT {default}"));
        }
        if let Some(computed) = &column.computed {
            line.push_str(&format!(" AS ({computed}) STORED"));
        }
        lines.push(line);
    }
    let names = |columns: &[(u32, bool)]| {
        let parts: Vec<String> = columns
            .iter()
            .filter_map(|(id, d)| {
                table.column_by_id(*id).map(|c| {
                    format!(
                        "{} {}",
                        quote_ident_if_needed(&c.name),
                        if *d { "DESC" } else { "ASC" }
                    )
                })
            })
            .collect();
        parts.join(", ")
    };
    for (i, index) in table.indexes.iter().enumerate() {
        let name = quote_ident_if_needed(&index.name);
        let storing: Vec<String> = table
            .column_names(&index.storing)
            .into_iter()
            .map(quote_ident_if_needed)
            .collect();
        let storing = if storing.is_empty() {
            String::new()
        } else {
            format!(" STORING ({})", storing.join(", "))
        };
        lines.push(match (i, index.unique) {
            (0, _) => format!("CONSTRAINT {name} PRIMARY KEY ({})", names(&index.columns)),
            (_, true) => format!("UNIQUE INDEX {name} ({}){storing}", names(&index.columns)),
            (_, false) => format!("INDEX {name} ({}){storing}", names(&index.columns)),
        });
    }
    for (name, word, details) in constraint_list(catalog, object) {
        if matches!(word, "FOREIGN KEY" | "CHECK") {
            lines.insert(
                lines.len(),
                format!("CONSTRAINT {} {details}", quote_ident_if_needed(&name)),
            );
        }
    }
    let mut text = format!("CREATE TABLE {qualified} (\n\t{}\n)", lines.join(",\n\t"));
    let mut parameters: Vec<String> = table
        .parameters
        .iter()
        .map(|(k, v)| format!("{k} = {v}"))
        .collect();
    if table.exclude_data_from_backup {
        parameters.push("exclude_data_from_backup = true".into());
    }
    if !parameters.is_empty() {
        text.push_str(&format!(" WITH ({})", parameters.join(", ")));
    }
    if let Some(locality) = &table.locality {
        text.push_str(&format!(" LOCALITY {}", locality_text(locality)));
    }
    text
}

/// A type as SHOW CREATE prints it: user-defined ones with their schema.
fn type_name(catalog: &Catalog, object: &Descriptor, ty: &crate::types::SqlType) -> String {
    match ty {
        crate::types::SqlType::Enum { id, .. } => match catalog.descriptors.get(id) {
            Some(d) if d.parent_id == object.parent_id => format!(
                "{}.{}",
                catalog.name_of(d.schema_id),
                quote_ident_if_needed(&d.name)
            ),
            Some(d) => catalog.full_name(d),
            None => ty.sql_name(),
        },
        other => other.sql_name(),
    }
}

/// Every constraint of a table: name, kind and text.
pub fn constraint_list(catalog: &Catalog, object: &Descriptor) -> Vec<(String, &'static str, String)> {
    let Some(table) = object.table() else {
        return Vec::new();
    };
    let list = |ids: &[u32]| {
        table
            .column_names(ids)
            .into_iter()
            .map(quote_ident_if_needed)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut found = Vec::new();
    for (i, index) in table.indexes.iter().enumerate().filter(|(_, x)| x.unique) {
        let columns: Vec<String> = index
            .columns
            .iter()
            .filter_map(|(id, d)| {
                table.column_by_id(*id).map(|c| {
                    format!(
                        "{} {}",
                        quote_ident_if_needed(&c.name),
                        if *d { "DESC" } else { "ASC" }
                    )
                })
            })
            .collect();
        let word = if i == 0 { "PRIMARY KEY" } else { "UNIQUE" };
        found.push((
            index.name.clone(),
            word,
            format!("{word} ({})", columns.join(", ")),
        ));
    }
    for key in &table.foreign_keys {
        let parent = catalog.descriptors.get(&key.referenced_table);
        let (parent_name, columns) = match parent {
            Some(parent) => {
                let names: Vec<String> = parent
                    .table()
                    .map(|t| {
                        t.column_names(&key.referenced_columns)
                            .into_iter()
                            .map(quote_ident_if_needed)
                            .collect()
                    })
                    .unwrap_or_default();
                let name = if parent.parent_id == object.parent_id {
                    format!(
                        "{}.{}",
                        quote_ident_if_needed(&catalog.name_of(parent.schema_id)),
                        quote_ident_if_needed(&parent.name)
                    )
                } else {
                    catalog.full_name(parent)
                };
                (name, names.join(", "))
            }
            None => (format!("[{}]", key.referenced_table), String::new()),
        };
        let mut text = format!(
            "FOREIGN KEY ({}) REFERENCES {parent_name}({columns})",
            list(&key.columns)
        );
        if key.on_delete != ForeignKeyAction::NoAction {
            text.push_str(&format!(" ON DELETE {}", key.on_delete.sql()));
        }
        if key.on_update != ForeignKeyAction::NoAction {
            text.push_str(&format!(" ON UPDATE {}", key.on_update.sql()));
        }
        found.push((key.name.clone(), "FOREIGN KEY", text));
    }
    for check in &table.checks {
        found.push((
            check.name.clone(),
            "CHECK",
            format!("CHECK ({})", check.expression),
        ));
    }
    found
}
