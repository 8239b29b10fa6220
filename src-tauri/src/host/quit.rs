//! Closing the window while this computer still moves files.

use roachvault_core::job::JobSnapshot;
use tauri::{Runtime, Window};
use tauri_plugin_dialog::{DialogExt as _, MessageDialogButtons, MessageDialogKind};

/// Asks whether what runs here may stop; yes where nothing does. Cluster jobs go on by themselves and are not asked for.
pub async fn may_stop<R: Runtime>(window: &Window<R>, running: &[JobSnapshot]) -> bool {
    let Some(question) = question(running) else {
        return true;
    };
    let (answer, answered) = tokio::sync::oneshot::channel();
    window
        .dialog()
        .message(question)
        .title("Quit Roachvault?")
        .kind(MessageDialogKind::Warning)
        .buttons(MessageDialogButtons::OkCancelCustom(
            "Quit".into(),
            "Keep running".into(),
        ))
        .parent(window)
        .show(move |quit| {
            // Nobody waits any more when the app has ended meanwhile.
            let _ = answer.send(quit);
        });
    answered.await.unwrap_or(false)
}

fn question(running: &[JobSnapshot]) -> Option<String> {
    let (first, others) = running.split_first()?;
    let what = match others.len() {
        0 => format!("“{}” is under way.", first.title),
        1 => format!("“{}” and 1 more are under way.", first.title),
        more => format!("“{}” and {more} more are under way.", first.title),
    };
    let can_resume = running.iter().all(|job| job.kind.can_pause());
    let then = if can_resume {
        "Quitting stops them where they are. The next start offers to go on from there."
    } else {
        "Quitting stops them where they are. The next start tells what was done and what was not."
    };
    let then = if others.is_empty() {
        then.replace("them where they are", "it where it is")
    } else {
        then.to_owned()
    };
    Some(format!("{what} {then}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use roachvault_core::ConnectionId;
    use roachvault_core::job::{JobConnection, JobId, JobKind, JobState, Progress, Unit};

    use super::*;

    fn job(title: &str) -> JobSnapshot {
        JobSnapshot {
            id: JobId::new(),
            kind: JobKind::Upload,
            connection: JobConnection {
                id: ConnectionId::new(),
                name: "acme".into(),
            },
            follows: None,
            title: title.into(),
            state: JobState::Running,
            phase: String::new(),
            progress: Progress {
                done: 0,
                total: None,
                unit: Unit::Bytes,
            },
            bytes_per_second: None,
            seconds_left: None,
            created_at: chrono::Utc::now(),
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

    #[test]
    fn the_question_names_what_stops_and_what_becomes_of_it() {
        assert_eq!(question(&[]), None);
        assert_eq!(
            question(&[job("Upload big.bin")]).unwrap(),
            "“Upload big.bin” is under way. Quitting stops it where it is. The next start offers to go on from there."
        );
        let two = question(&[job("Upload a"), job("Upload b")]).unwrap();
        assert!(
            two.starts_with("“Upload a” and 1 more are under way. Quitting stops them"),
            "{two}"
        );
    }
}
