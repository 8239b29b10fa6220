import { type ReactElement, useLayoutEffect, useRef, useState } from "react";
import { shortened, visible } from "../lib/names";
import styles from "./MiddleEllipsis.module.css";

export interface MiddleEllipsisProps {
  text: string;
  /** How many characters of the end are kept as long as possible: a file's ending, a host's last labels. */
  keepEnd?: number;
  /** False where the place is reached by keyboard anyway (a grid's row): the full text is then in its label. */
  isFocusable?: boolean;
}

let canvas: CanvasRenderingContext2D | null | undefined;

/** How wide a text is drawn with the font of an element, without laying anything out. */
function ruler(element: HTMLElement): ((text: string) => number) | null {
  canvas ??= document.createElement("canvas").getContext("2d");
  const context = canvas;
  if (!context) return null;
  const { font, letterSpacing } = getComputedStyle(element);
  context.font = font;
  const spacing = Number.parseFloat(letterSpacing) || 0;
  return (text) => context.measureText(text).width + spacing * text.length;
}

/** Shortens the middle, where names differ least; the whole name shows on hover and on focus. Always on one line. */
export function MiddleEllipsis({
  text: given,
  keepEnd = 10,
  isFocusable = false,
}: MiddleEllipsisProps): ReactElement {
  const text = visible(given);
  const [short, setShort] = useState(text);
  const whole = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const element = whole.current;
    if (!element) return;
    const measure = () => {
      const measured = element.scrollWidth > element.clientWidth ? ruler(element) : null;
      setShort(
        measured ? shortened(text, keepEnd, (candidate) => measured(candidate) <= element.clientWidth) : text,
      );
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [text, keepEnd]);
  const isCut = short !== text;
  return (
    <span
      className={styles.text}
      title={isCut ? text : undefined}
      tabIndex={isFocusable ? 0 : undefined}
      data-full={text}
      data-short={isCut ? short : undefined}
    >
      {/* Always the whole text: it gives the width, is read aloud and copied; the short one is only drawn over it. */}
      <span ref={whole} className={styles.whole}>
        {text}
      </span>
    </span>
  );
}
