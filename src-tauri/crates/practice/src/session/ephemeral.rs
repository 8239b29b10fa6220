//! Tables that live for one statement: bracketed statements and virtual tables, as SQLite temp tables.

use rusqlite::params_from_iter;

use super::{Rows, Session, TransactionStatus};
use crate::catalog::quote_ident;
use crate::clock::Timestamp;
use crate::error::SqlResult;
use crate::session::output::Collect;
use crate::types::SqlType;

impl Session {
    /// Makes a table of the rows for the running statement.
    pub(crate) fn make_ephemeral(&mut self, name: &str, rows: &Rows) -> SqlResult<()> {
        let table = quote_ident(name);
        let columns: Vec<String> = rows.columns.iter().map(|c| quote_ident(&c.name)).collect();
        let columns = if columns.is_empty() {
            vec!["\"~none\"".to_owned()]
        } else {
            columns
        };
        let sqlite = self.sqlite();
        sqlite.execute_batch(&format!(
            "DROP TABLE IF EXISTS temp.{table}; CREATE TEMP TABLE {table} ({})",
            columns.join(", ")
        ))?;
        let marks = vec!["?"; columns.len()].join(", ");
        let mut insert = sqlite.prepare(&format!("INSERT INTO temp.{table} VALUES ({marks})"))?;
        for row in &rows.rows {
            insert.execute(params_from_iter(row))?;
        }
        drop(insert);
        self.ephemeral.push(name.to_owned());
        Ok(())
    }

    /// Takes the statement's tables away.
    pub(crate) fn forget_ephemeral(&mut self) {
        for name in std::mem::take(&mut self.ephemeral) {
            // A table left behind is replaced by the next one of its name.
            let _ = self
                .sqlite()
                .execute_batch(&format!("DROP TABLE IF EXISTS temp.{}", quote_ident(&name)));
        }
    }

    /// Runs a statement inside another one (`[SHOW …]`) and gathers its rows.
    pub(crate) fn query_inside(&mut self, sql: &str) -> SqlResult<Rows> {
        let outer = std::mem::take(&mut self.ephemeral);
        let parameters = std::mem::take(&mut self.parameter_types);
        let mut collect = Collect::default();
        let result = match self
            .cluster
            .extension()
            .and_then(|extension| extension.run(self, sql, &[]))
        {
            Some(outcome) => outcome.and_then(|outcome| super::dispatch::deliver(outcome, &mut collect)),
            None => crate::sql::run(self, sql, &[], &mut collect),
        };
        self.ephemeral = outer;
        self.parameter_types = parameters;
        result?;
        Ok(collect.0)
    }

    /// The types the client's parameters were decoded by.
    pub(crate) fn parameter_types(&self) -> &[SqlType] {
        &self.parameter_types
    }

    /// Sets the types of the next statement's parameters.
    pub fn set_parameter_types(&mut self, types: Vec<SqlType>) {
        self.parameter_types = types;
    }

    /// The moment the whole transaction reads at (`SET TRANSACTION AS OF SYSTEM TIME`), if it was set.
    pub(crate) fn read_timestamp(&self) -> Option<Timestamp> {
        (self.transaction_status() == TransactionStatus::InTransaction)
            .then_some(self.read_at)
            .flatten()
    }

    /// Sets the moment the transaction reads at.
    pub(crate) fn set_read_timestamp(&mut self, at: Timestamp) {
        self.read_at = Some(at);
    }

    /// Whether `crdb_internal` and `system` are closed to this session.
    pub(crate) fn internals_are_closed(&mut self) -> SqlResult<bool> {
        if self.is_internal || !self.cluster.version().differences().internals_are_closed {
            return Ok(false);
        }
        if self.variables.was_set("allow_unsafe_internals") {
            return Ok(!self.variables.is_on("allow_unsafe_internals"));
        }
        let overridden = self
            .catalog()?
            .setting("sql.override.allow_unsafe_internals.enabled");
        Ok(overridden.as_deref() != Some("true"))
    }
}
