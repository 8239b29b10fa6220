//! Runs the cases of statements: one connection for each cluster and user, steps in order.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::arrangement::{self, Arrangement, SetupStep};
use crate::cases::{self, StatementCase, Step};
use crate::cluster::{Cluster, Shape};
use crate::gaps;
use crate::tally::Tally;
use crate::userfile::same;
use crate::verdict::{Expectation, Values, Varying, judge};
use crate::version;
use crate::wire::{Answers, Connection};
use roachvault_practice::stmt::Secrets;

/// How long a step that says so is repeated.
const RETRY_FOR: Duration = Duration::from_secs(10);

/// Runs all cases and holds the result against the list of gaps.
pub fn run() {
    let Some(cases) = cases::read::<StatementCase>("backup-restore-cases.json") else {
        return;
    };
    let arrangements = arrangement::all();
    let tally = Tally::run(
        &cases,
        |case| &case.name,
        |case| {
            let arrangement = arrangements.get(&case.name).cloned().unwrap_or_default();
            run_case(case, &arrangement).map_err(|why| with_reason(&arrangement, why))
        },
    );
    tally.close("backup-restore", gaps::BACKUP_RESTORE);
}

/// A failure in an arranged case may lie in the arrangement.
fn with_reason(arrangement: &Arrangement, why: String) -> String {
    if arrangement.why.is_empty() {
        why
    } else {
        format!("{why} (arranged: {})", arrangement.why)
    }
}

/// The zones of the regions that recorded tests run in; documentation samples say theirs.
fn with_zones(region: String) -> String {
    match region.as_str() {
        "us-east-1" => "us-east-1=us-east1".to_owned(),
        "us-west-1" => "us-west-1=us-west1".to_owned(),
        _ if region.contains('=') => region,
        _ => format!("{region}={region}"),
    }
}

struct Run<'a> {
    case: &'a StatementCase,
    arrangement: &'a Arrangement,
    emulate: &'static str,
    external: tempfile::TempDir,
    clusters: BTreeMap<String, Cluster>,
    connections: BTreeMap<(String, String), Connection>,
    /// What `$name` stands for.
    captured: BTreeMap<String, String>,
    vary: Varying,
}

fn run_case(case: &StatementCase, arrangement: &Arrangement) -> Result<(), String> {
    let emulate = match &arrangement.emulate {
        Some(wanted) => version::named(wanted),
        None => version::choose(&case.version),
    }
    .ok_or_else(|| format!("no emulated release lies in \"{}\"", case.version))?;
    let mut run = Run {
        case,
        arrangement,
        emulate,
        external: tempfile::tempdir().map_err(|error| error.to_string())?,
        clusters: BTreeMap::new(),
        connections: BTreeMap::new(),
        captured: BTreeMap::new(),
        vary: Varying::default(),
    };
    run.write_accounts()?;
    run.set_up(&arrangement.setup)?;
    for (index, step) in case.steps.iter().enumerate() {
        if let Some(before) = arrangement.before.get(&index.to_string()) {
            run.set_up(before)?;
        }
        run.step(step)
            .map_err(|why| format!("`{}`: {why}", shortened(&step.sql)))?;
    }
    Ok(())
}

fn shortened(sql: &str) -> String {
    if sql.chars().count() > 120 {
        format!("{}…", sql.chars().take(120).collect::<String>())
    } else {
        sql.to_owned()
    }
}

impl Run<'_> {
    fn connection(&mut self, cluster: &str, user: &str) -> Result<&mut Connection, String> {
        if !self.clusters.contains_key(cluster) {
            let shape = Shape {
                emulate: self.emulate,
                regions: self
                    .case
                    .clusters
                    .get(cluster)
                    .map(|shape| shape.regions.clone())
                    .or_else(|| self.arrangement.regions.get(cluster).cloned())
                    .unwrap_or_default()
                    .into_iter()
                    .map(with_zones)
                    .collect(),
                implicit_access: self
                    .arrangement
                    .implicit_access
                    .iter()
                    .any(|name| name == cluster),
                upgrading: self.arrangement.upgrading.iter().any(|name| name == cluster),
            };
            let started = Cluster::start(&shape, self.external.path())?;
            self.clusters.insert(cluster.to_owned(), started);
        }
        let key = (cluster.to_owned(), user.to_owned());
        if !self.connections.contains_key(&key) {
            let address = self.clusters[cluster].address();
            let connection = Connection::open(&address, user, "defaultdb")
                .map_err(|error| format!("cannot connect as {user}: {error}"))?;
            self.connections.insert(key.clone(), connection);
        }
        self.connections
            .get_mut(&key)
            .ok_or_else(|| "no connection".to_owned())
    }

    fn send(&mut self, cluster: &str, user: &str, sql: &str) -> Result<Answers, String> {
        let sql = self.substituted(sql);
        self.connection(cluster, user)?
            .query(&sql)
            .map_err(|error| format!("connection: {error}"))
    }

    /// Runs statements that must not fail.
    fn set_up(&mut self, steps: &[SetupStep]) -> Result<(), String> {
        for step in steps {
            let (cluster, user) = (
                step.cluster.as_deref().unwrap_or("s1"),
                step.user.as_deref().unwrap_or("root"),
            );
            let deadline = Instant::now() + RETRY_FOR;
            let value = loop {
                let answers = self.send(cluster, user, &step.sql)?;
                if let Some(error) = &answers.error {
                    return Err(format!("set-up `{}`: {}", step.sql, error.message()));
                }
                let value = answers.value();
                if step.until.is_none() || step.until == value {
                    break value;
                }
                if Instant::now() > deadline {
                    return Err(format!(
                        "set-up `{}` answers {value:?}, not {:?}",
                        step.sql, step.until
                    ));
                }
                std::thread::sleep(Duration::from_millis(20));
            };
            if let Some(name) = &step.capture {
                let value = value.ok_or_else(|| format!("set-up `{}` answers no value", step.sql))?;
                self.captured.insert(name.clone(), value);
            }
        }
        Ok(())
    }

    /// Gives the practice clouds the accounts a case needs, with their buckets.
    fn write_accounts(&self) -> Result<(), String> {
        if self.arrangement.accounts.is_empty() {
            return Ok(());
        }
        let external = self.external.path();
        for account in &self.arrangement.accounts {
            let cloud = account
                .get("cloud")
                .and_then(|cloud| cloud.as_str())
                .unwrap_or_default();
            for bucket in account
                .get("buckets")
                .and_then(|buckets| buckets.as_object())
                .into_iter()
                .flat_map(|map| map.keys())
            {
                std::fs::create_dir_all(external.join(cloud).join(bucket))
                    .map_err(|error| error.to_string())?;
            }
        }
        let text = serde_json::to_vec(&self.arrangement.accounts).map_err(|error| error.to_string())?;
        std::fs::write(external.join("credentials.json"), text).map_err(|error| error.to_string())
    }

    fn substituted(&self, sql: &str) -> String {
        let mut sql = sql.to_owned();
        // Longer names first: $fullID3 before $fullID.
        for (name, value) in self.captured.iter().rev() {
            sql = sql.replace(&format!("${name}"), value);
            if let Some(literal) = self
                .arrangement
                .ids
                .iter()
                .find(|(_, of)| *of == name)
                .map(|(literal, _)| literal)
            {
                sql = sql.replace(literal.as_str(), value);
            }
        }
        sql
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        let (cluster, user) = (
            step.cluster.as_deref().unwrap_or("s1"),
            step.user.as_deref().unwrap_or("root"),
        );
        if let Some(normal_form) = &step.expect.normal_form {
            return self::normal_form(&step.sql, normal_form);
        }
        let deadline = Instant::now() + RETRY_FOR;
        loop {
            let answers = self.send(cluster, user, &step.sql)?;
            let expected = self.expectation(&step.expect);
            let result = judge(&answers, &expected, self.values(), &mut self.vary);
            if result.is_ok() {
                self.capture(&answers);
                return result;
            }
            if !step.expect.retry || Instant::now() > deadline {
                return result;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn values(&self) -> Values {
        if self.case.origin == "docs" {
            Values::Samples
        } else {
            Values::Exact
        }
    }

    /// The expectation with what was captured put in.
    fn expectation(&self, expected: &Expectation) -> Expectation {
        let mut expected = expected.clone();
        for value in expected.rows.iter_mut().flatten().flatten() {
            if let serde_json::Value::String(text) = value {
                let whole = text.strip_prefix('$').and_then(|name| self.captured.get(name));
                *value = match whole.and_then(|number| number.parse::<i64>().ok()) {
                    Some(number) => number.into(),
                    None => self.substituted(text).into(),
                };
            }
        }
        expected
    }

    /// Keeps the ids of a schedule pair just created, and the paths of a listing.
    fn capture(&mut self, answers: &Answers) {
        let Some(answer) = answers.last() else { return };
        let column = |name: &str| answer.columns.iter().position(|column| column == name);
        if let (Some(id), Some(label), Some(statement)) =
            (column("schedule_id"), column("label"), column("backup_stmt"))
        {
            for row in &answer.rows {
                let (Some(id), Some(label), Some(statement)) = (&row[id], &row[label], &row[statement])
                else {
                    continue;
                };
                let number: String = label.chars().skip_while(|c| !c.is_ascii_digit()).collect();
                let number = if number.len() > 2 { "" } else { &number };
                let kind = if statement.contains("LATEST IN") {
                    "incID"
                } else {
                    "fullID"
                };
                self.captured.insert(format!("{kind}{number}"), id.clone());
            }
        }
        if answer.columns == ["path"] {
            for (index, row) in answer.rows.iter().enumerate() {
                if let Some(path) = row.first().and_then(Option::as_ref) {
                    self.captured
                        .insert(format!("path{}", index + 1), format!("'{path}'"));
                }
            }
        }
    }
}

/// A statement that is only printed: no cluster has a part in it.
fn normal_form(sql: &str, expected: &str) -> Result<(), String> {
    match roachvault_practice::stmt::parse(sql) {
        Some(Ok(statement)) => same(
            "normal form",
            &statement.print(Secrets::Masked).as_str(),
            &expected,
        ),
        other => Err(format!("read as {other:?}")),
    }
}
