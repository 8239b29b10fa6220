//! CREATE, ALTER, DROP and CHECK EXTERNAL CONNECTION.

use super::parser::{Parsed, Parser};
use super::{ConnectionGrant, ExternalConnection, Statement, Text};

impl Parser<'_> {
    pub(super) fn connection_statement(&mut self) -> Option<Parsed<Statement>> {
        if self.eat(&["create", "external", "connection"]) {
            self.set_topic("CREATE EXTERNAL CONNECTION");
            let if_not_exists = self.eat(&["if", "not", "exists"]);
            return Some(self.name_and_uri().map(|(name, uri)| {
                Statement::ExternalConnection(ExternalConnection::Create {
                    if_not_exists,
                    name,
                    uri,
                })
            }));
        }
        if self.eat(&["alter", "external", "connection"]) {
            self.set_topic("ALTER EXTERNAL CONNECTION");
            let if_exists = self.eat(&["if", "exists"]);
            return Some(self.name_and_uri().map(|(name, uri)| {
                Statement::ExternalConnection(ExternalConnection::Alter { if_exists, name, uri })
            }));
        }
        if self.eat(&["drop", "external", "connection"]) {
            self.set_topic("DROP EXTERNAL CONNECTION");
            let dropped = self.text();
            return Some(
                dropped.map(|name| Statement::ExternalConnection(ExternalConnection::Drop { name })),
            );
        }
        if self.eat(&["check", "external", "connection"]) {
            self.set_topic("CHECK EXTERNAL CONNECTION");
            return Some(self.check_connection(false));
        }
        if self.eat(&["show", "grants", "on", "external", "connection"]) {
            let shown = self.text();
            return Some(
                shown.map(|name| Statement::ExternalConnection(ExternalConnection::ShowGrants { name })),
            );
        }
        if self.is_connection_grant() {
            let granted = self.connection_grant();
            return Some(
                granted.map(|grant| Statement::ExternalConnection(ExternalConnection::Grant(grant))),
            );
        }
        None
    }

    /// Whether `GRANT` or `REVOKE` is followed by bare words and ON EXTERNAL CONNECTION.
    fn is_connection_grant(&self) -> bool {
        (self.peek_words(&["grant"]) || self.peek_words(&["revoke"]))
            && self.has_words(&["on", "external", "connection"])
    }

    fn connection_grant(&mut self) -> Parsed<ConnectionGrant> {
        let revoke = !self.eat(&["grant"]) && self.eat(&["revoke"]);
        self.eat(&["grant", "option", "for"]);
        let mut privileges = self.names()?;
        if privileges == ["all"] {
            self.eat(&["privileges"]);
        }
        privileges
            .iter_mut()
            .for_each(|privilege| *privilege = privilege.to_lowercase());
        self.expect(&["on", "external", "connection"])?;
        let mut connections = vec![self.text()?];
        while self.eat_symbol(",") {
            connections.push(self.text()?);
        }
        self.expect(&[if revoke { "from" } else { "to" }])?;
        let users = self.names()?;
        let with_grant_option = self.eat(&["with", "grant", "option"]);
        Ok(ConnectionGrant {
            revoke,
            privileges,
            connections,
            users,
            with_grant_option,
        })
    }

    fn name_and_uri(&mut self) -> Parsed<(Text, Text)> {
        let name = self.text()?;
        self.expect(&["as"])?;
        Ok((name, self.text()?))
    }

    /// After the words CHECK EXTERNAL CONNECTION or SHOW BACKUP CONNECTION.
    pub(super) fn check_connection(&mut self, old_spelling: bool) -> Parsed<Statement> {
        let uri = self.text()?;
        let (mut transfer, mut time, mut concurrently) = (None, None, None);
        self.options(|parser| {
            for (word, slot) in [
                ("transfer", &mut transfer),
                ("time", &mut time),
                ("concurrently", &mut concurrently),
            ] {
                if parser.eat(&[word]) {
                    parser.expect_symbol("=")?;
                    let value = parser.text_or_number()?;
                    return parser.once(slot, word, value);
                }
            }
            Err(parser.unexpected())
        })?;
        let check = ExternalConnection::Check {
            uri,
            transfer,
            time,
            concurrently,
            old_spelling,
        };
        Ok(Statement::ExternalConnection(check))
    }
}
