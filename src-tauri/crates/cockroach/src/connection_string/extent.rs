//! Where a URL ends in the text around it.
//!
//! A blank ends a URL and also stands, unencoded, in passwords, database names and paths. Whatever is cut
//! off here is a database that was not meant or a TLS mode that is lost, so the text is taken whole where
//! that is plain, cut with a note where words follow, and refused where nobody can tell.

use super::{Note, Part, Refused, settings, url};

type Cut = Result<(String, Option<Note>), Refused>;

/// The URL that starts at `start`: a line of its own, a piece in quotes, or a word of a command.
pub(super) fn url_at(text: &str, start: usize) -> Cut {
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let before = text[line_start..start].trim();
    let (line, below) = text[start..].split_once('\n').unwrap_or((&text[start..], ""));
    if before.is_empty() {
        let (url, note) = on_a_line(line)?;
        let lines_below = || {
            (!below.trim().is_empty()).then(|| {
                left_out(
                    "Only the line with the URL was read. If the URL goes on in the next line, join them.",
                )
            })
        };
        return Ok((url, note.or_else(lines_below)));
    }
    let word = shell_word(&text[line_start..], start - line_start);
    let rest = word.rest.trim();
    let rest = rest.split('\n').next().unwrap_or_default().trim();
    let is_command = before.ends_with(['"', '\'', '`']) || {
        let last = before.split_whitespace().next_back().unwrap_or_default();
        last.starts_with('-')
    };
    match word.open_quote {
        // A quote that is opened inside the word belongs to the URL, unless a shell is to read it.
        Some(_) if !word.in_quotes && !is_command => on_a_line(line),
        Some(_) if !word.in_quotes => Err(Refused::new(
            Part::Whole,
            "A quote in this text is opened and not closed. In a URL, write ' as %27 and \" as %22.",
        )),
        _ if word.in_quotes || rest.is_empty() || belongs_to_the_shell(rest) => Ok((word.text, None)),
        _ => on_a_line(line),
    }
}

fn left_out(sentence: &str) -> Note {
    Note {
        part: Part::Whole,
        sentence: sentence.to_owned(),
    }
}

/// Flags, a comment, a pipe, a redirection, or what closes a list around the word.
fn belongs_to_the_shell(rest: &str) -> bool {
    let flag = rest
        .strip_prefix('-')
        .is_some_and(|flag| flag.trim_start_matches('-').starts_with(char::is_alphabetic));
    flag || rest.starts_with(['#', '|', '&', ';', ',', '>', '<', '}', ']', ')', '\\'])
}

/// The URL at the start of a line, which may hold blanks.
fn on_a_line(line: &str) -> Cut {
    let line = line.trim_end();
    let Some(blank) = line.find(char::is_whitespace) else {
        return Ok((line.to_owned(), None));
    };
    let mut end = blank;
    // Before the first `@` a blank belongs to the password.
    if !line[..blank].contains('@')
        && !url::is_complete(&line[..blank])
        && let Some(at) = line.find('@')
    {
        end = word_end(line, at);
    }
    loop {
        let (taken, rest) = line.split_at(end);
        if rest.is_empty() {
            return Ok((line.to_owned(), None));
        }
        let near = rest.split_once("://").map_or(rest, |(near, _)| near);
        if near.contains('@') {
            return Err(Refused::new(
                Part::Whole,
                "An @ follows after a space, so it is not clear where the password ends. Paste the URL alone, with @ as %40 and spaces as %20 in the password.",
            ));
        }
        match goes_on(taken, near) {
            Some(more) => end += more,
            None => {
                let sentence = "What follows the space after the URL was left out. If it belongs to the URL, write the space as %20.";
                return Ok((taken.to_owned(), Some(left_out(sentence))));
            }
        }
    }
}

/// How much of `rest` is plainly the same URL: all up to a known parameter, or the next of its options.
fn goes_on(taken: &str, rest: &str) -> Option<usize> {
    let parameter = rest.match_indices(['?', '&']).find(|(at, _)| {
        let name = rest[at + 1..].split_once('=').map(|(name, _)| name);
        name.is_some_and(settings::is_parameter)
    });
    if let Some((at, _)) = parameter {
        return Some(word_end(rest, at));
    }
    let last = taken.rsplit(['?', '&']).next()?;
    let (name, value) = last.split_once('=')?;
    let blanks = rest.len() - rest.trim_start().len();
    let end = word_end(rest, blanks);
    let word = &rest[blanks..end];
    let is_option = value.ends_with("-c") || word == "-c" || (word.starts_with('-') && word.contains('='));
    (name.eq_ignore_ascii_case("options") && is_option).then_some(end)
}

/// The next blank after `at`, or the end.
fn word_end(text: &str, at: usize) -> usize {
    text[at..]
        .find(char::is_whitespace)
        .map_or(text.len(), |blank| at + blank)
}

struct ShellWord<'a> {
    text: String,
    rest: &'a str,
    /// A quote stands right before the word.
    in_quotes: bool,
    /// The quote that was still open where the text ended.
    open_quote: Option<char>,
}

/// The rest of the shell word that holds position `start`, quotes resolved: pieces in quotes and
/// pieces without join, as in `'…sslrootcert='$HOME'/.postgresql/root.crt'`.
fn shell_word(text: &str, start: usize) -> ShellWord<'_> {
    let mut quote = text[..start]
        .chars()
        .next_back()
        .filter(|c| matches!(c, '"' | '\'' | '`'));
    let in_quotes = quote.is_some();
    let mut word = String::new();
    let mut chars = text[start..].char_indices().peekable();
    let mut end = text.len();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        match quote {
            Some(open) if c == open => {
                quote = None;
                if matches!(next, Some('}' | ']' | ')' | ',')) {
                    end = start + at + 1;
                    break;
                }
            }
            Some('"') if c == '\\' && matches!(next, Some('"' | '\\' | '$' | '`')) => {
                word.extend(chars.next().map(|(_, c)| c));
            }
            Some(_) if c == '\n' => {
                end = start + at;
                break;
            }
            Some(_) => word.push(c),
            None if c.is_whitespace() || (matches!(c, ';' | ',') && next.is_none_or(char::is_whitespace)) => {
                end = start + at;
                break;
            }
            None if matches!(c, '"' | '\'' | '`') => quote = Some(c),
            None if c == '\\' => word.extend(chars.next().map(|(_, c)| c)),
            None => word.push(c),
        }
    }
    ShellWord {
        text: word,
        rest: &text[end..],
        in_quotes,
        open_quote: quote,
    }
}
