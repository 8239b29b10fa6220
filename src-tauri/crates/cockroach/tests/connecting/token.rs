//! Signing in with a token, against a cluster that checks its signature and claims.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use roachvault_cockroach::doctor::{Cause, Step};
use roachvault_cockroach::{Cluster, ErrorKind, Secret, Target, TlsMode, connection_string};
use roachvault_practice::{Options, PracticeCluster};
use serde_json::{Value, json};

use super::download::{Stored, bytes};
use super::{doctor, failed_step, target};

/// Who issues tokens: the company's own sign-in.
struct Issuer {
    key: EcdsaKeyPair,
    random: SystemRandom,
}

impl Issuer {
    fn new() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
        Self { key, random }
    }

    fn jwks(&self) -> String {
        let (x, y) = self.key.public_key().as_ref()[1..].split_at(32);
        let encode = |bytes| URL_SAFE_NO_PAD.encode(bytes);
        json!({"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "x": encode(x), "y": encode(y)}]})
            .to_string()
    }

    fn token(&self, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!(
            "{}.{}",
            part(&json!({"alg": "ES256", "typ": "JWT"})),
            part(claims)
        );
        let signature = self.key.sign(&self.random, signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn claims() -> Value {
    let in_an_hour = chrono::Utc::now().timestamp() + 3600;
    json!({"iss": "https://login.example.com", "aud": "cockroachdb", "sub": "demo", "exp": in_an_hour})
}

/// A cluster with token login switched off, and a target of its demo user.
async fn cluster() -> (PracticeCluster, Target) {
    let options = Options {
        password: "pw".into(),
        sample_data: false,
        ..Options::default()
    };
    let practice = tokio::task::spawn_blocking(|| PracticeCluster::start(options))
        .await
        .unwrap()
        .unwrap();
    let mut target = target(practice.address().port(), TlsMode::VerifyFull);
    target.ca_pem = practice.ca_pem().map(str::to_owned);
    target.user = "demo".into();
    target.database = "defaultdb".into();
    (practice, target)
}

/// As an administrator sets it up, with a password.
async fn accept_tokens_of(issuer: &Issuer, target: &Target) {
    let admin = Target {
        password: Some(Secret::new("pw")),
        jwt: false,
        ..target.clone()
    };
    let cluster = Cluster::connect(&admin).await.unwrap();
    for (name, value) in [
        ("enabled", "true".to_owned()),
        ("issuers.configuration", "'https://login.example.com'".to_owned()),
        ("audience", "'cockroachdb'".to_owned()),
        ("jwks", format!("'{}'", issuer.jwks())),
    ] {
        let statement = format!("SET CLUSTER SETTING server.jwt_authentication.{name} = {value}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(cluster.pool())
            .await
            .unwrap();
    }
    cluster.close().await;
}

#[tokio::test]
async fn a_pasted_url_with_a_token_signs_in() {
    let (_practice, mut target) = cluster().await;
    let issuer = Issuer::new();
    accept_tokens_of(&issuer, &target).await;
    let url = format!(
        "postgresql://demo:{}@localhost:{}/defaultdb?options=--crdb:jwt_auth_enabled%3Dtrue&sslmode=verify-full",
        issuer.token(&claims()),
        target.port,
    );
    let parsed = connection_string::parse(&url, &Default::default()).unwrap();
    target.password = parsed.password;
    target.jwt = parsed.jwt;
    let report = doctor(&target).await;
    assert!(report.finding.is_none(), "{:?}", report.finding);
    let cluster = Cluster::connect(&target).await.unwrap();
    let (user,): (String,) = sqlx::query_as("SELECT current_user")
        .fetch_one(cluster.pool())
        .await
        .unwrap();
    assert_eq!(user, "demo");
    cluster.close().await;
    assert_eq!(Stored::put(&target).await.fetch().await.unwrap(), bytes());
}

#[tokio::test]
async fn a_download_logs_in_with_a_password_over_tls() {
    let (_practice, mut target) = cluster().await;
    target.password = Some(Secret::new("pw"));
    let stored = Stored::put(&target).await;
    assert_eq!(stored.fetch().await.unwrap(), bytes());

    let changed = "ALTER USER demo WITH PASSWORD 'another one'";
    sqlx::raw_sql(changed)
        .execute(stored.store.cluster.pool())
        .await
        .unwrap();
    let error = stored.fetch().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Auth, "{error:?}");
    assert!(!format!("{error:?}").contains("\"pw\""), "{error:?}");
}

#[tokio::test]
async fn a_token_that_does_not_fit_is_refused_with_what_does_not_fit() {
    let (_practice, mut target) = cluster().await;
    target.jwt = true;
    let issuer = Issuer::new();
    let mut refused = async |token: String, reason: &str| {
        target.password = Some(Secret::new(token.clone()));
        let report = doctor(&target).await;
        assert_eq!(failed_step(&report), Step::Login, "{reason}");
        let finding = report.finding.unwrap();
        assert_eq!(
            finding.cause,
            Cause::TokenRefused {
                reason: reason.into()
            }
        );
        assert!(!finding.detail.contains(&token), "{}", finding.detail);
        let error = Cluster::connect(&target).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Auth);
        assert!(!format!("{error:?}").contains(&token));
        target.clone()
    };
    let right = issuer.token(&claims());
    let target = refused(right, "The cluster has token login switched off.").await;
    accept_tokens_of(&issuer, &target).await;

    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        issuer.token(&claims)
    };
    let broken = "It is expired, incomplete or damaged.";
    refused(with("exp", json!(1)), broken).await;
    refused(Issuer::new().token(&claims()), broken).await;
    refused("not.a.token".into(), broken).await;
    refused(
        with("iss", json!("https://elsewhere.example.com")),
        "The cluster does not know who issued it.",
    )
    .await;
    refused(
        with("aud", json!(["another-service"])),
        "It was issued for another audience.",
    )
    .await;
    refused(with("sub", json!("ann")), "It was issued for another user.").await;
}
