//! Where backups are kept: `userfile://…`, `s3://…`, `external://…` and their like.
//!
//! Such a URI may hold keys, so the clear text is a secret and everything that shows or stores one
//! uses its redacted form. Userfile URIs always name their store: the server and the command line
//! fill in different ones when the host is left out and the user's name needs quotes.

use std::fmt;

use crate::error::{Error, ErrorKind, Result};
use crate::secret::Secret;
use crate::statement::MASK;
use crate::userfile::{StoreName, StoredName};

/// What kind of storage a URI names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Two tables of the cluster itself.
    Userfile,
    S3,
    GoogleCloud,
    Azure,
    /// A node's disk; self-hosted clusters only.
    Nodelocal,
    /// A named connection that the cluster keeps.
    External,
}

/// A collection's address. Equal when the redacted forms are.
#[derive(Clone)]
pub struct StorageUri {
    clear: Secret,
    redacted: String,
    scheme: Scheme,
}

impl StorageUri {
    /// Reads a typed URI. `user` owns the store of a `userfile:///path` without a host.
    pub fn parse(text: &str, user: &str) -> Result<Self> {
        let text = text.trim().trim_end_matches('/');
        let invalid = |message: &str| Error::new(ErrorKind::InvalidInput, message);
        if text.chars().any(char::is_control) {
            return Err(invalid(
                "A storage address cannot hold line breaks or control characters.",
            ));
        }
        let Some((scheme_text, rest)) = text.split_once("://") else {
            return Err(invalid(
                "A storage address begins with its kind, such as userfile:// or s3://.",
            ));
        };
        let scheme = match scheme_text {
            "userfile" => Scheme::Userfile,
            "s3" => Scheme::S3,
            "gs" => Scheme::GoogleCloud,
            "azure-blob" | "azure" | "azure-storage" => Scheme::Azure,
            "nodelocal" => Scheme::Nodelocal,
            "external" => Scheme::External,
            "http" | "https" => {
                return Err(
                    invalid("Backups can be read from a web server, not written to one.")
                        .hint("Use a bucket, file storage or an external connection."),
                );
            }
            other => {
                return Err(invalid(&format!(
                    "CockroachDB knows no storage of the kind {other}://."
                )));
            }
        };
        if rest.contains('#') {
            return Err(invalid("A # in a storage address must be written as %23."));
        }
        if scheme == Scheme::Userfile {
            return Self::parse_userfile(rest, user);
        }
        if rest.split(['/', '?']).next().is_none_or(str::is_empty) {
            return Err(invalid(
                "The storage address does not say which bucket, container or connection.",
            ));
        }
        Ok(Self {
            clear: Secret::new(text),
            redacted: redact(text),
            scheme,
        })
    }

    fn parse_userfile(rest: &str, user: &str) -> Result<Self> {
        if rest.contains('?') {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "A userfile address has no parameters.",
            ));
        }
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let store = if host.is_empty() {
            StoreName::default_of(user)
        } else {
            StoreName::parse(&decode(host)?)?
        };
        Self::userfile(&store, &decode(path)?)
    }

    /// A collection in file storage. `path` is as people write it, not encoded.
    pub fn userfile(store: &StoreName, path: &str) -> Result<Self> {
        let text = store.uri(&StoredName::new(path)?);
        Ok(Self {
            clear: Secret::new(text.clone()),
            redacted: text,
            scheme: Scheme::Userfile,
        })
    }

    /// For SQL only.
    pub(crate) fn expose(&self) -> &str {
        self.clear.expose()
    }

    /// Keys replaced; the parameters stay in their order. Names the collection everywhere.
    pub fn redacted(&self) -> &str {
        &self.redacted
    }

    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whether showing it hides anything. Such a URI cannot be brought back from a journal.
    pub fn has_secrets(&self) -> bool {
        self.redacted != self.clear.expose()
    }

    /// Its keys have been replaced: it can be shown and compared, not used.
    pub fn is_redacted(&self) -> bool {
        self.secrets().iter().any(|secret| secret.expose() == MASK)
    }

    /// Every value that redaction hides, as written and as it reads decoded.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        let clear = self.clear.expose();
        let parameters = clear.split_once('?').map_or("", |(_, query)| query).split('&');
        let values = parameters
            .filter_map(|parameter| parameter.split_once('='))
            .filter(|(name, _)| is_secret(name));
        let authority = clear
            .split_once("://")
            .map_or("", |(_, rest)| rest)
            .split(['/', '?'])
            .next()
            .unwrap_or("");
        let password = authority
            .rsplit_once('@')
            .and_then(|(info, _)| info.split_once(':'))
            .map(|(_, text)| text);
        values
            .map(|(_, value)| value)
            .chain(password)
            .flat_map(|value| [Some(value.to_owned()), decode(value).ok()])
            .flatten()
            .map(Secret::new)
            .collect()
    }

    /// The part before the first slash: store, bucket, container, node or connection.
    pub fn host(&self) -> &str {
        self.parts().0
    }

    /// For a userfile URI: the store and the collection's path in it with a leading slash.
    pub fn userfile_place(&self) -> Option<(StoreName, String)> {
        if self.scheme != Scheme::Userfile {
            return None;
        }
        let (host, path) = self.parts();
        Some((StoreName::parse(host).ok()?, format!("/{}", decode(path).ok()?)))
    }

    /// Short, for reading: the path in file storage, else host and path.
    pub fn name(&self) -> String {
        let (host, path) = self.parts();
        let path = decode(path).unwrap_or_else(|_| path.to_owned());
        match (self.scheme, path.is_empty()) {
            (Scheme::Userfile, false) => path,
            // A node's number alone would read as a folder.
            (Scheme::Nodelocal, _) => format!("nodelocal://{host}/{path}"),
            (_, true) => host.to_owned(),
            _ => format!("{host}/{path}"),
        }
    }

    /// Host and encoded path, of the redacted form.
    fn parts(&self) -> (&str, &str) {
        let rest = self.redacted.split_once("://").map_or("", |(_, rest)| rest);
        let rest = rest.split('?').next().unwrap_or(rest);
        let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
        rest.split_once('/').unwrap_or((rest, ""))
    }
}

impl PartialEq for StorageUri {
    fn eq(&self, other: &Self) -> bool {
        self.redacted == other.redacted
    }
}

impl Eq for StorageUri {}

impl fmt::Debug for StorageUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StorageUri({})", self.redacted)
    }
}

impl fmt::Display for StorageUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted)
    }
}

/// Parameters that are no secret although their name looks like one. CockroachDB shows the access
/// key's id as well; it is of no use without its secret.
const OPEN_PARAMETERS: &[&str] = &["AWS_ACCESS_KEY_ID", "AWS_SERVER_KMS_ID"];

/// Replaces every secret value of an address that may come from a server.
pub(crate) fn redact(text: &str) -> String {
    let (base, query) = match text.split_once('?') {
        Some((base, query)) => (base, Some(query)),
        None => (text, None),
    };
    let mut out = redact_user_info(base);
    for (position, parameter) in query.into_iter().flat_map(|query| query.split('&')).enumerate() {
        out.push(if position == 0 { '?' } else { '&' });
        match parameter.split_once('=') {
            Some((name, _)) if is_secret(name) => {
                out.push_str(name);
                out.push('=');
                out.push_str(MASK);
            }
            _ => out.push_str(parameter),
        }
    }
    out
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    !OPEN_PARAMETERS.contains(&name.as_str())
        && ["KEY", "SECRET", "TOKEN", "CREDENTIAL", "PASSW"]
            .iter()
            .any(|word| name.contains(word))
}

fn redact_user_info(base: &str) -> String {
    let Some((scheme, rest)) = base.split_once("://") else {
        return base.to_owned();
    };
    let (host, path) = rest
        .split_once('/')
        .map_or((rest, None), |(host, path)| (host, Some(path)));
    let host = match host.rsplit_once('@') {
        Some((info, host)) => {
            let user = info.split(':').next().unwrap_or(info);
            let mask = if info.contains(':') {
                format!("{user}:{MASK}")
            } else {
                user.to_owned()
            };
            format!("{mask}@{host}")
        }
        None => host.to_owned(),
    };
    match path {
        Some(path) => format!("{scheme}://{host}/{path}"),
        None => format!("{scheme}://{host}"),
    }
}

fn decode(text: &str) -> Result<String> {
    let invalid = || {
        Error::new(
            ErrorKind::InvalidInput,
            "A % in a storage address must be followed by two hexadecimal digits.",
        )
        .hint("Write a percent sign itself as %25.")
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || {
            rest.next()
                .and_then(|byte| char::from(byte).to_digit(16))
                .ok_or_else(invalid)
        };
        let value = digit()? * 16 + digit()?;
        bytes.push(u8::try_from(value).map_err(|_| invalid())?);
    }
    String::from_utf8(bytes).map_err(|_| invalid())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_userfile_uri_always_names_its_store() {
        for (typed, uri) in [
            (
                "userfile:///nightly",
                "userfile://defaultdb.public.userfilesx_6170702d75736572/nightly",
            ),
            (
                "userfile://defaultdb.public.p/a b/",
                "userfile://defaultdb.public.p/a%20b",
            ),
            ("userfile://other.p/x%25", "userfile://other.public.p/x%25"),
        ] {
            assert_eq!(StorageUri::parse(typed, "app-user").unwrap().redacted(), uri);
        }
        let uri = StorageUri::parse("userfile://defaultdb.public.p/a%20b/c", "me").unwrap();
        assert_eq!(uri.name(), "a b/c");
        assert_eq!(uri.userfile_place().unwrap().1, "/a b/c");
    }

    #[test]
    fn keys_are_not_in_any_shown_form() {
        let text = "s3://b/p?AWS_ACCESS_KEY_ID=AKIA&AWS_SECRET_ACCESS_KEY=s%2Fecret&AWS_SESSION_TOKEN=tok3n&AWS_REGION=eu";
        let uri = StorageUri::parse(text, "me").unwrap();
        assert_eq!(
            uri.redacted(),
            "s3://b/p?AWS_ACCESS_KEY_ID=AKIA&AWS_SECRET_ACCESS_KEY=redacted&AWS_SESSION_TOKEN=redacted&AWS_REGION=eu"
        );
        assert!(uri.has_secrets());
        for shown in [format!("{uri}"), format!("{uri:?}"), uri.name()] {
            assert!(!shown.contains("ecret") || shown.contains("SECRET"), "{shown}");
            assert!(!shown.contains("s%2F") && !shown.contains("tok3n"), "{shown}");
        }
        for text in [
            "azure-blob://c/p?AZURE_ACCOUNT_NAME=a&AZURE_CLIENT_SECRET=hush",
            "gs://b/p?AUTH=specified&CREDENTIALS=hush",
            "s3://user:hush@b/p",
        ] {
            assert!(!StorageUri::parse(text, "me").unwrap().redacted().contains("hush"));
        }
    }

    #[test]
    fn addresses_that_cannot_work_are_refused_before_they_are_sent() {
        for bad in [
            "nightly",
            "ftp://x/y",
            "https://x/y",
            "s3://",
            "s3:///path",
            "userfile:///",
            "userfile:///a/../b",
            "userfile:///a%zz",
            "userfile:///a?x=y",
            "s3://b/a#b",
            "s3://b/a\nb",
        ] {
            assert_eq!(
                StorageUri::parse(bad, "me").unwrap_err().kind,
                ErrorKind::InvalidInput,
                "{bad}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_collection_path_survives_the_way_through_its_uri(path in "[^\\x00-\\x1f/][^\\x00-\\x1f/]{0,20}") {
            prop_assume!(path != "." && path != ".." && !path.ends_with(' ') );
            let store = StoreName::default_of("me");
            let uri = StorageUri::userfile(&store, &path).unwrap();
            let again = StorageUri::parse(uri.expose(), "someone else").unwrap();
            prop_assert_eq!(again.userfile_place().unwrap(), (store, format!("/{path}")));
        }

        #[test]
        fn no_secret_parameter_survives_redaction(secret in "[a-zA-Z0-9%+]{8,40}") {
            let text = format!("s3://b/p?AWS_SECRET_ACCESS_KEY={secret}&AWS_ACCESS_KEY_ID=x");
            prop_assume!(!"s3://b/p?AWS_SECRET_ACCESS_KEY=redacted&AWS_ACCESS_KEY_ID=x".contains(&secret));
            prop_assert!(!redact(&text).contains(&secret));
        }
    }
}
