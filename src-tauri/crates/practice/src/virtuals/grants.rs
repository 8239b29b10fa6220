//! Privileges on computed tables. They have no descriptor, so what is granted on them is kept as entries of its own.

use crate::catalog::{Catalog, EntryKey, Grants, Privilege};
use crate::error::{SqlError, SqlResult};
use crate::session::Session;

/// The kind of the catalog's entries; the key is `schema/table`.
const ENTRY: &str = "privilege_virtual_table";

/// Every computed table on which something was granted, as `schema/table`.
pub(super) fn all(catalog: &Catalog) -> impl Iterator<Item = (String, Grants)> + '_ {
    catalog
        .entries
        .iter()
        .filter(|((kind, _), _)| kind == ENTRY)
        .filter_map(|((_, key), body)| Some((key.clone(), serde_json::from_value(body.clone()).ok()?)))
}

/// Whether SELECT on the table was granted to the user or to a role of theirs.
pub(super) fn may_read(catalog: &Catalog, user: &str, schema: &str, table: &str) -> bool {
    let key = format!("{schema}/{table}");
    all(catalog).filter(|(name, _)| *name == key).any(|(_, grants)| {
        catalog
            .identities(user)
            .iter()
            .any(|identity| grants.holds(identity, Privilege::Select))
    })
}

/// GRANT and REVOKE on a computed table.
pub fn change(
    session: &mut Session,
    (schema, table): (&str, &str),
    granting: bool,
    privileges: &[Privilege],
    grantees: &[String],
    with_option: bool,
) -> SqlResult<()> {
    let catalog = session.catalog()?;
    if !catalog.is_admin(session.user()) {
        return Err(SqlError::privilege(format!(
            "user {} missing WITH GRANT OPTION privilege on SELECT",
            session.user()
        )));
    }
    if let Some(other) = privileges
        .iter()
        .find(|privilege| !matches!(privilege, Privilege::Select | Privilege::All))
    {
        return Err(SqlError::new(
            "0LP01",
            format!("invalid privilege type {other} for virtual_table"),
        ));
    }
    let key = format!("{schema}/{table}");
    let mut grants = all(&catalog)
        .find(|(name, _)| *name == key)
        .map(|(_, grants)| grants)
        .unwrap_or_default();
    for grantee in grantees {
        for privilege in privileges {
            if granting {
                grants.grant(grantee, *privilege, with_option);
            } else {
                grants.revoke(grantee, *privilege, &[Privilege::Select]);
            }
        }
    }
    session.put_entry(&EntryKey::new(ENTRY, key), Some(&grants))
}
