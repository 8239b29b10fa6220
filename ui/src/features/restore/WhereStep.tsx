import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Select } from "../../components/Select";
import { ErrorState, Skeleton } from "../../components/States";
import { StepFoot, StepTitle } from "../../components/StepTitle";
import { TextField } from "../../components/TextField";
import { databasesQuery } from "../../ipc/backups";
import { useCurrentCluster } from "../../ipc/currentCluster";
import { asCallError } from "../../ipc/errors";
import { counted } from "../../lib/quantity";
import { freeName, nameProblem, type StepProps } from "./search";
import styles from "./WhereStep.module.css";

/** The name of the copy, checked as it is typed against the databases that exist. */
function Beside({ search, onSearchChange, taken }: StepProps & { taken: readonly string[] }) {
  const { connection } = useCurrentCluster();
  const { database = "" } = search;
  const proposal = freeName(database, taken);
  // On production nothing is chosen beforehand.
  const [name, setName] = useState(
    search.as ?? (connection.fields.environment === "production" ? "" : proposal),
  );
  const problem = nameProblem(name, taken, connection.fields.name);
  const isLive = taken.includes(database);
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (problem === null) onSearchChange({ ...search, as: name, into: undefined, step: "check" });
      }}
    >
      <Card>
        <div className={styles.field}>
          <TextField
            label="Name of the restored database"
            value={name}
            onChange={setName}
            error={name === "" ? null : problem}
            placeholder={proposal}
            description={
              name === ""
                ? `${proposal} is free on ${connection.fields.name}. On production the choice is yours.`
                : problem === null
                  ? `${name} is free on ${connection.fields.name}.`
                  : undefined
            }
            mono
            autoFocus
          />
        </div>
        <p className={styles.note}>
          {isLive
            ? `The live ${database} is not touched. Afterwards you can compare both.`
            : `There is no ${database} on ${connection.fields.name} now. To have it back under its own name, type ${database}.`}
        </p>
      </Card>
      <StepFoot back={<Back search={search} onSearchChange={onSearchChange} />}>
        <Button variant="primary" type="submit" isDisabled={problem !== null}>
          Check it
        </Button>
      </StepFoot>
    </form>
  );
}

/** Single tables go into a database that exists: not the live one, unless it is chosen. */
function Into({ search, onSearchChange, taken }: StepProps & { taken: readonly string[] }) {
  const [into, setInto] = useState<string | null>(search.into ?? null);
  const { database = "", tables = [] } = search;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (into !== null) onSearchChange({ ...search, into, as: undefined, step: "check" });
      }}
    >
      <Card>
        <div className={styles.field}>
          <Select
            label={`Database for the ${counted(tables.length, "table")}`}
            options={taken.map((name) => ({
              value: name,
              label: name,
              description:
                name === database ? "The live one. Tables of the same name must not exist in it." : undefined,
            }))}
            value={into}
            onChange={setInto}
          />
        </div>
        <p className={styles.note}>
          Nothing is overwritten: where a table of the same name exists, the check will say so.
        </p>
      </Card>
      <StepFoot back={<Back search={search} onSearchChange={onSearchChange} />}>
        <Button variant="primary" type="submit" isDisabled={into === null}>
          Check it
        </Button>
      </StepFoot>
    </form>
  );
}

function Back({ search, onSearchChange }: StepProps) {
  return (
    <Button variant="quiet" onPress={() => onSearchChange({ ...search, step: "what" })}>
      Back
    </Button>
  );
}

export function WhereStep(step: StepProps) {
  const { connection } = useCurrentCluster();
  const databases = useQuery(databasesQuery(connection.id));
  const taken = databases.data?.map((each) => each.name);
  return (
    <>
      <StepTitle title="Where to?">
        {step.search.tables
          ? "Into which database?"
          : "Beside what you have, under a new name. Look at it, then decide."}
      </StepTitle>
      {databases.error ? (
        <ErrorState
          error={asCallError(databases.error)}
          alwaysRetry
          onRetry={() => void databases.refetch()}
        />
      ) : taken === undefined ? (
        <Card>
          <Skeleton label="Looking at the databases" rows={2} />
        </Card>
      ) : step.search.tables ? (
        <Into
          {...step}
          taken={databases.data?.filter((each) => !each.isSystem).map((each) => each.name) ?? []}
        />
      ) : (
        <Beside {...step} taken={taken} />
      )}
    </>
  );
}
