import type { ReactNode } from "react";
import styles from "./Content.module.css";

export interface ContentProps {
  width?: "full" | "form";
  /** As high as the window leaves room for: a list in it scrolls, and the page does not. */
  isFilled?: boolean;
  children: ReactNode;
}

/** The measure of every page: room at the edges, no wider than can be read, sections under one another. */
export function Content({ width = "full", isFilled, children }: ContentProps) {
  return (
    <div className={styles.content} data-width={width} data-filled={isFilled || undefined}>
      {children}
    </div>
  );
}

/** A wizard: its steps on the left, the step on the right; one above the other in a narrow window. */
export function WithSteps({ steps, children }: { steps: ReactNode; children: ReactNode }) {
  return (
    <div className={styles.withSteps}>
      <div className={styles.steps}>{steps}</div>
      <div className={styles.step}>{children}</div>
    </div>
  );
}
