//! A session: one connection's user, database, settings, transaction and notices, and the engine API on top of it.
//!
//! Everything that touches the cluster goes through a session, the cluster's own jobs included
//! ([`Session::internal`]). A session is used from one blocking thread at a time.
//!
//! Writers are serialised by one fair lock: a transaction takes it at its first write and holds it to its end, so that
//! SQLite never answers "busy". A transaction that read before somebody else committed and then writes gets 40001,
//! as it would from a real cluster.

pub mod dispatch;
mod ephemeral;
mod interrupt;
pub mod mutate;
pub mod output;
pub mod settings;
pub mod transaction;

use std::sync::Arc;
use std::time::Duration;

pub use interrupt::Interrupt;
pub use output::{ColumnMeta, Description, Outcome, RowSink, Rows};
pub use transaction::TransactionStatus;

use crate::catalog::Catalog;
use crate::clock::Timestamp;
use crate::cluster::Cluster;
use crate::error::SqlResult;
use crate::storage::functions::FunctionContext;
use crate::storage::{Handle, catalog_store};
use crate::time_text::Interval;
use settings::Variables;
use transaction::Transaction;

/// A message to the client that is no error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub message: String,
    pub hint: Option<String>,
    pub sqlstate: &'static str,
}

/// One connection to the cluster. See the module for what it promises.
pub struct Session {
    cluster: Arc<Cluster>,
    handle: Handle,
    user: String,
    /// Who logged in; SET ROLE changes `user` only.
    login_user: String,
    database: String,
    variables: Variables,
    transaction: Transaction,
    catalog: Option<Arc<Catalog>>,
    notices: Vec<Notice>,
    interrupt: Arc<Interrupt>,
    context: Arc<FunctionContext>,
    /// Running under another statement's rights, for example the server's own statements on a userfile store.
    is_internal: bool,
    /// Statement runs in a batch of several.
    in_batch: bool,
    parameter_changes: Vec<(String, String)>,
    /// Temp tables of the running statement.
    ephemeral: Vec<String>,
    parameter_types: Vec<crate::types::SqlType>,
    /// What the transaction reads as of.
    read_at: Option<Timestamp>,
    /// The catalog of the past, while something is computed that is read as of then.
    past: Option<Arc<Catalog>>,
}

impl Session {
    /// A client's session. The user must exist; an unknown database is noticed by the first statement that needs it.
    pub fn new(cluster: &Arc<Cluster>, user: &str, database: &str) -> SqlResult<Self> {
        let interrupt = Arc::new(Interrupt::default());
        let context = Arc::new(FunctionContext::new(cluster, &interrupt));
        let handle = cluster.storage().connect(&context)?;
        let watched = Arc::clone(&interrupt);
        handle
            .sqlite
            .progress_handler(10_000, Some(move || watched.check().is_err()))?;
        Ok(Self {
            cluster: Arc::clone(cluster),
            handle,
            user: user.to_owned(),
            login_user: user.to_owned(),
            database: database.to_owned(),
            variables: Variables::default(),
            transaction: Transaction::default(),
            catalog: None,
            notices: Vec::new(),
            interrupt,
            context,
            is_internal: false,
            in_batch: false,
            parameter_changes: Vec::new(),
            ephemeral: Vec::new(),
            parameter_types: Vec::new(),
            read_at: None,
            past: None,
        })
    }

    /// A session of the cluster itself, for jobs and for what the server does on a user's behalf. `user` decides ownership
    /// and rights; use `node` for work beyond all rights.
    pub fn internal(cluster: &Arc<Cluster>, user: &str) -> SqlResult<Self> {
        let mut session = Self::new(cluster, user, "defaultdb")?;
        session.is_internal = true;
        Ok(session)
    }

    /// The cluster.
    pub fn cluster(&self) -> &Arc<Cluster> {
        &self.cluster
    }

    /// The current user, normalised.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The user who logged in.
    pub fn login_user(&self) -> &str {
        &self.login_user
    }

    /// The current database's name; it need not exist.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// Makes another database the current one.
    pub fn set_database(&mut self, name: &str) {
        name.clone_into(&mut self.database);
    }

    /// The session variables.
    pub fn variables(&self) -> &Variables {
        &self.variables
    }

    /// The session variables, to change.
    pub fn variables_mut(&mut self) -> &mut Variables {
        &mut self.variables
    }

    /// Schemas searched for bare names, in order.
    pub fn search_path(&self) -> Vec<String> {
        let path = self
            .variables
            .get("search_path")
            .unwrap_or_else(|| "\"$user\", public".into());
        path.split(',')
            .map(|part| part.trim().trim_matches(|c| c == '"' || c == '\''))
            .map(|part| {
                if part == "$user" {
                    self.user.clone()
                } else {
                    part.to_owned()
                }
            })
            .collect()
    }

    /// Whether this session belongs to the cluster itself.
    pub fn is_internal(&self) -> bool {
        self.is_internal
    }

    /// Sends a notice with the next answer.
    pub fn notice(&mut self, message: impl Into<String>) {
        self.notices.push(Notice {
            message: message.into(),
            hint: None,
            sqlstate: "00000",
        });
    }

    /// Sends a notice with a hint.
    pub fn notice_with_hint(&mut self, message: impl Into<String>, hint: impl Into<String>) {
        self.notices.push(Notice {
            message: message.into(),
            hint: Some(hint.into()),
            sqlstate: "00000",
        });
    }

    /// Takes the notices gathered since the last call.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Notes a change the client must be told.
    pub(crate) fn parameter_changed(&mut self, name: &str, value: &str) {
        self.parameter_changes.push((name.to_owned(), value.to_owned()));
    }

    /// Becomes another user (`SET ROLE`).
    pub(crate) fn become_user(&mut self, user: &str) {
        user.clone_into(&mut self.user);
    }

    /// Takes the parameter changes a client must be told (ParameterStatus).
    pub fn take_parameter_changes(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.parameter_changes)
    }

    /// For another thread, to stop the running statement with 57014.
    pub fn interrupt(&self) -> Arc<Interrupt> {
        Arc::clone(&self.interrupt)
    }

    /// 57014 if the statement was canceled or took too long; long statements of other parts ask now and then.
    pub fn check_canceled(&self) -> SqlResult<()> {
        self.interrupt.check()
    }

    /// How long a statement may take; `None` without a limit.
    pub(super) fn statement_timeout(&self) -> Option<Duration> {
        let text = self.variables.get("statement_timeout")?;
        let micros = match text.trim().parse::<i64>() {
            Ok(millis) => millis.saturating_mul(1000),
            Err(_) => Interval::parse(&text).ok()?.total_micros(),
        };
        u64::try_from(micros)
            .ok()
            .filter(|micros| *micros > 0)
            .map(Duration::from_micros)
    }

    /// SQLite's handle of this session, for reads that the engine API does not offer. Writes need [`Self::transaction`].
    pub fn sqlite(&self) -> &rusqlite::Connection {
        &self.handle.sqlite
    }

    /// Everything that exists now, as this session's transaction sees it.
    pub fn catalog(&mut self) -> SqlResult<Arc<Catalog>> {
        if let Some(past) = &self.past {
            return Ok(Arc::clone(past));
        }
        let version = catalog_store::version(&self.handle.sqlite)?;
        if let Some(catalog) = self.catalog.as_ref().filter(|c| c.version == version) {
            return Ok(Arc::clone(catalog));
        }
        let catalog = Arc::new(catalog_store::load(
            &self.handle.sqlite,
            Timestamp(Timestamp::FOREVER.0 - 1),
        )?);
        self.catalog = Some(Arc::clone(&catalog));
        Ok(catalog)
    }

    /// Does something as if another database were the current one, and the past the present.
    pub(crate) fn looking_at<T>(
        &mut self,
        database: Option<&str>,
        past: Option<Arc<Catalog>>,
        work: impl FnOnce(&mut Self) -> SqlResult<T>,
    ) -> SqlResult<T> {
        let own = self.database.clone();
        if let Some(database) = database {
            self.set_database(database);
        }
        self.past = past;
        let done = work(self);
        self.past = None;
        self.database = own;
        done
    }

    /// Everything that existed at a moment.
    pub fn catalog_at(&self, at: Timestamp) -> SqlResult<Catalog> {
        catalog_store::load(&self.handle.sqlite, at)
    }

    /// Cluster time.
    pub fn now(&self) -> Timestamp {
        self.cluster.clock().now()
    }

    /// Waits for a span of cluster time, or until canceled.
    pub fn sleep(&self, cluster_time: Duration) -> SqlResult<()> {
        self.interrupt.sleep(self.cluster.clock().real(cluster_time))
    }
}
