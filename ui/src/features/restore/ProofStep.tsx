import { Mark } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { CopyButton } from "../../components/CopyButton";
import { Disclosure } from "../../components/Disclosure";
import { SqlBlock } from "../../components/SqlBlock";
import { ErrorState } from "../../components/States";
import { StepFoot } from "../../components/StepTitle";
import type { Job, JobOutcome } from "../../ipc/bindings";
import { counted } from "../../lib/quantity";
import { endingOf } from "./ending";
import { LookForIt } from "./LookForIt";
import styles from "./ProofStep.module.css";
import { ProofTable } from "./ProofTable";
import { reportOf } from "./report";

type RestoreOutcome = Extract<JobOutcome, { kind: "restore" }>;

function WhatNow({ outcome }: { outcome: RestoreOutcome }) {
  const isBeside = outcome.database !== outcome.fromDatabase;
  return (
    <Card title="What now?">
      <div className={styles.next}>
        <section>
          <h3>Look first</h3>
          <p>
            Open <strong>{outcome.database}</strong> with your own tools and check what matters to you.
          </p>
          <CopyButton text={outcome.database} label="Copy its name" />
        </section>
        {isBeside && (
          <section>
            <h3>Keep both, for now</h3>
            <p>
              <strong>{outcome.fromDatabase}</strong> is as it was before. Copy over what you need, or drop{" "}
              <strong>{outcome.database}</strong> when you are done.
            </p>
          </section>
        )}
        {outcome.lostGrants.length > 0 && (
          <section>
            <h3>Give access back</h3>
            <p>{counted(outcome.lostGrants.length, "grant")} of the original did not come along.</p>
          </section>
        )}
      </div>
      {outcome.lostGrants.length > 0 && (
        <div className={styles.grants}>
          <Disclosure title={`Review ${counted(outcome.lostGrants.length, "grant")}`}>
            <SqlBlock
              sql={`${outcome.lostGrants.map((grant) => grant.replace(/;\s*$/, "")).join(";\n")};`}
              label="Grants to run"
            />
          </Disclosure>
        </div>
      )}
    </Card>
  );
}

export interface ProofStepProps {
  job: Job;
  /** What the wizard knows without the job: for endings that tell nothing. */
  database: string | undefined;
  newName: string | undefined;
  onDone: () => void;
  onAgain: () => void;
}

/** How it ended, in the words of what was found, and never better than that. */
export function ProofStep({ job, database, newName, onDone, onAgain }: ProofStepProps) {
  const outcome = job.outcome?.kind === "restore" ? job.outcome : null;
  const from = outcome?.fromDatabase ?? database ?? "the database";
  const as = outcome?.database ?? newName ?? from;
  const { tone, title, text, isThere } = endingOf(job, outcome, from, as);
  return (
    <>
      <Card emphasis={tone}>
        <div className={styles.verdict} role="status">
          <Mark tone={tone} size={36} icon={job.state === "cancelled" ? "minus" : undefined} />
          <div className={styles.words}>
            <h2>{title}</h2>
            <p>{text}</p>
          </div>
        </div>
      </Card>
      {job.error && <ErrorState error={job.error} />}
      {job.state === "unknown" && !isThere && <LookForIt connectionId={job.connectionId} name={as} />}
      {outcome && outcome.tables.length > 0 && <ProofTable tables={outcome.tables} />}
      {outcome && isThere && <WhatNow outcome={outcome} />}
      <StepFoot
        back={
          <div className={styles.back}>
            <CopyButton text={reportOf(job, title, text)} label="Copy report" />
            {!isThere && (
              <Button variant="quiet" onPress={onAgain}>
                Back to the check
              </Button>
            )}
          </div>
        }
      >
        <Button variant="primary" onPress={onDone}>
          Done
        </Button>
      </StepFoot>
    </>
  );
}
