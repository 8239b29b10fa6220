//! The cluster's own certificate authority, kept in its folder so that a saved connection goes on trusting it.

use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::error::{SqlError, SqlResult};

/// What a server needs to be trusted.
pub struct Tls {
    /// For clients: the authority that signed this server's certificate.
    pub ca_pem: String,
    pub config: Arc<ServerConfig>,
}

const CA_CERTIFICATE: &str = "ca.crt";
const CA_KEY: &str = "ca.key";

impl Tls {
    /// Takes the authority from the folder, or makes it there. The node's certificate is new each time and names the loopback.
    pub fn open(folder: &Path) -> SqlResult<Self> {
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
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(failed)?;
        Ok(Self {
            ca_pem,
            config: Arc::new(config),
        })
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
