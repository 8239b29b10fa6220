//! External connections: names for storage URIs, so that users can be given storage without its secrets.

use serde::{Deserialize, Serialize};

use super::bind::Parameters;
use super::{Backups, place};
use crate::catalog::{Catalog, EntryKey, Grants, Privilege, PrivilegeTarget};
use crate::datum::Datum;
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::session::{Outcome, Rows, Session};
use crate::stmt::uri::{StorageUri, redacted};
use crate::stmt::{ConnectionGrant, ExternalConnection, quote_literal};
use crate::types::SqlType;

/// The kind of the catalog's entries.
pub const ENTRY: &str = "external_connection";

/// The privileges a connection has.
const PRIVILEGES: &[Privilege] = &[Privilege::Drop, Privilege::Update, Privilege::Usage];

/// A named connection.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Connection {
    pub name: String,
    /// In clear: the cluster must be able to use it.
    pub uri: String,
    pub owner: String,
    pub grants: Grants,
}

/// Whether a scheme is a key service's.
pub fn is_key_service(scheme: &str) -> bool {
    matches!(
        scheme,
        "aws-kms" | "gcp-kms" | "gs-kms" | "azure-kms" | "testkms" | "aws"
    )
}

/// What SHOW EXTERNAL CONNECTIONS calls it.
fn type_of(uri: &str) -> &'static str {
    let scheme = StorageUri::parse(uri).map(|uri| uri.scheme).unwrap_or_default();
    if is_key_service(&scheme) {
        "KMS"
    } else if matches!(scheme.as_str(), "postgres" | "postgresql" | "kafka") {
        "FOREIGNDATA"
    } else {
        "STORAGE"
    }
}

fn find(catalog: &Catalog, name: &str) -> Option<Connection> {
    let body = catalog.entries.get(&(ENTRY.to_owned(), name.to_owned()))?;
    serde_json::from_value(body.clone()).ok()
}

/// Every connection, by name.
pub fn all(catalog: &Catalog) -> Vec<Connection> {
    catalog
        .entries
        .iter()
        .filter(|((kind, _), _)| kind == ENTRY)
        .filter_map(|(_, body)| serde_json::from_value(body.clone()).ok())
        .collect()
}

/// Where a connection leads.
pub fn target(catalog: &Catalog, name: &str) -> SqlResult<String> {
    find(catalog, name).map(|connection| connection.uri).ok_or_else(|| {
        SqlError::new(
            sqlstate::UNDEFINED_OBJECT,
            format!("failed to load external connection object: external connection with name {name} does not exist"),
        )
    })
}

/// Whether the user holds a privilege on it, by grant or as admin.
fn holds(catalog: &Catalog, user: &str, connection: &Connection, privilege: Privilege) -> bool {
    catalog.is_admin(user)
        || catalog
            .identities(user)
            .iter()
            .any(|identity| connection.grants.holds(identity, privilege))
}

fn require(catalog: &Catalog, user: &str, name: &str, privilege: Privilege) -> SqlResult<()> {
    let held = match find(catalog, name) {
        Some(connection) => holds(catalog, user, &connection, privilege),
        None => catalog.is_admin(user),
    };
    if held {
        return Ok(());
    }
    Err(SqlError::privilege(format!(
        "user {user} does not have {privilege} privilege on external_connection {name}"
    )))
}

/// 42501 unless the user may back up to it and restore from it.
pub fn check_usage(catalog: &Catalog, user: &str, name: &str) -> SqlResult<()> {
    require(catalog, user, name, Privilege::Usage)
}

fn save(session: &mut Session, connection: &Connection) -> SqlResult<()> {
    session.put_entry(&EntryKey::new(ENTRY, &connection.name), Some(connection))
}

/// The columns of the statements that answer rows.
pub fn columns(statement: &ExternalConnection) -> Option<Vec<(&'static str, SqlType)>> {
    let text = SqlType::STRING;
    match statement {
        ExternalConnection::Show { .. } => Some(vec![
            ("connection_name", text.clone()),
            ("connection_uri", text.clone()),
            ("connection_type", text),
        ]),
        ExternalConnection::ShowCreate { .. } => Some(vec![
            ("connection_name", text.clone()),
            ("create_statement", text),
        ]),
        ExternalConnection::ShowGrants { .. } => Some(vec![
            ("connection_name", text.clone()),
            ("grantee", text.clone()),
            ("privilege_type", text),
            ("is_grantable", SqlType::Bool),
        ]),
        ExternalConnection::Check { .. } => Some(vec![
            ("node", SqlType::Int8),
            ("locality", text.clone()),
            ("ok", SqlType::Bool),
            ("error", text.clone()),
            ("transferred", text.clone()),
            ("read_speed", text.clone()),
            ("write_speed", text),
            ("can_delete", SqlType::Bool),
        ]),
        _ => None,
    }
}

/// Runs a statement about external connections.
pub fn run(
    backups: &Backups,
    session: &mut Session,
    statement: &ExternalConnection,
    parameters: Parameters<'_>,
) -> SqlResult<Outcome> {
    let catalog = session.catalog()?;
    let user = session.user().to_owned();
    match statement {
        ExternalConnection::Create {
            if_not_exists,
            name,
            uri,
        } => {
            let (name, uri) = (parameters.text(name)?, parameters.text(uri)?);
            create(session, &catalog, *if_not_exists, name, uri)
        }
        ExternalConnection::Alter { if_exists, name, uri } => {
            let (name, uri) = (parameters.text(name)?, parameters.text(uri)?);
            alter(session, &catalog, *if_exists, &name, uri)
        }
        ExternalConnection::Drop { name } => {
            let name = parameters.text(name)?;
            require(&catalog, &user, &name, Privilege::Drop)?;
            session.put_entry::<Connection>(&EntryKey::new(ENTRY, &name), None)?;
            Ok(Outcome::done("DROP EXTERNAL CONNECTION"))
        }
        ExternalConnection::Show { name } => {
            let name = parameters.maybe_text(name.as_ref())?;
            let mut rows = Rows::with_columns(columns(statement).unwrap_or_default());
            for connection in all(&catalog) {
                let wanted = name.as_ref().is_none_or(|name| *name == connection.name);
                if wanted && sees(&catalog, &user, &connection) {
                    let kind = type_of(&connection.uri);
                    rows.push(vec![
                        connection.name.as_str().into(),
                        redacted(&connection.uri).into(),
                        kind.into(),
                    ]);
                }
            }
            Ok(Outcome::rows(rows))
        }
        ExternalConnection::ShowCreate { name } => {
            let name = parameters.maybe_text(name.as_ref())?;
            show_create(session, &catalog, name.as_deref())
        }
        ExternalConnection::ShowGrants { name } => {
            let name = parameters.text(name)?;
            let mut rows = Rows::with_columns(columns(statement).unwrap_or_default());
            for (grantee, held) in find(&catalog, &name)
                .map(|connection| connection.grants.0)
                .unwrap_or_default()
            {
                for (privilege, grantable) in held {
                    let name: Datum = name.as_str().into();
                    rows.push(vec![
                        name,
                        grantee.as_str().into(),
                        privilege.as_str().into(),
                        grantable.into(),
                    ]);
                }
            }
            Ok(Outcome::rows(rows))
        }
        ExternalConnection::Grant(grant) => change_grants(session, &catalog, grant, parameters),
        ExternalConnection::Check {
            uri,
            transfer,
            concurrently,
            ..
        } => {
            let uri = parameters.text(uri)?;
            place::check_access(
                &catalog,
                &user,
                &uri,
                backups.options.everyone_may_use_implicit_access,
            )?;
            let transfer = parameters
                .maybe_text(transfer.as_ref())?
                .unwrap_or_else(|| "32MiB".to_owned());
            let workers = parameters
                .maybe_text(concurrently.as_ref())?
                .and_then(|count| count.parse().ok())
                .unwrap_or(1);
            Ok(Outcome::rows(check(
                session,
                &uri,
                &transfer,
                workers,
                columns(statement).unwrap_or_default(),
            )))
        }
    }
}

fn sees(catalog: &Catalog, user: &str, connection: &Connection) -> bool {
    holds(catalog, user, connection, Privilege::Usage)
        || catalog.identities(user).contains(&connection.owner)
        || catalog.has_privilege(user, PrivilegeTarget::System, Privilege::ViewClusterMetadata)
}

fn create(
    session: &mut Session,
    catalog: &Catalog,
    if_not_exists: bool,
    name: String,
    uri: String,
) -> SqlResult<Outcome> {
    let user = session.user().to_owned();
    if !catalog.has_privilege(&user, PrivilegeTarget::System, Privilege::ExternalConnection) {
        return Err(SqlError::privilege(
            "only users with the EXTERNALCONNECTION system privilege are allowed to CREATE EXTERNAL CONNECTION",
        ));
    }
    place::check_connection_target(&uri)
        .map_err(|error| error.wrap("failed to construct External Connection details"))?;
    if find(catalog, &name).is_some() {
        if if_not_exists {
            session.notice(format!(
                "external connection with connection name '{name}' already exists, skipping"
            ));
            return Ok(Outcome::done("CREATE EXTERNAL CONNECTION"));
        }
        return Err(SqlError::plain(format!(
            "failed to create external connection: external connection with connection name '{name}' already exists"
        )));
    }
    probe(session, &user, &uri)
        .map_err(|error| error.wrap("failed to construct External Connection details"))?;
    let mut grants = Grants::default();
    grants.grant(&user, Privilege::All, false);
    save(
        session,
        &Connection {
            name,
            uri,
            owner: user,
            grants,
        },
    )?;
    Ok(Outcome::done("CREATE EXTERNAL CONNECTION"))
}

fn alter(
    session: &mut Session,
    catalog: &Catalog,
    if_exists: bool,
    name: &str,
    uri: String,
) -> SqlResult<Outcome> {
    let user = session.user().to_owned();
    require(catalog, &user, name, Privilege::Update)?;
    place::check_connection_target(&uri)
        .map_err(|error| error.wrap("failed to construct External Connection details"))?;
    match find(catalog, name) {
        Some(connection) => {
            probe(session, &user, &uri)
                .map_err(|error| error.wrap("failed to construct External Connection details"))?;
            save(session, &Connection { uri, ..connection })?;
        }
        None if if_exists => session.notice(format!(
            "external connection with connection name '{name}' does not exist, skipping"
        )),
        None => {
            return Err(SqlError::new(
                sqlstate::UNDEFINED_OBJECT,
                format!("external connection with name {name} does not exist"),
            ));
        }
    }
    Ok(Outcome::done("ALTER EXTERNAL CONNECTION"))
}

/// Writes, reads and lists a small file, so that a connection that does not work is noticed when it is made.
fn probe(session: &mut Session, user: &str, uri: &str) -> SqlResult<()> {
    const FILE: &str = "crdb_external_storage_location";
    if type_of(uri) != "STORAGE" {
        return Ok(());
    }
    let store = place::open(session, user, uri)?;
    store.write(FILE, b"1")?;
    store.read(FILE)?;
    store.list_below("")?;
    // A bucket without the right to delete is good enough for backups.
    let _ = store.delete(FILE);
    Ok(())
}

fn show_create(session: &mut Session, catalog: &Catalog, name: Option<&str>) -> SqlResult<Outcome> {
    let user = session.user().to_owned();
    let may = catalog.has_privilege(&user, PrivilegeTarget::System, Privilege::ViewClusterMetadata);
    let shown: Vec<Connection> = match name {
        None if !may => {
            return Err(SqlError::privilege(
                "must have VIEWCLUSTERMETADATA privilege to run `SHOW CREATE ALL EXTERNAL CONNECTIONS`",
            ));
        }
        None => all(catalog),
        Some(name) => {
            let found = find(catalog, name);
            let owns = found
                .as_ref()
                .is_some_and(|connection| catalog.identities(&user).contains(&connection.owner));
            if !may && !owns {
                return Err(SqlError::privilege(format!(
                    "must have VIEWCLUSTERMETADATA privilege or be owner of the External Connection \"{name}\""
                )));
            }
            found.into_iter().collect()
        }
    };
    let mut rows = Rows::with_columns([
        ("connection_name", SqlType::STRING),
        ("create_statement", SqlType::STRING),
    ]);
    for connection in shown {
        let statement = format!(
            "CREATE EXTERNAL CONNECTION {} AS {}",
            quote_literal(&connection.name),
            quote_literal(&connection.uri)
        );
        rows.push(vec![connection.name.into(), statement.into()]);
    }
    Ok(Outcome::rows(rows))
}

fn change_grants(
    session: &mut Session,
    catalog: &Catalog,
    grant: &ConnectionGrant,
    parameters: Parameters<'_>,
) -> SqlResult<Outcome> {
    let user = session.user().to_owned();
    let privileges = grant
        .privileges
        .iter()
        .map(|name| name.parse())
        .collect::<SqlResult<Vec<Privilege>>>()?;
    for name in &grant.connections {
        let name = parameters.text(name)?;
        let mut connection = find(catalog, &name).ok_or_else(|| {
            SqlError::new(
                sqlstate::UNDEFINED_OBJECT,
                format!("external connection with name {name} does not exist"),
            )
        })?;
        for privilege in &privileges {
            if *privilege != Privilege::All && !PRIVILEGES.contains(privilege) {
                return Err(SqlError::plain(format!(
                    "invalid privilege type {privilege} for external_connection"
                )));
            }
            let may = catalog.is_admin(&user)
                || catalog
                    .identities(&user)
                    .iter()
                    .any(|identity| connection.grants.may_grant(identity, *privilege));
            if !may {
                return Err(SqlError::privilege(format!(
                    "user {user} missing WITH GRANT OPTION privilege on {privilege}"
                )));
            }
            for grantee in &grant.users {
                if !catalog.roles.contains_key(grantee) && grantee != "public" {
                    return Err(SqlError::new(
                        sqlstate::UNDEFINED_OBJECT,
                        format!("role/user \"{grantee}\" does not exist"),
                    ));
                }
                if grant.revoke {
                    connection.grants.revoke(grantee, *privilege, PRIVILEGES);
                } else {
                    connection
                        .grants
                        .grant(grantee, *privilege, grant.with_grant_option);
                }
            }
        }
        save(session, &connection)?;
    }
    Ok(Outcome::done(if grant.revoke { "REVOKE" } else { "GRANT" }))
}

/// Bytes as `32 MiB`.
fn size_text(bytes: f64) -> String {
    const UNITS: &[&str] = &["B", "KiB", "MiB", "GiB"];
    let mut value = bytes;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let digits = if unit == 0 || value.fract() == 0.0 { 0 } else { 2 };
    format!("{value:.digits$} {}", UNITS[unit])
}

/// `32MiB` as bytes.
fn parse_size(text: &str) -> usize {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let unit = text[digits.len()..].trim().to_ascii_lowercase();
    let factor = match unit.as_str() {
        "kib" | "kb" | "k" => 1 << 10,
        "mib" | "mb" | "m" => 1 << 20,
        "gib" | "gb" | "g" => 1 << 30,
        _ => 1,
    };
    digits.parse::<usize>().unwrap_or(0).saturating_mul(factor)
}

/// Moves some bytes there and back and says how that went, node by node. Trouble is told in the row, not as an error.
fn check(
    session: &mut Session,
    uri: &str,
    transfer: &str,
    workers: i64,
    columns: Vec<(&str, SqlType)>,
) -> Rows {
    const FILE: &str = "crdb-connection-check";
    /// Written in pieces, so that a large transfer needs little memory.
    const PIECE: usize = 4 << 20;
    let user = session.user().to_owned();
    let wanted = parse_size(transfer);
    let mut rows = Rows::with_columns(columns);
    let nodes: Vec<String> = session.cluster().regions().to_vec();
    let nodes = if nodes.is_empty() {
        vec![String::new()]
    } else {
        nodes
    };
    for (index, region) in nodes.iter().enumerate() {
        for _ in 0..workers.max(1) {
            let locality = crate::backup::node_locality(session.cluster(), region);
            let mut measure = || -> SqlResult<(f64, f64, bool)> {
                let store = place::open(session, &user, uri)?;
                let piece = vec![0; wanted.min(PIECE)];
                let began = std::time::Instant::now();
                let mut moved = 0;
                loop {
                    store.write(FILE, &piece)?;
                    moved += piece.len().max(1);
                    if moved >= wanted {
                        break;
                    }
                }
                let written = began.elapsed().as_secs_f64();
                let began = std::time::Instant::now();
                store.read(FILE)?;
                let read = began.elapsed().as_secs_f64();
                Ok((read, written, store.delete(FILE).is_ok()))
            };
            #[allow(clippy::cast_precision_loss)]
            let bytes = wanted as f64;
            let speed = |seconds: f64, bytes: f64| format!("{}/s", size_text(bytes / seconds.max(1e-6)));
            let node = i64::try_from(index + 1).unwrap_or(1);
            rows.push(match measure() {
                #[allow(clippy::cast_precision_loss)]
                Ok((read, written, can_delete)) => vec![
                    node.into(),
                    locality.into(),
                    true.into(),
                    "".into(),
                    size_text(bytes).into(),
                    speed(read, wanted.min(PIECE) as f64).into(),
                    speed(written, bytes).into(),
                    can_delete.into(),
                ],
                Err(error) => vec![
                    node.into(),
                    locality.into(),
                    false.into(),
                    error.message.into(),
                    "0 B".into(),
                    "0 B/s".into(),
                    "0 B/s".into(),
                    false.into(),
                ],
            });
        }
    }
    rows
}
