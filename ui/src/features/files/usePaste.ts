import { useEffect, useEffectEvent } from "react";

/** While the component is on screen, Ctrl+V outside of a text field is its own. */
export function usePaste(onPaste: () => void) {
  const handle = useEffectEvent((event: ClipboardEvent) => {
    const { target } = event;
    const isInField = target instanceof Element && target.closest("input, textarea, [contenteditable]");
    if (isInField || document.querySelector("[role=dialog], [role=alertdialog], [role=menu]")) return;
    event.preventDefault();
    onPaste();
  });
  useEffect(() => {
    const listen = (event: ClipboardEvent) => handle(event);
    document.addEventListener("paste", listen);
    return () => document.removeEventListener("paste", listen);
  }, []);
}
