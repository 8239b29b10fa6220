import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { CopyButton } from "../../components/CopyButton";
import { Disclosure } from "../../components/Disclosure";
import { SqlBlock } from "../../components/SqlBlock";
import type { JobOutcome } from "../../ipc/bindings";
import { count, counted } from "../../lib/quantity";
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
function IntoLive({ outcome, onTables }: { outcome: RestoreOutcome; onTables: (tables: string[]) => void }) {
  const { bringBack, notLive, fromDatabase } = outcome;
  const hidden = bringBack.length - shownAtMost;
  return (
    <>
      {notLive.length > 0 && (
        <section className={styles.wide}>
          <h3>Not in {fromDatabase} any more</h3>
          <p>
            {listed(notLive.slice(0, 5).map(shortName))}
            {notLive.length > 5 && ` and ${count(notLive.length - 5)} more`}. A restore of only{" "}
            {notLive.length === 1 ? "that table" : "these tables"} brings{" "}
            {notLive.length === 1 ? "it" : "them"} back.
          </p>
          <Button size="small" onPress={() => onTables(notLive)}>
            {`Restore ${namesInShort(notLive)} into ${fromDatabase}…`}
          </Button>
        </section>
      )}
      {bringBack.length > 0 && (
        <section className={styles.wide}>
          <h3>Or with your own tools</h3>
          <p>
            The same can be done by hand: each statement copies the rows whose key is not in the live table.
            Rows that are there stay as they are.
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
  /** Restores these tables alone into the database they came from. */
  onTables: (tables: string[]) => void;
}

/** What a person may do after a restore, with the statements for it: they are copied, never sent from here. */
export function WhatNow({ outcome, onTables }: WhatNowProps) {
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
        {isBeside && (
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
        <IntoLive outcome={outcome} onTables={onTables} />
        <Swap outcome={outcome} />
      </div>
    </Card>
  );
}
