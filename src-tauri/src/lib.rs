//! The desktop app: wires core, cluster access and window together, and holds no logic of its own.

mod host;
mod ipc;
mod state;

use tauri::{Builder, Manager, Runtime};

use state::AppState;

/// The app on any runtime; tests build it on Tauri's mock runtime.
pub fn build<R: Runtime>(builder: Builder<R>) -> Builder<R> {
    builder.invoke_handler(ipc::handler()).setup(|app| {
        let data_dir = host::paths::data_dir(app.handle())?;
        app.manage(tauri::async_runtime::block_on(AppState::open(data_dir))?);
        Ok(())
    })
}

/// Opens the window and runs until it is closed.
pub fn run() {
    let builder = Builder::default()
        // Must be the first plugin: a second start hands over to the running app and ends.
        .plugin(tauri_plugin_single_instance::init(|app, _arguments, _folder| {
            if let Some(window) = app.get_webview_window("main") {
                let _ = window.unminimize();
                let _ = window.set_focus();
            }
        }))
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_opener::init());
    if let Err(error) = build(builder).run(tauri::generate_context!()) {
        eprintln!("Roachvault could not start: {error}");
        std::process::exit(1);
    }
}
