//! Connections go to another computer with their secrets, and nobody who looks over the shoulder of the app sees one.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::app::App;
use crate::connect::{Cluster, PASSWORD};
use crate::desktop::Desktop;
use crate::native_dialog;
use crate::outside;

const EXPORT_PASSPHRASE: &str = "exp0rt/passphrase+m4rked";
const BACKUP_PASSPHRASE: &str = "b4ckup/passphrase+m4rked";
const CLOUD_KEY: &str = "cl0ud+k3y/m4rked-wJalrXUtn";
const TOKEN: &str = "eyJhbGciOiJub25lIn0.m4rked+t0ken/of-n0body";
const SECRETS: [&str; 5] = [PASSWORD, EXPORT_PASSPHRASE, BACKUP_PASSPHRASE, CLOUD_KEY, TOKEN];

/// Backups, and passphrases whose check is slow by intention.
const JOB: Duration = Duration::from_secs(120);

#[test]
fn connections_move_to_an_empty_app_under_a_passphrase_and_no_secret_is_seen_on_the_way() {
    let test = "connections_move_to_an_empty_app_under_a_passphrase_and_no_secret_is_seen_on_the_way";
    let Some(desktop) = Desktop::start(test) else {
        return;
    };
    let cluster = Cluster::start(&desktop.scratch("cluster"));
    let app = App::open(&desktop);
    app.is_focused("Connection string");
    app.press(&cluster.url);
    app.click("Check and connect");
    app.see_within("signed in as demo", JOB);
    sign_in_with_a_token(&app);
    app.click("localhost");
    app.see_within("signed in as demo", JOB);
    back_up_with_secrets(&app);

    let file = desktop.files_dir().join("connections.age");
    app.click("Roachvault");
    app.click("More for connections");
    app.click("Export…");
    app.click("Secrets too");
    app.write("Passphrase", EXPORT_PASSPHRASE);
    app.write("The same once more", EXPORT_PASSPHRASE);
    shows_none_but_where_it_is_typed(&app, &SECRETS);
    app.click("Export 2 connections…");
    native_dialog::choose(&desktop, &file);
    app.see_within("2 connections exported.", JOB);
    shows_none_of(&app, &SECRETS);
    app.quit();
    are_not_below(&desktop.files_dir(), &SECRETS);
    are_not_below(&desktop.data_dir(), &SECRETS);

    a_computer_that_never_saw_the_app(&desktop);
    let app = App::open(&desktop);
    app.click("Import a file…");
    native_dialog::choose(&desktop, &file);
    app.see("This file is encrypted");
    app.write("Passphrase", "not the passphrase");
    app.click("Open the file");
    app.see_within("This passphrase does not open the file.", JOB);
    app.write("Passphrase", EXPORT_PASSPHRASE);
    app.click("Open the file");
    app.see_within("2 connections in this file", JOB);
    shows_none_of(&app, &SECRETS);
    app.click("Import 2 connections");
    app.see_within("2 connections imported.", JOB);
    assert_eq!(kept(&desktop), [TOKEN, PASSWORD]);
    app.click("localhost");
    app.see_within("signed in as demo", JOB);
    shows_none_of(&app, &SECRETS);
    app.quit();
    are_not_below(&desktop.data_dir(), &SECRETS);
}

/// Saves a connection that signs in with a token, without ever using it.
fn sign_in_with_a_token(app: &App) {
    app.click("Add connection");
    app.write("Name", "Token");
    app.write("Host", "tokens.example.com");
    app.write("User", "demo");
    app.click("Routing and sign-in tokens");
    app.click("Sign in with a token");
    app.write("Sign-in token", TOKEN);
    shows_none_but_where_it_is_typed(app, &SECRETS);
    app.click("Save");
    app.see("Token is saved.");
    shows_none_of(app, &SECRETS);
    assert_eq!(kept(app.desktop), [TOKEN, PASSWORD]);
}

/// A backup to a bucket as far as its plan, and one that is encrypted.
fn back_up_with_secrets(app: &App) {
    app.click("Backups");
    app.click("Back up…");
    app.choose("Database", "bank");
    app.click("Another place");
    let encoded = CLOUD_KEY.replace('/', "%2F").replace('+', "%2B");
    app.write(
        "Address",
        &format!("s3://bucket/a?AWS_ACCESS_KEY_ID=AKIAEXAMPLE&AWS_SECRET_ACCESS_KEY={encoded}"),
    );
    app.click("Check it");
    app.see("Will this work?");
    shows_none_of(app, &SECRETS);
    app.click("Back");
    app.click("A new collection in this cluster");
    app.click("More choices");
    app.write("Passphrase", BACKUP_PASSPHRASE);
    shows_none_but_where_it_is_typed(app, &SECRETS);
    app.click("Check it");
    app.see("Will this work?");
    shows_none_of(app, &SECRETS);
    app.click("Back up bank");
    app.see_within("The backup is there", JOB);
    shows_none_of(app, &SECRETS);
}

/// Nothing of the app is on it: no files, and no secrets in the keyring.
fn a_computer_that_never_saw_the_app(desktop: &Desktop) {
    fs::remove_dir_all(desktop.data_dir()).unwrap();
    fs::create_dir(desktop.data_dir()).unwrap();
    desktop
        .output("secret-tool", &["clear", "service", "dev.roachvault.app"])
        .unwrap();
    assert!(kept(desktop).is_empty());
}

fn kept(desktop: &Desktop) -> Vec<String> {
    let mut secrets = outside::keyring_secrets(desktop);
    secrets.sort_unstable();
    secrets
}

/// Neither on the page, in its fields or its storage, nor in the app's files and log, nor in the arguments or variables
/// of any process on its desktop.
#[track_caller]
pub fn shows_none_of(app: &App, secrets: &[&str]) {
    look(app, "", secrets);
}

/// A field into which a secret is typed holds it, and hides it.
#[track_caller]
fn shows_none_but_where_it_is_typed(app: &App, secrets: &[&str]) {
    look(app, "[type=password]", secrets);
}

#[track_caller]
fn look(app: &App, except: &str, secrets: &[&str]) {
    let page = app.script(&format!(
        "[document.documentElement.outerHTML, document.title, \
         ...[...document.querySelectorAll('input, textarea')].filter((field) => !('{except}' && field.matches('{except}'))) \
         .map((field) => field.value), JSON.stringify(localStorage), JSON.stringify(sessionStorage), \
         JSON.stringify(history.state), document.cookie, location.href].join('\\n')"
    ));
    let seen = app.desktop.scratch("seen");
    let _ = fs::remove_dir_all(&seen);
    fs::create_dir(&seen).unwrap();
    fs::write(seen.join("page"), page.as_str().unwrap()).unwrap();
    fs::write(seen.join("log"), app.desktop.log()).unwrap();
    let processes = app.desktop.processes();
    let runs = |name: &str| {
        processes
            .iter()
            .any(|process| fs::read_to_string(process.join("comm")).is_ok_and(|comm| comm.trim_end() == name))
    };
    assert!(runs("roachvault") && runs("WebKitWebProces"), "{processes:?}");
    for process in &processes {
        let id = process.file_name().unwrap().to_str().unwrap();
        for about in ["cmdline", "environ"] {
            // One that ended in the meantime shows nothing any more.
            if let Ok(text) = fs::read(process.join(about)) {
                fs::write(seen.join(format!("{about} of {id}")), text).unwrap();
            }
        }
    }
    are_not_below(&seen, secrets);
    are_not_below(&app.desktop.data_dir(), secrets);
}

#[track_caller]
fn are_not_below(folder: &Path, secrets: &[&str]) {
    for secret in secrets {
        let found = outside::files_that_hold(folder, secret);
        assert!(found.is_empty(), "{secret} is in {found:?}");
    }
}
