import { useEffect, useState } from "react";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { CancelClusterJob } from "../../components/CancelClusterJob";
import { Card } from "../../components/Card";
import { ClusterJobNote, clusterJobTitle } from "../../components/ClusterJobNote";
import { jobFraction, jobWord } from "../../components/JobRow";
import { ProgressBar } from "../../components/ProgressBar";
import { ErrorState } from "../../components/States";
import { StepFoot, StepTitle } from "../../components/StepTitle";
import type { Job } from "../../ipc/bindings";
import { jobControls } from "../../ipc/jobs";
import { percent } from "../../lib/quantity";
import { aboutDuration, duration } from "../../lib/time";
import styles from "./RunStep.module.css";

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
  const title = clusterJobTitle("restore", job);
  const { word, tone } = jobWord(job);
  const left = job.state === "running" ? job.secondsLeft : null;
  return (
    <>
      <StepTitle title={job.title} aside={job.state !== "running" && <Badge tone={tone}>{word}</Badge>}>
        {job.state === "waiting"
          ? "You may close the window: the cluster does not need it."
          : "You may close the window meanwhile: it runs in the cluster."}
        {isLiveSafe && " Nothing that is there now is touched."}
      </StepTitle>
      <Card>
        <div className={styles.run}>
          <div className={styles.figures}>
            <span className={styles.percent}>{fraction === null ? "…" : percent(fraction)}</span>
            <span className={styles.phase} role="status">
              {title ?? (job.phase || "Restoring")}
            </span>
            <span className={styles.left}>
              {job.outage ? "when it last answered" : left !== null && `${aboutDuration(left * 1000)} left`}
            </span>
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
      <ClusterJobNote kind="restore" job={job} onFollow={controls.onFollow} />
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
