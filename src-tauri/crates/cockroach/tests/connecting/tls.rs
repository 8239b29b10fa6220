//! Certificates that are wrong, one way at a time.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use roachvault_cockroach::doctor::{Cause, Step};
use roachvault_cockroach::{Cluster, ErrorKind, Secret, TlsMode};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use super::server::{Script, Server};
use super::{doctor, failed_step, target};

pub struct Authority {
    pub pem: String,
    der: rustls::pki_types::CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

pub struct Leaf {
    pub pem: String,
    pub key_pem: String,
    der: rustls::pki_types::CertificateDer<'static>,
    key: Vec<u8>,
}

impl Authority {
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Cockroach CA");
        let certificate = params.self_signed(&key).unwrap();
        Self {
            pem: certificate.pem(),
            der: certificate.der().clone(),
            issuer: Issuer::new(params, key),
        }
    }

    pub fn server(&self, names: &[&str], expired: bool) -> Leaf {
        let mut params =
            CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()).unwrap();
        params.distinguished_name.push(DnType::CommonName, "node");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        if expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 3, 4);
        }
        self.leaf(params)
    }

    pub fn client(&self, user: &str) -> Leaf {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, user);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.leaf(params)
    }

    fn leaf(&self, params: CertificateParams) -> Leaf {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Leaf {
            pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            der: certificate.der().clone(),
            key: key.serialize_der(),
        }
    }
}

fn config(leaf: &Leaf, clients_of: Option<&Authority>) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match clients_of {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.der.clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf.key.clone()));
    builder.with_single_cert(vec![leaf.der.clone()], key).unwrap()
}

const REFUSE: Script = Script::RefusePassword {
    code: "28P01",
    message: "password authentication failed for user max",
};

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_named_and_its_owner_shown() {
    let authority = Authority::new();
    let server = Server::start(
        REFUSE,
        Some(config(&authority.server(&["localhost"], false), None)),
    )
    .await;
    let report = doctor(&target(server.port, TlsMode::VerifyFull)).await;
    assert_eq!(failed_step(&report), Step::Tls);
    assert_eq!(
        report.finding.unwrap().cause,
        Cause::UnknownAuthority {
            cloud: false,
            chosen: None
        }
    );
    assert_eq!(report.certificate.unwrap().issuer, "Cockroach CA");
    let error = Cluster::connect(&target(server.port, TlsMode::VerifyFull))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Tls);
    assert!(error.message.contains("not signed by an authority"), "{error}");
}

#[tokio::test]
async fn a_chosen_authority_that_did_not_sign_is_named() {
    let authority = Authority::new();
    let leaf = authority.server(&["localhost"], false);
    let server = Server::start(REFUSE, Some(config(&leaf, None))).await;
    let mut mistaken = target(server.port, TlsMode::VerifyFull);
    mistaken.ca_pem = Some(Authority::new().pem);
    let report = doctor(&mistaken).await;
    assert_eq!(failed_step(&report), Step::Tls);
    let finding = report.finding.unwrap();
    let chosen = Some("Cockroach CA".to_owned());
    assert_eq!(finding.cause, Cause::UnknownAuthority { cloud: false, chosen });
    assert!(
        finding.explanation.what.contains("chosen CA certificate"),
        "{finding:?}"
    );
    let error = Cluster::connect(&mistaken).await.unwrap_err();
    assert_eq!(error.message, finding.explanation.what);
}

#[tokio::test]
async fn with_the_right_authority_the_handshake_passes_and_the_login_is_reached() {
    let authority = Authority::new();
    let server = Server::start(
        REFUSE,
        Some(config(&authority.server(&["localhost"], false), None)),
    )
    .await;
    let mut trusting = target(server.port, TlsMode::VerifyFull);
    trusting.ca_pem = Some(authority.pem.clone());
    let report = doctor(&trusting).await;
    assert_eq!(
        (failed_step(&report), report.finding.unwrap().cause),
        (Step::Login, Cause::WrongPassword)
    );
}

#[tokio::test]
async fn a_certificate_of_another_host_is_named_with_the_hosts_it_is_for() {
    let authority = Authority::new();
    let leaf = authority.server(&["node1.example.com", "10.0.0.7"], false);
    let server = Server::start(REFUSE, Some(config(&leaf, None))).await;
    let mut trusting = target(server.port, TlsMode::VerifyFull);
    trusting.ca_pem = Some(authority.pem.clone());
    let report = doctor(&trusting).await;
    assert_eq!(failed_step(&report), Step::Tls);
    let names = vec!["node1.example.com".to_owned(), "10.0.0.7".to_owned()];
    assert_eq!(report.finding.unwrap().cause, Cause::WrongHost { names });
    let error = Cluster::connect(&trusting).await.unwrap_err();
    assert_eq!(error.message, "The certificate belongs to another host.");

    trusting.tls = TlsMode::VerifyCa;
    assert_eq!(
        failed_step(&doctor(&trusting).await),
        Step::Login,
        "verify-ca looks away from the name"
    );
}

#[tokio::test]
async fn an_expired_certificate_is_named_with_its_last_day() {
    let authority = Authority::new();
    let server = Server::start(
        REFUSE,
        Some(config(&authority.server(&["localhost"], true), None)),
    )
    .await;
    let mut trusting = target(server.port, TlsMode::VerifyFull);
    trusting.ca_pem = Some(authority.pem.clone());
    let report = doctor(&trusting).await;
    assert_eq!(failed_step(&report), Step::Tls);
    assert_eq!(
        report.finding.unwrap().cause,
        Cause::CertificateExpired {
            until: Some("4 March 2021".into())
        }
    );
    let error = Cluster::connect(&trusting).await.unwrap_err();
    assert_eq!(error.message, "The server's certificate has expired.");
}

#[tokio::test]
async fn a_demanded_client_certificate_is_named_and_serves_when_it_is_there() {
    let authority = Authority::new();
    let config = config(&authority.server(&["localhost"], false), Some(&authority));
    let server = Server::start(REFUSE, Some(config)).await;
    let mut trusting = target(server.port, TlsMode::VerifyFull);
    trusting.ca_pem = Some(authority.pem.clone());
    let report = doctor(&trusting).await;
    assert_eq!(failed_step(&report), Step::Tls);
    assert_eq!(report.finding.unwrap().cause, Cause::ClientCertificateDemanded);

    let stranger = Authority::new().client("max");
    trusting.client_cert_pem = Some(stranger.pem);
    trusting.client_key_pem = Some(Secret::new(stranger.key_pem));
    let report = doctor(&trusting).await;
    assert_eq!(failed_step(&report), Step::Tls);
    assert_eq!(report.finding.unwrap().cause, Cause::ClientCertificateRefused);

    let own = authority.client("max");
    trusting.client_cert_pem = Some(own.pem);
    trusting.client_key_pem = Some(Secret::new(own.key_pem));
    assert_eq!(failed_step(&doctor(&trusting).await), Step::Login);
}

#[tokio::test]
async fn a_key_of_another_certificate_is_named() {
    let authority = Authority::new();
    let server = Server::start(
        REFUSE,
        Some(config(&authority.server(&["localhost"], false), None)),
    )
    .await;
    let mut mixed = target(server.port, TlsMode::VerifyFull);
    mixed.ca_pem = Some(authority.pem.clone());
    mixed.client_cert_pem = Some(authority.client("max").pem);
    mixed.client_key_pem = Some(Secret::new(authority.client("max").key_pem));
    let report = doctor(&mixed).await;
    assert_eq!(failed_step(&report), Step::Tls);
    assert!(matches!(
        report.finding.unwrap().cause,
        Cause::CertificateUnreadable { .. }
    ));
}
