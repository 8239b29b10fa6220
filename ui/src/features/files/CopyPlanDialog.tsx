import { useMutation } from "@tanstack/react-query";
import { Pill } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Stack } from "../../components/Card";
import { Dialog } from "../../components/Dialog";
import { environments } from "../../components/environment";
import { KeyValueList } from "../../components/KeyValueList";
import { ErrorState } from "../../components/States";
import { type Connection, commands, type TransferPlan } from "../../ipc/bindings";
import { useCurrentCluster } from "../../ipc/currentCluster";
import { asCallError } from "../../ipc/errors";
import { visible } from "../../lib/names";
import { bytes, counted } from "../../lib/quantity";
import styles from "./CopyPlanDialog.module.css";
import { copyEnds, startLabel, TransferPlanView, usePlanChoices } from "./TransferPlanView";

export interface CopyPlanDialogProps {
  plan: TransferPlan;
  what: string;
  target: Connection;
  hasCollections: boolean;
  onBack: () => void;
  onClose: () => void;
  onStarted: () => void;
}

/** The plan of a copy to another cluster: shown always, because two clusters are touched. */
export function CopyPlanDialog({
  plan,
  what,
  target,
  hasCollections,
  onBack,
  onClose,
  onStarted,
}: CopyPlanDialogProps) {
  const { connection } = useCurrentCluster();
  const choices = usePlanChoices(plan);
  const { name, environment } = target.fields;
  const ends = copyEnds(name);
  const start = useMutation({
    mutationFn: () => commands.startCopyToCluster(plan.plan, choices.answer, choices.guard.typed),
    onSuccess: onStarted,
  });
  return (
    <Dialog
      title={`Copy ${what} to ${name}?`}
      isOpen
      onClose={onClose}
      size="wide"
      role="alertdialog"
      footer={
        <>
          <Button variant="quiet" onPress={onClose}>
            Cancel
          </Button>
          <Button onPress={onBack}>Back</Button>
          <Button
            variant={choices.replaced > 0 ? "danger" : "primary"}
            isDisabled={!choices.canStart}
            isPending={start.isPending}
            onPress={() => start.mutate()}
          >
            {startLabel(ends, plan, choices)}
          </Button>
        </>
      }
    >
      <Stack gap={4}>
        <KeyValueList
          entries={[
            ["From", connection.fields.name],
            [
              "To",
              <span key="to">
                <Pill tone={environments[environment].tone}>{environments[environment].label}</Pill> {name},{" "}
                <code>{visible(`userfile://${plan.store}/${plan.target}`)}</code>
              </span>,
            ],
            ["What", `${counted(plan.files, "file")}, ${bytes(plan.sizeBytes)}`],
          ]}
        />
        <TransferPlanView ends={ends} plan={plan} choices={choices} />
        <ul className={styles.facts} aria-label="What happens">
          <li>The files are read as they are at one moment; {connection.fields.name} is not changed.</li>
          <li>
            A file gets its name on {name} only when all its parts are there and their SHA-256 agrees on both
            sides.
          </li>
          {hasCollections && (
            <li>
              Of a backup collection, data goes first and its index last: half a copy is never taken for
              whole.
            </li>
          )}
          <li>It can be paused, and goes on where it was after a cut or a quit.</li>
        </ul>
        {start.error && <ErrorState error={asCallError(start.error)} />}
      </Stack>
    </Dialog>
  );
}
