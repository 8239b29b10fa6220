import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { Icon } from "../../components/Icon";
import type { Connection } from "../../ipc/bindings";
import styles from "./ConnectionsPage.module.css";
import { moved, placed } from "./search";

/** The row of a table under the pointer. */
function rowAt({ clientX, clientY }: PointerEvent): string | null {
  const under = document.elementFromPoint(clientX, clientY);
  return under?.closest<HTMLElement>("[data-row]")?.dataset.row ?? null;
}

/**
 * A grip in each row that moves it with the pointer or the arrow keys. Pointer events and not the browser's own
 * dragging: that one never arrives in a window which takes files from other programs.
 */
export function useReorder(connections: readonly Connection[], onOrder: (ids: string[]) => void) {
  const [drag, setDrag] = useState<{ id: string; over: string | null } | null>(null);
  const keepsFocus = useRef<string | null>(null);
  // A row that is moved in the page loses the focus.
  useEffect(() => {
    const id = keepsFocus.current;
    if (id === null || connections.length === 0) return;
    keepsFocus.current = null;
    document.querySelector<HTMLElement>(`[data-row="${id}"] [data-grip]`)?.focus();
  }, [connections]);
  const target = drag?.over ? placed(connections, drag.id, drag.over) : null;

  const grip = ({ id, fields }: Connection): ReactNode => (
    <button
      type="button"
      className={styles.grip}
      data-grip
      aria-label={`Move ${fields.name}`}
      title="Drag, or press the up and down arrows"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture?.(event.pointerId);
        setDrag({ id, over: null });
      }}
      onPointerMove={(event) => drag && setDrag({ id, over: rowAt(event) })}
      onPointerUp={() => {
        if (target) onOrder(target);
        setDrag(null);
      }}
      onPointerCancel={() => setDrag(null)}
      onKeyDown={(event: KeyboardEvent) => {
        if (event.key === "Escape") setDrag(null);
        const by = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : null;
        if (by === null) return;
        event.preventDefault();
        const order = moved(connections, id, by);
        if (!order) return;
        keepsFocus.current = id;
        onOrder(order);
      }}
    >
      <Icon name="grip" size={14} />
    </button>
  );
  /** Where the row that is dragged would come to lie, and which one it is. */
  const rowState = ({ id }: Connection) =>
    drag?.id === id ? "dragged" : target && drag?.over === id ? "target" : undefined;
  return { grip, rowState };
}
