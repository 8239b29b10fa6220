import { type ReactNode, useId } from "react";
import styles from "./Card.module.css";

export interface CardProps {
  title?: ReactNode;
  /** Beside the title, at the end: when it was checked, a small action. */
  aside?: ReactNode;
  /** A frame of colour: the door most people want, or a verdict. */
  emphasis?: "accent" | "good" | "attention" | "bad";
  /** Takes the padding away, for tables and lists that reach the edge. */
  flush?: boolean;
  /** Shares the height of its column with what stands above and below: it shrinks, but not below so many pixels. */
  atLeast?: number;
  children: ReactNode;
}

export function Card({ title, aside, emphasis, flush, atLeast, children }: CardProps) {
  const titleId = useId();
  return (
    <section
      className={styles.card}
      data-emphasis={emphasis}
      data-flush={flush || undefined}
      data-shrinks={atLeast === undefined ? undefined : true}
      style={{ minHeight: atLeast }}
      aria-labelledby={title ? titleId : undefined}
    >
      {(title || aside) && (
        <div className={styles.head}>
          {title && <h2 id={titleId}>{title}</h2>}
          {aside && <div className={styles.aside}>{aside}</div>}
        </div>
      )}
      {children}
    </section>
  );
}

/** Vertical rhythm for what stands below one another. */
export function Stack({ gap = 4, children }: { gap?: 1 | 2 | 3 | 4 | 5 | 6; children: ReactNode }) {
  return (
    <div className={styles.stack} data-gap={gap}>
      {children}
    </div>
  );
}
