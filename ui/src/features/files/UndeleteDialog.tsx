import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Stack } from "../../components/Card";
import { Tick } from "../../components/Choice";
import { Dialog } from "../../components/Dialog";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { Moment } from "../../components/Moment";
import { ProductionGuard, useProductionGuard } from "../../components/ProductionGuard";
import { EmptyState, ErrorState, Skeleton } from "../../components/States";
import type { Selection } from "../../components/selection";
import { type GridColumn, VirtualGrid } from "../../components/VirtualGrid";
import { commands, type DeletedUserfile } from "../../ipc/bindings";
import { useNameToType } from "../../ipc/currentCluster";
import { asCallError } from "../../ipc/errors";
import { bytes, counted } from "../../lib/quantity";
import styles from "./UndeleteDialog.module.css";

const columns: GridColumn<DeletedUserfile>[] = [
  {
    id: "chosen",
    header: "Chosen",
    hideHeader: true,
    width: "42px",
    cell: (_, { isSelected }) => <Tick isOn={isSelected} />,
  },
  {
    id: "name",
    header: "Name",
    width: "minmax(0, 1fr)",
    cell: (file) => (
      <>
        <MiddleEllipsis text={file.path} />
        {file.nameTaken && <Badge tone="attention">name taken</Badge>}
      </>
    ),
  },
  { id: "size", header: "Size", width: "92px", align: "end", cell: (file) => bytes(file.sizeBytes) },
  {
    id: "seen",
    header: "Was there at",
    width: "186px",
    isMinor: true,
    cell: (file) => <Moment value={file.seenAt} />,
  },
  {
    id: "until",
    header: "Can come back until",
    width: "212px",
    cell: (file) => <Moment value={file.keptUntil} />,
  },
];

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
  const [picked, setSelection] = useState<Selection | null>(null);
  const deleted = useQuery({
    queryKey: ["deleted", connectionId, store],
    queryFn: () => commands.listDeletedUserfiles(connectionId, store),
    gcTime: 0,
    staleTime: 0,
  });
  const rows = deleted.data ?? [];
  const nameToType = useNameToType();
  // On production nothing is chosen beforehand.
  const ofDeletion = rows.filter(
    ({ deletedBy }) => deletion !== undefined && deletedBy === deletion && nameToType === null,
  );
  const selection: Selection = picked ?? new Set(ofDeletion.map(({ fileId }) => fileId));
  const chosen = rows.filter((file) => selection.has(file.fileId));
  const guard = useProductionGuard(nameToType, chosen.length > 0);
  const start = useMutation({
    mutationFn: () => commands.startUndelete(connectionId, store, [...selection], guard.typed),
    onSuccess: onStarted,
  });
  const isRenaming = chosen.some((file) => file.nameTaken);
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
            isDisabled={chosen.length === 0 || !guard.isPassed}
            isPending={start.isPending}
            onPress={() => start.mutate()}
          >
            {chosen.length === 0 ? "Bring back" : `Bring back ${counted(chosen.length, "file")}`}
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
        ) : (
          <div className={styles.grid}>
            <VirtualGrid
              label="Deleted files"
              columns={columns}
              rows={rows}
              rowKey={(file) => file.fileId}
              rowLabel={(file) => `${file.path}, ${bytes(file.sizeBytes)}`}
              selection={selection}
              onSelectionChange={setSelection}
              clickToggles
              maxHeight="min(360px, 44vh)"
              empty={
                <EmptyState icon="trash" title="Nothing deleted is left">
                  CockroachDB keeps what is deleted for a while, often some hours. What was deleted before
                  that is gone, and only a backup has it still.
                </EmptyState>
              }
            />
          </div>
        )}
        {rows.length > 0 && (
          <p className={styles.note}>
            Of each deletion that Activity still lists, every file is here. Of others, a file that existed
            only for a short time may be missing.{" "}
            {rows.length > 1 && (
              <Button
                size="small"
                variant="quiet"
                onPress={() => setSelection(new Set(rows.map(({ fileId }) => fileId)))}
              >
                Choose all
              </Button>
            )}
          </p>
        )}
        {isRenaming && (
          <p className={styles.note}>A file whose name is taken comes back with a number in its name.</p>
        )}
        <ProductionGuard
          guard={guard}
          what={`${counted(chosen.length, "file")} will be written to the file storage again.`}
        />
        {start.error && <ErrorState error={asCallError(start.error)} />}
      </Stack>
    </Dialog>
  );
}
