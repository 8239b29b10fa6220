import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Stack } from "../../components/Card";
import { Tick } from "../../components/Choice";
import { Dialog } from "../../components/Dialog";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { Moment } from "../../components/Moment";
import { ProductionGuard, useProductionGuard } from "../../components/ProductionGuard";
import { EmptyState, ErrorState, Skeleton } from "../../components/States";
import type { Selection } from "../../components/selection";
import { type GridColumn, VirtualGrid } from "../../components/VirtualGrid";
import { commands, type RepairItem, type RepairPlan } from "../../ipc/bindings";
import { asCallError } from "../../ipc/errors";
import { visible } from "../../lib/names";
import { bytes, count, counted } from "../../lib/quantity";
import { damageOrder, damages, repairLabel, spokenDamage } from "./damage";
import styles from "./RepairDialog.module.css";

const columns: GridColumn<RepairItem>[] = [
  {
    id: "chosen",
    header: "Chosen",
    hideHeader: true,
    width: "42px",
    cell: (_, { isSelected }) => <Tick isOn={isSelected} />,
  },
  {
    id: "name",
    header: "File",
    width: "minmax(0, 1fr)",
    cell: (item) => (
      <>
        {item.path === null ? (
          <span className={styles.muted}>no name, {item.fileId.slice(0, 8)}</span>
        ) : (
          <MiddleEllipsis text={item.path} />
        )}
        {item.maybeActive && <Badge tone="attention">perhaps still written</Badge>}
      </>
    ),
  },
  { id: "damage", header: "What is wrong", width: "172px", cell: (item) => damages[item.damage].word },
  { id: "size", header: "Size", width: "96px", align: "end", cell: (item) => bytes(item.sizeBytes) },
  {
    id: "began",
    header: "Written",
    width: "212px",
    isMinor: true,
    cell: (item) => (item.uploadedAt ? <Moment value={item.uploadedAt} /> : "unknown"),
  },
];

function Findings({
  plan,
  selection,
  onSelectionChange,
}: {
  plan: RepairPlan;
  selection: Selection;
  onSelectionChange: (selection: Selection) => void;
}) {
  const { items } = plan;
  const chosen = items.filter((item) => selection.has(item.fileId));
  const chosenBytes = chosen.reduce((sum, item) => sum + item.sizeBytes, 0);
  return (
    <Stack gap={4}>
      <dl className={styles.kinds}>
        {damageOrder.map((damage) => {
          const found = items.filter((item) => item.damage === damage);
          return (
            found.length > 0 && (
              <div key={damage}>
                <dt>{damages[damage].title(found.length)}</dt>
                <dd>{damages[damage].explanation}</dd>
              </div>
            )
          );
        })}
      </dl>
      <div className={styles.bar}>
        <p role="status">
          {count(chosen.length)} of {count(items.length)} chosen, {bytes(chosenBytes)}
        </p>
        <Button
          size="small"
          variant="quiet"
          isDisabled={chosen.length === items.length}
          onPress={() => onSelectionChange(new Set(items.map((item) => item.fileId)))}
        >
          Choose all
        </Button>
        <Button
          size="small"
          variant="quiet"
          isDisabled={chosen.length === 0}
          onPress={() => onSelectionChange(new Set())}
        >
          Choose none
        </Button>
      </div>
      <div className={styles.grid}>
        <VirtualGrid
          label="What can be mended"
          columns={columns}
          rows={items}
          rowKey={(item) => item.fileId}
          rowLabel={spokenDamage}
          selection={selection}
          onSelectionChange={onSelectionChange}
          clickToggles
          maxHeight="max(150px, min(320px, 100vh - 500px))"
        />
      </div>
      {items.some((item) => item.maybeActive) && (
        <p className={styles.muted}>
          An upload that began less than two hours ago may still be running elsewhere, so it is not chosen by
          itself.
        </p>
      )}
    </Stack>
  );
}

/** What nobody can mend is told all the same, with what is left to do. */
function Lost({ files }: { files: RepairPlan["lost"] }) {
  return (
    <Callout
      tone="bad"
      title={`${counted(files.length, "file lacks", "files lack")} bytes that are not in the cluster any more`}
    >
      <p>
        Nothing here can mend {files.length === 1 ? "it" : "them"}. Upload{" "}
        {files.length === 1 ? "it" : "them"} again if you have {files.length === 1 ? "it" : "them"} elsewhere,
        then delete what is damaged.
      </p>
      <ul className={styles.lost} aria-label="Files that cannot be mended">
        {files.map((file) => (
          <li key={file.path}>
            <code>{visible(file.path)}</code>
            <span>
              {count(file.storedBytes)} of {counted(file.sizeBytes, "byte")} are there
            </span>
          </li>
        ))}
      </ul>
    </Callout>
  );
}

/** Looks through a whole store for damage, explains it, and mends what is chosen. */
export function RepairDialog({
  connectionId,
  store,
  onClose,
  onStarted,
}: {
  connectionId: string;
  store: string | null;
  onClose: () => void;
  onStarted: () => void;
}) {
  const [picked, setPicked] = useState<Selection | null>(null);
  const looking = useQuery({
    queryKey: ["plan", "repair", connectionId, store],
    queryFn: () => commands.planRepair(connectionId, store),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const plan = looking.data;
  const items = plan?.items ?? [];
  // A production cluster asks for a name, and for each choice as well.
  const proposed = plan?.typeToConfirm === null ? items.filter((item) => !item.maybeActive) : [];
  const selection = picked ?? new Set(proposed.map((item) => item.fileId));
  const chosen = items.filter((item) => selection.has(item.fileId));
  const guard = useProductionGuard(plan?.typeToConfirm ?? null, chosen.length > 0);
  const start = useMutation({
    mutationFn: (id: string) => commands.startRepair(id, [...selection], guard.typed),
    onSuccess: onStarted,
  });
  const removes = chosen.some((item) => item.damage !== "shifted");
  return (
    <Dialog
      title="Damage in the file storage"
      isOpen
      onClose={onClose}
      size="wide"
      footer={
        items.length === 0 ? (
          <Button onPress={onClose}>Close</Button>
        ) : (
          <>
            <Button variant="quiet" onPress={onClose}>
              Cancel
            </Button>
            <Button
              variant={removes ? "danger" : "primary"}
              isDisabled={chosen.length === 0 || !guard.isPassed}
              isPending={start.isPending}
              onPress={() => plan && start.mutate(plan.plan)}
            >
              {repairLabel(chosen)}
            </Button>
          </>
        )
      }
    >
      <Stack gap={4}>
        {looking.error ? (
          <ErrorState error={asCallError(looking.error)} alwaysRetry onRetry={() => void looking.refetch()} />
        ) : plan === undefined ? (
          <>
            <p className={styles.muted}>
              The parts of every file are measured. In a large storage this takes a while.
            </p>
            <Skeleton label="Looking for damage" rows={4} />
          </>
        ) : items.length === 0 && plan.lost.length === 0 ? (
          <EmptyState icon="check" title="Nothing to mend">
            The parts of every file follow each other, no upload was left half done, and nothing is without a
            file.
          </EmptyState>
        ) : (
          <>
            {plan.lost.length > 0 && <Lost files={plan.lost} />}
            {items.length > 0 && <Findings plan={plan} selection={selection} onSelectionChange={setPicked} />}
          </>
        )}
        <ProductionGuard guard={guard} what="Rows of the file storage will be changed or removed." />
        {start.error && <ErrorState error={asCallError(start.error)} />}
      </Stack>
    </Dialog>
  );
}
