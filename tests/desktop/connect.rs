//! From a connection string to an open cluster, by keyboard alone; and where the password is afterwards.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::app::App;
use crate::desktop::Desktop;
use crate::exchange::shows_none_of;
use crate::keyboard::ENTER;
use crate::outside;

/// Letters that a URL needs encoded, so that it must be understood and not only copied.
pub const PASSWORD: &str = "m4rk3d/p4ss+w0rd@home";
const SOON: Duration = Duration::from_secs(60);

/// A cluster in a process of its own, as somebody else's computer would run it. Ends with the value.
pub struct Cluster {
    server: Child,
    /// With the password, as the Cloud console hands it out.
    pub url: String,
}

impl Cluster {
    pub fn start(folder: &Path) -> Self {
        let tests = std::env::current_exe().unwrap();
        let program: PathBuf = tests
            .parent()
            .unwrap()
            .parent()
            .unwrap()
            .join("roachvault-practice");
        let mut server = Command::new(&program)
            .args(["serve", "--user", "demo", "--data"])
            .arg(folder)
            .env("ROACHVAULT_PRACTICE_PASSWORD", PASSWORD)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line.trim().strip_prefix("ready ").expect("the cluster is ready");
        let encoded = PASSWORD
            .replace('/', "%2F")
            .replace('+', "%2B")
            .replace('@', "%40");
        Self {
            server,
            url: url.replacen("demo@", &format!("demo:{encoded}@"), 1),
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
fn a_connection_string_is_pasted_tested_saved_and_opened_again_by_keyboard_alone() {
    let test = "a_connection_string_is_pasted_tested_saved_and_opened_again_by_keyboard_alone";
    let Some(desktop) = Desktop::start(test) else {
        return;
    };
    let cluster = Cluster::start(&desktop.scratch("cluster"));
    let app = App::open(&desktop);
    app.is_focused("Connection string");
    app.press(&cluster.url);
    app.tab_to("Check and connect");
    app.press(ENTER);
    app.see_within("signed in as demo", SOON);
    shows_none_of(&app, &[PASSWORD]);
    the_password_is_in_the_keyring_alone(&desktop);
    app.quit();

    let app = App::open(&desktop);
    app.see("localhost");
    app.tab_to("localhost");
    app.press(ENTER);
    app.see_within("signed in as demo", SOON);
    shows_none_of(&app, &[PASSWORD]);
    app.quit();
    the_password_is_in_the_keyring_alone(&desktop);
}

fn the_password_is_in_the_keyring_alone(desktop: &Desktop) {
    assert_eq!(outside::keyring_secrets(desktop), [PASSWORD]);
    let found = outside::files_that_hold(&desktop.data_dir(), PASSWORD);
    assert!(found.is_empty(), "the password is in {found:?}");
}
