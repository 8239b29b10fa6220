//! Backup schedules: SHOW SCHEDULES, CREATE SCHEDULE FOR BACKUP, ALTER BACKUP SCHEDULE, PAUSE, RESUME and DROP.
//!
//! What people call one schedule is a pair in the cluster: one that takes full backups, and one that adds incremental ones
//! and begins when the first full backup is done. They point at each other only in the JSON of SHOW SCHEDULES, which every
//! release has alike, so that is what is read; SHOW SCHEDULES FOR BACKUP leaves it out.

use std::fmt;

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;

use crate::backup::{BackupRequest, whole};
use crate::connect::Cluster;
use crate::cron::Cron;
use crate::error::{Error, ErrorKind, Result};
use crate::job::ClusterJob;
use crate::quote::literal;
use crate::statement::{MASK, Statement, Writer};
use crate::storage_uri::redact;
use crate::version::Version;
use crate::{refusal, row};

/// CockroachDB's number of one schedule of a pair. Greater than 2^53, so never a JSON number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScheduleId(pub i64);

impl fmt::Display for ScheduleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What the cluster does after a run that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnFailure {
    /// Again soon.
    Retry,
    /// Again at the next time. The cluster's own choice.
    Reschedule,
    /// No more runs until somebody resumes it.
    Pause,
}

/// What the cluster does when it is time and the run before is not done. Incremental backups always wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnPrevious {
    /// Starts beside it.
    Start,
    /// Leaves this one out.
    Skip,
    /// Starts when it is done. The cluster's own choice.
    Wait,
}

/// When a new schedule runs first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstRun {
    /// As soon as it is there.
    Now,
    At(DateTime<Utc>),
}

/// One CREATE SCHEDULE FOR BACKUP.
#[derive(Debug, Clone)]
pub struct ScheduleRequest {
    pub label: String,
    /// Its kind is not looked at: a schedule decides by itself which of its backups are full.
    pub backup: BackupRequest,
    pub recurrence: Cron,
    /// When a full backup is taken; `None`: each time.
    pub full: Option<Cron>,
    pub first_run: FirstRun,
    pub on_failure: OnFailure,
    pub on_previous: OnPrevious,
    /// Without it the cluster refuses a collection that holds backups.
    pub ignore_existing_backups: bool,
}

impl ScheduleRequest {
    /// IF NOT EXISTS: without it the cluster makes two of one label without a word. AS OF SYSTEM TIME and DETACHED are the
    /// scheduler's own. The first run is always written: left out, a pair begins at once and a single one at its time.
    pub fn statement(&self) -> Result<Statement> {
        let BackupRequest {
            targets,
            collection,
            revision_history,
            passphrase,
            ..
        } = &self.backup;
        let mut sql = Writer::default();
        sql.push("CREATE SCHEDULE IF NOT EXISTS ")
            .literal(&self.label)?
            .push(" FOR BACKUP ");
        targets.write(&mut sql)?;
        sql.push("INTO ").uri(collection)?;
        let mut separator = " WITH ";
        if *revision_history {
            sql.push(separator).push("revision_history");
            separator = ", ";
        }
        if let Some(passphrase) = passphrase {
            sql.push(separator)
                .push("encryption_passphrase = ")
                .secret(passphrase)?;
        }
        sql.push(" RECURRING ").literal(&self.recurrence.to_string())?;
        sql.push(" FULL BACKUP ");
        match &self.full {
            None => sql.push("ALWAYS"),
            Some(full) => sql.literal(&full.to_string())?,
        };
        sql.push(" WITH SCHEDULE OPTIONS first_run = ");
        match self.first_run {
            FirstRun::Now => sql.literal("now")?,
            FirstRun::At(at) => sql.literal(&at.format("%Y-%m-%d %H:%M:%S+00:00").to_string())?,
        };
        sql.push(", on_execution_failure = ")
            .literal(match self.on_failure {
                OnFailure::Retry => "retry",
                OnFailure::Reschedule => "reschedule",
                OnFailure::Pause => "pause",
            })?
            .push(", on_previous_running = ")
            .literal(match self.on_previous {
                OnPrevious::Start => "start",
                OnPrevious::Skip => "skip",
                OnPrevious::Wait => "wait",
            })?;
        if self.ignore_existing_backups {
            sql.push(", ignore_existing_backups");
        }
        Ok(sql.finish())
    }
}

/// Creates it and answers the number of its full backups' schedule. [`ErrorKind::AlreadyExists`]: a schedule of this label
/// is there. [`ErrorKind::OutcomeUnknown`]: the connection broke, and none of this label was seen afterwards.
pub async fn create_schedule(cluster: &Cluster, request: &ScheduleRequest) -> Result<ScheduleId> {
    let rows = match request.statement()?.run(cluster).await {
        Ok(rows) => rows,
        // Sending it again would be harmless, but only a look tells whether it was for nothing.
        Err(lost) if matches!(lost.kind, ErrorKind::ConnectionLost | ErrorKind::OutcomeUnknown) => {
            return found_after_all(cluster, &request.label, lost).await;
        }
        Err(error) => return Err(error),
    };
    // Of a pair the incremental one comes first.
    rows.last()
        .and_then(|row| row::integer(row, "schedule_id"))
        .map(ScheduleId)
        .ok_or_else(|| {
            Error::new(
                ErrorKind::AlreadyExists,
                format!("There is a schedule called {} already.", request.label),
            )
            .hint("Choose another name.")
        })
}

async fn found_after_all(cluster: &Cluster, label: &str, lost: Error) -> Result<ScheduleId> {
    let found = list_schedules(cluster).await.ok().and_then(|schedules| {
        schedules
            .into_iter()
            .find(|schedule| schedule.label == label && schedule.owner.as_deref() == Some(cluster.user()))
    });
    found.map(|schedule| schedule.id).ok_or_else(|| Error {
        kind: ErrorKind::OutcomeUnknown,
        message: "The connection broke before the cluster said whether the schedule was made.".into(),
        hint: Some("Look at the list of schedules before you create it again.".into()),
        ..lost
    })
}

/// A schedule of backups: the full ones and, where there are such, the incremental ones between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Of the one that takes full backups, or of the only one that is left.
    pub id: ScheduleId,
    pub label: String,
    pub owner: Option<String>,
    pub created: Option<DateTime<Utc>>,
    /// Missing only where somebody dropped it and an old release left the other.
    pub full: Option<Part>,
    pub incremental: Option<Part>,
    pub backup: ScheduledBackup,
    /// `None` in releases before v23.2.
    pub on_failure: Option<OnFailure>,
    /// `None` in releases before v23.2.
    pub on_previous: Option<OnPrevious>,
}

/// One schedule of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub id: ScheduleId,
    pub is_paused: bool,
    pub next_run: Option<DateTime<Utc>>,
    /// What the scheduler noted of the last run, or what it waits for. Server text with keys redacted.
    pub state: Option<String>,
    /// As it was written.
    pub recurrence: String,
    pub jobs_running: u64,
    /// It begins by itself once the first full backup is done. Resumed before, its first run would fail.
    pub waits_for_full: bool,
}

impl Schedule {
    /// Those that there are, the full one first.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.full.iter().chain(&self.incremental)
    }

    /// Every part that somebody could have paused is paused.
    pub fn is_paused(&self) -> bool {
        self.parts().all(|part| part.is_paused)
    }

    /// Somebody paused one part and not the other.
    pub fn is_partly_paused(&self) -> bool {
        let by_hand = |part: &Part| part.is_paused && !part.waits_for_full;
        !self.is_paused() && self.parts().any(by_hand)
    }

    /// The soonest.
    pub fn next_run(&self) -> Option<DateTime<Utc>> {
        self.parts().filter_map(|part| part.next_run).min()
    }

    /// Runs that are under way.
    pub fn jobs_running(&self) -> u64 {
        self.parts().map(|part| part.jobs_running).sum()
    }

    fn ids(&self, keep: impl Fn(&Part) -> bool) -> Vec<ScheduleId> {
        self.parts()
            .filter(|part| keep(part))
            .map(|part| part.id)
            .collect()
    }
}

/// What a schedule backs up, read from the statement it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduledBackup {
    /// BACKUP …, with every secret masked here too, whatever the server did.
    pub statement: String,
    /// `None` where the statement reads in a way that is not known here.
    pub targets: Option<ScheduledTargets>,
    /// Redacted; more than one for a collection that is spread over localities.
    pub collection: Vec<String>,
    pub revision_history: bool,
    pub encrypted: bool,
}

/// As they stand in the statement, without quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScheduledTargets {
    Cluster,
    Databases(Vec<String>),
    /// Each as `database.schema.table`; a `*` stands for all.
    Tables(Vec<String>),
}

/// Every backup schedule that this user may see, by label.
pub async fn list_schedules(cluster: &Cluster) -> Result<Vec<Schedule>> {
    let rows = row::simple_query(cluster, "SHOW SCHEDULES")
        .await
        .map_err(refusal::explain)?;
    let mut schedules = paired(rows.iter().filter_map(Single::read).collect());
    schedules.sort_by(|a, b| (&a.label, a.id).cmp(&(&b.label, b.id)));
    Ok(schedules)
}

/// One row of SHOW SCHEDULES that backs something up.
#[derive(Debug, Clone)]
struct Single {
    part: Part,
    label: String,
    owner: Option<String>,
    created: Option<DateTime<Utc>>,
    statement: String,
    is_incremental: bool,
    other: Option<i64>,
    /// Which one begins when this one has succeeded.
    unpauses: Option<i64>,
    on_failure: Option<OnFailure>,
    on_previous: Option<OnPrevious>,
}

impl Single {
    fn read(row: &PgRow) -> Option<Self> {
        let command: serde_json::Value = serde_json::from_str(&row::text(row, "command")?).ok()?;
        // Other schedules, such as those of statistics, have none.
        let statement = command["backup_statement"].as_str()?.to_owned();
        let not_empty = |column| row::text(row, column).filter(|text| !text.is_empty());
        let number = |name: &str| whole(&command[name]).filter(|id| *id != 0);
        let status = row::text(row, "schedule_status").or_else(|| row::text(row, "status"));
        Some(Self {
            part: Part {
                id: ScheduleId(row::integer(row, "id")?),
                is_paused: status.is_some_and(|status| status.starts_with("PAUSED")),
                next_run: row::time(row, "next_run"),
                state: not_empty("state").map(|text| without_keys(&text)),
                recurrence: row::text(row, "recurrence").unwrap_or_default(),
                jobs_running: row::count(row, "jobsrunning").unwrap_or(0),
                waits_for_full: false,
            },
            label: row::text(row, "label")
                .or_else(|| row::text(row, "name"))
                .unwrap_or_default(),
            owner: not_empty("owner"),
            created: row::time(row, "created"),
            statement,
            is_incremental: command["backup_type"] == "INCREMENTAL"
                || whole(&command["backup_type"]) == Some(1),
            other: number("dependent_schedule_id"),
            unpauses: number("unpause_on_success"),
            on_failure: match row::text(row, "on_execution_failure").as_deref() {
                Some("RETRY_SOON") => Some(OnFailure::Retry),
                Some("RETRY_SCHED") => Some(OnFailure::Reschedule),
                Some("PAUSE_SCHED") => Some(OnFailure::Pause),
                _ => None,
            },
            on_previous: match row::text(row, "on_previous_running").as_deref() {
                Some("NO_WAIT") => Some(OnPrevious::Start),
                Some("SKIP") => Some(OnPrevious::Skip),
                Some("WAIT") => Some(OnPrevious::Wait),
                _ => None,
            },
        })
    }
}

fn paired(singles: Vec<Single>) -> Vec<Schedule> {
    let (increments, fulls): (Vec<_>, Vec<_>) = singles.into_iter().partition(|single| single.is_incremental);
    let (mut schedules, mut left) = (Vec::new(), increments);
    for full in fulls {
        let at = left.iter().position(|each| full.other == Some(each.part.id.0));
        let incremental = at.map(|at| left.swap_remove(at)).map(|mut each| {
            each.part.waits_for_full = full.unpauses == Some(each.part.id.0) && each.part.is_paused;
            each.part
        });
        schedules.push(schedule(&full, Some(full.part.clone()), incremental));
    }
    schedules.extend(
        left.iter()
            .map(|single| schedule(single, None, Some(single.part.clone()))),
    );
    schedules
}

fn schedule(from: &Single, full: Option<Part>, incremental: Option<Part>) -> Schedule {
    Schedule {
        id: from.part.id,
        label: from.label.clone(),
        owner: from.owner.clone(),
        created: from.created,
        full,
        incremental,
        backup: read_statement(&from.statement),
        on_failure: from.on_failure,
        on_previous: from.on_previous,
    }
}

/// The newest run that this user may see. `None`: there was none, or somebody else's.
pub async fn last_run(cluster: &Cluster, schedule: &Schedule) -> Result<Option<ClusterJob>> {
    let sql = format!("SHOW JOBS FOR {}", named(&schedule.ids(|_| true)));
    let rows = row::simple_query(cluster, &sql).await?;
    Ok(rows
        .iter()
        .filter_map(ClusterJob::read)
        .max_by_key(|job| (job.created, job.id)))
}

/// The statement that would make the schedule again, secrets masked. Administrators only.
pub async fn show_create_schedule(cluster: &Cluster, id: ScheduleId) -> Result<Option<String>> {
    let rows = row::simple_query(cluster, &format!("SHOW CREATE SCHEDULE {id}"))
        .await
        .map_err(refusal::explain)?;
    let text = rows.first().and_then(|row| row::text(row, "create_statement"));
    Ok(text.map(|text| masked(&text)))
}

/// What a person may ask of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleRequested {
    Pause,
    Resume,
    Drop,
}

/// The statement for it; `None` where there is nothing left to do. A part that waits for its first full backup is neither
/// paused nor resumed: it is paused already, and resumed too early its run fails.
pub fn change_statement(schedule: &Schedule, requested: ScheduleRequested) -> Option<String> {
    let (verb, ids) = match requested {
        ScheduleRequested::Pause => ("PAUSE", schedule.ids(|part| !part.is_paused)),
        ScheduleRequested::Resume => (
            "RESUME",
            schedule.ids(|part| part.is_paused && !part.waits_for_full),
        ),
        // Both are named: releases before v23.1 leave the other.
        ScheduleRequested::Drop => ("DROP", schedule.ids(|_| true)),
    };
    (!ids.is_empty()).then(|| format!("{verb} {}", named(&ids)))
}

/// Sends it. A schedule that is gone is no error: look at the list.
pub async fn change_schedule(
    cluster: &Cluster,
    schedule: &Schedule,
    requested: ScheduleRequested,
) -> Result<()> {
    if let Some(sql) = change_statement(schedule, requested) {
        row::simple_query(cluster, &sql).await.map_err(refusal::explain)?;
    }
    Ok(())
}

/// What a schedule is to be like. What it backs up and where stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleAlteration {
    pub label: String,
    pub recurrence: Cron,
    /// When a full backup is taken; `None`: each time.
    pub full: Option<Cron>,
}

impl ScheduleAlteration {
    /// The statement for it; `None` where the schedule is like that already. A new name alone leaves the next run where it
    /// is. Of the recurrences both are written: going over to full backups each time, the cluster would take over the time
    /// of the others and forget to work out the next run.
    pub fn statement(&self, schedule: &Schedule) -> Result<Option<String>> {
        let mut changes = Vec::new();
        if self.label != schedule.label {
            changes.push(format!("SET LABEL {}", literal(&self.label)?));
        }
        if !self.has_recurrences_of(schedule) {
            changes.push(match &self.full {
                None => "SET FULL BACKUP ALWAYS".to_owned(),
                Some(full) => format!("SET FULL BACKUP {}", literal(&full.to_string())?),
            });
            changes.push(format!(
                "SET RECURRING {}",
                literal(&self.recurrence.to_string())?
            ));
        }
        let sql = || format!("ALTER BACKUP SCHEDULE {} {}", schedule.id, changes.join(", "));
        Ok((!changes.is_empty()).then(sql))
    }

    /// Incremental backups come to a schedule that had none. They begin after the next full backup, and until that nothing
    /// is backed up.
    pub fn adds_increments(&self, schedule: &Schedule) -> bool {
        self.full.is_some() && schedule.incremental.is_none()
    }

    /// Whether the list tells of the schedule what is asked for.
    pub fn is_done(&self, schedule: &Schedule) -> bool {
        self.label == schedule.label && self.has_recurrences_of(schedule)
    }

    /// How often it runs stays as it is.
    pub fn has_recurrences_of(&self, schedule: &Schedule) -> bool {
        let of = |part: &Option<Part>| part.as_ref().map(|part| part.recurrence.clone());
        let recurrence = self.recurrence.to_string();
        let wanted = match &self.full {
            Some(full) => (Some(full.to_string()), Some(recurrence)),
            None => (Some(recurrence), None),
        };
        (of(&schedule.full), of(&schedule.incremental)) == wanted
    }
}

/// Sends it. What became of it is told by the list.
pub async fn alter_schedule(cluster: &Cluster, schedule: &Schedule, to: &ScheduleAlteration) -> Result<()> {
    if let Some(sql) = to.statement(schedule)? {
        row::simple_query(cluster, &sql).await.map_err(refusal::explain)?;
    }
    Ok(())
}

/// Whether a paused schedule stays paused when it is changed. Earlier releases resume it.
pub fn stays_paused_when_altered(version: &Version) -> bool {
    version.at_least(25, 1)
}

/// `SCHEDULE 1`, or `SCHEDULES VALUES (1), (2)`: one statement, so that a pair changes as one.
fn named(ids: &[ScheduleId]) -> String {
    match ids {
        [only] => format!("SCHEDULE {only}"),
        ids => {
            let values: Vec<String> = ids.iter().map(|id| format!("({id})")).collect();
            format!("SCHEDULES VALUES {}", values.join(", "))
        }
    }
}

/// Whether a release can run a schedule out of turn.
pub fn can_run_now(version: &Version) -> bool {
    version.at_least(24, 1)
}

/// Has the next backup taken now, a full one if there is no other kind, none to build on, or it is asked for.
pub async fn run_schedule(cluster: &Cluster, schedule: &Schedule, full: bool) -> Result<()> {
    let builds = schedule
        .incremental
        .as_ref()
        .is_some_and(|part| !part.waits_for_full);
    let kind = if full || !builds { "FULL " } else { "" };
    let sql = format!("ALTER BACKUP SCHEDULE {} EXECUTE {kind}IMMEDIATELY", schedule.id);
    row::simple_query(cluster, &sql).await.map_err(refusal::explain)?;
    Ok(())
}

/// A piece of a statement as the server prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A word without quotes, or a sign.
    Bare(String),
    /// "…", without its quotes.
    Name(String),
    /// '…', without its quotes.
    Text(String),
}

impl Token {
    fn is(&self, word: &str) -> bool {
        matches!(self, Self::Bare(bare) if bare.eq_ignore_ascii_case(word))
    }
}

/// The tokens, each with where it stands.
fn tokens(sql: &str) -> Vec<(Token, std::ops::Range<usize>)> {
    let mut found: Vec<(Token, std::ops::Range<usize>)> = Vec::new();
    let mut chars = sql.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        if c != '\'' && c != '"' {
            let mut end = start + c.len_utf8();
            while is_word(c)
                && let Some((at, next)) = chars.next_if(|(_, next)| is_word(*next))
            {
                end = at + next.len_utf8();
            }
            found.push((Token::Bare(sql[start..end].to_owned()), start..end));
            continue;
        }
        // e'…', in which the server writes texts with special characters, has backslashes for them.
        let escapes = c == '\''
            && found
                .last()
                .is_some_and(|(token, range)| token.is("e") && range.end == start);
        let begin = match escapes {
            true => found.pop().map_or(start, |(_, range)| range.start),
            false => start,
        };
        let (mut text, mut end) = (String::new(), sql.len());
        while let Some((at, inner)) = chars.next() {
            if escapes && inner == '\\' {
                text.extend(chars.next().map(|(_, escaped)| escaped));
            } else if inner != c {
                text.push(inner);
            } else if chars.next_if(|(_, next)| *next == c).is_some() {
                text.push(c);
            } else {
                end = at + c.len_utf8();
                break;
            }
        }
        let token = if c == '"' {
            Token::Name(text)
        } else {
            Token::Text(text)
        };
        found.push((token, begin..end));
    }
    found
}

/// Takes out what the server should have taken out itself: keys in addresses, and passphrases.
fn masked(sql: &str) -> String {
    let (mut shown, mut copied) = (String::with_capacity(sql.len()), 0);
    let tokens = tokens(sql);
    for (position, (token, range)) in tokens.iter().enumerate() {
        let Token::Text(text) = token else { continue };
        let names_secret = position >= 2
            && tokens[position - 1].0.is("=")
            && tokens[position - 2].0.is("encryption_passphrase");
        let hidden = match () {
            () if names_secret => MASK.to_owned(),
            () if text.contains("://") => redact(text),
            () => continue,
        };
        shown.push_str(&sql[copied..range.start]);
        shown.push_str(&literal(&hidden).unwrap_or_else(|_| format!("'{MASK}'")));
        copied = range.end;
    }
    shown.push_str(&sql[copied..]);
    shown
}

/// The scheduler's notes may repeat an address.
fn without_keys(text: &str) -> String {
    let words = text.split(' ').map(|word| match word.contains("://") {
        true => redact(word),
        false => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn read_statement(sql: &str) -> ScheduledBackup {
    let shown = masked(sql);
    let tokens: Vec<Token> = tokens(&shown).into_iter().map(|(token, _)| token).collect();
    let into = tokens
        .iter()
        .position(|token| token.is("INTO"))
        .unwrap_or(tokens.len());
    let (before, after) = tokens.split_at(into);
    let with = after
        .iter()
        .position(|token| token.is("WITH"))
        .unwrap_or(after.len());
    let (collection, options) = after.split_at(with);
    let has = |option: &str| options.iter().any(|token| token.is(option));
    let switched_off = options
        .windows(3)
        .any(|three| three[0].is("revision_history") && three[1].is("=") && three[2].is("false"));
    ScheduledBackup {
        targets: read_targets(before.get(1..).unwrap_or_default()),
        collection: collection
            .iter()
            .filter_map(|token| match token {
                Token::Text(uri) => Some(uri.clone()),
                _ => None,
            })
            .collect(),
        revision_history: has("revision_history") && !switched_off,
        encrypted: has("encryption_passphrase") || has("kms"),
        statement: shown,
    }
}

/// What stands between BACKUP and INTO.
fn read_targets(tokens: &[Token]) -> Option<ScheduledTargets> {
    let (of_databases, names) = match tokens {
        [] => return Some(ScheduledTargets::Cluster),
        [first, rest @ ..] if first.is("DATABASE") => (true, rest),
        [first, rest @ ..] if first.is("TABLE") => (false, rest),
        _ => return None,
    };
    let mut found = vec![String::new()];
    for token in names {
        match token {
            Token::Bare(sign) if sign == "," => found.push(String::new()),
            Token::Bare(text) | Token::Name(text) | Token::Text(text) => found.last_mut()?.push_str(text),
        }
    }
    Some(match of_databases {
        true => ScheduledTargets::Databases(found),
        false => ScheduledTargets::Tables(found),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::backup::{BackupKind, BackupTargets, TableName};
    use crate::secret::Secret;
    use crate::storage_uri::StorageUri;

    fn request(collection: &str) -> ScheduleRequest {
        ScheduleRequest {
            label: "bank's nightly".into(),
            backup: BackupRequest {
                targets: BackupTargets::Database("my bank".into()),
                collection: StorageUri::parse(collection, "me").unwrap(),
                kind: BackupKind::Full,
                revision_history: false,
                passphrase: None,
                as_of: None,
            },
            recurrence: Cron::parse("0 2 * * *").unwrap(),
            full: None,
            first_run: FirstRun::Now,
            on_failure: OnFailure::Reschedule,
            on_previous: OnPrevious::Wait,
            ignore_existing_backups: false,
        }
    }

    #[test]
    fn a_schedule_is_written_with_everything_it_decides() {
        assert_eq!(
            request("external://vault/bank").statement().unwrap().shown(),
            "CREATE SCHEDULE IF NOT EXISTS 'bank''s nightly' FOR BACKUP DATABASE \"my bank\" INTO 'external://vault/bank' \
             RECURRING '0 2 * * *' FULL BACKUP ALWAYS WITH SCHEDULE OPTIONS first_run = 'now', \
             on_execution_failure = 'reschedule', on_previous_running = 'wait'"
        );
        let mut request = request("s3://b/p?AWS_SECRET_ACCESS_KEY=hush");
        request.backup.targets = BackupTargets::Tables {
            database: "bank".into(),
            tables: vec![TableName {
                schema: "public".into(),
                name: "a\"b".into(),
            }],
        };
        request.backup.revision_history = true;
        request.backup.passphrase = Some(Secret::new("it's hush"));
        request.full = Some(Cron::parse("0 2 * * 0").unwrap());
        request.first_run = FirstRun::At(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        request.on_failure = OnFailure::Pause;
        request.on_previous = OnPrevious::Skip;
        request.ignore_existing_backups = true;
        let statement = request.statement().unwrap();
        assert_eq!(
            statement.shown(),
            "CREATE SCHEDULE IF NOT EXISTS 'bank''s nightly' FOR BACKUP TABLE \"bank\".\"public\".\"a\"\"b\" INTO \
             's3://b/p?AWS_SECRET_ACCESS_KEY=redacted' WITH revision_history, encryption_passphrase = 'redacted' \
             RECURRING '0 2 * * *' FULL BACKUP '0 2 * * 0' WITH SCHEDULE OPTIONS first_run = '2027-01-15 08:00:00+00:00', \
             on_execution_failure = 'pause', on_previous_running = 'skip', ignore_existing_backups"
        );
        assert!(!format!("{statement:?} {request:?}").contains("hush"));
    }

    #[test]
    fn what_a_schedule_backs_up_is_read_from_its_statement() {
        let read = read_statement("BACKUP INTO LATEST IN 'external://foo/cluster' WITH OPTIONS (detached)");
        assert_eq!(read.targets, Some(ScheduledTargets::Cluster));
        assert_eq!(read.collection, ["external://foo/cluster"]);
        assert!(!read.revision_history && !read.encrypted);

        let read = read_statement(
            "BACKUP TABLE mydb.public.\"my.tbl, INTO\", other.public.* INTO ('s3://a?COCKROACH_LOCALITY=default', 's3://b') \
             WITH OPTIONS (revision_history = true, encryption_passphrase = '*****', detached)",
        );
        assert_eq!(
            read.targets,
            Some(ScheduledTargets::Tables(vec![
                "mydb.public.my.tbl, INTO".into(),
                "other.public.*".into()
            ]))
        );
        assert_eq!(read.collection.len(), 2);
        assert!(read.revision_history && read.encrypted);

        // Before v23.1.
        let read =
            read_statement("BACKUP DATABASE bank INTO 'userfile:///x' WITH revision_history, detached");
        assert_eq!(
            read.targets,
            Some(ScheduledTargets::Databases(vec!["bank".into()]))
        );
        assert!(read.revision_history);
        let read = read_statement(
            "BACKUP DATABASE a INTO 'nodelocal://1/x' WITH OPTIONS (revision_history = false, detached)",
        );
        assert!(!read.revision_history);
        assert_eq!(read_statement("BACKUP VIRTUAL CLUSTER 5 INTO 'x'").targets, None);
    }

    #[test]
    fn a_secret_that_the_server_shows_is_not_passed_on() {
        let shown = masked(
            "CREATE SCHEDULE 'it''s' FOR BACKUP INTO 's3://b?AWS_SECRET_ACCESS_KEY=hush&AWS_REGION=eu' WITH OPTIONS \
             (encryption_passphrase = e'h\\'ush', detached) RECURRING '@daily'",
        );
        assert_eq!(
            shown,
            "CREATE SCHEDULE 'it''s' FOR BACKUP INTO 's3://b?AWS_SECRET_ACCESS_KEY=redacted&AWS_REGION=eu' WITH OPTIONS \
             (encryption_passphrase = 'redacted', detached) RECURRING '@daily'"
        );
        assert_eq!(
            without_keys("failed to open s3://b?AWS_SECRET_ACCESS_KEY=hush twice"),
            "failed to open s3://b?AWS_SECRET_ACCESS_KEY=redacted twice"
        );
        // Broken off in the middle of a text.
        assert!(!masked("BACKUP INTO 's3://b?AWS_SECRET_ACCESS_KEY=hush").contains("hush"));
    }

    fn single(id: i64, is_incremental: bool, other: Option<i64>) -> Single {
        Single {
            part: Part {
                id: ScheduleId(id),
                is_paused: false,
                next_run: None,
                state: None,
                recurrence: "@daily".into(),
                jobs_running: 0,
                waits_for_full: false,
            },
            label: "nightly".into(),
            owner: None,
            created: None,
            statement: "BACKUP INTO 'userfile:///x'".into(),
            is_incremental,
            other,
            unpauses: None,
            on_failure: None,
            on_previous: None,
        }
    }

    #[test]
    fn a_pair_is_one_schedule_and_what_lost_its_other_is_one_too() {
        let found = paired(vec![
            single(1, false, Some(2)),
            single(2, true, Some(1)),
            single(3, true, Some(9)),
            single(4, false, None),
        ]);
        let parts = |schedule: &Schedule| (schedule.full.is_some(), schedule.incremental.is_some());
        let told: Vec<_> = found
            .iter()
            .map(|schedule| (schedule.id.0, parts(schedule)))
            .collect();
        assert_eq!(told, [(1, (true, true)), (4, (true, false)), (3, (false, true))]);
    }

    #[test]
    fn only_what_changes_is_written_and_of_the_recurrences_both() {
        let (mut full, incremental) = (single(1, false, Some(2)), single(2, true, Some(1)));
        full.part.recurrence = "@weekly".into();
        let pair = paired(vec![full, incremental]).remove(0);
        let to = |label: &str, recurrence: &str, full: Option<&str>| ScheduleAlteration {
            label: label.into(),
            recurrence: Cron::parse(recurrence).unwrap(),
            full: full.map(|full| Cron::parse(full).unwrap()),
        };
        let statement = |to: &ScheduleAlteration| to.statement(&pair).unwrap();
        let same = to("nightly", "@daily", Some("@weekly"));
        assert_eq!(statement(&same), None);
        assert!(same.is_done(&pair) && !same.adds_increments(&pair));
        assert_eq!(
            statement(&to("it's", "@daily", Some("@weekly"))).as_deref(),
            Some("ALTER BACKUP SCHEDULE 1 SET LABEL 'it''s'")
        );
        let always = to("nightly", "0 4 * * *", None);
        assert_eq!(
            statement(&always).as_deref(),
            Some("ALTER BACKUP SCHEDULE 1 SET FULL BACKUP ALWAYS, SET RECURRING '0 4 * * *'")
        );
        assert!(!always.is_done(&pair));
        let alone = paired(vec![single(4, false, None)]).remove(0);
        assert!(same.adds_increments(&alone));
        assert_eq!(
            same.statement(&alone).unwrap().as_deref(),
            Some("ALTER BACKUP SCHEDULE 4 SET FULL BACKUP '@weekly', SET RECURRING '@daily'")
        );
    }

    #[test]
    fn a_part_that_waits_for_its_full_backup_is_left_alone() {
        let mut full = single(1, false, Some(2));
        full.unpauses = Some(2);
        let mut incremental = single(2, true, Some(1));
        incremental.part.is_paused = true;
        let waiting = paired(vec![full.clone(), incremental.clone()]).remove(0);
        assert!(!waiting.is_paused() && !waiting.is_partly_paused());
        let statement = |schedule: &Schedule, requested| change_statement(schedule, requested);
        assert_eq!(
            statement(&waiting, ScheduleRequested::Pause).as_deref(),
            Some("PAUSE SCHEDULE 1")
        );
        assert_eq!(statement(&waiting, ScheduleRequested::Resume), None);
        assert_eq!(
            statement(&waiting, ScheduleRequested::Drop).as_deref(),
            Some("DROP SCHEDULES VALUES (1), (2)")
        );
        full.part.is_paused = true;
        let paused = paired(vec![full.clone(), incremental.clone()]).remove(0);
        assert!(paused.is_paused());
        assert_eq!(
            statement(&paused, ScheduleRequested::Resume).as_deref(),
            Some("RESUME SCHEDULE 1")
        );
        // After the first full backup it is a pause by hand.
        full.unpauses = None;
        full.part.is_paused = false;
        let partly = paired(vec![full, incremental]).remove(0);
        assert!(partly.is_partly_paused());
        assert_eq!(
            statement(&partly, ScheduleRequested::Resume).as_deref(),
            Some("RESUME SCHEDULE 2")
        );
    }
}
