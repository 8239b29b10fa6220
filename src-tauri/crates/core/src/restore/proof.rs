//! The proof of a restore: every table of the backup is looked for and counted.

use std::time::Duration;

use roachvault_cockroach::inspect::{Table, TableKind, count_rows, list_tables};
use roachvault_cockroach::quote::QualifiedName;
use tokio::time::sleep;

use super::run::{ExpectedTable, RestoreSpec};
use crate::cluster::OpenCluster;
use crate::error::{Code, Error, Result};
use crate::job::{End, JobHandle, Outcome, RestoreOutcome, RowProof, RowVerdict, Unit};
use crate::plan::{counted, grouped};

/// Looks at what the cluster says it restored. Success needs every table, with the backup's row count
/// wherever the backup has one.
pub(super) async fn prove(job: &JobHandle, open: &OpenCluster, spec: &RestoreSpec) -> End {
    job.phase("Counting the restored rows");
    job.progress(100, Some(100), Unit::Percent);
    let tables = match patiently(|| list_tables(open.readable(), &spec.into_database)).await {
        Ok(tables) => tables,
        Err(error) if error.code == Code::NotFound => Vec::new(),
        Err(error) => return unproved(spec, error),
    };
    let mut proofs = Vec::new();
    for (position, expected) in spec.expected.iter().enumerate() {
        job.phase(format!(
            "Counting rows: table {} of {}",
            position + 1,
            spec.expected.len()
        ));
        proofs.extend(prove_table(open, spec, expected, &tables).await);
    }
    ended(spec, proofs)
}

async fn prove_table(
    open: &OpenCluster,
    spec: &RestoreSpec,
    expected: &ExpectedTable,
    tables: &[Table],
) -> Option<RowProof> {
    let name = format!("{}.{}", expected.schema, expected.name);
    let proof = |found_rows, verdict| RowProof {
        table: name.clone(),
        expected_rows: expected.rows,
        found_rows,
        verdict,
    };
    let found = tables
        .iter()
        .find(|table| table.schema == expected.schema && table.name == expected.name);
    match found.map(|table| table.kind) {
        None => Some(proof(None, RowVerdict::Missing)),
        // It is there, and it has no rows of its own to count.
        Some(TableKind::View | TableKind::MaterializedView | TableKind::Sequence) => None,
        Some(TableKind::Table) => {
            let table = QualifiedName {
                database: spec.into_database.clone(),
                schema: expected.schema.clone(),
                name: expected.name.clone(),
            };
            Some(match patiently(|| count_rows(open.readable(), &table)).await {
                Ok(rows) => proof(Some(rows), compare(expected.rows, rows)),
                Err(error) => {
                    tracing::warn!(%error, table = %name, "a restored table could not be counted");
                    proof(None, RowVerdict::NotCounted)
                }
            })
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

/// Counting a large table outlives a connection now and then; a read may be repeated.
async fn patiently<T, F>(read: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = roachvault_cockroach::Result<T>>,
{
    let mut attempt: u64 = 1;
    loop {
        match read().await.map_err(Error::from) {
            Err(error) if error.retryable && attempt < 5 => {
                sleep(Duration::from_secs(attempt)).await;
                attempt += 1;
            }
            other => return other,
        }
    }
}

fn ended(spec: &RestoreSpec, proofs: Vec<RowProof>) -> End {
    let count = |verdict| proofs.iter().filter(|proof| proof.verdict == verdict).count();
    let (missing, differing) = (count(RowVerdict::Missing), count(RowVerdict::Differs));
    let (uncounted, incomparable) = (count(RowVerdict::NotCounted), count(RowVerdict::NotComparable));
    let all_match = missing + differing + uncounted + incomparable == 0;
    let rows: u64 = proofs.iter().filter_map(|proof| proof.found_rows).sum();
    let tables = proofs.len();
    let verdict = if all_match {
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
        format!(
            "The cluster says that the restore is complete, but it is not: {}.",
            parts.join(", ")
        )
    } else if uncounted > 0 {
        format!("{} could not be counted.", counted(uncounted, "table"))
    } else {
        format!(
            "{} are there. At this moment the backup does not say how many rows each table had, so the counts could \
             not be compared.",
            all_of(tables)
        )
    };
    let outcome = Outcome::Restore(outcome(spec, proofs, all_match, verdict.clone()));
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
        Some(Outcome::Restore(outcome(spec, Vec::new(), false, verdict))),
    )
}

fn outcome(spec: &RestoreSpec, tables: Vec<RowProof>, all_match: bool, verdict: String) -> RestoreOutcome {
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
        let end = ended(&spec(), verdicts.iter().map(proof).collect());
        let Some(Outcome::Restore(outcome)) = end.outcome else {
            panic!("no outcome")
        };
        (end.state, outcome)
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

        let (state, outcome) = end_of(&[same, (Some(3), None, RowVerdict::NotCounted)]);
        assert_eq!((state, outcome.all_match), (JobState::Unknown, false));

        let (state, outcome) = end_of(&[(None, Some(3), compare(None, 3))]);
        assert_eq!((state, outcome.all_match), (JobState::Succeeded, false));
        assert!(outcome.verdict.contains("could not be compared"));
    }
}
