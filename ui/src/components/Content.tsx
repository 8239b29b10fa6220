import type { ReactNode } from "react";
import styles from "./Content.module.css";

/** The measure of every page: room at the edges, no wider than can be read, sections under one another. */
export function Content({ width = "full", children }: { width?: "full" | "form"; children: ReactNode }) {
  return (
    <div className={styles.content} data-width={width}>
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
