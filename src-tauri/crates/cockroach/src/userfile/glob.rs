//! Matching names as `cockroach userfile` does.
//!
//! `*` and `?` do not cross `/`; `[a-z]` and `[^a]` are classes; `\` takes the next character as it
//! is; the whole text must match. A malformed pattern is an error, not a mismatch.

use std::str::Chars;

use crate::error::{Error, ErrorKind, Result};

/// A checked pattern.
#[derive(Debug, Clone)]
pub struct Glob(Vec<Token>);

#[derive(Debug, Clone)]
enum Token {
    One(char),
    Any,
    Star,
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Glob {
    pub fn new(pattern: &str) -> Result<Self> {
        let malformed = || Error::new(ErrorKind::InvalidInput, "syntax error in pattern");
        let mut tokens = Vec::new();
        let mut chars = pattern.chars().peekable();
        while let Some(c) = chars.next() {
            tokens.push(match c {
                '*' => Token::Star,
                '?' => Token::Any,
                '\\' => Token::One(chars.next().ok_or_else(malformed)?),
                '[' => {
                    let negated = chars.next_if_eq(&'^').is_some();
                    let mut ranges = Vec::new();
                    loop {
                        let mut bound = |first: bool| match chars.next() {
                            Some(']') if first && !ranges.is_empty() => Ok(None),
                            Some('\\') => chars.next().map(Some).ok_or_else(malformed),
                            None | Some('-' | ']') => Err(malformed()),
                            Some(c) => Ok(Some(c)),
                        };
                        let Some(low) = bound(true)? else { break };
                        let mut high = low;
                        if chars.next_if_eq(&'-').is_some() {
                            high = match chars.next().ok_or_else(malformed)? {
                                '\\' => chars.next().ok_or_else(malformed)?,
                                '-' | ']' => return Err(malformed()),
                                c => c,
                            };
                        }
                        ranges.push((low, high));
                    }
                    Token::Class { negated, ranges }
                }
                c => Token::One(c),
            });
        }
        Ok(Self(tokens))
    }

    /// The pattern must cover all of `text`.
    pub fn matches(&self, text: &str) -> bool {
        let (mut token, mut rest) = (0, text.chars());
        // Where to go on when the last star has to take one more character.
        let mut star: Option<(usize, Chars)> = None;
        loop {
            if let Some(Token::Star) = self.0.get(token) {
                token += 1;
                star = Some((token, rest.clone()));
                continue;
            }
            let mut ahead = rest.clone();
            match (self.0.get(token), ahead.next()) {
                (None, None) => return true,
                (Some(wanted), Some(c)) if wanted.takes(c) => {
                    token += 1;
                    rest = ahead;
                    continue;
                }
                _ => {}
            }
            let Some((after, from)) = &mut star else {
                return false;
            };
            if from.next().is_none_or(|c| c == '/') {
                return false;
            }
            token = *after;
            rest = from.clone();
        }
    }
}

impl Token {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::One(own) => *own == c,
            Self::Any => c != '/',
            Self::Star => false,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::Glob;

    #[test]
    fn patterns_match_as_the_command_line_does() {
        for (pattern, text, expected) in [
            ("*", "a.csv", true),
            ("*", "a/b.csv", false),
            ("*/numbers/*.csv", "file/numbers/data1.csv", true),
            ("*/*/*.*", "file/letters/dataA.csv", true),
            ("data?.csv", "data1.csv", true),
            ("data?.csv", "data/.csv", false),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("file/*/\\*.csv", "file/letters/dataA.csv", false),
            ("\\*.csv", "*.csv", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b", "a/b", false),
            ("", "", true),
            ("[\\]]", "]", true),
        ] {
            assert_eq!(
                Glob::new(pattern).unwrap().matches(text),
                expected,
                "{pattern} on {text}"
            );
        }
        for malformed in ["[", "[]a]", "[a-]", "a\\", "[-x]"] {
            assert!(Glob::new(malformed).is_err(), "{malformed}");
        }
    }
}
