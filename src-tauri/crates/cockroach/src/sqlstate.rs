//! What SQLSTATEs and driver failures mean. The only file that knows their codes and texts.
//!
//! Most planning errors of CockroachDB carry no code of their own and arrive as `XXUUU`, so the
//! text decides there. `detail` of a server error is dropped: syntax errors put the whole statement
//! into it, with any key that a storage URI holds.

use sqlx::error::DatabaseError;

use crate::error::{Error, ErrorKind};

pub(crate) fn classify(error: sqlx::Error) -> Error {
    match error {
        sqlx::Error::Database(db) => from_server(db.as_ref()),
        sqlx::Error::Io(io) => Error::new(
            ErrorKind::ConnectionLost,
            "The connection to the cluster was lost.",
        )
        .detail(io.to_string()),
        sqlx::Error::Tls(tls) => {
            Error::new(ErrorKind::Tls, "No encrypted connection could be agreed on.").detail(tls.to_string())
        }
        sqlx::Error::PoolTimedOut => {
            Error::new(ErrorKind::CannotConnect, "The cluster did not answer in time.")
        }
        sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Error::new(
            ErrorKind::ConnectionLost,
            "The connection to the cluster is closed.",
        ),
        sqlx::Error::RowNotFound => Error::new(ErrorKind::NotFound, "The cluster answered with no row."),
        other => Error::new(ErrorKind::Internal, "The cluster's answer could not be read.")
            .detail(other.to_string()),
    }
}

fn from_server(error: &dyn DatabaseError) -> Error {
    let hint = error
        .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
        .and_then(|error| error.hint())
        .map(str::to_owned);
    refusal(
        error.code().map(|code| code.into_owned()),
        error.message().to_owned(),
        hint,
    )
}

/// What the server answered instead of a result.
pub(crate) fn refusal(code: Option<String>, message: String, hint: Option<String>) -> Error {
    Error {
        kind: kind_of(code.as_deref().unwrap_or(""), &message),
        hint,
        detail: code.as_deref().map(|code| format!("SQLSTATE {code}: {message}")),
        message,
        sqlstate: code,
    }
}

fn kind_of(code: &str, message: &str) -> ErrorKind {
    match code {
        "28P01" | "28000" => ErrorKind::Auth,
        "42501" => ErrorKind::NoPrivilege,
        "42P01" | "3D000" | "3F000" | "58P01" => ErrorKind::NotFound,
        "42P07" | "23505" | "42P04" | "42710" => ErrorKind::AlreadyExists,
        "40001" => ErrorKind::Retry,
        "40003" => ErrorKind::OutcomeUnknown,
        "53100" => ErrorKind::Full,
        "53200" | "53300" | "57P03" => ErrorKind::Busy,
        "57P01" | "57P02" | "08003" | "08006" => ErrorKind::ConnectionLost,
        "57014" => ErrorKind::Cancelled,
        "0A000" => ErrorKind::Unsupported,
        "08004" => ErrorKind::CannotConnect,
        _ if message.contains("already exists") => ErrorKind::AlreadyExists,
        _ => ErrorKind::Server,
    }
}
