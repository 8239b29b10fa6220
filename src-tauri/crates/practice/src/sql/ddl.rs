//! CREATE, ALTER, DROP, TRUNCATE and COMMENT.

mod alter;
mod create;
mod drop;
mod table;

use std::sync::Arc;

use super::lexer::Cursor;
use crate::catalog::{Body, Catalog, Descriptor, EntryKey, Grants, ObjectName, Privilege, State, kind};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::{Outcome, Session};

/// Runs a data definition statement.
pub fn run(session: &mut Session, sql: &str) -> SqlResult<Outcome> {
    session.transaction(true, |session| {
        session.set_statement_context()?;
        let mut cursor = Cursor::new(sql)?;
        let tag = if cursor.accept("create") {
            create::run(session, &mut cursor)?
        } else if cursor.accept("alter") {
            alter::run(session, &mut cursor)?
        } else if cursor.accept("drop") {
            drop::run(session, &mut cursor)?
        } else if cursor.accept("truncate") {
            drop::truncate(session, &mut cursor)?
        } else if cursor.accept("comment on") {
            comment(session, &mut cursor)?
        } else {
            return Err(SqlError::not_on_practice(sql));
        };
        cursor.finish()?;
        Ok(Outcome::done(tag))
    })
}

/// Database and schema where a new object of this name goes; checks CREATE there and that the name is free.
fn place(
    session: &mut Session,
    name: &ObjectName,
) -> SqlResult<(Arc<Catalog>, Arc<Descriptor>, Arc<Descriptor>)> {
    let catalog = session.catalog()?;
    let (_, qualifiers) = name.0.split_last().ok_or_else(|| SqlError::syntax("EOF"))?;
    if let [database, _] = qualifiers {
        catalog.require_database(database)?;
    }
    let (database, schema) =
        catalog.resolve_schema(qualifiers, session.database(), &session.search_path())?;
    if database.id == crate::catalog::SYSTEM_DATABASE_ID && session.user() != "node" {
        return Err(SqlError::privilege(format!(
            "user {} does not have CREATE privilege on database system",
            session.user()
        )));
    }
    catalog.check_privilege(session.user(), &schema, Privilege::Create)?;
    Ok((catalog, database, schema))
}

/// 42P07 or the like for a name that is taken.
fn taken(catalog: &Catalog, schema: &Descriptor, name: &str) -> Option<SqlError> {
    // Every enum has its array type, whose name is the enum's behind an underscore.
    let array_of = name
        .strip_prefix('_')
        .and_then(|item| catalog.object_in_schema(schema.id, item))
        .is_some_and(|item| matches!(item.body, Body::Enum(_)));
    if array_of {
        let mut full = vec![catalog.name_of(schema.parent_id), schema.name.clone()];
        full.push(name.to_owned());
        return Some(SqlError::new(
            sqlstate::DUPLICATE_OBJECT,
            format!("type \"{}\" already exists", ObjectName(full)),
        ));
    }
    let existing = catalog.object_in_schema(schema.id, name)?;
    let full = catalog.full_name(existing);
    Some(match existing.body {
        Body::Enum(_) => SqlError::new(
            sqlstate::DUPLICATE_OBJECT,
            format!("type \"{full}\" already exists"),
        ),
        _ => SqlError::new(
            sqlstate::DUPLICATE_RELATION,
            format!("relation \"{full}\" already exists"),
        ),
    })
}

/// A new object's descriptor with the grants that default privileges give it.
fn new_object(
    session: &Session,
    catalog: &Catalog,
    database: &Descriptor,
    schema: &Descriptor,
    name: &str,
    body: Body,
) -> Descriptor {
    let mut grants = Grants::standard();
    let objects = match &body {
        Body::Table(_) | Body::View(_) => "TABLES",
        Body::Sequence(_) => "SEQUENCES",
        Body::Enum(_) => "TYPES",
        Body::Function(_) => "FUNCTIONS",
        _ => "SCHEMAS",
    };
    match &body {
        Body::Enum(_) => grants.grant("public", Privilege::Usage, false),
        Body::Function(_) => grants.grant("public", Privilege::Execute, false),
        _ => {}
    }
    let user = session.user();
    if user != "root" && user != "node" {
        grants.grant(user, Privilege::All, true);
    }
    let rules = database
        .database()
        .map(|d| d.default_privileges.clone())
        .unwrap_or_default();
    let more = match &schema.body {
        Body::Schema(s) => s.default_privileges.clone(),
        _ => Vec::new(),
    };
    let identities = catalog.identities(user);
    for rule in rules
        .iter()
        .chain(&more)
        .filter(|r| r.objects == objects && r.for_role.as_ref().is_none_or(|role| identities.contains(role)))
    {
        for privilege in &rule.privileges {
            grants.grant(&rule.grantee, *privilege, rule.with_grant_option);
        }
    }
    Descriptor {
        id: 0,
        name: name.to_owned(),
        parent_id: database.id,
        schema_id: if matches!(body, Body::Schema(_)) {
            0
        } else {
            schema.id
        },
        owner: user.to_owned(),
        grants,
        state: State::Public,
        body,
    }
}

/// The relation or type a name means, or the error of its kind.
fn find(session: &mut Session, name: &ObjectName, what: &str) -> SqlResult<Arc<Descriptor>> {
    let catalog = session.catalog()?;
    let found = catalog
        .resolve(name, session.database(), &session.search_path())
        .cloned();
    found.ok_or_else(|| match what {
        "type" => SqlError::new(
            sqlstate::UNDEFINED_OBJECT,
            format!("type \"{name}\" does not exist"),
        ),
        _ => name.undefined_relation(),
    })
}

fn comment(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<String> {
    let mut column = 0;
    let catalog = session.catalog()?;
    let object = if cursor.accept("database") {
        let name = cursor.ident()?;
        Arc::clone(catalog.require_database(&name)?)
    } else if cursor.accept("schema") {
        let name = cursor.name()?;
        catalog
            .resolve_schema(&name.0, session.database(), &session.search_path())?
            .1
    } else if cursor.accept("column") {
        let mut name = cursor.name()?;
        let column_name = name.0.pop().unwrap_or_default();
        let table = find(session, &name, "relation")?;
        column = table
            .table()
            .and_then(|t| t.column(&column_name))
            .map(|c| c.id)
            .ok_or_else(|| {
                SqlError::new(
                    sqlstate::UNDEFINED_COLUMN,
                    format!("column \"{column_name}\" does not exist"),
                )
            })?;
        table
    } else {
        let what = cursor.ident()?;
        let name = cursor.name()?;
        find(session, &name, &what)?
    };
    cursor.expect("is")?;
    let text = if cursor.accept("null") {
        None
    } else {
        Some(cursor.text()?)
    };
    catalog.check_privilege(session.user(), &object, Privilege::Create)?;
    let tag = match object.body {
        Body::Database(_) => "COMMENT ON DATABASE",
        Body::Schema(_) => "COMMENT ON SCHEMA",
        Body::Enum(_) => "COMMENT ON TYPE",
        _ if column > 0 => "COMMENT ON COLUMN",
        _ => "COMMENT ON TABLE",
    };
    session.put_entry(
        &EntryKey::new(kind::COMMENT, format!("{}.{column}", object.id)),
        text.as_ref(),
    )?;
    Ok(tag.into())
}
