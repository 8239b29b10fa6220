//! What SQLSTATEs and driver failures mean. The only file that knows their codes and texts.
//!
//! Most planning errors of CockroachDB carry no code of their own and arrive as `XXUUU`, so the
//! text decides there. `detail` of a server error is dropped: syntax errors put the whole statement
//! into it, with any key that a storage URI holds.

use sqlx::error::DatabaseError;

use crate::error::{Error, ErrorKind};

/// A rule of a table that a row does not keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrokenRule {
    /// By the name of the constraint: what the row refers to is not there.
    ForeignKey(String),
    /// By the name of the constraint: another row has these values.
    Unique(String),
    /// The column that must have a value.
    NotNull(String),
    /// The condition.
    Check(String),
}

impl BrokenRule {
    /// Why rows were refused, if it was for a rule of their table.
    pub fn of(error: &Error) -> Option<Self> {
        let message = &error.message;
        let quoted_after = |words: &str| {
            let (_, rest) = message.split_once(words)?;
            let (name, _) = rest.strip_prefix('"')?.split_once('"')?;
            Some(name.to_owned())
        };
        match error.sqlstate.as_deref()? {
            "23503" => quoted_after("foreign key constraint ").map(Self::ForeignKey),
            "23505" => quoted_after("unique constraint ").map(Self::Unique),
            "23502" => quoted_after("null value in column ").map(Self::NotNull),
            "23514" => {
                let (_, condition) = message.split_once("CHECK constraint ")?;
                Some(Self::Check(condition.to_owned()))
            }
            _ => None,
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(sqlstate: &str, message: &str) -> Option<BrokenRule> {
        BrokenRule::of(&Error {
            sqlstate: Some(sqlstate.to_owned()),
            ..Error::new(ErrorKind::Server, message)
        })
    }

    #[test]
    fn the_rule_that_a_row_does_not_keep_is_named() {
        assert_eq!(
            broken(
                "23503",
                "insert on table \"accounts\" violates foreign key constraint \"accounts_customer_id_fkey\""
            ),
            Some(BrokenRule::ForeignKey("accounts_customer_id_fkey".into()))
        );
        assert_eq!(
            broken(
                "23505",
                "duplicate key value violates unique constraint \"customers_email_key\""
            ),
            Some(BrokenRule::Unique("customers_email_key".into()))
        );
        assert_eq!(
            broken(
                "23502",
                "null value in column \"name\" violates not-null constraint"
            ),
            Some(BrokenRule::NotNull("name".into()))
        );
        assert_eq!(
            broken(
                "23514",
                "failed to satisfy CHECK constraint (balance >= 0:::DECIMAL)"
            ),
            Some(BrokenRule::Check("(balance >= 0:::DECIMAL)".into()))
        );
        assert_eq!(broken("42501", "user a does not have INSERT privilege"), None);
    }
}
