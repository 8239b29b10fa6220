//! Changing how often a schedule runs, and its name.
//!
//! What it backs up and where is not changed: its backups would go on in another place under the same name.

use chrono::{DateTime, Utc};
use roachvault_cockroach::cron::Cron;
use roachvault_cockroach::inspect::is_admin;
use roachvault_cockroach::schedule::{self as db, ScheduleAlteration};
use roachvault_cockroach::version::Version;

use super::plan::{PlannedRun, cost, label_is_free, often_enough, runs_after, runs_from};
use super::recurrence::Recurrence;
use super::{RecurrenceWords, Schedule, existing, not_done};
use crate::backup::{read_only, refuse_blocked};
use crate::cluster::{ConnectionId, OpenCluster};
use crate::error::{Code, Error, Result};
use crate::plan::{Check, PlanId};

/// What a schedule shall be like.
#[derive(Debug)]
pub struct ScheduleChangeWish {
    pub label: String,
    pub recurrence: Recurrence,
    /// When a full backup is taken; `None`: each time.
    pub full: Option<Recurrence>,
}

/// What would change. Nothing has been sent.
#[derive(Debug, Clone)]
pub struct ScheduleChangePlan {
    pub id: PlanId,
    pub connection: ConnectionId,
    /// As it is now.
    pub schedule: Schedule,
    pub(super) alteration: ScheduleAlteration,
    pub label: String,
    pub recurrence: RecurrenceWords,
    pub full_recurrence: Option<RecurrenceWords>,
    /// The next four; none while it is paused.
    pub runs: Vec<PlannedRun>,
    /// Exactly what will be sent.
    pub sql: String,
    pub checks: Vec<Check>,
    /// On production the connection's name.
    pub name_to_type: Option<String>,
}

pub(super) async fn plan(
    open: &OpenCluster,
    id: db::ScheduleId,
    wish: ScheduleChangeWish,
) -> Result<ScheduleChangePlan> {
    let now = Utc::now();
    let label = wish.label.trim().to_owned();
    if label.is_empty() {
        let told = "Give the schedule a name.";
        return Err(Error::new(Code::InvalidInput, told).field("label", told));
    }
    let recurrence = wish.recurrence.cron()?;
    let full = wish.full.as_ref().map(Recurrence::cron).transpose()?;
    for cron in [Some(&recurrence), full.as_ref()].into_iter().flatten() {
        if cron.next(now).is_none() {
            let told = format!("“{cron}” never comes true.");
            return Err(Error::new(Code::InvalidInput, &told).field("cron", told));
        }
    }
    let alteration = ScheduleAlteration {
        label: label.clone(),
        // The same for both means a full backup each time, to the cluster as well.
        full: full.filter(|full| *full != recurrence),
        recurrence,
    };
    let cluster = open.readable();
    let keeps_pause = db::stays_paused_when_altered(&Version::parse(&open.info.version_text));
    let schedules = db::list_schedules(cluster).await?;
    let found = existing(open, id).await?;
    let Some(sql) = alteration.statement(&found)? else {
        let told = format!("{} is like that already.", found.label);
        return Err(Error::new(Code::InvalidInput, told).hint("Choose other times or another name."));
    };
    let others: Vec<_> = schedules.into_iter().filter(|other| other.id != id).collect();

    let mut checks = vec![match open.read_only {
        true => read_only(&open.name),
        false => may_change(&found, cluster.user(), is_admin(cluster).await?),
    }];
    if label != found.label {
        checks.push(label_is_free(&label, &others));
    }
    checks.extend(has_full(&found));
    if !alteration.has_recurrences_of(&found) {
        checks.extend(pause(&found, keeps_pause));
        checks.extend(gap(&alteration, &found));
    }
    checks.extend(often_enough(
        &alteration.recurrence,
        alteration.full.as_ref(),
        now,
    ));
    checks.push(cost(
        &alteration.recurrence,
        alteration.recurrence.next(now).unwrap_or(now),
    ));
    Ok(ScheduleChangePlan {
        id: PlanId::new(),
        connection: open.id,
        label,
        recurrence: RecurrenceWords::of_cron(&alteration.recurrence, now),
        full_recurrence: alteration
            .full
            .as_ref()
            .map(|full| RecurrenceWords::of_cron(full, now)),
        runs: runs(&alteration, &found, now),
        sql,
        checks,
        name_to_type: open.name_to_type(),
        schedule: Schedule::told(open, found, None, now),
        alteration,
    })
}

/// Sends what was planned, and answers the schedule as the cluster's list has it.
pub(super) async fn start(
    open: &OpenCluster,
    plan: &ScheduleChangePlan,
    typed: Option<&str>,
) -> Result<Schedule> {
    let cluster = open.confirmed(&open.name, typed)?;
    refuse_blocked(&plan.checks)?;
    let planned = &plan.schedule.found;
    let found = existing(open, planned.id).await?;
    let rhythm = |schedule: &db::Schedule| -> Vec<_> {
        let part = |part: &db::Part| (part.id, part.recurrence.clone(), part.is_paused);
        schedule.parts().map(part).collect()
    };
    if found.label != planned.label || found.backup != planned.backup || rhythm(&found) != rhythm(planned) {
        let told = format!("{} was changed meanwhile by somebody else.", planned.label);
        return Err(Error::new(Code::PlanChanged, told).hint("Look at the check again."));
    }
    let sent = db::alter_schedule(cluster, &found, &plan.alteration).await;
    // A broken connection may have come after the change: the list knows.
    let after = match (existing(open, planned.id).await, sent.map_err(Error::from)) {
        (Ok(after), Ok(())) => after,
        (Ok(after), Err(_)) if plan.alteration.is_done(&after) => after,
        (_, Err(error)) | (Err(error), Ok(())) => return Err(error),
    };
    match plan.alteration.is_done(&after) && after.is_paused() == found.is_paused() {
        true => Ok(Schedule::told(open, after, None, Utc::now())),
        false => Err(not_done(&after, "as it was planned")),
    }
}

/// When it runs next. New increments wait for a full backup, and so do those that wait already.
fn runs(to: &ScheduleAlteration, found: &db::Schedule, now: DateTime<Utc>) -> Vec<PlannedRun> {
    if found.is_paused() {
        return Vec::new();
    }
    let waits = to.adds_increments(found) || found.parts().any(|part| part.waits_for_full);
    let next_full: Option<DateTime<Utc>> = to.full.as_ref().and_then(|full: &Cron| full.next(now));
    match next_full.filter(|_| waits) {
        Some(first) => runs_from(first, &to.recurrence, to.full.as_ref()),
        None => runs_after(now, &to.recurrence, to.full.as_ref()),
    }
}

fn may_change(found: &db::Schedule, user: &str, is_admin: Option<bool>) -> Check {
    const ID: &str = "privilege";
    if found.owner.as_deref() == Some(user) {
        return Check::ok(
            ID,
            format!("{user} may change it"),
            "The schedule belongs to this user.",
        );
    }
    if is_admin == Some(true) {
        return Check::ok(
            ID,
            format!("{user} may change it"),
            "This user is an administrator.",
        );
    }
    let owner = found.owner.as_deref().unwrap_or("another user");
    Check::attention(
        ID,
        format!("It belongs to {owner}"),
        "Only its owner, administrators and users with the REPAIRCLUSTER privilege may change it. Others are refused, and \
         nothing is changed then.",
    )
}

fn has_full(found: &db::Schedule) -> Option<Check> {
    found.full.is_none().then(|| {
        Check::blocked(
            "full",
            "Its full backups are gone",
            "Somebody deleted that half of the schedule, and the cluster changes only whole ones. Delete it and make a new \
             one.",
        )
    })
}

fn pause(found: &db::Schedule, keeps_pause: bool) -> Option<Check> {
    const ID: &str = "paused";
    if found.is_paused() && keeps_pause {
        let then = "It goes by the new times once it is resumed.";
        return Some(Check::ok(ID, "It stays paused", then));
    }
    if found.is_paused() {
        return Some(Check::blocked(
            ID,
            "Changing its times would resume it",
            "Releases before v25.1 resume a paused schedule whose times are changed. Resume it first, change it, and pause \
             it again if it shall not run.",
        ));
    }
    let waits = found.parts().any(|part| part.waits_for_full);
    (waits && !keeps_pause).then(|| {
        Check::blocked(
            ID,
            "Its first full backup has not been taken yet",
            "Releases before v25.1 would begin with incremental backups at once when the times are changed, and those would \
             fail. Wait until the first full backup is there, or run it from the schedule's menu.",
        )
    })
}

/// From full backups each time to incremental ones between them.
fn gap(to: &ScheduleAlteration, found: &db::Schedule) -> Option<Check> {
    (to.adds_increments(found) && !found.is_paused()).then(|| {
        Check::attention(
            "gap",
            "Nothing is backed up before the next full backup",
            "Incremental backups begin once a full one was taken by the new times. Run a full backup from the schedule's \
             menu after the change, and they begin at once.",
        )
    })
}
