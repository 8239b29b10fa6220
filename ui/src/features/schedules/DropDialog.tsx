import { useMutation, useQuery } from "@tanstack/react-query";
import { Button } from "../../components/Button";
import { Stack } from "../../components/Card";
import { ConfirmDialog, Dialog, TypedNameDialog } from "../../components/Dialog";
import { Disclosure } from "../../components/Disclosure";
import { SqlBlock } from "../../components/SqlBlock";
import { ErrorState, Skeleton } from "../../components/States";
import { commands, type DropSchedulePlan, type Schedule } from "../../ipc/bindings";
import { asCallError } from "../../ipc/errors";
import { inWords } from "./ScheduleTable";

function PlanText({ plan: { schedule, sql } }: { plan: DropSchedulePlan }) {
  return (
    <>
      <p>
        Backups that it has taken stay in <strong>{schedule.collectionName}</strong> and can be restored. No
        new ones of <strong>{schedule.subject}</strong> are taken by it.
      </p>
      {schedule.running > 0 && <p>The backup that is running now goes on to its end.</p>}
      <Disclosure title="The exact statement">
        <SqlBlock sql={sql} />
      </Disclosure>
    </>
  );
}

export interface DropDialogProps {
  connectionId: string;
  schedule: Schedule;
  onClose: () => void;
  onDropped: () => void;
}

/** Looks at the schedule as it is now, says what goes and what stays, and only then deletes. */
export function DropDialog({ connectionId, schedule, onClose, onDropped }: DropDialogProps) {
  const planning = useQuery({
    queryKey: ["plan", "drop schedule", connectionId, schedule.id],
    queryFn: () => commands.planDropSchedule(connectionId, schedule.id),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const drop = useMutation({
    mutationFn: ({ plan, typed }: { plan: string; typed: string | null }) =>
      commands.dropSchedule(plan, typed),
    onSuccess: onDropped,
  });
  const plan = planning.data;
  if (!plan) {
    return (
      <Dialog
        title={`Delete ${schedule.label}?`}
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
          <Skeleton label="Looking at the schedule" rows={2} rowHeight={24} />
        )}
      </Dialog>
    );
  }
  const common = {
    title: `Delete ${plan.schedule.label}?`,
    isOpen: true,
    onClose,
    confirmLabel: "Delete the schedule",
    isPending: drop.isPending,
  };
  const body = (
    <Stack gap={4}>
      <p>{inWords(plan.schedule.recurrence)}.</p>
      <PlanText plan={plan} />
      {drop.error && <ErrorState error={asCallError(drop.error)} />}
    </Stack>
  );
  const typed = plan.typeToConfirm;
  if (typed !== null) {
    return (
      <TypedNameDialog
        {...common}
        name={typed}
        nameOf="connection"
        onConfirm={() => drop.mutate({ plan: plan.plan, typed })}
      >
        {body}
      </TypedNameDialog>
    );
  }
  return (
    <ConfirmDialog {...common} isDanger onConfirm={() => drop.mutate({ plan: plan.plan, typed: null })}>
      {body}
    </ConfirmDialog>
  );
}
