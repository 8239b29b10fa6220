//! What arrives of a download, on its way to the disk.
//!
//! One thread takes the chunks of all connections and writes each where it belongs. Another one digests the file's beginning
//! while the rest is still coming, from memory where chunks come in order, and has it brought to the disk: left to the
//! end, both would begin only when the last byte is there, and take as long again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;

use super::lanes::Pace;
use super::local::{PartFile, ended};
use crate::error::{Error, ErrorKind, Result};

/// So much is brought to the disk at a time.
const SYNC_BYTES: u64 = 16 << 20;

/// Chunks in memory at a time: one is received by each connection, and some are being written or digested, or wait for it.
const MOST_CHUNKS: usize = Pace::MOST_DOWNLOADING + 3;

/// Where it belongs, and what it holds.
type Chunk = (u64, Room);

/// A file in the middle of being written.
pub(super) struct Arrivals {
    intake: Intake,
    writing: JoinHandle<Result<()>>,
    settling: JoinHandle<Result<Written>>,
}

/// Where a connection hands its chunks in.
#[derive(Clone)]
pub(super) struct Intake {
    chunks: mpsc::Sender<Chunk>,
    memory: Arc<Memory>,
}

/// Memory that chunks take turns in: asked for anew for each, it would go back and forth between this process and the
/// system, which takes longer than writing it does.
struct Memory {
    spent: Mutex<Vec<Vec<u8>>>,
    room: Arc<Semaphore>,
}

impl Memory {
    fn spent(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The memory of one chunk. It is free again when this is dropped.
pub(super) struct Room {
    pub bytes: Vec<u8>,
    memory: Arc<Memory>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.memory.spent().push(std::mem::take(&mut self.bytes));
    }
}

/// What was written of a file.
#[derive(Debug)]
pub(super) struct Written {
    /// Offset and length of the chunks in the file.
    pub have: BTreeMap<u64, u64>,
    /// Of the file up to its first gap.
    pub digest: Sha256,
}

impl Arrivals {
    /// Begins with a file that `have` is in already. `on_written` is told the length of each chunk.
    pub fn new(
        part: &Arc<PartFile>,
        have: BTreeMap<u64, u64>,
        on_written: impl Fn(u64) + Send + 'static,
    ) -> Self {
        let (chunks, mut arriving) = mpsc::channel::<Chunk>(MOST_CHUNKS);
        let (written, mut following) = mpsc::channel::<Chunk>(MOST_CHUNKS);
        let mut settling = Settling::new(part, have);
        let part = Arc::clone(part);
        let writing = tokio::task::spawn_blocking(move || {
            while let Some((offset, room)) = arriving.blocking_recv() {
                part.write_at(offset, &room.bytes)?;
                on_written(room.bytes.len() as u64);
                // What has failed there is told at the end.
                let _ = written.blocking_send((offset, room));
            }
            Ok(())
        });
        let settling = tokio::task::spawn_blocking(move || {
            while let Some((offset, room)) = following.blocking_recv() {
                settling.follow(offset, &room.bytes)?;
            }
            settling.end()
        });
        let memory = Arc::new(Memory {
            spent: Mutex::default(),
            room: Arc::new(Semaphore::new(MOST_CHUNKS)),
        });
        Self {
            intake: Intake { chunks, memory },
            writing,
            settling,
        }
    }

    pub fn intake(&self) -> Intake {
        self.intake.clone()
    }

    /// Waits until every [`Intake`] is gone and all that was handed in is written.
    pub async fn end(self) -> Result<Written> {
        drop(self.intake);
        ended(self.writing).await?;
        ended(self.settling).await
    }
}

impl Intake {
    /// Waits until there is memory for one more chunk.
    pub async fn room(&self) -> Result<Room> {
        let permit = Arc::clone(&self.memory.room)
            .acquire_owned()
            .await
            .map_err(|_| cannot_write())?;
        let bytes = self.memory.spent().pop().unwrap_or_default();
        Ok(Room {
            bytes,
            memory: Arc::clone(&self.memory),
            _permit: permit,
        })
    }

    /// Takes a chunk over. Fails when writing has failed; [`Arrivals::end`] knows why.
    pub async fn take(&self, offset: u64, room: Room) -> Result<()> {
        self.chunks.send((offset, room)).await.map_err(|_| cannot_write())
    }
}

fn cannot_write() -> Error {
    Error::new(ErrorKind::Internal, "The file cannot be written any more.")
}

struct Settling {
    part: Arc<PartFile>,
    have: BTreeMap<u64, u64>,
    /// Up to here, where the first gap begins, the file is digested.
    digested: u64,
    digest: Sha256,
    /// Up to here the file is on the disk, or will be when `syncing` ends.
    synced: u64,
    syncing: Option<JoinHandle<Result<()>>>,
}

impl Settling {
    fn new(part: &Arc<PartFile>, have: BTreeMap<u64, u64>) -> Self {
        Self {
            part: Arc::clone(part),
            have,
            digested: 0,
            digest: Sha256::new(),
            synced: 0,
            syncing: None,
        }
    }

    /// A chunk was written.
    fn follow(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.have.insert(offset, bytes.len() as u64);
        if offset == self.digested {
            self.digest.update(bytes);
            self.digested += bytes.len() as u64;
        }
        self.catch_up()?;
        let running = self
            .syncing
            .as_ref()
            .is_some_and(|syncing| !syncing.is_finished());
        if !running && self.digested >= self.synced + SYNC_BYTES {
            // A failure of this is met again when the whole file is brought to the disk.
            self.synced = self.digested;
            let part = Arc::clone(&self.part);
            self.syncing = Some(tokio::task::spawn_blocking(move || part.sync()));
        }
        Ok(())
    }

    /// Digests what came before its turn.
    fn catch_up(&mut self) -> Result<()> {
        while let Some(len) = self.have.get(&self.digested).filter(|len| **len > 0) {
            self.part
                .update_digest(&mut self.digest, self.digested..self.digested + len)?;
            self.digested += len;
        }
        Ok(())
    }

    fn end(mut self) -> Result<Written> {
        self.catch_up()?;
        Ok(Written {
            have: self.have,
            digest: self.digest,
        })
    }
}
