//! `information_schema`.

use super::VirtualTable;
use crate::catalog::{Body, Catalog, Descriptor, Privilege, PrivilegeTarget, State};
use crate::datum::{Datum, Row};
use crate::error::SqlResult;
use crate::session::Session;
use crate::types::SqlType;
use std::sync::Arc;

const T: SqlType = SqlType::STRING;
const I: SqlType = SqlType::Int8;

pub(super) static TABLES: &[VirtualTable] = &[
    VirtualTable {
        schema: "information_schema",
        name: "tables",
        columns: &[
            ("table_catalog", T),
            ("table_schema", T),
            ("table_name", T),
            ("table_type", T),
            ("is_insertable_into", T),
            ("version", I),
        ],
        rows: tables,
    },
    VirtualTable {
        schema: "information_schema",
        name: "columns",
        columns: &[
            ("table_catalog", T),
            ("table_schema", T),
            ("table_name", T),
            ("column_name", T),
            ("column_comment", T),
            ("ordinal_position", I),
            ("column_default", T),
            ("is_nullable", T),
            ("data_type", T),
            ("character_maximum_length", I),
            ("numeric_precision", I),
            ("numeric_scale", I),
            ("udt_name", T),
            ("is_hidden", T),
            ("crdb_sql_type", T),
        ],
        rows: columns,
    },
    VirtualTable {
        schema: "information_schema",
        name: "schemata",
        columns: &[
            ("catalog_name", T),
            ("schema_name", T),
            ("default_character_set_name", T),
            ("sql_path", T),
            ("crdb_is_user_defined", T),
        ],
        rows: schemata,
    },
    VirtualTable {
        schema: "information_schema",
        name: "table_constraints",
        columns: &[
            ("constraint_catalog", T),
            ("constraint_schema", T),
            ("constraint_name", T),
            ("table_catalog", T),
            ("table_schema", T),
            ("table_name", T),
            ("constraint_type", T),
        ],
        rows: table_constraints,
    },
    VirtualTable {
        schema: "information_schema",
        name: "views",
        columns: &[
            ("table_catalog", T),
            ("table_schema", T),
            ("table_name", T),
            ("view_definition", T),
        ],
        rows: views,
    },
    VirtualTable {
        schema: "information_schema",
        name: "sequences",
        columns: &[
            ("sequence_catalog", T),
            ("sequence_schema", T),
            ("sequence_name", T),
            ("data_type", T),
            ("start_value", T),
            ("minimum_value", T),
            ("maximum_value", T),
            ("increment", T),
        ],
        rows: sequences,
    },
];

/// A relation with its database's and schema's name.
type Relation = (String, String, Arc<Descriptor>);

/// The relations of the current database that the user may see, with database and schema name.
pub(super) fn visible(session: &mut Session) -> SqlResult<(Arc<Catalog>, Vec<Relation>)> {
    let catalog = session.catalog()?;
    let Some(database) = catalog.database(session.database()) else {
        return Ok((Arc::clone(&catalog), Vec::new()));
    };
    let mut found: Vec<Relation> = catalog
        .in_database(database.id)
        .filter(|d| d.is_relation() && d.state == State::Public)
        .filter(|d| {
            Privilege::on(&d.body)
                .iter()
                .any(|p| catalog.has_privilege(session.user(), PrivilegeTarget::Object(d), *p))
        })
        .map(|d| (database.name.clone(), catalog.name_of(d.schema_id), Arc::clone(d)))
        .collect();
    found.sort_by(|a, b| (&a.1, &a.2.name).cmp(&(&b.1, &b.2.name)));
    Ok((Arc::clone(&catalog), found))
}

fn tables(session: &mut Session) -> SqlResult<Vec<Row>> {
    let (_, found) = visible(session)?;
    Ok(found
        .into_iter()
        .filter(|(_, _, d)| !matches!(d.body, Body::Sequence(_)))
        .map(|(database, schema, d)| {
            let (kind, insertable) = match &d.body {
                Body::View(view) if view.materialized => ("MATERIALIZED VIEW", "NO"),
                Body::View(_) => ("VIEW", "NO"),
                _ => ("BASE TABLE", "YES"),
            };
            vec![
                database.into(),
                schema.into(),
                d.name.clone().into(),
                kind.into(),
                insertable.into(),
                Datum::Int(1),
            ]
        })
        .collect())
}

/// A column as `information_schema.columns` has it.
struct ColumnRow {
    /// Database, schema and table.
    place: [String; 3],
    index: usize,
    name: String,
    comment: Option<String>,
    default: Option<String>,
    nullable: bool,
    hidden: bool,
}

impl ColumnRow {
    fn row(self, ty: &SqlType) -> Row {
        let (limit, precision, scale) = match ty {
            SqlType::String { limit } | SqlType::Varchar { limit } | SqlType::Char { limit } => {
                (limit.map(i64::from), None, None)
            }
            SqlType::Int8 => (None, Some(64), Some(0)),
            SqlType::Int4 => (None, Some(32), Some(0)),
            SqlType::Decimal {
                precision: Some((p, s)),
            } => (None, Some(i64::from(*p)), Some(i64::from(*s))),
            _ => (None, None, None),
        };
        let [database, schema, table] = self.place;
        vec![
            database.into(),
            schema.into(),
            table.into(),
            self.name.into(),
            self.comment.into(),
            Datum::Int(i64::try_from(self.index).unwrap_or(0) + 1),
            self.default.into(),
            if self.nullable { "YES" } else { "NO" }.into(),
            ty.standard_name().into(),
            limit.into(),
            precision.into(),
            scale.into(),
            ty.sql_name().to_lowercase().into(),
            if self.hidden { "YES" } else { "NO" }.into(),
            ty.sql_name().into(),
        ]
    }
}

fn columns(session: &mut Session) -> SqlResult<Vec<Row>> {
    let (catalog, found) = visible(session)?;
    let mut rows = Vec::new();
    for (database, schema, d) in found {
        let list: Vec<(String, SqlType, bool, Option<String>, bool, u32)> = match &d.body {
            Body::Table(table) => table
                .columns
                .iter()
                .map(|c| {
                    (
                        c.name.clone(),
                        c.ty.clone(),
                        c.nullable,
                        c.default.clone(),
                        c.hidden,
                        c.id,
                    )
                })
                .collect(),
            Body::View(view) => view
                .columns
                .iter()
                .map(|(n, ty)| (n.clone(), ty.clone(), true, None, false, 0))
                .collect(),
            _ => Vec::new(),
        };
        for (i, (name, ty, nullable, default, hidden, id)) in list.into_iter().enumerate() {
            let comment = if id == 0 {
                None
            } else {
                catalog.comments.get(&(d.id, id)).cloned()
            };
            let place = [database.clone(), schema.clone(), d.name.clone()];
            let about = ColumnRow {
                place,
                index: i,
                name,
                comment,
                default,
                nullable,
                hidden,
            };
            rows.push(about.row(&ty));
        }
    }
    let version = session.cluster().version();
    for table in super::all().filter(|table| super::is_there(table, version)) {
        for (index, (name, ty)) in table.columns.iter().enumerate() {
            let place = [session.database(), table.schema, table.name].map(str::to_owned);
            let about = ColumnRow {
                place,
                index,
                name: (*name).to_owned(),
                comment: None,
                default: None,
                nullable: true,
                hidden: false,
            };
            rows.push(about.row(ty));
        }
    }
    Ok(rows)
}

fn schemata(session: &mut Session) -> SqlResult<Vec<Row>> {
    let catalog = session.catalog()?;
    let Some(database) = catalog.database(session.database()) else {
        return Ok(Vec::new());
    };
    let mut names: Vec<(String, &str)> = [
        "crdb_internal",
        "information_schema",
        "pg_catalog",
        "pg_extension",
    ]
    .map(|n| (n.to_owned(), "NO"))
    .to_vec();
    names.extend(
        catalog
            .in_database(database.id)
            .filter(|d| matches!(d.body, Body::Schema(_)))
            .map(|d| (d.name.clone(), "YES")),
    );
    Ok(names
        .into_iter()
        .map(|(n, user)| {
            vec![
                database.name.clone().into(),
                n.into(),
                Datum::Null,
                Datum::Null,
                user.into(),
            ]
        })
        .collect())
}

fn table_constraints(session: &mut Session) -> SqlResult<Vec<Row>> {
    let (_, found) = visible(session)?;
    let mut rows = Vec::new();
    for (database, schema, d) in found {
        let Some(table) = d.table() else { continue };
        let mut add = |name: &str, kind: &str| {
            rows.push(vec![
                database.clone().into(),
                schema.clone().into(),
                name.into(),
                database.clone().into(),
                schema.clone().into(),
                d.name.clone().into(),
                kind.into(),
            ]);
        };
        for (i, index) in table.indexes.iter().enumerate().filter(|(_, x)| x.unique) {
            add(&index.name, if i == 0 { "PRIMARY KEY" } else { "UNIQUE" });
        }
        table
            .foreign_keys
            .iter()
            .for_each(|k| add(&k.name, "FOREIGN KEY"));
        table.checks.iter().for_each(|c| add(&c.name, "CHECK"));
    }
    Ok(rows)
}

fn views(session: &mut Session) -> SqlResult<Vec<Row>> {
    let (_, found) = visible(session)?;
    Ok(found
        .into_iter()
        .filter_map(|(database, schema, d)| match &d.body {
            Body::View(view) => Some(vec![
                database.into(),
                schema.into(),
                d.name.clone().into(),
                view.query.clone().into(),
            ]),
            _ => None,
        })
        .collect())
}

fn sequences(session: &mut Session) -> SqlResult<Vec<Row>> {
    let (_, found) = visible(session)?;
    Ok(found
        .into_iter()
        .filter_map(|(database, schema, d)| match &d.body {
            Body::Sequence(s) => Some(vec![
                database.into(),
                schema.into(),
                d.name.clone().into(),
                "bigint".into(),
                s.start.to_string().into(),
                s.min.to_string().into(),
                s.max.to_string().into(),
                s.increment.to_string().into(),
            ]),
            _ => None,
        })
        .collect())
}
