//! The desktop app: wires core, cluster access and window together, and holds no logic of its own.

mod host;
mod ipc;
mod state;

use std::time::Duration;

use tauri::{Builder, Manager, RunEvent, Runtime, Window, WindowEvent};

use state::AppState;

/// The app on any runtime; tests build it on Tauri's mock runtime.
pub fn build<R: Runtime>(builder: Builder<R>) -> Builder<R> {
    builder.invoke_handler(ipc::handler()).setup(|app| {
        let data_dir = host::paths::data_dir(app.handle())?;
        app.manage(tauri::async_runtime::block_on(AppState::open(data_dir))?);
        Ok(())
    })
}

/// How long the window stays open for the number of a cluster job that is just being started.
const SETTLING: Duration = Duration::from_secs(5);

/// Closes the window once nobody minds the transfers that this stops, and every cluster job can be found again: a
/// backup whose number was never written down would have to be called lost at the next start, though it may well run.
fn close_when_settled<R: Runtime>(window: &Window<R>, event: &WindowEvent) {
    let WindowEvent::CloseRequested { api, .. } = event else {
        return;
    };
    api.prevent_close();
    let window = window.clone();
    tauri::async_runtime::spawn(async move {
        let jobs = window.state::<AppState>().jobs.clone();
        if !host::quit::may_stop(&window, &jobs.running_local()).await {
            return;
        }
        jobs.settle(SETTLING).await;
        if let Err(error) = window.destroy() {
            tracing::warn!(%error, "the window could not be closed");
        }
    });
}

/// Opens the window and runs until it is closed.
pub fn run() {
    let builder = Builder::default()
        .on_window_event(close_when_settled)
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
    #[cfg(target_os = "macos")]
    let builder = builder.menu(host::menu::menu).on_menu_event(host::menu::chosen);
    match build(builder).build(tauri::generate_context!()) {
        Ok(app) => app.run(|app, event| {
            if let RunEvent::Ready = event {
                host::attention::follow(app.clone());
            }
        }),
        Err(error) => {
            eprintln!("Roachvault could not start: {error}");
            std::process::exit(1);
        }
    }
}
