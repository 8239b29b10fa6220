//! Finds the connection string in what surrounds it: commands, quotes, variables, prose.

use super::{Note, Part, Refused, extent};

/// What the text is, with the surroundings removed.
pub(super) enum Found {
    /// From the scheme on, what to say about the text around it, and the names and values in the lines around it.
    Url {
        url: String,
        note: Option<Note>,
        beside: Vec<(String, String)>,
    },
    /// Names and values, as given by key=value pairs, flags of a command or variables.
    Settings(Vec<(String, String)>),
    /// `user@host:port/database` without a scheme.
    Address(String),
}

const SCHEMES: [&str; 9] = [
    "jdbc:postgresql://",
    "postgresql+asyncpg://",
    "postgresql+psycopg2://",
    "postgresql+psycopg://",
    "postgresql://",
    "postgres://",
    "cockroachdb://",
    "cockroach://",
    "crdb://",
];

pub(super) fn find(text: &str) -> Result<Found, Refused> {
    let text = tidy(text);
    if text.is_empty() {
        return Err(Refused::new(Part::Whole, "There is nothing to read yet."));
    }
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(Refused::new(
            Part::Whole,
            "The text holds control characters and cannot be a connection string.",
        ));
    }
    refuse_error_messages(&text)?;
    if let Some(start) = scheme_start(&text) {
        let (url, note) = extent::url_at(&text, start)?;
        let beside = beside(&text, start);
        return Ok(Found::Url { url, note, beside });
    }
    refuse_other_schemes(&text)?;
    if let Some(settings) = settings(&text)? {
        return Ok(Found::Settings(settings));
    }
    let mut words = text.split_whitespace();
    match (words.next(), words.next()) {
        (Some(word), None) if word.contains(['.', ':', '@']) || word.eq_ignore_ascii_case("localhost") => {
            Ok(Found::Address(word.to_owned()))
        }
        _ => Err(Refused::new(
            Part::Whole,
            "This is not a connection string. Copy it from Connect in the Cloud Console; it starts with postgresql://.",
        )),
    }
}

/// Removes what editors, chats and shells add: byte order marks, zero-width characters, typographic
/// quotes, line continuations, one pair of quotes around everything.
fn tidy(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|c| !matches!(c, '\u{feff}' | '\u{200b}'..='\u{200d}' | '\u{2060}'))
        .map(|c| match c {
            '\u{201c}' | '\u{201d}' | '\u{201e}' => '"',
            '\u{2018}' | '\u{2019}' => '\'',
            '\u{a0}' => ' ',
            c => c,
        })
        .collect();
    let joined = plain
        .replace("\r\n", "\n")
        .replace("\\\n", " ")
        .replace("^\n", " ");
    let mut trimmed = joined.trim().trim_start_matches(['$', '>', '#']).trim();
    if joined.trim().starts_with("$env:") || joined.trim().starts_with("${") {
        trimmed = joined.trim();
    }
    for quote in ['"', '\'', '`'] {
        if let Some(inner) = trimmed
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
            && !inner.contains(quote)
        {
            trimmed = inner.trim();
        }
    }
    trimmed.to_owned()
}

fn scheme_start(text: &str) -> Option<usize> {
    let lower = text.to_ascii_lowercase();
    SCHEMES.iter().filter_map(|scheme| lower.find(scheme)).min()
}

fn refuse_error_messages(text: &str) -> Result<(), Refused> {
    let known = [
        (
            "cannot load certificates",
            "The certificate files were not found where that command looked.",
        ),
        (
            "certificate signed by unknown authority",
            "The cluster's CA certificate was missing.",
        ),
        ("Is the server running?", "Nothing answered at that address."),
        ("no such host", "There was no server with that name."),
        (
            "i/o timeout",
            "Nothing answered; most often the network is not on the cluster's IP allowlist.",
        ),
        (
            "password authentication failed",
            "The user name or password was wrong.",
        ),
    ];
    for (piece, meaning) in known {
        if text.contains(piece) && scheme_start(text).is_none() {
            return Err(Refused::new(
                Part::Whole,
                format!("This is an error message, not a connection string. It means: {meaning}"),
            ));
        }
    }
    Ok(())
}

fn refuse_other_schemes(text: &str) -> Result<(), Refused> {
    let lower = text.to_ascii_lowercase();
    let sentence = if lower.contains("cockroachlabs.cloud/clusters/") && lower.contains("/cert") {
        "This line downloads the cluster's CA certificate and names no address. Basic and Standard clusters do not need it; for an Advanced one run it, and choose the file under Encryption. Copy the connection string from Connect as well."
    } else if lower.contains("https://cockroachlabs.cloud") {
        "This is the address of a page in the Cloud Console. Open it, choose Connect and copy the connection string."
    } else if lower.contains("http://") || lower.contains("https://") {
        "This is a web address. A connection string starts with postgresql://."
    } else if [
        "mysql://",
        "mongodb://",
        "mongodb+srv://",
        "redis://",
        "sqlserver://",
        "oracle:",
        "jdbc:",
    ]
    .iter()
    .any(|scheme| lower.contains(scheme))
    {
        "This address belongs to another kind of database. CockroachDB's starts with postgresql://."
    } else if lower.contains("://") {
        "This scheme is not known. A connection string starts with postgresql://."
    } else if lower.contains("ccloud ") {
        "This command names no address. Run ccloud cluster sql --connection-url with the cluster's name, and paste what it prints."
    } else {
        return Ok(());
    };
    Err(Refused::new(Part::Whole, sentence))
}

/// Pairs of names and values, or `None` when the text has none that matter.
fn settings(text: &str) -> Result<Option<Vec<(String, String)>>, Refused> {
    if let Some(found) = by_semicolons(text) {
        return Ok(Some(found));
    }
    let words = split_words(text)?;
    let found = if is_command(&words) {
        let mut found = flags(&words);
        for conninfo in words[1..].iter().filter(|word| is_setting(word)) {
            found.extend(pairs("", &split_words(conninfo)?));
        }
        found
    } else if words.iter().any(|word| word.starts_with('-')) {
        flags(&words)
    } else {
        pairs(text, &words)
    };
    Ok(found
        .iter()
        .any(|(name, _)| super::settings::is_known(name))
        .then_some(found))
}

/// `Host=h;Port=26257;Username=max`, as .NET and ODBC write it; on a line of a configuration file, too.
fn by_semicolons(text: &str) -> Option<Vec<(String, String)>> {
    let line = text.lines().find(|line| line.matches(';').count() > 0)?;
    // What stands before the first name: a key of JSON or of the environment.
    let start = ["host=", "server="]
        .iter()
        .filter_map(|name| line.to_ascii_lowercase().find(name))
        .min()?;
    let line = line[start..].trim_end_matches([',', '"', '\'']);
    let mut found = Vec::new();
    for piece in line.split(';').filter(|piece| !piece.trim().is_empty()) {
        let (name, value) = piece.split_once('=')?;
        found.push((bare_name(name), unquote(value.trim()).to_owned()));
    }
    // Several pairs in one piece are parted by blanks: then a `;` belongs to a value.
    let (_, first) = found.first()?;
    (found.len() > 1 && !first.contains(char::is_whitespace)).then_some(found)
}

/// A program and what it is told, not a list of settings.
fn is_command(words: &[String]) -> bool {
    words.len() > 1
        && words.first().is_some_and(|first| {
            let program = first.rsplit(['/', '\\']).next().unwrap_or_default();
            matches!(
                program.trim_end_matches(".exe"),
                "psql" | "cockroach" | "pg_dump" | "pgcli"
            )
        })
}

fn is_setting(word: &str) -> bool {
    word.split_once('=')
        .is_some_and(|(name, _)| super::settings::is_known(name.trim()))
}

/// Names and values in the other lines: `spring.datasource.username=max` counts as `username`.
fn beside(text: &str, start: usize) -> Vec<(String, String)> {
    let own = text[..start].matches('\n').count();
    let others = text.lines().enumerate().filter(|(number, _)| *number != own);
    let mut found = Vec::new();
    for (_, line) in others {
        let at = line.find(['=', ':']);
        if let Some((name, value)) = at.map(|at| (&line[..at], &line[at + 1..])) {
            let name = bare_name(name);
            let name = name.rsplit('.').next().unwrap_or_default().to_owned();
            found.push((name, unquote(value.trim()).to_owned()));
        }
    }
    found
}

/// `--host=h`, `--host h`, `-h h`, as cockroach and psql take them.
fn flags(words: &[String]) -> Vec<(String, String)> {
    let psql = words.iter().any(|word| word == "psql" || word.ends_with("/psql"));
    let mut found = Vec::new();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix('-') else {
            continue;
        };
        let long = flag.strip_prefix('-');
        let (name, inline) = match long {
            Some(long) => long
                .split_once('=')
                .map_or((long, None), |(name, value)| (name, Some(value.to_owned()))),
            None => match flag.char_indices().nth(1) {
                Some((at, _)) => (&flag[..at], Some(flag[at..].trim_start_matches('=').to_owned())),
                None => (flag, None),
            },
        };
        let name = match (name, long.is_some()) {
            ("h", false) => "host",
            ("p", false) => "port",
            ("U", false) => "user",
            ("u", false) => "user",
            ("d", false) => "database",
            ("W", false) if psql => continue,
            (name, true) => name,
            _ => continue,
        };
        let takes_value = !matches!(name, "insecure" | "password" | "no-password") || inline.is_some();
        let value = match inline {
            Some(value) => value,
            None if takes_value => match words.next_if(|next| !next.starts_with('-')) {
                Some(value) => value.clone(),
                None => continue,
            },
            None => String::new(),
        };
        found.push((name.to_owned(), value));
    }
    found
}

/// `key=value`, `key = value` and `Key: value`, on one line or several; `export`, `set` and `$env:`
/// before a name are dropped.
fn pairs(text: &str, words: &[String]) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let line = line.trim().trim_end_matches(';');
        if let Some((name, value)) = line.split_once(':').or_else(|| line.split_once('='))
            && super::settings::is_known(&bare_name(name))
            && !value.contains('=')
        {
            found.push((bare_name(name), unquote(value.trim()).to_owned()));
        }
    }
    if !found.is_empty() {
        return found;
    }
    for word in words {
        if let Some((name, value)) = word.split_once('=') {
            found.push((bare_name(name), value.to_owned()));
        }
    }
    found
}

fn bare_name(name: &str) -> String {
    let name = name.trim();
    let name = name
        .strip_prefix("export ")
        .or_else(|| name.strip_prefix("set "))
        .unwrap_or(name)
        .trim();
    let name = name.strip_prefix("$env:").unwrap_or(name);
    unquote(name.trim()).to_ascii_lowercase()
}

fn unquote(text: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner;
        }
    }
    text
}

/// Words at blanks; quotes hold blanks together, a backslash takes the next quote or backslash as
/// itself. Blanks around `=` do not separate, as libpq allows them.
fn split_words(text: &str) -> Result<Vec<String>, Refused> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    // The word is `name=` and its value still has to come.
    let mut value_follows = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if !c.is_whitespace() {
            let first_equals = c == '='
                && !word
                    .as_deref()
                    .is_some_and(|word| word.contains('=') || word.starts_with('-'));
            value_follows = quote.is_none() && first_equals;
        }
        match quote {
            Some(open) if c == open => quote = None,
            _ if c == '\\' && matches!(chars.peek(), Some('\\' | '\'' | '"')) => {
                word.get_or_insert_default().extend(chars.next());
            }
            Some(_) => word.get_or_insert_default().push(c),
            None if matches!(c, '\'' | '"') => {
                word.get_or_insert_default();
                quote = Some(c);
            }
            None if c.is_whitespace() => {
                while chars.next_if(|next| next.is_whitespace()).is_some() {}
                if chars.peek() != Some(&'=') && !value_follows {
                    words.extend(word.take());
                }
            }
            None => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err(Refused::new(
            Part::Whole,
            "A quote in this text is opened and not closed.",
        ));
    }
    words.extend(word);
    Ok(words)
}
