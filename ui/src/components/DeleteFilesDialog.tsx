import { inText, shownName, visible } from "../lib/names";
import { bytes, count, counted } from "../lib/quantity";
import { spokenDuration } from "../lib/time";
import { Button } from "./Button";
import { Callout } from "./Callout";
import { Stack } from "./Card";
import styles from "./DeleteFilesDialog.module.css";
import { ConfirmDialog, Dialog, TypedNameDialog } from "./Dialog";
import { Disclosure } from "./Disclosure";
import { ErrorState, type ShownError, Skeleton } from "./States";

/** What a deletion would take away. Plans of the wire have this shape. */
export interface ShownDeletePlan {
  plan: string;
  store: string;
  files: number;
  sizeBytes: number;
  /** The first few. */
  names: readonly string[];
  collections: readonly { path: string; backups: number; whole: boolean }[];
  gcTtlSeconds: number | null;
  typeToConfirm: string | null;
}

export interface DeleteFilesDialogProps {
  /** What was chosen; folders end in a slash. */
  paths: readonly string[];
  isProduction: boolean;
  /** Undefined until the cluster said what would go. */
  plan: ShownDeletePlan | undefined;
  planError: ShownError | null;
  onPlanAgain: () => void;
  startError: ShownError | null;
  isStarting: boolean;
  onStart: (plan: string, typed: string | null) => void;
  onClose: () => void;
}

function loss({ path, backups, whole }: ShownDeletePlan["collections"][number], files: number): string {
  if (whole) return `This deletes ${counted(backups, "backup")}: all of ${inText(path)}`;
  return files === 1
    ? `This file is a part of the backups in ${inText(path)}`
    : `Among them are parts of the backups in ${inText(path)}`;
}

/** What goes, and what happens to its space: the same words above both kinds of question. */
function PlanText({ plan }: { plan: ShownDeletePlan }) {
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
            ? `Nothing can be restored from ${inText(collection.path)} any more, unless it is undeleted in time.`
            : `Without ${plan.files === 1 ? "it" : "them"}, what ${inText(collection.path)} holds cannot be restored.`}
        </Callout>
      ))}
      {plan.files > 1 && (
        <ul className={styles.names} aria-label="Files to delete">
          {plan.names.map((name) => (
            <li key={name}>
              <code>{visible(name)}</code>
            </li>
          ))}
          {more > 0 && <li>and {count(more)} more</li>}
        </ul>
      )}
      <div className={styles.muted}>
        {plan.gcTtlSeconds === null ? (
          <p>{their} space comes back some time later: the cluster keeps deleted data for a while.</p>
        ) : (
          <>
            <p>
              The cluster keeps deleted data for {spokenDuration(plan.gcTtlSeconds * 1000)}. {they} can be
              undeleted for so long, and {their.toLowerCase()} space comes back after that.
            </p>
            <Disclosure title="Where this is set">
              <p>
                The zone setting <code>gc.ttlseconds</code> of the file storage's tables:{" "}
                {count(plan.gcTtlSeconds)} seconds.
              </p>
            </Disclosure>
          </>
        )}
      </div>
    </Stack>
  );
}

/** Says what would go, and only then deletes. Backups, and production, ask for a name to be typed. */
export function DeleteFilesDialog({
  paths,
  isProduction,
  plan,
  planError,
  onPlanAgain,
  startError,
  isStarting,
  onStart,
  onClose,
}: DeleteFilesDialogProps) {
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
        {planError ? (
          <ErrorState error={planError} onRetry={onPlanAgain} />
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
    ? `Delete ${shownName(paths[0] ?? collection.path)} with ${counted(collection.backups, "backup")}?`
    : plan.files === 1 && single
      ? `Delete ${shownName(single)}?`
      : `Delete ${counted(plan.files, "file")}?`;
  const error = startError && <ErrorState error={startError} />;
  const common = {
    title,
    isOpen: true,
    onClose,
    confirmLabel: isBackup
      ? `Delete ${counted(collection.backups, "backup")}`
      : `Delete ${counted(plan.files, "file")}`,
    isPending: isStarting,
  };
  if (plan.typeToConfirm !== null) {
    const typed = plan.typeToConfirm;
    return (
      <TypedNameDialog
        {...common}
        name={typed}
        nameOf={plan.collections.length > 0 ? "collection" : "connection"}
        isProduction={isProduction}
        onConfirm={() => onStart(plan.plan, typed)}
      >
        <PlanText plan={plan} />
        {error}
      </TypedNameDialog>
    );
  }
  return (
    <ConfirmDialog {...common} isDanger onConfirm={() => onStart(plan.plan, null)}>
      <PlanText plan={plan} />
      {error}
    </ConfirmDialog>
  );
}
