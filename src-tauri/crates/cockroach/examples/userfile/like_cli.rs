//! The algorithms of `cockroach userfile`, to be measured against.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::path::Path;

use roachvault_cockroach::userfile::{CopyIn, Store, StoredName, destination};
use sqlx::{AssertSqlSafe, Connection, Row};
use uuid::Uuid;

use crate::{Failure, local, needs_cockroach};

fn server(error: sqlx::Error) -> Failure {
    Failure::from(roachvault_cockroach::Error::from(error))
}

/// The whole file as one COPY row, in messages of 64 KiB, then a rename.
pub async fn upload(store: &Store, path: &Path, name: &StoredName) -> Result<(), Failure> {
    needs_cockroach(store)?;
    let shown = path.display().to_string();
    let mut file = std::fs::File::open(path).map_err(|error| local::go_error("open", &shown, &error))?;
    let mut connection = store.cluster.dedicated().await?;
    let temporary = format!("{}.tmp", name.as_str());
    let mut copy = CopyIn::begin(&mut connection, &destination(store, &temporary)).await?;
    let mut buffer = vec![0; 64 << 10];
    let mut any = false;
    loop {
        let read = file
            .read(&mut buffer)
            .map_err(|error| local::go_error("read", &shown, &error))?;
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
        .execute(&mut connection)
        .await
        .map_err(server)?;
    Ok(())
}

/// The size first, which reads every chunk, then 256 KiB by 256 KiB until no row comes back.
pub async fn get(store: &Store, name: &str, target: &Path) -> Result<u64, Failure> {
    let mut connection = store.cluster.transfer_connection().await?;
    let sql = format!(
        "SELECT f.file_id, sum_int(length(p.payload)) FROM {} f LEFT OUTER JOIN {} p ON p.file_id = f.file_id \
         WHERE f.filename = $1 GROUP BY f.file_id",
        files(store),
        payload(store)
    );
    let row = sqlx::query(AssertSqlSafe(sql))
        .bind(format!("/{name}"))
        .fetch_optional(&mut connection)
        .await
        .map_err(server)?;
    let Some(row) = row else {
        return Err(Failure::from(format!("file /{name} does not exist")));
    };
    let file_id: Uuid = row.try_get(0).map_err(server)?;
    let shown = target.display().to_string();
    if let Some(folder) = target.parent() {
        std::fs::create_dir_all(folder).map_err(|error| local::go_error("mkdir", &shown, &error))?;
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(target)
        .map_err(|error| local::go_error("open", &shown, &error))?;
    let sql = format!(
        "SELECT substr(payload, $2+1-byte_offset, $3) FROM {} WHERE file_id=$1 AND byte_offset <= $2 \
         ORDER BY byte_offset DESC LIMIT 1",
        payload(store)
    );
    let mut at = 0_i64;
    loop {
        let row = sqlx::query(AssertSqlSafe(sql.clone()))
            .bind(file_id)
            .bind(at)
            .bind(256_i64 << 10)
            .fetch_optional(&mut connection)
            .await
            .map_err(server)?;
        let Some(row) = row else { break };
        let bytes: &[u8] = row.try_get(0).map_err(server)?;
        if bytes.is_empty() {
            break;
        }
        file.write_all(bytes)
            .map_err(|error| local::go_error("write", &shown, &error))?;
        at += i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    }
    Ok(u64::try_from(at).unwrap_or(0))
}

/// One transaction a file.
pub async fn delete(store: &Store, names: &[String]) -> Result<(), Failure> {
    let mut connection = store.cluster.dedicated().await?;
    let payload = format!(
        "DELETE FROM {} WHERE file_id IN (SELECT file_id FROM {} WHERE filename=$1)",
        payload(store),
        files(store)
    );
    let row = format!("DELETE FROM {} WHERE filename=$1", files(store));
    for name in names {
        let mut transaction = connection.begin().await.map_err(server)?;
        for sql in [&payload, &row] {
            let query = sqlx::query(AssertSqlSafe(sql.clone())).bind(format!("/{name}"));
            query.execute(&mut *transaction).await.map_err(server)?;
        }
        transaction.commit().await.map_err(server)?;
    }
    Ok(())
}

fn files(store: &Store) -> String {
    format!("{}_upload_files", store.name)
}

fn payload(store: &Store) -> String {
    format!("{}_upload_payload", store.name)
}
