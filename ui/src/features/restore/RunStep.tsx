import { useEffect, useState } from "react";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { CancelClusterJob } from "../../components/CancelClusterJob";
import { Card } from "../../components/Card";
import { jobFraction, jobWord } from "../../components/JobRow";
import { ProgressBar } from "../../components/ProgressBar";
import { ErrorState } from "../../components/States";
import { StepFoot, StepTitle } from "../../components/StepTitle";
import type { Job, JobState } from "../../ipc/bindings";
import { jobControls } from "../../ipc/jobs";
import { percent } from "../../lib/quantity";
import { aboutDuration, duration } from "../../lib/time";
import styles from "./RunStep.module.css";

/** What is true in each state that is not an end, so that nobody has to guess whether something is wrong. */
const said: Partial<Record<JobState, { title: string; text: string }>> = {
  queued: {
    title: "It is about to start",
    text: "The cluster has taken the restore and looks for a node to run it.",
  },
  paused: {
    title: "The restore is paused",
    text: "What has been written stays, hidden, until it goes on or is cancelled.",
  },
  waiting: {
    title: "The connection was lost",
    text: "The restore goes on in the cluster. It is looked for again.",
  },
  cancelling: {
    title: "The restore is being cancelled",
    text: "The cluster stops it and takes back what was written.",
  },
  reverting: {
    title: "The cluster takes back what it has written",
    text: "This cannot be stopped. When it is over, no half-restored table is left.",
  },
  interrupted: {
    title: "The restore is not being watched",
    text: "It goes on in the cluster. Resume watches it again.",
  },
};

/** Seconds since `since`, counted on while the restore runs. */
function useElapsed(since: string | null, isRunning: boolean): number | null {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isRunning]);
  return since === null ? null : Math.max(0, now - new Date(since).getTime());
}

export function RunStep({ job, isLiveSafe }: { job: Job; isLiveSafe: boolean }) {
  const [isAsking, setAsking] = useState(false);
  const controls = jobControls(job);
  const fraction = jobFraction(job);
  const elapsed = useElapsed(job.startedAt, job.state === "running");
  const note = said[job.state];
  const { word, tone } = jobWord(job);
  const left = job.state === "running" ? job.secondsLeft : null;
  return (
    <>
      <StepTitle title={job.title} aside={job.state !== "running" && <Badge tone={tone}>{word}</Badge>}>
        You may close the window meanwhile: it runs in the cluster.
        {isLiveSafe && " Nothing that is there now is touched."}
      </StepTitle>
      <Card>
        <div className={styles.run}>
          <div className={styles.figures}>
            <span className={styles.percent}>{fraction === null ? "…" : percent(fraction)}</span>
            <span className={styles.phase} role="status">
              {note?.title ?? (job.phase || "Restoring")}
            </span>
            <span className={styles.left}>{left !== null && `${aboutDuration(left * 1000)} left`}</span>
          </div>
          <ProgressBar
            label={job.title}
            fraction={job.state === "queued" ? null : fraction}
            tone={tone === "attention" ? "attention" : "accent"}
          />
          <p className={styles.facts}>
            {[
              elapsed === null ? "" : `running for ${duration(Math.floor(elapsed / 1000) * 1000)}`,
              job.clusterJobId ? `job ${job.clusterJobId} of the cluster` : "",
            ]
              .filter(Boolean)
              .join(" · ")}
          </p>
        </div>
      </Card>
      {note && (
        <Callout tone={job.state === "queued" ? "info" : "attention"} title={note.title}>
          {note.text}
          {job.phase && ` ${job.phase}.`}
        </Callout>
      )}
      {job.error && <ErrorState error={job.error} />}
      <StepFoot>
        {job.can.pause && (
          <Button variant="quiet" onPress={controls.onPause}>
            Pause
          </Button>
        )}
        {job.can.cancel && (
          <Button variant="danger" onPress={() => setAsking(true)}>
            Cancel the restore…
          </Button>
        )}
        {job.can.resume && (
          <Button variant="primary" onPress={controls.onResume}>
            Resume
          </Button>
        )}
      </StepFoot>
      <CancelClusterJob
        kind="restore"
        isOpen={isAsking && job.can.cancel}
        onClose={() => setAsking(false)}
        onCancel={controls.onCancel}
      />
    </>
  );
}
