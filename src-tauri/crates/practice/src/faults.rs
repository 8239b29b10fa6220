//! What goes wrong on purpose, so that clients can be tested against it.
//!
//! Faults are given on the command line (`--fault 'name'`, repeatable) or switched at run time with
//! `SET practice.fault = 'name=value, name=value'`; `SET practice.fault = ''` clears them. They hold for the whole cluster.
//!
//! | fault | what happens |
//! | --- | --- |
//! | `latency=40ms` | every round trip of a client waits this long |
//! | `bandwidth=1048576` | bytes a second, both directions of a connection together |
//! | `cut_after=100000` | each connection is cut after this many bytes from the client |
//! | `cut_at=UPDATE` | the connection is cut when a statement starting with this text comes, before it runs |
//! | `cut_after_statement=COMMIT` | the same, but after it ran and before it is answered |
//! | `retry_chunk=3` | every third write of a payload row fails with 40001 |
//! | `drain` | 57P01 for every statement, and new connections are refused |
//! | `silent` | connections are accepted and never answered |
//! | `half_open` | what comes on connections that are open when it is set is never answered, as after a change of network; new ones are |
//! | `slow_start=5s` | the first answer on a connection takes this long ("waking up") |
//! | `disabled` | connections are refused as by a cluster whose limit is used up |
//! | `max_connections=1` | 53300 above that many |
//! | `job_fail_at=50` | jobs fail at this percentage |
//! | `job_pause_at=50` | jobs pause at this percentage |
//! | `job_slow=10s` | jobs take this much cluster time longer |
//! | `shifted_offset` | uploads store every payload row after the first one byte too high (the bug of 2023) |
//! | `no_foreign_key` | new userfile stores get no foreign key (as before v22.2) |
//! | `orphan_payload` | a new store starts with payload rows that belong to no file |
//! | `store_of_another` | a new userfile store belongs to another user, `somebody_else`, who granted nothing on it |
//! | `no_defaultdb` | the database `defaultdb` is dropped when the fault is set; clearing the fault does not bring it back |
//! | `keep_partial` | a connection lost during an upload leaves the `.tmp` file |
//! | `copy_disabled` | COPY into userfile storage is refused |
//! | `direct_write_refused` | INSERT and UPSERT into userfile tables by clients are refused with 42501 |
//! | `disk_full=1000000` | 53100 once this many more payload bytes were written |

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use crate::error::{SqlError, SqlResult, retry, sqlstate};
use crate::session::Session;
use crate::time_text::Interval;

/// The names of all faults; what the module's table lists.
const NAMES: &[&str] = &[
    "latency",
    "bandwidth",
    "cut_after",
    "cut_at",
    "cut_after_statement",
    "retry_chunk",
    "drain",
    "silent",
    "half_open",
    "slow_start",
    "disabled",
    "max_connections",
    "job_fail_at",
    "job_pause_at",
    "job_slow",
    "shifted_offset",
    "no_foreign_key",
    "orphan_payload",
    "store_of_another",
    "no_defaultdb",
    "keep_partial",
    "copy_disabled",
    "direct_write_refused",
    "disk_full",
];

/// The table of faults, for `--help`.
pub const TABLE: &str = "\
  latency=40ms               every round trip of a client waits this long
  bandwidth=1048576          bytes a second on each connection
  cut_after=100000           each connection is cut after this many bytes from the client
  cut_at=UPDATE              the connection is cut when a statement starts with this text
  cut_after_statement=COMMIT the same, after it ran and before it is answered
  retry_chunk=3              every third write of a payload row fails with 40001
  drain                      57P01 for every statement, new connections are refused
  silent                     connections are accepted and never answered
  half_open                  connections open at that moment are never answered any more, new ones are
  slow_start=5s              the first answer on a connection takes this long
  disabled                   connections are refused as by a cluster over its limit
  max_connections=1          53300 above that many
  job_fail_at=50             jobs fail at this percentage
  job_pause_at=50            jobs pause at this percentage
  job_slow=10s               jobs take this much cluster time longer
  shifted_offset             uploads store payload rows one byte too high (the bug of 2023)
  no_foreign_key             new userfile stores get no foreign key (as before v22.2)
  orphan_payload             a new store starts with payload rows of no file
  store_of_another           a new userfile store belongs to another user, who granted nothing on it
  no_defaultdb               defaultdb is dropped when the fault is set, and stays so
  keep_partial               a connection lost during an upload leaves the .tmp file
  copy_disabled              COPY into userfile storage is refused
  direct_write_refused       INSERT and UPSERT into userfile tables are refused with 42501
  disk_full=1000000          53100 once this many more payload bytes were written
";

/// The faults in force.
#[derive(Debug, Default)]
pub struct Faults {
    active: RwLock<BTreeMap<String, String>>,
    payload_writes: AtomicU64,
    payload_bytes: AtomicU64,
    /// How often `half_open` was set.
    breaks: AtomicU64,
}

impl Faults {
    /// Puts the faults of a list (`name=value, name`) in place of all others. Unknown names are refused.
    pub fn set(&self, list: &str) -> SqlResult<()> {
        let mut active = BTreeMap::new();
        for part in list.split(',').map(str::trim).filter(|p| !p.is_empty()) {
            let (name, value) = part
                .split_once('=')
                .map_or((part, ""), |(n, v)| (n.trim(), v.trim()));
            if !NAMES.contains(&name) {
                return Err(SqlError::new(
                    sqlstate::INVALID_PARAMETER,
                    format!("\"{name}\" is not a fault of the practice cluster"),
                )
                .with_hint(format!("Faults: {}", NAMES.join(", "))));
            }
            active.insert(name.to_owned(), value.to_owned());
        }
        if active.contains_key("half_open") {
            self.breaks.fetch_add(1, Ordering::SeqCst);
        }
        self.payload_writes.store(0, Ordering::SeqCst);
        self.payload_bytes.store(0, Ordering::SeqCst);
        *self.active.write().unwrap_or_else(PoisonError::into_inner) = active;
        Ok(())
    }

    /// The faults in force, as a list that [`Self::set`] reads.
    pub fn list(&self) -> String {
        let active = self.active.read().unwrap_or_else(PoisonError::into_inner);
        let parts: Vec<String> = active
            .iter()
            .map(|(n, v)| {
                if v.is_empty() {
                    n.clone()
                } else {
                    format!("{n}={v}")
                }
            })
            .collect();
        parts.join(", ")
    }

    /// The value of a fault, if it is in force.
    pub fn value(&self, name: &str) -> Option<String> {
        self.active
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }

    /// Whether a fault is in force.
    pub fn is_on(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// The number a fault carries.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.value(name)?.parse().ok()
    }

    /// The span of time a fault carries.
    pub fn duration(&self, name: &str) -> Option<Duration> {
        let micros = Interval::parse(&self.value(name)?).ok()?.total_micros();
        u64::try_from(micros).ok().map(Duration::from_micros)
    }

    /// What a connection that opens now tells [`Self::is_half_open`].
    pub fn breaks(&self) -> u64 {
        self.breaks.load(Ordering::SeqCst)
    }

    /// Whether a connection stood when `half_open` was set, which is in force; `breaks` as it was when it opened.
    pub fn is_half_open(&self, breaks: u64) -> bool {
        breaks < self.breaks() && self.is_on("half_open")
    }

    /// Whether the statement starts with the text a fault carries.
    pub fn matches_statement(&self, name: &str, sql: &str) -> bool {
        self.value(name).is_some_and(|text| {
            !text.is_empty() && sql.trim_start().to_lowercase().starts_with(&text.to_lowercase())
        })
    }

    /// What the statement meets before it runs.
    pub fn before_statement(&self, sql: &str) -> SqlResult<()> {
        if self.is_on("drain") && !sql.to_lowercase().contains("practice.fault") {
            return Err(SqlError::new(sqlstate::ADMIN_SHUTDOWN, "server is shutting down").into_fatal());
        }
        Ok(())
    }

    /// What a payload row of this many bytes meets before it is written.
    pub fn before_payload_row(&self, bytes: usize) -> SqlResult<()> {
        let n = self.payload_writes.fetch_add(1, Ordering::SeqCst) + 1;
        if self
            .number("retry_chunk")
            .is_some_and(|every| every > 0 && n.is_multiple_of(every))
        {
            return Err(retry(
                "RETRY_SERIALIZABLE - failed preemptive refresh due to practice fault retry_chunk",
            ));
        }
        if let Some(limit) = self.number("disk_full") {
            let size = u64::try_from(bytes).unwrap_or(u64::MAX);
            let used = self.payload_bytes.fetch_add(size, Ordering::SeqCst) + size;
            if used > limit {
                return Err(SqlError::new(
                    sqlstate::DISK_FULL,
                    "store is at capacity: no space left on device",
                ));
            }
        }
        Ok(())
    }
}

/// Does what a fault changes for good, once, when it is set.
pub fn apply_lasting(session: &mut Session) -> SqlResult<()> {
    if session.cluster().faults().is_on("no_defaultdb") {
        session.query("DROP DATABASE IF EXISTS defaultdb CASCADE", &[])?;
    }
    Ok(())
}
