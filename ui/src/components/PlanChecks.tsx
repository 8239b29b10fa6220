import type { ReactNode } from "react";
import { Button } from "./Button";
import { type Check, CheckList } from "./CheckList";
import { Disclosure } from "./Disclosure";
import styles from "./PlanChecks.module.css";
import { SqlBlock } from "./SqlBlock";

/** What can be done about a check. Plans of the wire have this shape. */
export type ShownFix<Option extends string> =
  | { type: "useName"; name: string }
  | { type: "sql"; label: string; sql: string }
  | { type: "askPassphrase" }
  | { type: "allow"; option: Option; label: string };

export interface ShownPlanCheck<Option extends string> {
  id: string;
  level: "ok" | "attention" | "blocked";
  title: string;
  detail: string;
  fix: ShownFix<Option> | null;
}

export interface PlanChecksProps<Option extends string> {
  checks: readonly ShownPlanCheck<Option>[];
  onUseName?: (name: string) => void;
  onAskPassphrase?: () => void;
  onAllow?: (option: Option) => void;
  /** A way back to where a passed check was decided, by the check's id. */
  changeAt?: (id: string) => (() => void) | undefined;
}

/** The answers to "Will this work?", each with the one thing that can be done about it. */
export function PlanChecks<Option extends string>({
  checks,
  onUseName,
  onAskPassphrase,
  onAllow,
  changeAt,
}: PlanChecksProps<Option>) {
  const action = ({ id, level, title, fix }: ShownPlanCheck<Option>): ReactNode => {
    if (fix?.type === "useName" && onUseName)
      return (
        <Button size="small" onPress={() => onUseName(fix.name)}>
          {`Use ${fix.name}`}
        </Button>
      );
    if (fix?.type === "askPassphrase" && onAskPassphrase)
      return (
        <Button size="small" onPress={onAskPassphrase}>
          Enter the passphrase
        </Button>
      );
    if (fix?.type === "allow" && onAllow)
      return (
        <Button size="small" onPress={() => onAllow(fix.option)}>
          {fix.label}
        </Button>
      );
    const change = level === "ok" ? changeAt?.(id) : undefined;
    return (
      change && (
        <Button size="small" variant="quiet" aria-label={`Change: ${title}`} onPress={change}>
          Change
        </Button>
      )
    );
  };
  return (
    <CheckList
      label="Will this work?"
      checks={checks.map(
        (check): Check => ({
          id: check.id,
          state: check.level,
          title: check.title,
          detail: (
            <>
              {check.detail}
              {check.fix?.type === "sql" && (
                <div className={styles.sql}>
                  <Disclosure title={check.fix.label}>
                    <SqlBlock sql={check.fix.sql} label={check.fix.label} />
                  </Disclosure>
                </div>
              )}
            </>
          ),
          action: action(check),
        }),
      )}
    />
  );
}

/** "1 thing to know", "2 things in the way", or nothing to say. */
export function checksInShort(checks: readonly ShownPlanCheck<string>[]): {
  tone: "good" | "attention" | "bad";
  words: string;
} {
  const of = (level: string) => checks.filter((check) => check.level === level).length;
  const things = (howMany: number) => `${howMany} ${howMany === 1 ? "thing" : "things"}`;
  if (of("blocked") > 0) return { tone: "bad", words: `${things(of("blocked"))} in the way` };
  if (of("attention") > 0) return { tone: "attention", words: `${things(of("attention"))} to know` };
  return { tone: "good", words: "Nothing in the way" };
}
