import { useMutation, useQuery } from "@tanstack/react-query";
import { Button } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Stack } from "../../components/Card";
import { ConfirmDialog, Dialog, TypedNameDialog } from "../../components/Dialog";
import { ErrorState, Skeleton } from "../../components/States";
import { commands, type DeletePlan } from "../../ipc/bindings";
import { asCallError } from "../../ipc/errors";
import { bytes, count, counted } from "../../lib/quantity";
import { duration } from "../../lib/time";
import styles from "./DeleteDialog.module.css";
import { nameOf } from "./paths";

function loss({ path, backups, whole }: DeletePlan["collections"][number], files: number): string {
  if (whole) return `This deletes ${counted(backups, "backup")}: all of ${path}`;
  return files === 1
    ? `This file is a part of the backups in ${path}`
    : `Among them are parts of the backups in ${path}`;
}

/** What goes, and what happens to its space: the same words above both kinds of question. */
function PlanText({ plan }: { plan: DeletePlan }) {
  const more = plan.files - plan.names.length;
  const [they, their] = plan.files === 1 ? ["It", "Its"] : ["They", "Their"];
  return (
    <Stack gap={4}>
      <p>
        {counted(plan.files, "file")}, {bytes(plan.sizeBytes)}, from <code>{plan.store}</code>.
      </p>
      {plan.collections.map((collection) => (
        <Callout key={collection.path} tone="bad" title={loss(collection, plan.files)}>
          {collection.whole
            ? `Nothing can be restored from ${collection.path} any more, unless it is undeleted in time.`
            : `Without ${plan.files === 1 ? "it" : "them"}, what ${collection.path} holds cannot be restored.`}
        </Callout>
      ))}
      {plan.files > 1 && (
        <ul className={styles.names} aria-label="Files to delete">
          {plan.names.map((name) => (
            <li key={name}>
              <code>{name}</code>
            </li>
          ))}
          {more > 0 && <li>and {count(more)} more</li>}
        </ul>
      )}
      <p className={styles.muted}>
        {plan.gcTtlSeconds === null
          ? `${their} space comes back when the cluster collects its garbage.`
          : `${they} can be undeleted for ${duration(plan.gcTtlSeconds * 1000)}. ${their} space comes back after that.`}
      </p>
    </Stack>
  );
}

export interface DeleteDialogProps {
  connectionId: string;
  store: string | null;
  paths: readonly string[];
  onClose: () => void;
  onStarted: () => void;
}

/** Asks the cluster what would go, shows it, and only then deletes. */
export function DeleteDialog({ connectionId, store, paths, onClose, onStarted }: DeleteDialogProps) {
  const planning = useQuery({
    queryKey: ["plan", "delete", connectionId, store, paths],
    queryFn: () => commands.planDelete(connectionId, { store, paths: [...paths] }),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const start = useMutation({
    mutationFn: ({ plan, typed }: { plan: string; typed: string | null }) =>
      commands.startDelete(plan, typed),
    onSuccess: onStarted,
  });
  const plan = planning.data;
  if (!plan) {
    return (
      <Dialog
        title="What would be deleted"
        isOpen
        onClose={onClose}
        footer={
          <Button variant="quiet" onPress={onClose}>
            Cancel
          </Button>
        }
      >
        {planning.error ? (
          <ErrorState error={asCallError(planning.error)} onRetry={() => void planning.refetch()} />
        ) : (
          <Skeleton label="Looking at what would be deleted" rows={2} rowHeight={24} />
        )}
      </Dialog>
    );
  }
  if (plan.files === 0) {
    return (
      <Dialog
        key="nothing"
        title="Nothing to delete"
        isOpen
        onClose={onClose}
        footer={
          <Button onPress={onClose} autoFocus>
            Close
          </Button>
        }
      >
        <p>What you selected is not in the cluster any more. Somebody deleted or renamed it meanwhile.</p>
      </Dialog>
    );
  }
  const [single] = plan.names;
  const [collection, ...others] = plan.collections;
  const isBackup = collection?.whole === true && others.length === 0 && paths.length === 1;
  const title = isBackup
    ? `Delete ${nameOf((paths[0] ?? collection.path).replace(/\/$/, ""))} with ${counted(collection.backups, "backup")}?`
    : plan.files === 1 && single
      ? `Delete ${nameOf(single)}?`
      : `Delete ${counted(plan.files, "file")}?`;
  const error = start.error && <ErrorState error={asCallError(start.error)} />;
  const common = {
    title,
    isOpen: true,
    onClose,
    confirmLabel: isBackup
      ? `Delete ${counted(collection.backups, "backup")}`
      : `Delete ${counted(plan.files, "file")}`,
    isPending: start.isPending,
  };
  if (plan.typeToConfirm !== null) {
    const typed = plan.typeToConfirm;
    return (
      <TypedNameDialog
        {...common}
        name={typed}
        nameOf={plan.collections.length > 0 ? "collection" : "connection"}
        onConfirm={() => start.mutate({ plan: plan.plan, typed })}
      >
        <PlanText plan={plan} />
        {error}
      </TypedNameDialog>
    );
  }
  return (
    <ConfirmDialog {...common} isDanger onConfirm={() => start.mutate({ plan: plan.plan, typed: null })}>
      <PlanText plan={plan} />
      {error}
    </ConfirmDialog>
  );
}
