//! Which server is on the other end, in its own words.

use crate::connect::Cluster;

use crate::error::Result;

/// What kind of database answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Product {
    CockroachDb,
    PostgreSql,
    /// Speaks the protocol and calls itself something else.
    Other,
}

/// The answer to `SELECT version()`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub text: String,
    pub product: Product,
    /// Major and minor, `(25, 4)`, when the text holds them.
    pub number: Option<(u16, u16)>,
}

impl Version {
    /// Reads `CockroachDB CCL v25.4.0 (x86_64-pc-linux-gnu, …)` and `PostgreSQL 15.8 on x86_64…`.
    pub fn parse(text: &str) -> Self {
        let product = if text.starts_with("CockroachDB") {
            Product::CockroachDb
        } else if text.starts_with("PostgreSQL") {
            Product::PostgreSql
        } else {
            Product::Other
        };
        let number = release_word(text).and_then(|word| {
            let mut parts = word.trim_start_matches('v').split(|c: char| !c.is_ascii_digit());
            Some((
                parts.next()?.parse().ok()?,
                parts.next().unwrap_or("0").parse().unwrap_or(0),
            ))
        });
        Self {
            text: text.to_owned(),
            product,
            number,
        }
    }

    /// `v25.4.0` of a CockroachDB text.
    pub fn release(&self) -> Option<String> {
        (self.product == Product::CockroachDb)
            .then(|| release_word(&self.text))
            .flatten()
            .map(str::to_owned)
    }

    /// Whether this is CockroachDB of at least that release.
    pub fn at_least(&self, major: u16, minor: u16) -> bool {
        self.product == Product::CockroachDb && self.number.is_some_and(|number| number >= (major, minor))
    }
}

/// The first word that starts like a number, with or without `v`.
fn release_word(text: &str) -> Option<&str> {
    text.split_whitespace().find(|word| {
        word.strip_prefix('v')
            .unwrap_or(word)
            .starts_with(|c: char| c.is_ascii_digit())
    })
}

/// Asks the server. One statement.
pub async fn read(cluster: &Cluster) -> Result<Version> {
    let query = sqlx::query_scalar("SELECT version()").persistent(false);
    let text: String = cluster
        .ask(async |connection| query.fetch_one(connection).await)
        .await?;
    Ok(Version::parse(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_read_from_what_servers_say() {
        let stable = Version::parse(
            "CockroachDB CCL v25.4.0 (x86_64-pc-linux-gnu, built 2025/11/01 10:00:00, go1.23.12)",
        );
        assert_eq!(
            (stable.product, stable.number),
            (Product::CockroachDb, Some((25, 4)))
        );
        assert_eq!(stable.release().as_deref(), Some("v25.4.0"));
        assert!(stable.at_least(25, 4) && stable.at_least(24, 9) && !stable.at_least(26, 1));

        let alpha = Version::parse("CockroachDB CCL v26.1.0-alpha.2 (aarch64-apple-darwin, built …)");
        assert_eq!(alpha.number, Some((26, 1)));

        let postgres = Version::parse("PostgreSQL 15.8 (Debian 15.8-0+deb12u1) on x86_64-pc-linux-gnu");
        assert_eq!(
            (postgres.product, postgres.number),
            (Product::PostgreSql, Some((15, 8)))
        );
        assert!(postgres.release().is_none() && !postgres.at_least(1, 0));

        assert_eq!(Version::parse("something else").product, Product::Other);
    }
}
