/** What lies over the page: it goes, and the focus with it. */
const over = "[role=dialog], [role=alertdialog], [role=menu], [role=listbox]";

let last: HTMLElement | null = null;
document.addEventListener("focusin", ({ target }) => {
  if (target instanceof HTMLElement && target.closest(over) === null) last = target;
});

/**
 * Where a dialog takes the place of another, the one that goes last remembers something in the first, which is no
 * more: nothing has the focus then. It belongs to where the person was on the page.
 */
export function returnFocus() {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const isLost = document.activeElement === null || document.activeElement === document.body;
      if (!isLost || document.querySelector(over) !== null) return;
      (last?.isConnected ? last : document.getElementById("main"))?.focus();
    }),
  );
}
