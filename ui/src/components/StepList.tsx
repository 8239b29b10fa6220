import { Mark } from "./Badge";
import styles from "./StepList.module.css";

export interface Step {
  id: string;
  title: string;
  /** The choice made so far: "bank, 3 tables". */
  choice?: string | null;
  state: "done" | "current" | "ahead" | "attention";
  /** True when the step can be opened from here. */
  canOpen?: boolean;
}

/** The steps of a wizard, each with its choice, so that one can go back and see that nothing is lost. */
export function StepList({
  label,
  steps,
  onOpen,
}: {
  label: string;
  steps: readonly Step[];
  onOpen?: (id: string) => void;
}) {
  return (
    <nav aria-label={label}>
      <ol className={styles.list}>
        {steps.map((step, at) => (
          <li key={step.id}>
            <button
              type="button"
              className={styles.step}
              data-state={step.state}
              aria-current={step.state === "current" ? "step" : undefined}
              disabled={step.state !== "current" && !step.canOpen}
              onClick={() => onOpen?.(step.id)}
            >
              {step.state === "done" ? (
                <Mark tone="good" />
              ) : step.state === "attention" ? (
                <Mark tone="attention" />
              ) : (
                <span className={styles.number} aria-hidden="true">
                  {at + 1}
                </span>
              )}
              <span className={styles.words}>
                <span className={styles.title}>
                  {step.title}
                  {step.state === "done" && <span className={styles.spoken}>, done</span>}
                </span>
                {step.choice && <span className={styles.choice}>{step.choice}</span>}
              </span>
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}
