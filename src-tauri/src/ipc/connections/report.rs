//! What the connection doctor found, and what a user may do, as the screen sees it.

use roachvault_cockroach::capabilities::{self, Plan as CorePlan};
use roachvault_cockroach::doctor;
use serde::Serialize;
use ts_rs::TS;

use super::{Certificate, FormPart};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum TestStepName {
    NameLookup,
    Tcp,
    Tls,
    Routing,
    Login,
    Version,
    Database,
    Privileges,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum TestStepState {
    Waiting,
    Running,
    Passed,
    Failed,
    /// Not needed, or not reached.
    Skipped,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TestStep {
    pub step: TestStepName,
    pub state: TestStepState,
    pub took_ms: Option<u32>,
    /// What was found, such as the address or the release.
    pub found: Option<String>,
}

/// The first failure, in three sentences.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TestFinding {
    pub step: TestStepName,
    pub what: String,
    pub why: String,
    pub next: String,
    /// A page of CockroachDB's documentation that helps.
    pub link: Option<String>,
    /// Technical, without secrets, for "Copy details".
    pub detail: String,
    /// The field of the form in which it is put right.
    pub part: Option<FormPart>,
    /// The databases to choose from, where the wanted one is missing.
    pub databases: Vec<String>,
}

/// Everything known so far. Each message is whole.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionReport {
    pub steps: Vec<TestStep>,
    /// A scaled-down Cloud cluster is starting; show it instead of an error.
    pub waking: bool,
    pub finding: Option<TestFinding>,
    /// What the server showed of itself, also when it was refused.
    pub certificate: Option<Certificate>,
    /// `v25.4.0`.
    pub version: Option<String>,
    pub capabilities: Option<Capabilities>,
    pub finished: bool,
    pub passed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum CapabilityAction {
    BackUpCluster,
    BackUpDatabase,
    RestoreCluster,
    RestoreDatabase,
    RestoreTable,
    UseFiles,
    MakeSchedules,
    MakeExternalConnections,
    SeeAllJobs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Permission {
    Allowed,
    /// No grant was found for the user itself; a role may still carry it.
    NotGranted,
    Unknown,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Ability {
    pub action: CapabilityAction,
    pub permission: Permission,
    /// For an administrator to run. Absent when allowed.
    pub grant: Option<String>,
}

/// By the host's name; a cluster says nothing of it itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Plan {
    BasicOrStandard,
    Advanced,
    SelfHosted,
}

#[derive(Debug, Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Capabilities {
    pub user: String,
    /// The database the abilities speak of.
    pub database: String,
    /// Absent when it could not be found out.
    pub admin: Option<bool>,
    pub plan: Option<Plan>,
    pub abilities: Vec<Ability>,
}

macro_rules! from_core {
    ($wire:ident, $core:path, [$($variant:ident),*]) => {
        impl From<$core> for $wire {
            fn from(value: $core) -> Self {
                use $core as Core;
                match value { $(Core::$variant => Self::$variant,)* }
            }
        }
    };
}

from_core!(
    TestStepName,
    doctor::Step,
    [
        NameLookup, Tcp, Tls, Routing, Login, Version, Database, Privileges
    ]
);
from_core!(
    TestStepState,
    doctor::StepState,
    [Waiting, Running, Passed, Failed, Skipped]
);
from_core!(
    Permission,
    capabilities::Permission,
    [Allowed, NotGranted, Unknown]
);
from_core!(Plan, CorePlan, [BasicOrStandard, Advanced, SelfHosted]);
from_core!(
    CapabilityAction,
    capabilities::Action,
    [
        BackUpCluster,
        BackUpDatabase,
        RestoreCluster,
        RestoreDatabase,
        RestoreTable,
        UseFiles,
        MakeSchedules,
        MakeExternalConnections,
        SeeAllJobs
    ]
);

impl From<capabilities::Capabilities> for Capabilities {
    fn from(found: capabilities::Capabilities) -> Self {
        let abilities = found.abilities.into_iter().map(|ability| Ability {
            action: ability.action.into(),
            permission: ability.permission.into(),
            grant: ability.grant,
        });
        Self {
            user: found.user,
            database: found.database,
            admin: found.admin,
            plan: found.plan.map(Into::into),
            abilities: abilities.collect(),
        }
    }
}

impl From<&doctor::Report> for ConnectionReport {
    fn from(report: &doctor::Report) -> Self {
        let steps = report.steps.iter().map(|step| TestStep {
            step: step.step.into(),
            state: step.state.into(),
            took_ms: step
                .took
                .map(|took| took.as_millis().try_into().unwrap_or(u32::MAX)),
            found: step.found.clone(),
        });
        Self {
            steps: steps.collect(),
            waking: report.waking,
            finding: report.finding.as_ref().map(|finding| TestFinding {
                step: finding.step.into(),
                what: finding.explanation.what.clone(),
                why: finding.explanation.why.clone(),
                next: finding.explanation.next.clone(),
                link: finding.explanation.link.map(str::to_owned),
                detail: finding.detail.clone(),
                part: finding.cause.field().map(Into::into),
                databases: finding.databases.clone(),
            }),
            certificate: report.certificate.clone().map(Into::into),
            version: report.version.as_ref().and_then(|version| version.release()),
            capabilities: report.capabilities.clone().map(Into::into),
            finished: report.finished,
            passed: report.passed(),
        }
    }
}
