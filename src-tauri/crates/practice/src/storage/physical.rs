//! The SQLite tables, indexes and triggers behind a descriptor.

use rusqlite::Connection;

use crate::catalog::{Body, Catalog, Descriptor, DescriptorId, ForeignKey, ForeignKeyAction, TableBody};
use crate::error::{SqlResult, sqlstate};

/// The name of the storage column of a column id.
pub fn column(id: u32) -> String {
    format!("c{id}")
}

/// The ids of the storage columns of an object with rows. A sequence has one, its last value.
pub fn column_ids(descriptor: &Descriptor) -> Vec<u32> {
    match &descriptor.body {
        Body::Table(table) => table.columns.iter().map(|c| c.id).collect(),
        Body::View(view) => (1..=u32::try_from(view.columns.len()).unwrap_or(0)).collect(),
        Body::Sequence(_) => vec![1],
        _ => Vec::new(),
    }
}

fn list(columns: &[u32], prefix: &str) -> String {
    columns
        .iter()
        .map(|c| format!("{prefix}{}", column(*c)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Makes the tables of an object and its history triggers, but no foreign keys.
pub fn create(sqlite: &Connection, descriptor: &Descriptor) -> SqlResult<()> {
    let id = descriptor.id;
    let columns = column_ids(descriptor);
    let names = list(&columns, "");
    let comma = if columns.is_empty() { "" } else { ", " };
    sqlite.execute_batch(&format!(
        "CREATE TABLE t_{id} ({names}{comma}\"~from\" INTEGER NOT NULL DEFAULT (practice_now()));
         CREATE TABLE h_{id} ({names}{comma}\"~from\" INTEGER NOT NULL, \"~to\" INTEGER NOT NULL);
         CREATE INDEX h_{id}_to ON h_{id} (\"~to\");"
    ))?;
    history_triggers(sqlite, descriptor)?;
    if let Body::Table(table) = &descriptor.body {
        if let Some(primary) = table.primary_index() {
            let keys: Vec<u32> = primary.columns.iter().map(|(c, _)| *c).collect();
            sqlite.execute_batch(&format!(
                "CREATE INDEX h_{id}_key ON h_{id} ({})",
                list(&keys, "")
            ))?;
        }
        for index in &table.indexes {
            create_index(sqlite, id, index)?;
        }
    }
    Ok(())
}

/// Makes one index.
pub fn create_index(
    sqlite: &Connection,
    table: DescriptorId,
    index: &crate::catalog::Index,
) -> SqlResult<()> {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let keys: Vec<String> = index
        .columns
        .iter()
        .map(|(c, descending)| format!("{}{}", column(*c), if *descending { " DESC" } else { "" }))
        .collect();
    sqlite.execute_batch(&format!(
        "CREATE {unique}INDEX i_{table}_{} ON t_{table} ({})",
        index.id,
        keys.join(", ")
    ))?;
    Ok(())
}

/// Removes one index.
pub fn drop_index(sqlite: &Connection, table: DescriptorId, index: u32) -> SqlResult<()> {
    Ok(sqlite.execute_batch(&format!("DROP INDEX IF EXISTS i_{table}_{index}"))?)
}

/// Makes (again) the triggers that copy replaced rows into the history.
pub fn history_triggers(sqlite: &Connection, descriptor: &Descriptor) -> SqlResult<()> {
    drop_history_triggers(sqlite, descriptor.id)?;
    let id = descriptor.id;
    let columns = column_ids(descriptor);
    let names = list(&columns, "");
    let old = list(&columns, "OLD.");
    let comma = if columns.is_empty() { "" } else { ", " };
    let copy = format!(
        "BEGIN INSERT INTO h_{id} ({names}{comma}\"~from\", \"~to\") SELECT {old}{comma}OLD.\"~from\", practice_now() WHERE OLD.\"~from\" < practice_now(); END"
    );
    sqlite.execute_batch(&format!("CREATE TRIGGER hu_{id} AFTER UPDATE ON t_{id} {copy}; CREATE TRIGGER hd_{id} AFTER DELETE ON t_{id} {copy};"))?;
    Ok(())
}

/// Removes the history triggers, for a backfill that makes no versions.
pub fn drop_history_triggers(sqlite: &Connection, id: DescriptorId) -> SqlResult<()> {
    Ok(sqlite.execute_batch(&format!(
        "DROP TRIGGER IF EXISTS hu_{id}; DROP TRIGGER IF EXISTS hd_{id};"
    ))?)
}

/// Adds a storage column.
pub fn add_column(sqlite: &Connection, table: DescriptorId, id: u32) -> SqlResult<()> {
    let name = column(id);
    Ok(sqlite.execute_batch(&format!(
        "ALTER TABLE t_{table} ADD COLUMN {name}; ALTER TABLE h_{table} ADD COLUMN {name};"
    ))?)
}

/// Removes the storage of an object for good.
pub fn destroy(sqlite: &Connection, id: DescriptorId) -> SqlResult<()> {
    Ok(sqlite.execute_batch(&format!(
        "DROP TABLE IF EXISTS t_{id}; DROP TABLE IF EXISTS h_{id};"
    ))?)
}

fn quoted_error(code: &str, message: &str) -> String {
    format!("'practice-error:{code}:{}'", message.replace('\'', "''"))
}

/// The names of the four triggers of the n-th foreign key of a table.
fn trigger_names(table: DescriptorId, n: usize) -> [String; 4] {
    ["fi", "fu", "pd", "pu"].map(|kind| format!("{kind}_{table}_{n}"))
}

/// Removes the triggers of every foreign key of a table.
pub fn drop_foreign_keys(sqlite: &Connection, table: DescriptorId) -> SqlResult<()> {
    let mut found = sqlite.prepare_cached("SELECT name FROM sqlite_master WHERE type = 'trigger'")?;
    let names = found
        .query_map([], |row| row.get::<_, String>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    let ours = |name: &String| {
        ["fi", "fu", "pd", "pu"]
            .iter()
            .any(|kind| name.starts_with(&format!("{kind}_{table}_")))
    };
    for name in names.iter().filter(|name| ours(name)) {
        sqlite.execute_batch(&format!("DROP TRIGGER {name}"))?;
    }
    Ok(())
}

/// Makes (again) the triggers that keep the foreign keys of a table. Done by triggers and not by SQLite's own foreign
/// keys because the errors must name the constraint, and dropped tables stay in storage for a while.
pub fn create_foreign_keys(
    sqlite: &Connection,
    catalog: &Catalog,
    child: &Descriptor,
    table: &TableBody,
) -> SqlResult<()> {
    drop_foreign_keys(sqlite, child.id)?;
    for (n, key) in table.foreign_keys.iter().enumerate() {
        if let Some(parent) = catalog.descriptors.get(&key.referenced_table) {
            create_foreign_key(sqlite, child, key, parent, &trigger_names(child.id, n))?;
        }
    }
    Ok(())
}

fn create_foreign_key(
    sqlite: &Connection,
    child: &Descriptor,
    key: &ForeignKey,
    parent: &Descriptor,
    names: &[String; 4],
) -> SqlResult<()> {
    let (child_id, parent_id) = (child.id, parent.id);
    let pairs: Vec<(String, String)> = key
        .columns
        .iter()
        .zip(&key.referenced_columns)
        .map(|(c, p)| (column(*c), column(*p)))
        .collect();
    let joined = |f: &dyn Fn(&(String, String)) -> String, with: &str| {
        pairs.iter().map(f).collect::<Vec<_>>().join(with)
    };
    let child_columns = joined(&|(c, _)| c.clone(), ", ");
    let parent_columns = joined(&|(_, p)| p.clone(), ", ");
    let present = joined(&|(c, _)| format!("NEW.{c} IS NOT NULL"), " AND ");
    let parent_exists = format!(
        "EXISTS (SELECT 1 FROM t_{parent_id} AS p WHERE {})",
        joined(&|(c, p)| format!("p.{p} = NEW.{c}"), " AND ")
    );
    let raise = |verb: &str| {
        let message = format!(
            "{verb} on table \"{}\" violates foreign key constraint \"{}\"",
            child.name, key.name
        );
        format!(
            "BEGIN SELECT RAISE(ABORT, {}); END",
            quoted_error(sqlstate::FOREIGN_KEY_VIOLATION, &message)
        )
    };
    let [insert, update, parent_delete, parent_update] = names;
    sqlite.execute_batch(&format!(
        "CREATE TRIGGER {insert} AFTER INSERT ON t_{child_id} WHEN practice_checks() AND {present} AND NOT {parent_exists} {};
         CREATE TRIGGER {update} AFTER UPDATE OF {child_columns} ON t_{child_id} WHEN practice_checks() AND {present} AND NOT {parent_exists} {};",
        raise("insert"),
        raise("update")
    ))?;
    let matching = joined(&|(c, p)| format!("{c} = OLD.{p}"), " AND ");
    let gone = joined(&|(_, p)| format!("n.{p} = OLD.{p}"), " AND ");
    let referenced = format!(
        "EXISTS (SELECT 1 FROM t_{child_id} WHERE {matching}) AND NOT EXISTS (SELECT 1 FROM t_{parent_id} AS n WHERE {gone})"
    );
    let refuse = |verb: &str| {
        let message = format!(
            "{verb} on table \"{}\" violates foreign key constraint \"{}\" on table \"{}\"",
            parent.name, key.name, child.name
        );
        format!(
            "WHEN {referenced} BEGIN SELECT RAISE(ABORT, {}); END",
            quoted_error(sqlstate::FOREIGN_KEY_VIOLATION, &message)
        )
    };
    let set_null = format!(
        "BEGIN UPDATE t_{child_id} SET {}, \"~from\" = practice_now() WHERE {matching}; END",
        joined(&|(c, _)| format!("{c} = NULL"), ", ")
    );
    let on_delete = match key.on_delete {
        ForeignKeyAction::Cascade => format!("BEGIN DELETE FROM t_{child_id} WHERE {matching}; END"),
        ForeignKeyAction::SetNull | ForeignKeyAction::SetDefault => set_null.clone(),
        ForeignKeyAction::NoAction | ForeignKeyAction::Restrict => refuse("delete"),
    };
    let changed = joined(&|(_, p)| format!("NEW.{p} IS NOT OLD.{p}"), " OR ");
    let on_update = match key.on_update {
        ForeignKeyAction::Cascade => format!(
            "WHEN {changed} BEGIN UPDATE t_{child_id} SET {}, \"~from\" = practice_now() WHERE {matching}; END",
            joined(&|(c, p)| format!("{c} = NEW.{p}"), ", ")
        ),
        ForeignKeyAction::SetNull | ForeignKeyAction::SetDefault => format!("WHEN {changed} {set_null}"),
        ForeignKeyAction::NoAction | ForeignKeyAction::Restrict => refuse("update"),
    };
    sqlite.execute_batch(&format!(
        "CREATE TRIGGER {parent_delete} AFTER DELETE ON t_{parent_id} {on_delete};
         CREATE TRIGGER {parent_update} AFTER UPDATE OF {parent_columns} ON t_{parent_id} {on_update};"
    ))?;
    let supporting = format!(
        "f_{child_id}_{}",
        key.columns
            .iter()
            .map(u32::to_string)
            .collect::<Vec<_>>()
            .join("_")
    );
    sqlite.execute_batch(&format!(
        "CREATE INDEX IF NOT EXISTS {supporting} ON t_{child_id} ({child_columns})"
    ))?;
    Ok(())
}
