//! Waiting for what becomes of a job, over the channel that the app watches.

use std::time::Duration;

use roachvault_core::job::{JobId, JobSnapshot, Jobs};

/// A loaded machine with two cores may take as long.
const PATIENCE: Duration = Duration::from_secs(120);

/// The job as soon as it is like this.
pub async fn until(jobs: &Jobs, id: JobId, what: impl Fn(&JobSnapshot) -> bool) -> JobSnapshot {
    let mut watch = jobs.watch();
    let waiting = async {
        loop {
            watch.next().await.unwrap();
            let job = jobs.get(id).unwrap();
            if what(&job) {
                return job;
            }
        }
    };
    match tokio::time::timeout(PATIENCE, waiting).await {
        Ok(job) => job,
        Err(_) => panic!("still {:?}", jobs.get(id)),
    }
}
