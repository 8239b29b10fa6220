import { useState } from "react";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Stack } from "../../components/Card";
import { RadioGroup } from "../../components/Choice";
import { Dialog } from "../../components/Dialog";
import { Disclosure } from "../../components/Disclosure";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { Moment } from "../../components/Moment";
import { Select } from "../../components/Select";
import { ErrorState } from "../../components/States";
import type { Conflict, ConflictChoices, OnConflict, TransferPlan } from "../../ipc/bindings";
import type { CallError } from "../../ipc/errors";
import { bytes, counted } from "../../lib/quantity";
import styles from "./ConflictDialog.module.css";
import { nameOf } from "./paths";

const answers = [
  { value: "skip", label: "Skip" },
  { value: "replace", label: "Replace" },
  { value: "keepBoth", label: "Keep both" },
] as const satisfies readonly { value: OnConflict; label: string }[];

function Side({
  title,
  sizeBytes,
  time,
  isNewer,
}: {
  title: string;
  sizeBytes: number;
  time: string | null;
  isNewer: boolean;
}) {
  return (
    <div className={styles.side}>
      <span className={styles.sideTitle}>{title}</span>
      <span>
        {bytes(sizeBytes)}
        {isNewer && <Badge>newer</Badge>}
      </span>
      <span className={styles.time}>{time ? <Moment value={time} /> : "time unknown"}</span>
    </div>
  );
}

function isNewer(time: string | null, than: string | null): boolean {
  return time !== null && than !== null && new Date(time) > new Date(than);
}

export interface ConflictDialogProps {
  direction: "upload" | "download";
  plan: TransferPlan;
  isPending: boolean;
  error: CallError | null;
  onStart: (choices: ConflictChoices) => void;
  onClose: () => void;
}

/** Decided before a byte moves: what happens to names that are taken, and what will be different from what was asked. */
export function ConflictDialog({ direction, plan, isPending, error, onStart, onClose }: ConflictDialogProps) {
  const [all, setAll] = useState<OnConflict>("skip");
  const [each, setEach] = useState<Record<string, OnConflict>>({});
  const isUpload = direction === "upload";
  const here = isUpload ? "in the cluster" : "on this computer";
  const hasConflicts = plan.conflictCount > 0;
  const chosen = (conflict: Conflict) => each[conflict.target] ?? all;
  const replaced = plan.conflicts.filter((conflict) => chosen(conflict) === "replace").length;
  const isEveryShown = plan.conflicts.length === plan.conflictCount;
  const verb = isUpload ? "Upload" : "Download";
  return (
    <Dialog
      title={
        hasConflicts
          ? plan.conflictCount === 1
            ? `A file of this name is already ${here}`
            : `${counted(plan.conflictCount, "name")} of ${counted(plan.files, "file")} are taken ${here}`
          : `${verb} ${counted(plan.files, "file")}?`
      }
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
            variant={all === "replace" || replaced > 0 ? "danger" : "primary"}
            isPending={isPending}
            onPress={() => onStart({ all, each })}
          >
            {all === "replace" || replaced > 0
              ? `${verb} and replace ${counted(isEveryShown ? replaced : plan.conflictCount, "file")}`
              : `${verb} ${all === "skip" && hasConflicts ? "the others" : counted(plan.files, "file")}`}
          </Button>
        </>
      }
    >
      <Stack gap={4}>
        {hasConflicts && (
          <>
            <RadioGroup
              label="What should happen to them?"
              look="cards"
              value={all}
              onChange={(next) => {
                setAll(next);
                setEach({});
              }}
              options={[
                { value: "skip", label: "Skip", description: `What is ${here} stays as it is.` },
                {
                  value: "keepBoth",
                  label: "Keep both",
                  description: "The new one gets a number in its name.",
                },
                { value: "replace", label: "Replace", description: `What is ${here} now is overwritten.` },
              ]}
            />
            <ul className={styles.conflicts} aria-label="Names that are taken">
              {plan.conflicts.map((conflict) => (
                <li key={conflict.target} className={styles.conflict}>
                  <div className={styles.name}>
                    <MiddleEllipsis text={nameOf(conflict.target.replaceAll("\\", "/"))} isFocusable />
                  </div>
                  <Side
                    title={isUpload ? "To upload" : "In the cluster"}
                    sizeBytes={conflict.sourceBytes}
                    time={conflict.sourceTime}
                    isNewer={isNewer(conflict.sourceTime, conflict.targetTime)}
                  />
                  <Side
                    title={isUpload ? "In the cluster" : "On this computer"}
                    sizeBytes={conflict.targetBytes}
                    time={conflict.targetTime}
                    isNewer={isNewer(conflict.targetTime, conflict.sourceTime)}
                  />
                  <div className={styles.choice}>
                    <Select
                      label={`For ${nameOf(conflict.target)}`}
                      hideLabel
                      options={answers}
                      value={chosen(conflict)}
                      onChange={(answer) => setEach({ ...each, [conflict.target]: answer })}
                    />
                  </div>
                </li>
              ))}
            </ul>
            {!isEveryShown && (
              <p className={styles.muted}>
                The first {plan.conflicts.length} are shown. The answer above counts for all others.
              </p>
            )}
          </>
        )}
        {plan.mapped.length > 0 && (
          <Disclosure
            title={`${counted(plan.mapped.length, "name")} cannot be used as ${plan.mapped.length === 1 ? "it is" : "they are"}`}
            isOpen={!hasConflicts}
          >
            <ul className={styles.pairs}>
              {plan.mapped.map((name) => (
                <li key={name.source}>
                  <code>{name.source}</code> becomes <code>{name.target}</code>
                </li>
              ))}
            </ul>
          </Disclosure>
        )}
        {plan.leftOut.length > 0 && (
          <Disclosure
            title={`${counted(plan.leftOut.length, "file")} will be left out`}
            isOpen={!hasConflicts}
          >
            <ul className={styles.pairs}>
              {plan.leftOut.map((out) => (
                <li key={out.path}>
                  <code>{out.path}</code> {out.why}
                </li>
              ))}
            </ul>
          </Disclosure>
        )}
        {error && <ErrorState error={error} />}
      </Stack>
    </Dialog>
  );
}
