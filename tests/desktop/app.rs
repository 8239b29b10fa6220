//! The running app, spoken of as a person sees it: roles, names, words on the page.

use std::time::Duration;

use serde_json::json;

use crate::desktop::Desktop;
use crate::wait::until;
use crate::webdriver::Session;

/// How long the page may take to show what follows from a click.
pub const SOON: Duration = Duration::from_secs(30);

/// What a person can press.
const CLICKABLE: &str = "button link tab menuitem option radio checkbox switch";

pub struct App<'desktop> {
    pub desktop: &'desktop Desktop,
    session: Session,
}

impl<'desktop> App<'desktop> {
    /// Starts the app and waits until it has drawn its page.
    pub fn open(desktop: &'desktop Desktop) -> Self {
        let session = Session::start(&desktop.driver, env!("CARGO_BIN_EXE_roachvault"))
            .unwrap_or_else(|error| panic!("the app did not start: {error}"));
        let app = Self { desktop, session };
        until("the page to be drawn", SOON, || {
            let drawn = app
                .session
                .script("document.querySelector('#root > *') !== null", &json!([]))?;
            if drawn == true {
                Ok(())
            } else {
                Err("it is empty".into())
            }
        });
        app
    }

    #[track_caller]
    pub fn click(&self, name: &str) {
        self.click_in("", name);
    }

    /// Clicks within the region, dialog or row of this name.
    #[track_caller]
    pub fn click_in(&self, within: &str, name: &str) {
        until(&format!("'{name}' to click"), SOON, || {
            let element = self.session.find(CLICKABLE, name, within)?;
            self.session.click(&element)
        });
    }

    /// Takes an option of a list that unfolds.
    #[track_caller]
    pub fn choose(&self, field: &str, option: &str) {
        self.click(field);
        until(&format!("option '{option}'"), SOON, || {
            let element = self.session.find("option", option, "")?;
            self.session.click(&element)
        });
    }

    /// Selects the row of a list whose spoken name contains this.
    #[track_caller]
    pub fn choose_row(&self, name: &str) {
        until(&format!("row '{name}' to select"), SOON, || {
            let element = self.session.find("row", name, "")?;
            self.session.click(&element)?;
            // A row that arrives above moves all others: the click may have met a neighbour.
            let selected = "arguments[0].getAttribute('aria-selected') === 'true'";
            if self.session.ask(&element, selected)? == true {
                Ok(())
            } else {
                Err("it was not selected by the click".into())
            }
        });
    }

    #[track_caller]
    pub fn see_row(&self, name: &str) {
        until(&format!("row '{name}'"), SOON, || {
            self.session.find("row", name, "")
        });
    }

    /// Waits until the region or dialog of this name says this.
    #[track_caller]
    pub fn see_in(&self, within: &str, words: &str, deadline: Duration) {
        until(&format!("the words '{words}' in '{within}'"), deadline, || {
            self.session.find("*", words, within)
        });
    }

    /// Replaces what a text field holds.
    #[track_caller]
    pub fn fill(&self, field: &str, text: &str) {
        until(&format!("field '{field}'"), SOON, || {
            let element = self
                .session
                .find("textbox searchbox spinbutton combobox", field, "")?;
            // As a person does it, select all and type: clearing by WebDriver goes past the page's own state.
            self.session
                .type_text(&element, &format!("\u{e009}a\u{e000}{text}"))
        });
    }

    /// Replaces what a field of a dialog holds, by End and Backspace: a modifier that is held while a dialog moves the
    /// focus stays held, and what follows is taken for shortcuts.
    #[track_caller]
    pub fn write(&self, field: &str, text: &str) {
        until(&format!("field '{field}' to hold '{text}'"), SOON, || {
            // Right after a native dialog has closed, no window may have the keys.
            self.activate_window();
            let element = self.session.find("textbox", field, "")?;
            let before = self.session.value(&element)?;
            let erase = "\u{e003}".repeat(before.chars().count());
            self.session
                .type_text(&element, &format!("\u{e010}{erase}{text}"))?;
            match self.session.value(&element)? {
                held if held == text => Ok(()),
                held => Err(format!("it holds '{held}'")),
            }
        });
    }

    /// Waits until the page says this.
    #[track_caller]
    pub fn see(&self, words: &str) {
        self.see_within(words, SOON);
    }

    #[track_caller]
    pub fn see_within(&self, words: &str, deadline: Duration) {
        until(&format!("the words '{words}'"), deadline, || {
            self.session.find("*", words, "")
        });
    }

    /// What stands in the element of this role and name.
    #[track_caller]
    pub fn text_of(&self, roles: &str, name: &str) -> String {
        until(&format!("{roles} '{name}'"), SOON, || {
            let element = self.session.find(roles, name, "")?;
            self.session.text(&element)
        })
    }

    /// Presses these keys one after the other, wherever the focus is.
    #[track_caller]
    pub fn press(&self, keys: &str) {
        self.session.press(keys).unwrap();
    }

    #[track_caller]
    pub fn script(&self, script: &str) -> serde_json::Value {
        self.session.script(script, &json!([])).unwrap()
    }

    /// Kills the app outright, as a power cut would: nothing of it can tidy up.
    pub fn kill(self) {
        let killed = self.desktop.kill_program(env!("CARGO_BIN_EXE_roachvault"));
        assert!(killed > 0, "no app was running");
        self.ended();
    }

    /// Gives the app's window the keys; false where there is none.
    fn activate_window(&self) -> bool {
        let found = self
            .desktop
            .output("xdotool", &["search", "--onlyvisible", "--name", "Roachvault$"])
            .unwrap_or_default();
        found.lines().last().is_some_and(|id| {
            self.desktop
                .output("xdotool", &["windowactivate", "--sync", id])
                .is_ok()
        })
    }

    /// Closes the window as its frame's button does, and waits until the app is gone.
    pub fn quit(self) {
        until("the app to end", SOON, || {
            match self.session.script("1", &json!([])) {
                Ok(_) => {
                    // Pressed again as long as it runs: right after a dialog has closed, no window may have the keys.
                    self.press_close();
                    Err("it still answers".into())
                }
                Err(_) => Ok(()),
            }
        });
    }

    /// Asks the window to close; it may ask back.
    pub fn press_close(&self) {
        if self.activate_window() {
            let _ = self
                .desktop
                .output("xdotool", &["key", "--clearmodifiers", "alt+F4"]);
        }
    }

    /// Waits until the app is gone by itself.
    pub fn ended(self) {
        until("the app to end", SOON, || {
            match self.session.script("1", &json!([])) {
                Ok(_) => Err("it still answers".into()),
                Err(_) => Ok(()),
            }
        });
    }
}

impl Drop for App<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            if let Ok(picture) = self.session.picture() {
                self.desktop.leave_trace("page.png", &picture);
            }
            if let Ok(source) = self.session.source() {
                self.desktop.leave_trace("page.html", source.as_bytes());
            }
            self.desktop.picture_the_screen();
        }
        // Ends the app too. After `quit` there is nothing left to end.
        let _ = self.session.end();
    }
}
