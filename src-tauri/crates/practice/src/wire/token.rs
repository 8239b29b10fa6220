//! Sign-in tokens: a JSON Web Token in the place of the password.
//!
//! A client asks for it with `--crdb:jwt_auth_enabled=true`. What is accepted stands in the cluster settings
//! `server.jwt_authentication.*`, by CockroachDB's names. Of its signatures this cluster knows ES256, of its claims the
//! issuer, the audience, the end and the subject, which must be the user who signs in.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::Value;

use crate::catalog::Catalog;

/// Why the token does not let this user in, in the words that follow `JWT authentication: `.
pub fn check(token: &str, user: &str, catalog: &Catalog) -> Result<(), &'static str> {
    let setting = |name: &str| {
        catalog
            .setting(&format!("server.jwt_authentication.{name}"))
            .unwrap_or_default()
    };
    if setting("enabled") != "true" {
        return Err("not enabled");
    }
    let claims = read(token, &setting("jwks")).ok_or("invalid token")?;
    let ends_at = claims["exp"].as_f64().ok_or("invalid token")?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    if now.is_ok_and(|now| now.as_secs_f64() >= ends_at) {
        return Err("invalid token");
    }
    if !is_one_of(&claims["iss"], &setting("issuers.configuration")) {
        return Err("invalid issuer");
    }
    let meant_for = match &claims["aud"] {
        Value::Array(several) => several.clone(),
        one => vec![one.clone()],
    };
    let audience = setting("audience");
    if !meant_for.iter().any(|one| is_one_of(one, &audience)) {
        return Err("invalid audience");
    }
    if claims["sub"].as_str().map(str::to_lowercase).as_deref() != Some(user) {
        return Err("invalid principal");
    }
    Ok(())
}

/// The claims of a token that one of the keys has signed.
fn read(token: &str, jwks: &str) -> Option<Value> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let header: Value = serde_json::from_slice(&decoded(header)?).ok()?;
    if header["alg"] != "ES256" {
        return None;
    }
    let signature = decoded(signature)?;
    let keys: Value = serde_json::from_str(jwks).ok()?;
    let is_signed = keys["keys"].as_array()?.iter().any(|key| {
        public_key(key).is_some_and(|point| {
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                .verify(signed.as_bytes(), &signature)
                .is_ok()
        })
    });
    is_signed.then(|| serde_json::from_slice(&decoded(claims)?).ok())?
}

/// The uncompressed point of a key on P-256.
fn public_key(key: &Value) -> Option<Vec<u8>> {
    let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str()?).ok();
    (key["kty"] == "EC" && key["crv"] == "P-256")
        .then(|| Some([vec![4], coordinate("x")?, coordinate("y")?].concat()))?
}

/// A setting holds one text, or several as a JSON array.
fn is_one_of(claim: &Value, setting: &str) -> bool {
    let Some(claim) = claim.as_str() else {
        return false;
    };
    match serde_json::from_str::<Vec<String>>(setting) {
        Ok(several) => several.iter().any(|one| one == claim),
        Err(_) => setting == claim,
    }
}
