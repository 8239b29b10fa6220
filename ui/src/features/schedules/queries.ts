import { queryOptions } from "@tanstack/react-query";
import { commands } from "../../ipc/bindings";
import { clusterKey } from "../../ipc/connections";

/** A statement for the list and one for each schedule's last run: kept until something changes it or one asks again. */
export function schedulesQuery(connectionId: string) {
  return queryOptions({
    queryKey: clusterKey(connectionId, "schedules"),
    queryFn: () => commands.listSchedules(connectionId),
    // The cluster changes it without us: a run begins, a schedule is made elsewhere.
    staleTime: 30_000,
  });
}
