//! The cluster's own certificate authority, kept in its folder so that a saved connection goes on trusting it.

use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use crate::error::{SqlError, SqlResult};

/// What a server needs to be trusted, and to trust clients.
pub struct Tls {
    /// For clients: the authority that signed this server's certificate.
    pub ca_pem: String,
    pub config: Arc<ServerConfig>,
    issuer: Issuer<'static, KeyPair>,
}

/// What a client shows instead of a password: its certificate and the key to it, as PEM.
#[derive(Clone)]
pub struct ClientCertificate {
    pub certificate_pem: String,
    pub key_pem: String,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

const CA_CERTIFICATE: &str = "ca.crt";
const CA_KEY: &str = "ca.key";

impl Tls {
    /// Takes the authority from the folder, or makes it there. The node's certificate is new each time and names the loopback.
    /// Clients may show a certificate signed by this authority, or by those in the PEM text `client_ca`.
    pub fn open(folder: &Path, client_ca: Option<&str>) -> SqlResult<Self> {
        let (ca_pem, ca_key) = authority(folder)?;
        let issuer = Issuer::new(authority_parameters(), ca_key);
        let key = KeyPair::generate().map_err(failed)?;
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let mut parameters = CertificateParams::new(names).map_err(failed)?;
        parameters.distinguished_name.push(DnType::CommonName, "node");
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = parameters.signed_by(&key, &issuer).map_err(failed)?;
        let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut trusted = RootCertStore::empty();
        for pem in [Some(ca_pem.as_str()), client_ca].into_iter().flatten() {
            for authority in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                trusted.add(authority.map_err(failed)?).map_err(failed)?;
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(trusted), Arc::clone(&provider))
            .allow_unauthenticated()
            .build()
            .map_err(failed)?;
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .map_err(failed)?;
        Ok(Self {
            ca_pem,
            config: Arc::new(config),
            issuer,
        })
    }

    /// A certificate that lets this user in.
    pub fn client_certificate(&self, user: &str) -> SqlResult<ClientCertificate> {
        let key = KeyPair::generate().map_err(failed)?;
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = DistinguishedName::new();
        parameters.distinguished_name.push(DnType::CommonName, user);
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = parameters.signed_by(&key, &self.issuer).map_err(failed)?;
        Ok(ClientCertificate {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
        })
    }

    /// Puts such a certificate into the folder as `client.<user>.crt` and `client.<user>.key`, unless it is there.
    pub fn keep_client_certificate(&self, folder: &Path, user: &str) -> SqlResult<()> {
        let (certificate, key) = (
            folder.join(format!("client.{user}.crt")),
            folder.join(format!("client.{user}.key")),
        );
        if certificate.exists() && key.exists() {
            return Ok(());
        }
        let made = self.client_certificate(user)?;
        write_private(&key, &made.key_pem)?;
        std::fs::write(&certificate, made.certificate_pem).map_err(failed)
    }
}

fn authority(folder: &Path) -> SqlResult<(String, KeyPair)> {
    let (certificate, key) = (folder.join(CA_CERTIFICATE), folder.join(CA_KEY));
    if let (Ok(pem), Ok(key)) = (
        std::fs::read_to_string(&certificate),
        std::fs::read_to_string(&key),
    ) {
        return Ok((pem, KeyPair::from_pem(&key).map_err(failed)?));
    }
    let pair = KeyPair::generate().map_err(failed)?;
    let pem = authority_parameters().self_signed(&pair).map_err(failed)?.pem();
    write_private(&key, &pair.serialize_pem())?;
    std::fs::write(&certificate, &pem).map_err(failed)?;
    Ok((pem, pair))
}

/// The same for every cluster but for the key, so that a kept key is enough to sign again.
fn authority_parameters() -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters
        .distinguished_name
        .push(DnType::CommonName, "Roachvault practice cluster CA");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters
}

fn write_private(path: &Path, text: &str) -> SqlResult<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> SqlError {
    SqlError::plain(format!(
        "the certificates of the practice cluster cannot be made: {error}"
    ))
}
