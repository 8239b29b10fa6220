//! From a storage URI to the place it means: which parameters a scheme takes, who may use it, and where it leads.

use super::external_connection;
use super::folder::Folder;
use super::store::Store;
use super::userfile_place::UserfilePlace;
use crate::catalog::{Catalog, Privilege, PrivilegeTarget};
use crate::error::{SqlError, SqlResult};
use crate::session::Session;
use crate::stmt::uri::{StorageUri, joined};

const S3_PARAMETERS: &[&str] = &[
    "AUTH",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_ENDPOINT",
    "AWS_USE_PATH_STYLE",
    "AWS_SERVER_ENC_MODE",
    "AWS_SERVER_KMS_ID",
    "AWS_SKIP_CHECKSUM",
    "AWS_SKIP_TLS_VERIFY",
    "S3_STORAGE_CLASS",
    "ASSUME_ROLE",
    "COCKROACH_LOCALITY",
];
const GS_PARAMETERS: &[&str] = &[
    "AUTH",
    "CREDENTIALS",
    "BEARER_TOKEN",
    "ASSUME_ROLE",
    "COCKROACH_LOCALITY",
];
const AZURE_PARAMETERS: &[&str] = &[
    "AUTH",
    "AZURE_ACCOUNT_NAME",
    "AZURE_ACCOUNT_KEY",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_TENANT_ID",
    "AZURE_ENVIRONMENT",
    "COCKROACH_LOCALITY",
];

/// What a checked URI is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Scheme {
    NodeLocal,
    Userfile,
    Bucket(&'static str),
    External(String),
}

fn unknown_parameters(uri: &StorageUri, known: &[&str], what: &str) -> SqlResult<()> {
    let unknown: Vec<&str> = uri
        .parameters
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| !known.contains(name))
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(SqlError::plain(format!(
        "unknown {what} query parameters: {}",
        unknown.join(", ")
    )))
}

fn is_implicit(uri: &StorageUri) -> bool {
    uri.parameter("AUTH") == Some("implicit")
}

/// Checks a URI without touching what it leads to.
fn check(text: &str) -> SqlResult<(StorageUri, Scheme)> {
    let uri = StorageUri::parse(text).ok_or_else(|| {
        let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
        SqlError::plain(format!(
            "unsupported storage scheme: {scheme:?} - refer to docs to find supported storage schemes"
        ))
    })?;
    let required = |name: &str, auth: &str| match uri.parameter(name) {
        Some(value) if !value.is_empty() => Ok(()),
        _ => Err(SqlError::plain(format!(
            "AUTH is set to '{auth}', but {name} is not set"
        ))),
    };
    let auth = uri.parameter("AUTH").unwrap_or("specified");
    let scheme = match uri.scheme.as_str() {
        "nodelocal" => {
            if uri.host.is_empty() {
                return Err(SqlError::plain(format!(
                    "invalid `nodelocal` URI: host component of nodelocal URI must be a node ID (use 'self' to specify each node \
                     should access its own local filesystem): {text}"
                )));
            }
            if uri.host != "self" && uri.host.parse::<u32>().is_err() {
                return Err(SqlError::plain(format!(
                    "invalid `nodelocal` URI: host component of nodelocal URI must be a node ID: {text}"
                )));
            }
            Scheme::NodeLocal
        }
        "userfile" => Scheme::Userfile,
        "external" => Scheme::External(uri.host.clone()),
        "s3" => {
            if uri.host.is_empty() {
                return Err(SqlError::plain(
                    "empty host component; s3 URI must specify a target bucket",
                ));
            }
            unknown_parameters(&uri, S3_PARAMETERS, "S3")?;
            match auth {
                "specified" => {
                    required("AWS_ACCESS_KEY_ID", auth)?;
                    required("AWS_SECRET_ACCESS_KEY", auth)?;
                }
                "implicit" => {}
                other => return Err(SqlError::plain(format!("unsupported value {other} for AUTH"))),
            }
            Scheme::Bucket("s3")
        }
        "gs" | "gcs" => {
            unknown_parameters(&uri, GS_PARAMETERS, "GS")?;
            match auth {
                "specified" if uri.parameter("BEARER_TOKEN").is_none() => required("CREDENTIALS", auth)?,
                "specified" | "implicit" => {}
                other => return Err(SqlError::plain(format!("unsupported value {other} for AUTH"))),
            }
            Scheme::Bucket("gs")
        }
        "azure" | "azure-blob" | "azure-storage" => {
            unknown_parameters(&uri, AZURE_PARAMETERS, "azure")?;
            if uri.parameter("AZURE_ACCOUNT_NAME").is_none() {
                return Err(SqlError::plain(
                    "azure uri missing \"AZURE_ACCOUNT_NAME\" parameter",
                ));
            }
            if auth == "specified"
                && uri.parameter("AZURE_CLIENT_ID").is_none()
                && uri.parameter("AZURE_ACCOUNT_KEY").is_none()
            {
                return Err(SqlError::plain(
                    "azure uri missing \"AZURE_ACCOUNT_KEY\" parameter",
                ));
            }
            Scheme::Bucket("azure-blob")
        }
        other => {
            return Err(SqlError::plain(format!(
                "unsupported storage scheme: {other:?} - refer to docs to find supported storage schemes"
            )));
        }
    };
    Ok((uri, scheme))
}

/// Checks that a URI can be a destination at all, as CREATE EXTERNAL CONNECTION does. Key services are let through.
pub fn check_connection_target(text: &str) -> SqlResult<()> {
    let scheme = StorageUri::parse(text).map(|uri| uri.scheme).unwrap_or_default();
    if external_connection::is_key_service(&scheme) {
        return Ok(());
    }
    let provider = match scheme.as_str() {
        "gcs" => "gs".to_owned(),
        "azure" | "azure-blob" => "azure-storage".to_owned(),
        other => other.to_owned(),
    };
    check(text)
        .map(|_| ())
        .map_err(|error| error.wrap(&format!("failed to create {provider} external connection")))
}

/// Whether the user may use the URI: admins may, explicit credentials and userfile need nothing, nodelocal and implicit
/// credentials need a system privilege, a named connection needs USAGE on it.
pub fn check_access(catalog: &Catalog, user: &str, text: &str, everyone_may: bool) -> SqlResult<()> {
    let (uri, scheme) = check(text)?;
    if catalog.is_admin(user) {
        return Ok(());
    }
    match scheme {
        Scheme::Userfile => Ok(()),
        Scheme::External(name) => external_connection::check_usage(catalog, user, &name),
        Scheme::Bucket(_) if !is_implicit(&uri) && uri.parameter("AWS_ENDPOINT").is_none() => Ok(()),
        Scheme::NodeLocal | Scheme::Bucket(_) => {
            let may = everyone_may
                || catalog.has_privilege(user, PrivilegeTarget::System, Privilege::ExternalIoImplicitAccess);
            if may {
                return Ok(());
            }
            Err(SqlError::privilege(format!(
                "only users with the admin role or the EXTERNALIOIMPLICITACCESS system privilege are allowed to access the \
                 specified {} URI",
                uri.scheme
            )))
        }
    }
}

/// Opens the place a URI leads to, for this user. A userfile store is made when it is not there.
pub fn open(session: &mut Session, user: &str, text: &str) -> SqlResult<Store> {
    let (uri, scheme) = check(text)?;
    let external = session.cluster().external_folder().to_owned();
    Ok(match scheme {
        Scheme::NodeLocal => Store::Folder(Folder::node_local(&external, &uri)?),
        Scheme::Userfile => {
            let refused = session
                .cluster()
                .version()
                .differences()
                .userfile_parameters_are_refused;
            let text = if refused {
                text
            } else {
                text.split('?').next().unwrap_or(text)
            };
            Store::Userfile(UserfilePlace::open(session.cluster(), user, text)?)
        }
        Scheme::External(name) => {
            let target = external_connection::target(&*session.catalog()?, &name)?;
            return open(session, user, &joined(&target, &uri.path));
        }
        Scheme::Bucket(cloud) => {
            let account = account(cloud, &uri);
            let account = account
                .as_ref()
                .map(|(id, secret)| (id.as_str(), secret.as_str()));
            Store::Folder(Folder::bucket(&external, cloud, &uri, account)?)
        }
    })
}

/// The key id and secret in a URI; none for implicit credentials.
fn account(cloud: &str, uri: &StorageUri) -> Option<(String, String)> {
    if is_implicit(uri) {
        return None;
    }
    let value = |name: &str| uri.parameter(name).unwrap_or_default().to_owned();
    Some(match cloud {
        "s3" => (value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY")),
        "gs" => (
            "practice".to_owned(),
            uri.parameter("CREDENTIALS")
                .or_else(|| uri.parameter("BEARER_TOKEN"))
                .unwrap_or_default()
                .to_owned(),
        ),
        _ => (
            value("AZURE_ACCOUNT_NAME"),
            uri.parameter("AZURE_ACCOUNT_KEY")
                .or_else(|| uri.parameter("AZURE_CLIENT_SECRET"))
                .unwrap_or_default()
                .to_owned(),
        ),
    })
}

/// The locality a URI is for; none when it names none.
pub fn locality(text: &str) -> Option<String> {
    StorageUri::parse(text)?
        .parameter("COCKROACH_LOCALITY")
        .map(str::to_owned)
}
