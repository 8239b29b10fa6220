//! EXPLAIN and EXPLAIN ANALYZE of plain statements: the plan of the storage underneath, in the shape of CockroachDB's.
//!
//! What is shown is true of the practice cluster: which tables and indexes are read, what is joined, sorted and grouped. A real
//! cluster may plan the same statement differently, and a notice says so.

use std::time::Instant;

use super::lexer::Cursor;
use super::plain::{self, Translated};
use super::rewrite::rewrite;
use super::translate::{Translator, WriteKind};
use crate::catalog::{Catalog, Descriptor};
use crate::datum::{Datum, Row};
use crate::error::{SqlError, SqlResult};
use crate::session::dispatch::{Finished, deliver};
use crate::session::{ColumnMeta, Description, Outcome, RowSink, Rows, Session};
use crate::types::SqlType;

/// A statement to be explained.
struct Explain<'a> {
    analyze: bool,
    statement: &'a str,
}

fn parse(sql: &str) -> SqlResult<Explain<'_>> {
    let mut cursor = Cursor::new(sql)?;
    cursor.expect("explain")?;
    let analyze = cursor.accept("analyze");
    if cursor.accept("(") {
        loop {
            let option = cursor.ident()?;
            if matches!(option.as_str(), "debug" | "ddl" | "gist" | "vec") {
                return Err(SqlError::not_on_practice(format!(
                    "EXPLAIN ({})",
                    option.to_uppercase()
                )));
            }
            if !matches!(
                option.as_str(),
                "verbose" | "types" | "opt" | "plan" | "distsql" | "redact"
            ) {
                return Err(SqlError::syntax(&option));
            }
            if !cursor.accept(",") {
                break;
            }
        }
        cursor.expect(")")?;
    }
    let statement = cursor.rest();
    if !super::is_plain(statement) {
        return Err(SqlError::not_on_practice("EXPLAIN of this statement"));
    }
    Ok(Explain { analyze, statement })
}

fn info() -> Vec<ColumnMeta> {
    vec![ColumnMeta::new("info", SqlType::STRING)]
}

/// Describes an EXPLAIN: it has the parameters of its statement.
pub fn describe(session: &mut Session, sql: &str, hints: &[SqlType]) -> SqlResult<Description> {
    let parameters = plain::describe(session, parse(sql)?.statement, hints)?.parameters;
    Ok(Description {
        parameters,
        columns: Some(info()),
    })
}

/// Runs an EXPLAIN.
pub fn run(
    session: &mut Session,
    sql: &str,
    parameters: &[Datum],
    sink: &mut dyn RowSink,
) -> SqlResult<Finished> {
    let explain = parse(sql)?;
    let planned = Instant::now();
    let plan = plan(session, explain.statement)?;
    let planning = planned.elapsed();
    let mut lines = Vec::new();
    let mut counted = None;
    if explain.analyze {
        let mut count = Count::default();
        let began = Instant::now();
        plain::run(session, explain.statement, parameters, &mut count)?;
        lines.push(format!("planning time: {planning:.0?}"));
        lines.push(format!("execution time: {:.0?}", began.elapsed()));
        counted = Some(count.0);
    }
    lines.extend([
        "distribution: local".into(),
        "vectorized: false".into(),
        String::new(),
    ]);
    let mut root = plan;
    if let Some(rows) = counted {
        root.facts.insert(0, format!("actual row count: {rows}"));
    }
    root.draw("", "", "", &mut lines);
    session.notice_with_hint(
        "this is how the practice cluster runs the statement",
        "A real cluster may choose another plan.",
    );
    let rows = Rows {
        columns: info(),
        rows: lines.into_iter().map(|line| vec![line.into()]).collect(),
    };
    let tag = Some("EXPLAIN".into());
    deliver(Outcome::Rows { rows, tag }, sink)
}

/// Counts rows and drops them.
#[derive(Default)]
struct Count(u64);

impl RowSink for Count {
    fn columns(&mut self, _: &[ColumnMeta]) -> SqlResult<()> {
        Ok(())
    }

    fn row(&mut self, _: &Row) -> SqlResult<bool> {
        self.0 += 1;
        Ok(true)
    }
}

fn plan(session: &mut Session, statement: &str) -> SqlResult<Node> {
    let rewritten = rewrite(statement)?;
    let planned = session.transaction(false, |session| {
        let hints = session.parameter_types().to_vec();
        let (mut translator, translated, _) = plain::prepare(session, &rewritten, &hints)?;
        let (sql, top) = match translated {
            Translated::Read { sql, .. } => (sql, None),
            Translated::Write(write) => {
                let name = match write.kind {
                    WriteKind::Insert if rewritten.upsert => "upsert",
                    WriteKind::Insert => "insert",
                    WriteKind::Update => "update",
                    WriteKind::Delete => "delete",
                };
                let table = write.table.name.clone();
                translator.read.push((table.clone(), write.table));
                (write.sql, Some((name, table)))
            }
        };
        let steps = steps(session, &sql)?;
        let mut below = nodes(&steps, 0, &translator);
        Ok(match top {
            None if below.len() > 1 => Node::over("root", below),
            None => below.pop().unwrap_or_else(|| Node::new("values")),
            Some((name, table)) => Node {
                facts: vec![format!("table: {table}")],
                children: below,
                ..Node::new(name)
            },
        })
    });
    session.forget_ephemeral();
    planned
}

/// A row of SQLite's EXPLAIN QUERY PLAN.
struct Step {
    id: i64,
    parent: i64,
    detail: String,
}

fn steps(session: &Session, sql: &str) -> SqlResult<Vec<Step>> {
    let mut statement = session.sqlite().prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next()? {
        steps.push(Step {
            id: row.get(0)?,
            parent: row.get(1)?,
            detail: row.get(3)?,
        });
    }
    Ok(steps)
}

/// An operator of a plan.
#[derive(Debug)]
struct Node {
    name: String,
    facts: Vec<String>,
    children: Vec<Node>,
}

impl Node {
    fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            facts: Vec::new(),
            children: Vec::new(),
        }
    }

    fn over(name: impl Into<String>, children: Vec<Self>) -> Self {
        Self {
            children,
            ..Self::new(name)
        }
    }

    /// `indent` stands before what hangs below, `branch` before the operator's own line.
    fn draw(&self, indent: &str, branch: &str, below: &str, lines: &mut Vec<String>) {
        lines.push(format!("{indent}{branch}• {}", self.name));
        let indent = format!("{indent}{below}");
        let bar = if self.children.is_empty() { "  " } else { "│ " };
        for fact in &self.facts {
            lines.push(format!("{indent}{bar}{fact}"));
        }
        for (i, child) in self.children.iter().enumerate() {
            lines.push(format!("{indent}│"));
            if i + 1 == self.children.len() {
                child.draw(&indent, "└── ", "    ", lines);
            } else {
                child.draw(&indent, "├── ", "│   ", lines);
            }
        }
    }
}

/// The operators below a step. SQLite lists the loops of a join beside each other, and after them what their rows go through.
fn nodes(steps: &[Step], parent: i64, translator: &Translator) -> Vec<Node> {
    let mut sources = Vec::new();
    let mut through = Vec::new();
    let mut made: Vec<(&str, Vec<Node>)> = Vec::new();
    for step in steps.iter().filter(|step| step.parent == parent) {
        let detail = step.detail.as_str();
        if let Some(purpose) = detail.strip_prefix("USE TEMP B-TREE FOR ") {
            through.push(match purpose {
                "GROUP BY" => "group",
                p if p.contains("DISTINCT") => "distinct",
                _ => "sort",
            });
        } else if let Some(name) = detail
            .strip_prefix("CO-ROUTINE ")
            .or_else(|| detail.strip_prefix("MATERIALIZE "))
        {
            made.push((name, nodes(steps, step.id, translator)));
        } else if detail == "SCAN CONSTANT ROW" {
            sources.push(Node::new("values"));
        } else if detail.starts_with("SCAN") || detail.starts_with("SEARCH") {
            let alias = detail.split(' ').nth(1).unwrap_or_default();
            match made.iter().position(|(name, _)| *name == alias) {
                // What was made for this scan only stands in its place.
                Some(at) => sources.extend(made.swap_remove(at).1),
                None => {
                    let mut node = scan(detail, translator);
                    node.children = nodes(steps, step.id, translator);
                    sources.push(node);
                }
            }
        } else {
            sources.push(Node::over(
                detail.to_lowercase(),
                nodes(steps, step.id, translator),
            ));
        }
    }
    if sources.len() > 1 {
        let set = sources
            .iter()
            .any(|node| node.name.contains("union") || node.name.contains("subquery"));
        sources = if set {
            sources
        } else {
            vec![Node::over("join (lookup)", sources)]
        };
    }
    for name in through {
        sources = vec![Node::over(name, sources)];
    }
    sources
}

/// `SCAN u`, `SEARCH u USING COVERING INDEX i_114_1 (c1=? AND c2>?)`.
fn scan(detail: &str, translator: &Translator) -> Node {
    let catalog: &Catalog = &translator.catalog;
    let mut words = detail.split(' ').skip(1);
    let alias = words.next().unwrap_or_default();
    let table: Option<&Descriptor> = translator
        .read
        .iter()
        .find(|(name, _)| name == alias)
        .map(|(_, object)| &**object)
        .or_else(|| {
            let id = alias.strip_prefix("t_")?.parse().ok()?;
            catalog.descriptors.get(&id).map(|object| &**object)
        });
    let Some(table) = table else {
        let node = Node::new(if detail.contains("VIRTUAL TABLE") {
            "project set"
        } else {
            "scan buffer"
        });
        return Node {
            facts: vec![format!("label: {alias}")],
            ..node
        };
    };
    let index = detail
        .split(' ')
        .find_map(|word| word.strip_prefix("i_")?.rsplit_once('_')?.1.parse::<u32>().ok());
    let body = table.table();
    let index_name = body.and_then(|body| {
        let chosen = index.and_then(|id| body.indexes.iter().find(|i| i.id == id));
        Some(chosen.or_else(|| body.primary_index())?.name.clone())
    });
    let spans = match detail.split_once('(') {
        Some((_, spans)) => {
            let mut spans = spans.trim_end_matches(')').to_owned();
            let columns = body.map(|body| body.columns.as_slice()).unwrap_or_default();
            for column in columns.iter().rev() {
                for operator in ["=", ">", "<"] {
                    spans = spans.replace(
                        &format!("c{}{operator}", column.id),
                        &format!("{}{operator}", column.name),
                    );
                }
            }
            spans
        }
        None => "FULL SCAN".to_owned(),
    };
    let mut facts = vec![match index_name {
        Some(index) => format!("table: {}@{index}", table.name),
        None => format!("table: {}", table.name),
    }];
    if table.name != alias && !alias.starts_with("t_") {
        facts.push(format!("label: {alias}"));
    }
    facts.push(format!("spans: {spans}"));
    Node {
        facts,
        ..Node::new("scan")
    }
}
