//! What the app can tell while nobody looks at its page: how far it is, in the window's title and the
//! taskbar, and that a job has ended, when the window is not in front.
//!
//! It is done here and not by the page: a page in the background is slowed down by the web view, and
//! it would need permissions for what it has no other use for.

use std::collections::HashMap;

use roachvault_core::job::{JobId, JobSnapshot, JobState, Progress, Unit};
use tauri::window::{ProgressBarState, ProgressBarStatus};
use tauri::{AppHandle, Manager, Runtime, WebviewWindow};
use tauri_plugin_notification::NotificationExt;

use crate::state::AppState;

const NAME: &str = "Roachvault";

/// Follows the jobs for as long as the app runs.
pub fn follow<R: Runtime>(app: AppHandle<R>) {
    tauri::async_runtime::spawn(async move {
        let mut watch = app.state::<AppState>().jobs.watch();
        let mut known: HashMap<JobId, JobSnapshot> = HashMap::new();
        let mut shown = None;
        while let Some(changes) = watch.next().await {
            let Some(window) = app.get_webview_window("main") else {
                return;
            };
            for job in &changes.jobs {
                let was_open = known.get(&job.id).is_some_and(|before| !before.state.is_final());
                if was_open
                    && let Some(words) = ending(job.state)
                    && !window.is_focused().unwrap_or(true)
                {
                    tell(&app, words, job);
                }
            }
            known.extend(changes.jobs.into_iter().map(|job| (job.id, job)));
            for id in &changes.removed {
                known.remove(id);
            }
            let now = Overall::of(known.values());
            if shown != Some(now) {
                show(&window, now);
                shown = Some(now);
            }
        }
    });
}

/// All that is under way, as one figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Overall {
    Nothing,
    /// Something runs, and nobody knows for how long.
    Running,
    /// Hundredths, below 100 until all is done.
    Percent(u64),
    /// Everything waits for the person.
    Paused(u64),
}

impl Overall {
    /// Jobs weigh the same each, unless all of them count bytes.
    fn of<'job>(jobs: impl Iterator<Item = &'job JobSnapshot>) -> Self {
        let open: Vec<&JobSnapshot> = jobs
            // What an earlier run of the app left is not under way until it is resumed.
            .filter(|job| !job.state.is_final() && job.state != JobState::Interrupted)
            .collect();
        if open.is_empty() {
            return Self::Nothing;
        }
        let hundredths = percent(&open);
        if open.iter().all(|job| job.state == JobState::Paused) {
            return Self::Paused(hundredths.unwrap_or(0));
        }
        hundredths.map_or(Self::Running, Self::Percent)
    }

    fn title(self) -> String {
        match self {
            Self::Nothing | Self::Running => NAME.into(),
            Self::Percent(hundredths) => format!("{hundredths} % · {NAME}"),
            Self::Paused(_) => format!("Paused · {NAME}"),
        }
    }

    fn bar(self) -> ProgressBarState {
        let (status, progress) = match self {
            Self::Nothing => (ProgressBarStatus::None, None),
            Self::Running => (ProgressBarStatus::Indeterminate, None),
            Self::Percent(hundredths) => (ProgressBarStatus::Normal, Some(hundredths)),
            Self::Paused(hundredths) => (ProgressBarStatus::Paused, Some(hundredths)),
        };
        ProgressBarState {
            status: Some(status),
            progress,
        }
    }
}

/// How far the jobs are together; none while one of them does not know its total.
fn percent(open: &[&JobSnapshot]) -> Option<u64> {
    let (done, total) = if open.iter().all(|job| job.progress.unit == Unit::Bytes) {
        open.iter().try_fold((0.0, 0.0), |(done, total), job| {
            Some((
                done + job.progress.done as f64,
                total + job.progress.total? as f64,
            ))
        })?
    } else {
        open.iter().try_fold((0.0, 0.0), |(done, count), job| {
            Some((done + fraction(job.progress)?, count + 1.0))
        })?
    };
    let hundredths = if total > 0.0 { done / total * 100.0 } else { 0.0 };
    Some((hundredths as u64).min(99))
}

fn fraction(progress: Progress) -> Option<f64> {
    let total = progress.total?;
    Some(if total == 0 {
        0.0
    } else {
        progress.done as f64 / total as f64
    })
}

/// What is said of a job that has just ended. A person who cancelled one knows.
fn ending(state: JobState) -> Option<&'static str> {
    match state {
        JobState::Succeeded => Some("Done, checked"),
        JobState::PartlyDone => Some("Partly done"),
        JobState::Failed => Some("Failed"),
        JobState::Unknown => Some("Outcome unknown"),
        _ => None,
    }
}

/// The title of a job and its connection's name are on every screen; nothing else is told.
fn tell<R: Runtime>(app: &AppHandle<R>, words: &str, job: &JobSnapshot) {
    let body = format!("{}, {}", job.title, job.connection.name);
    if let Err(error) = app.notification().builder().title(words).body(body).show() {
        tracing::warn!(%error, "a notification could not be shown");
    }
}

fn show<R: Runtime>(window: &WebviewWindow<R>, now: Overall) {
    // A desktop without a taskbar refuses the bar; the title is there all the same.
    let bar = window.set_progress_bar(now.bar());
    if let Err(error) = window.set_title(&now.title()).and(bar) {
        tracing::debug!(%error, "progress could not be shown on the window");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use chrono::Utc;
    use roachvault_core::ConnectionId;
    use roachvault_core::job::{JobConnection, JobKind};
    use uuid::Uuid;

    use super::*;

    fn job(state: JobState, done: u64, total: Option<u64>, unit: Unit) -> JobSnapshot {
        JobSnapshot {
            id: JobId::new(),
            kind: JobKind::Upload,
            connection: JobConnection {
                id: ConnectionId(Uuid::nil()),
                name: "acme".into(),
            },
            follows: None,
            title: "Upload orders.csv".into(),
            state,
            phase: String::new(),
            progress: Progress { done, total, unit },
            bytes_per_second: None,
            seconds_left: None,
            created_at: Utc::now(),
            started_at: None,
            finished_at: None,
            cluster_job_id: None,
            error: None,
            outage: None,
            asked: None,
            outcome: None,
            dismissed: false,
        }
    }

    fn overall(jobs: &[JobSnapshot]) -> Overall {
        Overall::of(jobs.iter())
    }

    #[test]
    fn bytes_of_all_transfers_are_added_up() {
        let large = job(JobState::Running, 40, Some(90), Unit::Bytes);
        let small = job(JobState::Waiting, 2, Some(10), Unit::Bytes);
        let now = overall(&[large, small]);
        assert_eq!(now.title(), "42 % · Roachvault");
    }

    #[test]
    fn jobs_that_count_differently_weigh_the_same() {
        let backup = job(JobState::Running, 50, Some(100), Unit::Percent);
        let upload = job(JobState::Running, 1, Some(4), Unit::Bytes);
        assert_eq!(overall(&[backup, upload]), Overall::Percent(37));
    }

    #[test]
    fn a_hundred_is_not_said_before_the_end() {
        let checking = job(JobState::Running, 10, Some(10), Unit::Bytes);
        assert_eq!(overall(&[checking]), Overall::Percent(99));
    }

    #[test]
    fn what_ended_or_waits_from_an_earlier_start_is_not_under_way() {
        let ended = job(JobState::Succeeded, 10, Some(10), Unit::Bytes);
        let interrupted = job(JobState::Interrupted, 3, Some(10), Unit::Bytes);
        assert_eq!(overall(&[ended, interrupted]).title(), "Roachvault");
    }

    #[test]
    fn an_unknown_total_shows_no_figure_and_a_pause_says_so() {
        let looking = job(JobState::Running, 3, None, Unit::Files);
        assert_eq!(overall(&[looking]), Overall::Running);
        let paused = job(JobState::Paused, 3, Some(4), Unit::Bytes);
        assert_eq!(overall(&[paused]).title(), "Paused · Roachvault");
    }

    #[test]
    fn a_cancelled_job_is_not_announced() {
        assert_eq!(ending(JobState::Cancelled), None);
        assert_eq!(ending(JobState::Running), None);
        assert!(ending(JobState::Failed).is_some());
    }
}
