#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::cluster::ConnectionId;
use crate::error::{Code, Error};

fn new_job(kind: JobKind) -> NewJob {
    NewJob {
        kind,
        connection: JobConnection {
            id: ConnectionId::new(),
            name: "staging".into(),
        },
        follows: None,
        title: "Upload a.csv".into(),
        progress: Progress {
            done: 0,
            total: Some(10),
            unit: Unit::Bytes,
        },
    }
}

async fn open(folder: &std::path::Path, runs: Runs) -> Jobs {
    let (journal, aside) = Journal::open(folder).await.unwrap();
    assert!(aside.is_none());
    Jobs::open(journal, runs, Arc::new(|_| None)).await.unwrap()
}

/// Waits, with a deadline, until the job satisfies a condition.
async fn until(jobs: &Jobs, id: JobId, what: impl Fn(&JobSnapshot) -> bool) -> JobSnapshot {
    let mut watch = jobs.watch();
    tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            watch.next().await.unwrap();
            let job = jobs.get(id).unwrap();
            if what(&job) {
                return job;
            }
        }
    })
    .await
    .unwrap()
}

fn file(name: &str, end: FileEnd) -> FileResult {
    FileResult {
        source: name.into(),
        target: name.into(),
        size_bytes: 5,
        end,
    }
}

/// Ends when told to, as a transfer does.
async fn obedient(job: JobHandle) -> End {
    job.progress(3, Some(10), Unit::Bytes);
    match job.signal() {
        Signal::Run => match job.signal_changed(Signal::Run).await {
            Signal::Pause => End::paused(),
            _ => End::cancelled(None, None),
        },
        Signal::Pause => End::paused(),
        Signal::Cancel => End::cancelled(None, None),
    }
}

#[tokio::test]
async fn a_job_is_paused_resumed_and_cancelled_and_its_end_is_final() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = open(folder.path(), Runs::default().with(&[JobKind::Upload], obedient)).await;
    let id = jobs.start(new_job(JobKind::Upload), &"spec").await.unwrap();
    until(&jobs, id, |job| job.progress.done == 3).await;

    jobs.pause(id).await.unwrap();
    let paused = until(&jobs, id, |job| job.state == JobState::Paused).await;
    assert!(paused.possible().resume && !paused.possible().pause);

    jobs.resume(id).await.unwrap();
    until(&jobs, id, |job| job.state == JobState::Running).await;
    jobs.cancel(id).await.unwrap();
    let ended = until(&jobs, id, |job| job.state == JobState::Cancelled).await;
    assert!(ended.finished_at.is_some());

    jobs.update(id, |entry| entry.snapshot.state = JobState::Running);
    assert_eq!(jobs.get(id).unwrap().state, JobState::Cancelled);
    assert_eq!(jobs.resume(id).await.unwrap_err().code, Code::InvalidInput);
}

#[tokio::test]
async fn cancelling_a_paused_job_runs_it_once_more_to_clean_up() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = open(folder.path(), Runs::default().with(&[JobKind::Upload], obedient)).await;
    let id = jobs.start(new_job(JobKind::Upload), &"spec").await.unwrap();
    until(&jobs, id, |job| job.progress.done == 3).await;
    jobs.pause(id).await.unwrap();
    until(&jobs, id, |job| job.state == JobState::Paused).await;
    jobs.cancel(id).await.unwrap();
    until(&jobs, id, |job| job.state == JobState::Cancelled).await;
}

#[tokio::test]
async fn a_restart_finds_local_jobs_interrupted_and_cluster_jobs_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let runs = || {
        Runs::default()
            .with(&[JobKind::Upload], obedient)
            .with(&[JobKind::Backup], async |job: JobHandle| {
                job.set_cluster_job_id(9_007_199_254_740_993).await.unwrap();
                job.signal_changed(Signal::Run).await;
                End::detached("Not connected")
            })
    };
    let jobs = open(folder.path(), runs()).await;
    let upload = jobs.start(new_job(JobKind::Upload), &"spec").await.unwrap();
    let backup_job = new_job(JobKind::Backup);
    let connection = backup_job.connection.id;
    let backup = jobs.start(backup_job, &"spec").await.unwrap();
    until(&jobs, backup, |job| job.cluster_job_id.is_some()).await;
    assert_eq!(jobs.running_local().len(), 1);
    jobs.close().await;

    let again = open(folder.path(), runs()).await;
    assert_eq!(again.get(upload).unwrap().state, JobState::Interrupted);
    let kept = again.get(backup).unwrap();
    assert_eq!(
        (kept.state, kept.cluster_job_id),
        (JobState::Waiting, Some(9_007_199_254_740_993))
    );
    again.reattach(connection);
    until(&again, backup, |job| job.state == JobState::Running).await;
    again.resume(upload).await.unwrap();
    until(&again, upload, |job| job.state == JobState::Running).await;
}

#[tokio::test]
async fn what_the_cluster_goes_on_with_is_let_go_of_when_its_connection_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let runs = Runs::default().with(&[JobKind::Restore], async |job: JobHandle| {
        job.set_cluster_job_id(42).await.unwrap();
        job.try_now().notified().await;
        End::detached("staging is not connected.")
    });
    let jobs = open(folder.path(), runs).await;
    let new = new_job(JobKind::Restore);
    let connection = new.connection.id;
    let id = jobs.start(new, &"spec").await.unwrap();
    until(&jobs, id, |job| job.cluster_job_id.is_some()).await;
    jobs.let_go(ConnectionId::new()).await;
    assert!(!jobs.get(id).unwrap().state.is_final());
    jobs.let_go(connection).await;
    let ended = jobs.get(id).unwrap();
    assert_eq!(ended.state, JobState::Unknown);
    let error = ended.error.unwrap();
    assert!(error.message.contains("staging was deleted"), "{error:?}");
    assert!(error.hint.unwrap().contains("job 42"));
}

#[tokio::test]
async fn retrying_keeps_what_is_done_and_replaces_the_old_job() {
    let folder = tempfile::tempdir().unwrap();
    let run = async |job: JobHandle| {
        let mut results = job.recorded_files().await.unwrap();
        if results.is_empty() {
            let failed = FileEnd::Failed {
                error: Error::new(Code::ConnectionLost, "cut"),
            };
            results.insert(0, file("a", FileEnd::Done { sha256: None }));
            results.insert(1, file("b", failed));
        } else {
            assert!(!results.contains_key(&1));
            results.insert(1, file("b", FileEnd::Done { sha256: None }));
        }
        job.record_files(&results.clone().into_iter().collect::<Vec<_>>())
            .await
            .unwrap();
        End::of_files(FilesOutcome::of(results.into_values()))
    };
    let jobs = open(folder.path(), Runs::default().with(&[JobKind::Upload], run)).await;
    let id = jobs.start(new_job(JobKind::Upload), &"spec").await.unwrap();
    let first = until(&jobs, id, |job| job.state.is_final()).await;
    assert_eq!(first.state, JobState::PartlyDone);
    let again = jobs.retry_failed(id).await.unwrap();
    let second = until(&jobs, again, |job| job.state.is_final()).await;
    assert_eq!(second.state, JobState::Succeeded);
    assert_eq!(jobs.get(id).unwrap_err().code, Code::NotFound);
    assert_eq!(jobs.list().len(), 1);
}

#[tokio::test]
async fn a_run_that_panics_is_a_failed_job() {
    let folder = tempfile::tempdir().unwrap();
    let run = async |job: JobHandle| match job.signal() {
        Signal::Run => panic!("a fault"),
        _ => End::paused(),
    };
    let jobs = open(folder.path(), Runs::default().with(&[JobKind::Upload], run)).await;
    let id = jobs.start(new_job(JobKind::Upload), &"spec").await.unwrap();
    let ended = until(&jobs, id, |job| job.state.is_final()).await;
    assert_eq!(ended.error.unwrap().code, Code::Internal);
}

#[tokio::test]
async fn a_damaged_journal_is_kept_aside_and_a_new_one_begun() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("journal.sqlite"),
        b"this is not a database, it only looks like a file",
    )
    .unwrap();
    let (_, aside) = Journal::open(folder.path()).await.unwrap();
    let kept = std::fs::read(aside.unwrap()).unwrap();
    assert!(kept.starts_with(b"this is not"));
}

#[tokio::test]
async fn a_watcher_sees_the_last_change_and_no_more_than_seven_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let runs = Runs::default().with(&[JobKind::Upload], async |job: JobHandle| {
        for done in 0..=20_000 {
            job.progress(done, Some(20_000), Unit::Bytes);
            tokio::task::yield_now().await;
        }
        job.signal_changed(Signal::Run).await;
        End::paused()
    });
    let jobs = open(folder.path(), runs).await;
    let mut watch = jobs.watch();
    assert!(watch.next().await.unwrap().full);
    let began = std::time::Instant::now();
    let id = jobs.start(new_job(JobKind::Upload), &"spec").await.unwrap();
    let mut looks = 0;
    loop {
        let changes = watch.next().await.unwrap();
        looks += 1;
        if changes
            .jobs
            .iter()
            .any(|job| job.id == id && job.progress.done == 20_000)
        {
            break;
        }
    }
    assert!(
        began.elapsed() >= Duration::from_millis(140) * looks,
        "{looks} looks in {:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn closing_waits_for_the_number_of_a_cluster_job_that_is_being_started() {
    let folder = tempfile::tempdir().unwrap();
    let answered = Arc::new(tokio::sync::Notify::new());
    let answer = Arc::clone(&answered);
    let runs = Runs::default().with(&[JobKind::Backup], move |job: JobHandle| {
        let answer = Arc::clone(&answer);
        async move {
            job.phase("Sent");
            answer.notified().await;
            job.set_cluster_job_id(7).await.unwrap();
            job.signal_changed(Signal::Run).await;
            End::detached("Not connected")
        }
    });
    let jobs = open(folder.path(), runs).await;
    let id = jobs.start(new_job(JobKind::Backup), &"spec").await.unwrap();
    until(&jobs, id, |job| job.phase == "Sent").await;

    // The limit passes without an answer, and closing goes on all the same.
    jobs.settle(Duration::from_millis(10)).await;
    assert_eq!(jobs.get(id).unwrap().cluster_job_id, None);

    let closing = tokio::spawn({
        let jobs = jobs.clone();
        async move {
            jobs.settle(Duration::from_secs(10)).await;
            jobs.close().await;
        }
    });
    answered.notify_one();
    closing.await.unwrap();
    let again = open(folder.path(), Runs::default()).await;
    assert_eq!(again.get(id).unwrap().cluster_job_id, Some(7));
}

#[tokio::test]
async fn a_dismissed_job_stays_in_the_history_until_that_is_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let runs = || Runs::default().with(&[JobKind::Upload], obedient);
    let jobs = open(folder.path(), runs()).await;
    let id = jobs.start(new_job(JobKind::Upload), &"spec").await.unwrap();
    assert_eq!(jobs.dismiss(id).await.unwrap_err().code, Code::InvalidInput);
    jobs.cancel(id).await.unwrap();
    until(&jobs, id, |job| job.state == JobState::Cancelled).await;
    assert!(jobs.get(id).unwrap().possible().dismiss);
    let mut watch = jobs.watch();
    watch.next().await.unwrap();
    jobs.dismiss(id).await.unwrap();
    let told = watch.next().await.unwrap();
    assert!(told.removed.is_empty() && told.jobs[0].dismissed);
    assert!(!jobs.get(id).unwrap().possible().dismiss);
    let under_way = jobs.start(new_job(JobKind::Upload), &"spec").await.unwrap();
    jobs.clear_history().await.unwrap();
    assert_eq!(
        jobs.list().iter().map(|job| job.id).collect::<Vec<_>>(),
        [under_way]
    );
    jobs.close().await;
    assert_eq!(open(folder.path(), runs()).await.list().len(), 1);
}

#[tokio::test]
async fn what_ended_before_a_restart_is_out_of_the_way_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let runs = || Runs::default().with(&[JobKind::Upload], obedient);
    let jobs = open(folder.path(), runs()).await;
    let id = jobs.start(new_job(JobKind::Upload), &"spec").await.unwrap();
    jobs.cancel(id).await.unwrap();
    assert!(
        !until(&jobs, id, |job| job.state == JobState::Cancelled)
            .await
            .dismissed
    );
    jobs.persist(id).await.unwrap();
    jobs.close().await;
    assert!(open(folder.path(), runs()).await.get(id).unwrap().dismissed);
}
