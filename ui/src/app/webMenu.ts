/** Text that is selected where the pointer is: there is something to copy. */
function isSelected(target: Node): boolean {
  const selection = document.getSelection();
  return selection !== null && !selection.isCollapsed && selection.containsNode(target, true);
}

/**
 * The web view's own menu speaks of pages to go back to and to load again, which an app has none of. It stays where it
 * cuts, copies and pastes: in fields, and on selected text.
 */
export function keepMenuForText(page: Document = document) {
  page.addEventListener("contextmenu", (event) => {
    const { target } = event;
    if (!(target instanceof Element)) return;
    const isField = target.closest("input, textarea, [contenteditable]") !== null;
    if (!isField && !isSelected(target)) event.preventDefault();
  });
}
