//! `pg_catalog`, as far as psql's backslash commands and drivers ask.

use std::collections::BTreeSet;

use super::information_schema::visible;
use super::{VirtualTable, role_oid};
use crate::catalog::{Body, Catalog, Descriptor, quote_ident_if_needed};
use crate::datum::{Datum, Row};
use crate::error::SqlResult;
use crate::session::Session;
use crate::session::settings::Variables;
use crate::types::SqlType;

const T: SqlType = SqlType::STRING;
const N: SqlType = SqlType::Name;
const O: SqlType = SqlType::Oid;
const I: SqlType = SqlType::Int8;
const B: SqlType = SqlType::Bool;
const C: SqlType = SqlType::SingleChar;

macro_rules! tables {
    ($($name:literal => $rows:ident [$($column:literal $ty:ident),* $(,)?]),* $(,)?) => {
        pub(super) static TABLES: &[VirtualTable] = &[
            $(VirtualTable { schema: "pg_catalog", name: $name, columns: &[$(($column, $ty)),*], rows: $rows }),*
        ];
    };
}

tables! {
    "pg_class" => classes ["oid" O, "relname" N, "relnamespace" O, "reltype" O, "reloftype" O, "relowner" O, "relam" O, "reltablespace" O, "reltuples" I,
        "reltoastrelid" O, "relhasindex" B, "relisshared" B, "relpersistence" C, "relkind" C, "relnatts" I, "relchecks" I, "relhasoids" B, "relhasrules" B,
        "relhastriggers" B, "relrowsecurity" B, "relforcerowsecurity" B, "relreplident" C, "relispartition" B, "reloptions" T, "relacl" T, "relpartbound" T],
    "pg_namespace" => namespaces ["oid" O, "nspname" N, "nspowner" O, "nspacl" T],
    "pg_attribute" => attributes ["attrelid" O, "attname" N, "atttypid" O, "attstattarget" I, "attlen" I, "attnum" I, "attndims" I, "atttypmod" I, "attnotnull" B,
        "atthasdef" B, "attidentity" C, "attgenerated" C, "attisdropped" B, "attcollation" O, "attacl" T, "attoptions" T, "attstorage" C, "attcompression" C],
    "pg_attrdef" => attribute_defaults ["oid" O, "adrelid" O, "adnum" I, "adbin" T],
    "pg_database" => databases ["oid" O, "datname" N, "datdba" O, "encoding" I, "datcollate" N, "datctype" N, "datistemplate" B, "datallowconn" B, "datacl" T,
        "datlocprovider" C, "daticulocale" T, "daticurules" T, "dattablespace" O],
    "pg_roles" => roles ["oid" O, "rolname" N, "rolsuper" B, "rolinherit" B, "rolcreaterole" B, "rolcreatedb" B, "rolcanlogin" B, "rolreplication" B,
        "rolconnlimit" I, "rolvaliduntil" T, "rolbypassrls" B],
    "pg_user" => users ["usename" N, "usesysid" O, "usecreatedb" B, "usesuper" B],
    "pg_auth_members" => memberships ["roleid" O, "member" O, "grantor" O, "admin_option" B],
    "pg_type" => types ["oid" O, "typname" N, "typnamespace" O, "typowner" O, "typlen" I, "typtype" C, "typcategory" C, "typrelid" O, "typelem" O, "typarray" O,
        "typbasetype" O, "typcollation" O, "typtypmod" I, "typnotnull" B, "typdefault" T, "typacl" T, "typreceive" O],
    "pg_enum" => enums ["oid" O, "enumtypid" O, "enumsortorder" I, "enumlabel" N],
    "pg_index" => indexes ["indexrelid" O, "indrelid" O, "indnatts" I, "indisunique" B, "indisprimary" B, "indisclustered" B, "indisvalid" B, "indisready" B, "indimmediate" B, "indisexclusion" B, "indisreplident" B, "indnkeyatts" I,
        "indkey" T, "indcollation" T, "indclass" T, "indoption" T, "indexprs" T, "indpred" T],
    "pg_constraint" => constraints ["oid" O, "tableoid" O, "conname" N, "connamespace" O, "contype" C, "condeferrable" B, "condeferred" B, "convalidated" B, "conrelid" O,
        "conindid" O, "confrelid" O, "conparentid" O, "contypid" O],
    "pg_am" => access_methods ["oid" O, "amname" N],
    "pg_collation" => none ["oid" O, "collname" N, "collnamespace" O, "collencoding" I, "collprovider" C, "collcollate" N, "collctype" N, "colliculocale" T,
        "collisdeterministic" B],
    "pg_description" => descriptions ["objoid" O, "classoid" O, "objsubid" I, "description" T],
    "pg_shdescription" => none ["objoid" O, "classoid" O, "description" T],
    "pg_inherits" => none ["inhrelid" O, "inhparent" O, "inhseqno" I, "inhdetachpending" B],
    "pg_policy" => none ["polname" N, "polrelid" O, "polcmd" C, "polpermissive" B, "polroles" T, "polqual" T, "polwithcheck" T],
    "pg_publication" => none ["oid" O, "pubname" N, "pubowner" O, "puballtables" B, "pubinsert" B, "pubupdate" B, "pubdelete" B, "pubtruncate" B, "pubviaroot" B],
    "pg_publication_rel" => none ["prpubid" O, "prrelid" O, "prqual" T, "prattrs" T],
    "pg_publication_namespace" => none ["pnpubid" O, "pnnspid" O],
    "pg_statistic_ext" => none ["oid" O, "stxrelid" O, "stxname" N, "stxnamespace" O, "stxkind" T, "stxkeys" T, "stxstattarget" I],
    "pg_trigger" => none ["oid" O, "tableoid" O, "tgrelid" O, "tgname" N, "tgenabled" C, "tgisinternal" B, "tgconstraint" O, "tgparentid" O, "tgconstrrelid" O],
    "pg_rewrite" => none ["oid" O, "tableoid" O, "rulename" N, "ev_class" O, "ev_enabled" C],
    "pg_foreign_table" => none ["ftrelid" O, "ftserver" O],
    "pg_tablespace" => tablespaces ["oid" O, "spcname" N, "spcowner" O, "spcacl" T, "spcoptions" T],
    "pg_settings" => settings ["name" T, "setting" T, "category" T, "boot_val" T, "source" T, "context" T, "vartype" T, "unit" T, "short_desc" T],
    "pg_tables" => pg_tables ["schemaname" N, "tablename" N, "tableowner" N],
    "pg_proc" => functions ["oid" O, "proname" N, "pronamespace" O, "proowner" O, "prolang" O, "prokind" C, "prosecdef" B, "provolatile" C, "proparallel" C,
        "pronargs" I, "prorettype" O, "proargtypes" T, "prosrc" T, "proacl" T],
    "pg_sequence" => none ["seqrelid" O, "seqtypid" O, "seqstart" I, "seqincrement" I, "seqmax" I, "seqmin" I, "seqcache" I, "seqcycle" B],
    "pg_conversion" => none ["oid" O, "tableoid" O, "conname" N, "connamespace" O, "conowner" O, "conforencoding" I, "contoencoding" I, "condefault" B],
    "pg_user_mappings" => none ["umid" O, "srvid" O, "srvname" N, "umuser" O, "usename" N, "umoptions" T],
    "pg_opclass" => none ["oid" O, "tableoid" O, "opcmethod" O, "opcname" N, "opcnamespace" O, "opcowner" O, "opcfamily" O, "opcintype" O, "opcdefault" B,
        "opckeytype" O],
    "pg_opfamily" => none ["oid" O, "tableoid" O, "opfmethod" O, "opfname" N, "opfnamespace" O, "opfowner" O],
    "pg_depend" => none ["classid" O, "objid" O, "objsubid" I, "refclassid" O, "refobjid" O, "refobjsubid" I, "deptype" C],
    "pg_extension" => none ["oid" O, "extname" N, "extnamespace" O, "extversion" T],
    "pg_cast" => none ["oid" O, "castsource" O, "casttarget" O, "castfunc" O, "castcontext" C, "castmethod" C],
    "pg_operator" => none ["oid" O, "oprname" N, "oprnamespace" O, "oprkind" C, "oprleft" O, "oprright" O, "oprresult" O, "oprcode" O],
    "pg_db_role_setting" => none ["setdatabase" O, "setrole" O, "setconfig" T],
    "pg_default_acl" => none ["oid" O, "defaclrole" O, "defaclnamespace" O, "defaclobjtype" C, "defaclacl" T],
    "pg_event_trigger" => none ["oid" O, "evtname" N, "evtevent" N, "evtowner" O, "evtfoid" O, "evtenabled" C, "evttags" T],
    "pg_foreign_data_wrapper" => none ["oid" O, "fdwname" N, "fdwowner" O, "fdwhandler" O, "fdwvalidator" O, "fdwacl" T, "fdwoptions" T],
    "pg_foreign_server" => none ["oid" O, "srvname" N, "srvowner" O, "srvfdw" O, "srvtype" T, "srvversion" T, "srvacl" T, "srvoptions" T],
    "pg_subscription" => none ["oid" O, "subdbid" O, "subname" N, "subowner" O, "subenabled" B, "subpublications" T],
    "pg_ts_config" => none ["oid" O, "cfgname" N, "cfgnamespace" O, "cfgowner" O, "cfgparser" O],
    "pg_ts_dict" => none ["oid" O, "dictname" N, "dictnamespace" O, "dictowner" O, "dicttemplate" O, "dictinitoption" T],
    "pg_ts_parser" => none ["oid" O, "prsname" N, "prsnamespace" O],
    "pg_ts_template" => none ["oid" O, "tmplname" N, "tmplnamespace" O],
    "pg_largeobject_metadata" => none ["oid" O, "lomowner" O, "lomacl" T],
    "pg_language" => none ["oid" O, "tableoid" O, "lanname" N, "lanowner" O, "lanispl" B, "lanpltrusted" B, "lanplcallfoid" O, "laninline" O, "lanvalidator" O, "lanacl" T],
    "pg_partitioned_table" => none ["partrelid" O, "partstrat" C, "partnatts" I],
    "pg_indexes" => pg_indexes ["schemaname" N, "tablename" N, "indexname" N, "tablespace" N, "indexdef" T],
    "pg_views" => pg_views ["schemaname" N, "viewname" N, "viewowner" N, "definition" T],
}

fn none(_: &mut Session) -> SqlResult<Vec<Row>> {
    Ok(Vec::new())
}

/// A row of zeros and empty texts with some columns set, for tables with many columns nobody asks about.
fn row_of(table: &str, set: &[(&str, Datum)]) -> Row {
    let columns = super::columns("pg_catalog", table);
    columns
        .iter()
        .map(|c| {
            set.iter()
                .find(|(name, _)| *name == c.name)
                .map(|(_, value)| value.clone())
                .unwrap_or_else(|| match c.ty {
                    SqlType::Bool | SqlType::Int8 | SqlType::Oid => Datum::Int(0),
                    SqlType::SingleChar => "".into(),
                    _ => Datum::Null,
                })
        })
        .collect()
}

fn id(id: u32) -> Datum {
    Datum::Int(i64::from(id))
}

/// The definition behind an index's OID.
pub fn index_definition(catalog: &Catalog, oid: i64) -> Option<String> {
    let (table, index) = split_oid(oid - INDEX_OIDS)?;
    let object = catalog.descriptors.get(&table)?;
    let body = object.table()?;
    let found = body.indexes.iter().find(|i| i.id == index)?;
    let columns: Vec<String> = found
        .columns
        .iter()
        .filter_map(|(id, descending)| {
            let direction = if *descending { "DESC" } else { "ASC" };
            let name = quote_ident_if_needed(&body.column_by_id(*id)?.name);
            Some(format!("{name} {direction}"))
        })
        .collect();
    let unique = if found.unique { "UNIQUE " } else { "" };
    Some(format!(
        "CREATE {unique}INDEX {} ON {} USING btree ({})",
        quote_ident_if_needed(&found.name),
        catalog.full_name(object),
        columns.join(", ")
    ))
}

/// The arguments and the result of the function behind an OID.
pub fn function_signature(catalog: &Catalog, oid: i64) -> Option<(String, String)> {
    match &catalog.descriptors.get(&u32::try_from(oid).ok()?)?.body {
        Body::Function(function) => crate::sql::translate::signature(&function.definition),
        _ => None,
    }
}

/// The table whose index this is.
pub fn indexed_table(oid: i64) -> Option<u32> {
    if oid < CONSTRAINT_OIDS {
        split_oid(oid - INDEX_OIDS).map(|(table, _)| table)
    } else {
        None
    }
}

/// The n-th column of the index behind an OID.
pub fn index_column(catalog: &Catalog, oid: i64, n: i64) -> Option<String> {
    let (table, index) = split_oid(oid - INDEX_OIDS)?;
    let body = catalog.descriptors.get(&table)?.table()?;
    let found = body.indexes.iter().find(|i| i.id == index)?;
    let (id, _) = found.columns.get(usize::try_from(n).ok()?.checked_sub(1)?)?;
    Some(body.column_by_id(*id)?.name.clone())
}

/// The definition behind a constraint's OID.
pub fn constraint_definition(catalog: &Catalog, oid: i64) -> Option<String> {
    let (table, n) = split_oid(oid - CONSTRAINT_OIDS)?;
    let list = crate::show::constraint_list(catalog, catalog.descriptors.get(&table)?);
    let (_, _, definition) = list.into_iter().nth(usize::try_from(n).ok()?.checked_sub(1)?)?;
    Some(definition)
}

const INDEX_OIDS: i64 = 1_000_000;
const CONSTRAINT_OIDS: i64 = 2_000_000;

fn split_oid(number: i64) -> Option<(u32, u32)> {
    Some((
        u32::try_from(number / 1000).ok()?,
        u32::try_from(number % 1000).ok()?,
    ))
}

/// The OID of an index: its table's id and its own.
fn index_oid(table: u32, index: u32) -> Datum {
    Datum::Int(i64::from(table) * 1000 + i64::from(index) + INDEX_OIDS)
}

fn owner(name: &str) -> Datum {
    Datum::Int(role_oid(name))
}

fn classes(session: &mut Session) -> SqlResult<Vec<Row>> {
    let (_, found) = visible(session)?;
    let referenced: BTreeSet<u32> = found
        .iter()
        .filter_map(|(_, _, d)| d.table())
        .flat_map(|t| t.foreign_keys.iter().map(|key| key.referenced_table))
        .collect();
    let has_foreign_keys =
        |d: &Descriptor| referenced.contains(&d.id) || d.table().is_some_and(|t| !t.foreign_keys.is_empty());
    let mut rows = Vec::new();
    for (_, _, d) in found {
        let d = &*d;
        let (kind, columns) = match &d.body {
            Body::Table(t) => ("r", t.columns.len()),
            Body::View(v) if v.materialized => ("m", v.columns.len()),
            Body::View(v) => ("v", v.columns.len()),
            _ => ("S", 3),
        };
        rows.push(row_of(
            "pg_class",
            &[
                ("oid", id(d.id)),
                ("relname", d.name.clone().into()),
                ("relnamespace", id(d.schema_id)),
                ("relowner", owner(&d.owner)),
                ("relpersistence", "p".into()),
                ("relkind", kind.into()),
                ("relnatts", i64::try_from(columns).unwrap_or(0).into()),
                ("relhasindex", d.table().is_some().into()),
                // psql asks for foreign keys only where there are triggers.
                ("relhastriggers", has_foreign_keys(d).into()),
                (
                    "relchecks",
                    d.table()
                        .map_or(0, |t| i64::try_from(t.checks.len()).unwrap_or(0))
                        .into(),
                ),
                ("relam", Datum::Int(if kind == "r" { 2 } else { 0 })),
                ("relreplident", "d".into()),
            ],
        ));
        for index in d.table().map(|t| t.indexes.as_slice()).unwrap_or_default() {
            rows.push(row_of(
                "pg_class",
                &[
                    ("oid", index_oid(d.id, index.id)),
                    ("relname", index.name.clone().into()),
                    ("relnamespace", id(d.schema_id)),
                    ("relowner", owner(&d.owner)),
                    ("relpersistence", "p".into()),
                    ("relkind", "i".into()),
                    ("relam", Datum::Int(403)),
                ],
            ));
        }
    }
    Ok(rows)
}

fn namespaces(session: &mut Session) -> SqlResult<Vec<Row>> {
    let catalog = session.catalog()?;
    let database = catalog.database(session.database()).map_or(0, |d| d.id);
    let mut rows: Vec<Row> = catalog
        .in_database(database)
        .filter(|d| matches!(d.body, Body::Schema(_)))
        .map(|d| {
            row_of(
                "pg_namespace",
                &[
                    ("oid", id(d.id)),
                    ("nspname", d.name.clone().into()),
                    ("nspowner", owner(&d.owner)),
                ],
            )
        })
        .collect();
    for (i, name) in crate::virtuals::SCHEMAS.iter().enumerate() {
        let oid = Datum::Int(4_294_967_000 + i64::try_from(i).unwrap_or(0));
        rows.push(row_of(
            "pg_namespace",
            &[
                ("oid", oid),
                ("nspname", (*name).into()),
                ("nspowner", owner("node")),
            ],
        ));
    }
    Ok(rows)
}

fn attributes(session: &mut Session) -> SqlResult<Vec<Row>> {
    let (_, found) = visible(session)?;
    let mut rows = Vec::new();
    for (_, _, d) in found {
        let list: Vec<(String, SqlType, bool, bool)> = match &d.body {
            Body::Table(t) => t
                .columns
                .iter()
                .filter(|c| !c.hidden)
                .map(|c| (c.name.clone(), c.ty.clone(), !c.nullable, c.default.is_some()))
                .collect(),
            Body::View(v) => v
                .columns
                .iter()
                .map(|(n, ty)| (n.clone(), ty.clone(), false, false))
                .collect(),
            _ => Vec::new(),
        };
        for (i, (name, ty, not_null, has_default)) in list.into_iter().enumerate() {
            rows.push(row_of(
                "pg_attribute",
                &[
                    ("attrelid", id(d.id)),
                    ("attname", name.into()),
                    ("atttypid", id(ty.oid())),
                    ("attlen", i64::from(ty.wire_size()).into()),
                    ("attnum", Datum::Int(i64::try_from(i).unwrap_or(0) + 1)),
                    ("atttypmod", Datum::Int(-1)),
                    ("attnotnull", not_null.into()),
                    ("atthasdef", has_default.into()),
                ],
            ));
        }
    }
    Ok(rows)
}

fn attribute_defaults(session: &mut Session) -> SqlResult<Vec<Row>> {
    let (_, found) = visible(session)?;
    let mut rows = Vec::new();
    for (_, _, d) in found {
        let visible_columns = d
            .table()
            .map(|t| t.columns.iter().filter(|c| !c.hidden).collect::<Vec<_>>())
            .unwrap_or_default();
        for (i, column) in visible_columns.iter().enumerate() {
            if let Some(default) = &column.default {
                rows.push(vec![
                    id(d.id * 1000 + column.id),
                    id(d.id),
                    Datum::Int(i64::try_from(i).unwrap_or(0) + 1),
                    default.clone().into(),
                ]);
            }
        }
    }
    Ok(rows)
}

fn databases(session: &mut Session) -> SqlResult<Vec<Row>> {
    let catalog = session.catalog()?;
    let databases = catalog.descriptors.values().filter(|d| d.database().is_some());
    Ok(databases
        .map(|d| {
            row_of(
                "pg_database",
                &[
                    ("oid", id(d.id)),
                    ("datname", d.name.clone().into()),
                    ("datdba", owner(&d.owner)),
                    ("encoding", Datum::Int(6)),
                    ("datcollate", "en_US.utf8".into()),
                    ("datctype", "en_US.utf8".into()),
                    ("datallowconn", true.into()),
                    ("datlocprovider", "c".into()),
                ],
            )
        })
        .collect())
}

fn roles(session: &mut Session) -> SqlResult<Vec<Row>> {
    let catalog = session.catalog()?;
    Ok(catalog
        .roles
        .values()
        .filter(|r| r.name != "public")
        .map(|r| {
            row_of(
                "pg_roles",
                &[
                    ("oid", owner(&r.name)),
                    ("rolname", r.name.clone().into()),
                    ("rolsuper", catalog.is_admin(&r.name).into()),
                    ("rolinherit", true.into()),
                    (
                        "rolcreaterole",
                        catalog.has_role_option(&r.name, "CREATEROLE").into(),
                    ),
                    ("rolcreatedb", catalog.has_role_option(&r.name, "CREATEDB").into()),
                    ("rolcanlogin", r.may_log_in().into()),
                    ("rolconnlimit", Datum::Int(-1)),
                    ("rolvaliduntil", r.valid_until.clone().into()),
                ],
            )
        })
        .collect())
}

fn users(session: &mut Session) -> SqlResult<Vec<Row>> {
    let catalog = session.catalog()?;
    let users = catalog
        .roles
        .values()
        .filter(|r| r.may_log_in() && r.name != "public");
    Ok(users
        .map(|r| {
            vec![
                r.name.clone().into(),
                owner(&r.name),
                catalog.has_role_option(&r.name, "CREATEDB").into(),
                catalog.is_admin(&r.name).into(),
            ]
        })
        .collect())
}

fn memberships(session: &mut Session) -> SqlResult<Vec<Row>> {
    let catalog = session.catalog()?;
    let pairs = catalog
        .roles
        .values()
        .flat_map(|r| r.member_of.iter().map(move |(parent, m)| (r, parent, m)));
    Ok(pairs
        .map(|(r, parent, m)| vec![owner(parent), owner(&r.name), Datum::Int(0), m.is_admin.into()])
        .collect())
}

fn types(session: &mut Session) -> SqlResult<Vec<Row>> {
    let catalog = session.catalog()?;
    let builtin = [
        16, 17, 18, 19, 20, 21, 23, 25, 26, 700, 701, 1009, 1016, 1042, 1043, 1082, 1083, 1114, 1184, 1186,
        1700, 2950, 3802,
    ];
    let mut rows: Vec<Row> = builtin
        .into_iter()
        .map(|oid| {
            let ty = SqlType::from_oid(oid);
            let name = match oid {
                16 => "bool",
                17 => "bytea",
                18 => "char",
                20 => "int8",
                21 => "int2",
                23 => "int4",
                25 => "text",
                700 => "float4",
                701 => "float8",
                1009 => "_text",
                1016 => "_int8",
                1042 => "bpchar",
                1043 => "varchar",
                1114 => "timestamp",
                1184 => "timestamptz",
                1700 => "numeric",
                _ => "",
            };
            let name = if name.is_empty() {
                ty.sql_name().to_lowercase()
            } else {
                name.to_owned()
            };
            row_of(
                "pg_type",
                &[
                    ("oid", id(oid)),
                    ("typname", name.into()),
                    ("typnamespace", Datum::Int(4_294_967_002)),
                    ("typtype", "b".into()),
                    ("typlen", i64::from(ty.wire_size()).into()),
                    ("typtypmod", Datum::Int(-1)),
                ],
            )
        })
        .collect();
    for d in catalog
        .descriptors
        .values()
        .filter(|d| matches!(d.body, Body::Enum(_)))
    {
        rows.push(row_of(
            "pg_type",
            &[
                ("oid", id(100_000 + d.id)),
                ("typname", d.name.clone().into()),
                ("typnamespace", id(d.schema_id)),
                ("typowner", owner(&d.owner)),
                ("typtype", "e".into()),
                ("typcategory", "E".into()),
            ],
        ));
    }
    Ok(rows)
}

fn enums(session: &mut Session) -> SqlResult<Vec<Row>> {
    let catalog = session.catalog()?;
    let mut rows = Vec::new();
    for d in catalog.descriptors.values() {
        if let Body::Enum(body) = &d.body {
            for (i, value) in body.values.iter().enumerate() {
                let n = i64::try_from(i).unwrap_or(0);
                rows.push(vec![
                    Datum::Int(i64::from(d.id) * 1000 + n),
                    id(100_000 + d.id),
                    Datum::Int(n),
                    value.clone().into(),
                ]);
            }
        }
    }
    Ok(rows)
}

fn indexes(session: &mut Session) -> SqlResult<Vec<Row>> {
    let (_, found) = visible(session)?;
    let mut rows = Vec::new();
    for (_, _, d) in found {
        for (i, index) in d
            .table()
            .map(|t| t.indexes.as_slice())
            .unwrap_or_default()
            .iter()
            .enumerate()
        {
            let keys: Vec<String> = index.columns.iter().map(|(c, _)| c.to_string()).collect();
            rows.push(row_of(
                "pg_index",
                &[
                    ("indexrelid", index_oid(d.id, index.id)),
                    ("indrelid", id(d.id)),
                    ("indnatts", i64::try_from(keys.len()).unwrap_or(0).into()),
                    ("indisunique", index.unique.into()),
                    ("indisprimary", (i == 0).into()),
                    ("indnkeyatts", i64::try_from(keys.len()).unwrap_or(0).into()),
                    ("indisvalid", true.into()),
                    ("indisready", true.into()),
                    ("indimmediate", true.into()),
                    ("indkey", keys.join(" ").into()),
                ],
            ));
        }
    }
    Ok(rows)
}

fn constraints(session: &mut Session) -> SqlResult<Vec<Row>> {
    let (_, found) = visible(session)?;
    let mut rows = Vec::new();
    for (_, _, d) in found {
        let Some(table) = d.table() else { continue };
        let mut n = 0;
        let mut add = |name: &str, kind: &str, index: Datum, parent: Datum| {
            n += 1;
            let oid = Datum::Int(i64::from(d.id) * 1000 + n + CONSTRAINT_OIDS);
            let set = [
                ("oid", oid),
                ("conname", name.into()),
                ("connamespace", id(d.schema_id)),
                ("contype", kind.into()),
                ("convalidated", true.into()),
                ("conrelid", id(d.id)),
                ("conindid", index),
                ("confrelid", parent),
            ];
            rows.push(row_of("pg_constraint", &set));
        };
        for (i, index) in table.indexes.iter().enumerate().filter(|(_, x)| x.unique) {
            add(
                &index.name,
                if i == 0 { "p" } else { "u" },
                index_oid(d.id, index.id),
                Datum::Int(0),
            );
        }
        table
            .foreign_keys
            .iter()
            .for_each(|k| add(&k.name, "f", Datum::Int(0), id(k.referenced_table)));
        table
            .checks
            .iter()
            .for_each(|c| add(&c.name, "c", Datum::Int(0), Datum::Int(0)));
    }
    Ok(rows)
}

fn functions(session: &mut Session) -> SqlResult<Vec<Row>> {
    let catalog = session.catalog()?;
    let database = catalog.database(session.database()).map_or(0, |d| d.id);
    Ok(catalog
        .in_database(database)
        .filter(|d| matches!(d.body, Body::Function(_)))
        .map(|d| {
            let set = [
                ("oid", id(d.id)),
                ("proname", d.name.clone().into()),
                ("pronamespace", id(d.schema_id)),
                ("proowner", owner(&d.owner)),
                ("prokind", "f".into()),
                ("provolatile", "v".into()),
            ];
            row_of("pg_proc", &set)
        })
        .collect())
}

fn access_methods(_: &mut Session) -> SqlResult<Vec<Row>> {
    Ok(vec![
        vec![Datum::Int(2), "heap".into()],
        vec![Datum::Int(403), "prefix".into()],
    ])
}

fn tablespaces(_: &mut Session) -> SqlResult<Vec<Row>> {
    let set = [
        ("oid", Datum::Int(0)),
        ("spcname", "pg_default".into()),
        ("spcowner", owner("node")),
    ];
    Ok(vec![row_of("pg_tablespace", &set)])
}

fn descriptions(session: &mut Session) -> SqlResult<Vec<Row>> {
    let catalog = session.catalog()?;
    Ok(catalog
        .comments
        .iter()
        .map(|((object, column), text)| vec![id(*object), Datum::Int(1259), id(*column), text.clone().into()])
        .collect())
}

fn settings(session: &mut Session) -> SqlResult<Vec<Row>> {
    let defaults = Variables::default();
    Ok(session
        .variables()
        .all()
        .into_iter()
        .map(|(name, value)| {
            let default = defaults.get(&name);
            let source = if default.as_ref() == Some(&value) {
                "default"
            } else {
                "session"
            };
            row_of(
                "pg_settings",
                &[
                    ("name", name.into()),
                    ("setting", value.into()),
                    ("category", "".into()),
                    ("boot_val", default.into()),
                    ("source", source.into()),
                    ("context", "user".into()),
                    ("vartype", "string".into()),
                ],
            )
        })
        .collect())
}

fn pg_indexes(session: &mut Session) -> SqlResult<Vec<Row>> {
    let (catalog, found) = visible(session)?;
    let mut rows = Vec::new();
    for (_, schema, d) in found {
        for index in d.table().map(|t| t.indexes.as_slice()).unwrap_or_default() {
            let definition = index_oid(d.id, index.id)
                .as_int()
                .and_then(|oid| index_definition(&catalog, oid));
            rows.push(vec![
                schema.clone().into(),
                d.name.clone().into(),
                index.name.clone().into(),
                Datum::Null,
                definition.into(),
            ]);
        }
    }
    Ok(rows)
}

fn pg_views(session: &mut Session) -> SqlResult<Vec<Row>> {
    let (_, found) = visible(session)?;
    Ok(found
        .into_iter()
        .filter_map(|(_, schema, d)| match &d.body {
            Body::View(view) if !view.materialized => Some(vec![
                schema.into(),
                d.name.clone().into(),
                d.owner.clone().into(),
                view.query.clone().into(),
            ]),
            _ => None,
        })
        .collect())
}

fn pg_tables(session: &mut Session) -> SqlResult<Vec<Row>> {
    let (_, found) = visible(session)?;
    Ok(found
        .into_iter()
        .filter(|(_, _, d)| d.table().is_some())
        .map(|(_, schema, d)| vec![schema.into(), d.name.clone().into(), d.owner.clone().into()])
        .collect())
}
