//! SET, RESET, USE and SET CLUSTER SETTING.

use super::lexer::{Cursor, Kind};
use super::rewrite::as_of_moment;
use crate::catalog::{EntryKey, Privilege, PrivilegeTarget, kind};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::faults;
use crate::session::settings::{Variables, default_cluster_setting};
use crate::session::{Outcome, Session};

/// Runs the statement.
pub fn run(session: &mut Session, sql: &str) -> SqlResult<Outcome> {
    let mut cursor = Cursor::new(sql)?;
    if cursor.accept("use") {
        let name = cursor.ident_or_text()?;
        use_database(session, &name)?;
        return Ok(Outcome::done("SET"));
    }
    if cursor.accept("discard") {
        return Ok(Outcome::done("DISCARD"));
    }
    if cursor.accept("reset") {
        if cursor.accept("cluster setting") {
            let name = cursor.name()?.0.join(".");
            set_cluster_setting(session, &name, None)?;
            return Ok(Outcome::done("RESET CLUSTER SETTING"));
        }
        cursor.accept("session");
        let name = cursor.name()?.0.join(".");
        session.variables_mut().reset(&name);
        return Ok(Outcome::done("RESET"));
    }
    cursor.expect("set")?;
    if cursor.accept("cluster setting") {
        let name = cursor.name()?.0.join(".");
        if !cursor.accept("=") {
            cursor.expect("to")?;
        }
        let value = if cursor.accept("default") {
            None
        } else {
            Some(value(&mut cursor)?)
        };
        set_cluster_setting(session, &name, value)?;
        return Ok(Outcome::done("SET CLUSTER SETTING"));
    }
    if cursor.accept("transaction") {
        if cursor.accept("as of system time") {
            let at = as_of_moment(cursor.rest(), session.now())?;
            session.set_read_timestamp(at);
        }
        return Ok(Outcome::done("SET TRANSACTION"));
    }
    if cursor.accept("session characteristics") || cursor.accept("constraints") {
        return Ok(Outcome::done("SET"));
    }
    cursor.accept("session");
    cursor.accept("local");
    if cursor.accept("role") {
        return set_role(session, &mut cursor);
    }
    let name = if cursor.accept("time zone") {
        "timezone".to_owned()
    } else {
        let name = cursor.name()?.0.join(".");
        if !cursor.accept("=") {
            cursor.expect("to")?;
        }
        name
    };
    let mut values = Vec::new();
    if !cursor.accept("default") {
        loop {
            values.push(value(&mut cursor)?);
            if !cursor.accept(",") {
                break;
            }
        }
    }
    cursor.finish()?;
    set_variable(session, &name, &values)?;
    Ok(Outcome::done("SET"))
}

fn value(cursor: &mut Cursor<'_>) -> SqlResult<String> {
    let negative = cursor.accept("-");
    match cursor.take() {
        Some(Kind::Text(v) | Kind::Quoted(v)) => Ok(v),
        Some(Kind::Word(mut v)) => {
            // A bare word may have points in it: `SET CLUSTER SETTING … = restore.before_publishing_descriptors`.
            while cursor.accept(".") {
                v = format!("{v}.{}", cursor.ident()?);
            }
            Ok(v)
        }
        Some(Kind::Number(v)) => Ok(if negative { format!("-{v}") } else { v }),
        _ => Err(cursor.unexpected()),
    }
}

fn use_database(session: &mut Session, name: &str) -> SqlResult<()> {
    if !name.is_empty() {
        session.transaction(false, |session| {
            session.catalog()?.require_database(name).map(|_| ())
        })?;
    }
    session.set_database(name);
    Ok(())
}

fn set_variable(session: &mut Session, name: &str, values: &[String]) -> SqlResult<()> {
    let value = values.join(", ");
    match name.to_ascii_lowercase().as_str() {
        "database" => return use_database(session, &value),
        "practice.fault" => {
            let allowed =
                session.transaction(false, |session| Ok(session.catalog()?.is_admin(session.user())))?;
            if !allowed {
                return Err(SqlError::privilege(
                    "only users with the admin role are allowed to set practice.fault",
                ));
            }
            session.cluster().faults().set(&value)?;
            return faults::apply_lasting(session);
        }
        _ => {}
    }
    if Variables::is_read_only(name) {
        return Err(SqlError::new(
            "55P02",
            format!("parameter \"{name}\" cannot be changed"),
        ));
    }
    if values.is_empty() {
        session.variables_mut().reset(name);
        return Ok(());
    }
    if !session.variables_mut().set(name, &value) {
        return Err(SqlError::new(
            sqlstate::UNDEFINED_OBJECT,
            format!("unrecognized configuration parameter \"{name}\""),
        ));
    }
    let reported = match name.to_ascii_lowercase().as_str() {
        "application_name" => Some("application_name"),
        "timezone" => Some("TimeZone"),
        "datestyle" => Some("DateStyle"),
        "client_encoding" => Some("client_encoding"),
        _ => None,
    };
    if let Some(reported) = reported {
        session.parameter_changed(reported, &value);
    }
    Ok(())
}

fn set_role(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<Outcome> {
    cursor.accept("=");
    cursor.accept("to");
    let name = cursor.ident_or_text()?;
    let login = session.login_user().to_owned();
    let target = if matches!(name.as_str(), "none" | "default") {
        login.clone()
    } else {
        name
    };
    session.transaction(false, |session| {
        let catalog = session.catalog()?;
        if !catalog.roles.contains_key(&target) {
            return Err(SqlError::new(
                sqlstate::UNDEFINED_OBJECT,
                format!("role/user \"{target}\" does not exist"),
            ));
        }
        if target != login && !catalog.is_admin(&login) && !catalog.identities(&login).contains(&target) {
            return Err(SqlError::privilege(format!(
                "permission denied to set role \"{target}\""
            )));
        }
        Ok(())
    })?;
    session.become_user(&target);
    Ok(Outcome::done("SET"))
}

fn set_cluster_setting(session: &mut Session, name: &str, value: Option<String>) -> SqlResult<()> {
    session.transaction(true, |session| {
        let catalog = session.catalog()?;
        let allowed = catalog.has_privilege(session.user(), PrivilegeTarget::System, Privilege::ModifyClusterSetting)
            || catalog.has_role_option(session.user(), "MODIFYCLUSTERSETTING")
            || name.starts_with("sql.defaults.") && catalog.has_privilege(session.user(), PrivilegeTarget::System, Privilege::ModifySqlClusterSetting);
        if !allowed {
            return Err(SqlError::privilege(format!("only users with MODIFYCLUSTERSETTING or MODIFYSQLCLUSTERSETTING privilege are allowed to modify '{name}'")));
        }
        if default_cluster_setting(name).is_none() {
            return Err(SqlError::new(sqlstate::UNDEFINED_OBJECT, format!("unknown cluster setting '{name}'")));
        }
        let canonical = value.map(|v| match v.to_ascii_lowercase().as_str() {
            "on" | "yes" => "true".to_owned(),
            "off" | "no" => "false".to_owned(),
            _ => v,
        });
        session.put_entry(&EntryKey::new(kind::SETTING, name), canonical.as_ref())
    })
}
