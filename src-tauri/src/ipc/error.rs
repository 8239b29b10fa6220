//! The one place where an error of the core becomes an error on the wire.

use std::collections::BTreeMap;

use roachvault_core::Code;
use serde::Serialize;
use ts_rs::TS;

/// What the screen does about a failure. The names are the core's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ErrorCode {
    InvalidInput,
    CannotConnect,
    Tls,
    Auth,
    SecretNeeded,
    Keyring,
    ReadOnly,
    ConfirmationNeeded,
    NoPrivilege,
    NotFound,
    AlreadyExists,
    PlanChanged,
    Unsupported,
    ClusterBusy,
    ConnectionLost,
    OutcomeUnknown,
    LocalDisk,
    Corrupt,
    Cancelled,
    Internal,
}

/// A failure as the screen receives it: from a command, or as the end of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct IpcError {
    pub code: ErrorCode,
    /// One sentence for a person.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// Form field to its own sentence.
    pub fields: BTreeMap<String, String>,
    /// Technical, without secrets, for "Copy details".
    pub detail: Option<String>,
    /// The same request may work when repeated.
    pub retryable: bool,
}

impl From<Code> for ErrorCode {
    fn from(code: Code) -> Self {
        match code {
            Code::InvalidInput => Self::InvalidInput,
            Code::CannotConnect => Self::CannotConnect,
            Code::Tls => Self::Tls,
            Code::Auth => Self::Auth,
            Code::SecretNeeded => Self::SecretNeeded,
            Code::Keyring => Self::Keyring,
            Code::ReadOnly => Self::ReadOnly,
            Code::ConfirmationNeeded => Self::ConfirmationNeeded,
            Code::NoPrivilege => Self::NoPrivilege,
            Code::NotFound => Self::NotFound,
            Code::AlreadyExists => Self::AlreadyExists,
            Code::PlanChanged => Self::PlanChanged,
            Code::Unsupported => Self::Unsupported,
            Code::ClusterBusy => Self::ClusterBusy,
            Code::ConnectionLost => Self::ConnectionLost,
            Code::OutcomeUnknown => Self::OutcomeUnknown,
            Code::LocalDisk => Self::LocalDisk,
            Code::Corrupt => Self::Corrupt,
            Code::Cancelled => Self::Cancelled,
            Code::Internal => Self::Internal,
        }
    }
}

impl From<roachvault_core::Error> for IpcError {
    fn from(error: roachvault_core::Error) -> Self {
        Self {
            code: error.code.into(),
            message: error.message,
            hint: error.hint,
            fields: error.fields,
            detail: error.detail,
            retryable: error.retryable,
        }
    }
}
