//! What single tables need that does not come with them.
//!
//! RESTORE ties a table only to what is restored by the same statement, not to what is there already, and
//! refuses it otherwise. The ways out are to leave the tie out, or to take along what it leads to.

use roachvault_cockroach::backup::{BackupContents, BackupObject, ObjectKind, TableName};
use roachvault_cockroach::bring_back::{add_foreign_key, default_from_sequence};
use roachvault_cockroach::definition::{ForeignKey, ObjectName};
use roachvault_cockroach::restore::RestoreOption;

use super::{in_database, short_name};
use crate::error::Result;
use crate::job::Loss;

/// One tie of a chosen table to something that was not chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tie {
    pub of: TableName,
    pub to: ObjectName,
    pub kind: TieKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TieKind {
    ForeignKey(ForeignKey),
    /// The column takes its numbers from it.
    Sequence {
        column: String,
    },
    /// A view reads from it.
    Source,
    Function,
}

impl Tie {
    /// What lets the restore go on without it.
    pub fn options(&self) -> &'static [RestoreOption] {
        match self.kind {
            TieKind::ForeignKey(_) => &[RestoreOption::SkipMissingForeignKeys],
            // A column that uses a sequence mostly owns it too, which is another tie of the same two.
            TieKind::Sequence { .. } => &[
                RestoreOption::SkipMissingSequences,
                RestoreOption::SkipMissingSequenceOwners,
            ],
            TieKind::Source => &[RestoreOption::SkipMissingViews],
            TieKind::Function => &[RestoreOption::SkipMissingUdfs],
        }
    }

    /// Such as “transactions.account_id refers to accounts”.
    pub fn told(&self) -> String {
        let (of, to) = (short_name(&self.of), self.target());
        match &self.kind {
            TieKind::ForeignKey(key) => format!("{of} ({}) refers to {to}", key.columns.join(", ")),
            TieKind::Sequence { column } => format!("{of} ({column}) takes its numbers from {to}"),
            TieKind::Source => format!("{of} reads from {to}"),
            TieKind::Function => format!("{of} uses the function {to}"),
        }
    }

    pub fn target(&self) -> String {
        match (&self.to.database, &self.to.schema) {
            (Some(database), Some(schema)) => format!("{database}.{schema}.{}", self.to.name),
            (_, Some(schema)) if schema != "public" => format!("{schema}.{}", self.to.name),
            _ => self.to.name.clone(),
        }
    }

    /// What is lost when it is left out, and how it comes back in the database it was restored into.
    pub fn loss(&self, into_database: &str) -> Result<Loss> {
        let (of, to) = (short_name(&self.of), self.target());
        let table = in_database(into_database, &self.of);
        let target = in_database(into_database, &self.target_name());
        let (text, sql) = match &self.kind {
            TieKind::ForeignKey(key) => (
                format!("{of} comes without its link to {to} ({})", key.name),
                Some(add_foreign_key(&table, key, &target)?),
            ),
            TieKind::Sequence { column } => (
                format!("{of} comes without the default of {column}, which took its numbers from {to}"),
                Some(default_from_sequence(&table, column, &target)?),
            ),
            TieKind::Source => (
                format!("The view {of} is left out, because it reads from {to}"),
                None,
            ),
            TieKind::Function => (format!("{of} comes without what uses the function {to}"), None),
        };
        Ok(Loss { text, sql })
    }

    fn target_name(&self) -> TableName {
        TableName {
            schema: self.to.schema.clone().unwrap_or_else(|| "public".into()),
            name: self.to.name.clone(),
        }
    }
}

/// Every tie from the chosen tables to something else, in the order of the tables.
pub(super) fn ties(contents: &BackupContents, database: &str, chosen: &[TableName]) -> Vec<Tie> {
    let is_chosen = |to: &ObjectName| resolve(to, database).is_some_and(|name| chosen.contains(&name));
    let mut found: Vec<Tie> = chosen
        .iter()
        .filter_map(|name| relation(contents, database, name))
        .flat_map(|object| ties_of(contents, database, object))
        .filter(|tie| !is_chosen(&tie.to))
        .collect();
    found.dedup();
    found
}

/// The chosen tables with all that they need. `None` when a part of it is not in the backup, or is not a table.
pub(super) fn with_all_needed(
    contents: &BackupContents,
    database: &str,
    chosen: &[TableName],
) -> Option<Vec<TableName>> {
    let mut all = chosen.to_vec();
    loop {
        let missing = ties(contents, database, &all);
        if missing.is_empty() {
            return Some(all);
        }
        for tie in missing {
            let name = resolve(&tie.to, database)?;
            relation(contents, database, &name)?;
            if !all.contains(&name) {
                all.push(name);
            }
        }
    }
}

/// The statements that made the chosen tables are in the backup.
pub(super) fn are_known(contents: &BackupContents, database: &str, chosen: &[TableName]) -> bool {
    chosen
        .iter()
        .all(|name| relation(contents, database, name).is_some_and(|object| object.definition.is_some()))
}

fn ties_of(contents: &BackupContents, database: &str, object: &BackupObject) -> Vec<Tie> {
    let Some(definition) = &object.definition else {
        return Vec::new();
    };
    let tie = |to: &ObjectName, kind| Tie {
        of: object.table_name(),
        to: ObjectName {
            // Views write their own database out.
            database: to.database.clone().filter(|named| named != database),
            ..to.clone()
        },
        kind,
    };
    let is_itself = |to: &ObjectName| resolve(to, database).is_some_and(|name| name == object.table_name());
    let keys = definition
        .foreign_keys
        .iter()
        .filter(|key| !is_itself(&key.referenced))
        .map(|key| tie(&key.referenced, TieKind::ForeignKey(key.clone())));
    let sequences = definition.columns.iter().filter_map(|column| {
        let column_name = column.name.clone();
        let sequence = column.sequence.as_ref()?;
        Some(tie(sequence, TieKind::Sequence { column: column_name }))
    });
    // A name in a view may be that of a column: only what the backup knows, or holds in another database, counts.
    let sources = definition
        .reads
        .iter()
        .filter(|name| match resolve(name, database) {
            Some(name) => relation(contents, database, &name).is_some(),
            None => true,
        })
        .map(|name| tie(name, TieKind::Source));
    let functions = definition
        .calls
        .iter()
        .filter(|name| is_function(contents, database, name))
        .map(|name| tie(name, TieKind::Function));
    keys.chain(sequences).chain(sources).chain(functions).collect()
}

/// `None` for a name in another database.
fn resolve(name: &ObjectName, database: &str) -> Option<TableName> {
    let is_here = name.database.as_deref().is_none_or(|named| named == database);
    is_here.then(|| TableName {
        schema: name.schema.clone().unwrap_or_else(|| "public".into()),
        name: name.name.clone(),
    })
}

fn relation<'a>(contents: &'a BackupContents, database: &str, name: &TableName) -> Option<&'a BackupObject> {
    contents.objects().find(|object| {
        object.kind.is_relation()
            && object.database.as_deref() == Some(database)
            && object.table_name() == *name
    })
}

fn is_function(contents: &BackupContents, database: &str, name: &ObjectName) -> bool {
    let named = resolve(name, database);
    contents.objects().any(|object| {
        object.kind == ObjectKind::Function
            && object.database.as_deref() == Some(database)
            && named.as_ref() == Some(&object.table_name())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use roachvault_cockroach::backup::{BackupKind, Layer};
    use roachvault_cockroach::definition::Definition;

    use super::*;

    fn name(name: &str) -> TableName {
        TableName {
            schema: "public".into(),
            name: name.into(),
        }
    }

    fn backup(creates: &[(&str, &str)]) -> BackupContents {
        let object = |(name, create): &(&str, &str)| {
            let definition = Definition::parse(create);
            BackupObject {
                database: Some("bank".into()),
                schema: Some("public".into()),
                name: (*name).into(),
                kind: definition
                    .as_ref()
                    .map_or(ObjectKind::Function, |definition| definition.kind),
                rows: None,
                size_bytes: None,
                privileges: None,
                owner: None,
                regions: None,
                definition,
            }
        };
        BackupContents {
            layers: vec![Layer {
                kind: BackupKind::Full,
                start_time: None,
                end_time: None,
                is_full_cluster: false,
                objects: creates.iter().map(object).collect(),
            }],
        }
    }

    fn bank() -> BackupContents {
        backup(&[
            ("customers", "CREATE TABLE customers (id INT8)"),
            (
                "accounts",
                "CREATE TABLE accounts (id INT8, c INT8, CONSTRAINT ac FOREIGN KEY (c) REFERENCES public.customers(id))",
            ),
            (
                "transactions",
                "CREATE TABLE transactions (id INT8 DEFAULT nextval('public.numbers'::REGCLASS), a INT8, before INT8, \
                 CONSTRAINT ta FOREIGN KEY (a) REFERENCES public.accounts(id) ON DELETE CASCADE, \
                 CONSTRAINT tt FOREIGN KEY (before) REFERENCES public.transactions(id))",
            ),
            ("numbers", "CREATE SEQUENCE numbers"),
            (
                "rich",
                "CREATE VIEW rich (id) AS SELECT public.round_up(customers.id) FROM bank.public.customers",
            ),
            ("round_up", "CREATE FUNCTION round_up(IN x INT8)"),
        ])
    }

    #[test]
    fn a_table_is_not_tied_to_itself_and_what_it_needs_is_followed_to_the_end() {
        let chosen = [name("transactions")];
        let told: Vec<_> = ties(&bank(), "bank", &chosen).iter().map(Tie::told).collect();
        assert_eq!(
            told,
            [
                "transactions (a) refers to accounts",
                "transactions (id) takes its numbers from numbers"
            ]
        );
        let all = with_all_needed(&bank(), "bank", &chosen).unwrap();
        let all: Vec<_> = all.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(all, ["transactions", "accounts", "numbers", "customers"]);
        assert!(are_known(&bank(), "bank", &chosen) && !are_known(&bank(), "bank", &[name("gone")]));
    }

    #[test]
    fn what_is_left_out_can_be_tied_again_where_it_was_restored() {
        let found = ties(&bank(), "bank", &[name("transactions")]);
        let loss = found[0].loss("scratch").unwrap();
        assert_eq!(loss.text, "transactions comes without its link to accounts (ta)");
        assert_eq!(
            loss.sql.unwrap(),
            "ALTER TABLE \"scratch\".\"public\".\"transactions\" ADD CONSTRAINT \"ta\" FOREIGN KEY (\"a\") REFERENCES \
             \"scratch\".\"public\".\"accounts\" (\"id\") ON DELETE CASCADE;"
        );
    }

    #[test]
    fn a_view_needs_its_tables_and_functions_cannot_be_taken_along() {
        let found = ties(&bank(), "bank", &[name("rich")]);
        let kinds: Vec<_> = found.iter().map(|tie| tie.kind.clone()).collect();
        assert_eq!(kinds, [TieKind::Source, TieKind::Function]);
        assert_eq!(with_all_needed(&bank(), "bank", &[name("rich")]), None);
        let alone = backup(&[(
            "t",
            "CREATE TABLE t (a INT8, CONSTRAINT f FOREIGN KEY (a) REFERENCES other.public.u(a))",
        )]);
        assert_eq!(ties(&alone, "bank", &[name("t")])[0].target(), "other.public.u");
        assert_eq!(with_all_needed(&alone, "bank", &[name("t")]), None);
    }
}
