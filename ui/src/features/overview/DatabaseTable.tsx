import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Disclosure } from "../../components/Disclosure";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { Moment } from "../../components/Moment";
import { SqlBlock } from "../../components/SqlBlock";
import { EmptyState } from "../../components/States";
import { Table } from "../../components/Table";
import { VisuallyHidden } from "../../components/VisuallyHidden";
import type { Database } from "../../ipc/bindings";
import { count, counted } from "../../lib/quantity";
import styles from "./OverviewPage.module.css";

const aside = (words: string) => <span className={styles.unknown}>{words}</span>;

/** A user is told only of tables it has a privilege on: none told is not none there. */
function isHidden({ tables, isGone }: Database): boolean {
  return tables === null && !isGone;
}

function Tables({ database }: { database: Database }) {
  if (database.isGone) return aside("not on the cluster");
  if (database.tables === null) return aside("not visible");
  if (database.mayHideTables) return aside(`${count(database.tables)} visible`);
  return count(database.tables);
}

function NewestBackup({ database }: { database: Database }) {
  const { newestBackup, tables, holdsFileStorage, mayHideTables } = database;
  if (newestBackup) return <Moment value={newestBackup.endTime} withRelative />;
  if (tables === 0 && holdsFileStorage) return aside("only file storage in it");
  if (tables === 0 && !mayHideTables) return aside("empty, nothing to lose");
  return <Badge tone={isHidden(database) ? "neutral" : "bad"}>No backup known</Badge>;
}

/** What to ask an administrator for, where the user cannot see into databases. */
function HiddenDatabases({ user, databases }: { user: string; databases: readonly Database[] }) {
  const [first, ...more] = databases;
  if (first === undefined) return null;
  const names =
    more.length === 0 ? first.name : `${first.name} and ${counted(more.length, "other database")}`;
  return (
    <div className={styles.hidden}>
      <Callout tone="attention" title={`${user} cannot see into ${names}`}>
        <p>What is in there, and whether anything is, is not known. An administrator can let {user} look.</p>
        <Disclosure title={more.length === 0 ? "Show the grant" : "Show the grants"}>
          <SqlBlock sql={databases.map(({ grant }) => grant ?? "").join("\n")} label="Grants to ask for" />
        </Disclosure>
      </Callout>
    </div>
  );
}

export interface DatabaseTableProps {
  databases: readonly Database[];
  user: string;
  onRestore: (database: string) => void;
  /** Absent where nothing may be changed. */
  onBackUp?: (database: string) => void;
}

export function DatabaseTable({ databases, user, onRestore, onBackUp }: DatabaseTableProps) {
  if (databases.length === 0) {
    return (
      <EmptyState icon="database" title="No databases that you may see">
        Databases of this cluster would be listed here with their newest backup.
      </EmptyState>
    );
  }
  return (
    <>
      <HiddenDatabases user={user} databases={databases.filter(isHidden)} />
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
          {
            id: "tables",
            header: "Tables",
            align: "end",
            cell: (database) => <Tables database={database} />,
          },
          {
            id: "rows",
            header: <span title="CockroachDB's own estimate, some minutes behind">Rows, about</span>,
            align: "end",
            cell: ({ estimatedRows }) => (estimatedRows === null ? "–" : count(estimatedRows)),
          },
          {
            id: "backup",
            header: "Newest backup",
            cell: (database) => <NewestBackup database={database} />,
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
                onBackUp && (
                  <Button
                    size="small"
                    variant="quiet"
                    aria-label={`Back up ${name}…`}
                    onPress={() => onBackUp(name)}
                  >
                    Back up…
                  </Button>
                )
              ),
          },
        ]}
      />
    </>
  );
}
