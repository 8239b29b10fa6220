import type { ReactNode } from "react";
import styles from "./Badge.module.css";
import { Icon, type IconName } from "./Icon";
import type { Tone } from "./tone";

const shapes: Partial<Record<Tone, IconName>> = { good: "check", attention: "alert", bad: "close" };

/** A state in a word, with the shape of its tone, so that colour is never alone. */
export function Badge({
  tone = "neutral",
  icon,
  children,
}: {
  tone?: Tone;
  icon?: IconName;
  children: ReactNode;
}) {
  const shape = icon ?? shapes[tone];
  return (
    <span className={styles.badge} data-tone={tone}>
      {shape && <Icon name={shape} size={11} />}
      <span className={styles.words}>{children}</span>
    </span>
  );
}

/** An outlined word: where one is, rather than how things are. */
export function Pill({ tone = "neutral", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className={styles.pill} data-tone={tone}>
      {children}
    </span>
  );
}

/** The round mark before a check, a step or a verdict. */
export function Mark({ tone, size = 20, icon }: { tone: Tone; size?: number; icon?: IconName }) {
  return (
    <span className={styles.mark} data-tone={tone} style={{ width: size, height: size }} aria-hidden="true">
      <Icon name={icon ?? shapes[tone] ?? "info"} size={Math.round(size * 0.6)} />
    </span>
  );
}

/** The colours a person may mark a connection with; each theme decides how they look. */
export type MarkColour = "red" | "orange" | "amber" | "green" | "teal" | "blue" | "violet" | "grey";

export interface DotProps {
  tone: Tone;
  /** The person's own colour, instead of the tone's. */
  colour?: MarkColour | null;
  isHollow?: boolean;
}

/** A dot of colour. The word it stands for must be beside it or in its label. */
export function Dot({ tone, colour, isHollow }: DotProps) {
  return (
    <span
      className={styles.dot}
      data-tone={tone}
      data-hollow={isHollow || undefined}
      style={colour ? ({ "--tone": `var(--mark-${colour})` } as React.CSSProperties) : undefined}
      aria-hidden="true"
    />
  );
}
