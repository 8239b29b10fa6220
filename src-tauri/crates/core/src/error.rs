//! One error for everything the app refuses or fails at, ready to be told to a person.

use std::collections::BTreeMap;
use std::fmt;

use roachvault_cockroach::ErrorKind;
use serde::{Deserialize, Serialize};

/// What the screen does about a failure. A variant exists only where the screen acts differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// A field of a form is wrong; `fields` says which.
    InvalidInput,
    CannotConnect,
    Tls,
    Auth,
    /// A secret is not at hand: ask the person for it.
    SecretNeeded,
    /// The system's keyring is locked, absent or failing.
    Keyring,
    /// The connection is marked read-only.
    ReadOnly,
    /// The person must type the target's name first.
    ConfirmationNeeded,
    NoPrivilege,
    NotFound,
    AlreadyExists,
    /// What the plan was made on has changed: plan again.
    PlanChanged,
    Unsupported,
    /// Busy, starting or full.
    ClusterBusy,
    ConnectionLost,
    /// It may or may not have happened: look first.
    OutcomeUnknown,
    /// A local file or folder could not be read or written.
    LocalDisk,
    /// Bytes read back differ from bytes written.
    Corrupt,
    Cancelled,
    Internal,
}

/// `message` is one sentence; `hint` says what to do next; `fields` maps form fields to their own
/// sentence; `detail` is technical, free of secrets, and shown only on request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Error {
    pub code: Code,
    pub message: String,
    pub hint: Option<String>,
    pub fields: BTreeMap<String, String>,
    pub detail: Option<String>,
    /// Repeating the same request may work.
    pub retryable: bool,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: None,
            fields: BTreeMap::new(),
            detail: None,
            retryable: matches!(
                code,
                Code::ClusterBusy | Code::ConnectionLost | Code::CannotConnect
            ),
        }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// `detail` must already be free of secrets.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    #[must_use]
    pub fn field(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.fields.insert(field.into(), message.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<roachvault_cockroach::Error> for Error {
    fn from(error: roachvault_cockroach::Error) -> Self {
        let code = match error.kind {
            ErrorKind::InvalidInput => Code::InvalidInput,
            ErrorKind::CannotConnect => Code::CannotConnect,
            ErrorKind::Tls => Code::Tls,
            ErrorKind::Auth => Code::Auth,
            ErrorKind::NoPrivilege => Code::NoPrivilege,
            ErrorKind::NotFound => Code::NotFound,
            ErrorKind::AlreadyExists => Code::AlreadyExists,
            ErrorKind::Retry | ErrorKind::Busy | ErrorKind::Full => Code::ClusterBusy,
            ErrorKind::ConnectionLost => Code::ConnectionLost,
            ErrorKind::OutcomeUnknown => Code::OutcomeUnknown,
            ErrorKind::Unsupported => Code::Unsupported,
            ErrorKind::LocalFile | ErrorKind::LocalFull => Code::LocalDisk,
            ErrorKind::Cancelled => Code::Cancelled,
            ErrorKind::Corrupt => Code::Corrupt,
            ErrorKind::Server | ErrorKind::Internal => Code::Internal,
        };
        if error.kind == ErrorKind::Full {
            let setting = "The time for which deleted data is kept is the zone setting gc.ttlseconds.";
            return Self::new(code, format!("The cluster is full: {}.", error.message))
                .hint(
                    "Make room in the cluster. Deleted data takes up its space for some hours more: the cluster keeps it \
                     for that long.",
                )
                .detail(error.detail.map_or_else(|| setting.into(), |detail| format!("{detail}\n{setting}")));
        }
        Self {
            hint: error.hint,
            detail: error.detail,
            ..Self::new(code, error.message)
        }
    }
}

impl From<roachvault_cockroach::quote::ContainsNul> for Error {
    fn from(error: roachvault_cockroach::quote::ContainsNul) -> Self {
        roachvault_cockroach::Error::from(error).into()
    }
}
