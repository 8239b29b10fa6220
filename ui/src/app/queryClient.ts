import { QueryClient } from "@tanstack/react-query";

/**
 * Nothing is asked of a cluster that a person did not ask for: no retry (a login must never be repeated by
 * itself), no refetch because the window came back (a serverless cluster would be woken and paid for).
 * `networkMode` is `always` because the local process answers whether or not there is a network.
 */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
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
}
