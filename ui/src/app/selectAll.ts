/** What Ctrl+A (⌘A) takes all of by itself: a field. Lists have the key for their own. */
const fields = "input, textarea, [contenteditable]";

/** Elsewhere the web view would mark every word of the app, from the rail to the last row. */
export function keepSelectAllForFields(page: Document = document) {
  page.addEventListener("keydown", (event) => {
    const { target } = event;
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "a") return;
    if (!(target instanceof Element && target.closest(fields))) event.preventDefault();
  });
}
