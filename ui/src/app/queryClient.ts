import { QueryCache, QueryClient } from "@tanstack/react-query";
import { isAway, isClusterKey, type Lost, lostKey, tellLost } from "../ipc/connections";
import { asCallError } from "../ipc/errors";
import { tryJobsNow } from "../ipc/jobs";

/**
 * Nothing is asked of a cluster that a person did not ask for: no retry (a login must never be repeated by
 * itself), no refetch because the window came back (a serverless cluster would be woken and paid for).
 * `networkMode` is `always` because the local process answers whether or not there is a network.
 */
export function makeQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    // Each answer tells whether the cluster behind it is still there.
    queryCache: new QueryCache({
      onError: (thrown, { queryKey }) => {
        if (isClusterKey(queryKey) && isAway(thrown)) tellLost(client, queryKey[1], asCallError(thrown));
      },
      onSuccess: (_, { queryKey }) => {
        if (!isClusterKey(queryKey)) return;
        client.setQueryData<Lost | null>(lostKey(queryKey[1]), null);
        tryJobsNow(queryKey[1]);
      },
    }),
    defaultOptions: {
      queries: {
        retry: false,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        networkMode: "always",
        staleTime: 30_000,
      },
      mutations: { retry: false, networkMode: "always" },
    },
  });
  return client;
}
