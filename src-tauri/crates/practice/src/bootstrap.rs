//! What a fresh CockroachDB cluster holds before anyone touches it: the databases `system`, `defaultdb` and `postgres`, the
//! user `root` and the roles `admin` and `public`.

use crate::catalog::{
    Body, DatabaseBody, Descriptor, EntryKey, Grants, Membership, Privilege, Role, SYSTEM_DATABASE_ID, State,
    kind,
};
use crate::cluster::Cluster;
use crate::error::SqlResult;
use crate::scram::Verifier;
use crate::session::Session;
use std::sync::Arc;

/// Fills an empty cluster. Does nothing to one that was filled before; gives whether it was empty.
pub fn fill(cluster: &Arc<Cluster>) -> SqlResult<bool> {
    let mut session = Session::internal(cluster, "node")?;
    if !session.catalog()?.roles.is_empty() {
        return Ok(false);
    }
    session.transaction(true, |session| {
        for name in ["admin", "root", "public"] {
            let mut role = Role::user(name);
            match name {
                "root" => {
                    role.member_of
                        .insert("admin".into(), Membership { is_admin: true });
                }
                _ => {
                    role.options.insert("NOLOGIN".into());
                }
            }
            session.put_role(name, Some(&role))?;
        }
        let mut grants = Grants::default();
        for holder in ["admin", "root"] {
            grants.grant(holder, Privilege::Connect, true);
        }
        grants.grant("public", Privilege::Connect, false);
        let system = Descriptor {
            id: SYSTEM_DATABASE_ID,
            name: "system".into(),
            parent_id: 0,
            schema_id: 0,
            owner: "node".into(),
            grants,
            state: State::Public,
            body: Body::Database(DatabaseBody::default()),
        };
        session.put_entry(
            &EntryKey::new(kind::DESCRIPTOR, SYSTEM_DATABASE_ID),
            Some(&system),
        )?;
        for name in ["defaultdb", "postgres"] {
            session.create_database(name, "root")?;
        }
        Ok(true)
    })
}

/// Makes a user with a password, a member of `admin` if asked; changes the password of one that exists.
pub fn ensure_user(
    cluster: &Arc<Cluster>,
    name: &str,
    password: Option<&str>,
    is_admin: bool,
) -> SqlResult<()> {
    let mut session = Session::internal(cluster, "node")?;
    session.transaction(true, |session| {
        let name = Role::normalize_name(name)?;
        let mut role = session
            .catalog()?
            .roles
            .get(&name)
            .map_or_else(|| Role::user(&name), |r| Role::clone(r));
        if let Some(password) = password {
            role.password = Some(Verifier::new(password));
        }
        if is_admin && name != "root" {
            role.member_of
                .entry("admin".into())
                .or_insert(Membership { is_admin: false });
        }
        session.put_role(&name, Some(&role))
    })
}
