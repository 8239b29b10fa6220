import type { UseQueryResult } from "@tanstack/react-query";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { ChecksAndSql } from "../../components/ChecksAndSql";
import { checksInShort } from "../../components/PlanChecks";
import { ErrorState, Skeleton } from "../../components/States";
import { StepFoot, StepTitle } from "../../components/StepTitle";
import type { BackupPlan } from "../../ipc/bindings";
import { asCallError } from "../../ipc/errors";
import { bytes, count, counted } from "../../lib/quantity";
import { localMoment } from "../../lib/time";

function sizeOf(plan: BackupPlan): string {
  return [
    plan.tables === null ? "" : counted(plan.tables, "table"),
    plan.rows === null ? "" : `about ${count(plan.rows)} rows`,
    plan.sizeBytes === null ? "" : `about ${bytes(plan.sizeBytes)}`,
  ]
    .filter(Boolean)
    .join(", ");
}

export interface BackUpCheckProps {
  /** Such as "bank" or "the whole cluster". */
  subject: string;
  /** The earlier moment; absent for the present. */
  asOf: string | undefined;
  planning: UseQueryResult<BackupPlan>;
  isStarting: boolean;
  startError: unknown;
  onBack: () => void;
  onStart: (plan: string) => void;
}

export function BackUpCheck({
  subject,
  asOf,
  planning,
  isStarting,
  startError,
  onBack,
  onStart,
}: BackUpCheckProps) {
  const plan = planning.data;
  const short = plan && checksInShort(plan.checks);
  const size = plan ? sizeOf(plan) : "";
  return (
    <>
      <StepTitle title="Will this work?" aside={short && <Badge tone={short.tone}>{short.words}</Badge>}>
        {plan && (
          <>
            A copy of <strong>{subject}</strong>
            {asOf && (
              <>
                {" "}
                as it was on <strong>{localMoment(new Date(asOf), true)}</strong>
              </>
            )}{" "}
            goes into <strong>{plan.collection.name}</strong>
            {size && `: ${size}`}. Everything stays in use meanwhile.
          </>
        )}
      </StepTitle>
      {planning.error ? (
        <ErrorState error={asCallError(planning.error)} alwaysRetry onRetry={() => void planning.refetch()} />
      ) : plan ? (
        <ChecksAndSql checks={plan.checks} sql={plan.sql} onAskPassphrase={onBack} />
      ) : (
        <Card flush>
          <Skeleton label="Checking" rows={4} rowHeight={60} />
        </Card>
      )}
      {startError != null && (
        <ErrorState
          error={asCallError(startError)}
          actions={
            <Button size="small" onPress={() => void planning.refetch()}>
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
            ? "It cannot start before that is out of the way."
            : "It runs in the cluster. You may close the window meanwhile."
        }
      >
        <Button
          variant="primary"
          isDisabled={!plan?.canStart}
          isPending={isStarting}
          onPress={() => plan && onStart(plan.id)}
        >
          {`Back up ${subject}`}
        </Button>
      </StepFoot>
    </>
  );
}
