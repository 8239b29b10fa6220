import { Badge } from "../../components/Badge";
import { CopyButton } from "../../components/CopyButton";
import { Disclosure } from "../../components/Disclosure";
import { problemsBeside } from "../../components/filesSummary";
import { Moment } from "../../components/Moment";
import type { FileResult, Job, JobOutcome, RowVerdict } from "../../ipc/bindings";
import { bytes, count, counted } from "../../lib/quantity";
import { duration } from "../../lib/time";
import styles from "./JobOutcomeView.module.css";

function FileLine({ result: { source, target, sizeBytes, end } }: { result: FileResult }) {
  return (
    <li className={styles.result}>
      <span>{target || source}</span>
      <span className={styles.summary}>{bytes(sizeBytes)}</span>
      {end.end === "failed" && (
        <span className={styles.why}>
          {end.error.message} {end.error.hint}
        </span>
      )}
      {end.end === "skipped" && <span className={styles.why}>Skipped: {end.why}</span>}
      {end.end === "done" && end.sha256 && <CopyButton text={end.sha256} label="Copy SHA-256" />}
    </li>
  );
}

const verdicts: Record<RowVerdict, { word: string; tone: "good" | "bad" | "attention" | "neutral" }> = {
  match: { word: "match", tone: "good" },
  matchesLive: { word: "match, as live then", tone: "good" },
  differs: { word: "rows differ", tone: "bad" },
  differsFromLive: { word: "unlike live then", tone: "attention" },
  missing: { word: "missing", tone: "bad" },
  notComparable: { word: "not comparable", tone: "neutral" },
  notCounted: { word: "not counted", tone: "attention" },
};

/** What a job left behind, as its end card says it. */
export function JobOutcomeView({ outcome, error }: { outcome: JobOutcome; error: Job["error"] }) {
  if (outcome.kind === "files") {
    const { failed, results, notes } = outcome;
    const ofOneFile = results.length === 1 && problemsBeside(results, error).length === 0 && failed > 0;
    return (
      <>
        {notes.map((note) => (
          <p key={note} className={styles.summary}>
            {note}
          </p>
        ))}
        {results.length > 0 && !ofOneFile && (
          <Disclosure title="Files" isOpen={failed > 0}>
            <ul className={styles.results}>
              {results.map((result) => (
                <FileLine key={`${result.source} ${result.target}`} result={result} />
              ))}
            </ul>
          </Disclosure>
        )}
      </>
    );
  }
  if (outcome.kind === "backup") {
    const { collection, subdirectory, sizeBytes, rows, endTime, durationSeconds, verdict } = outcome;
    return (
      <p className={styles.summary}>
        {verdict}{" "}
        {[
          `${collection}${subdirectory ? ` at ${subdirectory}` : ""}`,
          sizeBytes !== null && bytes(sizeBytes),
          rows !== null && counted(rows, "row"),
          durationSeconds !== null && `took ${duration(durationSeconds * 1000)}`,
        ]
          .filter(Boolean)
          .join(" · ")}
        {endTime && (
          <>
            {" · as of "}
            <Moment value={endTime} withUtc />
          </>
        )}
      </p>
    );
  }
  if (outcome.kind === "comparison" || outcome.kind === "bringBack") {
    const reasons = outcome.kind === "bringBack" ? outcome.tables.flatMap((table) => table.reasons) : [];
    // The error says the rest, with the first reason.
    const more = error === null ? reasons : reasons.filter((reason) => reason !== error.hint);
    return (
      <>
        {(error === null || outcome.kind === "comparison") && (
          <p className={styles.summary}>{outcome.verdict}</p>
        )}
        {more.map((reason) => (
          <p key={reason} className={styles.summary}>
            {reason}
          </p>
        ))}
      </>
    );
  }
  return (
    <>
      <p className={styles.summary}>{outcome.verdict}</p>
      {outcome.losses.map(({ text }) => (
        <p key={text} className={styles.summary}>
          {text}.
        </p>
      ))}
      <Disclosure title={counted(outcome.tables.length, "table")} isOpen={!outcome.allMatch}>
        <ul className={styles.results}>
          {outcome.tables.map(({ table, expectedRows, foundRows, verdict }) => (
            <li key={table} className={styles.result}>
              <span>{table}</span>
              <span className={styles.summary}>
                {foundRows === null ? "not counted" : counted(foundRows, "row")}
                {expectedRows !== null && ` of ${count(expectedRows)} expected`}
              </span>
              <Badge tone={verdicts[verdict].tone}>{verdicts[verdict].word}</Badge>
            </li>
          ))}
        </ul>
      </Disclosure>
    </>
  );
}
