//! The scalar and aggregate functions that translated statements call inside SQLite. Their names start with `p_`, so
//! that no name of SQLite's own is meant by accident.

mod arrays;
mod casts;
mod json;
mod session_info;
mod text;
mod times;

pub use casts::cast as cast_value;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};

use crate::catalog::Catalog;
use crate::clock::Timestamp;
use crate::cluster::Cluster;
use crate::datum::Datum;
use crate::error::{SqlError, SqlResult};
use crate::session::Interrupt;

/// What functions may ask about the session that runs them.
#[derive(Debug)]
pub struct FunctionContext {
    cluster: Weak<Cluster>,
    interrupt: Arc<Interrupt>,
    state: Mutex<StatementState>,
}

/// The facts of the running statement.
#[derive(Debug, Clone, Default)]
pub struct StatementState {
    pub user: String,
    pub database: String,
    pub search_path: Vec<String>,
    pub catalog: Arc<Catalog>,
    pub transaction_ts: Option<Timestamp>,
    pub variables: std::collections::BTreeMap<String, String>,
}

impl FunctionContext {
    /// A context for a session of this cluster, whose statements `interrupt` stops.
    pub fn new(cluster: &Arc<Cluster>, interrupt: &Arc<Interrupt>) -> Self {
        Self {
            cluster: Arc::downgrade(cluster),
            interrupt: Arc::clone(interrupt),
            state: Mutex::default(),
        }
    }

    /// Sets the facts before a statement runs.
    pub fn set(&self, state: StatementState) {
        *self.lock() = state;
    }

    fn lock(&self) -> MutexGuard<'_, StatementState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cluster(&self) -> SqlResult<Arc<Cluster>> {
        self.cluster
            .upgrade()
            .ok_or_else(|| SqlError::plain("the cluster is shutting down"))
    }

    fn now(&self) -> SqlResult<Timestamp> {
        Ok(self.cluster()?.clock().now())
    }
}

/// The arguments of one call, in storage form.
struct Arguments<'a, 'c>(&'a Context<'c>);

impl Arguments<'_, '_> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, i: usize) -> Datum {
        if i < self.0.len() {
            self.0.get_raw(i).into()
        } else {
            Datum::Null
        }
    }

    fn any_null(&self) -> bool {
        (0..self.0.len()).any(|i| self.0.get_raw(i) == ValueRef::Null)
    }

    /// The bytes where they lie, when the argument is a byte string or text: payload rows have megabytes.
    fn borrowed(&self, i: usize) -> Option<&[u8]> {
        match (i < self.0.len()).then(|| self.0.get_raw(i))? {
            ValueRef::Blob(bytes) | ValueRef::Text(bytes) => Some(bytes),
            _ => None,
        }
    }

    fn text(&self, i: usize) -> String {
        match self.get(i) {
            Datum::Text(t) => t,
            Datum::Int(n) => n.to_string(),
            Datum::Float(f) => f.to_string(),
            Datum::Bytes(b) => String::from_utf8_lossy(&b).into_owned(),
            Datum::Null => String::new(),
        }
    }

    fn bytes(&self, i: usize) -> Vec<u8> {
        match self.get(i) {
            Datum::Bytes(b) => b,
            _ => self.text(i).into_bytes(),
        }
    }

    fn int(&self, i: usize) -> i64 {
        match self.get(i) {
            Datum::Int(n) => n,
            #[allow(clippy::cast_possible_truncation)]
            Datum::Float(f) => f as i64,
            other => other.as_str().and_then(|t| t.trim().parse().ok()).unwrap_or(0),
        }
    }

    fn float(&self, i: usize) -> f64 {
        match self.get(i) {
            Datum::Float(f) => f,
            #[allow(clippy::cast_precision_loss)]
            Datum::Int(n) => n as f64,
            other => other.as_str().and_then(|t| t.trim().parse().ok()).unwrap_or(0.0),
        }
    }
}

/// Adds functions to a connection.
struct Registry<'a> {
    sqlite: &'a Connection,
}

impl Registry<'_> {
    /// A function that gives NULL when an argument is NULL.
    fn strict(
        &self,
        name: &str,
        flags: FunctionFlags,
        body: impl Fn(&Arguments<'_, '_>) -> SqlResult<Datum> + Send + Sync + 'static,
    ) -> SqlResult<()> {
        self.plain(name, flags, move |arguments| {
            if arguments.any_null() {
                Ok(Datum::Null)
            } else {
                body(arguments)
            }
        })
    }

    /// A function that sees NULL arguments.
    fn plain(
        &self,
        name: &str,
        flags: FunctionFlags,
        body: impl Fn(&Arguments<'_, '_>) -> SqlResult<Datum> + Send + Sync + 'static,
    ) -> SqlResult<()> {
        self.sqlite
            .create_scalar_function(name, -1, flags | FunctionFlags::SQLITE_UTF8, move |context| {
                body(&Arguments(context))
                    .map(Value::from)
                    .map_err(SqlError::into_sqlite)
            })?;
        Ok(())
    }
}

const PURE: FunctionFlags = FunctionFlags::SQLITE_DETERMINISTIC;
const VOLATILE: FunctionFlags = FunctionFlags::SQLITE_UTF8;

/// Adds every function to a session's connection.
pub fn register(
    sqlite: &Connection,
    write_ts: &Arc<AtomicI64>,
    checks: &Arc<AtomicBool>,
    context: &Arc<FunctionContext>,
) -> SqlResult<()> {
    let registry = Registry { sqlite };
    let ts = Arc::clone(write_ts);
    registry.plain("practice_now", VOLATILE, move |_| {
        Ok(Datum::Int(ts.load(Ordering::SeqCst)))
    })?;
    let on = Arc::clone(checks);
    registry.plain("practice_checks", VOLATILE, move |_| {
        Ok(on.load(Ordering::Relaxed).into())
    })?;
    casts::register(&registry)?;
    text::register(&registry)?;
    arrays::register(&registry)?;
    json::register(&registry)?;
    times::register(&registry, context)?;
    session_info::register(&registry, context)?;
    arrays::register_aggregates(sqlite)?;
    json::register_aggregates(sqlite)?;
    // Its rows come one by one, however many they are.
    Ok(rusqlite::vtab::series::load_module(sqlite)?)
}
