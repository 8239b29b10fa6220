//! The real Secret Service, on a session bus and in a home of its own. Each test runs this binary again inside such a
//! session, because the bus belongs to the whole process.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use roachvault_core::connection::{
    ConnectionDetails, ConnectionDraft, Connections, Keep, SavedConnection, SecretChange, SecretKind,
};
use roachvault_core::{Code, Environment};

use super::*;

/// Set in the process that is inside the session, to its data folder.
const INSIDE: &str = "ROACHVAULT_TEST_KEYRING";

/// What a session consists of, and what looks at it from outside.
const TOOLS: [&str; 6] = [
    "dbus-run-session",
    "gnome-keyring-daemon",
    "dbus-send",
    "secret-tool",
    "Xvfb",
    "xdotool",
];

enum Session {
    /// A bus with an unlocked keyring.
    Keyring,
    /// The same with a screen, so that the desktop can ask for the keyring's password.
    KeyringAndScreen,
    /// A bus on which nobody keeps secrets.
    NoKeyring,
    /// No bus at all.
    NoBus,
}

/// A screen that nobody sees, until it is dropped.
struct Screen {
    server: Child,
    display: String,
}

impl Screen {
    fn start() -> Self {
        let mut server = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "1000x700x24",
                "-nolisten",
                "tcp",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // It tells the number that was free once it listens.
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap())
            .read_line(&mut number)
            .unwrap();
        let display = format!(":{}", number.trim());
        Self { server, display }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Runs the test of this name inside a session, unless this process is that session already: then the answer is its
/// data folder.
fn inside(session: Session, test: &str) -> Option<std::path::PathBuf> {
    if let Some(folder) = std::env::var_os(INSIDE) {
        return Some(folder.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = |tool: &str| std::env::split_paths(&path).any(|folder| folder.join(tool).is_file());
    if let Some(missing) = TOOLS.into_iter().find(|tool| !installed(tool)) {
        assert!(std::env::var_os("CI").is_none(), "not installed: {missing}");
        eprintln!("skipped: {test}: not installed: {missing}. 'scripts/setup --test' installs it.");
        return None;
    }
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(home.path().join("data/keyrings")).unwrap();
    // A bus on which nothing is started on demand: the system's own would start a keyring when one is asked for.
    let quiet_bus = home.path().join("bus.conf");
    std::fs::write(
        &quiet_bus,
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>"#,
    )
    .unwrap();
    let binary = std::env::current_exe().unwrap();
    let mut command = match session {
        Session::NoBus => Command::new(&binary),
        Session::NoKeyring | Session::Keyring | Session::KeyringAndScreen => {
            let mut command = Command::new("dbus-run-session");
            if matches!(session, Session::NoKeyring) {
                command.arg("--config-file").arg(&quiet_bus);
            }
            command.arg("--");
            if matches!(session, Session::Keyring | Session::KeyringAndScreen) {
                let script = "printf 'pw' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1 && exec \"$@\"";
                command.args(["sh", "-c", script, "sh"]);
            }
            command.arg(&binary);
            command
        }
    };
    if matches!(session, Session::NoBus) {
        command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
    }
    // Without a display no prompt can be shown, which the keyring reports as a dismissed one.
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    let screen = matches!(session, Session::KeyringAndScreen).then(Screen::start);
    if let Some(screen) = &screen {
        command.env("DISPLAY", &screen.display).env("NO_AT_BRIDGE", "1");
    }
    let output = command
        .args([
            "--exact",
            &format!("host::keychain::tests::{test}"),
            "--nocapture",
        ])
        .env(INSIDE, home.path().join("roachvault"))
        .env("HOME", home.path())
        .env("XDG_DATA_HOME", home.path().join("data"))
        .env("XDG_RUNTIME_DIR", home.path())
        .output()
        .unwrap();
    drop(screen);
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    None
}

fn run(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().unwrap();
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn lock_the_keyring() {
    run(
        "dbus-send",
        &[
            "--session",
            "--print-reply",
            "--dest=org.freedesktop.secrets",
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.Lock",
            "array:objpath:/org/freedesktop/secrets/collection/login",
        ],
    );
}

/// The entries as another program sees them.
fn seen_from_outside() -> usize {
    let output = Command::new("secret-tool")
        .args(["search", "--all", "service", SERVICE])
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| line.starts_with("secret = "))
        .count()
}

fn open(folder: &Path) -> Connections {
    Connections::open(folder, Arc::new(SystemKeyring::default())).unwrap()
}

fn draft(password: &str) -> ConnectionDraft {
    ConnectionDraft {
        id: None,
        details: ConnectionDetails {
            name: "Bank".into(),
            host: "127.0.0.1".into(),
            port: 1,
            user: "max".into(),
            database: "bank".into(),
            tls: Default::default(),
            ca_pem: None,
            client_cert_pem: None,
            cluster_option: None,
            jwt: false,
            environment: Environment::Development,
            read_only: false,
            colour: None,
            group: None,
            note: String::new(),
            favourite: false,
        },
        password: SecretChange::Set(Secret::new(password), Keep::Keyring),
        client_key: SecretChange::Unchanged,
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

/// Connects without a server: what matters is whether the password was found before.
async fn connecting(connections: &Connections, saved: &SavedConnection) -> Code {
    let error = connections.connect(saved.id).await.unwrap_err();
    if error.code == Code::Keyring {
        // Here the keyring is only ever locked.
        assert_eq!(error.message, "The system's keyring is locked.");
        let hint = error.hint.unwrap();
        assert!(hint.contains("type the secret for this session only"), "{hint}");
        assert!(error.retryable);
    }
    error.code
}

#[test]
fn a_real_keyring_keeps_a_secret_of_any_letters_and_forgets_it() {
    let test = "a_real_keyring_keeps_a_secret_of_any_letters_and_forgets_it";
    if inside(Session::Keyring, test).is_none() {
        return;
    }
    let keyring = SystemKeyring::default();
    keyring.probe().unwrap();
    assert!(keyring.read("one").unwrap().is_none());
    let secret = Secret::new("pä$$ \u{1f511}".repeat(200));
    keyring.write("one", "Roachvault: Bank", &secret).unwrap();
    assert!(keyring.read("one").unwrap() == Some(secret));
    keyring
        .write("one", "Roachvault: Bank", &Secret::new("new"))
        .unwrap();
    assert_eq!(keyring.read("one").unwrap().unwrap().expose(), "new");
    keyring.delete("one").unwrap();
    keyring.delete("one").unwrap();
    assert!(keyring.read("one").unwrap().is_none());
}

#[test]
fn a_locked_keyring_says_so_and_the_password_can_be_typed_for_the_session() {
    let test = "a_locked_keyring_says_so_and_the_password_can_be_typed_for_the_session";
    let Some(folder) = inside(Session::Keyring, test) else {
        return;
    };
    block_on(async {
        let connections = open(&folder);
        let saved = connections.save(draft("m4rk3d-w0rd")).await.unwrap();
        lock_the_keyring();
        assert_eq!(connecting(&connections, &saved).await, Code::Keyring);
        let failure = connections.keyring().last().unwrap().unwrap_err().failure;
        assert_eq!(failure, KeyringFailure::Locked);
        assert_eq!(
            connections.save(draft("another")).await.unwrap_err().code,
            Code::Keyring
        );
        assert_eq!(
            connections.list().len(),
            1,
            "nothing is saved whose secret was not kept"
        );

        connections
            .provide_secret(saved.id, SecretKind::Password, Secret::new("typed"), Keep::Memory)
            .await
            .unwrap();
        // Past the keyring: nobody listens on port 1, and that is what fails now.
        assert_eq!(connecting(&connections, &saved).await, Code::CannotConnect);
    });
}

/// The prompts that are on the screen now.
fn prompts() -> Vec<String> {
    let search = ["search", "--onlyvisible", "--name", "."];
    let output = Command::new("xdotool").args(search).output().unwrap();
    let found = String::from_utf8_lossy(&output.stdout).into_owned();
    found.lines().map(str::to_owned).collect()
}

/// Answers with these keys whatever prompt shows up while `work` goes on, and tells whether there was any.
async fn answering<T>(keys: &'static [&'static str], work: impl Future<Output = T>) -> (T, bool) {
    let done = Arc::new(AtomicBool::new(false));
    let is_done = Arc::clone(&done);
    let answers = tokio::task::spawn_blocking(move || {
        let mut seen = BTreeSet::new();
        while !is_done.load(Ordering::Relaxed) {
            let shown = prompts();
            if !shown.is_empty() {
                // Again until it is gone: a key that comes before the prompt listens is lost.
                let _ = Command::new("xdotool").arg("key").args(keys).status();
            }
            seen.extend(shown);
            std::thread::sleep(Duration::from_millis(200));
        }
        !seen.is_empty()
    });
    let worked = tokio::time::timeout(Duration::from_secs(60), work).await;
    done.store(true, Ordering::Relaxed);
    let was_asked = answers.await.unwrap();
    (worked.expect("the prompt was not answered"), was_asked)
}

#[test]
fn a_dismissed_unlock_prompt_leaves_typing_for_the_session_and_asking_the_keyring_again() {
    let test = "a_dismissed_unlock_prompt_leaves_typing_for_the_session_and_asking_the_keyring_again";
    let Some(folder) = inside(Session::KeyringAndScreen, test) else {
        return;
    };
    block_on(async {
        let connections = open(&folder);
        let saved = connections.save(draft("m4rk3d-w0rd")).await.unwrap();
        let other = connections.save(draft("0th3r-w0rd")).await.unwrap();
        lock_the_keyring();

        let (code, was_asked) = answering(&["Escape"], connecting(&connections, &saved)).await;
        assert!(was_asked, "no prompt was shown");
        assert_eq!(code, Code::Keyring);
        let failure = connections.keyring().last().unwrap().unwrap_err().failure;
        assert_eq!(failure, KeyringFailure::Locked);

        // The password is typed instead. It stays in memory, so nobody is asked by the keyring any more.
        connections
            .provide_secret(saved.id, SecretKind::Password, Secret::new("typed"), Keep::Memory)
            .await
            .unwrap();
        let (code, was_asked) = answering(&["Escape"], connecting(&connections, &saved)).await;
        assert!(!was_asked);
        assert_eq!(code, Code::CannotConnect);

        // The same process asks the keyring again, and this time the prompt is answered with its password, "pw".
        let (code, was_asked) = answering(&["p", "w", "Return"], connecting(&connections, &other)).await;
        assert!(was_asked, "no second prompt was shown");
        assert_eq!(code, Code::CannotConnect);
        connections.keyring().probe().await.unwrap();
    });
}

#[test]
fn deleting_a_connection_removes_its_entries_from_the_real_keyring() {
    let test = "deleting_a_connection_removes_its_entries_from_the_real_keyring";
    let Some(folder) = inside(Session::Keyring, test) else {
        return;
    };
    block_on(async {
        let connections = open(&folder);
        let long = "k".repeat(6_000);
        let saved = connections.save(draft(&long)).await.unwrap();
        assert_eq!(
            seen_from_outside(),
            3,
            "a secret of 6,000 bytes needs three entries"
        );
        connections.delete(saved.id).await.unwrap();
        assert_eq!(seen_from_outside(), 0);
    });
}

#[test]
fn an_entry_that_was_deleted_outside_is_asked_for_again() {
    let test = "an_entry_that_was_deleted_outside_is_asked_for_again";
    let Some(folder) = inside(Session::Keyring, test) else {
        return;
    };
    block_on(async {
        let connections = open(&folder);
        let saved = connections.save(draft("m4rk3d-w0rd")).await.unwrap();
        run("secret-tool", &["clear", "service", SERVICE]);
        assert_eq!(connecting(&connections, &saved).await, Code::SecretNeeded);
        connections
            .provide_secret(
                saved.id,
                SecretKind::Password,
                Secret::new("again"),
                Keep::Keyring,
            )
            .await
            .unwrap();
        assert_eq!(seen_from_outside(), 1);
        assert_eq!(connecting(&connections, &saved).await, Code::CannotConnect);
    });
}

#[test]
fn a_session_without_a_keyring_has_none_and_says_so() {
    let test = "a_session_without_a_keyring_has_none_and_says_so";
    if inside(Session::NoKeyring, test).is_none() {
        return;
    }
    let keyring = SystemKeyring::default();
    assert_eq!(keyring.probe().unwrap_err().failure, KeyringFailure::Absent);
    assert_eq!(keyring.read("one").unwrap_err().failure, KeyringFailure::Absent);
}

#[test]
fn a_session_without_a_bus_has_no_keyring_and_says_so() {
    let test = "a_session_without_a_bus_has_no_keyring_and_says_so";
    if inside(Session::NoBus, test).is_none() {
        return;
    }
    let keyring = SystemKeyring::default();
    assert_eq!(keyring.probe().unwrap_err().failure, KeyringFailure::Absent);
    assert_eq!(keyring.read("one").unwrap_err().failure, KeyringFailure::Absent);
}

#[test]
fn a_keyring_that_starts_late_is_found_without_a_restart() {
    let test = "a_keyring_that_starts_late_is_found_without_a_restart";
    if inside(Session::NoKeyring, test).is_none() {
        return;
    }
    let keyring = SystemKeyring::default();
    assert_eq!(keyring.probe().unwrap_err().failure, KeyringFailure::Absent);
    run(
        "sh",
        &[
            "-c",
            "printf 'pw' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1",
        ],
    );
    // The daemon goes into the background before it has its name on the bus.
    let end = Instant::now() + Duration::from_secs(30);
    while let Err(error) = keyring.probe() {
        assert!(Instant::now() < end, "{error:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    keyring
        .write("one", "Roachvault: Bank", &Secret::new("late"))
        .unwrap();
    assert_eq!(keyring.read("one").unwrap().unwrap().expose(), "late");
}
