//! A person without a mouse: Tab, Enter and letters, each sent as a key of the keyboard.

use std::time::Duration;

use crate::app::{App, SOON};
use crate::wait::until;

pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";

/// Role or tag, and the accessible name, of what has the focus.
const FOCUSED: &str = "(() => { const clean = (text) => (text ?? '').replace(/\\s+/g, ' ').trim(); \
    const element = document.activeElement; \
    const ids = element.getAttribute('aria-labelledby'); \
    const named = ids ? ids.split(/\\s+/).map((id) => document.getElementById(id)?.textContent).join(' ') : ''; \
    const labels = [...(element.labels ?? [])].map((label) => label.textContent).join(' '); \
    return clean(element.getAttribute('aria-label') || named || labels || element.innerText); })()";

impl App<'_> {
    /// The name of what has the focus.
    pub fn focused(&self) -> String {
        self.script(FOCUSED).as_str().unwrap_or_default().to_owned()
    }

    /// Goes from control to control until the one of this name has the focus. The page may still be changing under it,
    /// so that it may take more than one round.
    #[track_caller]
    pub fn tab_to(&self, name: &str) {
        until(&format!("'{name}' to get the focus"), SOON * 2, || {
            let focused = self.focused();
            if focused == name {
                return Ok(());
            }
            self.press(TAB);
            Err(format!("the focus is on '{focused}'"))
        });
    }

    /// Waits until the control of this name has the focus by itself.
    #[track_caller]
    pub fn is_focused(&self, name: &str) {
        until(
            &format!("'{name}' to have the focus"),
            Duration::from_secs(30),
            || {
                let focused = self.focused();
                if focused.contains(name) {
                    Ok(())
                } else {
                    Err(format!("it is on '{focused}'"))
                }
            },
        );
    }
}
