import { nameOf } from "../../lib/names";
import { counted } from "../../lib/quantity";

/**
 * Stored names as this screen uses them: without their leading slash, folders with a slash at the end, the top as
 * the empty string. The cluster knows no folders: they come from the slashes.
 */

/** "exports/2026/a.csv" → "exports/2026/"; "a.csv" → "". */
export function folderOf(path: string): string {
  const bare = path.endsWith("/") ? path.slice(0, -1) : path;
  return bare.slice(0, bare.lastIndexOf("/") + 1);
}

export interface Crumb {
  name: string;
  /** What opens when it is pressed. */
  folder: string;
}

/** "exports/2026/" → All files, exports, 2026. */
export function crumbsOf(folder: string): Crumb[] {
  const crumbs: Crumb[] = [{ name: "All files", folder: "" }];
  let at = 0;
  for (let end = folder.indexOf("/"); end >= 0; end = folder.indexOf("/", at)) {
    crumbs.push({ name: folder.slice(at, end), folder: folder.slice(0, end + 1) });
    at = end + 1;
  }
  return crumbs;
}

/** Why a person's text cannot be a stored name, or null. */
export function nameProblem(path: string): string | null {
  if (path.trim() === "") return "Enter a name.";
  if (path.startsWith("/") || path.endsWith("/")) return "A name neither starts nor ends with a slash.";
  if (path.split("/").some((part) => part === "" || part === "." || part === ".."))
    return "The parts between slashes cannot be empty, “.” or “..”.";
  return null;
}

/** A name to propose for a copy: "exports/a.csv" → "exports/a (2).csv"; "exports/" → "exports (2)". */
export function besideName(path: string): string {
  const name = nameOf(path);
  const dot = path.endsWith("/") ? -1 : name.lastIndexOf(".");
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  return `${folderOf(path)}${stem} (2)${ending}`;
}

/** What several are: "14 files and 1 folder". Folders and backup collections are told by the slash at their end. */
export function namedCount(entries: readonly (string | { path: string; kind: string })[]): string {
  const isFolder = (entry: string | { path: string; kind: string }) =>
    typeof entry === "string" ? entry.endsWith("/") : entry.kind !== "file";
  const folders = entries.filter(isFolder).length;
  const files = entries.length - folders;
  return [files > 0 && counted(files, "file"), folders > 0 && counted(folders, "folder")]
    .filter(Boolean)
    .join(" and ");
}
