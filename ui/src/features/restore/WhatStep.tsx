import type { UseQueryResult } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { RadioGroup } from "../../components/Choice";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { Select } from "../../components/Select";
import { ErrorState, Skeleton } from "../../components/States";
import { StepFoot, StepTitle } from "../../components/StepTitle";
import type { Selection } from "../../components/selection";
import { TextField } from "../../components/TextField";
import { type GridColumn, VirtualGrid } from "../../components/VirtualGrid";
import type { BackupContents, BackupObject } from "../../ipc/bindings";
import { asCallError } from "../../ipc/errors";
import { bytes, count, counted } from "../../lib/quantity";
import { localMoment } from "../../lib/time";
import type { StepProps } from "./search";
import styles from "./WhatStep.module.css";

const columns: GridColumn<BackupObject>[] = [
  {
    id: "name",
    header: "Name",
    width: "minmax(0, 1fr)",
    cell: (object) => <MiddleEllipsis text={qualified(object)} />,
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
  const { databases } = contents.chain;
  const [database, setDatabase] = useState(
    search.database !== undefined && databases.includes(search.database) ? search.database : databases[0],
  );
  const objects = contents.objects.filter(
    (object) => object.database === database && object.kind !== "schema" && object.kind !== "database",
  );
  const tables = objects.filter((object) => object.kind === "table");
  const [scope, setScope] = useState<"database" | "tables">(search.tables ? "tables" : "database");
  const [selection, setSelection] = useState<Selection>(new Set(search.tables ?? []));
  const chosen = tables.filter((table) => selection.has(qualified(table)));
  const shown = scope === "tables" ? tables : objects;
  const rows = tables.every((table) => table.rows !== null)
    ? tables.reduce((sum, table) => sum + (table.rows ?? 0), 0)
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
                  counted(tables.length, "table"),
                  rows === null ? "" : `${count(rows)} rows`,
                  size > 0 ? bytes(size) : "",
                ]
                  .filter(Boolean)
                  .join(", "),
              },
              {
                value: "tables",
                label: "Some tables",
                description: "Into a database that exists already.",
                isDisabled: tables.length === 0,
              },
            ]}
          />
        </div>
      </Card>
      <Card flush title={scope === "tables" ? "Which tables?" : "What is inside"}>
        <VirtualGrid
          label={scope === "tables" ? "Tables to restore" : "Objects in the backup"}
          columns={columns}
          rows={shown}
          rowKey={qualified}
          rowLabel={(object) => `${qualified(object)}, ${object.kind}`}
          {...(scope === "tables" ? { selection, onSelectionChange: setSelection } : {})}
          maxHeight="max(200px, calc(100vh - 520px))"
        />
      </Card>
      {tables.some((table) => table.rows === null) && (
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
        note={
          scope === "tables" && chosen.length === 0
            ? "Choose at least one. Ctrl and Shift take several."
            : undefined
        }
      >
        <Button variant="primary" isDisabled={scope === "tables" && chosen.length === 0} onPress={next}>
          {scope === "database" ? `Take the whole of ${database}` : `Take ${counted(chosen.length, "table")}`}
        </Button>
      </StepFoot>
    </>
  );
}

export interface WhatStepProps extends StepProps {
  contents: UseQueryResult<BackupContents>;
  onUnlock: (passphrase: string) => void;
}

export function WhatStep({ contents, onUnlock, ...step }: WhatStepProps) {
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
