import { useEffect, useState } from "react";
import { clockTime } from "../lib/time";
import { Button } from "./Button";
import { CopyButton } from "./CopyButton";
import { Disclosure } from "./Disclosure";
import styles from "./Outage.module.css";
import type { ShownError } from "./States";

/** A cluster that does not answer. */
export interface ShownOutage {
  since: string;
  /** When it is asked again by itself; `now` while it is asked, null where nobody asks before a person does. */
  nextTry: string | "now" | null;
  why: ShownError;
}

/** Whole seconds until then, counted down; 0 once it has come. */
function useSecondsUntil(at: string | null): number {
  const left = () => (at === null ? 0 : Math.max(0, Math.ceil((new Date(at).getTime() - Date.now()) / 1000)));
  const [, tick] = useState(0);
  useEffect(() => {
    if (at === null) return;
    const timer = setInterval(() => tick((times) => times + 1), 250);
    return () => clearInterval(timer);
  }, [at]);
  return left();
}

/** "trying again in 5 s", "trying again now"; or as a sentence of its own. */
export function NextTry({ at, isSentence = false }: { at: string | "now"; isSentence?: boolean }) {
  const seconds = useSecondsUntil(at === "now" ? null : at);
  const when = seconds > 0 ? `in ${seconds} s` : "now";
  return <>{isSentence ? `Trying again ${when}.` : `trying again ${when}`}</>;
}

/** Since when, as a clock shows it. */
export function Since({ at }: { at: string }) {
  const date = new Date(at);
  return <time dateTime={at}>{clockTime(date, new Date())}</time>;
}

export interface OutageStripProps {
  /** Of the connection. */
  name: string;
  outage: ShownOutage;
  isTrying: boolean;
  onTryNow: () => void;
}

/** Above every page of a cluster while it does not answer. */
export function OutageStrip({ name, outage, isTrying, onTryNow }: OutageStripProps) {
  const { since, nextTry, why } = outage;
  return (
    <section className={styles.strip} aria-label="Connection">
      <div className={styles.inner}>
        <p className={styles.words}>
          <strong>
            {name} cannot be reached since <Since at={since} />
          </strong>
          <span className={styles.muted}>
            {nextTry === null ? (
              "What you see may be older. It is asked again when you ask for something."
            ) : (
              <NextTry at={nextTry} isSentence />
            )}
          </span>
        </p>
        <div className={styles.actions}>
          <Button size="small" isPending={isTrying} onPress={onTryNow}>
            Try now
          </Button>
        </div>
        <div className={styles.why}>
          <Disclosure title={why.message}>
            {why.hint && <p>{why.hint}</p>}
            <CopyButton
              text={[why.message, why.hint, why.detail].filter(Boolean).join("\n")}
              label="Copy details"
            />
          </Disclosure>
        </div>
      </div>
    </section>
  );
}
