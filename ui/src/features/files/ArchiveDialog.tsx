import { Button } from "../../components/Button";
import { Stack } from "../../components/Card";
import { Dialog } from "../../components/Dialog";
import { KeyValueList } from "../../components/KeyValueList";
import { Moment } from "../../components/Moment";
import { ErrorState } from "../../components/States";
import type { ImportPlan, TransferPlan } from "../../ipc/bindings";
import { visible } from "../../lib/names";
import { bytes, counted } from "../../lib/quantity";
import { comesToNothing, NothingToDo } from "./ConflictDialog";
import styles from "./CopyPlanDialog.module.css";
import { exportEnds, importEnds, startLabel, TransferPlanView, usePlanChoices } from "./TransferPlanView";
import type { ArchiveWork } from "./useArchive";

function ExportPlanDialog({ plan, archive }: { plan: TransferPlan; archive: ArchiveWork }) {
  const choices = usePlanChoices(plan);
  if (comesToNothing(plan)) return <NothingToDo ends={exportEnds} plan={plan} onClose={archive.dismiss} />;
  return (
    <Dialog
      title={`Export ${counted(plan.files, "file")}?`}
      isOpen
      onClose={archive.dismiss}
      size="wide"
      footer={
        <>
          <Button variant="quiet" onPress={archive.dismiss}>
            Cancel
          </Button>
          <Button
            variant="primary"
            isPending={archive.isStarting}
            onPress={() => archive.start({ all: "skip", each: {} }, null)}
          >
            Export
          </Button>
        </>
      }
    >
      <Stack gap={4}>
        <KeyValueList
          entries={[
            ["New folder", <code key="target">{visible(plan.target)}</code>],
            ["What", `${counted(plan.files, "file")}, ${bytes(plan.sizeBytes)}`],
          ]}
        />
        <TransferPlanView ends={exportEnds} plan={plan} choices={choices} />
        <ul className={styles.facts} aria-label="What happens">
          <li>
            The folder holds the files, and a list with their names in the cluster, sizes and SHA-256. It
            describes itself: any cluster can take it in later.
          </li>
          <li>The list is written last. A folder without it is not a whole archive.</li>
        </ul>
        {archive.startError && <ErrorState error={archive.startError} />}
      </Stack>
    </Dialog>
  );
}

function ImportPlanDialog({ plan, archive }: { plan: ImportPlan; archive: ArchiveWork }) {
  const { transfer } = plan;
  const choices = usePlanChoices(transfer);
  if (comesToNothing(transfer))
    return <NothingToDo ends={importEnds} plan={transfer} onClose={archive.dismiss} />;
  return (
    <Dialog
      title={`Import ${counted(transfer.files - transfer.identicalCount, "file")} from an archive?`}
      isOpen
      onClose={archive.dismiss}
      size="wide"
      role="alertdialog"
      footer={
        <>
          <Button variant="quiet" onPress={archive.dismiss}>
            Cancel
          </Button>
          <Button
            variant={choices.replaced > 0 ? "danger" : "primary"}
            isDisabled={!choices.canStart}
            isPending={archive.isStarting}
            onPress={() => archive.start(choices.answer, choices.guard.typed)}
          >
            {startLabel(importEnds, transfer, choices)}
          </Button>
        </>
      }
    >
      <Stack gap={4}>
        <KeyValueList
          entries={[
            ["Exported", <Moment key="at" value={plan.exportedAt} withRelative />],
            ["From", <code key="from">{`userfile://${plan.exportedFrom}`}</code>],
            ["Cluster", plan.clusterVersion],
            ["Into", <code key="into">{visible(`userfile://${transfer.store}/${transfer.target}`)}</code>],
            ["What", `${counted(transfer.files, "file")}, ${bytes(transfer.sizeBytes)}`],
          ]}
        />
        <TransferPlanView ends={importEnds} plan={transfer} choices={choices} />
        <ul className={styles.facts} aria-label="What happens">
          <li>
            Each file is compared with the archive's list. One that is missing or was changed is refused.
          </li>
          <li>Of a backup collection, data goes first and its index last: half a backup does not show up.</li>
        </ul>
        {archive.startError && <ErrorState error={archive.startError} />}
      </Stack>
    </Dialog>
  );
}

/** The plan of an archive that is to be made or imported. */
export function ArchiveDialog({ archive }: { archive: ArchiveWork }) {
  const { question } = archive;
  if (question === null) return null;
  return question.kind === "export" ? (
    <ExportPlanDialog key={question.plan.plan} plan={question.plan} archive={archive} />
  ) : (
    <ImportPlanDialog key={question.plan.transfer.plan} plan={question.plan} archive={archive} />
  );
}
