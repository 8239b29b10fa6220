//! Every way a connection fails, provoked for real, and what the doctor makes of it.

// What a skipped test says, and what a child process answers, goes to the output.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod download;
mod environment;
// The server asks for files of its own user that nobody else may read.
#[cfg(unix)]
mod postgres;
mod quiet;
mod rights;
mod rows;
mod server;
mod tls;
mod token;

#[path = "../support/relay.rs"]
mod relay;

use std::time::{Duration, Instant};

use roachvault_cockroach::doctor::{Limits, Report, Step, StepState, examine};
use roachvault_cockroach::{Secret, Target, TlsMode};

/// A target on this computer, with a password that must never appear anywhere.
pub fn target(port: u16, tls: TlsMode) -> Target {
    Target {
        host: "localhost".into(),
        port,
        user: "max".into(),
        database: "bank".into(),
        tls,
        ca_pem: None,
        client_cert_pem: None,
        client_key_pem: None,
        password: Some(Secret::new("s3cr3t-w0rd")),
        cluster_option: None,
        jwt: false,
    }
}

/// What goes wrong is told at once: nobody waits for more than two seconds where nothing times out.
const QUICK: Duration = Duration::from_secs(2);

/// The doctor with the limits that people meet. A failure that keeps one waiting fails the test.
pub async fn doctor(target: &Target) -> Report {
    let started = Instant::now();
    let report = examine(target, Limits::for_host(&target.host), &|_| {}).await;
    let took = started.elapsed();
    if let Some(finding) = &report.finding {
        assert!(took < QUICK, "{:?} was told after {took:?}", finding.cause);
    }
    report
}

/// The step that failed; all before it passed or were not needed, all after it were not tried.
pub fn failed_step(report: &Report) -> Step {
    let failed: Vec<Step> = report
        .steps
        .iter()
        .filter(|step| step.state == StepState::Failed)
        .map(|step| step.step)
        .collect();
    assert_eq!(failed.len(), 1, "{report:?}");
    assert_eq!(report.finding.as_ref().unwrap().step, failed[0]);
    for step in &report.steps {
        let allowed = if (step.step as usize) < failed[0] as usize {
            [StepState::Passed, StepState::Skipped]
        } else if step.step == failed[0] {
            [StepState::Failed; 2]
        } else {
            [StepState::Skipped; 2]
        };
        assert!(allowed.contains(&step.state), "{report:?}");
    }
    failed[0]
}
