//! TLS as sqlx does it, but with the reasons kept.
//!
//! The driver turns every refused certificate into one sort of I/O error. The doctor makes the same
//! handshake with the same roots and the same rules, and learns which certificate was shown and
//! why it was not accepted.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};

use crate::certificate::Certificate;
use crate::connect::{Target, TlsMode};
use crate::error::{Error, ErrorKind, Result};

/// The certificate the server showed, filled during the handshake.
#[derive(Debug, Clone, Default)]
pub struct Shown(Arc<Mutex<Option<Certificate>>>);

impl Shown {
    pub fn get(&self) -> Option<Certificate> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The client's side of the handshake for `target`. Reads the system's roots, which blocks.
pub fn client_config(target: &Target, shown: Shown) -> Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let refused = |what: &str, detail: String| Error::new(ErrorKind::Tls, what).detail(detail);
    let verifier = match target.tls {
        TlsMode::VerifyFull | TlsMode::VerifyCa => {
            let mut roots = RootCertStore::empty();
            for root in rustls_native_certs::load_native_certs().certs {
                // A root that cannot be read trusts nothing; the others still count.
                let _ = roots.add(root);
            }
            if let Some(pem) = &target.ca_pem {
                for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                    certificate
                        .map_err(|error| error.to_string())
                        .and_then(|certificate| roots.add(certificate).map_err(|error| error.to_string()))
                        .map_err(|detail| {
                            refused("The CA certificate of this connection cannot be read.", detail)
                        })?;
                }
            }
            if roots.is_empty() {
                None
            } else {
                let built =
                    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                        .build();
                Some(built.map_err(|error| {
                    refused("The trusted certificates cannot be used.", error.to_string())
                })?)
            }
        }
        TlsMode::Require | TlsMode::Disable => None,
    };
    let checks = target.tls;
    let verifier = Arc::new(Verifier {
        checks,
        verifier,
        provider: Arc::clone(&provider),
        shown,
    });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| refused("TLS cannot be set up.", error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let Some((cert, key)) = target
        .client_cert_pem
        .as_ref()
        .zip(target.client_key_pem.as_ref())
    else {
        return Ok(config.with_no_client_auth());
    };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(cert.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| refused("The client certificate cannot be read.", error.to_string()))?;
    // The error of the key is left out on purpose: nothing of a key belongs into a text.
    let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes()).map_err(|_| {
        refused(
            "The client key cannot be read.",
            "no unencrypted PEM key found".into(),
        )
    })?;
    config.with_client_auth_cert(chain, key).map_err(|error| {
        refused(
            "The client certificate and its key do not belong together.",
            error.to_string(),
        )
    })
}

/// Checks as much as the mode asks for, and remembers what it saw.
#[derive(Debug)]
struct Verifier {
    checks: TlsMode,
    /// `None` when nothing is trusted or nothing is checked.
    verifier: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    shown: Shown,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.shown.0.lock().unwrap_or_else(PoisonError::into_inner) = Certificate::from_der(end_entity);
        let verifier = match (self.checks, &self.verifier) {
            (TlsMode::Require | TlsMode::Disable, _) => return Ok(ServerCertVerified::assertion()),
            (_, None) => return Err(CertificateError::UnknownIssuer.into()),
            (_, Some(verifier)) => verifier,
        };
        match verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.checks == TlsMode::VerifyCa => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signed,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signed,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
