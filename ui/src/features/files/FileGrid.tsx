import { type ReactNode, type Ref, useCallback, useMemo } from "react";
import { Badge } from "../../components/Badge";
import { Icon, type IconName } from "../../components/Icon";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { Moment } from "../../components/Moment";
import type { Selection } from "../../components/selection";
import { useStable } from "../../components/useStable";
import {
  type GridColumn,
  type GridHandle,
  type GridSort,
  type MenuPlace,
  VirtualGrid,
} from "../../components/VirtualGrid";
import type { UserfileEntry, UserfileSort } from "../../ipc/bindings";
import { nameOf, visible } from "../../lib/names";
import { bytes, count, counted, percent } from "../../lib/quantity";
import styles from "./FileGrid.module.css";
import { folderOf } from "./paths";
import type { Unfinished, UploadingRow } from "./uploads";

const icons: Record<UserfileEntry["kind"], IconName> = {
  folder: "folder",
  collection: "database",
  file: "file",
};

function Name({
  entry,
  withFolder,
  isDropTarget,
  upload,
  unfinished,
  onOpen,
}: {
  entry: UserfileEntry;
  withFolder: boolean;
  upload: UploadingRow | undefined;
  unfinished: Unfinished;
  isDropTarget: boolean;
  onOpen: () => void;
}) {
  const folder = withFolder ? folderOf(entry.path) : "";
  const text = (
    <>
      {folder !== "" && (
        <span className={styles.folder}>
          <MiddleEllipsis text={folder} keepEnd={Math.min(24, nameOf(folder).length + 1)} />
        </span>
      )}
      <MiddleEllipsis text={entry.name} />
    </>
  );
  return (
    <span
      className={styles.name}
      data-kind={entry.kind}
      data-folder={entry.kind === "folder" ? entry.path : undefined}
      data-drop={isDropTarget || undefined}
    >
      <span className={styles.icon}>
        <Icon name={icons[entry.kind]} size={15} />
      </span>
      {entry.kind === "file" ? (
        <span className={styles.text}>{text}</span>
      ) : (
        // The row's Enter does the same: the grid stays one stop on the way through the page.
        <button
          type="button"
          tabIndex={-1}
          className={styles.open}
          aria-label={visible(entry.name)}
          onClick={(event) => {
            event.stopPropagation();
            onOpen();
          }}
        >
          {text}
        </button>
      )}
      {upload && <Badge>{uploading(upload)}</Badge>}
      {entry.kind === "collection" && (
        <Badge tone="neutral">
          {entry.backups === 0 ? "Backup, unfinished" : counted(entry.backups, "backup")}
        </Badge>
      )}
      {entry.kind === "file" && entry.unfinished && (
        <Badge tone={unfinished === "unfinished" ? "attention" : "neutral"}>{unfinished}</Badge>
      )}
    </span>
  );
}

function uploading({ fraction, isStill }: UploadingRow): string {
  if (isStill) return fraction === null ? "paused" : `paused at ${percent(fraction)}`;
  return fraction === null ? "uploading" : `uploading ${percent(fraction)}`;
}

function Uploaded({ entry }: { entry: UserfileEntry }): ReactNode {
  if (entry.kind === "file") return entry.uploadedAt ? <Moment value={entry.uploadedAt} /> : "unknown";
  if (entry.kind === "folder") return counted(entry.files, "file");
  if (entry.newest === null) return counted(entry.files, "file");
  return (
    <>
      newest <Moment value={entry.newest} />
    </>
  );
}

function spoken(entry: UserfileEntry, upload: UploadingRow | undefined, unfinished: Unfinished): string {
  const name = visible(entry.name);
  if (upload) return `${name}, ${uploading(upload)}`;
  const size = bytes(entry.sizeBytes);
  if (entry.kind === "folder") return `${name}, folder, ${counted(entry.files, "file")}, ${size}`;
  if (entry.kind === "collection")
    return `${name}, backup collection, ${counted(entry.backups, "backup")}, ${size}`;
  return `${name}, ${size}${entry.unfinished ? `, ${unfinished}` : ""}, uploaded by ${entry.username}`;
}

export interface FileGridProps {
  rows: readonly (UserfileEntry | undefined)[];
  /** Files of several folders are listed: show where each is. */
  withFolders: boolean;
  sort: UserfileSort;
  descending: boolean;
  onSortChange: (sort: UserfileSort, descending: boolean) => void;
  selection: Selection;
  onSelectionChange: (selection: Selection) => void;
  onOpen: (entry: UserfileEntry) => void;
  keys: Readonly<Record<string, (active: UserfileEntry) => void>>;
  onMenu: (place: MenuPlace) => void;
  onType: (character: string) => void;
  onRangeChange: (first: number, last: number) => void;
  loadRows: (first: number, last: number) => Promise<readonly UserfileEntry[]>;
  /** The folder over which files are held. */
  dropFolder: string | null;
  /** What is on its way up, by its path. Rows of files that are not in the cluster yet come first. */
  uploads: ReadonlyMap<string, UploadingRow>;
  unfinished: Unfinished;
  handle: Ref<GridHandle<UserfileEntry>>;
}

export function FileGrid({
  withFolders,
  sort,
  descending,
  onSortChange,
  dropFolder,
  uploads,
  unfinished,
  ...grid
}: FileGridProps) {
  const onOpen = useStable(grid.onOpen);
  const columns = useMemo(
    (): GridColumn<UserfileEntry>[] => [
      {
        id: "name",
        header: "Name",
        width: "minmax(0, 1fr)",
        isSortable: true,
        cell: (entry) => (
          <Name
            entry={entry}
            withFolder={withFolders}
            isDropTarget={dropFolder === entry.path}
            upload={uploads.get(entry.path)}
            unfinished={unfinished}
            onOpen={() => onOpen(entry)}
          />
        ),
      },
      {
        id: "size",
        header: "Size",
        width: "112px",
        align: "end",
        isSortable: true,
        cell: (entry) => <span title={`${count(entry.sizeBytes)} bytes`}>{bytes(entry.sizeBytes)}</span>,
      },
      {
        id: "uploaded",
        header: "Uploaded",
        width: "244px",
        isSortable: true,
        cell: (entry) => {
          const upload = uploads.get(entry.path);
          return (
            <span className={entry.kind === "file" && !upload ? undefined : styles.muted}>
              {upload === undefined ? <Uploaded entry={entry} /> : !upload.isStill && "now"}
            </span>
          );
        },
      },
      {
        id: "username",
        header: "By",
        width: "150px",
        isSortable: true,
        isMinor: true,
        cell: (entry) => entry.kind === "file" && <MiddleEllipsis text={entry.username} keepEnd={6} />,
      },
    ],
    [withFolders, dropFolder, uploads, unfinished, onOpen],
  );
  const rowLabel = useCallback(
    (entry: UserfileEntry) => spoken(entry, uploads.get(entry.path), unfinished),
    [uploads, unfinished],
  );
  return (
    <VirtualGrid
      {...grid}
      label="Files"
      columns={columns}
      rowKey={(entry) => entry.path}
      rowLabel={rowLabel}
      sort={{ column: sort, direction: descending ? "descending" : "ascending" }}
      onSortChange={({ column, direction }: GridSort) =>
        onSortChange(column as UserfileSort, direction === "descending")
      }
    />
  );
}
