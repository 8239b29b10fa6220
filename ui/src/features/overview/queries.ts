import { queryOptions } from "@tanstack/react-query";
import { commands } from "../../ipc/bindings";
import { clusterKey } from "../../ipc/connections";

/** Asked only when the person wants to know. */
export function capabilitiesQuery(connectionId: string) {
  return queryOptions({
    queryKey: clusterKey(connectionId, "capabilities"),
    queryFn: () => commands.getCapabilities(connectionId),
    staleTime: 5 * 60_000,
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
