//! Transactions: explicit ones, the implicit one around each statement or batch, savepoints, and the aborted state.

use std::sync::atomic::Ordering;

use tokio::sync::OwnedMutexGuard;

use super::Session;
use crate::clock::Timestamp;
use crate::error::{SqlError, SqlResult, retry, sqlstate};

/// As ReadyForQuery tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionStatus {
    Idle,
    InTransaction,
    Failed,
}

/// The state of a session's transaction.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    /// SQLite's transaction is open.
    open: bool,
    /// BEGIN was said.
    explicit: bool,
    failed: bool,
    /// Held from the first write on.
    writing: Option<OwnedMutexGuard<()>>,
    /// When it began.
    started: Option<Timestamp>,
    savepoints: Vec<String>,
    read_only: bool,
}

impl Transaction {
    pub(super) fn started(&self) -> Option<Timestamp> {
        self.started
    }
}

impl Session {
    /// The state to report to the client.
    pub fn transaction_status(&self) -> TransactionStatus {
        match (self.transaction.explicit, self.transaction.failed) {
            (false, _) => TransactionStatus::Idle,
            (true, false) => TransactionStatus::InTransaction,
            (true, true) => TransactionStatus::Failed,
        }
    }

    /// Whether the statement runs inside BEGIN, or in a batch of several statements.
    pub fn in_multi_statement_transaction(&self) -> bool {
        self.transaction.explicit || self.in_batch
    }

    /// Whether BEGIN was said.
    pub fn in_explicit_transaction(&self) -> bool {
        self.transaction.explicit
    }

    /// The moment the running transaction began (what `now()` gives), or now.
    pub fn transaction_timestamp(&self) -> Timestamp {
        self.transaction.started.unwrap_or_else(|| self.now())
    }

    /// Runs a piece of work inside the open transaction, or inside one of its own that is committed if the work
    /// succeeds and rolled back if not. `write` takes the writers' lock first.
    pub fn transaction<T>(
        &mut self,
        write: bool,
        work: impl FnOnce(&mut Self) -> SqlResult<T>,
    ) -> SqlResult<T> {
        let own = !self.transaction.open && !self.transaction.explicit && !self.in_batch;
        self.enter(write)?;
        let result = work(self);
        if own {
            match &result {
                Ok(_) => self.commit()?,
                Err(_) => self.roll_back(),
            }
        }
        result
    }

    /// Opens SQLite's transaction if it is not open, and takes the writers' lock if `write`.
    pub(super) fn enter(&mut self, write: bool) -> SqlResult<()> {
        if write && self.transaction.read_only {
            return Err(SqlError::new(
                sqlstate::READ_ONLY_TRANSACTION,
                "cannot execute a write in a read-only transaction",
            ));
        }
        if write && self.transaction.writing.is_none() {
            let lock = self.cluster.writers();
            self.transaction.writing = Some(lock.blocking_lock_owned());
            let now = self.cluster.clock().now();
            self.handle.write_ts.store(now.0, Ordering::SeqCst);
            if self.transaction.open {
                // Turns the read transaction into a writing one now, so that a stale snapshot is found here.
                if let Err(error) = self
                    .handle
                    .sqlite
                    .execute("UPDATE meta SET value = ?1 WHERE key = 'last_ts'", [now.0])
                {
                    let error = SqlError::from(error);
                    return Err(if error.is(sqlstate::SERIALIZATION_FAILURE) {
                        retry("RETRY_SERIALIZABLE - failed preemptive refresh")
                    } else {
                        error
                    });
                }
            }
        }
        if !self.transaction.open {
            let begin = if self.transaction.writing.is_some() {
                "BEGIN IMMEDIATE"
            } else {
                "BEGIN"
            };
            if let Err(error) = self.handle.sqlite.execute_batch(begin) {
                self.transaction.writing = None;
                return Err(error.into());
            }
            self.transaction.open = true;
            self.transaction
                .started
                .get_or_insert_with(|| self.cluster.clock().now());
        }
        Ok(())
    }

    /// The timestamp the running transaction's writes carry.
    pub fn write_timestamp(&self) -> Timestamp {
        Timestamp(self.handle.write_ts.load(Ordering::SeqCst))
    }

    /// The cached catalog is no longer what this transaction sees.
    pub(super) fn catalog_changed(&mut self) {
        self.catalog = None;
    }

    /// Commits the transaction, if one is open.
    pub(super) fn commit(&mut self) -> SqlResult<()> {
        let mut result = Ok(());
        if self.transaction.open {
            if self.transaction.writing.is_some() {
                result = self.cluster.sequences().persist(&self.handle.sqlite);
                let now = self.handle.write_ts.load(Ordering::SeqCst);
                result = result.and_then(|()| {
                    Ok(self
                        .handle
                        .sqlite
                        .execute("UPDATE meta SET value = ?1 WHERE key = 'last_ts'", [now])
                        .map(|_| ())?)
                });
            }
            result = result.and_then(|()| Ok(self.handle.sqlite.execute_batch("COMMIT")?));
        }
        if result.is_err() {
            self.roll_back();
            return result;
        }
        self.transaction = Transaction::default();
        Ok(())
    }

    /// Rolls the transaction back, if one is open.
    pub(super) fn roll_back(&mut self) {
        if self.transaction.open && !self.handle.sqlite.is_autocommit() {
            // Nothing is left to do for the client when even this fails; SQLite rolls back when the handle closes.
            let _ = self.handle.sqlite.execute_batch("ROLLBACK");
        }
        self.transaction = Transaction::default();
        self.catalog = None;
    }

    /// The statement failed: an explicit transaction is aborted, an implicit one is gone.
    pub(super) fn fail(&mut self) {
        if self.transaction.explicit {
            self.transaction.failed = true;
        } else {
            self.roll_back();
        }
    }

    /// 25P02 in an aborted transaction.
    pub(super) fn check_not_failed(&self) -> SqlResult<()> {
        if self.transaction.failed {
            return Err(SqlError::new(
                sqlstate::ABORTED_TRANSACTION,
                "current transaction is aborted, commands ignored until end of transaction block",
            ));
        }
        Ok(())
    }

    /// BEGIN.
    pub(super) fn begin(&mut self, read_only: bool) -> SqlResult<String> {
        if self.transaction.explicit {
            return Err(SqlError::new(
                "25001",
                "there is already a transaction in progress",
            ));
        }
        self.transaction.explicit = true;
        self.transaction.read_only = read_only;
        self.transaction.started = Some(self.now());
        self.read_at = None;
        Ok("BEGIN".into())
    }

    /// COMMIT, END, ROLLBACK or ABORT.
    pub(super) fn end(&mut self, commit: bool) -> SqlResult<String> {
        if !self.transaction.explicit {
            let notice = super::Notice {
                message: "there is no transaction in progress".into(),
                hint: None,
                sqlstate: sqlstate::NO_ACTIVE_TRANSACTION,
            };
            self.notices.push(notice);
            return Ok(if commit { "COMMIT" } else { "ROLLBACK" }.into());
        }
        if commit && !self.transaction.failed {
            self.commit()?;
            return Ok("COMMIT".into());
        }
        self.roll_back();
        Ok("ROLLBACK".into())
    }

    /// SAVEPOINT name.
    pub(super) fn savepoint(&mut self, name: &str) -> SqlResult<String> {
        if !self.transaction.explicit {
            return Err(SqlError::new(
                sqlstate::NO_ACTIVE_TRANSACTION,
                "there is no transaction in progress",
            ));
        }
        self.enter(false)?;
        self.handle
            .sqlite
            .execute_batch(&format!("SAVEPOINT {}", crate::catalog::quote_ident(name)))?;
        self.transaction.savepoints.push(name.to_owned());
        Ok("SAVEPOINT".into())
    }

    /// RELEASE SAVEPOINT or ROLLBACK TO SAVEPOINT.
    pub(super) fn end_savepoint(&mut self, name: &str, keep: bool) -> SqlResult<String> {
        let Some(at) = self.transaction.savepoints.iter().rposition(|s| s == name) else {
            return Err(SqlError::new(
                sqlstate::INVALID_SAVEPOINT,
                format!("savepoint \"{name}\" does not exist"),
            ));
        };
        let verb = if keep { "RELEASE" } else { "ROLLBACK TO" };
        self.handle
            .sqlite
            .execute_batch(&format!("{verb} {}", crate::catalog::quote_ident(name)))?;
        self.transaction
            .savepoints
            .truncate(if keep { at } else { at + 1 });
        if !keep {
            self.transaction.failed = false;
            self.catalog = None;
        }
        Ok(if keep { "RELEASE" } else { "ROLLBACK" }.into())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.roll_back();
    }
}
