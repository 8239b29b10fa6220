//! DROP and TRUNCATE.

use crate::catalog::{Body, Catalog, Descriptor, DescriptorId, ObjectName, Privilege, ViewBody};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::Session;
use crate::sql::lexer::Cursor;
use std::sync::Arc;

pub(super) fn run(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<String> {
    cursor.accept("materialized");
    let what = cursor.ident()?;
    let exists_ok = cursor.accept("if exists");
    let catalog = session.catalog()?;
    match what.as_str() {
        "database" => {
            let name = cursor.ident()?;
            let restrict = cursor.accept("restrict");
            cursor.accept("cascade");
            let database = match catalog.require_database(&name) {
                Ok(database) => Arc::clone(database),
                Err(_) if exists_ok => return Ok("DROP DATABASE".into()),
                Err(error) => return Err(error),
            };
            catalog.check_privilege(session.user(), &database, Privilege::Drop)?;
            if restrict && catalog.in_database(database.id).any(|d| d.is_relation()) {
                return Err(SqlError::new(
                    sqlstate::DEPENDENT_OBJECTS,
                    format!("database \"{name}\" is not empty and RESTRICT was specified"),
                ));
            }
            session.drop_with_contents(database.id)?;
            Ok("DROP DATABASE".into())
        }
        "schema" => {
            let names = cursor.names()?;
            let cascade = cursor.accept("cascade");
            cursor.accept("restrict");
            for name in names {
                let (_, schema) =
                    match catalog.resolve_schema(&name.0, session.database(), &session.search_path()) {
                        Ok(found) if found.1.name == name.object() => found,
                        _ if exists_ok => continue,
                        _ => {
                            return Err(SqlError::new(
                                sqlstate::UNDEFINED_SCHEMA,
                                format!("unknown schema \"{name}\""),
                            ));
                        }
                    };
                catalog.check_owner(session.user(), &schema)?;
                if !cascade && catalog.in_schema(schema.id).next().is_some() {
                    return Err(SqlError::new(
                        sqlstate::DEPENDENT_OBJECTS,
                        format!("schema \"{name}\" is not empty and CASCADE was not specified"),
                    ));
                }
                session.drop_with_contents(schema.id)?;
            }
            Ok("DROP SCHEMA".into())
        }
        "index" => index(session, cursor, exists_ok),
        "table" | "view" | "sequence" | "type" | "function" | "procedure" => {
            let mut names = Vec::new();
            loop {
                names.push(cursor.name()?);
                if cursor.looking_at("(") {
                    cursor.parenthesized()?;
                }
                if !cursor.accept(",") {
                    break;
                }
            }
            let cascade = cursor.accept("cascade");
            cursor.accept("restrict");
            let mut ids = Vec::new();
            for name in &names {
                match find(session, &catalog, name, &what) {
                    Some(object) => ids.push(object.id),
                    None if exists_ok => {}
                    None => return Err(missing(name, &what)),
                }
            }
            for id in &ids {
                remove(session, *id, &what, &ids, cascade)?;
            }
            Ok(format!("DROP {}", what.to_uppercase()))
        }
        _ => Err(cursor.unexpected()),
    }
}

fn find(session: &Session, catalog: &Catalog, name: &ObjectName, what: &str) -> Option<Arc<Descriptor>> {
    if matches!(what, "function" | "procedure") {
        let (_, qualifiers) = name.0.split_last()?;
        let (_, schema) = catalog
            .resolve_schema(qualifiers, session.database(), &session.search_path())
            .ok()?;
        return catalog
            .in_schema(schema.id)
            .find(|d| matches!(d.body, Body::Function(_)) && d.name == name.object())
            .cloned();
    }
    catalog
        .resolve(name, session.database(), &session.search_path())
        .cloned()
}

fn missing(name: &ObjectName, what: &str) -> SqlError {
    match what {
        "type" => SqlError::new(
            sqlstate::UNDEFINED_OBJECT,
            format!("type \"{name}\" does not exist"),
        ),
        "function" | "procedure" => SqlError::new(
            sqlstate::UNDEFINED_FUNCTION,
            format!("unknown function: {name}()"),
        ),
        _ => name.undefined_relation(),
    }
}

/// Drops an object and, with CASCADE, what depends on it.
fn remove(
    session: &mut Session,
    id: DescriptorId,
    what: &str,
    together: &[DescriptorId],
    cascade: bool,
) -> SqlResult<()> {
    let catalog = session.catalog()?;
    let Some(object) = catalog.descriptors.get(&id).cloned() else {
        return Ok(());
    };
    let fits = match (&object.body, what) {
        (Body::Table(_), "table")
        | (Body::View(_), "view")
        | (Body::Sequence(_), "sequence")
        | (Body::Enum(_), "type") => true,
        (Body::Function(_), "function" | "procedure") => true,
        _ => what == "anything",
    };
    if !fits {
        return Err(SqlError::new(
            sqlstate::WRONG_OBJECT_TYPE,
            format!("\"{}\" is not a {what}", object.name),
        ));
    }
    match &object.body {
        Body::Enum(_) | Body::Function(_) => catalog.check_owner(session.user(), &object)?,
        _ => catalog.check_privilege(session.user(), &object, Privilege::Drop)?,
    }
    let others: Vec<Arc<Descriptor>> = catalog
        .descriptors
        .values()
        .filter(|d| d.id != id && !together.contains(&d.id))
        .cloned()
        .collect();
    for other in others {
        depend(session, &object, &other, cascade)?;
    }
    session.drop_descriptor(id)
}

/// Deals with what another object's dependence on a dropped one means.
fn depend(session: &mut Session, object: &Descriptor, other: &Descriptor, cascade: bool) -> SqlResult<()> {
    let needs = |depends_on: &[DescriptorId]| depends_on.contains(&object.id);
    match &other.body {
        Body::View(ViewBody { depends_on, .. }) if needs(depends_on) => {
            if !cascade {
                return Err(SqlError::new(
                    sqlstate::DEPENDENT_OBJECTS,
                    format!(
                        "cannot drop {} \"{}\" because view \"{}\" depends on it",
                        object.kind_word(),
                        object.name,
                        other.name
                    ),
                )
                .with_hint(format!("you can drop {} instead.", other.name)));
            }
            remove(session, other.id, "anything", &[object.id], true)
        }
        Body::Table(table) => {
            let references = table.foreign_keys.iter().any(|k| k.referenced_table == object.id);
            let uses = table
                .columns
                .iter()
                .any(|c| matches!(&c.ty, crate::types::SqlType::Enum { id, .. } if *id == object.id));
            if uses {
                let full = session.catalog()?.full_name(other);
                return Err(SqlError::new(
                    sqlstate::DEPENDENT_OBJECTS,
                    format!(
                        "cannot drop type \"{}\" because other objects ([{full}]) still depend on it",
                        object.name
                    ),
                ));
            }
            if references && !cascade {
                return Err(SqlError::new(
                    sqlstate::DEPENDENT_OBJECTS,
                    format!(
                        "\"{}\" is referenced by foreign key from table \"{}\"",
                        object.name, other.name
                    ),
                ));
            }
            if references {
                let mut changed = other.clone();
                if let Some(table) = changed.table_mut() {
                    table.foreign_keys.retain(|k| k.referenced_table != object.id);
                }
                session.update_descriptor(&changed)?;
            }
            Ok(())
        }
        Body::Sequence(sequence) if sequence.owned_by.is_some_and(|(table, _)| table == object.id) => {
            session.drop_descriptor(other.id)
        }
        _ => Ok(()),
    }
}

fn index(session: &mut Session, cursor: &mut Cursor<'_>, exists_ok: bool) -> SqlResult<String> {
    let mut name = cursor.name()?;
    let catalog = session.catalog()?;
    let index_name;
    let table = if cursor.accept("@") {
        index_name = cursor.ident()?;
        catalog
            .resolve(&name, session.database(), &session.search_path())
            .cloned()
    } else {
        index_name = name.0.pop().unwrap_or_default();
        catalog
            .descriptors
            .values()
            .find(|d| {
                d.table()
                    .is_some_and(|t| t.indexes.iter().any(|i| i.name == index_name))
            })
            .cloned()
    };
    cursor.accept("cascade");
    let has = |d: &Arc<Descriptor>| {
        d.table()
            .is_some_and(|t| t.indexes.iter().skip(1).any(|i| i.name == index_name))
    };
    let Some(table) = table.filter(has) else {
        return if exists_ok {
            Ok("DROP INDEX".into())
        } else {
            Err(SqlError::new(
                sqlstate::UNDEFINED_OBJECT,
                format!("index \"{index_name}\" does not exist"),
            ))
        };
    };
    catalog.check_privilege(session.user(), &table, Privilege::Create)?;
    let mut changed = Descriptor::clone(&table);
    if let Some(body) = changed.table_mut() {
        body.indexes.retain(|i| i.name != index_name);
    }
    session.update_descriptor(&changed)?;
    session.notice("the data for dropped indexes is reclaimed asynchronously");
    Ok("DROP INDEX".into())
}

pub(super) fn truncate(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<String> {
    cursor.accept("table");
    let names = cursor.names()?;
    cursor.accept("cascade");
    cursor.accept("restrict");
    let catalog = session.catalog()?;
    for name in names {
        let table = super::find(session, &name, "relation")?;
        catalog.check_privilege(session.user(), &table, Privilege::Drop)?;
        session
            .sqlite()
            .execute(&format!("DELETE FROM t_{}", table.id), [])?;
    }
    Ok("TRUNCATE".into())
}
