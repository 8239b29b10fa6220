//! What the operating system offers: folders, keyring, notifications.

pub mod attention;
pub mod clipboard;
pub mod keychain;
#[cfg(target_os = "macos")]
pub mod menu;
pub mod paths;
pub mod practice;
pub mod quit;
pub mod reveal;
