//! What arrives of a download, on its way to the disk.
//!
//! One thread takes the chunks of all connections and writes each where it belongs. Another one digests the file's beginning
//! while the rest is still coming, from memory where chunks come in order, and has it brought to the disk: left to the
//! end, both would begin only when the last byte is there, and take as long again.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use super::local::{PartFile, ended};
use crate::error::{Error, ErrorKind, Result};

/// So much is brought to the disk at a time.
const SYNC_BYTES: u64 = 16 << 20;

/// Chunks that are being written or digested, or wait for it.
const BUFFERS: usize = 3;

type Chunk = (u64, Vec<u8>);

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
    /// A chunk's memory is used again for the next one: asked for anew, it would go back and forth between this process and the
    /// system, which takes longer than the copy.
    spent: Arc<Mutex<mpsc::Receiver<Vec<u8>>>>,
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
        let (chunks, mut arriving) = mpsc::channel::<Chunk>(BUFFERS);
        let (spend, spent) = mpsc::channel(BUFFERS);
        for _ in 0..BUFFERS {
            // There is room for all of them.
            let _ = spend.try_send(Vec::new());
        }
        let (written, mut following) = mpsc::channel::<Chunk>(BUFFERS);
        let mut settling = Settling::new(part, have);
        let part = Arc::clone(part);
        let writing = tokio::task::spawn_blocking(move || {
            while let Some((offset, bytes)) = arriving.blocking_recv() {
                part.write_at(offset, &bytes)?;
                on_written(bytes.len() as u64);
                // What has failed there is told at the end.
                let _ = written.blocking_send((offset, bytes));
            }
            Ok(())
        });
        let settling = tokio::task::spawn_blocking(move || {
            while let Some((offset, bytes)) = following.blocking_recv() {
                settling.follow(offset, &bytes)?;
                // Nobody takes it when this was the last one.
                let _ = spend.try_send(bytes);
            }
            settling.end()
        });
        let spent = Arc::new(Mutex::new(spent));
        Self {
            intake: Intake { chunks, spent },
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
    /// Waits for room, then takes a chunk over. Fails when writing has failed; [`Arrivals::end`] knows why.
    pub async fn take(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let failed = || Error::new(ErrorKind::Internal, "The file cannot be written any more.");
        let mut buffer = self.spent.lock().await.recv().await.ok_or_else(failed)?;
        buffer.clear();
        buffer.extend_from_slice(bytes);
        self.chunks.send((offset, buffer)).await.map_err(|_| failed())
    }
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
