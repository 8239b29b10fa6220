import { useState } from "react";
import { Badge } from "../../components/Badge";
import { RadioGroup } from "../../components/Choice";
import { Disclosure } from "../../components/Disclosure";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { Moment } from "../../components/Moment";
import {
  ProductionGuard,
  type ProductionGuardState,
  useProductionGuard,
} from "../../components/ProductionGuard";
import { Select } from "../../components/Select";
import type { Conflict, ConflictChoices, OnConflict, TransferPlan } from "../../ipc/bindings";
import { inText, nameOf, visible } from "../../lib/names";
import { bytes, counted } from "../../lib/quantity";
import { pathBelow } from "./paths";
import styles from "./TransferPlanView.module.css";

/** The two ends of a transfer, in the words of its plan. */
export interface Ends {
  verb: string;
  /** Said of what was left out: "cannot be uploaded". */
  done: string;
  /** Heads of the two columns of a conflict. */
  source: string;
  target: string;
  /** Where names may be taken: "in the cluster". */
  there: string;
  /** Above the files that take no part, behind their number. */
  leftOut?: string;
}

export const uploadEnds: Ends = {
  verb: "Upload",
  done: "uploaded",
  source: "To upload",
  target: "In the cluster",
  there: "in the cluster",
};

export const downloadEnds: Ends = {
  verb: "Download",
  done: "downloaded",
  source: "In the cluster",
  target: "On this computer",
  there: "on this computer",
};

export const exportEnds: Ends = { ...downloadEnds, verb: "Export", done: "exported" };

export const importEnds: Ends = {
  verb: "Import",
  done: "imported",
  source: "In the archive",
  target: "In the cluster",
  there: "in the cluster",
  leftOut: "not as exported, and will be refused",
};

export function copyEnds(clusterName: string): Ends {
  return {
    verb: "Copy",
    done: "copied",
    source: "To copy",
    target: `On ${clusterName}`,
    there: `on ${clusterName}`,
  };
}

const answers = [
  { value: "skip", label: "Skip" },
  { value: "replace", label: "Replace" },
  { value: "keepBoth", label: "Keep both" },
] as const satisfies readonly { value: OnConflict; label: string }[];

/** Names that are taken by something else. Where the same file is there already, nothing has to be decided or done. */
const undecidedOf = (plan: TransferPlan) => plan.conflicts.filter(({ contents }) => contents !== "identical");

export const toDecide = (plan: TransferPlan) => plan.conflictCount - plan.identicalCount;

/** A person's answers to a plan, and what they come to. */
export interface PlanChoices {
  /** Null where nothing is chosen beforehand: on production. */
  all: OnConflict | null;
  setAll: (answer: OnConflict) => void;
  setEach: (conflict: Conflict, answer: OnConflict) => void;
  of: (conflict: Conflict) => OnConflict | null;
  replaced: number;
  /** How many files will be transferred. */
  remaining: number;
  /** Asked for as soon as something in a production cluster would be replaced. */
  guard: ProductionGuardState;
  /** Every question is answered, and there is something to do. */
  canStart: boolean;
  /** For the command. */
  answer: ConflictChoices;
}

export function usePlanChoices(plan: TransferPlan): PlanChoices {
  // Where every name is taken, skipping them all would do nothing.
  const [all, setAll] = useState<OnConflict | null>(() => {
    if (plan.typeToReplace !== null && toDecide(plan) > 0) return null;
    return plan.conflictCount < plan.files ? "skip" : "keepBoth";
  });
  const [each, setEach] = useState<Record<string, OnConflict>>({});
  const of = (conflict: Conflict) => each[conflict.target] ?? all;
  const shown = undecidedOf(plan);
  const unseen = toDecide(plan) - shown.length;
  const given = (answer: OnConflict | null) =>
    shown.filter((conflict) => of(conflict) === answer).length + (all === answer ? unseen : 0);
  const replaced = given("replace");
  const remaining = plan.files - plan.identicalCount - given("skip");
  const guard = useProductionGuard(plan.typeToReplace, replaced > 0);
  return {
    all,
    setAll: (answer) => {
      setAll(answer);
      setEach({});
    },
    setEach: (conflict, answer) => setEach({ ...each, [conflict.target]: answer }),
    of,
    replaced,
    remaining,
    guard,
    canStart: remaining > 0 && given(null) === 0 && guard.isPassed,
    answer: { all: all ?? "skip", each },
  };
}

/** What the button that starts a plan says it does. */
export function startLabel({ verb }: Ends, plan: TransferPlan, choices: PlanChoices): string {
  if (choices.remaining === 0) return `Nothing left to ${verb.toLowerCase()}`;
  if (choices.replaced > 0) return `${verb} and replace ${counted(choices.replaced, "file")}`;
  if (choices.remaining < plan.files - plan.identicalCount)
    return choices.remaining === 1
      ? `${verb} the other file`
      : `${verb} the other ${counted(choices.remaining, "file")}`;
  return `${verb} ${counted(choices.remaining, "file")}`;
}

function Side({
  title,
  sizeBytes,
  time,
  isNewer = false,
}: {
  title: string;
  sizeBytes: number;
  time: string | null;
  isNewer?: boolean;
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

/** By such a file a backup collection is known. */
const isManifest = /[/\\]BACKUP_(MANIFEST|METADATA)$/;

/** Where the sizes do not tell already that these are two different files. */
function verdict({ contents, sourceBytes, targetBytes }: Conflict): string | null {
  if (contents === "notCompared" && sourceBytes === targetBytes) return "same size, contents not compared";
  return contents === "different" && sourceBytes === targetBytes ? "same size, other contents" : null;
}

/** With its folders: in two of them may be a file of one name. */
function Name({ plan, conflict }: { plan: TransferPlan; conflict: Conflict }) {
  const path = pathBelow(plan.target, conflict.target);
  return (
    <span className={styles.name}>
      <MiddleEllipsis text={path} keepEnd={Math.min(24, nameOf(path).length + 1)} isFocusable />
    </span>
  );
}

/** Files that are there already: skipped, with both times for whoever wonders. */
function Identical({ ends, plan }: { ends: Ends; plan: TransferPlan }) {
  const shown = plan.conflicts.filter(({ contents }) => contents === "identical");
  return (
    <Disclosure
      title={`${counted(plan.identicalCount, "file is", "files are")} ${ends.there} already, and identical: nothing to do`}
    >
      <ul className={styles.conflicts} aria-label="Identical files">
        {shown.map((conflict) => (
          <li key={conflict.target} className={styles.conflict} data-single>
            <Name plan={plan} conflict={conflict} />
            <Side title={ends.source} sizeBytes={conflict.sourceBytes} time={conflict.sourceTime} />
            <Side title={ends.target} sizeBytes={conflict.targetBytes} time={conflict.targetTime} />
          </li>
        ))}
      </ul>
      {shown.length < plan.identicalCount && (
        <p className={styles.muted}>The first {shown.length} are shown.</p>
      )}
    </Disclosure>
  );
}

function Conflicts({ ends, plan, choices }: { ends: Ends; plan: TransferPlan; choices: PlanChoices }) {
  const conflicts = undecidedOf(plan);
  const isSingle = toDecide(plan) === 1;
  return (
    <>
      <RadioGroup
        label={isSingle ? "What should happen to it?" : "What should happen to them?"}
        look="cards"
        value={choices.all}
        onChange={choices.setAll}
        options={[
          { value: "skip", label: "Skip", description: `What is ${ends.there} stays as it is.` },
          {
            value: "keepBoth",
            label: "Keep both",
            description: conflicts.some(({ target }) => isManifest.test(target))
              ? "The new one gets a number in its name; a backup collection as a whole, in its folder's name."
              : "The new one gets a number in its name.",
          },
          { value: "replace", label: "Replace", description: `What is ${ends.there} now is overwritten.` },
        ]}
      />
      <ul className={styles.conflicts} aria-label="Names that are taken">
        {conflicts.map((conflict) => (
          <li key={conflict.target} className={styles.conflict} data-single={isSingle || undefined}>
            <div className={styles.what}>
              <Name plan={plan} conflict={conflict} />
              {verdict(conflict) && <span className={styles.muted}>{verdict(conflict)}</span>}
            </div>
            <Side
              title={ends.source}
              sizeBytes={conflict.sourceBytes}
              time={conflict.sourceTime}
              isNewer={isNewer(conflict.sourceTime, conflict.targetTime)}
            />
            <Side
              title={ends.target}
              sizeBytes={conflict.targetBytes}
              time={conflict.targetTime}
              isNewer={isNewer(conflict.targetTime, conflict.sourceTime)}
            />
            {!isSingle && (
              <div className={styles.choice}>
                <Select
                  label={`For ${inText(pathBelow(plan.target, conflict.target))}`}
                  hideLabel
                  options={answers}
                  value={choices.of(conflict)}
                  onChange={(answer) => choices.setEach(conflict, answer)}
                />
              </div>
            )}
          </li>
        ))}
      </ul>
      {conflicts.length < toDecide(plan) && (
        <p className={styles.muted}>
          The first {conflicts.length} are shown. The answer above counts for all others.
        </p>
      )}
    </>
  );
}

/** Files that take no part, each with its reason. */
export function LeftOutList({ plan }: { plan: TransferPlan }) {
  return (
    <ul className={styles.pairs}>
      {plan.leftOut.map((out) => (
        <li key={out.path}>
          <code>{visible(out.path)}</code>: {out.why}
        </li>
      ))}
    </ul>
  );
}

/** What a transfer would meet: taken names with both sides, names that change, and what is left out. */
export function TransferPlanView({
  ends,
  plan,
  choices,
}: {
  ends: Ends;
  plan: TransferPlan;
  choices: PlanChoices;
}) {
  const hasConflicts = toDecide(plan) > 0;
  return (
    <>
      {hasConflicts && <Conflicts ends={ends} plan={plan} choices={choices} />}
      <ProductionGuard
        guard={choices.guard}
        what={`${counted(choices.replaced, "file")} will be overwritten.`}
      />
      {plan.identicalCount > 0 && <Identical ends={ends} plan={plan} />}
      {plan.mapped.length > 0 && (
        <Disclosure
          title={`${counted(plan.mapped.length, "name")} cannot be used as ${plan.mapped.length === 1 ? "it is" : "they are"}`}
          isOpen={!hasConflicts}
        >
          <ul className={styles.pairs}>
            {plan.mapped.map((name) => (
              <li key={name.source}>
                <code>{visible(name.source)}</code> becomes <code>{visible(name.target)}</code>
              </li>
            ))}
          </ul>
        </Disclosure>
      )}
      {plan.leftOut.length > 0 && (
        <Disclosure
          title={`${counted(plan.leftOut.length, "file")} ${ends.leftOut ?? "will be left out"}`}
          isOpen={!hasConflicts}
        >
          <LeftOutList plan={plan} />
        </Disclosure>
      )}
      {plan.emptyFolderCount > 0 && (
        <Disclosure
          title={`${counted(plan.emptyFolderCount, "empty folder is", "empty folders are")} left out: a cluster keeps files, and a folder only as a part of their names`}
        >
          <ul className={styles.pairs}>
            {plan.emptyFolders.map((folder) => (
              <li key={folder}>
                <code>{visible(folder)}</code>
              </li>
            ))}
          </ul>
        </Disclosure>
      )}
    </>
  );
}
