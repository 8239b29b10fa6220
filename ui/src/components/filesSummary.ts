import { bytes, counted } from "../lib/quantity";
import type { ShownJob } from "./JobRow";

/** What a job over files came to. Outcomes of the wire have this shape. */
interface FilesCount {
  done: number;
  skipped: number;
  failed: number;
  doneBytes: number;
  notes: readonly string[];
}

/** Jobs that write into the cluster. Cancelled, they take back what they had begun; an error or a note says if not. */
const writes: readonly string[] = ["upload", "importArchive", "undelete", "copyFiles", "copyToCluster"];

/** "2 files done, 29.0 MiB · 1 file failed". */
export function filesSummary(
  { done, skipped, failed, doneBytes, notes }: FilesCount,
  job: Pick<ShownJob, "kind" | "state" | "error">,
): string {
  const isUndone = job.state === "cancelled" && done === 0 && job.error === null && notes.length === 0;
  if (isUndone && writes.includes(job.kind)) return "Nothing was left behind in the cluster.";
  // The error says it.
  if (job.error !== null && done + skipped === 0 && failed <= 1) return "";
  const parts = [
    done > 0 || skipped + failed === 0 ? `${counted(done, "file")} done, ${bytes(doneBytes)}` : "",
    skipped > 0 ? `${counted(skipped, "file")} skipped` : "",
    failed > 0 ? `${counted(failed, "file")} failed` : "",
  ];
  return parts.filter(Boolean).join(" · ");
}

interface ResultOfFile {
  end: { end: "done" } | { end: "skipped" } | { end: "failed"; error: { message: string } };
}

/** What did not go through, without what the job's own error says already: a job of one file fails as its file does. */
export function problemsBeside<Result extends ResultOfFile>(
  results: readonly Result[],
  error: ShownJob["error"],
): Result[] {
  return results.filter(
    ({ end }) => end.end !== "done" && !(end.end === "failed" && end.error.message === error?.message),
  );
}
