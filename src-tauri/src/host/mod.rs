//! What the operating system offers: folders, keyring, notifications.

pub mod paths;
