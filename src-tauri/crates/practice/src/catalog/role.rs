//! Users and roles.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::error::{SqlError, SqlResult, sqlstate};
use crate::scram::Verifier;

/// A membership: whether the member may pass it on (`WITH ADMIN OPTION`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    pub is_admin: bool,
}

/// A user or role; a user is a role that may log in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    pub name: String,
    /// `NOLOGIN`, `CREATEDB`, `CONTROLJOB` and so on, upper case.
    pub options: BTreeSet<String>,
    /// The roles it belongs to.
    pub member_of: BTreeMap<String, Membership>,
    /// What the password is checked against; the password itself is not kept.
    pub password: Option<Verifier>,
    /// Storage form of `VALID UNTIL`.
    pub valid_until: Option<String>,
}

impl Role {
    /// A user without options.
    pub fn user(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// Whether it may open connections.
    pub fn may_log_in(&self) -> bool {
        !self.options.contains("NOLOGIN")
    }

    /// The form in which names are kept: lower case. Refuses what CREATE USER refuses (42602).
    pub fn normalize_name(name: &str) -> SqlResult<String> {
        let name = name.to_lowercase();
        let ok_first = |c: char| c.is_lowercase() || c.is_ascii_digit() || c == '_';
        let ok_rest = |c: char| c.is_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
        let mut chars = name.chars();
        if chars.next().is_some_and(ok_first) && chars.all(ok_rest) && name.len() <= 63 {
            return Ok(name);
        }
        Err(SqlError::new(sqlstate::INVALID_NAME, format!("username \"{name}\" invalid")).with_hint(
            "Usernames are case insensitive, must start with a letter, digit or underscore, may contain letters, digits, dashes, periods, or underscores, and must not exceed 63 characters.",
        ))
    }
}
