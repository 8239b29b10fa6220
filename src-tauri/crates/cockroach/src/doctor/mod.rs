//! Why a connection does not work, found step by step.
//!
//! A driver reports the sum of ten things that can go wrong as one error. Here name lookup, TCP, TLS
//! and routing are tried one after the other over a connection of their own, then the login is made
//! once, by the driver, and never repeated: Cloud pauses an address after a few wrong passwords.

mod catalogue;

use std::future::Future;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use sqlx::{Connection, Row};

pub use catalogue::{Cause, Explanation};

use crate::capabilities::{self, Capabilities, Who};
use crate::certificate::Certificate;
use crate::connect::{Target, TlsMode, options};
use crate::connection_string::{is_cloud, may_sleep};
use crate::handshake::{self, Failure};
use crate::quote;
use crate::tls::Shown;
use crate::version::{Product, Version};

/// What is tried, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    NameLookup,
    Tcp,
    Tls,
    Routing,
    Login,
    Version,
    Database,
    Privileges,
}

impl Step {
    pub const ALL: [Self; 8] = [
        Self::NameLookup,
        Self::Tcp,
        Self::Tls,
        Self::Routing,
        Self::Login,
        Self::Version,
        Self::Database,
        Self::Privileges,
    ];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepState {
    Waiting,
    Running,
    Passed,
    Failed,
    /// Not needed, or not reached.
    Skipped,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepReport {
    pub step: Step,
    pub state: StepState,
    pub took: Option<Duration>,
    /// What was found, such as the address or the release.
    pub found: Option<String>,
}

/// The first failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub step: Step,
    pub cause: Cause,
    pub explanation: Explanation,
    /// Technical, without secrets.
    pub detail: String,
    /// The databases there are, where the wanted one is missing.
    pub databases: Vec<String>,
}

/// Everything known so far. Each snapshot is whole.
#[derive(Debug, Clone)]
pub struct Report {
    pub steps: Vec<StepReport>,
    /// A scaled-down cluster is being started; it takes a while and is no failure.
    pub waking: bool,
    pub finding: Option<Finding>,
    /// What the server showed of itself, also when it was refused.
    pub certificate: Option<Certificate>,
    pub version: Option<Version>,
    pub capabilities: Option<Capabilities>,
    pub finished: bool,
}

/// How long each step may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub name_lookup: Duration,
    pub tcp: Duration,
    pub tls: Duration,
    /// Routing and login, where a scaled-down cluster wakes up.
    pub login: Duration,
    pub statement: Duration,
    /// After this long, a Cloud cluster is said to be waking up.
    pub waking_after: Duration,
    /// The cluster may be scaled to zero.
    pub may_wake: bool,
}

impl Limits {
    pub fn for_host(host: &str) -> Self {
        let may_wake = may_sleep(host);
        let login = if may_wake { 60 } else { 15 };
        Self {
            name_lookup: Duration::from_secs(8),
            tcp: Duration::from_secs(10),
            tls: Duration::from_secs(10),
            login: Duration::from_secs(login),
            statement: Duration::from_secs(10),
            waking_after: Duration::from_secs(3),
            may_wake,
        }
    }
}

/// Tries everything in order and reports after each change. Stops at the first failure.
pub async fn examine(target: &Target, limits: Limits, watch: &(dyn Fn(&Report) + Send + Sync)) -> Report {
    let mut examination = Examination {
        target,
        limits,
        watch,
        report: Report::new(),
        shown: Shown::default(),
    };
    // The failure is in the report.
    let _ = examination.run().await;
    examination.finish()
}

impl Report {
    fn new() -> Self {
        let steps = Step::ALL.map(|step| StepReport {
            step,
            state: StepState::Waiting,
            took: None,
            found: None,
        });
        Self {
            steps: steps.into(),
            waking: false,
            finding: None,
            certificate: None,
            version: None,
            capabilities: None,
            finished: false,
        }
    }

    pub fn passed(&self) -> bool {
        self.finished && self.finding.is_none()
    }

    fn step(&mut self, step: Step) -> &mut StepReport {
        &mut self.steps[step as usize]
    }
}

struct Examination<'a> {
    target: &'a Target,
    limits: Limits,
    watch: &'a (dyn Fn(&Report) + Send + Sync),
    report: Report,
    shown: Shown,
}

/// The step failed, and the report says so.
struct Stop;

impl Examination<'_> {
    async fn run(&mut self) -> Result<(), Stop> {
        let target = self.target;
        let limits = self.limits;
        let shown = self.shown.clone();
        let cloud = is_cloud(&target.host);

        let addresses = self
            .step(
                Step::NameLookup,
                limits.name_lookup,
                Cause::HostNotFound { cloud },
                handshake::look_up(target),
            )
            .await?;
        self.found(Step::NameLookup, addresses[0].ip().to_string());
        let tcp = self
            .step(
                Step::Tcp,
                limits.tcp,
                Cause::NoAnswer { cloud },
                handshake::dial(target, &addresses),
            )
            .await?;
        if let Ok(peer) = tcp.peer_addr() {
            self.found(Step::Tcp, peer.to_string());
        }

        let stream = self
            .step(
                Step::Tls,
                limits.tls,
                Cause::Unanswered,
                handshake::secure(target, tcp, &shown),
            )
            .await?;
        if target.tls == TlsMode::Disable {
            self.report.step(Step::Tls).state = StepState::Skipped;
            self.found(Step::Tls, "not asked for".to_owned());
        } else if let Some(certificate) = shown.get() {
            self.found(
                Step::Tls,
                format!("valid until {}", certificate.not_after.format("%-d %B %Y")),
            );
            self.report.certificate = Some(certificate);
        }

        let unanswered = if limits.may_wake {
            Cause::StillWaking
        } else {
            Cause::Unanswered
        };
        let routed = handshake::route(target, stream, &shown);
        self.step(Step::Routing, limits.login, unanswered.clone(), routed)
            .await?;

        let connected = async {
            PgConnection::connect_with(&options(target).map_err(|error| {
                let detail = error.detail.clone().unwrap_or_default();
                Failure::new(
                    Cause::Other {
                        message: error.message,
                    },
                    detail,
                )
            })?)
            .await
            .map_err(|error| self::driver_failure(&error, target))
        };
        let mut connection = self
            .step(Step::Login, limits.login, unanswered, connected)
            .await?;
        self.found(Step::Login, target.user.clone());

        let version = async {
            let text: String = sqlx::query_scalar("SELECT version()")
                .persistent(false)
                .fetch_one(&mut connection)
                .await
                .map_err(|error| driver_failure(&error, target))?;
            let version = Version::parse(&text);
            match version.product {
                Product::CockroachDb => Ok(version),
                product => Err(Failure::new(Cause::NotCockroach { product }, version.text)),
            }
        };
        let version = self
            .step(Step::Version, limits.statement, Cause::Unanswered, version)
            .await?;
        self.found(
            Step::Version,
            version.release().unwrap_or_else(|| version.text.clone()),
        );
        self.report.version = Some(version.clone());

        let database = async {
            let name = quote::ident(&target.database).map_err(|error| {
                Failure::new(
                    Cause::DatabaseMissing {
                        name: target.database.clone(),
                    },
                    error.to_string(),
                )
            })?;
            // CockroachDB lets one log in to a database that does not exist; only a statement tells.
            sqlx::raw_sql(sqlx::AssertSqlSafe(format!("SHOW SCHEMAS FROM {name}")))
                .execute(&mut connection)
                .await
                .map(drop)
                .map_err(|error| driver_failure(&error, target))
        };
        let there = self
            .step(Step::Database, limits.statement, Cause::Unanswered, database)
            .await;
        if there.is_err() {
            self.offer_databases(&mut connection).await;
        }
        there?;
        self.found(Step::Database, target.database.clone());

        let privileges = async {
            let who = Who {
                host: &target.host,
                user: &target.user,
                database: &target.database,
            };
            Ok(capabilities::read(&mut connection, who, &version).await)
        };
        let capabilities = self
            .step(Step::Privileges, limits.statement, Cause::Unanswered, privileges)
            .await?;
        self.found(Step::Privileges, capabilities.summary());
        self.report.capabilities = Some(capabilities);
        let _ = tokio::time::timeout(limits.statement, connection.close()).await;
        Ok(())
    }

    /// The databases to choose from instead of the one that is missing. Without them the finding is still true.
    async fn offer_databases(&mut self, connection: &mut PgConnection) {
        let Some(finding) = &mut self.report.finding else {
            return;
        };
        if !matches!(finding.cause, Cause::DatabaseMissing { .. }) {
            return;
        }
        let listed = sqlx::raw_sql("SHOW DATABASES").fetch_all(connection);
        if let Ok(Ok(rows)) = tokio::time::timeout(self.limits.statement, listed).await {
            let names = rows.iter().filter_map(|row| row.try_get(0).ok());
            finding.databases = names.filter(|name: &String| name != "system").collect();
        }
    }

    /// Runs one step under its limit, and says so when a Cloud cluster takes its time.
    async fn step<T>(
        &mut self,
        step: Step,
        limit: Duration,
        on_timeout: Cause,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Stop> {
        let started = Instant::now();
        self.report.step(step).state = StepState::Running;
        self.tell();
        let may_wake = self.limits.may_wake && matches!(step, Step::Tls | Step::Routing | Step::Login);
        let work = tokio::time::timeout(limit, work);
        tokio::pin!(work);
        let ended = tokio::select! {
            ended = &mut work => ended,
            () = tokio::time::sleep(self.limits.waking_after), if may_wake => {
                self.report.waking = true;
                self.tell();
                work.await
            }
        };
        self.report.waking = false;
        self.report.step(step).took = Some(started.elapsed());
        let failure = match ended {
            Ok(Ok(value)) => {
                self.report.step(step).state = StepState::Passed;
                self.tell();
                return Ok(value);
            }
            Ok(Err(failure)) => failure,
            Err(_) => Failure::new(on_timeout, format!("no answer within {} s", limit.as_secs())),
        };
        let step = if failure.in_tls { Step::Tls } else { step };
        if failure.in_tls {
            self.report.step(Step::Routing).state = StepState::Skipped;
        }
        self.report.step(step).state = StepState::Failed;
        self.report.certificate = self.shown.get();
        self.report.finding = Some(Finding {
            step,
            explanation: failure.cause.explain(),
            cause: failure.cause,
            detail: failure.detail,
            databases: Vec::new(),
        });
        Err(Stop)
    }

    fn found(&mut self, step: Step, what: String) {
        self.report.step(step).found = Some(what);
        self.tell();
    }

    fn tell(&self) {
        (self.watch)(&self.report);
    }

    fn finish(mut self) -> Report {
        for report in &mut self.report.steps {
            if matches!(report.state, StepState::Waiting | StepState::Running) {
                report.state = StepState::Skipped;
            }
        }
        self.report.finished = true;
        self.tell();
        self.report
    }
}

fn driver_failure(error: &sqlx::Error, target: &Target) -> Failure {
    Failure::new(Cause::from_driver(error, target), safe_detail(error))
}

/// The driver's text. Of a server's error only code, message and hint.
pub(crate) fn safe_detail(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(db) => {
            let hint = db
                .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
                .and_then(|db| db.hint());
            let hint = hint.map(|hint| format!(" (hint: {hint})")).unwrap_or_default();
            format!(
                "SQLSTATE {}: {}{hint}",
                db.code().as_deref().unwrap_or("none"),
                db.message()
            )
        }
        other => other.to_string(),
    }
}
