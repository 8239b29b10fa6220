import { QueryCache, QueryClient } from "@tanstack/react-query";
import { isClusterKey, lostKey } from "../ipc/connections";
import { asCallError } from "../ipc/errors";

/**
 * Nothing is asked of a cluster that a person did not ask for: no retry (a login must never be repeated by
 * itself), no refetch because the window came back (a serverless cluster would be woken and paid for).
 * `networkMode` is `always` because the local process answers whether or not there is a network.
 */
export function makeQueryClient(): QueryClient {
  /** Each answer tells whether the cluster behind it is still there. */
  const tell = (queryKey: readonly unknown[], isLost: boolean) => {
    if (isClusterKey(queryKey)) client.setQueryData(lostKey(queryKey[1]), isLost);
  };
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (thrown, { queryKey }) => {
        const { code } = asCallError(thrown);
        if (code === "cannotConnect" || code === "connectionLost") tell(queryKey, true);
      },
      onSuccess: (_, { queryKey }) => tell(queryKey, false),
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
