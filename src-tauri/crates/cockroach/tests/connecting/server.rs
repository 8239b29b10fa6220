//! A server of few words: says what a test wants to hear, and counts logins.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone)]
pub enum Script {
    /// Closes as soon as somebody is there.
    HangUp,
    /// Answers the request for TLS with `N`.
    NoTls,
    /// Reads the startup message and says nothing.
    Silent,
    /// Sends these bytes whatever it hears.
    Babble(&'static [u8]),
    /// Refuses the startup message.
    Refuse {
        code: &'static str,
        message: &'static str,
    },
    /// Asks for the password, and refuses it.
    RefusePassword {
        code: &'static str,
        message: &'static str,
    },
    /// Asks for the password and answers after a while with a refusal.
    Slow(Duration),
}

pub struct Server {
    pub port: u16,
    pub logins: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    pub async fn start(script: Script, tls: Option<ServerConfig>) -> Self {
        let listener = TcpListener::bind(("localhost", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let logins = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&logins);
        let tls = tls.map(|config| tokio_rustls::TlsAcceptor::from(Arc::new(config)));
        let task = tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                tokio::spawn(serve(tcp, script.clone(), tls.clone(), Arc::clone(&counted)));
            }
        });
        Self { port, logins, task }
    }

    pub fn logins(&self) -> usize {
        self.logins.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut tcp: TcpStream,
    script: Script,
    tls: Option<tokio_rustls::TlsAcceptor>,
    logins: Arc<AtomicUsize>,
) -> Option<()> {
    match (&script, tls) {
        (Script::HangUp, _) => None,
        (Script::Babble(bytes), _) => {
            let _ = tcp.read(&mut [0; 8]).await;
            tcp.write_all(bytes).await.ok()?;
            wait_for_end(&mut tcp).await
        }
        (Script::NoTls, _) => {
            tcp.read_exact(&mut [0; 8]).await.ok()?;
            tcp.write_all(b"N").await.ok()?;
            wait_for_end(&mut tcp).await
        }
        (_, Some(tls)) => {
            tcp.read_exact(&mut [0; 8]).await.ok()?;
            tcp.write_all(b"S").await.ok()?;
            let mut stream = tls.accept(tcp).await.ok()?;
            talk(&mut stream, script, &logins).await
        }
        (_, None) => talk(&mut tcp, script, &logins).await,
    }
}

async fn talk(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    script: Script,
    logins: &AtomicUsize,
) -> Option<()> {
    let length = stream.read_i32().await.ok()?;
    stream.read_exact(&mut vec![0; length as usize - 4]).await.ok()?;
    let (code, message) = match script {
        Script::Refuse { code, message } => (code, message),
        Script::Silent => return wait_for_end(stream).await,
        Script::RefusePassword { code, message } => {
            ask_password(stream, logins).await?;
            (code, message)
        }
        Script::Slow(delay) => {
            tokio::time::sleep(delay).await;
            ask_password(stream, logins).await?;
            ("28P01", "password authentication failed for user max")
        }
        Script::HangUp | Script::NoTls | Script::Babble(_) => return None,
    };
    let body = format!("SFATAL\0C{code}\0M{message}\0Dsecret detail s3cr3t-w0rd\0\0");
    stream.write_u8(b'E').await.ok()?;
    stream.write_i32(body.len() as i32 + 4).await.ok()?;
    stream.write_all(body.as_bytes()).await.ok()?;
    stream.flush().await.ok()
}

async fn ask_password(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    logins: &AtomicUsize,
) -> Option<()> {
    stream.write_all(&[b'R', 0, 0, 0, 8, 0, 0, 0, 3]).await.ok()?;
    stream.flush().await.ok()?;
    // The probe says goodbye here with an `X`; only a login sends a `p`.
    if stream.read_u8().await.ok()? != b'p' {
        return None;
    }
    logins.fetch_add(1, Ordering::SeqCst);
    let length = stream.read_i32().await.ok()?;
    stream.read_exact(&mut vec![0; length as usize - 4]).await.ok()?;
    Some(())
}

async fn wait_for_end(stream: &mut (impl AsyncRead + Unpin)) -> Option<()> {
    while stream.read(&mut [0; 64]).await.ok()? > 0 {}
    Some(())
}
