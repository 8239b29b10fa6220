//! Which pair of tables is meant, and how a cluster speaks of them.

use std::fmt;

use sqlx::Row;

use super::name::{StoredName, percent_encode};
use crate::connect::Cluster;
use crate::error::{Error, ErrorKind, Result};
use crate::quote::{QualifiedName, literal};

/// `<database>.<schema>.<prefix>`: the host of a `userfile://` URI and the beginning of both tables'
/// names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoreName {
    pub database: String,
    pub schema: String,
    pub prefix: String,
}

impl StoreName {
    /// The store that `cockroach userfile` uses for a user: `userfiles_<user>` when the user's name
    /// can stand unquoted as an identifier, else `userfilesx_<hex of its bytes>`.
    pub fn default_of(user: &str) -> Self {
        let prefix = if is_bare_identifier(user) {
            format!("userfiles_{user}")
        } else {
            let hex: String = user.bytes().map(|byte| format!("{byte:02x}")).collect();
            format!("userfilesx_{hex}")
        };
        Self {
            database: "defaultdb".into(),
            schema: "public".into(),
            prefix,
        }
    }

    /// Reads `db.schema.prefix` or `db.prefix`, as the host of a URI has it. A part may be in double
    /// quotes.
    pub fn parse(host: &str) -> Result<Self> {
        let parts = split_qualified(host).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidInput,
                format!("unable to parse qualified table name {host} supplied to userfile"),
            )
        })?;
        match parts.as_slice() {
            [database, schema, prefix] => Ok(Self {
                database: database.clone(),
                schema: schema.clone(),
                prefix: prefix.clone(),
            }),
            [database, prefix] => Ok(Self {
                database: database.clone(),
                schema: "public".into(),
                prefix: prefix.clone(),
            }),
            _ => Err(Error::new(
                ErrorKind::InvalidInput,
                format!("could not resolve the db and schema name from {host}"),
            )),
        }
    }

    /// The host of the store's URIs. The server pastes it into SQL text, so a part that cannot stand
    /// bare there is quoted.
    pub fn host(&self) -> String {
        let part = |text: &str| {
            if is_bare_identifier(text) {
                text.to_owned()
            } else {
                format!("\"{}\"", text.replace('"', "\"\""))
            }
        };
        // The server glues its suffixes behind the host, so quotes around the prefix would break it.
        format!("{}.{}.{}", part(&self.database), part(&self.schema), self.prefix)
    }

    /// `userfile://<host>/<path>`, percent-encoded so that every name arrives as it is.
    pub fn uri(&self, name: &StoredName) -> String {
        format!("userfile://{}{}", self.host(), percent_encode(name.as_str()))
    }

    pub(crate) fn files_table(&self) -> QualifiedName {
        self.table("_upload_files")
    }

    pub(crate) fn payload_table(&self) -> QualifiedName {
        self.table("_upload_payload")
    }

    fn table(&self, suffix: &str) -> QualifiedName {
        QualifiedName {
            database: self.database.clone(),
            schema: self.schema.clone(),
            name: format!("{}{suffix}", self.prefix),
        }
    }
}

impl fmt::Display for StoreName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.database, self.schema, self.prefix)
    }
}

/// The server's rule for names that need no quotes. Keywords are not excluded.
fn is_bare_identifier(name: &str) -> bool {
    let begins = |c: char| c == '_' || c.is_ascii_lowercase() || !c.is_ascii();
    let continues = |c: char| begins(c) || c.is_ascii_digit() || c == '$';
    let mut chars = name.chars();
    chars.next().is_some_and(begins)
        && chars.all(continues)
        && name.chars().all(|c| c.is_ascii() || c.to_lowercase().eq([c]))
}

fn split_qualified(text: &str) -> Option<Vec<String>> {
    let (mut parts, mut rest) = (Vec::new(), text);
    loop {
        let part;
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut value = String::new();
            let mut after = quoted;
            loop {
                let end = after.find('"')?;
                value.push_str(&after[..end]);
                after = &after[end + 1..];
                match after.strip_prefix('"') {
                    Some(more) => {
                        value.push('"');
                        after = more;
                    }
                    None => break,
                }
            }
            part = value;
            rest = after;
        } else {
            let end = rest.find('.').unwrap_or(rest.len());
            part = rest[..end].to_owned();
            rest = &rest[end..];
            if part.contains([' ', '/', '"']) {
                return None;
            }
        }
        if part.is_empty() || part.contains('\0') {
            return None;
        }
        parts.push(part);
        match rest.strip_prefix('.') {
            Some(more) => rest = more,
            None if rest.is_empty() => return Some(parts),
            None => return None,
        }
    }
}

/// What the other end is. PostgreSQL with the two tables made by hand serves all but the statements
/// that only CockroachDB has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    Cockroach,
    Postgres,
}

impl Dialect {
    pub async fn of(cluster: &Cluster) -> Result<Self> {
        let query = sqlx::query_scalar("SELECT version()").persistent(false);
        let version: String = cluster
            .ask(async |connection| query.fetch_one(connection).await)
            .await?;
        Ok(if version.contains("CockroachDB") {
            Self::Cockroach
        } else {
            Self::Postgres
        })
    }

    /// The name column, compared byte by byte. CockroachDB does that anyway; PostgreSQL may have been set up
    /// with the rules of a language, by which a folder's names do not stand together.
    pub(crate) fn filename(self) -> &'static str {
        match self {
            Self::Cockroach => "filename",
            Self::Postgres => "filename COLLATE \"C\"",
        }
    }

    /// ` AS OF SYSTEM TIME '…'`, or nothing where there is no such thing.
    pub(crate) fn as_of(self, time: Option<&str>) -> Result<String> {
        match (self, time) {
            (Self::Cockroach, Some(time)) => Ok(format!(" AS OF SYSTEM TIME {}", literal(time)?)),
            _ => Ok(String::new()),
        }
    }
}

/// A store on an open cluster.
#[derive(Debug, Clone)]
pub struct Store {
    pub cluster: Cluster,
    pub name: StoreName,
    pub dialect: Dialect,
    /// Both tables' names, quoted for SQL.
    pub(crate) files: String,
    pub(crate) payload: String,
}

impl Store {
    /// Sends one statement to learn what the other end is. The tables need not exist.
    pub async fn open(cluster: &Cluster, name: StoreName) -> Result<Self> {
        let dialect = Dialect::of(cluster).await?;
        let files = name.files_table().sql()?;
        let payload = name.payload_table().sql()?;
        Ok(Self {
            cluster: cluster.clone(),
            name,
            dialect,
            files,
            payload,
        })
    }

    /// The user's own store.
    pub async fn open_default(cluster: &Cluster) -> Result<Self> {
        Self::open(cluster, StoreName::default_of(cluster.user())).await
    }

    /// Seconds until the space of deleted rows comes back, and as long as deleted files can be had
    /// back. `None` where the server does not say.
    pub async fn gc_ttl_seconds(&self) -> Result<Option<u64>> {
        if self.dialect != Dialect::Cockroach {
            return Ok(None);
        }
        let sql = format!("SHOW ZONE CONFIGURATION FROM TABLE {}", self.payload);
        let query = sqlx::raw_sql(sqlx::AssertSqlSafe(sql));
        let row = self
            .cluster
            .ask(async |connection| query.fetch_optional(connection).await);
        let row = match row.await {
            Ok(row) => row,
            Err(error) if matches!(error.kind, ErrorKind::NoPrivilege | ErrorKind::NotFound) => None,
            Err(error) => return Err(error),
        };
        let text: Option<String> = row.and_then(|row| row.try_get("raw_config_sql").ok());
        Ok(text.and_then(|text| {
            let (_, after) = text.split_once("gc.ttlseconds")?;
            let digits: String = after
                .chars()
                .skip_while(|c| !c.is_ascii_digit())
                .take_while(char::is_ascii_digit)
                .collect();
            digits.parse().ok()
        }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_default_store_is_the_one_the_command_line_uses() {
        for (user, prefix) in [
            ("root", "userfiles_root"),
            ("foo", "userfiles_foo"),
            ("select", "userfiles_select"),
            ("123foo", "userfilesx_313233666f6f"),
            ("foo.foo", "userfilesx_666f6f2e666f6f"),
            ("app-user", "userfilesx_6170702d75736572"),
        ] {
            assert_eq!(StoreName::default_of(user).prefix, prefix, "{user}");
        }
    }

    #[test]
    fn hosts_have_two_or_three_parts() {
        let three = StoreName::parse("defaultdb.public.foo").unwrap();
        assert_eq!((three.schema.as_str(), three.prefix.as_str()), ("public", "foo"));
        assert_eq!(StoreName::parse("newdb.prefix").unwrap().database, "newdb");
        assert_eq!(
            StoreName::parse("\"my db\".public.p").unwrap().host(),
            "\"my db\".public.p"
        );
        assert!(
            StoreName::parse("foo")
                .unwrap_err()
                .message
                .starts_with("could not resolve")
        );
        assert!(
            StoreName::parse("a..b")
                .unwrap_err()
                .message
                .starts_with("unable to parse")
        );
        assert_eq!(
            three.uri(&StoredName::new("a b/100%.csv").unwrap()),
            "userfile://defaultdb.public.foo/a%20b/100%25.csv"
        );
    }
}
