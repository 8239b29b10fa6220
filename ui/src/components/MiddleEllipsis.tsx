import { type ReactElement, useState } from "react";
import styles from "./MiddleEllipsis.module.css";

export interface MiddleEllipsisProps {
  text: string;
  /** How many characters of the end are always kept: enough for a file's ending or a host's last labels. */
  keepEnd?: number;
  /** False where the place is reached by keyboard anyway (a grid's row): the full text is then in its label. */
  isFocusable?: boolean;
}

/** Shortens the middle, where names differ least; the whole name shows on hover and on focus. */
export function MiddleEllipsis({
  text,
  keepEnd = 10,
  isFocusable = false,
}: MiddleEllipsisProps): ReactElement {
  const [isCut, setCut] = useState(false);
  const characters = Array.from(text);
  const at = Math.max(0, characters.length - keepEnd);
  const start = characters.slice(0, at).join("");
  const end = characters.slice(at).join("");
  const measure = (element: HTMLElement) => {
    const head = element.firstElementChild;
    setCut(head !== null && head.scrollWidth > head.clientWidth);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the events only measure
    <span
      className={styles.text}
      title={isCut ? text : undefined}
      tabIndex={isFocusable ? 0 : undefined}
      onPointerEnter={(event) => measure(event.currentTarget)}
      onFocus={(event) => measure(event.currentTarget)}
      data-full={text}
      data-cut={isCut || undefined}
    >
      {start && (
        <span className={styles.start} data-long={at > 2 || undefined}>
          {start}
        </span>
      )}
      <span className={styles.end}>{end}</span>
    </span>
  );
}
