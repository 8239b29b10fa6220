//! Tells Tauri which commands exist, so that each needs its own permission.

macro_rules! commands {
    ($( $(#[$doc:meta])* $feature:ident :: $name:ident ( $($arg:ident : $ty:ty),* $(,)? ) $(streams $stream:ty)? => $ret:ty ; )*) => {
        const COMMANDS: &[&str] = &[$(stringify!($name)),*];
    };
}

include!("src/ipc/commands.rs");

fn main() {
    println!("cargo:rerun-if-changed=src-tauri/src/ipc/commands.rs");
    let attributes = tauri_build::Attributes::new()
        .app_manifest(tauri_build::AppManifest::new().commands(COMMANDS))
        .capabilities_path_pattern("./src-tauri/capabilities/**/*");
    if let Err(error) = tauri_build::try_build(attributes) {
        eprintln!("{error:#}");
        std::process::exit(1);
    }
}
