import { type ReactNode, useState } from "react";
import { visible } from "../lib/names";
import { bytes, bytesOf, count, percent } from "../lib/quantity";
import { aboutDuration } from "../lib/time";
import { Badge, Mark } from "./Badge";
import { Button } from "./Button";
import { CancelClusterJob, isClusterJob } from "./CancelClusterJob";
import { Icon, type IconName } from "./Icon";
import styles from "./JobRow.module.css";
import { MiddleEllipsis } from "./MiddleEllipsis";
import { Moment } from "./Moment";
import { NextTry, Since } from "./Outage";
import { ProgressBar } from "./ProgressBar";
import { ErrorState, type ShownError } from "./States";
import type { Tone } from "./tone";

/** The part of a job that a row shows. Jobs of the wire have this shape. */
export interface ShownJob {
  id: string;
  kind: string;
  title: string;
  connectionName: string;
  state: JobStateName;
  phase: string;
  progress: { done: number; total: number | null; unit: "bytes" | "files" | "rows" | "percent" };
  bytesPerSecond: number | null;
  secondsLeft: number | null;
  finishedAt: string | null;
  error: ShownError | null;
  /** Present while the cluster does not answer; `nextTry` is null while it is asked. */
  outage: { since: string; nextTry: string | null; why: ShownError } | null;
  /** What the cluster was not told yet. */
  asked: "pause" | "cancel" | null;
  ended: boolean;
  /** All of what it did was checked. */
  fullyChecked: boolean;
  can: {
    pause: boolean;
    resume: boolean;
    cancel: boolean;
    retryFailed: boolean;
    dismiss: boolean;
    showInFolder: boolean;
  };
}

export type JobStateName =
  | "queued"
  | "running"
  | "paused"
  | "waiting"
  | "cancelling"
  | "reverting"
  | "interrupted"
  | "succeeded"
  | "partlyDone"
  | "failed"
  | "cancelled"
  | "unknown";

const jobStates: Record<JobStateName, { word: string; tone: Tone }> = {
  queued: { word: "In line", tone: "neutral" },
  running: { word: "Running", tone: "accent" },
  paused: { word: "Paused", tone: "attention" },
  waiting: { word: "Waiting", tone: "attention" },
  cancelling: { word: "Cancelling", tone: "neutral" },
  reverting: { word: "Taking back", tone: "attention" },
  interrupted: { word: "Interrupted", tone: "attention" },
  succeeded: { word: "Done, checked", tone: "good" },
  partlyDone: { word: "Partly done", tone: "attention" },
  failed: { word: "Failed", tone: "bad" },
  cancelled: { word: "Cancelled", tone: "neutral" },
  unknown: { word: "Outcome unknown", tone: "attention" },
};

/** The state of a job in a word. Green is only what was checked as a whole. */
export function jobWord({ state, fullyChecked }: Pick<ShownJob, "state" | "fullyChecked">): {
  word: string;
  tone: Tone;
} {
  return state === "succeeded" && !fullyChecked
    ? { word: "Done, partly checked", tone: "attention" }
    : jobStates[state];
}

const icons: Record<string, IconName> = {
  upload: "arrowUp",
  importArchive: "arrowUp",
  download: "arrowDown",
  exportArchive: "arrowDown",
  backup: "database",
  restore: "restore",
  deleteFiles: "trash",
  undelete: "restore",
  repair: "refresh",
  compare: "search",
  bringBack: "restore",
};

/** 0 to 1, or null while the total is not known. */
export function jobFraction({ progress }: ShownJob): number | null {
  if (progress.total === null) return null;
  return progress.total === 0 ? 0 : Math.min(1, progress.done / progress.total);
}

/** "412 of 900 MiB · 46 % · 38 MiB/s · 13 s left". */
export function jobFigures(job: ShownJob): string {
  const { done, total, unit } = job.progress;
  const fraction = jobFraction(job);
  const amount =
    unit === "bytes"
      ? total === null
        ? bytes(done)
        : bytesOf(done, total)
      : unit === "files" || unit === "rows"
        ? `${count(done)}${total === null ? "" : ` of ${count(total)}`} ${unit}`
        : fraction === null
          ? ""
          : percent(fraction);
  const isMoving = job.state === "running";
  return [
    amount,
    fraction !== null && unit !== "percent" ? percent(fraction) : "",
    isMoving && job.bytesPerSecond ? `${bytes(job.bytesPerSecond)}/s` : "",
    isMoving && job.secondsLeft !== null ? `${aboutDuration(job.secondsLeft * 1000)} left` : "",
  ]
    .filter(Boolean)
    .join(" · ");
}

/** What a person asked for and the cluster was not told yet. */
export function askedInWords({
  asked,
  outage,
  state,
}: Pick<ShownJob, "asked" | "outage" | "state">): string | null {
  if (asked === null) return null;
  const what = asked === "cancel" ? "Cancel asked for" : "Pause asked for";
  if (outage) return `${what}; it is sent when the cluster answers`;
  return state === "waiting"
    ? `${what}; it is sent when the cluster is connected`
    : `${what}; it is being sent`;
}

function OutageLine({ outage }: { outage: NonNullable<ShownJob["outage"]> }) {
  return (
    <>
      No answer since <Since at={outage.since} />, <NextTry at={outage.nextTry ?? "now"} />
    </>
  );
}

export interface JobRowProps {
  job: ShownJob;
  /** Names the cluster: for lists over several. */
  withConnection?: boolean;
  /** Two lines for a job that ended, in a list of many. */
  isDense?: boolean;
  /** What an ended job came to, in a few words. */
  summary?: string;
  onPause?: () => void;
  onResume?: () => void;
  onCancel?: () => void;
  onRetryFailed?: () => void;
  onDismiss?: () => void;
  onShowInFolder?: () => void;
  /** Asks a cluster that does not answer once more. */
  onTryNow?: () => void;
  /** Of a deletion: where what it took away can be had back. */
  onUndelete?: () => void;
  /** More buttons, such as where the result is to be seen. */
  actions?: ReactNode;
  /** Under the row: what the job left behind. */
  children?: ReactNode;
}

/** A job as it is, in place: what, how far, how fast, how long still; and what can be asked of it now. */
export function JobRow({
  job,
  withConnection,
  isDense = false,
  summary,
  onPause,
  onResume,
  onCancel,
  onRetryFailed,
  onDismiss,
  onShowInFolder,
  onTryNow,
  onUndelete,
  actions,
  children,
}: JobRowProps) {
  const [isAsking, setAsking] = useState(false);
  const { word, tone } = jobWord(job);
  const needsQuestion = isClusterJob(job.kind);
  const fraction = jobFraction(job);
  const figures = jobFigures(job);
  const asked = askedInWords(job);
  const about = [
    withConnection && job.connectionName,
    job.ended ? summary : asked ? asked : !job.outage && job.phase,
  ]
    .filter(Boolean)
    .join(" · ");
  const title = visible(job.title);
  const named = (verb: string) => `${verb}: ${title}`;
  return (
    <article
      className={styles.row}
      aria-label={title}
      data-dense={isDense || undefined}
      data-ended={job.ended || undefined}
    >
      {job.ended ? (
        <Mark tone={tone} icon={job.state === "cancelled" ? "minus" : undefined} />
      ) : (
        <span className={styles.icon} aria-hidden="true">
          <Icon name={icons[job.kind] ?? "activity"} size={13} />
        </span>
      )}
      <div className={styles.body}>
        <div className={styles.head}>
          <span className={styles.title}>
            <MiddleEllipsis text={job.title} keepEnd={18} />
          </span>
          {job.state !== "running" && <Badge tone={tone}>{word}</Badge>}
          <span className={styles.figures}>
            {job.ended ? job.finishedAt && <Moment value={job.finishedAt} withRelative /> : figures}
          </span>
        </div>
        {!job.ended && (
          <ProgressBar
            label={title}
            fraction={job.state === "queued" ? 0 : fraction}
            valueText={figures || undefined}
            tone={tone === "attention" ? "attention" : "accent"}
          />
        )}
        {(about || job.outage) && (
          <p className={styles.phase}>
            {about}
            {about && job.outage && " · "}
            {job.outage && <OutageLine outage={job.outage} />}
          </p>
        )}
        {job.error && <ErrorState error={job.error} isCompact={isDense} />}
        {children}
      </div>
      <div className={styles.actions}>
        {actions}
        {job.outage?.nextTry && onTryNow && (
          <Button size="small" aria-label={named("Try now")} onPress={onTryNow}>
            Try now
          </Button>
        )}
        {job.can.pause && onPause && (
          <Button size="small" variant="quiet" aria-label={named("Pause")} onPress={onPause}>
            Pause
          </Button>
        )}
        {job.can.resume && onResume && (
          <Button size="small" aria-label={named("Resume")} onPress={onResume}>
            Resume
          </Button>
        )}
        {job.can.cancel && onCancel && (
          <Button
            size="small"
            variant="quiet"
            aria-label={named("Cancel")}
            onPress={needsQuestion ? () => setAsking(true) : onCancel}
          >
            {needsQuestion ? "Cancel…" : "Cancel"}
          </Button>
        )}
        {isClusterJob(job.kind) && onCancel && (
          <CancelClusterJob
            kind={job.kind}
            isOpen={isAsking && job.can.cancel}
            onClose={() => setAsking(false)}
            onCancel={onCancel}
          />
        )}
        {job.can.retryFailed && onRetryFailed && (
          <Button size="small" aria-label={named("Retry failed")} onPress={onRetryFailed}>
            Retry failed
          </Button>
        )}
        {onUndelete && (
          <Button size="small" aria-label={named("Undelete")} onPress={onUndelete}>
            Undelete…
          </Button>
        )}
        {job.can.showInFolder && onShowInFolder && (
          <Button size="small" aria-label={named("Show in folder")} onPress={onShowInFolder}>
            Show in folder
          </Button>
        )}
        {job.can.dismiss && job.ended && onDismiss && (
          <Button size="small" variant="quiet" aria-label={named("Dismiss")} onPress={onDismiss}>
            Dismiss
          </Button>
        )}
      </div>
    </article>
  );
}
