import { useState } from "react";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { CancelClusterJob } from "../../components/CancelClusterJob";
import { Card } from "../../components/Card";
import { ClusterJobNote, clusterJobTitle } from "../../components/ClusterJobNote";
import { CopyButton } from "../../components/CopyButton";
import { jobFigures, jobFraction, jobWord } from "../../components/JobRow";
import { KeyValueList } from "../../components/KeyValueList";
import { Moment } from "../../components/Moment";
import { ProgressBar } from "../../components/ProgressBar";
import { ErrorState, Skeleton } from "../../components/States";
import { StepFoot, StepTitle } from "../../components/StepTitle";
import { VerdictCard } from "../../components/VerdictCard";
import type { Job, JobOutcome } from "../../ipc/bindings";
import { jobControls } from "../../ipc/jobs";
import { bytes, count } from "../../lib/quantity";
import { duration } from "../../lib/time";
import styles from "./BackUpPage.module.css";
import type { RestoreFrom } from "./BackupsPage";

type BackupOutcome = Extract<JobOutcome, { kind: "backup" }>;

function Running({ job }: { job: Job }) {
  const controls = jobControls(job);
  const [isAsking, setAsking] = useState(false);
  const { word, tone } = jobWord(job);
  const title = clusterJobTitle("backup", job);
  return (
    <>
      <StepTitle title={job.title} aside={job.state !== "running" && <Badge tone={tone}>{word}</Badge>}>
        {job.state === "waiting"
          ? "You may close the window: the cluster does not need it."
          : "It runs in the cluster. You may close the window meanwhile."}
      </StepTitle>
      <Card>
        <div className={styles.running} role="status">
          <div className={styles.figures}>
            <strong>{title ?? (job.phase || word)}</strong>
            <span>{[jobFigures(job), job.outage && "when it last answered"].filter(Boolean).join(" ")}</span>
          </div>
          <ProgressBar
            label={job.title}
            fraction={job.state === "queued" ? null : jobFraction(job)}
            tone={tone === "attention" ? "attention" : "accent"}
          />
          {job.clusterJobId && (
            <p className={styles.note}>
              Job <code>{job.clusterJobId}</code> of the cluster
            </p>
          )}
        </div>
      </Card>
      <ClusterJobNote kind="backup" job={job} onFollow={controls.onFollow} />
      {job.error && <ErrorState error={job.error} />}
      <StepFoot>
        {job.can.pause && (
          <Button variant="quiet" onPress={controls.onPause}>
            Pause
          </Button>
        )}
        {job.can.resume && <Button onPress={controls.onResume}>Resume</Button>}
        {job.can.cancel && (
          <Button variant="danger" onPress={() => setAsking(true)}>
            Cancel the backup…
          </Button>
        )}
      </StepFoot>
      <CancelClusterJob
        kind="backup"
        isOpen={isAsking && job.can.cancel}
        onClose={() => setAsking(false)}
        onCancel={controls.onCancel}
      />
    </>
  );
}

function Facts({ outcome }: { outcome: BackupOutcome }) {
  const path = `${outcome.collection}${outcome.subdirectory ?? ""}`;
  return (
    <Card title="What was written">
      <KeyValueList
        entries={[
          [
            "Where",
            <span key="path">
              <code>{path}</code> <CopyButton text={path} label="Copy the path" />
            </span>,
          ],
          ["Moment", outcome.endTime && <Moment value={outcome.endTime} withUtc />],
          ["Rows", outcome.rows === null ? null : count(outcome.rows)],
          ["Size", outcome.sizeBytes === null ? null : `${bytes(outcome.sizeBytes)} of data`],
          ["Time", outcome.durationSeconds === null ? null : duration(outcome.durationSeconds * 1000)],
        ]}
      />
    </Card>
  );
}

const endings = {
  succeeded: { title: "The backup is there", emphasis: "good" },
  partlyDone: { title: "The backup is there, but not as it should be", emphasis: "attention" },
  failed: { title: "The backup failed", emphasis: "bad" },
  cancelled: { title: "The backup was cancelled", emphasis: "attention" },
  unknown: { title: "What became of the backup is not known", emphasis: "attention" },
} as const;

export interface BackUpRunProps {
  job: Job | undefined;
  /** It holds an earlier moment: it was taken to get something back. */
  isPast: boolean;
  onDone: () => void;
  onRestore: (from: RestoreFrom) => void;
  onAgain: () => void;
}

/** The backup as it runs, and what it came to. Green only when it was read back. */
export function BackUpRun({ job, isPast, onDone, onRestore, onAgain }: BackUpRunProps) {
  if (job === undefined) {
    return (
      <Card>
        <Skeleton label="Looking for the job" rows={2} />
      </Card>
    );
  }
  if (!job.ended) return <Running job={job} />;
  const outcome = job.outcome?.kind === "backup" ? job.outcome : null;
  const isProven = job.state === "succeeded" && outcome?.checked === true;
  const { title, emphasis } =
    (job.state === "succeeded" || (job.state === "unknown" && outcome !== null)) && !isProven
      ? ({ title: "The backup ended, but could not be read back", emphasis: "attention" } as const)
      : (endings[job.state as keyof typeof endings] ?? endings.unknown);
  const canRestore = outcome?.subdirectory != null && job.state === "succeeded";
  const hasFailed = job.state === "failed";
  const restore = () =>
    outcome &&
    onRestore({
      collection: outcome.collection,
      subdirectory: outcome.subdirectory ?? "",
      moment: outcome.endTime ?? undefined,
    });
  return (
    <>
      <VerdictCard tone={emphasis} wasCancelled={job.state === "cancelled"} title={title}>
        {isProven && "Checked by reading it back"}
        {isProven && job.finishedAt && (
          <>
            , <Moment value={job.finishedAt} />
          </>
        )}
        {isProven && ". "}
        {outcome?.verdict ?? (job.state === "cancelled" ? "Nothing of it can be restored." : "")}
      </VerdictCard>
      {job.error && <ErrorState error={job.error} />}
      {outcome && <Facts outcome={outcome} />}
      <StepFoot
        back={
          hasFailed || (canRestore && isPast) ? (
            <Button variant="quiet" onPress={onDone}>
              See all backups
            </Button>
          ) : canRestore ? (
            <Button variant="quiet" onPress={restore}>
              Restore it beside the live one…
            </Button>
          ) : (
            <Button variant="quiet" onPress={onAgain}>
              Check again
            </Button>
          )
        }
      >
        {canRestore && isPast ? (
          // Nobody takes one for its own sake. The live one may be gone: where it goes is asked later.
          <Button variant="primary" onPress={restore}>
            Restore it…
          </Button>
        ) : hasFailed ? (
          <Button variant="primary" onPress={onAgain}>
            Back to the check
          </Button>
        ) : (
          <Button variant="primary" onPress={onDone}>
            See all backups
          </Button>
        )}
      </StepFoot>
    </>
  );
}
