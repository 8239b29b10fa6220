import { Disclosure } from "../../components/Disclosure";
import { SqlBlock } from "../../components/SqlBlock";
import type { TableComparison } from "../../ipc/bindings";
import { counted } from "../../lib/quantity";
import { type ComparisonOutcome, changedIn } from "./comparison";
import { joined, namesInShort } from "./kinds";
import styles from "./ProofStep.module.css";

/** More statements than that are for a script, not for a screen. */
const shownAtMost = 50;

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** Null where it cannot be written: the columns are others by now, or it is not clear where the schema's name ends. */
function statementFor(
  { table, onlyRestored, onlyLive }: TableComparison,
  { database, liveDatabase }: ComparisonOutcome,
): string | null {
  if (onlyRestored.length > 0 || onlyLive.length > 0) return null;
  const dot = table.indexOf(".");
  if (!table.startsWith("public.") && dot !== table.lastIndexOf(".")) return null;
  const rows = (of: string) =>
    `SELECT * FROM ${[of, table.slice(0, dot), table.slice(dot + 1)].map(quoted).join(".")}`;
  return `${rows(database)}\nEXCEPT\n${rows(liveDatabase)};`;
}

/** Rows that both have with other values: nothing here overwrites them, so all that is offered is to see which they are. */
export function ChangedRows({ compared }: { compared: ComparisonOutcome }) {
  const { database, liveDatabase: live, tables } = compared;
  const rows = changedIn(compared);
  if (rows === 0) return null;
  const changed = tables.filter(({ result }) => result.kind === "counted" && result.changed > 0);
  const statements = changed.flatMap(({ table, ...rest }) => {
    const sql = statementFor({ table, ...rest }, compared);
    return sql === null ? [] : [{ table, sql }];
  });
  const others = changed.filter(({ table }) => !statements.some((each) => each.table === table));
  const alsoMissing = changed.some(({ result }) => result.kind === "counted" && result.missing > 0);
  const hidden = statements.length - shownAtMost;
  const them = rows === 1 ? "it" : "them";
  return (
    <section className={styles.wide}>
      <h3>Changed since</h3>
      <p>
        {counted(rows, "row")} {rows === 1 ? "has" : "have"} other values in {live} than in {database}.
        Roachvault overwrites nothing: {rows === 1 ? "it stays" : "they stay"} as {live} has {them}.
      </p>
      {others.length > 0 && (
        <p>
          No statement to list them is written for {namesInShort(others.map(({ table }) => table))}: the
          columns are not the same in both any more.
        </p>
      )}
      {statements.length > 0 && (
        <Disclosure
          title={`${statements.length === 1 ? "A statement that lists" : "Statements that list"} ${them}`}
        >
          <p>
            With the values that {database} has{alsoMissing && ", and the missing rows too"}. A column whose
            type was made in the database, such as an enum, cannot be compared in this way: name the other
            columns instead of the star.
          </p>
          <SqlBlock
            sql={joined(statements.slice(0, shownAtMost).map(({ sql }) => sql))}
            label="List changed rows"
          />
          {hidden > 0 && <p>{counted(hidden, "more table")} of the same kind.</p>}
        </Disclosure>
      )}
    </section>
  );
}
