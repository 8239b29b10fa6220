//! Cases about the storage that the server's own work goes through: backups write and read by it.

use serde_json::Value;

use super::{Case, World, noise, same, strings};

/// Runs one of these cases.
pub fn run(world: &mut World, case: &Case) -> Result<(), String> {
    let uri = case.setup.store_uri.clone().ok_or("no store URI")?;
    let owner = if case.setup.stored_by_foo.is_empty() {
        "root"
    } else {
        "foo"
    };
    let store = world.cluster.storage(owner, &uri)?;
    let message = |error: roachvault_practice::error::SqlError| error.message;
    let stored = case
        .setup
        .stored
        .iter()
        .chain(&case.setup.stored_by_foo)
        .map(|(name, text)| (name.clone(), text.clone()));
    let text = case.setup.content.clone().unwrap_or_default();
    let relative = case
        .setup
        .stored_relative_to_store
        .iter()
        .map(|name| (name.clone(), text.clone()));
    for (name, text) in stored.chain(relative) {
        store.write(&name, text.as_bytes()).map_err(message)?;
    }
    let field = |key: &str| case.action.get(key).and_then(Value::as_str);
    let op = field("op").unwrap_or_default();
    let name = field("name").unwrap_or_default();
    let user = field("user").unwrap_or(owner);
    match op {
        "list" => {
            let delimiter = field("delimiter").unwrap_or_default();
            let names = store
                .list(field("prefix").unwrap_or_default(), delimiter)
                .map_err(message)?;
            same("names", &names, &strings(case.expect.get("names")))
        }
        "write-size-read-delete" => {
            let times: usize = name
                .rsplit('-')
                .next()
                .and_then(|count| count.parse().ok())
                .unwrap_or(0);
            let content = "hello world".repeat(times);
            store.write(name, content.as_bytes()).map_err(message)?;
            let expected = case
                .expect
                .get("stored_filename")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let prefix = prefix_of(&uri);
            let names = world.column("root", &format!("SELECT filename FROM {prefix}_upload_files"))?;
            same("stored names", &names, &vec![expected.to_owned()])?;
            let size = case.expect.get("size").and_then(Value::as_u64);
            same("size", &store.size(name).map_err(message)?, &size)?;
            same(
                "content",
                &store.read(name).map_err(message)?,
                &content.into_bytes(),
            )?;
            store.delete(name).map_err(message)?;
            same("size after deleting", &store.size(name).map_err(message)?, &None)
        }
        "write-read" => {
            let count = case
                .action
                .get("random_bytes")
                .and_then(Value::as_u64)
                .unwrap_or(0);
            let bytes = noise(usize::try_from(count).unwrap_or(0));
            store.write(name, &bytes).map_err(message)?;
            let prefix = prefix_of(&uri);
            let sql = format!(
                "SELECT byte_offset, length(payload) FROM {prefix}_upload_payload ORDER BY byte_offset"
            );
            let rows = world.rows("root", &sql)?;
            let numbers = |at: usize| -> Vec<i64> {
                rows.iter()
                    .filter_map(|row| row.get(at)?.as_ref()?.parse().ok())
                    .collect()
            };
            let wanted = |key: &str| -> Vec<i64> {
                case.expect
                    .get(key)
                    .and_then(Value::as_array)
                    .map(|list| list.iter().filter_map(Value::as_i64).collect())
                    .unwrap_or_default()
            };
            same("offsets", &numbers(0), &wanted("payload_offsets"))?;
            same("lengths", &numbers(1), &wanted("payload_lengths"))?;
            same(
                "content read back",
                &(store.read(name).map_err(message)? == bytes),
                &true,
            )
        }
        "read" => match world.cluster.storage(user, &uri)?.read(name) {
            Ok(bytes) => {
                let expected = case.expect.get("content").and_then(Value::as_str);
                same(
                    "content",
                    &Some(String::from_utf8_lossy(&bytes).as_ref()),
                    &expected,
                )
            }
            Err(error) => match case.expect.get("error_class").and_then(Value::as_str) {
                Some(class) if error.message.contains(class) || error.message.contains("doesn't exist") => {
                    Ok(())
                }
                Some(class) => Err(format!("error {}, expected {class}", error.message)),
                None if case.expect.get("error").and_then(Value::as_bool) == Some(true) => Ok(()),
                None => Err(error.message),
            },
        },
        "delete" => {
            for _ in 0..case.action.get("times").and_then(Value::as_u64).unwrap_or(1) {
                store.delete(name).map_err(message)?;
            }
            Ok(())
        }
        "write" => {
            let wanted = case
                .expect
                .get("error_contains")
                .and_then(Value::as_str)
                .unwrap_or_default();
            match store.write(name, b"x") {
                Err(error) if error.message.contains(wanted) => Ok(()),
                Err(error) => Err(format!("error {}, expected {wanted}", error.message)),
                Ok(()) => Err("no error".to_owned()),
            }
        }
        _ if op.starts_with("open store at") => {
            let bytes = world
                .cluster
                .storage("root", &format!("{uri}/A"))?
                .read("")
                .map_err(message)?;
            let expected = case.expect.get("content").and_then(Value::as_str);
            same(
                "content",
                &Some(String::from_utf8_lossy(&bytes).as_ref()),
                &expected,
            )
        }
        other => Err(format!("unknown operation {other}")),
    }
}

/// The store's table prefix.
fn prefix_of(uri: &str) -> String {
    let host = uri
        .trim_start_matches("userfile://")
        .split('/')
        .next()
        .unwrap_or_default();
    if host.is_empty() {
        "defaultdb.public.userfiles_root".to_owned()
    } else {
        host.to_owned()
    }
}
