//! SHOW: databases, schemas, tables, columns, definitions, grants, roles, regions, settings, zones, session variables.

mod create;
mod grants;
mod objects;
mod regions;

pub use create::{constraint_list, create_statement};

use crate::catalog::{Privilege, PrivilegeTarget};
use crate::datum::Datum;
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::settings::CLUSTER_SETTINGS;
use crate::session::{Outcome, Rows, Session};
use crate::sql::lexer::Cursor;
use crate::types::SqlType;

/// Runs a SHOW statement.
pub fn run(session: &mut Session, sql: &str) -> SqlResult<Outcome> {
    session.transaction(false, |session| {
        session.set_statement_context()?;
        let mut cursor = Cursor::new(sql)?;
        cursor.expect("show")?;
        let rows = show(session, &mut cursor)?;
        cursor.finish()?;
        Ok(Outcome::Rows {
            rows,
            tag: Some("SHOW".into()),
        })
    })
}

const TEXT: SqlType = SqlType::STRING;

fn show(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<Rows> {
    if cursor.accept("databases") {
        let with_comment = cursor.accept("with comment");
        return objects::databases(session, with_comment);
    }
    if cursor.accept("schemas") {
        return objects::schemas(session, cursor);
    }
    if cursor.accept("tables") {
        return objects::tables(session, cursor);
    }
    if cursor.accept("sequences") {
        return objects::sequences(session, cursor);
    }
    if cursor.accept("enums") || cursor.accept("types") {
        return objects::enums(session, cursor);
    }
    if cursor.accept("columns from") {
        return objects::columns(session, cursor);
    }
    if cursor.accept("indexes from") || cursor.accept("index from") || cursor.accept("keys from") {
        return objects::indexes(session, cursor);
    }
    if cursor.accept("constraints from") || cursor.accept("constraint from") {
        return objects::constraints(session, cursor);
    }
    if cursor.accept("create") {
        return create::run(session, cursor);
    }
    if cursor.accept("grants") {
        return grants::run(session, cursor);
    }
    if cursor.accept("system grants") {
        return grants::system(session, cursor);
    }
    if cursor.accept("default privileges") {
        return grants::default_privileges(session, cursor);
    }
    if cursor.accept("roles") || cursor.accept("users") {
        return grants::roles(session);
    }
    if cursor.accept("regions") {
        return regions::run(session, cursor);
    }
    if cursor.accept("zone configuration") || cursor.accept("zone configurations") {
        return regions::zone(session, cursor);
    }
    if cursor.accept("ranges") {
        return regions::ranges(session, cursor);
    }
    if cursor.accept("cluster setting")
        || cursor.accept("public cluster settings")
        || cursor.accept("all cluster settings")
        || cursor.accept("cluster settings")
    {
        return cluster_settings(session, cursor);
    }
    for ignored in [
        "sessions",
        "queries",
        "cluster queries",
        "cluster sessions",
        "statistics",
        "backup",
        "jobs",
        "schedules",
    ] {
        if cursor.looking_at(ignored) {
            return Err(SqlError::not_on_practice(format!(
                "SHOW {}",
                ignored.to_uppercase()
            )));
        }
    }
    variable(session, cursor)
}

fn cluster_settings(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<Rows> {
    let catalog = session.catalog()?;
    let user = session.user();
    let may = [Privilege::ViewClusterSetting, Privilege::ModifyClusterSetting]
        .iter()
        .any(|p| catalog.has_privilege(user, PrivilegeTarget::System, *p))
        || catalog.has_role_option(user, "VIEWCLUSTERSETTING")
        || catalog.has_role_option(user, "MODIFYCLUSTERSETTING");
    if cursor.at_end() {
        if !may {
            return Err(SqlError::privilege(
                "only users with MODIFYCLUSTERSETTING or VIEWCLUSTERSETTING privileges are allowed to SHOW CLUSTER SETTINGS",
            ));
        }
        let mut rows = Rows::with_columns([
            ("variable", TEXT),
            ("value", TEXT),
            ("setting_type", TEXT),
            ("description", TEXT),
        ]);
        for (name, _, letter) in CLUSTER_SETTINGS {
            let value = setting_value(session, &catalog, name);
            rows.push(vec![(*name).into(), value.into(), (*letter).into(), "".into()]);
        }
        return Ok(rows);
    }
    let name = cursor.name()?.0.join(".");
    if !CLUSTER_SETTINGS.iter().any(|(known, _, _)| *known == name) {
        return Err(SqlError::new(
            sqlstate::UNDEFINED_OBJECT,
            format!("unknown setting: \"{name}\""),
        ));
    }
    if !may && !name.starts_with("sql.defaults.") {
        return Err(SqlError::privilege(format!(
            "only users with MODIFYCLUSTERSETTING or VIEWCLUSTERSETTING privileges are allowed to show cluster setting '{name}'"
        )));
    }
    let letter = CLUSTER_SETTINGS
        .iter()
        .find(|(known, _, _)| *known == name)
        .map_or("s", |(_, _, l)| *l);
    let value = setting_value(session, &catalog, &name);
    let (ty, value) = match letter {
        "b" => (SqlType::Bool, Datum::from(value == "true")),
        "i" => (SqlType::Int8, Datum::Int(value.parse().unwrap_or(0))),
        "d" => (SqlType::Interval, Datum::from_text(&value, &SqlType::Interval)?),
        _ => (TEXT, value.into()),
    };
    let mut rows = Rows::with_columns([(name.as_str(), ty)]);
    rows.push(vec![value]);
    Ok(rows)
}

fn setting_value(session: &Session, catalog: &crate::catalog::Catalog, name: &str) -> String {
    if name == "version" {
        return session
            .cluster()
            .version()
            .differences()
            .cluster_version
            .to_owned();
    }
    catalog.setting(name).unwrap_or_default()
}

fn variable(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<Rows> {
    cursor.accept("session");
    if cursor.accept("all") {
        let mut rows = Rows::with_columns([("variable", TEXT), ("value", TEXT)]);
        for (name, value) in session.variables().all() {
            rows.push(vec![name.into(), value.into()]);
        }
        return Ok(rows);
    }
    let name = if cursor.accept("time zone") {
        "timezone".to_owned()
    } else if cursor.accept("transaction isolation level") {
        "transaction_isolation".to_owned()
    } else if cursor.accept("transaction status") {
        let mut rows = Rows::with_columns([("transaction_status", TEXT)]);
        let open = session.in_explicit_transaction();
        rows.push(vec![if open { "Open" } else { "NoTxn" }.into()]);
        return Ok(rows);
    } else {
        cursor.name()?.0.join(".").to_lowercase()
    };
    let value = match name.as_str() {
        "database" => Some(session.database().to_owned()),
        "session_user" => Some(session.login_user().to_owned()),
        "role" => Some(if session.user() == session.login_user() {
            "none".into()
        } else {
            session.user().to_owned()
        }),
        "crdb_version" => Some(session.cluster().version().banner()),
        "session_id" | "node_id" => Some("1".into()),
        "practice.fault" => Some(session.cluster().faults().list()),
        "is_superuser" => Some(
            if session.catalog()?.is_admin(session.user()) {
                "on"
            } else {
                "off"
            }
            .into(),
        ),
        "allow_unsafe_internals" if !session.variables().was_set(&name) => Some(
            if session.cluster().version().differences().internals_are_closed {
                "off"
            } else {
                "on"
            }
            .into(),
        ),
        _ => session.variables().get(&name),
    };
    let value = value.ok_or_else(|| {
        SqlError::new(
            sqlstate::UNDEFINED_OBJECT,
            format!("unrecognized configuration parameter \"{name}\""),
        )
    })?;
    let mut rows = Rows::with_columns([(name.as_str(), TEXT)]);
    rows.push(vec![value.into()]);
    Ok(rows)
}
