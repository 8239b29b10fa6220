import { Disclosure } from "../../components/Disclosure";
import { SqlBlock } from "../../components/SqlBlock";
import { counted } from "../../lib/quantity";
import { type ComparisonOutcome, changedIn } from "./comparison";
import { joined } from "./kinds";
import styles from "./ProofStep.module.css";

/** More statements than that are for a script, not for a screen. */
const shownAtMost = 50;

/** Rows that both have with other values: nothing here overwrites them, so all that is offered is to see which they are. */
export function ChangedRows({ compared }: { compared: ComparisonOutcome }) {
  const { database, liveDatabase: live, tables } = compared;
  const rows = changedIn(compared);
  if (rows === 0) return null;
  const statements = tables.flatMap(({ listChanged }) => listChanged ?? []);
  const hidden = statements.length - shownAtMost;
  const them = rows === 1 ? "it" : "them";
  return (
    <section className={styles.wide}>
      <h3>Changed since</h3>
      <p>
        {counted(rows, "row")} {rows === 1 ? "has" : "have"} other values in {live} than in {database}.
        Roachvault overwrites nothing: {rows === 1 ? "it stays" : "they stay"} as {live} has {them}.
      </p>
      {statements.length > 0 && (
        <Disclosure
          title={`${statements.length === 1 ? "A statement that lists" : "Statements that list"} ${them}`}
        >
          <p>With the values that {database} has.</p>
          <SqlBlock sql={joined(statements.slice(0, shownAtMost))} label="List changed rows" />
          {hidden > 0 && <p>{counted(hidden, "more table")} of the same kind.</p>}
        </Disclosure>
      )}
    </section>
  );
}
