//! Certificates as a person sees them: whose, from whom, until when.
//!
//! They are kept as PEM text. What is read here is for display and for explaining a refused
//! handshake; trust is decided by the TLS library alone.

use chrono::{DateTime, Utc};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;

/// A file with more than this is a bundle of roots or not a certificate at all.
const LONGEST_BYTES: usize = 1024 * 1024;

/// One certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The common name, or the whole subject when it has none.
    pub subject: String,
    pub issuer: String,
    /// DNS names and addresses that it is valid for.
    pub names: Vec<String>,
    pub not_before: DateTime<Utc>,
    pub not_after: DateTime<Utc>,
    pub is_authority: bool,
}

impl Certificate {
    pub fn has_expired(&self, now: DateTime<Utc>) -> bool {
        self.not_after < now
    }

    pub(crate) fn from_der(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let names = certificate
            .subject_alternative_name()
            .ok()
            .flatten()
            .map(|names| {
                names.value.general_names.iter().filter_map(|name| match name {
                    GeneralName::DNSName(name) => Some((*name).to_owned()),
                    GeneralName::IPAddress(bytes) => address(bytes),
                    _ => None,
                })
            });
        let name = |name: &x509_parser::x509::X509Name<'_>| {
            let common = name.iter_common_name().next().and_then(|name| name.as_str().ok());
            common.map_or_else(|| name.to_string(), str::to_owned)
        };
        Some(Self {
            subject: name(certificate.subject()),
            issuer: name(certificate.issuer()),
            names: names.into_iter().flatten().collect(),
            not_before: DateTime::from_timestamp(certificate.validity().not_before.timestamp(), 0)?,
            not_after: DateTime::from_timestamp(certificate.validity().not_after.timestamp(), 0)?,
            is_authority: certificate.is_ca(),
        })
    }
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::Ipv4Addr::from(v4).to_string());
    }
    <[u8; 16]>::try_from(bytes)
        .ok()
        .map(|v6| std::net::Ipv6Addr::from(v6).to_string())
}

/// The certificates of a PEM text, at least one.
pub fn read(pem: &str) -> Result<Vec<Certificate>> {
    let refuse = |message: &str| Error::new(ErrorKind::InvalidInput, message);
    if pem.len() > LONGEST_BYTES {
        return Err(refuse("This file is too large for a certificate."));
    }
    if pem.contains("PRIVATE KEY-----") {
        return Err(refuse(
            "This file holds a private key where a certificate belongs.",
        ));
    }
    let mut certificates = Vec::new();
    for der in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let der =
            der.map_err(|_| refuse("The certificate file is damaged: its PEM text cannot be decoded."))?;
        certificates
            .push(Certificate::from_der(&der).ok_or_else(|| refuse("The certificate file is damaged."))?);
    }
    if certificates.is_empty() {
        return Err(refuse(
            "This file holds no certificate. A certificate starts with -----BEGIN CERTIFICATE-----.",
        ));
    }
    Ok(certificates)
}

/// Refuses what cannot serve as a client key, without repeating any of it.
pub fn check_private_key(pem: &Secret) -> Result<()> {
    let refuse = |message: &str| Error::new(ErrorKind::InvalidInput, message);
    if pem.expose().contains("ENCRYPTED") {
        return Err(
            refuse("This key is encrypted with a passphrase, which is not supported.").hint(
                "Write an unencrypted copy with openssl pkey; the key is then kept in the system's keyring.",
            ),
        );
    }
    PrivateKeyDer::from_pem_slice(pem.expose().as_bytes())
        .map(drop)
        .map_err(|_| refuse("This file holds no private key in PEM form."))
}
