//! SHOW GRANTS, SHOW ROLES and SHOW DEFAULT PRIVILEGES.

use super::TEXT;
use crate::catalog::{Body, Catalog, Descriptor, Grants, ObjectName};
use crate::datum::{Datum, Row};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::{ColumnMeta, Rows, Session};
use crate::sql::lexer::Cursor;
use crate::types::SqlType;
use std::sync::Arc;

fn each_grant(grants: &Grants, mut with: impl FnMut(&str, &str, bool)) {
    for (grantee, held) in &grants.0 {
        let mut list: Vec<(&str, bool)> = held.iter().map(|(p, g)| (p.as_str(), *g)).collect();
        list.sort_unstable();
        for (privilege, grantable) in list {
            with(grantee, privilege, grantable);
        }
    }
}

fn for_users(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<Option<Vec<String>>> {
    if !cursor.accept("for") {
        return Ok(None);
    }
    let catalog = session.catalog()?;
    let mut users = Vec::new();
    loop {
        let name = cursor.ident_or_text()?;
        let name = if matches!(name.as_str(), "current_user" | "session_user") {
            session.user().to_owned()
        } else {
            name
        };
        if name != "public" && !catalog.roles.contains_key(&name) {
            return Err(SqlError::new(
                sqlstate::UNDEFINED_OBJECT,
                format!("role/user \"{name}\" does not exist"),
            ));
        }
        users.push(name);
        if !cursor.accept(",") {
            return Ok(Some(users));
        }
    }
}

fn wanted(users: &Option<Vec<String>>, grantee: &str) -> bool {
    users
        .as_ref()
        .is_none_or(|users| users.iter().any(|u| u == grantee))
}

pub(super) fn run(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<Rows> {
    let catalog = session.catalog()?;
    if cursor.accept("on role") {
        return memberships(session, cursor, &catalog);
    }
    if !cursor.accept("on") {
        return everything(session, cursor, &catalog);
    }
    let mut targets: Vec<Arc<Descriptor>> = Vec::new();
    let mut rows = Rows::default();
    let kind = if cursor.accept("database") {
        loop {
            targets.push(Arc::clone(catalog.require_database(&cursor.ident()?)?));
            if !cursor.accept(",") {
                break;
            }
        }
        "database"
    } else if cursor.accept("schema") {
        for name in cursor.names()? {
            targets.push(
                catalog
                    .resolve_schema(&name.0, session.database(), &session.search_path())?
                    .1,
            );
        }
        "schema"
    } else {
        let kind = if cursor.accept("type") {
            "type"
        } else if cursor.accept("function") {
            "function"
        } else {
            cursor.accept("table");
            cursor.accept("sequence");
            "table"
        };
        loop {
            let mut parts = vec![if cursor.accept("*") {
                "*".to_owned()
            } else {
                cursor.ident()?
            }];
            while cursor.accept(".") {
                parts.push(if cursor.accept("*") {
                    "*".to_owned()
                } else {
                    cursor.ident()?
                });
            }
            targets.extend(resolve(session, &catalog, &parts, kind)?);
            if !cursor.accept(",") {
                break;
            }
        }
        kind
    };
    let users = for_users(session, cursor)?;
    let mut columns = vec![("database_name", TEXT)];
    if kind != "database" {
        columns.push(("schema_name", TEXT));
    }
    match kind {
        "table" => columns.push(("table_name", TEXT)),
        "type" => columns.push(("type_name", TEXT)),
        "function" => columns.extend([("function_id", SqlType::Oid), ("function_signature", TEXT)]),
        _ => {}
    }
    columns.extend([
        ("grantee", TEXT),
        ("privilege_type", TEXT),
        ("is_grantable", SqlType::Bool),
    ]);
    rows.columns = columns.into_iter().map(|(n, t)| ColumnMeta::new(n, t)).collect();
    for target in targets {
        let mut head: Row = match kind {
            "database" => vec![target.name.clone().into()],
            "schema" => vec![
                catalog.name_of(target.parent_id).into(),
                target.name.clone().into(),
            ],
            _ => vec![
                catalog.name_of(target.parent_id).into(),
                catalog.name_of(target.schema_id).into(),
            ],
        };
        match kind {
            "table" | "type" => head.push(target.name.clone().into()),
            "function" => head.extend([
                Datum::Int(100_000 + i64::from(target.id)),
                format!("{}()", target.name).into(),
            ]),
            _ => {}
        }
        each_grant(&target.grants, |grantee, privilege, grantable| {
            if wanted(&users, grantee) {
                let mut row = head.clone();
                row.extend([grantee.into(), privilege.into(), grantable.into()]);
                rows.push(row);
            }
        });
    }
    Ok(rows)
}

fn resolve(
    session: &Session,
    catalog: &Arc<Catalog>,
    parts: &[String],
    kind: &str,
) -> SqlResult<Vec<Arc<Descriptor>>> {
    let name = ObjectName(parts.to_vec());
    if name.object() == "*" {
        let (_, schema) = catalog.resolve_schema(
            &parts[..parts.len() - 1],
            session.database(),
            &session.search_path(),
        )?;
        return Ok(catalog
            .in_schema(schema.id)
            .filter(|d| d.is_relation())
            .cloned()
            .collect());
    }
    if kind == "function" {
        return Ok(catalog
            .descriptors
            .values()
            .filter(|d| matches!(d.body, Body::Function(_)) && d.name == name.object())
            .cloned()
            .collect());
    }
    let found = catalog
        .resolve(&name, session.database(), &session.search_path())
        .cloned();
    found.map(|d| vec![d]).ok_or_else(|| {
        if kind == "type" {
            SqlError::new(
                sqlstate::UNDEFINED_OBJECT,
                format!("type \"{name}\" does not exist"),
            )
        } else {
            name.undefined_relation()
        }
    })
}

fn memberships(session: &mut Session, cursor: &mut Cursor<'_>, catalog: &Catalog) -> SqlResult<Rows> {
    let role = if cursor.at_end() || cursor.looking_at("for") {
        None
    } else {
        Some(cursor.ident_or_text()?)
    };
    let users = for_users(session, cursor)?;
    let mut rows = Rows::with_columns([("role_name", TEXT), ("member", TEXT), ("is_admin", SqlType::Bool)]);
    for member in catalog.roles.values() {
        for (parent, membership) in &member.member_of {
            if role.as_ref().is_none_or(|r| r == parent) && wanted(&users, &member.name) {
                rows.push(vec![
                    parent.clone().into(),
                    member.name.clone().into(),
                    membership.is_admin.into(),
                ]);
            }
        }
    }
    rows.rows
        .sort_by(|a, b| (a[0].as_str(), a[1].as_str()).cmp(&(b[0].as_str(), b[1].as_str())));
    Ok(rows)
}

fn everything(session: &mut Session, cursor: &mut Cursor<'_>, catalog: &Catalog) -> SqlResult<Rows> {
    let users = for_users(session, cursor)?;
    let mut rows = Rows::with_columns([
        ("database_name", TEXT),
        ("schema_name", TEXT),
        ("object_name", TEXT),
        ("object_type", TEXT),
        ("grantee", TEXT),
        ("privilege_type", TEXT),
        ("is_grantable", SqlType::Bool),
    ]);
    let current = catalog.database(session.database()).map(|d| d.id);
    for object in catalog
        .descriptors
        .values()
        .filter(|d| current.is_none() || Some(d.id) == current || Some(d.parent_id) == current)
    {
        let (database, schema, name, kind): (Datum, Datum, Datum, &str) = match &object.body {
            Body::Database(_) => (object.name.clone().into(), Datum::Null, Datum::Null, "database"),
            Body::Schema(_) => (
                catalog.name_of(object.parent_id).into(),
                object.name.clone().into(),
                Datum::Null,
                "schema",
            ),
            body => {
                let word = match body {
                    Body::Enum(_) => "type",
                    Body::Function(_) => "routine",
                    Body::Sequence(_) => "sequence",
                    _ => "table",
                };
                (
                    catalog.name_of(object.parent_id).into(),
                    catalog.name_of(object.schema_id).into(),
                    object.name.clone().into(),
                    word,
                )
            }
        };
        each_grant(&object.grants, |grantee, privilege, grantable| {
            if wanted(&users, grantee) {
                rows.push(vec![
                    database.clone(),
                    schema.clone(),
                    name.clone(),
                    kind.into(),
                    grantee.into(),
                    privilege.into(),
                    grantable.into(),
                ]);
            }
        });
    }
    Ok(rows)
}

pub(super) fn system(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<Rows> {
    let users = for_users(session, cursor)?;
    let mut rows = Rows::with_columns([
        ("grantee", TEXT),
        ("privilege_type", TEXT),
        ("is_grantable", SqlType::Bool),
    ]);
    each_grant(
        &session.catalog()?.system_grants,
        |grantee, privilege, grantable| {
            if wanted(&users, grantee) {
                rows.push(vec![grantee.into(), privilege.into(), grantable.into()]);
            }
        },
    );
    Ok(rows)
}

pub(super) fn default_privileges(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<Rows> {
    while cursor.take().is_some() {}
    let catalog = session.catalog()?;
    let database = catalog.require_database(session.database())?;
    let mut rows = Rows::with_columns([
        ("role", TEXT),
        ("for_all_roles", SqlType::Bool),
        ("object_type", TEXT),
        ("grantee", TEXT),
        ("privilege_type", TEXT),
        ("is_grantable", SqlType::Bool),
    ]);
    for rule in database
        .database()
        .map(|d| d.default_privileges.as_slice())
        .unwrap_or_default()
    {
        for privilege in &rule.privileges {
            rows.push(vec![
                rule.for_role.clone().into(),
                rule.for_role.is_none().into(),
                rule.objects.to_lowercase().into(),
                rule.grantee.clone().into(),
                privilege.as_str().into(),
                rule.with_grant_option.into(),
            ]);
        }
    }
    Ok(rows)
}

pub(super) fn roles(session: &mut Session) -> SqlResult<Rows> {
    let as_arrays = session.cluster().version().differences().roles_have_option_arrays;
    let options_type = if as_arrays { SqlType::string_array() } else { TEXT };
    let mut rows = Rows::with_columns([
        ("username", TEXT),
        ("options", options_type),
        ("member_of", SqlType::string_array()),
    ]);
    if as_arrays {
        rows.columns
            .push(ColumnMeta::new("estimated_last_login_time", SqlType::TimestampTz));
    }
    for role in session.catalog()?.roles.values().filter(|r| r.name != "public") {
        let mut options: Vec<String> = role.options.iter().cloned().collect();
        if let Some(until) = &role.valid_until {
            options.push(format!("VALID UNTIL={until}"));
        }
        let options = if as_arrays {
            Datum::text_array(options)
        } else {
            options.join(", ").into()
        };
        let mut row = vec![
            role.name.clone().into(),
            options,
            Datum::text_array(role.member_of.keys()),
        ];
        if as_arrays {
            row.push(Datum::Null);
        }
        rows.push(row);
    }
    Ok(rows)
}
