//! NOT NULL and CHECK, kept by triggers so that their errors carry CockroachDB's words.

use crate::catalog::{Descriptor, DescriptorId};
use crate::error::{SqlResult, sqlstate};
use crate::session::Session;
use crate::storage::physical;

/// Makes (again) the triggers that keep a table's NOT NULL and CHECK constraints.
pub fn refresh(session: &mut Session, id: DescriptorId) -> SqlResult<()> {
    let catalog = session.catalog()?;
    let Some(table) = catalog.descriptors.get(&id) else {
        return Ok(());
    };
    let conditions = conditions(session, table)?;
    let sqlite = session.sqlite();
    sqlite.execute_batch(&format!(
        "DROP TRIGGER IF EXISTS ci_{id}; DROP TRIGGER IF EXISTS cu_{id};"
    ))?;
    if conditions.is_empty() {
        return Ok(());
    }
    let body: String = conditions
        .iter()
        .map(|(broken, code, message)| {
            format!(
                "SELECT RAISE(ABORT, {}) WHERE {broken};",
                crate::catalog::quote_literal(&format!("practice-error:{code}:{message}"))
            )
        })
        .collect();
    sqlite.execute_batch(&format!(
        "CREATE TRIGGER ci_{id} BEFORE INSERT ON t_{id} WHEN practice_checks() BEGIN {body} END; CREATE TRIGGER cu_{id} BEFORE UPDATE ON t_{id} WHEN practice_checks() BEGIN {body} END;"
    ))?;
    Ok(())
}

/// What a row must not be: SQLite condition on NEW, SQLSTATE, message.
fn conditions(session: &mut Session, table: &Descriptor) -> SqlResult<Vec<(String, &'static str, String)>> {
    let Some(definition) = table.table() else {
        return Ok(Vec::new());
    };
    let mut conditions: Vec<(String, &'static str, String)> = definition
        .columns
        .iter()
        .filter(|c| !c.nullable)
        .map(|c| {
            let message = format!("null value in column \"{}\" violates not-null constraint", c.name);
            (
                format!("NEW.{} IS NULL", physical::column(c.id)),
                sqlstate::NOT_NULL_VIOLATION,
                message,
            )
        })
        .collect();
    let mut translator = super::plain::translator(session)?;
    translator.database = translator.catalog.name_of(table.parent_id);
    for check in &definition.checks {
        let (sql, _) = translator.row_expression(table, &check.expression)?;
        let sql = sql.replace(&format!("\"t_{}\".", table.id), "NEW.");
        conditions.push((
            format!("({sql}) IS FALSE"),
            sqlstate::CHECK_VIOLATION,
            format!("failed to satisfy CHECK constraint ({})", check.expression),
        ));
    }
    Ok(conditions)
}

/// Fails if rows of the table break its constraints now (after ALTER TABLE).
pub fn validate(session: &mut Session, id: DescriptorId) -> SqlResult<()> {
    let catalog = session.catalog()?;
    let Some(table) = catalog.descriptors.get(&id) else {
        return Ok(());
    };
    for (broken, code, message) in conditions(session, table)? {
        let broken = broken.replace("NEW.", "");
        let found: bool = session.sqlite().query_row(
            &format!("SELECT EXISTS (SELECT 1 FROM t_{id} WHERE {broken})"),
            [],
            |row| row.get(0),
        )?;
        if found {
            return Err(crate::error::SqlError::new(code, message));
        }
    }
    Ok(())
}
