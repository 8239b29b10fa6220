//! The case files and where they are found.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::verdict::Expectation;

/// A file of cases.
#[derive(Debug, Deserialize)]
pub struct CaseFile<C> {
    pub cases: Vec<C>,
}

/// A case of the backup and restore file.
#[derive(Debug, Deserialize)]
pub struct StatementCase {
    pub name: String,
    pub origin: String,
    pub version: String,
    #[serde(default)]
    pub clusters: BTreeMap<String, ClusterShape>,
    pub steps: Vec<Step>,
}

/// What the file says about one cluster of a case.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ClusterShape {
    #[serde(default)]
    pub regions: Vec<String>,
}

/// One statement of a case.
#[derive(Debug, Deserialize)]
pub struct Step {
    pub sql: String,
    #[serde(default)]
    pub user: Option<String>,
    #[serde(default)]
    pub cluster: Option<String>,
    pub expect: Expectation,
}

/// Where the case files are: `$ROACHVAULT_CASES`, or `shared/reference` beside the repository.
fn folder() -> PathBuf {
    match std::env::var_os("ROACHVAULT_CASES") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference"),
    }
}

/// Reads a case file; `None`, with a word about it, when it is not there.
pub fn read<C: DeserializeOwned>(name: &str) -> Option<Vec<C>> {
    let path = folder().join(name);
    match std::fs::read(&path) {
        Ok(bytes) => {
            let file: CaseFile<C> =
                serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            Some(file.cases)
        }
        Err(error) => {
            println!(
                "{name}: skipped, because {} cannot be read: {error}",
                path.display()
            );
            None
        }
    }
}
