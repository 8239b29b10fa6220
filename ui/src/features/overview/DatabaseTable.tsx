import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { Moment } from "../../components/Moment";
import { EmptyState } from "../../components/States";
import { Table } from "../../components/Table";
import { VisuallyHidden } from "../../components/VisuallyHidden";
import type { Database } from "../../ipc/bindings";
import { count } from "../../lib/quantity";
import styles from "./OverviewPage.module.css";

function figure(value: number | null) {
  return value === null ? <span className={styles.unknown}>no access</span> : count(value);
}

export interface DatabaseTableProps {
  databases: readonly Database[];
  onRestore: (database: string) => void;
  onBackUp: (database: string) => void;
}

export function DatabaseTable({ databases, onRestore, onBackUp }: DatabaseTableProps) {
  if (databases.length === 0) {
    return (
      <EmptyState icon="database" title="No databases that you may see">
        Databases of this cluster would be listed here with their newest backup.
      </EmptyState>
    );
  }
  return (
    <Table
      label="Your databases"
      rows={databases}
      rowKey={({ name }) => name}
      columns={[
        {
          id: "name",
          header: "Database",
          isRowHeader: true,
          cell: ({ name }) => (
            <span className={styles.name}>
              <MiddleEllipsis text={name} isFocusable={name.length > 40} />
            </span>
          ),
        },
        { id: "tables", header: "Tables", align: "end", cell: ({ tables }) => figure(tables) },
        {
          id: "rows",
          header: <span title="CockroachDB's own estimate, some minutes behind">Rows, about</span>,
          align: "end",
          cell: ({ estimatedRows }) => (estimatedRows === null ? "–" : count(estimatedRows)),
        },
        {
          id: "backup",
          header: "Newest backup",
          cell: ({ newestBackup, tables }) =>
            newestBackup ? (
              <Moment value={newestBackup.endTime} withRelative />
            ) : tables === 0 ? (
              <span className={styles.unknown}>empty, nothing to lose</span>
            ) : (
              <Badge tone="bad">No backup known</Badge>
            ),
        },
        {
          id: "actions",
          header: <VisuallyHidden>Actions</VisuallyHidden>,
          align: "end",
          cell: ({ name, newestBackup }) =>
            newestBackup ? (
              <Button
                size="small"
                variant="quiet"
                aria-label={`Restore ${name}…`}
                onPress={() => onRestore(name)}
              >
                Restore…
              </Button>
            ) : (
              <Button
                size="small"
                variant="quiet"
                aria-label={`Back up ${name}…`}
                onPress={() => onBackUp(name)}
              >
                Back up…
              </Button>
            ),
        },
      ]}
    />
  );
}
