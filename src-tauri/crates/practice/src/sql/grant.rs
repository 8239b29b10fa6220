//! GRANT, REVOKE and ALTER DEFAULT PRIVILEGES.

use std::sync::Arc;

use super::lexer::Cursor;
use crate::catalog::{
    Body, Catalog, DefaultPrivilege, Descriptor, EntryKey, Membership, Privilege, PrivilegeTarget, Role, kind,
};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::{Outcome, Session};

/// Runs GRANT or REVOKE.
pub fn run(session: &mut Session, sql: &str) -> SqlResult<Outcome> {
    session.transaction(true, |session| {
        let mut cursor = Cursor::new(sql)?;
        let granting = cursor.accept("grant");
        if !granting {
            cursor.expect("revoke")?;
        }
        let only_option =
            !granting && (cursor.accept("grant option for") || cursor.accept("admin option for"));
        let word = if granting { "GRANT" } else { "REVOKE" };
        if cursor.accept("system") {
            let privileges = privileges(&mut cursor)?;
            let grantees = grantees(session, &mut cursor, granting)?;
            let with_option = cursor.accept("with grant option");
            system(
                session,
                granting,
                &privileges,
                &grantees,
                with_option,
                only_option,
            )?;
        } else if has_on(&cursor) {
            let privileges = privileges(&mut cursor)?;
            cursor.expect("on")?;
            let computed = computed_tables(session, &mut cursor)?;
            if !computed.is_empty() {
                let grantees = grantees(session, &mut cursor, granting)?;
                let with_option = cursor.accept("with grant option");
                for table in computed {
                    crate::virtuals::change_grants(
                        session,
                        table,
                        granting,
                        &privileges,
                        &grantees,
                        with_option,
                    )?;
                }
                cursor.finish()?;
                return Ok(Outcome::done(word));
            }
            let targets = targets(session, &mut cursor)?;
            let grantees = grantees(session, &mut cursor, granting)?;
            let with_option = cursor.accept("with grant option");
            for target in targets {
                object(
                    session,
                    granting,
                    &target,
                    &privileges,
                    &grantees,
                    with_option,
                    only_option,
                )?;
            }
        } else {
            membership(session, &mut cursor, granting, only_option)?;
        }
        cursor.finish()?;
        Ok(Outcome::done(word))
    })
}

/// Whether ON comes before TO or FROM: privileges, not roles.
fn has_on(cursor: &Cursor<'_>) -> bool {
    let mut ahead = cursor.clone();
    ahead.until(&["on", "to", "from"]);
    ahead.looking_at("on")
}

fn privileges(cursor: &mut Cursor<'_>) -> SqlResult<Vec<Privilege>> {
    let mut found = Vec::new();
    loop {
        let name = cursor.ident()?;
        if name == "all" {
            cursor.accept("privileges");
        }
        found.push(name.parse()?);
        if !cursor.accept(",") {
            break;
        }
    }
    Ok(found)
}

fn grantees(session: &mut Session, cursor: &mut Cursor<'_>, granting: bool) -> SqlResult<Vec<String>> {
    cursor.expect(if granting { "to" } else { "from" })?;
    let catalog = session.catalog()?;
    let mut found = Vec::new();
    loop {
        let name = cursor.ident_or_text()?;
        let name = if matches!(name.as_str(), "current_user" | "session_user") {
            session.user().to_owned()
        } else {
            name.to_lowercase()
        };
        if name != "public" && !catalog.roles.contains_key(&name) {
            return Err(SqlError::new(
                sqlstate::UNDEFINED_OBJECT,
                format!("role/user \"{name}\" does not exist"),
            ));
        }
        found.push(name);
        if !cursor.accept(",") {
            break;
        }
    }
    Ok(found)
}

fn system(
    session: &mut Session,
    granting: bool,
    privileges: &[Privilege],
    grantees: &[String],
    with_option: bool,
    only_option: bool,
) -> SqlResult<()> {
    let catalog = session.catalog()?;
    for privilege in privileges {
        if !catalog.may_grant(session.user(), PrivilegeTarget::System, *privilege) {
            return Err(SqlError::privilege(format!(
                "user {} missing WITH GRANT OPTION privilege on {privilege}",
                session.user()
            )));
        }
    }
    let mut grants = catalog.system_grants.clone();
    for grantee in grantees {
        for privilege in privileges {
            if granting {
                grants.grant(grantee, *privilege, with_option);
            } else if only_option {
                if let Some(flag) = grants.0.get_mut(grantee).and_then(|held| held.get_mut(privilege)) {
                    *flag = false;
                }
            } else {
                grants.revoke(grantee, *privilege, &[]);
            }
        }
    }
    session.put_entry(&EntryKey::new(kind::SYSTEM_GRANTS, "system"), Some(&grants))
}

/// The computed tables behind ON, if they are what it names; the cursor moves only then.
fn computed_tables(
    session: &Session,
    cursor: &mut Cursor<'_>,
) -> SqlResult<Vec<(&'static str, &'static str)>> {
    let mut ahead = cursor.clone();
    ahead.accept("table");
    let mut found = Vec::new();
    loop {
        let Ok(name) = ahead.name() else {
            return Ok(Vec::new());
        };
        let version = session.cluster().version();
        match crate::virtuals::find(&name, &session.search_path(), version) {
            Some(table) => found.push(table),
            None if found.is_empty() => return Ok(found),
            None => return Err(name.undefined_relation()),
        }
        if !ahead.accept(",") {
            break;
        }
    }
    *cursor = ahead;
    Ok(found)
}

/// The objects behind ON.
fn targets(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<Vec<Arc<Descriptor>>> {
    let catalog = session.catalog()?;
    let mut found = Vec::new();
    if cursor.accept("database") {
        loop {
            found.push(Arc::clone(catalog.require_database(&cursor.ident()?)?));
            if !cursor.accept(",") {
                return Ok(found);
            }
        }
    }
    if cursor.accept("schema") {
        for name in cursor.names()? {
            found.push(
                catalog
                    .resolve_schema(&name.0, session.database(), &session.search_path())?
                    .1,
            );
        }
        return Ok(found);
    }
    if cursor.accept("all") {
        let what = cursor.ident()?;
        cursor.expect("in schema")?;
        for name in cursor.names()? {
            let (_, schema) = catalog.resolve_schema(&name.0, session.database(), &session.search_path())?;
            found.extend(
                catalog
                    .in_schema(schema.id)
                    .filter(|d| match what.as_str() {
                        "tables" => matches!(d.body, Body::Table(_) | Body::View(_)),
                        "sequences" => matches!(d.body, Body::Sequence(_)),
                        _ => matches!(d.body, Body::Function(_)),
                    })
                    .cloned(),
            );
        }
        return Ok(found);
    }
    let what = if ["table", "type", "sequence", "function"]
        .iter()
        .any(|w| cursor.looking_at(w))
    {
        cursor.ident()?
    } else {
        "table".to_owned()
    };
    loop {
        let pattern = name_pattern(cursor)?;
        found.extend(matching(session, &catalog, &pattern, &what)?);
        if !cursor.accept(",") {
            return Ok(found);
        }
    }
}

/// A name whose last part may be `*`.
fn name_pattern(cursor: &mut Cursor<'_>) -> SqlResult<Vec<String>> {
    let mut parts = Vec::new();
    loop {
        parts.push(if cursor.accept("*") {
            "*".to_owned()
        } else {
            cursor.ident()?
        });
        if !cursor.accept(".") {
            break;
        }
    }
    if cursor.looking_at("(") {
        cursor.parenthesized()?;
    }
    Ok(parts)
}

fn matching(
    session: &Session,
    catalog: &Arc<Catalog>,
    pattern: &[String],
    what: &str,
) -> SqlResult<Vec<Arc<Descriptor>>> {
    let name = crate::catalog::ObjectName(pattern.to_vec());
    if pattern.last().is_some_and(|p| p == "*") {
        let qualifiers = &pattern[..pattern.len() - 1];
        if let [database] = qualifiers
            && catalog
                .database(session.database())
                .is_none_or(|d| catalog.schema(d.id, database).is_none())
        {
            let database = catalog.require_database(database)?;
            return Ok(catalog
                .in_database(database.id)
                .filter(|d| d.is_relation())
                .cloned()
                .collect());
        }
        let (_, schema) = catalog.resolve_schema(qualifiers, session.database(), &session.search_path())?;
        return Ok(catalog
            .in_schema(schema.id)
            .filter(|d| d.is_relation())
            .cloned()
            .collect());
    }
    if what == "function" {
        let (_, schema) = catalog.resolve_schema(
            &pattern[..pattern.len() - 1],
            session.database(),
            &session.search_path(),
        )?;
        return Ok(catalog
            .in_schema(schema.id)
            .filter(|d| matches!(d.body, Body::Function(_)) && d.name == name.object())
            .cloned()
            .collect());
    }
    let found = catalog
        .resolve(&name, session.database(), &session.search_path())
        .cloned();
    found.map(|d| vec![d]).ok_or_else(|| match what {
        "type" => SqlError::new(
            sqlstate::UNDEFINED_OBJECT,
            format!("type \"{name}\" does not exist"),
        ),
        _ => name.undefined_relation(),
    })
}

fn object(
    session: &mut Session,
    granting: bool,
    target: &Descriptor,
    privileges: &[Privilege],
    grantees: &[String],
    with_option: bool,
    only_option: bool,
) -> SqlResult<()> {
    let catalog = session.catalog()?;
    let Some(target) = catalog.descriptors.get(&target.id) else {
        return Ok(());
    };
    let valid = Privilege::on(&target.body);
    for privilege in privileges {
        if *privilege != Privilege::All && !valid.contains(privilege) && *privilege != Privilege::Grant {
            return Err(SqlError::new(
                "0LP01",
                format!("invalid privilege type {privilege} for {}", target.type_word()),
            ));
        }
        if !catalog.may_grant(session.user(), PrivilegeTarget::Object(target), *privilege) {
            let message =
                if catalog.has_privilege(session.user(), PrivilegeTarget::Object(target), *privilege) {
                    format!(
                        "user {} missing WITH GRANT OPTION privilege on {privilege}",
                        session.user()
                    )
                } else {
                    format!(
                        "user {} does not have {privilege} privilege on {} {}",
                        session.user(),
                        target.kind_word(),
                        target.name
                    )
                };
            return Err(SqlError::privilege(message));
        }
    }
    let mut changed = Descriptor::clone(target);
    for grantee in grantees {
        for privilege in privileges {
            if granting {
                changed.grants.grant(grantee, *privilege, with_option);
            } else if only_option {
                if let Some(flag) = changed
                    .grants
                    .0
                    .get_mut(grantee)
                    .and_then(|held| held.get_mut(privilege))
                {
                    *flag = false;
                }
            } else if !matches!(grantee.as_str(), "root" | "admin") {
                changed.grants.revoke(grantee, *privilege, valid);
            }
        }
    }
    session.update_descriptor(&changed)
}

fn membership(
    session: &mut Session,
    cursor: &mut Cursor<'_>,
    granting: bool,
    only_option: bool,
) -> SqlResult<()> {
    let mut roles = vec![cursor.ident_or_text()?.to_lowercase()];
    while cursor.accept(",") {
        roles.push(cursor.ident_or_text()?.to_lowercase());
    }
    let members = grantees(session, cursor, granting)?;
    let is_admin = cursor.accept("with admin option");
    let catalog = session.catalog()?;
    for role in &roles {
        if !catalog.roles.contains_key(role) {
            let valid = role.parse::<Privilege>().is_err();
            let error = if valid {
                format!("role/user \"{role}\" does not exist")
            } else {
                format!("role \"{role}\" does not exist")
            };
            return Err(SqlError::new(sqlstate::UNDEFINED_OBJECT, error));
        }
        let holds_admin = catalog
            .roles
            .get(session.user())
            .and_then(|u| u.member_of.get(role))
            .is_some_and(|m| m.is_admin);
        let may_create = role != "admin" && catalog.has_role_option(session.user(), "CREATEROLE");
        if !catalog.is_admin(session.user()) && !holds_admin && !may_create {
            return Err(SqlError::privilege(format!(
                "{} must have admin option on role \"{role}\"",
                session.user()
            )));
        }
    }
    for member in members {
        let Some(existing) = catalog.roles.get(&member) else {
            continue;
        };
        let mut changed = Role::clone(existing);
        for role in &roles {
            if granting {
                if catalog.identities(role).contains(&member) {
                    return Err(SqlError::new(
                        "0LP01",
                        format!("making {member} a member of {role} would create a cycle"),
                    ));
                }
                let held = changed.member_of.get(role).is_some_and(|m| m.is_admin);
                changed.member_of.insert(
                    role.clone(),
                    Membership {
                        is_admin: is_admin || held,
                    },
                );
            } else if only_option {
                changed
                    .member_of
                    .entry(role.clone())
                    .and_modify(|m| m.is_admin = false);
            } else {
                changed.member_of.remove(role);
            }
        }
        session.put_role(&member, Some(&changed))?;
    }
    Ok(())
}

/// Runs ALTER DEFAULT PRIVILEGES.
pub fn default_privileges(session: &mut Session, sql: &str) -> SqlResult<Outcome> {
    session.transaction(true, |session| {
        let mut cursor = Cursor::new(sql)?;
        cursor.expect("alter default privileges")?;
        let mut for_roles = vec![Some(session.user().to_owned())];
        if cursor.accept("for all roles") {
            for_roles = vec![None];
        } else if cursor.accept("for role") || cursor.accept("for user") {
            for_roles.clear();
            loop {
                for_roles.push(Some(cursor.ident()?));
                if !cursor.accept(",") {
                    break;
                }
            }
        }
        let schema = if cursor.accept("in schema") {
            Some(cursor.name()?)
        } else {
            None
        };
        let granting = cursor.accept("grant");
        if !granting {
            cursor.expect("revoke")?;
            cursor.accept("grant option for");
        }
        let privileges = privileges(&mut cursor)?;
        cursor.expect("on")?;
        let objects = cursor.ident()?.to_uppercase();
        let grantees = grantees(session, &mut cursor, granting)?;
        let with_grant_option = cursor.accept("with grant option");
        cursor.finish()?;
        let catalog = session.catalog()?;
        let target = match schema {
            Some(name) => {
                catalog
                    .resolve_schema(&name.0, session.database(), &session.search_path())?
                    .1
            }
            None => Arc::clone(catalog.require_database(session.database())?),
        };
        let mut changed = Descriptor::clone(&target);
        let rules = match &mut changed.body {
            Body::Database(body) => &mut body.default_privileges,
            Body::Schema(body) => &mut body.default_privileges,
            _ => return Err(cursor.unexpected()),
        };
        for for_role in &for_roles {
            for grantee in &grantees {
                if granting {
                    rules.push(DefaultPrivilege {
                        for_role: for_role.clone(),
                        objects: objects.clone(),
                        grantee: grantee.clone(),
                        privileges: privileges.clone(),
                        with_grant_option,
                    });
                } else {
                    for rule in rules
                        .iter_mut()
                        .filter(|r| &r.for_role == for_role && &r.grantee == grantee && r.objects == objects)
                    {
                        rule.privileges
                            .retain(|p| !privileges.contains(p) && !privileges.contains(&Privilege::All));
                    }
                    rules.retain(|r| !r.privileges.is_empty());
                }
            }
        }
        session.update_descriptor(&changed)?;
        Ok(Outcome::done("ALTER DEFAULT PRIVILEGES"))
    })
}
