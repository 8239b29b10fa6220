//! A cluster that nobody asks anything is not kept awake: people pay for each statement, and some clusters sleep.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

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
    version::read(cluster.pool()).await.unwrap();
    assert_eq!(cluster.pool().size(), 1);

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
    version::read(cluster.pool()).await.unwrap();
    cluster.close().await;
}
