import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { RadioGroup } from "../../components/Choice";
import { Select } from "../../components/Select";
import { ErrorState, Skeleton } from "../../components/States";
import { StepFoot, StepTitle } from "../../components/StepTitle";
import { TextField } from "../../components/TextField";
import { databasesQuery } from "../../ipc/backups";
import { useCurrentCluster } from "../../ipc/currentCluster";
import { asCallError } from "../../ipc/errors";
import { namesInShort } from "./kinds";
import { freeName, nameProblem, type StepProps } from "./search";
import styles from "./WhereStep.module.css";

/** The name of the copy, checked as it is typed against the databases that exist. */
function Beside({ search, onSearchChange, taken }: StepProps & { taken: readonly string[] }) {
  const { connection } = useCurrentCluster();
  const { database = "" } = search;
  const isLive = taken.includes(database);
  const proposal = isLive ? freeName(database, taken) : database;
  // On production nothing is chosen beforehand.
  const [name, setName] = useState(
    search.as ?? (connection.fields.environment === "production" ? "" : proposal),
  );
  const problem = nameProblem(name, taken, connection.fields.name);
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
          <NewName name={name} onChange={setName} problem={problem} proposal={proposal} />
        </div>
        <p className={styles.note}>
          {isLive
            ? `The live ${database} is not touched. Afterwards you can compare both.`
            : `There is no ${database} on ${connection.fields.name} now, so it can come back under its own name.`}
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

type Place = "new" | "existing";

/** Single tables go into a database that is made for them, or into one that exists. */
function Into({ search, onSearchChange, taken }: StepProps & { taken: readonly string[] }) {
  const { connection } = useCurrentCluster();
  const { database = "", tables = [] } = search;
  // On production nothing is chosen beforehand.
  const isProduction = connection.fields.environment === "production";
  const [place, setPlace] = useState<Place | null>(
    search.into ? "existing" : search.as || !isProduction ? "new" : null,
  );
  const [into, setInto] = useState<string | null>(search.into ?? null);
  const proposal = freeName(database, taken);
  const [name, setName] = useState(search.as ?? (isProduction ? "" : proposal));
  const problem = nameProblem(name, taken, connection.fields.name);
  const isReady = place === "new" ? problem === null : place === "existing" && into !== null;
  const what = namesInShort(tables);
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (!isReady) return;
        onSearchChange({
          ...search,
          as: place === "new" ? name : undefined,
          into: place === "existing" ? (into ?? undefined) : undefined,
          step: "check",
        });
      }}
    >
      <Card>
        <div className={styles.field}>
          <RadioGroup
            label={`Into which database should ${what} go?`}
            value={place}
            onChange={setPlace}
            options={[
              {
                value: "new",
                label: "A new database",
                description: "Nothing that is there now is touched.",
              },
              {
                value: "existing",
                label: "A database that exists",
                description:
                  "Nothing is overwritten: where a table of the same name exists, the check will say so.",
              },
            ]}
          />
          {place === "new" && (
            <NewName name={name} onChange={setName} problem={problem} proposal={proposal} />
          )}
          {place === "existing" && (
            <Select
              label={`Database for ${tables.length === 1 ? what : `the ${what}`}`}
              options={taken.map((each) => ({
                value: each,
                label: each,
                description:
                  each === database
                    ? "The live one. Tables of the same name must not exist in it."
                    : undefined,
              }))}
              value={into}
              onChange={setInto}
            />
          )}
        </div>
      </Card>
      <StepFoot back={<Back search={search} onSearchChange={onSearchChange} />}>
        <Button variant="primary" type="submit" isDisabled={!isReady}>
          Check it
        </Button>
      </StepFoot>
    </form>
  );
}

interface NewNameProps {
  name: string;
  onChange: (name: string) => void;
  problem: string | null;
  proposal: string;
}

/** The name of a database that is to be made, checked as it is typed. */
function NewName({ name, onChange, problem, proposal }: NewNameProps) {
  const { connection } = useCurrentCluster();
  const on = connection.fields.name;
  const free = `${name === "" ? proposal : name} is free on ${on}.`;
  return (
    <TextField
      label="Name of the restored database"
      value={name}
      onChange={onChange}
      error={name === "" ? null : problem}
      placeholder={proposal}
      description={
        name === ""
          ? `${free} Type it yourself: on production nothing is filled in.`
          : problem === null
            ? free
            : undefined
      }
      mono
      autoFocus
    />
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
          ? "Beside what you have, or into it. Nothing is overwritten."
          : taken === undefined || taken.includes(step.search.database ?? "")
            ? "Beside what you have, under a new name. Look at it, then decide."
            : "Under its own name, or under a new one."}
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
