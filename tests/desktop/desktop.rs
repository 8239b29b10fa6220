//! A desktop for one test: started by `scripts/desktop-session`, gone when the value is dropped, also by a panic.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::wait::until;
use crate::webdriver;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What the session and the harness call by name.
const TOOLS: [&str; 9] = [
    "Xvfb",
    "openbox",
    "dbus-daemon",
    "gnome-keyring-daemon",
    "tauri-driver",
    "WebKitWebDriver",
    "xdotool",
    "xclip",
    "import",
];

pub struct Desktop {
    session: Child,
    environment: BTreeMap<String, String>,
    /// Home, data folder and keyring of the session.
    state: TempDir,
    /// Where a failure leaves its traces.
    traces: PathBuf,
    pub driver: String,
}

impl Desktop {
    /// The desktop for the test of this name; none, with a word about why, where its tools are missing. On CI
    /// nothing is skipped: there the tools must be installed.
    pub fn start(test: &str) -> Option<Self> {
        let missing = missing_tools();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            assert!(std::env::var_os("CI").is_none(), "not installed: {missing}");
            println!("skipped: {test}: not installed: {missing}. 'scripts/setup --test' installs them.");
            return None;
        }
        if cfg!(not(feature = "custom-protocol")) {
            panic!("the app under test has no front end inside: use 'make test-desktop'");
        }

        let traces = Path::new(ROOT).join("target/desktop").join(test);
        // Traces of an earlier run would pass for this one's.
        let _ = fs::remove_dir_all(&traces);
        fs::create_dir_all(&traces).unwrap();

        let state = TempDir::with_prefix("roachvault-state.").unwrap();
        let environment_file = state.path().join("environment");
        let (port, native_port) = (free_port(), free_port());
        let log = fs::File::create(traces.join("app.log")).unwrap();
        let session = Command::new(Path::new(ROOT).join("scripts/desktop-session"))
            .args(["--size", "1360x940", "--state"])
            .arg(state.path())
            // The driver starts the app, so both live in the session; the tests look in from outside and need to know
            // its display and bus.
            .args([
                "--",
                "sh",
                "-c",
                "env -0 >\"$0.part\" && mv \"$0.part\" \"$0\" && exec \"$@\"",
            ])
            .arg(&environment_file)
            .args([
                "tauri-driver",
                "--port",
                &port.to_string(),
                "--native-port",
                &native_port.to_string(),
            ])
            .env("RUST_LOG", "info")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut desktop = Self {
            session,
            environment: BTreeMap::new(),
            state,
            traces,
            driver: format!("http://127.0.0.1:{port}"),
        };
        until("the desktop session", Duration::from_secs(60), || {
            if let Some(status) = desktop.session.try_wait().unwrap() {
                panic!("the desktop session ended ({status}):\n{}", desktop.log());
            }
            webdriver::ready(&desktop.driver)
        });
        desktop.environment = fs::read_to_string(&environment_file)
            .unwrap()
            .split_terminator('\0')
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Some(desktop)
    }

    /// The app's own data folder.
    pub fn data_dir(&self) -> PathBuf {
        self.state.path().join("roachvault")
    }

    /// A folder for files that the test hands to the app, or gets from it.
    pub fn files_dir(&self) -> PathBuf {
        let dir = self.state.path().join("files");
        fs::create_dir_all(&dir).unwrap();
        dir
    }

    /// A place for a file of the test's own that the app does not see.
    pub fn scratch(&self, name: &str) -> PathBuf {
        self.state.path().join(name)
    }

    /// A command that runs on this desktop.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.environment).stdin(Stdio::null());
        command
    }

    /// What a command on this desktop prints; the error is what it complains of.
    pub fn output(&self, program: &str, args: &[&str]) -> Result<String, String> {
        let output = self
            .command(program)
            .args(args)
            .output()
            .map_err(|error| format!("{program}: {error}"))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        } else {
            Err(format!(
                "{program} {}: {}",
                args.join(" "),
                String::from_utf8_lossy(&output.stderr).trim()
            ))
        }
    }

    /// The folders under `/proc` of everything that runs on this desktop: the app, the parts of it that draw its page, and
    /// what the session consists of. All of it has inherited where the data folder is.
    pub fn processes(&self) -> Vec<PathBuf> {
        let data_dir = format!("ROACHVAULT_DATA_DIR={}", self.data_dir().display());
        let is_ours = |process: &PathBuf| {
            fs::read(process.join("environ")).is_ok_and(|environ| {
                environ
                    .split(|byte| *byte == 0)
                    .any(|set| set == data_dir.as_bytes())
            })
        };
        let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        processes.filter(is_ours).collect()
    }

    /// Memory of all these processes together, in bytes; what several of them share counts once (Linux's PSS).
    pub fn memory_bytes(&self) -> u64 {
        let share = |process: PathBuf| {
            let rollup = fs::read_to_string(process.join("smaps_rollup")).ok()?;
            let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
            line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()
        };
        self.processes().into_iter().filter_map(share).sum::<u64>() << 10
    }

    /// Sends SIGKILL to what runs this program on this desktop, and on no other. Answers how many there were.
    pub fn kill_program(&self, program: &str) -> usize {
        self.processes()
            .iter()
            .filter(|process| fs::read_link(process.join("exe")).is_ok_and(|exe| exe == Path::new(program)))
            .filter_map(|process| process.file_name()?.to_str())
            .filter(|id| {
                let killed = Command::new("kill").args(["-KILL", id]).status();
                killed.is_ok_and(|status| status.success())
            })
            .count()
    }

    pub fn leave_trace(&self, name: &str, content: &[u8]) {
        let _ = fs::write(self.traces.join(name), content);
    }

    /// A picture of the whole screen, window frames and native dialogs included.
    pub fn picture_the_screen(&self) {
        let picture = self.traces.join("screen.png");
        let _ = self
            .command("import")
            .args(["-window", "root"])
            .arg(picture)
            .status();
    }

    /// What the app and its session wrote to their output.
    pub fn log(&self) -> String {
        fs::read_to_string(self.traces.join("app.log")).unwrap_or_default()
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        if std::thread::panicking() {
            copy_logs(&self.data_dir(), &self.traces);
            eprintln!("Pictures and logs: {}", self.traces.display());
        } else {
            let _ = fs::remove_dir_all(&self.traces);
        }
        // The script's trap takes down everything the session started; a plain kill would orphan it.
        let _ = Command::new("kill")
            .args(["-TERM", &self.session.id().to_string()])
            .status();
        let _ = self.session.wait();
    }
}

fn missing_tools() -> Vec<&'static str> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    TOOLS
        .into_iter()
        .filter(|tool| !std::env::split_paths(&path).any(|dir| dir.join(tool).is_file()))
        .collect()
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn copy_logs(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            copy_logs(&path, to);
        } else if path.extension() == Some(OsStr::new("log")) {
            let _ = fs::copy(&path, to.join(entry.file_name()));
        }
    }
}
