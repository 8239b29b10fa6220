//! Statements about rights: those to ask an administrator for, and those that a restore loses.
//!
//! SHOW BACKUP … WITH privileges writes one object's grants as statements with the object's bare name.
//! They are written anew for the restored database, so that they can be run there as they are.

use crate::backup::{BackupObject, ObjectKind, TableName};
use crate::quote::{ContainsNul, ident};

/// `GRANT SYSTEM RESTORE TO "me";`. `privilege` is one of CockroachDB's words.
pub fn on_cluster(privilege: &str, user: &str) -> Result<String, ContainsNul> {
    Ok(format!("GRANT SYSTEM {privilege} TO {};", ident(user)?))
}

/// `GRANT RESTORE ON DATABASE "d" TO "me";`
pub fn on_database(privilege: &str, database: &str, user: &str) -> Result<String, ContainsNul> {
    Ok(format!(
        "GRANT {privilege} ON DATABASE {} TO {};",
        ident(database)?,
        ident(user)?
    ))
}

/// `GRANT BACKUP ON TABLE "d".* TO "me";`
pub fn on_all_tables(privilege: &str, database: &str, user: &str) -> Result<String, ContainsNul> {
    Ok(format!(
        "GRANT {privilege} ON TABLE {}.* TO {};",
        ident(database)?,
        ident(user)?
    ))
}

/// `ALTER ROLE "me" WITH CREATEDB;`
pub fn create_databases(user: &str) -> Result<String, ContainsNul> {
    Ok(format!("ALTER ROLE {} WITH CREATEDB;", ident(user)?))
}

/// Lets somebody see the tables of a database, whose names are otherwise not told.
pub fn see_into(database: &str, user: &str) -> Result<String, ContainsNul> {
    Ok(format!(
        "{}\n{}",
        on_database("CONNECT", database, user)?,
        on_all_tables("SELECT", database, user)?
    ))
}

/// `GRANT BACKUP ON TABLE "d"."s"."t", … TO "me";`
pub fn on_tables(
    privilege: &str,
    database: &str,
    tables: &[TableName],
    user: &str,
) -> Result<String, ContainsNul> {
    let names = tables.iter().map(|table| {
        Ok(format!(
            "{}.{}.{}",
            ident(database)?,
            ident(&table.schema)?,
            ident(&table.name)?
        ))
    });
    Ok(format!(
        "GRANT {privilege} ON TABLE {} TO {};",
        names.collect::<Result<Vec<_>, ContainsNul>>()?.join(", "),
        ident(user)?
    ))
}

/// `ALTER DATABASE "d" OWNER TO "them";`
pub fn change_owner(database: &str, owner: &str) -> Result<String, ContainsNul> {
    Ok(format!(
        "ALTER DATABASE {} OWNER TO {};",
        ident(database)?,
        ident(owner)?
    ))
}

/// `CREATE DATABASE "d";`
pub fn create_database(database: &str) -> Result<String, ContainsNul> {
    Ok(format!("CREATE DATABASE {};", ident(database)?))
}

/// GRANT statements for everything that somebody had besides the administrators and `new_owner`, who
/// will own what is restored.
pub fn lost<'a>(
    objects: impl Iterator<Item = &'a BackupObject>,
    new_database: &str,
    new_owner: &str,
) -> Result<Vec<String>, ContainsNul> {
    let mut statements = Vec::new();
    for object in objects {
        let Some(name) = full_name(object, new_database)? else {
            continue;
        };
        let grants = object.privileges.as_deref().unwrap_or_default().split("; ");
        for grant in grants.filter_map(|text| Grant::parse(text.trim().trim_end_matches(';'))) {
            if grant.grantee != new_owner && !grant.comes_by_itself(object.kind) {
                statements.push(grant.sql(&name));
            }
        }
    }
    Ok(statements)
}

/// Roles named in such statements, each once.
pub fn grantees(statements: &[String]) -> Vec<&str> {
    let mut names: Vec<&str> = statements
        .iter()
        .filter_map(|text| Grant::parse(text.trim_end_matches(';')))
        .map(|grant| grant.grantee)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The database's owner in the backup.
pub fn owner<'a>(mut objects: impl Iterator<Item = &'a BackupObject>, database: &str) -> Option<&'a str> {
    objects
        .find(|object| object.kind == ObjectKind::Database && object.name == database)
        .and_then(|object| object.owner.as_deref())
}

struct Grant<'a> {
    privileges: &'a str,
    object: &'a str,
    grantee: &'a str,
    with_option: bool,
}

impl<'a> Grant<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let rest = text.strip_prefix("GRANT ")?;
        let (rest, with_option) = match rest.strip_suffix(" WITH GRANT OPTION") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let (privileges, rest) = rest.split_once(" ON ")?;
        let (object, grantee) = rest.rsplit_once(" TO ")?;
        // Anything else in this place would not be a list of privileges, and is not passed on as SQL.
        let is_list = privileges
            .chars()
            .all(|c| c.is_ascii_uppercase() || matches!(c, ',' | ' ' | '_'));
        let is_bare = grantee
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'));
        let is_name = is_bare || is_one_quoted_name(grantee);
        (is_list && is_name && !grantee.is_empty()).then_some(Self {
            privileges,
            object,
            grantee,
            with_option,
        })
    }

    /// Administrators always have everything, and `public` gets its usual rights on new objects.
    fn comes_by_itself(&self, kind: ObjectKind) -> bool {
        match self.grantee {
            "admin" | "root" => true,
            "public" => !kind.is_relation(),
            _ => false,
        }
    }

    fn sql(&self, name: &str) -> String {
        let kind = self.object.split(' ').next().unwrap_or_default();
        let option = if self.with_option {
            " WITH GRANT OPTION"
        } else {
            ""
        };
        format!(
            "GRANT {} ON {kind} {name} TO {}{option};",
            self.privileges, self.grantee
        )
    }
}

fn is_one_quoted_name(text: &str) -> bool {
    text.len() > 2
        && text
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .is_some_and(|inner| !inner.replace("\"\"", "").contains('"'))
}

/// The name in the restored database. `None` where nothing can be granted by name.
fn full_name(object: &BackupObject, database: &str) -> Result<Option<String>, ContainsNul> {
    let schema = || ident(object.schema.as_deref().unwrap_or("public"));
    Ok(match object.kind {
        ObjectKind::Database => Some(ident(database)?),
        ObjectKind::Schema => Some(format!("{}.{}", ident(database)?, ident(&object.name)?)),
        // The array twin of a type follows the type.
        ObjectKind::Type if object.name.starts_with('_') => None,
        ObjectKind::Table | ObjectKind::View | ObjectKind::Sequence | ObjectKind::Type => Some(format!(
            "{}.{}.{}",
            ident(database)?,
            schema()?,
            ident(&object.name)?
        )),
        ObjectKind::Function | ObjectKind::Other => None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn object(kind: ObjectKind, name: &str, privileges: &str) -> BackupObject {
        BackupObject {
            database: Some("mi5".into()),
            schema: (kind == ObjectKind::Table).then(|| "public".into()),
            name: name.into(),
            kind,
            rows: None,
            size_bytes: None,
            privileges: Some(privileges.into()),
            owner: Some("m".into()),
            regions: None,
            definition: None,
        }
    }

    #[test]
    fn grants_of_others_are_written_for_the_new_database() {
        let objects = [
            object(
                ObjectKind::Database,
                "mi5",
                "GRANT ALL ON DATABASE mi5 TO admin WITH GRANT OPTION; GRANT ALL ON DATABASE mi5 TO agents; GRANT ALL ON DATABASE mi5 TO me; \
                 GRANT CONNECT, TEMPORARY ON DATABASE mi5 TO public; \
                 GRANT ALL ON DATABASE mi5 TO root WITH GRANT OPTION; ",
            ),
            object(
                ObjectKind::Table,
                "top secret",
                "GRANT SELECT, UPDATE ON TABLE \"top secret\" TO \"agent-bond\" WITH GRANT OPTION; \
                 GRANT SELECT ON TABLE x TO public; ",
            ),
            object(
                ObjectKind::Type,
                "_continent",
                "GRANT ALL ON TYPE _continent TO m; ",
            ),
        ];
        let lost = lost(objects.iter(), "mi6", "me").unwrap();
        assert_eq!(
            lost,
            [
                "GRANT ALL ON DATABASE \"mi6\" TO agents;",
                "GRANT SELECT, UPDATE ON TABLE \"mi6\".\"public\".\"top secret\" TO \"agent-bond\" WITH GRANT OPTION;",
                "GRANT SELECT ON TABLE \"mi6\".\"public\".\"top secret\" TO public;",
            ]
        );
        assert_eq!(grantees(&lost), ["\"agent-bond\"", "agents", "public"]);
        assert_eq!(owner(objects.iter(), "mi5"), Some("m"));
    }

    #[test]
    fn text_that_is_no_plain_grant_is_not_passed_on() {
        for text in [
            "REVOKE ALL ON DATABASE x TO y",
            "GRANT a; DROP ON TABLE x TO y",
            "GRANT ALL ON TABLE x TO y, z",
            "GRANT ALL ON TABLE x TO \"y\"; DROP TABLE \"z\"",
            "GRANT ALL ON TABLE x TO ",
            "",
        ] {
            assert!(Grant::parse(text).is_none(), "{text}");
        }
    }
}
