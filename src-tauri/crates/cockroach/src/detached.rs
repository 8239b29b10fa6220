//! Starting a job of the cluster, and finding it again when the answer was lost.
//!
//! The job's number is the only thing a detached BACKUP or RESTORE answers. When the connection breaks
//! before it arrives, the job may be running. Sending the statement once more could do the work twice,
//! so the jobs are looked through instead.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::connect::Cluster;
use crate::error::{Error, ErrorKind, Result};
use crate::job::{ClusterJob, ClusterJobId, list_jobs, show_job};
use crate::row;
use crate::statement::Statement;

/// How long a lost job is looked for. The server needs a moment to notice that we are gone.
const LOOK_FOR: Duration = Duration::from_secs(15);

/// A statement that starts a job.
#[derive(Debug)]
pub struct Detached<'a> {
    pub statement: &'a Statement,
    pub traces: Traces<'a>,
}

/// Numbers of the jobs that exist already: those a lost answer cannot be about. Ask before sending,
/// and write it down where a crash does not reach it.
pub async fn known_jobs(cluster: &Cluster) -> Result<HashSet<ClusterJobId>> {
    Ok(list_jobs(cluster).await?.into_iter().map(|job| job.id).collect())
}

impl Detached<'_> {
    /// Sends the statement once. [`ErrorKind::OutcomeUnknown`]: it may have begun, and no such job was
    /// seen.
    pub async fn start(&self, cluster: &Cluster, known: &HashSet<ClusterJobId>) -> Result<ClusterJobId> {
        let mut connection = cluster.dedicated().await?;
        match self.statement.run_on(&mut connection).await {
            Ok(rows) => rows
                .first()
                .and_then(|row| row::integer(row, "job_id"))
                .map(ClusterJobId)
                .ok_or_else(|| {
                    Error::new(
                        ErrorKind::OutcomeUnknown,
                        "The cluster answered without a job number.",
                    )
                }),
            Err(error) if matches!(error.kind, ErrorKind::ConnectionLost | ErrorKind::OutcomeUnknown) => {
                match self.traces.find(cluster, known).await {
                    Ok(Some(job)) => Ok(job),
                    Ok(None) => Err(unknown(error, "No such job can be seen on the cluster.")),
                    Err(why) => Err(unknown(error, &why.message)),
                }
            }
            Err(error) => Err(error),
        }
    }
}

/// By what a job is known whose number was lost.
#[derive(Debug, Clone, Copy)]
pub struct Traces<'a> {
    /// `BACKUP` or `RESTORE`.
    pub job_type: &'a str,
    /// Words that the job's description must hold, such as the database's name.
    pub mentions: &'a [&'a str],
}

impl Traces<'_> {
    /// Looks for some seconds, since the server needs a moment to notice that we are gone.
    pub async fn find(
        &self,
        cluster: &Cluster,
        known: &HashSet<ClusterJobId>,
    ) -> Result<Option<ClusterJobId>> {
        let deadline = Instant::now() + LOOK_FOR;
        loop {
            let found = self.candidates(cluster, known).await;
            match found.as_deref() {
                Ok([job]) => return Ok(Some(job.id)),
                Ok([_, _, ..]) => {
                    return Err(Error::new(
                        ErrorKind::OutcomeUnknown,
                        "More than one job could be it.",
                    ));
                }
                Ok([]) | Err(_) if Instant::now() < deadline => sleep(Duration::from_secs(1)).await,
                Ok([]) => return Ok(None),
                Err(error) => return Err(error.clone()),
            }
        }
    }

    /// Jobs of the kind that were not there before, are ours, and speak of the right things.
    async fn candidates(&self, cluster: &Cluster, known: &HashSet<ClusterJobId>) -> Result<Vec<ClusterJob>> {
        let mut found = Vec::new();
        for job in list_jobs(cluster).await? {
            let ours = job.user.as_deref().is_none_or(|user| user == cluster.user());
            if job.kind != self.job_type || known.contains(&job.id) || !ours {
                continue;
            }
            // Lists shorten the description.
            if let Some(job) = show_job(cluster, job.id).await?
                && self.mentions.iter().all(|word| job.description.contains(word))
            {
                found.push(job);
            }
        }
        Ok(found)
    }
}

fn unknown(lost: Error, why: &str) -> Error {
    Error {
        kind: ErrorKind::OutcomeUnknown,
        message: format!("The connection broke before the cluster said whether the job has begun. {why}"),
        hint: Some("Look at the cluster's jobs before you start it again.".into()),
        ..lost
    }
}
