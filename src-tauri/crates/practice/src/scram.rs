//! Password checking: what the cluster keeps of a password (never the password), and the server half of
//! SCRAM-SHA-256 (RFC 5802, 7677) without channel binding, which CockroachDB does not offer either.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::datum::hex;

const ITERATIONS: u32 = 4096;

/// What proves a password without being it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verifier {
    salt: [u8; 16],
    iterations: u32,
    stored_key: [u8; 32],
    server_key: [u8; 32],
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verifier(…)")
    }
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut block = [0u8; 64];
    if key.len() > 64 {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let mut inner = Sha256::new_with_prefix(block.map(|b| b ^ 0x36));
    for part in parts {
        inner.update(part);
    }
    Sha256::new_with_prefix(block.map(|b| b ^ 0x5c))
        .chain_update(inner.finalize())
        .finalize()
        .into()
}

fn salted_password(password: &[u8], salt: &[u8], iterations: u32) -> [u8; 32] {
    let mut last = hmac(password, &[salt, &1u32.to_be_bytes()]);
    let mut result = last;
    for _ in 1..iterations {
        last = hmac(password, &[&last]);
        for (r, l) in result.iter_mut().zip(last) {
            *r ^= l;
        }
    }
    result
}

impl Verifier {
    /// The verifier of a password, with a fresh salt.
    pub fn new(password: &str) -> Self {
        Self::with_salt(password, *uuid::Uuid::new_v4().as_bytes())
    }

    fn with_salt(password: &str, salt: [u8; 16]) -> Self {
        let salted = salted_password(password.as_bytes(), &salt, ITERATIONS);
        let client_key = hmac(&salted, &[b"Client Key"]);
        Self {
            salt,
            iterations: ITERATIONS,
            stored_key: Sha256::digest(client_key).into(),
            server_key: hmac(&salted, &[b"Server Key"]),
        }
    }

    /// A verifier no password satisfies, so that an unknown user meets the same exchange as a known one.
    pub fn impossible(user: &str) -> Self {
        let mut salt = [0u8; 16];
        salt.copy_from_slice(&Sha256::digest(user)[..16]);
        Self {
            salt,
            iterations: ITERATIONS,
            stored_key: Sha256::digest(uuid::Uuid::new_v4().as_bytes()).into(),
            server_key: [0; 32],
        }
    }

    /// Whether this is the password.
    pub fn accepts(&self, password: &str) -> bool {
        let salted = salted_password(password.as_bytes(), &self.salt, self.iterations);
        let client_key = hmac(&salted, &[b"Client Key"]);
        <[u8; 32]>::from(Sha256::digest(client_key)) == self.stored_key
    }
}

/// One exchange, from the client's first message on.
#[derive(Debug)]
pub struct Exchange {
    verifier: Verifier,
    client_first_bare: String,
    server_first: String,
    nonce: String,
}

impl Exchange {
    /// Reads the client's first message and gives the server's first one. `None` when the message is malformed or
    /// asks for channel binding.
    pub fn start(verifier: Verifier, client_first: &str) -> Option<(Self, String)> {
        let bare = client_first
            .strip_prefix("n,")
            .or_else(|| client_first.strip_prefix("y,"))?
            .split_once(',')?
            .1;
        let client_nonce = bare.split(',').find_map(|part| part.strip_prefix("r="))?;
        let nonce = format!("{client_nonce}{}", hex(uuid::Uuid::new_v4().as_bytes()));
        let server_first = format!("r={nonce},s={},i={}", base64(&verifier.salt), verifier.iterations);
        let exchange = Self {
            verifier,
            client_first_bare: bare.to_owned(),
            server_first: server_first.clone(),
            nonce,
        };
        Some((exchange, server_first))
    }

    /// Checks the client's final message; the server's final message proves that the server knew the password too.
    pub fn finish(self, client_final: &str) -> Option<String> {
        let (without_proof, proof) = client_final.rsplit_once(",p=")?;
        let nonce = without_proof
            .split(',')
            .find_map(|part| part.strip_prefix("r="))?;
        let proof: [u8; 32] = unbase64(proof)?.try_into().ok()?;
        let auth = [
            self.client_first_bare.as_bytes(),
            b",",
            self.server_first.as_bytes(),
            b",",
            without_proof.as_bytes(),
        ];
        let signature = hmac(&self.verifier.stored_key, &auth);
        let client_key: Vec<u8> = proof.iter().zip(signature).map(|(p, s)| p ^ s).collect();
        let known = <[u8; 32]>::from(Sha256::digest(client_key)) == self.verifier.stored_key;
        (known && nonce == self.nonce)
            .then(|| format!("v={}", base64(&hmac(&self.verifier.server_key, &auth))))
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Standard base64 with padding.
pub fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let n = chunk.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            out.push(if i <= chunk.len() {
                char::from(ALPHABET[(n >> (18 - 6 * i) & 63) as usize])
            } else {
                '='
            });
        }
    }
    out
}

/// Reads standard base64.
pub fn unbase64(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for c in text.bytes().filter(|c| *c != b'=') {
        bits = bits << 6 | u32::try_from(ALPHABET.iter().position(|a| *a == c)?).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 255) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_exchange_of_rfc_7677_is_reproduced() {
        let salt: [u8; 16] = unbase64("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap().try_into().unwrap();
        let exchange = Exchange {
            verifier: Verifier::with_salt("pencil", salt),
            client_first_bare: "n=user,r=rOprNGfwEbeRWgbNEkqO".into(),
            server_first:
                "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
                    .into(),
            nonce: "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0".into(),
        };
        let answer = exchange.finish("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        assert_eq!(
            answer.as_deref(),
            Some("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
        );
    }

    #[test]
    fn a_wrong_password_is_not_accepted() {
        let verifier = Verifier::new("right");
        assert!(verifier.accepts("right"));
        assert!(!verifier.accepts("wrong"));
        assert!(!Verifier::impossible("nobody").accepts(""));
    }
}
