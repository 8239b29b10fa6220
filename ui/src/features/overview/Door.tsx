import { type ReactNode, useId } from "react";
import styles from "./OverviewPage.module.css";

/** One of the ways into the app. The main one is framed. */
export function Door({ title, isMain, children }: { title: string; isMain?: boolean; children: ReactNode }) {
  const titleId = useId();
  return (
    <section className={styles.door} data-main={isMain || undefined} aria-labelledby={titleId}>
      <h2 id={titleId}>{title}</h2>
      {children}
    </section>
  );
}
