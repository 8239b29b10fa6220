import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { RadioGroup, Tick } from "../../components/Choice";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { Select } from "../../components/Select";
import { ErrorState, Skeleton } from "../../components/States";
import { StepFoot, StepTitle } from "../../components/StepTitle";
import type { Selection } from "../../components/selection";
import { TextField } from "../../components/TextField";
import { type GridColumn, VirtualGrid } from "../../components/VirtualGrid";
import { databasesQuery, liveTablesQuery } from "../../ipc/backups";
import type { BackupContents, BackupObject } from "../../ipc/bindings";
import { useCurrentCluster } from "../../ipc/currentCluster";
import { asCallError } from "../../ipc/errors";
import { bytes, count } from "../../lib/quantity";
import { localMoment } from "../../lib/time";
import { GoneBackup } from "./GoneBackup";
import { isRelation, kindsCounted, namesInShort } from "./kinds";
import type { StepProps } from "./search";
import styles from "./WhatStep.module.css";

const tick: GridColumn<BackupObject> = {
  id: "tick",
  header: "Chosen",
  hideHeader: true,
  width: "46px",
  cell: (_, { isSelected }) => <Tick isOn={isSelected} />,
};

/** `live` holds what is in the live database; undefined where that is not known. */
const columnsOf = (database: string, live: ReadonlySet<string> | undefined): GridColumn<BackupObject>[] => [
  {
    id: "name",
    header: "Name",
    width: "minmax(0, 1fr)",
    cell: (object) => (
      <>
        <MiddleEllipsis text={qualified(object)} />
        {isGone(object, live) && <Badge tone="attention">{`not in ${database} any more`}</Badge>}
      </>
    ),
  },
  { id: "kind", header: "Kind", width: "110px", cell: (object) => object.kind },
  {
    id: "rows",
    header: "Rows",
    width: "120px",
    align: "end",
    cell: (object) => (object.rows === null ? "–" : count(object.rows)),
  },
  {
    id: "size",
    header: "Size",
    width: "110px",
    align: "end",
    cell: (object) => (object.sizeBytes === null ? "–" : bytes(object.sizeBytes)),
  },
];

function isGone(object: BackupObject, live: ReadonlySet<string> | undefined): boolean {
  return live !== undefined && isRelation(object) && !live.has(qualified(object));
}

function qualified(object: BackupObject): string {
  return object.schema === null ? object.name : `${object.schema}.${object.name}`;
}

/** Asks for what opens an encrypted backup. It stays in memory for this wizard. */
function Unlock({ error, onUnlock }: { error: unknown; onUnlock: (passphrase: string) => void }) {
  const [passphrase, setPassphrase] = useState("");
  const { code, message } = asCallError(error);
  return (
    <Card title="This backup is encrypted">
      <form
        className={styles.unlock}
        onSubmit={(event) => {
          event.preventDefault();
          if (passphrase !== "") onUnlock(passphrase);
        }}
      >
        <TextField
          label="Passphrase"
          type="password"
          value={passphrase}
          onChange={setPassphrase}
          error={code === "secretNeeded" ? null : message}
          description="The one it was taken with. It is used for this restore and then forgotten."
          autoFocus
        />
        <Button type="submit" variant="primary" isDisabled={passphrase === ""}>
          Look inside
        </Button>
      </form>
    </Card>
  );
}

function Inside({ contents, search, onSearchChange }: StepProps & { contents: BackupContents }) {
  const { connection } = useCurrentCluster();
  const { databases } = contents.chain;
  const [database, setDatabase] = useState(
    search.database !== undefined && databases.includes(search.database) ? search.database : databases[0],
  );
  const objects = contents.objects.filter(
    (object) => object.database === database && object.kind !== "schema" && object.kind !== "database",
  );
  const tables = objects.filter(isRelation);
  const databasesNow = useQuery(databasesQuery(connection.id));
  const isLive = databasesNow.data?.some(({ name }) => name === database) ?? false;
  const liveTables = useQuery({ ...liveTablesQuery(connection.id, database ?? ""), enabled: isLive });
  // A user without grants is told of no tables: that proves nothing about any of them.
  const canTell = liveTables.data !== undefined && liveTables.data.length > 0;
  const live = canTell ? new Set(liveTables.data) : undefined;
  const gone = tables.filter((table) => isGone(table, live));
  const [scope, setScope] = useState<"database" | "tables">(search.tables ? "tables" : "database");
  const [selection, setSelection] = useState<Selection>(new Set(search.tables ?? []));
  const chosen = tables.filter((table) => selection.has(qualified(table)));
  const shown = scope === "tables" ? tables : objects;
  const counted = tables.filter((table) => table.kind === "table");
  const rows = counted.every((table) => table.rows !== null)
    ? counted.reduce((sum, table) => sum + (table.rows ?? 0), 0)
    : null;
  const size = tables.reduce((sum, table) => sum + (table.sizeBytes ?? 0), 0);
  if (database === undefined)
    return (
      <ErrorState
        error={{ message: "There is no database in this backup.", hint: "Choose another moment." }}
      />
    );
  const next = () =>
    onSearchChange({
      ...search,
      database,
      tables: scope === "tables" ? chosen.map(qualified) : undefined,
      as: search.database === database ? search.as : undefined,
      into: scope === "tables" && search.database === database ? search.into : undefined,
      step: "where",
    });
  return (
    <>
      <Card>
        <div className={styles.choices}>
          {databases.length > 1 && (
            <div className={styles.database}>
              <Select
                label="Database"
                options={databases.map((name) => ({ value: name, label: name }))}
                value={database}
                onChange={(name) => {
                  setDatabase(name);
                  setSelection(new Set());
                }}
              />
            </div>
          )}
          <RadioGroup
            label="How much of it?"
            look="cards"
            value={scope}
            onChange={setScope}
            options={[
              {
                value: "database",
                label: `The whole database ${database}`,
                description: [
                  kindsCounted(tables),
                  rows === null ? "" : `${count(rows)} rows`,
                  size > 0 ? bytes(size) : "",
                ]
                  .filter(Boolean)
                  .join(", "),
              },
              {
                value: "tables",
                label: "Some tables",
                description: "Into a database that exists, or into a new one.",
                isDisabled: tables.length === 0,
              },
            ]}
          />
        </div>
      </Card>
      <Card flush title={scope === "tables" ? "Which tables?" : "What is inside"}>
        <VirtualGrid
          label={scope === "tables" ? "Tables to restore" : "Objects in the backup"}
          columns={scope === "tables" ? [tick, ...columnsOf(database, live)] : columnsOf(database, live)}
          rows={shown}
          rowKey={qualified}
          rowLabel={(object) =>
            `${qualified(object)}, ${object.kind}${isGone(object, live) ? `, not in ${database} any more` : ""}`
          }
          clickToggles
          {...(scope === "tables" ? { selection, onSelectionChange: setSelection } : {})}
          maxHeight="max(200px, calc(100vh - 520px))"
        />
      </Card>
      {databasesNow.data && !isLive && (
        <p className={styles.note}>
          There is no {database} on {connection.fields.name} now.
        </p>
      )}
      {gone.length > 0 && scope === "database" && (
        <p className={styles.note}>
          {namesInShort(gone.map(qualified))} {gone.length === 1 ? "is" : "are"} not in the live {database}{" "}
          any more. To have only that back, take some tables.
        </p>
      )}
      {rows === null && (
        <p className={styles.note}>
          The rows of each table are not known: this moment rests on incremental backups, which count changes.
        </p>
      )}
      <StepFoot
        back={
          <Button variant="quiet" onPress={() => onSearchChange({ ...search, step: undefined })}>
            Back
          </Button>
        }
        note={scope === "tables" && chosen.length === 0 ? "Choose at least one." : undefined}
      >
        <Button variant="primary" isDisabled={scope === "tables" && chosen.length === 0} onPress={next}>
          {scope === "database"
            ? `Take the whole of ${database}`
            : chosen.length === 0
              ? "Take these tables"
              : `Take ${kindsCounted(chosen)}`}
        </Button>
      </StepFoot>
    </>
  );
}

export interface WhatStepProps extends StepProps {
  onBackups: () => void;
  contents: UseQueryResult<BackupContents>;
  onUnlock: (passphrase: string) => void;
}

export function WhatStep({ contents, onUnlock, onBackups, ...step }: WhatStepProps) {
  const { moment } = step.search;
  const error = contents.error && asCallError(contents.error);
  const isLocked =
    error?.code === "secretNeeded" ||
    error?.code === "auth" ||
    contents.data?.chain.problem?.code === "secretNeeded";
  return (
    <>
      <StepTitle title="What do you want back?">
        {moment
          ? `As it was on ${localMoment(new Date(moment), true)}.`
          : "As it was at the end of the backup."}
      </StepTitle>
      {isLocked ? (
        <Unlock error={contents.error ?? contents.data?.chain.problem} onUnlock={onUnlock} />
      ) : error?.code === "notFound" ? (
        <GoneBackup error={error} onBackups={onBackups} {...step} />
      ) : error ? (
        <ErrorState error={error} alwaysRetry onRetry={() => void contents.refetch()} />
      ) : contents.data ? (
        <Inside key={contents.data.chain.subdirectory} contents={contents.data} {...step} />
      ) : (
        <Card flush>
          <Skeleton label="Looking inside the backup" rows={5} />
        </Card>
      )}
    </>
  );
}
