import type { ReactNode } from "react";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Content } from "../../components/Content";
import { filesSummary } from "../../components/filesSummary";
import { JobRow } from "../../components/JobRow";
import { PageHeader } from "../../components/PageHeader";
import { EmptyState, ErrorState, Skeleton } from "../../components/States";
import type { Job } from "../../ipc/bindings";
import { jobControls, useJobs } from "../../ipc/jobs";
import { JobOutcomeView } from "./JobOutcomeView";

interface JobListProps {
  title: string;
  jobs: readonly Job[];
  aside?: ReactNode;
  /** Where a backup or a restore is shown in full, with its proof. */
  onOpenJob: (job: Job) => void;
}

function JobList({ title, jobs, aside, onOpenJob }: JobListProps) {
  return (
    <Card flush title={title} aside={aside}>
      {jobs.map((job) => (
        <JobRow
          key={job.id}
          job={job}
          withConnection
          summary={job.outcome?.kind === "files" ? filesSummary(job.outcome, job) : undefined}
          {...jobControls(job)}
          actions={
            (job.kind === "backup" || job.kind === "restore") && (
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
export function ActivityPage({ onOpenJob }: { onOpenJob: (job: Job) => void }) {
  const { jobs, isKnown, error } = useJobs();
  const unended = jobs.filter((job) => !job.ended);
  const ended = jobs.filter((job) => job.ended);
  const dismissAll = () => {
    for (const job of ended) if (job.can.dismiss) jobControls(job).onDismiss();
  };
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
            Uploads, downloads, backups and restores appear here while they run, and stay with their outcome
            until you dismiss them.
          </EmptyState>
        </Card>
      )}
      {unended.length > 0 && <JobList title="Under way" jobs={unended} onOpenJob={onOpenJob} />}
      {ended.length > 0 && (
        <JobList
          title="Ended"
          jobs={ended}
          onOpenJob={onOpenJob}
          aside={
            <Button size="small" variant="quiet" onPress={dismissAll}>
              Dismiss all
            </Button>
          }
        />
      )}
    </Content>
  );
}
