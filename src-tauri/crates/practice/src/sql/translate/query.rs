//! SELECT, VALUES, set operations and WITH.

use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, LimitClause, OrderBy, OrderByExpr, OrderByKind, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr,
};

use super::from::{function_arguments, gives_rows};
use super::{
    Scope, Source, SourceColumn, Translator, Typed, fold, fold_name, not_supported, parse, undefined_column,
};
use crate::catalog::{Body, quote_ident};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::ColumnMeta;
use crate::types::SqlType;

impl Translator {
    /// Translates a top-level query.
    pub fn select(&mut self, query: &Query) -> SqlResult<(String, Vec<ColumnMeta>)> {
        let (sql, mut columns) = self.query(query, &Scope::default())?;
        if columns.iter().all(|c| c.ty != SqlType::RegClass) {
            return Ok((sql, columns));
        }
        // Inside a statement a regclass is its OID. Clients are shown the name, and are told that it is a text, because in binary a
        // regclass would have to be the number.
        let names: Vec<String> = (0..columns.len()).map(|i| format!("v{i}")).collect();
        let mut shown = names.clone();
        for (name, column) in shown.iter_mut().zip(&mut columns) {
            if column.ty == SqlType::RegClass {
                *name = format!("p_regclass_text({name})");
                column.ty = SqlType::STRING;
            }
        }
        let sql = format!(
            "WITH result({}) AS ({sql}) SELECT {} FROM result",
            names.join(", "),
            shown.join(", ")
        );
        Ok((sql, columns))
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
        if select.into.is_some() {
            return Err(SqlError::syntax("into"));
        }
        let mut scope = outer.child();
        let mut from = Vec::new();
        for table in &select.from {
            from.push(self.table_with_joins(table, &mut scope)?);
        }
        let projected = self.projection_with_sets(&select.projection, &mut scope, &mut from)?;
        if let Some(Distinct::On(keys)) = &select.distinct {
            let rest = self.select_tail(select, &scope, &from, &projected)?;
            return self.distinct_on(keys, projected, &rest, order, &scope);
        }
        let mut sql = String::from("SELECT ");
        if matches!(select.distinct, Some(Distinct::Distinct)) {
            sql.push_str("DISTINCT ");
        }
        if projected.is_empty() {
            sql.push_str("NULL");
        }
        let items: Vec<String> = projected
            .iter()
            .map(|typed| format!("{} AS {}", typed.sql, quote_ident(&typed.name)))
            .collect();
        sql.push_str(&items.join(", "));
        sql.push_str(&self.select_tail(select, &scope, &from, &projected)?);
        let columns: Vec<ColumnMeta> = projected.into_iter().map(result_column).collect();
        if let Some(order) = order {
            sql.push_str(&self.order_by(order, &columns, &mut scope)?);
        }
        Ok((sql, settle(columns)))
    }

    /// FROM to WINDOW.
    fn select_tail(
        &mut self,
        select: &Select,
        scope: &Scope<'_>,
        from: &[String],
        projected: &[Typed],
    ) -> SqlResult<String> {
        let mut sql = String::new();
        if !from.is_empty() {
            sql.push_str(&format!(" FROM {}", from.join(", ")));
        }
        if let Some(condition) = &select.selection {
            sql.push_str(&format!(
                " WHERE {}",
                self.expr_as(condition, scope, &SqlType::Bool)?
            ));
        }
        match &select.group_by {
            GroupByExpr::Expressions(expressions, _) if expressions.is_empty() => {}
            GroupByExpr::Expressions(expressions, _) => {
                let parts = expressions
                    .iter()
                    .map(|e| self.projected_key(e, projected, scope))
                    .collect::<SqlResult<Vec<_>>>()?;
                sql.push_str(&format!(" GROUP BY {}", parts.join(", ")));
            }
            GroupByExpr::All(_) => return Err(not_supported("GROUP BY ALL")),
        }
        if let Some(having) = &select.having {
            sql.push_str(&format!(
                " HAVING {}",
                self.expr_as(having, scope, &SqlType::Bool)?
            ));
        }
        sql.push_str(&self.named_windows(&select.named_window, scope)?);
        Ok(sql)
    }

    /// The first row of each group of rows with equal keys. SQLite has no DISTINCT ON: the rows of a group are numbered in the
    /// order asked for, and the first of each is taken.
    fn distinct_on(
        &mut self,
        keys: &[Expr],
        projected: Vec<Typed>,
        rest: &str,
        order: Option<&OrderBy>,
        scope: &Scope<'_>,
    ) -> SqlResult<(String, Vec<ColumnMeta>)> {
        let mut groups = Vec::new();
        for key in keys {
            groups.push(self.projected_key(key, &projected, scope)?);
        }
        let mut sorted = Vec::new();
        for item in order.map(order_items).transpose()?.unwrap_or_default() {
            sorted.push((
                self.projected_key(&item.expr, &projected, scope)?,
                item.options.to_string(),
            ));
        }
        if sorted
            .iter()
            .take(groups.len())
            .any(|(key, _)| !groups.contains(key))
        {
            return Err(SqlError::new(
                sqlstate::INVALID_COLUMN_REFERENCE,
                "SELECT DISTINCT ON expressions must match initial ORDER BY expressions",
            ));
        }
        let mut inner: Vec<String> = projected
            .iter()
            .enumerate()
            .map(|(i, typed)| format!("{} AS c{i}", typed.sql))
            .collect();
        inner.extend(
            sorted
                .iter()
                .enumerate()
                .map(|(i, (key, _))| format!("{key} AS o{i}")),
        );
        let within: Vec<String> = sorted
            .iter()
            .map(|(key, options)| format!("{key}{options}"))
            .collect();
        let within = if within.is_empty() {
            String::new()
        } else {
            format!(" ORDER BY {}", within.join(", "))
        };
        inner.push(format!(
            "row_number() OVER (PARTITION BY {}{within}) AS nth",
            groups.join(", ")
        ));
        let outer: Vec<String> = projected
            .iter()
            .enumerate()
            .map(|(i, typed)| format!("c{i} AS {}", quote_ident(&typed.name)))
            .collect();
        let mut sql = format!(
            "SELECT {} FROM (SELECT {}{rest}) WHERE nth = 1",
            outer.join(", "),
            inner.join(", ")
        );
        if !sorted.is_empty() {
            let keys: Vec<String> = sorted
                .iter()
                .enumerate()
                .map(|(i, (_, options))| format!("o{i}{options}"))
                .collect();
            sql.push_str(&format!(" ORDER BY {}", keys.join(", ")));
        }
        Ok((sql, settle(projected.into_iter().map(result_column).collect())))
    }

    /// A key as an expression, where neither positions nor names of result columns may stand.
    fn projected_key(&mut self, key: &Expr, projected: &[Typed], scope: &Scope<'_>) -> SqlResult<String> {
        let named = match key {
            Expr::Value(value) => match &value.value {
                sqlparser::ast::Value::Number(n, _) => n
                    .parse()
                    .ok()
                    .and_then(|n: usize| projected.get(n.wrapping_sub(1))),
                _ => None,
            },
            Expr::Identifier(ident) => {
                let name = fold(ident);
                projected.iter().find(|typed| typed.name == name)
            }
            _ => None,
        };
        let typed = match named {
            Some(typed) => typed.clone(),
            None => self.expr(key, scope)?,
        };
        // A number would be a position; as a key it tells no rows apart, as NULL does not.
        if typed.sql.parse::<i64>().is_ok() {
            return Ok("NULL".into());
        }
        Ok(self.in_order(typed.sql, &typed.ty))
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

    /// The select list, with functions that give rows moved into FROM: there they give one row of the result for each of theirs.
    fn projection_with_sets(
        &mut self,
        items: &[SelectItem],
        scope: &mut Scope<'_>,
        from: &mut Vec<String>,
    ) -> SqlResult<Vec<Typed>> {
        let Some((index, function, alias)) = items.iter().enumerate().find_map(|(i, item)| match item {
            SelectItem::UnnamedExpr(Expr::Function(f)) if gives_rows(f) => Some((i, f, None)),
            SelectItem::ExprWithAlias {
                expr: Expr::Function(f),
                alias,
            } if gives_rows(f) => Some((i, f, Some(fold(alias)))),
            _ => None,
        }) else {
            return self.projection(items, scope);
        };
        let name = fold_name(&function.name);
        let mut with_rows = scope.clone();
        let args = self.arguments(function_arguments(function), scope)?;
        from.push(self.table_function(&name, args, "set", &[], false, &mut with_rows)?);
        let source = with_rows.sources.pop();
        let [column] = source.as_ref().map(|s| s.columns.as_slice()).unwrap_or_default() else {
            return Err(not_supported(format!("{name}() in a select list")));
        };
        let given = Typed::new(column.sql.clone(), column.ty.clone())
            .named(alias.unwrap_or_else(|| name.object().to_owned()));
        let mut projected = self.projection(&items[..index], scope)?;
        projected.push(given);
        projected.extend(self.projection(&items[index + 1..], scope)?);
        Ok(projected)
    }

    fn order_by(
        &mut self,
        order: &OrderBy,
        columns: &[ColumnMeta],
        scope: &mut Scope<'_>,
    ) -> SqlResult<String> {
        let parts = order_items(order)?
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
    pub(super) fn in_order(&self, sql: String, ty: &SqlType) -> String {
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

pub(super) fn rename(columns: &mut [ColumnMeta], names: &[String]) {
    for (column, name) in columns.iter_mut().zip(names) {
        column.name.clone_from(name);
    }
}

fn order_items(order: &OrderBy) -> SqlResult<&[OrderByExpr]> {
    match &order.kind {
        OrderByKind::Expressions(expressions) => Ok(expressions),
        OrderByKind::All(_) => Err(not_supported("ORDER BY ALL")),
    }
}

fn result_column(typed: Typed) -> ColumnMeta {
    ColumnMeta::new(typed.name, typed.ty)
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
