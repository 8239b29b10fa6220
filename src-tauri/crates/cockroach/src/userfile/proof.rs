//! Proof of an upload while it is still under way.
//!
//! The cluster digests what it holds, and that is compared with what was sent. Done only at the end, this
//! would read the whole file once more while nothing is sent; so the beginning, which does not change any
//! more, is proven while the rest is on its way.

use std::collections::BTreeMap;

use tokio::task::JoinSet;
use uuid::Uuid;

use super::chunks::{Digested, digests_between};
use super::lanes::SharedLanes;
use super::store::Store;

/// So much is proven at a time.
const STEP_BYTES: u64 = 32 << 20;

/// The beginning of a file that the cluster is known to hold as it was sent.
pub(super) struct Proof {
    store: Store,
    lanes: SharedLanes,
    file_id: Uuid,
    /// Everything before it is proven.
    end: u64,
    /// Everything before it is written, as far as was looked.
    written_until: u64,
    /// At most one step, with its new end, or nothing if it proved something else. It reads only, and ends
    /// with this.
    running: JoinSet<Option<u64>>,
    /// A step that failed is left to whoever proves the rest.
    gave_up: bool,
}

impl Proof {
    pub fn new(store: &Store, lanes: &SharedLanes, file_id: Uuid) -> Self {
        Self {
            store: store.clone(),
            lanes: lanes.clone(),
            file_id,
            end: 0,
            written_until: 0,
            running: JoinSet::new(),
            gave_up: false,
        }
    }

    /// Goes on with what `written` has by now, if the step before has ended.
    pub fn advance(&mut self, written: &BTreeMap<u64, Digested>) {
        while let Some(chunk) = written.get(&self.written_until) {
            self.written_until += chunk.len;
        }
        if let Some(Ok(ended)) = self.running.try_join_next() {
            self.take(ended);
        }
        if self.gave_up || !self.running.is_empty() || self.written_until < self.end + STEP_BYTES {
            return;
        }
        let range = self.end..self.written_until;
        let sent: BTreeMap<u64, Digested> = written
            .range(range.clone())
            .map(|(offset, chunk)| (*offset, *chunk))
            .collect();
        let (store, lanes, file_id) = (self.store.clone(), self.lanes.clone(), self.file_id);
        self.running.spawn(async move {
            match digests_between(&store, &lanes, file_id, range.clone()).await {
                Ok(stored) if stored == sent => Some(range.end),
                _ => None,
            }
        });
    }

    fn take(&mut self, ended: Option<u64>) {
        match ended {
            Some(end) => self.end = end,
            None => self.gave_up = true,
        }
    }

    /// Waits for the step that is running. Answers up to where the file is proven, and begins anew there.
    pub async fn settle(&mut self) -> u64 {
        while let Some(ended) = self.running.join_next().await {
            self.take(ended.unwrap_or_default());
        }
        self.gave_up = false;
        self.written_until = self.end;
        self.end
    }
}
