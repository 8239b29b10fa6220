//! Cases of the CLI's four userfile verbs, through the example program that has them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use super::{Case, World, same, strings, table};

/// Cases about what the shipped CLI does and our own algorithms do better: these run with `--like-cli`.
const LIKE_CLI: &[&str] = &["cli-quirk/"];

/// The example program as nextest has built it: with the tests of the workspace it builds the examples. A build from
/// inside a run would see the runner's environment as a change and compile half of the dependencies again.
fn built_by_nextest() -> Option<PathBuf> {
    std::env::var_os("NEXTEST")?;
    let test = std::env::current_exe().ok()?;
    let name = format!("userfile{}", std::env::consts::EXE_SUFFIX);
    let example = test.parent()?.parent()?.join("examples").join(name);
    example.is_file().then_some(example)
}

/// Finds the example program, or builds it, once, with the cargo that runs this test.
fn program() -> Result<&'static PathBuf, String> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        if let Some(example) = built_by_nextest() {
            return Ok(example);
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args([
                "build",
                "--workspace",
                "--features",
                "custom-protocol",
                "--example",
                "userfile",
                "--message-format",
                "json",
            ])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .map_err(|error| format!("cargo cannot be run: {error}"))?;
        if !output.status.success() {
            return Err(format!(
                "the example does not build: {}",
                String::from_utf8_lossy(&output.stderr)
            ));
        }
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|message| message.pointer("/target/name").and_then(Value::as_str) == Some("userfile"))
            .find_map(|message| {
                message
                    .get("executable")
                    .and_then(Value::as_str)
                    .map(PathBuf::from)
            })
            .ok_or_else(|| "cargo names no executable".to_owned())
    });
    built.as_ref().map_err(Clone::clone)
}

/// What the program said.
struct Said {
    stdout: String,
    error: Option<String>,
}

fn call(world: &World, case: &Case, user: &str, arguments: &[String]) -> Result<Said, String> {
    let mut command = Command::new(program()?);
    command
        .current_dir(world.folder.path())
        .arg("--url")
        .arg(world.cluster.url(user));
    if LIKE_CLI.iter().any(|prefix| case.name.starts_with(prefix)) {
        command.arg("--like-cli");
    }
    let output = command
        .args(arguments)
        .output()
        .map_err(|error| error.to_string())?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    let error = stderr
        .lines()
        .find_map(|line| line.strip_prefix("ERROR: "))
        .map(str::to_owned);
    if !output.status.success() && error.is_none() {
        return Err(format!("the program failed: {stderr}"));
    }
    Ok(Said {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        error,
    })
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

fn files(world: &mut World, prefix: &str) -> Result<Vec<String>, String> {
    let exists = format!(
        "SELECT count(*) FROM [SHOW TABLES FROM {}] WHERE table_name = '{}_upload_files'",
        database_of(prefix),
        name_of(prefix)
    );
    if world.number("root", &exists)? == 0 {
        return Ok(Vec::new());
    }
    world.column(
        "root",
        &format!("SELECT filename FROM {prefix}_upload_files ORDER BY filename"),
    )
}

fn database_of(prefix: &str) -> &str {
    prefix.split('.').next().unwrap_or(prefix)
}

fn name_of(prefix: &str) -> &str {
    prefix.rsplit('.').next().unwrap_or(prefix)
}

/// Runs one of these cases.
pub fn run(world: &mut World, case: &Case) -> Result<(), String> {
    let user = case.setup.user.clone().unwrap_or_else(|| "root".to_owned());
    if let Some(sequence) = case.action.get("cli_sequence").and_then(Value::as_array) {
        return run_sequence(world, case, &user, sequence);
    }
    if let Some(glob) = case.action.get("cli_glob").and_then(Value::as_str) {
        return run_glob(world, case, &user, glob);
    }
    let arguments = strings(case.action.get("cli"));
    let upload_prefix = arguments
        .iter()
        .find_map(|argument| argument.strip_prefix("userfile://"))
        .and_then(|rest| {
            let host = rest.split('/').next().unwrap_or_default();
            (!host.is_empty()).then(|| host.to_owned())
        });
    let prefix = case
        .expect
        .get("table_prefix")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .or(upload_prefix)
        .unwrap_or_else(|| "defaultdb.public.userfiles_root".to_owned());
    let before = files(world, &prefix)?;
    let said = call(world, case, &user, &arguments)?;
    let expected_error = case.expect.get("error").and_then(Value::as_str);
    same("error", &said.error.as_deref(), &expected_error)?;
    judge(world, case, &prefix, &before, &said, &arguments)
}

fn judge(
    world: &mut World,
    case: &Case,
    prefix: &str,
    before: &[String],
    said: &Said,
    arguments: &[String],
) -> Result<(), String> {
    let expect = &case.expect;
    if expect.get("stdout").is_some() {
        same("output", &lines(&said.stdout), &strings(expect.get("stdout")))?;
    }
    if expect.get("stored_filenames_added").is_some() {
        let added: Vec<String> = files(world, prefix)?
            .into_iter()
            .filter(|name| !before.contains(name))
            .collect();
        same(
            "added names",
            &added,
            &strings(expect.get("stored_filenames_added")),
        )?;
    }
    for table in strings(expect.get("tables")) {
        world.rows("root", &format!("SELECT count(*) FROM {table}"))?;
    }
    if let Some(contents) = expect.get("stored_content").and_then(Value::as_object) {
        for (name, text) in contents {
            let found = table::read(world, "root", prefix, name)?;
            same(
                name,
                &Some(String::from_utf8_lossy(&found).as_ref()),
                &text.as_str(),
            )?;
        }
    }
    if let Some(name) = expect.get("stored_filename").and_then(Value::as_str) {
        let id = format!("(SELECT file_id FROM {prefix}_upload_files WHERE filename = '{name}')");
        let size = world.number(
            "root",
            &format!("SELECT file_size FROM {prefix}_upload_files WHERE filename = '{name}'"),
        )?;
        same(
            "stored size",
            &Some(size),
            &expect.get("stored_size").and_then(Value::as_i64),
        )?;
        let rows = world.number(
            "root",
            &format!("SELECT count(*) FROM {prefix}_upload_payload WHERE file_id = {id}"),
        )?;
        same(
            "payload rows",
            &Some(rows),
            &expect.get("payload_rows").and_then(Value::as_i64),
        )?;
        let source = case
            .setup
            .local_files
            .values()
            .next()
            .map(super::Content::bytes)
            .unwrap_or_default();
        same(
            "content equals the source",
            &(table::read(world, "root", prefix, name)? == source),
            &true,
        )?;
    }
    if expect.get("list_afterwards").is_some() {
        let left: Vec<String> = files(world, prefix)?
            .iter()
            .map(|name| name.trim_start_matches('/').to_owned())
            .collect();
        same("list afterwards", &left, &strings(expect.get("list_afterwards")))?;
    }
    if let Some(downloads) = expect.get("downloaded").and_then(Value::as_array) {
        judge_downloads(world, case, said, downloads)?;
    }
    if let Some(local) = expect.get("local_file").and_then(Value::as_str) {
        let size = std::fs::metadata(world.folder.path().join(local))
            .map_err(|error| error.to_string())?
            .len();
        same(
            "local size",
            &Some(size),
            &expect.get("local_size").and_then(Value::as_u64),
        )?;
        for name in strings(expect.get("downloaded_display_names")) {
            if !said.stdout.contains(&format!(
                "downloaded {name} to {}",
                arguments.last().map_or("", String::as_str)
            )) {
                return Err(format!("output {:?} does not name {name}", said.stdout));
            }
        }
    }
    Ok(())
}

fn judge_downloads(world: &World, case: &Case, said: &Said, downloads: &[Value]) -> Result<(), String> {
    let mut expected = String::new();
    for download in downloads {
        let field = |key: &str| download.get(key).and_then(Value::as_str).unwrap_or_default();
        let (name, to, size) = (field("name"), field("to"), field("size"));
        expected.push_str(&format!(
            "downloading {name}... \rdownloaded {name} to {to} ({size})\n"
        ));
        let found = std::fs::read(world.folder.path().join(to)).map_err(|error| format!("{to}: {error}"))?;
        let content = case
            .setup
            .stored_files
            .get(&format!("/{name}"))
            .map(super::Content::bytes)
            .unwrap_or_default();
        same(to, &found, &content)?;
    }
    same("output", &said.stdout, &expected)
}

fn run_sequence(world: &mut World, case: &Case, user: &str, sequence: &[Value]) -> Result<(), String> {
    let prefix = case
        .expect
        .get("table_prefix")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    for step in sequence {
        let arguments = strings(Some(step));
        let said = call(world, case, user, &arguments)?;
        if let Some(error) = said.error {
            return Err(error);
        }
        match arguments.get(1).map(String::as_str) {
            Some("upload") => {
                let name = format!("/{}", arguments.last().map_or("", String::as_str));
                let found = table::read(world, "root", &prefix, &name)?;
                let expected = case.expect.get("content_after_upload").and_then(Value::as_str);
                same(
                    "content",
                    &Some(String::from_utf8_lossy(&found).as_ref()),
                    &expected,
                )?;
            }
            Some("list") => same("list", &lines(&said.stdout), &strings(case.expect.get("list")))?,
            _ => {
                let expected: Vec<String> = strings(case.expect.get("deleted"))
                    .into_iter()
                    .map(|name| format!("successfully deleted {name}"))
                    .collect();
                same("deleted", &lines(&said.stdout), &expected)?;
            }
        }
    }
    Ok(())
}

fn run_glob(world: &mut World, case: &Case, user: &str, glob: &str) -> Result<(), String> {
    let arguments = |verb: &str| ["userfile", verb, glob].map(str::to_owned);
    let said = call(world, case, user, &arguments("list"))?;
    let mut found = lines(&said.stdout);
    found.sort();
    let mut expected = strings(case.expect.get("list_prints"));
    expected.sort();
    same("list", &found, &expected)?;
    // What a delete asks for is seen by what is gone: names it asks for that do not exist leave everything as it is.
    let prefix = "defaultdb.public.userfiles_root";
    let before: Vec<String> = files(world, prefix)?;
    call(world, case, user, &arguments("delete"))?;
    let asked = strings(case.expect.get("delete_would_issue_deletes_for"));
    let left: Vec<String> = before.into_iter().filter(|name| !asked.contains(name)).collect();
    same("left after deleting", &files(world, prefix)?, &left)
}

/// The default prefix of a user, by the program and by the server.
pub fn run_naming(world: &mut World, case: &Case) -> Result<(), String> {
    let username = case
        .action
        .get("username")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let quoted = format!("\"{}\"", username.replace('"', "\"\""));
    let login = username.to_lowercase();
    if login != "root" {
        world.rows(
            "root",
            &format!("CREATE USER {quoted}; GRANT CREATE ON DATABASE defaultdb TO {quoted}"),
        )?;
    }
    let expected: BTreeMap<&str, &str> = ["cli_default_prefix", "server_default_prefix_for_empty_host"]
        .into_iter()
        .filter_map(|key| Some((key, case.expect.get(key)?.as_str()?)))
        .collect();
    let local = world.folder.path().join("file");
    std::fs::write(&local, b"x").map_err(|error| error.to_string())?;
    let arguments = ["userfile", "upload", "file", "by-cli"].map(str::to_owned);
    let said = call(world, case, &login, &arguments)?;
    if let Some(error) = said.error {
        return Err(error);
    }
    let by_cli = expected.get("cli_default_prefix").copied().unwrap_or_default();
    same(
        "output",
        &said.stdout.trim(),
        &format!("successfully uploaded to userfile://{by_cli}/by-cli").as_str(),
    )?;
    let by_server = expected
        .get("server_default_prefix_for_empty_host")
        .copied()
        .unwrap_or_default();
    let answers = world.upload(&login, "userfile:///by-server", b"x")?;
    match (by_server.starts_with("quoted"), answers.error) {
        (true, Some(_)) => Ok(()),
        (true, None) => Err("the server took a name it cannot use".to_owned()),
        (false, Some(error)) => Err(error.message().to_owned()),
        (false, None) => {
            let quoted = format!("{}.\"{}_upload_files\"", "defaultdb.public", name_of(by_server));
            let found = world.column(
                "root",
                &format!("SELECT filename FROM {quoted} WHERE filename = '/by-server'"),
            )?;
            same("stored names", &found, &vec!["/by-server".to_owned()])
        }
    }
}
