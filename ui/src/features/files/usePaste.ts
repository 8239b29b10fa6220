import { useEffect, useEffectEvent } from "react";

/**
 * While the component is on screen, Ctrl+V (⌘V) outside of a text field is its own. The key is listened for and not the
 * event of pasting: web views send that only where text can be put in.
 */
export function usePaste(onPaste: () => void) {
  const handle = useEffectEvent((event: KeyboardEvent) => {
    const { target } = event;
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "v") return;
    const isInField = target instanceof Element && target.closest("input, textarea, [contenteditable]");
    if (isInField || document.querySelector("[role=dialog], [role=alertdialog], [role=menu]")) return;
    event.preventDefault();
    onPaste();
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => handle(event);
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}
