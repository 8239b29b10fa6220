//! What a cluster holds and what its user may do.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;

use crate::backup::TableName;
use crate::connect::Cluster;
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::grant;
use crate::quote::{QualifiedName, ident, literal};
use crate::row;

/// One row of SHOW DATABASES.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    pub name: String,
    pub owner: Option<String>,
    pub primary_region: Option<String>,
    pub regions: Vec<String>,
}

/// Databases to which the user may connect.
pub async fn list_databases(cluster: &Cluster) -> Result<Vec<Database>> {
    let rows = row::simple_query(cluster, "SHOW DATABASES").await?;
    let read = |row: &PgRow| {
        Some(Database {
            name: row::text(row, "database_name")?,
            owner: row::text(row, "owner"),
            primary_region: row::text(row, "primary_region").filter(|region| !region.is_empty()),
            regions: row::list(row, "regions"),
        })
    };
    Ok(rows.iter().filter_map(read).collect())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TableKind {
    Table,
    View,
    MaterializedView,
    Sequence,
}

impl Table {
    /// One of the two tables that hold a store of userfiles.
    pub fn is_file_storage(&self) -> bool {
        let rest = self
            .name
            .strip_prefix("userfiles_")
            .or(self.name.strip_prefix("userfilesx_"));
        rest.is_some_and(|rest| rest.ends_with("_upload_files") || rest.ends_with("_upload_payload"))
    }
}

/// One row of SHOW TABLES.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub schema: String,
    pub name: String,
    pub kind: TableKind,
    pub owner: Option<String>,
    /// From the table's statistics; minutes behind.
    pub estimated_rows: Option<u64>,
}

/// Tables, views and sequences of a database, in all its schemas. Whoever is no administrator is told of
/// those only on which it has a privilege.
pub async fn list_tables(cluster: &Cluster, database: &str) -> Result<Vec<Table>> {
    let rows = row::simple_query(cluster, &format!("SHOW TABLES FROM {}", ident(database)?)).await?;
    let read = |row: &PgRow| {
        Some(Table {
            schema: row::text(row, "schema_name").unwrap_or_else(|| "public".into()),
            name: row::text(row, "table_name")?,
            kind: match row::text(row, "type").as_deref() {
                Some("view") => TableKind::View,
                Some("materialized view") => TableKind::MaterializedView,
                Some("sequence") => TableKind::Sequence,
                _ => TableKind::Table,
            },
            owner: row::text(row, "owner"),
            estimated_rows: row::count(row, "estimated_row_count"),
        })
    };
    Ok(rows.iter().filter_map(read).collect())
}

/// Counts the rows one by one. Reads the whole table. `as_of` as AS OF SYSTEM TIME takes it; the cluster
/// refuses what is older than gc.ttlseconds.
pub async fn count_rows(cluster: &Cluster, table: &QualifiedName, as_of: Option<&str>) -> Result<u64> {
    let mut sql = format!("SELECT count(*) AS n FROM {}", table.sql()?);
    if let Some(moment) = as_of {
        sql.push_str(&format!(" AS OF SYSTEM TIME {}", literal(moment)?));
    }
    let rows = row::simple_query(cluster, &sql).await?;
    rows.first().and_then(|row| row::count(row, "n")).ok_or_else(|| {
        Error::new(
            ErrorKind::Internal,
            format!("The rows of {table} could not be counted."),
        )
    })
}

/// The present by the cluster's clock: a laptop's own may be wrong.
pub async fn now(cluster: &Cluster) -> Result<DateTime<Utc>> {
    let query = sqlx::query_scalar("SELECT now()").persistent(false);
    cluster
        .ask(async |connection| query.fetch_one(connection).await)
        .await
}

/// What can be read of a table's past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    Kept,
    /// There was no such table.
    Absent,
    /// The cluster has thrown away what was changed and deleted since.
    Forgotten,
}

/// Whether a table can still be read as it was at a moment, `as_of` as AS OF SYSTEM TIME takes it. Reads one row.
pub async fn past_of(cluster: &Cluster, table: &QualifiedName, as_of: &str) -> Result<Past> {
    let sql = format!(
        "SELECT 1 FROM {} AS OF SYSTEM TIME {} LIMIT 1",
        table.sql()?,
        literal(as_of)?
    );
    match row::simple_query(cluster, &sql).await {
        Ok(_) => Ok(Past::Kept),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(Past::Absent),
        Err(error) if error.message.contains("must be after replica GC threshold") => Ok(Past::Forgotten),
        Err(error) => Err(error),
    }
}

/// The tables that a database had at a moment, also one that was dropped since: names are looked up in the past from v20.2 on
/// (cockroachdb/cockroach#51380). `as_of` as AS OF SYSTEM TIME takes it.
pub async fn tables_of_past(cluster: &Cluster, database: &str, as_of: &str) -> Result<Vec<TableName>> {
    let sql = format!(
        "SELECT table_schema, table_name FROM {}.information_schema.tables AS OF SYSTEM TIME {} \
         WHERE table_catalog = {} AND table_type = 'BASE TABLE' ORDER BY 1, 2",
        ident(database)?,
        literal(as_of)?,
        literal(database)?
    );
    let rows = row::simple_query(cluster, &sql).await?;
    let name = |row| {
        Some(TableName {
            schema: row::text(row, "table_schema")?,
            name: row::text(row, "table_name")?,
        })
    };
    Ok(rows.iter().filter_map(name).collect())
}

/// What SHOW CREATE tells of a table as it is now.
pub async fn definition(cluster: &Cluster, table: &QualifiedName) -> Result<Definition> {
    let rows = row::simple_query(cluster, &format!("SHOW CREATE TABLE {}", table.sql()?)).await?;
    let statement = rows.first().and_then(|row| row::text(row, "create_statement"));
    statement.as_deref().and_then(Definition::parse).ok_or_else(|| {
        Error::new(
            ErrorKind::Internal,
            format!("The cluster did not tell the columns of {table}."),
        )
    })
}

/// Regions of the nodes; empty where nodes have no locality.
pub async fn list_cluster_regions(cluster: &Cluster) -> Result<Vec<String>> {
    let rows = row::simple_query(cluster, "SHOW REGIONS FROM CLUSTER").await?;
    Ok(rows.iter().filter_map(|row| row::text(row, "region")).collect())
}

/// Seconds for which deleted and changed rows of a database stay readable.
pub async fn gc_ttl_seconds(cluster: &Cluster, database: &str) -> Result<Option<u64>> {
    let sql = format!("SHOW ZONE CONFIGURATION FROM DATABASE {}", ident(database)?);
    let rows = row::simple_query(cluster, &sql).await?;
    Ok(rows
        .first()
        .and_then(|row| row::text(row, "raw_config_sql"))
        .and_then(|text| read_gc_ttl(&text)))
}

fn read_gc_ttl(config: &str) -> Option<u64> {
    let (_, after) = config.split_once("gc.ttlseconds")?;
    let digits: String = after
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().ok()
}

/// What the connected user may do, as far as it could be found out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rights {
    /// `None`: could not be found out.
    pub is_admin: Option<bool>,
    /// Privileges on the whole cluster, such as `RESTORE`.
    pub system: Option<Vec<String>>,
    pub may_create_databases: Option<bool>,
}

/// Whether the user is an administrator; `None` when it could not be found out.
pub async fn is_admin(cluster: &Cluster) -> Result<Option<bool>> {
    let sql = "SELECT pg_has_role('admin', 'MEMBER') AS yes";
    Ok(optional(row::simple_query(cluster, sql).await)?
        .and_then(|rows| rows.first().and_then(|row| row::flag(row, "yes"))))
}

/// Asks for the user's own rights. A question that this release or this user is refused leaves its
/// answer open instead of failing the rest.
pub async fn rights(cluster: &Cluster) -> Result<Rights> {
    let me = cluster.user();
    let is_admin = is_admin(cluster).await?;
    let system = optional(
        row::simple_query(cluster, &format!("SHOW SYSTEM GRANTS FOR {}", ident(me)?)).await,
    )?
    .map(|rows| {
        rows.iter()
            .filter_map(|row| row::text(row, "privilege_type"))
            .collect()
    });
    let may_create_databases = optional(row::simple_query(cluster, "SHOW ROLES").await)?.and_then(|rows| {
        let mine = rows
            .iter()
            .find(|row| row::text(row, "username").as_deref() == Some(me))?;
        let options = row::list(mine, "options");
        Some(options.iter().any(|option| {
            option
                .split('=')
                .next()
                .is_some_and(|name| name.trim() == "CREATEDB")
        }))
    });
    Ok(Rights {
        is_admin,
        system,
        may_create_databases,
    })
}

/// Whether the user has a privilege on a database, by itself or through a role.
pub async fn has_database_privilege(
    cluster: &Cluster,
    database: &str,
    privilege: &str,
) -> Result<Option<bool>> {
    let sql = format!(
        "SELECT has_database_privilege({}, {}) AS yes",
        literal(database)?,
        literal(privilege)?
    );
    Ok(optional(row::simple_query(cluster, &sql).await)?
        .and_then(|rows| rows.first().and_then(|row| row::flag(row, "yes"))))
}

/// Whether the user has a privilege on a table, by itself or through a role.
pub async fn has_table_privilege(
    cluster: &Cluster,
    table: &QualifiedName,
    privilege: &str,
) -> Result<Option<bool>> {
    let sql = format!(
        "SELECT has_table_privilege({}, {}) AS yes",
        literal(&table.sql()?)?,
        literal(privilege)?
    );
    Ok(optional(row::simple_query(cluster, &sql).await)?
        .and_then(|rows| rows.first().and_then(|row| row::flag(row, "yes"))))
}

/// Makes an empty database.
pub async fn create_database(cluster: &Cluster, database: &str) -> Result<()> {
    row::simple_query(cluster, &grant::create_database(database)?).await?;
    Ok(())
}

/// Drops a database that holds nothing. The cluster refuses any other.
pub async fn drop_empty_database(cluster: &Cluster, database: &str) -> Result<()> {
    row::simple_query(cluster, &format!("DROP DATABASE {} RESTRICT", ident(database)?)).await?;
    Ok(())
}

/// `None` for a question the server refuses; a broken connection stays an error.
fn optional<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error)
            if matches!(
                error.kind,
                ErrorKind::ConnectionLost | ErrorKind::CannotConnect | ErrorKind::Auth | ErrorKind::Tls
            ) =>
        {
            Err(error)
        }
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_ttl_is_found_among_the_settings_of_a_zone() {
        let config = "ALTER RANGE default CONFIGURE ZONE USING\n\trange_min_bytes = 134217728,\n\tgc.ttlseconds = 14400,\n\tnum_replicas = 3";
        assert_eq!(super::read_gc_ttl(config), Some(14400));
        assert_eq!(super::read_gc_ttl("ALTER RANGE default"), None);
    }
}
