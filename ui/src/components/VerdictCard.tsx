import type { ReactNode } from "react";
import { Mark } from "./Badge";
import { Card } from "./Card";
import { useTitleFocus } from "./lastFocus";
import styles from "./VerdictCard.module.css";

export interface VerdictCardProps {
  tone: "good" | "attention" | "bad";
  /** Somebody ended it: neither a success nor a fault. */
  wasCancelled: boolean;
  title: string;
  children: ReactNode;
}

/** What a job came to, told first and once, on its page. */
export function VerdictCard({ tone, wasCancelled, title, children }: VerdictCardProps) {
  const heading = useTitleFocus();
  return (
    <Card emphasis={tone}>
      <div className={styles.verdict} role="status">
        <Mark tone={tone} size={36} icon={wasCancelled ? "minus" : undefined} />
        <div className={styles.words}>
          <h2 ref={heading} tabIndex={-1}>
            {title}
          </h2>
          <p>{children}</p>
        </div>
      </div>
    </Card>
  );
}
