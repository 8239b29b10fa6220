import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { CopyButton } from "../../components/CopyButton";
import { Disclosure } from "../../components/Disclosure";
import { SqlBlock } from "../../components/SqlBlock";
import type { JobOutcome } from "../../ipc/bindings";
import { count, counted } from "../../lib/quantity";
import { ChangedRows } from "./ChangedRows";
import { type ComparisonOutcome, missingIn, wasLive } from "./comparison";
import { joined, listed, namesInShort, shortName } from "./kinds";
import styles from "./ProofStep.module.css";

export type RestoreOutcome = Extract<JobOutcome, { kind: "restore" }>;

/** More statements than that are for a script, not for a screen. */
const shownAtMost = 50;

/** What the restored tables lack, said where it is known, with what brings it back. */
function Losses({ outcome: { losses } }: { outcome: RestoreOutcome }) {
  if (losses.length === 0) return null;
  const statements = losses.flatMap(({ sql }) => (sql === null ? [] : [sql]));
  return (
    <section className={styles.wide}>
      <h3>What did not come along</h3>
      {losses.map(({ text }) => (
        <p key={text}>{text}.</p>
      ))}
      {statements.length > 0 && (
        <Disclosure title="Statements that bring it back">
          <SqlBlock sql={joined(statements)} label="Bring the links back" />
        </Disclosure>
      )}
    </section>
  );
}

/** Rows and tables that the live database lacks, and how they come back into it. */
function IntoLive({ outcome, compared, gone, isGoneOffered, onTables }: WhatNowProps) {
  const { fromDatabase } = outcome;
  // Those of which it is known that they lack nothing have nothing to copy.
  const lackNothing = new Set(
    compared?.tables.flatMap(({ table, result }) =>
      result.kind === "counted" && result.missing === 0 ? [table] : [],
    ),
  );
  const bringBack = outcome.bringBack.filter(({ table }) => !lackNothing.has(table) && !gone.includes(table));
  const hidden = bringBack.length - shownAtMost;
  const isOffered = compared !== null && missingIn(compared) > 0;
  return (
    <>
      {gone.length > 0 && (
        <section className={styles.wide}>
          <h3>Not in {fromDatabase} any more</h3>
          <p>
            {listed(gone.slice(0, 5).map(shortName))}
            {gone.length > 5 && ` and ${count(gone.length - 5)} more`}. A restore of only{" "}
            {gone.length === 1 ? "that table" : "these tables"} brings {gone.length === 1 ? "it" : "them"}{" "}
            back
            {isGoneOffered && ": the button below leads to the check"}.
          </p>
          {!isGoneOffered && (
            <Button size="small" onPress={() => onTables(gone)}>
              {`Restore ${namesInShort(gone)} into ${fromDatabase}…`}
            </Button>
          )}
        </section>
      )}
      {bringBack.length > 0 && (
        <section className={styles.wide}>
          <h3>{isOffered ? "Missing rows, with your own tools" : "With your own tools"}</h3>
          <p>
            {isOffered
              ? "The missing rows can be brought back by hand too: each"
              : compared
                ? `What was not compared may lack rows in ${fromDatabase}: each`
                : `Where rows are missing in ${fromDatabase}, each`}{" "}
            statement copies the rows of the copy whose key is not in the live table. Rows that are there stay
            as they are.
          </p>
          <div className={styles.copyAll}>
            <CopyButton
              text={joined(bringBack.map(({ sql }) => sql))}
              label={bringBack.length === 1 ? "Copy the statement" : "Copy all"}
            />
          </div>
          <Disclosure title={`Statements that bring missing rows back into ${fromDatabase}`}>
            {bringBack.slice(0, shownAtMost).map(({ table, sql }) => (
              <Disclosure key={table} title={shortName(table)}>
                <SqlBlock sql={sql} label={`Copy missing rows of ${shortName(table)}`} />
              </Disclosure>
            ))}
            {hidden > 0 && <p>{counted(hidden, "more table")} of the same kind.</p>}
          </Disclosure>
        </section>
      )}
    </>
  );
}

/** How the restored database takes the live one's name. */
function Swap({ outcome: { database, fromDatabase, swap } }: { outcome: RestoreOutcome }) {
  if (swap === null) return null;
  const isLive = swap.includes("\n");
  return (
    <section className={styles.wide}>
      <h3>{isLive ? `Put it in the place of ${fromDatabase}` : "Give it its own name"}</h3>
      <p>
        {isLive
          ? `Stop what writes to ${fromDatabase} first. It stays, under another name; nothing is deleted.`
          : `There is no ${fromDatabase} now, so ${database} can take its name.`}
      </p>
      <Disclosure title={isLive ? "The two renames" : "The rename"}>
        <SqlBlock sql={swap} label="Rename the databases" />
      </Disclosure>
    </section>
  );
}

export interface WhatNowProps {
  outcome: RestoreOutcome;
  /** Null where it is not known, or not any more. */
  compared: ComparisonOutcome | null;
  /** What the live database does not have any more, as `public.accounts`. */
  gone: string[];
  /** The step's own button brings these back. */
  isGoneOffered: boolean;
  /** Restores these tables alone into the database they came from. */
  onTables: (tables: string[]) => void;
}

/** What a person may do after a restore, with the statements for it: they are copied, never sent from here. */
export function WhatNow(props: WhatNowProps) {
  const { outcome, compared } = props;
  const { database, fromDatabase, lostGrants, isNewDatabase, tables } = outcome;
  const names = namesInShort(tables.map(({ table }) => table));
  const isBeside = database !== fromDatabase;
  return (
    <Card title="What now?">
      <div className={styles.next}>
        <section>
          <h3>Look first</h3>
          <p>
            Open <strong>{database}</strong> with your own tools and check what matters to you.
          </p>
          <CopyButton text={database} label="Copy its name" />
        </section>
        {isBeside && wasLive(outcome) && (
          <section>
            <h3>Keep both, for now</h3>
            <p>
              The restore itself changed nothing in <strong>{fromDatabase}</strong>. When you are done, drop{" "}
              {isNewDatabase ? (
                <strong>{database}</strong>
              ) : (
                <>
                  {names} in <strong>{database}</strong>, and nothing else there
                </>
              )}
              .
            </p>
          </section>
        )}
        {lostGrants.length > 0 && (
          <section>
            <h3>Give access back</h3>
            <p>{counted(lostGrants.length, "grant")} of the original did not come along.</p>
            <Disclosure title={`Review ${counted(lostGrants.length, "grant")}`}>
              <SqlBlock sql={joined(lostGrants)} label="Grants to run" />
            </Disclosure>
          </section>
        )}
        <Losses outcome={outcome} />
        <IntoLive {...props} />
        {compared && <ChangedRows compared={compared} />}
        <Swap outcome={outcome} />
      </div>
    </Card>
  );
}
