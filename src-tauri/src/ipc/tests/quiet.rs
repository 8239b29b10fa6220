//! What nobody looks at costs nothing: a cluster that is open, with its jobs done, hears nothing more of the app.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::room::Room;
use crate::ipc::connections::{self, Environment};
use crate::ipc::{backups, overview};

/// Longer than the longest pause between two looks at a running job, which is 3 s.
const SILENCE: Duration = Duration::from_secs(5);

/// A line to the cluster on which what the app says is counted.
async fn counted_line(to: SocketAddr) -> (u16, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let said = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&said);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let counter = Arc::clone(&counter);
            tokio::spawn(async move {
                let server = TcpStream::connect(to).await.unwrap();
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_server, mut to_server) = server.into_split();
                tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
                let mut bytes = vec![0; 16 << 10];
                while let Ok(read @ 1..) = from_client.read(&mut bytes).await {
                    counter.fetch_add(read as u64, Ordering::Relaxed);
                    if to_server.write_all(&bytes[..read]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (port, said)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_cluster_that_nobody_asks_anything_hears_nothing() {
    let room = &Room::new("pw", "").await;
    let (port, said) = counted_line(room.cluster.address()).await;
    let mut fields = room.fields(Environment::Development);
    fields.port = port;
    let id = room.connect_as(fields).await;
    room.upload(id, "standing.txt").await;
    room.back_up(id).await;
    overview::get_overview(&room.state, id).await.unwrap();
    connections::get_capabilities(&room.state, id).await.unwrap();
    backups::list_collections(&room.state, id).await.unwrap();

    let spoken = || said.load(Ordering::Relaxed);
    assert!(spoken() > 0, "the line is the one that is used");
    let (mut before, mut since) = (spoken(), Instant::now());
    // Saying goodbye to idle connections may interrupt the silence, and so may the end of what was under way.
    let end = Instant::now() + Duration::from_secs(90);
    while since.elapsed() < SILENCE {
        assert!(Instant::now() < end, "the app does not stop asking");
        tokio::time::sleep(Duration::from_millis(50)).await;
        if spoken() != before {
            (before, since) = (spoken(), Instant::now());
        }
    }
}
