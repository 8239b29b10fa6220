/** Files dropped on the window. The web view's own drop events name no paths, so the shell's are used. */
import { getCurrentWebview } from "@tauri-apps/api/webview";
import { useEffect, useEffectEvent } from "react";

export interface FileDrop {
  paths: string[];
  /** What lies under the pointer. */
  target: Element | null;
}

export interface FileDropHandlers {
  /** Files are held over the window, or (null) no longer. */
  onHover: (target: Element | null, isOver: boolean) => void;
  onDrop: (drop: FileDrop) => void;
}

/** While the component is on screen, drops on the window are its own. */
export function useFileDrop({ onHover, onDrop }: FileDropHandlers) {
  const handle = useEffectEvent((event: { type: string; paths?: string[]; position?: Position }) => {
    const target = event.position ? elementAt(event.position) : null;
    if (event.type === "drop") {
      onHover(null, false);
      if (event.paths && event.paths.length > 0) onDrop({ paths: event.paths, target });
    } else onHover(target, event.type !== "leave");
  });
  useEffect(() => {
    let isGone = false;
    let stop = () => {};
    Promise.resolve()
      .then(() => getCurrentWebview().onDragDropEvent(({ payload }) => handle(payload)))
      .then(
        (unlisten) => {
          stop = unlisten;
          if (isGone) unlisten();
        },
        // Without the event there is no drop; the button does the same.
        () => {},
      );
    return () => {
      isGone = true;
      stop();
    };
  }, []);
}

interface Position {
  x: number;
  y: number;
}

/** The shell counts physical pixels, the page counts its own. */
function elementAt({ x, y }: Position): Element | null {
  return document.elementFromPoint(x / window.devicePixelRatio, y / window.devicePixelRatio);
}
