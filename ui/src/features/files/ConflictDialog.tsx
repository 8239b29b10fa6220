import { Button } from "../../components/Button";
import { Stack } from "../../components/Card";
import { Dialog } from "../../components/Dialog";
import { ErrorState } from "../../components/States";
import type { ConflictChoices, TransferPlan } from "../../ipc/bindings";
import type { CallError } from "../../ipc/errors";
import { counted } from "../../lib/quantity";
import {
  downloadEnds,
  type Ends,
  LeftOutList,
  startLabel,
  TransferPlanView,
  uploadEnds,
  usePlanChoices,
} from "./TransferPlanView";

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
      {plan.leftOut.length > 0 ? (
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
  isPending: boolean;
  error: CallError | null;
  onStart: (choices: ConflictChoices, typed: string | null) => void;
  onClose: () => void;
}

function titleOf({ verb, there }: Ends, { files, conflictCount }: TransferPlan): string {
  if (conflictCount === 0) return `${verb} ${counted(files, "file")}?`;
  if (conflictCount === 1) return `A file of this name is already ${there}`;
  return `${counted(conflictCount, "name")} of ${counted(files, "file")} are taken ${there}`;
}

/** Decided before a byte moves: what happens to names that are taken, and what will be different from what was asked. */
export function ConflictDialog({ direction, plan, isPending, error, onStart, onClose }: ConflictDialogProps) {
  const choices = usePlanChoices(plan);
  const ends = direction === "upload" ? uploadEnds : downloadEnds;
  if (plan.files === 0) return <NothingToDo ends={ends} plan={plan} onClose={onClose} />;
  return (
    <Dialog
      title={titleOf(ends, plan)}
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
        <TransferPlanView ends={ends} plan={plan} choices={choices} />
        {error && <ErrorState error={error} />}
      </Stack>
    </Dialog>
  );
}
