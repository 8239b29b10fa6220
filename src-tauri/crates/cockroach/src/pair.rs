//! A restored table beside the live one of its name: what differs, and the rows that come back.
//!
//! Rows belong together by their primary key. Both tables are gone through in stretches of it, so that no statement
//! runs for long, a cancel is heard soon, and a lost connection costs one stretch. What is inserted is looked for by
//! the same statement: sent twice, it finds nothing to do the second time.

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};

use crate::connect::Cluster;
use crate::definition::{Column, ColumnType, Definition, ForeignKey, ObjectName};
use crate::error::{Error, ErrorKind, Result};
use crate::quote::{ContainsNul, QualifiedName, ident, literal};
use crate::row;
use crate::sqlstate::BrokenRule;

/// Two tables of one name, by the columns that both have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    restored: QualifiedName,
    live: QualifiedName,
    key: Vec<Shared>,
    /// Besides the key, and only what can be inserted.
    values: Vec<Shared>,
    differences: Differences,
    live_definition: Definition,
}

/// A column that both have.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shared {
    name: String,
    restored: ColumnType,
    live: ColumnType,
    is_generated: bool,
}

/// What the columns of the two have not in common.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    pub only_restored: Vec<String>,
    pub only_live: Vec<String>,
    /// The live table numbers them itself, so that rows that come back get new numbers.
    pub numbered_anew: Vec<String>,
}

/// Why rows of two tables cannot be told to be the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unmatched {
    /// One of them was made without a primary key. The hidden one that it has instead means nothing in another table.
    NoKey,
    OtherKey {
        restored: Vec<String>,
        live: Vec<String>,
    },
}

/// The primary key of a row, as texts in the order of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(Vec<String>);

/// The rows after one key, up to and with another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stretch {
    pub after: Option<Key>,
    pub up_to: Option<Key>,
}

/// How many rows differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows of the restored table that were looked at.
    pub read: u64,
    /// Only in the restored table.
    pub missing: u64,
    /// Only in the live table.
    pub only_live: u64,
    /// In both, with other values.
    pub changed: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.missing += other.missing;
        self.only_live += other.only_live;
        self.changed += other.changed;
    }
}

/// Rows that an insertion leaves out, learned from what the cluster refused, so that the others come back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Those of which a value is taken that must be unique.
    taken: bool,
    /// Those that refer to what is not there, by these foreign keys.
    orphans: Vec<ForeignKey>,
}

/// The connection on which tables are gone through. Dropping it ends what runs on it.
#[derive(Debug)]
pub struct Line(PgConnection);

impl Line {
    pub async fn open(cluster: &Cluster) -> Result<Self> {
        Ok(Self(cluster.dedicated().await?))
    }

    /// `sql` was put together by the quoting module.
    async fn fetch(&mut self, sql: &str) -> Result<Vec<PgRow>> {
        Ok(self.0.fetch_all(sqlx::raw_sql(AssertSqlSafe(sql))).await?)
    }
}

/// Types whose values can be written as a text and ordered by the server as they were read.
const DIVISIBLE: [&str; 15] = [
    "INT2",
    "INT4",
    "INT8",
    "STRING",
    "VARCHAR",
    "CHAR",
    "UUID",
    "BYTES",
    "DATE",
    "TIME",
    "TIMESTAMP",
    "TIMESTAMPTZ",
    "DECIMAL",
    "BOOL",
    "INET",
];

impl Pair {
    pub fn of(
        (restored, restored_is): (QualifiedName, &Definition),
        (live, live_is): (QualifiedName, &Definition),
    ) -> std::result::Result<Self, Unmatched> {
        let has_key = |table: &Definition| {
            !table.primary_key.is_empty()
                && table
                    .primary_key
                    .iter()
                    .all(|name| column(table, name).is_some_and(|column| !column.is_hidden))
        };
        if !has_key(restored_is) || !has_key(live_is) {
            return Err(Unmatched::NoKey);
        }
        let sorted = |table: &Definition| {
            let mut names = table.primary_key.clone();
            names.sort_unstable();
            names
        };
        if sorted(restored_is) != sorted(live_is) {
            return Err(Unmatched::OtherKey {
                restored: restored_is.primary_key.clone(),
                live: live_is.primary_key.clone(),
            });
        }
        let shared = |name: &String| {
            let (restored, live) = (column(restored_is, name)?, column(live_is, name)?);
            Some(Shared {
                name: name.clone(),
                restored: restored.ty.clone(),
                live: live.ty.clone(),
                is_generated: live.is_generated,
            })
        };
        let is_key = |name: &String| live_is.primary_key.contains(name);
        let names = |table: &Definition, keep: &dyn Fn(&Column) -> bool| -> Vec<String> {
            let kept = table.columns.iter().filter(|column| keep(column));
            kept.map(|column| column.name.clone()).collect()
        };
        let values = names(restored_is, &|column| !is_key(&column.name));
        Ok(Self {
            key: live_is.primary_key.iter().filter_map(shared).collect(),
            values: values
                .iter()
                .filter_map(shared)
                .filter(|column| !column.is_generated)
                .collect(),
            differences: Differences {
                only_restored: names(restored_is, &|it| {
                    !it.is_generated && column(live_is, &it.name).is_none()
                }),
                only_live: names(live_is, &|it| {
                    !it.is_generated && column(restored_is, &it.name).is_none()
                }),
                numbered_anew: names(live_is, &|it| {
                    it.is_numbered && !is_key(&it.name) && column(restored_is, &it.name).is_some()
                }),
            },
            restored,
            live,
            live_definition: live_is.clone(),
        })
    }

    pub fn differences(&self) -> &Differences {
        &self.differences
    }

    /// Rows can be inserted with the key that they had: the live table does not number them itself.
    pub fn can_insert(&self) -> bool {
        !self.key.iter().any(|column| column.is_generated)
    }

    /// Schema and name of the tables of the live database that its foreign keys lead to, other than itself.
    pub fn references(&self) -> Vec<(String, String)> {
        let keys = self.live_definition.foreign_keys.iter();
        keys.map(|key| self.referenced(key))
            .filter(|to| to.database == self.live.database && *to != self.live)
            .map(|to| (to.schema, to.name))
            .collect()
    }

    /// What a broken rule is about, for telling: the columns of a unique one.
    pub fn unique_columns(&self, constraint: &str) -> Option<&[String]> {
        let rules = &self.live_definition.unique;
        let rule = rules.iter().find(|rule| rule.name == constraint)?;
        Some(&rule.columns)
    }

    /// The columns of a foreign key of the live table, and the table that it leads to.
    pub fn foreign_key(&self, constraint: &str) -> Option<(&[String], QualifiedName)> {
        let keys = &self.live_definition.foreign_keys;
        let key = keys.iter().find(|key| key.name == constraint)?;
        Some((&key.columns, self.referenced(key)))
    }

    fn referenced(&self, key: &ForeignKey) -> QualifiedName {
        let ObjectName {
            database,
            schema,
            name,
        } = key.referenced.clone();
        QualifiedName {
            database: database.unwrap_or_else(|| self.live.database.clone()),
            schema: schema.unwrap_or_else(|| self.live.schema.clone()),
            name,
        }
    }

    /// Whether stretches of it can be told by the texts of keys.
    fn is_divisible(&self) -> bool {
        self.key.iter().all(|column| {
            matches!(&column.live, ColumnType::Plain(word) if DIVISIBLE.contains(&word.as_str()))
                && column.live == column.restored
        })
    }

    /// What is missing can be brought back a part at a time; else it goes in as a whole.
    pub fn inserts_in_parts(&self) -> bool {
        self.is_divisible() && !self.refers_to_itself()
    }

    /// Its rows refer to rows of the table itself. A statement checks that at its end, so such rows go in together.
    fn refers_to_itself(&self) -> bool {
        let keys = &self.live_definition.foreign_keys;
        keys.iter().any(|key| self.referenced(key) == self.live)
    }

    /// The statement that brings back what is missing, as it is sent for a stretch.
    pub fn insertion(&self, stretch: &Stretch, left_out: &LeftOut) -> Result<String, ContainsNul> {
        let (restored, live) = (self.restored.sql()?, self.live.sql()?);
        let columns = || self.key.iter().chain(&self.values);
        let names = listed(columns().map(|column| ident(&column.name)))?;
        let values = listed(columns().map(|column| column.copied(&self.live.database)))?;
        let mut conditions = vec![self.is_missing()?];
        conditions.extend(self.within("restored.", stretch)?);
        for key in &left_out.orphans {
            conditions.push(self.has_parent(key)?);
        }
        let end = if left_out.taken {
            "\nON CONFLICT DO NOTHING"
        } else {
            ""
        };
        Ok(format!(
            "INSERT INTO {live} ({names})\nSELECT {values}\nFROM {restored} AS restored\nWHERE {}{end};",
            conditions.join("\n  AND ")
        ))
    }

    /// From now on leaves out the rows that were refused for this rule. False where that does not help.
    pub fn leave_out(&self, rule: &BrokenRule, left_out: &mut LeftOut) -> bool {
        match rule {
            BrokenRule::Unique(_) => !std::mem::replace(&mut left_out.taken, true),
            BrokenRule::ForeignKey(name) => {
                let keys = &self.live_definition.foreign_keys;
                let Some(key) = keys.iter().find(|key| key.name == *name) else {
                    return false;
                };
                let is_known = |name: &String| self.shared(name).is_some();
                let helps = !left_out.orphans.contains(key) && key.columns.iter().all(is_known);
                if helps {
                    left_out.orphans.push(key.clone());
                }
                helps
            }
            BrokenRule::NotNull(_) | BrokenRule::Check(_) => false,
        }
    }

    fn shared(&self, name: &str) -> Option<&Shared> {
        self.key
            .iter()
            .chain(&self.values)
            .find(|column| column.name == name)
    }

    /// The statement that lists the rows that both have with other values, as the restored table has them. Nothing where a row is
    /// no more than its key.
    pub fn list_changed(&self) -> Result<Option<String>, ContainsNul> {
        let changed = compared(&self.values, "IS DISTINCT FROM")?;
        if changed.is_empty() {
            return Ok(None);
        }
        Ok(Some(format!(
            "SELECT restored.*\nFROM {} AS restored\nJOIN {} AS live ON {}\nWHERE {};",
            self.restored.sql()?,
            self.live.sql()?,
            compared(&self.key, "=")?.join(" AND "),
            changed.join("\n  OR ")
        )))
    }

    fn is_missing(&self) -> Result<String, ContainsNul> {
        Ok(format!(
            "NOT EXISTS (SELECT 1 FROM {} AS live WHERE {})",
            self.live.sql()?,
            compared(&self.key, "=")?.join(" AND ")
        ))
    }

    fn has_parent(&self, key: &ForeignKey) -> Result<String, ContainsNul> {
        let parent = self.referenced(key);
        let mut conditions = Vec::new();
        let mut same = Vec::new();
        for (name, to) in key.columns.iter().zip(&key.referenced_columns) {
            let Some(column) = self.shared(name) else {
                continue;
            };
            conditions.push(format!("restored.{} IS NULL", ident(name)?));
            let parent = Shared {
                name: to.clone(),
                ..column.clone()
            };
            same.push(format!(
                "{} = {}",
                parent.comparable("parent.", &column.live)?,
                column.comparable("restored.", &column.restored)?
            ));
        }
        let same = same.join(" AND ");
        let mut parents = vec![&parent];
        if parent == self.live {
            // It comes back by the same statement.
            parents.push(&self.restored);
        }
        for table in parents {
            conditions.push(format!(
                "EXISTS (SELECT 1 FROM {} AS parent WHERE {same})",
                table.sql()?
            ));
        }
        Ok(format!("({})", conditions.join(" OR ")))
    }

    fn within(&self, prefix: &str, stretch: &Stretch) -> Result<Vec<String>, ContainsNul> {
        let ends = [(">", &stretch.after), ("<=", &stretch.up_to)];
        let ends = ends
            .into_iter()
            .filter_map(|(sign, key)| key.as_ref().map(|key| (sign, key)));
        ends.map(|(sign, key)| {
            let names = listed(
                self.key
                    .iter()
                    .map(|column| Ok(format!("{prefix}{}", ident(&column.name)?))),
            )?;
            let values = listed(
                self.key
                    .iter()
                    .zip(&key.0)
                    .map(|(column, text)| Ok(format!("{}::{}", literal(text)?, column.literal_type()))),
            )?;
            Ok(match self.key.as_slice() {
                [_] => format!("{names} {sign} {values}"),
                _ => format!("({names}) {sign} ({values})"),
            })
        })
        .collect()
    }

    fn comparison(&self, stretch: &Stretch) -> Result<String, ContainsNul> {
        let columns = || self.key.iter().chain(&self.values);
        let within = self.within("", stretch)?;
        let rows = |table: &QualifiedName, ty: fn(&Shared) -> &ColumnType| {
            let values = columns().map(|column| {
                Ok(format!(
                    "{} AS {}",
                    column.comparable("", ty(column))?,
                    ident(&column.name)?
                ))
            });
            let condition = match within.as_slice() {
                [] => String::new(),
                within => format!(" WHERE {}", within.join(" AND ")),
            };
            Ok(format!(
                "(SELECT {} FROM {}{condition})",
                listed(values)?,
                table.sql()?
            ))
        };
        let pairs = |columns: &[Shared], sign: &str| {
            let pairs = columns.iter().map(|column| {
                let name = ident(&column.name)?;
                Ok(format!("restored.{name} {sign} live.{name}"))
            });
            pairs.collect::<Result<Vec<_>, ContainsNul>>()
        };
        let changed = match self.values.as_slice() {
            [] => "false".to_owned(),
            values => pairs(values, "IS DISTINCT FROM")?.join(" OR "),
        };
        // No part of a primary key is NULL: where one is, there is no such row.
        let first = self
            .key
            .first()
            .map(|column| ident(&column.name))
            .transpose()?
            .unwrap_or_default();
        let (in_restored, in_live) = (format!("restored.{first}"), format!("live.{first}"));
        Ok(format!(
            "SELECT count(*) FILTER (WHERE {in_restored} IS NOT NULL) AS looked_at, \
             count(*) FILTER (WHERE {in_live} IS NULL) AS missing, \
             count(*) FILTER (WHERE {in_restored} IS NULL) AS only_live, \
             count(*) FILTER (WHERE {in_restored} IS NOT NULL AND {in_live} IS NOT NULL AND ({changed})) AS changed \
             FROM {} AS restored FULL JOIN {} AS live ON {}",
            rows(&self.restored, |column| &column.restored)?,
            rows(&self.live, |column| &column.live)?,
            pairs(&self.key, "=")?.join(" AND ")
        ))
    }

    /// Compares what both hold of a stretch, at one moment.
    pub async fn compare(&self, line: &mut Line, stretch: &Stretch) -> Result<Counts> {
        let rows = line.fetch(&self.comparison(stretch)?).await?;
        // What cannot be read is not nothing.
        let count = |column| {
            rows.first()
                .and_then(|row| row::count(row, column))
                .ok_or_else(|| {
                    Error::new(ErrorKind::Internal, "The cluster's answer could not be read.").detail(column)
                })
        };
        Ok(Counts {
            read: count("looked_at")?,
            missing: count("missing")?,
            only_live: count("only_live")?,
            changed: count("changed")?,
        })
    }

    /// The key of the restored row that is so many rows on. `None`: all that are left are one stretch.
    pub async fn rows_on(&self, line: &mut Line, after: Option<&Key>, rows: u64) -> Result<Option<Key>> {
        if !self.is_divisible() {
            return Ok(None);
        }
        self.key_on(line, after, rows, Vec::new()).await
    }

    /// As [`Pair::rows_on`], counting only rows that the live table lacks.
    pub async fn missing_rows_on(
        &self,
        line: &mut Line,
        after: Option<&Key>,
        rows: u64,
    ) -> Result<Option<Key>> {
        if !self.inserts_in_parts() {
            return Ok(None);
        }
        let is_missing = self.is_missing()?;
        self.key_on(line, after, rows, vec![is_missing]).await
    }

    async fn key_on(
        &self,
        line: &mut Line,
        after: Option<&Key>,
        rows: u64,
        mut conditions: Vec<String>,
    ) -> Result<Option<Key>> {
        let stretch = Stretch {
            after: after.cloned(),
            up_to: None,
        };
        conditions.extend(self.within("restored.", &stretch)?);
        let condition = match conditions.as_slice() {
            [] => String::new(),
            conditions => format!(" WHERE {}", conditions.join(" AND ")),
        };
        let parts = self.key.iter().enumerate();
        let values =
            listed(parts.map(|(at, column)| Ok(format!("restored.{} AS part_{at}", ident(&column.name)?))))?;
        let order = listed(
            self.key
                .iter()
                .map(|column| Ok(format!("restored.{}", ident(&column.name)?))),
        )?;
        let sql = format!(
            "SELECT {values} FROM {} AS restored{condition} ORDER BY {order} LIMIT 1 OFFSET {}",
            self.restored.sql()?,
            rows.saturating_sub(1)
        );
        let found = line.fetch(&sql).await?;
        Ok(found.first().and_then(|row| {
            let parts = 0..self.key.len();
            parts
                .map(|at| row::text(row, &format!("part_{at}")))
                .collect::<Option<Vec<_>>>()
                .map(Key)
        }))
    }

    /// Brings back what is missing in a stretch, all of it or nothing; answers how many rows that were.
    pub async fn insert(&self, line: &mut Line, stretch: &Stretch, left_out: &LeftOut) -> Result<u64> {
        let sql = self.insertion(stretch, left_out)?;
        let done = line.0.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await?;
        Ok(done.rows_affected())
    }
}

/// Each column of a row `live` with that of a row `restored`.
fn compared(columns: &[Shared], sign: &str) -> Result<Vec<String>, ContainsNul> {
    let each = columns.iter().map(|column| {
        Ok(format!(
            "{} {sign} {}",
            column.comparable("live.", &column.live)?,
            column.comparable("restored.", &column.restored)?
        ))
    });
    each.collect()
}

impl Shared {
    fn is_own(&self) -> bool {
        [&self.restored, &self.live]
            .iter()
            .any(|ty| matches!(ty, ColumnType::Own { .. }))
    }

    /// Types that a database defines for itself are compared as texts: those of two databases never are the same.
    fn comparable(&self, prefix: &str, ty: &ColumnType) -> Result<String, ContainsNul> {
        let name = ident(&self.name)?;
        Ok(match ty {
            ColumnType::Own { is_array: true, .. } => format!("{prefix}{name}::STRING[]"),
            _ if self.is_own() => format!("{prefix}{name}::STRING"),
            _ => format!("{prefix}{name}"),
        })
    }

    /// The restored value as a value of the live column.
    fn copied(&self, live_database: &str) -> Result<String, ContainsNul> {
        let value = self.comparable("restored.", &self.restored)?;
        Ok(match &self.live {
            ColumnType::Own { name, is_array } => {
                let database = name.database.as_deref().unwrap_or(live_database);
                let schema = name.schema.as_deref().unwrap_or("public");
                let array = if *is_array { "[]" } else { "" };
                format!(
                    "{value}::{}.{}.{}{array}",
                    ident(database)?,
                    ident(schema)?,
                    ident(&name.name)?
                )
            }
            _ => value,
        })
    }

    /// CHAR and VARCHAR without their length would cut a text off.
    fn literal_type(&self) -> &str {
        match &self.restored {
            ColumnType::Plain(word) if !matches!(word.as_str(), "CHAR" | "VARCHAR") => word,
            _ => "STRING",
        }
    }
}

fn column<'a>(table: &'a Definition, name: &str) -> Option<&'a Column> {
    table.columns.iter().find(|column| column.name == name)
}

fn listed(parts: impl Iterator<Item = Result<String, ContainsNul>>) -> Result<String, ContainsNul> {
    Ok(parts.collect::<Result<Vec<_>, _>>()?.join(", "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn named(database: &str) -> QualifiedName {
        QualifiedName {
            database: database.into(),
            schema: "public".into(),
            name: "t".into(),
        }
    }

    fn pair(restored: &str, live: &str) -> std::result::Result<Pair, Unmatched> {
        let table = |columns: &str| Definition::parse(&format!("CREATE TABLE t ({columns})")).unwrap();
        Pair::of((named("copy"), &table(restored)), (named("bank"), &table(live)))
    }

    fn same(columns: &str) -> Pair {
        pair(columns, columns).unwrap()
    }

    fn key(parts: &[&str]) -> Option<Key> {
        Some(Key(parts.iter().map(|part| (*part).to_owned()).collect()))
    }

    #[test]
    fn missing_rows_are_found_by_their_key_and_copied_column_by_column() {
        let table = same("a INT8, b INT8, c INT8 AS (b) STORED, CONSTRAINT p PRIMARY KEY (a ASC)");
        assert_eq!(
            table.insertion(&Stretch::default(), &LeftOut::default()).unwrap(),
            "INSERT INTO \"bank\".\"public\".\"t\" (\"a\", \"b\")\n\
             SELECT restored.\"a\", restored.\"b\"\n\
             FROM \"copy\".\"public\".\"t\" AS restored\n\
             WHERE NOT EXISTS (SELECT 1 FROM \"bank\".\"public\".\"t\" AS live WHERE live.\"a\" = restored.\"a\");"
        );
        assert!(table.can_insert());
    }

    #[test]
    fn a_stretch_is_told_by_the_whole_key_and_no_text_is_cut_off() {
        let table = same("a VARCHAR(5), b INT8, CONSTRAINT p PRIMARY KEY (a ASC, b DESC)");
        let stretch = Stretch {
            after: key(&["o'k", "1"]),
            up_to: key(&["z", "9"]),
        };
        let sql = table.insertion(&stretch, &LeftOut::default()).unwrap();
        assert!(
            sql.ends_with(
                "\n  AND (restored.\"a\", restored.\"b\") > ('o''k'::STRING, '1'::INT8)\
                 \n  AND (restored.\"a\", restored.\"b\") <= ('z'::STRING, '9'::INT8);"
            ),
            "{sql}"
        );
        let alone = same("a UUID, CONSTRAINT p PRIMARY KEY (a ASC)");
        let stretch = Stretch {
            after: key(&["7"]),
            up_to: None,
        };
        let sql = alone.comparison(&stretch).unwrap();
        assert!(
            sql.contains("\"t\" WHERE \"a\" > '7'::UUID) AS restored"),
            "{sql}"
        );
        assert!(sql.contains("AND (false)) AS changed"), "{sql}");
        for columns in ["a INT8[]", "a STRING COLLATE de", "a public.state", "a FLOAT8"] {
            let table = same(&format!("{columns}, CONSTRAINT p PRIMARY KEY (a ASC)"));
            assert!(!table.is_divisible(), "{columns}");
        }
    }

    #[test]
    fn what_a_database_defines_for_itself_is_compared_and_copied_as_text() {
        let table = same(
            "a INT8, state public.\"State\", states public.\"State\"[], CONSTRAINT p PRIMARY KEY (a ASC)",
        );
        let sql = table.insertion(&Stretch::default(), &LeftOut::default()).unwrap();
        assert!(
            sql.contains(
                "SELECT restored.\"a\", restored.\"state\"::STRING::\"bank\".\"public\".\"State\", \
                 restored.\"states\"::STRING[]::\"bank\".\"public\".\"State\"[]\n"
            ),
            "{sql}"
        );
        let sql = table.comparison(&Stretch::default()).unwrap();
        assert!(
            sql.contains("\"states\"::STRING[] AS \"states\" FROM \"copy\""),
            "{sql}"
        );
        assert!(
            sql.contains("restored.\"state\" IS DISTINCT FROM live.\"state\" OR"),
            "{sql}"
        );
    }

    #[test]
    fn tables_whose_rows_cannot_be_matched_are_told_apart() {
        let hidden = "rowid INT8 NOT VISIBLE NOT NULL DEFAULT unique_rowid(), a INT8, \
                      CONSTRAINT p PRIMARY KEY (rowid ASC)";
        let keyed = "a INT8, b INT8, CONSTRAINT p PRIMARY KEY (a ASC)";
        assert_eq!(pair(hidden, hidden), Err(Unmatched::NoKey));
        assert_eq!(pair("a INT8", keyed), Err(Unmatched::NoKey));
        assert_eq!(
            pair(keyed, "a INT8, b INT8, CONSTRAINT p PRIMARY KEY (b ASC)"),
            Err(Unmatched::OtherKey {
                restored: vec!["a".into()],
                live: vec!["b".into()],
            })
        );
        let numbered = "a INT8 GENERATED ALWAYS AS IDENTITY, CONSTRAINT p PRIMARY KEY (a ASC)";
        assert!(!same(numbered).can_insert());
    }

    #[test]
    fn columns_that_only_one_has_are_left_out_and_told() {
        let table = pair(
            "a INT8, old STRING, n INT8 GENERATED ALWAYS AS IDENTITY, CONSTRAINT p PRIMARY KEY (a ASC)",
            "a INT8, new STRING, n INT8 GENERATED ALWAYS AS IDENTITY, sum INT8 AS (a) STORED, \
             CONSTRAINT p PRIMARY KEY (a ASC)",
        )
        .unwrap();
        assert_eq!(
            *table.differences(),
            Differences {
                only_restored: vec!["old".into()],
                only_live: vec!["new".into()],
                numbered_anew: vec!["n".into()],
            }
        );
        let sql = table.insertion(&Stretch::default(), &LeftOut::default()).unwrap();
        assert!(
            sql.starts_with("INSERT INTO \"bank\".\"public\".\"t\" (\"a\")\n"),
            "{sql}"
        );
    }

    #[test]
    fn rows_that_were_refused_are_left_out_of_the_next_attempt() {
        let table = same(
            "a INT8, email STRING, parent INT8, boss INT8, CONSTRAINT p PRIMARY KEY (a ASC), \
             UNIQUE INDEX t_email_key (email ASC), \
             CONSTRAINT fp FOREIGN KEY (parent) REFERENCES public.u(id), \
             CONSTRAINT fb FOREIGN KEY (boss) REFERENCES public.t(a)",
        );
        assert_eq!(table.references(), [("public".to_owned(), "u".to_owned())]);
        assert!(table.refers_to_itself());
        let mut left_out = LeftOut::default();
        let foreign = |name: &str| BrokenRule::ForeignKey(name.into());
        assert!(table.leave_out(&foreign("fp"), &mut left_out));
        assert!(!table.leave_out(&foreign("fp"), &mut left_out), "it did not help");
        assert!(!table.leave_out(&foreign("gone"), &mut left_out));
        assert!(table.leave_out(&foreign("fb"), &mut left_out));
        assert!(table.leave_out(&BrokenRule::Unique("t_email_key".into()), &mut left_out));
        assert!(!table.leave_out(&BrokenRule::Check("(a > 0)".into()), &mut left_out));
        let sql = table.insertion(&Stretch::default(), &left_out).unwrap();
        assert!(
            sql.ends_with(
                "\n  AND (restored.\"parent\" IS NULL OR EXISTS (SELECT 1 FROM \"bank\".\"public\".\"u\" AS parent WHERE \
                 parent.\"id\" = restored.\"parent\"))\
                 \n  AND (restored.\"boss\" IS NULL OR EXISTS (SELECT 1 FROM \"bank\".\"public\".\"t\" AS parent WHERE \
                 parent.\"a\" = restored.\"boss\") OR EXISTS (SELECT 1 FROM \"copy\".\"public\".\"t\" AS parent WHERE \
                 parent.\"a\" = restored.\"boss\"))\nON CONFLICT DO NOTHING;"
            ),
            "{sql}"
        );
        assert_eq!(table.unique_columns("t_email_key").unwrap(), ["email"]);
    }
}
