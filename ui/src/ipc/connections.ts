import { type QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import { commands, type IpcError } from "./bindings";
import { asCallError } from "./errors";

/**
 * What belongs to one open cluster is kept under `["cluster", id, …]`, so that it can be let go of as one when the
 * connection closes.
 */
export function clusterKey(connectionId: string, ...rest: readonly unknown[]): readonly unknown[] {
  return ["cluster", connectionId, ...rest];
}

type ClusterKey = readonly ["cluster", string, ...unknown[]];

export function isClusterKey(key: readonly unknown[]): key is ClusterKey {
  return key[0] === "cluster" && typeof key[1] === "string";
}

export function lostKey(connectionId: string) {
  return clusterKey(connectionId, "lost");
}

/** An open cluster did not answer a screen. Nothing is sent to find out whether it does again. */
export interface Lost {
  since: string;
  why: IpcError;
}

/** Null as soon as something was answered. */
export function useLost(connectionId: string): Lost | null {
  const { data } = useQuery<Lost | null>({
    queryKey: lostKey(connectionId),
    queryFn: () => null,
    enabled: false,
  });
  return data ?? null;
}

/** A cluster did not answer. The first time counts as its beginning. */
export function tellLost(client: QueryClient, connectionId: string, why: IpcError) {
  client.setQueryData<Lost | null>(lostKey(connectionId), (known) => ({
    since: known?.since ?? new Date().toISOString(),
    why,
  }));
}

/** A cluster answered. What failed while it did not is asked again where it is looked at. */
export function tellReached(client: QueryClient, connectionId: string) {
  client.setQueryData<Lost | null>(lostKey(connectionId), null);
  void client.resetQueries({
    queryKey: clusterKey(connectionId),
    predicate: ({ state }) => state.error !== null && isAway(state.error),
  });
}

/** Nothing was found out about what was asked, only that the cluster cannot be asked. */
export function isAway(thrown: unknown): boolean {
  const { code } = asCallError(thrown);
  return code === "cannotConnect" || code === "connectionLost";
}

export const connectionsQuery = queryOptions({
  queryKey: ["connections"],
  queryFn: commands.listConnections,
  staleTime: Number.POSITIVE_INFINITY,
});

export function useConnections() {
  return useQuery(connectionsQuery);
}

/** Opens the cluster, or takes it as it is when it is open. One login; a failure is never repeated by itself. */
export function openClusterQuery(connectionId: string) {
  return queryOptions({
    queryKey: clusterKey(connectionId, "open"),
    queryFn: async ({ client }) => {
      const opened = await commands.connectCluster(connectionId);
      // The list says which connections are open and when they were last used.
      void client.invalidateQueries(connectionsQuery);
      // What failed while it was closed is not true any more.
      void client.resetQueries({
        queryKey: clusterKey(connectionId),
        predicate: ({ queryKey, state }) => queryKey[2] !== "open" && state.error !== null,
      });
      return opened;
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });
}
