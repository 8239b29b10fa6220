//! Connections as the screen sees them. Secrets go in and never come out.

use chrono::{DateTime, Utc};
use roachvault_cockroach::Secret;
use roachvault_cockroach::certificate;
use roachvault_cockroach::connection_string::{self as text, Part};
use roachvault_core::connection::{self as core, Keep, SavedSecret, SecretChange, StagedSecrets};
use roachvault_core::{ConnectionId, OpenCluster};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use uuid::Uuid;

/// How much of TLS is checked, in the words of connection strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    VerifyFull,
    VerifyCa,
    Require,
    Disable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Environment {
    Practice,
    Development,
    Staging,
    Production,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
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

/// Everything about a connection that a person edits and that is not secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionFields {
    /// Empty: the host becomes the name.
    pub name: String,
    pub host: String,
    pub port: u16,
    pub user: String,
    /// Empty: `defaultdb`.
    pub database: String,
    pub tls: TlsMode,
    /// The certificate of the cluster's authority, as PEM text.
    pub ca_pem: Option<String>,
    pub client_cert_pem: Option<String>,
    /// `name-123`: finds a Basic or Standard cluster when the host name does not.
    pub cluster_option: Option<String>,
    /// The password is a sign-in token (JWT).
    pub jwt: bool,
    pub environment: Environment,
    pub read_only: bool,
    pub colour: Option<Colour>,
    pub group: Option<String>,
    pub note: String,
    pub favourite: bool,
}

/// Where a secret is; never what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum SecretState {
    None,
    Keyring,
    AskEachTime,
    /// Meant for the keyring and still to be given.
    NotGiven,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    pub subject: String,
    pub issuer: String,
    /// Host names and addresses it is valid for.
    pub names: Vec<String>,
    #[ts(type = "string")]
    pub not_after: DateTime<Utc>,
    pub expired: bool,
    pub is_authority: bool,
}

/// A saved connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    pub id: Uuid,
    pub fields: ConnectionFields,
    pub password: SecretState,
    pub client_key: SecretState,
    /// What `fields.caPem` holds.
    pub ca: Vec<Certificate>,
    pub client_cert: Vec<Certificate>,
    #[ts(type = "string")]
    pub created_at: DateTime<Utc>,
    #[ts(type = "string | null")]
    pub last_used_at: Option<DateTime<Utc>>,
    /// Connected right now.
    pub open: bool,
}

/// All saved connections in the person's order.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionList {
    pub connections: Vec<Connection>,
    /// Set when the file was found damaged at this start.
    pub healed: Option<HealedIndex>,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct HealedIndex {
    pub kept_aside: String,
    pub recovered: u32,
    /// Absent when nobody can tell.
    pub lost: Option<u32>,
}

/// Where a typed secret shall stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum KeepSecret {
    Keyring,
    /// In memory until the app quits; asked for again after that.
    Memory,
}

/// What saving does to a secret.
#[derive(Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum SecretInput {
    /// As it was. A new connection then has none.
    Unchanged,
    /// No such secret is needed.
    Remove,
    AskEachTime,
    /// Asked for once, at the first connect, and kept then.
    NotGiven,
    Typed {
        value: TypedSecret,
        keep: KeepSecret,
    },
    /// A secret that came from a paste or a file and waits in memory.
    Staged {
        handle: Uuid,
        keep: KeepSecret,
    },
}

/// A secret on its way in. There is no way out: the type cannot be written to the wire.
#[derive(Debug)]
pub struct TypedSecret(pub Secret);

impl<'de> Deserialize<'de> for TypedSecret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Secret::new(String::deserialize(deserializer)?)))
    }
}

impl TS for TypedSecret {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;

    fn name(_: &ts_rs::Config) -> String {
        "string".to_owned()
    }

    fn inline(_: &ts_rs::Config) -> String {
        "string".to_owned()
    }
}

#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionDraft {
    /// Absent for a new connection.
    pub id: Option<Uuid>,
    pub fields: ConnectionFields,
    pub password: SecretInput,
    pub client_key: SecretInput,
}

/// Which field of the form a sentence belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum FormPart {
    Whole,
    Host,
    Port,
    User,
    Password,
    Database,
    Tls,
    CaPem,
    ClientCertPem,
    ClientKey,
    ClusterOption,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FormNote {
    pub part: FormPart,
    pub sentence: String,
}

/// A pasted text, understood.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ParsedConnection {
    /// A complete form; what the text does not say has its default.
    pub fields: ConnectionFields,
    /// Handle of the password the text held, for `SecretInput.staged`.
    pub password: Option<Uuid>,
    pub client_key: Option<Uuid>,
    pub ca: Vec<Certificate>,
    pub client_cert: Vec<Certificate>,
    /// Worth knowing; nothing here stops anybody.
    pub notes: Vec<FormNote>,
}

/// The connection string in the clipboard, as far as it may be shown before it is taken.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ClipboardOffer {
    pub host: String,
    pub user: Option<String>,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CertificateFile {
    pub pem: String,
    pub certificates: Vec<Certificate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Product {
    CockroachDb,
    PostgreSql,
    Other,
}

/// A cluster that is connected.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OpenedCluster {
    pub id: Uuid,
    pub name: String,
    pub environment: Environment,
    pub read_only: bool,
    pub host: String,
    pub user: String,
    pub database: String,
    /// `v25.4.0`; absent when the server is not CockroachDB.
    pub version: Option<String>,
    pub version_text: String,
    pub product: Product,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum SecretKind {
    Password,
    ClientKey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum KeyringStatus {
    Ready,
    /// Most likely showing its unlock prompt.
    Waiting,
    Locked,
    Absent,
    Failing,
}

/// How the system's keyring does.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct KeyringState {
    pub status: KeyringStatus,
    /// `macOS Keychain` and the like.
    pub name: String,
    pub message: Option<String>,
    pub hint: Option<String>,
    pub detail: Option<String>,
}

macro_rules! same_variants {
    ($wire:ident, $core:path, [$($variant:ident),*]) => {
        impl From<$core> for $wire {
            fn from(value: $core) -> Self {
                use $core as Core;
                match value { $(Core::$variant => Self::$variant,)* }
            }
        }

        impl From<$wire> for $core {
            fn from(value: $wire) -> Self {
                match value { $($wire::$variant => Self::$variant,)* }
            }
        }
    };
}

same_variants!(
    TlsMode,
    roachvault_cockroach::TlsMode,
    [VerifyFull, VerifyCa, Require, Disable]
);
same_variants!(
    Environment,
    roachvault_core::Environment,
    [Practice, Development, Staging, Production]
);
same_variants!(
    Colour,
    core::Colour,
    [Red, Orange, Amber, Green, Teal, Blue, Violet, Grey]
);
same_variants!(KeepSecret, Keep, [Keyring, Memory]);
same_variants!(SecretKind, core::SecretKind, [Password, ClientKey]);
same_variants!(
    Product,
    roachvault_cockroach::version::Product,
    [CockroachDb, PostgreSql, Other]
);

impl From<core::ConnectionDetails> for ConnectionFields {
    fn from(details: core::ConnectionDetails) -> Self {
        Self {
            name: details.name,
            host: details.host,
            port: details.port,
            user: details.user,
            database: details.database,
            tls: details.tls.into(),
            ca_pem: details.ca_pem,
            client_cert_pem: details.client_cert_pem,
            cluster_option: details.cluster_option,
            jwt: details.jwt,
            environment: details.environment.into(),
            read_only: details.read_only,
            colour: details.colour.map(Into::into),
            group: details.group,
            note: details.note,
            favourite: details.favourite,
        }
    }
}

impl From<ConnectionFields> for core::ConnectionDetails {
    fn from(fields: ConnectionFields) -> Self {
        Self {
            name: fields.name,
            host: fields.host,
            port: fields.port,
            user: fields.user,
            database: fields.database,
            tls: fields.tls.into(),
            ca_pem: fields.ca_pem,
            client_cert_pem: fields.client_cert_pem,
            cluster_option: fields.cluster_option,
            jwt: fields.jwt,
            environment: fields.environment.into(),
            read_only: fields.read_only,
            colour: fields.colour.map(Into::into),
            group: fields.group,
            note: fields.note,
            favourite: fields.favourite,
        }
    }
}

impl From<&SavedSecret> for SecretState {
    fn from(secret: &SavedSecret) -> Self {
        match secret {
            SavedSecret::None => Self::None,
            SavedSecret::Keyring { .. } => Self::Keyring,
            SavedSecret::AskEachTime => Self::AskEachTime,
            SavedSecret::NotGiven { .. } => Self::NotGiven,
        }
    }
}

impl Certificate {
    pub fn list(pem: Option<&str>) -> Vec<Self> {
        let certificates = pem
            .and_then(|pem| certificate::read(pem).ok())
            .unwrap_or_default();
        certificates.into_iter().map(Self::from).collect()
    }
}

impl From<certificate::Certificate> for Certificate {
    fn from(certificate: certificate::Certificate) -> Self {
        Self {
            expired: certificate.has_expired(Utc::now()),
            subject: certificate.subject,
            issuer: certificate.issuer,
            names: certificate.names,
            not_after: certificate.not_after,
            is_authority: certificate.is_authority,
        }
    }
}

impl Connection {
    pub fn new(saved: core::SavedConnection, open: bool) -> Self {
        Self {
            id: saved.id.0,
            password: (&saved.password).into(),
            client_key: (&saved.client_key).into(),
            ca: Certificate::list(saved.details.ca_pem.as_deref()),
            client_cert: Certificate::list(saved.details.client_cert_pem.as_deref()),
            created_at: saved.created_at,
            last_used_at: saved.last_used_at,
            fields: saved.details.into(),
            open,
        }
    }
}

impl SecretInput {
    /// Of the staged secret, when it is one.
    pub fn handle(&self) -> Option<Uuid> {
        match self {
            Self::Staged { handle, .. } => Some(*handle),
            _ => None,
        }
    }

    fn change(self, staged: &StagedSecrets) -> Result<SecretChange, roachvault_core::Error> {
        Ok(match self {
            Self::Unchanged => SecretChange::Unchanged,
            Self::Remove => SecretChange::Remove,
            Self::AskEachTime => SecretChange::AskEachTime,
            Self::NotGiven => SecretChange::NotGiven { from_file: false },
            Self::Typed { value, keep } => SecretChange::Set(value.0, keep.into()),
            Self::Staged { handle, keep } => SecretChange::Set(staged.get(handle)?, keep.into()),
        })
    }
}

impl ConnectionDraft {
    pub fn decode(self, staged: &StagedSecrets) -> Result<core::ConnectionDraft, roachvault_core::Error> {
        Ok(core::ConnectionDraft {
            id: self.id.map(ConnectionId),
            details: self.fields.into(),
            password: self.password.change(staged)?,
            client_key: self.client_key.change(staged)?,
        })
    }
}

impl From<Part> for FormPart {
    fn from(part: Part) -> Self {
        match part {
            Part::Whole => Self::Whole,
            Part::Host => Self::Host,
            Part::Port => Self::Port,
            Part::User => Self::User,
            Part::Password => Self::Password,
            Part::Database => Self::Database,
            Part::Tls => Self::Tls,
            Part::Ca => Self::CaPem,
            Part::ClientCert => Self::ClientCertPem,
            Part::ClientKey => Self::ClientKey,
            Part::Cluster => Self::ClusterOption,
        }
    }
}

impl FormPart {
    /// The name of the field in `IpcError.fields`.
    pub fn field(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Host => "host",
            Self::Port => "port",
            Self::User => "user",
            Self::Password => "password",
            Self::Database => "database",
            Self::Tls => "tls",
            Self::CaPem => "caPem",
            Self::ClientCertPem => "clientCertPem",
            Self::ClientKey => "clientKey",
            Self::ClusterOption => "clusterOption",
        }
    }
}

impl From<text::Note> for FormNote {
    fn from(note: text::Note) -> Self {
        Self {
            part: note.part.into(),
            sentence: note.sentence,
        }
    }
}

impl OpenedCluster {
    pub fn new(open: &OpenCluster, details: &core::ConnectionDetails) -> Self {
        let version = roachvault_cockroach::version::Version::parse(&open.info.version_text);
        Self {
            id: open.id.0,
            name: open.name.clone(),
            environment: open.environment.into(),
            read_only: open.read_only,
            host: details.host.clone(),
            user: open.info.user.clone(),
            database: open.readable().database().to_owned(),
            version: open.info.version.clone(),
            version_text: open.info.version_text.clone(),
            product: version.product.into(),
        }
    }
}
