//! SHOW JOB and asking jobs to stop.

use roachvault_cockroach::ErrorKind;
use roachvault_cockroach::detached::{Traces, known_jobs};
use roachvault_cockroach::job::{ClusterJobId, JobRequest, JobStatus, ask_job, list_jobs, show_job};

use crate::cluster::Bank;

hold_everywhere!(
    a_job_that_is_not_there_is_no_error_to_see_and_one_to_ask,
    an_ended_job_is_listed_and_cannot_be_stopped_any_more,
    a_job_whose_number_was_lost_is_found_by_what_it_does,
);

async fn a_job_that_is_not_there_is_no_error_to_see_and_one_to_ask(bank: Bank) {
    let nowhere = ClusterJobId(1);
    assert_eq!(show_job(&bank.cluster, nowhere).await.unwrap(), None);
    let error = ask_job(&bank.cluster, nowhere, JobRequest::Pause)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound, "{error:?}");
    bank.close(&[]).await;
}

async fn an_ended_job_is_listed_and_cannot_be_stopped_any_more(bank: Bank) {
    let id = bank.start_backup(&bank.backup()).await.unwrap();
    bank.ended(id).await;
    let listed = list_jobs(&bank.cluster).await.unwrap();
    let job = listed.iter().find(|job| job.id == id).unwrap();
    assert_eq!(
        (job.status.clone(), job.user.as_deref()),
        (JobStatus::Succeeded, Some(bank.cluster.user()))
    );
    for request in [JobRequest::Pause, JobRequest::Resume, JobRequest::Cancel] {
        ask_job(&bank.cluster, id, request).await.unwrap();
    }
    assert_eq!(
        show_job(&bank.cluster, id).await.unwrap().unwrap().status,
        JobStatus::Succeeded
    );
    bank.close(&[]).await;
}

async fn a_job_whose_number_was_lost_is_found_by_what_it_does(bank: Bank) {
    let known = known_jobs(&bank.cluster).await.unwrap();
    let id = bank.start_backup(&bank.backup()).await.unwrap();
    let traces = Traces {
        job_type: "BACKUP",
        mentions: &[&bank.name],
    };
    let found = traces.find(&bank.cluster, &known).await.unwrap();
    assert_eq!(found, Some(id));
    bank.close(&[]).await;
}
