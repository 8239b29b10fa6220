//! The threads that do the jobs' work, and the one that looks for work: jobs of committed transactions, jobs that were
//! resumed, and schedules that are due.

use std::collections::HashSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::job::{Job, KeptError, Status, Work};
use super::{Backups, Options, backup, restore, schedule};
use crate::cluster::Cluster;
use crate::error::{SqlError, SqlResult};
use crate::session::Session;

/// How often work is looked for when nobody says that there is some. A job made inside an explicit transaction is found
/// this way after the commit.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How long the records of finished jobs are kept, in cluster time (`jobs.retention_time`).
const KEPT_FOR: Duration = Duration::from_secs(14 * 86_400);

/// How many steps of progress a job shows at least while it is slowed down.
const PACE_STEPS: f64 = 25.0;

#[derive(Debug, Default)]
struct State {
    /// Jobs that a thread works on.
    active: HashSet<i64>,
    /// Grows with every change of a job, so that waiters know when to look.
    changes: u64,
    work_expected: bool,
    stopping: bool,
}

/// The job side of one cluster.
#[derive(Debug)]
pub struct Runner {
    state: Mutex<State>,
    changed: Condvar,
    options: Options,
}

/// Why a job's work ended before its end.
pub enum Stop {
    Paused,
    Canceled,
    Failed(SqlError),
}

impl From<SqlError> for Stop {
    fn from(error: SqlError) -> Self {
        Stop::Failed(error)
    }
}

/// What a piece of a job's work answers.
pub type Worked<T> = Result<T, Stop>;

impl Runner {
    /// The runner of a cluster that behaves as `options` say.
    pub fn new(options: Options) -> Runner {
        Runner {
            state: Mutex::default(),
            changed: Condvar::new(),
            options,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that there may be work.
    pub fn wake(&self) {
        self.lock().work_expected = true;
        self.changed.notify_all();
    }

    fn note_change(&self) {
        self.lock().changes += 1;
        self.changed.notify_all();
    }

    /// Starts to look for work, until the cluster is gone.
    pub fn start(self: &Arc<Self>, cluster: &Arc<Cluster>) -> SqlResult<()> {
        let runner = Arc::clone(self);
        let cluster = Arc::downgrade(cluster);
        std::thread::Builder::new()
            .name("practice-jobs".into())
            .spawn(move || runner.look_for_work(&cluster))
            .map_err(|error| SqlError::plain(format!("the job thread cannot be started: {error}")))?;
        Ok(())
    }

    fn look_for_work(self: &Arc<Self>, cluster: &Weak<Cluster>) {
        let mut watch = None;
        let mut seen = None;
        let mut next_due = None;
        loop {
            let Some(strong) = cluster.upgrade() else { return };
            // SQLite's counter of other connections' commits: while nothing happens, nothing is read.
            let commits = commits_seen(&strong, &mut watch);
            let is_due = next_due.is_some_and(|due| strong.clock().now() >= due);
            if commits.is_none() || commits != seen || is_due {
                let backups = Backups {
                    runner: Arc::clone(self),
                    options: self.options,
                };
                match schedule::run_due(&strong, &backups).and_then(|due| self.take_up(&strong).map(|()| due))
                {
                    Ok(due) => next_due = due,
                    Err(error) => tracing::warn!("looking for jobs failed: {error}"),
                }
                seen = commits;
            }
            drop(strong);
            let state = self.lock();
            let idle = |state: &mut State| !state.work_expected && !state.stopping;
            let waited = self.changed.wait_timeout_while(state, LOOK_EVERY, idle);
            let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if std::mem::take(&mut state.work_expected) {
                seen = None;
            }
            if state.stopping {
                return;
            }
        }
    }

    /// Starts a thread for every job that needs one and has none.
    fn take_up(self: &Arc<Self>, cluster: &Arc<Cluster>) -> SqlResult<()> {
        let mut session = Session::internal(cluster, "node")?;
        let forgotten_before = session.now().minus(KEPT_FOR);
        for job in Job::all(&mut session)? {
            if job.finished.is_some_and(|finished| finished < forgotten_before) {
                Job::forget(&mut session, job.id)?;
            }
            if !job.status.needs_work() {
                continue;
            }
            if !self.lock().active.insert(job.id) {
                continue;
            }
            let (runner, weak, id) = (Arc::clone(self), Arc::downgrade(cluster), job.id);
            let spawned = std::thread::Builder::new()
                .name(format!("practice-job-{id}"))
                .spawn(move || {
                    if let Some(cluster) = weak.upgrade()
                        && let Err(error) = runner.work(&cluster, id)
                    {
                        tracing::warn!("job {id} stopped: {error}");
                    }
                    runner.lock().active.remove(&id);
                    // A job that was resumed while its thread was ending has been passed over until now.
                    runner.wake();
                });
            if spawned.is_err() {
                self.lock().active.remove(&id);
            }
        }
        Ok(())
    }

    /// Works on a job until it is paused or final.
    fn work(self: &Arc<Self>, cluster: &Arc<Cluster>, id: i64) -> SqlResult<()> {
        let mut session = Session::internal(cluster, "node")?;
        loop {
            let Some(job) = Job::load(&mut session, id)? else {
                return Ok(());
            };
            match job.status {
                Status::Pending | Status::Running => self.perform(&mut session, job)?,
                Status::PauseRequested => {
                    self.change(&mut session, id, |job| {
                        if job.status == Status::PauseRequested {
                            job.status = Status::Paused;
                        }
                    })?;
                }
                Status::CancelRequested => self.change(&mut session, id, |job| {
                    job.status = Status::Reverting;
                    job.error = Some(KeptError {
                        sqlstate: "XXUUU".into(),
                        message: "job canceled by user".into(),
                        hint: None,
                    });
                })?,
                Status::Reverting => self.revert(&mut session, job)?,
                Status::Paused
                | Status::Succeeded
                | Status::Failed
                | Status::Canceled
                | Status::RevertFailed => {
                    return Ok(());
                }
            }
        }
    }

    fn perform(self: &Arc<Self>, session: &mut Session, job: Job) -> SqlResult<()> {
        let id = job.id;
        self.change(session, id, |job| {
            // A pause or cancel that was asked for since the record was read must not be forgotten.
            if job.status == Status::Pending {
                job.status = Status::Running;
            }
            job.started.get_or_insert(job.modified);
        })?;
        let mut progress = Progress {
            runner: self,
            id,
            reached: job.fraction,
            began: Instant::now(),
            began_at: job.fraction,
        };
        let work = job.work.clone();
        let result = match work {
            Work::Backup(work) => backup::perform(session, &mut progress, &job, work),
            Work::Restore(work) => restore::perform(session, &mut progress, &job, work),
            Work::BackgroundDownload => progress.reach(session, 1.0),
        };
        match result {
            Ok(()) => self.finish(session, id, Status::Succeeded, None),
            // The record says already what was asked for.
            Err(Stop::Paused | Stop::Canceled) => Ok(()),
            Err(Stop::Failed(error)) => self.change(session, id, |job| {
                job.status = Status::Reverting;
                job.error = Some(KeptError::from(&error));
            }),
        }
    }

    fn revert(&self, session: &mut Session, job: Job) -> SqlResult<()> {
        let reverted = match &job.work {
            Work::Restore(work) => restore::revert(session, work),
            Work::Backup(_) | Work::BackgroundDownload => Ok(()),
        };
        let canceled = job
            .error
            .as_ref()
            .is_some_and(|error| error.message == "job canceled by user");
        match reverted {
            Ok(()) if canceled => self.finish(session, job.id, Status::Canceled, None),
            Ok(()) => self.finish(session, job.id, Status::Failed, None),
            Err(error) => self.finish(
                session,
                job.id,
                Status::RevertFailed,
                Some(KeptError::from(&error)),
            ),
        }
    }

    fn finish(
        &self,
        session: &mut Session,
        id: i64,
        status: Status,
        error: Option<KeptError>,
    ) -> SqlResult<()> {
        let mut schedule = None;
        self.change(session, id, |job| {
            job.status = status;
            job.finished = Some(job.modified);
            job.running_status = None;
            if status == Status::Succeeded {
                job.fraction = 1.0;
            }
            if error.is_some() {
                job.error.clone_from(&error);
            }
            job.forget_secrets();
            schedule = job.schedule;
        })?;
        match schedule {
            Some(schedule) => schedule::run_ended(session, schedule, status == Status::Succeeded),
            None => Ok(()),
        }
    }

    /// Changes a record and tells those who wait.
    pub fn change(&self, session: &mut Session, id: i64, change: impl FnOnce(&mut Job)) -> SqlResult<()> {
        session.transaction(true, |session| {
            if let Some(mut job) = Job::load(session, id)? {
                job.modified = session.now();
                change(&mut job);
                job.save(session)?;
            }
            Ok(())
        })?;
        self.note_change();
        Ok(())
    }

    /// Waits until the job is final or paused, and answers its record. A cancelled query only stops the waiting.
    pub fn wait_for(&self, session: &mut Session, id: i64) -> SqlResult<Job> {
        loop {
            let seen = self.lock().changes;
            match Job::load(session, id)? {
                Some(job) if job.status.is_final() || job.status == Status::Paused => return Ok(job),
                Some(_) => {}
                None => return Err(does_not_exist(id)),
            }
            session.check_canceled()?;
            let state = self.lock();
            let waited = self
                .changed
                .wait_timeout_while(state, LOOK_EVERY, |state| state.changes == seen);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }
}

/// How many commits of others a connection kept for this has seen; none when it cannot tell.
fn commits_seen(cluster: &Cluster, watch: &mut Option<rusqlite::Connection>) -> Option<i64> {
    if watch.is_none() {
        *watch = rusqlite::Connection::open(cluster.storage().path()).ok();
    }
    watch
        .as_ref()?
        .query_row("PRAGMA data_version", [], |row| row.get(0))
        .ok()
}

/// `job with ID … does not exist`.
pub fn does_not_exist(id: i64) -> SqlError {
    SqlError::plain(format!("job with ID {id} does not exist"))
}

/// How far a job is, as its work reports it.
pub struct Progress<'a> {
    runner: &'a Runner,
    id: i64,
    reached: f64,
    began: Instant,
    began_at: f64,
}

impl Progress<'_> {
    /// The job's id.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// Notes that the work is done up to `fraction`, and stops it if that was asked for. Takes its time when the cluster
    /// is set to let people watch, or to be slow.
    pub fn reach(&mut self, session: &mut Session, fraction: f64) -> Worked<()> {
        let slow = session
            .cluster()
            .faults()
            .duration("job_slow")
            .unwrap_or_default();
        let least =
            (self.runner.options.least_job_duration + session.cluster().clock().real(slow)).as_secs_f64();
        let step = if least > 0.0 { 1.0 / PACE_STEPS } else { 1.0 };
        while self.reached < fraction {
            let before = self.reached;
            self.reached = (self.reached + step).min(fraction);
            let due = self.began + Duration::from_secs_f64(least * (self.reached - self.began_at).max(0.0));
            while Instant::now() < due {
                // Short naps, so that a long one is not slept through when the job is to stop.
                std::thread::sleep(
                    due.saturating_duration_since(Instant::now())
                        .min(Duration::from_millis(100)),
                );
                self.check(session)?;
            }
            let reached = self.reached;
            self.runner
                .change(session, self.id, |job| job.fraction = reached)?;
            self.go_wrong_on_purpose(session, before)?;
        }
        self.check(session)
    }

    /// The faults that concern jobs.
    fn go_wrong_on_purpose(&mut self, session: &mut Session, before: f64) -> Worked<()> {
        #[allow(clippy::cast_precision_loss)]
        let passed = |percent: u64| before * 100.0 < percent as f64 && self.reached * 100.0 >= percent as f64;
        let (fail_at, pause_at) = {
            let faults = session.cluster().faults();
            (faults.number("job_fail_at"), faults.number("job_pause_at"))
        };
        if let Some(percent) = fail_at.filter(|percent| passed(*percent)) {
            return Err(Stop::Failed(SqlError::plain(format!(
                "the practice cluster was asked to fail jobs at {percent} %"
            ))));
        }
        if pause_at.is_some_and(passed) {
            return Err(self.pause(
                session,
                "pausing due to error; use RESUME JOB to try to proceed once the issue is resolved, or CANCEL JOB to rollback",
            ));
        }
        Ok(())
    }

    /// Stops the work if that was asked for.
    pub fn check(&mut self, session: &mut Session) -> Worked<()> {
        let Some(job) = Job::load(session, self.id)? else {
            return Err(Stop::Canceled);
        };
        match job.status {
            Status::PauseRequested | Status::Paused => Err(Stop::Paused),
            Status::CancelRequested | Status::Reverting | Status::Canceled => Err(Stop::Canceled),
            _ => Ok(()),
        }
    }

    /// Pauses the job by itself, with the reason for people.
    pub fn pause(&mut self, session: &mut Session, reason: &str) -> Stop {
        let paused = self.runner.change(session, self.id, |job| {
            job.status = Status::PauseRequested;
            job.pause_reason = Some(reason.to_owned());
        });
        match paused {
            Ok(()) => Stop::Paused,
            Err(error) => Stop::Failed(error),
        }
    }

    /// Changes the record beside its state.
    pub fn update(&mut self, session: &mut Session, change: impl FnOnce(&mut Job)) -> Worked<()> {
        Ok(self.runner.change(session, self.id, change)?)
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.lock().stopping = true;
        self.changed.notify_all();
    }
}
