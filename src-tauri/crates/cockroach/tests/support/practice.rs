//! A practice cluster in a process of its own, so that it can be killed and its memory is not ours.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use roachvault_cockroach::Target;

use crate::target::target;

/// Stops when it is dropped.
pub struct Practice {
    server: Child,
    pub target: Target,
}

impl Practice {
    /// `None`, with a line saying so, where the program was not built.
    pub fn start(data: Option<&Path>, more: &[&str]) -> Option<Self> {
        let Some(program) = program() else {
            println!("skipped: roachvault-practice is not built");
            return None;
        };
        let mut command = Command::new(program);
        command
            .args(["serve", "--insecure", "--empty", "--user", "demo"])
            .args(more);
        if let Some(data) = data {
            command.arg("--data").arg(data);
        }
        let mut server = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line
            .trim()
            .strip_prefix("ready ")
            .unwrap_or_else(|| panic!("it said {line:?}"))
            .to_owned();
        Some(Self {
            server,
            target: target(&url).unwrap(),
        })
    }

    /// At once, as when the power goes.
    pub fn kill(mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}

impl Drop for Practice {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Beside the programs that this test was built with.
fn program() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("ROACHVAULT_PRACTICE") {
        return Some(path.into());
    }
    let own = std::env::current_exe().unwrap();
    let program = own
        .parent()?
        .parent()?
        .join(format!("roachvault-practice{}", std::env::consts::EXE_SUFFIX));
    program.exists().then_some(program)
}
