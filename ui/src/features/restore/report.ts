import type { Job, RowVerdict } from "../../ipc/bindings";
import { count } from "../../lib/quantity";
import { utcMoment } from "../../lib/time";
import {
  type ComparisonOutcome,
  detailOf,
  headlineOf,
  type RowsOfCopy,
  remarksOn,
  rowsOfCopy,
} from "./comparison";

const verdicts = {
  match: "match",
  matchesLive: "match (with the live rows at that moment)",
  differs: "differs",
  differsFromLive: "differs from the live rows at that moment",
  missing: "missing",
  notComparable: "cannot be compared",
  notCounted: "could not be counted",
} as const;

function comparisonLines(compared: ComparisonOutcome, copy: RowsOfCopy): string[] {
  const live = compared.liveDatabase;
  return [
    "",
    `Compared with ${live}: ${headlineOf(compared)}. ${detailOf(compared, copy).replaceAll(": see below", "")}`.trim(),
    ...compared.tables.map((table) => {
      const { result } = table;
      const figures =
        result.kind === "counted"
          ? [
              `${count(result.missing)} missing in ${live}, ${count(result.changed)} changed since, ` +
                `${count(result.onlyLive)} only in ${live}`,
            ]
          : [];
      return `${table.table}: ${[...figures, ...remarksOn(table, live, copy)].join(". ")}`;
    }),
  ];
}

/** The end of a restore as plain text: for a ticket, or for whoever asks later. */
export function reportOf(job: Job, title: string, text: string, compared: ComparisonOutcome | null): string {
  const time = (value: string | null) => (value === null ? "unknown" : utcMoment(new Date(value), true));
  const lines = [title, text, "", `Cluster: ${job.connectionName}`, `Job: ${job.clusterJobId ?? "unknown"}`];
  lines.push(`Started: ${time(job.startedAt)}`, `Ended: ${time(job.finishedAt)}`);
  if (job.outcome?.kind === "restore") {
    const { outcome } = job;
    const isOfLive = (verdict: RowVerdict) => verdict === "matchesLive" || verdict === "differsFromLive";
    lines.push(
      `Backup: ${outcome.collection}${outcome.subdirectory}`,
      `Moment: ${time(outcome.moment)}`,
      outcome.whole
        ? `Database: ${outcome.fromDatabase}, restored as ${outcome.database}`
        : `Tables of ${outcome.fromDatabase}, restored into ${outcome.database}`,
      "",
      ...outcome.tables.map(
        (table) =>
          `${table.table}: ${table.expectedRows === null ? "?" : count(table.expectedRows)} rows in ` +
          `${isOfLive(table.verdict) ? `${outcome.fromDatabase} then` : "the backup"}, ` +
          `${table.foundRows === null ? "?" : count(table.foundRows)} in ${outcome.database}, ${verdicts[table.verdict]}`,
      ),
      ...outcome.losses.map(({ text: lost }) => `${lost}.`),
      ...(compared === null ? [] : comparisonLines(compared, rowsOfCopy(outcome))),
    );
  }
  if (job.error) lines.push("", job.error.message, job.error.hint ?? "");
  return `${lines.join("\n").trimEnd()}\n`;
}
