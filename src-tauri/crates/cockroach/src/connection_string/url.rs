//! URLs, as the standard says and as people write them.

use super::settings;
use super::{ConnectionString, DEFAULT_PORT, Part, Refused, host};
use crate::connect::TlsMode;
use crate::secret::Secret;

/// A URL cut at its delimiters, nothing decoded.
struct Pieces<'a> {
    user_info: Option<&'a str>,
    address: &'a str,
    database: &'a str,
    query: &'a str,
    /// Means nothing here; one that is there is more likely a piece of the password.
    fragment: &'a str,
    /// The password holds delimiters that should have been encoded.
    unencoded: bool,
}

pub(super) fn parse(url: &str) -> Result<ConnectionString, Refused> {
    let (_, rest) = url
        .split_once("://")
        .ok_or_else(|| Refused::new(Part::Whole, "A connection string starts with postgresql://."))?;
    read(rest)
}

/// `user@host:port/database` without a scheme.
pub(super) fn parse_address(address: &str) -> Result<ConnectionString, Refused> {
    if address.parse::<std::net::Ipv6Addr>().is_ok() {
        return Ok(ConnectionString {
            host: Some(address.to_owned()),
            ..Default::default()
        });
    }
    read(address)
}

/// Whether a URL without a user part stands by itself.
pub(super) fn is_complete(url: &str) -> bool {
    url.split_once("://")
        .is_some_and(|(_, rest)| in_order(&cut_strictly(rest, None)))
}

fn read(rest: &str) -> Result<ConnectionString, Refused> {
    let pieces = cut(rest)?;
    let mut parsed = ConnectionString::default();
    if let Some(user_info) = pieces.user_info {
        let (user, password) = match user_info.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (user_info, None),
        };
        parsed.user = Some(decode(user, Part::User)?).filter(|user| !user.is_empty());
        if let Some(password) = password.filter(|password| !password.is_empty()) {
            take_password(&mut parsed, password)?;
        }
    }
    if pieces.unencoded {
        parsed.note(
            Part::Password,
            "The password holds characters that belong percent-encoded in a URL. It was taken as it is written.",
        );
    }
    if !pieces.address.is_empty() {
        let address = decode(pieces.address, Part::Host)?;
        let (host, port, several) = host::split_port(&address)?;
        parsed.host = Some(host).filter(|host| !host.is_empty());
        parsed.port = port;
        if several {
            parsed.note(
                Part::Host,
                "The text lists several hosts. The first one was taken.",
            );
        }
    }
    parsed.database = Some(decode(pieces.database, Part::Database)?).filter(|name| !name.is_empty());
    for pair in pieces.query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decode(name, Part::Whole)?;
        let value = value.trim_matches(['"', '\'']);
        let options = name.eq_ignore_ascii_case("options");
        let value = if options {
            value.replace('+', " ")
        } else {
            value.to_owned()
        };
        settings::apply(&mut parsed, &name, decode(&value, Part::Whole)?)?;
    }
    Ok(parsed)
}

/// Cuts a URL after its scheme. A password with raw `/`, `?`, `#` or `@` is found by looking for the
/// first `@` after which everything is in order.
fn cut(rest: &str) -> Result<Pieces<'_>, Refused> {
    let strict = cut_strictly(rest, None);
    if in_order(&strict) || !rest.contains('@') {
        return Ok(strict);
    }
    let plain_user_part = strict.user_info.is_some();
    rest.match_indices('@')
        .map(|(at, _)| Pieces { unencoded: true, ..cut_strictly(&rest[at + 1..], Some(&rest[..at])) })
        .find(in_order)
        // With a user part in its place something else is wrong, which reading on will name.
        .or(plain_user_part.then_some(strict))
        .ok_or_else(|| {
            Refused::new(
                Part::Password,
                "The password seems to hold characters that a URL reserves. Percent-encode them (@ as %40, / as %2F, # as %23), or type the password into its field.",
            )
        })
}

fn cut_strictly<'a>(rest: &'a str, user_info: Option<&'a str>) -> Pieces<'a> {
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (before_query, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = before_query.split_once('/').unwrap_or((before_query, ""));
    let (own, address) = match authority.rsplit_once('@') {
        Some((own, address)) if user_info.is_none() => (Some(own), address),
        _ => (None, authority),
    };
    let unencoded = own.is_some_and(|own| own.contains('@'));
    Pieces {
        user_info: user_info.or(own),
        address,
        database,
        query,
        fragment,
        unencoded,
    }
}

/// Whether host and port can stand, and the query is made of pairs.
fn in_order(pieces: &Pieces<'_>) -> bool {
    let host_ok = decode(pieces.address, Part::Host)
        .and_then(|address| host::split_port(&address))
        .is_ok_and(|(host, ..)| host::check_host(&host).is_ok());
    host_ok
        && pieces.fragment.is_empty()
        && !pieces.database.contains('@')
        && pieces
            .query
            .split('&')
            .all(|pair| pair.is_empty() || pair.contains('='))
}

fn take_password(parsed: &mut ConnectionString, raw: &str) -> Result<(), Refused> {
    match percent_decode(raw) {
        Some(bytes) => {
            let password = String::from_utf8(bytes).map_err(|_| {
                Refused::new(
                    Part::Password,
                    "The password's percent-encoding is not UTF-8. Type the password into its field.",
                )
            })?;
            if password.contains('\0') {
                return Err(Refused::new(
                    Part::Password,
                    "A NUL character cannot be part of a password.",
                ));
            }
            parsed.password = Some(Secret::new(password));
        }
        None => {
            parsed.password = Some(Secret::new(raw));
            parsed.note(
                Part::Password,
                "The password holds a % that is no percent-encoding. It was taken as it is written.",
            );
        }
    }
    Ok(())
}

pub(super) fn take_tls_mode(parsed: &mut ConnectionString, value: &str) -> Result<(), Refused> {
    let mode = match value.to_ascii_lowercase().replace('_', "-").as_str() {
        "verify-full" | "verifyfull" => TlsMode::VerifyFull,
        "verify-ca" | "verifyca" => TlsMode::VerifyCa,
        "require" => TlsMode::Require,
        "disable" => TlsMode::Disable,
        "prefer" | "allow" => {
            parsed.note(
                Part::Tls,
                "sslmode=prefer and allow may silently go without encryption, so verify-full was chosen.",
            );
            TlsMode::VerifyFull
        }
        _ => {
            return Err(Refused::new(
                Part::Tls,
                "This sslmode is not known. Use verify-full, or disable for an insecure cluster.",
            ));
        }
    };
    parsed.tls = Some(mode);
    Ok(())
}

/// As it is written where a `%` encodes nothing: `%APPDATA%` stands in pasted paths.
fn decode(text: &str, part: Part) -> Result<String, Refused> {
    let decoded = match percent_decode(text) {
        Some(bytes) => String::from_utf8(bytes)
            .map_err(|_| Refused::new(part, "A percent-encoding in this text is not UTF-8."))?,
        None => text.to_owned(),
    };
    if decoded.contains('\0') {
        return Err(Refused::new(
            part,
            "A NUL character cannot be part of a connection string.",
        ));
    }
    Ok(decoded)
}

/// `None` when a `%` is not followed by two hexadecimal digits.
fn percent_decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            out.push((high * 16 + low) as u8);
        } else {
            out.push(byte);
        }
    }
    Some(out)
}

pub(super) fn percent_encode(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes()
        .fold(String::with_capacity(text.len()), |mut out, byte| {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                out.push(char::from(byte));
            } else {
                let _ = write!(out, "%{byte:02X}");
            }
            out
        })
}

pub(super) fn build(parsed: &ConnectionString) -> String {
    let host = parsed.host.as_deref().unwrap_or_default();
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let user = parsed
        .user
        .as_deref()
        .map(|user| format!("{}@", percent_encode(user)))
        .unwrap_or_default();
    let port = parsed.port.unwrap_or(DEFAULT_PORT);
    let database = percent_encode(parsed.database.as_deref().unwrap_or("defaultdb"));
    let mut options = Vec::new();
    if let Some(cluster) = &parsed.cluster_option {
        options.push(format!("--cluster={cluster}"));
    }
    if parsed.jwt {
        options.push("--crdb:jwt_auth_enabled=true".to_owned());
    }
    let parameters = [
        (
            "sslmode",
            Some(parsed.tls.unwrap_or_default().as_str().to_owned()),
        ),
        ("sslrootcert", parsed.ca_file.clone()),
        ("sslcert", parsed.client_cert_file.clone()),
        ("sslkey", parsed.client_key_file.clone()),
        (
            "options",
            Some(options.join(" ")).filter(|options| !options.is_empty()),
        ),
    ];
    let query: Vec<String> = parameters
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| format!("{name}={}", percent_encode(&value))))
        .collect();
    format!("postgresql://{user}{host}:{port}/{database}?{}", query.join("&"))
}
