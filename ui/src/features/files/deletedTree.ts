/**
 * Deleted files as a person thinks of them: a backup is one thing, and so is a folder. Of a file that was deleted several
 * times, its group stands for the latest.
 */
import type { DeletedCollection, DeletedUserfile } from "../../ipc/bindings";

interface RowBase {
  key: string;
  /** 1 for the outermost. */
  level: number;
  /** Below the row around it. */
  name: string;
  path: string;
  /** What choosing the row chooses. */
  files: readonly DeletedUserfile[];
}

export interface DeletedFileRow extends RowBase {
  kind: "file";
  /** There is a later one of the same path. */
  isOlder: boolean;
}

export interface DeletedGroupRow extends RowBase {
  kind: "folder" | "collection";
  isExpanded: boolean;
  /** Of a collection. */
  backups: number;
}

export type DeletedRow = DeletedFileRow | DeletedGroupRow;

interface Node {
  path: string;
  collection: DeletedCollection | null;
  folders: Map<string, Node>;
  files: DeletedUserfile[];
}

const aNode = (path: string, collection: DeletedCollection | null = null): Node => ({
  path,
  collection,
  folders: new Map(),
  files: [],
});

/** Files of a path that fit the filter. Of a collection all do where one does: a part of a backup is none. */
export function fitting(
  files: readonly DeletedUserfile[],
  collections: readonly DeletedCollection[],
  filter: string,
): readonly DeletedUserfile[] {
  const wanted = filter.trim().toLowerCase();
  if (wanted === "") return files;
  const direct = files.filter(({ path }) => path.toLowerCase().includes(wanted));
  const whole = new Set(
    direct.map(({ path }) => collectionOf(path, collections)).filter((each) => each !== null),
  );
  const chosen = new Set(direct);
  return files.filter((file) => {
    const collection = collectionOf(file.path, collections);
    return chosen.has(file) || (collection !== null && whole.has(collection));
  });
}

function collectionOf(path: string, collections: readonly DeletedCollection[]): DeletedCollection | null {
  return collections.find((each) => path.startsWith(`${each.path}/`)) ?? null;
}

function treeOf(files: readonly DeletedUserfile[], collections: readonly DeletedCollection[]): Node {
  const root = aNode("");
  for (const file of files) {
    const collection = collectionOf(file.path, collections);
    const above = collection?.path ?? file.path.slice(0, Math.max(0, file.path.lastIndexOf("/")));
    let node = root;
    for (const part of above === "" ? [] : above.split("/")) {
      const path = node.path === "" ? part : `${node.path}/${part}`;
      const isCollection = path === collection?.path;
      const next = node.folders.get(part) ?? aNode(path, isCollection ? collection : null);
      node.folders.set(part, next);
      node = next;
    }
    node.files.push(file);
  }
  return root;
}

/** The latest of each path below, in the order of the list. */
function latestOf(node: Node, isOlder: (file: DeletedUserfile) => boolean): DeletedUserfile[] {
  return [
    ...[...node.folders.values()].flatMap((folder) => latestOf(folder, isOlder)),
    ...node.files.filter((file) => !isOlder(file)),
  ];
}

/**
 * The rows to show, in order. `isExpanded` says of a group by its path what a person wants; undefined where nothing was
 * said.
 */
export function deletedRows(
  files: readonly DeletedUserfile[],
  collections: readonly DeletedCollection[],
  isExpanded: (path: string, kind: "folder" | "collection") => boolean,
): DeletedRow[] {
  const seen = new Set<string>();
  const older = new Set<DeletedUserfile>();
  for (const file of files) {
    if (seen.has(file.path)) older.add(file);
    seen.add(file.path);
  }
  const isOlder = (file: DeletedUserfile) => older.has(file);
  const rows: DeletedRow[] = [];
  const addFile = (file: DeletedUserfile, level: number, from: number) =>
    rows.push({
      kind: "file",
      key: file.fileId,
      level,
      name: file.path.slice(from),
      path: file.path,
      files: [file],
      isOlder: isOlder(file),
    });
  const addAll = (node: Node, level: number, from: number) => {
    for (const folder of node.folders.values()) addGroup(folder, level, from);
    for (const file of node.files) addFile(file, level, from);
  };
  const addGroup = (node: Node, level: number, from: number) => {
    const inside = latestOf(node, isOlder);
    // A folder around one file, or around one folder, says nothing that its path does not say.
    if (node.collection === null) {
      const [only] = node.folders.values();
      if (inside.length === 1 || (node.files.length === 0 && node.folders.size === 1 && only)) {
        addAll(node, level, from);
        return;
      }
    }
    const kind = node.collection ? "collection" : "folder";
    const expanded = isExpanded(node.path, kind);
    rows.push({
      kind,
      key: `${node.path}/`,
      level,
      name: node.path.slice(from),
      path: node.path,
      files: inside,
      isExpanded: expanded,
      backups: node.collection?.backups ?? 0,
    });
    if (expanded) addAll(node, level + 1, node.path.length + 1);
  };
  addAll(treeOf(files, collections), 1, 0);
  return rows;
}

/** Keys of the rows that are chosen as a whole. */
export function chosenKeys(rows: readonly DeletedRow[], chosen: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(
    rows.filter(({ files }) => files.every(({ fileId }) => chosen.has(fileId))).map(({ key }) => key),
  );
}

/** The chosen files after the rows that are marked changed from `before` to `after`. */
export function rechosen(
  rows: readonly DeletedRow[],
  chosen: ReadonlySet<string>,
  before: ReadonlySet<string>,
  after: ReadonlySet<string>,
): ReadonlySet<string> {
  const removed = rows.filter(({ key }) => before.has(key) && !after.has(key));
  const added = rows.filter(({ key }) => after.has(key) && !before.has(key));
  const next = new Set(chosen);
  for (const { files } of removed) for (const { fileId } of files) next.delete(fileId);
  // A stretch of rows may leave a group and keep what is in it. A single row that was let go of takes its own with it.
  const kept = added.length > 0 || removed.length > 1 ? rows.filter(({ key }) => after.has(key)) : [];
  for (const { files } of kept) for (const { fileId } of files) next.add(fileId);
  return next;
}
