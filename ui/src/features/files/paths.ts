import type { TransferPlan } from "../../ipc/bindings";
import { nameOf } from "../../lib/names";
import { count, counted } from "../../lib/quantity";

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

/** More than this is no name that anybody could read, though the cluster would take it. */
const mostCharacters = 1_000;
/** What most file systems have room for, in one part of a path. */
const mostBytesOfPart = 255;

/** Why a person's text cannot be a stored name, or null. */
export function nameProblem(path: string): string | null {
  if (path.trim() === "") return "Enter a name.";
  if (path.startsWith("/") || path.endsWith("/")) return "A name neither starts nor ends with a slash.";
  if (path.split("/").some((part) => part === "" || part === "." || part === ".."))
    return "The parts between slashes cannot be empty, “.” or “..”.";
  if (Array.from(path).length > mostCharacters)
    return `A name has ${count(mostCharacters)} characters at most, its folders included.`;
  return null;
}

/** What is to be known of a name that the cluster takes, or null. */
export function nameCaution(path: string): string | null {
  const encoder = new TextEncoder();
  return path.split("/").some((part) => encoder.encode(part).length > mostBytesOfPart)
    ? `A part of it is longer than ${mostBytesOfPart} bytes: under this name it cannot be saved on a computer, and a download shortens it.`
    : null;
}

/** Where a file of a transfer is, seen from the folder that it goes into: "odd/.hidden". */
export function pathBelow(folder: string, target: string): string {
  const [base, path] = [folder, target].map((each) =>
    each.includes("/") ? each : each.replaceAll("\\", "/"),
  );
  if (base === undefined || path === undefined) return target;
  const start = base === "" || base.endsWith("/") ? base : `${base}/`;
  // A file under another name, in a place of its own.
  if (!path.startsWith(start) || (start === "" && path.startsWith("/"))) return nameOf(path);
  return path.slice(start.length);
}

/**
 * The folder that all of an upload goes into: of one folder of this computer it is the one of that name. A name that
 * cannot be used as it is becomes another one, which only the plan's files tell.
 */
export function uploadFolder(
  { target, folders, mapped }: Pick<TransferPlan, "target" | "folders" | "mapped">,
  paths: readonly string[],
): string {
  const [path] = paths;
  if (path === undefined || paths.length > 1 || folders !== 1 || mapped.length > 0) return target;
  const name = nameOf(path.startsWith("/") ? path : path.replaceAll("\\", "/"));
  return name === "" ? target : `${target}${name}/`;
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
