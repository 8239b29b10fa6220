//! What a schedule would do, and whether it would work.

use chrono::{DateTime, Utc};
use roachvault_cockroach::backup::BackupKind;
use roachvault_cockroach::cron::Cron;
use roachvault_cockroach::schedule::{self as db, FirstRun, OnFailure, OnPrevious, ScheduleRequest};

use super::RecurrenceWords;
use super::recurrence::Recurrence;
use crate::backup::{BackupWish, CollectionSummary, Grounds, Keys, refuse_blocked};
use crate::cluster::{ConnectionId, OpenCluster};
use crate::error::{Code, Error, Result};
use crate::plan::{Check, Fix, PlanId, grouped};

/// What a person wants to have backed up again and again.
#[derive(Debug)]
pub struct ScheduleWish {
    pub label: String,
    /// Its kind is not looked at.
    pub backup: BackupWish,
    pub recurrence: Recurrence,
    /// When a full backup is taken; `None`: each time.
    pub full: Option<Recurrence>,
    /// At once, not only at the next time.
    pub starts_now: bool,
    pub on_failure: OnFailure,
    pub on_previous: OnPrevious,
}

/// What would happen. Nothing has been sent.
#[derive(Debug, Clone)]
pub struct SchedulePlan {
    pub id: PlanId,
    pub connection: ConnectionId,
    pub request: ScheduleRequest,
    /// Such as “bank”, “2 tables of bank” or “the whole cluster”.
    pub subject: String,
    pub collection: CollectionSummary,
    pub recurrence: RecurrenceWords,
    /// Where incremental backups lie between the full ones.
    pub full_recurrence: Option<RecurrenceWords>,
    /// The first run and three after it.
    pub runs: Vec<PlannedRun>,
    /// Exactly what will be sent, secrets masked.
    pub sql: String,
    pub checks: Vec<Check>,
}

/// One run to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedRun {
    pub at: DateTime<Utc>,
    pub kind: BackupKind,
}

/// The first one and three after it.
const RUNS_TOLD: usize = 4;
/// CockroachDB recommends at most as many incremental backups on one full backup.
const LONGEST_CHAIN: usize = 48;
/// And to leave as much time between two backups.
const SHORTEST_PAUSE_SECONDS: i64 = 5 * 60;

pub(super) async fn plan(open: &OpenCluster, keys: &Keys, wish: ScheduleWish) -> Result<SchedulePlan> {
    let now = Utc::now();
    let label = wish.label.trim().to_owned();
    if label.is_empty() {
        let told = "Give the schedule a name.";
        return Err(Error::new(Code::InvalidInput, told).field("label", told));
    }
    let recurrence = wish.recurrence.cron()?;
    let full = wish.full.as_ref().map(Recurrence::cron).transpose()?;
    let Some(next) = recurrence.next(now) else {
        let told = format!("“{recurrence}” never comes true.");
        return Err(Error::new(Code::InvalidInput, &told).field("cron", told));
    };
    let grounds = Grounds::read(open, keys, wish.backup).await?;
    let request = ScheduleRequest {
        label,
        backup: grounds.request.clone(),
        // The same for both means a full backup each time, to the cluster as well.
        full: full.filter(|full| *full != recurrence),
        recurrence,
        first_run: match wish.starts_now {
            true => FirstRun::Now,
            false => FirstRun::At(next),
        },
        on_failure: wish.on_failure,
        on_previous: wish.on_previous,
        ignore_existing_backups: grounds.has_backups(),
    };
    let statement = request.statement()?;
    let schedules = db::list_schedules(open.readable()).await?;

    let mut checks = grounds.checks.clone();
    checks.extend(earlier_backups(&grounds));
    checks.push(label_is_free(&request.label, &schedules));
    checks.extend(beside(&request, &schedules));
    checks.extend(often_enough(&request.recurrence, request.full.as_ref(), now));
    checks.push(cost(&request.recurrence, next));
    checks.push(kept(&request));
    checks.extend(stored_secrets(&request));
    Ok(SchedulePlan {
        id: PlanId::new(),
        connection: open.id,
        subject: grounds.subject,
        collection: grounds.collection,
        recurrence: RecurrenceWords::of_cron(&request.recurrence, now),
        full_recurrence: request
            .full
            .as_ref()
            .map(|full| RecurrenceWords::of_cron(full, now)),
        runs: runs(&request, now),
        sql: statement.shown().to_owned(),
        request,
        checks,
    })
}

/// Looks again at what may have changed between the plan and its start.
pub(super) async fn recheck(open: &OpenCluster, plan: &SchedulePlan) -> Result<()> {
    refuse_blocked(&plan.checks)?;
    // In the past it would run at once, which nobody chose.
    if matches!(plan.request.first_run, FirstRun::At(at) if at <= Utc::now()) {
        return Err(Error::new(
            Code::PlanChanged,
            "The time of the first run has passed meanwhile.",
        )
        .hint("Look at the check again."));
    }
    Grounds::recheck(open, &plan.request.backup.targets, None).await
}

/// What the cluster's list says of the new schedule is what was asked for.
pub(super) fn is_as_planned(found: &db::Schedule, plan: &SchedulePlan) -> Result<()> {
    let recurrence = |part: &Option<db::Part>| part.as_ref().map(|part| part.recurrence.clone());
    let request = &plan.request;
    let often = request.recurrence.to_string();
    let expected = match &request.full {
        Some(full) => (Some(full.to_string()), Some(often)),
        None => (Some(often), None),
    };
    let is_same = found.label == request.label
        && (recurrence(&found.full), recurrence(&found.incremental)) == expected
        && !found.is_paused();
    match is_same {
        true => Ok(()),
        false => Err(Error::new(
            Code::Corrupt,
            format!(
                "{} was made, but the cluster's list tells something else of it.",
                found.label
            ),
        )
        .hint("Look at it in the list, and delete it if it is not what you want.")),
    }
}

/// The first run, which is a full one, and those after it.
fn runs(request: &ScheduleRequest, now: DateTime<Utc>) -> Vec<PlannedRun> {
    let first = match request.first_run {
        FirstRun::Now => now,
        FirstRun::At(at) => at,
    };
    runs_from(first, &request.recurrence, request.full.as_ref())
}

/// A full backup at `first`, and the runs after it. Increments begin after the first full backup.
pub(super) fn runs_from(first: DateTime<Utc>, recurrence: &Cron, full: Option<&Cron>) -> Vec<PlannedRun> {
    let first_run = PlannedRun {
        at: first,
        kind: BackupKind::Full,
    };
    let later = runs_after(first, recurrence, full);
    std::iter::once(first_run).chain(later).take(RUNS_TOLD).collect()
}

pub(super) fn runs_after(after: DateTime<Utc>, recurrence: &Cron, full: Option<&Cron>) -> Vec<PlannedRun> {
    let each = |cron: &Cron, kind| -> Vec<PlannedRun> {
        let upcoming = cron.upcoming(after).take(RUNS_TOLD);
        upcoming.map(|at| PlannedRun { at, kind }).collect()
    };
    let mut runs = match full {
        Some(full) => [
            each(full, BackupKind::Full),
            each(recurrence, BackupKind::Incremental),
        ]
        .concat(),
        None => each(recurrence, BackupKind::Full),
    };
    // Stable, so that of two at one moment the full one is told first.
    runs.sort_by_key(|run| run.at);
    runs.truncate(RUNS_TOLD);
    runs
}

pub(super) fn label_is_free(label: &str, schedules: &[db::Schedule]) -> Check {
    const ID: &str = "label";
    let is_taken = |label: &str| schedules.iter().any(|schedule| schedule.label == label);
    if !is_taken(label) {
        return Check::ok(
            ID,
            format!("The name {label} is free"),
            "No other schedule on this cluster is called that.",
        );
    }
    let free = (2..)
        .map(|number| format!("{label} {number}"))
        .find(|label| !is_taken(label));
    let check = Check::blocked(
        ID,
        format!("There is a schedule called {label} already"),
        "Two of one name could not be told apart.",
    );
    match free {
        Some(name) => check.fix(Fix::UseName { name }),
        None => check,
    }
}

fn earlier_backups(grounds: &Grounds) -> Option<Check> {
    let stay = match grounds.collection.backups {
        Some(1) => "The one that is there stays".to_owned(),
        Some(count) => format!("The {count} that are there stay"),
        None => "Those that are there stay".to_owned(),
    };
    grounds.has_backups().then(|| {
        Check::ok(
            "earlier",
            "It begins next to earlier backups",
            format!("{stay} untouched. The schedule starts with a full backup of its own."),
        )
    })
}

/// Another schedule that writes to the same place.
fn beside(request: &ScheduleRequest, schedules: &[db::Schedule]) -> Option<Check> {
    let place = request.backup.collection.redacted();
    let other = schedules.iter().find(|schedule| {
        schedule
            .backup
            .collection
            .iter()
            .any(|uri| uri.trim_end_matches('/') == place)
    })?;
    Some(Check::attention(
        "beside",
        format!("{} backs up into the same collection", other.label),
        "Incremental backups build on the newest full backup there, whichever schedule took it. Give each schedule a \
         collection of its own.",
    ))
}

/// How far apart the backups lie, and how many lie between two full ones.
pub(super) fn often_enough(recurrence: &Cron, full: Option<&Cron>, now: DateTime<Utc>) -> Vec<Check> {
    let mut checks = Vec::new();
    let two: Vec<_> = recurrence.upcoming(now).take(2).collect();
    let pause = match two.as_slice() {
        [first, second] => (*second - *first).num_seconds(),
        _ => i64::MAX,
    };
    if pause < SHORTEST_PAUSE_SECONDS {
        checks.push(Check::attention(
            "often",
            "That is very often",
            "CockroachDB recommends at least 5 minutes between two backups. One that is due while the one before still \
             runs is held up or left out.",
        ));
    }
    let Some(full) = full else {
        return checks;
    };
    let mut fulls = full.upcoming(now);
    let (Some(first), Some(second)) = (fulls.next(), fulls.next()) else {
        return checks;
    };
    // Beyond what is recommended it does not matter how far.
    let between = recurrence
        .upcoming(first)
        .take_while(|at| *at < second)
        .take(10_000)
        .count();
    if between == 0 {
        checks.push(Check::blocked(
            "often",
            "Full backups would come as often as incremental ones",
            "Choose a full backup each time, or full ones less often.",
        ));
    } else if between > LONGEST_CHAIN {
        checks.push(Check::attention(
            "chain",
            format!("Up to {} incremental backups build on each other", grouped(between as u64)),
            format!(
                "CockroachDB recommends at most {LONGEST_CHAIN} on one full backup: each one more makes a restore slower, \
                 and all of them are needed for it. Take full backups more often."
            ),
        ));
    }
    checks
}

pub(super) fn cost(recurrence: &Cron, next: DateTime<Utc>) -> Check {
    let week = next + chrono::Duration::days(7);
    let runs = recurrence
        .upcoming(next)
        .take_while(|at| *at <= week)
        .take(10_080)
        .count();
    let title = match runs {
        0 => "It runs less than once a week".to_owned(),
        runs => format!("It runs {} a week", times(runs)),
    };
    Check::attention(
        "cost",
        title,
        "Whether or not this app is open. Usage-based plans bill request units for what each run reads and writes, and a \
         serverless cluster that sleeps is woken by it.",
    )
}

fn times(count: usize) -> String {
    match count {
        1 => "once".into(),
        2 => "twice".into(),
        count => format!("{} times", grouped(count as u64)),
    }
}

fn kept(request: &ScheduleRequest) -> Check {
    use roachvault_cockroach::storage_uri::Scheme;
    let how = match request.backup.collection.scheme() {
        Scheme::Userfile => {
            "The cluster never deletes one. Delete old ones under Files when they are no longer needed."
        }
        Scheme::Nodelocal => {
            "The cluster never deletes one. Delete old ones on the node's disk when they are no longer needed."
        }
        _ => {
            "The cluster never deletes one. Let the bucket do it, with a lifecycle rule that is longer than the time \
              between two full backups."
        }
    };
    Check::attention("kept", "Backups are kept until somebody deletes them", how)
}

/// The cluster has to know them to take a backup while nobody is there.
fn stored_secrets(request: &ScheduleRequest) -> Option<Check> {
    let keys = request.backup.collection.has_secrets();
    let passphrase = request.backup.passphrase.is_some();
    let (what, are, instead) = match (keys, passphrase) {
        (false, false) => return None,
        (true, false) => (
            "The storage keys",
            "are",
            " With an external connection they stay out of the schedule.",
        ),
        (false, true) => (
            "The passphrase",
            "is",
            " Keep it yourself, too: without it nobody can restore these backups.",
        ),
        (true, true) => (
            "The storage keys and the passphrase",
            "are",
            " Keep the passphrase yourself, too: without it nobody can restore these backups.",
        ),
    };
    Some(Check::attention(
        "secrets",
        format!("{what} {are} kept in the cluster"),
        format!("In clear, in system.scheduled_jobs, where its administrators can read them.{instead}"),
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use roachvault_cockroach::StorageUri;
    use roachvault_cockroach::backup::{BackupRequest, BackupTargets};

    use super::*;
    use crate::plan::CheckLevel;

    fn request(recurrence: &str, full: Option<&str>, first_run: FirstRun) -> ScheduleRequest {
        ScheduleRequest {
            label: "nightly".into(),
            backup: BackupRequest {
                targets: BackupTargets::Cluster,
                collection: StorageUri::parse("userfile:///x", "me").unwrap(),
                kind: BackupKind::Full,
                revision_history: false,
                passphrase: None,
                as_of: None,
            },
            recurrence: Cron::parse(recurrence).unwrap(),
            full: full.map(|full| Cron::parse(full).unwrap()),
            first_run,
            on_failure: OnFailure::Reschedule,
            on_previous: OnPrevious::Wait,
            ignore_existing_backups: false,
        }
    }

    fn at(text: &str) -> DateTime<Utc> {
        chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M")
            .unwrap()
            .and_utc()
    }

    #[test]
    fn the_first_run_is_full_and_the_next_ones_are_told_with_their_kind() {
        use BackupKind::{Full, Incremental};
        let told = |request: &ScheduleRequest| -> Vec<_> {
            runs(request, at("2026-11-27 12:00"))
                .iter()
                .map(|run| (run.at, run.kind))
                .collect()
        };
        assert_eq!(
            told(&request("0 2 * * *", Some("0 2 * * 0"), FirstRun::Now)),
            [
                (at("2026-11-27 12:00"), Full),
                (at("2026-11-28 02:00"), Incremental),
                (at("2026-11-29 02:00"), Full),
                (at("2026-11-29 02:00"), Incremental),
            ]
        );
        assert_eq!(
            told(&request("0 2 * * *", None, FirstRun::At(at("2026-11-28 02:00")))),
            [
                (at("2026-11-28 02:00"), Full),
                (at("2026-11-29 02:00"), Full),
                (at("2026-11-30 02:00"), Full),
                (at("2026-12-01 02:00"), Full),
            ]
        );
    }

    #[test]
    fn long_chains_and_short_pauses_are_told() {
        let ids = |recurrence, full| -> Vec<_> {
            let request = request(recurrence, full, FirstRun::Now);
            often_enough(&request.recurrence, request.full.as_ref(), at("2026-11-27 12:00"))
                .iter()
                .map(|check| (check.id, check.level))
                .collect()
        };
        assert!(ids("0 * * * *", Some("0 0 * * *")).is_empty());
        assert!(ids("0 0 * * 0", None).is_empty());
        assert_eq!(
            ids("0 * * * *", Some("0 0 * * 0")),
            [("chain", CheckLevel::Attention)]
        );
        assert_eq!(ids("* * * * *", None), [("often", CheckLevel::Attention)]);
        assert_eq!(
            ids("0 0 1 * *", Some("0 3 * * *")),
            [("often", CheckLevel::Blocked)]
        );
    }

    #[test]
    fn what_a_week_costs_is_counted() {
        let title = |recurrence| {
            let request = request(recurrence, None, FirstRun::Now);
            let next = request.recurrence.next(at("2026-11-27 12:00")).unwrap();
            cost(&request.recurrence, next).title
        };
        assert_eq!(title("0 2 * * *"), "It runs 7 times a week");
        assert_eq!(title("0 2 * * 6"), "It runs once a week");
        assert_eq!(title("0 * * * *"), "It runs 168 times a week");
        assert_eq!(title("0 0 1 * *"), "It runs less than once a week");
    }
}
