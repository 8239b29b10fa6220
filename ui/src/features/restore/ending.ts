import type { Job, JobOutcome } from "../../ipc/bindings";
import { namesInShort } from "./kinds";

export interface Ending {
  tone: "good" | "attention" | "bad";
  title: string;
  text: string;
  /** The restored data exists and may be looked at. */
  isThere: boolean;
}

/** What was to come back, as far as it is known. */
export interface Wanted {
  /** The database as it is called in the backup. */
  from: string | undefined;
  /** Where its data is to be found. */
  as: string | undefined;
  /** Only these of it. */
  tables: readonly string[] | undefined;
}

/**
 * The verdict over a restore. Good is said in one case only: the job ended, and every table was counted and has as
 * many rows as in the backup, or as the live one had at that moment.
 */
export function endingOf(
  job: Job,
  outcome: Extract<JobOutcome, { kind: "restore" }> | null,
  { from = outcome?.fromDatabase, as = outcome?.database, tables }: Wanted,
): Ending {
  const names = tables ?? (outcome?.whole === false ? outcome.tables.map(({ table }) => table) : undefined);
  const isOne = names === undefined || names.length === 1;
  const what = names ? namesInShort(names) : (from ?? "What was wanted");
  const place = as ?? what;
  const there = names ? `${what} ${isOne ? "is" : "are"} in ${place}` : `${place} is there`;
  const untouched = from === undefined || from === as ? "" : ` ${from} itself was not touched.`;
  const isOver = job.state === "succeeded" || job.state === "partlyDone" || job.state === "unknown";
  if (outcome && isOver && outcome.tables.length > 0) {
    const of = (verdict: string) => outcome.tables.filter((table) => table.verdict === verdict).length;
    if (job.state === "succeeded" && outcome.allMatch) {
      const where = names ? `, in ${place}` : from === as ? "" : `, as ${place}`;
      return {
        tone: "good",
        title: `${what} ${isOne ? "is" : "are"} back${where}`,
        text: outcome.verdict,
        isThere: true,
      };
    }
    if (of("differs") + of("missing") > 0)
      return {
        tone: "bad",
        title: `${there}, but ${isOne ? "does" : "do"} not match the backup`,
        text: `${outcome.verdict} Do not rely on it before you know why.${untouched}`,
        isThere: true,
      };
    return {
      tone: "attention",
      title: `${there}, but not all rows could be compared`,
      text: outcome.verdict,
      isThere: true,
    };
  }
  switch (job.state) {
    case "failed":
      return {
        tone: "bad",
        title:
          names && from !== undefined && from === as
            ? `${what} ${isOne ? "was" : "were"} not restored; ${from} is as it was`
            : `${what} ${isOne ? "was" : "were"} not restored`,
        text: `The cluster gave up and took back what it had written.${untouched}`,
        isThere: false,
      };
    case "cancelled":
      return {
        tone: "attention",
        title: "The restore was cancelled",
        text: `What had been written was taken back.${untouched} The backup is as it was.`,
        isThere: false,
      };
    default:
      if (outcome || job.state === "succeeded" || job.state === "partlyDone")
        return {
          tone: "attention",
          title: `The cluster says that ${names ? what : place} ${isOne ? "is" : "are"} restored, but it could not be checked`,
          text: outcome?.verdict ?? "Look at it before you rely on it.",
          isThere: false,
        };
      return {
        tone: "attention",
        title: "What became of the restore is not known",
        text: `It may be there, or not. Look before you start it again.${untouched}`,
        isThere: false,
      };
  }
}
