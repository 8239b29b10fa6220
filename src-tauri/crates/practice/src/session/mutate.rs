//! Changing what exists: descriptors, rows and other entries, in the running transaction. These are the bricks of DDL and
//! of RESTORE; none of them looks at privileges.

use super::Session;
use std::sync::atomic::Ordering;

use crate::catalog::{Body, Descriptor, DescriptorId, EntryKey, Grants, Role, Zone, kind};
use crate::clock::Timestamp;
use crate::datum::{Datum, Row};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::storage::catalog_store::DescriptorVersion;
use crate::storage::rows::{Inserter, RowVersion};
use crate::storage::{catalog_store, physical, rows};

fn as_json<T: serde::Serialize>(value: &T) -> SqlResult<String> {
    serde_json::to_string(value).map_err(|e| {
        SqlError::new(
            sqlstate::INTERNAL,
            format!("catalog entry cannot be written: {e}"),
        )
    })
}

fn insert_all(
    sqlite: &rusqlite::Connection,
    descriptor: &Descriptor,
    rows: impl IntoIterator<Item = Row>,
) -> SqlResult<u64> {
    let mut inserter = Inserter::new(sqlite, descriptor)?;
    let mut count = 0;
    for row in rows {
        inserter.insert(&row)?;
        count += 1;
    }
    Ok(count)
}

impl Session {
    /// Writes a catalog entry, or removes it when `body` is none. From this transaction's timestamp on it holds.
    pub fn put_entry<T: serde::Serialize>(&mut self, key: &EntryKey, body: Option<&T>) -> SqlResult<()> {
        let body = body.map(as_json).transpose()?;
        self.transaction(true, |session| {
            catalog_store::put(
                &session.handle.sqlite,
                key,
                body.as_deref(),
                session.write_timestamp(),
            )?;
            session.catalog_changed();
            Ok(())
        })
    }

    /// A descriptor id never used before.
    pub fn allocate_id(&mut self) -> SqlResult<DescriptorId> {
        self.transaction(true, |session| catalog_store::next_id(&session.handle.sqlite))
    }

    /// Makes an object. An id of 0 asks for a new one. Tables get their storage; their foreign keys are made at once if
    /// the referenced tables exist, else by a later [`Self::refresh_foreign_keys`]. A new database gets no `public` schema here.
    pub fn create_descriptor(&mut self, mut descriptor: Descriptor) -> SqlResult<DescriptorId> {
        self.transaction(true, |session| {
            if descriptor.id == 0 {
                descriptor.id = catalog_store::next_id(&session.handle.sqlite)?;
            }
            if descriptor.has_rows() {
                physical::create(&session.handle.sqlite, &descriptor)?;
            }
            if let Body::Sequence(sequence) = &descriptor.body {
                let before_first = sequence.start - sequence.increment;
                session.handle.sqlite.execute(
                    &format!("INSERT INTO t_{} (c1) VALUES (?1)", descriptor.id),
                    [before_first],
                )?;
            }
            session.put_entry(&EntryKey::new(kind::DESCRIPTOR, descriptor.id), Some(&descriptor))?;
            session.refresh_foreign_keys(descriptor.id)?;
            crate::sql::constraints::refresh(session, descriptor.id)?;
            Ok(descriptor.id)
        })
    }

    /// Replaces an object's definition. New columns get storage, without values; gone ones lose theirs to history only.
    pub fn update_descriptor(&mut self, descriptor: &Descriptor) -> SqlResult<()> {
        self.transaction(true, |session| {
            let catalog = session.catalog()?;
            let before = catalog.descriptors.get(&descriptor.id).cloned();
            session.put_entry(&EntryKey::new(kind::DESCRIPTOR, descriptor.id), Some(descriptor))?;
            let (Some(before), Some(new)) = (before, descriptor.table()) else {
                return Ok(());
            };
            let Some(old) = before.table() else { return Ok(()) };
            let sqlite = &session.handle.sqlite;
            for column in new
                .columns
                .iter()
                .filter(|c| old.column_by_id(c.id).is_none() && c.id >= old.next_column_id)
            {
                physical::add_column(sqlite, descriptor.id, column.id)?;
            }
            for index in old.indexes.iter().filter(|i| !new.indexes.contains(i)) {
                physical::drop_index(sqlite, descriptor.id, index.id)?;
            }
            for index in new.indexes.iter().filter(|i| !old.indexes.contains(i)) {
                physical::create_index(sqlite, descriptor.id, index)?;
            }
            if new.columns != old.columns {
                physical::history_triggers(sqlite, descriptor)?;
            }
            if new.foreign_keys != old.foreign_keys || before.name != descriptor.name {
                session.refresh_foreign_keys(descriptor.id)?;
            }
            crate::sql::constraints::refresh(session, descriptor.id)?;
            Ok(())
        })
    }

    /// Makes the checks of a table's foreign keys anew, once the tables it refers to exist.
    pub fn refresh_foreign_keys(&mut self, id: DescriptorId) -> SqlResult<()> {
        self.transaction(true, |session| {
            let catalog = session.catalog()?;
            if let Some(child) = catalog.descriptors.get(&id)
                && let Some(table) = child.table()
            {
                physical::create_foreign_keys(&session.handle.sqlite, &catalog, child, table)?;
            }
            Ok(())
        })
    }

    /// Takes an object away. Its rows stay readable in the past until garbage collection.
    pub fn drop_descriptor(&mut self, id: DescriptorId) -> SqlResult<()> {
        self.transaction(true, |session| {
            let catalog = session.catalog()?;
            physical::drop_foreign_keys(&session.handle.sqlite, id)?;
            session.put_entry::<Descriptor>(&EntryKey::new(kind::DESCRIPTOR, id), None)?;
            if catalog.zones.contains_key(&id) {
                session.put_entry::<Zone>(&EntryKey::new(kind::ZONE, id), None)?;
            }
            for (object, column) in catalog.comments.keys().filter(|(object, _)| *object == id) {
                session
                    .put_entry::<String>(&EntryKey::new(kind::COMMENT, format!("{object}.{column}")), None)?;
            }
            session.cluster.sequences().forget(id);
            Ok(())
        })
    }

    /// Takes a database, or a schema, and everything in it away.
    pub fn drop_with_contents(&mut self, id: DescriptorId) -> SqlResult<()> {
        self.transaction(true, |session| {
            let catalog = session.catalog()?;
            let contents: Vec<DescriptorId> = catalog
                .descriptors
                .values()
                .filter(|d| d.parent_id == id || d.schema_id == id)
                .map(|d| d.id)
                .collect();
            for inner in contents {
                session.drop_descriptor(inner)?;
            }
            session.drop_descriptor(id)
        })
    }

    /// Makes a database with its `public` schema; gives both ids.
    pub fn create_database(&mut self, name: &str, owner: &str) -> SqlResult<(DescriptorId, DescriptorId)> {
        use crate::catalog::{DatabaseBody, Privilege, SchemaBody, State};
        self.transaction(true, |session| {
            let mut grants = Grants::standard();
            grants.grant("public", Privilege::Connect, false);
            if session
                .cluster
                .version()
                .differences()
                .public_may_make_temporary_tables
            {
                grants.grant("public", Privilege::Temporary, false);
            }
            let mut database = Descriptor {
                id: 0,
                name: name.to_owned(),
                parent_id: 0,
                schema_id: 0,
                owner: owner.to_owned(),
                grants,
                state: State::Public,
                body: Body::Database(DatabaseBody::default()),
            };
            let database_id = session.create_descriptor(database.clone())?;
            let mut grants = Grants::standard();
            let public_may_create = session
                .catalog()?
                .setting("sql.auth.public_schema_create_privilege.enabled")
                .is_none_or(|v| v == "true");
            if public_may_create {
                grants.grant("public", Privilege::Create, false);
            }
            grants.grant("public", Privilege::Usage, false);
            database.name = "public".into();
            database.parent_id = database_id;
            database.grants = grants;
            database.body = Body::Schema(SchemaBody::default());
            let schema_id = session.create_descriptor(database)?;
            Ok((database_id, schema_id))
        })
    }

    /// Writes or removes a user or role.
    pub fn put_role(&mut self, name: &str, role: Option<&Role>) -> SqlResult<()> {
        self.put_entry(&EntryKey::new(kind::ROLE, name), role)
    }

    /// Puts rows into an object, in the column order of its descriptor and in storage form ([`Datum`]). They are taken
    /// to satisfy the table's constraints and foreign keys. The rows' validity
    /// begins with this transaction.
    pub fn insert_rows(
        &mut self,
        descriptor: &Descriptor,
        rows: impl IntoIterator<Item = Row>,
    ) -> SqlResult<u64> {
        self.transaction(true, |session| {
            session.handle.checks.store(false, Ordering::Relaxed);
            let inserted = insert_all(&session.handle.sqlite, descriptor, rows);
            session.handle.checks.store(true, Ordering::Relaxed);
            inserted
        })
    }

    /// Calls `each` with every row of the object valid at the moment. The descriptor must be the one of that moment.
    pub fn scan_at(
        &mut self,
        descriptor: &Descriptor,
        at: Timestamp,
        each: impl FnMut(Row) -> SqlResult<()>,
    ) -> SqlResult<()> {
        self.transaction(false, |session| {
            rows::scan_at(&session.handle.sqlite, descriptor, at, each)
        })
    }

    /// Calls `each` with every row version that began or ended in `(after, until]`.
    pub fn scan_versions(
        &mut self,
        descriptor: &Descriptor,
        after: Timestamp,
        until: Timestamp,
        each: impl FnMut(RowVersion) -> SqlResult<()>,
    ) -> SqlResult<()> {
        self.transaction(false, |session| {
            rows::scan_versions(&session.handle.sqlite, descriptor, after, until, each)
        })
    }

    /// Every descriptor version that held at some time in `(after, until]`, oldest first.
    pub fn descriptor_versions(
        &mut self,
        after: Timestamp,
        until: Timestamp,
    ) -> SqlResult<Vec<DescriptorVersion>> {
        self.transaction(false, |session| {
            catalog_store::descriptor_versions(&session.handle.sqlite, after, until)
        })
    }

    /// How many rows the object has now.
    pub fn count_rows(&mut self, descriptor: &Descriptor) -> SqlResult<i64> {
        let sql = format!("SELECT count(*) FROM t_{}", descriptor.id);
        self.transaction(false, |session| {
            Ok(session.handle.sqlite.query_row(&sql, [], |row| row.get(0))?)
        })
    }

    /// The last value a sequence gave out.
    pub fn sequence_value(&mut self, id: DescriptorId) -> SqlResult<i64> {
        self.transaction(false, |session| {
            session.cluster.sequences().current(&session.handle.sqlite, id)
        })
    }

    /// Reads a value kept beside the catalog (not versioned, not backed up): jobs, for example.
    pub fn kept(&mut self, kind: &str, key: &str) -> SqlResult<Option<String>> {
        self.transaction(false, |session| {
            catalog_store::kept(&session.handle.sqlite, kind, key)
        })
    }

    /// Every kept value of a kind.
    pub fn kept_all(&mut self, kind: &str) -> SqlResult<Vec<(String, String)>> {
        self.transaction(false, |session| {
            catalog_store::kept_all(&session.handle.sqlite, kind)
        })
    }

    /// Writes or removes a kept value.
    pub fn keep(&mut self, kind: &str, key: &str, body: Option<&str>) -> SqlResult<()> {
        self.transaction(true, |session| {
            catalog_store::keep(&session.handle.sqlite, kind, key, body)
        })
    }

    /// Sets a sequence so that the next value is `last + increment`.
    pub fn set_sequence(&mut self, id: DescriptorId, last: i64) -> SqlResult<()> {
        self.transaction(true, |session| {
            session.handle.sqlite.execute(
                &format!("UPDATE t_{id} SET c1 = ?1, \"~from\" = practice_now()"),
                [Datum::Int(last)],
            )?;
            session.cluster.sequences().forget(id);
            Ok(())
        })
    }
}
