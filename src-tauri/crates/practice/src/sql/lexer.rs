//! The words of a statement: identifiers, literals, symbols, with their places in the text. Everything that is not plain
//! SELECT or DML is recognised from these tokens; the spans let expressions be cut out of the source as written.

use std::ops::Range;

use crate::error::{SqlError, SqlResult, sqlstate};

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Unquoted: folded to lower case.
    Word(String),
    /// In double quotes, as written.
    Quoted(String),
    /// A string literal's value.
    Text(String),
    /// `b'…'` or `x'…'`.
    Bytes(Vec<u8>),
    Number(String),
    /// `$1`.
    Placeholder(usize),
    Symbol(String),
}

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    /// Bytes of the source.
    pub span: Range<usize>,
}

const SYMBOLS: [&str; 19] = [
    "!~*", "->>", "#>>", ":::", "||", "::", "<=", ">=", "<>", "!=", "->", "#>", "@>", "<@", "~*", "!~", "//",
    "&&", "?|",
];

/// Splits a text into tokens; comments and white space are dropped.
pub fn tokenize(source: &str) -> SqlResult<Vec<Token>> {
    let bytes = source.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        let kind =
            match byte {
                b if b.is_ascii_whitespace() => {
                    at += 1;
                    continue;
                }
                b'-' if bytes.get(at + 1) == Some(&b'-') => {
                    at = source[at..].find('\n').map_or(bytes.len(), |n| at + n);
                    continue;
                }
                b'/' if bytes.get(at + 1) == Some(&b'*') => {
                    at = source[at + 2..]
                        .find("*/")
                        .map(|n| at + n + 4)
                        .ok_or_else(|| unterminated("comment"))?;
                    continue;
                }
                b'\'' => Kind::Text(quoted(source, &mut at, '\'')?),
                b'"' => Kind::Quoted(quoted(source, &mut at, '"')?),
                b'e' | b'E' if bytes.get(at + 1) == Some(&b'\'') => {
                    at += 1;
                    Kind::Text(escaped(source, &mut at)?)
                }
                b'b' | b'B' if bytes.get(at + 1) == Some(&b'\'') => {
                    at += 1;
                    Kind::Bytes(escaped_bytes(source, &mut at)?)
                }
                b'x' | b'X' if bytes.get(at + 1) == Some(&b'\'') => {
                    at += 1;
                    let digits = quoted(source, &mut at, '\'')?;
                    Kind::Bytes(crate::datum::unhex(&digits).ok_or_else(|| {
                        SqlError::new(sqlstate::SYNTAX, "invalid hexadecimal bytes literal")
                    })?)
                }
                b'$' if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => {
                    at += 1;
                    let number = digits(source, &mut at);
                    Kind::Placeholder(number.parse().unwrap_or(0))
                }
                b'$' => match dollar_quoted(source, &mut at) {
                    Some(text) => Kind::Text(text),
                    None => return Err(SqlError::syntax("$")),
                },
                b'0'..=b'9' => Kind::Number(number(source, &mut at)),
                b'.' if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => {
                    Kind::Number(number(source, &mut at))
                }
                b if b.is_ascii_alphabetic() || b == b'_' || b >= 0x80 => {
                    let end = source[at..]
                        .find(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric() && c != '_' && c != '$')
                        .map_or(bytes.len(), |n| at + n);
                    at = end;
                    Kind::Word(source[start..end].to_lowercase())
                }
                _ => {
                    let symbol = SYMBOLS
                        .iter()
                        .filter(|s| source[at..].starts_with(**s))
                        .max_by_key(|s| s.len());
                    let length = symbol.map_or_else(
                        || source[at..].chars().next().map_or(1, char::len_utf8),
                        |s| s.len(),
                    );
                    at += length;
                    Kind::Symbol(source[start..at].to_owned())
                }
            };
        tokens.push(Token {
            kind,
            span: start..at,
        });
    }
    Ok(tokens)
}

fn unterminated(what: &str) -> SqlError {
    SqlError::new(sqlstate::SYNTAX, format!("lexical error: unterminated {what}"))
}

fn digits<'a>(source: &'a str, at: &mut usize) -> &'a str {
    let start = *at;
    *at += source[start..].bytes().take_while(u8::is_ascii_digit).count();
    &source[start..*at]
}

fn number(source: &str, at: &mut usize) -> String {
    let start = *at;
    let bytes = source.as_bytes();
    if source[start..].starts_with("0x") {
        *at += 2 + source[start + 2..]
            .bytes()
            .take_while(u8::is_ascii_hexdigit)
            .count();
        return source[start..*at].to_owned();
    }
    digits(source, at);
    if bytes.get(*at) == Some(&b'.') {
        *at += 1;
        digits(source, at);
    }
    if matches!(bytes.get(*at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(*at + 1), Some(b'+' | b'-')));
        if bytes.get(*at + 1 + sign).is_some_and(u8::is_ascii_digit) {
            *at += 1 + sign;
            digits(source, at);
        }
    }
    source[start..*at].to_owned()
}

fn quoted(source: &str, at: &mut usize, quote: char) -> SqlResult<String> {
    let mut text = String::new();
    let mut chars = source[*at + 1..].char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        if c != quote {
            text.push(c);
        } else if chars.peek().is_some_and(|(_, next)| *next == quote) {
            text.push(quote);
            chars.next();
        } else {
            *at += i + 2;
            return Ok(text);
        }
    }
    Err(unterminated(if quote == '"' { "identifier" } else { "string" }))
}

fn escaped(source: &str, at: &mut usize) -> SqlResult<String> {
    String::from_utf8(escaped_bytes(source, at)?)
        .map_err(|_| SqlError::new(sqlstate::SYNTAX, "lexical error: invalid UTF-8 byte sequence"))
}

fn escaped_bytes(source: &str, at: &mut usize) -> SqlResult<Vec<u8>> {
    let bytes = source.as_bytes();
    let mut out = Vec::new();
    let mut i = *at + 1;
    while let Some(&byte) = bytes.get(i) {
        i += 1;
        match byte {
            b'\'' if bytes.get(i) == Some(&b'\'') => {
                out.push(b'\'');
                i += 1;
            }
            b'\'' => {
                *at = i;
                return Ok(out);
            }
            b'\\' => {
                let escape = bytes.get(i).copied().ok_or_else(|| unterminated("string"))?;
                i += 1;
                match escape {
                    b'n' => out.push(b'\n'),
                    b't' => out.push(b'\t'),
                    b'r' => out.push(b'\r'),
                    b'a' => out.push(7),
                    b'b' => out.push(8),
                    b'f' => out.push(12),
                    b'v' => out.push(11),
                    b'x' | b'X' => {
                        let value = source.get(i..i + 2).and_then(|d| u8::from_str_radix(d, 16).ok());
                        out.push(value.ok_or_else(|| {
                            SqlError::new(sqlstate::SYNTAX, "lexical error: invalid hexadecimal escape")
                        })?);
                        i += 2;
                    }
                    b'u' | b'U' => {
                        let width = if escape == b'u' { 4 } else { 8 };
                        let value = source
                            .get(i..i + width)
                            .and_then(|d| u32::from_str_radix(d, 16).ok())
                            .and_then(char::from_u32);
                        let c = value.ok_or_else(|| {
                            SqlError::new(sqlstate::SYNTAX, "lexical error: invalid Unicode escape")
                        })?;
                        out.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
                        i += width;
                    }
                    b'0'..=b'7' => {
                        let value = source
                            .get(i - 1..i + 2)
                            .and_then(|d| u8::from_str_radix(d, 8).ok());
                        out.push(value.ok_or_else(|| {
                            SqlError::new(sqlstate::SYNTAX, "lexical error: invalid octal escape")
                        })?);
                        i += 2;
                    }
                    other => out.push(other),
                }
            }
            other => out.push(other),
        }
    }
    Err(unterminated("string"))
}

/// `$$…$$` and `$tag$…$tag$`.
fn dollar_quoted(source: &str, at: &mut usize) -> Option<String> {
    let rest = &source[*at..];
    let tag_end = rest[1..].find('$')? + 2;
    let tag = &rest[..tag_end];
    if !tag[1..tag_end - 1]
        .chars()
        .all(|c| c.is_alphanumeric() || c == '_')
    {
        return None;
    }
    let end = rest[tag_end..].find(tag)?;
    *at += tag_end + end + tag.len();
    Some(rest[tag_end..tag_end + end].to_owned())
}

/// Splits a query string into its statements, as written, without the semicolons and empty ones.
pub fn split_statements(source: &str) -> SqlResult<Vec<&str>> {
    let mut statements = Vec::new();
    let (mut start, mut end) = (None, 0);
    for token in tokenize(source)? {
        if token.kind == Kind::Symbol(";".into()) {
            if let Some(start) = start.take() {
                statements.push(&source[start..end]);
            }
        } else {
            start.get_or_insert(token.span.start);
            end = token.span.end;
        }
    }
    if let Some(start) = start {
        statements.push(&source[start..end]);
    }
    Ok(statements)
}

/// The parts of a dotted name in text form (`d.s."T"`).
pub fn split_name(text: &str) -> Vec<String> {
    let tokens = tokenize(text).unwrap_or_default();
    let parts: Vec<String> = tokens
        .into_iter()
        .filter_map(|t| match t.kind {
            Kind::Word(name) | Kind::Quoted(name) | Kind::Text(name) | Kind::Number(name) => Some(name),
            _ => None,
        })
        .collect();
    if parts.is_empty() {
        vec![text.to_owned()]
    } else {
        parts
    }
}

/// Reads tokens one after the other.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    pub source: &'a str,
    tokens: Vec<Token>,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// A cursor at the start of the text.
    pub fn new(source: &'a str) -> SqlResult<Self> {
        Ok(Self {
            source,
            tokens: tokenize(source)?,
            at: 0,
        })
    }

    /// The token at this distance ahead.
    pub fn peek(&self, ahead: usize) -> Option<&Kind> {
        self.tokens.get(self.at + ahead).map(|t| &t.kind)
    }

    /// Takes the next token.
    pub fn take(&mut self) -> Option<Kind> {
        let kind = self.tokens.get(self.at).map(|t| t.kind.clone());
        self.at += 1;
        kind
    }

    /// Whether nothing is left.
    pub fn at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// Where the next token begins.
    pub fn position(&self) -> usize {
        self.tokens
            .get(self.at)
            .map_or(self.source.len(), |t| t.span.start)
    }

    /// Where the last taken token ended.
    pub fn end_of_last(&self) -> usize {
        self.at
            .checked_sub(1)
            .and_then(|i| self.tokens.get(i))
            .map_or(0, |t| t.span.end)
    }

    /// What is left of the text.
    pub fn rest(&self) -> &'a str {
        &self.source[self.position().min(self.source.len())..]
    }

    /// Whether the unquoted words (separated by spaces) come next.
    pub fn looking_at(&self, words: &str) -> bool {
        words.split(' ').enumerate().all(|(i, word)| match self.peek(i) {
            Some(Kind::Word(found)) => found == word,
            Some(Kind::Symbol(found)) => found == word,
            _ => false,
        })
    }

    /// Takes the words if they come next.
    pub fn accept(&mut self, words: &str) -> bool {
        let found = self.looking_at(words);
        if found {
            self.at += words.split(' ').count();
        }
        found
    }

    /// Takes the words, or fails with a syntax error.
    pub fn expect(&mut self, words: &str) -> SqlResult<()> {
        if self.accept(words) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// The syntax error at the next token.
    pub fn unexpected(&self) -> SqlError {
        let near = self
            .tokens
            .get(self.at)
            .map_or("EOF", |t| &self.source[t.span.clone()]);
        let mut error = SqlError::syntax(near);
        error.detail = Some(format!("source SQL:\n{}", self.source));
        error
    }

    /// Fails unless everything was read.
    pub fn finish(&self) -> SqlResult<()> {
        if self.at_end() {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// Takes an identifier.
    pub fn ident(&mut self) -> SqlResult<String> {
        match self.peek(0) {
            Some(Kind::Word(name) | Kind::Quoted(name)) => {
                let name = name.clone();
                self.at += 1;
                Ok(name)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// Takes an identifier or a string literal.
    pub fn ident_or_text(&mut self) -> SqlResult<String> {
        match self.peek(0) {
            Some(Kind::Text(text)) => {
                let text = text.clone();
                self.at += 1;
                Ok(text)
            }
            _ => self.ident(),
        }
    }

    /// Takes a string literal.
    pub fn text(&mut self) -> SqlResult<String> {
        match self.take() {
            Some(Kind::Text(text)) => Ok(text),
            _ => {
                self.at -= 1;
                Err(self.unexpected())
            }
        }
    }

    /// Takes a whole number with an optional sign.
    pub fn integer(&mut self) -> SqlResult<i64> {
        let negative = self.accept("-");
        match self.peek(0) {
            Some(Kind::Number(n)) => {
                let value: i64 = n.parse().map_err(|_| self.unexpected())?;
                self.at += 1;
                Ok(if negative { -value } else { value })
            }
            _ => Err(self.unexpected()),
        }
    }

    /// Takes a dotted name.
    pub fn name(&mut self) -> SqlResult<crate::catalog::ObjectName> {
        let mut parts = vec![self.ident()?];
        while self.accept(".") {
            parts.push(self.ident()?);
        }
        Ok(crate::catalog::ObjectName(parts))
    }

    /// Takes names separated by commas.
    pub fn names(&mut self) -> SqlResult<Vec<crate::catalog::ObjectName>> {
        let mut names = vec![self.name()?];
        while self.accept(",") {
            names.push(self.name()?);
        }
        Ok(names)
    }

    /// Takes `( a, b )`.
    pub fn ident_list(&mut self) -> SqlResult<Vec<String>> {
        self.expect("(")?;
        let mut names = vec![self.ident()?];
        while self.accept(",") {
            names.push(self.ident()?);
        }
        self.expect(")")?;
        Ok(names)
    }

    /// Takes the text up to, not including, one of the stop words or symbols outside parentheses.
    pub fn until(&mut self, stops: &[&str]) -> &'a str {
        let start = self.position();
        let mut depth = 0;
        while let Some(kind) = self.peek(0) {
            let word = match kind {
                Kind::Word(w) | Kind::Symbol(w) => w.as_str(),
                _ => "",
            };
            if depth == 0 && stops.contains(&word) {
                break;
            }
            match word {
                "(" | "[" => depth += 1,
                ")" | "]" => depth -= 1,
                _ => {}
            }
            if depth < 0 {
                break;
            }
            self.at += 1;
        }
        if self.end_of_last() > start {
            &self.source[start..self.end_of_last()]
        } else {
            ""
        }
    }

    /// Takes `( … )` and gives what is inside.
    pub fn parenthesized(&mut self) -> SqlResult<&'a str> {
        self.expect("(")?;
        let inside = self.until(&[]);
        self.expect(")")?;
        Ok(inside)
    }
}
