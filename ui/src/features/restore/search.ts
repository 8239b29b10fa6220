import type { RestoreOption } from "../../ipc/bindings";

const restoreStops = ["what", "where", "check", "missing"] as const;
const restoreOptions: ReadonlySet<string> = new Set<RestoreOption>([
  "skipMissingForeignKeys",
  "skipMissingSequences",
  "skipMissingSequenceOwners",
  "skipMissingViews",
  "skipMissingUdfs",
  "skipLocalitiesCheck",
  "removeRegions",
  "schemaOnly",
  "verifyBackupTableData",
  "grants",
]);

export const restoreSteps = ["moment", "what", "where", "check", "run", "proof", "missing"] as const;
export type RestoreStep = (typeof restoreSteps)[number];

/** Every choice of the wizard and its place. It is the address: a reload, a way back or a sent link loses nothing. */
export interface RestoreSearch {
  collection?: string;
  subdirectory?: string;
  /** As the cluster wrote it, or the second that was picked. Absent: the end of the chain. */
  moment?: string;
  /** The database as it is called in the backup. */
  database?: string;
  /** Only these, as `schema.table`. Absent: the whole database. */
  tables?: string[];
  /** The name of the restored database. */
  as?: string;
  /** The existing database that single tables are restored into. */
  into?: string;
  options?: RestoreOption[];
  step?: (typeof restoreStops)[number];
  job?: string;
  /** A return of rows that the live database lacked. */
  back?: string;
}

export interface StepProps {
  search: RestoreSearch;
  onSearchChange: (search: RestoreSearch, options?: { replace: boolean }) => void;
}

/** The step that the choices made so far allow, which may be earlier than the one that was asked for. */
export function stepOf(search: RestoreSearch, hasEnded: boolean): RestoreStep {
  if (search.job !== undefined) {
    if (!hasEnded) return "run";
    return search.step === "missing" ? "missing" : "proof";
  }
  if (search.step === undefined || search.collection === undefined || search.subdirectory === undefined)
    return "moment";
  if (search.step === "what" || search.database === undefined) return "what";
  if (search.step === "where" || (search.as === undefined && search.into === undefined)) return "where";
  return "check";
}

/** Whether the choices made so far reach this step, so that one can go back and forth between them. */
export function canStandAt(step: RestoreStep, search: RestoreSearch): boolean {
  if (step === "moment") return true;
  if (step === "run" || step === "proof" || step === "missing") return false;
  return stepOf({ ...search, step, job: undefined }, false) === step;
}

/** What comes after the moment: where one came for a certain database, the whole of it is meant. */
export function afterMoment(search: RestoreSearch): RestoreSearch {
  return { ...search, step: search.database !== undefined && search.tables === undefined ? "where" : "what" };
}

/** A name for the copy that no database has: bank_restored, bank_restored_2, … */
export function freeName(database: string, taken: readonly string[]): string {
  const first = `${database}_restored`;
  if (!taken.includes(first)) return first;
  for (let number = 2; ; number += 1) {
    const name = `${first}_${number}`;
    if (!taken.includes(name)) return name;
  }
}

export function nameProblem(name: string, taken: readonly string[], on: string): string | null {
  if (name.trim() === "") return "Enter a name.";
  if (name !== name.trim()) return "A name neither starts nor ends with a space.";
  if (taken.includes(name)) return `A database named ${name} exists on ${on} already.`;
  return null;
}

/** What an address says, with whatever is not ours left out. */
export function readRestoreSearch(search: Record<string, unknown>): RestoreSearch {
  const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
  const list = (value: unknown) =>
    Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : undefined;
  return {
    collection: text(search.collection),
    subdirectory: text(search.subdirectory),
    moment: text(search.moment),
    database: text(search.database),
    tables: list(search.tables),
    as: text(search.as),
    into: text(search.into),
    options: list(search.options)?.filter((option): option is RestoreOption => restoreOptions.has(option)),
    step: restoreStops.find((step) => step === search.step),
    job: text(search.job),
    back: text(search.back),
  };
}
