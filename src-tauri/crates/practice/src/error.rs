//! One shape for everything that goes wrong in the cluster, so that what a client reads on the wire
//! (SQLSTATE, message, hint, detail) is decided where the fault is known and nowhere else.

use std::borrow::Cow;

/// SQLSTATEs that the cluster sends. CockroachDB gives errors without a code of their own `XXUUU`.
pub mod sqlstate {
    /// An error that carries no code of its own.
    pub const UNCATEGORIZED: &str = "XXUUU";
    /// A fault of the practice cluster itself.
    pub const INTERNAL: &str = "XX000";
    pub const SYNTAX: &str = "42601";
    pub const FEATURE_NOT_SUPPORTED: &str = "0A000";
    pub const INSUFFICIENT_PRIVILEGE: &str = "42501";
    pub const UNDEFINED_TABLE: &str = "42P01";
    pub const UNDEFINED_COLUMN: &str = "42703";
    pub const UNDEFINED_OBJECT: &str = "42704";
    pub const UNDEFINED_FUNCTION: &str = "42883";
    pub const UNDEFINED_PARAMETER: &str = "42P02";
    pub const UNDEFINED_DATABASE: &str = "3D000";
    pub const UNDEFINED_SCHEMA: &str = "3F000";
    pub const INVALID_COLUMN_REFERENCE: &str = "42P10";
    pub const AMBIGUOUS_COLUMN: &str = "42702";
    pub const DUPLICATE_DATABASE: &str = "42P04";
    pub const DUPLICATE_SCHEMA: &str = "42P06";
    pub const DUPLICATE_RELATION: &str = "42P07";
    pub const DUPLICATE_COLUMN: &str = "42701";
    pub const DUPLICATE_OBJECT: &str = "42710";
    pub const WRONG_OBJECT_TYPE: &str = "42809";
    pub const DATATYPE_MISMATCH: &str = "42804";
    pub const INVALID_NAME: &str = "42602";
    pub const INVALID_TEXT: &str = "22P02";
    pub const INVALID_PARAMETER: &str = "22023";
    pub const DIVISION_BY_ZERO: &str = "22012";
    pub const NUMERIC_OUT_OF_RANGE: &str = "22003";
    pub const STRING_TRUNCATION: &str = "22001";
    pub const BAD_COPY: &str = "22P04";
    pub const UNIQUE_VIOLATION: &str = "23505";
    pub const NOT_NULL_VIOLATION: &str = "23502";
    pub const FOREIGN_KEY_VIOLATION: &str = "23503";
    pub const CHECK_VIOLATION: &str = "23514";
    pub const DEPENDENT_OBJECTS: &str = "2BP01";
    pub const ABORTED_TRANSACTION: &str = "25P02";
    pub const NO_ACTIVE_TRANSACTION: &str = "25P01";
    pub const READ_ONLY_TRANSACTION: &str = "25006";
    pub const INVALID_SAVEPOINT: &str = "3B001";
    pub const SERIALIZATION_FAILURE: &str = "40001";
    pub const QUERY_CANCELED: &str = "57014";
    pub const ADMIN_SHUTDOWN: &str = "57P01";
    pub const CANNOT_CONNECT_NOW: &str = "57P03";
    pub const PROTOCOL_VIOLATION: &str = "08P01";
    pub const CONNECTION_REJECTED: &str = "08004";
    pub const INVALID_PASSWORD: &str = "28P01";
    pub const INVALID_AUTHORIZATION: &str = "28000";
    pub const TOO_MANY_CONNECTIONS: &str = "53300";
    pub const DISK_FULL: &str = "53100";
    pub const INVALID_STATEMENT_NAME: &str = "26000";
    pub const INVALID_CURSOR_NAME: &str = "34000";
    pub const OBJECT_NOT_IN_PREREQUISITE_STATE: &str = "55000";
    pub const IO_ERROR: &str = "58030";
    pub const UNDEFINED_FILE: &str = "58P01";
    /// Only CockroachDB has this one: somebody else writes a backup there.
    pub const FILE_ALREADY_EXISTS: &str = "42C01";
}

/// An error as the wire protocol carries it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct SqlError {
    /// Five characters, see [`sqlstate`].
    pub sqlstate: Cow<'static, str>,
    /// Without the severity prefix.
    pub message: String,
    /// What to do about it, when CockroachDB says so.
    pub hint: Option<String>,
    pub detail: Option<String>,
    /// The connection ends after this error.
    pub fatal: bool,
}

/// What every statement of the engine returns.
pub type SqlResult<T> = Result<T, SqlError>;

impl SqlError {
    /// An error with its code.
    pub fn new(sqlstate: &'static str, message: impl Into<String>) -> Self {
        Self {
            sqlstate: Cow::Borrowed(sqlstate),
            message: message.into(),
            hint: None,
            detail: None,
            fatal: false,
        }
    }

    /// An error to which CockroachDB attaches no code (`XXUUU` on the wire).
    pub fn plain(message: impl Into<String>) -> Self {
        Self::new(sqlstate::UNCATEGORIZED, message)
    }

    /// The statement was not understood: `at or near "…": syntax error`.
    pub fn syntax(near: &str) -> Self {
        Self::new(sqlstate::SYNTAX, format!("at or near \"{near}\": syntax error"))
    }

    /// Something a real cluster can do and the practice cluster cannot.
    pub fn not_on_practice(what: impl std::fmt::Display) -> Self {
        Self::new(sqlstate::FEATURE_NOT_SUPPORTED, format!("unimplemented: {what}"))
            .with_hint("This is a practice cluster; it knows the part of CockroachDB that Roachvault needs.")
    }

    /// 42501 with the given text.
    pub fn privilege(message: impl Into<String>) -> Self {
        Self::new(sqlstate::INSUFFICIENT_PRIVILEGE, message)
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The same error, after which the server hangs up.
    #[must_use]
    pub fn into_fatal(mut self) -> Self {
        self.fatal = true;
        self
    }

    /// The same error with text put before its message; code, hint and detail stay.
    #[must_use]
    pub fn wrap(mut self, prefix: &str) -> Self {
        self.message = format!("{prefix}: {}", self.message);
        self
    }

    /// Whether the error carries this code.
    pub fn is(&self, sqlstate: &str) -> bool {
        self.sqlstate == sqlstate
    }
}

/// Marks an [`SqlError`] that a SQLite function raised, so that its code survives the way through SQLite.
const CARRIED: &str = "practice-error:";

impl SqlError {
    /// Packs the error for a SQLite function to raise.
    pub(crate) fn into_sqlite(self) -> rusqlite::Error {
        rusqlite::Error::UserFunctionError(format!("{CARRIED}{}:{}", self.sqlstate, self.message).into())
    }
}

impl From<rusqlite::Error> for SqlError {
    fn from(error: rusqlite::Error) -> Self {
        let text = match &error {
            rusqlite::Error::SqliteFailure(_, Some(text)) => text.clone(),
            other => other.to_string(),
        };
        if let Some(rest) = text.strip_prefix(CARRIED)
            && let Some((code, message)) = rest.split_once(':')
        {
            return Self {
                sqlstate: Cow::Owned(code.to_owned()),
                message: message.to_owned(),
                hint: None,
                detail: None,
                fatal: false,
            };
        }
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::new(sqlstate::DISK_FULL, "no space left on device")
                .with_hint("Free space on the computer that runs the practice cluster."),
            Some(rusqlite::ErrorCode::OperationInterrupted) => {
                Self::new(sqlstate::QUERY_CANCELED, "query execution canceled")
            }
            Some(rusqlite::ErrorCode::DatabaseBusy) => retry("RETRY_WRITE_TOO_OLD - WriteTooOldError"),
            _ => Self::new(sqlstate::INTERNAL, format!("practice cluster storage: {text}")),
        }
    }
}

/// The 40001 that asks a client to run its transaction again.
pub fn retry(reason: &str) -> SqlError {
    SqlError::new(
        sqlstate::SERIALIZATION_FAILURE,
        format!("restart transaction: TransactionRetryWithProtoRefreshError: TransactionRetryError: retry txn ({reason})"),
    )
    .with_hint("See: https://www.cockroachlabs.com/docs/stable/transaction-retry-error-reference.html")
}
