//! A connection made by hand: dial, agree on TLS, say who is meant, log in.
//!
//! The doctor goes as far as the first answer: no password is sent and no login is attempted, so that it counts
//! against nobody's failed logins. Where payload rows are read, the login follows.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::frontend;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::connect::{Target, TlsMode, startup_options};
use crate::connection_string::is_cloud;
use crate::doctor::Cause;
use crate::secret::Secret;
use crate::tls::{Shown, client_config};

/// Protocol 3.0.
const PROTOCOL: i32 = 196_608;
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
/// No honest first answer is longer.
const LONGEST_ANSWER_BYTES: usize = 64 * 1024;

pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// A failed step: its cause, and the technical text for "Copy details".
pub struct Failure {
    pub cause: Cause,
    pub detail: String,
    /// With TLS 1.3 a refused client certificate shows only when the first answer is read.
    pub in_tls: bool,
}

impl Failure {
    pub fn new(cause: Cause, detail: impl Into<String>) -> Self {
        Self {
            cause,
            detail: detail.into(),
            in_tls: false,
        }
    }

    fn io(error: &io::Error, shown: &Shown, target: &Target) -> Self {
        let in_tls = error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>());
        Self {
            in_tls,
            ..Self::new(
                Cause::from_io(error, shown.get().as_ref(), target),
                error.to_string(),
            )
        }
    }
}

pub async fn look_up(target: &Target) -> Result<Vec<SocketAddr>, Failure> {
    let not_found = Cause::HostNotFound {
        cloud: is_cloud(&target.host),
    };
    match tokio::net::lookup_host((target.host.as_str(), target.port)).await {
        Ok(addresses) => {
            let addresses: Vec<_> = addresses.collect();
            if addresses.is_empty() {
                return Err(Failure::new(not_found, "the name has no address"));
            }
            Ok(addresses)
        }
        Err(error) => Err(Failure::new(not_found, error.to_string())),
    }
}

pub async fn dial(target: &Target, addresses: &[SocketAddr]) -> Result<TcpStream, Failure> {
    TcpStream::connect(addresses)
        .await
        .map_err(|error| Failure::io(&error, &Shown::default(), target))
}

/// The stream to go on with: encrypted as the target asks, or plain when it asks for nothing.
pub async fn secure(target: &Target, mut tcp: TcpStream, shown: &Shown) -> Result<Box<dyn Stream>, Failure> {
    if target.tls == TlsMode::Disable {
        return Ok(Box::new(tcp));
    }
    let failed = |error: io::Error| Failure::io(&error, shown, target);
    if target.client_cert_pem.is_some() != target.client_key_pem.is_some() {
        return Err(Failure::new(
            Cause::ClientCertificateIncomplete,
            "certificate without key, or key without certificate",
        ));
    }
    let for_config = (target.clone(), shown.clone());
    let config = tokio::task::spawn_blocking(move || client_config(&for_config.0, for_config.1))
        .await
        .map_err(|error| {
            Failure::new(
                Cause::Other {
                    message: error.to_string(),
                },
                error.to_string(),
            )
        })?
        .map_err(|error| {
            let detail = error.detail.clone().unwrap_or_default();
            Failure::new(
                Cause::CertificateUnreadable {
                    sentence: error.message,
                },
                detail,
            )
        })?;
    tcp.write_all(&SSL_REQUEST).await.map_err(failed)?;
    match tcp.read_u8().await.map_err(failed)? {
        b'S' => {}
        b'N' => {
            return Err(Failure::new(
                Cause::EncryptionNotOffered,
                "the server answered N to the request for TLS",
            ));
        }
        b'E' => {
            let message = String::from("the server answered the request for TLS with an error");
            return Err(Failure::new(Cause::EncryptionNotOffered, message));
        }
        _ => {
            return Err(Failure::new(
                Cause::NotThisProtocol,
                "the answer to the request for TLS is not one of the protocol",
            ));
        }
    }
    let name = ServerName::try_from(target.host.clone()).map_err(|error| {
        Failure::new(
            Cause::Other {
                message: error.to_string(),
            },
            error.to_string(),
        )
    })?;
    let stream = tokio_rustls::TlsConnector::from(Arc::new(config))
        .connect(name, tcp)
        .await
        .map_err(failed)?;
    Ok(Box::new(stream))
}

/// Says who is meant and reads until the server asks for a login or refuses.
pub async fn route(target: &Target, mut stream: Box<dyn Stream>, shown: &Shown) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::io(&error, shown, target);
    stream.write_all(&startup(target)).await.map_err(failed)?;
    stream.flush().await.map_err(failed)?;
    loop {
        match answer(&mut stream, target, shown).await? {
            (b'R', _) => {
                // Terminate: the server need not wait for a login that does not come.
                let _ = stream.write_all(&[b'X', 0, 0, 0, 4]).await;
                return Ok(());
            }
            // A notice, or the protocol version the server prefers.
            (b'N' | b'v', _) => {}
            _ => return Err(unexpected()),
        }
    }
}

/// Says who is meant, proves it, and reads until the server takes statements.
pub async fn log_in(target: &Target, stream: &mut Box<dyn Stream>) -> Result<(), Failure> {
    // The certificate is told only by the doctor.
    let shown = Shown::default();
    let failed = |error: io::Error| Failure::io(&error, &shown, target);
    let mut out = BytesMut::from(startup(target).as_slice());
    let mut scram = None;
    loop {
        stream.write_all(&out).await.map_err(failed)?;
        stream.flush().await.map_err(failed)?;
        out.clear();
        match answer(stream, target, &shown).await? {
            (b'R', body) => prove(target, &body, &mut scram, &mut out).map_err(failed)?,
            (b'Z', _) => return Ok(()),
            // Parameters, the number to cancel with, notices, and the protocol version the server prefers.
            (b'S' | b'K' | b'N' | b'v', _) => {}
            _ => return Err(unexpected()),
        }
    }
}

/// Answers one request for a login. The numbers are those of the protocol's Authentication messages.
fn prove(
    target: &Target,
    mut request: &[u8],
    scram: &mut Option<ScramSha256>,
    out: &mut BytesMut,
) -> io::Result<()> {
    let malformed = || io::Error::new(io::ErrorKind::InvalidData, "a malformed request for a login");
    let password = target.password.as_ref().map(Secret::expose).unwrap_or_default();
    match (request.try_get_i32().map_err(|_| malformed())?, scram.as_mut()) {
        // It is enough.
        (0, _) => Ok(()),
        (3, _) => frontend::password_message(password.as_bytes(), out),
        // CockroachDB does not ask for it, an old PostgreSQL does.
        (5, _) => {
            let salt = request.try_into().map_err(|_| malformed())?;
            let hash = md5_hash(target.user.as_bytes(), password.as_bytes(), salt);
            frontend::password_message(hash.as_bytes(), out)
        }
        (10, _)
            if request
                .split(|byte| *byte == 0)
                .any(|name| name == SCRAM_SHA_256.as_bytes()) =>
        {
            let begun = scram.insert(ScramSha256::new(
                password.as_bytes(),
                ChannelBinding::unsupported(),
            ));
            frontend::sasl_initial_response(SCRAM_SHA_256, begun.message(), out)
        }
        (11, Some(scram)) => {
            scram.update(request)?;
            frontend::sasl_response(scram.message(), out)
        }
        // The server proves itself too.
        (12, Some(scram)) => scram.finish(request),
        _ => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "the server asks for a kind of login that is not supported",
        )),
    }
}

/// The next message. A refusal is a failure.
async fn answer(
    stream: &mut Box<dyn Stream>,
    target: &Target,
    shown: &Shown,
) -> Result<(u8, Vec<u8>), Failure> {
    let failed = |error: io::Error| Failure::io(&error, shown, target);
    let tag = stream.read_u8().await.map_err(failed)?;
    let length = stream.read_i32().await.map_err(failed)?;
    let length = usize::try_from(length)
        .ok()
        .and_then(|length| length.checked_sub(4));
    let Some(length) = length.filter(|length| *length <= LONGEST_ANSWER_BYTES && tag.is_ascii_alphabetic())
    else {
        return Err(unexpected());
    };
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.map_err(failed)?;
    if tag == b'E' {
        let (code, message, hint) = error_fields(&body);
        let cause = Cause::from_server(&code, &message, &target.database);
        let hint = hint.map(|hint| format!(" (hint: {hint})")).unwrap_or_default();
        return Err(Failure::new(cause, format!("SQLSTATE {code}: {message}{hint}")));
    }
    Ok((tag, body))
}

fn unexpected() -> Failure {
    Failure::new(Cause::NotThisProtocol, "the answer is not one of the protocol")
}

fn startup(target: &Target) -> Vec<u8> {
    let options = startup_options(target)
        .iter()
        .map(|(name, value)| format!("-c {name}={value}"))
        .collect::<Vec<_>>()
        .join(" ");
    let mut body = PROTOCOL.to_be_bytes().to_vec();
    for (name, value) in [
        ("user", target.user.as_str()),
        ("database", &target.database),
        ("application_name", "roachvault"),
        ("options", &options),
    ] {
        if !value.is_empty() {
            body.extend_from_slice(name.as_bytes());
            body.push(0);
            body.extend_from_slice(value.as_bytes());
            body.push(0);
        }
    }
    body.push(0);
    let length = (body.len() + 4) as i32;
    let mut message = length.to_be_bytes().to_vec();
    message.append(&mut body);
    message
}

/// Code, message and hint. The detail is left out: it may hold a whole statement.
pub fn error_fields(body: &[u8]) -> (String, String, Option<String>) {
    let (mut code, mut message, mut hint) = (String::new(), String::new(), None);
    for field in body.split(|byte| *byte == 0) {
        let Some((kind, value)) = field.split_first() else {
            continue;
        };
        let value = String::from_utf8_lossy(value).into_owned();
        match kind {
            b'C' => code = value,
            b'M' => message = value,
            b'H' => hint = Some(value),
            _ => {}
        }
    }
    (code, message, hint)
}
