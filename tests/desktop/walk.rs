//! The walk of a newcomer, from nothing to a restore that is proven, and what it left behind.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::app::App;
use crate::desktop::Desktop;
use crate::native_dialog;
use crate::noise::noise;
use crate::outside;
use crate::wait::until;

/// Backups and restores of the sample data take seconds; a loaded machine with two cores may take many.
const JOB: Duration = Duration::from_secs(120);

#[test]
fn a_newcomer_uploads_a_file_restores_a_backup_and_gets_the_file_back() {
    let Some(desktop) = Desktop::start("a_newcomer_uploads_a_file_restores_a_backup_and_gets_the_file_back")
    else {
        return;
    };
    let file = desktop.files_dir().join("measurements.bin");
    fs::write(&file, noise(3 << 20)).unwrap();
    let app = App::open(&desktop);

    app.click("Start practice cluster");
    app.see("nothing here is real");

    app.click("Files");
    app.click("Upload…");
    native_dialog::choose(&desktop, &file);
    app.see_in("Activity", "Done, checked", JOB);
    app.see_row("measurements.bin, 3.0 MiB");

    back_up(&app, "bank");
    app.see_within("The backup is there", JOB);
    app.see("Checked by reading it back");

    app.click("Restore it beside the live one…");
    app.click("Take the whole of bank");
    app.fill("Name of the restored database", "bank_restored");
    app.click("Check it");
    app.click("Restore beside the live one");
    app.see_within("bank is back, as bank_restored", JOB);
    let proof = app.text_of("table grid", "Restored tables");
    for table in ["accounts", "customers", "transactions"] {
        assert!(
            proof.contains(table),
            "{table} is not among the restored tables:\n{proof}"
        );
    }
    assert!(
        !proof.contains("differs") && !proof.contains("missing"),
        "{proof}"
    );

    app.click("Files");
    app.choose_row("measurements.bin");
    app.click("Download");
    let back = desktop.files_dir().join("came-back.bin");
    native_dialog::choose(&desktop, &back);
    app.see_in("Activity", "Download", JOB);
    until("the downloaded file", JOB, || {
        fs::metadata(&back).map_err(|error| error.to_string())
    });

    assert!(
        fs::read(&back).unwrap() == fs::read(&file).unwrap(),
        "the file came back with other bytes"
    );
    assert_eq!(
        names_in(&desktop.files_dir()),
        ["came-back.bin", "measurements.bin"],
        "something was left over"
    );
    the_databases_agree(&desktop, "bank", "bank_restored");
    the_password_is_in_the_keyring_alone(&desktop);
    app.quit();
    the_password_is_in_the_keyring_alone(&desktop);
}

#[test]
fn a_backup_that_runs_while_the_app_quits_is_shown_as_it_is_afterwards() {
    let Some(desktop) = Desktop::start("a_backup_that_runs_while_the_app_quits_is_shown_as_it_is_afterwards")
    else {
        return;
    };
    let app = App::open(&desktop);
    app.click("Start practice cluster");
    app.see("nothing here is real");
    back_up(&app, "movr");
    app.see("Cancel the backup");
    app.quit();

    let app = App::open(&desktop);
    app.click("Activity");
    app.see("movr");
    app.see("to follow it again");
    app.click("Practice cluster");
    app.see("nothing here is real");
    app.click("Activity");
    app.see_within("Done, checked", JOB);
    app.quit();
}

/// From any screen of the cluster to the start of a backup of this database.
pub fn back_up(app: &App, database: &str) {
    app.click("Backups");
    app.click("Back up…");
    app.choose("Database", database);
    app.click("Check it");
    app.see("Will this work?");
    app.click(&format!("Back up {database}"));
}

/// Every table of both, row by row, as psql prints them.
fn the_databases_agree(desktop: &Desktop, one: &str, other: &str) {
    let tables = outside::psql(
        desktop,
        one,
        "SELECT table_name FROM [SHOW TABLES] ORDER BY table_name",
    );
    assert!(tables.lines().count() >= 3, "{one} has only {tables:?}");
    for table in tables.lines() {
        let statement = format!("SELECT * FROM {table} ORDER BY 1");
        let (left, right) = (
            outside::psql(desktop, one, &statement),
            outside::psql(desktop, other, &statement),
        );
        assert!(!left.is_empty(), "{one}.{table} has no rows to compare");
        assert!(left == right, "{table} differs between {one} and {other}");
    }
}

fn the_password_is_in_the_keyring_alone(desktop: &Desktop) {
    let secrets = outside::keyring_secrets(desktop);
    assert!(!secrets.is_empty(), "the keyring holds no password");
    for secret in secrets {
        let found = outside::files_that_hold(&desktop.data_dir(), &secret);
        assert!(found.is_empty(), "a secret of the keyring is also in {found:?}");
    }
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
