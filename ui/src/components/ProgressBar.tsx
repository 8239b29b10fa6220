import { ProgressBar as AriaProgressBar, Label } from "react-aria-components";
import styles from "./ProgressBar.module.css";

export interface ProgressBarProps {
  /** The accessible name: what is under way. */
  label: string;
  /** 0 to 1, or null when it cannot be known yet. */
  fraction: number | null;
  tone?: "accent" | "good" | "attention" | "bad";
  /** Spoken instead of the percentage: "412 of 900 MiB". */
  valueText?: string;
  showLabel?: boolean;
}

export function ProgressBar({ label, fraction, tone = "accent", valueText, showLabel }: ProgressBarProps) {
  return (
    <AriaProgressBar
      className={styles.progress}
      aria-label={showLabel ? undefined : label}
      isIndeterminate={fraction === null}
      value={fraction === null ? undefined : Math.round(Math.min(1, Math.max(0, fraction)) * 1000) / 10}
      valueLabel={valueText}
      data-tone={tone}
    >
      {({ percentage, isIndeterminate }) => (
        <>
          {showLabel && (
            <div className={styles.head}>
              <Label>{label}</Label>
              {valueText && <span className={styles.value}>{valueText}</span>}
            </div>
          )}
          <div className={styles.track}>
            <div
              className={styles.fill}
              data-indeterminate={isIndeterminate || undefined}
              style={isIndeterminate ? undefined : { transform: `scaleX(${(percentage ?? 0) / 100})` }}
            />
          </div>
        </>
      )}
    </AriaProgressBar>
  );
}
