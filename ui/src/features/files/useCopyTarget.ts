import { useQuery } from "@tanstack/react-query";
import { type Connection, commands, type UserfileStore } from "../../ipc/bindings";
import { clusterKey, openClusterQuery, useConnections } from "../../ipc/connections";
import { asCallError, type CallError } from "../../ipc/errors";

export interface CopyTarget {
  /** All other saved connections. */
  others: readonly Connection[];
  connection: Connection | undefined;
  /** Undefined while the cluster is being opened or read. */
  stores: readonly UserfileStore[] | undefined;
  error: CallError | null;
  retry: () => void;
}

/** Another cluster that is about to be written to: it is opened as soon as it is chosen, to see its stores. */
export function useCopyTarget(from: string, chosen: string | null): CopyTarget {
  const { data } = useConnections();
  const others = (data?.connections ?? []).filter(({ id }) => id !== from);
  const connection = others.find(({ id }) => id === chosen);
  const opening = useQuery({ ...openClusterQuery(chosen ?? ""), enabled: connection !== undefined });
  const stores = useQuery({
    queryKey: clusterKey(chosen ?? "", "stores"),
    queryFn: () => commands.listUserfileStores(chosen ?? ""),
    enabled: opening.data !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const failed = opening.error ?? stores.error;
  return {
    others,
    connection,
    stores: stores.data,
    error: failed && asCallError(failed),
    retry: () => void (opening.error ? opening.refetch() : stores.refetch()),
  };
}
