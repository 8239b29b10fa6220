import { Disclosure } from "../../components/Disclosure";
import { problemsBeside } from "../../components/filesSummary";
import { Sha256 } from "../../components/Sha256";
import type { Job, JobOutcome } from "../../ipc/bindings";
import { visible } from "../../lib/names";
import styles from "./FilesOutcome.module.css";

interface FilesOutcomeProps {
  /** What the job was for, where that is a digest. */
  sha256: string | null;
  outcome: Extract<JobOutcome, { kind: "files" }>;
  /** The job's own: it is not said again. */
  error: Job["error"];
}

/** What a transfer of several files left to be said: its notes, and by name what did not go through. */
export function FilesOutcome({ sha256, outcome, error }: FilesOutcomeProps) {
  const problems = problemsBeside(outcome.results, error);
  if (sha256 === null && outcome.notes.length === 0 && problems.length === 0) return null;
  return (
    <div className={styles.outcome}>
      {sha256 && <Sha256 value={sha256} />}
      {outcome.notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
      {problems.length > 0 && (
        <Disclosure title="Which, and why" isOpen={problems.length <= 3}>
          <ul className={styles.list}>
            {problems.map((result) => (
              <li key={`${result.source} ${result.target}`}>
                <code>{visible(result.source)}</code>
                <span>
                  {result.end.end === "failed"
                    ? visible([result.end.error.message, result.end.error.hint].filter(Boolean).join(" "))
                    : result.end.end === "skipped" && result.end.why}
                </span>
              </li>
            ))}
          </ul>
        </Disclosure>
      )}
    </div>
  );
}
