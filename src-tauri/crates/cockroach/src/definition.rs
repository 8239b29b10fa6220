//! What the CREATE statement of an object says, as SHOW BACKUP SCHEMAS prints it.
//!
//! A backup tells only there what a table refers to, and RESTORE refuses a table whose references do not
//! come with it. The printer writes keywords in capitals and quotes every name that is not in small letters,
//! so a word in capitals is a keyword and never a name.

use crate::backup::ObjectKind;

/// A table, view or sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    pub kind: ObjectKind,
    /// Of a table.
    pub columns: Vec<Column>,
    /// Names of the columns.
    pub primary_key: Vec<String>,
    pub foreign_keys: Vec<ForeignKey>,
    /// Besides the primary key.
    pub unique: Vec<UniqueRule>,
    /// What a view reads: names with at least their schema. Not each of them need be a table.
    pub reads: Vec<ObjectName>,
    /// Functions with a schema that are called in it.
    pub calls: Vec<ObjectName>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub ty: ColumnType,
    /// `SELECT *` leaves it out. The primary key of a table that was made without one is such a column.
    pub is_hidden: bool,
    /// Computed, or numbered by the database alone: nothing can be inserted into it.
    pub is_generated: bool,
    /// Numbered by the database alone.
    pub is_numbered: bool,
    /// The sequence that its default takes numbers from.
    pub sequence: Option<ObjectName>,
}

/// What a column holds, as far as statements over two databases need to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnType {
    /// The word for it, without length and precision: `INT8`, `STRING`.
    Plain(String),
    /// Defined in the table's own database, such as an enum. The same one of another database is another type.
    Own { name: ObjectName, is_array: bool },
    /// An array, a text with a collation: what takes more than a word to name.
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UniqueRule {
    pub name: String,
    pub columns: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    pub name: String,
    pub columns: Vec<String>,
    pub referenced: ObjectName,
    pub referenced_columns: Vec<String>,
    /// Such as `ON DELETE CASCADE`; empty for the usual ones.
    pub rules: String,
}

/// A name as far as it is written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectName {
    pub database: Option<String>,
    pub schema: Option<String>,
    pub name: String,
}

impl Definition {
    /// `None` for what is neither a table, a view nor a sequence.
    pub fn parse(create: &str) -> Option<Self> {
        let tokens = tokens(create);
        let mut rest = tokens.as_slice();
        skip(&mut rest, "CREATE").then_some(())?;
        skip(&mut rest, "MATERIALIZED");
        let kind = match rest {
            [Token::Word(word), ..] if word == "TABLE" => ObjectKind::Table,
            [Token::Word(word), ..] if word == "VIEW" => ObjectKind::View,
            [Token::Word(word), ..] if word == "SEQUENCE" => ObjectKind::Sequence,
            _ => return None,
        };
        let mut definition = Self {
            kind,
            columns: Vec::new(),
            primary_key: Vec::new(),
            foreign_keys: Vec::new(),
            unique: Vec::new(),
            reads: Vec::new(),
            calls: Vec::new(),
        };
        match kind {
            ObjectKind::Table => definition.read_table(rest),
            ObjectKind::View => definition.read_view(rest),
            _ => {}
        }
        Some(definition)
    }

    fn read_table(&mut self, tokens: &[Token]) {
        let Some(start) = tokens.iter().position(|token| token.is_sign('(')) else {
            return;
        };
        for item in items(&tokens[start..]) {
            self.read_item(item);
        }
    }

    fn read_item(&mut self, item: &[Token]) {
        let mut rest = item;
        let named = skip(&mut rest, "CONSTRAINT");
        let name = named.then(|| take_name(&mut rest)).flatten();
        match rest {
            [Token::Word(word), ..] if word == "PRIMARY" => {
                let list = rest.iter().position(|token| token.is_sign('('));
                self.primary_key = list.map(|at| first_names(&rest[at..])).unwrap_or_default();
            }
            [Token::Word(word), ..] if word == "FOREIGN" => {
                self.foreign_keys
                    .extend(read_foreign_key(name.unwrap_or_default(), rest));
            }
            [Token::Word(word), ..] if word == "UNIQUE" => self.unique.extend(read_unique(name, rest)),
            [Token::Word(word), ..] if word == "CHECK" => self.read_calls(rest),
            [Token::Word(word), ..] if is_keyword(word) => {}
            [Token::Word(name) | Token::Quoted(name), rest @ ..] => {
                let name = name.clone();
                self.read_calls(rest);
                self.columns.push(Column {
                    name,
                    ty: read_type(rest),
                    is_hidden: rest
                        .windows(2)
                        .any(|pair| pair[0].is_word("NOT") && pair[1].is_word("VISIBLE")),
                    is_generated: is_computed(rest) || is_numbered(rest),
                    is_numbered: is_numbered(rest),
                    sequence: sequence_of(rest),
                });
            }
            _ => {}
        }
    }

    fn read_view(&mut self, tokens: &[Token]) {
        let Some(start) = tokens.iter().position(|token| token.is_word("AS")) else {
            return;
        };
        for (name, is_call) in chains(&tokens[start + 1..]) {
            if is_call {
                self.calls.push(name);
            } else {
                self.reads.push(name);
            }
        }
    }

    fn read_calls(&mut self, tokens: &[Token]) {
        self.calls.extend(
            chains(tokens)
                .into_iter()
                .filter(|(_, is_call)| *is_call)
                .map(|(name, _)| name),
        );
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A keyword, a number or a name without quotes.
    Word(String),
    /// A name in quotes.
    Quoted(String),
    /// A string.
    Text(String),
    Sign(char),
}

impl Token {
    fn is_sign(&self, sign: char) -> bool {
        *self == Self::Sign(sign)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(own) if own == word)
    }

    fn as_name(&self) -> Option<&str> {
        match self {
            Self::Word(word) if !is_keyword(word) => Some(word),
            Self::Quoted(name) => Some(name),
            _ => None,
        }
    }
}

fn is_keyword(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_uppercase())
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => tokens.push(Token::Quoted(delimited(&mut chars, '"', false))),
            '\'' => tokens.push(Token::Text(delimited(&mut chars, '\'', false))),
            'e' if chars.peek() == Some(&'\'') => {
                chars.next();
                tokens.push(Token::Text(delimited(&mut chars, '\'', true)));
            }
            c if c.is_alphanumeric() || c == '_' => {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || matches!(c, '_' | '$')) {
                    word.push(c);
                }
                tokens.push(Token::Word(word));
            }
            c if c.is_whitespace() => {}
            c => tokens.push(Token::Sign(c)),
        }
    }
    tokens
}

/// Up to the closing mark, which doubled stands for itself, as does whatever a backslash is before.
fn delimited(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, mark: char, has_escapes: bool) -> String {
    let mut inner = String::new();
    while let Some(c) = chars.next() {
        match c {
            '\\' if has_escapes => inner.extend(chars.next()),
            c if c == mark => match chars.next_if_eq(&mark) {
                Some(mark) => inner.push(mark),
                None => break,
            },
            c => inner.push(c),
        }
    }
    inner
}

fn skip(tokens: &mut &[Token], word: &str) -> bool {
    match tokens {
        [first, rest @ ..] if first.is_word(word) => {
            *tokens = rest;
            true
        }
        _ => false,
    }
}

fn take_name(tokens: &mut &[Token]) -> Option<String> {
    let [first, rest @ ..] = *tokens else { return None };
    let name = first.as_name()?.to_owned();
    *tokens = rest;
    Some(name)
}

/// What stands between the brackets that `tokens` begins with, divided at its commas.
fn items(tokens: &[Token]) -> Vec<&[Token]> {
    let (mut items, mut depth, mut start) = (Vec::new(), 0usize, 1);
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Sign('(') => depth += 1,
            Token::Sign(')') if depth <= 1 => {
                items.push(&tokens[start.min(at)..at]);
                break;
            }
            Token::Sign(')') => depth -= 1,
            Token::Sign(',') if depth == 1 => {
                items.push(&tokens[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items
}

/// Of `(a ASC, b DESC)` the names a and b.
fn first_names(tokens: &[Token]) -> Vec<String> {
    items(tokens)
        .into_iter()
        .filter_map(|item| item.first()?.as_name().map(str::to_owned))
        .collect()
}

fn read_foreign_key(name: String, tokens: &[Token]) -> Option<ForeignKey> {
    let columns = tokens.iter().position(|token| token.is_sign('('))?;
    let references = tokens.iter().position(|token| token.is_word("REFERENCES"))?;
    let mut rest = &tokens[references + 1..];
    let referenced = take_chain(&mut rest)?;
    let referenced_columns = first_names(rest);
    let after = rest
        .iter()
        .position(|token| token.is_sign(')'))
        .map_or(0, |at| at + 1);
    Some(ForeignKey {
        name,
        columns: first_names(&tokens[columns..]),
        referenced,
        referenced_columns,
        rules: rules(&rest[after..]),
    })
}

/// Of `UNIQUE INDEX u (city ASC)`, and of a constraint whose name was read already.
fn read_unique(constraint: Option<String>, tokens: &[Token]) -> Option<UniqueRule> {
    let columns = tokens.iter().position(|token| token.is_sign('('))?;
    let index = tokens[..columns].last().and_then(Token::as_name);
    Some(UniqueRule {
        name: constraint.or_else(|| index.map(str::to_owned))?,
        columns: first_names(&tokens[columns..]),
    })
}

/// Of what follows a column's name.
fn read_type(tokens: &[Token]) -> ColumnType {
    let (named, mut rest) = match tokens {
        [Token::Word(word), rest @ ..] if is_keyword(word) => (ColumnType::Plain(word.clone()), rest),
        tokens => {
            let mut rest = tokens;
            match take_chain(&mut rest) {
                Some(name) if name.schema.is_some() => (
                    ColumnType::Own {
                        name,
                        is_array: false,
                    },
                    rest,
                ),
                _ => return ColumnType::Other,
            }
        }
    };
    if rest.first().is_some_and(|token| token.is_sign('(')) {
        let end = rest.iter().position(|token| token.is_sign(')'));
        rest = &rest[end.map_or(rest.len(), |at| at + 1)..];
    }
    let is_array = rest.first().is_some_and(|token| token.is_sign('['));
    match named {
        ColumnType::Own { name, .. } => ColumnType::Own { name, is_array },
        _ if is_array || rest.first().is_some_and(|token| token.is_word("COLLATE")) => ColumnType::Other,
        named => named,
    }
}

/// Only the words that can stand there; they are written into statements.
fn rules(tokens: &[Token]) -> String {
    const WORDS: [&str; 13] = [
        "ON", "DELETE", "UPDATE", "CASCADE", "RESTRICT", "SET", "NULL", "DEFAULT", "NO", "ACTION", "MATCH",
        "FULL", "SIMPLE",
    ];
    let words = tokens.iter().map_while(|token| match token {
        Token::Word(word) if WORDS.contains(&word.as_str()) => Some(word.as_str()),
        _ => None,
    });
    words.collect::<Vec<_>>().join(" ")
}

fn is_computed(tokens: &[Token]) -> bool {
    let mut pairs = tokens.windows(2);
    pairs.any(|pair| pair[0].is_word("AS") && pair[1].is_sign('('))
}

fn is_numbered(tokens: &[Token]) -> bool {
    let mut pairs = tokens.windows(2);
    pairs.any(|pair| pair[0].is_word("GENERATED") && pair[1].is_word("ALWAYS"))
}

/// The sequence in `nextval('public.s'::REGCLASS)`.
fn sequence_of(column: &[Token]) -> Option<ObjectName> {
    let text = column.windows(3).find_map(|three| match three {
        [call, open, Token::Text(text)] if call.is_word("nextval") && open.is_sign('(') => Some(text),
        _ => None,
    })?;
    take_chain(&mut tokens(text).as_slice())
}

/// A name with its schema and database, as far as they are written.
fn take_chain(rest: &mut &[Token]) -> Option<ObjectName> {
    let mut parts = vec![take_name(rest)?];
    while let [dot, next, ..] = *rest
        && dot.is_sign('.')
        && let Some(name) = next.as_name()
    {
        parts.push(name.to_owned());
        *rest = &rest[2..];
    }
    let name = parts.pop()?;
    Some(ObjectName {
        name,
        schema: parts.pop(),
        database: parts.pop(),
    })
}

/// Names that are written with a schema, and whether each is called as a function.
fn chains(tokens: &[Token]) -> Vec<(ObjectName, bool)> {
    let (mut found, mut rest) = (Vec::new(), tokens);
    while !rest.is_empty() {
        match take_chain(&mut rest) {
            Some(name) if name.schema.is_some() => {
                let is_call = rest.first().is_some_and(|token| token.is_sign('('));
                found.push((name, is_call));
            }
            Some(_) => {}
            None => rest = &rest[1..],
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn name(parts: &[&str]) -> ObjectName {
        let part = |from_end: usize| parts.len().checked_sub(from_end).map(|at| parts[at].to_owned());
        ObjectName {
            database: part(3),
            schema: part(2),
            name: part(1).unwrap(),
        }
    }

    #[test]
    fn a_table_tells_its_columns_key_and_links() {
        let table = Definition::parse(
            "CREATE TABLE \"Rides\" (\n\tid INT8 NOT NULL DEFAULT nextval('public.\"Ride ids\"'::REGCLASS),\n\t\
             city VARCHAR(10) NULL DEFAULT 'a, (b)''s':::STRING,\n\tfee DECIMAL(10,2) NULL DEFAULT public.fee(1),\n\t\
             total INT8 NULL AS (fee * 2) STORED,\n\tno INT8 NOT NULL GENERATED ALWAYS AS IDENTITY,\n\t\
             state public.ride_state NULL,\n\trowid INT8 NOT VISIBLE NOT NULL DEFAULT unique_rowid(),\n\t\
             states public.ride_state[] NULL,\n\tnote STRING COLLATE de NULL,\n\ttags STRING[] NULL,\n\t\
             CONSTRAINT rides_pkey PRIMARY KEY (city ASC, id DESC),\n\t\
             CONSTRAINT fk_users FOREIGN KEY (city, user_id) REFERENCES public.users(city, id) ON DELETE SET NULL NOT VALID,\n\t\
             CONSTRAINT \"other's\" FOREIGN KEY (x) REFERENCES other.public.\"T\"(\"X\"),\n\t\
             UNIQUE INDEX u (city ASC) STORING (fee),\n\tCONSTRAINT both UNIQUE (city ASC, fee ASC),\n\tINDEX i (fee ASC),\n\tFAMILY \"primary\" (id, city),\n\t\
             CONSTRAINT c CHECK (public.ok(fee))\n) WITH (schema_locked = true);\nCOMMENT ON TABLE x IS 'y'",
        )
        .unwrap();
        assert_eq!(table.kind, ObjectKind::Table);
        let columns: Vec<_> = table.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(
            columns,
            [
                "id", "city", "fee", "total", "no", "state", "rowid", "states", "note", "tags"
            ]
        );
        let types: Vec<_> = table.columns.iter().map(|column| column.ty.clone()).collect();
        let plain = |word: &str| ColumnType::Plain(word.into());
        let own = |is_array| ColumnType::Own {
            name: name(&["public", "ride_state"]),
            is_array,
        };
        assert_eq!(
            types,
            [
                plain("INT8"),
                plain("VARCHAR"),
                plain("DECIMAL"),
                plain("INT8"),
                plain("INT8"),
                own(false),
                plain("INT8"),
                own(true),
                ColumnType::Other,
                ColumnType::Other,
            ]
        );
        let hidden: Vec<_> = table.columns.iter().filter(|column| column.is_hidden).collect();
        assert_eq!((hidden.len(), hidden[0].name.as_str()), (1, "rowid"));
        assert_eq!(
            table.unique,
            [
                UniqueRule {
                    name: "u".into(),
                    columns: vec!["city".into()],
                },
                UniqueRule {
                    name: "both".into(),
                    columns: vec!["city".into(), "fee".into()],
                }
            ]
        );
        let generated: Vec<_> = table
            .columns
            .iter()
            .filter(|column| column.is_generated)
            .collect();
        assert_eq!(
            (generated[0].name.as_str(), generated[1].name.as_str()),
            ("total", "no")
        );
        assert_eq!(table.columns[0].sequence, Some(name(&["public", "Ride ids"])));
        assert_eq!(table.primary_key, ["city", "id"]);
        assert_eq!(
            table.foreign_keys,
            [
                ForeignKey {
                    name: "fk_users".into(),
                    columns: vec!["city".into(), "user_id".into()],
                    referenced: name(&["public", "users"]),
                    referenced_columns: vec!["city".into(), "id".into()],
                    rules: "ON DELETE SET NULL".into(),
                },
                ForeignKey {
                    name: "other's".into(),
                    columns: vec!["x".into()],
                    referenced: name(&["other", "public", "T"]),
                    referenced_columns: vec!["X".into()],
                    rules: String::new(),
                }
            ]
        );
        assert_eq!(table.calls, [name(&["public", "fee"]), name(&["public", "ok"])]);
    }

    #[test]
    fn a_view_tells_what_it_reads_and_a_sequence_is_known_as_one() {
        let view = Definition::parse(
            "CREATE VIEW viewa (\n\ta\n) AS SELECT a, 'x.y' FROM data.public.tablea JOIN s.\"B\" ON s.f(a)",
        )
        .unwrap();
        assert_eq!(view.kind, ObjectKind::View);
        assert_eq!(
            view.reads,
            [name(&["data", "public", "tablea"]), name(&["s", "B"])]
        );
        assert_eq!(view.calls, [name(&["s", "f"])]);
        let kind = |text| Definition::parse(text).map(|definition| definition.kind);
        assert_eq!(
            kind("CREATE SEQUENCE seqa MINVALUE 1"),
            Some(ObjectKind::Sequence)
        );
        assert_eq!(
            kind("CREATE MATERIALIZED VIEW v (a) AS SELECT 1"),
            Some(ObjectKind::View)
        );
        assert_eq!(kind("CREATE TYPE t AS ENUM ('a')"), None);
    }

    #[test]
    fn text_that_breaks_off_is_read_as_far_as_it_goes() {
        for text in [
            "",
            "CREATE",
            "CREATE TABLE",
            "CREATE TABLE t (a",
            "CREATE TABLE t (a INT8, CONSTRAINT",
            "\"",
        ] {
            let _ = Definition::parse(text);
        }
        let whole =
            "CREATE TABLE t (a INT8, CONSTRAINT f FOREIGN KEY (a) REFERENCES public.x(a) ON DELETE CASCADE)";
        for end in 0..whole.len() {
            let _ = Definition::parse(&whole[..end]);
        }
    }
}
