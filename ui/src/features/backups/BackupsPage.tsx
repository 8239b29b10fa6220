import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Content } from "../../components/Content";
import { DeleteFilesDialog } from "../../components/DeleteFilesDialog";
import { JobRow } from "../../components/JobRow";
import { OpenCollection } from "../../components/OpenCollection";
import { PageHeader } from "../../components/PageHeader";
import { ReadOnlyNotice } from "../../components/ReadOnlyNotice";
import { EmptyState, ErrorState, Skeleton } from "../../components/States";
import { collectionsQuery, useOpenCollection } from "../../ipc/backups";
import type { Chain, Collection, Layer } from "../../ipc/bindings";
import { clusterKey } from "../../ipc/connections";
import { useCurrentCluster } from "../../ipc/currentCluster";
import { useDeletion } from "../../ipc/deletion";
import { asCallError } from "../../ipc/errors";
import { jobControls, useUnendedJobs } from "../../ipc/jobs";
import { CollectionCard, type CollectionFolder } from "./CollectionCard";

/** How many collections are looked into without being asked: each costs the cluster a few statements. */
const openAtFirst = 3;

export interface RestoreFrom {
  collection: string;
  subdirectory: string;
  /** Absent where the chain cannot be read without a passphrase. */
  moment?: string;
}

export interface BackupsPageProps {
  /** Shown first: the collection that was opened elsewhere. */
  collection?: string;
  onBackUp: (collection?: string) => void;
  onRestore: (from: RestoreFrom) => void;
  /** Copying belongs to the files: a collection in file storage is a folder of them. */
  onCopy: (collection: CollectionFolder) => void;
  onOpenJob: (job: string) => void;
}

/** A collection is the same with and without the slash that its folder has at the end. */
const isSame = (uri: string, other: string | undefined) =>
  other !== undefined && uri.replace(/\/+$/, "") === other.replace(/\/+$/, "");

/** What is left of a collection whose files were deleted: its address is known, and there is nothing to show. */
const isEmptied = ({ storage, backups, unfinished, sizeBytes }: Collection) =>
  storage === "userfile" && backups === 0 && unfinished === 0 && sizeBytes === 0;

/** Newest first, the one that was asked for before all. */
function inOrder(collections: readonly Collection[], first: string | undefined): Collection[] {
  return [...collections].sort(
    (a, b) =>
      Number(isSame(b.uri, first)) - Number(isSame(a.uri, first)) ||
      (b.newestAt ?? "").localeCompare(a.newestAt ?? "") ||
      a.name.localeCompare(b.name),
  );
}

function Deletion({ store, path, onClose }: CollectionFolder & { onClose: () => void }) {
  // The transfers tell how far it is, and the list is read anew when it has ended.
  const deletion = useDeletion(store, [path], onClose);
  return <DeleteFilesDialog {...deletion} paths={[path]} onClose={onClose} />;
}

export function BackupsPage({ collection, onBackUp, onRestore, onCopy, onOpenJob }: BackupsPageProps) {
  const { connection } = useCurrentCluster();
  const { readOnly } = connection.fields;
  const queryClient = useQueryClient();
  const [isRefreshing, setRefreshing] = useState(false);
  const [opened, setOpened] = useState<string | null>(null);
  const [toDelete, setToDelete] = useState<CollectionFolder | null>(null);
  const first = opened ?? collection;
  const opening = useOpenCollection(({ uri }) => setOpened(uri));
  const { data, error, refetch } = useQuery(collectionsQuery(connection.id));
  const collections = data?.filter((each) => !isEmptied(each) || isSame(each.uri, first));
  const running = useUnendedJobs(connection.id).filter((job) => job.kind === "backup");
  const refresh = async () => {
    setRefreshing(true);
    await queryClient.invalidateQueries({ queryKey: clusterKey(connection.id, "backups") });
    setRefreshing(false);
  };
  // Where there are no backups yet, the page's middle offers the first one.
  const backUp = (
    <Button variant="primary" isDisabled={readOnly} onPress={() => onBackUp()}>
      Back up…
    </Button>
  );
  return (
    <Content>
      <PageHeader
        title="Backups"
        description="A backup holds a database as it was at one moment. Backups of the same kind are kept together in a collection."
        actions={
          <>
            <Button variant="quiet" icon="refresh" isPending={isRefreshing} onPress={() => void refresh()}>
              Refresh
            </Button>
            <OpenCollection {...opening} />
            {error || collections?.length ? backUp : null}
          </>
        }
      />
      {readOnly && (
        <ReadOnlyNotice connectionId={connection.id}>
          Backups can be looked at, and none taken or restored.
        </ReadOnlyNotice>
      )}
      {running.length > 0 && (
        <Card flush>
          {running.map((job) => (
            <JobRow
              key={job.id}
              job={job}
              {...jobControls(job)}
              actions={
                <Button size="small" variant="quiet" onPress={() => onOpenJob(job.id)}>
                  Watch
                </Button>
              }
            />
          ))}
        </Card>
      )}
      {error ? (
        <ErrorState error={asCallError(error)} alwaysRetry onRetry={() => void refetch()} />
      ) : collections === undefined ? (
        <Card flush>
          <Skeleton label="Looking for backups" rows={4} />
        </Card>
      ) : collections.length === 0 ? (
        <Card flush>
          <EmptyState icon="database" title="No backups yet" action={backUp}>
            The first backup takes a copy of a whole database. It lies in the cluster's file storage unless
            you choose another place.
          </EmptyState>
        </Card>
      ) : (
        inOrder(collections, first).map((each, at) => (
          <CollectionCard
            key={each.uri}
            connectionId={connection.id}
            collection={each}
            isOpen={at < openAtFirst || isSame(each.uri, first)}
            isAskedFor={isSame(each.uri, first)}
            onBackUp={readOnly ? undefined : () => onBackUp(each.uri)}
            onCopy={onCopy}
            onDelete={readOnly ? undefined : setToDelete}
            onRestore={(chain: Chain, layer?: Layer) =>
              onRestore({
                collection: each.uri,
                subdirectory: chain.subdirectory,
                moment: layer?.endTime,
              })
            }
          />
        ))
      )}
      {toDelete && <Deletion {...toDelete} onClose={() => setToDelete(null)} />}
    </Content>
  );
}
