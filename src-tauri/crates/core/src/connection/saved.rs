//! What is kept of a connection, and what a person may change about it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use roachvault_cockroach::{Secret, TlsMode};
use serde::{Deserialize, Serialize};

use super::secrets::SavedSecret;
use crate::cluster::{ConnectionId, Environment};
use crate::error::{Code, Error, Result};

/// The colours a person may mark a connection with. The theme decides how each looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    Red,
    Orange,
    Amber,
    Green,
    Teal,
    Blue,
    Violet,
    Grey,
}

/// Everything about a connection that is not secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionDetails {
    pub name: String,
    pub host: String,
    pub port: u16,
    pub user: String,
    pub database: String,
    pub tls: TlsMode,
    /// The authority's certificate itself and not its path, which may vanish.
    #[serde(default)]
    pub ca_pem: Option<String>,
    #[serde(default)]
    pub client_cert_pem: Option<String>,
    /// Routing id of Basic and Standard clusters, `name-123`, where the host name does not carry it.
    #[serde(default)]
    pub cluster_option: Option<String>,
    /// The password is a JWT.
    #[serde(default)]
    pub jwt: bool,
    pub environment: Environment,
    #[serde(default)]
    pub read_only: bool,
    #[serde(default)]
    pub colour: Option<Colour>,
    #[serde(default)]
    pub group: Option<String>,
    #[serde(default)]
    pub note: String,
    #[serde(default)]
    pub favourite: bool,
}

/// A connection as it lies in the index. Its place in the list is its place in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedConnection {
    pub id: ConnectionId,
    #[serde(flatten)]
    pub details: ConnectionDetails,
    #[serde(default)]
    pub password: SavedSecret,
    #[serde(default)]
    pub client_key: SavedSecret,
    pub created_at: DateTime<Utc>,
    #[serde(default)]
    pub last_used_at: Option<DateTime<Utc>>,
}

/// Where a secret that was just given shall stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    Keyring,
    /// In memory until the app quits.
    Memory,
}

/// What saving a connection does to one of its secrets.
#[derive(Debug, Clone)]
pub enum SecretChange {
    /// As it was; a new connection then has none.
    Unchanged,
    /// The connection needs no such secret.
    Remove,
    /// Ask for it when it is needed.
    AskEachTime,
    /// Ask for it once, and keep it then.
    NotGiven {
        from_file: bool,
    },
    Set(Secret, Keep),
}

/// A connection as a person left the form.
#[derive(Debug, Clone)]
pub struct ConnectionDraft {
    /// `None` makes a new connection.
    pub id: Option<ConnectionId>,
    pub details: ConnectionDetails,
    pub password: SecretChange,
    pub client_key: SecretChange,
}

impl ConnectionDetails {
    /// The details with blanks trimmed and an empty name replaced by the host, or a sentence for
    /// each field that cannot stand.
    pub fn checked(mut self) -> Result<Self> {
        for text in [&mut self.name, &mut self.host, &mut self.user, &mut self.database] {
            *text = text.trim().to_owned();
        }
        for text in [
            &mut self.group,
            &mut self.cluster_option,
            &mut self.ca_pem,
            &mut self.client_cert_pem,
        ] {
            *text = text
                .take()
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty());
        }
        if self.database.is_empty() {
            "defaultdb".clone_into(&mut self.database);
        }
        if self.name.is_empty() {
            self.name.clone_from(&self.host);
        }
        let mut fields = BTreeMap::new();
        let mut wrong = |field: &str, sentence: &str| fields.insert(field.to_owned(), sentence.to_owned());
        if self.host.is_empty() {
            wrong(
                "host",
                "Enter the host, for example blue-dog-147.6wr.cockroachlabs.cloud.",
            );
        } else if let Err(refused) = roachvault_cockroach::connection_string::check_host(&self.host) {
            wrong("host", refused.sentence());
        }
        if self.port == 0 {
            wrong(
                "port",
                "A port is between 1 and 65535. CockroachDB listens on 26257.",
            );
        }
        if self.user.is_empty() {
            wrong("user", "Enter the SQL user.");
        }
        for (field, text) in [
            ("user", &self.user),
            ("database", &self.database),
            ("name", &self.name),
        ] {
            if text.contains('\0') {
                wrong(field, "A NUL character cannot be part of this.");
            }
        }
        if self.name.chars().count() > 200 {
            wrong("name", "Use at most 200 characters.");
        }
        for (field, pem) in [
            ("ca_pem", &self.ca_pem),
            ("client_cert_pem", &self.client_cert_pem),
        ] {
            if let Some(pem) = pem
                && let Err(error) = roachvault_cockroach::certificate::read(pem)
            {
                wrong(field, &error.message);
            }
        }
        if fields.is_empty() {
            return Ok(self);
        }
        Err(Error {
            fields,
            ..Error::new(Code::InvalidInput, "Some fields need another look.")
        })
    }
}
