//! What stores there are and what lies in them.

use chrono::{DateTime, NaiveDateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row};
use uuid::Uuid;

use super::name::{StoredName, clean};
use super::store::{Store, StoreName};
use crate::connect::Cluster;
use crate::error::{ErrorKind, Result};
use crate::quote::ident;

/// One row of the files table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    pub name: StoredName,
    pub file_id: Uuid,
    /// 0 until a file is complete.
    pub size_bytes: u64,
    pub username: String,
    /// When its upload began.
    pub uploaded_at: Option<DateTime<Utc>>,
}

impl FileRow {
    /// Still being written, or left behind by a write that ended early.
    pub fn is_unfinished(&self) -> bool {
        self.name.as_str().ends_with(".tmp")
    }
}

const COLUMNS: &str = "filename, file_id, file_size, username, upload_time";

fn file_row(row: &PgRow) -> Result<FileRow> {
    let uploaded_at: Option<NaiveDateTime> = row.try_get("upload_time")?;
    Ok(FileRow {
        name: StoredName::stored(row.try_get::<String, _>("filename")?),
        file_id: row.try_get("file_id")?,
        size_bytes: u64::try_from(row.try_get::<i64, _>("file_size")?).unwrap_or(0),
        username: row.try_get("username")?,
        uploaded_at: uploaded_at.map(|time| time.and_utc()),
    })
}

/// A store that does not exist yet is an empty one.
pub(crate) fn empty_when_missing<T: Default>(result: Result<T>) -> Result<T> {
    match result {
        Err(error) if error.kind == ErrorKind::NotFound => Ok(T::default()),
        other => other,
    }
}

/// At most `limit` files whose names follow `after` and begin with `prefix`, in bytewise order.
/// `as_of` reads an earlier moment.
pub async fn list_page(
    store: &Store,
    prefix: &str,
    after: Option<&str>,
    limit: u32,
    as_of: Option<&str>,
) -> Result<Vec<FileRow>> {
    // The range [prefix, next prefix) holds exactly the names that begin with it, and uses the key.
    let mut sql = format!(
        "SELECT {COLUMNS} FROM {}{}",
        store.files,
        store.dialect.as_of(as_of)?
    );
    let end = prefix_end(prefix);
    let filename = store.dialect.filename();
    let from = if after.is_some() { ">" } else { ">=" };
    sql.push_str(&format!(" WHERE {filename} {from} $1"));
    if end.is_some() {
        sql.push_str(&format!(" AND {filename} < $2"));
    }
    sql.push_str(&format!(" ORDER BY {filename} LIMIT {limit}"));
    let mut query = sqlx::query(AssertSqlSafe(sql))
        .persistent(false)
        .bind(after.unwrap_or(prefix).to_owned());
    if let Some(end) = end {
        query = query.bind(end);
    }
    let rows = store
        .cluster
        .ask(async |connection| query.fetch_all(connection).await)
        .await;
    empty_when_missing(rows)?.iter().map(file_row).collect()
}

/// The least text that is greater than every text with this prefix, if there is one.
fn prefix_end(prefix: &str) -> Option<String> {
    let mut end = prefix.to_owned();
    while let Some(last) = end.pop() {
        if let Some(next) = (last as u32 + 1..=char::MAX as u32).find_map(char::from_u32) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

/// The manifests of backups below a prefix: few rows among many, so that whoever asks for backups need not read
/// the names of all files.
pub async fn list_manifests(store: &Store, prefix: &str) -> Result<Vec<FileRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {files} WHERE {filename} >= $1 AND {filename} < $2 \
         AND (filename LIKE '%/BACKUP\\_MANIFEST' OR filename LIKE '%/BACKUP\\_METADATA') ORDER BY {filename}",
        files = store.files,
        filename = store.dialect.filename()
    );
    let query = sqlx::query(AssertSqlSafe(sql))
        .persistent(false)
        .bind(prefix)
        .bind(prefix_end(prefix).unwrap_or_default());
    let rows = store
        .cluster
        .ask(async |connection| query.fetch_all(connection).await)
        .await;
    empty_when_missing(rows)?.iter().map(file_row).collect()
}

/// How many files have names that begin with a prefix.
pub async fn count_below(store: &Store, prefix: &str) -> Result<u64> {
    let sql = format!(
        "SELECT count(*)::INT8 FROM {files} WHERE {filename} >= $1 AND {filename} < $2",
        files = store.files,
        filename = store.dialect.filename()
    );
    let query = sqlx::query_scalar(AssertSqlSafe(sql))
        .persistent(false)
        .bind(prefix)
        .bind(prefix_end(prefix).unwrap_or_default());
    let count: Result<i64> = store
        .cluster
        .ask(async |connection| query.fetch_one(connection).await)
        .await;
    Ok(u64::try_from(empty_when_missing(count)?).unwrap_or(0))
}

/// One file by its name.
pub async fn get_file(store: &Store, name: &StoredName) -> Result<Option<FileRow>> {
    let sql = format!("SELECT {COLUMNS} FROM {} WHERE filename = $1", store.files);
    let query = sqlx::query(AssertSqlSafe(sql))
        .persistent(false)
        .bind(name.as_str());
    let row = store
        .cluster
        .ask(async |connection| query.fetch_optional(connection).await)
        .await;
    empty_when_missing(row)?.as_ref().map(file_row).transpose()
}

/// Names as `cockroach userfile list` finds them: `prefix` is taken as text after cleaning, and `_`
/// and `%` in it act as wildcards. A missing store is an error here, as it is there.
pub async fn list_names(store: &Store, prefix: &str) -> Result<Vec<String>> {
    let pattern = format!("{}%", clean(prefix));
    let sql = format!(
        "SELECT filename FROM {} WHERE filename LIKE $1 ORDER BY filename",
        store.files
    );
    let query = sqlx::query_scalar(AssertSqlSafe(sql))
        .persistent(false)
        .bind(pattern);
    let rows = store
        .cluster
        .ask(async |connection| query.fetch_all(connection).await)
        .await;
    rows.map_err(|mut error| {
        error.message = format!("failed to list files from file table: {}", error.message);
        error
    })
}

/// Pairs of tables that look like a store, in every database that can be seen. The documentation has
/// people write prefixes of their own, so stores are found in the catalog and not guessed.
pub async fn list_stores(cluster: &Cluster) -> Result<Vec<StoreName>> {
    let databases: Vec<String> = match super::store::Dialect::of(cluster).await? {
        super::store::Dialect::Cockroach => {
            let query = sqlx::raw_sql("SHOW DATABASES");
            let rows = cluster
                .ask(async |connection| query.fetch_all(connection).await)
                .await?;
            rows.iter()
                .map(|row| row.try_get("database_name"))
                .collect::<Result<_, _>>()?
        }
        super::store::Dialect::Postgres => vec![cluster.database().to_owned()],
    };
    let mut stores = Vec::new();
    for database in databases.into_iter().filter(|name| name != "system") {
        let catalog = ident(&database)?;
        let sql = format!(
            "SELECT table_schema, table_name FROM {catalog}.information_schema.tables \
             WHERE table_catalog = $1 \
             AND (table_name LIKE '%\\_upload\\_files' OR table_name LIKE '%\\_upload\\_payload')"
        );
        let query = sqlx::query(AssertSqlSafe(sql)).persistent(false).bind(&database);
        let rows = match cluster
            .ask(async |connection| query.fetch_all(connection).await)
            .await
        {
            Ok(rows) => rows,
            Err(error) => match error {
                // A database that is closed to this user, or was dropped meanwhile, has nothing to show.
                error if matches!(error.kind, ErrorKind::NoPrivilege | ErrorKind::NotFound) => continue,
                error => return Err(error),
            },
        };
        let mut tables = Vec::with_capacity(rows.len());
        for row in &rows {
            tables.push((row.try_get::<String, _>(0)?, row.try_get::<String, _>(1)?));
        }
        for (schema, table) in &tables {
            let Some(prefix) = table.strip_suffix("_upload_files") else {
                continue;
            };
            let payload = format!("{prefix}_upload_payload");
            if tables
                .iter()
                .any(|(other, table)| other == schema && *table == payload)
            {
                let (schema, prefix) = (schema.clone(), prefix.to_owned());
                stores.push(StoreName {
                    database: database.clone(),
                    schema,
                    prefix,
                });
            }
        }
    }
    stores.sort();
    Ok(stores)
}

#[cfg(test)]
mod tests {
    use super::prefix_end;

    #[test]
    fn the_end_of_a_folder_is_the_character_after_the_slash() {
        assert_eq!(prefix_end("/dir/").as_deref(), Some("/dir0"));
        assert_eq!(prefix_end("").as_deref(), None);
        assert_eq!(prefix_end("a\u{10ffff}").as_deref(), Some("b"));
    }
}
