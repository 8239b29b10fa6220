import { type RefObject, useEffect, useRef } from "react";

/** What lies over the page: it goes, and the focus with it. */
const over = "[role=dialog], [role=alertdialog], [role=menu], [role=listbox]";

let last: HTMLElement | null = null;
document.addEventListener("focusin", ({ target }) => {
  if (target instanceof HTMLElement && target.closest(over) === null) last = target;
});

/** What had the focus went from the page, and nothing has it: the keys lead nowhere then. */
function isLost(): boolean {
  const has = document.activeElement;
  return (has === null || has === document.body) && document.querySelector(over) === null;
}

/**
 * Where a dialog takes the place of another, the one that goes last remembers something in the first, which is no
 * more: nothing has the focus then. It belongs to where the person was on the page.
 */
export function returnFocus() {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      if (isLost()) (last?.isConnected ? last : document.getElementById("main"))?.focus();
    }),
  );
}

/** The same, where what the person was on goes with the dialog: the button for a selection that is no more. */
export function returnFocusTo(element: HTMLElement) {
  last = element;
}

/**
 * For the title of what takes the place of something else: a step, a page, an ending. The button that led here went
 * with what it stood in, and the keyboard and a screen reader go on from the title.
 */
export function useTitleFocus(): RefObject<HTMLHeadingElement | null> {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // Nothing had it before: the app has only just started, and nobody asked for this page.
    if (last !== null && isLost()) title.current?.focus({ preventScroll: true });
  }, []);
  return title;
}
