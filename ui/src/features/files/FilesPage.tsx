import { useMemo, useRef, useState } from "react";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Content } from "../../components/Content";
import { ContextMenu } from "../../components/Menu";
import { PageHeader } from "../../components/PageHeader";
import { ReadOnlyNotice } from "../../components/ReadOnlyNotice";
import { EmptyState, ErrorState, Skeleton } from "../../components/States";
import type { Selection } from "../../components/selection";
import { SearchField } from "../../components/TextField";
import { announce } from "../../components/Toast";
import { type GridHandle, gridHeight, type MenuPlace } from "../../components/VirtualGrid";
import { commands, type UserfileEntry, type UserfileSort } from "../../ipc/bindings";
import { useCurrentCluster } from "../../ipc/currentCluster";
import { pickFiles, pickFolder, pickSaveTarget } from "../../ipc/dialogs";
import { useFileDrop } from "../../ipc/drops";
import { asCallError } from "../../ipc/errors";
import { inText, shownName } from "../../lib/names";
import { ArchiveDialog } from "./ArchiveDialog";
import { Breadcrumb } from "./Breadcrumb";
import { ConflictDialog } from "./ConflictDialog";
import { FileGrid } from "./FileGrid";
import { asPath, FilesDialogs, type OpenDialog } from "./FilesDialogs";
import { FilesMenu } from "./FilesMenu";
import styles from "./FilesPage.module.css";
import { GridFoot } from "./GridFoot";
import { folderOf } from "./paths";
import { StoreSwitch } from "./StoreSwitch";
import { type Deeds, selectionMenu } from "./selectionMenu";
import { type UploadingRow, useUnfinished, useUploads } from "./uploads";
import { useArchive } from "./useArchive";
import { type FolderView, useFolder } from "./useFolder";
import { useListedUploads } from "./useListedUploads";
import { usePaste } from "./usePaste";
import { useTransfer } from "./useTransfer";

/** Where one is among the files: kept in the address, so that going back and forth works. */
export interface FilesSearch {
  store?: string;
  folder?: string;
  filter?: string;
  sort?: UserfileSort;
  descending?: boolean;
  /** A backup collection to copy: its path, with a slash at the end. */
  copy?: string;
  /** To bring deleted files back: those of this job, or any. */
  undelete?: string | true;
}

export interface FilesPageProps {
  search: FilesSearch;
  /** `replace` for what is typed: going back should not undo it letter by letter. */
  onSearchChange: (search: FilesSearch, options?: { replace: boolean }) => void;
  /** A backup collection was opened: its path in the user's file storage. */
  onOpenCollection: (collection: { store: string; path: string }) => void;
  /** The collection of `search.copy` is not copied after all: back to where that was asked for. */
  onCopyGivenUp: () => void;
}

const noSelection: Selection = new Set();
const noUploads: readonly UploadingRow[] = [];

export function FilesPage({ search, onSearchChange, onOpenCollection, onCopyGivenUp }: FilesPageProps) {
  const { connection } = useCurrentCluster();
  const { readOnly } = connection.fields;
  const { store = null, folder = "", filter = "", sort = "name", descending = false } = search;
  const view = useMemo(
    (): FolderView => ({ store, folder, sort, descending, filter }),
    [store, folder, sort, descending, filter],
  );
  const files = useFolder(connection.id, view);
  const transfer = useTransfer(connection.id);
  const archive = useArchive(connection.id, store, folder);
  const uploading = useUploads(connection.id, files.summary?.store, folder);
  const unfinished = useUnfinished(connection.id);
  const listed = useListedUploads(files, filter === "" ? uploading : noUploads);
  // Entries that were seen, by path: a selection outlives the page it was made on.
  const [chosen, setChosen] = useState<ReadonlyMap<string, UserfileEntry>>(new Map());
  const selection = useMemo(
    (): Selection => (chosen.size > 0 ? new Set(chosen.keys()) : noSelection),
    [chosen],
  );
  const [open, setOpen] = useState<OpenDialog | null>(null);
  const [menu, setMenu] = useState<MenuPlace | null>(null);
  const [hover, setHover] = useState<{ folder: string } | null>(null);
  const [dialogError, setDialogError] = useState<unknown>(null);
  const filterInput = useRef<HTMLInputElement>(null);
  const grid = useRef<GridHandle<UserfileEntry>>(null);
  const seen = useRef(new Map<string, UserfileEntry>());

  const go = (next: FilesSearch, options?: { replace: boolean }) => {
    if (next.folder !== search.folder || next.store !== search.store || next.filter !== search.filter)
      setChosen(new Map());
    onSearchChange(next, options);
  };
  const openFolder = (path: string) =>
    go({ ...search, folder: path === "" ? undefined : path, filter: undefined });
  const select = (keys: Selection) => {
    for (const row of files.rows) if (row) seen.current.set(row.path, row);
    const next = new Map<string, UserfileEntry>();
    for (const key of keys) {
      const entry = seen.current.get(key);
      if (entry) next.set(key, entry);
    }
    setChosen(next);
  };
  const load = async (first: number, last: number) => {
    const entries = await listed.load(first, last);
    for (const entry of entries) seen.current.set(entry.path, entry);
    return entries;
  };
  const openEntry = (entry: UserfileEntry) => {
    if (listed.uploads.has(entry.path)) return;
    if (entry.kind === "folder") openFolder(asPath(entry));
    else if (entry.kind === "collection")
      onOpenCollection({ store: files.summary?.store ?? "", path: entry.path });
    else setOpen({ dialog: "details", path: entry.path });
  };

  const picking = (pick: () => Promise<void>) => {
    setDialogError(null);
    pick().catch(setDialogError);
  };
  const uploadFiles = () =>
    picking(async () => {
      const paths = await pickFiles("Upload files");
      if (paths.length > 0) transfer.upload({ store, folder, paths });
    });
  const uploadFolder = () =>
    picking(async () => {
      const path = await pickFolder("Upload a folder");
      if (path !== null) transfer.upload({ store, folder, paths: [path] });
    });
  const paste = () =>
    picking(async () => {
      if (readOnly)
        return announce("This connection is read-only: nothing was uploaded.", { tone: "attention" });
      const paths = await commands.readClipboardFiles();
      if (paths.length > 0) transfer.upload({ store, folder, paths });
      else announce("The clipboard holds no files. Copy some in your file manager, then paste them here.");
    });
  usePaste(paste);
  const entries = [...chosen.values()];
  const paths = entries.map(asPath);
  const download = () =>
    picking(async () => {
      const [only] = entries;
      if (entries.length === 1 && only?.kind === "file") {
        const target = await pickSaveTarget(`Download ${inText(only.name)}`, only.name);
        if (target !== null) transfer.download({ store, paths, target, asFile: true });
      } else {
        const target = await pickFolder(`Download into which folder?`);
        if (target !== null) transfer.download({ store, paths, target, asFile: false });
      }
    });
  const copyAddress = (uri: string) =>
    navigator.clipboard.writeText(uri).then(
      () => announce("The address was copied."),
      () => announce("The clipboard refused the address.", { tone: "bad" }),
    );

  const deeds: Deeds = {
    onOpen: openEntry,
    onDetails: ({ path }) => setOpen({ dialog: "details", path }),
    onLook: ({ path }) => setOpen({ dialog: "details", path, tab: "preview" }),
    onDownload: download,
    onCopy: () => setOpen({ dialog: "copy" }),
    onRename: () => setOpen({ dialog: "rename" }),
    onDelete: () => setOpen({ dialog: "delete" }),
    onExport: () => archive.exportPaths(paths),
    onCopyAddress: copyAddress,
  };
  // What is on its way up has no name in the cluster yet: nothing can be done with it here.
  const changing = (act: () => void) => (active: UserfileEntry) => {
    if (!readOnly && (entries.length > 0 || !listed.uploads.has(active.path))) act();
  };
  const ofFile = (act: (file: UserfileEntry) => void) => (active: UserfileEntry) => {
    if (active.kind === "file" && !listed.uploads.has(active.path)) act(active);
  };
  const goUp = () => folder !== "" && openFolder(folderOf(folder));
  const keys = {
    F2: changing(deeds.onRename),
    Delete: changing(deeds.onDelete),
    Backspace: goUp,
    "Alt+ArrowUp": goUp,
    "Alt+Enter": ofFile(deeds.onDetails),
    "Control+y": ofFile(deeds.onLook),
  };

  const shownDialog: OpenDialog | null =
    open ??
    (search.copy !== undefined
      ? { dialog: "copyCollection", path: search.copy }
      : search.undelete && !readOnly
        ? { dialog: "undelete", deletion: search.undelete === true ? undefined : search.undelete }
        : null);
  const closeDialog = () => {
    setOpen(null);
    if (search.copy !== undefined || search.undelete)
      onSearchChange({ ...search, copy: undefined, undelete: undefined }, { replace: true });
  };

  const folderUnder = (target: Element | null) =>
    target?.closest("[role=row]")?.querySelector("[data-folder]")?.getAttribute("data-folder") ?? null;
  const canDrop =
    !readOnly && shownDialog === null && transfer.question === null && archive.question === null;
  useFileDrop({
    onHover: (target, isOver) =>
      setHover(isOver && canDrop ? { folder: folderUnder(target) ?? folder } : null),
    onDrop: (drop) => {
      if (canDrop) transfer.upload({ store, folder: folderUnder(drop.target) ?? folder, paths: drop.paths });
      else if (readOnly)
        announce("This connection is read-only: nothing was uploaded.", { tone: "attention" });
    },
  });

  const { summary } = files;
  const isEmpty =
    summary?.totalEntries === 0 && summary.complete && !files.isStale && listed.rows.length === 0;
  // An empty folder says itself what to do first, with the one primary button. Until it is known whether it is empty
  // there is none: a button that goes away is clicked in vain.
  const invites = isEmpty && filter === "";
  const isUnknown = summary === undefined && !files.error;
  const upload = (
    <Button variant="primary" isDisabled={readOnly} isPending={transfer.isPlanning} onPress={uploadFiles}>
      Upload…
    </Button>
  );
  const problem = dialogError
    ? asCallError(dialogError)
    : (archive.planError ?? transfer.planError ?? (transfer.question ? null : transfer.startError));
  return (
    <Content isFilled>
      <PageHeader
        title="Files"
        beside={
          <StoreSwitch
            connectionId={connection.id}
            store={store}
            onChange={(next) =>
              go({ sort: search.sort, descending: search.descending, store: next ?? undefined })
            }
          />
        }
        actions={
          <>
            <FilesMenu
              readOnly={readOnly}
              onUploadFolder={uploadFolder}
              onPaste={paste}
              onImport={archive.importHere}
              onUndelete={() => setOpen({ dialog: "undelete" })}
              onRepair={() => setOpen({ dialog: "repair" })}
              onRefresh={() => void files.refresh()}
              onKeys={() => setOpen({ dialog: "keys" })}
            />
            <Button isDisabled={entries.length === 0} onPress={download}>
              Download…
            </Button>
            {!invites && !isUnknown && upload}
          </>
        }
      />
      {readOnly && (
        <ReadOnlyNotice connectionId={connection.id}>
          Files can be looked at and downloaded, and not uploaded, renamed or deleted.
        </ReadOnlyNotice>
      )}
      {problem && (
        <ErrorState
          error={problem}
          actions={
            <Button
              size="small"
              variant="quiet"
              onPress={() => {
                setDialogError(null);
                transfer.dismiss();
                archive.dismiss();
              }}
            >
              Dismiss
            </Button>
          }
        />
      )}
      <div className={styles.bar}>
        <Breadcrumb folder={folder} onOpen={openFolder} />
        <div className={styles.filter}>
          <SearchField
            label="Filter names"
            value={filter}
            onChange={(next) => go({ ...search, filter: next === "" ? undefined : next }, { replace: true })}
            inputRef={filterInput}
          />
        </div>
      </div>
      {summary === undefined && files.error ? (
        <ErrorState error={files.error} alwaysRetry onRetry={() => void files.refresh()} />
      ) : (
        <>
          <Card
            flush
            atLeast={
              summary === undefined || isEmpty ? undefined : gridHeight(Math.min(4, listed.rows.length)) + 2
            }
          >
            {summary === undefined ? (
              <Skeleton label="Loading the files" rows={7} />
            ) : isEmpty ? (
              filter !== "" ? (
                <EmptyState
                  icon="search"
                  title="No name fits the filter"
                  action={
                    <Button onPress={() => go({ ...search, filter: undefined })}>Clear the filter</Button>
                  }
                >
                  Looked for in {folder === "" ? "all files" : shownName(folder)} and every folder below. A
                  part of a name is enough; <code>*.csv</code> and <code>{"2026/**/part-?"}</code> work too.
                </EmptyState>
              ) : (
                <EmptyState
                  icon="upload"
                  title={folder === "" ? "No files yet" : `Nothing in ${shownName(folder)}`}
                  action={upload}
                >
                  Files that are stored in the cluster itself (userfiles), and backups that are kept in it,
                  are listed here. Drop files or folders on this window, or choose them;{" "}
                  <em>Upload a folder…</em> is in “…” above, and so is <em>Undelete…</em>, for a file that was
                  deleted lately.
                </EmptyState>
              )
            ) : (
              <div className={styles.rows} data-stale={files.isStale || undefined}>
                <FileGrid
                  rows={listed.rows}
                  uploads={listed.uploads}
                  unfinished={unfinished}
                  withFolders={filter !== ""}
                  sort={sort}
                  descending={descending}
                  onSortChange={(nextSort, nextDescending) =>
                    onSearchChange({ ...search, sort: nextSort, descending: nextDescending || undefined })
                  }
                  selection={selection}
                  onSelectionChange={select}
                  onOpen={openEntry}
                  keys={keys}
                  onMenu={setMenu}
                  onType={(character) => {
                    filterInput.current?.focus();
                    go({ ...search, filter: filter + character }, { replace: true });
                  }}
                  onRangeChange={listed.show}
                  loadRows={load}
                  handle={grid}
                  dropFolder={hover && hover.folder !== folder ? hover.folder : null}
                />
              </div>
            )}
          </Card>
          {summary !== undefined && !isEmpty && (
            <GridFoot
              summary={summary}
              entries={entries}
              isRefreshing={files.isRefreshing || !summary.complete}
              readOnly={readOnly}
              onRefresh={() => void files.refresh()}
              deeds={deeds}
            />
          )}
          {summary !== undefined && files.error && <ErrorState error={files.error} />}
        </>
      )}
      {menu && entries.length > 0 && (
        <ContextMenu
          label="What to do with the selection"
          place={menu}
          actions={selectionMenu(entries, summary?.store ?? "", readOnly, deeds)}
          onClose={() => setMenu(null)}
        />
      )}
      {hover && (
        <div className={styles.drop} aria-hidden="true">
          <p>
            Drop to upload into{" "}
            <strong>{hover.folder === "" ? "the top of your files" : inText(hover.folder)}</strong>
          </p>
        </div>
      )}
      {transfer.question && (
        <ConflictDialog
          key={transfer.question.plan.plan}
          {...transfer.question}
          isPending={transfer.isStarting}
          error={transfer.startError}
          onStart={transfer.start}
          onClose={transfer.dismiss}
        />
      )}
      <ArchiveDialog archive={archive} />
      {shownDialog && (
        <FilesDialogs
          connectionId={connection.id}
          readOnly={readOnly}
          store={store}
          entries={entries}
          open={shownDialog}
          onClose={shownDialog.dialog === "copyCollection" ? onCopyGivenUp : closeDialog}
          onDone={(path) => {
            if (entries.length > 0) grid.current?.returnTo((entry) => asPath(entry) === path);
            closeDialog();
            setChosen(new Map());
          }}
        />
      )}
    </Content>
  );
}
