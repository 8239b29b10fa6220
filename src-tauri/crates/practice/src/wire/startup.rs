//! The beginning of a connection: encryption, who is there, and the proof of it.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::frame::{Body, Line, Peer, Received, malformed};
use super::token;
use crate::catalog::Catalog;
use crate::cluster::Cluster;
use crate::error::{SqlError, SqlResult, sqlstate};
use crate::scram::{Exchange, Verifier};
use crate::session::Session;

const SSL_REQUEST: i32 = 80_877_103;
const GSS_REQUEST: i32 = 80_877_104;
const CANCEL_REQUEST: i32 = 80_877_102;
const PROTOCOL_3: i32 = 3 << 16;
/// A startup message is small; whoever sends more is no client.
const STARTUP_LIMIT: usize = 10_000;

/// What a new connection turned out to be.
pub enum Opening {
    Client {
        line: Line,
        parameters: BTreeMap<String, String>,
        encrypted: bool,
        /// Whom the client's certificate names, if it showed one.
        certified_user: Option<String>,
    },
    Cancel {
        process: i32,
        secret: i32,
    },
}

/// Reads up to the startup message, with TLS when the client asks for it and the cluster has it.
pub fn open(socket: TcpStream, tls: Option<&Arc<ServerConfig>>) -> io::Result<Opening> {
    let mut line = Line::Plain(socket);
    let mut encrypted = false;
    loop {
        let body = read_startup(&mut line)?;
        let mut parts = Body(&body);
        let code = parts.int32().map_err(invalid)?;
        match code {
            SSL_REQUEST | GSS_REQUEST if encrypted => return Err(io::ErrorKind::InvalidData.into()),
            SSL_REQUEST => {
                let Line::Plain(mut socket) = line else {
                    return Err(io::ErrorKind::InvalidData.into());
                };
                line = match tls {
                    Some(config) => {
                        socket.write_all(b"S")?;
                        let session = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
                        encrypted = true;
                        Line::Tls(Box::new(StreamOwned::new(session, socket)))
                    }
                    None => {
                        socket.write_all(b"N")?;
                        Line::Plain(socket)
                    }
                };
            }
            GSS_REQUEST => line.write_all(b"N")?,
            CANCEL_REQUEST => {
                let process = parts.int32().map_err(invalid)?;
                let secret = parts.int32().map_err(invalid)?;
                return Ok(Opening::Cancel { process, secret });
            }
            _ if code >> 16 == PROTOCOL_3 >> 16 => {
                let parameters = read_parameters(&mut parts).map_err(invalid)?;
                return Ok(Opening::Client {
                    certified_user: line.certified_user(),
                    line,
                    parameters,
                    encrypted,
                });
            }
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

fn read_startup(line: &mut Line) -> io::Result<Vec<u8>> {
    let mut head = [0; 4];
    line.read_exact(&mut head)?;
    let length = (u32::from_be_bytes(head) as usize).saturating_sub(4);
    if length > STARTUP_LIMIT {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; length];
    line.read_exact(&mut body)?;
    Ok(body)
}

fn read_parameters(parts: &mut Body<'_>) -> SqlResult<BTreeMap<String, String>> {
    let mut parameters = BTreeMap::new();
    loop {
        let name = parts.text()?;
        if name.is_empty() {
            return Ok(parameters);
        }
        parameters.insert(name.to_owned(), parts.text()?.to_owned());
    }
}

fn invalid(error: SqlError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.message)
}

/// What `options` asks for: `-c name=value` and `--name=value`, blanks escaped by a backslash.
pub fn session_options(options: &str) -> Vec<(String, String)> {
    let mut words = vec![String::new()];
    let mut letters = options.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => words
                .last_mut()
                .into_iter()
                .for_each(|word| word.extend(letters.next())),
            ' ' => words.push(String::new()),
            other => words.last_mut().into_iter().for_each(|word| word.push(other)),
        }
    }
    let mut settings = Vec::new();
    let mut words = words.into_iter().filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        let assignment = match word.strip_prefix("-c") {
            Some("") => words.next().unwrap_or_default(),
            Some(rest) => rest.to_owned(),
            None => word.strip_prefix("--").unwrap_or(&word).to_owned(),
        };
        if let Some((name, value)) = assignment.split_once('=') {
            settings.push((name.trim().to_lowercase(), value.to_owned()));
        }
    }
    settings
}

/// Asks the client to prove who it is; gives the normalised user name.
pub fn authenticate(
    peer: &mut Peer,
    cluster: &Arc<Cluster>,
    parameters: &BTreeMap<String, String>,
    certified_user: Option<&str>,
    must_prove: bool,
) -> io::Result<SqlResult<String>> {
    let user = parameters
        .get("user")
        .map(|user| user.to_lowercase())
        .unwrap_or_default();
    let catalog = match Session::internal(cluster, "node").and_then(|mut session| session.catalog()) {
        Ok(catalog) => catalog,
        Err(error) => return Ok(Err(error)),
    };
    if must_prove {
        let wants_token = session_options(parameters.get("options").map_or("", String::as_str))
            .iter()
            .any(|(name, value)| name == "crdb:jwt_auth_enabled" && value == "true");
        if wants_token {
            let token = ask_for_cleartext(peer)?;
            if let Err(reason) = token::check(&token, &user, &catalog) {
                return Ok(Err(fatal(
                    sqlstate::INVALID_AUTHORIZATION,
                    format!("JWT authentication: {reason}"),
                )));
            }
        } else if let Some(certified) = certified_user {
            // A certificate takes the place of the password; it is not an addition to it.
            if certified.to_lowercase() != user {
                return Ok(Err(fatal(
                    sqlstate::INVALID_AUTHORIZATION,
                    format!("certificate authentication failed for user \"{user}\""),
                )
                .with_detail(format!("the certificate is for the user \"{certified}\""))));
            }
        } else if let Err(error) = prove(peer, &catalog, &user)? {
            return Ok(Err(error));
        }
    }
    let Some(role) = catalog.roles.get(&user) else {
        return Ok(Err(fatal(
            sqlstate::INVALID_AUTHORIZATION,
            format!("password authentication failed for user {user}"),
        )));
    };
    if !role.may_log_in() {
        return Ok(Err(fatal(
            sqlstate::INVALID_AUTHORIZATION,
            format!("{user} does not have login privilege"),
        )));
    }
    peer.send(b'R', |out| out.extend(0i32.to_be_bytes()))?;
    Ok(Ok(user))
}

/// What the client sends for a password; empty when it sends something else.
fn ask_for_cleartext(peer: &mut Peer) -> io::Result<String> {
    peer.send(b'R', |out| out.extend(3i32.to_be_bytes()))?;
    peer.flush()?;
    Ok(match peer.receive()? {
        Received::Message(message) if message.kind == b'p' => {
            Body(&message.body).text().unwrap_or_default().to_owned()
        }
        _ => String::new(),
    })
}

fn fatal(code: &'static str, message: impl Into<String>) -> SqlError {
    SqlError::new(code, message).into_fatal()
}

/// SCRAM-SHA-256. An unknown user meets the same exchange as a known one.
fn prove(peer: &mut Peer, catalog: &Catalog, user: &str) -> io::Result<SqlResult<()>> {
    let refused = || {
        fatal(
            sqlstate::INVALID_PASSWORD,
            format!("password authentication failed for user {user}"),
        )
    };
    let verifier = catalog
        .roles
        .get(user)
        .and_then(|role| role.password.clone())
        .unwrap_or_else(|| Verifier::impossible(user));
    peer.send(b'R', |out| {
        out.extend(10i32.to_be_bytes());
        out.extend(b"SCRAM-SHA-256\0\0");
    })?;
    peer.flush()?;
    let Some(first) = sasl(peer)? else {
        return Ok(Err(malformed().into_fatal()));
    };
    let mut parts = Body(&first);
    let start = parts
        .text()
        .ok()
        .filter(|mechanism| *mechanism == "SCRAM-SHA-256")
        .and_then(|_| parts.value().ok().flatten())
        .and_then(|message| std::str::from_utf8(message).ok())
        .and_then(|message| Exchange::start(verifier, message));
    let Some((exchange, challenge)) = start else {
        return Ok(Err(refused()));
    };
    peer.send(b'R', |out| {
        out.extend(11i32.to_be_bytes());
        out.extend(challenge.as_bytes());
    })?;
    peer.flush()?;
    let Some(last) = sasl(peer)? else {
        return Ok(Err(malformed().into_fatal()));
    };
    let Some(proof) = std::str::from_utf8(&last)
        .ok()
        .and_then(|message| exchange.finish(message))
    else {
        return Ok(Err(refused()));
    };
    peer.send(b'R', |out| {
        out.extend(12i32.to_be_bytes());
        out.extend(proof.as_bytes());
    })?;
    Ok(Ok(()))
}

fn sasl(peer: &mut Peer) -> io::Result<Option<Vec<u8>>> {
    Ok(match peer.receive()? {
        Received::Message(message) if message.kind == b'p' => Some(message.body),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::session_options;

    #[test]
    fn options_are_read_in_every_form_clients_send() {
        let read = session_options(r"--cluster=funny-skunk-123 -c statement_timeout=5\ min -ctimezone=UTC");
        let read: Vec<(&str, &str)> = read.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(
            read,
            [
                ("cluster", "funny-skunk-123"),
                ("statement_timeout", "5 min"),
                ("timezone", "UTC")
            ]
        );
    }
}
