/** Answers of the back end as they come over the wire, with what a test does not care about filled in. */
import type {
  BackupList,
  Chain,
  Collection,
  Database,
  DeletedUserfile,
  DeletedUserfiles,
  FolderPage,
  PlanCheck,
  RenamePlan,
  RestorePlan,
  TransferPlan,
  UserfileEntry,
} from "../src/ipc/bindings";

export const store = "defaultdb.public.userfiles_ada";
export const bankBackup = `userfile://${store}/bank-backup`;

export function aFile(
  path: string,
  file: Partial<Extract<UserfileEntry, { kind: "file" }>> = {},
): UserfileEntry {
  return {
    kind: "file",
    name: path.slice(path.lastIndexOf("/") + 1),
    path,
    sizeBytes: 1024,
    uploadedAt: "2026-11-23T10:00:00Z",
    username: "ada",
    unfinished: false,
    uri: `userfile://${store}/${path}`,
    ...file,
  };
}

export function aFolder(entries: UserfileEntry[], page: Partial<FolderPage> = {}): FolderPage {
  return {
    store,
    folder: "",
    offset: 0,
    entries,
    totalEntries: entries.length,
    files: entries.length,
    sizeBytes: entries.reduce((sum, entry) => sum + entry.sizeBytes, 0),
    complete: true,
    listedAt: new Date().toISOString(),
    ...page,
  };
}

export function aTransferPlan(plan: Partial<TransferPlan> = {}): TransferPlan {
  return {
    plan: "plan-1",
    store,
    target: "",
    files: 1,
    sizeBytes: 1024,
    folders: 0,
    conflictCount: 0,
    identicalCount: 0,
    conflicts: [],
    mapped: [],
    leftOut: [],
    emptyFolderCount: 0,
    emptyFolders: [],
    typeToReplace: null,
    ...plan,
  };
}

export function aCollection(collection: Partial<Collection> = {}): Collection {
  return {
    uri: bankBackup,
    name: "bank-backup",
    storage: "userfile",
    backups: 1,
    newestAt: "2026-11-23T11:00:00Z",
    sizeBytes: 96_468_992,
    unfinished: 0,
    ...collection,
  };
}

export function aChain(chain: Partial<Chain> = {}): Chain {
  return {
    subdirectory: "/2026/11/23-110000.00",
    layers: [
      {
        kind: "full",
        startTime: null,
        endTime: "2026-11-23T11:00:00.123456Z",
        revisionsSince: null,
        rows: 84_210,
        sizeBytes: 96_468_992,
      },
    ],
    databases: ["bank"],
    isFullCluster: false,
    encrypted: false,
    rows: 84_210,
    sizeBytes: 96_468_992,
    problem: null,
    ...chain,
  };
}

export function aBackupList(list: Partial<BackupList> = {}): BackupList {
  return { collection: aCollection(), chains: [aChain()], windows: [], unfinished: [], ...list };
}

export function aDatabase(name: string, database: Partial<Database> = {}): Database {
  return {
    name,
    owner: "root",
    isSystem: false,
    isGone: false,
    mayHideTables: false,
    grant: null,
    holdsFileStorage: false,
    tables: 3,
    estimatedRows: 84_210,
    primaryRegion: null,
    regions: [],
    newestBackup: null,
    ...database,
  };
}

export function aCheck(id: string, check: Partial<PlanCheck> = {}): PlanCheck {
  return { id, level: "ok", title: `The check ${id}`, detail: "As it should be.", fixes: [], ...check };
}

export function aRestorePlan(plan: Partial<RestorePlan> = {}): RestorePlan {
  return {
    id: "plan-1",
    collection: bankBackup,
    subdirectory: "/2026/11/23-110000.00",
    moment: "2026-11-23T11:00:00.123456Z",
    database: "bank",
    newName: "bank_restored",
    sql: "RESTORE DATABASE bank FROM '/2026/11/23-110000.00' IN 'userfile:///bank-backup' WITH new_db_name = 'bank_restored', detached",
    checks: [aCheck("nameFree")],
    canStart: true,
    typeToConfirm: null,
    tables: [{ schema: "public", name: "accounts", kind: "table", rows: 24_000, sizeBytes: 1024 }],
    rows: 84_210,
    sizeBytes: 96_468_992,
    lostGrants: [],
    ...plan,
  };
}

export function aRenamePlan(plan: Partial<RenamePlan> = {}): RenamePlan {
  return { plan: "plan-1", store, files: 1, collections: [], merges: [], typeToConfirm: null, ...plan };
}

export function aDeletedFile(path: string, file: Partial<DeletedUserfile> = {}): DeletedUserfile {
  return {
    fileId: path,
    path,
    sizeBytes: 1024,
    uploadedAt: null,
    username: "ada",
    seenAt: "2026-11-23T09:00:00Z",
    deletedBy: null,
    keptUntil: "2026-11-23T13:00:00Z",
    nameTaken: false,
    ...file,
  };
}

export function aDeletedList(
  files: DeletedUserfile[],
  list: Partial<DeletedUserfiles> = {},
): DeletedUserfiles {
  return { files, collections: [], keptSeconds: 16_200, ...list };
}
