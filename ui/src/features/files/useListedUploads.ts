import { useMemo } from "react";
import type { UserfileEntry } from "../../ipc/bindings";
import type { UploadingRow } from "./uploads";
import type { Folder } from "./useFolder";

export interface ListedUploads {
  uploads: ReadonlyMap<string, UploadingRow>;
  /** The folder's rows, after those of files that it does not list yet. */
  rows: readonly (UserfileEntry | undefined)[];
  show: (first: number, last: number) => void;
  load: (first: number, last: number) => Promise<readonly UserfileEntry[]>;
}

function entryOf(row: UploadingRow): UserfileEntry {
  const { name, path } = row;
  const sizeBytes = row.sizeBytes ?? 0;
  return row.isFolder
    ? { kind: "folder", name, path, files: 0, sizeBytes, newest: null }
    : { kind: "file", name, path, sizeBytes, uploadedAt: null, username: "", unfinished: false, uri: "" };
}

/** Whether this name is the temporary one of the upload. */
function isOf(path: string, upload: UploadingRow): boolean {
  return !upload.isFolder && path.startsWith(`${upload.path}.`) && path.endsWith(".tmp");
}

/** Puts what is on its way up before what is listed; places in the list shift by as many rows. */
export function useListedUploads(
  { rows, show, load }: Pick<Folder, "rows" | "show" | "load">,
  uploading: readonly UploadingRow[],
): ListedUploads {
  const uploads = useMemo(() => new Map(uploading.map((row) => [row.path, row])), [uploading]);
  const listed = useMemo(() => {
    if (uploading.length === 0) return rows;
    const known = new Set<string>();
    // Until it is whole, the cluster lists it under a temporary name: that is the same file.
    const named = rows.map((row) => {
      const upload = row?.kind === "file" && row.unfinished && uploading.find((one) => isOf(row.path, one));
      if (upload && !known.has(upload.path)) {
        known.add(upload.path);
        return entryOf(upload);
      }
      if (row) known.add(row.path.replace(/\/$/, ""));
      return row;
    });
    const coming = uploading.filter(({ path }) => !known.has(path));
    return [...coming.map(entryOf), ...named];
  }, [rows, uploading]);
  const before = listed.length - rows.length;
  return useMemo(
    () => ({
      uploads,
      rows: listed,
      show:
        before === 0 ? show : (first, last) => show(Math.max(0, first - before), Math.max(0, last - before)),
      load:
        before === 0 ? load : (first, last) => load(Math.max(0, first - before), Math.max(0, last - before)),
    }),
    [uploads, listed, before, show, load],
  );
}
