import { useQuery } from "@tanstack/react-query";
import { Button } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Card } from "../../components/Card";
import { Content } from "../../components/Content";
import { Moment } from "../../components/Moment";
import { PageHeader } from "../../components/PageHeader";
import { ReadOnlyNotice } from "../../components/ReadOnlyNotice";
import { ErrorState, Skeleton } from "../../components/States";
import { overviewQuery } from "../../ipc/backups";
import { useCurrentCluster } from "../../ipc/currentCluster";
import { asCallError } from "../../ipc/errors";
import { bytes, counted } from "../../lib/quantity";
import { CapabilitiesCard } from "./CapabilitiesCard";
import { DatabaseTable } from "./DatabaseTable";
import { Door } from "./Door";
import styles from "./OverviewPage.module.css";

export interface OverviewPageProps {
  /** Where the doors lead. A database is given when the door was opened at its row. */
  onRestore: (database?: string) => void;
  onBackUp: (database?: string) => void;
  onFiles: () => void;
}

/** What one may want of a cluster, what is in it, and how well that is protected. */
export function OverviewPage({ onRestore, onBackUp, onFiles }: OverviewPageProps) {
  const { connection, cluster } = useCurrentCluster();
  const { readOnly } = connection.fields;
  const { data: overview, error, isFetching, refetch } = useQuery(overviewQuery(connection.id));
  const files = overview?.files;
  return (
    <Content>
      <PageHeader title="What do you need?" />
      {readOnly && (
        <ReadOnlyNotice connectionId={connection.id}>
          Databases, backups and files can be looked at. Nothing is backed up, restored or changed through it.
        </ReadOnlyNotice>
      )}
      <div className={styles.doors}>
        <Door title="Get data back" isMain>
          <p>Restore a table, a database or a moment. Nothing you have now is touched.</p>
          <Button variant="primary" onPress={() => onRestore()}>
            Restore…
          </Button>
        </Door>
        <Door title="Take a backup">
          <p>Of a database, into this cluster or a bucket.</p>
          <Button isDisabled={readOnly} onPress={() => onBackUp()}>
            Back up…
          </Button>
        </Door>
        <Door title="Files">
          <p>
            {overview === undefined
              ? "What is stored in the cluster itself."
              : files
                ? `${counted(files.count, "file")}, ${bytes(files.sizeBytes)} stored in the cluster.`
                : "Nothing is stored in the cluster yet."}
          </p>
          <Button onPress={onFiles}>Open files</Button>
        </Door>
      </div>
      {error && <ErrorState error={asCallError(error)} alwaysRetry onRetry={() => void refetch()} />}
      {(overview || !error) && (
        <Card
          flush
          title="Your databases"
          aside={
            overview && (
              <span className={styles.checked}>
                checked <Moment value={overview.checkedAt} />
                <Button
                  size="small"
                  variant="quiet"
                  icon="refresh"
                  isPending={isFetching}
                  onPress={() => void refetch()}
                >
                  Check again
                </Button>
              </span>
            )
          }
        >
          {overview ? (
            <DatabaseTable
              databases={overview.databases.filter((database) => !database.isSystem)}
              onRestore={onRestore}
              user={cluster.user}
              onBackUp={readOnly ? undefined : onBackUp}
            />
          ) : (
            <Skeleton label="Looking at the databases" rows={3} rowHeight={48} />
          )}
        </Card>
      )}
      {overview && overview.gaps.length > 0 && (
        <Callout title="What could not be found out">
          <ul>
            {overview.gaps.map((gap) => (
              <li key={gap}>{gap}</li>
            ))}
          </ul>
        </Callout>
      )}
      <CapabilitiesCard />
    </Content>
  );
}
