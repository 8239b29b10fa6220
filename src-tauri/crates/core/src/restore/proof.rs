//! The proof of a restore: every table of the backup is looked for and counted.

use roachvault_cockroach::bring_back::{rename_database, swap_databases};
use roachvault_cockroach::inspect::{Table, TableKind, count_rows, list_databases, list_tables};
use roachvault_cockroach::quote::QualifiedName;

use super::run::{ExpectedTable, RestoreSpec};
use crate::cluster_job::{Unseen, look};
use crate::error::{Code, Error};
use crate::job::{BringBack, End, JobHandle, Outcome, RestoreOutcome, RowProof, RowVerdict, Unit};
use crate::plan::{counted, grouped};

/// Looks at what the cluster says it restored. Success needs every table, with the backup's row count
/// wherever the backup has one, else with the count of the live table at that moment.
pub(super) async fn prove(job: &JobHandle, spec: &RestoreSpec) -> End {
    job.phase("Counting the restored rows");
    job.progress(100, Some(100), Unit::Percent);
    let tables = look(job, |open| async move {
        Ok(list_tables(open.readable(), &spec.into_database).await?)
    });
    let tables = match tables.await {
        Ok(tables) => tables,
        Err(Unseen::Failed(error)) if error.code == Code::NotFound => Vec::new(),
        Err(Unseen::Failed(error)) => return unproved(spec, error),
        Err(Unseen::Left(end)) => return *end,
    };
    let mut proofs = Vec::new();
    for (position, expected) in spec.expected.iter().enumerate() {
        job.phase(format!(
            "Counting rows: table {} of {}",
            position + 1,
            spec.expected.len()
        ));
        match prove_table(job, spec, expected, &tables).await {
            Ok(proof) => proofs.extend(proof),
            Err(end) => return end,
        }
    }
    let after = match After::look(job, spec).await {
        Ok(after) => after,
        Err(Unseen::Left(end)) => return *end,
        Err(Unseen::Failed(error)) => {
            tracing::warn!(%error, "the live database could not be looked at after a restore");
            After::default()
        }
    };
    ended(spec, proofs, after)
}

/// What a person may want to do next, as far as it depends on what is live.
#[derive(Debug, Default)]
struct After {
    bring_back: Vec<BringBack>,
    not_live: Vec<String>,
    swap: Option<String>,
}

impl After {
    async fn look(job: &JobHandle, spec: &RestoreSpec) -> Result<Self, Unseen> {
        let (live, restored) = (&spec.database, &spec.into_database);
        if live == restored {
            return Ok(Self::default());
        }
        let databases = look(
            job,
            |open| async move { Ok(list_databases(open.readable()).await?) },
        )
        .await?;
        let exists = |name: &str| databases.iter().any(|database| database.name == name);
        if !exists(live) {
            let rename = rename_database(restored, live).map_err(Error::from)?;
            return Ok(Self {
                swap: spec.is_whole_database().then_some(rename),
                ..Self::default()
            });
        }
        let tables = look(job, |open| async move {
            Ok(list_tables(open.readable(), live).await?)
        })
        .await?;
        let mut after = Self::default();
        let references = |table: &ExpectedTable| table.references.clone();
        for expected in parents_first(&spec.expected, ExpectedTable::pair, references) {
            let name = format!("{}.{}", expected.schema, expected.name);
            let is_live = tables
                .iter()
                .any(|table| table.schema == expected.schema && table.name == expected.name);
            match (&expected.insert_missing_rows, is_live) {
                (_, false) => after.not_live.push(name),
                (Some(sql), true) => after.bring_back.push(BringBack {
                    table: name,
                    sql: sql.clone(),
                }),
                (None, true) => {}
            }
        }
        if spec.is_whole_database() {
            let aside = (1u32..)
                .map(|number| match number {
                    1 => format!("{live}_before"),
                    number => format!("{live}_before_{number}"),
                })
                .find(|name| !exists(name));
            after.swap = match aside {
                Some(aside) => Some(swap_databases(live, restored, &aside).map_err(Error::from)?),
                None => None,
            };
        }
        Ok(after)
    }
}

/// In the order in which their rows can be inserted. Where tables refer to each other in a circle, there is none: these keep
/// their own. Tables are named by schema and name.
pub(super) fn parents_first<T>(
    tables: &[T],
    name: impl Fn(&T) -> (&str, &str),
    references: impl Fn(&T) -> Vec<(String, String)>,
) -> Vec<&T> {
    let mut waiting: Vec<&T> = tables.iter().collect();
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let is_free = |table: &&T| {
            references(table).iter().all(|(schema, to)| {
                let to = (schema.as_str(), to.as_str());
                name(table) == to || !waiting.iter().any(|other| name(other) == to)
            })
        };
        let next = waiting.iter().position(is_free).unwrap_or_default();
        ordered.push(waiting.remove(next));
    }
    ordered
}

/// Nothing where it has no rows to count; the end of the run where the cluster was left.
async fn prove_table(
    job: &JobHandle,
    spec: &RestoreSpec,
    expected: &ExpectedTable,
    tables: &[Table],
) -> Result<Option<RowProof>, End> {
    let name = format!("{}.{}", expected.schema, expected.name);
    let proof = |expected_rows, found_rows, verdict| RowProof {
        table: name.clone(),
        expected_rows,
        found_rows,
        verdict,
    };
    let found = tables
        .iter()
        .find(|table| table.schema == expected.schema && table.name == expected.name);
    match found.map(|table| table.kind) {
        None => return Ok(Some(proof(expected.rows, None, RowVerdict::Missing))),
        // It is there, and it has no rows of its own to count.
        Some(TableKind::View | TableKind::MaterializedView | TableKind::Sequence) => return Ok(None),
        Some(TableKind::Table) => {}
    }
    let table = |database: &str| QualifiedName {
        database: database.to_owned(),
        schema: expected.schema.clone(),
        name: expected.name.clone(),
    };
    let Some(rows) = count(job, &table(&spec.into_database), None).await? else {
        return Ok(Some(proof(expected.rows, None, RowVerdict::NotCounted)));
    };
    if expected.rows.is_some() {
        return Ok(Some(proof(
            expected.rows,
            Some(rows),
            compare(expected.rows, rows),
        )));
    }
    // The increments of a chain count changes. The live table at that moment, while the cluster still
    // keeps it, is as good; it is there even when it was dropped since.
    let live = match &spec.live_as_of {
        Some(moment) => count(job, &table(&spec.database), Some(moment)).await?,
        None => None,
    };
    Ok(Some(proof(live, Some(rows), compare_with_live(live, rows))))
}

/// Nothing where it cannot be counted.
async fn count(job: &JobHandle, table: &QualifiedName, moment: Option<&str>) -> Result<Option<u64>, End> {
    let counted = look(job, |open| async move {
        Ok(count_rows(open.readable(), table, moment).await?)
    });
    match counted.await {
        Ok(rows) => Ok(Some(rows)),
        Err(Unseen::Left(end)) => Err(*end),
        Err(Unseen::Failed(error)) => {
            tracing::warn!(%error, %table, "a table could not be counted");
            Ok(None)
        }
    }
}

fn compare(expected: Option<u64>, found: u64) -> RowVerdict {
    match expected {
        None => RowVerdict::NotComparable,
        Some(expected) if expected == found => RowVerdict::Match,
        Some(_) => RowVerdict::Differs,
    }
}

/// A difference proves nothing by itself: the backup may be of another cluster's database of this name.
fn compare_with_live(live: Option<u64>, found: u64) -> RowVerdict {
    match live {
        None => RowVerdict::NotComparable,
        Some(live) if live == found => RowVerdict::MatchesLive,
        Some(_) => RowVerdict::DiffersFromLive,
    }
}

fn ended(spec: &RestoreSpec, proofs: Vec<RowProof>, after: After) -> End {
    let count = |verdict| proofs.iter().filter(|proof| proof.verdict == verdict).count();
    let (missing, differing) = (count(RowVerdict::Missing), count(RowVerdict::Differs));
    let (uncounted, incomparable) = (count(RowVerdict::NotCounted), count(RowVerdict::NotComparable));
    let (like_live, unlike_live) = (count(RowVerdict::MatchesLive), count(RowVerdict::DiffersFromLive));
    let all_match = missing + differing + uncounted + incomparable + unlike_live == 0;
    let rows: u64 = proofs.iter().filter_map(|proof| proof.found_rows).sum();
    let tables = proofs.len();
    let live = &spec.database;
    let verdict = if all_match && like_live > 0 {
        format!(
            "{} and all {} rows are there, as many as {live} had at that moment.",
            all_of(tables),
            grouped(rows)
        )
    } else if all_match {
        format!(
            "{} and all {} rows are there, as many as in the backup.",
            all_of(tables),
            grouped(rows)
        )
    } else if missing + differing > 0 {
        let parts = [(missing, "missing"), (differing, "with another number of rows")];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{} {what}", counted(count, "table")))
            .collect();
        let uncounted = match uncounted {
            0 => String::new(),
            some => format!(" {} could not be counted.", counted(some, "table")),
        };
        format!(
            "The cluster says that the restore is complete, but it is not: {}.{uncounted}",
            parts.join(", ")
        )
    } else if uncounted > 0 {
        format!("{} could not be counted.", counted(uncounted, "table"))
    } else if unlike_live > 0 {
        format!(
            "{} another number of rows than {live} had at that moment. Either the backup is of another {live}, or \
             rows are missing.",
            match unlike_live {
                1 => "1 table has".to_owned(),
                tables => format!("{tables} tables have"),
            }
        )
    } else {
        format!(
            "{} are there. At this moment the backup does not say how many rows each table had, and the cluster does \
             not keep that moment of {live} any more, so {} could not be compared.",
            all_of(tables),
            match incomparable {
                all if all == tables => "the counts".to_owned(),
                some => counted(some, "table"),
            }
        )
    };
    let outcome = Outcome::Restore(Box::new(outcome(spec, proofs, all_match, verdict.clone(), after)));
    let error = |code| Error::new(code, verdict).hint("Look at the restored database before you rely on it.");
    match () {
        () if missing + differing > 0 => End::partly_done(Some(error(Code::Corrupt)), outcome),
        () if uncounted > 0 => End::unknown(error(Code::OutcomeUnknown), Some(outcome)),
        () => End::succeeded(outcome),
    }
}

fn all_of(tables: usize) -> String {
    match tables {
        1 => "The one table".to_owned(),
        tables => format!("All {tables} tables"),
    }
}

/// The job succeeded and nothing could be looked at.
fn unproved(spec: &RestoreSpec, error: Error) -> End {
    let verdict = "The cluster says that the restore is complete. It could not be checked.".to_owned();
    End::unknown(
        error,
        Some(Outcome::Restore(Box::new(outcome(
            spec,
            Vec::new(),
            false,
            verdict,
            After::default(),
        )))),
    )
}

fn outcome(
    spec: &RestoreSpec,
    tables: Vec<RowProof>,
    all_match: bool,
    verdict: String,
    after: After,
) -> RestoreOutcome {
    RestoreOutcome {
        database: spec.into_database.clone(),
        from_database: spec.database.clone(),
        collection: spec.collection.clone(),
        subdirectory: spec.subdirectory.clone(),
        moment: spec.moment,
        tables,
        all_match,
        verdict,
        lost_grants: spec.lost_grants.clone(),
        whole: spec.is_whole_database(),
        is_new_database: spec.is_whole_database() || spec.is_new_database,
        losses: spec.losses.clone(),
        bring_back: after.bring_back,
        not_live: after.not_live,
        swap: after.swap,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::job::JobState;

    fn spec() -> RestoreSpec {
        serde_json::from_value(serde_json::json!({
            "plan": uuid::Uuid::nil(), "collection": "userfile://x/y", "subdirectory": "/2026/11/23-110000.00",
            "database": "bank", "into_database": "bank_restored", "tables": null, "as_of": null, "moment": null,
            "options": [], "encrypted": false, "expected": [], "lost_grants": [], "known_jobs": null,
        }))
        .unwrap()
    }

    fn end_of(verdicts: &[(Option<u64>, Option<u64>, RowVerdict)]) -> (JobState, RestoreOutcome) {
        let proof =
            |(expected_rows, found_rows, verdict): &(Option<u64>, Option<u64>, RowVerdict)| RowProof {
                table: "public.t".into(),
                expected_rows: *expected_rows,
                found_rows: *found_rows,
                verdict: *verdict,
            };
        let end = ended(&spec(), verdicts.iter().map(proof).collect(), After::default());
        let Some(Outcome::Restore(outcome)) = end.outcome else {
            panic!("no outcome")
        };
        (end.state, *outcome)
    }

    #[test]
    fn rows_are_brought_back_into_parents_before_children() {
        let table = |name: &str, references: &[&str]| ExpectedTable {
            schema: "public".into(),
            name: name.into(),
            rows: None,
            insert_missing_rows: None,
            references: references
                .iter()
                .map(|name| ("public".into(), (*name).into()))
                .collect(),
        };
        let names = |tables: &[ExpectedTable]| -> Vec<String> {
            parents_first(tables, ExpectedTable::pair, |table| table.references.clone())
                .iter()
                .map(|table| table.name.clone())
                .collect()
        };
        let bank = [
            table("accounts", &["customers"]),
            table("customers", &["customers", "elsewhere"]),
            table("transactions", &["accounts"]),
        ];
        assert_eq!(names(&bank), ["customers", "accounts", "transactions"]);
        let circle = [table("a", &["b"]), table("b", &["a"]), table("c", &[])];
        assert_eq!(names(&circle), ["c", "a", "b"]);
    }

    #[test]
    fn only_a_full_match_is_called_one() {
        let same = (Some(3), Some(3), compare(Some(3), 3));
        let (state, outcome) = end_of(&[same]);
        assert_eq!((state, outcome.all_match), (JobState::Succeeded, true));

        let fewer = (Some(3), Some(2), compare(Some(3), 2));
        let (state, outcome) = end_of(&[same, fewer]);
        assert_eq!((state, outcome.all_match), (JobState::PartlyDone, false));

        let (state, outcome) = end_of(&[same, (Some(3), None, RowVerdict::Missing)]);
        assert_eq!((state, outcome.all_match), (JobState::PartlyDone, false));
        assert!(outcome.verdict.contains("1 table missing"), "{}", outcome.verdict);

        let uncounted = (Some(3), None, RowVerdict::NotCounted);
        let (state, outcome) = end_of(&[fewer, uncounted]);
        assert_eq!(state, JobState::PartlyDone);
        assert!(
            outcome.verdict.ends_with("1 table could not be counted."),
            "{}",
            outcome.verdict
        );

        let (state, outcome) = end_of(&[same, (Some(3), None, RowVerdict::NotCounted)]);
        assert_eq!((state, outcome.all_match), (JobState::Unknown, false));

        let (state, outcome) = end_of(&[(None, Some(3), compare(None, 3))]);
        assert_eq!((state, outcome.all_match), (JobState::Succeeded, false));
        assert!(outcome.verdict.contains("could not be compared"));

        let (state, outcome) = end_of(&[same, (Some(3), Some(3), compare_with_live(Some(3), 3))]);
        assert_eq!((state, outcome.all_match), (JobState::Succeeded, true));
        assert!(
            outcome.verdict.contains("as many as bank had"),
            "{}",
            outcome.verdict
        );

        let (state, outcome) = end_of(&[same, (Some(3), Some(2), compare_with_live(Some(3), 2))]);
        assert_eq!((state, outcome.all_match), (JobState::Succeeded, false));
        assert!(outcome.verdict.contains("of another bank"), "{}", outcome.verdict);
    }
}
