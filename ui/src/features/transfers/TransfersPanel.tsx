import { useId, useState } from "react";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { filesSummary } from "../../components/filesSummary";
import { Icon } from "../../components/Icon";
import { JobRow, jobFigures, jobWord } from "../../components/JobRow";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { ProgressBar } from "../../components/ProgressBar";
import type { Job } from "../../ipc/bindings";
import { digestOf, jobControls, tookAway, useJobs } from "../../ipc/jobs";
import { visible } from "../../lib/names";
import { count } from "../../lib/quantity";
import { FilesOutcome } from "./FilesOutcome";
import styles from "./TransfersPanel.module.css";
import { totalsOf } from "./totals";

/** How the older ones ended, where that is not well: in the words that their rows have. */
function OlderEnds({ jobs }: { jobs: readonly Job[] }) {
  return (["failed", "partlyDone"] as const).map((state) => {
    const ended = jobs.filter((job) => job.state === state);
    const [first] = ended;
    if (first === undefined) return null;
    const { tone, word } = jobWord(first);
    return <Badge key={state} tone={tone}>{`${count(ended.length)} ${word.toLowerCase()}`}</Badge>;
  });
}

/** Folded, the panel tells of the first; unfolded, each job has its row and the head has the sums. */
function Summary({ jobs, isOpen }: { jobs: readonly Job[]; isOpen: boolean }) {
  const totals = totalsOf(jobs);
  const [first] = totals.unended;
  if (isOpen) {
    const ended = jobs.length - totals.unended.length;
    return (
      <>
        <span className={styles.title}>Activity</span>
        <span className={styles.figures}>
          {[first && totals.words, ended > 0 && `${count(ended)} ended`].filter(Boolean).join(" · ")}
        </span>
      </>
    );
  }
  if (first === undefined) {
    const [newest, ...older] = jobs;
    if (newest === undefined) return null;
    return (
      <>
        <span className={styles.title}>
          <MiddleEllipsis text={newest.title} keepEnd={18} />
        </span>
        <Badge tone={jobWord(newest).tone}>{jobWord(newest).word}</Badge>
        {older.length > 0 && <span className={styles.muted}>and {count(older.length)} more</span>}
        <OlderEnds jobs={older} />
      </>
    );
  }
  const others = totals.unended.length - 1;
  const isStill = totals.unended.every(({ state }) => ["paused", "interrupted", "waiting"].includes(state));
  return (
    <>
      <span className={styles.title}>
        <MiddleEllipsis text={first.title} keepEnd={18} />
      </span>
      {first.state !== "running" && <Badge tone={jobWord(first).tone}>{jobWord(first).word}</Badge>}
      {others > 0 && <span className={styles.muted}>and {count(others)} more</span>}
      <span className={styles.bar}>
        <ProgressBar
          label="All that is under way"
          fraction={totals.fraction}
          tone={isStill ? "attention" : "accent"}
        />
      </span>
      <span className={styles.figures}>{others === 0 ? jobFigures(first) : totals.words}</span>
    </>
  );
}

/** At the foot of every screen while there is something to see; unfolds to all of it. */
export function TransfersPanel({ onUndelete }: { onUndelete: (deletion: Job) => void }) {
  // What was dismissed is history, which Activity keeps.
  const jobs = useJobs().jobs.filter((job) => !job.dismissed);
  const [isOpen, setOpen] = useState(false);
  const listId = useId();
  if (jobs.length === 0) return null;
  // What is under way, or waits for an answer, comes before what is over.
  const inOrder = [...jobs.filter((job) => !job.ended), ...jobs.filter((job) => job.ended)];
  const ended = jobs.filter((job) => job.ended && job.can.dismiss);
  // Folded, the panel tells of the newest; unfolded, each row has its own.
  const retryable =
    !isOpen && jobs.every((job) => job.ended)
      ? jobs.slice(0, 1).find((job) => job.can.retryFailed)
      : undefined;
  // What a quit interrupted waits for a word: that is asked for without unfolding anything.
  const unended = jobs.filter((job) => !job.ended);
  const resumable =
    !isOpen && unended.every((job) => job.state === "interrupted" && job.can.resume) ? unended : [];
  return (
    <section className={styles.panel} aria-label="Activity" data-open={isOpen || undefined}>
      <div className={styles.head}>
        <button
          type="button"
          className={styles.toggle}
          aria-expanded={isOpen}
          aria-controls={listId}
          aria-label={isOpen ? "Hide activity" : "Show activity"}
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name={isOpen ? "chevronDown" : "chevronRight"} size={14} />
          <Summary jobs={jobs} isOpen={isOpen} />
        </button>
        {resumable.length > 0 && (
          <Button
            size="small"
            aria-label={
              resumable.length === 1
                ? `Resume: ${visible(resumable[0]?.title ?? "")}`
                : "Resume all that was interrupted"
            }
            onPress={() => {
              for (const job of resumable) jobControls(job).onResume();
            }}
          >
            {resumable.length === 1 ? "Resume" : "Resume all"}
          </Button>
        )}
        {retryable && (
          <Button
            size="small"
            aria-label={`Retry failed: ${visible(retryable.title)}`}
            onPress={jobControls(retryable).onRetryFailed}
          >
            Retry failed
          </Button>
        )}
        {ended.length > 0 && (
          <Button
            size="small"
            variant="quiet"
            aria-label="Dismiss what ended"
            onPress={() => {
              for (const job of ended) jobControls(job).onDismiss();
            }}
          >
            Dismiss ended
          </Button>
        )}
      </div>
      <div id={listId} className={styles.list} hidden={!isOpen}>
        {isOpen &&
          inOrder.map((job) => (
            <JobRow
              key={job.id}
              job={job}
              withConnection
              isDense
              summary={job.outcome?.kind === "files" ? filesSummary(job.outcome, job) : undefined}
              {...jobControls(job)}
              onUndelete={tookAway(job) ? () => onUndelete(job) : undefined}
            >
              {job.outcome?.kind === "files" && (
                <FilesOutcome
                  sha256={job.kind === "digest" ? digestOf(job) : null}
                  outcome={job.outcome}
                  error={job.error}
                />
              )}
            </JobRow>
          ))}
      </div>
    </section>
  );
}
