import { useMutation, useQuery } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Stack } from "../../components/Card";
import { Tick } from "../../components/Choice";
import { Dialog } from "../../components/Dialog";
import { Disclosure } from "../../components/Disclosure";
import { Icon } from "../../components/Icon";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { Moment } from "../../components/Moment";
import { ProductionGuard, useProductionGuard } from "../../components/ProductionGuard";
import { EmptyState, ErrorState, Skeleton } from "../../components/States";
import { SearchField } from "../../components/TextField";
import { type GridColumn, VirtualGrid } from "../../components/VirtualGrid";
import { commands, type DeletedUserfile, type DeletedUserfiles } from "../../ipc/bindings";
import { useNameToType } from "../../ipc/currentCluster";
import { asCallError } from "../../ipc/errors";
import { visible } from "../../lib/names";
import { bytes, count, counted } from "../../lib/quantity";
import { spokenDuration } from "../../lib/time";
import {
  chosenKeys,
  type DeletedGroupRow,
  type DeletedRow,
  deletedRows,
  fitting,
  rechosen,
} from "./deletedTree";
import styles from "./UndeleteDialog.module.css";

const nothing: DeletedUserfiles = { files: [], collections: [], keptSeconds: 0 };

const sizeOf = (files: readonly DeletedUserfile[]) => files.reduce((sum, file) => sum + file.sizeBytes, 0);

/** The first moment from which on something of it may be gone for good. */
const keptUntil = (files: readonly DeletedUserfile[]) => files.map((file) => file.keptUntil).sort()[0] ?? "";

const takenIn = (files: readonly DeletedUserfile[]) => files.filter((file) => file.nameTaken).length;

function holds({ kind, backups, files }: DeletedGroupRow): string {
  if (kind === "folder") return counted(files.length, "file");
  return backups > 0
    ? `${counted(backups, "backup")}, ${counted(files.length, "file")}`
    : `parts of backups, ${counted(files.length, "file")}`;
}

function About({ row, chosen }: { row: DeletedRow; chosen: number }) {
  if (row.kind !== "file") {
    const taken = takenIn(row.files);
    return (
      <>
        {holds(row)}
        {chosen > 0 && chosen < row.files.length && `, ${count(chosen)} of them chosen`}
        {taken > 0 && <Badge tone="attention">{`${counted(taken, "name")} taken`}</Badge>}
      </>
    );
  }
  const [file] = row.files;
  if (file === undefined) return null;
  return (
    <>
      <span>
        {file.deletedBy === null ? "was there " : "deleted "}
        <Moment value={file.seenAt} />
        {row.isOlder && ", an older one of this name"}
      </span>
      {file.nameTaken && <Badge tone="attention">name taken</Badge>}
    </>
  );
}

function columnsFor(
  chosen: ReadonlySet<string>,
  onExpand: (row: DeletedRow, isExpanded: boolean) => void,
): GridColumn<DeletedRow>[] {
  const chosenIn = ({ files }: DeletedRow) => files.filter(({ fileId }) => chosen.has(fileId)).length;
  return [
    {
      id: "chosen",
      header: "Chosen",
      hideHeader: true,
      width: "42px",
      cell: (row, { isSelected }) => <Tick isOn={isSelected} isPartly={!isSelected && chosenIn(row) > 0} />,
    },
    {
      id: "name",
      header: "Name",
      width: "minmax(0, 1fr)",
      cell: (row) => (
        <span className={styles.row} style={{ paddingLeft: (row.level - 1) * 22 }}>
          {row.kind === "file" ? (
            <span className={styles.icon}>
              <Icon name="file" size={15} />
            </span>
          ) : (
            // The arrow keys do the same.
            <button
              type="button"
              tabIndex={-1}
              className={styles.icon}
              data-kind={row.kind}
              aria-label={`${row.isExpanded ? "Fold" : "Unfold"} ${visible(row.path)}`}
              onClick={(event) => {
                event.stopPropagation();
                onExpand(row, !row.isExpanded);
              }}
            >
              <Icon name={row.isExpanded ? "chevronDown" : "chevronRight"} size={13} />
              <Icon name={row.kind === "folder" ? "folder" : "database"} size={15} />
            </button>
          )}
          <span className={styles.words}>
            <MiddleEllipsis text={row.name} keepEnd={16} />
            <span className={styles.about}>
              <About row={row} chosen={chosenIn(row)} />
            </span>
          </span>
        </span>
      ),
    },
    { id: "size", header: "Size", width: "92px", align: "end", cell: (row) => bytes(sizeOf(row.files)) },
    {
      id: "until",
      header: "Can come back until",
      width: "206px",
      cell: (row) => <Moment value={keptUntil(row.files)} />,
    },
  ];
}

function spoken(row: DeletedRow): string {
  const name = visible(row.path);
  const taken = takenIn(row.files) > 0 ? ", name taken" : "";
  return row.kind === "file"
    ? `${name}, ${bytes(sizeOf(row.files))}${row.isOlder ? ", an older one" : ""}${taken}`
    : `${name}, ${row.kind === "folder" ? "folder" : "backup collection"}, ${holds(row)}${taken}`;
}

/** CockroachDB keeps what was deleted until its garbage is collected: until then it can be read as of before. */
export function UndeleteDialog({
  connectionId,
  store,
  deletion,
  onClose,
  onStarted,
}: {
  connectionId: string;
  store: string | null;
  /** The job whose files are wanted back. */
  deletion: string | undefined;
  onClose: () => void;
  onStarted: () => void;
}) {
  const [picked, setPicked] = useState<ReadonlySet<string> | null>(null);
  const [filter, setFilter] = useState("");
  // What was unfolded or folded by hand.
  const [folds, setFolds] = useState<ReadonlyMap<string, boolean>>(new Map());
  const filterInput = useRef<HTMLInputElement>(null);
  const deleted = useQuery({
    queryKey: ["deleted", connectionId, store],
    queryFn: () => commands.listDeletedUserfiles(connectionId, store),
    gcTime: 0,
    staleTime: 0,
  });
  const { files, collections, keptSeconds } = deleted.data ?? nothing;
  const nameToType = useNameToType();
  // On production nothing is chosen beforehand.
  const proposed = useMemo(() => {
    const ofDeletion = files.filter(
      ({ deletedBy }) => deletion !== undefined && deletedBy === deletion && nameToType === null,
    );
    return new Set(ofDeletion.map(({ fileId }) => fileId));
  }, [files, deletion, nameToType]);
  const chosen = picked ?? proposed;
  const shown = useMemo(() => fitting(files, collections, filter), [files, collections, filter]);
  const rows = useMemo(
    // A folder that was filtered has few left in it; a backup has all of its parts.
    () =>
      deletedRows(
        shown,
        collections,
        (path, kind) => folds.get(path) ?? (filter.trim() !== "" && kind === "folder"),
      ),
    [shown, collections, folds, filter],
  );
  const selection = useMemo(() => chosenKeys(rows, chosen), [rows, chosen]);
  const columns = useMemo(() => {
    const onExpand = ({ path }: DeletedRow, isExpanded: boolean) =>
      setFolds((before) => new Map(before).set(path, isExpanded));
    return { list: columnsFor(chosen, onExpand), onExpand };
  }, [chosen]);
  const chosenFiles = useMemo(() => files.filter(({ fileId }) => chosen.has(fileId)), [files, chosen]);
  const guard = useProductionGuard(nameToType, chosenFiles.length > 0);
  const start = useMutation({
    mutationFn: () =>
      commands.startUndelete(
        connectionId,
        store,
        chosenFiles.map(({ fileId }) => fileId),
        guard.typed,
      ),
    onSuccess: onStarted,
  });
  const isRenaming = takenIn(chosenFiles) > 0;
  const whole = `${counted(chosenFiles.length, "file")}`;
  return (
    <Dialog
      title="Bring back deleted files"
      isOpen
      onClose={onClose}
      size="wide"
      footer={
        <>
          <Button variant="quiet" onPress={onClose}>
            Cancel
          </Button>
          <Button
            variant="primary"
            isDisabled={chosenFiles.length === 0 || !guard.isPassed}
            isPending={start.isPending}
            onPress={() => start.mutate()}
          >
            {chosenFiles.length === 0 ? "Bring back" : `Bring back ${whole}`}
          </Button>
        </>
      }
    >
      <Stack gap={3}>
        {deleted.error ? (
          <ErrorState error={asCallError(deleted.error)} onRetry={() => void deleted.refetch()} />
        ) : deleted.data === undefined ? (
          <>
            <p className={styles.note}>
              The list of files is read as it was at several earlier moments. With many files this takes a
              while.
            </p>
            <Skeleton label="Looking for deleted files" rows={4} />
          </>
        ) : files.length === 0 ? (
          <EmptyState icon="trash" title="Nothing deleted is left">
            The cluster keeps deleted data for {spokenDuration(keptSeconds * 1000)}. What was deleted before
            that is gone, and only a backup has it still.
          </EmptyState>
        ) : (
          <>
            <div className={styles.bar}>
              <SearchField label="Filter names" value={filter} onChange={setFilter} inputRef={filterInput} />
              <p className={styles.note} role="status">
                {chosenFiles.length === 0
                  ? `${counted(files.length, "file")} can come back`
                  : `${count(chosenFiles.length)} of ${counted(files.length, "file")}, ${bytes(sizeOf(chosenFiles))}`}
              </p>
              <span className={styles.all}>
                {rows.length > 1 && (
                  <Button
                    size="small"
                    variant="quiet"
                    onPress={() => setPicked(rechosen(rows, chosen, new Set(), new Set(rows.map(keyOf))))}
                  >
                    Choose all
                  </Button>
                )}
                <Button
                  size="small"
                  variant="quiet"
                  isDisabled={chosenFiles.length === 0}
                  onPress={() => setPicked(new Set())}
                >
                  Choose none
                </Button>
              </span>
            </div>
            <div className={styles.grid}>
              <VirtualGrid
                label="Deleted files"
                columns={columns.list}
                rows={rows}
                rowKey={keyOf}
                rowLabel={spoken}
                rowHeight={54}
                selection={selection}
                onSelectionChange={(next) => setPicked(rechosen(rows, chosen, selection, next))}
                clickToggles
                tree={{
                  levelOf: ({ level }) => level,
                  isExpanded: (row) => (row.kind === "file" ? undefined : row.isExpanded),
                  onExpand: columns.onExpand,
                }}
                onType={(character) => {
                  filterInput.current?.focus();
                  setFilter(filter + character);
                }}
                maxHeight="max(160px, min(380px, 100vh - 330px))"
                empty={<p className={styles.none}>No deleted file has “{visible(filter)}” in its name.</p>}
              />
            </div>
            {isRenaming && (
              <p className={styles.note}>
                A file whose name is taken comes back with a number in its name; a backup, with a number in
                the name of its folder.
              </p>
            )}
            <Disclosure title={`The cluster keeps deleted data for ${spokenDuration(keptSeconds * 1000)}`}>
              <div className={styles.note}>
                <p>
                  Of each deletion that Activity still lists, every file is here. Of others, a file that
                  existed only for a short time may be missing.
                </p>
                <p>
                  How long data is kept is the zone setting <code>gc.ttlseconds</code> of the file storage's
                  tables: {count(keptSeconds)} seconds.
                </p>
              </div>
            </Disclosure>
          </>
        )}
        <ProductionGuard guard={guard} what={`${whole} will be written to the file storage again.`} />
        {start.error && <ErrorState error={asCallError(start.error)} />}
      </Stack>
    </Dialog>
  );
}

const keyOf = ({ key }: DeletedRow) => key;
