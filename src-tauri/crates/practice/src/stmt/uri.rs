//! Storage URIs as text: cut into parts, and shown without their secrets.
//!
//! Redaction is a matter of syntax here, because the same URI appears in job descriptions, schedules,
//! listings of external connections and errors, and must be masked alike in all of them.

/// Parameters whose values no listing shows. The access key's id is not among them.
const SECRET_PARAMETERS: &[&str] = &[
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_ACCOUNT_KEY",
    "AZURE_CLIENT_SECRET",
    "BEARER_TOKEN",
    "CREDENTIALS",
    "password",
    "sasl_password",
    "client_key",
];

/// Schemes of key services, whose paths name keys and are masked too.
const KEY_SERVICES: &[&str] = &["aws", "aws-kms", "gs-kms", "gcp-kms", "azure-kms", "testkms"];

/// The parts of a storage URI, percent-decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageUri {
    /// Before `://`, lower case.
    pub scheme: String,
    /// The password of `user:password@`, which must not be shown, is kept with the user.
    pub user_info: Option<String>,
    /// Between `//` and the next slash.
    pub host: String,
    /// From the slash on; may be empty.
    pub path: String,
    /// In the order written.
    pub parameters: Vec<(String, String)>,
}

/// `%41` to `A`; `None` when an escape is broken.
fn decode(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            let digits = text.get(at + 1..at + 3)?;
            decoded.push(u8::from_str_radix(digits, 16).ok()?);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(decoded).ok()
}

/// The way Go writes a query's values, which is what the server prints.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(byte as char),
            b' ' => encoded.push('+'),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

impl StorageUri {
    /// Cuts `uri`. `None` when it has no scheme or a broken escape.
    pub fn parse(uri: &str) -> Option<StorageUri> {
        let (scheme, rest) = uri.split_once("://")?;
        let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        if scheme.is_empty() || !scheme.chars().all(valid) {
            return None;
        }
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let (location, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = match location.find('/') {
            Some(slash) => location.split_at(slash),
            None => (location, ""),
        };
        let (user_info, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user.to_owned()), host),
            None => (None, authority),
        };
        let mut parameters = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            parameters.push((
                decode(&name.replace('+', " "))?,
                decode(&value.replace('+', " "))?,
            ));
        }
        Some(StorageUri {
            scheme: scheme.to_ascii_lowercase(),
            user_info,
            host: decode(host)?,
            path: decode(path)?,
            parameters,
        })
    }

    /// The first value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }
}

/// `uri` with every secret replaced by `redacted` and its parameters in alphabetical order.
///
/// What is not a URI is returned as it is: it then names nothing that could be secret.
pub fn redacted(uri: &str) -> String {
    let Some(parsed) = StorageUri::parse(uri) else {
        return uri.to_owned();
    };
    let without_fragment = uri.split_once('#').map_or(uri, |(before, _)| before);
    let location = without_fragment
        .split_once('?')
        .map_or(without_fragment, |(before, _)| before);
    let mut shown = if KEY_SERVICES.contains(&parsed.scheme.as_str()) {
        format!("{}:///redacted", parsed.scheme)
    } else {
        hide_password(location)
    };
    let mut parameters = parsed.parameters;
    parameters.sort();
    let query: Vec<String> = parameters
        .iter()
        .map(|(name, value)| {
            let secret = SECRET_PARAMETERS.contains(&name.as_str());
            format!(
                "{}={}",
                encode(name),
                if secret {
                    "redacted".to_owned()
                } else {
                    encode(value)
                }
            )
        })
        .collect();
    if !query.is_empty() {
        shown.push('?');
        shown.push_str(&query.join("&"));
    }
    shown
}

fn hide_password(location: &str) -> String {
    let Some((scheme, rest)) = location.split_once("://") else {
        return location.to_owned();
    };
    let (authority, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, ""),
    };
    match authority
        .rsplit_once('@')
        .and_then(|(user, host)| Some((user.split_once(':')?.0, host)))
    {
        Some((user, host)) => format!("{scheme}://{user}:redacted@{host}{path}"),
        None => location.to_owned(),
    }
}

/// `uri` with `path` put behind its own path, before its parameters.
pub fn joined(uri: &str, path: &str) -> String {
    let (location, query) = uri
        .split_once('?')
        .map_or((uri, None), |(location, query)| (location, Some(query)));
    let path = path.trim_start_matches('/');
    let mut whole = location.to_owned();
    if !path.is_empty() {
        let has_path = location
            .split_once("://")
            .is_some_and(|(_, rest)| rest.contains('/'));
        if !has_path || !location.ends_with('/') {
            whole.push('/');
        }
        whole.push_str(path);
    }
    if let Some(query) = query {
        whole.push('?');
        whole.push_str(query);
    }
    whole
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn secrets_are_replaced_and_parameters_sorted() {
        assert_eq!(
            redacted("s3://bucket?AUTH=specified&AWS_SECRET_ACCESS_KEY=s&AWS_ACCESS_KEY_ID=key"),
            "s3://bucket?AUTH=specified&AWS_ACCESS_KEY_ID=key&AWS_SECRET_ACCESS_KEY=redacted"
        );
        assert_eq!(redacted("nodelocal://1/foo"), "nodelocal://1/foo");
        assert_eq!(redacted("https://me:pw@host/x"), "https://me:redacted@host/x");
    }

    #[test]
    fn a_key_services_path_is_masked() {
        assert_eq!(redacted("aws:///key1?region=r1"), "aws:///redacted?region=r1");
    }

    #[test]
    fn parts_are_decoded() {
        let uri =
            StorageUri::parse("userfile://defaultdb.public.foo/a%20b?COCKROACH_LOCALITY=region%3Dx").unwrap();
        assert_eq!(uri.host, "defaultdb.public.foo");
        assert_eq!(uri.path, "/a b");
        assert_eq!(uri.parameter("COCKROACH_LOCALITY"), Some("region=x"));
        assert_eq!(StorageUri::parse("bar"), None);
        assert_eq!(StorageUri::parse("s3://b/%zz"), None);
    }
}
