//! What stands in FROM: tables, views, subqueries, joins, and functions that give rows.

use std::sync::Arc;

use sqlparser::ast::{
    Function, FunctionArg, FunctionArguments, JoinConstraint, JoinOperator, SetExpr, TableAlias, TableFactor,
    TableWithJoins,
};

use super::query::rename;
use super::{
    Scope, Source, SourceColumn, Translator, Typed, cast_call, fold, fold_name, not_supported, parse,
    undefined_column,
};
use crate::catalog::{Body, Descriptor, ObjectName, Privilege, quote_ident};
use crate::error::SqlResult;
use crate::session::ColumnMeta;
use crate::storage::physical;
use crate::storage::rows::source_sql;
use crate::types::SqlType;
use crate::virtuals::Computed;

impl Translator {
    pub(super) fn table_with_joins(
        &mut self,
        table: &TableWithJoins,
        scope: &mut Scope<'_>,
    ) -> SqlResult<String> {
        let mut sql = self.factor(&table.relation, scope)?;
        for join in &table.joins {
            let left = scope.sources.len();
            let right_sql = self.factor(&join.relation, scope)?;
            let (word, constraint) = match &join.join_operator {
                JoinOperator::Join(c) | JoinOperator::Inner(c) => ("JOIN", Some(c)),
                JoinOperator::Left(c) | JoinOperator::LeftOuter(c) => ("LEFT JOIN", Some(c)),
                JoinOperator::Right(c) | JoinOperator::RightOuter(c) => ("RIGHT JOIN", Some(c)),
                JoinOperator::FullOuter(c) => ("FULL JOIN", Some(c)),
                JoinOperator::CrossJoin(_) => ("CROSS JOIN", None),
                other => return Err(not_supported(format!("this kind of join ({other:?})"))),
            };
            sql.push_str(&format!(" {word} {right_sql}"));
            match constraint {
                Some(JoinConstraint::On(on)) => {
                    sql.push_str(&format!(" ON {}", self.expr_as(on, scope, &SqlType::Bool)?))
                }
                Some(JoinConstraint::Using(names)) => {
                    let names: Vec<String> = names.iter().map(|n| fold_name(n).object().to_owned()).collect();
                    sql.push_str(&using(&names, scope, left)?);
                }
                Some(JoinConstraint::Natural) => {
                    let right: Vec<&SourceColumn> =
                        scope.sources[left..].iter().flat_map(|s| &s.columns).collect();
                    let has = |name: &str| {
                        scope.sources[..left]
                            .iter()
                            .any(|s| s.columns.iter().any(|c| !c.hidden && c.name == name))
                    };
                    let names: Vec<String> = right
                        .iter()
                        .filter(|c| !c.hidden && has(&c.name))
                        .map(|c| c.name.clone())
                        .collect();
                    sql.push_str(&using(&names, scope, left)?);
                }
                _ => {}
            }
        }
        Ok(sql)
    }

    fn factor(&mut self, factor: &TableFactor, scope: &mut Scope<'_>) -> SqlResult<String> {
        match factor {
            TableFactor::Table { sample: Some(_), .. } => Err(not_supported("TABLESAMPLE")),
            TableFactor::Table {
                name,
                alias,
                args,
                with_ordinality,
                ..
            } => {
                let name = fold_name(name);
                let alias_name = alias.as_ref().map(|a| fold(&a.name));
                let names = column_names(alias.as_ref());
                if let Some(args) = args {
                    let args = self.arguments(&args.args, scope)?;
                    let alias = alias_name.unwrap_or_else(|| name.object().to_owned());
                    return self.table_function(&name, args, &alias, &names, *with_ordinality, scope);
                }
                self.named_table(&name, alias_name, &names, scope)
            }
            TableFactor::Derived {
                lateral,
                subquery,
                alias,
                ..
            } => {
                let mut outer = scope.clone();
                if !lateral {
                    outer.sources.clear();
                }
                let (sql, mut columns) = self.query(subquery, &outer)?;
                let name = alias
                    .as_ref()
                    .map_or_else(|| format!("subquery{}", scope.sources.len()), |a| fold(&a.name));
                rename(&mut columns, &column_names(alias.as_ref()));
                if *lateral {
                    return Ok(lateral_rows(&sql, &name, &columns, scope));
                }
                let sql = if matches!(subquery.body.as_ref(), SetExpr::Values(_)) {
                    named_values(&sql, &columns)
                } else {
                    sql
                };
                scope.sources.push(plain_source(&name, &columns));
                Ok(format!("({sql}) AS {}", quote_ident(&name)))
            }
            TableFactor::NestedJoin { table_with_joins, .. } => {
                Ok(format!("({})", self.table_with_joins(table_with_joins, scope)?))
            }
            TableFactor::Function {
                name,
                args,
                alias,
                with_ordinality,
                ..
            } => {
                let name = fold_name(name);
                let args = self.arguments(args, scope)?;
                let names = column_names(alias.as_ref());
                let alias = alias
                    .as_ref()
                    .map_or_else(|| name.object().to_owned(), |a| fold(&a.name));
                self.table_function(&name, args, &alias, &names, *with_ordinality, scope)
            }
            TableFactor::UNNEST {
                array_exprs,
                alias,
                with_ordinality,
                ..
            } => {
                let [array] = array_exprs.as_slice() else {
                    return Err(not_supported("unnest of several arrays"));
                };
                let array = self.expr(array, scope)?;
                let names = column_names(alias.as_ref());
                let alias = alias
                    .as_ref()
                    .map_or_else(|| "unnest".to_owned(), |a| fold(&a.name));
                let name = ObjectName::bare("unnest");
                self.table_function(&name, vec![array], &alias, &names, *with_ordinality, scope)
            }
            other => Err(not_supported(format!("this table expression: {other}"))),
        }
    }

    /// A function that gives rows. All of them are table-valued functions of SQLite, which see the tables before them as
    /// functions in FROM do in CockroachDB.
    pub(super) fn table_function(
        &mut self,
        name: &ObjectName,
        mut args: Vec<Typed>,
        alias: &str,
        names: &[String],
        with_ordinality: bool,
        scope: &mut Scope<'_>,
    ) -> SqlResult<String> {
        let quoted = quote_ident(alias);
        let value = format!("{quoted}.value");
        let column = |default: &str, ty: SqlType, sql: String| SourceColumn {
            name: default.to_owned(),
            ty,
            sql,
            hidden: false,
        };
        let mut position = format!("{quoted}.id");
        let json = |value: &str| format!("json_each(p_json_rows({value}))");
        let (call, mut columns) = match (name.object(), args.len()) {
            ("generate_series", 2 | 3) if args[0].ty.is_timestamp() || args[1].ty.is_timestamp() => {
                let ty = if args[0].ty.is_timestamp() {
                    &args[0].ty
                } else {
                    &args[1].ty
                }
                .clone();
                let [from, to, step] = <[Typed; 3]>::try_from(args)
                    .map_err(|_| not_supported("generate_series over moments without a step"))?;
                let (from, to) = (self.coerce(from, &ty)?, self.coerce(to, &ty)?);
                let step = self.coerce(step, &SqlType::Interval)?;
                position = format!("({quoted}.key + 1)");
                (
                    format!("json_each(p_moments({}, {}, {}))", from.sql, to.sql, step.sql),
                    vec![column(alias, ty, value)],
                )
            }
            ("generate_series", 2 | 3) => {
                let mut parts = Vec::new();
                for arg in args {
                    parts.push(self.coerce(arg, &SqlType::Int8)?.sql);
                }
                if parts.len() == 2 {
                    parts.push("1".to_owned());
                }
                let (from, step) = (&parts[0], &parts[2]);
                position = format!("({quoted}.value + 1)");
                // The steps are counted, because SQLite's series only goes upwards.
                (
                    format!("generate_series(0, p_series_steps({}))", parts.join(", ")),
                    vec![column(
                        alias,
                        SqlType::Int8,
                        format!("({from} + {value} * {step})"),
                    )],
                )
            }
            ("pg_partition_ancestors", 1) => (
                "json_each('[]')".to_owned(),
                vec![column("relid", SqlType::Oid, value)],
            ),
            ("unnest", 1) => {
                let array = args.remove(0);
                let (item, sql) = match &array.ty {
                    SqlType::Array(item) if item.is_text() => ((**item).clone(), value),
                    SqlType::Array(item) => ((**item).clone(), cast_call(&value, &SqlType::STRING, item)),
                    _ => (SqlType::Unknown, value),
                };
                position = format!("({quoted}.key + 1)");
                (
                    format!("json_each(p_array_json({}))", array.sql),
                    vec![column(alias, item, sql)],
                )
            }
            ("regexp_split_to_table" | "string_to_table", 2) => {
                let (text, separator) = (args.remove(0), args.remove(0));
                let (text, separator) = (
                    self.coerce(text, &SqlType::STRING)?,
                    self.coerce(separator, &SqlType::STRING)?,
                );
                let split = if name.object() == "string_to_table" {
                    "p_string_to_array"
                } else {
                    "p_regexp_split"
                };
                position = format!("({quoted}.key + 1)");
                (
                    format!(
                        "json_each(p_array_json({split}({}, {})))",
                        text.sql, separator.sql
                    ),
                    vec![column(alias, SqlType::STRING, value)],
                )
            }
            (
                function @ ("json_array_elements"
                | "jsonb_array_elements"
                | "json_array_elements_text"
                | "jsonb_array_elements_text"),
                1,
            ) => {
                let array = self.coerce(args.remove(0), &SqlType::Jsonb)?;
                position = format!("({quoted}.key + 1)");
                let (sql, ty) = json_value(&value, function.ends_with("_text"));
                (json(&array.sql), vec![column("value", ty, sql)])
            }
            (function @ ("json_each" | "jsonb_each" | "json_each_text" | "jsonb_each_text"), 1) => {
                let object = self.coerce(args.remove(0), &SqlType::Jsonb)?;
                let (sql, ty) = json_value(&value, function.ends_with("_text"));
                let key = column("key", SqlType::STRING, format!("{quoted}.key"));
                (json(&object.sql), vec![key, column("value", ty, sql)])
            }
            ("json_object_keys" | "jsonb_object_keys", 1) => {
                let object = self.coerce(args.remove(0), &SqlType::Jsonb)?;
                let key = format!("{quoted}.key");
                (json(&object.sql), vec![column(alias, SqlType::STRING, key)])
            }
            _ => return Err(not_supported(format!("table function {name}()"))),
        };
        if with_ordinality {
            columns.push(column("ordinality", SqlType::Int8, position));
        }
        for (column, name) in columns.iter_mut().zip(names) {
            column.name.clone_from(name);
        }
        scope.sources.push(Source {
            alias: alias.to_owned(),
            columns,
            qualifiers: Vec::new(),
        });
        Ok(format!("{call} AS {quoted}"))
    }

    /// A table, view, sequence, WITH query, virtual table or bracketed statement by name.
    pub(super) fn named_table(
        &mut self,
        name: &ObjectName,
        alias: Option<String>,
        names: &[String],
        scope: &mut Scope<'_>,
    ) -> SqlResult<String> {
        let alias = alias.unwrap_or_else(|| name.object().to_owned());
        let quoted = quote_ident(&alias);
        if let [bare] = name.0.as_slice() {
            let found = scope
                .cte(bare)
                .cloned()
                .map(|columns| (columns, "main"))
                .or_else(|| {
                    self.ephemeral
                        .iter()
                        .find(|(n, _)| n == bare)
                        .map(|(_, columns)| (columns.clone(), "temp"))
                });
            if let Some((mut columns, schema)) = found {
                let physical = columns.clone();
                rename(&mut columns, names);
                let mut source = plain_source(&alias, &columns);
                for (column, physical) in source.columns.iter_mut().zip(&physical) {
                    column.sql = format!("{quoted}.{}", quote_ident(&physical.name));
                }
                scope.sources.push(source);
                let prefix = if schema == "temp" { "temp." } else { "" };
                return Ok(format!("{prefix}{} AS {quoted}", quote_ident(bare)));
            }
        }
        if let Some((schema, table)) = crate::virtuals::find(name, &self.search_path, self.version) {
            if self.internals_are_closed && crate::virtuals::is_restricted(schema, table) {
                return Err(crate::virtuals::restricted());
            }
            let mut columns = crate::virtuals::columns(schema, table);
            let computed = Computed {
                // There is one `system` only, and it is named where a database would be.
                database: match name.0.as_slice() {
                    [database, ..] if name.0.len() == 3 && database != "system" => {
                        self.catalog.require_database(database)?;
                        Some(database.clone())
                    }
                    _ => None,
                },
                schema,
                name: table,
            };
            let physical = computed.storage_name();
            if !self.virtual_tables.contains(&computed) {
                self.virtual_tables.push(computed);
            }
            rename(&mut columns, names);
            let mut source = plain_source(&alias, &columns);
            source.qualifiers = vec![schema.to_owned()];
            scope.sources.push(source);
            return Ok(format!("temp.{} AS {quoted}", quote_ident(&physical)));
        }
        if self.internals_are_closed && crate::virtuals::is_internal(name) {
            return Err(crate::virtuals::restricted());
        }
        let object = self.relation(name)?;
        self.privilege(&object, Privilege::Select)?;
        self.read.push((alias.clone(), Arc::clone(&object)));
        let mut source = table_source(&object, &alias, &name.0[..name.0.len() - 1]);
        for (column, name) in source.columns.iter_mut().filter(|c| !c.hidden).zip(names) {
            column.name.clone_from(name);
        }
        scope.sources.push(source);
        match &object.body {
            Body::View(view) if !view.materialized => {
                let statement = parse(&super::super::rewrite::rewrite(&view.query)?.sql)?;
                let sqlparser::ast::Statement::Query(query) = statement else {
                    return Err(not_supported("this view"));
                };
                self.view_depth += 1;
                let translated = self.query(&query, &Scope::default());
                self.view_depth -= 1;
                let (sql, columns) = translated?;
                let list: Vec<String> = columns
                    .iter()
                    .enumerate()
                    .map(|(i, c)| format!("{} AS c{}", quote_ident(&c.name), i + 1))
                    .collect();
                Ok(format!("(SELECT {} FROM ({sql})) AS {quoted}", list.join(", ")))
            }
            Body::Sequence(_) => {
                self.sequences.push(object.id);
                Ok(format!("{} AS {quoted}", source_sql(&object, self.at)))
            }
            _ => Ok(format!("{} AS {quoted}", source_sql(&object, self.at))),
        }
    }
}

/// The columns of a stored object under an alias.
pub(super) fn table_source(object: &Descriptor, alias: &str, qualifiers: &[String]) -> Source {
    let quoted = quote_ident(alias);
    let column = |name: &str, ty: &SqlType, id: u32, hidden: bool| SourceColumn {
        name: name.to_owned(),
        ty: ty.clone(),
        sql: format!("{quoted}.{}", physical::column(id)),
        hidden,
    };
    let columns = match &object.body {
        Body::Table(table) => table
            .columns
            .iter()
            .map(|c| column(&c.name, &c.ty, c.id, c.hidden))
            .collect(),
        Body::View(view) => view
            .columns
            .iter()
            .enumerate()
            .map(|(i, (name, ty))| column(name, ty, u32::try_from(i).unwrap_or(0) + 1, false))
            .collect(),
        Body::Sequence(_) => vec![column("last_value", &SqlType::Int8, 1, false)],
        _ => Vec::new(),
    };
    Source {
        alias: alias.to_owned(),
        columns,
        qualifiers: qualifiers.to_vec(),
    }
}

fn plain_source(alias: &str, columns: &[ColumnMeta]) -> Source {
    let quoted = quote_ident(alias);
    let columns = columns
        .iter()
        .map(|c| SourceColumn {
            name: c.name.clone(),
            ty: c.ty.clone(),
            sql: format!("{quoted}.{}", quote_ident(&c.name)),
            hidden: false,
        })
        .collect();
    Source {
        alias: alias.to_owned(),
        columns,
        qualifiers: Vec::new(),
    }
}

fn column_names(alias: Option<&TableAlias>) -> Vec<String> {
    alias
        .iter()
        .flat_map(|a| a.columns.iter().map(|c| fold(&c.name)))
        .collect()
}

/// A member that [`p_json_rows`](crate::storage::functions) kept as JSON, as itself or as text.
fn json_value(value: &str, as_text: bool) -> (String, SqlType) {
    if as_text {
        (format!("p_json_unquote({value})"), SqlType::STRING)
    } else {
        (value.to_owned(), SqlType::Jsonb)
    }
}

/// A subquery that sees the tables before it. SQLite has no LATERAL, but its table-valued functions see what is before them: the
/// subquery's rows go through `json_each`, each as an array.
fn lateral_rows(sql: &str, alias: &str, columns: &[ColumnMeta], scope: &mut Scope<'_>) -> String {
    let quoted = quote_ident(alias);
    let (mut names, mut packed, mut unpacked) = (Vec::new(), Vec::new(), Vec::new());
    for (i, column) in columns.iter().enumerate() {
        let item = format!("json_extract({quoted}.value, '$[{i}]')");
        let (pack, unpack) = match &column.ty {
            SqlType::Bytes => (
                format!("iif(v{i} IS NULL, NULL, hex(v{i}))"),
                format!("unhex({item})"),
            ),
            // JSON made by a function of SQLite's would be taken apart; a text is kept as it is.
            SqlType::Jsonb => (format!("(v{i} || '')"), item),
            _ => (format!("v{i}"), item),
        };
        names.push(format!("v{i}"));
        packed.push(pack);
        unpacked.push(SourceColumn {
            name: column.name.clone(),
            ty: column.ty.clone(),
            sql: unpack,
            hidden: false,
        });
    }
    scope.sources.push(Source {
        alias: alias.to_owned(),
        columns: unpacked,
        qualifiers: Vec::new(),
    });
    format!(
        "json_each((WITH lateral_rows({}) AS ({sql}) SELECT json_group_array(json_array({})) FROM lateral_rows)) AS {quoted}",
        names.join(", "),
        packed.join(", ")
    )
}

/// Whether a function in a select list gives rows instead of a value.
pub(super) fn gives_rows(function: &Function) -> bool {
    function.over.is_none()
        && matches!(
            fold_name(&function.name).object(),
            "generate_series"
                | "unnest"
                | "regexp_split_to_table"
                | "string_to_table"
                | "json_array_elements"
                | "jsonb_array_elements"
                | "json_array_elements_text"
                | "jsonb_array_elements_text"
                | "json_object_keys"
                | "jsonb_object_keys"
                | "pg_partition_ancestors"
        )
}

/// The arguments of a call.
pub(super) fn function_arguments(function: &Function) -> &[FunctionArg] {
    match &function.args {
        FunctionArguments::List(list) => &list.args,
        FunctionArguments::None | FunctionArguments::Subquery(_) => &[],
    }
}

fn named_values(sql: &str, columns: &[ColumnMeta]) -> String {
    let list: Vec<String> = columns.iter().map(|c| quote_ident(&c.name)).collect();
    format!("WITH v({}) AS ({sql}) SELECT * FROM v", list.join(", "))
}

fn using(names: &[String], scope: &mut Scope<'_>, left: usize) -> SqlResult<String> {
    let mut parts = Vec::new();
    for name in names {
        let find = |sources: &[Source]| {
            sources
                .iter()
                .find_map(|s| s.columns.iter().find(|c| &c.name == name))
                .map(|c| c.sql.clone())
        };
        let (Some(l), Some(r)) = (find(&scope.sources[..left]), find(&scope.sources[left..])) else {
            return Err(undefined_column(name));
        };
        parts.push(format!("{l} = {r}"));
        // The joined column appears once: as the left one.
        for source in &mut scope.sources[left..] {
            source.columns.retain(|c| &c.name != name);
        }
    }
    Ok(if parts.is_empty() {
        String::new()
    } else {
        format!(" ON {}", parts.join(" AND "))
    })
}
