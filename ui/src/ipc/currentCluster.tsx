import { createContext, type ReactNode, useContext } from "react";
import type { Connection, OpenedCluster } from "./bindings";

/** The open cluster that the screen is about: where it is, with its rules, and what it said of itself. */
export interface CurrentCluster {
  connection: Connection;
  cluster: OpenedCluster;
}

const Current = createContext<CurrentCluster | null>(null);

export function CurrentClusterProvider({ value, children }: { value: CurrentCluster; children: ReactNode }) {
  return <Current value={value}>{children}</Current>;
}

/** What must be typed before files of this cluster change: its name on production, else null. The core asks the same. */
export function useNameToType(): string | null {
  const { environment, name } = useCurrentCluster().connection.fields;
  return environment === "production" ? name : null;
}

/** Only for what is shown inside a cluster's tabs. */
export function useCurrentCluster(): CurrentCluster {
  const current = useContext(Current);
  if (current === null) throw new Error("useCurrentCluster is for the tabs of a cluster");
  return current;
}
