import { type ReactNode, useContext } from "react";
import { Button } from "./Button";
import { type Check, CheckList, worstFirst } from "./CheckList";
import { Disclosure } from "./Disclosure";
import styles from "./PlanChecks.module.css";
import { SqlBlock } from "./SqlBlock";
import { ErrorHelp } from "./States";

/** What can be done about a check. Plans of the wire have this shape. */
export type ShownFix<Option extends string> =
  | { type: "useName"; name: string }
  | { type: "sql"; label: string; sql: string }
  | { type: "askPassphrase" }
  | { type: "allow"; options: readonly Option[]; label: string }
  | { type: "beside"; newName: string; options: readonly Option[]; label: string }
  | { type: "takeAlong"; tables: readonly string[]; newName: string; label: string };

export interface ShownPlanCheck<Option extends string> {
  id: string;
  level: "ok" | "attention" | "blocked";
  title: string;
  detail: string;
  /** Each one a way out. */
  fixes: readonly ShownFix<Option>[];
}

export interface PlanChecksProps<Option extends string> {
  checks: readonly ShownPlanCheck<Option>[];
  onUseName?: (name: string) => void;
  onAskPassphrase?: () => void;
  onAllow?: (options: readonly Option[]) => void;
  onBeside?: (newName: string, options: readonly Option[]) => void;
  onTakeAlong?: (tables: readonly string[], newName: string) => void;
  /** A way back to where a passed check was decided, by the check's id. */
  changeAt?: (id: string) => (() => void) | undefined;
}

/** The answers to "Will this work?", each with what can be done about it. */
export function PlanChecks<Option extends string>({
  checks,
  onUseName,
  onAskPassphrase,
  onAllow,
  onBeside,
  onTakeAlong,
  changeAt,
}: PlanChecksProps<Option>) {
  const button = (fix: ShownFix<Option>): { label: string; onPress: () => void; isLong?: boolean } | null => {
    if (fix.type === "useName" && onUseName)
      return { label: `Use ${fix.name}`, onPress: () => onUseName(fix.name) };
    if (fix.type === "askPassphrase" && onAskPassphrase)
      return { label: "Enter the passphrase", onPress: onAskPassphrase };
    if (fix.type === "allow" && onAllow) return { label: fix.label, onPress: () => onAllow(fix.options) };
    if (fix.type === "beside" && onBeside)
      return { label: fix.label, onPress: () => onBeside(fix.newName, fix.options), isLong: true };
    if (fix.type === "takeAlong" && onTakeAlong)
      return { label: fix.label, onPress: () => onTakeAlong(fix.tables, fix.newName) };
    return null;
  };
  const help = useContext(ErrorHelp);
  const buttons = (check: ShownPlanCheck<Option>) => check.fixes.map(button).filter((each) => each !== null);
  const sqls = (check: ShownPlanCheck<Option>) => check.fixes.filter((fix) => fix.type === "sql");
  const action = (check: ShownPlanCheck<Option>): ReactNode => {
    const [only, ...more] = buttons(check);
    // Several ways out are a choice, which stands under the words, as does one that needs a line of its own.
    if (only?.isLong) return null;
    if (only && more.length === 0)
      return (
        <Button size="small" onPress={only.onPress}>
          {only.label}
        </Button>
      );
    if (check.id === "readOnly") return help({ code: check.id, message: check.title });
    const change = check.level === "ok" ? changeAt?.(check.id) : undefined;
    return (
      change && (
        <Button size="small" variant="quiet" aria-label={`Change: ${check.title}`} onPress={change}>
          Change
        </Button>
      )
    );
  };
  return (
    <CheckList
      label="Will this work?"
      checks={worstFirst(
        checks.map(
          (check): Check => ({
            id: check.id,
            state: check.level,
            title: check.title,
            detail: (
              <>
                {check.detail}
                {(buttons(check).length > 1 || buttons(check)[0]?.isLong) && (
                  <div className={styles.ways}>
                    {buttons(check).map(({ label, onPress, isLong }) => (
                      <Button
                        key={label}
                        size="small"
                        variant={isLong ? "primary" : "secondary"}
                        onPress={onPress}
                      >
                        {label}
                      </Button>
                    ))}
                  </div>
                )}
                {sqls(check).map((fix) => (
                  <div key={fix.label} className={styles.sql}>
                    <Disclosure title={fix.label} isOpen={check.level === "blocked"}>
                      <SqlBlock sql={fix.sql} label={fix.label} />
                    </Disclosure>
                  </div>
                ))}
              </>
            ),
            action: action(check),
          }),
        ),
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
