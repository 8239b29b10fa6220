// No console window beside the app on Windows.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

/// Takes the shell's `PG*` variables out of this process.
///
/// The database driver starts every connection from them, and some cannot be unset later: they would
/// put another user's certificate or options into a person's connection.
fn remove_database_variables() {
    for (name, _) in std::env::vars_os() {
        let start = name.as_encoded_bytes().get(..2).unwrap_or_default();
        // Windows tells no case apart: there `pgpassword` is read as `PGPASSWORD`.
        if start == b"PG" || (cfg!(windows) && start.eq_ignore_ascii_case(b"PG")) {
            // SAFETY: this runs first in `main`, before any other thread exists that could read or
            // write the environment at the same time.
            #[allow(unsafe_code)]
            unsafe {
                std::env::remove_var(name);
            }
        }
    }
}

fn main() {
    remove_database_variables();
    roachvault::run();
}
