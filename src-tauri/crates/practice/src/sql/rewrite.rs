//! What must be taken out of a statement's text before a PostgreSQL parser can read it: `AS OF SYSTEM TIME`, the
//! `[SHOW …]` sources, UPSERT, TABLE, index hints and type annotations.

use super::lexer::{Cursor, Kind, Token, tokenize};
use crate::error::{SqlError, SqlResult};

/// A statement in plain SQL, and what was taken out of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rewritten {
    pub sql: String,
    /// The expression behind `AS OF SYSTEM TIME`.
    pub as_of: Option<String>,
    /// The statements in brackets; the n-th one is now the table [`bracket_name`]`(n)`.
    pub brackets: Vec<String>,
    pub upsert: bool,
}

/// The table that stands for the n-th bracketed statement.
pub fn bracket_name(n: usize) -> String {
    format!("practice_bracket_{n}")
}

fn is_word(token: Option<&Token>, word: &str) -> bool {
    matches!(token.map(|t| &t.kind), Some(Kind::Word(w)) if w == word)
}

fn is_symbol(token: Option<&Token>, symbol: &str) -> bool {
    matches!(token.map(|t| &t.kind), Some(Kind::Symbol(s)) if s == symbol)
}

/// Takes out what only CockroachDB knows.
pub fn rewrite(source: &str) -> SqlResult<Rewritten> {
    let tokens = tokenize(source)?;
    let mut out = Rewritten::default();
    let mut at = 0;
    let mut copied = 0;
    while at < tokens.len() {
        let token = &tokens[at];
        let start = token.span.start;
        let mut replace = |out: &mut Rewritten, text: &str, resume: usize| {
            out.sql.push_str(&source[copied..start]);
            out.sql.push_str(text);
            copied = resume;
        };
        if at == 0 && is_word(Some(token), "upsert") {
            out.upsert = true;
            replace(&mut out, "INSERT", token.span.end);
        } else if at == 0 && is_word(Some(token), "table") {
            replace(&mut out, "SELECT * FROM", token.span.end);
        } else if is_word(Some(token), "as")
            && is_word(tokens.get(at + 1), "of")
            && is_word(tokens.get(at + 2), "system")
        {
            let (text, next) = as_of_expression(source, &tokens, at + 4)?;
            out.as_of = Some(text);
            let resume = tokens.get(next).map_or(source.len(), |t| t.span.start);
            replace(&mut out, "", resume);
            at = next;
            continue;
        } else if is_symbol(Some(token), "[") && opens_source(&tokens, at) {
            let close = matching(&tokens, at, "[", "]").ok_or_else(|| SqlError::syntax("["))?;
            out.brackets
                .push(source[token.span.end..tokens[close].span.start].trim().to_owned());
            let name = bracket_name(out.brackets.len() - 1);
            replace(&mut out, &name, tokens[close].span.end);
            at = close + 1;
            continue;
        } else if is_symbol(Some(token), "(") && opens_show(&tokens, at) {
            let close = matching(&tokens, at, "(", ")").ok_or_else(|| SqlError::syntax("("))?;
            out.brackets
                .push(source[token.span.end..tokens[close].span.start].trim().to_owned());
            let name = bracket_name(out.brackets.len() - 1);
            replace(
                &mut out,
                &format!("(SELECT * FROM {name})"),
                tokens[close].span.end,
            );
            at = close + 1;
            continue;
        } else if is_symbol(Some(token), "@")
            && at > 0
            && tokens[at - 1].span.end == start
            && matches!(tokens[at - 1].kind, Kind::Word(_) | Kind::Quoted(_))
        {
            let end = if is_symbol(tokens.get(at + 1), "{") {
                tokens[at..]
                    .iter()
                    .position(|t| is_symbol(Some(t), "}"))
                    .map_or(at + 1, |n| at + n)
            } else {
                at + 1
            };
            replace(&mut out, "", tokens.get(end).map_or(source.len(), |t| t.span.end));
            at = end + 1;
            continue;
        } else if is_symbol(Some(token), ":::") {
            replace(&mut out, "::", token.span.end);
        } else if let Kind::Text(text) = &token.kind {
            // One spelling of strings for the parser, whatever escapes the source used.
            replace(&mut out, &crate::catalog::quote_literal(text), token.span.end);
        } else if let Kind::Bytes(bytes) = &token.kind {
            replace(
                &mut out,
                &format!("X'{}'", crate::datum::hex(bytes)),
                token.span.end,
            );
        }
        at += 1;
    }
    out.sql.push_str(&source[copied..]);
    Ok(out)
}

fn opens_source(tokens: &[Token], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|i| tokens.get(i));
    let follows = is_word(before, "from") || is_word(before, "join") || is_symbol(before, ",");
    let statement = [
        "show", "select", "insert", "update", "delete", "upsert", "explain", "restore", "backup", "create",
        "alter", "with",
    ];
    follows && statement.iter().any(|word| is_word(tokens.get(at + 1), word))
}

/// Whether a parenthesis opens a common table expression made of a SHOW statement: `WITH x AS (SHOW …)`.
fn opens_show(tokens: &[Token], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|i| tokens.get(i));
    is_word(before, "as") && is_word(tokens.get(at + 1), "show")
}

fn matching(tokens: &[Token], open: usize, opening: &str, closing: &str) -> Option<usize> {
    let mut depth = 0;
    for (i, token) in tokens.iter().enumerate().skip(open) {
        if is_symbol(Some(token), opening) {
            depth += 1;
        } else if is_symbol(Some(token), closing) {
            depth -= 1;
            if depth == 0 {
                return Some(i);
            }
        }
    }
    None
}

/// The expression behind AS OF SYSTEM TIME and the index of the token after it.
fn as_of_expression(source: &str, tokens: &[Token], start: usize) -> SqlResult<(String, usize)> {
    const CLAUSES: [&str; 12] = [
        "where",
        "group",
        "order",
        "limit",
        "offset",
        "having",
        "union",
        "intersect",
        "except",
        "join",
        "as",
        "for",
    ];
    let mut depth = 0;
    let mut at = start;
    while let Some(token) = tokens.get(at) {
        match &token.kind {
            Kind::Word(word) if depth == 0 && CLAUSES.contains(&word.as_str()) => break,
            Kind::Symbol(s) if s == "(" => depth += 1,
            Kind::Symbol(s) if s == ")" => {
                depth -= 1;
                if depth < 0 {
                    break;
                }
            }
            _ => {}
        }
        at += 1;
    }
    let (Some(first), Some(last)) = (
        tokens.get(start),
        at.checked_sub(1)
            .filter(|l| *l >= start)
            .and_then(|l| tokens.get(l)),
    ) else {
        return Err(SqlError::syntax("EOF"));
    };
    Ok((source[first.span.start..last.span.end].to_owned(), at))
}

/// The moment a constant behind AS OF SYSTEM TIME means: a timestamp, a negative interval, an HLC decimal, or one of the
/// follower-read functions. Errors as CockroachDB: `AS OF SYSTEM TIME: …`.
pub fn as_of_moment(expression: &str, now: crate::clock::Timestamp) -> SqlResult<crate::clock::Timestamp> {
    use crate::clock::Timestamp;
    use crate::time_text::{Interval, read_moment};
    let mut cursor = Cursor::new(expression)?;
    let negative = cursor.accept("-");
    let text = match cursor.take() {
        Some(Kind::Text(text)) => text,
        Some(Kind::Number(number)) => format!("{}{number}", if negative { "-" } else { "" }),
        Some(Kind::Word(word)) => match word.as_str() {
            "follower_read_timestamp" | "experimental_follower_read_timestamp" => "-4.2s".to_owned(),
            "with_max_staleness" | "with_min_timestamp" => cursor
                .accept("(")
                .then(|| cursor.text())
                .transpose()?
                .map(|t| format!("-{t}"))
                .unwrap_or_default(),
            "now" | "statement_timestamp" | "transaction_timestamp" | "clock_timestamp" => {
                String::from("-0s")
            }
            _ => return Err(bad_as_of(expression)),
        },
        _ => return Err(bad_as_of(expression)),
    };
    let text = text.trim();
    let moment = if let Some(moment) = read_moment(text, true) {
        Timestamp::from(moment)
    } else if let Ok(decimal) = text.split('.').next().unwrap_or_default().parse::<i64>()
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-'))
        && decimal > 0
    {
        Timestamp(decimal)
    } else {
        let interval = Interval::parse(text).map_err(|_| {
            SqlError::plain("AS OF SYSTEM TIME: value is neither timestamp, decimal, nor interval")
        })?;
        let micros = interval.total_micros();
        if micros > 0 {
            return Err(SqlError::new(
                "22023",
                format!(
                    "AS OF SYSTEM TIME: interval value '{text}' too large, AS OF interval must be <= -1µs"
                ),
            ));
        }
        Timestamp(now.0.saturating_add(micros.saturating_mul(1000)))
    };
    if moment > now {
        return Err(SqlError::plain(format!(
            "AS OF SYSTEM TIME: cannot specify timestamp in the future ({} > {})",
            moment.to_hlc_decimal(),
            now.to_hlc_decimal()
        )));
    }
    Ok(moment)
}

fn bad_as_of(expression: &str) -> SqlError {
    SqlError::plain(format!(
        "AS OF SYSTEM TIME: only constant expressions or follower_read_timestamp are allowed: {expression}"
    ))
}
