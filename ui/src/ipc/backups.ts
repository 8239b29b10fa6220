import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type Collection, commands } from "./bindings";
import { clusterKey } from "./connections";
import { useCurrentCluster } from "./currentCluster";
import { asCallError } from "./errors";

/** Reading a collection costs the cluster statements: what was read holds until a job changes it or one asks again. */
const untilChanged = Number.POSITIVE_INFINITY;

export function collectionsQuery(connectionId: string) {
  return queryOptions({
    queryKey: clusterKey(connectionId, "backups", "collections"),
    queryFn: () => commands.listCollections(connectionId),
    staleTime: untilChanged,
  });
}

export function backupListQuery(connectionId: string, collection: string) {
  return queryOptions({
    queryKey: clusterKey(connectionId, "backups", "list", collection),
    queryFn: () => commands.listBackups(connectionId, collection),
    staleTime: untilChanged,
  });
}

export function databasesQuery(connectionId: string) {
  return queryOptions({
    queryKey: clusterKey(connectionId, "overview", "databases"),
    queryFn: () => commands.listDatabases(connectionId),
    staleTime: 30_000,
  });
}

/** Several statements on the cluster: kept until something changes it or the person asks again. */
export function overviewQuery(connectionId: string) {
  return queryOptions({
    queryKey: clusterKey(connectionId, "overview"),
    queryFn: () => commands.getOverview(connectionId),
    staleTime: 5 * 60_000,
  });
}

/** Names of the tables that are live now, as `schema.table`. */
export function liveTablesQuery(connectionId: string, database: string) {
  return queryOptions({
    queryKey: clusterKey(connectionId, "overview", "tables", database),
    queryFn: () => commands.listTables(connectionId, database),
    staleTime: 30_000,
  });
}

/** What can be backed up, and the places that are known: what every form for backups starts from. */
export function useTargetsAndCollections() {
  const { connection } = useCurrentCluster();
  const databases = useQuery(databasesQuery(connection.id));
  const collections = useQuery(collectionsQuery(connection.id));
  const error = databases.error ?? collections.error;
  return {
    isKnown: databases.data !== undefined && collections.data !== undefined,
    databases: databases.data?.filter((each) => !each.isSystem) ?? [],
    collections: collections.data ?? [],
    error: error ? asCallError(error) : null,
    onRetry: () => {
      void databases.refetch();
      void collections.refetch();
    },
  };
}

/** Answers the known collection that was chosen, or keeps the address of a new one. */
export function useKeepCollection(onKept: (collection: Collection) => void) {
  const { connection } = useCurrentCluster();
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async ({ existing, address }: { existing: Collection | undefined; address: string }) =>
      existing ?? commands.saveCollection(connection.id, address),
    onSuccess: async (kept) => {
      await queryClient.invalidateQueries({ queryKey: clusterKey(connection.id, "backups", "collections") });
      onKept(kept);
    },
  });
}

/** How a place with backups is opened by its address: what the dialog for it needs. */
export function useOpenCollection(onOpened: (collection: Collection) => void) {
  const { connection } = useCurrentCluster();
  const queryClient = useQueryClient();
  const saving = useMutation({
    // It is read before it is kept: what cannot be read stays in the dialog, to be mended there.
    mutationFn: (uri: string) => commands.openCollection(connection.id, uri),
    onSuccess: () =>
      queryClient.invalidateQueries({ queryKey: clusterKey(connection.id, "backups", "collections") }),
  });
  return {
    clusterName: connection.fields.name,
    isPending: saving.isPending,
    error: saving.error ? asCallError(saving.error) : null,
    onAsk: saving.reset,
    onOpen: (uri: string, close: () => void) =>
      saving.mutate(uri, {
        onSuccess: (saved) => {
          close();
          onOpened(saved);
        },
      }),
  };
}
