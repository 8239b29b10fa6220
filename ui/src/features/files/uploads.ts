/**
 * Files that are on their way up, where they will be listed. The cluster lists them only when they are whole, so their
 * rows come from what was started here. After a restart only the transfers panel tells of them.
 */
import { useMemo } from "react";
import type { ConflictChoices, JobKind, TransferPlan, UploadRequest } from "../../ipc/bindings";
import { useJobs, useUnendedJobs } from "../../ipc/jobs";
import { nameOf } from "../../lib/names";

interface StartedUpload {
  job: string;
  connectionId: string;
  store: string;
  /** Paths of the rows. */
  paths: readonly string[];
  isFolder: boolean;
  sizeBytes: number | null;
}

/** A row for a file, or for a folder of them, that is being uploaded. */
export interface UploadingRow {
  path: string;
  name: string;
  isFolder: boolean;
  sizeBytes: number | null;
  /** 0 to 1; null where several files share the figure. */
  fraction: number | null;
  /** It was paused, or the app was closed, and it waits to be taken up again. */
  isStill: boolean;
}

let started: readonly StartedUpload[] = [];

/** More rows than these would push the listed files out of sight. */
const mostRows = 12;

export function rememberUpload(
  job: string,
  connectionId: string,
  request: UploadRequest,
  plan: TransferPlan,
  choices: ConflictChoices,
) {
  // Skipped ones do not move, and of those that are kept beside others the name is not known here.
  const unmoved = new Set(
    plan.conflicts
      .filter(({ target }) => (choices.each[target] ?? choices.all) !== "replace")
      .map(({ target }) => target),
  );
  const paths = request.paths
    .map((local) => `${request.folder}${nameOf(local.replaceAll("\\", "/"))}`)
    .filter((path) => !unmoved.has(path));
  const isFolder = plan.files !== request.paths.length;
  // Of a mixed choice nobody knows here which is a file and which a folder.
  if (paths.length === 0 || (isFolder && request.paths.length > 1)) return;
  const isOne = request.paths.length === 1;
  started = [
    { job, connectionId, store: plan.store, paths, isFolder, sizeBytes: isOne ? plan.sizeBytes : null },
    ...started.slice(0, 31),
  ];
}

/** What is on its way into this folder now. */
export function useUploads(
  connectionId: string,
  store: string | undefined,
  folder: string,
): readonly UploadingRow[] {
  const { jobs } = useJobs();
  return useMemo(() => {
    const rows: UploadingRow[] = [];
    for (const upload of started) {
      if (upload.connectionId !== connectionId || upload.store !== store) continue;
      const job = jobs.find(({ id }) => id === upload.job);
      if (job === undefined || job.ended) continue;
      const { done, total } = job.progress;
      const isStill = job.state === "paused" || job.state === "interrupted";
      for (const path of upload.paths) {
        if (rows.length === mostRows || !path.startsWith(folder)) continue;
        const name = path.slice(folder.length);
        const isShared = upload.paths.length > 1;
        const fraction = isShared || total === null ? null : total === 0 ? 0 : done / total;
        if (name !== "" && !name.includes("/"))
          rows.push({
            path,
            name,
            isFolder: upload.isFolder,
            sizeBytes: upload.sizeBytes,
            fraction,
            isStill,
          });
      }
    }
    return rows;
  }, [jobs, connectionId, store, folder]);
}

/** What is said of a file that has no final name yet. */
export type Unfinished = "being written" | "paused" | "unfinished";

const writes: readonly JobKind[] = ["upload", "importArchive", "undelete", "copyFiles", "copyToCluster"];

/** Such a file is a leftover only when no job will go on with it. A copy from another cluster writes here as well. */
export function useUnfinished(connectionId: string): Unfinished {
  const writing = useUnendedJobs().filter(
    (job) => writes.includes(job.kind) && (job.connectionId === connectionId || job.kind === "copyToCluster"),
  );
  if (writing.length === 0) return "unfinished";
  return writing.every(({ state }) => state === "paused" || state === "interrupted")
    ? "paused"
    : "being written";
}
