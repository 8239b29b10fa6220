//! Descriptors: the definition of one database, schema, table, view, sequence, type or function. They serialise, so
//! that a backup can carry them and a restore can make them again under new ids.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{DescriptorId, Grants, Privilege};
use crate::types::SqlType;

/// Whether the object can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum State {
    #[default]
    Public,
    /// Being restored; its name is taken but statements do not see it.
    Offline,
}

/// The definition of one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Descriptor {
    pub id: DescriptorId,
    pub name: String,
    /// The database it lies in; 0 for databases.
    pub parent_id: DescriptorId,
    /// The schema it lies in; 0 for databases and schemas.
    pub schema_id: DescriptorId,
    pub owner: String,
    pub grants: Grants,
    #[serde(default)]
    pub state: State,
    pub body: Body,
}

/// What kind of object it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    Database(DatabaseBody),
    Schema(SchemaBody),
    Table(TableBody),
    View(ViewBody),
    Sequence(SequenceBody),
    Enum(EnumBody),
    Function(FunctionBody),
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseBody {
    /// In the order they were added; the primary one is among them.
    pub regions: Vec<String>,
    pub primary_region: Option<String>,
    pub secondary_region: Option<String>,
    /// `zone` or `region`; only with regions.
    pub survival_goal: Option<String>,
    pub default_privileges: Vec<DefaultPrivilege>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaBody {
    pub default_privileges: Vec<DefaultPrivilege>,
}

/// One rule of ALTER DEFAULT PRIVILEGES.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultPrivilege {
    /// The creating role the rule holds for; none means all roles.
    pub for_role: Option<String>,
    /// `TABLES`, `SEQUENCES`, `TYPES`, `SCHEMAS` or `FUNCTIONS`.
    pub objects: String,
    pub grantee: String,
    pub privileges: Vec<Privilege>,
    pub with_grant_option: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableBody {
    pub columns: Vec<Column>,
    pub next_column_id: u32,
    /// The first one is the primary index.
    pub indexes: Vec<Index>,
    pub foreign_keys: Vec<ForeignKey>,
    pub checks: Vec<Check>,
    pub locality: Option<Locality>,
    /// `ALTER TABLE … SET (exclude_data_from_backup = true)`.
    pub exclude_data_from_backup: bool,
    /// Other storage parameters.
    pub parameters: BTreeMap<String, String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Unique in its table for ever; storage names the column after it.
    pub id: u32,
    pub name: String,
    pub ty: SqlType,
    pub nullable: bool,
    /// SQL text, as SHOW CREATE TABLE prints it.
    pub default: Option<String>,
    /// SQL text of a stored computed column.
    pub computed: Option<String>,
    /// Left out of `SELECT *` (the `rowid` of tables without primary key, `crdb_region`).
    pub hidden: bool,
}

/// A unique or plain index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    pub id: u32,
    pub name: String,
    /// Column ids in order; true for descending.
    pub columns: Vec<(u32, bool)>,
    pub unique: bool,
    pub storing: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ForeignKeyAction {
    #[default]
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

impl ForeignKeyAction {
    /// As written in SQL.
    pub const fn sql(self) -> &'static str {
        match self {
            Self::NoAction => "NO ACTION",
            Self::Restrict => "RESTRICT",
            Self::Cascade => "CASCADE",
            Self::SetNull => "SET NULL",
            Self::SetDefault => "SET DEFAULT",
        }
    }
}

/// A foreign key of the table that holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    pub name: String,
    /// Column ids here.
    pub columns: Vec<u32>,
    pub referenced_table: DescriptorId,
    /// Column ids there.
    pub referenced_columns: Vec<u32>,
    pub on_delete: ForeignKeyAction,
    pub on_update: ForeignKeyAction,
}

/// A CHECK constraint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub name: String,
    /// SQL text without the word CHECK and its parentheses.
    pub expression: String,
}

/// Where a table of a multi-region database lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Locality {
    Global,
    /// In the primary region when none is named.
    RegionalByTable {
        region: Option<String>,
    },
    /// By the named column (`crdb_region` when none).
    RegionalByRow {
        column: Option<String>,
    },
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewBody {
    /// SQL text of the query with full names.
    pub query: String,
    pub columns: Vec<(String, SqlType)>,
    /// Tables, views, types and functions it needs.
    pub depends_on: Vec<DescriptorId>,
    pub materialized: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceBody {
    pub start: i64,
    pub increment: i64,
    pub min: i64,
    pub max: i64,
    /// Table and column id that own it (`OWNED BY`).
    pub owned_by: Option<(DescriptorId, u32)>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnumBody {
    /// In order.
    pub values: Vec<String>,
    /// The `crdb_internal_region` type of a multi-region database.
    pub multi_region: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionBody {
    /// The whole CREATE FUNCTION behind its name: arguments, return type, options and body.
    pub definition: String,
    pub depends_on: Vec<DescriptorId>,
}

impl Descriptor {
    /// The table definition, if it is a table.
    pub fn table(&self) -> Option<&TableBody> {
        match &self.body {
            Body::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The table definition to change, if it is a table.
    pub fn table_mut(&mut self) -> Option<&mut TableBody> {
        match &mut self.body {
            Body::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The database definition, if it is a database.
    pub fn database(&self) -> Option<&DatabaseBody> {
        match &self.body {
            Body::Database(database) => Some(database),
            _ => None,
        }
    }

    /// Whether it shares the namespace of tables.
    pub fn is_relation(&self) -> bool {
        matches!(self.body, Body::Table(_) | Body::View(_) | Body::Sequence(_))
    }

    /// Whether it has rows of its own in storage.
    pub fn has_rows(&self) -> bool {
        match &self.body {
            Body::Table(_) | Body::Sequence(_) => true,
            Body::View(view) => view.materialized,
            _ => false,
        }
    }

    /// The word for it in messages: `database`, `schema`, `relation`, `type`, `function`.
    pub const fn kind_word(&self) -> &'static str {
        match &self.body {
            Body::Database(_) => "database",
            Body::Schema(_) => "schema",
            Body::Table(_) | Body::View(_) | Body::Sequence(_) => "relation",
            Body::Enum(_) => "type",
            Body::Function(_) => "function",
        }
    }

    /// The word in SHOW TABLES and SHOW BACKUP: `database`, `schema`, `table`, `view`, `materialized view`, `sequence`, `type`, `function`.
    pub const fn type_word(&self) -> &'static str {
        match &self.body {
            Body::Database(_) => "database",
            Body::Schema(_) => "schema",
            Body::Table(_) => "table",
            Body::View(view) if view.materialized => "materialized view",
            Body::View(_) => "view",
            Body::Sequence(_) => "sequence",
            Body::Enum(_) => "type",
            Body::Function(_) => "function",
        }
    }
}

impl TableBody {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// The column of that id.
    pub fn column_by_id(&self, id: u32) -> Option<&Column> {
        self.columns.iter().find(|c| c.id == id)
    }

    /// The names of the columns with these ids.
    pub fn column_names(&self, ids: &[u32]) -> Vec<&str> {
        ids.iter()
            .filter_map(|id| self.column_by_id(*id))
            .map(|c| c.name.as_str())
            .collect()
    }

    /// The primary index.
    pub fn primary_index(&self) -> Option<&Index> {
        self.indexes.first()
    }
}
