//! Statements for a person to run after a restore: what a restored table lost, and how the restored database takes
//! the live one's place. They are shown and copied, never sent.

use crate::definition::ForeignKey;
use crate::quote::{ContainsNul, QualifiedName, ident, literal};

/// Ties a restored table to another of the same database again.
pub fn add_foreign_key(
    table: &QualifiedName,
    key: &ForeignKey,
    referenced: &QualifiedName,
) -> Result<String, ContainsNul> {
    let rules = match key.rules.as_str() {
        "" => String::new(),
        rules => format!(" {rules}"),
    };
    Ok(format!(
        "ALTER TABLE {} ADD CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({}){rules};",
        table.sql()?,
        ident(&key.name)?,
        list(&key.columns)?,
        referenced.sql()?,
        list(&key.referenced_columns)?
    ))
}

/// Lets a column take its numbers from a sequence again.
pub fn default_from_sequence(
    table: &QualifiedName,
    column: &str,
    sequence: &QualifiedName,
) -> Result<String, ContainsNul> {
    Ok(format!(
        "ALTER TABLE {} ALTER COLUMN {} SET DEFAULT nextval({});",
        table.sql()?,
        ident(column)?,
        literal(&sequence.sql()?)?
    ))
}

/// Puts a restored database in the place of the live one, which stays under the name `aside`.
pub fn swap_databases(live: &str, restored: &str, aside: &str) -> Result<String, ContainsNul> {
    Ok(format!(
        "{}\n{}",
        rename_database(live, aside)?,
        rename_database(restored, live)?
    ))
}

/// `ALTER DATABASE "a" RENAME TO "b";`
pub fn rename_database(from: &str, to: &str) -> Result<String, ContainsNul> {
    Ok(format!(
        "ALTER DATABASE {} RENAME TO {};",
        ident(from)?,
        ident(to)?
    ))
}

fn list(names: &[String]) -> Result<String, ContainsNul> {
    let names = names.iter().map(|name| ident(name));
    Ok(names.collect::<Result<Vec<_>, _>>()?.join(", "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::definition::Definition;

    fn in_database(database: &str, name: &str) -> QualifiedName {
        QualifiedName {
            database: database.into(),
            schema: "public".into(),
            name: name.into(),
        }
    }

    fn table(text: &str) -> Definition {
        Definition::parse(text).unwrap()
    }

    #[test]
    fn what_a_table_lost_can_be_given_back() {
        let table = table(
            "CREATE TABLE t (a INT8, CONSTRAINT \"f\"\"k\" FOREIGN KEY (a) REFERENCES public.u(b) ON DELETE CASCADE)",
        );
        assert_eq!(
            add_foreign_key(
                &in_database("bank", "t"),
                &table.foreign_keys[0],
                &in_database("bank", "u")
            )
            .unwrap(),
            "ALTER TABLE \"bank\".\"public\".\"t\" ADD CONSTRAINT \"f\"\"k\" FOREIGN KEY (\"a\") REFERENCES \
             \"bank\".\"public\".\"u\" (\"b\") ON DELETE CASCADE;"
        );
        assert_eq!(
            default_from_sequence(&in_database("bank", "t"), "a", &in_database("bank", "s'")).unwrap(),
            "ALTER TABLE \"bank\".\"public\".\"t\" ALTER COLUMN \"a\" SET DEFAULT nextval('\"bank\".\"public\".\"s''\"');"
        );
    }

    #[test]
    fn a_swap_keeps_the_live_database() {
        assert_eq!(
            swap_databases("bank", "bank_restored", "bank_before").unwrap(),
            "ALTER DATABASE \"bank\" RENAME TO \"bank_before\";\nALTER DATABASE \"bank_restored\" RENAME TO \"bank\";"
        );
    }
}
