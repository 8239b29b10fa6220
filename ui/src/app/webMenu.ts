/** Selected text is where the pointer is: there is something to copy. */
function isSelected(target: Element): boolean {
  const selection = document.getSelection();
  if (selection === null || selection.isCollapsed) return false;
  const range = selection.getRangeAt(0);
  return [...target.childNodes].some(
    (node) => node.nodeType === Node.TEXT_NODE && range.intersectsNode(node),
  );
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
