//! GTK's file dialogs are windows of their own that WebDriver does not see: they are answered by keys, as a person would.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::app::SOON;
use crate::desktop::Desktop;
use crate::wait::until;

/// Answers the file dialog that is about to open, for opening or for saving, with this path.
#[track_caller]
pub fn choose(desktop: &Desktop, path: &Path) {
    until("a native file dialog", SOON, || {
        dialogs(desktop)
            .pop()
            .ok_or_else(|| "no dialog is on the screen".to_owned())
    });
    let path = path.to_str().expect("the test's own paths are text");
    until("the file dialog to close", SOON * 2, || {
        let open = dialogs(desktop);
        let dialog = match open.as_slice() {
            [] => return Ok(()),
            [dialog] => dialog,
            // A message over the dialog: a key came before the dialog was listening.
            [.., message] => {
                press(desktop, message, "Escape")?;
                return Err("it says that there is no such file".into());
            }
        };
        paste_path(desktop, dialog, path)?;
        // The first Return may only close the list of completions. Each goes to the dialog or fails: one that came to
        // the page behind it would press the button that opened the dialog once more.
        for _ in 0..2 {
            press(desktop, dialog, "Return")?;
            let patience = Instant::now() + Duration::from_secs(2);
            while Instant::now() < patience {
                match dialogs(desktop).len() {
                    0 => return Ok(()),
                    1 => {}
                    _ => return Err("it says that there is no such file".into()),
                }
            }
        }
        Err("it is still open".into())
    });
}

/// Answers the message dialog that is about to open with this key, and waits until it is gone.
#[track_caller]
pub fn press_until_closed(desktop: &Desktop, key: &str) {
    until("a native message dialog", SOON, || {
        dialogs(desktop)
            .pop()
            .ok_or_else(|| "no dialog is on the screen".to_owned())
    });
    until("the message dialog to close", SOON, || {
        match dialogs(desktop).pop() {
            None => Ok(()),
            Some(dialog) => {
                press(desktop, &dialog, key)?;
                Err("it is still open".into())
            }
        }
    });
}

/// Pastes the path, as one change: a path that is typed letter by letter meets the dialog's completion halfway, which
/// then puts in what it guesses.
fn paste_path(desktop: &Desktop, dialog: &str, path: &str) -> Result<(), String> {
    put_on_clipboard(desktop, "UTF8_STRING", path)?;
    // Ctrl+L turns the path bar into an entry; a save dialog's name entry takes a whole path as well.
    press(desktop, dialog, "ctrl+l")?;
    press(desktop, dialog, "ctrl+a")?;
    press(desktop, dialog, "ctrl+v")
}

/// Copies a file or folder as a file manager does.
#[track_caller]
pub fn copy_file(desktop: &Desktop, path: &Path) {
    put_on_clipboard(
        desktop,
        "text/uri-list",
        &format!("file://{}\r\n", path.display()),
    )
    .unwrap();
}

fn put_on_clipboard(desktop: &Desktop, kind: &str, text: &str) -> Result<(), String> {
    // It stays in the background until somebody else takes the clipboard, so nothing may wait for its output to end.
    let mut xclip = desktop
        .command("xclip")
        .args(["-selection", "clipboard", "-in", "-target", kind])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("xclip: {error}"))?;
    if let Some(mut input) = xclip.stdin.take() {
        input
            .write_all(text.as_bytes())
            .map_err(|error| format!("xclip: {error}"))?;
    }
    match xclip.wait() {
        Ok(status) if status.success() => Ok(()),
        ended => Err(format!("xclip: {ended:?}")),
    }
}

fn press(desktop: &Desktop, window: &str, key: &str) -> Result<(), String> {
    desktop.output("xdotool", &["windowfocus", "--sync", window])?;
    desktop.output("xdotool", &["key", key]).map(drop)
}

/// The ids of the dialog windows on the screen, the newest last.
fn dialogs(desktop: &Desktop) -> Vec<String> {
    let windows = desktop
        .output("xprop", &["-root", "_NET_CLIENT_LIST"])
        .unwrap_or_default();
    let ids = windows.split_once('#').map_or("", |(_, ids)| ids);
    ids.split(',')
        .map(|id| id.trim().to_owned())
        .filter(|id| is_dialog(desktop, id))
        .collect()
}

fn is_dialog(desktop: &Desktop, window: &str) -> bool {
    desktop
        .output("xprop", &["-id", window, "_NET_WM_WINDOW_TYPE"])
        .is_ok_and(|kind| kind.contains("_NET_WM_WINDOW_TYPE_DIALOG"))
}
