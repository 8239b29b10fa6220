//! Cases about the two tables of a store, used directly by statements.

use serde_json::Value;

use super::{Case, World, noise, same, strings};

/// Makes a store's tables: an upload that is deleted at once leaves them, with the grants the server gives.
pub fn open(world: &mut World, user: &str, prefix: &str) -> Result<(), String> {
    let answers = world.upload(user, &format!("userfile://{prefix}/made-and-deleted"), b"")?;
    if let Some(error) = answers.error {
        return Err(format!("opening the store: {}", error.message()));
    }
    world.rows(
        user,
        &format!("DELETE FROM {prefix}_upload_files WHERE filename = '/made-and-deleted'"),
    )?;
    Ok(())
}

fn begin(world: &mut World, user: &str, prefix: &str, name: &str) -> Result<String, String> {
    let found = world.column(
        user,
        &format!("INSERT INTO {prefix}_upload_files (filename, file_size, username) VALUES ('{name}', 0, '{user}') RETURNING file_id"),
    )?;
    found.into_iter().next().ok_or_else(|| "no file_id".to_owned())
}

fn append(
    world: &mut World,
    user: &str,
    prefix: &str,
    id: &str,
    from: usize,
    bytes: &[u8],
    chunk: usize,
) -> Result<(), String> {
    for (batch_index, batch) in bytes.chunks(chunk * 64).enumerate() {
        let rows: Vec<String> = batch
            .chunks(chunk)
            .enumerate()
            .map(|(index, part)| {
                let hex: String = part.iter().map(|byte| format!("{byte:02x}")).collect();
                let offset = from + batch_index * chunk * 64 + index * chunk;
                format!("('{id}', {offset}, '\\x{hex}')")
            })
            .collect();
        world.rows(
            user,
            &format!(
                "INSERT INTO {prefix}_upload_payload (file_id, byte_offset, payload) VALUES {}",
                rows.join(", ")
            ),
        )?;
    }
    Ok(())
}

/// Writes a file in pieces of `chunk` bytes.
pub fn write(
    world: &mut World,
    user: &str,
    prefix: &str,
    name: &str,
    bytes: &[u8],
    chunk: usize,
) -> Result<(), String> {
    let id = begin(world, user, prefix, name)?;
    append(world, user, prefix, &id, 0, bytes, chunk)?;
    world.rows(
        user,
        &format!(
            "UPDATE {prefix}_upload_files SET file_size = {} WHERE file_id = '{id}'",
            bytes.len()
        ),
    )?;
    Ok(())
}

/// Reads a file back as its readers do: the pieces in order.
pub fn read(world: &mut World, user: &str, prefix: &str, name: &str) -> Result<Vec<u8>, String> {
    let parts = world.column(
        user,
        &format!(
            "SELECT encode(payload, 'hex') FROM {prefix}_upload_payload WHERE file_id IN (SELECT file_id FROM {prefix}_upload_files \
             WHERE filename = '{name}') ORDER BY byte_offset"
        ),
    )?;
    let text = parts.concat();
    Ok((0..text.len() / 2)
        .filter_map(|at| u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok())
        .collect())
}

fn delete(world: &mut World, user: &str, prefix: &str, name: &str) -> Result<(), String> {
    world.rows(
        user,
        &format!(
            "BEGIN; DELETE FROM {prefix}_upload_payload WHERE file_id IN (SELECT file_id FROM {prefix}_upload_files WHERE filename = \
             '{name}'); DELETE FROM {prefix}_upload_files WHERE filename = '{name}'; COMMIT"
        ),
    )?;
    Ok(())
}

fn counts(world: &mut World, case: &Case, user: &str, prefix: &str, name: &str) -> Result<(), String> {
    for (key, sql) in [
        ("file_rows", format!("SELECT count(*) FROM {prefix}_upload_files")),
        (
            "payload_rows",
            format!("SELECT count(*) FROM {prefix}_upload_payload"),
        ),
        (
            "file_size_column",
            format!("SELECT file_size FROM {prefix}_upload_files WHERE filename = '{name}'"),
        ),
    ] {
        if let Some(expected) = case.expect.get(key).and_then(Value::as_i64) {
            same(key, &world.number(user, &sql)?, &expected)?;
        }
    }
    Ok(())
}

/// Runs one of these cases.
pub fn run(world: &mut World, case: &Case) -> Result<(), String> {
    let user = case.setup.user.clone().unwrap_or_else(|| "root".to_owned());
    let prefix = case.setup.table_prefix.clone().ok_or("no table prefix")?;
    if let Some(sql) = case.action.get("sql").and_then(Value::as_str) {
        for step in &case.setup.steps {
            open(world, &user, &prefix)?;
            let (size, chunk) = sizes(step);
            write(world, &user, &prefix, "file1", &noise(size), chunk)?;
        }
        let mut grantees = world.column(&user, sql)?;
        grantees.sort();
        grantees.dedup();
        return same("grantees", &grantees, &strings(case.expect.get("grantees")));
    }
    if case.action.get("steps").is_some() {
        return whole_life(world, &user, &prefix);
    }
    let op = case.action.get("op").and_then(Value::as_str).unwrap_or_default();
    let name = case
        .action
        .get("filename")
        .and_then(Value::as_str)
        .unwrap_or("testfile")
        .to_owned();
    let number = |key: &str| {
        case.action
            .get(key)
            .and_then(Value::as_u64)
            .and_then(|value| usize::try_from(value).ok())
    };
    let list = format!("SELECT filename FROM {prefix}_upload_files ORDER BY filename");
    match op {
        "list" => same(
            "files",
            &world.column(&user, &list)?,
            &strings(case.expect.get("files")),
        ),
        "delete" => {
            delete(world, &user, &prefix, &name)?;
            same(
                "files",
                &world.column(&user, &list)?,
                &strings(case.expect.get("files")),
            )
        }
        "write" => {
            open(world, &user, &prefix)?;
            let bytes = noise(number("size").unwrap_or(0));
            write(world, &user, &prefix, &name, &bytes, number("chunk").unwrap_or(1))?;
            counts(world, case, &user, &prefix, &name)?;
            same(
                "content read back",
                &(read(world, &user, &prefix, &name)? == bytes),
                &true,
            )?;
            delete(world, &user, &prefix, &name)?;
            same("files after deleting", &world.column(&user, &list)?, &Vec::new())
        }
        _ if op.starts_with("server-write") => overwrite(world, case, &user, &prefix, &name),
        _ if op.starts_with("open writer") => {
            open(world, &user, &prefix)?;
            let id = begin(world, &user, &prefix, &name)?;
            let bytes = noise(1024);
            append(world, &user, &prefix, &id, 0, &bytes, 4)?;
            append(world, &user, &prefix, &id, 1024, &bytes, 4)?;
            counts(world, case, &user, &prefix, &name)?;
            same(
                "content read back",
                &read(world, &user, &prefix, &name)?,
                &[bytes.clone(), bytes].concat(),
            )
        }
        _ if op.starts_with("open store with table prefix newdb") => {
            let uri = "userfile://newdb.public.file_table_read_writer";
            let missing = world
                .cluster
                .storage(&user, uri)?
                .read("file1")
                .err()
                .map(|error| error.message);
            match missing {
                Some(message) if message.contains("does not exist") || message.contains("doesn't exist") => {
                    Ok(())
                }
                other => Err(format!("reading answers {other:?}")),
            }
        }
        other => Err(format!("unknown operation {other}")),
    }
}

/// `write file1 1024 bytes chunk 10` as numbers.
fn sizes(step: &str) -> (usize, usize) {
    let numbers: Vec<usize> = step.split(' ').filter_map(|word| word.parse().ok()).collect();
    (
        numbers.first().copied().unwrap_or(0),
        numbers.get(1).copied().unwrap_or(1),
    )
}

fn whole_life(world: &mut World, user: &str, prefix: &str) -> Result<(), String> {
    open(world, user, prefix)?;
    let bytes = noise(1024);
    write(world, user, prefix, "file1", &bytes, 1)?;
    same(
        "content read back",
        &(read(world, user, prefix, "file1")? == bytes),
        &true,
    )?;
    delete(world, user, prefix, "file1")?;
    world.rows(
        user,
        &format!("DROP TABLE {prefix}_upload_payload; DROP TABLE {prefix}_upload_files"),
    )?;
    Ok(())
}

/// The server's own writer replaces a file of the same name under a new id.
fn overwrite(world: &mut World, case: &Case, user: &str, prefix: &str, name: &str) -> Result<(), String> {
    let id = format!("SELECT file_id FROM {prefix}_upload_files WHERE filename LIKE '%{name}'");
    world.rows(
        user,
        &format!("UPDATE {prefix}_upload_files SET filename = '/{name}' WHERE filename = '{name}'"),
    )?;
    let before = world.column(user, &id)?;
    let size = case.action.get("size").and_then(Value::as_u64).unwrap_or(0);
    let chunk = case.action.get("chunk").and_then(Value::as_u64).unwrap_or(1);
    let (size, chunk) = (
        usize::try_from(size).unwrap_or(0),
        usize::try_from(chunk).unwrap_or(1),
    );
    let store = world.cluster.storage(user, &format!("userfile://{prefix}"))?;
    store
        .write_in_chunks(name, &noise(size), chunk)
        .map_err(|error| error.message)?;
    let after = world.column(user, &id)?;
    same("number of files", &after.len(), &1)?;
    same("file id changed", &(before != after), &true)?;
    let old = format!(
        "SELECT count(*) FROM {prefix}_upload_payload WHERE file_id = '{}'",
        before.concat()
    );
    same("payload rows of the old file", &world.number(user, &old)?, &0)?;
    counts(world, case, user, prefix, &format!("/{name}"))
}
