//! `userfile://<db>.<schema>.<prefix>/<path>`: which store and which file a URI means.

use crate::catalog::quote_ident_if_needed;
use crate::error::{SqlError, SqlResult};

/// A read URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserfileUri {
    /// The qualified prefix of the pair of tables, as SQL text.
    pub prefix: String,
    /// The path with its leading slash, percent-decoded; empty when there is none.
    pub path: String,
}

/// The prefix the server uses when the URI names none: never the hex form that clients use for odd names.
pub fn default_prefix(user: &str) -> String {
    format!(
        "defaultdb.public.{}",
        quote_ident_if_needed(&format!("userfiles_{user}"))
    )
}

fn percent_decode(text: &str) -> SqlResult<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte != b'%' {
            out.push(byte);
            at += 1;
            continue;
        }
        let digits = bytes
            .get(at + 1..at + 3)
            .and_then(|d| std::str::from_utf8(d).ok())
            .filter(|d| d.chars().all(|c| c.is_ascii_hexdigit()));
        match digits.and_then(|d| u8::from_str_radix(d, 16).ok()) {
            Some(value) => out.push(value),
            None => {
                let end = (at + 3).min(bytes.len());
                let escape = String::from_utf8_lossy(&bytes[at..end]).into_owned();
                return Err(SqlError::plain(format!(
                    "parse \"{text}\": invalid URL escape \"{escape}\""
                )));
            }
        }
        at += 3;
    }
    String::from_utf8(out).map_err(|_| SqlError::plain(format!("parse \"{text}\": the path is not UTF-8")))
}

impl UserfileUri {
    /// Reads a URI as the server does: the fragment is dropped, query parameters are refused, the path is decoded once.
    pub fn parse(uri: &str, user: &str) -> SqlResult<Self> {
        let without_fragment = uri.split('#').next().unwrap_or_default();
        let (body, query) = without_fragment.split_once('?').unwrap_or((without_fragment, ""));
        let rest = body.split_once("://").map_or(body, |(_, rest)| rest);
        let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let unknown: Vec<&str> = query
            .split('&')
            .map(|p| p.split('=').next().unwrap_or_default())
            .filter(|n| !n.is_empty() && *n != "COCKROACH_LOCALITY")
            .collect();
        if !unknown.is_empty() {
            return Err(SqlError::plain(format!(
                "unknown userfile query parameters: {}",
                unknown.join(", ")
            )));
        }
        let prefix = if host.is_empty() {
            default_prefix(user)
        } else {
            percent_decode(host)?
        };
        Ok(Self {
            prefix,
            path: percent_decode(path)?,
        })
    }

    /// Refuses a path that is not in its shortest form. Both sides are shown without a trailing `.tmp`.
    pub fn check_path(path: &str) -> SqlResult<()> {
        let clean = clean_path(path);
        if clean == path {
            return Ok(());
        }
        let shown = |text: &str| text.strip_suffix(".tmp").unwrap_or(text).to_owned();
        Err(SqlError::plain(format!(
            "path {} changes after normalization to {}. userfile upload does not permit such path constructs",
            shown(path),
            shown(&clean)
        )))
    }

    /// The stored name of a file below a directory; refuses a name that is not in its shortest form.
    pub fn join(directory: &str, name: &str) -> SqlResult<String> {
        if name.is_empty() {
            return Ok(directory.to_owned());
        }
        let cleaned = clean_path(name);
        if cleaned != name {
            return Err(SqlError::plain(format!(
                "basename {name} changes to {cleaned} on normalization. userfile does not permit such constructs."
            )));
        }
        Ok(clean_path(&format!("{directory}/{name}")))
    }
}

/// The shortest equivalent path by purely lexical rules; `.` for nothing.
pub fn clean_path(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".into(),
        (false, false) => parts.join("/"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn uris_are_read_as_the_server_reads_them() {
        let path = |uri: &str| UserfileUri::parse(uri, "root").map(|u| u.path);
        assert_eq!(path("userfile://a.b.c/a%20b.csv.tmp").unwrap(), "/a b.csv.tmp");
        assert_eq!(path("userfile://a.b.c/100%25.csv.tmp").unwrap(), "/100%.csv.tmp");
        assert_eq!(path("userfile://a.b.c/a#b.csv.tmp").unwrap(), "/a");
        assert!(
            path("userfile://a.b.c/100%.csv.tmp")
                .unwrap_err()
                .message
                .contains("invalid URL escape \"%.c\"")
        );
        assert_eq!(
            path("userfile://a.b.c/a?b.csv.tmp").unwrap_err().message,
            "unknown userfile query parameters: b.csv.tmp"
        );
        assert_eq!(
            UserfileUri::parse("userfile:///x", "foo.foo").unwrap().prefix,
            "defaultdb.public.\"userfiles_foo.foo\""
        );
        assert_eq!(
            UserfileUri::check_path("/a//b.tmp").unwrap_err().message,
            "path /a//b changes after normalization to /a/b. userfile upload does not permit such path constructs"
        );
        assert!(UserfileUri::check_path("/a/b.tmp").is_ok());
    }
}
