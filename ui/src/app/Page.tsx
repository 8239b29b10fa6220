import type { ReactNode } from "react";
import styles from "./Frame.module.css";

/** What scrolls: everything right of the rail and below a header. */
export function Page({ children }: { children: ReactNode }) {
  return (
    <main id="main" className={styles.page} tabIndex={-1}>
      {children}
    </main>
  );
}
