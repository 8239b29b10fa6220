import type { ReactNode } from "react";
import styles from "./Disclosure.module.css";

/** A line that unfolds. The browser's own element: it works without us and is found by in-page search. */
export function Disclosure({
  title,
  isOpen = false,
  children,
}: {
  title: ReactNode;
  isOpen?: boolean;
  children: ReactNode;
}) {
  return (
    <details className={styles.disclosure} open={isOpen}>
      <summary className={styles.summary}>{title}</summary>
      <div className={styles.body}>{children}</div>
    </details>
  );
}
