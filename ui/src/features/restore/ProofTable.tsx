import { Badge } from "../../components/Badge";
import { Card } from "../../components/Card";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { Table } from "../../components/Table";
import type { Tone } from "../../components/tone";
import type { RowProof, RowVerdict } from "../../ipc/bindings";
import { count } from "../../lib/quantity";
import styles from "./ProofStep.module.css";

const verdicts: Record<RowVerdict, { word: string; tone: Tone }> = {
  match: { word: "match", tone: "good" },
  differs: { word: "differs", tone: "bad" },
  missing: { word: "missing", tone: "bad" },
  notComparable: { word: "cannot be compared", tone: "neutral" },
  notCounted: { word: "could not be counted", tone: "attention" },
};

const order: readonly RowVerdict[] = ["missing", "differs", "notCounted", "notComparable", "match"];
/** More are listed nowhere: what does not match comes first, and the rest is in the count. */
const shownAtMost = 400;

/** "public.accounts" → "accounts": the schema that every database has says nothing. */
function shortName(table: string): string {
  return table.startsWith("public.") ? table.slice("public.".length) : table;
}

const figure = (rows: number | null) => (rows === null ? "–" : count(rows));

export function ProofTable({ tables }: { tables: readonly RowProof[] }) {
  const sorted = [...tables].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  const hidden = sorted.slice(shownAtMost);
  return (
    <Card flush>
      <Table
        label="Restored tables"
        rows={sorted.slice(0, shownAtMost)}
        rowKey={({ table }) => table}
        columns={[
          {
            id: "table",
            header: "Table",
            isRowHeader: true,
            cell: ({ table }) => <MiddleEllipsis text={shortName(table)} isFocusable={table.length > 40} />,
          },
          {
            id: "expected",
            header: "Rows in backup",
            align: "end",
            cell: ({ expectedRows }) => figure(expectedRows),
          },
          { id: "found", header: "Rows now", align: "end", cell: ({ foundRows }) => figure(foundRows) },
          {
            id: "verdict",
            header: "Rows",
            cell: ({ verdict }) => <Badge tone={verdicts[verdict].tone}>{verdicts[verdict].word}</Badge>,
          },
        ]}
      />
      {hidden.length > 0 && (
        <p className={styles.note}>
          {count(hidden.length)} more
          {hidden.every(({ verdict }) => verdict === "match") && ", all of which match"}.
        </p>
      )}
    </Card>
  );
}
