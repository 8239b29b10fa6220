//! The algorithms of `cockroach userfile`, to be measured against.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::path::Path;

use roachvault_cockroach::userfile::{CopyIn, Dialect, Store, StoredName, destination};
use roachvault_cockroach::{Error, ErrorKind, Result};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Row};
use uuid::Uuid;

/// In the words of the original: `open x: no such file or directory`.
pub fn local_error(call: &str, path: &Path, error: &io::Error) -> Error {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::AlreadyExists => "file exists".to_owned(),
        _ => error.to_string(),
    };
    Error::new(
        ErrorKind::LocalFile,
        format!("{call} {}: {reason}", path.display()),
    )
}

/// The whole file as one COPY row, in messages of 64 KiB, then a rename.
pub async fn upload(
    connection: &mut PgConnection,
    store: &Store,
    path: &Path,
    name: &StoredName,
) -> Result<()> {
    if store.dialect == Dialect::Postgres {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "PostgreSQL has no COPY target for files",
        ));
    }
    let mut file = std::fs::File::open(path).map_err(|error| local_error("open", path, &error))?;
    let temporary = format!("{}.tmp", name.as_str());
    let mut copy = CopyIn::begin(connection, &destination(store, &temporary)).await?;
    let mut buffer = vec![0; 64 << 10];
    let mut any = false;
    loop {
        let read = file
            .read(&mut buffer)
            .map_err(|error| local_error("read", path, &error))?;
        if read == 0 {
            break;
        }
        any = true;
        copy.send_in_one_row(&buffer[..read]).await?;
    }
    if any {
        copy.end_row().await?;
    }
    copy.finish().await?;
    let sql = format!("UPDATE {} SET filename=$1 WHERE filename=$2", files(store));
    sqlx::query(AssertSqlSafe(sql))
        .bind(name.as_str())
        .bind(&temporary)
        .execute(connection)
        .await?;
    Ok(())
}

/// The size first, which reads every chunk, then 256 KiB by 256 KiB until no row comes back.
pub async fn get(connection: &mut PgConnection, store: &Store, name: &str, target: &Path) -> Result<u64> {
    let sql = format!(
        "SELECT f.file_id, sum_int(length(p.payload)) FROM {} f LEFT OUTER JOIN {} p ON p.file_id = f.file_id \
         WHERE f.filename = $1 GROUP BY f.file_id",
        files(store),
        payload(store)
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(format!("/{name}"));
    let Some(row) = query.fetch_optional(&mut *connection).await? else {
        return Err(Error::new(
            ErrorKind::NotFound,
            format!("file /{name} does not exist"),
        ));
    };
    let file_id: Uuid = row.try_get(0)?;
    if let Some(folder) = target.parent() {
        std::fs::create_dir_all(folder).map_err(|error| local_error("mkdir", folder, &error))?;
    }
    let opened = OpenOptions::new().write(true).create_new(true).open(target);
    let mut file = opened.map_err(|error| local_error("open", target, &error))?;
    let sql = format!(
        "SELECT substr(payload, $2+1-byte_offset, $3) FROM {} WHERE file_id=$1 AND byte_offset <= $2 \
         ORDER BY byte_offset DESC LIMIT 1",
        payload(store)
    );
    let mut at = 0_i64;
    loop {
        let query = sqlx::query(AssertSqlSafe(sql.clone()))
            .bind(file_id)
            .bind(at)
            .bind(256_i64 << 10);
        let Some(row) = query.fetch_optional(&mut *connection).await? else {
            break;
        };
        let bytes: &[u8] = row.try_get(0)?;
        if bytes.is_empty() {
            break;
        }
        file.write_all(bytes)
            .map_err(|error| local_error("write", target, &error))?;
        at += i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    }
    Ok(u64::try_from(at).unwrap_or(0))
}

/// One transaction a file.
#[allow(dead_code, reason = "what is measured against does not delete")]
pub async fn delete(connection: &mut PgConnection, store: &Store, names: &[String]) -> Result<()> {
    let payload = format!(
        "DELETE FROM {} WHERE file_id IN (SELECT file_id FROM {} WHERE filename=$1)",
        payload(store),
        files(store)
    );
    let row = format!("DELETE FROM {} WHERE filename=$1", files(store));
    for name in names {
        let mut transaction = connection.begin().await?;
        for sql in [&payload, &row] {
            let query = sqlx::query(AssertSqlSafe(sql.clone())).bind(format!("/{name}"));
            query.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
    }
    Ok(())
}

fn files(store: &Store) -> String {
    format!("{}_upload_files", store.name)
}

fn payload(store: &Store) -> String {
    format!("{}_upload_payload", store.name)
}
