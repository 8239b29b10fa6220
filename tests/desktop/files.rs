//! Files as a person handles them: folders, taken names, new names, deletion and its undoing, a change of mind.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::app::{App, SOON};
use crate::desktop::Desktop;
use crate::native_dialog;
use crate::noise::noise;
use crate::outside;
use crate::wait::until;

/// Some megabytes, on a loaded machine with two cores.
const JOB: Duration = Duration::from_secs(120);

/// The practice user's file storage.
const STORE: &str = "defaultdb.public.userfiles_demo_upload";

/// The app with its practice cluster, on the files.
fn at_files(desktop: &Desktop) -> App<'_> {
    let app = App::open(desktop);
    app.click("Start practice cluster");
    app.see_within("nothing here is real", JOB);
    app.click("Files");
    app.see("No files yet");
    app
}

fn upload(app: &App, file: &Path) {
    app.click("Upload…");
    native_dialog::choose(app.desktop, file);
}

/// Waits until names and sizes in the cluster are these, as psql tells them: one line each, in order of the names. A
/// deletion shows the names gone before the last row is.
#[track_caller]
fn are_stored(desktop: &Desktop, expected: &str) {
    let statement = format!("SELECT filename, file_size FROM {STORE}_files ORDER BY filename");
    until("the cluster to hold what is expected", SOON, || {
        let stored = outside::try_psql(desktop, "defaultdb", &statement)?;
        if stored == expected { Ok(()) } else { Err(stored) }
    });
}

#[test]
fn a_folder_keeps_its_names_and_a_taken_name_is_asked_about() {
    let Some(desktop) = Desktop::start("a_folder_keeps_its_names_and_a_taken_name_is_asked_about") else {
        return;
    };
    let folder = desktop.files_dir().join("exports");
    fs::create_dir_all(folder.join("2026")).unwrap();
    fs::write(folder.join("orders.csv"), noise(70_000)).unwrap();
    fs::write(folder.join("2026").join("orders.csv"), noise(1_000)).unwrap();
    fs::write(folder.join("2026").join("empty.csv"), "").unwrap();
    let app = at_files(&desktop);

    app.click("More for files");
    native_dialog::copy_file(&desktop, &folder);
    app.click("Upload what was copied");
    // Of a folder it is said how much goes where before it moves.
    app.see("Upload 3 files (69.3 KiB) to");
    app.click("Upload 3 files");
    app.see_row("exports, folder, 3 files");
    are_stored(
        &desktop,
        "/exports/2026/empty.csv|0\n/exports/2026/orders.csv|1000\n/exports/orders.csv|70000",
    );

    app.click_in("exports, folder, 3 files", "exports");
    app.see_row("orders.csv, 68.4 KiB");
    fs::write(folder.join("orders.csv"), noise(2_000)).unwrap();
    upload(&app, &folder.join("orders.csv"));
    app.see("A file of this name is already in the cluster");
    // Both sides are shown before a byte moves.
    app.see("68.4 KiB");
    app.see("2.0 KiB");
    app.click("Replace");
    app.click("Upload and replace 1 file");
    app.see_row("orders.csv, 2.0 KiB");

    upload(&app, &folder.join("orders.csv"));
    app.see("they are identical");
    app.click("Close");
    fs::write(folder.join("orders.csv"), noise(3_000)).unwrap();
    upload(&app, &folder.join("orders.csv"));
    app.see("A file of this name is already in the cluster");
    app.click("Keep both");
    app.click("Upload 1 file");
    app.see_row("orders (2).csv, 2.9 KiB");
    are_stored(
        &desktop,
        "/exports/2026/empty.csv|0\n/exports/2026/orders.csv|1000\n/exports/orders (2).csv|3000\n/exports/orders.csv|2000",
    );
    app.quit();
}

#[test]
fn a_file_is_deleted_brought_back_and_renamed() {
    let Some(desktop) = Desktop::start("a_file_is_deleted_brought_back_and_renamed") else {
        return;
    };
    let file = desktop.files_dir().join("orders.csv");
    fs::write(&file, noise(5_000)).unwrap();
    let app = at_files(&desktop);
    upload(&app, &file);
    app.choose_row("orders.csv, 4.9 KiB");
    // The time that is told is the cluster's own.
    let soon = format!("ALTER TABLE {STORE}_payload CONFIGURE ZONE USING gc.ttlseconds = 600");
    outside::psql(&desktop, "defaultdb", &soon);

    app.click("Delete…");
    app.see("The cluster keeps deleted data for 10 minutes");
    app.click("Delete 1 file");
    are_stored(&desktop, "");

    // The way from the deletion to what it took away: its files are chosen already.
    app.click("Show activity");
    app.click("Undelete: Delete orders.csv");
    app.see("Bring back 1 file");
    until("the file to be back", JOB, || {
        app.script(
            "[...document.querySelectorAll('[role=dialog] button')].find((each) => each.textContent.startsWith('Bring back'))?.click()",
        );
        let statement = format!("SELECT filename, file_size FROM {STORE}_files");
        match outside::try_psql(&desktop, "defaultdb", &statement)? {
            back if back == "/orders.csv|5000" => Ok(()),
            other => Err(other),
        }
    });

    app.choose_row("orders.csv, 4.9 KiB");
    app.click("Rename");
    app.write("New name", "kept/orders-2026.csv");
    app.click("Rename");
    app.see_row("kept, folder, 1 file");
    are_stored(&desktop, "/kept/orders-2026.csv|5000");
    app.quit();
}

#[test]
fn a_cancelled_upload_leaves_nothing_in_the_cluster() {
    let Some(desktop) = Desktop::start("a_cancelled_upload_leaves_nothing_in_the_cluster") else {
        return;
    };
    let file = desktop.files_dir().join("large.bin");
    // Long on its way on any machine, so that it is cancelled on it; a hole on the disk costs nothing.
    fs::File::create(&file).unwrap().set_len(4 << 30).unwrap();
    let app = at_files(&desktop);
    upload(&app, &file);
    app.see_row("large.bin, uploading");
    app.click("Show activity");
    app.click("Cancel: Upload large.bin");
    app.see_in("Activity", "Cancelled", JOB);

    let chunks = format!("SELECT count(*) FROM {STORE}_payload");
    are_stored(&desktop, "");
    assert_eq!(outside::psql(&desktop, "defaultdb", &chunks), "0");
    app.see("No files yet");
    app.quit();
}

#[test]
fn closing_the_window_during_an_upload_asks_first() {
    let Some(desktop) = Desktop::start("closing_the_window_during_an_upload_asks_first") else {
        return;
    };
    let file = desktop.files_dir().join("large.bin");
    fs::File::create(&file).unwrap().set_len(4 << 30).unwrap();
    let app = at_files(&desktop);
    upload(&app, &file);
    app.see_row("large.bin, uploading");

    app.press_close();
    native_dialog::press_until_closed(&desktop, "Escape");
    app.see_row("large.bin, uploading");

    app.press_close();
    native_dialog::press_until_closed(&desktop, "Return");
    app.ended();

    let app = App::open(&desktop);
    app.see("Interrupted");
    app.quit();
}

#[test]
fn an_upload_goes_on_where_it_was_after_the_app_was_killed() {
    let Some(desktop) = Desktop::start("an_upload_goes_on_where_it_was_after_the_app_was_killed") else {
        return;
    };
    let content = noise(160 << 20);
    let file = desktop.files_dir().join("large.bin");
    fs::write(&file, &content).unwrap();
    let app = at_files(&desktop);
    upload(&app, &file);
    let chunks = format!("SELECT count(*) FROM {STORE}_payload");
    until("some chunks to be in the cluster", JOB, || {
        let there = outside::try_psql(&desktop, "defaultdb", &chunks)?;
        let many = there.parse::<u32>().is_ok_and(|chunks| chunks >= 4);
        if many {
            Ok(())
        } else {
            Err(format!("{there} are there"))
        }
    });
    app.kill();

    let app = App::open(&desktop);
    app.see("Interrupted");
    app.click("Practice cluster");
    // The page says where one is before the cluster is open.
    app.see_within("signed in as demo", JOB);
    app.click("Files");
    app.click("Show activity");
    app.click("Resume: Upload large.bin");
    app.see_in("Activity", "Done, checked", JOB);
    app.click("Hide activity");
    are_stored(&desktop, &format!("/large.bin|{}", content.len()));

    app.choose_row("large.bin, 160 MiB");
    app.click("Download");
    let back = desktop.files_dir().join("came-back.bin");
    native_dialog::choose(&desktop, &back);
    until("the downloaded file", JOB, || {
        fs::metadata(&back).map_err(|error| error.to_string())
    });
    assert!(
        fs::read(&back).unwrap() == content,
        "the file came back with other bytes"
    );
    app.quit();
}
