//! ALTER.

use std::sync::Arc;

use super::table::{TableReader, locality, parameters};
use super::{find, taken};
use crate::catalog::{
    Body, Catalog, Column, DatabaseBody, Descriptor, DescriptorId, EntryKey, EnumBody, Grants, Locality,
    Privilege, State, TableBody, Zone, kind,
};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::Session;
use crate::sql::constraints;
use crate::sql::lexer::{Cursor, Kind};
use crate::storage::physical;
use crate::types::SqlType;

/// The enum of a database's regions.
const REGION_TYPE: &str = "crdb_internal_region";

pub(super) fn run(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<String> {
    if cursor.accept("database") {
        return database(session, cursor);
    }
    if cursor.accept("range") || cursor.accept("partition") || cursor.accept("index") {
        return zone_of_range(session, cursor);
    }
    if cursor.accept("schema") {
        return schema(session, cursor);
    }
    if cursor.accept("type") {
        return enumeration(session, cursor);
    }
    cursor.accept("materialized");
    if cursor.looking_at("table") || cursor.looking_at("view") || cursor.looking_at("sequence") {
        let what = cursor.ident()?;
        return relation(session, cursor, &what);
    }
    Err(cursor.unexpected())
}

/// `CONFIGURE ZONE …` behind its target, if it comes next.
fn configure_zone(session: &mut Session, cursor: &mut Cursor<'_>, id: DescriptorId) -> SqlResult<bool> {
    if !cursor.accept("configure zone") {
        return Ok(false);
    }
    let catalog = session.catalog()?;
    let key = EntryKey::new(kind::ZONE, id);
    if cursor.accept("discard") {
        session.put_entry::<Zone>(&key, None)?;
        return Ok(true);
    }
    cursor.expect("using")?;
    let mut zone = catalog.zones.get(&id).cloned().unwrap_or_default();
    if cursor.accept("default") {
        session.put_entry::<Zone>(&key, None)?;
        return Ok(true);
    }
    loop {
        let name = cursor.name()?.0.join(".");
        cursor.expect("=")?;
        let value = match cursor.take() {
            Some(Kind::Number(n)) => n,
            Some(Kind::Text(t)) => crate::catalog::quote_literal(&t),
            Some(Kind::Word(w)) => w,
            _ => return Err(cursor.unexpected()),
        };
        if name == "gc.ttlseconds" {
            zone.gc_ttl_seconds =
                Some(value.parse().map_err(|_| {
                    SqlError::new(sqlstate::INVALID_PARAMETER, "gc.ttlseconds must be a number")
                })?);
        } else {
            zone.other.insert(name, value);
        }
        if !cursor.accept(",") {
            break;
        }
    }
    session.put_entry(&key, Some(&zone))?;
    Ok(true)
}

fn zone_of_range(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<String> {
    cursor.ident()?;
    if !session.catalog()?.is_admin(session.user()) {
        return Err(SqlError::privilege(format!(
            "user {} does not have REPAIRCLUSTER system privilege",
            session.user()
        )));
    }
    if configure_zone(session, cursor, 0)? {
        Ok("CONFIGURE ZONE 1".into())
    } else {
        Err(cursor.unexpected())
    }
}

fn database(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<String> {
    let name = cursor.ident()?;
    let catalog = session.catalog()?;
    let database = Arc::clone(catalog.require_database(&name)?);
    if cursor.looking_at("configure zone") {
        catalog.check_privilege(session.user(), &database, Privilege::Zoneconfig)?;
        configure_zone(session, cursor, database.id)?;
        return Ok("CONFIGURE ZONE 1".into());
    }
    let mut changed = Descriptor::clone(&database);
    let mut body = database.database().cloned().unwrap_or_default();
    if cursor.accept("rename to") {
        catalog.check_owner(session.user(), &database)?;
        changed.name = cursor.ident()?;
        if catalog.database(&changed.name).is_some() {
            return Err(SqlError::new(
                sqlstate::DUPLICATE_DATABASE,
                format!("database \"{}\" already exists", changed.name),
            ));
        }
        session.update_descriptor(&changed)?;
        if session.database() == name {
            session.set_database(&changed.name);
        }
        return Ok("RENAME DATABASE".into());
    }
    if cursor.accept("owner to") {
        catalog.check_owner(session.user(), &database)?;
        changed.owner = existing_role(session, cursor)?;
        session.update_descriptor(&changed)?;
        return Ok("ALTER DATABASE OWNER".into());
    }
    catalog.check_privilege(session.user(), &database, Privilege::Create)?;
    if cursor.accept("set primary region") || cursor.accept("primary region") {
        cursor.accept("=");
        let region = cursor.ident_or_text()?;
        if body.primary_region.is_none() {
            refuse_first_region(&catalog, &database)?;
        }
        set_regions(session, database.id, &region, body)?;
        return Ok("ALTER DATABASE PRIMARY REGION".into());
    }
    if cursor.accept("add region") {
        let exists_ok = cursor.accept("if not exists");
        let region = cursor.ident_or_text()?;
        let primary = body.primary_region.clone().ok_or_else(|| {
            SqlError::new(
                "42P12",
                format!("cannot add region \"{region}\" to database {name}"),
            )
            .with_hint(format!(
                "you must add a PRIMARY REGION first using ALTER DATABASE {name} PRIMARY REGION \"{region}\""
            ))
        })?;
        if body.regions.contains(&region) {
            return if exists_ok {
                Ok("ALTER DATABASE ADD REGION".into())
            } else {
                Err(SqlError::new(
                    sqlstate::DUPLICATE_OBJECT,
                    format!("region \"{region}\" already added to database"),
                ))
            };
        }
        body.regions.push(region);
        set_regions(session, database.id, &primary, body)?;
        return Ok("ALTER DATABASE ADD REGION".into());
    }
    if cursor.accept("drop region") {
        cursor.accept("if exists");
        let region = cursor.ident_or_text()?;
        if body.primary_region.as_ref() == Some(&region) && body.regions.len() > 1 {
            return Err(
                SqlError::new("42P12", "cannot drop region because it is the primary region")
                    .with_hint("use ALTER DATABASE ... SET PRIMARY REGION to change it first"),
            );
        }
        body.regions.retain(|r| r != &region);
        if body.regions.is_empty() {
            body = DatabaseBody {
                default_privileges: body.default_privileges,
                ..DatabaseBody::default()
            };
            drop_region_type(session, database.id)?;
            session.put_entry::<Zone>(&EntryKey::new(kind::ZONE, database.id), None)?;
            changed.body = Body::Database(body);
            session.update_descriptor(&changed)?;
        } else {
            let primary = body.primary_region.clone().unwrap_or_default();
            set_regions(session, database.id, &primary, body)?;
        }
        return Ok("ALTER DATABASE DROP REGION".into());
    }
    if cursor.accept("set secondary region") {
        cursor.accept("=");
        body.secondary_region = Some(cursor.ident_or_text()?);
    } else if cursor.accept("drop secondary region") {
        body.secondary_region = None;
    } else if cursor.accept("survive") {
        body.survival_goal = Some(cursor.ident()?);
        cursor.accept("failure");
    } else if cursor.accept("set") || cursor.accept("placement") || cursor.accept("reset") {
        while cursor.take().is_some() {}
    } else {
        return Err(cursor.unexpected());
    }
    changed.body = Body::Database(body);
    session.update_descriptor(&changed)?;
    Ok("ALTER DATABASE".into())
}

/// What a database still has of regions it lost in a restore stands in the way of a first region.
fn refuse_first_region(catalog: &Catalog, database: &Descriptor) -> SqlResult<()> {
    const MANAGED: [&str; 6] = [
        "num_replicas",
        "num_voters",
        "constraints",
        "voter_constraints",
        "lease_preferences",
        "global_reads",
    ];
    let zone = catalog.zones.get(&database.id);
    for field in MANAGED {
        if let Some(actual) = zone.and_then(|zone| zone.other.get(field)) {
            return Err(SqlError::new(
                "42P17",
                format!(
                    "zone configuration for database {} has field \"{field}\" set which will be overwritten when setting the the \
                     initial PRIMARY REGION (expected=nil actual={actual})",
                    database.name
                ),
            )
            .with_hint("discard the zone config using CONFIGURE ZONE DISCARD before continuing"));
        }
    }
    let left = catalog
        .in_database(database.id)
        .find(|d| d.name == REGION_TYPE && matches!(&d.body, Body::Enum(e) if !e.multi_region));
    match left {
        Some(left) => Err(SqlError::new(
            sqlstate::DUPLICATE_OBJECT,
            format!("type \"{}\" already exists", catalog.full_name(left)),
        )
        .with_detail(
            "multi-region databases employ an internal enum called crdb_internal_region to manage regions which conflicts with \
             the existing object",
        )
        .with_hint(
            "object \"crdb_internal_regions\" must be renamed or dropped before adding the primary region",
        )),
        None => Ok(()),
    }
}

/// The zone configuration that regions bring: three voters near the primary region, one replica in each other region;
/// five voters when a region may be lost.
fn region_zone(mut zone: Zone, body: &DatabaseBody, primary: &str) -> Zone {
    let others = body.regions.len().saturating_sub(1);
    let survives_region = body.survival_goal.as_deref() == Some("region");
    let (voters, replicas) = if survives_region {
        (5, 5.max(2 + others))
    } else {
        (3, 3 + others)
    };
    let each: Vec<String> = body
        .regions
        .iter()
        .map(|region| format!("+region={region}: 1"))
        .collect();
    for (field, value) in [
        ("num_replicas", replicas.to_string()),
        ("num_voters", voters.to_string()),
        ("constraints", format!("'{{{}}}'", each.join(", "))),
        ("voter_constraints", format!("'[+region={primary}]'")),
        ("lease_preferences", format!("'[[+region={primary}]]'")),
    ] {
        zone.other.insert(field.to_owned(), value);
    }
    zone
}

/// Gives a database regions: checks that the nodes have them, keeps its `crdb_internal_region` type in step.
pub(super) fn set_regions(
    session: &mut Session,
    id: DescriptorId,
    primary: &str,
    mut body: DatabaseBody,
) -> SqlResult<()> {
    if !body.regions.iter().any(|r| r == primary) {
        body.regions.push(primary.to_owned());
    }
    body.primary_region = Some(primary.to_owned());
    body.survival_goal.get_or_insert_with(|| "zone".into());
    let known = session.cluster().regions().to_vec();
    if let Some(unknown) = body.regions.iter().find(|r| !known.contains(r)) {
        let list = known.join(", ");
        return Err(
            SqlError::new("42602", format!("region \"{unknown}\" does not exist"))
                .with_hint(format!("valid regions: {list}")),
        );
    }
    let catalog = session.catalog()?;
    let Some(database) = catalog.descriptors.get(&id) else {
        return Ok(());
    };
    let zone = region_zone(
        catalog.zones.get(&id).cloned().unwrap_or_default(),
        &body,
        primary,
    );
    session.put_entry(&EntryKey::new(kind::ZONE, id), Some(&zone))?;
    let mut changed = Descriptor::clone(database);
    let values = body.regions.clone();
    changed.body = Body::Database(body);
    session.update_descriptor(&changed)?;
    let existing = catalog
        .in_database(id)
        .find(|d| matches!(&d.body, Body::Enum(e) if e.multi_region))
        .cloned();
    let enumeration = Body::Enum(EnumBody {
        values,
        multi_region: true,
    });
    match existing {
        Some(existing) => {
            let mut changed = Descriptor::clone(&existing);
            changed.body = enumeration;
            session.update_descriptor(&changed)
        }
        None => {
            let schema = catalog.schema(id, "public").map_or(0, |s| s.id);
            let mut grants = Grants::standard();
            grants.grant("public", Privilege::Usage, false);
            let descriptor = Descriptor {
                id: 0,
                name: REGION_TYPE.into(),
                parent_id: id,
                schema_id: schema,
                owner: database.owner.clone(),
                grants,
                state: State::Public,
                body: enumeration,
            };
            session.create_descriptor(descriptor).map(|_| ())
        }
    }
}

fn drop_region_type(session: &mut Session, database: DescriptorId) -> SqlResult<()> {
    let catalog = session.catalog()?;
    match catalog
        .in_database(database)
        .find(|d| matches!(&d.body, Body::Enum(e) if e.multi_region))
    {
        Some(d) => session.drop_descriptor(d.id),
        None => Ok(()),
    }
}

fn existing_role(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<String> {
    let name = cursor.ident()?;
    let name = if matches!(name.as_str(), "current_user" | "session_user") {
        session.user().to_owned()
    } else {
        name
    };
    if session.catalog()?.roles.contains_key(&name) {
        return Ok(name);
    }
    Err(SqlError::new(
        sqlstate::UNDEFINED_OBJECT,
        format!("role/user \"{name}\" does not exist"),
    ))
}

fn schema(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<String> {
    let name = cursor.name()?;
    let catalog = session.catalog()?;
    let (database, schema) = catalog.resolve_schema(&name.0, session.database(), &session.search_path())?;
    catalog.check_owner(session.user(), &schema)?;
    let mut changed = Descriptor::clone(&schema);
    if cursor.accept("rename to") {
        changed.name = cursor.ident()?;
        if catalog.schema(database.id, &changed.name).is_some() {
            return Err(SqlError::new(
                sqlstate::DUPLICATE_SCHEMA,
                format!("schema \"{}\" already exists", changed.name),
            ));
        }
    } else {
        cursor.expect("owner to")?;
        changed.owner = existing_role(session, cursor)?;
    }
    session.update_descriptor(&changed)?;
    Ok("ALTER SCHEMA".into())
}

fn enumeration(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<String> {
    let name = cursor.name()?;
    let object = find(session, &name, "type")?;
    session.catalog()?.check_owner(session.user(), &object)?;
    let mut changed = Descriptor::clone(&object);
    if cursor.accept("add value") {
        let exists_ok = cursor.accept("if not exists");
        let value = cursor.text()?;
        let Body::Enum(body) = &mut changed.body else {
            return Err(SqlError::new(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("\"{name}\" is not an enum"),
            ));
        };
        let position = if cursor.accept("before") {
            let other = cursor.text()?;
            body.values.iter().position(|v| v == &other)
        } else if cursor.accept("after") {
            let other = cursor.text()?;
            body.values.iter().position(|v| v == &other).map(|i| i + 1)
        } else {
            Some(body.values.len())
        };
        if body.values.contains(&value) {
            if !exists_ok {
                return Err(SqlError::new(
                    sqlstate::DUPLICATE_OBJECT,
                    format!("enum value \"{value}\" already exists"),
                ));
            }
        } else {
            let at = position.ok_or_else(|| {
                SqlError::new(
                    sqlstate::UNDEFINED_OBJECT,
                    format!("enum value next to \"{value}\" does not exist"),
                )
            })?;
            body.values.insert(at, value);
        }
    } else if cursor.accept("rename to") {
        changed.name = cursor.ident()?;
    } else if cursor.accept("owner to") {
        changed.owner = existing_role(session, cursor)?;
    } else if cursor.accept("set schema") {
        move_to_schema(session, cursor, &mut changed)?;
    } else {
        return Err(cursor.unexpected());
    }
    session.update_descriptor(&changed)?;
    Ok("ALTER TYPE".into())
}

fn move_to_schema(session: &mut Session, cursor: &mut Cursor<'_>, changed: &mut Descriptor) -> SqlResult<()> {
    let schema_name = cursor.ident()?;
    let catalog = session.catalog()?;
    let schema = catalog.schema(changed.parent_id, &schema_name).ok_or_else(|| {
        SqlError::new(
            sqlstate::UNDEFINED_SCHEMA,
            format!("unknown schema \"{schema_name}\""),
        )
    })?;
    if let Some(error) = taken(&catalog, schema, &changed.name) {
        return Err(error);
    }
    changed.schema_id = schema.id;
    Ok(())
}

fn relation(session: &mut Session, cursor: &mut Cursor<'_>, what: &str) -> SqlResult<String> {
    let exists_ok = cursor.accept("if exists");
    let name = cursor.name()?;
    let object = match find(session, &name, "relation") {
        Ok(object) => object,
        Err(_) if exists_ok => {
            while cursor.take().is_some() {}
            return Ok(format!("ALTER {}", what.to_uppercase()));
        }
        Err(error) => return Err(error),
    };
    let catalog = session.catalog()?;
    if cursor.looking_at("configure zone") {
        catalog.check_privilege(session.user(), &object, Privilege::Zoneconfig)?;
        configure_zone(session, cursor, object.id)?;
        return Ok("CONFIGURE ZONE 1".into());
    }
    let mut changed = Descriptor::clone(&object);
    if cursor.accept("rename to") {
        catalog.check_privilege(session.user(), &object, Privilege::Drop)?;
        let mut new = cursor.name()?;
        changed.name = new.0.pop().unwrap_or_default();
        if let Some(schema) = catalog.descriptors.get(&object.schema_id)
            && let Some(error) = taken(&catalog, schema, &changed.name)
        {
            return Err(error);
        }
        session.update_descriptor(&changed)?;
        return Ok(format!("RENAME {}", what.to_uppercase()));
    }
    if cursor.accept("owner to") {
        catalog.check_owner(session.user(), &object)?;
        changed.owner = existing_role(session, cursor)?;
        session.update_descriptor(&changed)?;
        return Ok(format!("ALTER {}", what.to_uppercase()));
    }
    if cursor.accept("set schema") {
        move_to_schema(session, cursor, &mut changed)?;
        session.update_descriptor(&changed)?;
        return Ok(format!("ALTER {} SET SCHEMA", what.to_uppercase()));
    }
    if let Body::Sequence(sequence) = &mut changed.body {
        if cursor.accept("owned by") {
            let mut column = cursor.name()?;
            let column_name = column.0.pop().unwrap_or_default();
            sequence.owned_by = None;
            if !column.0.is_empty() {
                let table = find(session, &column, "relation")?;
                sequence.owned_by = table
                    .table()
                    .and_then(|t| t.column(&column_name))
                    .map(|c| (table.id, c.id));
            }
        } else if cursor.accept("increment") {
            cursor.accept("by");
            sequence.increment = cursor.integer()?;
        } else {
            return Err(cursor.unexpected());
        }
        session.update_descriptor(&changed)?;
        return Ok("ALTER SEQUENCE".into());
    }
    catalog.check_privilege(session.user(), &object, Privilege::Create)?;
    loop {
        table_action(session, cursor, object.id)?;
        if !cursor.accept(",") {
            break;
        }
    }
    Ok("ALTER TABLE".into())
}

fn table_action(session: &mut Session, cursor: &mut Cursor<'_>, id: DescriptorId) -> SqlResult<()> {
    let catalog = session.catalog()?;
    let Some(object) = catalog.descriptors.get(&id).cloned() else {
        return Ok(());
    };
    let mut changed = Descriptor::clone(&object);
    if cursor.accept("add constraint") {
        cursor.accept("if not exists");
        let name = cursor.ident()?;
        let mut reader = TableReader::existing(session, &object)?;
        reader.constraint(cursor, Some(name))?;
        changed.body = Body::Table(reader.finish(session, id)?);
        session.update_descriptor(&changed)?;
        constraints::validate(session, id)?;
        return check_foreign_keys(session, &changed);
    }
    if cursor.accept("add") {
        if ["unique", "check", "foreign", "primary"]
            .iter()
            .any(|w| cursor.looking_at(w))
        {
            let mut reader = TableReader::existing(session, &object)?;
            reader.constraint(cursor, None)?;
            changed.body = Body::Table(reader.finish(session, id)?);
            session.update_descriptor(&changed)?;
            constraints::validate(session, id)?;
            return check_foreign_keys(session, &changed);
        }
        cursor.accept("column");
        let exists_ok = cursor.accept("if not exists");
        if exists_ok
            && matches!(cursor.peek(0), Some(Kind::Word(n) | Kind::Quoted(n)) if object.table().is_some_and(|t| t.column(n).is_some()))
        {
            cursor.until(&[","]);
            return Ok(());
        }
        let mut reader = TableReader::existing(session, &object)?;
        let column = reader.column(cursor)?;
        changed.body = Body::Table(reader.finish(session, id)?);
        return add_column(session, &changed, column);
    }
    let Some(body) = changed.table_mut() else {
        return Err(SqlError::new(
            sqlstate::WRONG_OBJECT_TYPE,
            format!("\"{}\" is not a table", object.name),
        ));
    };
    if cursor.accept("drop constraint") {
        cursor.accept("if exists");
        let name = cursor.ident()?;
        let before = (body.foreign_keys.len(), body.checks.len(), body.indexes.len());
        body.foreign_keys.retain(|k| k.name != name);
        body.checks.retain(|c| c.name != name);
        let mut first = true;
        body.indexes
            .retain(|i| std::mem::take(&mut first) || i.name != name);
        if before == (body.foreign_keys.len(), body.checks.len(), body.indexes.len()) {
            return Err(SqlError::new(
                sqlstate::UNDEFINED_OBJECT,
                format!(
                    "constraint \"{name}\" of relation \"{}\" does not exist",
                    object.name
                ),
            ));
        }
        cursor.accept("cascade");
    } else if cursor.accept("drop") {
        cursor.accept("column");
        let exists_ok = cursor.accept("if exists");
        let name = cursor.ident()?;
        cursor.accept("cascade");
        let Some(column) = body.column(&name).map(|c| c.id) else {
            return if exists_ok { Ok(()) } else { Err(no_column(&name)) };
        };
        body.columns.retain(|c| c.id != column);
        body.indexes
            .retain(|i| !i.columns.iter().any(|(c, _)| *c == column));
        body.foreign_keys.retain(|k| !k.columns.contains(&column));
    } else if cursor.accept("rename column") {
        let name = cursor.ident()?;
        cursor.expect("to")?;
        let new = cursor.ident()?;
        let column = body
            .columns
            .iter_mut()
            .find(|c| c.name == name)
            .ok_or_else(|| no_column(&name))?;
        column.name = new;
    } else if cursor.accept("rename constraint") {
        let name = cursor.ident()?;
        cursor.expect("to")?;
        let new = cursor.ident()?;
        body.indexes
            .iter_mut()
            .filter(|i| i.name == name)
            .for_each(|i| i.name.clone_from(&new));
        body.foreign_keys
            .iter_mut()
            .filter(|k| k.name == name)
            .for_each(|k| k.name.clone_from(&new));
        body.checks
            .iter_mut()
            .filter(|c| c.name == name)
            .for_each(|c| c.name.clone_from(&new));
    } else if cursor.accept("alter") {
        cursor.accept("column");
        let name = cursor.ident()?;
        let column = body
            .columns
            .iter_mut()
            .find(|c| c.name == name)
            .ok_or_else(|| no_column(&name))?;
        alter_column(cursor, column)?;
    } else if cursor.accept("set (") {
        // The parenthesis belongs to the list of parameters.
        let mut inner = Cursor::new(cursor.source)?;
        while inner.position() < cursor.end_of_last() - 1 {
            inner.take();
        }
        let found = parameters(&mut inner)?;
        while cursor.position() < inner.position() && !cursor.at_end() {
            cursor.take();
        }
        for (key, value) in found {
            if key == "exclude_data_from_backup" {
                body.exclude_data_from_backup = value == "true";
            } else {
                body.parameters.insert(key, value);
            }
        }
    } else if cursor.accept("set") {
        if let Some(new) = locality(cursor)? {
            let database = catalog
                .descriptors
                .get(&object.parent_id)
                .cloned()
                .ok_or_else(|| cursor.unexpected())?;
            let mut body = body.clone();
            set_locality(session, &database, &mut body, new)?;
            session.notice(
                "LOCALITY changes will be finalized asynchronously; further schema changes on this table may be restricted until \
                 the job completes",
            );
            changed.body = Body::Table(body);
        } else {
            return Err(cursor.unexpected());
        }
    } else if cursor.accept("reset") {
        for name in cursor.ident_list()? {
            if name == "exclude_data_from_backup" {
                body.exclude_data_from_backup = false;
            }
            body.parameters.remove(&name);
        }
    } else if cursor.accept("validate constraint") {
        cursor.ident()?;
    } else {
        return Err(cursor.unexpected());
    }
    session.update_descriptor(&changed)?;
    constraints::validate(session, id)
}

fn no_column(name: &str) -> SqlError {
    SqlError::new(
        sqlstate::UNDEFINED_COLUMN,
        format!("column \"{name}\" does not exist"),
    )
}

fn alter_column(cursor: &mut Cursor<'_>, column: &mut Column) -> SqlResult<()> {
    if cursor.accept("set not null") {
        column.nullable = false;
    } else if cursor.accept("drop not null") {
        column.nullable = true;
    } else if cursor.accept("set default") {
        column.default = Some(cursor.until(&[","]).to_owned());
    } else if cursor.accept("drop default") {
        column.default = None;
    } else if cursor.accept("set not visible") {
        column.hidden = true;
    } else if cursor.accept("set visible") {
        column.hidden = false;
    } else {
        cursor.accept("set data");
        cursor.expect("type")?;
        let ty = SqlType::parse(cursor.until(&[",", "using", "collate"]))?;
        let same = std::mem::discriminant(&ty) == std::mem::discriminant(&column.ty)
            || ty.is_text() && column.ty.is_text()
            || ty.is_numeric() && column.ty.is_numeric();
        if !same {
            return Err(SqlError::not_on_practice(
                "changing a column to a type of another kind",
            ));
        }
        column.ty = ty;
    }
    Ok(())
}

/// Adds a column and fills it in the rows that are there; no versions are made of that.
fn add_column(session: &mut Session, table: &Descriptor, id: u32) -> SqlResult<()> {
    let Some(column) = table.table().and_then(|t| t.column_by_id(id)).cloned() else {
        return Ok(());
    };
    session.update_descriptor(table)?;
    let mut translator = crate::sql::translator(session)?;
    let value = match &column.computed {
        Some(text) => translator.row_expression(table, text)?.0,
        None => translator.default_for(&column)?,
    };
    for sequence in &translator.sequences {
        session.cluster().sequences().load(session.sqlite(), *sequence)?;
    }
    session.set_statement_context()?;
    let sqlite = session.sqlite();
    physical::drop_history_triggers(sqlite, table.id)?;
    sqlite.execute_batch(&format!("DROP TRIGGER IF EXISTS cu_{}", table.id))?;
    sqlite.execute_batch(&format!(
        "UPDATE t_{} SET {} = {value}",
        table.id,
        physical::column(id)
    ))?;
    physical::history_triggers(sqlite, table)?;
    constraints::refresh(session, table.id)?;
    constraints::validate(session, table.id)?;
    check_foreign_keys(session, table)
}

/// Fails if rows break a foreign key now.
fn check_foreign_keys(session: &mut Session, table: &Descriptor) -> SqlResult<()> {
    let Some(body) = table.table() else { return Ok(()) };
    for key in &body.foreign_keys {
        let pairs: Vec<(String, String)> = key
            .columns
            .iter()
            .zip(&key.referenced_columns)
            .map(|(c, p)| (physical::column(*c), physical::column(*p)))
            .collect();
        let present: Vec<String> = pairs.iter().map(|(c, _)| format!("c.{c} IS NOT NULL")).collect();
        let equal: Vec<String> = pairs.iter().map(|(c, p)| format!("p.{p} = c.{c}")).collect();
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM t_{} AS c WHERE {} AND NOT EXISTS (SELECT 1 FROM t_{} AS p WHERE {}))",
            table.id,
            present.join(" AND "),
            key.referenced_table,
            equal.join(" AND ")
        );
        if session
            .sqlite()
            .query_row(&sql, [], |row| row.get::<_, bool>(0))?
        {
            return Err(SqlError::new(
                sqlstate::FOREIGN_KEY_VIOLATION,
                format!(
                    "foreign key violation: \"{}\" row has no match in \"{}\"",
                    table.name,
                    session.catalog()?.name_of(key.referenced_table)
                ),
            ));
        }
    }
    Ok(())
}

/// Gives a table a locality; REGIONAL BY ROW brings its hidden column.
pub(super) fn set_locality(
    session: &mut Session,
    database: &Descriptor,
    body: &mut TableBody,
    locality: Locality,
) -> SqlResult<()> {
    let Some(primary) = database.database().and_then(|d| d.primary_region.clone()) else {
        return Err(SqlError::new(
            "42P12",
            "cannot set LOCALITY on a table in a database that is not multi-region enabled",
        ));
    };
    if let Locality::RegionalByRow { column: None } = &locality
        && body.column("crdb_region").is_none()
    {
        let catalog = session.catalog()?;
        let ty = catalog
            .in_database(database.id)
            .find(|d| matches!(&d.body, Body::Enum(e) if e.multi_region));
        let ty = ty.map_or(SqlType::STRING, |d| SqlType::Enum {
            id: d.id,
            name: d.name.clone(),
        });
        let id = body.next_column_id;
        body.next_column_id += 1;
        body.columns.push(Column {
            id,
            name: "crdb_region".into(),
            ty,
            nullable: true,
            default: Some(format!("'{primary}'")),
            computed: None,
            hidden: true,
        });
    }
    body.locality = Some(locality);
    Ok(())
}
