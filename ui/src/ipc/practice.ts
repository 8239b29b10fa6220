import type { Connection } from "./bindings";
import { call } from "./call";

/** Starts the practice cluster, or takes the one that runs, and answers its connection. */
export function startPracticeCluster(): Promise<Connection> {
  return call("start_practice_cluster");
}

/** Puts the practice cluster back as it was on the first day. */
export function resetPracticeCluster(): Promise<Connection> {
  return call("reset_practice_cluster");
}
