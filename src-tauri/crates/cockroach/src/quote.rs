//! The one place where values become SQL text.
//!
//! BACKUP, RESTORE and their relatives take names that cannot be bound as parameters, so they are
//! written into the statement. Every identifier and literal passes through here.

use std::fmt;

/// A value that no SQL text can hold: PostgreSQL's protocol ends strings at NUL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a name or text with a NUL character cannot be written into SQL")]
pub struct ContainsNul;

/// `name` as a quoted identifier: `"…"` with inner quotes doubled. Always quoted, so that keywords,
/// capitals and blanks mean themselves.
pub fn ident(name: &str) -> Result<String, ContainsNul> {
    delimited(name, '"')
}

/// `value` as a string literal: `'…'` with inner quotes doubled. A backslash is an ordinary
/// character in this form.
pub fn literal(value: &str) -> Result<String, ContainsNul> {
    delimited(value, '\'')
}

fn delimited(value: &str, quote: char) -> Result<String, ContainsNul> {
    if value.contains('\0') {
        return Err(ContainsNul);
    }
    let mut out = String::with_capacity(value.len() + 2);
    out.push(quote);
    for c in value.chars() {
        if c == quote {
            out.push(quote);
        }
        out.push(c);
    }
    out.push(quote);
    Ok(out)
}

/// A table or other object named by database, schema and name, each part quoted when displayed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QualifiedName {
    pub database: String,
    pub schema: String,
    pub name: String,
}

impl QualifiedName {
    pub fn sql(&self) -> Result<String, ContainsNul> {
        Ok(format!(
            "{}.{}.{}",
            ident(&self.database)?,
            ident(&self.schema)?,
            ident(&self.name)?
        ))
    }
}

impl fmt::Display for QualifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.database, self.schema, self.name)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    /// Reads a delimited text back as the server would.
    fn unquote(text: &str, quote: char) -> Option<String> {
        let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
        let mut out = String::new();
        let mut chars = inner.chars();
        while let Some(c) = chars.next() {
            if c == quote && chars.next() != Some(quote) {
                return None;
            }
            out.push(c);
        }
        Some(out)
    }

    proptest! {
        #[test]
        fn whatever_is_quoted_reads_back_as_itself(value in "[^\0]*") {
            prop_assert_eq!(unquote(&ident(&value).unwrap(), '"'), Some(value.clone()));
            prop_assert_eq!(unquote(&literal(&value).unwrap(), '\''), Some(value));
        }
    }

    #[test]
    fn nul_is_refused() {
        assert_eq!(ident("a\0b"), Err(ContainsNul));
        assert_eq!(literal("\0"), Err(ContainsNul));
    }
}
