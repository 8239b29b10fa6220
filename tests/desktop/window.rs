//! The window itself: it opens, says who it is, and loads nothing from elsewhere.

use crate::app::App;
use crate::desktop::Desktop;
use crate::wait::until;

#[test]
fn the_window_opens_under_its_name() {
    let Some(desktop) = Desktop::start("the_window_opens_under_its_name") else {
        return;
    };
    let app = App::open(&desktop);
    until("a window called Roachvault", crate::app::SOON, || {
        desktop.output("xdotool", &["search", "--onlyvisible", "--name", "^Roachvault"])
    });
    assert_eq!(app.script("document.title"), "Roachvault");
    app.quit();
}
