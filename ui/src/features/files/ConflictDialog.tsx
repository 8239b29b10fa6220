import { Pill } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Stack } from "../../components/Card";
import { Dialog } from "../../components/Dialog";
import { environments } from "../../components/environment";
import { KeyValueList } from "../../components/KeyValueList";
import { ErrorState } from "../../components/States";
import type { ConflictChoices, TransferPlan } from "../../ipc/bindings";
import { useCurrentCluster } from "../../ipc/currentCluster";
import type { CallError } from "../../ipc/errors";
import { inText, shownName, visible } from "../../lib/names";
import { bytes, count, counted } from "../../lib/quantity";
import { uploadFolder } from "./paths";
import {
  downloadEnds,
  type Ends,
  LeftOutList,
  startLabel,
  TransferPlanView,
  toDecide,
  uploadEnds,
  usePlanChoices,
} from "./TransferPlanView";

/** Nothing can be transferred, or all of it is there already. */
export const comesToNothing = (plan: TransferPlan) => plan.files === plan.identicalCount;

function identicalText({ there }: Ends, { files, conflicts }: TransferPlan): string {
  const [only] = conflicts;
  return files === 1 && only
    ? `${shownName(only.target.replaceAll("\\", "/"))} is ${there} already. Its contents were compared: they are identical.`
    : `All ${counted(files, "file")} are ${there} already. Their contents were compared: they are identical.`;
}

/** A plan that comes to nothing: says why, and there is nothing to start. */
export function NothingToDo({
  ends,
  plan,
  onClose,
}: {
  ends: Ends;
  plan: TransferPlan;
  onClose: () => void;
}) {
  return (
    <Dialog
      title={`Nothing to ${ends.verb.toLowerCase()}`}
      isOpen
      onClose={onClose}
      footer={
        <Button onPress={onClose} autoFocus>
          Close
        </Button>
      }
    >
      {plan.identicalCount > 0 ? (
        <Stack gap={2}>
          <p>{identicalText(ends, plan)}</p>
          {plan.leftOut.length > 0 && <LeftOutList plan={plan} />}
        </Stack>
      ) : plan.leftOut.length > 0 ? (
        <Stack gap={2}>
          <p>
            {plan.leftOut.length === 1
              ? `What you chose cannot be ${ends.done}.`
              : `None of what you chose can be ${ends.done}.`}
          </p>
          <LeftOutList plan={plan} />
        </Stack>
      ) : ends === uploadEnds ? (
        <p>What you chose holds no files. An empty folder cannot be kept: a cluster knows only files.</p>
      ) : (
        <p>What you chose is not in the cluster any more. Somebody deleted or renamed it meanwhile.</p>
      )}
    </Dialog>
  );
}

export interface ConflictDialogProps {
  direction: "upload" | "download";
  plan: TransferPlan;
  /** What was chosen. */
  paths: readonly string[];
  isPending: boolean;
  error: CallError | null;
  onStart: (choices: ConflictChoices, typed: string | null) => void;
  onClose: () => void;
}

/** "at the top of your files", "folder exports/2026". */
function placeIn(folder: string): string {
  return folder === "" ? "at the top of the files" : `folder ${inText(folder.slice(0, -1), 40)}`;
}

/** "Upload 120 files (1.2 GiB) to acme-staging, folder exports?" `into` is null for a download. */
function titleOf(
  { verb, there }: Ends,
  plan: TransferPlan,
  into: { clusterName: string; folder: string } | null,
): string {
  if (toDecide(plan) === 1) return `A file of this name is already ${there}`;
  if (toDecide(plan) > 1)
    return `${counted(toDecide(plan), "name")} of ${counted(plan.files, "file")} are taken ${there}`;
  const files = counted(plan.files, "file");
  const what =
    plan.identicalCount === 0
      ? `${files} (${bytes(plan.sizeBytes)})`
      : `${count(plan.files - plan.identicalCount)} of ${files}`;
  return into === null
    ? `${verb} ${what}?`
    : `${verb} ${what} to ${inText(into.clusterName, 30)}, ${placeIn(into.folder)}?`;
}

/** Where an upload goes, said before anything moves. */
function Place({ plan, folder }: { plan: TransferPlan; folder: string }) {
  const { environment, name } = useCurrentCluster().connection.fields;
  const { label, tone } = environments[environment];
  return (
    <KeyValueList
      entries={[
        [
          "To",
          <span key="to">
            <Pill tone={tone}>{label}</Pill> {name}
          </span>,
        ],
        ["Folder", folder === "" ? "the top of the files" : <code key="f">{visible(folder)}</code>],
        [
          "What",
          [
            counted(plan.files, "file"),
            bytes(plan.sizeBytes),
            plan.identicalCount > 0 && `${count(plan.identicalCount)} of them in the cluster already`,
          ]
            .filter(Boolean)
            .join(", "),
        ],
      ]}
    />
  );
}

/** Decided before a byte moves: what happens to names that are taken, and what will be different from what was asked. */
export function ConflictDialog({
  direction,
  plan,
  paths,
  isPending,
  error,
  onStart,
  onClose,
}: ConflictDialogProps) {
  const choices = usePlanChoices(plan);
  const { name } = useCurrentCluster().connection.fields;
  const isUpload = direction === "upload";
  const ends = isUpload ? uploadEnds : downloadEnds;
  const folder = uploadFolder(plan, paths);
  if (comesToNothing(plan)) return <NothingToDo ends={ends} plan={plan} onClose={onClose} />;
  return (
    <Dialog
      title={titleOf(ends, plan, isUpload ? { clusterName: name, folder } : null)}
      isOpen
      onClose={onClose}
      size="wide"
      role="alertdialog"
      footer={
        <>
          <Button variant="quiet" onPress={onClose}>
            Cancel
          </Button>
          <Button
            variant={choices.replaced > 0 ? "danger" : "primary"}
            isDisabled={!choices.canStart}
            isPending={isPending}
            onPress={() => onStart(choices.answer, choices.guard.typed)}
          >
            {startLabel(ends, plan, choices)}
          </Button>
        </>
      }
    >
      <Stack gap={4}>
        {isUpload && <Place plan={plan} folder={folder} />}
        <TransferPlanView ends={ends} plan={plan} choices={choices} />
        {error && <ErrorState error={error} />}
      </Stack>
    </Dialog>
  );
}
