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
            fields: error
                .fields
                .into_iter()
                .map(|(field, sentence)| (as_on_the_wire(&field), sentence))
                .collect(),
            detail: error.detail,
            retryable: error.retryable,
        }
    }
}

/// The core names fields as Rust does, the screen as its forms do: `client_key` is `clientKey`.
fn as_on_the_wire(field: &str) -> String {
    let mut words = field.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        let capital = letters.next().map(|letter| letter.to_ascii_uppercase());
        name.chars().chain(capital).chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_named_as_the_form_of_the_screen_names_it() {
        let error = roachvault_core::Error::new(Code::SecretNeeded, "It asks for its client key.")
            .field("client_key", "Needed to connect.")
            .field("ca_pem", "This is no certificate.");
        let fields = IpcError::from(error).fields;
        assert_eq!(fields.keys().collect::<Vec<_>>(), ["caPem", "clientKey"]);
    }
}
