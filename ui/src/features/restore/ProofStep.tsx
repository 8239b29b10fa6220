import { Button } from "../../components/Button";
import { CopyButton } from "../../components/CopyButton";
import { ErrorState } from "../../components/States";
import { StepFoot } from "../../components/StepTitle";
import { VerdictCard } from "../../components/VerdictCard";
import type { Job } from "../../ipc/bindings";
import { useCurrentCluster } from "../../ipc/currentCluster";
import { CompareCard } from "./CompareCard";
import { canBeCompared, goneFrom, goneIn, missingIn, useComparison } from "./comparison";
import { endingOf } from "./ending";
import { namesInShort } from "./kinds";
import { LookForIt } from "./LookForIt";
import styles from "./ProofStep.module.css";
import { ProofTable } from "./ProofTable";
import { reportOf } from "./report";
import { type RestoreOutcome, WhatNow } from "./WhatNow";

export interface ProofStepProps {
  job: Job;
  /** What the wizard knows without the job: for endings that tell nothing. */
  database: string | undefined;
  tables: readonly string[] | undefined;
  newName: string | undefined;
  /** It ended before the eyes of the person, not some time ago. */
  isFresh: boolean;
  /** Leads on to the rows that the live database lacks. */
  onMissing: () => void;
  /** Leads to a return of rows, under way or ended. */
  onBroughtBack: (job: Job) => void;
  /** Restores some tables of the same moment into the database they came from. */
  onTables: (from: RestoreOutcome, tables: string[]) => void;
  onDone: () => void;
  onAgain: () => void;
}

/** How it ended, in the words of what was found, and never better than that. */
export function ProofStep({
  job,
  database,
  tables,
  newName,
  isFresh,
  onMissing,
  onBroughtBack,
  onTables,
  onDone,
  onAgain,
}: ProofStepProps) {
  const { connection } = useCurrentCluster();
  const comparison = useComparison(job);
  const outcome = job.outcome?.kind === "restore" ? job.outcome : null;
  const { tone, title, text, isThere } = endingOf(job, outcome, { from: database, as: newName, tables });
  const name = outcome?.database ?? newName;
  const isComparable = outcome !== null && isThere && canBeCompared(outcome);
  const compared = isComparable && !comparison.isStale ? comparison.outcome : null;
  const canWrite = compared !== null && !connection.fields.readOnly;
  const canBringBack = canWrite && missingIn(compared) > 0;
  const gone = outcome ? goneFrom(outcome, compared) : [];
  // A whole table weighs more than some of its rows, so its way back goes first.
  const canRestoreGone = canWrite && goneIn(compared).length > 0;
  return (
    <>
      <VerdictCard tone={tone} wasCancelled={job.state === "cancelled"} title={title}>
        {text}
      </VerdictCard>
      {job.error && <ErrorState error={job.error} />}
      {job.state === "unknown" && !isThere && name && (
        <LookForIt connectionId={job.connectionId} name={name} />
      )}
      {isComparable && (
        <CompareCard
          restored={outcome}
          comparison={comparison}
          isFresh={isFresh}
          isReadOnly={connection.fields.readOnly}
          onOpenBack={onBroughtBack}
        />
      )}
      {outcome && outcome.tables.length > 0 && (
        <ProofTable tables={outcome.tables} live={outcome.fromDatabase} restored={outcome.database} />
      )}
      {outcome && isThere && (
        <WhatNow
          outcome={outcome}
          compared={compared}
          gone={gone}
          isGoneOffered={canRestoreGone}
          onTables={(chosen) => onTables(outcome, chosen)}
        />
      )}
      <StepFoot
        back={
          <div className={styles.back}>
            <CopyButton text={reportOf(job, title, text, compared)} label="Copy report" />
            {!isThere && (
              <Button variant="quiet" onPress={onAgain}>
                Back to the check
              </Button>
            )}
          </div>
        }
      >
        <Button variant={canBringBack || canRestoreGone ? "secondary" : "primary"} onPress={onDone}>
          Done
        </Button>
        {canBringBack && (
          <Button variant={canRestoreGone ? "secondary" : "primary"} onPress={onMissing}>
            Bring missing rows back…
          </Button>
        )}
        {outcome && canRestoreGone && (
          <Button variant="primary" onPress={() => onTables(outcome, gone)}>
            {`Restore ${namesInShort(gone)} into ${outcome.fromDatabase}…`}
          </Button>
        )}
      </StepFoot>
    </>
  );
}
