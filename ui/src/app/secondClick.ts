/** What is pressed as one: the icon or the word in it may be drawn anew by the first click. */
const pressed = "button, a, label, [role=row]";

/**
 * The first click of a double click may lead to another page, and the second would land on whatever has come beneath
 * the pointer. It does nothing, once the address is another and what was meant is gone.
 */
export function ignoreStraySecondClicks(address: () => string, page: Document = document) {
  let first: { at: string; on: Element | null } = { at: "", on: null };
  const onClick = (event: MouseEvent) => {
    const target = event.target instanceof Element ? event.target : null;
    if (event.detail < 2) {
      // Read before anything can act on the click: this listener is the outermost.
      first = { at: address(), on: target?.closest(pressed) ?? target };
      return;
    }
    const isStray = first.at !== address() && first.on !== null && !first.on.isConnected;
    if (!isStray) return;
    event.preventDefault();
    event.stopPropagation();
  };
  page.addEventListener("click", onClick, { capture: true });
  page.addEventListener("dblclick", onClick, { capture: true });
}
