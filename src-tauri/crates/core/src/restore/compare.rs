//! Comparing a restored database with the live one, table by table and row by row. Nothing is changed.

use std::sync::Arc;

use roachvault_cockroach::backup::TableName;
use roachvault_cockroach::inspect::{Table, TableKind, definition, list_tables};
use roachvault_cockroach::pair::{Counts, Pair, Stretch, Unmatched};
use serde::{Deserialize, Serialize};

use super::lines::{Lines, Stopped, patiently};
use super::run::RestoreSpec;
use super::{full_name, in_database, short_name};
use crate::cluster::OpenCluster;
use crate::error::{Code, Error, Result};
use crate::job::{
    Compared, ComparisonOutcome, End, JobHandle, JobState, Outcome, RestoreOutcome, TableComparison, Unit,
};
use crate::plan::{counted, grouped, listed};

/// Tables with more rows are compared only when a person asks for it: every row of both is read.
const LARGE: u64 = 1_000_000;

/// Rows of the restored table that one statement looks at.
const AT_ONCE: u64 = 20_000;

/// A comparison as the journal keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CompareSpec {
    pub(super) database: String,
    pub(super) live_database: String,
    pub(super) tables: Vec<ToCompare>,
    pub(super) large_too: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ToCompare {
    #[serde(flatten)]
    pub name: TableName,
    /// As the restored table was counted.
    pub rows: u64,
}

impl CompareSpec {
    /// The tables that a restore brought, with the live ones of their names.
    pub fn of(restore: &RestoreSpec, outcome: &RestoreOutcome, large_too: bool) -> Result<Self> {
        if outcome.database == outcome.from_database {
            return Err(Error::new(
                Code::InvalidInput,
                "This restore went into the live database itself, so there is nothing to compare it with.",
            ));
        }
        let rows_of = |name: &TableName| {
            let name = full_name(name);
            let proof = outcome.tables.iter().find(|table| table.table == name)?;
            proof.found_rows
        };
        let names = restore.expected.iter().map(|table| TableName {
            schema: table.schema.clone(),
            name: table.name.clone(),
        });
        let tables = names.filter_map(|name| {
            let rows = rows_of(&name)?;
            Some(ToCompare { name, rows })
        });
        Ok(Self {
            database: outcome.database.clone(),
            live_database: outcome.from_database.clone(),
            tables: tables.collect(),
            large_too,
        })
    }

    pub fn title(&self) -> String {
        format!("Compare {} with {}", self.database, self.live_database)
    }

    /// Rows that will be looked at.
    pub fn rows(&self) -> u64 {
        let wanted = self
            .tables
            .iter()
            .filter(|table| self.large_too || table.rows <= LARGE);
        wanted.map(|table| table.rows).sum()
    }
}

pub(crate) async fn run(job: JobHandle) -> End {
    let spec: CompareSpec = match job.spec() {
        Ok(spec) => spec,
        Err(error) => return End::failed(error, None),
    };
    let open = match job.cluster() {
        Ok(open) => open,
        Err(error) => return End::failed(error, None),
    };
    let live = match both(&open, &spec).await {
        Ok(live) => live,
        Err(error) => return End::failed(error, None),
    };
    let mut comparing = Comparing {
        lines: Lines::new(&job, &open),
        job: &job,
        open,
        spec: &spec,
        live,
        done: 0,
    };
    let mut tables = Vec::with_capacity(spec.tables.len());
    let mut is_cancelled = false;
    for table in &spec.tables {
        let compared = match is_cancelled {
            true => Ok(none(&table.name, Compared::NotReached)),
            false => comparing.table(table).await,
        };
        tables.push(match compared {
            Ok(compared) => compared,
            Err(Stopped::Failed(error)) => none(&table.name, Compared::Failed { error }),
            Err(Stopped::Asked(_)) => {
                is_cancelled = true;
                none(&table.name, Compared::NotReached)
            }
        });
    }
    ended(&spec, tables, is_cancelled)
}

/// The tables of the live database, once it is known that both databases are there.
async fn both(open: &OpenCluster, spec: &CompareSpec) -> Result<Vec<Table>> {
    for (database, hint) in [
        (&spec.database, "Restore it again to compare it."),
        (
            &spec.live_database,
            "The restored database can take its name: the statement for it is on the page of the restore.",
        ),
    ] {
        match patiently(|| list_tables(open.readable(), database)).await {
            Err(error) if error.code == Code::NotFound => {
                return Err(Error::new(
                    Code::NotFound,
                    format!("There is no database {database} on {} any more.", open.name),
                )
                .hint(hint));
            }
            Ok(tables) if *database == spec.live_database => return Ok(tables),
            Ok(_) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Vec::new())
}

struct Comparing<'a> {
    job: &'a JobHandle,
    open: Arc<OpenCluster>,
    lines: Lines,
    spec: &'a CompareSpec,
    live: Vec<Table>,
    /// Rows looked at.
    done: u64,
}

impl Comparing<'_> {
    async fn table(&mut self, table: &ToCompare) -> Result<TableComparison, Stopped> {
        self.lines.go_on()?;
        let name = &table.name;
        self.job
            .state(JobState::Running, format!("Comparing {}", short_name(name)));
        let live = self
            .live
            .iter()
            .find(|live| live.schema == name.schema && live.name == name.name);
        let estimated = match live {
            Some(Table {
                kind: TableKind::Table,
                estimated_rows,
                ..
            }) => estimated_rows.unwrap_or(0),
            Some(_) => return Ok(none(name, Compared::NotLive)),
            // Whoever may not read a table is not told of it: asked for by its name, it is refused and not absent.
            None => {
                let live = in_database(&self.spec.live_database, name);
                match patiently(|| definition(self.open.readable(), &live)).await {
                    Err(error) if error.code == Code::NotFound => {
                        return Ok(none(name, Compared::NotLive));
                    }
                    Err(error) => return Err(error.into()),
                    Ok(_) => 0,
                }
            }
        };
        let rows = table.rows.max(estimated);
        if rows > LARGE && !self.spec.large_too {
            return Ok(none(name, Compared::Large { rows }));
        }
        let pair = match pair_of(&self.open, name, &self.spec.database, &self.spec.live_database).await? {
            Ok(pair) => pair,
            Err(Unmatched::NoKey) => return Ok(none(name, Compared::NoKey)),
            Err(Unmatched::OtherKey { .. }) => return Ok(none(name, Compared::OtherKey)),
        };
        let before = self.done;
        let (job, total) = (self.job, self.spec.rows());
        let counts = count(&mut self.lines, &pair, |counts| {
            job.progress(before + counts.read, Some(total), Unit::Rows);
        })
        .await?;
        self.done += counts.read;
        let differences = pair.differences();
        let list_changed = match counts.changed {
            0 => None,
            _ => pair.list_changed().map_err(roachvault_cockroach::Error::from)?,
        };
        Ok(TableComparison {
            table: full_name(name),
            result: Compared::Counted {
                missing: counts.missing,
                changed: counts.changed,
                only_live: counts.only_live,
            },
            only_restored: differences.only_restored.clone(),
            only_live: differences.only_live.clone(),
            list_changed,
        })
    }
}

/// The two tables as they are now.
pub(super) async fn pair_of(
    open: &OpenCluster,
    name: &TableName,
    database: &str,
    live_database: &str,
) -> Result<std::result::Result<Pair, Unmatched>> {
    let (restored, live) = (in_database(database, name), in_database(live_database, name));
    let restored_is = patiently(|| definition(open.readable(), &restored)).await?;
    let live_is = patiently(|| definition(open.readable(), &live)).await?;
    Ok(Pair::of((restored, &restored_is), (live, &live_is)))
}

/// Goes through both tables to their end, and tells after each stretch what was counted so far.
pub(super) async fn count(
    lines: &mut Lines,
    pair: &Pair,
    so_far: impl Fn(&Counts),
) -> Result<Counts, Stopped> {
    let mut counts = Counts::default();
    let mut after = None;
    loop {
        let from = after.as_ref();
        let up_to = lines
            .read(|mut line| async move {
                let found = pair.rows_on(&mut line, from, AT_ONCE).await;
                (line, found)
            })
            .await?;
        let stretch = &Stretch {
            after: after.take(),
            up_to: up_to.clone(),
        };
        counts += lines
            .read(|mut line| async move {
                let compared = pair.compare(&mut line, stretch).await;
                (line, compared)
            })
            .await?;
        so_far(&counts);
        match up_to {
            Some(key) => after = Some(key),
            None => return Ok(counts),
        }
    }
}

fn none(name: &TableName, result: Compared) -> TableComparison {
    TableComparison {
        table: full_name(name),
        result,
        only_restored: Vec::new(),
        only_live: Vec::new(),
        list_changed: None,
    }
}

fn ended(spec: &CompareSpec, tables: Vec<TableComparison>, is_cancelled: bool) -> End {
    let first_error = tables.iter().find_map(|table| match &table.result {
        Compared::Failed { error } => Some(error.clone()),
        _ => None,
    });
    let counted_any = tables
        .iter()
        .any(|table| matches!(table.result, Compared::Counted { .. }));
    let outcome = Outcome::Comparison(ComparisonOutcome {
        database: spec.database.clone(),
        live_database: spec.live_database.clone(),
        verdict: verdict(spec, &tables),
        tables,
    });
    match first_error {
        _ if is_cancelled => End::cancelled(None, Some(outcome)),
        None => End::succeeded(outcome),
        Some(error) if counted_any => End::partly_done(Some(error), outcome),
        Some(error) => End::failed(error, Some(outcome)),
    }
}

/// Whole tables first, then a sentence on rows that the live database lacks, and one on what was not looked at.
fn verdict(spec: &CompareSpec, tables: &[TableComparison]) -> String {
    let live = &spec.live_database;
    let gone: Vec<(&str, u64)> = tables
        .iter()
        .filter(|table| matches!(table.result, Compared::NotLive))
        .map(|table| {
            let restored = spec
                .tables
                .iter()
                .find(|restored| full_name(&restored.name) == table.table);
            let rows = restored.map_or(0, |restored| restored.rows);
            (table.table.trim_start_matches("public."), rows)
        })
        .collect();
    let missing: Vec<(u64, &str)> = tables
        .iter()
        .filter_map(|table| match table.result {
            Compared::Counted { missing, .. } if missing > 0 => {
                Some((missing, table.table.trim_start_matches("public.")))
            }
            _ => None,
        })
        .collect();
    let uncounted = tables
        .iter()
        .filter(|table| !matches!(table.result, Compared::Counted { .. } | Compared::NotLive))
        .count();
    let compared = tables.len() - uncounted - gone.len();
    let rows: u64 = missing.iter().map(|(rows, _)| rows).sum();
    let of_rows = match missing.as_slice() {
        // Said of the others only where it holds for all of them.
        [] if !gone.is_empty() && (compared == 0 || uncounted > 0) => String::new(),
        [] if !gone.is_empty() => "No row is missing in the others.".to_owned(),
        [] if compared == 0 => format!("No table could be compared with {live}."),
        [] => format!("No row of the restored copy is missing in {live}."),
        [(_, table)] => format!("{} missing in {live}, all of {table}.", rows_are(rows)),
        several if several.len() <= 3 => {
            let parts: Vec<String> = several
                .iter()
                .map(|(rows, table)| format!("{} in {table}", grouped(*rows)))
                .collect();
            format!("{} missing in {live}: {}.", rows_are(rows), listed(&parts))
        }
        several => format!(
            "{} missing in {live}, in {}.",
            rows_are(rows),
            counted(several.len(), "table")
        ),
    };
    let not_compared = match uncounted {
        0 => String::new(),
        _ if compared == 0 && gone.is_empty() => String::new(),
        1 => "1 table was not compared.".to_owned(),
        several => format!("{} were not compared.", counted(several, "table")),
    };
    let sentences = [of_gone(&gone, live), of_rows, not_compared];
    let sentences: Vec<String> = sentences.into_iter().filter(|text| !text.is_empty()).collect();
    sentences.join(" ")
}

/// A table without rows that is gone is gone all the same.
fn of_gone(gone: &[(&str, u64)], live: &str) -> String {
    let are = match gone.len() {
        0 => return String::new(),
        1 => "1 table is".to_owned(),
        several => format!("{several} tables are"),
    };
    if gone.len() > 3 {
        let rows: u64 = gone.iter().map(|(_, rows)| rows).sum();
        return format!("{are} gone from {live}, with {} in the copy.", of_so_many(rows));
    }
    let parts: Vec<String> = gone
        .iter()
        .map(|(table, rows)| match rows {
            0 => format!("{table} (empty)"),
            rows => format!("{table} ({})", of_so_many(*rows)),
        })
        .collect();
    format!("{are} gone from {live}: {}.", listed(&parts))
}

fn of_so_many(rows: u64) -> String {
    match rows {
        1 => "1 row".to_owned(),
        rows => format!("{} rows", grouped(rows)),
    }
}

fn rows_are(rows: u64) -> String {
    match rows {
        1 => "1 row is".to_owned(),
        rows => format!("{} rows are", grouped(rows)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str, result: Compared) -> TableComparison {
        TableComparison {
            table: format!("public.{name}"),
            result,
            only_restored: Vec::new(),
            only_live: Vec::new(),
            list_changed: None,
        }
    }

    fn spec(tables: &[(&str, u64)]) -> CompareSpec {
        let tables = tables.iter().map(|(name, rows)| ToCompare {
            name: TableName {
                schema: "public".into(),
                name: (*name).into(),
            },
            rows: *rows,
        });
        CompareSpec {
            database: "copy".into(),
            live_database: "bank".into(),
            tables: tables.collect(),
            large_too: false,
        }
    }

    fn counted(missing: u64) -> Compared {
        Compared::Counted {
            missing,
            changed: 3,
            only_live: 4,
        }
    }

    #[test]
    fn the_verdict_tells_what_is_missing_and_what_was_not_looked_at() {
        let of = |tables: &[TableComparison]| verdict(&spec(&[]), tables);
        assert_eq!(
            of(&[table("a", counted(0))]),
            "No row of the restored copy is missing in bank."
        );
        assert_eq!(
            of(&[table("a", counted(1)), table("b", counted(0))]),
            "1 row is missing in bank, all of a."
        );
        assert_eq!(
            of(&[
                table("a", counted(1_000)),
                table("b", counted(2)),
                table("c", Compared::NoKey)
            ]),
            "1,002 rows are missing in bank: 1,000 in a and 2 in b. 1 table was not compared."
        );
        assert_eq!(
            of(&[table("a", Compared::NoKey)]),
            "No table could be compared with bank."
        );
    }

    #[test]
    fn the_verdict_tells_tables_that_are_gone_with_rows_or_empty() {
        let rows = [("a", 4_000), ("b", 1), ("c", 0), ("d", 20)];
        let of = |tables: &[TableComparison]| verdict(&spec(&rows), tables);
        let gone = |name| table(name, Compared::NotLive);
        assert_eq!(
            of(&[gone("a"), table("e", counted(0))]),
            "1 table is gone from bank: a (4,000 rows). No row is missing in the others."
        );
        assert_eq!(
            of(&[gone("b"), gone("c"), table("e", counted(312))]),
            "2 tables are gone from bank: b (1 row) and c (empty). 312 rows are missing in bank, all of e."
        );
        assert_eq!(
            of(&[gone("c"), table("e", counted(0)), table("f", Compared::NoKey)]),
            "1 table is gone from bank: c (empty). 1 table was not compared."
        );
        assert_eq!(
            of(&[gone("a"), gone("b"), gone("c"), gone("d")]),
            "4 tables are gone from bank, with 4,021 rows in the copy."
        );
    }

    #[test]
    fn a_comparison_that_failed_for_one_table_tells_the_others() {
        let spec = spec(&[]);
        let failed = || Compared::Failed {
            error: Error::new(Code::NoPrivilege, "no"),
        };
        let state = |tables: Vec<TableComparison>, is_cancelled| ended(&spec, tables, is_cancelled).state;
        assert_eq!(state(vec![table("a", counted(1))], false), JobState::Succeeded);
        assert_eq!(state(vec![table("a", failed())], false), JobState::Failed);
        let both = || vec![table("a", counted(1)), table("b", failed())];
        assert_eq!(state(both(), false), JobState::PartlyDone);
        assert_eq!(state(both(), true), JobState::Cancelled);
    }
}
