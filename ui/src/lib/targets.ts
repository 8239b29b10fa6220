import { counted } from "./quantity";

export type BackUpScope = "database" | "tables" | "cluster";

/** The targets as a command takes them. */
export type Targets =
  | { type: "cluster" }
  | { type: "database"; database: string }
  | { type: "tables"; database: string; tables: string[] };

/** What is chosen so far; parts of it may be missing. */
export interface ChosenTargets {
  scope: BackUpScope;
  /** Empty while the name of one that was dropped is still to be typed. */
  database: string | undefined;
  /** As typed: names divided by commas, spaces or lines. */
  tables: string;
}

/** "accounts, audit.log" → ["public.accounts", "audit.log"]: a bare name is of the schema public. */
export function tableNames(text: string): string[] {
  const names = text.split(/[\s,;]+/).filter(Boolean);
  return [...new Set(names.map((name) => (name.includes(".") ? name : `public.${name}`)))];
}

/** Null while something is missing. */
export function targetsOf({ scope, database, tables }: ChosenTargets): Targets | null {
  if (scope === "cluster") return { type: "cluster" };
  if (!database) return null;
  if (scope === "database") return { type: "database", database };
  const names = tableNames(tables);
  return names.length === 0 ? null : { type: "tables", database, tables: names };
}

/** "bank", "accounts of bank", "2 tables of bank", "the whole cluster". */
export function subjectOf(targets: Targets): string {
  if (targets.type === "cluster") return "the whole cluster";
  if (targets.type === "database") return targets.database;
  const [only] = targets.tables;
  return targets.tables.length === 1 && only
    ? `${only.replace(/^public\./, "")} of ${targets.database}`
    : `${counted(targets.tables.length, "table")} of ${targets.database}`;
}
