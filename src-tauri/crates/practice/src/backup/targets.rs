//! What the targets of a BACKUP mean, and whether the user may back them up.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::catalog::{
    Body, Catalog, Descriptor, DescriptorId, ObjectName, Privilege, PrivilegeTarget, SYSTEM_DATABASE_ID,
    State,
};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::Session;
use crate::stmt::{TablePattern, Targets};
use crate::types::SqlType;

/// The objects a backup takes.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    pub is_full_cluster: bool,
    /// Databases taken as a whole.
    pub complete_databases: Vec<DescriptorId>,
    /// Tables named one by one.
    pub tables: Vec<DescriptorId>,
    /// Everything in the backup, the databases, schemas and types around the tables included.
    pub all: BTreeSet<DescriptorId>,
    /// Virtual clusters.
    pub tenants: Vec<i64>,
}

/// Where names are looked up.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    pub database: &'a str,
    pub search_path: &'a [String],
}

fn types_in(ty: &SqlType, found: &mut BTreeSet<DescriptorId>) {
    match ty {
        SqlType::Enum { id, .. } => {
            found.insert(*id);
        }
        SqlType::Array(item) => types_in(item, found),
        _ => {}
    }
}

/// The user-defined types a table's columns have.
pub fn types_of(table: &Descriptor) -> BTreeSet<DescriptorId> {
    let mut found = BTreeSet::new();
    match &table.body {
        Body::Table(body) => body
            .columns
            .iter()
            .for_each(|column| types_in(&column.ty, &mut found)),
        Body::View(body) => body.columns.iter().for_each(|(_, ty)| types_in(ty, &mut found)),
        _ => {}
    }
    found
}

impl Selection {
    fn add_database(&mut self, catalog: &Catalog, database: &Descriptor) {
        self.complete_databases.push(database.id);
        self.all.insert(database.id);
        let inside = catalog
            .in_database(database.id)
            .filter(|object| object.state == State::Public);
        self.all.extend(inside.map(|object| object.id));
    }

    fn add_table(&mut self, catalog: &Catalog, table: &Descriptor) {
        self.tables.push(table.id);
        self.all.extend([table.id, table.parent_id]);
        let mut parts = types_of(table);
        parts.insert(table.id);
        for part in parts {
            let Some(object) = catalog.descriptors.get(&part) else {
                continue;
            };
            self.all.insert(part);
            // `public` is in the backup too, so that names can be resolved in it, but no listing shows it.
            self.all.insert(object.schema_id);
        }
    }
}

/// The tables, views and sequences a pattern means.
pub fn expand(
    catalog: &Catalog,
    scope: Scope<'_>,
    pattern: &TablePattern,
) -> SqlResult<Vec<Arc<Descriptor>>> {
    if let Some(name) = &pattern.name {
        let mut parts = pattern.qualifiers.clone();
        parts.push(name.clone());
        let name = ObjectName(parts);
        return match catalog.resolve(&name, scope.database, scope.search_path) {
            Some(found) if found.is_relation() => Ok(vec![Arc::clone(found)]),
            _ => Err(SqlError::new(
                sqlstate::UNDEFINED_TABLE,
                format!("table \"{}\" does not exist", name.0.join(".")),
            )),
        };
    }
    let (_, schema) = catalog.resolve_schema(&pattern.qualifiers, scope.database, scope.search_path)?;
    let is_database = matches!(pattern.qualifiers.as_slice(), [one] if catalog.database(one).is_some()
        && catalog.database(scope.database).and_then(|database| catalog.schema(database.id, one)).is_none());
    // `d.*` takes every schema of the database, `s.*` and `*` take one schema.
    Ok(catalog
        .descriptors
        .values()
        .filter(|object| object.is_relation() && object.state == State::Public)
        .filter(|object| {
            if is_database {
                object.parent_id == schema.parent_id
            } else {
                object.schema_id == schema.id
            }
        })
        .map(Arc::clone)
        .collect())
}

/// Resolves targets against a catalog.
pub fn resolve(catalog: &Catalog, scope: Scope<'_>, targets: &Targets) -> SqlResult<Selection> {
    let mut selection = Selection::default();
    match targets {
        Targets::Cluster => {
            selection.is_full_cluster = true;
            for database in catalog
                .descriptors
                .values()
                .filter(|object| object.database().is_some())
            {
                if database.state == State::Public {
                    selection.add_database(catalog, database);
                }
            }
        }
        Targets::Databases(names) => {
            for name in names {
                let database = catalog.require_database(name)?;
                selection.add_database(catalog, database);
            }
        }
        Targets::Tables(patterns) => {
            for pattern in patterns {
                for table in expand(catalog, scope, pattern)? {
                    selection.add_table(catalog, &table);
                }
            }
            if selection.tables.is_empty() {
                let shown: Vec<String> = patterns.iter().map(ToString::to_string).collect();
                return Err(SqlError::plain(format!(
                    "no tables or databases matched the given targets: {}",
                    shown.join(", ")
                )));
            }
        }
        Targets::VirtualCluster(id) => selection.tenants.push(*id),
        Targets::SystemUsers => return Err(SqlError::syntax("SYSTEM")),
    }
    Ok(selection)
}

/// Targets with every table name written in full, as schedules keep them.
pub fn qualified(catalog: &Catalog, scope: Scope<'_>, targets: &Targets) -> SqlResult<Targets> {
    let Targets::Tables(patterns) = targets else {
        return Ok(targets.clone());
    };
    let mut full = Vec::new();
    for pattern in patterns {
        let (database, schema, name) = match &pattern.name {
            Some(_) => {
                let table = expand(catalog, scope, pattern)?.remove(0);
                (
                    catalog.name_of(table.parent_id),
                    catalog.name_of(table.schema_id),
                    Some(table.name.clone()),
                )
            }
            None => {
                let (database, schema) =
                    catalog.resolve_schema(&pattern.qualifiers, scope.database, scope.search_path)?;
                (database.name.clone(), schema.name.clone(), None)
            }
        };
        full.push(TablePattern {
            qualifiers: vec![database, schema],
            name,
        });
    }
    Ok(Targets::Tables(full))
}

const DEPRECATED: &str = "The existing privileges are being deprecated in favour of a fine-grained privilege model explained here \
     https://www.cockroachlabs.com/docs/stable/backup.html#required-privileges. In a future release, to run";

/// Checks that the session's user may back the selection up. Rights by the older model are accepted with a notice.
pub fn check_privileges(
    session: &mut Session,
    catalog: &Catalog,
    targets: &Targets,
    selection: &Selection,
) -> SqlResult<()> {
    let user = session.user().to_owned();
    if !selection.tenants.is_empty() && !catalog.is_admin(&user) {
        return Err(SqlError::privilege(
            "only the system tenant can backup other tenants",
        ));
    }
    if catalog.is_admin(&user) {
        return Ok(());
    }
    if selection.is_full_cluster {
        return catalog.check_system_privilege(&user, Privilege::Backup).map_err(|error| {
            error.wrap("only users with the admin role or the BACKUP system privilege are allowed to perform full cluster backups")
        });
    }
    let named: Vec<&Arc<Descriptor>> = match targets {
        Targets::Databases(_) => &selection.complete_databases,
        _ => &selection.tables,
    }
    .iter()
    .filter_map(|id| catalog.descriptors.get(id))
    .collect();
    let holds = |object: &Descriptor| {
        catalog.has_privilege(&user, PrivilegeTarget::Object(object), Privilege::Backup)
    };
    if named.iter().all(|object| holds(object)) {
        return Ok(());
    }
    let missing: Vec<&str> = named
        .iter()
        .filter(|object| !holds(object))
        .map(|object| object.name.as_str())
        .collect();
    let advice = match targets {
        Targets::Databases(_) => format!(
            "{DEPRECATED} BACKUP DATABASE, user {user} will exclusively require the BACKUP privilege on database {}.",
            missing.join(", ")
        ),
        _ => format!(
            "{DEPRECATED} BACKUP TABLE, user {user} will exclusively require the BACKUP privilege on tables: {}.",
            missing.join(", ")
        ),
    };
    for object in selection.all.iter().filter_map(|id| catalog.descriptors.get(id)) {
        let needed = match &object.body {
            Body::Database(_) => Privilege::Connect,
            Body::Schema(_) | Body::Enum(_) => Privilege::Usage,
            Body::Function(_) => Privilege::Execute,
            Body::Table(_) | Body::View(_) | Body::Sequence(_) => Privilege::Select,
        };
        catalog
            .check_privilege(&user, object, needed)
            .map_err(|error| error.with_hint(advice.clone()))?;
    }
    session.notice(advice);
    Ok(())
}

/// Whether a database is the one the cluster keeps itself in.
pub fn is_system(id: DescriptorId) -> bool {
    id == SYSTEM_DATABASE_ID
}
