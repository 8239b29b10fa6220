//! The app as a person meets it: a real window on a real (if invisible) desktop, a real keyring, real native dialogs.
//!
//! Everything below the window has tests of its own; these hold the whole together. Each test gets a desktop of its
//! own from `scripts/desktop-session` with empty state, and leaves nothing behind. When one fails, the folder
//! `target/desktop/<test>/` holds a picture of the page, a picture of the screen, the page's source and the logs.
//!
//! `make test-desktop` builds the front end first; the binary under test carries it inside.

// What a skipped test says, and what a child process answers, goes to the output.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod app;
mod connect;
mod desktop;
mod exchange;
mod files;
mod keyboard;
mod many_files;
mod missing_rows;
mod native_dialog;
mod noise;
mod outside;
mod schedules;
mod wait;
mod walk;
mod webdriver;
mod window;
