//! What a case takes for granted without saying it in statements.
//!
//! Recorded tests ran on clusters that were set up elsewhere, and documentation samples on clusters nobody
//! described. This says, in one place, what was there before the first step.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What stands before the first step.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrangement {
    /// Why, for readers.
    pub why: String,
    /// The release to emulate, where the case's range leaves a choice that matters.
    pub emulate: Option<String>,
    /// Statements to run first.
    #[serde(default)]
    pub setup: Vec<SetupStep>,
    /// Non-admins may use nodelocal and implicit credentials, as these clusters were started.
    #[serde(default)]
    pub implicit_access: Vec<String>,
    /// The clusters whose upgrade is not finished: binary newer than the cluster version.
    #[serde(default)]
    pub upgrading: Vec<String>,
    /// Literal numbers of the case that stand for ids captured in the set-up.
    #[serde(default)]
    pub ids: BTreeMap<String, String>,
    /// Statements to run before the step with this number, counted from 0.
    #[serde(default)]
    pub before: BTreeMap<String, Vec<SetupStep>>,
    /// The regions of clusters of which the case says none. `region=zone+zone` names zones.
    #[serde(default)]
    pub regions: BTreeMap<String, Vec<String>>,
    /// The accounts of the practice clouds, in the form of their file.
    #[serde(default)]
    pub accounts: Vec<serde_json::Value>,
}

/// One statement of the set-up.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetupStep {
    pub sql: String,
    pub user: Option<String>,
    pub cluster: Option<String>,
    /// Keeps the one value answered under this name, for `$name` in later statements.
    pub capture: Option<String>,
    /// Repeated until the one value answered is this.
    pub until: Option<String>,
}

/// The arrangements by case name.
pub fn all() -> BTreeMap<String, Arrangement> {
    let text = include_str!("arrangements.json");
    serde_json::from_str(text).unwrap_or_else(|error| panic!("arrangements.json: {error}"))
}
