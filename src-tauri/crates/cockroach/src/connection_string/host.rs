//! Which hosts can be dialled, and how an address with a port is read.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{Part, Refused};

/// A cluster behind CockroachDB Cloud's own names.
pub fn is_cloud(host: &str) -> bool {
    may_sleep(host) || host.to_ascii_lowercase().ends_with(".crdb.io")
}

/// A cluster that may be scaled to zero while nobody uses it: hosts of this name are of all plans.
pub(crate) fn may_sleep(host: &str) -> bool {
    host.to_ascii_lowercase().ends_with(".cockroachlabs.cloud")
}

/// Accepts DNS names, IPv4 and IPv6 addresses (without brackets), and says why anything else cannot
/// be dialled.
pub fn check_host(host: &str) -> Result<(), Refused> {
    let refuse = |sentence: &str| Err(Refused::new(Part::Host, sentence));
    if host.is_empty() {
        return refuse("The host is empty.");
    }
    if host.starts_with(['/', '\\', '@']) {
        return refuse("Unix sockets are not supported. Enter a host name or an address.");
    }
    if host.parse::<Ipv6Addr>().is_ok() || host.parse::<Ipv4Addr>().is_ok() {
        return Ok(());
    }
    if host.contains(':') {
        return refuse(if host.contains('%') {
            "IPv6 addresses with a zone are not supported."
        } else {
            "The host holds a colon that is neither a port nor an IPv6 address. Write IPv6 as [::1]:26257."
        });
    }
    if let Some(odd) = host.chars().find(|c| !c.is_ascii()) {
        return Err(Refused::new(
            Part::Host,
            format!(
                "The host holds “{}”, which is not ASCII. Use the xn-- form of the name.",
                odd.escape_debug()
            ),
        ));
    }
    if host
        .chars()
        .any(|c| c.is_ascii_whitespace() || c.is_ascii_control())
    {
        return refuse("The host holds a blank.");
    }
    if host.contains(['<', '>', '{', '}', '$']) {
        return refuse("The host is a placeholder. Copy the host from Connect in the Cloud Console.");
    }
    if !host
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
    {
        return refuse("The host holds a character that no host name has.");
    }
    let labels_ok = host
        .strip_suffix('.')
        .unwrap_or(host)
        .split('.')
        .all(|label| (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-'));
    if !labels_ok || host.len() > 253 {
        return refuse("This is not a valid host name.");
    }
    if host.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return refuse("This is not a valid IPv4 address.");
    }
    Ok(())
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`; the first of several when they are listed with commas.
/// The host is in lower case and without the dot at the end, as it stands in certificates.
pub(super) fn split_port(text: &str) -> Result<(String, Option<u16>, bool), Refused> {
    let first = text.split(',').next().unwrap_or_default();
    let several = first.len() < text.len();
    let (host, port) = if let Some(rest) = first.strip_prefix('[') {
        let (address, rest) = rest
            .split_once(']')
            .ok_or_else(|| Refused::new(Part::Host, "A “[” in the host has no “]”."))?;
        if address.contains('%') {
            return Err(Refused::new(
                Part::Host,
                "IPv6 addresses with a zone are not supported.",
            ));
        }
        if address.parse::<Ipv6Addr>().is_err() {
            return Err(Refused::new(
                Part::Host,
                "What is between the brackets is not an IPv6 address.",
            ));
        }
        match rest.strip_prefix(':') {
            Some(port) => (address, Some(port)),
            None if rest.is_empty() => (address, None),
            None => {
                return Err(Refused::new(
                    Part::Port,
                    "After the IPv6 address only a colon and a port may follow.",
                ));
            }
        }
    } else if first.matches(':').count() > 1 {
        return Err(Refused::new(
            Part::Host,
            "Write an IPv6 address in brackets, as in [::1]:26257.",
        ));
    } else {
        match first.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (first, None),
        }
    };
    let port = match port {
        None | Some("") => None,
        Some(port) => Some(parse_port(port)?),
    };
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    Ok((host, port, several))
}

/// The text is not repeated in the refusal: it may be a piece of an unencoded password.
pub(super) fn parse_port(text: &str) -> Result<u16, Refused> {
    let digits = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    text.parse::<u16>()
        .ok()
        .filter(|port| digits && *port > 0)
        .ok_or_else(|| {
            Refused::new(
                Part::Port,
                "The port is not a number from 1 to 65535. CockroachDB's is 26257.",
            )
        })
}
