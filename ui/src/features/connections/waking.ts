/** Clusters of these hosts may be scaled down while nobody uses them, and the first login wakes them. */
export function mayBeAsleep(host: string): boolean {
  return host.toLowerCase().endsWith(".cockroachlabs.cloud");
}

/** Nobody outside can tell a sleeping cluster from a slow one, so nothing is claimed. */
export const wakingWords =
  "It may be asleep: a Basic or Standard cluster that nobody uses is scaled down. Waking takes up to a minute.";
