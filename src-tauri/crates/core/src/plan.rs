//! What a plan consists of, whatever it is a plan for.
//!
//! A plan answers “Will this work?” before anything is sent. It is kept here and only its id goes to
//! the screen and back, so what is started is what was shown.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use roachvault_cockroach::backup::{ObjectKind, TableName};
use roachvault_cockroach::restore::RestoreOption;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Code, Error, Result};

/// Names one plan while the app runs, and later the secrets that its job needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlanId(pub Uuid);

impl PlanId {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CheckLevel {
    Ok,
    /// One should know; it will work.
    Attention,
    /// It will not work.
    Blocked,
}

/// One answer to “Will this work?”.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Stable, so that screens and tests can name it.
    pub id: &'static str,
    pub level: CheckLevel,
    pub title: String,
    pub detail: String,
    /// Each one a way out.
    pub fixes: Vec<Fix>,
}

/// What can be done about a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fix {
    /// Plan again with this name.
    UseName { name: String },
    /// To be run by somebody who may, or afterwards.
    Sql { label: String, sql: String },
    /// Plan again with a passphrase.
    AskPassphrase,
    /// Plan again with these options.
    Allow {
        options: Vec<RestoreOption>,
        label: String,
    },
    /// Plan again into a new database of this name, from which missing rows can be brought back, and with these options
    /// besides.
    Beside {
        new_name: String,
        options: Vec<RestoreOption>,
        label: String,
    },
    /// Plan again with these tables, into a new database of this name.
    TakeAlong {
        tables: Vec<TableName>,
        new_name: String,
        label: String,
    },
}

impl Check {
    pub fn ok(id: &'static str, title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            id,
            level: CheckLevel::Ok,
            title: title.into(),
            detail: detail.into(),
            fixes: Vec::new(),
        }
    }

    pub fn attention(id: &'static str, title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            level: CheckLevel::Attention,
            ..Self::ok(id, title, detail)
        }
    }

    pub fn blocked(id: &'static str, title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            level: CheckLevel::Blocked,
            ..Self::ok(id, title, detail)
        }
    }

    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }
}

/// Nothing stands in the way.
pub fn can_start(checks: &[Check]) -> bool {
    checks.iter().all(|check| check.level != CheckLevel::Blocked)
}

/// As many plans as a person can have had on screen; older ones are forgotten.
const KEPT: usize = 64;

/// The plans that may still be started.
#[derive(Debug)]
pub struct Plans<T>(Mutex<Numbered<T>>);

/// Plans with the order in which they were made.
#[derive(Debug)]
struct Numbered<T> {
    last: u64,
    plans: BTreeMap<PlanId, (u64, T)>,
}

impl<T> Default for Plans<T> {
    fn default() -> Self {
        Self(Mutex::new(Numbered {
            last: 0,
            plans: BTreeMap::new(),
        }))
    }
}

impl<T> Plans<T> {
    pub fn keep(&self, id: PlanId, plan: T) {
        let mut kept = self.lock();
        kept.last += 1;
        let number = kept.last;
        kept.plans.insert(id, (number, plan));
        if kept.plans.len() > KEPT {
            let oldest = kept
                .plans
                .iter()
                .min_by_key(|(_, (number, _))| *number)
                .map(|(id, _)| *id);
            if let Some(oldest) = oldest {
                kept.plans.remove(&oldest);
            }
        }
    }

    /// Gives the plan out; it can be started once.
    pub fn take(&self, id: PlanId) -> Result<T> {
        self.lock()
            .plans
            .remove(&id)
            .map(|(_, plan)| plan)
            .ok_or_else(|| {
                Error::new(Code::PlanChanged, "This plan is not at hand any more.")
                    .hint("Look at the check once more, then start.")
            })
    }

    fn lock(&self) -> MutexGuard<'_, Numbered<T>> {
        // Nothing that can panic runs under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A number as people read it: thousands set apart by commas.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 table`, `2 tables`.
pub(crate) fn counted(count: usize, one: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{count} {one}s")
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// `6 tables, 1 view and 2 sequences`; what there is none of is not named.
pub(crate) fn kinds_counted(kinds: impl Iterator<Item = ObjectKind>) -> String {
    let (mut tables, mut views, mut sequences) = (0, 0, 0);
    for kind in kinds {
        match kind {
            ObjectKind::Table => tables += 1,
            ObjectKind::View => views += 1,
            ObjectKind::Sequence => sequences += 1,
            _ => {}
        }
    }
    let mut words = Vec::new();
    if tables > 0 || views + sequences == 0 {
        words.push(counted(tables, "table"));
    }
    if views > 0 {
        words.push(counted(views, "view"));
    }
    if sequences > 0 {
        words.push(counted(sequences, "sequence"));
    }
    listed(&words)
}

/// Bytes as people read them: `96 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 || value >= 10.0 {
        format!("{value:.0} {}", units[unit])
    } else {
        format!("{value:.1} {}", units[unit])
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_plan_can_be_started_once_and_old_ones_are_forgotten() {
        let plans = Plans::default();
        let first = PlanId::new();
        plans.keep(first, 0);
        let second = PlanId::new();
        plans.keep(second, 1);
        assert_eq!(plans.take(second).unwrap(), 1);
        assert_eq!(plans.take(second).unwrap_err().code, Code::PlanChanged);
        for number in 0..KEPT {
            plans.keep(PlanId::new(), number);
        }
        assert_eq!(plans.take(first).unwrap_err().code, Code::PlanChanged);
    }

    #[test]
    fn sizes_and_counts_read_as_people_write_them() {
        assert_eq!(
            [size(0), size(1536), size(100 << 20)],
            ["0 bytes", "1.5 KiB", "100 MiB"]
        );
        assert_eq!(
            [counted(1, "table"), counted(3, "table")],
            ["1 table", "3 tables"]
        );
        use ObjectKind::{Sequence, Table, View};
        let kinds = |kinds: &[ObjectKind]| kinds_counted(kinds.iter().copied());
        assert_eq!(
            kinds(&[Table, View, Table, Sequence]),
            "2 tables, 1 view and 1 sequence"
        );
        assert_eq!([kinds(&[View]), kinds(&[])], ["1 view", "0 tables"]);
    }
}
