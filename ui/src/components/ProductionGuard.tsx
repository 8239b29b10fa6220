import { useId, useState } from "react";
import { Pill } from "./Badge";
import { environments } from "./environment";
import styles from "./ProductionGuard.module.css";
import { TextField } from "./TextField";

export interface ProductionGuardState {
  /** The name to type; null where the connection asks for none. */
  name: string | null;
  text: string;
  setText: (text: string) => void;
  /** Nothing is asked for, or it was typed letter by letter. */
  isPassed: boolean;
  /** What was typed, for the command, which looks at it again. */
  typed: string | null;
}

/** What a production connection asks for before it is changed. `isAsked` is false while nothing would be changed. */
export function useProductionGuard(name: string | null, isAsked = true): ProductionGuardState {
  const [text, setText] = useState("");
  const asked = isAsked ? name : null;
  return {
    name: asked,
    text,
    setText,
    isPassed: asked === null || text === asked,
    typed: asked === null ? null : text,
  };
}

/** Inside the dialog that changes a production cluster, or destroys a backup: what is about to happen, and the name to type. */
export function ProductionGuard({
  guard,
  what,
  nameOf = "connection",
  isProduction = nameOf !== "collection",
  autoFocus,
}: {
  guard: ProductionGuardState;
  what: string;
  nameOf?: "connection" | "database" | "collection";
  /** The path of a collection is asked for on every cluster; all else is asked for on production alone. */
  isProduction?: boolean;
  autoFocus?: boolean;
}) {
  const promptId = useId();
  const { label, tone } = environments.production;
  if (guard.name === null) return null;
  return (
    <div className={styles.guard} data-tone={tone}>
      <p className={styles.what}>
        {isProduction && <Pill tone={tone}>{label}</Pill>} {what}
      </p>
      <p id={promptId}>
        Type <strong className={styles.name}>{guard.name}</strong> to go on.
      </p>
      <TextField
        label={nameOf === "collection" ? "Path of the collection" : `Name of the ${nameOf}`}
        aria-describedby={promptId}
        value={guard.text}
        onChange={guard.setText}
        mono
        autoFocus={autoFocus}
      />
    </div>
  );
}
