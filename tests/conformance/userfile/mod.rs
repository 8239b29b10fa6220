//! Runs the cases about userfile storage: through the example program with the CLI's verbs, through plain statements,
//! through COPY, and through the storage that backups write to.

mod cli;
mod copy;
mod storage;
mod table;

use std::collections::BTreeMap;

pub use copy::percent;
use serde::Deserialize;
use serde_json::Value;

use crate::cases;
use crate::cluster::{Cluster, Shape};
use crate::gaps;
use crate::tally::Tally;
use crate::wire::{Answers, Connection, CopyInput};

/// A case of the userfile file.
#[derive(Debug, Deserialize)]
pub struct Case {
    pub name: String,
    #[serde(default)]
    pub setup: Setup,
    pub action: Value,
    pub expect: Value,
}

/// What stands before the action.
#[derive(Debug, Default, Deserialize)]
pub struct Setup {
    user: Option<String>,
    #[serde(default)]
    sql_as_root: Vec<String>,
    #[serde(default)]
    cluster_settings: BTreeMap<String, String>,
    #[serde(default)]
    local_files: BTreeMap<String, Content>,
    #[serde(default)]
    local_tree: BTreeMap<String, Content>,
    #[serde(default)]
    stored_files: BTreeMap<String, Content>,
    table_prefix: Option<String>,
    store_uri: Option<String>,
    #[serde(default)]
    stored_relative_to_store: Vec<String>,
    #[serde(default)]
    stored: BTreeMap<String, String>,
    #[serde(default)]
    stored_by_foo: BTreeMap<String, String>,
    content: Option<String>,
    statement: Option<String>,
    #[serde(default)]
    steps: Vec<String>,
}

/// What a file holds.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Content {
    text: Option<String>,
    zero_bytes: Option<usize>,
    random_bytes: Option<usize>,
    chunk: Option<usize>,
}

impl Content {
    pub fn bytes(&self) -> Vec<u8> {
        if let Some(text) = &self.text {
            return text.clone().into_bytes();
        }
        if let Some(count) = self.random_bytes {
            return noise(count);
        }
        vec![0; self.zero_bytes.unwrap_or(0)]
    }
}

/// Bytes without a pattern, the same on every run.
pub fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_le_bytes()[0]
        })
        .collect()
}

/// A cluster for one case, and connections to it.
pub struct World {
    pub cluster: Cluster,
    /// For local files.
    pub folder: tempfile::TempDir,
    connections: BTreeMap<String, Connection>,
    _external: tempfile::TempDir,
}

impl World {
    fn new() -> Result<World, String> {
        let external = tempfile::tempdir().map_err(|error| error.to_string())?;
        let cluster = Cluster::start(&Shape::default(), external.path())?;
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        Ok(World {
            cluster,
            folder,
            connections: BTreeMap::new(),
            _external: external,
        })
    }

    pub fn connection(&mut self, user: &str) -> Result<&mut Connection, String> {
        if !self.connections.contains_key(user) {
            let connection = Connection::open(&self.cluster.address(), user, "defaultdb")
                .map_err(|error| format!("cannot connect as {user}: {error}"))?;
            self.connections.insert(user.to_owned(), connection);
        }
        self.connections
            .get_mut(user)
            .ok_or_else(|| "no connection".to_owned())
    }

    /// Runs statements and answers everything, errors included.
    pub fn ask(&mut self, user: &str, sql: &str) -> Result<Answers, String> {
        self.connection(user)?
            .query(sql)
            .map_err(|error| format!("connection: {error}"))
    }

    /// Runs statements that must not fail; answers the rows of the last one.
    pub fn rows(&mut self, user: &str, sql: &str) -> Result<Vec<Vec<Option<String>>>, String> {
        let answers = self.ask(user, sql)?;
        match &answers.error {
            Some(error) => Err(format!("`{sql}`: {}", error.message())),
            None => Ok(answers
                .last()
                .map(|answer| answer.rows.clone())
                .unwrap_or_default()),
        }
    }

    /// The first column of the rows.
    pub fn column(&mut self, user: &str, sql: &str) -> Result<Vec<String>, String> {
        Ok(self
            .rows(user, sql)?
            .into_iter()
            .filter_map(|row| row.into_iter().next().flatten())
            .collect())
    }

    /// The one number a statement answers.
    pub fn number(&mut self, user: &str, sql: &str) -> Result<i64, String> {
        let found = self.column(user, sql)?;
        found
            .first()
            .and_then(|value| value.parse().ok())
            .ok_or_else(|| format!("`{sql}` answers {found:?}"))
    }

    /// Uploads by COPY, the way the server's own doors are used.
    pub fn upload(&mut self, user: &str, uri: &str, bytes: &[u8]) -> Result<Answers, String> {
        let statement = copy::statement(uri);
        self.connection(user)?
            .copy_in(&statement, CopyInput::Done(&copy::escaped(bytes)))
            .map_err(|error| format!("connection: {error}"))
    }

    fn store(&mut self, user: &str, prefix: &str, name: &str, content: &Content) -> Result<(), String> {
        if content.chunk.is_some() || !name.starts_with('/') {
            table::open(self, user, prefix)?;
            return table::write(
                self,
                user,
                prefix,
                name,
                &content.bytes(),
                content.chunk.unwrap_or(1 << 20),
            );
        }
        let encoded: String = name.bytes().map(copy::percent).collect();
        let answers = self.upload(user, &format!("userfile://{prefix}{encoded}"), &content.bytes())?;
        match answers.error {
            Some(error) => Err(format!("storing {name}: {}", error.message())),
            None => Ok(()),
        }
    }
}

/// Runs all cases and holds the result against the list of gaps.
pub fn run() {
    let Some(cases) = cases::read::<Case>("userfile-cases.json") else {
        return;
    };
    Tally::run(&cases, |case| &case.name, run_case).close("userfile", gaps::USERFILE);
}

fn run_case(case: &Case) -> Result<(), String> {
    let mut world = World::new()?;
    prepare(&mut world, &case.setup)?;
    let action = |key: &str| case.action.get(key).is_some();
    if action("cli") || action("cli_sequence") || action("cli_glob") {
        return cli::run(&mut world, case);
    }
    if action("copy_data_hex")
        || action("copy_destination")
        || action("statement")
        || action("one_copy_data_message_of")
    {
        return copy::run(&mut world, case);
    }
    if action("username") {
        return cli::run_naming(&mut world, case);
    }
    if case.setup.store_uri.is_some() {
        return storage::run(&mut world, case);
    }
    table::run(&mut world, case)
}

fn prepare(world: &mut World, setup: &Setup) -> Result<(), String> {
    for sql in &setup.sql_as_root {
        world.rows("root", sql)?;
    }
    for (name, value) in &setup.cluster_settings {
        // A remark about a default is no setting to make.
        if !value.contains("default") {
            world.rows("root", &format!("SET CLUSTER SETTING {name} = {value}"))?;
        }
    }
    for (name, content) in setup.local_files.iter().chain(&setup.local_tree) {
        let path = world.folder.path().join(name);
        let parent = path.parent().unwrap_or(world.folder.path());
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::write(&path, content.bytes()))
            .map_err(|e| e.to_string())?;
    }
    let user = setup.user.clone().unwrap_or_else(|| "root".to_owned());
    let prefix = setup
        .table_prefix
        .clone()
        .unwrap_or_else(|| "defaultdb.public.userfiles_root".to_owned());
    for (name, content) in &setup.stored_files {
        world.store(&user, &prefix, name, content)?;
    }
    Ok(())
}

/// Compares, with words for what differs.
pub fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{what} {found:?}, expected {expected:?}"))
    }
}

/// The strings of a JSON list.
pub fn strings(value: Option<&Value>) -> Vec<String> {
    value
        .and_then(Value::as_array)
        .map(|list| {
            list.iter()
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect()
        })
        .unwrap_or_default()
}
