//! Names of userfiles.
//!
//! A stored name is a text that begins with `/`; there are no directories. The server refuses names
//! that its path cleaning would change, so the same rule is applied here before anything is sent.

use std::fmt;

use uuid::Uuid;

use crate::error::{Error, ErrorKind, Result};

/// A name as stored, with its leading slash, that the server accepts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoredName(String);

impl StoredName {
    /// `a/b.csv` and `/a/b.csv` are the same file. Refuses names that are not their own cleaned form
    /// (`..`, `.`, `//`, a slash at the end, nothing at all) and names with NUL.
    pub fn new(path: &str) -> Result<Self> {
        if path.contains('\0') {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "A file's name cannot hold a NUL character.",
            ));
        }
        let name = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/{path}")
        };
        let cleaned = clean(&name);
        if cleaned != name || name == "/" {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!(
                    "path {name} changes after normalization to {cleaned}. userfile upload does not permit such path constructs"
                ),
            ));
        }
        Ok(Self(name))
    }

    /// A name that the server already holds. It may be one that could not be uploaded today.
    pub fn stored(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without the leading slash, as people read it.
    pub fn shown(&self) -> &str {
        self.0.strip_prefix('/').unwrap_or(&self.0)
    }
}

impl fmt::Display for StoredName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shown())
    }
}

/// The name a file has until it is complete. The suffix tells other tools that it is unfinished.
pub fn temporary_name(name: &StoredName, file_id: Uuid) -> String {
    format!("{}.{}.tmp", name.as_str(), file_id.simple())
}

/// Lexical cleaning as the server does it: no empty elements, no `.`, and `..` takes back the element
/// before it. A rooted path stays rooted; nothing becomes `.`.
pub(crate) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut kept: Vec<&str> = Vec::new();
    for element in path.split('/') {
        match element {
            "" | "." => {}
            ".." => match kept.last() {
                Some(&last) if last != ".." => {
                    kept.pop();
                }
                _ if rooted => {}
                _ => kept.push(".."),
            },
            element => kept.push(element),
        }
    }
    match (rooted, kept.is_empty()) {
        (true, _) => format!("/{}", kept.join("/")),
        (false, true) => ".".into(),
        (false, false) => kept.join("/"),
    }
}

/// Percent-encodes all but unreserved characters and `/`. The server decodes a storage URI once, so
/// names with `%`, `#` and `?` arrive as they are, and ordinary names do not change.
pub(crate) fn percent_encode(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(byte as char)
            }
            _ => {
                const HEX: &[u8; 16] = b"0123456789ABCDEF";
                out.push('%');
                out.push(HEX[usize::from(byte >> 4)] as char);
                out.push(HEX[usize::from(byte & 15)] as char);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cleaning_follows_the_server() {
        for (path, cleaned) in [
            ("/test/../../file1.csv", "/file1.csv"),
            ("/foo/../bar/x", "/bar/x"),
            ("/a//b", "/a/b"),
            ("/a/", "/a"),
            ("/./a", "/a"),
            ("a/../..", ".."),
            ("", "."),
            ("/", "/"),
        ] {
            assert_eq!(clean(path), cleaned, "{path}");
        }
    }

    #[test]
    fn names_that_cleaning_changes_are_refused_and_others_kept() {
        for bad in ["", "/", "a/", "a//b", "../a", "/a/./b", "a\0"] {
            assert!(StoredName::new(bad).is_err(), "{bad:?}");
        }
        for good in ["a b+c'd;e:[f]\\g", "100%.csv", "a#b?c", "test/À.csv"] {
            assert_eq!(StoredName::new(good).unwrap().shown(), good);
        }
    }

    fn percent_decode(text: &str) -> Vec<u8> {
        let (bytes, mut out, mut i) = (text.as_bytes(), Vec::new(), 0);
        while i < bytes.len() {
            if bytes[i] == b'%' {
                out.push(u8::from_str_radix(&text[i + 1..i + 3], 16).unwrap());
                i += 3;
            } else {
                out.push(bytes[i]);
                i += 1;
            }
        }
        out
    }

    proptest! {
        #[test]
        fn encoded_names_decode_to_themselves_and_hold_nothing_a_uri_would_read(name in "\\PC*") {
            let encoded = percent_encode(&name);
            prop_assert!(!encoded.contains(['?', '#', ' ', '\'', '"', '\\']));
            prop_assert_eq!(percent_decode(&encoded), name.into_bytes());
        }

        #[test]
        fn an_accepted_name_is_its_own_cleaned_form(name in "[./a-c]{0,12}") {
            if let Ok(name) = StoredName::new(&name) {
                prop_assert_eq!(clean(name.as_str()), name.as_str());
                prop_assert!(!name.as_str().split('/').any(|part| part == ".."));
            }
        }
    }
}
