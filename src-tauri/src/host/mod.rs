//! What the operating system offers: folders, keyring, notifications.

pub mod attention;
pub mod clipboard;
pub mod keychain;
pub mod paths;
pub mod practice;
pub mod quit;
pub mod reveal;
