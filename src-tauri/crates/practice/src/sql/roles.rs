//! CREATE, ALTER and DROP of users and roles.

use super::lexer::Cursor;
use crate::catalog::Role;
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::scram::Verifier;
use crate::session::{Outcome, Session};

const OPTIONS: &[&str] = &[
    "cancelquery",
    "controlchangefeed",
    "controljob",
    "createdb",
    "createlogin",
    "createrole",
    "modifyclustersetting",
    "sqllogin",
    "viewactivity",
    "viewactivityredacted",
    "viewclustersetting",
    "replication",
    "bypassrls",
    "login",
];

/// Runs the statement.
pub fn run(session: &mut Session, sql: &str) -> SqlResult<Outcome> {
    session.transaction(true, |session| {
        let mut cursor = Cursor::new(sql)?;
        let verb = cursor.ident()?;
        let is_role = cursor.accept("role");
        if !is_role {
            cursor.expect("user")?;
        }
        let catalog = session.catalog()?;
        if !catalog.has_role_option(session.user(), "CREATEROLE") {
            let own_password = verb == "alter" && cursor.looking_at(&session.user().to_lowercase());
            if !own_password {
                return Err(SqlError::privilege(format!(
                    "user {} does not have CREATEROLE privilege",
                    session.user()
                )));
            }
        }
        let exists_ok = cursor.accept("if not exists") || cursor.accept("if exists");
        if verb == "drop" {
            return drop(session, &mut cursor, exists_ok);
        }
        let name = Role::normalize_name(&cursor.ident_or_text()?)?;
        let existing = catalog.roles.get(&name);
        let mut role = match (verb.as_str(), existing) {
            ("create", None) => Role::user(&name),
            ("create", Some(_)) if exists_ok => return Ok(Outcome::done(tag(&verb))),
            ("create", Some(_)) => {
                return Err(SqlError::new(
                    sqlstate::DUPLICATE_OBJECT,
                    format!("a role/user named {name} already exists"),
                ));
            }
            (_, Some(role)) => Role::clone(role),
            (_, None) if exists_ok => return Ok(Outcome::done(tag(&verb))),
            (_, None) => {
                return Err(SqlError::new(
                    sqlstate::UNDEFINED_OBJECT,
                    format!("role/user {name} does not exist"),
                ));
            }
        };
        if verb == "create" && is_role {
            role.options.insert("NOLOGIN".into());
        }
        options(&mut cursor, &mut role)?;
        session.put_role(&name, Some(&role))?;
        Ok(Outcome::done(tag(&verb)))
    })
}

fn tag(verb: &str) -> String {
    format!("{} ROLE", verb.to_uppercase())
}

fn options(cursor: &mut Cursor<'_>, role: &mut Role) -> SqlResult<()> {
    if cursor.accept("set") || cursor.accept("reset") || cursor.accept("in database") {
        // Default session settings of roles are accepted and have no effect here.
        while cursor.take().is_some() {}
        return Ok(());
    }
    cursor.accept("with");
    while !cursor.at_end() {
        if cursor.accept("password") {
            role.password = if cursor.accept("null") {
                None
            } else {
                Some(Verifier::new(&cursor.ident_or_text()?))
            };
            continue;
        }
        if cursor.accept("valid until") {
            role.valid_until = if cursor.accept("null") {
                None
            } else {
                Some(crate::time_text::parse_timestamp(&cursor.text()?, true)?)
            };
            continue;
        }
        let word = cursor.ident()?;
        let (name, on) = match word.strip_prefix("no").filter(|rest| OPTIONS.contains(rest)) {
            Some(rest) => (rest, false),
            None if OPTIONS.contains(&word.as_str()) => (word.as_str(), true),
            None => return Err(SqlError::syntax(&word)),
        };
        let name = name.to_uppercase();
        if matches!(name.as_str(), "LOGIN" | "SQLLOGIN") {
            let no = if name == "LOGIN" { "NOLOGIN" } else { "NOSQLLOGIN" };
            if on {
                role.options.remove(no);
            } else {
                role.options.insert(no.into());
            }
        } else if on {
            role.options.insert(name);
        } else {
            role.options.remove(&name);
        }
    }
    Ok(())
}

fn drop(session: &mut Session, cursor: &mut Cursor<'_>, exists_ok: bool) -> SqlResult<Outcome> {
    let catalog = session.catalog()?;
    loop {
        let name = cursor.ident_or_text()?.to_lowercase();
        if matches!(name.as_str(), "root" | "admin" | "public") {
            return Err(SqlError::new("42501", format!("cannot drop role/user {name}")));
        }
        if catalog.roles.contains_key(&name) {
            let owned = catalog.descriptors.values().find(|d| d.owner == name);
            let granted = catalog
                .descriptors
                .values()
                .find(|d| d.grants.0.contains_key(&name));
            if let Some(object) = owned {
                return Err(SqlError::new(
                    sqlstate::DEPENDENT_OBJECTS,
                    format!("role {name} cannot be dropped because some objects depend on it"),
                )
                .with_detail(format!(
                    "owner of {} {}",
                    object.type_word(),
                    catalog.full_name(object)
                )));
            }
            if let Some(object) = granted {
                return Err(SqlError::new(
                    sqlstate::DEPENDENT_OBJECTS,
                    format!(
                        "cannot drop role/user {name}: grants still exist on {}",
                        catalog.full_name(object)
                    ),
                ));
            }
            for member in catalog.roles.values().filter(|r| r.member_of.contains_key(&name)) {
                let mut changed = Role::clone(member);
                changed.member_of.remove(&name);
                session.put_role(&member.name, Some(&changed))?;
            }
            session.put_role(&name, None)?;
        } else if !exists_ok {
            return Err(SqlError::new(
                sqlstate::UNDEFINED_OBJECT,
                format!("role/user \"{name}\" does not exist"),
            ));
        }
        if !cursor.accept(",") {
            break;
        }
    }
    Ok(Outcome::done(tag("drop")))
}
