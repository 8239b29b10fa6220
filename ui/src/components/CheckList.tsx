import type { ReactNode } from "react";
import { Mark } from "./Badge";
import styles from "./CheckList.module.css";
import { Icon } from "./Icon";

export type CheckState = "ok" | "attention" | "blocked" | "running" | "waiting" | "skipped" | "info";

export interface Check {
  id: string;
  state: CheckState;
  title: ReactNode;
  detail?: ReactNode;
  /** At the end of the row: how long it took. */
  aside?: ReactNode;
  action?: ReactNode;
}

const words: Record<CheckState, string> = {
  ok: "Good",
  attention: "You should know",
  blocked: "This will not work",
  running: "Checking",
  waiting: "Not checked yet",
  skipped: "Not checked",
  info: "Note",
};

function StateMark({ state }: { state: CheckState }) {
  if (state === "ok") return <Mark tone="good" />;
  if (state === "attention") return <Mark tone="attention" />;
  if (state === "blocked") return <Mark tone="bad" />;
  if (state === "info") return <Mark tone="neutral" />;
  if (state === "running") return <span className={styles.running} aria-hidden="true" />;
  return (
    <span className={styles.waiting} aria-hidden="true">
      {state === "skipped" && <Icon name="minus" size={10} />}
    </span>
  );
}

const weights: Partial<Record<CheckState, number>> = { blocked: 0, attention: 1 };

/** What is in the way first, then what one should know, else in their order: not for steps that follow one another. */
export function worstFirst(checks: readonly Check[]): Check[] {
  const weight = ({ state }: Check) => weights[state] ?? 2;
  return [...checks].sort((one, other) => weight(one) - weight(other));
}

/** Checks in the order they come in. The state is a mark for the eye and a word for the ear. */
export function CheckList({ label, checks }: { label: string; checks: readonly Check[] }) {
  return (
    <ul className={styles.list} aria-label={label}>
      {checks.map((check) => (
        <li key={check.id} className={styles.check} data-state={check.state}>
          <StateMark state={check.state} />
          <div className={styles.words}>
            <p className={styles.title}>
              <span className={styles.spoken}>{words[check.state]}: </span>
              {check.title}
            </p>
            {check.detail && <div className={styles.detail}>{check.detail}</div>}
          </div>
          {check.aside && <div className={styles.aside}>{check.aside}</div>}
          {check.action && <div className={styles.action}>{check.action}</div>}
        </li>
      ))}
    </ul>
  );
}
