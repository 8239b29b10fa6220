import { queryOptions, useQuery } from "@tanstack/react-query";
import { commands } from "./bindings";

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

/** Whether an open cluster did not answer when it was last asked. Nothing is sent to find out. */
export function useIsLost(connectionId: string): boolean {
  const { data } = useQuery({ queryKey: lostKey(connectionId), queryFn: () => false, enabled: false });
  return data ?? false;
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
