//! Parse, Bind, Describe, Execute, Close: statements with parameters.

use std::collections::{HashMap, VecDeque};
use std::io;

use super::connection::{Answer, Ended, tell_notices};
use super::frame::{Body, Peer, malformed};
use crate::datum::{Datum, Row};
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::output::Collect;
use crate::session::{ColumnMeta, Description, RowSink, Session};
use crate::sql::lexer::split_statements;
use crate::types::SqlType;
use crate::userfile;

/// The prepared statements and portals of a connection.
#[derive(Default)]
pub struct Extended {
    statements: HashMap<String, Prepared>,
    portals: HashMap<String, Portal>,
    /// Messages came since the last Sync.
    in_progress: bool,
    /// After an error, everything up to Sync is passed over.
    skipping: bool,
}

#[derive(Clone)]
struct Prepared {
    sql: String,
    description: Description,
}

struct Portal {
    statement: Prepared,
    parameters: Vec<Datum>,
    formats: Vec<i16>,
    /// What an earlier Execute with a row limit left over.
    rest: Option<Rest>,
}

struct Rest {
    columns: Vec<ColumnMeta>,
    rows: VecDeque<Row>,
    tag: String,
}

impl Extended {
    pub fn in_progress(&self) -> bool {
        self.in_progress
    }

    pub fn skipping(&self) -> bool {
        self.skipping
    }

    pub fn skip_to_sync(&mut self) {
        self.skipping = true;
    }

    pub fn sync(&mut self) {
        self.in_progress = false;
        self.skipping = false;
        self.portals.clear();
    }

    pub fn message(
        &mut self,
        session: &mut Session,
        peer: &mut Peer,
        kind: u8,
        body: &[u8],
    ) -> Result<SqlResult<()>, Ended> {
        self.in_progress = true;
        let mut body = Body(body);
        match kind {
            b'P' => match self.parse(session, &mut body) {
                Ok(()) => peer.send(b'1', |_| {}).map(Ok),
                Err(error) => Ok(Err(error)),
            },
            b'B' => match self.bind(&mut body) {
                Ok(()) => peer.send(b'2', |_| {}).map(Ok),
                Err(error) => Ok(Err(error)),
            },
            b'D' => self.describe(peer, &mut body),
            b'E' => self.execute(session, peer, &mut body),
            _ => match self.close(&mut body) {
                Ok(()) => peer.send(b'3', |_| {}).map(Ok),
                Err(error) => Ok(Err(error)),
            },
        }
    }

    fn parse(&mut self, session: &mut Session, body: &mut Body<'_>) -> SqlResult<()> {
        let name = body.text()?.to_owned();
        let sql = body.text()?;
        let count = body.int16()?;
        let hints = (0..count)
            .map(|_| body.int32().map(|oid| SqlType::from_oid(oid.cast_unsigned())))
            .collect::<SqlResult<Vec<_>>>()?;
        let statements = split_statements(sql)?;
        let description = match statements.as_slice() {
            [] => Description::default(),
            [only] if userfile::is_upload(only) => {
                return Err(SqlError::plain(
                    "CopyFrom not supported in extended protocol mode",
                ));
            }
            [only] => session.describe(only, &hints)?,
            _ => {
                return Err(SqlError::new(
                    sqlstate::SYNTAX,
                    "prepared statement had more than one statement",
                ));
            }
        };
        let sql = statements.first().copied().unwrap_or_default().to_owned();
        self.statements.insert(name, Prepared { sql, description });
        Ok(())
    }

    fn bind(&mut self, body: &mut Body<'_>) -> SqlResult<()> {
        let portal = body.text()?.to_owned();
        let statement = self.prepared(body.text()?)?.clone();
        let formats = int16_list(body)?;
        let count = body.int16()?;
        let types = &statement.description.parameters;
        if usize::try_from(count).ok() != Some(types.len()) {
            return Err(SqlError::new(
                sqlstate::PROTOCOL_VIOLATION,
                format!("expected {} arguments, got {count}", types.len()),
            ));
        }
        let mut parameters = Vec::with_capacity(types.len());
        for (index, ty) in types.iter().enumerate() {
            parameters.push(match body.value()? {
                None => Datum::Null,
                Some(bytes) if super::frame::format_of(&formats, index) == 1 => {
                    Datum::from_binary(bytes, ty)?
                }
                Some(bytes) => {
                    let text = std::str::from_utf8(bytes).map_err(|_| malformed())?;
                    Datum::from_text(text, ty)?
                }
            });
        }
        let formats = int16_list(body)?;
        self.portals.insert(
            portal,
            Portal {
                statement,
                parameters,
                formats,
                rest: None,
            },
        );
        Ok(())
    }

    fn describe(&mut self, peer: &mut Peer, body: &mut Body<'_>) -> Result<SqlResult<()>, Ended> {
        let target = (|| {
            let kind = body.byte()?;
            let name = body.text()?;
            if kind == b'S' {
                let description = self.prepared(name)?.description.clone();
                return Ok((Some(description.parameters), description.columns, Vec::new()));
            }
            let portal = self.portal(name)?;
            Ok((
                None,
                portal.statement.description.columns.clone(),
                portal.formats.clone(),
            ))
        })();
        let (parameters, columns, formats) = match target {
            Ok(target) => target,
            Err(error) => return Ok(Err(error)),
        };
        if let Some(parameters) = parameters {
            peer.send(b't', |out| {
                out.extend(i16::try_from(parameters.len()).unwrap_or(i16::MAX).to_be_bytes());
                for ty in &parameters {
                    out.extend(ty.oid().to_be_bytes());
                }
            })?;
        }
        match columns {
            Some(columns) => peer.send_columns(&columns, &formats)?,
            None => peer.send(b'n', |_| {})?,
        }
        Ok(Ok(()))
    }

    fn execute(
        &mut self,
        session: &mut Session,
        peer: &mut Peer,
        body: &mut Body<'_>,
    ) -> Result<SqlResult<()>, Ended> {
        let asked = (|| Ok((body.text()?.to_owned(), body.int32()?)))();
        let (name, limit) = match asked {
            Ok(asked) => asked,
            Err(error) => return Ok(Err(error)),
        };
        let Some(portal) = self.portals.get_mut(&name) else {
            return Ok(Err(unknown_portal(&name)));
        };
        let sql = portal.statement.sql.clone();
        if sql.is_empty() {
            return peer.send(b'I', |_| {}).map(Ok);
        }
        if session.cluster().faults().matches_statement("cut_at", &sql) {
            peer.cut();
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        if let Some(limit) = usize::try_from(limit).ok().filter(|limit| *limit > 0) {
            return portal.execute_some(session, peer, limit);
        }
        let mut rows = Answer::bound(peer, portal.formats.clone());
        let result = match portal.rest.take() {
            Some(rest) => rest.send(&mut rows).map(|()| rest.tag),
            None => session
                .execute(&sql, &portal.parameters, &mut rows)
                .map(|finished| finished.tag),
        };
        if let Some(error) = rows.broken {
            return Err(error);
        }
        if session
            .cluster()
            .faults()
            .matches_statement("cut_after_statement", &sql)
        {
            peer.cut();
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        tell_notices(session, peer)?;
        match result {
            Ok(tag) => peer.send_tag(&tag).map(Ok),
            Err(error) => Ok(Err(error)),
        }
    }

    fn close(&mut self, body: &mut Body<'_>) -> SqlResult<()> {
        let kind = body.byte()?;
        let name = body.text()?;
        if kind == b'S' {
            self.statements.remove(name);
        } else {
            self.portals.remove(name);
        }
        Ok(())
    }

    fn prepared(&self, name: &str) -> SqlResult<&Prepared> {
        self.statements.get(name).ok_or_else(|| {
            SqlError::new(
                sqlstate::INVALID_STATEMENT_NAME,
                format!("unknown prepared statement \"{name}\""),
            )
        })
    }

    fn portal(&self, name: &str) -> SqlResult<&Portal> {
        self.portals.get(name).ok_or_else(|| unknown_portal(name))
    }
}

impl Portal {
    /// Gives at most `limit` rows; the others wait for the next Execute.
    fn execute_some(
        &mut self,
        session: &mut Session,
        peer: &mut Peer,
        limit: usize,
    ) -> Result<SqlResult<()>, Ended> {
        if self.rest.is_none() {
            let mut all = Collect::default();
            match session.execute(&self.statement.sql, &self.parameters, &mut all) {
                Ok(finished) => {
                    self.rest = Some(Rest {
                        columns: all.0.columns,
                        rows: all.0.rows.into(),
                        tag: finished.tag,
                    });
                }
                Err(error) => return Ok(Err(error)),
            }
            tell_notices(session, peer)?;
        }
        let Some(rest) = &mut self.rest else {
            return Ok(Ok(()));
        };
        let now = Rest {
            columns: rest.columns.clone(),
            rows: rest.rows.drain(..limit.min(rest.rows.len())).collect(),
            tag: String::new(),
        };
        let (finished, tag) = (rest.rows.is_empty(), rest.tag.clone());
        let mut rows = Answer::bound(peer, self.formats.clone());
        let sent = now.send(&mut rows);
        if let Some(error) = rows.broken {
            return Err(error);
        }
        if let Err(error) = sent {
            return Ok(Err(error));
        }
        if finished {
            peer.send_tag(&tag).map(Ok)
        } else {
            peer.send(b's', |_| {}).map(Ok)
        }
    }
}

impl Rest {
    fn send(&self, rows: &mut Answer<'_>) -> SqlResult<()> {
        rows.columns(&self.columns)?;
        for row in &self.rows {
            rows.row(row)?;
        }
        Ok(())
    }
}

fn unknown_portal(name: &str) -> SqlError {
    SqlError::new(
        sqlstate::INVALID_CURSOR_NAME,
        format!("unknown portal \"{name}\""),
    )
}

fn int16_list(body: &mut Body<'_>) -> SqlResult<Vec<i16>> {
    let count = body.int16()?;
    (0..count).map(|_| body.int16()).collect()
}
