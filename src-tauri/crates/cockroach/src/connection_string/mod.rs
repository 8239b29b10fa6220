//! What people paste, understood.
//!
//! Consoles, shells, drivers and colleagues write one and the same address in a dozen ways, and a
//! library that parses URLs answers a raw `#` in a password with "invalid port number". So the text
//! is read here, into typed parts: what is understood is taken, what is not is said in a sentence,
//! and no sentence ever quotes a piece that may belong to the password.

mod extent;
mod find;
mod host;
mod settings;
mod url;

use std::path::{Path, PathBuf};

use crate::connect::TlsMode;
use crate::secret::Secret;

pub(crate) use host::may_sleep;
pub use host::{check_host, is_cloud};

/// CockroachDB's port, on Cloud and by default everywhere.
pub const DEFAULT_PORT: u16 = 26257;

/// Longer texts are not connection strings. A token may be a few KiB.
const LONGEST_BYTES: usize = 64 * 1024;

/// Folders that variables in a pasted path stand for.
#[derive(Debug, Clone, Default)]
pub struct Folders {
    /// `$HOME`, `~`, `%USERPROFILE%`.
    pub home: Option<PathBuf>,
    /// `%APPDATA%`, `$env:appdata`.
    pub app_data: Option<PathBuf>,
}

/// The parts of a connection string. `None` means that the text says nothing about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectionString {
    pub host: Option<String>,
    pub port: Option<u16>,
    pub user: Option<String>,
    pub password: Option<Secret>,
    pub database: Option<String>,
    pub tls: Option<TlsMode>,
    /// Path as written, with variables such as `$HOME` replaced where they are known.
    pub ca_file: Option<String>,
    pub client_cert_file: Option<String>,
    pub client_key_file: Option<String>,
    /// `--certs-dir`: the folder that holds the authority's certificate, and those of the users who sign in by one.
    pub certs_dir: Option<String>,
    /// `--cluster=…`: finds a Basic or Standard cluster when the host name does not.
    pub cluster_option: Option<String>,
    /// The password is a JWT.
    pub jwt: bool,
    pub notes: Vec<Note>,
}

/// What a sentence is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    Whole,
    Host,
    Port,
    User,
    Password,
    Database,
    Tls,
    Ca,
    ClientCert,
    ClientKey,
    Cluster,
}

/// Something a person should know about what was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub part: Part,
    pub sentence: String,
}

/// Why a text cannot be used, in one sentence without any of the text's secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct Refused {
    pub part: Part,
    sentence: String,
}

impl Refused {
    pub(crate) fn new(part: Part, sentence: impl Into<String>) -> Self {
        Self {
            part,
            sentence: sentence.into(),
        }
    }

    pub fn sentence(&self) -> &str {
        &self.sentence
    }
}

impl ConnectionString {
    fn note(&mut self, part: Part, sentence: impl Into<String>) {
        let note = Note {
            part,
            sentence: sentence.into(),
        };
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// The URL of the same parts, for another tool to paste. The password is never in it.
    pub fn to_url(&self) -> String {
        url::build(self)
    }
}

/// Reads whatever was pasted.
pub fn parse(text: &str, folders: &Folders) -> Result<ConnectionString, Refused> {
    if text.len() > LONGEST_BYTES {
        return Err(Refused::new(
            Part::Whole,
            "This text is too long for a connection string.",
        ));
    }
    let mut parsed = match find::find(text)? {
        find::Found::Url { url, note, beside } => {
            let mut parsed = url::parse(&url)?;
            parsed.notes.extend(note);
            settings::complete(&mut parsed, beside)?;
            parsed
        }
        find::Found::Settings(settings) => settings::read(settings)?,
        find::Found::Address(address) => url::parse_address(&address)?,
    };
    for (part, path) in [
        (Part::Ca, &mut parsed.ca_file),
        (Part::ClientCert, &mut parsed.client_cert_file),
        (Part::ClientKey, &mut parsed.client_key_file),
        (Part::Whole, &mut parsed.certs_dir),
    ] {
        if let Some(text) = path.take() {
            let text = expand(&text, folders);
            if text.is_empty() || (part == Part::Ca && text == "system") {
                continue;
            }
            *path = Some(text);
        }
    }
    finish(parsed)
}

/// What holds for every shape: a host that can be dialled, and hints about unusual choices.
fn finish(mut parsed: ConnectionString) -> Result<ConnectionString, Refused> {
    match &parsed.host {
        Some(host) => check_host(host)?,
        None => return Err(Refused::new(Part::Host, "No host was found in this text.")),
    }
    split_tenant_prefix(&mut parsed);
    if parsed.port == Some(5432) {
        parsed.note(
            Part::Port,
            "5432 is PostgreSQL's usual port. CockroachDB listens on 26257.",
        );
    }
    if parsed
        .password
        .as_ref()
        .is_some_and(|password| is_placeholder(password.expose()))
    {
        parsed.password = None;
        parsed.note(
            Part::Password,
            "The text holds a placeholder where the password belongs. Type the password.",
        );
    }
    match parsed.tls {
        Some(TlsMode::Require) => parsed.note(
            Part::Tls,
            "sslmode=require encrypts, but does not check whom it talks to. verify-full checks both.",
        ),
        Some(TlsMode::VerifyCa) => parsed.note(Part::Tls, "sslmode=verify-ca does not check the host name."),
        Some(TlsMode::Disable) => {
            parsed.note(
                Part::Tls,
                "sslmode=disable sends everything, the password included, unencrypted.",
            );
        }
        Some(TlsMode::VerifyFull) | None => {}
    }
    if parsed.client_cert_file.is_some() != parsed.client_key_file.is_some() {
        let missing = if parsed.client_cert_file.is_some() {
            Part::ClientKey
        } else {
            Part::ClientCert
        };
        parsed.note(
            missing,
            "A client certificate and its key are only used together. One of them is missing.",
        );
    }
    Ok(parsed)
}

/// `name-123.defaultdb` is how old drivers name a Basic or Standard cluster.
fn split_tenant_prefix(parsed: &mut ConnectionString) {
    let on_cloud = parsed.host.as_deref().is_some_and(is_cloud);
    let Some((cluster, database)) = parsed.database.as_deref().and_then(|name| name.split_once('.')) else {
        return;
    };
    let numbered = cluster
        .rsplit_once('-')
        .is_some_and(|(name, number)| !name.is_empty() && number.parse::<u32>().is_ok());
    if on_cloud && numbered && !database.is_empty() && parsed.cluster_option.is_none() {
        let (cluster, database) = (cluster.to_owned(), database.to_owned());
        parsed.cluster_option = Some(cluster);
        parsed.database = Some(database);
    }
}

fn is_placeholder(password: &str) -> bool {
    let bare = password.trim();
    let bracketed = |open, close| bare.starts_with(open) && bare.ends_with(close) && bare.len() > 2;
    bracketed('<', '>')
        || bracketed('[', ']')
        || (bare.starts_with("${") && bare.ends_with('}'))
        || (!bare.is_empty() && bare.chars().all(|c| matches!(c, '*' | '•' | '●')))
        || matches!(
            bare,
            "$PASSWORD" | "$PGPASSWORD" | "%PASSWORD%" | "ENTER-SQL-USER-PASSWORD" | "YOUR_PASSWORD"
        )
}

/// Replaces the variables that the Cloud console and the documentation write into paths.
fn expand(path: &str, folders: &Folders) -> String {
    let mut path: String = path.chars().filter(|c| !matches!(c, '\'' | '"' | '`')).collect();
    if let (Some(home), Some(rest)) = (&folders.home, path.strip_prefix('~'))
        && (rest.is_empty() || rest.starts_with(['/', '\\']))
    {
        path = format!("{}{rest}", home.display());
    }
    let known: [(&str, Option<&Path>); 8] = [
        ("$env:userprofile", folders.home.as_deref()),
        ("$env:appdata", folders.app_data.as_deref()),
        ("$env:home", folders.home.as_deref()),
        ("%userprofile%", folders.home.as_deref()),
        ("%appdata%", folders.app_data.as_deref()),
        ("%home%", folders.home.as_deref()),
        ("${home}", folders.home.as_deref()),
        ("$home", folders.home.as_deref()),
    ];
    for (variable, folder) in known {
        if let Some(folder) = folder
            && let Some(at) = path.to_ascii_lowercase().find(variable)
        {
            path.replace_range(at..at + variable.len(), &folder.display().to_string());
        }
    }
    path
}

#[cfg(test)]
mod tests;
