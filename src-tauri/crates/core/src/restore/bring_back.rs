//! Bringing rows that the live database lacks back out of a restored one.
//!
//! Nothing is overwritten and nothing is deleted: only rows whose key the live table does not have are inserted, a part at a
//! time, tables that others refer to first. Each part looks for what is missing by itself, so the job may be stopped, cut off
//! and run again at any point. It counts as done when nothing was found missing afterwards.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use roachvault_cockroach::backup::TableName;
use roachvault_cockroach::grant;
use roachvault_cockroach::inspect::has_table_privilege;
use roachvault_cockroach::pair::{LeftOut, Pair, Stretch};
use roachvault_cockroach::{BrokenRule, ErrorKind};
use serde::{Deserialize, Serialize};

use super::compare::{CompareSpec, count, pair_of};
use super::lines::{Lines, Stopped};
use super::proof::parents_first;
use super::{full_name, in_database, short_name};
use crate::cluster::{ConnectionId, Environment, OpenCluster};
use crate::error::{Code, Error, Result};
use crate::job::{
    BringBackOutcome, BroughtBack, Compared, ComparisonOutcome, End, JobHandle, JobId, JobSnapshot, JobState,
    Outcome, Signal, Unit,
};
use crate::plan::{PlanId, counted, grouped, listed};

/// Rows that one statement brings back, all of them or none.
const AT_ONCE: u64 = 1_000;

/// A table whose parts are refused again and again is given up after so many.
const REFUSALS: u32 = 10;

/// What would come back. Nothing has been sent.
#[derive(Debug, Clone)]
pub struct BringBackPlan {
    pub id: PlanId,
    pub connection: ConnectionId,
    /// The restore whose rows these are.
    pub restore: Option<JobId>,
    pub database: String,
    pub live_database: String,
    /// When the missing rows were counted.
    pub counted_at: Option<DateTime<Utc>>,
    /// In the order in which they will be gone through.
    pub tables: Vec<PlannedReturn>,
    /// The name to type on a production connection.
    pub type_to_confirm: Option<String>,
}

#[derive(Debug, Clone)]
pub struct PlannedReturn {
    pub name: TableName,
    /// Rows that will be inserted.
    pub rows: u64,
    /// Rows that stay as they are in the live table.
    pub changed: u64,
    /// As it is sent; for more rows than go at once, with the ends of each part added.
    pub sql: String,
    /// How many statements it takes.
    pub parts: u64,
    /// Tables that its rows refer to and that lack rows too.
    pub needs: Vec<TableName>,
    /// What a person should know, a sentence each.
    pub notes: Vec<String>,
    pub obstacle: Option<Obstacle>,
}

/// Why a table cannot be brought back.
#[derive(Debug, Clone)]
pub struct Obstacle {
    pub text: String,
    /// What somebody who may can run against it.
    pub sql: Option<String>,
}

/// A job as the journal keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BringBackSpec {
    database: String,
    live_database: String,
    tables: Vec<ToBringBack>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct ToBringBack {
    #[serde(flatten)]
    name: TableName,
    /// As planned.
    rows: u64,
    /// By this job, in an earlier run.
    inserted: u64,
}

pub(crate) async fn plan(
    open: &OpenCluster,
    comparison: &JobSnapshot,
    compared: &ComparisonOutcome,
    spec: &CompareSpec,
) -> Result<BringBackPlan> {
    let mut found = Vec::new();
    for table in &spec.tables {
        let name = full_name(&table.name);
        let compared = compared.tables.iter().find(|compared| compared.table == name);
        if let Some(Compared::Counted { missing, changed, .. }) = compared.map(|compared| &compared.result)
            && *missing > 0
        {
            found.push(planned(open, spec, &table.name, *missing, *changed).await?);
        }
    }
    if found.is_empty() {
        return Err(Error::new(
            Code::PlanChanged,
            format!("No row was found missing in {}.", spec.live_database),
        )
        .hint("Compare again."));
    }
    let name = |(table, _): &(PlannedReturn, _)| (table.name.schema.clone(), table.name.name.clone());
    let lacking: Vec<(String, String)> = found.iter().map(name).collect();
    let ordered = parents_first(
        &found,
        |(table, _)| (table.name.schema.as_str(), table.name.name.as_str()),
        |(_, references)| references.clone(),
    );
    let tables = ordered.into_iter().map(|(table, references)| {
        let needs = references.iter().filter(|name| lacking.contains(name));
        PlannedReturn {
            needs: needs
                .map(|(schema, name)| TableName {
                    schema: schema.clone(),
                    name: name.clone(),
                })
                .collect(),
            ..table.clone()
        }
    });
    let is_production = open.environment == Environment::Production;
    Ok(BringBackPlan {
        id: PlanId::new(),
        connection: open.id,
        restore: comparison.follows,
        database: spec.database.clone(),
        live_database: spec.live_database.clone(),
        counted_at: comparison.finished_at,
        tables: tables.collect(),
        type_to_confirm: is_production.then(|| spec.live_database.clone()),
    })
}

/// With the tables that its rows refer to.
async fn planned(
    open: &OpenCluster,
    spec: &CompareSpec,
    name: &TableName,
    rows: u64,
    changed: u64,
) -> Result<(PlannedReturn, Vec<(String, String)>)> {
    let (database, live) = (&spec.database, &spec.live_database);
    let table = |sql, notes, obstacle| PlannedReturn {
        name: name.clone(),
        rows,
        changed,
        sql,
        parts: rows.div_ceil(AT_ONCE),
        needs: Vec::new(),
        notes,
        obstacle,
    };
    let blocked = |text: String, sql| Some(Obstacle { text, sql });
    let Ok(pair) = pair_of(open, name, database, live).await? else {
        let text = format!("Its primary key was changed in {live} meanwhile. Compare again.");
        return Ok((table(String::new(), Vec::new(), blocked(text, None)), Vec::new()));
    };
    let in_live = in_database(live, name);
    let me = open.readable().user();
    let obstacle = if !pair.can_insert() {
        let text = format!(
            "{live} numbers the rows of this table by itself and takes no row with a number that it had before."
        );
        blocked(text, None)
    } else if has_table_privilege(open.readable(), &in_live, "INSERT").await? == Some(false) {
        let grant = grant::on_tables("SELECT, INSERT", live, std::slice::from_ref(name), me)?;
        blocked(
            format!("{me} may not insert into it. An administrator can grant it."),
            Some(grant),
        )
    } else {
        None
    };
    let sql = pair.insertion(&Stretch::default(), &LeftOut::default())?;
    let mut told = table(sql, notes(&pair, live), obstacle);
    if !pair.inserts_in_parts() {
        told.parts = 1;
    }
    Ok((told, pair.references()))
}

/// What is not copied as it was.
fn notes(pair: &Pair, live: &str) -> Vec<String> {
    let differences = pair.differences();
    let mut notes = Vec::new();
    if !differences.only_restored.is_empty() {
        let names = listed(&differences.only_restored);
        notes.push(format!(
            "{live} has no {names} any more. What it held is not copied."
        ));
    }
    if !differences.only_live.is_empty() {
        let names = listed(&differences.only_live);
        notes.push(format!(
            "{names} was added since. Rows that come back get its default."
        ));
    }
    if !differences.numbered_anew.is_empty() {
        let names = listed(&differences.numbered_anew);
        notes.push(format!(
            "{live} numbers {names} by itself. Rows that come back get new numbers."
        ));
    }
    notes
}

impl BringBackPlan {
    /// The job for the chosen tables, given by their full names.
    pub(crate) fn spec(&self, chosen: &[String]) -> Result<BringBackSpec> {
        let wanted = |table: &&PlannedReturn| chosen.contains(&full_name(&table.name));
        let tables: Vec<&PlannedReturn> = self.tables.iter().filter(wanted).collect();
        if tables.is_empty() || tables.len() != chosen.len() {
            return Err(Error::new(
                Code::InvalidInput,
                "Choose at least one table of the plan.",
            ));
        }
        if let Some((table, obstacle)) = tables
            .iter()
            .find_map(|table| Some((table, table.obstacle.as_ref()?)))
        {
            let told = format!(
                "{} cannot be brought back. {}",
                short_name(&table.name),
                obstacle.text
            );
            return Err(Error::new(Code::InvalidInput, told));
        }
        Ok(BringBackSpec {
            database: self.database.clone(),
            live_database: self.live_database.clone(),
            tables: tables
                .into_iter()
                .map(|table| ToBringBack {
                    name: table.name.clone(),
                    rows: table.rows,
                    inserted: 0,
                })
                .collect(),
        })
    }

    /// Looks again at what may have changed since the plan was shown: what is sent must be what was read.
    pub(crate) async fn recheck(&self, open: &OpenCluster, spec: &BringBackSpec) -> Result<()> {
        for table in &spec.tables {
            let shown = self.tables.iter().find(|planned| planned.name == table.name);
            let pair = pair_of(open, &table.name, &self.database, &self.live_database).await?;
            let sql = match pair {
                Ok(pair) => Some(pair.insertion(&Stretch::default(), &LeftOut::default())?),
                Err(_) => None,
            };
            if shown.map(|planned| planned.sql.as_str()) != sql.as_deref() {
                let told = format!(
                    "{} was changed since this plan was made.",
                    short_name(&table.name)
                );
                return Err(
                    Error::new(Code::PlanChanged, told).hint("Compare again, then look at the new plan.")
                );
            }
        }
        Ok(())
    }
}

impl BringBackSpec {
    pub(crate) fn title(&self) -> String {
        let rows = match self.rows() {
            1 => "1 missing row".to_owned(),
            rows => format!("{} missing rows", grouped(rows)),
        };
        format!("Bring {rows} back into {}", self.live_database)
    }

    pub(crate) fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    fn inserted(&self) -> u64 {
        self.tables.iter().map(|table| table.inserted).sum()
    }
}

pub(crate) async fn run(job: JobHandle) -> End {
    let spec: BringBackSpec = match job.spec() {
        Ok(spec) => spec,
        Err(error) => return End::failed(error, None),
    };
    let open = match job.cluster().and_then(|open| {
        open.writable()?;
        Ok(open)
    }) {
        Ok(open) => open,
        Err(error) => return End::failed(error, None),
    };
    let mut returning = Returning {
        job: &job,
        lines: Lines::new(&job, &open),
        open,
        reasons: vec![Vec::new(); spec.tables.len()],
        is_in_doubt: false,
        spec,
    };
    let left = match returning.all().await {
        Ok(left) => left,
        Err(Stopped::Asked(Signal::Pause)) => return End::paused(),
        Err(Stopped::Asked(_)) => return returning.cancelled(),
        Err(Stopped::Failed(error)) => return returning.failed(error),
    };
    returning.ended(left)
}

struct Returning<'a> {
    job: &'a JobHandle,
    open: Arc<OpenCluster>,
    lines: Lines,
    spec: BringBackSpec,
    /// Why rows of each table stayed out.
    reasons: Vec<Vec<String>>,
    /// A part was sent, and what became of it was not heard.
    is_in_doubt: bool,
}

impl Returning<'_> {
    /// Brings back table after table, and counts what is missing afterwards. `None` for what could not be counted.
    async fn all(&mut self) -> Result<Vec<Option<u64>>, Stopped> {
        for at in 0..self.spec.tables.len() {
            let told = format!("Bringing back {}", short_name(&self.spec.tables[at].name));
            self.job.state(JobState::Running, told);
            self.tell();
            match self.table(at).await {
                Err(Stopped::Failed(error)) => self.reasons[at].push(told_whole(&error)),
                other => other?,
            }
            self.job.save_spec(&self.spec).await?;
        }
        let mut left = Vec::with_capacity(self.spec.tables.len());
        for at in 0..self.spec.tables.len() {
            let told = format!("Counting again: {}", short_name(&self.spec.tables[at].name));
            self.job.state(JobState::Running, told);
            left.push(match self.still_missing(at).await {
                Ok(rows) => Some(rows),
                Err(Stopped::Failed(error)) => {
                    self.reasons[at].push(format!("It could not be counted again. {}", error.message));
                    None
                }
                Err(stopped) => return Err(stopped),
            });
        }
        Ok(left)
    }

    async fn table(&mut self, at: usize) -> Result<(), Stopped> {
        self.lines.go_on()?;
        let Some(pair) = self.pair(at).await? else {
            return Ok(());
        };
        let pair = &pair;
        let mut left_out = LeftOut::default();
        let mut refusals = 0;
        let mut after = None;
        loop {
            let from = after.as_ref();
            let up_to = self
                .lines
                .read(|mut line| async move {
                    let found = pair.missing_rows_on(&mut line, from, AT_ONCE).await;
                    (line, found)
                })
                .await?;
            let stretch = Stretch {
                after: after.take(),
                up_to: up_to.clone(),
            };
            refusals += u32::from(!self.part(at, pair, &stretch, &mut left_out).await?);
            self.tell();
            self.lines.go_on()?;
            match up_to {
                Some(key) if refusals < REFUSALS => after = Some(key),
                _ => return Ok(()),
            }
        }
    }

    /// Inserts one part. Rows that are refused for a rule are left out, where it can be told which, so that the others
    /// come back. False where the whole part stays out.
    async fn part(
        &mut self,
        at: usize,
        pair: &Pair,
        stretch: &Stretch,
        left_out: &mut LeftOut,
    ) -> Result<bool, Stopped> {
        loop {
            let known = &*left_out;
            let inserted = self
                .lines
                .write(|mut line| async move {
                    let inserted = pair.insert(&mut line, stretch, known).await;
                    (line, inserted)
                })
                .await;
            let error = match inserted {
                Ok(rows) => {
                    self.spec.tables[at].inserted += rows;
                    // A pause, a quit or a crash must not forget what is back.
                    self.job.save_spec(&self.spec).await?;
                    return Ok(true);
                }
                Err(error) => error,
            };
            self.is_in_doubt |= error.kind == ErrorKind::OutcomeUnknown;
            let Some(rule) = BrokenRule::of(&error) else {
                return Err(error.into());
            };
            let reason = self.reason(at, pair, &rule);
            if !self.reasons[at].contains(&reason) {
                self.reasons[at].push(reason);
            }
            if !pair.leave_out(&rule, left_out) {
                return Ok(false);
            }
        }
    }

    fn reason(&self, at: usize, pair: &Pair, rule: &BrokenRule) -> String {
        let (live, table) = (&self.spec.live_database, short_name(&self.spec.tables[at].name));
        match rule {
            BrokenRule::ForeignKey(name) => match pair.foreign_key(name) {
                Some((columns, to)) => {
                    let parent = short_name(&TableName {
                        schema: to.schema,
                        name: to.name,
                    });
                    format!(
                        "Rows of {table} stayed out whose row of {parent} is not in {live} ({}). Bring back {parent} first, \
                         out of a restore that holds it, then {table} again.",
                        columns.join(", ")
                    )
                }
                None => format!("Rows of {table} refer to rows that are not in {live} ({name})."),
            },
            BrokenRule::Unique(name) => {
                let columns = pair.unique_columns(name).map(|columns| columns.join(", "));
                format!(
                    "Rows of {table} stayed out because another row in {live} has the same {} by now. Change or delete that \
                     row, then bring {table} back again.",
                    columns.unwrap_or_else(|| name.clone())
                )
            }
            BrokenRule::NotNull(column) => format!(
                "{table} asks for a value of {column} now, which the restored rows do not have. Give {column} a default, \
                 then bring {table} back again."
            ),
            BrokenRule::Check(condition) => format!(
                "Rows of {table} do not keep a rule that it has now: {condition}. Parts of the table with such rows stayed out."
            ),
        }
    }

    async fn still_missing(&mut self, at: usize) -> Result<u64, Stopped> {
        self.lines.go_on()?;
        let table = self.spec.tables[at].name.clone();
        let Some(pair) = self.pair(at).await? else {
            let told = format!("{} has another primary key now.", short_name(&table));
            return Err(Error::new(Code::PlanChanged, told).into());
        };
        Ok(count(&mut self.lines, &pair, |_| {}).await?.missing)
    }

    /// `None`, with its reason, where rows can no longer be matched.
    async fn pair(&mut self, at: usize) -> Result<Option<Pair>, Stopped> {
        let spec = &self.spec;
        let pair = pair_of(
            &self.open,
            &spec.tables[at].name,
            &spec.database,
            &spec.live_database,
        )
        .await?;
        if pair.is_err() {
            let told = format!(
                "The primary key of {} was changed meanwhile. Compare again.",
                short_name(&spec.tables[at].name)
            );
            self.reasons[at].push(told);
        }
        Ok(pair.ok())
    }

    fn tell(&self) {
        self.job
            .progress(self.spec.inserted(), Some(self.spec.rows()), Unit::Rows);
    }

    fn outcome(&self, left: &[Option<u64>], verdict: String) -> Outcome {
        let tables = self.spec.tables.iter().zip(&self.reasons).enumerate();
        Outcome::BringBack(BringBackOutcome {
            database: self.spec.database.clone(),
            live_database: self.spec.live_database.clone(),
            tables: tables
                .map(|(at, (table, reasons))| {
                    let still_missing = left.get(at).copied().flatten();
                    BroughtBack {
                        table: full_name(&table.name),
                        inserted: table.inserted,
                        still_missing,
                        // What was refused at first may have come back in the end.
                        reasons: match still_missing {
                            Some(0) => Vec::new(),
                            _ => reasons.clone(),
                        },
                    }
                })
                .collect(),
            verdict,
        })
    }

    fn cancelled(&self) -> End {
        let verdict = match self.spec.inserted() {
            _ if self.is_in_doubt => {
                "Cancelled while the cluster did not answer. Whether the last part is back is not \
                                      known: compare again to see."
                    .to_owned()
            }
            0 => "Cancelled before a row came back.".to_owned(),
            rows => format!("Cancelled. {} back, and they stay.", rows_are(rows)),
        };
        End::cancelled(None, Some(self.outcome(&[], verdict)))
    }

    fn failed(&self, error: Error) -> End {
        let inserted = self.spec.inserted();
        if inserted == 0 {
            return End::failed(error, None);
        }
        let verdict = format!(
            "{} back, and they stay. Run it again for the rest: what is there already is passed over.",
            rows_are(inserted)
        );
        End::partly_done(Some(error), self.outcome(&[], verdict))
    }

    fn ended(&self, left: Vec<Option<u64>>) -> End {
        let live = &self.spec.live_database;
        let inserted = self.spec.inserted();
        let missing: u64 = left.iter().flatten().sum();
        let uncounted = left.iter().filter(|rows| rows.is_none()).count();
        let names: Vec<String> = self
            .spec
            .tables
            .iter()
            .map(|table| short_name(&table.name))
            .collect();
        let of = match names.len() {
            1..=3 => listed(&names),
            many => counted(many, "table"),
        };
        if missing == 0 && uncounted == 0 {
            let verdict = format!(
                "{} back. Counted again: no row of the restored {of} is missing in {live}.",
                rows_are(inserted)
            );
            return End::succeeded(self.outcome(&left, verdict));
        }
        let rest = match (missing, uncounted) {
            (0, uncounted) => format!("{} could not be counted again.", counted(uncounted, "table")),
            (1, _) => format!("1 row is still missing in {live}."),
            (rows, _) => format!("{} rows are still missing in {live}.", grouped(rows)),
        };
        let verdict = format!("{} back. {rest}", rows_are(inserted));
        let first = self.reasons.iter().flatten().next().cloned();
        let error = Error::new(Code::PlanChanged, rest);
        let error = match first {
            Some(reason) => error.hint(reason),
            None => error.hint("Somebody may be deleting them meanwhile. Compare again."),
        };
        let outcome = self.outcome(&left, verdict);
        match inserted {
            0 if missing > 0 => End::failed(error, Some(outcome)),
            _ => End::partly_done(Some(error), outcome),
        }
    }
}

fn rows_are(rows: u64) -> String {
    match rows {
        0 => "No row came".to_owned(),
        1 => "1 row is".to_owned(),
        rows => format!("{} rows are", grouped(rows)),
    }
}

/// With what to do about it.
fn told_whole(error: &Error) -> String {
    match &error.hint {
        Some(hint) => format!("{} {hint}", error.message),
        None => error.message.clone(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn plan() -> BringBackPlan {
        let table = |name: &str, obstacle| PlannedReturn {
            name: TableName {
                schema: "public".into(),
                name: name.into(),
            },
            rows: 1_200,
            changed: 0,
            sql: "INSERT".into(),
            parts: 2,
            needs: Vec::new(),
            notes: Vec::new(),
            obstacle,
        };
        let obstacle = Obstacle {
            text: "It numbers its rows by itself.".into(),
            sql: None,
        };
        BringBackPlan {
            id: PlanId::new(),
            connection: ConnectionId::new(),
            restore: None,
            database: "copy".into(),
            live_database: "bank".into(),
            counted_at: None,
            tables: vec![table("a", None), table("b", None), table("c", Some(obstacle))],
            type_to_confirm: None,
        }
    }

    #[test]
    fn only_tables_of_the_plan_that_can_come_back_are_taken() {
        let spec = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| format!("public.{name}")).collect();
            plan().spec(&names)
        };
        assert_eq!(
            spec(&["b", "a"]).unwrap().title(),
            "Bring 2,400 missing rows back into bank"
        );
        for names in [&[][..], &["a", "other"], &["c"]] {
            assert_eq!(spec(names).unwrap_err().code, Code::InvalidInput, "{names:?}");
        }
        assert!(
            spec(&["c"]).unwrap_err().message.contains("by itself"),
            "the reason is told"
        );
    }
}
