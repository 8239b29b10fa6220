//! Sequences count outside transactions: `nextval` is never undone. The counters live in memory and are written back with
//! the next commit of any session that writes.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension};

use crate::catalog::{DescriptorId, SequenceBody};
use crate::error::{SqlError, SqlResult, sqlstate};

#[derive(Debug, Clone, Copy)]
struct Counter {
    last: i64,
    changed: bool,
}

/// The counters in use.
#[derive(Debug, Default)]
pub struct Sequences(Mutex<BTreeMap<DescriptorId, Counter>>);

impl Sequences {
    fn counters(&self) -> std::sync::MutexGuard<'_, BTreeMap<DescriptorId, Counter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the counter from storage unless it is in use already.
    pub fn load(&self, sqlite: &Connection, id: DescriptorId) -> SqlResult<()> {
        if !self.counters().contains_key(&id) {
            let last = sqlite
                .query_row(&format!("SELECT c1 FROM t_{id}"), [], |row| row.get(0))
                .optional()?
                .unwrap_or(0);
            self.counters()
                .entry(id)
                .or_insert(Counter { last, changed: false });
        }
        Ok(())
    }

    /// The next value of a loaded sequence.
    pub fn next(&self, id: DescriptorId, name: &str, body: &SequenceBody) -> SqlResult<i64> {
        let mut counters = self.counters();
        let counter = counters.entry(id).or_insert(Counter {
            last: body.start - body.increment,
            changed: false,
        });
        let next = counter.last.saturating_add(body.increment);
        if next > body.max || next < body.min {
            let bound = if next > body.max {
                format!("maximum value of sequence \"{name}\" ({})", body.max)
            } else {
                format!("minimum value of sequence \"{name}\" ({})", body.min)
            };
            return Err(SqlError::new("2200H", format!("reached {bound}")));
        }
        *counter = Counter {
            last: next,
            changed: true,
        };
        Ok(next)
    }

    /// The last value given out.
    pub fn current(&self, sqlite: &Connection, id: DescriptorId) -> SqlResult<i64> {
        self.load(sqlite, id)?;
        self.counters()
            .get(&id)
            .map(|c| c.last)
            .ok_or_else(|| SqlError::new(sqlstate::INTERNAL, "sequence has no value"))
    }

    /// `setval`.
    pub fn set(&self, id: DescriptorId, last: i64) {
        self.counters().insert(id, Counter { last, changed: true });
    }

    /// Forgets a counter; the next use reads storage again.
    pub fn forget(&self, id: DescriptorId) {
        self.counters().remove(&id);
    }

    /// Whether any counter moved since the last write-back.
    pub fn changed(&self) -> bool {
        self.counters().values().any(|c| c.changed)
    }

    /// Writes the moved counters back. Runs inside a write transaction.
    pub fn persist(&self, sqlite: &Connection) -> SqlResult<()> {
        let moved: Vec<(DescriptorId, i64)> = self
            .counters()
            .iter()
            .filter(|(_, c)| c.changed)
            .map(|(id, c)| (*id, c.last))
            .collect();
        for (id, last) in moved {
            sqlite.execute(
                &format!("UPDATE t_{id} SET c1 = ?1, \"~from\" = practice_now() WHERE c1 IS NOT ?1"),
                [last],
            )?;
            if let Some(counter) = self.counters().get_mut(&id) {
                counter.changed = counter.last != last;
            }
        }
        Ok(())
    }
}
