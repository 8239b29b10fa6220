//! A server on this computer that asks for no password and no TLS.

use roachvault_cockroach::{Target, TlsMode};

/// The user's way to `defaultdb` on this port.
pub fn local(user: &str, port: u16) -> Target {
    Target {
        host: "127.0.0.1".into(),
        port,
        user: user.into(),
        database: "defaultdb".into(),
        tls: TlsMode::Disable,
        ca_pem: None,
        client_cert_pem: None,
        client_key_pem: None,
        password: None,
        cluster_option: None,
        jwt: false,
    }
}
