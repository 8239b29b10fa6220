import { useMutation } from "@tanstack/react-query";
import { commands, type Job, type JobOutcome, type TableComparison } from "../../ipc/bindings";
import { asCallError, type CallError } from "../../ipc/errors";
import { useFollower } from "../../ipc/jobs";
import { count, counted } from "../../lib/quantity";
import { listed, shortName } from "./kinds";

type RestoreOutcome = Extract<JobOutcome, { kind: "restore" }>;
export type ComparisonOutcome = Extract<JobOutcome, { kind: "comparison" }>;
export type BringBackOutcome = Extract<JobOutcome, { kind: "bringBack" }>;

/** So many rows are compared without being asked, right after they were restored: a second's work. */
const comparedUnasked = 200_000;

export interface Comparison {
  /** The newest one of what this restore brought. */
  job: Job | undefined;
  /** What it found, also where it was cancelled halfway. */
  outcome: ComparisonOutcome | null;
  /** The newest return of missing rows. */
  back: Job | undefined;
  /** Rows came back after it was made, so that its figures are those of before. */
  isStale: boolean;
  isStarting: boolean;
  error: CallError | null;
  start: (largeToo: boolean) => void;
}

/** How the live database stands beside the restored one, as far as it was looked at. */
export function useComparison(restore: Job): Comparison {
  const job = useFollower(restore.id, "compare");
  const back = useFollower(restore.id, "bringBack");
  const starting = useMutation({
    mutationFn: (largeToo: boolean) => commands.startComparison(restore.id, largeToo),
  });
  return {
    job,
    outcome: job?.ended && job.outcome?.kind === "comparison" ? job.outcome : null,
    back,
    isStale: job !== undefined && back !== undefined && back.createdAt > job.createdAt,
    isStarting: starting.isPending || (starting.data !== undefined && job === undefined),
    error: starting.error ? asCallError(starting.error) : null,
    start: (largeToo) => starting.mutate(largeToo),
  };
}

/** It went beside the live data, and there is something to count. */
export function canBeCompared({ database, fromDatabase, tables }: RestoreOutcome): boolean {
  return database !== fromDatabase && tables.some(({ foundRows }) => foundRows !== null);
}

export function isSmall({ tables }: RestoreOutcome): boolean {
  return tables.reduce((sum, { foundRows }) => sum + (foundRows ?? 0), 0) <= comparedUnasked;
}

export function missingIn({ tables }: ComparisonOutcome): number {
  return tables.reduce((sum, { result }) => sum + (result.kind === "counted" ? result.missing : 0), 0);
}

export function changedIn({ tables }: ComparisonOutcome): number {
  return tables.reduce((sum, { result }) => sum + (result.kind === "counted" ? result.changed : 0), 0);
}

/** Those that have been left out for their size. */
export function largeIn({ tables }: ComparisonOutcome): TableComparison[] {
  return tables.filter(({ result }) => result.kind === "large");
}

/** What is to be known of a table besides its figures, a sentence each. */
export function remarksOn({ result, onlyRestored, onlyLive }: TableComparison, live: string): string[] {
  const remarks = {
    counted: null,
    notLive: `Not in ${live} any more.`,
    noKey: "It has no primary key, so its rows cannot be matched.",
    otherKey: `It has another primary key in ${live} now, so its rows cannot be matched.`,
    large: result.kind === "large" ? `About ${counted(result.rows, "row")}: left out until you ask.` : null,
    notReached: "Not compared: it was cancelled before.",
    failed: result.kind === "failed" ? `It could not be compared. ${result.error.message}` : null,
  } as const;
  const columns = (names: readonly string[], why: string) =>
    names.length === 0 ? null : `Compared without ${listed(names)}: ${why}.`;
  return [
    remarks[result.kind],
    columns(onlyRestored, `not in ${live} any more`),
    columns(onlyLive, `added to ${live} since`),
  ].filter((remark) => remark !== null);
}

/** "412 rows are missing in bank", or that none is. */
export function headlineOf(outcome: ComparisonOutcome): string {
  const { liveDatabase: live, tables } = outcome;
  const missing = missingIn(outcome);
  if (!tables.some(({ result }) => result.kind === "counted"))
    return `Nothing could be compared with ${live}`;
  if (missing === 0) return `No row is missing in ${live}`;
  return `${counted(missing, "row")} ${missing === 1 ? "is" : "are"} missing in ${live}`;
}

/** Where they are missing, and what else differs. */
export function detailOf(outcome: ComparisonOutcome): string {
  const { liveDatabase: live, tables } = outcome;
  const parts = tables.flatMap(({ table, result }) =>
    result.kind === "counted" && result.missing > 0
      ? [`${count(result.missing)} in ${shortName(table)}`]
      : [],
  );
  const changed = changedIn(outcome);
  const uncounted = tables.filter(({ result }) => result.kind !== "counted").length;
  return [
    parts.length > 1 && parts.length <= 4 ? `${listed(parts)}.` : "",
    parts.length === 1 && tables.length > 1 ? `All of them in ${parts[0]?.replace(/^.* in /, "")}.` : "",
    changed > 0
      ? `${counted(changed, "row")} ${changed === 1 ? "has" : "have"} other values in ${live} than in the backup.`
      : "",
    uncounted > 0
      ? `${counted(uncounted, "table")} ${uncounted === 1 ? "was" : "were"} not compared: see below.`
      : "",
  ]
    .filter(Boolean)
    .join(" ");
}
