//! What can go wrong between us and a cluster, sorted by what the caller does about it.

use std::fmt;

/// What a failure means for the caller. A kind exists only where somebody acts differently on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request itself is malformed; nothing was sent.
    InvalidInput,
    /// No connection could be made: name lookup, refused, no answer, routing.
    CannotConnect,
    /// TLS could not be agreed on, or the certificate was not accepted.
    Tls,
    /// User name, password, token or certificate was not accepted. Never retried by itself.
    Auth,
    /// The user lacks a privilege (42501).
    NoPrivilege,
    /// The database, table, file or backup is not there.
    NotFound,
    /// The name is taken.
    AlreadyExists,
    /// The server asks to try the same transaction again (40001).
    Retry,
    /// The connection broke while nothing was in doubt; a read may be repeated.
    ConnectionLost,
    /// The connection broke, or the server said so (40003), while a write was under way: look first.
    OutcomeUnknown,
    /// The server is there and too busy, draining or starting (53xxx, 57P03).
    Busy,
    /// The cluster or the disk behind it is full (53100).
    Full,
    /// This server or release does not do that.
    Unsupported,
    /// A file or folder of this computer could not be read or written.
    LocalFile,
    /// There is no room left on a disk of this computer.
    LocalFull,
    /// We, or the user, stopped it.
    Cancelled,
    /// Data read back is not the data that was written.
    Corrupt,
    /// Anything else the server answered.
    Server,
    /// A fault of this program.
    Internal,
}

/// A failure, told for a person. `Display` is one sentence; `detail` is the technical chain with
/// secrets removed, for "Copy details".
#[derive(Debug, Clone)]
pub struct Error {
    pub kind: ErrorKind,
    pub message: String,
    pub hint: Option<String>,
    pub sqlstate: Option<String>,
    pub detail: Option<String>,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: None,
            sqlstate: None,
            detail: None,
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
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<crate::quote::ContainsNul> for Error {
    fn from(error: crate::quote::ContainsNul) -> Self {
        Self::new(ErrorKind::InvalidInput, error.to_string())
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        crate::sqlstate::classify(error)
    }
}
