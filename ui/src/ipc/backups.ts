import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
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

/** How a place with backups is opened by its address: what the dialog for it needs. */
export function useOpenCollection(onOpened: (collection: Collection) => void) {
  const { connection } = useCurrentCluster();
  const queryClient = useQueryClient();
  const saving = useMutation({
    mutationFn: (uri: string) => commands.saveCollection(connection.id, uri),
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
