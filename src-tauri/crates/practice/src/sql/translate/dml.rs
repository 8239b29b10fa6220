//! INSERT, UPSERT, UPDATE and DELETE.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlparser::ast::{
    Assignment, AssignmentTarget, ConflictTarget, Delete, Expr, FromTable, Insert, OnConflictAction,
    OnInsert, SelectItem, SetExpr, TableFactor, TableObject, Update, UpdateTableFromKind,
};

use super::from::table_source;
use super::functions::is_default_keyword;
use super::{Scope, Translator, Typed, fold, fold_name, not_supported, parse, undefined_column};
use crate::catalog::{Body, Column, Descriptor, Locality, Privilege, TableBody, quote_ident};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::ColumnMeta;
use crate::storage::physical;
use crate::types::SqlType;

/// The kind of a writing statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteKind {
    Insert,
    Update,
    Delete,
}

/// A translated writing statement.
#[derive(Debug)]
pub struct Write {
    pub kind: WriteKind,
    pub table: Arc<Descriptor>,
    pub sql: String,
    /// The columns of RETURNING.
    pub returning: Option<Vec<ColumnMeta>>,
}

fn target(name: &sqlparser::ast::ObjectName, translator: &Translator) -> SqlResult<Arc<Descriptor>> {
    let name = fold_name(name);
    if crate::virtuals::find(&name, &translator.search_path, translator.version).is_some() {
        return Err(SqlError::new(
            sqlstate::INSUFFICIENT_PRIVILEGE,
            format!(
                "user {} does not have INSERT privilege on relation {}",
                translator.user,
                name.object()
            ),
        ));
    }
    let object = translator.relation(&name)?;
    match &object.body {
        Body::Table(_) => Ok(object),
        _ => Err(SqlError::new(
            sqlstate::WRONG_OBJECT_TYPE,
            format!("\"{}\" is not a table", object.name),
        )),
    }
}

fn body(table: &Descriptor) -> SqlResult<&TableBody> {
    table.table().ok_or_else(|| {
        SqlError::new(
            sqlstate::WRONG_OBJECT_TYPE,
            format!("\"{}\" is not a table", table.name),
        )
    })
}

fn assign(value: &Typed, column: &Column) -> String {
    if value.ty == column.ty
        && !matches!(
            column.ty,
            SqlType::String { limit: Some(_) } | SqlType::Varchar { limit: Some(_) }
        )
    {
        return value.sql.clone();
    }
    let name = |ty: &SqlType| crate::catalog::quote_literal(&ty.sql_name());
    format!(
        "p_assign({}, {}, {}, {})",
        value.sql,
        name(&value.ty),
        name(&column.ty),
        crate::catalog::quote_literal(&column.name)
    )
}

impl Translator {
    /// A value on its way into a column.
    fn value_for(&mut self, column: &Column, expr: &Expr, scope: &Scope<'_>) -> SqlResult<String> {
        if is_default_keyword(expr) {
            return self.default_for(column);
        }
        let value = self.expr(expr, scope)?;
        let untyped = value.literal.is_some() || value.placeholder.is_some();
        let value = if untyped {
            self.coerce(value, &column.ty)?
        } else {
            value
        };
        Ok(assign(&value, column))
    }

    /// A row's home region is looked up in the session's database, whichever the table's is.
    fn require_regions(&self, database: &str) -> SqlResult<()> {
        let has_regions = self
            .catalog
            .database(database)
            .and_then(|d| d.database())
            .is_some_and(|body| body.primary_region.is_some());
        if has_regions {
            return Ok(());
        }
        Err(SqlError::new(
            sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!("current database {database} is not multi-region enabled"),
        ))
    }

    /// What a column gets when nothing is given.
    pub fn default_for(&mut self, column: &Column) -> SqlResult<String> {
        match &column.default {
            None => Ok("NULL".into()),
            Some(text) => {
                let expr = self.constant_expression(text)?;
                self.value_for(column, &expr, &Scope::default())
            }
        }
    }

    /// Reads an expression on its own.
    fn constant_expression(&self, text: &str) -> SqlResult<Expr> {
        let statement = parse(&super::super::rewrite::rewrite(&format!("SELECT {text}"))?.sql)?;
        if let sqlparser::ast::Statement::Query(query) = statement
            && let SetExpr::Select(select) = *query.body
            && let Some(SelectItem::UnnamedExpr(expr)) = select.projection.into_iter().next()
        {
            return Ok(expr);
        }
        Err(SqlError::syntax(text))
    }

    /// Translates an expression over a table's columns, for checks, computed columns and backfills.
    pub fn row_expression(&mut self, table: &Descriptor, text: &str) -> SqlResult<(String, SqlType)> {
        let expr = self.constant_expression(text)?;
        let scope = Scope {
            sources: vec![table_source(table, &format!("t_{}", table.id), &[])],
            ..Scope::default()
        };
        let typed = self.expr(&expr, &scope)?;
        Ok((typed.sql, typed.ty))
    }

    /// Translates INSERT or UPSERT.
    pub fn insert(&mut self, insert: &Insert, upsert: bool) -> SqlResult<Write> {
        let TableObject::TableName(name) = &insert.table else {
            return Err(not_supported("INSERT into a function"));
        };
        let table = target(name, self)?;
        self.privilege(&table, Privilege::Insert)?;
        if upsert
            || matches!(&insert.on, Some(OnInsert::OnConflict(c)) if matches!(c.action, OnConflictAction::DoUpdate(_)))
        {
            self.privilege(&table, Privilege::Update)?;
        }
        let definition = body(&table)?.clone();
        let named: Vec<Column> = if insert.columns.is_empty() {
            definition
                .columns
                .iter()
                .filter(|c| !c.hidden && c.computed.is_none())
                .cloned()
                .collect()
        } else {
            insert
                .columns
                .iter()
                .map(|c| {
                    let name = fold_name(c).object().to_owned();
                    definition
                        .column(&name)
                        .cloned()
                        .ok_or_else(|| undefined_column(&name))
                })
                .collect::<SqlResult<_>>()?
        };
        let (rows, given) = self.insert_source(insert, &named)?;
        // Defaults name types and sequences as the table's own database knows them, wherever the session is.
        let own_database = self.catalog.name_of(table.parent_id);
        let session_database = std::mem::replace(&mut self.database, own_database);
        if let Some(Locality::RegionalByRow { column: None }) = &definition.locality
            && !given.iter().any(|column| column.name == "crdb_region")
        {
            self.require_regions(&session_database)?;
        }
        let missing: Vec<&Column> = definition
            .columns
            .iter()
            .filter(|c| !given.iter().any(|g| g.id == c.id))
            .collect();
        let mut names: Vec<String> = given.iter().map(|c| physical::column(c.id)).collect();
        let mut values: Vec<String> = (1..=given.len()).map(|i| format!("column{i}")).collect();
        for column in missing.iter().filter(|c| c.computed.is_none()) {
            names.push(physical::column(column.id));
            values.push(self.default_for(column)?);
        }
        for column in missing.iter().filter(|c| c.computed.is_some()) {
            let (sql, ty) = self.row_expression(&table, column.computed.as_deref().unwrap_or("NULL"))?;
            let mut sql = assign(&Typed::new(sql, ty), column);
            // The row is not there yet: its columns are the values about to go in.
            for (name, value) in names.iter().zip(&values) {
                sql = sql.replace(&format!("\"t_{}\".{name}", table.id), value);
            }
            names.push(physical::column(column.id));
            values.push(sql);
        }
        self.database = session_database;
        let width = given.len();
        let list: Vec<String> = (1..=width).map(|i| format!("column{i}")).collect();
        let id = table.id;
        let source = if width == 0 {
            format!("SELECT {} WHERE 1", values.join(", "))
        } else {
            format!(
                "SELECT {} FROM (WITH v({}) AS ({rows}) SELECT * FROM v) WHERE 1",
                values.join(", "),
                list.join(", ")
            )
        };
        let mut sql = format!("INSERT INTO t_{id} ({}) {source}", names.join(", "));
        sql.push_str(&self.conflict(insert, upsert, &table, &definition, &given)?);
        let returning = self.returning(insert.returning.as_deref(), &table, &format!("t_{id}"), &mut sql)?;
        Ok(Write {
            kind: WriteKind::Insert,
            table,
            sql,
            returning,
        })
    }

    fn insert_source(&mut self, insert: &Insert, named: &[Column]) -> SqlResult<(String, Vec<Column>)> {
        let Some(source) = &insert.source else {
            return Ok((String::new(), Vec::new()));
        };
        let scope = Scope::default();
        if let SetExpr::Values(values) = source.body.as_ref()
            && source.with.is_none()
        {
            let width = values.rows.first().map_or(0, |r| r.content.len());
            check_width(width, named.len(), insert.columns.is_empty())?;
            let mut rows = Vec::new();
            for row in &values.rows {
                if row.content.len() != width {
                    return Err(SqlError::new(
                        sqlstate::SYNTAX,
                        format!(
                            "VALUES lists must all be the same length, expected {width} columns, found {}",
                            row.content.len()
                        ),
                    ));
                }
                let parts = row
                    .content
                    .iter()
                    .zip(named)
                    .map(|(e, c)| self.value_for(c, e, &scope))
                    .collect::<SqlResult<Vec<_>>>()?;
                rows.push(format!("({})", parts.join(", ")));
            }
            return Ok((format!("VALUES {}", rows.join(", ")), named[..width].to_vec()));
        }
        let (sql, columns) = self.query(source, &scope)?;
        check_width(columns.len(), named.len(), insert.columns.is_empty())?;
        let list: Vec<String> = (1..=columns.len()).map(|i| format!("s{i}")).collect();
        let values: Vec<String> = columns
            .iter()
            .zip(named)
            .zip(&list)
            .map(|((from, to), name)| assign(&Typed::new(name.clone(), from.ty.clone()), to))
            .collect();
        Ok((
            format!(
                "WITH s({}) AS ({sql}) SELECT {} FROM s",
                list.join(", "),
                values.join(", ")
            ),
            named[..columns.len()].to_vec(),
        ))
    }

    fn conflict(
        &mut self,
        insert: &Insert,
        upsert: bool,
        table: &Descriptor,
        definition: &TableBody,
        given: &[Column],
    ) -> SqlResult<String> {
        let keys = |ids: &[u32]| {
            ids.iter()
                .map(|id| physical::column(*id))
                .collect::<Vec<_>>()
                .join(", ")
        };
        if upsert {
            let Some(primary) = definition.primary_index() else {
                return Ok(String::new());
            };
            let key: Vec<u32> = primary.columns.iter().map(|(c, _)| *c).collect();
            let whole = given.len() >= definition.columns.iter().filter(|c| !c.hidden).count();
            let set: Vec<String> = definition
                .columns
                .iter()
                .filter(|c| !key.contains(&c.id) && (whole || given.iter().any(|g| g.id == c.id)))
                .map(|c| format!("{n} = excluded.{n}", n = physical::column(c.id)))
                .chain(["\"~from\" = practice_now()".to_owned()])
                .collect();
            return Ok(format!(
                " ON CONFLICT ({}) DO UPDATE SET {}",
                keys(&key),
                set.join(", ")
            ));
        }
        let Some(OnInsert::OnConflict(conflict)) = &insert.on else {
            return Ok(String::new());
        };
        let on = match &conflict.conflict_target {
            None => String::new(),
            Some(ConflictTarget::Columns { columns, .. }) => {
                let ids = columns
                    .iter()
                    .map(|c| {
                        definition
                            .column(&fold(c))
                            .map(|c| c.id)
                            .ok_or_else(|| undefined_column(&fold(c)))
                    })
                    .collect::<SqlResult<Vec<_>>>()?;
                let matches = |i: &&crate::catalog::Index| {
                    i.unique && i.columns.len() == ids.len() && i.columns.iter().all(|(c, _)| ids.contains(c))
                };
                if !definition.indexes.iter().any(|i| matches(&i)) {
                    return Err(SqlError::new(
                        "42P10",
                        "there is no unique or exclusion constraint matching the ON CONFLICT specification",
                    ));
                }
                format!(" ({})", keys(&ids))
            }
            Some(ConflictTarget::OnConstraint(name)) => {
                let name = fold_name(name);
                let index = definition
                    .indexes
                    .iter()
                    .find(|i| i.unique && i.name == name.object());
                let index = index.ok_or_else(|| {
                    SqlError::new(
                        sqlstate::UNDEFINED_OBJECT,
                        format!(
                            "unique constraint \"{name}\" for table \"{}\" does not exist",
                            table.name
                        ),
                    )
                })?;
                format!(
                    " ({})",
                    keys(&index.columns.iter().map(|(c, _)| *c).collect::<Vec<_>>())
                )
            }
        };
        match &conflict.action {
            OnConflictAction::DoNothing => Ok(format!(" ON CONFLICT{on} DO NOTHING")),
            OnConflictAction::DoUpdate(update) => {
                let mut excluded = table_source(table, "excluded", &[]);
                excluded
                    .columns
                    .iter_mut()
                    .for_each(|c| c.sql = c.sql.replace("\"excluded\"", "excluded"));
                let mut own = table_source(table, &table.name, &[]);
                own.columns.iter_mut().for_each(|c| {
                    c.sql = c
                        .sql
                        .replacen(&quote_ident(&table.name), &format!("t_{}", table.id), 1)
                });
                let outer = Scope {
                    sources: vec![excluded],
                    ..Scope::default()
                };
                let mut scope = outer.child();
                scope.sources.push(own);
                let set = self.assignments(&update.assignments, definition, &scope)?;
                let condition = match &update.selection {
                    Some(e) => format!(" WHERE {}", self.expr_as(e, &scope, &SqlType::Bool)?),
                    None => String::new(),
                };
                Ok(format!(" ON CONFLICT{on} DO UPDATE SET {set}{condition}"))
            }
        }
    }

    fn assignments(
        &mut self,
        assignments: &[Assignment],
        definition: &TableBody,
        scope: &Scope<'_>,
    ) -> SqlResult<String> {
        let mut set: BTreeMap<u32, String> = BTreeMap::new();
        let column = |name: &sqlparser::ast::ObjectName| {
            let name = fold_name(name);
            definition
                .column(name.object())
                .cloned()
                .ok_or_else(|| undefined_column(name.object()))
        };
        for assignment in assignments {
            match (&assignment.target, &assignment.value) {
                (AssignmentTarget::ColumnName(name), value) => {
                    let column = column(name)?;
                    set.insert(column.id, self.value_for(&column, value, scope)?);
                }
                (AssignmentTarget::Tuple(names), Expr::Tuple(values)) if names.len() == values.len() => {
                    for (name, value) in names.iter().zip(values) {
                        let column = column(name)?;
                        set.insert(column.id, self.value_for(&column, value, scope)?);
                    }
                }
                _ => return Err(not_supported("assigning a row")),
            }
        }
        let mut parts: Vec<String> = set
            .iter()
            .map(|(id, value)| format!("{} = {value}", physical::column(*id)))
            .collect();
        parts.push("\"~from\" = practice_now()".into());
        Ok(parts.join(", "))
    }

    /// The table a FROM item of UPDATE or DELETE names, and its alias.
    fn write_target(
        &mut self,
        factor: &TableFactor,
        privilege: Privilege,
    ) -> SqlResult<(Arc<Descriptor>, String)> {
        let TableFactor::Table { name, alias, .. } = factor else {
            return Err(not_supported("this target"));
        };
        let table = target(name, self)?;
        self.privilege(&table, privilege)?;
        let alias = alias
            .as_ref()
            .map_or_else(|| table.name.clone(), |a| fold(&a.name));
        Ok((table, alias))
    }

    /// Translates UPDATE.
    pub fn update(&mut self, update: &Update) -> SqlResult<Write> {
        let (table, alias) = self.write_target(&update.table.relation, Privilege::Update)?;
        if update.selection.is_some() {
            self.privilege(&table, Privilege::Select)?;
        }
        let mut scope = Scope {
            sources: vec![table_source(&table, &alias, &[])],
            ..Scope::default()
        };
        let mut from = String::new();
        if let Some(UpdateTableFromKind::AfterSet(tables) | UpdateTableFromKind::BeforeSet(tables)) =
            &update.from
        {
            let parts = tables
                .iter()
                .map(|t| self.table_with_joins(t, &mut scope))
                .collect::<SqlResult<Vec<_>>>()?;
            from = format!(" FROM {}", parts.join(", "));
        }
        let definition = body(&table)?.clone();
        let mut set = self.assignments(&update.assignments, &definition, &scope)?;
        for column in definition.columns.iter().filter(|c| c.computed.is_some()) {
            let (sql, ty) = self.row_expression(&table, column.computed.as_deref().unwrap_or("NULL"))?;
            let sql = sql.replace(&format!("\"t_{}\"", table.id), &quote_ident(&alias));
            set = format!(
                "{} = {}, {set}",
                physical::column(column.id),
                assign(&Typed::new(sql, ty), column)
            );
        }
        let mut sql = format!("UPDATE t_{} AS {} SET {set}{from}", table.id, quote_ident(&alias));
        if let Some(condition) = &update.selection {
            sql.push_str(&format!(
                " WHERE {}",
                self.expr_as(condition, &scope, &SqlType::Bool)?
            ));
        }
        let returning = self.returning(update.returning.as_deref(), &table, &alias, &mut sql)?;
        Ok(Write {
            kind: WriteKind::Update,
            table,
            sql,
            returning,
        })
    }

    /// Translates DELETE.
    pub fn delete(&mut self, delete: &Delete) -> SqlResult<Write> {
        let (FromTable::WithFromKeyword(tables) | FromTable::WithoutKeyword(tables)) = &delete.from;
        let first = tables.first().ok_or_else(|| SqlError::syntax("EOF"))?;
        let (table, alias) = self.write_target(&first.relation, Privilege::Delete)?;
        if delete.selection.is_some() {
            self.privilege(&table, Privilege::Select)?;
        }
        let mut scope = Scope {
            sources: vec![table_source(&table, &alias, &[])],
            ..Scope::default()
        };
        let mut sql = format!("DELETE FROM t_{} AS {}", table.id, quote_ident(&alias));
        let mut condition = match &delete.selection {
            Some(e) if delete.using.is_none() => self.expr_as(e, &scope, &SqlType::Bool)?,
            _ => "1".to_owned(),
        };
        if let Some(using) = &delete.using {
            let parts = using
                .iter()
                .map(|t| self.table_with_joins(t, &mut scope))
                .collect::<SqlResult<Vec<_>>>()?;
            let inner = match &delete.selection {
                Some(e) => self.expr_as(e, &scope, &SqlType::Bool)?,
                None => "1".into(),
            };
            condition = format!("EXISTS (SELECT 1 FROM {} WHERE {inner})", parts.join(", "));
        }
        if let Some(limit) = &delete.limit {
            let order = delete
                .order_by
                .iter()
                .map(|o| Ok(format!("{}{}", self.expr(&o.expr, &scope)?.sql, o.options)))
                .collect::<SqlResult<Vec<_>>>()?;
            let order = if order.is_empty() {
                String::new()
            } else {
                format!(" ORDER BY {}", order.join(", "))
            };
            let limit = self.expr_as(limit, &scope, &SqlType::Int8)?;
            condition = format!(
                "rowid IN (SELECT rowid FROM t_{} AS {} WHERE {condition}{order} LIMIT {limit})",
                table.id,
                quote_ident(&alias)
            );
        }
        sql.push_str(&format!(" WHERE {condition}"));
        let returning = self.returning(delete.returning.as_deref(), &table, &alias, &mut sql)?;
        Ok(Write {
            kind: WriteKind::Delete,
            table,
            sql,
            returning,
        })
    }

    fn returning(
        &mut self,
        items: Option<&[SelectItem]>,
        table: &Descriptor,
        alias: &str,
        sql: &mut String,
    ) -> SqlResult<Option<Vec<ColumnMeta>>> {
        let Some(items) = items else { return Ok(None) };
        if matches!(items, [SelectItem::UnnamedExpr(Expr::Identifier(ident))] if ident.value.eq_ignore_ascii_case("nothing"))
        {
            return Ok(None);
        }
        // SQLite knows the table in RETURNING by no alias.
        let mut source = table_source(table, alias, &[]);
        let prefix = format!("{}.", quote_ident(alias));
        source.alias = if alias.starts_with("t_") {
            table.name.clone()
        } else {
            alias.to_owned()
        };
        source
            .columns
            .iter_mut()
            .for_each(|c| c.sql = c.sql.replacen(&prefix, "", 1));
        let scope = Scope {
            sources: vec![source],
            ..Scope::default()
        };
        let columns = self.projection(items, &scope)?;
        let parts: Vec<String> = columns
            .iter()
            .map(|c| format!("{} AS {}", c.sql, quote_ident(&c.name)))
            .collect();
        sql.push_str(&format!(" RETURNING {}", parts.join(", ")));
        Ok(Some(
            columns
                .into_iter()
                .map(|c| {
                    ColumnMeta::new(
                        c.name,
                        if c.ty == SqlType::Unknown {
                            SqlType::STRING
                        } else {
                            c.ty
                        },
                    )
                })
                .collect(),
        ))
    }
}

fn check_width(given: usize, wanted: usize, implicit: bool) -> SqlResult<()> {
    let fits = if implicit {
        given <= wanted
    } else {
        given == wanted
    };
    if fits {
        return Ok(());
    }
    let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    Err(SqlError::new(
        sqlstate::SYNTAX,
        format!(
            "INSERT has {} than target columns, {} for {}",
            if given > wanted {
                "more expressions"
            } else {
                "fewer expressions"
            },
            plural(given, "expression"),
            plural(wanted, "target")
        ),
    ))
}
