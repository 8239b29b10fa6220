import { type ReactElement, useLayoutEffect, useRef, useState } from "react";
import styles from "./MiddleEllipsis.module.css";

export interface MiddleEllipsisProps {
  text: string;
  /** How many characters of the end are kept as long as possible: a file's ending, a host's last labels. */
  keepEnd?: number;
  /** False where the place is reached by keyboard anyway (a grid's row): the full text is then in its label. */
  isFocusable?: boolean;
}

/**
 * The text as it fits: whole, or with its middle replaced by an ellipsis. The start gives way first, then the end; no
 * blank stands beside the ellipsis, where it would look like a gap.
 */
export function shortened(text: string, keepEnd: number, fits: (text: string) => boolean): string {
  if (fits(text)) return text;
  const characters = Array.from(text);
  const cut = (start: number, end: number) =>
    `${characters.slice(0, start).join("").trimEnd()}…${characters
      .slice(characters.length - end)
      .join("")
      .trimStart()}`;
  const end = Math.min(keepEnd, characters.length - 1);
  let [low, high] = [1, characters.length - end - 1];
  if (high >= 1 && fits(cut(1, end))) {
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (fits(cut(middle, end))) low = middle;
      else high = middle - 1;
    }
    return cut(low, end);
  }
  let kept = end;
  while (kept > 0 && !fits(cut(1, kept))) kept -= 1;
  return cut(1, kept);
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

/** Shortens the middle, where names differ least; the whole name shows on hover and on focus. */
export function MiddleEllipsis({
  text,
  keepEnd = 10,
  isFocusable = false,
}: MiddleEllipsisProps): ReactElement {
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
