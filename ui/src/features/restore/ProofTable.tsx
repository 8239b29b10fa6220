import { Badge } from "../../components/Badge";
import { Card } from "../../components/Card";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { Table } from "../../components/Table";
import type { Tone } from "../../components/tone";
import type { RowProof, RowVerdict } from "../../ipc/bindings";
import { count } from "../../lib/quantity";
import { shortName } from "./kinds";
import styles from "./ProofStep.module.css";

const verdicts: Record<RowVerdict, { word: string; tone: Tone }> = {
  match: { word: "match", tone: "good" },
  matchesLive: { word: "match", tone: "good" },
  differs: { word: "differs", tone: "bad" },
  differsFromLive: { word: "differs from live", tone: "attention" },
  missing: { word: "missing", tone: "bad" },
  notComparable: { word: "cannot be compared", tone: "neutral" },
  notCounted: { word: "could not be counted", tone: "attention" },
};

const order: readonly RowVerdict[] = [
  "missing",
  "differs",
  "notCounted",
  "differsFromLive",
  "notComparable",
  "matchesLive",
  "match",
];
/** More are listed nowhere: what does not match comes first, and the rest is in the count. */
const shownAtMost = 400;

const figure = (rows: number | null) => (rows === null ? "–" : count(rows));

export interface ProofTableProps {
  tables: readonly RowProof[];
  /** The database whose rows at that moment stand in for those of the backup where it tells none. */
  live: string;
  /** The database that was counted. */
  restored: string;
}

export function ProofTable({ tables, live, restored }: ProofTableProps) {
  const isOfLive = tables.some(({ verdict }) => verdict === "matchesLive" || verdict === "differsFromLive");
  const sorted = [...tables].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  const hidden = sorted.slice(shownAtMost);
  return (
    <Card flush title={isOfLive ? `Counted against ${live} at that moment` : "Counted against the backup"}>
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
            header: isOfLive ? `Rows in ${live} then` : "Rows in the backup",
            align: "end",
            cell: ({ expectedRows }) => figure(expectedRows),
          },
          {
            id: "found",
            header: `Rows in ${restored}`,
            align: "end",
            cell: ({ foundRows }) => figure(foundRows),
          },
          {
            id: "verdict",
            header: "Compared",
            cell: ({ verdict }) => <Badge tone={verdicts[verdict].tone}>{verdicts[verdict].word}</Badge>,
          },
        ]}
      />
      {hidden.length > 0 && (
        <p className={styles.note}>
          {count(hidden.length)} more
          {hidden.every(({ verdict }) => verdict === "match" || verdict === "matchesLive") &&
            ", all of which match"}
          .
        </p>
      )}
    </Card>
  );
}
