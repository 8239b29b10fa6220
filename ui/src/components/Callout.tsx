import type { ReactNode } from "react";
import { Mark } from "./Badge";
import styles from "./Callout.module.css";

export interface CalloutProps {
  tone?: "info" | "attention" | "bad" | "good" | "practice";
  title?: ReactNode;
  actions?: ReactNode;
  children?: ReactNode;
}

/** Something to know, where it matters. Red ones interrupt a screen reader, the others wait. */
export function Callout({ tone = "info", title, actions, children }: CalloutProps) {
  const shown = tone === "info" ? "neutral" : tone;
  return (
    <div className={styles.callout} data-tone={shown} role={tone === "bad" ? "alert" : "note"}>
      <Mark tone={shown} icon={tone === "info" || tone === "practice" ? "info" : undefined} />
      <div className={styles.words}>
        {title && <p className={styles.title}>{title}</p>}
        {children && <div className={styles.text}>{children}</div>}
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
    </div>
  );
}
