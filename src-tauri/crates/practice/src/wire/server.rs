//! Listening, and every connection's thread.

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rustls::ServerConfig;

use super::connection::Connection;
use super::frame::Peer;
use super::startup::{self, Opening};
use crate::cluster::Cluster;
use crate::error::{SqlError, sqlstate};
use crate::session::{Interrupt, Session};

/// How connections are taken.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    pub listen: SocketAddr,
    /// `None`: the cluster is insecure, passwords are not asked.
    pub tls: Option<Arc<ServerConfig>>,
}

/// A listening cluster. Dropping it ends every connection.
pub struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    cluster: Arc<Cluster>,
    tls: Option<Arc<ServerConfig>>,
    closing: AtomicBool,
    next_process: AtomicI32,
    clients: Mutex<HashMap<i32, Client>>,
}

struct Client {
    socket: TcpStream,
    /// Set once the client has proved who it is.
    cancel: Option<(i32, Arc<Interrupt>)>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Begins to accept connections.
    pub fn start(cluster: Arc<Cluster>, options: ServerOptions) -> io::Result<Self> {
        let listener = TcpListener::bind(options.listen)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            cluster,
            tls: options.tls,
            closing: AtomicBool::new(false),
            next_process: AtomicI32::new(1),
            clients: Mutex::default(),
        });
        let accepting = {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name("practice-accept".into())
                .spawn(move || accept(&shared, &listener))?
        };
        Ok(Self {
            shared,
            address,
            accepting: Some(accepting),
        })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        // Wakes the accepting thread, which then sees that it should end.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.accepting.take() {
            let _ = thread.join();
        }
        let clients: Vec<Client> = self.shared.clients().drain().map(|(_, client)| client).collect();
        for client in clients {
            if let Some((_, interrupt)) = &client.cancel {
                interrupt.cancel();
            }
            let _ = client.socket.shutdown(Shutdown::Both);
            if let Some(thread) = client.thread {
                let _ = thread.join();
            }
        }
    }
}

impl Shared {
    fn clients(&self) -> MutexGuard<'_, HashMap<i32, Client>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cancel(&self, process: i32, secret: i32) {
        if let Some(Client {
            cancel: Some((known, interrupt)),
            ..
        }) = self.clients().get(&process)
            && *known == secret
        {
            interrupt.cancel();
        }
    }
}

fn accept(shared: &Arc<Shared>, listener: &TcpListener) {
    for socket in listener.incoming() {
        if shared.closing.load(Ordering::SeqCst) {
            return;
        }
        let Ok(socket) = socket else { continue };
        // Small answers should not wait for more.
        let _ = socket.set_nodelay(true);
        let Ok(copy) = socket.try_clone() else { continue };
        let process = shared.next_process.fetch_add(1, Ordering::Relaxed);
        let mut clients = shared.clients();
        let thread = {
            let shared = Arc::clone(shared);
            std::thread::Builder::new()
                .name(format!("practice-client-{process}"))
                .spawn(move || {
                    // However it ended, the client is gone; there is nobody left to tell.
                    let _ = serve(&shared, socket, process);
                    shared.clients().remove(&process);
                })
        };
        if let Ok(thread) = thread {
            clients.insert(
                process,
                Client {
                    socket: copy,
                    cancel: None,
                    thread: Some(thread),
                },
            );
        }
    }
}

fn serve(shared: &Arc<Shared>, socket: TcpStream, process: i32) -> io::Result<()> {
    let cluster = &shared.cluster;
    if cluster.faults().is_on("silent") {
        return wait_for_end(&socket);
    }
    let (line, parameters, encrypted, certified_user) = match startup::open(socket, shared.tls.as_ref())? {
        Opening::Cancel { process, secret } => {
            shared.cancel(process, secret);
            return Ok(());
        }
        Opening::Client {
            line,
            parameters,
            encrypted,
            certified_user,
        } => (line, parameters, encrypted, certified_user),
    };
    let mut peer = Peer::new(line, Arc::clone(cluster));
    if let Some(delay) = cluster.faults().duration("slow_start") {
        std::thread::sleep(delay);
    }
    if let Some(error) = refusal(shared, encrypted) {
        return turn_away(&mut peer, &error);
    }
    let must_prove = shared.tls.is_some();
    let proved = startup::authenticate(
        &mut peer,
        cluster,
        &parameters,
        certified_user.as_deref(),
        must_prove,
    )?;
    let user = match proved {
        Ok(user) => user,
        Err(error) => return turn_away(&mut peer, &error),
    };
    let database = parameters.get("database").map_or("defaultdb", String::as_str);
    let session = match Session::new(cluster, &user, database) {
        Ok(session) => session,
        Err(error) => return turn_away(&mut peer, &error.into_fatal()),
    };
    let mut connection = Connection::open(peer, session, &parameters);
    let secret = uuid::Uuid::new_v4().as_u128() as i32;
    if let Some(client) = shared.clients().get_mut(&process) {
        client.cancel = Some((secret, connection.interrupt()));
    }
    connection.greet(process, secret)?;
    connection.serve()
}

/// Why this connection is refused before anybody is asked who it is.
fn refusal(shared: &Shared, encrypted: bool) -> Option<SqlError> {
    let faults = shared.cluster.faults();
    let refused = |code, text: &str| Some(SqlError::new(code, text).into_fatal());
    if shared.tls.is_some() && !encrypted {
        return refused(
            sqlstate::PROTOCOL_VIOLATION,
            "node is running secure mode, SSL connection required",
        );
    }
    if faults.is_on("disabled") {
        return refused(
            sqlstate::CONNECTION_REJECTED,
            "codeUnavailable: the cluster has used up its limit and is disabled",
        );
    }
    if faults.is_on("drain") {
        return refused(
            sqlstate::ADMIN_SHUTDOWN,
            "server is not accepting clients, try another node",
        );
    }
    let open = shared
        .clients()
        .values()
        .filter(|client| client.cancel.is_some())
        .count();
    if faults
        .number("max_connections")
        .is_some_and(|limit| open as u64 >= limit)
    {
        return refused(sqlstate::TOO_MANY_CONNECTIONS, "sorry, too many clients already");
    }
    None
}

fn turn_away(peer: &mut Peer, error: &SqlError) -> io::Result<()> {
    peer.send_error(error)?;
    peer.flush()
}

/// Keeps the connection open and says nothing until the client leaves.
fn wait_for_end(mut socket: &TcpStream) -> io::Result<()> {
    io::copy(&mut socket, &mut io::sink()).map(|_| ())
}
