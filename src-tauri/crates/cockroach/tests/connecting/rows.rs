//! The rows of the catalogue that need no certificate.

use std::sync::Mutex;
use std::time::Duration;

use roachvault_cockroach::connection_string::Part;
use roachvault_cockroach::doctor::{Cause, Limits, Step, StepState, examine};
use roachvault_cockroach::{Cluster, ErrorKind, TlsMode};

use super::server::{Script, Server};
use super::{doctor, failed_step, target};

#[tokio::test]
async fn a_name_that_does_not_exist_fails_the_lookup() {
    let mut wrong = target(26257, TlsMode::Disable);
    wrong.host = "no-such-cluster.invalid".into();
    let report = doctor(&wrong).await;
    assert_eq!(
        (failed_step(&report), report.finding.unwrap().cause),
        (Step::NameLookup, Cause::HostNotFound { cloud: false })
    );
    let error = Cluster::connect(&wrong).await.unwrap_err();
    assert_eq!(error.message, "There is no server with that name.");
}

#[test]
fn only_a_host_of_cloud_is_looked_for_in_the_cloud_console() {
    let next = |cloud| Cause::HostNotFound { cloud }.explain().next;
    assert!(next(true).contains("Cloud Console"));
    assert!(!next(false).contains("Cloud"));
}

#[tokio::test]
async fn a_port_where_nothing_listens_fails_the_dial() {
    let listener = tokio::net::TcpListener::bind(("localhost", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let report = doctor(&target(port, TlsMode::VerifyFull)).await;
    assert_eq!(
        (failed_step(&report), report.finding.unwrap().cause),
        (
            Step::Tcp,
            Cause::NotListening {
                address: format!("localhost:{port}")
            }
        )
    );
    assert_eq!(
        Cluster::connect(&target(port, TlsMode::Disable))
            .await
            .unwrap_err()
            .kind,
        ErrorKind::CannotConnect
    );
}

#[tokio::test]
async fn each_refusal_of_server_and_proxy_is_named_at_its_step() {
    let rows = [
        (
            "08P01",
            "node is running secure mode, SSL connection required",
            Cause::EncryptionDemanded,
        ),
        ("08004", "server requires encryption", Cause::EncryptionDemanded),
        (
            "08004",
            "codeProxyRefusedConnection: connection refused",
            Cause::RefusedByAllowlist,
        ),
        (
            "08004",
            "codeProxyRefusedConnection: connection attempt throttled",
            Cause::LoginsThrottled,
        ),
        (
            "08004",
            "codeParamsRoutingFailed: missing cluster identifier",
            Cause::ClusterNameMissing,
        ),
        (
            "08004",
            "codeParamsRoutingFailed: missing cluster identifier in connection string",
            Cause::ClusterNameMissing,
        ),
        (
            "08004",
            "codeParamsRoutingFailed: cluster blue-dog-147 not found",
            Cause::ClusterNotFound,
        ),
        (
            "08004",
            "codeParamsRoutingFailed: invalid cluster identifier 'blue'",
            Cause::ClusterNotFound,
        ),
        (
            "08004",
            "codeParamsRoutingFailed: multiple different cluster identifiers provided",
            Cause::ClusterNamesDisagree,
        ),
        (
            "08004",
            "CodeParamsRoutingFailed: rejected by BackendConfigFromParams: Invalid cluster name",
            Cause::ClusterNotFound,
        ),
        (
            "08004",
            "codeBackendDown: unable to reach backend SQL server",
            Cause::BackendDown,
        ),
        ("08004", "internal server error", Cause::BackendDown),
        (
            "08004",
            "codeUnavailable: cluster is unavailable",
            Cause::ClusterUnavailable,
        ),
        (
            "57P01",
            "server is not accepting clients, try another node",
            Cause::NodeDraining,
        ),
        (
            "53300",
            "sorry, too many clients already",
            Cause::TooManyConnections,
        ),
        (
            "28000",
            "no server.host_based_authentication.configuration entry for host \"10.0.0.1\", user \"max\"",
            Cause::NoAccessRule,
        ),
    ];
    for (code, message, cause) in rows {
        let server = Server::start(Script::Refuse { code, message }, None).await;
        let report = doctor(&target(server.port, TlsMode::Disable)).await;
        assert_eq!(failed_step(&report), Step::Routing, "{message}");
        let finding = report.finding.unwrap();
        assert_eq!(finding.cause, cause, "{message}");
        assert!(
            finding.detail.contains(code) && !finding.detail.contains("s3cr3t"),
            "{}",
            finding.detail
        );
        let error = Cluster::connect(&target(server.port, TlsMode::Disable))
            .await
            .unwrap_err();
        assert_eq!(error.message, cause.explain().what);
    }
}

#[tokio::test]
async fn each_refused_login_is_named_and_tried_exactly_once() {
    let token = |reason: &str| Cause::TokenRefused {
        reason: reason.into(),
    };
    let rows = [
        (
            "28P01",
            "password authentication failed for user max",
            Cause::WrongPassword,
        ),
        ("28000", "password is expired", Cause::PasswordExpired),
        (
            "28000",
            "max does not have login privilege",
            Cause::NoLoginPrivilege,
        ),
        (
            "28000",
            "method \"cert\" required for this user, but unusable over this connection type",
            Cause::MethodNeedsOtherTransport,
        ),
        (
            "28000",
            "JWT authentication: not enabled",
            token("The cluster has token login switched off."),
        ),
        (
            "28000",
            "JWT authentication: invalid token",
            token("It is expired, incomplete or damaged."),
        ),
        (
            "28000",
            "JWT authentication: invalid audience",
            token("It was issued for another audience."),
        ),
        (
            "28000",
            "JWT authentication: invalid principal",
            token("It was issued for another user."),
        ),
    ];
    for (code, message, cause) in rows {
        let server = Server::start(Script::RefusePassword { code, message }, None).await;
        let report = doctor(&target(server.port, TlsMode::Disable)).await;
        assert_eq!(failed_step(&report), Step::Login, "{message}");
        assert_eq!(report.finding.unwrap().cause, cause, "{message}");
        assert_eq!(server.logins(), 1, "{message}");
    }
}

#[tokio::test]
async fn opening_a_cluster_does_not_repeat_a_refused_login() {
    let refuse = Script::RefusePassword {
        code: "28P01",
        message: "password authentication failed for user max",
    };
    let server = Server::start(refuse, None).await;
    let error = Cluster::connect(&target(server.port, TlsMode::Disable))
        .await
        .unwrap_err();
    assert_eq!((error.kind, server.logins()), (ErrorKind::Auth, 1));
}

#[tokio::test]
async fn a_server_that_hangs_up_is_named() {
    let server = Server::start(Script::HangUp, None).await;
    let report = doctor(&target(server.port, TlsMode::VerifyFull)).await;
    assert_eq!(
        (failed_step(&report), report.finding.unwrap().cause),
        (Step::Tls, Cause::HungUp)
    );
    assert_eq!(
        Cluster::connect(&target(server.port, TlsMode::Disable))
            .await
            .unwrap_err()
            .message,
        Cause::HungUp.explain().what
    );
}

#[tokio::test]
async fn tls_asked_of_a_server_without_it_is_named() {
    let server = Server::start(Script::NoTls, None).await;
    let report = doctor(&target(server.port, TlsMode::VerifyFull)).await;
    assert_eq!(
        (failed_step(&report), report.finding.unwrap().cause),
        (Step::Tls, Cause::EncryptionNotOffered)
    );
    let error = Cluster::connect(&target(server.port, TlsMode::VerifyFull))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::Tls, "The server has no encryption.")
    );
}

#[tokio::test]
async fn something_that_is_no_database_is_named() {
    let server = Server::start(Script::Babble(b"HTTP/1.1 400 Bad Request\r\n\r\n"), None).await;
    for tls in [TlsMode::Disable, TlsMode::VerifyFull] {
        let report = doctor(&target(server.port, tls)).await;
        failed_step(&report);
        assert_eq!(report.finding.unwrap().cause, Cause::NotThisProtocol, "{tls:?}");
    }
}

#[tokio::test]
async fn a_certificate_without_its_key_is_named_before_anything_is_sent() {
    let server = Server::start(Script::Silent, None).await;
    let mut half = target(server.port, TlsMode::VerifyFull);
    half.client_cert_pem = Some("-----BEGIN CERTIFICATE-----".into());
    let report = doctor(&half).await;
    assert_eq!(
        (failed_step(&report), report.finding.unwrap().cause),
        (Step::Tls, Cause::ClientCertificateIncomplete)
    );
}

#[tokio::test]
async fn a_server_that_says_nothing_ends_at_the_limit_of_its_step() {
    let server = Server::start(Script::Silent, None).await;
    let limits = Limits {
        login: Duration::from_millis(200),
        ..Limits::for_host("localhost")
    };
    let report = examine(&target(server.port, TlsMode::Disable), limits, &|_| {}).await;
    assert_eq!(
        (failed_step(&report), report.finding.unwrap().cause),
        (Step::Routing, Cause::Unanswered)
    );
}

#[tokio::test]
async fn a_server_that_never_agrees_on_encryption_is_silent_and_not_behind_a_firewall() {
    let server = Server::start(Script::Silent, None).await;
    let limits = Limits {
        tls: Duration::from_millis(200),
        ..Limits::for_host("localhost")
    };
    let report = examine(&target(server.port, TlsMode::VerifyFull), limits, &|_| {}).await;
    assert_eq!(failed_step(&report), Step::Tls);
    let finding = report.finding.unwrap();
    assert_eq!(finding.cause, Cause::Unanswered);
    assert!(!finding.explanation.why.contains("firewall"), "{finding:?}");
}

#[test]
fn what_to_change_is_called_as_the_form_calls_it() {
    for cause in [Cause::EncryptionDemanded, Cause::EncryptionNotOffered] {
        let next = cause.explain().next;
        assert!(next.contains("Encryption") && !next.contains("TLS"), "{next}");
        assert_eq!(cause.field(), Some(Part::Tls));
    }
}

/// As behind an allowlist or a firewall: a socket whose queue is full drops whoever knocks.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn packets_that_are_dropped_end_at_the_limit_and_name_the_allowlist() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    let knock = || {
        tokio::time::timeout(
            Duration::from_millis(200),
            tokio::net::TcpStream::connect(address),
        )
    };
    while let Ok(knocked) = knock().await {
        waiting.push(knocked.unwrap());
        assert!(waiting.len() < 100, "the queue does not fill");
    }

    let mut behind = target(address.port(), TlsMode::VerifyFull);
    behind.host = "127.0.0.1".into();
    let limits = Limits {
        tcp: Duration::from_millis(300),
        ..Limits::for_host("127.0.0.1")
    };
    let started = std::time::Instant::now();
    let report = examine(&behind, limits, &|_| {}).await;
    assert_eq!(
        (failed_step(&report), report.finding.unwrap().cause),
        (Step::Tcp, Cause::NoAnswer { cloud: false })
    );
    assert!(started.elapsed() < super::QUICK);
}

#[tokio::test]
async fn a_slow_cloud_cluster_is_waking_up_and_not_failing() {
    let server = Server::start(Script::Slow(Duration::from_millis(300)), None).await;
    let limits = Limits {
        waking_after: Duration::from_millis(50),
        may_wake: true,
        ..Limits::for_host("localhost")
    };
    let seen = Mutex::new(Vec::new());
    let watch = |report: &roachvault_cockroach::doctor::Report| {
        let running = report
            .steps
            .iter()
            .find(|step| step.state == StepState::Running)
            .map(|step| step.step);
        seen.lock()
            .unwrap()
            .push((report.waking, running, report.finding.is_some()));
    };
    let report = examine(&target(server.port, TlsMode::Disable), limits, &watch).await;
    assert!(seen.lock().unwrap().contains(&(true, Some(Step::Routing), false)));
    assert_eq!(failed_step(&report), Step::Login);
    assert!(!report.waking);
}

#[test]
fn every_explanation_fits_into_forty_words_and_says_three_things() {
    let product = roachvault_cockroach::version::Product::Other;
    let causes = [
        Cause::HostNotFound { cloud: true },
        Cause::HostNotFound { cloud: false },
        Cause::NotListening {
            address: "db.example.com:26257".into(),
        },
        Cause::NoAnswer { cloud: true },
        Cause::NoAnswer { cloud: false },
        Cause::Unreachable,
        Cause::RefusedByAllowlist,
        Cause::LoginsThrottled,
        Cause::WrongPassword,
        Cause::PasswordExpired,
        Cause::NoLoginPrivilege,
        Cause::NoAccessRule,
        Cause::MethodNeedsOtherTransport,
        Cause::TokenRefused {
            reason: "A claim in it has another value than asked for.".into(),
        },
        Cause::ClusterNotFound,
        Cause::ClusterNameMissing,
        Cause::ClusterNamesDisagree,
        Cause::EncryptionDemanded,
        Cause::EncryptionNotOffered,
        Cause::UnknownAuthority {
            cloud: true,
            chosen: None,
        },
        Cause::UnknownAuthority {
            cloud: false,
            chosen: None,
        },
        Cause::UnknownAuthority {
            cloud: true,
            chosen: Some("Cockroach CA".into()),
        },
        Cause::WrongHost {
            names: vec![
                "a.example.com".into(),
                "b.example.com".into(),
                "c.example.com".into(),
            ],
        },
        Cause::CertificateExpired {
            until: Some("3 March 2025".into()),
        },
        Cause::CertificateNotYetValid,
        Cause::CertificateUnusable,
        Cause::ClientCertificateDemanded,
        Cause::ClientCertificateRefused,
        Cause::ClientCertificateIncomplete,
        Cause::CertificateUnreadable {
            sentence: "The client certificate and its key do not belong together.".into(),
        },
        Cause::HungUp,
        Cause::NotThisProtocol,
        Cause::BackendDown,
        Cause::ClusterUnavailable,
        Cause::NodeDraining,
        Cause::TooManyConnections,
        Cause::DatabaseMissing { name: "bank".into() },
        Cause::StillWaking,
        Cause::Unanswered,
        Cause::NotCockroach {
            product: roachvault_cockroach::version::Product::PostgreSql,
        },
        Cause::NotCockroach { product },
        Cause::MethodUnknown,
        Cause::Other { message: "x".into() },
    ];
    for cause in causes {
        let told = cause.explain();
        let words = [&told.what, &told.why, &told.next].map(|text| text.split_whitespace().count());
        assert!(words.iter().all(|count| *count > 0), "{cause:?}");
        assert!(words.iter().sum::<usize>() <= 40, "{cause:?}: {words:?}");
        assert!(!told.what.contains('!') && told.next.ends_with('.'), "{cause:?}");
    }
}
