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

/** Whether there was a live database at the end of the restore. Of single tables it is not told. */
export function wasLive({ swap }: RestoreOutcome): boolean {
  // Where it was, both are renamed, a line each.
  return swap === null || swap.includes("\n");
}

/** It went beside the live data, and there is something to count. */
export function canBeCompared(outcome: RestoreOutcome): boolean {
  const { database, fromDatabase, tables } = outcome;
  return database !== fromDatabase && wasLive(outcome) && tables.some(({ foundRows }) => foundRows !== null);
}

export function isSmall({ tables }: RestoreOutcome): boolean {
  return tables.reduce((sum, { foundRows }) => sum + (foundRows ?? 0), 0) <= comparedUnasked;
}

export function missingIn({ tables }: ComparisonOutcome): number {
  return tables.reduce((sum, { result }) => sum + (result.kind === "counted" ? result.missing : 0), 0);
}

/** Tables that are not live any more, with rows or without: they were looked for, which the others left out were not. */
export function goneIn({ tables }: ComparisonOutcome): TableComparison[] {
  return tables.filter(({ result }) => result.kind === "notLive");
}

/**
 * What the live database does not have any more, as `public.accounts`: as compared, and as seen at the end of the
 * restore where a comparison does not tell. It never tells of views and sequences.
 */
export function goneFrom({ notLive }: RestoreOutcome, compared: ComparisonOutcome | null): string[] {
  const told = compared?.tables.filter(({ result: { kind } }) => kind !== "notReached" && kind !== "failed");
  const isTold = new Set(told?.map(({ table }) => table));
  return [
    ...(compared ? goneIn(compared).map(({ table }) => table) : []),
    ...notLive.filter((table) => !isTold.has(table)),
  ];
}

/** How many rows the copy has, by `public.accounts`. */
export type RowsOfCopy = ReadonlyMap<string, number>;

export function rowsOfCopy({ tables }: RestoreOutcome): RowsOfCopy {
  return new Map(
    tables.flatMap(({ table, foundRows }) => (foundRows === null ? [] : [[table, foundRows] as const])),
  );
}

export function changedIn({ tables }: ComparisonOutcome): number {
  return tables.reduce((sum, { result }) => sum + (result.kind === "counted" ? result.changed : 0), 0);
}

/** Those that have been left out for their size. */
export function largeIn({ tables }: ComparisonOutcome): TableComparison[] {
  return tables.filter(({ result }) => result.kind === "large");
}

/** What is to be known of a table besides its figures, a sentence each. */
export function remarksOn(
  { table, result, onlyRestored, onlyLive }: TableComparison,
  live: string,
  copy: RowsOfCopy,
): string[] {
  const rows = copy.get(table);
  const remarks = {
    counted: null,
    notLive:
      rows === undefined
        ? `Not in ${live} any more.`
        : `Not in ${live} any more. In the copy: ${rows === 0 ? "empty" : counted(rows, "row")}.`,
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

/** "412 rows are missing in bank", "1 table is gone from bank", or that nothing is. */
export function headlineOf(outcome: ComparisonOutcome): string {
  const { liveDatabase: live, tables } = outcome;
  const missing = missingIn(outcome);
  const gone = goneIn(outcome).length;
  const rows = `${counted(missing, "row")} ${missing === 1 ? "is" : "are"} missing in`;
  if (gone > 0)
    return `${counted(gone, "table")} ${gone === 1 ? "is" : "are"} gone from ${live}${missing > 0 ? `, and ${rows} it` : ""}`;
  if (!tables.some(({ result }) => result.kind === "counted"))
    return `Nothing could be compared with ${live}`;
  if (missing === 0) return `No row is missing in ${live}`;
  return `${rows} ${live}`;
}

/** "transactions: 4,000 rows; old: empty." */
function goneInDetail(gone: readonly TableComparison[], copy: RowsOfCopy): string {
  if (gone.length > 4) {
    const rows = gone.reduce((sum, { table }) => sum + (copy.get(table) ?? 0), 0);
    return `${counted(rows, "row")} of the copy ${rows === 1 ? "is" : "are"} in them: see below.`;
  }
  const parts = gone.map(({ table }) => {
    const rows = copy.get(table);
    const size = rows === undefined ? "" : rows === 0 ? ": empty" : `: ${counted(rows, "row")}`;
    return `${shortName(table)}${size}`;
  });
  return parts.length === 0 ? "" : `${parts.join("; ")}.`;
}

/** What is gone, where rows are missing, and what else differs. */
export function detailOf(outcome: ComparisonOutcome, copy: RowsOfCopy): string {
  const { liveDatabase: live, tables } = outcome;
  const parts = tables.flatMap(({ table, result }) =>
    result.kind === "counted" && result.missing > 0
      ? [`${count(result.missing)} in ${shortName(table)}`]
      : [],
  );
  const changed = changedIn(outcome);
  const gone = goneIn(outcome);
  const whole = tables.filter(({ result }) => result.kind === "counted").length;
  const uncounted = tables.length - whole - gone.length;
  const rows = gone.length > 0 ? "The missing rows: " : "";
  return [
    goneInDetail(gone, copy),
    gone.length > 0 && parts.length === 0 && whole > 0 && uncounted === 0
      ? "No row is missing in the others."
      : "",
    parts.length > 1 && parts.length <= 4 ? `${rows}${listed(parts)}.` : "",
    parts.length === 1 && tables.length > 1
      ? `${rows}${rows ? "all" : "All"} of them in ${parts[0]?.replace(/^.* in /, "")}.`
      : "",
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
