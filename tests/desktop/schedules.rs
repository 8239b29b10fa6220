//! A schedule from its first question to its end, each step looked at from outside as well.

use std::time::Duration;

use crate::app::App;
use crate::desktop::Desktop;
use crate::outside;
use crate::wait::until;

/// The scheduler starts a run within seconds here; a loaded machine with two cores may take many.
const RUN: Duration = Duration::from_secs(120);

#[test]
fn a_schedule_is_made_run_paused_and_deleted_and_its_backup_stays() {
    let Some(desktop) = Desktop::start("a_schedule_is_made_run_paused_and_deleted_and_its_backup_stays")
    else {
        return;
    };
    let app = App::open(&desktop);
    app.click("Start practice cluster");
    app.see("nothing here is real");
    app.click("Schedules");
    app.see("No schedules yet");

    app.click("New schedule…");
    app.choose("Database", "bank");
    app.click("Choose how often");
    app.see("How often?");
    app.write("Time, in UTC", "3:15");
    app.write("Name of the schedule", "nightly bank");
    app.click("Check it");
    app.see("The name nightly bank is free");
    assert_eq!(schedules(&desktop), "", "a plan made a schedule");
    app.click("Create the schedule");
    app.see("nightly bank is among the schedules");
    app.see("Every day at 03:15 UTC");
    assert_eq!(
        schedules(&desktop),
        "nightly bank|ACTIVE|15 3 * * 0\nnightly bank|PAUSED|15 3 * * *"
    );

    act(&app, "Run now");
    app.see_within("Completed", RUN);
    assert_eq!(backups(&desktop), 1);
    // The increments have begun by now, so that there is something to pause on both sides.
    act(&app, "Pause");
    app.see("Not before it is resumed");
    until("both halves to be paused", RUN, || {
        let told = schedules(&desktop);
        (!told.contains("ACTIVE")).then_some(()).ok_or(told)
    });
    act(&app, "Resume");
    app.see("Active");
    act(&app, "Delete…");
    app.see("can be restored");
    app.click("Delete the schedule");
    app.see("No schedules yet");
    assert_eq!(schedules(&desktop), "");
    assert_eq!(backups(&desktop), 1);
    app.quit();
}

fn act(app: &App, action: &str) {
    app.click("Actions for nightly bank");
    app.click(action);
}

fn schedules(desktop: &Desktop) -> String {
    let statement = "WITH s AS (SHOW SCHEDULES FOR BACKUP) SELECT label, schedule_status, recurrence FROM s ORDER BY recurrence DESC";
    let told = outside::psql(desktop, "defaultdb", statement);
    let mut lines: Vec<&str> = told.trim().lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

fn backups(desktop: &Desktop) -> usize {
    outside::psql(
        desktop,
        "defaultdb",
        "SHOW BACKUPS IN 'userfile:///bank-schedule'",
    )
    .trim()
    .lines()
    .count()
}
