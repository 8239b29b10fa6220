import { Link } from "@tanstack/react-router";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Content } from "../../components/Content";
import { JobRow } from "../../components/JobRow";
import { PageHeader } from "../../components/PageHeader";
import { EmptyState, ErrorState, Skeleton } from "../../components/States";
import type { Job } from "../../ipc/bindings";
import { jobControls, useJobs } from "../../ipc/jobs";
import styles from "./ActivityPage.module.css";
import { JobOutcomeView } from "./JobOutcomeView";

function JobList({ title, jobs, aside }: { title: string; jobs: readonly Job[]; aside?: React.ReactNode }) {
  return (
    <Card flush title={title} aside={aside}>
      {jobs.map((job) => (
        <JobRow
          key={job.id}
          job={job}
          withConnection
          {...jobControls(job)}
          actions={
            job.kind === "backup" || job.kind === "restore" ? (
              <Link
                to="/clusters/$connectionId"
                params={{ connectionId: job.connectionId }}
                className={styles.link}
                aria-label={`Open the cluster ${job.connectionName}`}
              >
                Open cluster
              </Link>
            ) : undefined
          }
        >
          {job.outcome && <JobOutcomeView outcome={job.outcome} />}
        </JobRow>
      ))}
    </Card>
  );
}

/** Everything that takes longer than a moment, over all clusters, and what became of it. */
export function ActivityPage() {
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
      {unended.length > 0 && <JobList title="Under way" jobs={unended} />}
      {ended.length > 0 && (
        <JobList
          title="Ended"
          jobs={ended}
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
