//! Reading table definitions: columns, constraints, indexes.

use std::sync::Arc;

use crate::catalog::{
    Catalog, Check, Column, Descriptor, ForeignKey, ForeignKeyAction, Index, Locality, ObjectName, TableBody,
};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::Session;
use crate::sql::lexer::{Cursor, Kind};
use crate::sql::translate::Translator;
use crate::types::SqlType;

/// A foreign key as written, before its table is looked up.
struct WrittenKey {
    name: Option<String>,
    columns: Vec<String>,
    table: ObjectName,
    referenced: Vec<String>,
    on_delete: ForeignKeyAction,
    on_update: ForeignKeyAction,
}

/// Columns of an index by name; true for descending.
type IndexColumns = Vec<(String, bool)>;

/// An index as written.
struct WrittenIndex {
    name: Option<String>,
    columns: IndexColumns,
    storing: Vec<String>,
    unique: bool,
}

/// Collects a table definition.
pub(super) struct TableReader {
    pub name: String,
    pub body: TableBody,
    primary: Option<(Option<String>, IndexColumns)>,
    indexes: Vec<WrittenIndex>,
    keys: Vec<WrittenKey>,
    translator: Translator,
    catalog: Arc<Catalog>,
}

const AFTER_TYPE: &[&str] = &[
    "not",
    "null",
    "primary",
    "unique",
    "default",
    "check",
    "references",
    "as",
    "constraint",
    "visible",
    "family",
    "create",
    "generated",
    "on",
    "collate",
    ",",
];

impl TableReader {
    pub(super) fn new(session: &mut Session, name: &str) -> SqlResult<Self> {
        let translator = crate::sql::translator(session)?;
        let catalog = Arc::clone(&translator.catalog);
        let body = TableBody {
            next_column_id: 1,
            ..TableBody::default()
        };
        Ok(Self {
            name: name.to_owned(),
            body,
            primary: None,
            indexes: Vec::new(),
            keys: Vec::new(),
            translator,
            catalog,
        })
    }

    /// Continues an existing table (ALTER TABLE).
    pub(super) fn existing(session: &mut Session, table: &Descriptor) -> SqlResult<Self> {
        let mut reader = Self::new(session, &table.name)?;
        reader.body = table.table().cloned().unwrap_or_default();
        Ok(reader)
    }

    /// `( element, … )`.
    pub(super) fn elements(&mut self, cursor: &mut Cursor<'_>) -> SqlResult<()> {
        cursor.expect("(")?;
        while !cursor.accept(")") {
            self.element(cursor)?;
            if !cursor.accept(",") {
                cursor.expect(")")?;
                break;
            }
        }
        Ok(())
    }

    fn element(&mut self, cursor: &mut Cursor<'_>) -> SqlResult<()> {
        let constraint = if cursor.accept("constraint") {
            Some(cursor.ident()?)
        } else {
            None
        };
        if constraint.is_some() || starts_constraint(cursor) {
            return self.constraint(cursor, constraint);
        }
        if cursor.accept("family") {
            cursor.until(&[","]);
            return Ok(());
        }
        self.column(cursor).map(|_| ())
    }

    /// A table constraint or index.
    pub(super) fn constraint(&mut self, cursor: &mut Cursor<'_>, name: Option<String>) -> SqlResult<()> {
        if cursor.accept("primary key") {
            self.hash_sharded(cursor);
            let columns = index_columns(cursor)?;
            self.primary = Some((name, columns));
            cursor.until(&[","]);
        } else if cursor.looking_at("unique") || cursor.looking_at("index") || cursor.looking_at("inverted") {
            let unique = cursor.accept("unique");
            cursor.accept("inverted");
            cursor.accept("index");
            let name = if matches!(cursor.peek(0), Some(Kind::Word(_) | Kind::Quoted(_))) {
                Some(cursor.ident()?)
            } else {
                name
            };
            let columns = index_columns(cursor)?;
            let storing = if cursor.accept("storing") {
                cursor.ident_list()?
            } else {
                Vec::new()
            };
            self.indexes.push(WrittenIndex {
                name,
                columns,
                storing,
                unique,
            });
            cursor.until(&[","]);
        } else if cursor.accept("foreign key") {
            let columns = cursor.ident_list()?;
            cursor.expect("references")?;
            self.references(cursor, name, columns)?;
        } else if cursor.accept("check") {
            let expression = cursor.parenthesized()?.to_owned();
            self.check(name, &expression);
        } else {
            return Err(cursor.unexpected());
        }
        Ok(())
    }

    fn hash_sharded(&self, cursor: &mut Cursor<'_>) {
        cursor.accept("using hash");
    }

    fn check(&mut self, name: Option<String>, expression: &str) {
        let columns: Vec<&str> = self
            .body
            .columns
            .iter()
            .map(|c| c.name.as_str())
            .filter(|c| expression.contains(c))
            .collect();
        let mut default = if columns.is_empty() {
            "check_constraint".to_owned()
        } else {
            format!("check_{}", columns.join("_"))
        };
        while self.body.checks.iter().any(|c| c.name == default) {
            default.push('1');
        }
        self.body.checks.push(Check {
            name: name.unwrap_or(default),
            expression: expression.to_owned(),
        });
    }

    fn references(
        &mut self,
        cursor: &mut Cursor<'_>,
        name: Option<String>,
        columns: Vec<String>,
    ) -> SqlResult<()> {
        let table = cursor.name()?;
        let referenced = if cursor.looking_at("(") {
            cursor.ident_list()?
        } else {
            Vec::new()
        };
        let mut key = WrittenKey {
            name,
            columns,
            table,
            referenced,
            on_delete: ForeignKeyAction::NoAction,
            on_update: ForeignKeyAction::NoAction,
        };
        loop {
            if cursor.accept("on delete") {
                key.on_delete = action(cursor)?;
            } else if cursor.accept("on update") {
                key.on_update = action(cursor)?;
            } else if !cursor.accept("match simple") && !cursor.accept("not valid") {
                break;
            }
        }
        self.keys.push(key);
        Ok(())
    }

    /// A column definition; gives the new column's id.
    pub(super) fn column(&mut self, cursor: &mut Cursor<'_>) -> SqlResult<u32> {
        let name = cursor.ident()?;
        if self.body.column(&name).is_some() {
            return Err(SqlError::new(
                sqlstate::DUPLICATE_COLUMN,
                format!("column \"{name}\" of relation \"{}\" already exists", self.name),
            ));
        }
        let type_text = cursor.until(AFTER_TYPE).to_owned();
        let serial = type_text.to_lowercase().contains("serial");
        let id = self.body.next_column_id;
        self.body.next_column_id += 1;
        let mut column = Column {
            id,
            name: name.clone(),
            ty: self.translator.type_named(&type_text)?,
            nullable: true,
            default: None,
            computed: None,
            hidden: false,
        };
        if serial {
            column.default = Some("unique_rowid()".into());
            column.nullable = false;
        }
        loop {
            let constraint = if cursor.accept("constraint") {
                Some(cursor.ident()?)
            } else {
                None
            };
            if cursor.accept("not null") {
                column.nullable = false;
            } else if cursor.accept("not visible") {
                column.hidden = true;
            } else if cursor.accept("null") {
                column.nullable = true;
            } else if cursor.accept("primary key") {
                self.primary = Some((constraint, vec![(name.clone(), false)]));
            } else if cursor.accept("unique") {
                self.indexes.push(WrittenIndex {
                    name: constraint,
                    columns: vec![(name.clone(), false)],
                    storing: Vec::new(),
                    unique: true,
                });
            } else if cursor.accept("default") {
                column.default = Some(self.default_text(cursor.until(AFTER_TYPE), &column.ty));
            } else if cursor.accept("check") {
                let expression = cursor.parenthesized()?.to_owned();
                self.body.columns.push(column);
                self.check(constraint, &expression);
                column = self.body.columns.pop().ok_or_else(|| cursor.unexpected())?;
            } else if cursor.accept("references") {
                self.references(cursor, constraint, vec![name.clone()])?;
            } else if cursor.accept("as") || cursor.accept("generated always as") {
                column.computed = Some(cursor.parenthesized()?.to_owned());
                if !cursor.accept("stored") {
                    cursor.accept("virtual");
                }
            } else if cursor.accept("collate") || cursor.accept("family") || cursor.accept("create family") {
                cursor.ident()?;
            } else if cursor.accept("on update") {
                cursor.until(AFTER_TYPE);
            } else {
                break;
            }
        }
        self.body.columns.push(column);
        Ok(id)
    }

    /// A default as SHOW CREATE TABLE prints it: string literals carry their type.
    fn default_text(&self, text: &str, ty: &SqlType) -> String {
        let is_literal =
            text.starts_with('\'') && text.ends_with('\'') && !text[1..text.len() - 1].contains('\'');
        if is_literal && !matches!(ty, SqlType::Unknown) {
            format!(
                "{text}:::{}",
                if ty.is_text() {
                    "STRING".into()
                } else {
                    ty.sql_name()
                }
            )
        } else {
            text.to_owned()
        }
    }

    /// Puts keys and indexes in place. `self_id` is the id of an existing table, 0 for a new one, whose references to itself
    /// are then given the id later.
    pub(super) fn finish(mut self, session: &mut Session, new_id: u32) -> SqlResult<TableBody> {
        if self.body.indexes.is_empty() {
            let (name, columns) = match self.primary.take() {
                Some((name, columns)) => (name, columns),
                None => {
                    let id = self.body.next_column_id;
                    self.body.next_column_id += 1;
                    self.body.columns.push(Column {
                        id,
                        name: "rowid".into(),
                        ty: SqlType::Int8,
                        nullable: false,
                        default: Some("unique_rowid()".into()),
                        computed: None,
                        hidden: true,
                    });
                    (None, vec![("rowid".to_owned(), false)])
                }
            };
            let columns = self.column_ids(&columns)?;
            for (id, _) in &columns {
                if let Some(column) = self.body.columns.iter_mut().find(|c| c.id == *id) {
                    column.nullable = false;
                }
            }
            let name = name.unwrap_or_else(|| format!("{}_pkey", self.name));
            self.body.indexes.push(Index {
                id: 1,
                name,
                columns,
                unique: true,
                storing: Vec::new(),
            });
        }
        for index in std::mem::take(&mut self.indexes) {
            self.add_index(index.name, &index.columns, &index.storing, index.unique)?;
        }
        for key in std::mem::take(&mut self.keys) {
            let key = self.foreign_key(session, key, new_id)?;
            self.body.foreign_keys.push(key);
        }
        Ok(self.body)
    }

    fn column_ids(&self, columns: &[(String, bool)]) -> SqlResult<Vec<(u32, bool)>> {
        columns
            .iter()
            .map(|(name, descending)| {
                let column = self.body.column(name);
                column.map(|c| (c.id, *descending)).ok_or_else(|| {
                    SqlError::new(
                        sqlstate::UNDEFINED_COLUMN,
                        format!("column \"{name}\" does not exist"),
                    )
                })
            })
            .collect()
    }

    /// Adds an index; its default name is made of table and columns.
    pub(super) fn add_index(
        &mut self,
        name: Option<String>,
        columns: &[(String, bool)],
        storing: &[String],
        unique: bool,
    ) -> SqlResult<String> {
        let names: Vec<&str> = columns.iter().map(|(c, _)| c.as_str()).collect();
        let base = format!(
            "{}_{}_{}",
            self.name,
            names.join("_"),
            if unique { "key" } else { "idx" }
        );
        let mut default = base.clone();
        let mut n = 1;
        while self.body.indexes.iter().any(|i| i.name == default) {
            default = format!("{base}{n}");
            n += 1;
        }
        let name = name.unwrap_or(default);
        if self.body.indexes.iter().any(|i| i.name == name) {
            return Err(SqlError::new(
                sqlstate::DUPLICATE_RELATION,
                format!("index with name \"{name}\" already exists"),
            ));
        }
        let id = self.body.indexes.iter().map(|i| i.id).max().unwrap_or(0) + 1;
        let columns = self.column_ids(columns)?;
        let storing = storing
            .iter()
            .filter_map(|s| self.body.column(s))
            .map(|c| c.id)
            .collect();
        self.body.indexes.push(Index {
            id,
            name: name.clone(),
            columns,
            unique,
            storing,
        });
        Ok(name)
    }

    fn foreign_key(&self, session: &mut Session, key: WrittenKey, new_id: u32) -> SqlResult<ForeignKey> {
        let columns: Vec<(String, bool)> = key.columns.iter().map(|c| (c.clone(), false)).collect();
        let columns: Vec<u32> = self.column_ids(&columns)?.into_iter().map(|(id, _)| id).collect();
        let itself = key.table.object() == self.name && key.table.0.len() == 1;
        let parent = if itself {
            None
        } else {
            Some(super::find(session, &key.table, "relation")?)
        };
        if let Some(parent) = &parent {
            self.catalog
                .check_privilege(session.user(), parent, crate::catalog::Privilege::Create)
                .ok();
        }
        let parent_body = match &parent {
            Some(parent) => parent.table().ok_or_else(|| {
                SqlError::new(
                    sqlstate::WRONG_OBJECT_TYPE,
                    format!("referenced relation \"{}\" is not a table", parent.name),
                )
            })?,
            None => &self.body,
        };
        let referenced: Vec<u32> = if key.referenced.is_empty() {
            parent_body
                .primary_index()
                .map(|i| i.columns.iter().map(|(c, _)| *c).collect())
                .unwrap_or_default()
        } else {
            key.referenced
                .iter()
                .map(|c| {
                    parent_body.column(c).map(|c| c.id).ok_or_else(|| {
                        SqlError::new(
                            sqlstate::UNDEFINED_COLUMN,
                            format!("column \"{c}\" does not exist"),
                        )
                    })
                })
                .collect::<SqlResult<_>>()?
        };
        let unique = parent_body.indexes.iter().any(|i| {
            i.unique
                && i.columns.len() == referenced.len()
                && i.columns.iter().all(|(c, _)| referenced.contains(c))
        });
        if !unique || referenced.len() != columns.len() {
            return Err(SqlError::new(
                "42830",
                format!(
                    "there is no unique constraint matching given keys for referenced table {}",
                    key.table.object()
                ),
            ));
        }
        let default = format!("{}_{}_fkey", self.name, key.columns.join("_"));
        Ok(ForeignKey {
            name: key.name.unwrap_or(default),
            columns,
            referenced_table: parent.map_or(new_id, |p| p.id),
            referenced_columns: referenced,
            on_delete: key.on_delete,
            on_update: key.on_update,
        })
    }
}

fn starts_constraint(cursor: &Cursor<'_>) -> bool {
    [
        "primary key",
        "foreign key",
        "check (",
        "unique (",
        "unique index",
        "inverted index",
        "index (",
        "unique without",
    ]
    .iter()
    .any(|w| cursor.looking_at(w))
        || cursor.looking_at("index") && matches!(cursor.peek(2), Some(Kind::Symbol(s)) if s == "(")
}

fn action(cursor: &mut Cursor<'_>) -> SqlResult<ForeignKeyAction> {
    Ok(if cursor.accept("cascade") {
        ForeignKeyAction::Cascade
    } else if cursor.accept("set null") {
        ForeignKeyAction::SetNull
    } else if cursor.accept("set default") {
        ForeignKeyAction::SetDefault
    } else if cursor.accept("restrict") {
        ForeignKeyAction::Restrict
    } else {
        cursor.expect("no action")?;
        ForeignKeyAction::NoAction
    })
}

/// `( a, b DESC )`.
pub(super) fn index_columns(cursor: &mut Cursor<'_>) -> SqlResult<Vec<(String, bool)>> {
    cursor.expect("(")?;
    let mut columns = Vec::new();
    loop {
        let name = cursor.ident()?;
        let descending = cursor.accept("desc");
        cursor.accept("asc");
        columns.push((name, descending));
        if !cursor.accept(",") {
            break;
        }
    }
    cursor.expect(")")?;
    Ok(columns)
}

/// `LOCALITY …`, if it comes next.
pub(super) fn locality(cursor: &mut Cursor<'_>) -> SqlResult<Option<Locality>> {
    if !cursor.accept("locality") {
        return Ok(None);
    }
    Ok(Some(if cursor.accept("global") {
        Locality::Global
    } else if cursor.accept("regional by row") {
        let column = if cursor.accept("as") {
            Some(cursor.ident()?)
        } else {
            None
        };
        Locality::RegionalByRow { column }
    } else {
        cursor.expect("regional")?;
        cursor.accept("by table");
        let region = if cursor.accept("in primary region") || !cursor.accept("in") {
            None
        } else {
            Some(cursor.ident_or_text()?)
        };
        Locality::RegionalByTable { region }
    }))
}

/// `(name = value, …)` of storage parameters.
pub(super) fn parameters(cursor: &mut Cursor<'_>) -> SqlResult<Vec<(String, String)>> {
    cursor.expect("(")?;
    let mut found = Vec::new();
    loop {
        let name = cursor.ident()?;
        cursor.expect("=")?;
        let value = match cursor.take() {
            Some(Kind::Word(v) | Kind::Text(v) | Kind::Number(v) | Kind::Quoted(v)) => v,
            _ => return Err(cursor.unexpected()),
        };
        found.push((name, value));
        if !cursor.accept(",") {
            break;
        }
    }
    cursor.expect(")")?;
    Ok(found)
}
