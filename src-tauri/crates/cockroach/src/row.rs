//! Reading answers by column name.
//!
//! The columns of SHOW statements come, go and change type from release to release (times lost and
//! gained their zone, `rows` became text in places). So everything asked with SHOW is asked by simple
//! query, whose values are texts, and each column is read by name and as what it looks like. A column
//! that is not there counts as absent.

use chrono::{DateTime, NaiveDateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use crate::connect::{Cluster, SEARCHES_WITHIN};
use crate::error::Result;

/// Sends one statement by simple query. `sql` was put together by the quoting module.
pub(crate) async fn simple_query(cluster: &Cluster, sql: &str) -> Result<Vec<PgRow>> {
    let query = sqlx::raw_sql(AssertSqlSafe(sql));
    cluster
        .ask_within(SEARCHES_WITHIN, async |connection| {
            connection.fetch_all(query).await
        })
        .await
}

/// As text; `None` when it is NULL or not there.
pub(crate) fn text(row: &PgRow, column: &str) -> Option<String> {
    let value = row.try_get_raw(column).ok()?;
    value.as_str().ok().map(str::to_owned)
}

pub(crate) fn integer(row: &PgRow, column: &str) -> Option<i64> {
    text(row, column)?.parse().ok()
}

/// A count or a size. A negative number, which stands for “unknown” in places, is absent.
pub(crate) fn count(row: &PgRow, column: &str) -> Option<u64> {
    text(row, column)?.parse().ok()
}

pub(crate) fn number(row: &PgRow, column: &str) -> Option<f64> {
    text(row, column)?.parse().ok()
}

pub(crate) fn flag(row: &PgRow, column: &str) -> Option<bool> {
    match text(row, column)?.as_str() {
        "t" | "true" => Some(true),
        "f" | "false" => Some(false),
        _ => None,
    }
}

/// With or without a zone; without one it is UTC.
pub(crate) fn time(row: &PgRow, column: &str) -> Option<DateTime<Utc>> {
    parse_time(&text(row, column)?)
}

/// The elements of `{a,"b c"}`, or of a list with commas as old releases write role options.
pub(crate) fn list(row: &PgRow, column: &str) -> Vec<String> {
    text(row, column)
        .map(|text| parse_list(&text))
        .unwrap_or_default()
}

pub(crate) fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    let text = text.replacen('T', " ", 1).replace('Z', "+00");
    DateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f%#z")
        .map(|time| time.to_utc())
        .or_else(|_| NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f").map(|time| time.and_utc()))
        .ok()
}

pub(crate) fn parse_list(text: &str) -> Vec<String> {
    let inner = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap_or(text);
    let (mut elements, mut element, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            '\\' if quoted => element.extend(chars.next()),
            ',' if !quoted => elements.push(std::mem::take(&mut element)),
            c => element.push(c),
        }
    }
    elements.push(element);
    elements
        .iter()
        .map(|element| element.trim().to_owned())
        .filter(|element| !element.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_and_without_a_zone() {
        let expected = DateTime::from_timestamp(1_684_855_653, 251_745_000);
        for text in [
            "2023-05-23 15:27:33.251745",
            "2023-05-23 15:27:33.251745+00",
            "2023-05-23 15:27:33.251745+00:00",
            "2023-05-23T15:27:33.251745Z",
            "2023-05-23 17:27:33.251745+02",
        ] {
            assert_eq!(parse_time(text), expected, "{text}");
        }
        assert_eq!(parse_time("soon"), None);
    }

    #[test]
    fn lists_are_read_as_arrays_and_as_words_with_commas() {
        assert_eq!(parse_list("{us-east1,\"a, b\"}"), ["us-east1", "a, b"]);
        assert_eq!(parse_list("CREATEDB, CONTROLJOB"), ["CREATEDB", "CONTROLJOB"]);
        assert!(parse_list("{}").is_empty() && parse_list("").is_empty());
    }
}
