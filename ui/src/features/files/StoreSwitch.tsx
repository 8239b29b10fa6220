import { useQuery } from "@tanstack/react-query";
import { Badge } from "../../components/Badge";
import { Select } from "../../components/Select";
import { commands } from "../../ipc/bindings";
import { clusterKey } from "../../ipc/connections";
import { shortStore } from "./stores";

/**
 * Each user has file storage of their own, two tables in a database. Where others can be read as well there is
 * something to switch.
 */
export function StoreSwitch({
  connectionId,
  store,
  onChange,
}: {
  connectionId: string;
  /** Null for the user's own. */
  store: string | null;
  onChange: (store: string | null) => void;
}) {
  const { data: stores = [] } = useQuery({
    queryKey: clusterKey(connectionId, "stores"),
    queryFn: () => commands.listUserfileStores(connectionId),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const own = stores.find((other) => other.own);
  if (stores.length <= 1) return own ? <Badge>Your files · {shortStore(own.store)}</Badge> : null;
  return (
    <Select
      label="File storage"
      hideLabel
      value={store ?? own?.store ?? null}
      onChange={(next) => onChange(next === own?.store ? null : next)}
      options={stores.map((other) => ({
        value: other.store,
        label: other.own ? `Your files · ${shortStore(other.store)}` : shortStore(other.store),
        description: other.exists ? other.store : "Comes into being with the first upload.",
      }))}
    />
  );
}
