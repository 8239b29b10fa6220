//! Cases about COPY into userfile storage: decoding, destinations, limits.

use serde_json::Value;

use super::{Case, World, same};
use crate::wire::{Answers, CopyInput};

/// The COPY statement for a destination.
pub fn statement(uri: &str) -> String {
    let quoted = uri.replace('\'', "''");
    format!("COPY \"crdb_internal\".\"user_file_upload\" FROM STDIN WITH destination = '{quoted}'")
}

/// Bytes as one row of COPY's text format; nothing for no bytes.
pub fn escaped(bytes: &[u8]) -> Vec<u8> {
    let mut row = Vec::with_capacity(bytes.len() + 1);
    for byte in bytes {
        match byte {
            b'\\' => row.extend_from_slice(b"\\\\"),
            b'\n' => row.extend_from_slice(b"\\n"),
            b'\r' => row.extend_from_slice(b"\\r"),
            b'\t' => row.extend_from_slice(b"\\t"),
            other => row.push(*other),
        }
    }
    if !row.is_empty() {
        row.push(b'\n');
    }
    row
}

/// A byte as it may stand in a URI's path.
pub fn percent(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"/._-~".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2)
        .filter_map(|at| u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok())
        .collect()
}

const PREFIX: &str = "defaultdb.public.userfiles_root";
const DESTINATION: &str = "userfile:///f.tmp";

/// Runs one of these cases.
pub fn run(world: &mut World, case: &Case) -> Result<(), String> {
    let text = |key: &str| case.action.get(key).and_then(Value::as_str);
    if let Some(hex) = text("copy_data_hex") {
        return decode(world, case, &unhex(hex));
    }
    if let Some(destination) = text("copy_destination") {
        return destination_case(world, case, destination);
    }
    if let Some(size) = text("one_copy_data_message_of") {
        return too_big(world, case, size);
    }
    let statement = text("statement").unwrap_or_default();
    let answers = if text("protocol").is_some() {
        world.connection("root")?.parse(statement)
    } else {
        world.connection("root")?.copy_in(statement, CopyInput::Done(b""))
    };
    judge_error(case, &answers.map_err(|error| error.to_string())?)
}

fn judge_error(case: &Case, answers: &Answers) -> Result<(), String> {
    let wanted = |key: &str| case.expect.get(key).and_then(Value::as_str);
    let Some(error) = &answers.error else {
        return Err("no error".to_owned());
    };
    if let Some(text) = wanted("error") {
        same("error", &error.message(), &text)?;
    }
    if let Some(text) = wanted("error_contains")
        && !error.message().contains(text)
    {
        return Err(format!("error {}, expected {text} in it", error.message()));
    }
    if let Some(sqlstate) = wanted("sqlstate") {
        same("SQLSTATE", &error.sqlstate(), &sqlstate)?;
    }
    if let Some(hint) = wanted("hint") {
        same("hint", &error.hint(), &Some(hint))?;
    }
    Ok(())
}

fn payload(world: &mut World) -> Result<Vec<u8>, String> {
    let sql = format!(
        "SELECT encode(p.payload, 'hex') FROM {PREFIX}_upload_files f JOIN {PREFIX}_upload_payload p ON f.file_id = p.file_id \
         WHERE f.filename = '/f.tmp' ORDER BY p.byte_offset"
    );
    Ok(world
        .column("root", &sql)?
        .iter()
        .flat_map(|part| unhex(part))
        .collect())
}

fn decode(world: &mut World, case: &Case, bytes: &[u8]) -> Result<(), String> {
    let statement = case
        .setup
        .statement
        .clone()
        .unwrap_or_else(|| statement(DESTINATION));
    let answers = world
        .connection("root")?
        .copy_in(&statement, CopyInput::Done(bytes))
        .map_err(|error| error.to_string())?;
    if case.expect.get("error").is_some() {
        judge_error(case, &answers)?;
        let left = world.number("root", &format!("SELECT count(*) FROM {PREFIX}_upload_files"))?;
        return same("files left", &left, &0);
    }
    if let Some(error) = &answers.error {
        return Err(error.message().to_owned());
    }
    let tag = answers
        .last()
        .map(|answer| answer.tag.clone())
        .unwrap_or_default();
    let wanted = |key: &str| case.expect.get(key).and_then(Value::as_str).unwrap_or_default();
    same("tag", &tag.as_str(), &wanted("command_tag"))?;
    same("content", &payload(world)?, &unhex(wanted("stored_hex")))?;
    for (key, sql) in [
        ("file_rows", format!("SELECT count(*) FROM {PREFIX}_upload_files")),
        (
            "payload_rows",
            format!("SELECT count(*) FROM {PREFIX}_upload_payload"),
        ),
        (
            "file_size_column",
            format!("SELECT file_size FROM {PREFIX}_upload_files"),
        ),
    ] {
        if let Some(expected) = case.expect.get(key).and_then(Value::as_i64) {
            same(key, &world.number("root", &sql)?, &expected)?;
        }
    }
    Ok(())
}

fn destination_case(world: &mut World, case: &Case, destination: &str) -> Result<(), String> {
    let answers = world.upload("root", destination, b"x")?;
    let Some(expected) = case.expect.get("stored_filename").and_then(Value::as_str) else {
        return judge_error(case, &answers);
    };
    if let Some(error) = &answers.error {
        return Err(error.message().to_owned());
    }
    let names = world.column("root", &format!("SELECT filename FROM {PREFIX}_upload_files"))?;
    same("stored names", &names, &vec![expected.to_owned()])
}

fn too_big(world: &mut World, case: &Case, size: &str) -> Result<(), String> {
    let mebibytes: usize = size
        .split(' ')
        .next()
        .and_then(|count| count.parse().ok())
        .ok_or("size")?;
    let bytes = vec![b'x'; mebibytes << 20];
    let answers = world
        .connection("root")?
        .copy_in(&statement(DESTINATION), CopyInput::Done(&bytes))
        .map_err(|error| format!("connection: {error}"))?;
    judge_error(case, &answers)?;
    if case.expect.get("connection_survives").and_then(Value::as_bool) == Some(true) {
        same("connection", &world.number("root", "SELECT 1")?, &1)?;
    }
    Ok(())
}
