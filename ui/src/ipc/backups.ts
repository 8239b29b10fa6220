import { queryOptions } from "@tanstack/react-query";
import { commands } from "./bindings";
import { clusterKey } from "./connections";

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
