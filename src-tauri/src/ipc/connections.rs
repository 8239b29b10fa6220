//! Saved connections: paste, edit, keep, connect.

use std::path::Path;

use roachvault_cockroach::connection_string::{
    self, ConnectionString, DEFAULT_PORT, Folders, Part, is_cloud,
};
use roachvault_cockroach::doctor::Report;
use roachvault_cockroach::{Secret, certificate};
use roachvault_core::connection::{KeyringError, KeyringFailure, SecretChange};
use roachvault_core::{Code, ConnectionId, Error};
use tauri::ipc::Channel;
use uuid::Uuid;

use crate::host::{clipboard, keychain};
use crate::ipc::IpcError;
use crate::state::AppState;

mod exchange;
mod report;
mod wire;

pub use exchange::*;
pub use report::*;
pub use wire::*;

/// Files of certificates and keys are small; anything larger is the wrong file.
const LONGEST_PEM_BYTES: u64 = 1024 * 1024;

pub async fn list_connections(state: &AppState) -> Result<ConnectionList, IpcError> {
    let connections = &state.connections;
    Ok(ConnectionList {
        connections: connections
            .list()
            .into_iter()
            .map(|saved| told(state, saved))
            .collect(),
        healed: connections.healed().map(|healed| HealedIndex {
            kept_aside: healed.kept_aside.display().to_string(),
            recovered: healed.recovered as u32,
            lost: healed.lost.map(|lost| lost as u32),
        }),
    })
}

pub async fn get_connection(state: &AppState, id: Uuid) -> Result<Connection, IpcError> {
    Ok(told(state, state.connections.get(ConnectionId(id))?))
}

pub async fn save_connection(state: &AppState, draft: ConnectionDraft) -> Result<Connection, IpcError> {
    let staged: Vec<Uuid> = [&draft.password, &draft.client_key]
        .into_iter()
        .filter_map(SecretInput::handle)
        .collect();
    let saved = state
        .connections
        .save(draft.decode(&state.connections.staged)?)
        .await?;
    for handle in staged {
        state.connections.staged.discard(handle);
    }
    Ok(told(state, saved))
}

pub async fn duplicate_connection(state: &AppState, id: Uuid) -> Result<Connection, IpcError> {
    Ok(told(state, state.connections.duplicate(ConnectionId(id)).await?))
}

pub async fn delete_connection(state: &AppState, id: Uuid) -> Result<(), IpcError> {
    let id = ConnectionId(id);
    roachvault_core::userfile::pause_transfers(&state.jobs, id).await?;
    state.connections.delete(id).await?;
    state.jobs.let_go(id).await;
    Ok(())
}

pub async fn reorder_connections(state: &AppState, ids: Vec<Uuid>) -> Result<(), IpcError> {
    let ids: Vec<ConnectionId> = ids.into_iter().map(ConnectionId).collect();
    Ok(state.connections.reorder(&ids)?)
}

/// Opens the cluster, or returns it when it is open already.
pub async fn connect_cluster(state: &AppState, id: Uuid) -> Result<OpenedCluster, IpcError> {
    let id = ConnectionId(id);
    if state.connections.get(id)?.details.environment == roachvault_core::Environment::Practice {
        state.practice.start(&state.connections).await?;
    }
    let open = state.connections.connect(id).await?;
    // Backups and restores that were under way when the connection was last open.
    state.jobs.reattach(id);
    Ok(OpenedCluster::new(&open, &state.connections.get(id)?.details))
}

pub async fn disconnect_cluster(state: &AppState, id: Uuid) -> Result<(), IpcError> {
    let id = ConnectionId(id);
    // What is paused can be resumed, which connects again.
    roachvault_core::userfile::pause_transfers(&state.jobs, id).await?;
    state.connections.disconnect(id).await;
    Ok(())
}

/// Asks an open cluster for a sign of life. Its jobs that wait for one ask as well, without waiting to the end.
pub async fn reach_cluster(state: &AppState, id: Uuid) -> Result<(), IpcError> {
    let open = state.cluster(id)?;
    state.jobs.try_now(open.id);
    Ok(open.reach().await?)
}

/// Answers an error of code `secretNeeded`; connect again afterwards.
pub async fn provide_secret(
    state: &AppState,
    id: Uuid,
    kind: SecretKind,
    value: TypedSecret,
    keep: KeepSecret,
) -> Result<(), IpcError> {
    Ok(state
        .connections
        .provide_secret(ConnectionId(id), kind.into(), value.0, keep.into())
        .await?)
}

/// Tries the draft step by step. The channel gets a whole report after each change, the answer is the
/// last one. A failed test is an answer, not an error.
pub async fn test_connection(
    state: &AppState,
    draft: ConnectionDraft,
    channel: Channel<ConnectionReport>,
) -> Result<ConnectionReport, IpcError> {
    let mut draft = draft.decode(&state.connections.staged)?;
    if let Some(id) = draft.id
        && state.connections.get(id)?.details.environment == roachvault_core::Environment::Practice
    {
        // It may have stopped with the app, and come back on another port with another password.
        draft.details = state.practice.start(&state.connections).await?.details;
        draft.password = SecretChange::Unchanged;
    }
    // A page that has gone away no longer listens; the test ends by itself.
    let watch = move |report: &Report| drop(channel.send(report.into()));
    Ok((&state.connections.examine(&draft, &watch).await?).into())
}

/// What the user of an open cluster may do, and which GRANT to ask for. A few short statements.
pub async fn get_capabilities(state: &AppState, id: Uuid) -> Result<Capabilities, IpcError> {
    Ok(state.connections.capabilities(ConnectionId(id)).await?.into())
}

/// Understands a pasted text. Its password stays here, behind a handle.
pub async fn parse_connection(state: &AppState, text: TypedSecret) -> Result<ParsedConnection, IpcError> {
    understand(state, &text.0).await
}

/// `null` when the clipboard holds nothing like a connection string. One that cannot be used is refused with the reason,
/// as if it had been pasted.
pub async fn read_clipboard_connection(state: &AppState) -> Result<Option<ParsedConnection>, IpcError> {
    match clipboard_text().await {
        Some(text) => Ok(Some(understand(state, &text).await?)),
        None => Ok(None),
    }
}

/// Whether the clipboard holds a connection string, and for whom. Nothing of it is kept: the person has not said yet
/// that it is meant.
pub async fn get_clipboard_offer(_state: &AppState) -> Result<Option<ClipboardOffer>, IpcError> {
    let Some(text) = clipboard_text().await else {
        return Ok(None);
    };
    let parsed = connection_string::parse(text.expose(), &folders()).ok();
    Ok(parsed.and_then(|parsed| {
        Some(ClipboardOffer {
            host: parsed.host?,
            user: parsed.user,
        })
    }))
}

/// Only what is unmistakable: a single word may be anything.
async fn clipboard_text() -> Option<Secret> {
    let text = clipboard::read_text().await.map(Secret::new)?;
    (text.expose().contains("://") || text.expose().contains("host")).then_some(text)
}

/// Reads a file that the person chose: a CA certificate or a client certificate.
pub async fn read_certificate_file(_state: &AppState, path: String) -> Result<CertificateFile, IpcError> {
    let pem = read_pem(Path::new(&path)).await?;
    let certificates = certificate::read(pem.expose()).map_err(Error::from)?;
    Ok(CertificateFile {
        pem: pem.expose().to_owned(),
        certificates: certificates.into_iter().map(Into::into).collect(),
    })
}

/// Reads a client key that the person chose. Only a handle comes back.
pub async fn read_client_key_file(state: &AppState, path: String) -> Result<Uuid, IpcError> {
    let pem = read_pem(Path::new(&path)).await?;
    certificate::check_private_key(&pem).map_err(Error::from)?;
    Ok(state.connections.staged.stage(pem))
}

/// How the keyring did last, or that it waits for the person now. Asks it when nothing has yet.
pub async fn get_keyring_state(state: &AppState) -> Result<KeyringState, IpcError> {
    if state.connections.keyring().is_waiting() {
        return Ok(KeyringState {
            status: KeyringStatus::Waiting,
            name: keychain::NAME.into(),
            message: Some("The system's keyring waits to be unlocked.".into()),
            hint: Some("Answer its prompt, or have the secret asked for each time.".into()),
            detail: None,
        });
    }
    let known = state.connections.keyring().last();
    Ok(match known {
        Some(result) => keyring_state(result),
        None => keyring_state(state.connections.keyring().probe().await),
    })
}

/// Connects to the keyring again.
pub async fn retry_keyring(state: &AppState) -> Result<KeyringState, IpcError> {
    Ok(keyring_state(state.connections.keyring().probe().await))
}

fn keyring_state(result: Result<(), KeyringError>) -> KeyringState {
    let status = match &result {
        Ok(()) => KeyringStatus::Ready,
        Err(error) => match error.failure {
            KeyringFailure::Locked => KeyringStatus::Locked,
            KeyringFailure::Absent => KeyringStatus::Absent,
            KeyringFailure::Failing => KeyringStatus::Failing,
        },
    };
    let told = result.err().map(Error::from);
    KeyringState {
        status,
        name: keychain::NAME.into(),
        message: told.as_ref().map(|error| error.message.clone()),
        hint: told.as_ref().and_then(|error| error.hint.clone()),
        detail: told.and_then(|error| error.detail),
    }
}

pub(super) fn told(state: &AppState, saved: roachvault_core::SavedConnection) -> Connection {
    let open = state.connections.open_cluster(saved.id).is_ok();
    Connection::new(saved, open)
}

async fn understand(state: &AppState, text: &Secret) -> Result<ParsedConnection, IpcError> {
    let mut parsed = connection_string::parse(text.expose(), &folders()).map_err(|refused| {
        let field = FormPart::from(refused.part).field();
        Error::new(Code::InvalidInput, refused.sentence()).field(field, refused.sentence())
    })?;
    let mut notes: Vec<FormNote> = parsed.notes.iter().cloned().map(Into::into).collect();
    own_certificates(&mut parsed, &mut notes);
    let ca_pem = certificate_at(parsed.ca_file.as_deref(), Part::Ca, &mut notes).await;
    if ca_pem.is_none() && parsed.ca_file.is_some() && parsed.host.as_deref().is_some_and(is_cloud) {
        notes.push(FormNote {
            part: FormPart::CaPem,
            sentence: "Basic and Standard clusters do not need that file: this computer trusts their authority. For an Advanced cluster, choose its CA certificate.".into(),
        });
    }
    let client_cert_pem =
        certificate_at(parsed.client_cert_file.as_deref(), Part::ClientCert, &mut notes).await;
    let client_key = key_at(state, parsed.client_key_file.as_deref(), &mut notes).await;
    Ok(ParsedConnection {
        ca: Certificate::list(ca_pem.as_deref()),
        client_cert: Certificate::list(client_cert_pem.as_deref()),
        password: parsed
            .password
            .clone()
            .map(|password| state.connections.staged.stage(password)),
        fields: fields(parsed, ca_pem, client_cert_pem),
        client_key,
        notes,
    })
}

fn fields(
    parsed: ConnectionString,
    ca_pem: Option<String>,
    client_cert_pem: Option<String>,
) -> ConnectionFields {
    let host = parsed.host.unwrap_or_default();
    ConnectionFields {
        name: host
            .split('.')
            .next()
            .filter(|label| label.parse::<u8>().is_err())
            .unwrap_or(&host)
            .to_owned(),
        host,
        port: parsed.port.unwrap_or(DEFAULT_PORT),
        user: parsed.user.unwrap_or_default(),
        database: parsed.database.unwrap_or_else(|| "defaultdb".into()),
        tls: parsed.tls.unwrap_or_default().into(),
        ca_pem,
        client_cert_pem,
        cluster_option: parsed.cluster_option,
        jwt: parsed.jwt,
        environment: Environment::Development,
        read_only: false,
        colour: None,
        group: None,
        note: String::new(),
        favourite: false,
    }
}

/// A folder of certificates may hold those of the user as well, which `cockroach` takes without being told.
fn own_certificates(parsed: &mut ConnectionString, notes: &mut Vec<FormNote>) {
    let Some(folder) = parsed.certs_dir.clone() else {
        return;
    };
    if Path::new(&folder).is_relative() {
        parsed.ca_file = None;
        notes.push(FormNote {
            part: FormPart::CaPem,
            sentence: format!(
                "{folder} is meant from the folder in which that command is run, which is not known here. Choose its ca.crt, and, for a user who signs in by certificate, client.….crt and client.….key beside it."
            ),
        });
        return;
    }
    let user = parsed.user.clone().unwrap_or_else(|| "root".into());
    let own = |ending: &str| format!("{folder}/client.{user}.{ending}");
    if parsed.client_cert_file.is_none() && Path::new(&own("crt")).is_file() {
        parsed.client_cert_file = Some(own("crt"));
        parsed.client_key_file = Some(own("key"));
        parsed.user = Some(user);
    }
}

/// The certificate a pasted path names, or a note that says which file is missing.
async fn certificate_at(path: Option<&str>, part: Part, notes: &mut Vec<FormNote>) -> Option<String> {
    let path = path?;
    let read = match read_pem(Path::new(path)).await {
        Ok(pem) => certificate::read(pem.expose()).map(|_| pem).map_err(Error::from),
        Err(error) => Err(error),
    };
    match read {
        Ok(pem) => Some(pem.expose().to_owned()),
        Err(error) => {
            notes.push(FormNote {
                part: part.into(),
                sentence: error.message,
            });
            None
        }
    }
}

async fn key_at(state: &AppState, path: Option<&str>, notes: &mut Vec<FormNote>) -> Option<Uuid> {
    let read = match read_pem(Path::new(path?)).await {
        Ok(pem) => certificate::check_private_key(&pem)
            .map(|()| pem)
            .map_err(Error::from),
        Err(error) => Err(error),
    };
    match read {
        Ok(pem) => Some(state.connections.staged.stage(pem)),
        Err(error) => {
            notes.push(FormNote {
                part: FormPart::ClientKey,
                sentence: error.message,
            });
            None
        }
    }
}

async fn read_pem(path: &Path) -> Result<Secret, Error> {
    let failed = |what: &str| Error::new(Code::LocalDisk, format!("{} {what}.", path.display()));
    let about = tokio::fs::metadata(path)
        .await
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                failed("does not exist on this computer").hint("Choose the file.")
            }
            _ => failed("cannot be read").detail(error.to_string()),
        })?;
    if !about.is_file() {
        return Err(failed("is not a file"));
    }
    if about.len() > LONGEST_PEM_BYTES {
        return Err(failed("is too large for a certificate or a key"));
    }
    let bytes = tokio::fs::read(path)
        .await
        .map_err(|error| failed("cannot be read").detail(error.to_string()))?;
    String::from_utf8(bytes).map(Secret::new).map_err(|_| {
        failed("is not in PEM form")
            .hint("Convert it with openssl; a PEM file is text and starts with -----BEGIN.")
    })
}

fn folders() -> Folders {
    let home = std::env::home_dir();
    let app_data = std::env::var_os("APPDATA").map(Into::into);
    Folders { home, app_data }
}

#[cfg(test)]
mod tests;
