import type { UseQueryResult } from "@tanstack/react-query";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { ChecksAndSql } from "../../components/ChecksAndSql";
import { Moment } from "../../components/Moment";
import { checksInShort } from "../../components/PlanChecks";
import { ErrorState, Skeleton } from "../../components/States";
import { StepFoot, StepTitle } from "../../components/StepTitle";
import type { PlannedRun, SchedulePlan } from "../../ipc/bindings";
import { asCallError } from "../../ipc/errors";
import styles from "./NewSchedulePage.module.css";
import { fullInWords, inWords } from "./ScheduleTable";

/** "every day at 02:00 UTC, and a full backup every Sunday". */
export function how({
  recurrence,
  fullRecurrence,
}: Pick<SchedulePlan, "recurrence" | "fullRecurrence">): string {
  const words = inWords(recurrence);
  const often = words.charAt(0).toLowerCase() + words.slice(1);
  return fullRecurrence
    ? `${often}, and a full backup ${fullInWords(fullRecurrence, recurrence)}`
    : `${often}, a full backup each time`;
}

export function Runs({ runs, label }: { runs: readonly PlannedRun[]; label: string }) {
  return (
    <ol className={styles.runs} aria-label={label}>
      {runs.map((run, at) => (
        <li key={`${run.at} ${run.kind}`} className={styles.run}>
          <span className={styles.when}>{at === 0 ? "First" : "Then"}</span>
          <Moment value={run.at} withUtc />
          <span className={styles.kind}>{run.kind}</span>
        </li>
      ))}
    </ol>
  );
}

export interface ScheduleCheckProps {
  planning: UseQueryResult<SchedulePlan>;
  isCreating: boolean;
  createError: unknown;
  onBack: () => void;
  onUseName: (name: string) => void;
  onCreate: (plan: string) => void;
  onCheckAgain: () => void;
}

export function ScheduleCheck({
  planning,
  isCreating,
  createError,
  onBack,
  onUseName,
  onCreate,
  onCheckAgain,
}: ScheduleCheckProps) {
  const plan = planning.data;
  const short = plan && checksInShort(plan.checks);
  return (
    <>
      <StepTitle title="Will this work?" aside={short && <Badge tone={short.tone}>{short.words}</Badge>}>
        {plan && (
          <>
            <strong>{plan.label}</strong> backs up <strong>{plan.subject}</strong> into{" "}
            <strong>{plan.collection.name}</strong>: {how(plan)}.
          </>
        )}
      </StepTitle>
      {planning.error ? (
        <ErrorState
          error={asCallError(planning.error)}
          onRetry={() => void planning.refetch()}
          actions={
            // What was chosen is refused: only another choice helps.
            <Button size="small" onPress={onBack}>
              Change it
            </Button>
          }
        />
      ) : plan ? (
        <>
          <Card title="When it runs">
            <Runs runs={plan.runs} label="The first run and three after it" />
          </Card>
          <ChecksAndSql checks={plan.checks} sql={plan.sql} onUseName={onUseName} />
        </>
      ) : (
        <Card flush>
          <Skeleton label="Checking" rows={5} rowHeight={60} />
        </Card>
      )}
      {createError != null && (
        <ErrorState
          error={asCallError(createError)}
          actions={
            <Button size="small" onPress={onCheckAgain}>
              Check again
            </Button>
          }
        />
      )}
      <StepFoot
        back={
          <Button variant="quiet" onPress={onBack}>
            Back
          </Button>
        }
        note={
          plan && !plan.canStart
            ? "It cannot be made before that is out of the way."
            : "It can be paused or deleted at any time."
        }
      >
        <Button
          variant="primary"
          isDisabled={!plan?.canStart}
          isPending={isCreating}
          onPress={() => plan && onCreate(plan.id)}
        >
          Create the schedule
        </Button>
      </StepFoot>
    </>
  );
}
