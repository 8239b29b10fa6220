//! A target from the connection URL that the practice cluster prints and people paste.

use roachvault_cockroach::{Secret, Target, TlsMode};

/// Understands `postgresql://user:password@host:port/database?sslmode=…&sslrootcert=…`.
pub fn target(url: &str) -> Result<Target, String> {
    let rest = url
        .strip_prefix("postgresql://")
        .or_else(|| url.strip_prefix("postgres://"))
        .ok_or("the URL must begin with postgresql://")?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    let (login, address) = authority.rsplit_once('@').unwrap_or(("root", authority));
    let (user, password) = match login.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (login, None),
    };
    let (host, port) = address.rsplit_once(':').unwrap_or((address, "26257"));
    let mut target = Target {
        host: host.to_owned(),
        port: port.parse().map_err(|_| format!("{port} is not a port"))?,
        user: decoded(user)?,
        database: if database.is_empty() {
            "defaultdb".into()
        } else {
            decoded(database)?
        },
        tls: TlsMode::VerifyFull,
        ca_pem: None,
        client_cert_pem: None,
        client_key_pem: None,
        password: password
            .map(|password| decoded(password).map(Secret::new))
            .transpose()?,
        cluster_option: None,
        jwt: false,
    };
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        match (name, value) {
            ("sslmode", "disable") => target.tls = TlsMode::Disable,
            ("sslmode", "require") => target.tls = TlsMode::Require,
            ("sslmode", "verify-ca") => target.tls = TlsMode::VerifyCa,
            ("sslrootcert", path) => {
                let path = decoded(path)?;
                let pem = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
                target.ca_pem = Some(pem);
            }
            _ => {}
        }
    }
    Ok(target)
}

fn decoded(text: &str) -> Result<String, String> {
    let malformed = || format!("{text} is not percent-encoded text");
    let (mut bytes, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let hex = after.get(..2).ok_or_else(malformed)?;
        bytes.push(u8::from_str_radix(hex, 16).map_err(|_| malformed())?);
        rest = &after[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).map_err(|_| malformed())
}
