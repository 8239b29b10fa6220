import { Disclosure } from "../../components/Disclosure";
import { Sha256 } from "../../components/Sha256";
import type { JobOutcome } from "../../ipc/bindings";
import { bytes, counted } from "../../lib/quantity";
import styles from "./FilesOutcome.module.css";

/** What a transfer of several files came to: the counts, and by name what did not go through. */
export function FilesOutcome({ outcome }: { outcome: Extract<JobOutcome, { kind: "files" }> }) {
  const problems = outcome.results.filter((result) => result.end.end !== "done");
  const [only, ...others] = outcome.results;
  const sha256 = others.length === 0 && only?.end.end === "done" ? only.end.sha256 : null;
  const counts = [
    `${counted(outcome.done, "file")} done, ${bytes(outcome.doneBytes)}`,
    outcome.skipped > 0 ? `${counted(outcome.skipped, "file")} skipped` : "",
    outcome.failed > 0 ? `${counted(outcome.failed, "file")} failed` : "",
  ].filter(Boolean);
  return (
    <div className={styles.outcome}>
      <p>{counts.join(" · ")}</p>
      {sha256 && <Sha256 value={sha256} />}
      {outcome.notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
      {problems.length > 0 && (
        <Disclosure title="Which, and why" isOpen={problems.length <= 3}>
          <ul className={styles.list}>
            {problems.map((result) => (
              <li key={`${result.source} ${result.target}`}>
                <code>{result.source}</code>
                <span>
                  {result.end.end === "failed"
                    ? [result.end.error.message, result.end.error.hint].filter(Boolean).join(" ")
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
