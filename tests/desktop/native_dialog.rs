//! GTK's file dialogs are windows of their own that WebDriver does not see: they are typed into as a person would.

use std::path::Path;

use crate::app::SOON;
use crate::desktop::Desktop;
use crate::wait::until;

/// Answers the file dialog that is about to open, for opening or for saving, with this path.
#[track_caller]
pub fn choose(desktop: &Desktop, path: &Path) {
    let dialog = until("a native file dialog", SOON, || {
        open_dialog(desktop).ok_or_else(|| "no dialog is on the screen".to_owned())
    });
    let path = path.to_str().expect("the test's own paths are text");
    desktop
        .output("xdotool", &["windowfocus", "--sync", &dialog])
        .unwrap();
    // Ctrl+L turns the path bar into an entry; a save dialog's name entry takes a whole path as well.
    desktop.output("xdotool", &["key", "ctrl+l"]).unwrap();
    desktop.output("xdotool", &["key", "ctrl+a"]).unwrap();
    desktop
        .output("xdotool", &["type", "--delay", "5", path])
        .unwrap();
    until("the file dialog to close", SOON, || {
        // The first Return may only close the list of completions.
        desktop.output("xdotool", &["key", "Return"])?;
        let mut closed = false;
        for _ in 0..20 {
            closed = open_dialog(desktop).is_none();
            if closed {
                break;
            }
        }
        if closed {
            Ok(())
        } else {
            Err("it is still open".into())
        }
    });
}

/// The id of the dialog window on the screen.
fn open_dialog(desktop: &Desktop) -> Option<String> {
    let windows = desktop.output("xprop", &["-root", "_NET_CLIENT_LIST"]).ok()?;
    let (_, ids) = windows.split_once('#')?;
    ids.split(',')
        .map(str::trim)
        .find(|id| is_dialog(desktop, id))
        .map(str::to_owned)
}

fn is_dialog(desktop: &Desktop, window: &str) -> bool {
    desktop
        .output("xprop", &["-id", window, "_NET_WM_WINDOW_TYPE"])
        .is_ok_and(|kind| kind.contains("_NET_WM_WINDOW_TYPE_DIALOG"))
}
