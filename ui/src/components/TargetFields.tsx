import { useState } from "react";
import { count, counted } from "../lib/quantity";
import { type ChosenTargets, tableNames } from "../lib/targets";
import { RadioGroup } from "./Choice";
import { Select } from "./Select";
import { TextField } from "./TextField";

/** The part of a database that a choice shows. Databases of the wire have this shape. */
export interface ShownDatabase {
  name: string;
  /** Null where the user cannot see into it. */
  tables: number | null;
  estimatedRows: number | null;
}

export interface TargetFieldsProps {
  databases: readonly ShownDatabase[];
  targets: ChosenTargets;
  onChange: (targets: ChosenTargets) => void;
  /** Tells what is missing only after somebody tried to go on. */
  wasPressed: boolean;
  /** The moment that is backed up. */
  asOf: string;
  /** It is a moment of the past: what is meant may have been dropped since, and is not in the list. */
  isPast?: boolean;
}

/** Stands in the list for a database that is not in it. No database is called so. */
const DROPPED = "\u0000";

/** What to back up: one database, some of its tables, or everything. */
export function TargetFields({
  databases,
  targets,
  onChange,
  wasPressed,
  asOf,
  isPast = false,
}: TargetFieldsProps) {
  const { scope, database } = targets;
  const isListed = databases.some(({ name }) => name === database);
  const isDropped = isPast && database !== undefined && !isListed;
  const [dropped, setDropped] = useState(isDropped ? database : "");
  // Targets that are kept in the address come back a moment after each letter, which would move the caret.
  const [tables, setTables] = useState(targets.tables);
  return (
    <>
      <RadioGroup
        label="What to back up"
        look="row"
        value={scope}
        onChange={(next) => onChange({ ...targets, scope: next })}
        options={[
          { value: "database", label: "One database" },
          { value: "tables", label: "Single tables" },
          { value: "cluster", label: "The whole cluster" },
        ]}
        description={
          scope === "cluster"
            ? `All databases, users and settings, as of ${asOf}. Nothing is locked.`
            : undefined
        }
      />
      {scope !== "cluster" && (
        <Select
          label="Database"
          options={[
            ...databases.map((each) => ({
              value: each.name,
              label: each.name,
              description: [
                each.tables === null ? "not visible to you" : counted(each.tables, "table"),
                each.estimatedRows === null ? "" : `about ${count(each.estimatedRows)} rows`,
              ]
                .filter(Boolean)
                .join(", "),
            })),
            ...(isPast
              ? [{ value: DROPPED, label: "One that was dropped…", description: "its name is asked for" }]
              : []),
          ]}
          value={isDropped ? DROPPED : isListed ? (database ?? null) : null}
          onChange={(next) => onChange({ ...targets, database: next === DROPPED ? dropped : next })}
          error={wasPressed && !isDropped && !isListed ? "Choose a database." : null}
          description={
            scope === "database"
              ? `All its tables, types and views, as of ${asOf}. Nothing is locked.`
              : undefined
          }
        />
      )}
      {scope !== "cluster" && isDropped && (
        <TextField
          label="Name of the dropped database"
          value={dropped}
          onChange={(next) => {
            setDropped(next);
            onChange({ ...targets, database: next.trim() });
          }}
          error={wasPressed && dropped.trim() === "" ? "Type the name that it had." : null}
          description="As it was written then. The check tells as much of it as the cluster still knows."
          mono
        />
      )}
      {scope === "tables" && (
        <TextField
          label="Tables"
          value={tables}
          onChange={(next) => {
            setTables(next);
            onChange({ ...targets, tables: next });
          }}
          placeholder="accounts, audit.log"
          error={wasPressed && tableNames(tables).length === 0 ? "Name at least one table." : null}
          description="Divided by commas. A name without a schema is of the schema public. The check tells whether they exist."
          mono
        />
      )}
    </>
  );
}
