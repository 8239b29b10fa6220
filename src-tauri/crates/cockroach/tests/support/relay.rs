//! A bad line between a client and a server: connections are cut after a number of bytes, or everything
//! takes a while longer.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Relays until it is dropped.
pub struct Relay {
    pub port: u16,
    /// Bytes until all connections are cut; below zero for never. Cutting sets it back to that.
    budget: Arc<AtomicI64>,
    pub cuts: Arc<AtomicU64>,
    /// Bytes that have passed, both ways.
    pub bytes: Arc<AtomicU64>,
    is_closed: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<()>,
}

impl Relay {
    /// `latency` is added in each direction.
    pub async fn start(to: SocketAddr, latency: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (budget, cuts) = (Arc::new(AtomicI64::new(-1)), Arc::new(AtomicU64::new(0)));
        let passed = Arc::new(AtomicU64::new(0));
        let is_closed = Arc::new(AtomicBool::new(false));
        let closed = Arc::clone(&is_closed);
        let (own_budget, own_cuts, own_passed) =
            (Arc::clone(&budget), Arc::clone(&cuts), Arc::clone(&passed));
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            let (cut, _) = tokio::sync::broadcast::channel::<()>(8);
            loop {
                let Ok((client, _)) = listener.accept().await else {
                    return;
                };
                if closed.load(Ordering::Relaxed) {
                    continue;
                }
                let (budget, cuts, cut) = (Arc::clone(&own_budget), Arc::clone(&own_cuts), cut.clone());
                let passed = Arc::clone(&own_passed);
                let mut cut_now = cut.subscribe();
                connections.spawn(async move {
                    let Ok(server) = TcpStream::connect(to).await else {
                        return;
                    };
                    let (_, _) = (client.set_nodelay(true), server.set_nodelay(true));
                    let (client_read, client_write) = client.into_split();
                    let (server_read, server_write) = server.into_split();
                    let spend = move |bytes: usize| {
                        passed.fetch_add(bytes as u64, Ordering::Relaxed);
                        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
                        let before = budget.load(Ordering::Relaxed);
                        if before >= 0 && budget.fetch_sub(bytes, Ordering::Relaxed) - bytes < 0 {
                            budget.store(-1, Ordering::Relaxed);
                            cuts.fetch_add(1, Ordering::Relaxed);
                            let _ = cut.send(());
                        }
                    };
                    tokio::select! {
                        () = pump(client_read, server_write, latency, spend.clone()) => {}
                        () = pump(server_read, client_write, latency, spend) => {}
                        _ = cut_now.recv() => {}
                    }
                });
            }
        });
        Self {
            port,
            budget,
            cuts,
            bytes: passed,
            is_closed,
            task,
        }
    }

    /// Cuts all connections once so many bytes more have passed.
    pub fn cut_after(&self, bytes: u64) {
        self.budget
            .store(i64::try_from(bytes).unwrap(), Ordering::Relaxed);
    }

    /// Lets nobody through: who is connected is cut off with the next byte, who comes is sent away.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
        self.cut_after(0);
    }

    pub fn open(&self) {
        self.is_closed.store(false, Ordering::Relaxed);
        self.never_cut();
    }

    /// Takes back a cut that has not happened.
    pub fn never_cut(&self) {
        self.budget.store(-1, Ordering::Relaxed);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Carries bytes one way. They arrive later by `latency`, and as fast one after the other as they came.
async fn pump(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    latency: Duration,
    spend: impl Fn(usize),
) {
    let (sender, mut arriving) = mpsc::channel::<(Instant, Vec<u8>)>(256);
    let reading = async move {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(read) = from.read(&mut buffer).await {
            if read == 0
                || sender
                    .send((Instant::now() + latency, buffer[..read].to_vec()))
                    .await
                    .is_err()
            {
                return;
            }
        }
    };
    let writing = async move {
        while let Some((due, bytes)) = arriving.recv().await {
            tokio::time::sleep_until(due).await;
            spend(bytes.len());
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
        let _ = to.shutdown().await;
    };
    tokio::join!(reading, writing);
}
