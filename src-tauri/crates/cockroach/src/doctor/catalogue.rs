//! Every way a connection fails, in plain words: what happened, why, what to do next.
//!
//! The texts and codes matched here come from CockroachDB's server, its Cloud proxy (which sends
//! nearly everything as 08004 with a `code…:` prefix), rustls and the operating system. SQLSTATEs
//! are looked at first, then the proxy's prefix, then the TLS library's reason.

use rustls::{AlertDescription, CertificateError};

use crate::certificate::{self, Certificate};
use crate::connect::Target;
use crate::connection_string::{Part, is_cloud};
use crate::error::{Error, ErrorKind};
use crate::version::Product;

/// One row of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    HostNotFound {
        cloud: bool,
    },
    NotListening {
        address: String,
    },
    NoAnswer {
        cloud: bool,
    },
    Unreachable,
    RefusedByAllowlist,
    LoginsThrottled,
    WrongPassword,
    PasswordExpired,
    NoLoginPrivilege,
    NoAccessRule,
    MethodNeedsOtherTransport,
    TokenRefused {
        reason: String,
    },
    ClusterNotFound,
    ClusterNameMissing,
    ClusterNamesDisagree,
    EncryptionDemanded,
    EncryptionNotOffered,
    /// `chosen` is the name of the CA certificate that the person chose.
    UnknownAuthority {
        cloud: bool,
        chosen: Option<String>,
    },
    WrongHost {
        names: Vec<String>,
    },
    CertificateExpired {
        until: Option<String>,
    },
    CertificateNotYetValid,
    CertificateUnusable,
    ClientCertificateDemanded,
    ClientCertificateRefused,
    ClientCertificateIncomplete,
    CertificateUnreadable {
        sentence: String,
    },
    HungUp,
    NotThisProtocol,
    BackendDown,
    ClusterUnavailable,
    NodeDraining,
    TooManyConnections,
    DatabaseMissing {
        name: String,
    },
    StillWaking,
    Unanswered,
    NotCockroach {
        product: Product,
    },
    MethodUnknown,
    Other {
        message: String,
    },
}

/// What, why and what next. Together at most 40 words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    pub what: String,
    pub why: String,
    pub next: String,
    /// A page that helps, on CockroachDB's own sites.
    pub link: Option<&'static str>,
}

const ALLOWLIST: &str = "https://www.cockroachlabs.com/docs/cockroachcloud/network-authorization";
const CA: &str = "https://www.cockroachlabs.com/docs/cockroachcloud/connect-to-an-advanced-cluster";
const CONNECT: &str = "https://www.cockroachlabs.com/docs/cockroachcloud/connect-to-your-cluster";
const CERTS: &str = "https://www.cockroachlabs.com/docs/stable/cockroach-cert";

impl Cause {
    /// What a server or proxy said with an ErrorResponse.
    pub fn from_server(code: &str, message: &str, database: &str) -> Self {
        let lower = message.to_ascii_lowercase();
        let has = |piece: &str| lower.contains(piece);
        if has("codeparamsroutingfailed") {
            return if has("missing cluster") {
                Self::ClusterNameMissing
            } else if has("multiple") {
                Self::ClusterNamesDisagree
            } else {
                Self::ClusterNotFound
            };
        }
        if has("connection attempt throttled") {
            return Self::LoginsThrottled;
        }
        if has("codeproxyrefusedconnection") || has("codeexpiredclientconnection") {
            return Self::RefusedByAllowlist;
        }
        if has("ssl connection required") || has("server requires encryption") {
            return Self::EncryptionDemanded;
        }
        if has("codebackenddown") || has("codebackendrefusedtls") || has("codebackenddisconnected") {
            return Self::BackendDown;
        }
        if has("codeunavailable") {
            return Self::ClusterUnavailable;
        }
        match code {
            "28P01" => Self::WrongPassword,
            "28000" if has("jwt authentication") => Self::TokenRefused {
                reason: token_reason(&lower).to_owned(),
            },
            "28000" if has("password is expired") => Self::PasswordExpired,
            "28000" if has("login privilege") => Self::NoLoginPrivilege,
            "28000" if has("host_based_authentication") || has("pg_hba.conf") => Self::NoAccessRule,
            "28000" if has("unusable over this connection type") => Self::MethodNeedsOtherTransport,
            "28000" if has("certificate") => Self::ClientCertificateRefused,
            "28000" => Self::WrongPassword,
            "3D000" => Self::DatabaseMissing {
                name: database.to_owned(),
            },
            "57P01" | "57P02" | "57P03" => Self::NodeDraining,
            "53300" => Self::TooManyConnections,
            "08004" if has("internal server error") => Self::BackendDown,
            _ if has("password authentication failed") => Self::WrongPassword,
            _ => Self::Other {
                message: message.to_owned(),
            },
        }
    }

    /// What the TLS library refused, and the certificate it had before it.
    pub fn from_tls(error: &rustls::Error, shown: Option<&Certificate>, target: &Target) -> Self {
        let unknown_authority = || Self::UnknownAuthority {
            cloud: is_cloud(&target.host),
            chosen: chosen_authority(target),
        };
        match error {
            rustls::Error::InvalidCertificate(reason) => match reason {
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    Self::CertificateExpired {
                        until: shown.map(|certificate| certificate.not_after.format("%-d %B %Y").to_string()),
                    }
                }
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    Self::CertificateNotYetValid
                }
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                    Self::WrongHost {
                        names: shown
                            .map(|certificate| certificate.names.clone())
                            .unwrap_or_default(),
                    }
                }
                CertificateError::UnknownIssuer | CertificateError::BadSignature => unknown_authority(),
                // A certificate that is its own authority arrives as one that may not serve.
                CertificateError::Other(_) if shown.is_some_and(|shown| shown.subject == shown.issuer) => {
                    unknown_authority()
                }
                _ => Self::CertificateUnusable,
            },
            rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
                Self::ClientCertificateDemanded
            }
            rustls::Error::AlertReceived(
                AlertDescription::BadCertificate
                | AlertDescription::UnknownCA
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateUnknown
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::AccessDenied
                | AlertDescription::DecryptError,
            ) => Self::ClientCertificateRefused,
            rustls::Error::InvalidMessage(_) => Self::NotThisProtocol,
            other => Self::Other {
                message: other.to_string(),
            },
        }
    }

    /// What reading, writing or dialling failed with.
    pub fn from_io(error: &std::io::Error, shown: Option<&Certificate>, target: &Target) -> Self {
        use std::io::ErrorKind as Io;
        if let Some(tls) = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>())
        {
            return Self::from_tls(tls, shown, target);
        }
        match error.kind() {
            Io::ConnectionRefused => Self::not_listening(target),
            Io::TimedOut => Self::NoAnswer {
                cloud: is_cloud(&target.host),
            },
            Io::HostUnreachable | Io::NetworkUnreachable | Io::NetworkDown | Io::AddrNotAvailable => {
                Self::Unreachable
            }
            Io::UnexpectedEof | Io::ConnectionReset | Io::ConnectionAborted | Io::BrokenPipe => Self::HungUp,
            _ => Self::Other {
                message: error.to_string(),
            },
        }
    }

    /// What the driver's one connect failed with.
    pub fn from_driver(error: &sqlx::Error, target: &Target) -> Self {
        match error {
            sqlx::Error::Database(db) => Self::from_server(
                db.code().as_deref().unwrap_or_default(),
                db.message(),
                &target.database,
            ),
            sqlx::Error::Io(io) => match Self::from_io(io, None, target) {
                // Name lookup fails with a text of the operating system and no kind of its own.
                Self::Other { message } if message.contains("lookup") || message.contains("resolve") => {
                    Self::HostNotFound {
                        cloud: is_cloud(&target.host),
                    }
                }
                cause => cause,
            },
            sqlx::Error::Tls(tls) if tls.to_string().contains("does not support TLS") => {
                Self::EncryptionNotOffered
            }
            sqlx::Error::Configuration(text) if text.to_string().contains("together") => {
                Self::ClientCertificateIncomplete
            }
            sqlx::Error::Protocol(text) if text.contains("authentication") => Self::MethodUnknown,
            sqlx::Error::Protocol(_) => Self::NotThisProtocol,
            other => Self::Other {
                message: other.to_string(),
            },
        }
    }

    pub fn not_listening(target: &Target) -> Self {
        Self::NotListening {
            address: target.address(),
        }
    }

    pub fn explain(&self) -> Explanation {
        let row = |what: &str, why: &str, next: &str| Explanation {
            what: what.to_owned(),
            why: why.to_owned(),
            next: next.to_owned(),
            link: self.link(),
        };
        match self {
            Self::HostNotFound { cloud: true } => row(
                "There is no server with that name.",
                "The host is misspelt, or this network cannot look it up.",
                "Copy the host again from Connect in the Cloud Console.",
            ),
            Self::HostNotFound { cloud: false } => row(
                "There is no server with that name.",
                "The host is misspelt, or only known inside another network.",
                "Check its spelling, and the VPN if the name is private.",
            ),
            Self::NotListening { address } => row(
                &format!("Nothing listens on {address}."),
                "That computer refused: CockroachDB is not running there, or the port is wrong.",
                "Start it, or check the port; CockroachDB's is 26257.",
            ),
            Self::NoAnswer { cloud: true } => row(
                "The cluster did not answer.",
                "Most often this network is not on the cluster's IP allowlist.",
                "Add your address under Networking, IP Allowlist, or try without VPN.",
            ),
            Self::NoAnswer { cloud: false } => row(
                "The server did not answer.",
                "A firewall drops the packets, or the address is wrong.",
                "Check host and port, VPN and firewall rules.",
            ),
            Self::Unreachable => row(
                "The server cannot be reached from this network.",
                "There is no route to that address, or this computer is offline.",
                "Check the network connection and the VPN.",
            ),
            Self::RefusedByAllowlist => row(
                "The cluster refused this computer's address.",
                "The current network is not on the cluster's IP allowlist.",
                "Add your address under Networking, IP Allowlist; it takes up to 30 seconds.",
            ),
            Self::LoginsThrottled => row(
                "Logins from this computer are paused.",
                "There were too many failed attempts; the pause lasts up to an hour.",
                "Correct user and password, wait, then try once.",
            ),
            Self::WrongPassword => row(
                "User name or password is wrong.",
                "The server says the same for an unknown user and a wrong password.",
                "Check both, then try once more. Nothing is repeated by itself.",
            ),
            Self::PasswordExpired => row(
                "This user's password has expired.",
                "An administrator set a date on which it ends.",
                "Ask an administrator for a new password.",
            ),
            Self::NoLoginPrivilege => row(
                "This user may not log in.",
                "The role has the option NOLOGIN.",
                "Ask an administrator to run ALTER ROLE … WITH LOGIN, or use another user.",
            ),
            Self::NoAccessRule => row(
                "The server's access rules do not allow this user from this address.",
                "No host-based authentication rule matches.",
                "Ask an administrator to extend the rules.",
            ),
            Self::MethodNeedsOtherTransport => row(
                "The server wants this user to log in another way.",
                "Its login method cannot be used over this sort of connection.",
                "Under Encryption choose “Check everything (verify-full)”, or a client certificate.",
            ),
            Self::TokenRefused { reason } => row(
                "The sign-in token was not accepted.",
                reason,
                "Get a new token; it usually lives for an hour.",
            ),
            Self::ClusterNotFound => row(
                "The address does not name an existing cluster.",
                "The host or the cluster option holds another name.",
                "Copy the connection string again from Connect in the Cloud Console.",
            ),
            Self::ClusterNameMissing => row(
                "The proxy cannot tell which cluster is meant.",
                "A bare address or a tunnel hides the host name it goes by.",
                "Use the full host name, or fill in the cluster option.",
            ),
            Self::ClusterNamesDisagree => row(
                "The address names two different clusters.",
                "The cluster option and the database or host disagree.",
                "Empty the cluster option; the host name is enough.",
            ),
            Self::EncryptionDemanded => row(
                "This cluster only accepts encrypted connections.",
                "This connection is set to “No encryption”.",
                "Under Encryption choose “Check everything (verify-full)”.",
            ),
            Self::EncryptionNotOffered => row(
                "The server has no encryption.",
                "It runs in insecure mode, or something else answers on that port.",
                "Only on a network you trust, choose “No encryption (disable)” under Encryption.",
            ),
            Self::UnknownAuthority {
                cloud,
                chosen: Some(name),
            } => row(
                "The chosen CA certificate did not sign the server's certificate.",
                &format!("“{name}” is of another cluster, or an older one of this cluster."),
                if *cloud {
                    "Download this cluster's CA certificate from Connect and choose that file."
                } else {
                    "Choose the ca.crt of this cluster."
                },
            ),
            Self::UnknownAuthority { cloud: true, .. } => row(
                "The server's certificate is not signed by an authority this computer trusts.",
                "Advanced clusters have an authority of their own.",
                "Download its CA certificate from Connect and choose the file.",
            ),
            Self::UnknownAuthority { cloud: false, .. } => row(
                "The server's certificate is not signed by an authority this computer trusts.",
                "The cluster has an authority of its own.",
                "Choose its ca.crt as CA certificate.",
            ),
            Self::WrongHost { names } => {
                let valid: Vec<&str> = names.iter().take(3).map(String::as_str).collect();
                let why = match valid.as_slice() {
                    [] => "It names no host at all.".to_owned(),
                    names => format!("It is valid for {}.", names.join(", ")),
                };
                row(
                    "The certificate belongs to another host.",
                    &why,
                    "Use a host name that the certificate holds.",
                )
            }
            Self::CertificateExpired { until } => {
                let why = match until {
                    Some(until) => format!("It was valid until {until}."),
                    None => "Its last day has passed.".to_owned(),
                };
                row(
                    "The server's certificate has expired.",
                    &why,
                    "Check this computer's clock, then renew the certificate.",
                )
            }
            Self::CertificateNotYetValid => row(
                "The server's certificate is not valid yet.",
                "It is new, or this computer's clock is behind.",
                "Check the clock of this computer and of the server.",
            ),
            Self::CertificateUnusable => row(
                "The server's certificate cannot be used.",
                "It is damaged or not made for a server.",
                "Make it again with cockroach cert create-node.",
            ),
            Self::ClientCertificateDemanded => row(
                "The server demands a client certificate.",
                "This connection sends none.",
                "Choose the client certificate and its key of this user.",
            ),
            Self::ClientCertificateRefused => row(
                "The server did not accept the client certificate.",
                "It is expired, from another authority, or names another user.",
                "Make a new one with cockroach cert create-client.",
            ),
            Self::ClientCertificateIncomplete => row(
                "The client certificate is incomplete.",
                "Certificate and key are only used together, and one is missing.",
                "Choose both files, or remove both.",
            ),
            Self::CertificateUnreadable { sentence } => row(
                sentence,
                "The file is damaged or of another kind.",
                "Choose the file again.",
            ),
            Self::HungUp => row(
                "The server closed the connection.",
                "It may be restarting, or something else listens on that port.",
                "Check the port, then try again.",
            ),
            Self::NotThisProtocol => row(
                "What listens there is not a database of this kind.",
                "Its answer is not PostgreSQL's protocol.",
                "Check the port; 8080 is the DB Console, 26257 is SQL.",
            ),
            Self::BackendDown => row(
                "The cluster behind the proxy is not running.",
                "A node restarts, or the service is disturbed.",
                "Try again in a minute; see the cluster's state in the Cloud Console.",
            ),
            Self::ClusterUnavailable => row(
                "The cluster accepts no connections.",
                "It may be disabled, for example because its monthly request units are used up.",
                "Look at Usage on its Overview page.",
            ),
            Self::NodeDraining => row(
                "This node is shutting down or starting.",
                "It takes no new connections at the moment.",
                "Try again in a few seconds.",
            ),
            Self::TooManyConnections => row(
                "The cluster has no connection left.",
                "Other programs hold all of them, or the cluster is throttled to one.",
                "Close other connections, then try again.",
            ),
            Self::DatabaseMissing { name } => row(
                &format!("There is no database “{name}”."),
                "Login worked; only the database is missing or misspelt.",
                "Choose another one.",
            ),
            Self::StillWaking => row(
                "The cluster did not answer within a minute.",
                "If it was scaled to zero, waking takes long; otherwise it is overloaded.",
                "Try again; look at its state in the Cloud Console if it stays so.",
            ),
            Self::Unanswered => row(
                "The server took the connection and then said nothing.",
                "It is overloaded, is no database, or a device between holds the data back.",
                "Check the port, then proxies and load balancers, and try again.",
            ),
            Self::NotCockroach {
                product: Product::PostgreSql,
            } => row(
                "This is PostgreSQL, and a good one.",
                "Roachvault's backups, restores and userfiles are CockroachDB's own.",
                "Connect to a CockroachDB cluster; for PostgreSQL, pg_dump serves well.",
            ),
            Self::NotCockroach { .. } => row(
                "This server is not CockroachDB.",
                "It speaks the same protocol and calls itself something else.",
                "Connect to a CockroachDB cluster.",
            ),
            Self::MethodUnknown => row(
                "The server asks for a login method that is not supported here.",
                "GSSAPI and some others cannot be used.",
                "Use a password, a token or a client certificate.",
            ),
            Self::Other { .. } => row(
                "The connection failed.",
                "The reason is not one this program knows.",
                "Copy the details and show them to whoever runs the cluster.",
            ),
        }
    }

    /// The field of the form in which it is put right, where there is one.
    pub fn field(&self) -> Option<Part> {
        Some(match self {
            Self::HostNotFound { .. }
            | Self::Unreachable
            | Self::ClusterNotFound
            | Self::WrongHost { .. } => Part::Host,
            Self::NotListening { .. } | Self::NotThisProtocol | Self::HungUp | Self::Unanswered => Part::Port,
            Self::NoLoginPrivilege | Self::NoAccessRule => Part::User,
            Self::LoginsThrottled
            | Self::WrongPassword
            | Self::PasswordExpired
            | Self::TokenRefused { .. } => Part::Password,
            Self::ClusterNameMissing | Self::ClusterNamesDisagree => Part::Cluster,
            Self::EncryptionDemanded | Self::EncryptionNotOffered | Self::MethodNeedsOtherTransport => {
                Part::Tls
            }
            Self::UnknownAuthority { .. } => Part::Ca,
            Self::ClientCertificateDemanded
            | Self::ClientCertificateRefused
            | Self::ClientCertificateIncomplete => Part::ClientCert,
            Self::DatabaseMissing { .. } => Part::Database,
            _ => return None,
        })
    }

    fn link(&self) -> Option<&'static str> {
        match self {
            Self::NoAnswer { cloud: true } | Self::RefusedByAllowlist => Some(ALLOWLIST),
            Self::UnknownAuthority { cloud: true, .. } => Some(CA),
            Self::ClusterNotFound | Self::ClusterNameMissing => Some(CONNECT),
            Self::ClientCertificateDemanded | Self::ClientCertificateRefused | Self::CertificateUnusable => {
                Some(CERTS)
            }
            _ => None,
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::EncryptionDemanded
            | Self::EncryptionNotOffered
            | Self::UnknownAuthority { .. }
            | Self::WrongHost { .. }
            | Self::CertificateExpired { .. }
            | Self::CertificateNotYetValid
            | Self::CertificateUnusable
            | Self::CertificateUnreadable { .. }
            | Self::ClientCertificateDemanded
            | Self::ClientCertificateIncomplete => ErrorKind::Tls,
            Self::LoginsThrottled
            | Self::WrongPassword
            | Self::PasswordExpired
            | Self::NoLoginPrivilege
            | Self::NoAccessRule
            | Self::MethodNeedsOtherTransport
            | Self::TokenRefused { .. }
            | Self::ClientCertificateRefused
            | Self::MethodUnknown => ErrorKind::Auth,
            Self::NodeDraining | Self::TooManyConnections | Self::BackendDown | Self::StillWaking => {
                ErrorKind::Busy
            }
            Self::DatabaseMissing { .. } => ErrorKind::NotFound,
            Self::NotCockroach { .. } => ErrorKind::Unsupported,
            _ => ErrorKind::CannotConnect,
        }
    }

    /// The same as an error of the ordinary sort, for callers that only want to connect.
    pub fn to_error(&self, detail: impl Into<String>) -> Error {
        let told = self.explain();
        Error::new(self.kind(), told.what)
            .hint(format!("{} {}", told.why, told.next))
            .detail(detail)
    }
}

/// Whose certificate the person chose as the authority.
fn chosen_authority(target: &Target) -> Option<String> {
    let chosen = certificate::read(target.ca_pem.as_deref()?).ok()?;
    chosen.into_iter().next().map(|certificate| certificate.subject)
}

/// The server says which check a token failed; an expired one is only "invalid".
fn token_reason(message: &str) -> &'static str {
    let reasons = [
        ("not enabled", "The cluster has token login switched off."),
        ("issuer", "The cluster does not know who issued it."),
        ("audience", "It was issued for another audience."),
        ("missing claim", "It lacks a claim that the cluster asks for."),
        ("invalid claim", "A claim in it has another value than asked for."),
        ("principal", "It was issued for another user."),
        ("identity", "It was issued for another user."),
    ];
    let known = reasons.iter().find(|(piece, _)| message.contains(piece));
    known.map_or("It is expired, incomplete or damaged.", |(_, reason)| reason)
}
