//! SHOW DATABASES, SCHEMAS, TABLES, COLUMNS and their kin.

use super::TEXT;
use crate::catalog::{Body, Catalog, Descriptor, Locality, Privilege, State};
use crate::datum::Datum;
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::{Rows, Session};
use crate::sql::lexer::Cursor;
use crate::types::SqlType;
use std::sync::Arc;

pub(super) fn databases(session: &mut Session, with_comment: bool) -> SqlResult<Rows> {
    let catalog = session.catalog()?;
    let mut rows = Rows::with_columns([
        ("database_name", TEXT),
        ("owner", TEXT),
        ("primary_region", TEXT),
        ("secondary_region", TEXT),
        ("regions", SqlType::string_array()),
        ("survival_goal", TEXT),
    ]);
    if with_comment {
        rows.columns
            .push(crate::session::ColumnMeta::new("comment", TEXT));
    }
    let mut found: Vec<&Arc<Descriptor>> = catalog
        .descriptors
        .values()
        .filter(|d| d.database().is_some() && d.state == State::Public)
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    for database in found {
        if !catalog.has_privilege(
            session.user(),
            crate::catalog::PrivilegeTarget::Object(database),
            Privilege::Connect,
        ) {
            continue;
        }
        let Some(body) = database.database() else { continue };
        let has_regions = body.primary_region.is_some();
        let mut sorted = body.regions.clone();
        sorted.sort();
        let mut row = vec![
            database.name.clone().into(),
            database.owner.clone().into(),
            body.primary_region.clone().into(),
            if has_regions {
                body.secondary_region.clone().unwrap_or_default().into()
            } else {
                Datum::Null
            },
            Datum::text_array(sorted),
            if has_regions {
                body.survival_goal.clone().unwrap_or_else(|| "zone".into()).into()
            } else {
                Datum::Null
            },
        ];
        if with_comment {
            row.push(catalog.comments.get(&(database.id, 0)).cloned().into());
        }
        rows.push(row);
    }
    Ok(rows)
}

/// The database behind FROM, or the current one.
fn database_from(
    session: &mut Session,
    cursor: &mut Cursor<'_>,
) -> SqlResult<(Arc<Catalog>, Arc<Descriptor>)> {
    let name = if cursor.accept("from") {
        cursor.ident()?
    } else {
        session.database().to_owned()
    };
    let catalog = session.catalog()?;
    let database = Arc::clone(catalog.require_database(&name)?);
    Ok((catalog, database))
}

pub(super) fn schemas(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<Rows> {
    let (catalog, database) = database_from(session, cursor)?;
    let mut rows = Rows::with_columns([("schema_name", TEXT), ("owner", TEXT)]);
    let mut found: Vec<(String, Option<String>)> = crate::virtuals::SCHEMAS
        .iter()
        .map(|s| ((*s).to_owned(), None))
        .collect();
    found.extend(
        catalog
            .in_database(database.id)
            .filter(|d| matches!(d.body, Body::Schema(_)))
            .map(|d| (d.name.clone(), Some(d.owner.clone()))),
    );
    found.sort();
    for (name, owner) in found {
        rows.push(vec![name.into(), owner.into()]);
    }
    Ok(rows)
}

/// The locality of a table in SHOW TABLES and SHOW CREATE.
pub(super) fn locality_text(locality: &Locality) -> String {
    match locality {
        Locality::Global => "GLOBAL".into(),
        Locality::RegionalByTable { region: None } => "REGIONAL BY TABLE IN PRIMARY REGION".into(),
        Locality::RegionalByTable { region: Some(region) } => format!(
            "REGIONAL BY TABLE IN {}",
            crate::catalog::quote_ident_if_needed(region)
        ),
        Locality::RegionalByRow { column: None } => "REGIONAL BY ROW".into(),
        Locality::RegionalByRow { column: Some(column) } => format!(
            "REGIONAL BY ROW AS {}",
            crate::catalog::quote_ident_if_needed(column)
        ),
    }
}

pub(super) fn tables(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<Rows> {
    let catalog = session.catalog()?;
    let (database, only_schema) = if cursor.accept("from") {
        let name = cursor.name()?;
        match name.0.as_slice() {
            [one] if catalog.database(one).is_some() => (Arc::clone(catalog.require_database(one)?), None),
            parts => {
                let (database, schema) =
                    catalog.resolve_schema(parts, session.database(), &session.search_path())?;
                (database, Some(schema.id))
            }
        }
    } else {
        if session.database().is_empty() {
            return Err(SqlError::new(sqlstate::INVALID_NAME, "no database specified"));
        }
        (Arc::clone(catalog.require_database(session.database())?), None)
    };
    let with_comment = cursor.accept("with comment");
    let mut rows = Rows::with_columns([
        ("schema_name", TEXT),
        ("table_name", TEXT),
        ("type", TEXT),
        ("owner", TEXT),
        ("estimated_row_count", SqlType::Int8),
        ("locality", TEXT),
    ]);
    if with_comment {
        rows.columns
            .push(crate::session::ColumnMeta::new("comment", TEXT));
    }
    let mut found: Vec<(String, Arc<Descriptor>)> = catalog
        .in_database(database.id)
        .filter(|d| {
            d.is_relation() && d.state == State::Public && only_schema.is_none_or(|s| s == d.schema_id)
        })
        .filter(|d| {
            Privilege::on(&d.body).iter().any(|p| {
                catalog.has_privilege(session.user(), crate::catalog::PrivilegeTarget::Object(d), *p)
            })
        })
        .map(|d| (catalog.name_of(d.schema_id), Arc::clone(d)))
        .collect();
    found.sort_by(|a, b| (&a.0, &a.1.name).cmp(&(&b.0, &b.1.name)));
    for (schema, object) in found {
        let count = match &object.body {
            Body::Table(_) => Datum::Int(session.count_rows(&object)?),
            _ => Datum::Int(0),
        };
        let locality = object
            .table()
            .and_then(|t| t.locality.as_ref())
            .map(locality_text);
        let default_locality =
            database.database().is_some_and(|d| d.primary_region.is_some()) && object.table().is_some();
        let locality =
            locality.or_else(|| default_locality.then(|| "REGIONAL BY TABLE IN PRIMARY REGION".to_owned()));
        let mut row = vec![
            schema.into(),
            object.name.clone().into(),
            object.type_word().into(),
            object.owner.clone().into(),
            count,
            locality.into(),
        ];
        if with_comment {
            row.push(
                catalog
                    .comments
                    .get(&(object.id, 0))
                    .cloned()
                    .unwrap_or_default()
                    .into(),
            );
        }
        rows.push(row);
    }
    Ok(rows)
}

pub(super) fn sequences(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<Rows> {
    let (catalog, database) = database_from(session, cursor)?;
    let mut rows = Rows::with_columns([("sequence_schema", TEXT), ("sequence_name", TEXT)]);
    for sequence in catalog
        .in_database(database.id)
        .filter(|d| matches!(d.body, Body::Sequence(_)))
    {
        rows.push(vec![
            catalog.name_of(sequence.schema_id).into(),
            sequence.name.clone().into(),
        ]);
    }
    Ok(rows)
}

pub(super) fn enums(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<Rows> {
    let (catalog, database) = database_from(session, cursor)?;
    let mut rows = Rows::with_columns([
        ("schema", TEXT),
        ("name", TEXT),
        ("values", SqlType::string_array()),
        ("owner", TEXT),
    ]);
    for object in catalog.in_database(database.id) {
        if let Body::Enum(body) = &object.body {
            rows.push(vec![
                catalog.name_of(object.schema_id).into(),
                object.name.clone().into(),
                Datum::text_array(&body.values),
                object.owner.clone().into(),
            ]);
        }
    }
    Ok(rows)
}

fn relation(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<Arc<Descriptor>> {
    let name = cursor.name()?;
    let catalog = session.catalog()?;
    catalog
        .resolve(&name, session.database(), &session.search_path())
        .cloned()
        .ok_or_else(|| name.undefined_relation())
}

pub(super) fn columns(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<Rows> {
    let object = relation(session, cursor)?;
    let mut rows = Rows::with_columns([
        ("column_name", TEXT),
        ("data_type", TEXT),
        ("is_nullable", SqlType::Bool),
        ("column_default", TEXT),
        ("generation_expression", TEXT),
        ("indices", SqlType::string_array()),
        ("is_hidden", SqlType::Bool),
    ]);
    match &object.body {
        Body::Table(table) => {
            for column in &table.columns {
                let primary = table.primary_index().map(|i| i.name.clone());
                let mut indices: Vec<String> = table
                    .indexes
                    .iter()
                    .filter(|i| {
                        Some(&i.name) == primary.as_ref()
                            || i.columns.iter().any(|(c, _)| *c == column.id)
                            || table
                                .primary_index()
                                .is_some_and(|p| p.columns.iter().any(|(c, _)| *c == column.id))
                    })
                    .map(|i| i.name.clone())
                    .collect();
                indices.sort();
                rows.push(vec![
                    column.name.clone().into(),
                    column.ty.sql_name().into(),
                    column.nullable.into(),
                    column.default.clone().into(),
                    column.computed.clone().unwrap_or_default().into(),
                    Datum::text_array(indices),
                    column.hidden.into(),
                ]);
            }
        }
        Body::View(view) => {
            for (name, ty) in &view.columns {
                rows.push(vec![
                    name.clone().into(),
                    ty.sql_name().into(),
                    true.into(),
                    Datum::Null,
                    "".into(),
                    Datum::text_array::<&str>([]),
                    false.into(),
                ]);
            }
        }
        _ => {}
    }
    Ok(rows)
}

pub(super) fn indexes(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<Rows> {
    let object = relation(session, cursor)?;
    let mut rows = Rows::with_columns([
        ("table_name", TEXT),
        ("index_name", TEXT),
        ("non_unique", SqlType::Bool),
        ("seq_in_index", SqlType::Int8),
        ("column_name", TEXT),
        ("definition", TEXT),
        ("direction", TEXT),
        ("storing", SqlType::Bool),
        ("implicit", SqlType::Bool),
        ("visible", SqlType::Bool),
    ]);
    if let Some(table) = object.table() {
        for index in &table.indexes {
            for (n, (id, descending)) in index.columns.iter().enumerate() {
                let name = table
                    .column_by_id(*id)
                    .map_or_else(String::new, |c| c.name.clone());
                let direction = if *descending { "DESC" } else { "ASC" };
                rows.push(vec![
                    object.name.clone().into(),
                    index.name.clone().into(),
                    (!index.unique).into(),
                    Datum::Int(i64::try_from(n).unwrap_or(0) + 1),
                    name.clone().into(),
                    name.into(),
                    direction.into(),
                    false.into(),
                    false.into(),
                    true.into(),
                ]);
            }
        }
    }
    Ok(rows)
}

pub(super) fn constraints(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<Rows> {
    let object = relation(session, cursor)?;
    let catalog = session.catalog()?;
    let mut rows = Rows::with_columns([
        ("table_name", TEXT),
        ("constraint_name", TEXT),
        ("constraint_type", TEXT),
        ("details", TEXT),
        ("validated", SqlType::Bool),
    ]);
    for (name, word, details) in super::create::constraint_list(&catalog, &object) {
        rows.push(vec![
            object.name.clone().into(),
            name.into(),
            word.into(),
            details.into(),
            true.into(),
        ]);
    }
    rows.rows.sort_by(|a, b| a[1].as_str().cmp(&b[1].as_str()));
    Ok(rows)
}
