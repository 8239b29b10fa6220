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
