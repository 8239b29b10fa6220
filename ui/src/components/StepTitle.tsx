import type { ReactNode } from "react";
import { useTitleFocus } from "./lastFocus";
import styles from "./StepTitle.module.css";

export interface StepTitleProps {
  /** A question where a decision is asked. */
  title: ReactNode;
  /** At the end of the line: what it comes to, in a badge. */
  aside?: ReactNode;
  children?: ReactNode;
}

/** The head of a wizard's step. */
export function StepTitle({ title, aside, children }: StepTitleProps) {
  const heading = useTitleFocus();
  return (
    <header>
      <div className={styles.line}>
        <h2 ref={heading} tabIndex={-1} className={styles.title}>
          {title}
        </h2>
        {aside && <div className={styles.aside}>{aside}</div>}
      </div>
      {children && <p className={styles.lead}>{children}</p>}
    </header>
  );
}

/** The foot of a wizard's step: the way back at the start, what is said and done at the end. */
export function StepFoot({
  back,
  note,
  children,
}: {
  back?: ReactNode;
  note?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className={styles.foot}>
      <div className={styles.back}>{back}</div>
      {note && <p className={styles.note}>{note}</p>}
      {children}
    </div>
  );
}
