//! SELECT, VALUES, set operations, WITH, and what stands in FROM.

use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, JoinConstraint, JoinOperator, LimitClause, OrderBy, OrderByExpr,
    OrderByKind, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, TableFactor,
    TableWithJoins,
};

use super::{
    Scope, Source, SourceColumn, Translator, Typed, fold, fold_name, not_supported, parse, undefined_column,
};
use crate::catalog::{Body, Descriptor, ObjectName, Privilege, quote_ident};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::ColumnMeta;
use crate::storage::physical;
use crate::storage::rows::source_sql;
use crate::types::SqlType;

impl Translator {
    /// Translates a top-level query.
    pub fn select(&mut self, query: &Query) -> SqlResult<(String, Vec<ColumnMeta>)> {
        self.query(query, &Scope::default())
    }

    pub(super) fn query(&mut self, query: &Query, outer: &Scope<'_>) -> SqlResult<(String, Vec<ColumnMeta>)> {
        let mut scope = outer.child();
        let mut sql = String::new();
        if let Some(with) = &query.with {
            let mut parts = Vec::new();
            for cte in &with.cte_tables {
                let name = fold(&cte.alias.name);
                let names: Vec<String> = cte.alias.columns.iter().map(|c| fold(&c.name)).collect();
                if with.recursive
                    && let SetExpr::SetOperation { left, .. } = cte.query.body.as_ref()
                {
                    let (_, mut columns) = self.set_expr(left, &scope)?;
                    rename(&mut columns, &names);
                    scope.ctes.push((name.clone(), columns));
                }
                let (text, mut columns) = self.query(&cte.query, &scope)?;
                rename(&mut columns, &names);
                let list: Vec<String> = columns.iter().map(|c| quote_ident(&c.name)).collect();
                parts.push(format!(
                    "{} ({}) AS ({text})",
                    quote_ident(&name),
                    list.join(", ")
                ));
                scope.ctes.push((name, columns));
            }
            sql = format!(
                "WITH {}{} ",
                if with.recursive { "RECURSIVE " } else { "" },
                parts.join(", ")
            );
        }
        let columns = match query.body.as_ref() {
            SetExpr::Select(select) => {
                let (text, columns) = self.select_body(select, &scope, query.order_by.as_ref())?;
                sql.push_str(&text);
                columns
            }
            body => {
                let (text, columns) = self.set_expr(body, &scope)?;
                sql.push_str(&text);
                if let Some(order) = &query.order_by {
                    sql.push_str(&self.order_by(order, &columns, &mut Scope::default())?);
                }
                columns
            }
        };
        sql.push_str(&self.limits(query, &scope)?);
        Ok((sql, columns))
    }

    fn limits(&mut self, query: &Query, scope: &Scope<'_>) -> SqlResult<String> {
        let mut sql = String::new();
        let (limit, offset) = match &query.limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, .. }) => {
                (limit.as_ref(), offset.as_ref().map(|o| &o.value))
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => (Some(limit), Some(offset)),
            None => (None, None),
        };
        let fetch = query.fetch.as_ref().and_then(|f| f.quantity.as_ref());
        if let Some(limit) = limit.or(fetch) {
            sql.push_str(&format!(" LIMIT {}", self.expr_as(limit, scope, &SqlType::Int8)?));
        } else if offset.is_some() {
            sql.push_str(" LIMIT -1");
        }
        if let Some(offset) = offset {
            sql.push_str(&format!(
                " OFFSET {}",
                self.expr_as(offset, scope, &SqlType::Int8)?
            ));
        }
        Ok(sql)
    }

    fn set_expr(&mut self, body: &SetExpr, scope: &Scope<'_>) -> SqlResult<(String, Vec<ColumnMeta>)> {
        match body {
            SetExpr::Select(select) => self.select_body(select, scope, None),
            SetExpr::Query(query) => {
                let (sql, columns) = self.query(query, scope)?;
                Ok((format!("SELECT * FROM ({sql})"), columns))
            }
            SetExpr::SetOperation {
                left,
                op,
                set_quantifier,
                right,
            } => {
                let (left, mut columns) = self.set_expr(left, scope)?;
                let (right, others) = self.set_expr(right, scope)?;
                for (column, other) in columns.iter_mut().zip(&others) {
                    if column.ty == SqlType::Unknown {
                        column.ty = other.ty.clone();
                    }
                }
                let quantifier = set_quantifier.to_string();
                Ok((format!("{left} {op} {quantifier} {right}"), columns))
            }
            SetExpr::Values(values) => {
                self.values(values.rows.iter().map(|row| row.content.as_slice()), scope)
            }
            SetExpr::Table(table) => {
                let name: Vec<String> = [&table.schema_name, &table.table_name]
                    .into_iter()
                    .flatten()
                    .map(ToString::to_string)
                    .collect();
                let query = format!("SELECT * FROM {}", name.join("."));
                match parse(&query)? {
                    sqlparser::ast::Statement::Query(query) => self.query(&query, scope),
                    _ => Err(not_supported("TABLE")),
                }
            }
            _ => Err(not_supported("data-modifying statements inside a query")),
        }
    }

    fn values<'e>(
        &mut self,
        rows: impl Iterator<Item = &'e [Expr]>,
        scope: &Scope<'_>,
    ) -> SqlResult<(String, Vec<ColumnMeta>)> {
        let mut columns: Vec<ColumnMeta> = Vec::new();
        let mut texts = Vec::new();
        for row in rows {
            let mut parts = Vec::new();
            for (i, value) in row.iter().enumerate() {
                let mut typed = self.expr(value, scope)?;
                if let Some(column) = columns.get(i).filter(|c| c.ty != SqlType::Unknown) {
                    typed = self.coerce(typed, &column.ty.clone())?;
                }
                if columns.len() <= i {
                    columns.push(ColumnMeta::new(format!("column{}", i + 1), typed.ty.clone()));
                }
                parts.push(typed.sql);
            }
            texts.push(format!("({})", parts.join(", ")));
        }
        Ok((format!("VALUES {}", texts.join(", ")), settle(columns)))
    }

    fn select_body(
        &mut self,
        select: &Select,
        outer: &Scope<'_>,
        order: Option<&OrderBy>,
    ) -> SqlResult<(String, Vec<ColumnMeta>)> {
        let mut scope = outer.child();
        let mut from = Vec::new();
        for table in &select.from {
            from.push(self.table_with_joins(table, &mut scope)?);
        }
        let mut columns = Vec::new();
        let mut items = Vec::new();
        for typed in self.projection(&select.projection, &scope)? {
            items.push(format!("{} AS {}", typed.sql, quote_ident(&typed.name)));
            columns.push(ColumnMeta::new(typed.name, typed.ty));
        }
        if items.is_empty() {
            items.push("NULL".into());
        }
        let distinct = match &select.distinct {
            None | Some(Distinct::All) => "",
            Some(Distinct::Distinct) => "DISTINCT ",
            Some(Distinct::On(_)) => return Err(not_supported("DISTINCT ON")),
        };
        let mut sql = format!("SELECT {distinct}{}", items.join(", "));
        if !from.is_empty() {
            sql.push_str(&format!(" FROM {}", from.join(", ")));
        }
        if let Some(condition) = &select.selection {
            sql.push_str(&format!(
                " WHERE {}",
                self.expr_as(condition, &scope, &SqlType::Bool)?
            ));
        }
        match &select.group_by {
            GroupByExpr::Expressions(expressions, _) if expressions.is_empty() => {}
            GroupByExpr::Expressions(expressions, _) => {
                let parts = expressions
                    .iter()
                    .map(|e| self.sort_key(e, &columns, &scope))
                    .collect::<SqlResult<Vec<_>>>()?;
                sql.push_str(&format!(" GROUP BY {}", parts.join(", ")));
            }
            GroupByExpr::All(_) => return Err(not_supported("GROUP BY ALL")),
        }
        if let Some(having) = &select.having {
            sql.push_str(&format!(
                " HAVING {}",
                self.expr_as(having, &scope, &SqlType::Bool)?
            ));
        }
        if let Some(order) = order {
            sql.push_str(&self.order_by(order, &columns, &mut scope)?);
        }
        Ok((sql, settle(columns)))
    }

    /// The columns of a select list or RETURNING clause, wildcards spread out.
    pub(super) fn projection(&mut self, items: &[SelectItem], scope: &Scope<'_>) -> SqlResult<Vec<Typed>> {
        let mut columns = Vec::new();
        let spread = |source: &Source, columns: &mut Vec<Typed>| {
            columns.extend(
                source
                    .columns
                    .iter()
                    .filter(|c| !c.hidden)
                    .map(|c| Typed::new(c.sql.clone(), c.ty.clone()).named(c.name.clone())),
            );
        };
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expr) => columns.push(self.expr(expr, scope)?),
                SelectItem::ExprWithAlias { expr, alias } => {
                    columns.push(self.expr(expr, scope)?.named(fold(alias)))
                }
                SelectItem::Wildcard(_) if scope.sources.is_empty() => {
                    return Err(SqlError::new(
                        sqlstate::SYNTAX,
                        "cannot use \"*\" without a FROM clause",
                    ));
                }
                SelectItem::Wildcard(_) => scope
                    .sources
                    .iter()
                    .for_each(|source| spread(source, &mut columns)),
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                    let name = fold_name(name);
                    let source = scope.sources.iter().find(|s| s.alias == name.object());
                    let missing = || {
                        SqlError::new(
                            sqlstate::UNDEFINED_TABLE,
                            format!("no data source named \"{name}\""),
                        )
                    };
                    spread(source.ok_or_else(missing)?, &mut columns);
                }
                _ => return Err(not_supported("this form of select item")),
            }
        }
        Ok(columns)
    }

    fn order_by(
        &mut self,
        order: &OrderBy,
        columns: &[ColumnMeta],
        scope: &mut Scope<'_>,
    ) -> SqlResult<String> {
        let OrderByKind::Expressions(expressions) = &order.kind else {
            return Err(not_supported("ORDER BY ALL"));
        };
        let parts = expressions
            .iter()
            .map(|e| self.order_item(e, columns, scope))
            .collect::<SqlResult<Vec<_>>>()?;
        Ok(format!(" ORDER BY {}", parts.join(", ")))
    }

    fn order_item(
        &mut self,
        item: &OrderByExpr,
        columns: &[ColumnMeta],
        scope: &Scope<'_>,
    ) -> SqlResult<String> {
        let options = item.options.to_string();
        // A row sorts by its parts.
        let keys = match &item.expr {
            Expr::Tuple(parts) => parts.as_slice(),
            single => std::slice::from_ref(single),
        };
        let sorted = keys
            .iter()
            .map(|key| Ok(format!("{}{options}", self.sort_key(key, columns, scope)?)))
            .collect::<SqlResult<Vec<_>>>()?;
        Ok(sorted.join(", "))
    }

    /// A GROUP BY or ORDER BY key: a position, a result column's name, or an expression.
    fn sort_key(&mut self, expr: &Expr, columns: &[ColumnMeta], scope: &Scope<'_>) -> SqlResult<String> {
        if let Expr::Value(value) = expr
            && let sqlparser::ast::Value::Number(n, _) = &value.value
        {
            return Ok(n.clone());
        }
        if let Expr::Identifier(ident) = expr {
            let name = fold(ident);
            if let Some(column) = columns.iter().find(|c| c.name == name) {
                return Ok(self.in_order(quote_ident(&name), &column.ty));
            }
        }
        let typed = self.expr(expr, scope)?;
        Ok(self.in_order(typed.sql, &typed.ty))
    }

    /// Enums, and arrays of them, sort as their values were declared, not by their text.
    fn in_order(&self, sql: String, ty: &SqlType) -> String {
        let item = match ty {
            SqlType::Array(item) => item,
            other => other,
        };
        let SqlType::Enum { id, .. } = item else {
            return sql;
        };
        match self.catalog.descriptors.get(id).map(|d| &d.body) {
            Some(Body::Enum(body)) => format!(
                "p_enum_order({sql}, {})",
                crate::catalog::quote_literal(&crate::datum::format_array(&body.values))
            ),
            _ => sql,
        }
    }

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
            TableFactor::Table {
                name, alias, args, ..
            } => {
                let name = fold_name(name);
                let alias_name = alias.as_ref().map(|a| fold(&a.name));
                let names: Vec<String> = alias
                    .iter()
                    .flat_map(|a| a.columns.iter().map(|c| fold(&c.name)))
                    .collect();
                if let Some(args) = args {
                    return self.table_function(&name, &args.args, alias_name, &names, scope);
                }
                self.named_table(&name, alias_name, &names, scope)
            }
            TableFactor::Derived { subquery, alias, .. } => {
                let (sql, mut columns) = {
                    let outer = scope.clone();
                    self.query(subquery, &outer)?
                };
                let name = alias
                    .as_ref()
                    .map_or_else(|| format!("subquery{}", scope.sources.len()), |a| fold(&a.name));
                rename(
                    &mut columns,
                    &alias
                        .iter()
                        .flat_map(|a| a.columns.iter().map(|c| fold(&c.name)))
                        .collect::<Vec<_>>(),
                );
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
                name, args, alias, ..
            } => {
                let alias_name = alias.as_ref().map(|a| fold(&a.name));
                let names: Vec<String> = alias
                    .iter()
                    .flat_map(|a| a.columns.iter().map(|c| fold(&c.name)))
                    .collect();
                self.table_function(&fold_name(name), args, alias_name, &names, scope)
            }
            TableFactor::UNNEST {
                array_exprs, alias, ..
            } => {
                let name = alias
                    .as_ref()
                    .map_or_else(|| "unnest".to_owned(), |a| fold(&a.name));
                let column = alias
                    .as_ref()
                    .and_then(|a| a.columns.first())
                    .map_or_else(|| name.clone(), |c| fold(&c.name));
                let first = array_exprs
                    .first()
                    .ok_or_else(|| not_supported("unnest without an array"))?;
                let array = self.expr(first, scope)?;
                self.unnest(array, &name, &column, scope)
            }
            other => Err(not_supported(format!("this table expression: {other}"))),
        }
    }

    fn unnest(&mut self, array: Typed, name: &str, column: &str, scope: &mut Scope<'_>) -> SqlResult<String> {
        let (item, value) = match &array.ty {
            SqlType::Array(item) if item.is_text() => ((**item).clone(), "value".to_owned()),
            SqlType::Array(item) => (
                (**item).clone(),
                super::cast_call("value", &SqlType::STRING, item),
            ),
            _ => (SqlType::Unknown, "value".to_owned()),
        };
        scope
            .sources
            .push(plain_source(name, &[ColumnMeta::new(column, item)]));
        let (column, name) = (quote_ident(column), quote_ident(name));
        Ok(format!(
            "(SELECT {value} AS {column} FROM json_each(p_array_json({}))) AS {name}",
            array.sql
        ))
    }

    fn table_function(
        &mut self,
        name: &ObjectName,
        args: &[sqlparser::ast::FunctionArg],
        alias: Option<String>,
        names: &[String],
        scope: &mut Scope<'_>,
    ) -> SqlResult<String> {
        let args = self.arguments(args, &scope.clone())?;
        let alias = alias.unwrap_or_else(|| name.object().to_owned());
        match (name.object(), args.as_slice()) {
            ("generate_series", [from, to, step @ ..]) => {
                let column = names.first().cloned().unwrap_or_else(|| alias.clone());
                let step = step.first().map_or("1", |s| s.sql.as_str());
                scope.sources.push(plain_source(
                    &alias,
                    &[ColumnMeta::new(column.clone(), SqlType::Int8)],
                ));
                Ok(format!(
                    "(WITH RECURSIVE g(v) AS (SELECT {f} WHERE {f} <= {t} UNION ALL SELECT v + {step} FROM g WHERE v + {step} <= {t}) SELECT v AS {c} FROM g) AS {a}",
                    f = from.sql,
                    t = to.sql,
                    c = quote_ident(&column),
                    a = quote_ident(&alias)
                ))
            }
            ("unnest", [array]) => self.unnest(array.clone(), &alias, names.first().unwrap_or(&alias), scope),
            _ => Err(not_supported(format!("table function {name}()"))),
        }
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
            let physical = crate::virtuals::storage_name(schema, table);
            if !self.virtual_tables.iter().any(|(s, t)| s == schema && t == table) {
                self.virtual_tables.push((schema.to_owned(), table.to_owned()));
            }
            rename(&mut columns, names);
            let mut source = plain_source(&alias, &columns);
            source.qualifiers = vec![schema.to_owned()];
            scope.sources.push(source);
            return Ok(format!("temp.{} AS {quoted}", quote_ident(&physical)));
        }
        let object = self.relation(name)?;
        self.privilege(&object, Privilege::Select)?;
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

    /// A subquery that may see the columns around it.
    pub(super) fn subquery(
        &mut self,
        query: &Query,
        scope: &Scope<'_>,
    ) -> SqlResult<(String, Vec<ColumnMeta>)> {
        self.query(query, scope)
    }

    /// The source column a name means.
    pub(super) fn column(&self, parts: &[String], scope: &Scope<'_>) -> SqlResult<Typed> {
        let (name, qualifiers) = parts.split_last().ok_or_else(|| undefined_column(""))?;
        let mut level = Some(scope);
        while let Some(here) = level {
            let mut found: Vec<&SourceColumn> = Vec::new();
            for source in &here.sources {
                let fits = match qualifiers {
                    [] => true,
                    [.., table] => &source.alias == table,
                };
                if fits {
                    found.extend(source.columns.iter().filter(|c| &c.name == name));
                }
            }
            match found.as_slice() {
                [] => level = here.parent,
                [one] => return Ok(Typed::new(one.sql.clone(), one.ty.clone()).named(name.clone())),
                _ => {
                    return Err(SqlError::new(
                        sqlstate::AMBIGUOUS_COLUMN,
                        format!("column reference \"{name}\" is ambiguous"),
                    ));
                }
            }
        }
        if let [table] = qualifiers
            && !scope.has_source(table)
        {
            return Err(SqlError::new(
                sqlstate::UNDEFINED_TABLE,
                format!("no data source matches prefix: {table} in this context"),
            ));
        }
        Err(undefined_column(&parts.join(".")))
    }
}

impl Scope<'_> {
    fn has_source(&self, alias: &str) -> bool {
        self.sources.iter().any(|s| s.alias == alias) || self.parent.is_some_and(|p| p.has_source(alias))
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

fn rename(columns: &mut [ColumnMeta], names: &[String]) {
    for (column, name) in columns.iter_mut().zip(names) {
        column.name.clone_from(name);
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

/// What never met a type is a string.
fn settle(mut columns: Vec<ColumnMeta>) -> Vec<ColumnMeta> {
    for column in &mut columns {
        if column.ty == SqlType::Unknown {
            column.ty = SqlType::STRING;
        }
    }
    columns
}
