//! Cuts statement text into tokens, because CockroachDB's backup statements are not in any SQL
//! parser we could borrow, and because its errors name the token they stopped at.
//!
//! Every token keeps its place in the text: sub-queries are handed on as they were written, and
//! an error's detail draws a caret under the place.

use super::SyntaxError;

/// What a token is. Words are already folded to lower case, strings and names already decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A bare word: a keyword or a name, lower case.
    Word(String),
    /// A name in double quotes.
    Quoted(String),
    /// A string literal.
    Text(String),
    /// A number without sign, as written.
    Number(String),
    /// `$n`, counted from 1.
    Placeholder(u16),
    /// Anything else: one character, or `::`.
    Symbol(&'static str),
    /// The end of the text.
    End,
}

/// One token and the bytes it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

const SYMBOLS: &[&str] = &[
    "(", ")", ",", ".", ";", "=", "[", "]", "*", "-", "+", "/", "%", "<", ">", "!", "|", "&", "^", "~", "?",
    "@", "{", "}", "#", ":", "`", "\\",
];

/// The tokens of `sql`, ending with [`Kind::End`].
pub(super) fn tokens(sql: &str) -> Result<Vec<Token>, SyntaxError> {
    let bytes = sql.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let byte = bytes[at];
        if byte.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        if sql[at..].starts_with("--") {
            at = sql[at..].find('\n').map_or(bytes.len(), |offset| at + offset + 1);
            continue;
        }
        if sql[at..].starts_with("/*") {
            at = sql[at..].find("*/").map_or(bytes.len(), |offset| at + offset + 2);
            continue;
        }
        let kind = if byte == b'\'' {
            let (text, end) = quoted(sql, at, '\'', false)?;
            at = end;
            Kind::Text(text)
        } else if (byte == b'e' || byte == b'E') && bytes.get(at + 1) == Some(&b'\'') {
            let (text, end) = quoted(sql, at + 1, '\'', true)?;
            at = end;
            Kind::Text(text)
        } else if byte == b'"' {
            let (text, end) = quoted(sql, at, '"', false)?;
            at = end;
            Kind::Quoted(text)
        } else if byte == b'$' && bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
            at += 1 + digits(&bytes[at + 1..]);
            match sql[start + 1..at].parse::<u16>() {
                Ok(number) if number > 0 => Kind::Placeholder(number),
                _ => return Err(SyntaxError::near(sql, start, &sql[start..at], None)),
            }
        } else if byte == b'$' {
            let (text, end) = dollar_quoted(sql, at)?;
            at = end;
            Kind::Text(text)
        } else if byte.is_ascii_digit() {
            at += digits(&bytes[at..]);
            if bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
                at += 1 + digits(&bytes[at + 1..]);
            }
            Kind::Number(sql[start..at].to_owned())
        } else if byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 {
            while at < bytes.len()
                && (bytes[at].is_ascii_alphanumeric()
                    || bytes[at] == b'_'
                    || bytes[at] == b'$'
                    || bytes[at] >= 0x80)
            {
                at += 1;
            }
            Kind::Word(sql[start..at].to_lowercase())
        } else if sql[at..].starts_with("::") {
            at += 2;
            Kind::Symbol("::")
        } else if let Some(symbol) = SYMBOLS.iter().find(|symbol| sql[at..].starts_with(*symbol)) {
            at += symbol.len();
            Kind::Symbol(symbol)
        } else {
            return Err(SyntaxError::near(sql, start, &sql[start..=start], None));
        };
        found.push(Token { kind, start, end: at });
    }
    found.push(Token {
        kind: Kind::End,
        start: sql.len(),
        end: sql.len(),
    });
    Ok(found)
}

fn digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Reads from the opening quote at `start`; answers the decoded text and the place after the closing one.
fn quoted(sql: &str, start: usize, quote: char, escapes: bool) -> Result<(String, usize), SyntaxError> {
    let mut text = String::new();
    let mut chars = sql[start + 1..].char_indices().peekable();
    while let Some((offset, c)) = chars.next() {
        if c == quote {
            if chars.peek().is_some_and(|(_, next)| *next == quote) {
                chars.next();
                text.push(quote);
                continue;
            }
            return Ok((text, start + 1 + offset + c.len_utf8()));
        }
        if escapes && c == '\\' {
            match chars.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 't')) => text.push('\t'),
                Some((_, 'r')) => text.push('\r'),
                Some((_, other)) => text.push(other),
                None => break,
            }
            continue;
        }
        text.push(c);
    }
    let what = if quote == '"' { "identifier" } else { "string" };
    Err(SyntaxError::lexical(sql, start, &format!("unterminated {what}")))
}

/// `$tag$ … $tag$`, as function bodies are written.
fn dollar_quoted(sql: &str, start: usize) -> Result<(String, usize), SyntaxError> {
    let Some(tag_length) = sql[start + 1..].find('$') else {
        return Err(SyntaxError::lexical(sql, start, "unterminated string"));
    };
    let tag = &sql[start..start + tag_length + 2];
    let body = start + tag.len();
    match sql[body..].find(tag) {
        Some(length) => Ok((sql[body..body + length].to_owned(), body + length + tag.len())),
        None => Err(SyntaxError::lexical(sql, start, "unterminated string")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn kinds(sql: &str) -> Vec<Kind> {
        tokens(sql).unwrap().into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn words_fold_and_quoted_names_do_not() {
        assert_eq!(
            kinds(r#"Backup "My.Table" é"#),
            [
                Kind::Word("backup".into()),
                Kind::Quoted("My.Table".into()),
                Kind::Word("é".into()),
                Kind::End
            ]
        );
    }

    #[test]
    fn doubled_quotes_and_escapes_are_decoded() {
        assert_eq!(
            kinds(r"'it''s' E'a\nb' $$raw 'text'$$"),
            [
                Kind::Text("it's".into()),
                Kind::Text("a\nb".into()),
                Kind::Text("raw 'text'".into()),
                Kind::End
            ]
        );
    }

    #[test]
    fn comments_are_skipped() {
        assert_eq!(
            kinds("a -- b\n/* c */ $12"),
            [Kind::Word("a".into()), Kind::Placeholder(12), Kind::End]
        );
    }

    #[test]
    fn an_unterminated_string_is_refused() {
        let error = tokens("BACKUP INTO 'x").unwrap_err();
        assert_eq!(error.message, "lexical error: unterminated string");
    }
}
