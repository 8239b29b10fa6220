//! The few tables of `system` and `crdb_internal` that older tools read.

use super::VirtualTable;
use super::grants::{all as all_grants, may_read};
use crate::catalog::{Body, Grants};
use crate::datum::{Datum, Row};
use crate::error::{SqlError, SqlResult};
use crate::session::Session;
use crate::types::SqlType;

const T: SqlType = SqlType::STRING;
const I: SqlType = SqlType::Int8;
const B: SqlType = SqlType::Bool;

pub(super) static TABLES: &[VirtualTable] = &[
    VirtualTable {
        schema: "system",
        name: "users",
        columns: &[
            ("username", T),
            ("hashedPassword", SqlType::Bytes),
            ("isRole", B),
            ("user_id", SqlType::Oid),
        ],
        rows: users,
    },
    VirtualTable {
        schema: "system",
        name: "role_members",
        columns: &[("role", T), ("member", T), ("isAdmin", B)],
        rows: role_members,
    },
    VirtualTable {
        schema: "system",
        name: "settings",
        columns: &[("name", T), ("value", T)],
        rows: settings,
    },
    VirtualTable {
        schema: "system",
        name: "namespace",
        columns: &[("parentID", I), ("parentSchemaID", I), ("name", T), ("id", I)],
        rows: namespace,
    },
    VirtualTable {
        schema: "system",
        name: "privileges",
        columns: &[
            ("username", T),
            ("path", T),
            // Arrays of text, in their text form.
            ("privileges", T),
            ("grant_options", T),
            ("user_id", SqlType::Oid),
        ],
        rows: privileges,
    },
    VirtualTable {
        schema: "crdb_internal",
        name: "active_range_feeds",
        columns: &[
            ("id", I),
            ("tags", T),
            ("start_after", SqlType::DECIMAL),
            ("diff", B),
            ("node_id", I),
            ("range_id", I),
        ],
        rows: none,
    },
    VirtualTable {
        schema: "crdb_internal",
        name: "tables",
        columns: &[
            ("table_id", I),
            ("parent_id", I),
            ("name", T),
            ("database_name", T),
            ("schema_name", T),
            ("state", T),
        ],
        rows: tables,
    },
    VirtualTable {
        schema: "crdb_internal",
        name: "databases",
        columns: &[("id", I), ("name", T), ("owner", T)],
        rows: databases,
    },
    VirtualTable {
        schema: "crdb_internal",
        name: "cluster_settings",
        columns: &[("variable", T), ("value", T)],
        rows: settings,
    },
    VirtualTable {
        schema: "crdb_internal",
        name: "cluster_sessions",
        columns: &[("user_name", T), ("application_name", T)],
        rows: sessions,
    },
    VirtualTable {
        schema: "crdb_internal",
        name: "cluster_queries",
        columns: &[("user_name", T), ("query", T)],
        rows: none,
    },
];

fn only_admins(session: &mut Session, table: &str) -> SqlResult<()> {
    let catalog = session.catalog()?;
    if catalog.is_admin(session.user()) || may_read(&catalog, session.user(), "system", table) {
        return Ok(());
    }
    Err(SqlError::privilege(format!(
        "user {} does not have SELECT privilege on relation {table}",
        session.user()
    )))
}

/// Everything that is granted on what has no descriptor: the cluster, external connections, computed tables.
fn privileges(session: &mut Session) -> SqlResult<Vec<Row>> {
    only_admins(session, "privileges")?;
    let catalog = session.catalog()?;
    let mut held: Vec<(String, Grants)> = vec![("/global/".to_owned(), catalog.system_grants.clone())];
    held.extend(
        crate::backup::connection_grants(&catalog)
            .into_iter()
            .map(|(name, grants)| (format!("/externalconn/{name}"), grants)),
    );
    held.extend(all_grants(&catalog).map(|(table, grants)| (format!("/vtable/{table}"), grants)));
    let mut rows = Vec::new();
    for (path, grants) in held {
        for (user, privileges) in &grants.0 {
            let with_option = privileges
                .iter()
                .filter(|(_, grantable)| **grantable)
                .map(|(privilege, _)| privilege.to_string());
            rows.push(vec![
                user.clone().into(),
                path.clone().into(),
                Datum::text_array(privileges.keys().map(ToString::to_string)),
                Datum::text_array(with_option),
                Datum::Int(super::role_oid(user)),
            ]);
        }
    }
    Ok(rows)
}

fn users(session: &mut Session) -> SqlResult<Vec<Row>> {
    only_admins(session, "users")?;
    let catalog = session.catalog()?;
    Ok(catalog
        .roles
        .values()
        .filter(|r| r.name != "public")
        .map(|r| {
            vec![
                r.name.clone().into(),
                Datum::Null,
                (!r.may_log_in()).into(),
                Datum::Int(super::role_oid(&r.name)),
            ]
        })
        .collect())
}

fn role_members(session: &mut Session) -> SqlResult<Vec<Row>> {
    only_admins(session, "role_members")?;
    let catalog = session.catalog()?;
    let pairs = catalog
        .roles
        .values()
        .flat_map(|r| r.member_of.iter().map(move |(parent, m)| (r, parent, m)));
    Ok(pairs
        .map(|(r, parent, m)| vec![parent.clone().into(), r.name.clone().into(), m.is_admin.into()])
        .collect())
}

fn settings(session: &mut Session) -> SqlResult<Vec<Row>> {
    only_admins(session, "settings")?;
    Ok(session
        .catalog()?
        .settings
        .iter()
        .map(|(n, v)| vec![n.clone().into(), v.clone().into()])
        .collect())
}

fn namespace(session: &mut Session) -> SqlResult<Vec<Row>> {
    only_admins(session, "namespace")?;
    let number = |id: u32| Datum::Int(i64::from(id));
    Ok(session
        .catalog()?
        .descriptors
        .values()
        .map(|d| {
            vec![
                number(d.parent_id),
                number(d.schema_id),
                d.name.clone().into(),
                number(d.id),
            ]
        })
        .collect())
}

fn tables(session: &mut Session) -> SqlResult<Vec<Row>> {
    let catalog = session.catalog()?;
    Ok(catalog
        .descriptors
        .values()
        .filter(|d| d.is_relation())
        .map(|d| {
            vec![
                Datum::Int(i64::from(d.id)),
                Datum::Int(i64::from(d.parent_id)),
                d.name.clone().into(),
                catalog.name_of(d.parent_id).into(),
                catalog.name_of(d.schema_id).into(),
                "PUBLIC".into(),
            ]
        })
        .collect())
}

fn databases(session: &mut Session) -> SqlResult<Vec<Row>> {
    let catalog = session.catalog()?;
    let found = catalog
        .descriptors
        .values()
        .filter(|d| matches!(d.body, Body::Database(_)));
    Ok(found
        .map(|d| {
            vec![
                Datum::Int(i64::from(d.id)),
                d.name.clone().into(),
                d.owner.clone().into(),
            ]
        })
        .collect())
}

fn sessions(session: &mut Session) -> SqlResult<Vec<Row>> {
    let application = session.variables().get("application_name").unwrap_or_default();
    Ok(vec![vec![session.user().into(), application.into()]])
}

fn none(_: &mut Session) -> SqlResult<Vec<Row>> {
    Ok(Vec::new())
}
