//! CREATE.

use sqlparser::ast::Statement;

use super::table::{TableReader, index_columns, locality, parameters};
use super::{new_object, place, taken};
use crate::catalog::{
    Body, Catalog, Column, DatabaseBody, Descriptor, EnumBody, FunctionBody, Index, ObjectName, Privilege,
    SchemaBody, SequenceBody, TableBody, ViewBody,
};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::Session;
use crate::sql::lexer::Cursor;
use crate::sql::rewrite::rewrite;
use crate::sql::translate::parse;
use crate::types::SqlType;

fn if_not_exists(cursor: &mut Cursor<'_>) -> bool {
    cursor.accept("if not exists")
}

pub(super) fn run(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<String> {
    let replace = cursor.accept("or replace");
    if cursor.accept("database") {
        return database(session, cursor);
    }
    if cursor.accept("schema") {
        return schema(session, cursor);
    }
    if cursor.accept("type") {
        return enumeration(session, cursor);
    }
    if cursor.accept("sequence") {
        return sequence(session, cursor);
    }
    if cursor.accept("function") || cursor.accept("procedure") {
        return function(session, cursor, replace);
    }
    if cursor.looking_at("unique") || cursor.looking_at("index") || cursor.looking_at("inverted") {
        return index(session, cursor);
    }
    let materialized = cursor.accept("materialized");
    if cursor.accept("view") {
        return view(session, cursor, replace, materialized);
    }
    if ["temp", "temporary", "unlogged"].iter().any(|w| cursor.accept(w)) {
        return Err(SqlError::not_on_practice("temporary tables"));
    }
    if cursor.accept("table") {
        return table(session, cursor);
    }
    Err(cursor.unexpected())
}

fn database(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<String> {
    let exists_ok = if_not_exists(cursor);
    let name = cursor.ident()?;
    let catalog = session.catalog()?;
    if !catalog.has_role_option(session.user(), "CREATEDB") {
        return Err(SqlError::privilege("permission denied to create database"));
    }
    let mut body = DatabaseBody::default();
    let mut owner = session.user().to_owned();
    loop {
        cursor.accept("with");
        if cursor.accept("primary region") {
            cursor.accept("=");
            body.primary_region = Some(cursor.ident_or_text()?);
        } else if cursor.accept("regions") || cursor.accept("region") {
            cursor.accept("=");
            body.regions.push(cursor.ident_or_text()?);
            while cursor.accept(",") {
                body.regions.push(cursor.ident_or_text()?);
            }
        } else if cursor.accept("secondary region") {
            cursor.accept("=");
            body.secondary_region = Some(cursor.ident_or_text()?);
        } else if cursor.accept("survive") {
            cursor.accept("=");
            body.survival_goal = Some(cursor.ident()?);
            cursor.accept("failure");
        } else if cursor.accept("owner") {
            cursor.accept("=");
            owner = cursor.ident()?;
        } else if cursor.accept("encoding")
            || cursor.accept("template")
            || cursor.accept("lc_collate")
            || cursor.accept("lc_ctype")
        {
            cursor.accept("=");
            cursor.ident_or_text()?;
        } else {
            break;
        }
    }
    if catalog.database(&name).is_some() {
        if exists_ok {
            session.notice(format!("database \"{name}\" already exists, skipping"));
            return Ok("CREATE DATABASE".into());
        }
        return Err(SqlError::new(
            sqlstate::DUPLICATE_DATABASE,
            format!("database \"{name}\" already exists"),
        ));
    }
    let implied = catalog
        .setting("sql.defaults.primary_region")
        .filter(|r| !r.is_empty());
    if body.primary_region.is_none() && body.regions.is_empty() && implied.is_some() {
        body.primary_region = implied;
    }
    let (id, _) = session.create_database(&name, &owner)?;
    if let Some(primary) = body.primary_region.clone() {
        super::alter::set_regions(session, id, &primary, body)?;
    }
    Ok("CREATE DATABASE".into())
}

fn schema(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<String> {
    let exists_ok = if_not_exists(cursor);
    let mut owner = session.user().to_owned();
    let name = if cursor.accept("authorization") {
        owner = cursor.ident()?;
        ObjectName::bare(&owner)
    } else {
        cursor.name()?
    };
    if cursor.accept("authorization") {
        owner = cursor.ident()?;
    }
    let catalog = session.catalog()?;
    let database_name = if let [database, _] = name.0.as_slice() {
        database.clone()
    } else {
        session.database().to_owned()
    };
    let database = catalog.require_database(&database_name)?;
    catalog.check_privilege(session.user(), database, Privilege::Create)?;
    if catalog.schema(database.id, name.object()).is_some() {
        if exists_ok {
            session.notice(format!("schema \"{}\" already exists, skipping", name.object()));
            return Ok("CREATE SCHEMA".into());
        }
        return Err(SqlError::new(
            sqlstate::DUPLICATE_SCHEMA,
            format!("schema \"{}\" already exists", name.object()),
        ));
    }
    let mut descriptor = new_object(
        session,
        &catalog,
        database,
        database,
        name.object(),
        Body::Schema(SchemaBody::default()),
    );
    descriptor.owner = owner;
    session.create_descriptor(descriptor)?;
    Ok("CREATE SCHEMA".into())
}

fn enumeration(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<String> {
    let exists_ok = if_not_exists(cursor);
    let name = cursor.name()?;
    cursor.expect("as enum (")?;
    let mut values = Vec::new();
    while !cursor.accept(")") {
        values.push(cursor.text()?);
        cursor.accept(",");
    }
    let (catalog, database, schema) = place(session, &name)?;
    if let Some(error) = taken(&catalog, &schema, name.object()) {
        return if exists_ok {
            Ok("CREATE TYPE".into())
        } else {
            Err(error)
        };
    }
    let body = Body::Enum(EnumBody {
        values,
        multi_region: false,
    });
    session.create_descriptor(new_object(
        session,
        &catalog,
        &database,
        &schema,
        name.object(),
        body,
    ))?;
    Ok("CREATE TYPE".into())
}

fn sequence(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<String> {
    let exists_ok = if_not_exists(cursor);
    let name = cursor.name()?;
    let mut body = SequenceBody {
        start: 1,
        increment: 1,
        min: 1,
        max: i64::MAX,
        owned_by: None,
    };
    let mut start = None;
    loop {
        if cursor.accept("start") {
            cursor.accept("with");
            start = Some(cursor.integer()?);
        } else if cursor.accept("increment") {
            cursor.accept("by");
            body.increment = cursor.integer()?;
        } else if cursor.accept("minvalue") {
            body.min = cursor.integer()?;
        } else if cursor.accept("maxvalue") {
            body.max = cursor.integer()?;
        } else if cursor.accept("owned by") {
            let mut column = cursor.name()?;
            let column_name = column.0.pop().unwrap_or_default();
            if !column.0.is_empty() {
                let table = super::find(session, &column, "relation")?;
                body.owned_by = table
                    .table()
                    .and_then(|t| t.column(&column_name))
                    .map(|c| (table.id, c.id));
            }
        } else if !(cursor.accept("no minvalue")
            || cursor.accept("no maxvalue")
            || cursor.accept("no cycle")
            || cursor.accept("cache 1")
            || cursor.accept("as int"))
        {
            break;
        }
    }
    body.start = start.unwrap_or(if body.increment < 0 { -1 } else { body.min });
    if body.increment < 0 && body.max == i64::MAX {
        (body.min, body.max) = (i64::MIN, -1);
    }
    let (catalog, database, schema) = place(session, &name)?;
    if let Some(error) = taken(&catalog, &schema, name.object()) {
        return if exists_ok {
            Ok("CREATE SEQUENCE".into())
        } else {
            Err(error)
        };
    }
    session.create_descriptor(new_object(
        session,
        &catalog,
        &database,
        &schema,
        name.object(),
        Body::Sequence(body),
    ))?;
    Ok("CREATE SEQUENCE".into())
}

fn function(session: &mut Session, cursor: &mut Cursor<'_>, replace: bool) -> SqlResult<String> {
    let name = cursor.name()?;
    let definition = cursor.rest().to_owned();
    while cursor.take().is_some() {}
    let (catalog, database, schema) = place(session, &name)?;
    let existing = catalog
        .in_schema(schema.id)
        .find(|d| matches!(d.body, Body::Function(_)) && d.name == name.object());
    if existing.is_some() && !replace {
        return Err(SqlError::new(
            "42723",
            format!(
                "function \"{}\" already exists with same argument types",
                name.object()
            ),
        ));
    }
    let depends_on = mentioned_relations(session, &catalog, &definition);
    let mut descriptor = new_object(
        session,
        &catalog,
        &database,
        &schema,
        name.object(),
        Body::Function(FunctionBody {
            definition,
            depends_on,
        }),
    );
    if let Some(existing) = existing {
        descriptor.id = existing.id;
        session.update_descriptor(&descriptor)?;
    } else {
        session.create_descriptor(descriptor)?;
    }
    Ok("CREATE FUNCTION".into())
}

/// The relations and called functions whose names stand in a text; how a function's or view's dependencies are found.
fn mentioned_relations(session: &Session, catalog: &Catalog, text: &str) -> Vec<u32> {
    use crate::sql::lexer::{Kind, tokenize};
    let mut found = Vec::new();
    let mut scan = |text: &str| {
        let tokens = tokenize(text).unwrap_or_default();
        for window in tokens.iter().enumerate() {
            let mut parts = Vec::new();
            let mut at = window.0;
            while let Some(Kind::Word(name) | Kind::Quoted(name)) = tokens.get(at).map(|t| &t.kind) {
                parts.push(name.clone());
                if !matches!(tokens.get(at + 1).map(|t| &t.kind), Some(Kind::Symbol(s)) if s == ".") {
                    break;
                }
                at += 2;
            }
            let (database, path) = (session.database(), session.search_path());
            let is_call = matches!(tokens.get(at + 1).map(|t| &t.kind), Some(Kind::Symbol(s)) if s == "(");
            let function = parts
                .last()
                .filter(|_| is_call)
                .and_then(|name| catalog.resolve_function(name, database, &path));
            let object = catalog
                .resolve(&ObjectName(parts.clone()), database, &path)
                .or(function);
            if let Some(object) = object.filter(|object| !found.contains(&object.id)) {
                found.push(object.id);
            }
        }
    };
    scan(text);
    for token in tokenize(text).unwrap_or_default() {
        if let Kind::Text(body) = token.kind {
            scan(&body);
        }
    }
    found
}

fn index(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<String> {
    let unique = cursor.accept("unique");
    cursor.accept("inverted");
    cursor.expect("index")?;
    cursor.accept("concurrently");
    let exists_ok = if_not_exists(cursor);
    let name = if cursor.looking_at("on") {
        None
    } else {
        Some(cursor.ident()?)
    };
    cursor.expect("on")?;
    let table_name = cursor.name()?;
    if cursor.accept("using") {
        cursor.ident()?;
    }
    let columns = index_columns(cursor)?;
    let storing = if cursor.accept("storing") || cursor.accept("include") {
        cursor.ident_list()?
    } else {
        Vec::new()
    };
    let table = super::find(session, &table_name, "relation")?;
    session
        .catalog()?
        .check_privilege(session.user(), &table, Privilege::Create)?;
    if exists_ok
        && name.as_ref().is_some_and(|n| {
            table
                .table()
                .is_some_and(|t| t.indexes.iter().any(|i| &i.name == n))
        })
    {
        return Ok("CREATE INDEX".into());
    }
    let mut reader = TableReader::existing(session, &table)?;
    reader.add_index(name, &columns, &storing, unique)?;
    let mut changed = Descriptor::clone(&table);
    changed.body = Body::Table(reader.finish(session, table.id)?);
    session.update_descriptor(&changed)?;
    Ok("CREATE INDEX".into())
}

/// A query's columns, and its SQL for storage.
fn query_shape(session: &mut Session, query: &str) -> SqlResult<(String, Vec<crate::session::ColumnMeta>)> {
    let statement = parse(&rewrite(query)?.sql)?;
    let Statement::Query(query) = statement else {
        return Err(SqlError::syntax(query));
    };
    let mut translator = crate::sql::translator(session)?;
    translator.select(&query)
}

fn view(
    session: &mut Session,
    cursor: &mut Cursor<'_>,
    replace: bool,
    materialized: bool,
) -> SqlResult<String> {
    let exists_ok = if_not_exists(cursor);
    let name = cursor.name()?;
    let names = if cursor.looking_at("(") {
        cursor.ident_list()?
    } else {
        Vec::new()
    };
    cursor.expect("as")?;
    let query = cursor.until(&["with_data"]).trim_end_matches(';').to_owned();
    let (catalog, database, schema) = place(session, &name)?;
    let existing = catalog.object_in_schema(schema.id, name.object()).cloned();
    if let Some(error) = taken(&catalog, &schema, name.object())
        && !replace
    {
        return if exists_ok {
            Ok("CREATE VIEW".into())
        } else {
            Err(error)
        };
    }
    let (sql, columns) = query_shape(session, &query)?;
    let columns: Vec<(String, SqlType)> = columns
        .into_iter()
        .enumerate()
        .map(|(i, c)| (names.get(i).cloned().unwrap_or(c.name), c.ty))
        .collect();
    let depends_on = mentioned_relations(session, &catalog, &query);
    let query = normal_form(&qualify(session, &catalog, &query)?)?;
    let body = Body::View(ViewBody {
        query,
        columns,
        depends_on,
        materialized,
    });
    let mut descriptor = new_object(session, &catalog, &database, &schema, name.object(), body);
    if let Some(existing) = existing {
        descriptor.id = existing.id;
        session.update_descriptor(&descriptor)?;
        return Ok("CREATE VIEW".into());
    }
    let id = session.create_descriptor(descriptor)?;
    if materialized {
        session.sqlite().execute_batch(&format!(
            "INSERT INTO t_{id} SELECT *, practice_now() FROM ({sql})"
        ))?;
    }
    Ok("CREATE VIEW".into())
}

/// The query as the server prints it: keywords in capitals, constants annotated with `:::`. What only this dialect's own
/// syntax can say is kept as it was written.
fn normal_form(query: &str) -> SqlResult<String> {
    use crate::sql::lexer::{Kind, tokenize};
    let rewritten = rewrite(query)?.sql;
    if rewritten != query {
        return Ok(query.to_owned());
    }
    let printed = parse(&rewritten)?.to_string();
    let tokens = tokenize(&printed)?;
    let mut out = String::new();
    let mut copied = 0;
    for pair in tokens.windows(2) {
        let constant = matches!(pair[0].kind, Kind::Text(_) | Kind::Number(_));
        if constant && matches!(&pair[1].kind, Kind::Symbol(s) if s == "::") {
            out.push_str(&printed[copied..pair[1].span.start]);
            out.push_str(":::");
            copied = pair[1].span.end;
        }
    }
    out.push_str(&printed[copied..]);
    Ok(out)
}

/// The query with the relations' full names, so that it means the same in any session.
fn qualify(session: &Session, catalog: &Catalog, query: &str) -> SqlResult<String> {
    use crate::sql::lexer::{Kind, tokenize};
    let tokens = tokenize(query)?;
    let mut out = String::new();
    let mut copied = 0;
    let name_of = |t: &crate::sql::lexer::Token| match &t.kind {
        Kind::Word(n) | Kind::Quoted(n) => Some(n.clone()),
        _ => None,
    };
    let symbol =
        |i: usize, s: &str| matches!(tokens.get(i).map(|t| &t.kind), Some(Kind::Symbol(found)) if found == s);
    let mut at = 0;
    while at < tokens.len() {
        let introduces = at > 0
            && (matches!(&tokens[at - 1].kind, Kind::Word(w) if w == "from" || w == "join")
                || symbol(at - 1, ","));
        let (start, mut parts, mut end) = (at, Vec::new(), at);
        while let Some(name) = tokens.get(at).and_then(name_of) {
            parts.push(name);
            end = at;
            if !symbol(at + 1, ".") {
                break;
            }
            at += 2;
        }
        if introduces
            && !parts.is_empty()
            && let Some(object) =
                catalog.resolve(&ObjectName(parts), session.database(), &session.search_path())
        {
            out.push_str(&query[copied..tokens[start].span.start]);
            out.push_str(&catalog.full_name(object));
            copied = tokens[end].span.end;
        }
        at += 1;
    }
    out.push_str(&query[copied..]);
    Ok(out)
}

fn table(session: &mut Session, cursor: &mut Cursor<'_>) -> SqlResult<String> {
    let exists_ok = if_not_exists(cursor);
    let name = cursor.name()?;
    let (catalog, database, schema) = place(session, &name)?;
    if let Some(error) = taken(&catalog, &schema, name.object()) {
        if exists_ok {
            session.notice(format!("relation \"{}\" already exists, skipping", name.object()));
            while cursor.take().is_some() {}
            return Ok("CREATE TABLE".into());
        }
        return Err(error);
    }
    if cursor.accept("as") {
        return table_as(session, cursor, &name, &database, &schema);
    }
    let mut reader = TableReader::new(session, name.object())?;
    reader.elements(cursor)?;
    let id = session.allocate_id()?;
    let mut body = reader.finish(session, id)?;
    loop {
        if cursor.accept("with") {
            for (key, value) in parameters(cursor)? {
                if key == "exclude_data_from_backup" {
                    body.exclude_data_from_backup = value == "true";
                } else {
                    body.parameters.insert(key, value);
                }
            }
        } else if let Some(locality) = locality(cursor)? {
            super::alter::set_locality(session, &database, &mut body, locality)?;
        } else {
            break;
        }
    }
    for column in body.columns.iter().filter(|c| c.default.is_some()) {
        check_default(session, column)?;
    }
    let mut descriptor = new_object(
        session,
        &catalog,
        &database,
        &schema,
        name.object(),
        Body::Table(body),
    );
    descriptor.id = id;
    session.create_descriptor(descriptor)?;
    Ok("CREATE TABLE".into())
}

/// Refuses a default that cannot be evaluated.
pub(super) fn check_default(session: &mut Session, column: &Column) -> SqlResult<()> {
    let mut translator = crate::sql::translator(session)?;
    translator.default_for(column).map(|_| ())
}

fn table_as(
    session: &mut Session,
    cursor: &mut Cursor<'_>,
    name: &ObjectName,
    database: &Descriptor,
    schema: &Descriptor,
) -> SqlResult<String> {
    let query = cursor.rest().to_owned();
    while cursor.take().is_some() {}
    let (sql, columns) = query_shape(session, &query)?;
    let mut body = TableBody {
        next_column_id: u32::try_from(columns.len()).unwrap_or(0) + 2,
        ..TableBody::default()
    };
    for (i, column) in columns.iter().enumerate() {
        let id = u32::try_from(i).unwrap_or(0) + 1;
        body.columns.push(Column {
            id,
            name: column.name.clone(),
            ty: column.ty.clone(),
            nullable: true,
            default: None,
            computed: None,
            hidden: false,
        });
    }
    let rowid = body.next_column_id - 1;
    body.columns.push(Column {
        id: rowid,
        name: "rowid".into(),
        ty: SqlType::Int8,
        nullable: false,
        default: Some("unique_rowid()".into()),
        computed: None,
        hidden: true,
    });
    body.indexes.push(Index {
        id: 1,
        name: format!("{}_pkey", name.object()),
        columns: vec![(rowid, false)],
        unique: true,
        storing: Vec::new(),
    });
    let catalog = session.catalog()?;
    let id = session.create_descriptor(new_object(
        session,
        &catalog,
        database,
        schema,
        name.object(),
        Body::Table(body),
    ))?;
    let count = session.sqlite().execute(
        &format!("INSERT INTO t_{id} SELECT *, p_unique_rowid(), practice_now() FROM ({sql})"),
        [],
    )?;
    Ok(format!("SELECT {count}"))
}
