import { queryOptions } from "@tanstack/react-query";
import { commands } from "../../ipc/bindings";
import { clusterKey } from "../../ipc/connections";

/** Several statements on the cluster: kept until something changes it or the person asks again. */
export function overviewQuery(connectionId: string) {
  return queryOptions({
    queryKey: clusterKey(connectionId, "overview"),
    queryFn: () => commands.getOverview(connectionId),
    staleTime: 5 * 60_000,
  });
}
