//! A statement and its showable twin.
//!
//! BACKUP and RESTORE hold storage keys and passphrases in their text. People are shown the statement
//! before it is sent, so both texts are written by the same calls: what is shown differs from what is
//! sent in the masked values and nowhere else.

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};

use crate::connect::{Cluster, SEARCHES_WITHIN};
use crate::error::{Error, Result};
use crate::quote::{ident, literal};
use crate::refusal;
use crate::secret::Secret;
use crate::storage_uri::StorageUri;

/// What stands for a secret in a shown statement.
pub(crate) const MASK: &str = "redacted";

/// See the module.
#[derive(Debug, Clone)]
pub struct Statement {
    sql: Secret,
    shown: String,
    secrets: Vec<Secret>,
}

impl Statement {
    /// With secrets masked.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Sends it by simple query on a pooled connection.
    pub(crate) async fn run(&self, cluster: &Cluster) -> Result<Vec<PgRow>> {
        let query = sqlx::raw_sql(AssertSqlSafe(self.sql.expose()));
        cluster
            .ask_within(SEARCHES_WITHIN, async |connection| {
                connection.fetch_all(query).await
            })
            .await
            .map_err(|error| self.scrub(error))
    }

    /// Sends it on a connection of its own.
    pub(crate) async fn run_on(&self, connection: &mut PgConnection) -> Result<Vec<PgRow>> {
        let query = sqlx::raw_sql(AssertSqlSafe(self.sql.expose()));
        connection
            .fetch_all(query)
            .await
            .map_err(|error| self.scrub(error.into()))
    }

    /// Servers and storage vendors repeat parts of a statement in their errors.
    fn scrub(&self, mut error: Error) -> Error {
        for secret in self
            .secrets
            .iter()
            .map(Secret::expose)
            .filter(|secret| !secret.is_empty())
        {
            error.message = error.message.replace(secret, MASK);
            error.hint = error.hint.map(|hint| hint.replace(secret, MASK));
            error.detail = error.detail.map(|detail| detail.replace(secret, MASK));
        }
        refusal::explain(error)
    }
}

#[derive(Default)]
pub(crate) struct Writer {
    sql: String,
    shown: String,
    secrets: Vec<Secret>,
}

impl Writer {
    pub fn push(&mut self, text: &str) -> &mut Self {
        self.sql.push_str(text);
        self.shown.push_str(text);
        self
    }

    pub fn ident(&mut self, name: &str) -> Result<&mut Self> {
        let quoted = ident(name)?;
        Ok(self.push(&quoted))
    }

    pub fn literal(&mut self, value: &str) -> Result<&mut Self> {
        let quoted = literal(value)?;
        Ok(self.push(&quoted))
    }

    pub fn secret(&mut self, secret: &Secret) -> Result<&mut Self> {
        self.secrets.push(secret.clone());
        self.masked(secret.expose(), MASK)
    }

    pub fn uri(&mut self, uri: &StorageUri) -> Result<&mut Self> {
        self.secrets.extend(uri.secrets());
        self.masked(uri.expose(), uri.redacted())
    }

    fn masked(&mut self, clear: &str, shown: &str) -> Result<&mut Self> {
        self.sql.push_str(&literal(clear)?);
        self.shown.push_str(&literal(shown)?);
        Ok(self)
    }

    pub fn finish(self) -> Statement {
        Statement {
            sql: Secret::new(self.sql),
            shown: self.shown,
            secrets: self.secrets,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::error::ErrorKind;

    fn statement() -> Statement {
        let uri = "s3://b/p?AWS_SECRET_ACCESS_KEY=s%2Fecret&AWS_REGION=eu";
        let mut writer = Writer::default();
        writer
            .push("BACKUP DATABASE ")
            .ident("a\"b")
            .unwrap()
            .push(" INTO ");
        writer.uri(&StorageUri::parse(uri, "me").unwrap()).unwrap();
        writer
            .push(" WITH encryption_passphrase = ")
            .secret(&Secret::new("it's hush"))
            .unwrap();
        writer.finish()
    }

    #[test]
    fn what_is_shown_is_what_is_sent_with_the_secrets_masked() {
        let statement = statement();
        assert_eq!(
            statement.shown(),
            "BACKUP DATABASE \"a\"\"b\" INTO 's3://b/p?AWS_SECRET_ACCESS_KEY=redacted&AWS_REGION=eu' \
             WITH encryption_passphrase = 'redacted'"
        );
        let sent = statement.sql.expose();
        assert_eq!(
            sent.replace("it''s hush", MASK).replace("s%2Fecret", MASK),
            statement.shown()
        );
        assert!(!format!("{statement:?}").contains("hush"));
    }

    #[test]
    fn an_error_that_repeats_a_secret_is_scrubbed() {
        let error =
            Error::new(ErrorKind::Server, "SignatureDoesNotMatch: s/ecret").hint("key s%2Fecret, it's hush");
        let scrubbed = statement().scrub(error);
        let told = format!("{scrubbed:?}");
        assert!(
            !told.contains("ecret,") && !told.contains("s/ecret") && !told.contains("hush"),
            "{told}"
        );
    }
}
