//! A cluster that nobody asks anything is not kept awake: people pay for each statement, and some clusters sleep.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use roachvault_cockroach::connection_string::Part;
use roachvault_cockroach::doctor::Step;
use roachvault_cockroach::{Cluster, Secret, Target, TlsMode, version};
use roachvault_practice::{Options, PracticeCluster};

use super::relay::Relay;

/// A cluster behind a line on which every byte is counted.
pub async fn watched() -> (PracticeCluster, Relay, Target) {
    let options = Options {
        password: "s3cr3t-w0rd".into(),
        sample_data: false,
        ..Options::default()
    };
    let practice = tokio::task::spawn_blocking(|| PracticeCluster::start(options))
        .await
        .unwrap()
        .unwrap();
    let relay = Relay::start(practice.address(), Duration::ZERO).await;
    let target = Target {
        host: "localhost".into(),
        port: relay.port,
        user: "demo".into(),
        database: "defaultdb".into(),
        tls: TlsMode::VerifyFull,
        ca_pem: practice.ca_pem().map(str::to_owned),
        client_cert_pem: None,
        client_key_pem: None,
        password: Some(Secret::new("s3cr3t-w0rd")),
        cluster_option: None,
        jwt: false,
    };
    (practice, relay, target)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_cluster_hears_nothing_and_its_connections_are_closed_and_come_back() {
    let (_practice, relay, target) = watched().await;
    let idle = Duration::from_millis(700);
    let cluster = Cluster::connect_idling(&target, idle).await.unwrap();
    version::read(&cluster).await.unwrap();
    assert_eq!(cluster.pool().size(), 1);
    assert!(!format!("{cluster:?}").contains("s3cr3t-w0rd"));

    // What was asked is answered; from here on nothing goes over the line until the connection says goodbye.
    let (mut bytes, mut since) = (relay.bytes.load(Ordering::Relaxed), Instant::now());
    let mut longest_silence = Duration::ZERO;
    let end = Instant::now() + Duration::from_secs(20);
    while cluster.pool().size() > 0 {
        let now = relay.bytes.load(Ordering::Relaxed);
        if now != bytes {
            (bytes, since) = (now, Instant::now());
        }
        longest_silence = longest_silence.max(since.elapsed());
        assert!(Instant::now() < end, "the idle connection is still open");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(
        longest_silence >= idle - Duration::from_millis(100),
        "{longest_silence:?}"
    );
    version::read(&cluster).await.unwrap();
    cluster.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_has_gone_away_is_named_at_once() {
    let (practice, relay, target) = watched().await;
    let direct = Target {
        port: practice.address().port(),
        ..target
    };
    drop(relay);
    let cluster = Cluster::connect(&direct).await.unwrap();
    version::read(&cluster).await.unwrap();

    let address = practice.address();
    tokio::task::spawn_blocking(|| drop(practice)).await.unwrap();
    let started = Instant::now();
    let error = version::read(&cluster).await.unwrap_err();
    assert!(started.elapsed() < super::QUICK, "{:?}", started.elapsed());
    assert_eq!(
        error.message,
        format!("Nothing listens on localhost:{}.", address.port())
    );
    assert_eq!(error.kind, roachvault_cockroach::ErrorKind::CannotConnect);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_database_comes_with_those_there_are() {
    let (practice, relay, target) = watched().await;
    let missing = Target {
        database: "bnak".into(),
        ..target
    };
    let report = super::doctor(&missing).await;
    assert_eq!(super::failed_step(&report), Step::Database);
    let finding = report.finding.unwrap();
    assert_eq!(finding.cause.field(), Some(Part::Database));
    assert!(finding.databases.contains(&"defaultdb".to_owned()), "{finding:?}");
    assert!(!finding.databases.contains(&"system".to_owned()));
    drop((practice, relay));
}
