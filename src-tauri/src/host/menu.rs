//! The menu bar of macOS.

use tauri::menu::{Menu, MenuEvent, MenuItem, MenuItemKind};
use tauri::{AppHandle, Manager, Runtime};

const QUIT: &str = "quit";

/// The usual menus with a “Quit” that closes the window: the system's own ends the process at once, and nobody would be
/// asked about the transfers that it stops.
pub fn menu<R: Runtime>(app: &AppHandle<R>) -> tauri::Result<Menu<R>> {
    let menu = Menu::default(app)?;
    if let Some(MenuItemKind::Submenu(own)) = menu.items()?.first()
        && let Some(last) = own.items()?.len().checked_sub(1)
    {
        own.remove_at(last)?;
        let name = &app.package_info().name;
        own.append(&MenuItem::with_id(
            app,
            QUIT,
            format!("Quit {name}"),
            true,
            Some("Cmd+Q"),
        )?)?;
    }
    Ok(menu)
}

pub fn chosen<R: Runtime>(app: &AppHandle<R>, event: MenuEvent) {
    if event.id() == QUIT
        && let Some(window) = app.get_webview_window("main")
        && let Err(error) = window.close()
    {
        tracing::warn!(%error, "the window could not be closed");
    }
}
