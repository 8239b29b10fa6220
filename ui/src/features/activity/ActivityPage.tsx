import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Content } from "../../components/Content";
import { ConfirmDialog } from "../../components/Dialog";
import { filesSummary } from "../../components/filesSummary";
import { JobRow } from "../../components/JobRow";
import { PageHeader } from "../../components/PageHeader";
import { EmptyState, ErrorState, Skeleton } from "../../components/States";
import { commands, type Job } from "../../ipc/bindings";
import { asCallError } from "../../ipc/errors";
import { jobControls, tookAway, useJobs } from "../../ipc/jobs";
import { counted } from "../../lib/quantity";
import { JobOutcomeView } from "./JobOutcomeView";

interface JobListProps {
  title: string;
  jobs: readonly Job[];
  /** Of every state. */
  all: readonly Job[];
  aside?: ReactNode;
  /** Where a backup or a restore is shown in full, with its proof. */
  onOpenJob: (job: Job) => void;
  /** Where what a deletion took away can be had back. */
  onUndelete: (deletion: Job) => void;
}

/** Backups and restores have a page, and what goes on from a restore is seen on that of the restore. */
function opensAt(job: Job, jobs: readonly Job[]): boolean {
  if (job.kind === "backup" || job.kind === "restore") return true;
  return job.follows !== null && jobs.some(({ id }) => id === job.follows);
}

function JobList({ title, jobs, all, aside, onOpenJob, onUndelete }: JobListProps) {
  return (
    <Card flush title={title} aside={aside}>
      {jobs.map((job) => (
        <JobRow
          key={job.id}
          job={job}
          withConnection
          summary={job.outcome?.kind === "files" ? filesSummary(job.outcome, job) : undefined}
          {...jobControls(job)}
          onDismiss={undefined}
          onUndelete={tookAway(job) ? () => onUndelete(job) : undefined}
          actions={
            opensAt(job, all) && (
              <Button
                size="small"
                variant="quiet"
                aria-label={`Open: ${job.title}`}
                onPress={() => onOpenJob(job)}
              >
                Open
              </Button>
            )
          }
        >
          {job.outcome && <JobOutcomeView outcome={job.outcome} error={job.error} />}
        </JobRow>
      ))}
    </Card>
  );
}

/** Everything that takes longer than a moment, over all clusters, and what became of it. */
export function ActivityPage({ onOpenJob, onUndelete }: Pick<JobListProps, "onOpenJob" | "onUndelete">) {
  const { jobs, isKnown, error } = useJobs();
  const unended = jobs.filter((job) => !job.ended);
  const ended = jobs.filter((job) => job.ended);
  const [isAsking, setAsking] = useState(false);
  const clearing = useMutation({
    mutationFn: () => commands.clearJobHistory(),
    onSettled: () => setAsking(false),
  });
  return (
    <Content>
      <PageHeader
        title="Activity"
        description="Transfers run in this app and can be resumed after a quit. Backups and restores run in the cluster and go on without it."
      />
      {error && <ErrorState error={error} />}
      {!isKnown && !error && (
        <Card flush>
          <Skeleton label="Loading the jobs" rows={4} rowHeight={56} />
        </Card>
      )}
      {isKnown && jobs.length === 0 && (
        <Card flush>
          <EmptyState icon="activity" title="Nothing has been done yet">
            Uploads, downloads, backups and restores appear here while they run, and stay here with their
            outcome.
          </EmptyState>
        </Card>
      )}
      {unended.length > 0 && (
        <JobList title="Under way" jobs={unended} all={jobs} onOpenJob={onOpenJob} onUndelete={onUndelete} />
      )}
      {ended.length > 0 && (
        <JobList
          title="Ended"
          jobs={ended}
          all={jobs}
          onOpenJob={onOpenJob}
          onUndelete={onUndelete}
          aside={
            <Button size="small" variant="quiet" onPress={() => setAsking(true)}>
              Clear history…
            </Button>
          }
        />
      )}
      {clearing.error && <ErrorState error={asCallError(clearing.error)} />}
      <ConfirmDialog
        title="Clear the history?"
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() => clearing.mutate()}
        confirmLabel={`Forget ${counted(ended.length, "job")}`}
        cancelLabel="Keep it"
        isPending={clearing.isPending}
        isDanger
      >
        <p>
          What these jobs did stays. Forgotten is the record of it: checksums, row counts and the reports of
          restores.
        </p>
      </ConfirmDialog>
    </Content>
  );
}
