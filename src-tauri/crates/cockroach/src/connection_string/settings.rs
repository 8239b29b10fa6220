//! Names and values, from whatever shape they came.
//!
//! Query parameters of a URL, key=value pairs, flags of a command and `PG*` variables mean the same
//! dozen things under thirty names.

use super::url::take_tls_mode;
use super::{ConnectionString, Note, Part, Refused, host};
use crate::connect::TlsMode;
use crate::secret::Secret;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Setting {
    Host,
    Port,
    User,
    Password,
    Database,
    TlsMode,
    Tls,
    Insecure,
    Ca,
    ClientCert,
    ClientKey,
    CertsDir,
    Options,
    Cluster,
    HostAddress,
    /// Understood, and of no use here.
    Harmless,
}

fn setting(name: &str) -> Option<Setting> {
    Some(match name.to_ascii_lowercase().as_str() {
        "host" | "hostname" | "server" | "pghost" | "db_host" | "database_host" => Setting::Host,
        "port" | "pgport" | "db_port" | "database_port" => Setting::Port,
        "user" | "username" | "user name" | "user id" | "uid" | "pguser" | "db_user" | "database_user" => {
            Setting::User
        }
        "password" | "pwd" | "pgpassword" | "db_password" | "database_password" => Setting::Password,
        "dbname" | "database" | "db" | "pgdatabase" | "db_name" | "database_name" => Setting::Database,
        "sslmode" | "ssl mode" | "pgsslmode" => Setting::TlsMode,
        "ssl" => Setting::Tls,
        "insecure" => Setting::Insecure,
        "sslrootcert" | "root certificate" | "pgsslrootcert" => Setting::Ca,
        "sslcert" | "ssl certificate" | "pgsslcert" => Setting::ClientCert,
        "sslkey" | "ssl key" | "pgsslkey" => Setting::ClientKey,
        "certs-dir" => Setting::CertsDir,
        "options" | "pgoptions" => Setting::Options,
        "cluster" => Setting::Cluster,
        "hostaddr" | "pghostaddr" => Setting::HostAddress,
        "application_name"
        | "applicationname"
        | "connect_timeout"
        | "pgappname"
        | "pgconnect_timeout"
        | "target_session_attrs"
        | "fallback_application_name"
        | "sslnegotiation"
        | "trust server certificate"
        | "pooling" => Setting::Harmless,
        _ => return None,
    })
}

pub(super) fn is_known(name: &str) -> bool {
    setting(name).is_some_and(|setting| setting != Setting::Harmless)
}

/// Whether a query parameter may be called so, whatever it is good for here.
pub(super) fn is_parameter(name: &str) -> bool {
    setting(name).is_some() || NAMED_WHEN_LEFT_OUT.contains(&name.to_ascii_lowercase().as_str())
}

pub(super) fn read(settings: Vec<(String, String)>) -> Result<ConnectionString, Refused> {
    let mut parsed = ConnectionString::default();
    for (name, value) in settings {
        apply(&mut parsed, &name, value)?;
    }
    Ok(parsed)
}

/// Takes user and password from the lines around a URL that has none, as configuration files keep them.
pub(super) fn complete(parsed: &mut ConnectionString, beside: Vec<(String, String)>) -> Result<(), Refused> {
    for (name, value) in beside {
        let (part, what) = match setting(&name) {
            Some(Setting::User) if parsed.user.is_none() => (Part::User, "user"),
            Some(Setting::Password) if parsed.password.is_none() => (Part::Password, "password"),
            _ => continue,
        };
        apply(parsed, &name, value)?;
        parsed.note(
            part,
            format!("The {what} was taken from the line beside the URL."),
        );
    }
    Ok(())
}

/// Named when they are left out. Of other unknown names nothing is repeated: in a mangled URL a piece
/// of the password may stand where a name belongs.
const NAMED_WHEN_LEFT_OUT: [&str; 17] = [
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "idle_in_session_timeout",
    "transaction_timeout",
    "search_path",
    "timezone",
    "client_encoding",
    "keepalives",
    "channel_binding",
    "gssencmode",
    "passfile",
    "service",
    "sslcrl",
    "sslpassword",
    "sslsni",
    "load_balance_hosts",
];

fn left_out(parsed: &mut ConnectionString, name: &str) {
    let lower = name.to_ascii_lowercase();
    match NAMED_WHEN_LEFT_OUT.iter().find(|known| **known == lower) {
        Some(known) => parsed.note(
            Part::Whole,
            format!("{known} was left out: it is of no use here."),
        ),
        None => parsed.note(Part::Whole, "A parameter that is not known here was left out."),
    }
}

/// Takes one setting.
pub(super) fn apply(parsed: &mut ConnectionString, name: &str, value: String) -> Result<(), Refused> {
    let value = value.trim();
    let Some(setting) = setting(name) else {
        left_out(parsed, name);
        return Ok(());
    };
    if value.is_empty() && setting != Setting::Insecure {
        return Ok(());
    }
    let text = || Some(value.to_owned());
    match setting {
        Setting::Host => take_host(parsed, value)?,
        Setting::Port => {
            let first = value.split(',').next().unwrap_or_default();
            parsed.port = Some(host::parse_port(first)?);
        }
        Setting::User => parsed.user = text(),
        Setting::Password => parsed.password = Some(Secret::new(value)),
        Setting::Database => parsed.database = text(),
        Setting::TlsMode => take_tls_mode(parsed, value)?,
        Setting::Tls if matches!(value, "true" | "1" | "on") => {
            parsed.tls.get_or_insert(TlsMode::VerifyFull);
        }
        Setting::Tls => parsed.tls = Some(TlsMode::Disable),
        Setting::Insecure if value != "false" => parsed.tls = Some(TlsMode::Disable),
        Setting::Insecure => {}
        Setting::Ca => parsed.ca_file = text(),
        Setting::ClientCert => parsed.client_cert_file = text(),
        Setting::ClientKey => parsed.client_key_file = text(),
        Setting::CertsDir => {
            let folder = value.trim_end_matches(['/', '\\']);
            parsed.ca_file = Some(format!("{folder}/ca.crt"));
            parsed.certs_dir = Some(folder.to_owned());
        }
        Setting::Options => take_options(parsed, value),
        Setting::Cluster => parsed.cluster_option = text(),
        Setting::HostAddress => parsed.note(
            Part::Host,
            "hostaddr was left out: by a bare address neither routing nor the certificate check works.",
        ),
        Setting::Harmless => {}
    }
    Ok(())
}

fn take_host(parsed: &mut ConnectionString, value: &str) -> Result<(), Refused> {
    let bare_v6 = value.parse::<std::net::Ipv6Addr>().is_ok();
    let (host, port, several) = if bare_v6 {
        (value.to_owned(), None, false)
    } else {
        host::split_port(value)?
    };
    parsed.host = Some(host);
    parsed.port = port.or(parsed.port);
    if several {
        parsed.notes.push(Note {
            part: Part::Host,
            sentence: "The text lists several hosts. The first one was taken.".into(),
        });
    }
    Ok(())
}

/// `--cluster=x`, `-c cluster=x`, `-c crdb:jwt_auth_enabled=true`; anything else only by its name.
fn take_options(parsed: &mut ConnectionString, value: &str) {
    let mut words = value.split_whitespace();
    while let Some(word) = words.next() {
        let pair = match word.strip_prefix("--") {
            Some(pair) => pair,
            None => match word.strip_prefix("-c") {
                Some("") => words.next().unwrap_or_default(),
                Some(pair) => pair,
                None => word,
            },
        };
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match name {
            "cluster" if !value.is_empty() => parsed.cluster_option = Some(value.to_owned()),
            "crdb:jwt_auth_enabled" => parsed.jwt = value == "true",
            _ => left_out(parsed, name),
        }
    }
}
