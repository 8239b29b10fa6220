import type { Job, JobOutcome } from "../../ipc/bindings";

export interface Ending {
  tone: "good" | "attention" | "bad";
  title: string;
  text: string;
  /** The restored database exists and may be looked at. */
  isThere: boolean;
}

/**
 * The verdict over a restore. Good is said in one case only: the job ended, and every table was counted and has as
 * many rows as in the backup.
 */
export function endingOf(
  job: Job,
  outcome: Extract<JobOutcome, { kind: "restore" }> | null,
  from: string,
  as: string,
): Ending {
  const untouched = from === as ? "" : ` The live ${from} was not touched.`;
  const isOver = job.state === "succeeded" || job.state === "partlyDone" || job.state === "unknown";
  if (outcome && isOver && outcome.tables.length > 0) {
    const of = (verdict: string) => outcome.tables.filter((table) => table.verdict === verdict).length;
    if (job.state === "succeeded" && outcome.allMatch)
      return {
        tone: "good",
        title: from === as ? `${from} is back` : `${from} is back, as ${as}`,
        text: outcome.verdict,
        isThere: true,
      };
    if (of("differs") + of("missing") > 0)
      return {
        tone: "bad",
        title: `${as} is there, but does not match the backup`,
        text: `${outcome.verdict} Do not rely on it before you know why.${untouched}`,
        isThere: true,
      };
    return {
      tone: "attention",
      title: `${as} is there, but its rows could not all be compared`,
      text: outcome.verdict,
      isThere: true,
    };
  }
  switch (job.state) {
    case "failed":
      return {
        tone: "bad",
        title: `${from} was not restored`,
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
          title: `The cluster says that ${as} is restored, but it could not be checked`,
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
