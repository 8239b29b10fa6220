//! The cursor over tokens, and what all statements share: names, strings, moments, options.

use super::lexer::{self, Kind, Token};
use super::{Flag, Moment, Number, Statement, SyntaxError, TablePattern, Targets, Text, Uris};

pub(super) type Parsed<T> = Result<T, SyntaxError>;

pub(super) struct Parser<'a> {
    sql: &'a str,
    tokens: Vec<Token>,
    at: usize,
    /// What `try \h …` names in a syntax error.
    topic: Option<&'static str>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(sql: &'a str) -> Parsed<Parser<'a>> {
        Ok(Parser {
            sql,
            tokens: lexer::tokens(sql)?,
            at: 0,
            topic: None,
        })
    }

    /// The statement, or `None` when its first words belong to no statement of the family.
    pub(super) fn statement(&mut self) -> Option<Parsed<Statement>> {
        if self.eat(&["explain", "backup"]) {
            self.topic = Some("BACKUP");
            return Some(
                self.backup()
                    .map(|backup| Statement::ExplainBackup(Box::new(backup))),
            );
        }
        if self.eat(&["backup"]) {
            self.topic = Some("BACKUP");
            return Some(self.backup().map(|backup| Statement::Backup(Box::new(backup))));
        }
        if self.eat(&["restore"]) {
            self.topic = Some("RESTORE");
            return Some(
                self.restore()
                    .map(|restore| Statement::Restore(Box::new(restore))),
            );
        }
        if let Some(parsed) = self.connection_statement() {
            return Some(parsed);
        }
        if self.peek_words(&["show"]) {
            return self.show();
        }
        if let Some(parsed) = self.schedule_statement() {
            return Some(parsed);
        }
        self.job_statement()
    }

    pub(super) fn set_topic(&mut self, topic: &'static str) {
        self.topic = Some(topic);
    }

    /// Checks that nothing follows but a semicolon.
    pub(super) fn end(&mut self) -> Parsed<()> {
        self.eat_symbol(";");
        if self.peek() == &Kind::End {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Whether reading stopped at a word that begins an option, rather than inside one.
    pub(super) fn unknown_option_since(&self, start: usize) -> bool {
        let before = self
            .at
            .checked_sub(1)
            .filter(|before| *before >= start)
            .map(|before| &self.tokens[before].kind);
        let begins = matches!(before, Some(Kind::Symbol("," | "(")))
            || matches!(before, Some(Kind::Word(word)) if word == "with");
        begins && matches!(self.peek(), Kind::Word(_))
    }

    pub(super) fn at_end(&self) -> bool {
        matches!(self.peek(), Kind::End | Kind::Symbol(";"))
    }

    pub(super) fn peek(&self) -> &Kind {
        &self.tokens[self.at].kind
    }

    fn peek_at(&self, ahead: usize) -> &Kind {
        let last = self.tokens.len() - 1;
        &self.tokens[(self.at + ahead).min(last)].kind
    }

    pub(super) fn advance(&mut self) -> Kind {
        let kind = self.tokens[self.at].kind.clone();
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
        kind
    }

    /// Whether the next tokens are these words.
    pub(super) fn peek_words(&self, words: &[&str]) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(ahead, word)| matches!(self.peek_at(ahead), Kind::Word(found) if found == word))
    }

    /// Whether these words come anywhere in the statement, one after the other.
    pub(super) fn has_words(&self, words: &[&str]) -> bool {
        self.tokens.windows(words.len()).any(|window| {
            window
                .iter()
                .zip(words)
                .all(|(token, word)| matches!(&token.kind, Kind::Word(found) if found == word))
        })
    }

    /// Takes these words if they come next.
    pub(super) fn eat(&mut self, words: &[&str]) -> bool {
        let found = self.peek_words(words);
        if found {
            self.at += words.len();
        }
        found
    }

    pub(super) fn expect(&mut self, words: &[&str]) -> Parsed<()> {
        for word in words {
            if !self.eat(&[word]) {
                return Err(self.unexpected());
            }
        }
        Ok(())
    }

    pub(super) fn peek_symbol(&self, symbol: &str) -> bool {
        matches!(self.peek(), Kind::Symbol(found) if *found == symbol)
    }

    pub(super) fn eat_symbol(&mut self, symbol: &str) -> bool {
        let found = self.peek_symbol(symbol);
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn expect_symbol(&mut self, symbol: &str) -> Parsed<()> {
        if self.eat_symbol(symbol) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// The error that names the next token.
    pub(super) fn unexpected(&self) -> SyntaxError {
        self.error_here(None)
    }

    /// The error that names the next token and says why.
    pub(super) fn error_here(&self, why: Option<&str>) -> SyntaxError {
        let token = &self.tokens[self.at];
        let shown = match &token.kind {
            Kind::Word(text) | Kind::Quoted(text) | Kind::Text(text) | Kind::Number(text) => text.clone(),
            Kind::Placeholder(number) => number.to_string(),
            Kind::Symbol(symbol) => (*symbol).to_owned(),
            Kind::End => "EOF".to_owned(),
        };
        let mut error = SyntaxError::near(self.sql, token.start, &shown, self.topic);
        if let Some(why) = why {
            error.message = format!("{}: {why}", error.message);
        }
        error
    }

    /// A name: a bare word or a quoted one.
    pub(super) fn name(&mut self) -> Parsed<String> {
        match self.peek().clone() {
            Kind::Word(name) | Kind::Quoted(name) => {
                self.advance();
                Ok(name)
            }
            _ => Err(self.unexpected()),
        }
    }

    pub(super) fn names(&mut self) -> Parsed<Vec<String>> {
        let mut names = vec![self.name()?];
        while self.eat_symbol(",") {
            names.push(self.name()?);
        }
        Ok(names)
    }

    /// A string: a literal, a placeholder, or a bare word that stands for one.
    pub(super) fn text(&mut self) -> Parsed<Text> {
        let text = match self.peek().clone() {
            Kind::Text(text) | Kind::Word(text) | Kind::Quoted(text) => Text::Literal(text),
            Kind::Placeholder(number) => Text::Placeholder(number),
            _ => return Err(self.unexpected()),
        };
        self.advance();
        self.cast()?;
        Ok(text)
    }

    /// One string or several in parentheses.
    pub(super) fn texts(&mut self) -> Parsed<Uris> {
        if !self.eat_symbol("(") {
            return Ok(vec![self.text()?]);
        }
        let mut texts = vec![self.text()?];
        while self.eat_symbol(",") {
            texts.push(self.text()?);
        }
        self.expect_symbol(")")?;
        Ok(texts)
    }

    /// `::STRING` and the like, which say nothing new about a string.
    fn cast(&mut self) -> Parsed<()> {
        while self.eat_symbol("::") {
            self.name()?;
        }
        Ok(())
    }

    pub(super) fn number(&mut self) -> Parsed<Number> {
        let number = match self.peek() {
            Kind::Placeholder(number) => Number::Placeholder(*number),
            Kind::Number(digits) => match digits.parse() {
                Ok(value) => Number::Literal(value),
                Err(_) => return Err(self.unexpected()),
            },
            _ => return Err(self.unexpected()),
        };
        self.advance();
        self.cast()?;
        Ok(number)
    }

    /// `true`, `false` or a placeholder.
    pub(super) fn flag(&mut self) -> Parsed<Flag> {
        let flag = match self.peek() {
            Kind::Placeholder(number) => Flag::Placeholder(*number),
            Kind::Word(word) | Kind::Text(word) => match word.to_lowercase().as_str() {
                "true" | "on" => Flag::Literal(true),
                "false" | "off" => Flag::Literal(false),
                _ => return Err(self.unexpected()),
            },
            _ => return Err(self.unexpected()),
        };
        self.advance();
        self.cast()?;
        Ok(flag)
    }

    /// The value of an option that is true when it has none.
    pub(super) fn optional_flag(&mut self) -> Parsed<Flag> {
        if self.eat_symbol("=") {
            self.flag()
        } else {
            Ok(Flag::Literal(true))
        }
    }

    /// What follows AS OF SYSTEM TIME.
    pub(super) fn moment(&mut self) -> Parsed<Moment> {
        if self.eat_symbol("(") {
            let moment = self.moment()?;
            self.expect_symbol(")")?;
            return Ok(moment);
        }
        let negative = self.eat_symbol("-");
        match self.peek().clone() {
            Kind::Number(digits) => {
                self.advance();
                self.cast()?;
                Ok(Moment::Decimal(if negative {
                    format!("-{digits}")
                } else {
                    digits
                }))
            }
            Kind::Word(name) if self.peek_at(1) == &Kind::Symbol("(") => {
                self.advance();
                self.expect_symbol("(")?;
                self.expect_symbol(")")?;
                Ok(Moment::Function(name))
            }
            Kind::Text(_) | Kind::Placeholder(_) if !negative => Ok(Moment::Text(self.text()?)),
            _ => Err(self.unexpected()),
        }
    }

    pub(super) fn as_of(&mut self) -> Parsed<Option<Moment>> {
        if !self.eat(&["as", "of", "system", "time"]) {
            return Ok(None);
        }
        self.moment().map(Some)
    }

    /// The targets of a BACKUP, or of a RESTORE; both end where `stop` comes.
    pub(super) fn targets(&mut self, stop: &str) -> Parsed<Targets> {
        // A table may have a keyword's name: `BACKUP role INTO …` is about a table.
        let named = |parser: &Parser<'_>| !matches!(parser.peek_at(1), Kind::Word(next) if next == stop);
        if self.eat(&[stop]) {
            self.at -= 1;
            return Ok(Targets::Cluster);
        }
        if self.peek_words(&["database"]) && named(self) {
            self.advance();
            return Ok(Targets::Databases(self.names()?));
        }
        if (self.peek_words(&["tenant"]) || self.peek_words(&["virtual", "cluster"])) && named(self) {
            if !self.eat(&["virtual", "cluster"]) {
                self.advance();
            }
            return match self.number()? {
                Number::Literal(id) => Ok(Targets::VirtualCluster(id)),
                Number::Placeholder(_) => Err(self.unexpected()),
            };
        }
        if self.peek_words(&["table"]) && named(self) {
            self.advance();
        }
        let mut patterns = vec![self.pattern()?];
        while self.eat_symbol(",") {
            patterns.push(self.pattern()?);
        }
        Ok(Targets::Tables(patterns))
    }

    fn pattern(&mut self) -> Parsed<TablePattern> {
        let mut qualifiers = Vec::new();
        loop {
            if self.eat_symbol("*") {
                return Ok(TablePattern {
                    qualifiers,
                    name: None,
                });
            }
            let name = self.name()?;
            if qualifiers.len() == 2 || !self.eat_symbol(".") {
                return Ok(TablePattern {
                    qualifiers,
                    name: Some(name),
                });
            }
            qualifiers.push(name);
        }
    }

    /// `WITH a, b` or `WITH OPTIONS (a, b)`; calls `option` at the start of each.
    pub(super) fn options(&mut self, mut option: impl FnMut(&mut Self) -> Parsed<()>) -> Parsed<()> {
        if !self.eat(&["with"]) {
            return Ok(());
        }
        let bracketed = self.eat(&["options"]);
        if bracketed {
            self.expect_symbol("(")?;
        }
        loop {
            option(self)?;
            if !self.eat_symbol(",") {
                break;
            }
        }
        if bracketed {
            self.expect_symbol(")")
        } else {
            Ok(())
        }
    }

    /// The rest of the text up to the end or, inside parentheses, to the closing one.
    pub(super) fn sub_query(&mut self) -> Parsed<String> {
        let bracketed = self.eat_symbol("(");
        let start = self.tokens[self.at].start;
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                Kind::End if bracketed => return Err(self.unexpected()),
                Kind::End | Kind::Symbol(";") => break,
                Kind::Symbol("(") => depth += 1,
                Kind::Symbol(")") if depth == 0 => {
                    if !bracketed {
                        return Err(self.unexpected());
                    }
                    break;
                }
                Kind::Symbol(")") => depth -= 1,
                _ => {}
            }
            self.advance();
        }
        let query = self.sql[start..self.tokens[self.at].start].trim_end().to_owned();
        if query.is_empty() {
            return Err(self.unexpected());
        }
        if bracketed {
            self.expect_symbol(")")?;
        }
        Ok(query)
    }
}
