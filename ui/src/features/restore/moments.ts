/** The moments that a collection can be brought back to. Times are milliseconds since 1970, for reckoning. */
import type { BackupList, Chain, Layer, RestorableWindow } from "../../ipc/bindings";

/** The end of one backup: always restorable. */
export interface Moment {
  /** As the cluster wrote it: exact to the microsecond, which a Date is not. */
  time: string;
  at: number;
  chain: Chain;
  layer: Layer;
}

export interface Choice {
  subdirectory: string;
  /** As it will be asked for. */
  time: string;
}

export function holds(chain: Chain, database: string | undefined): boolean {
  // An encrypted chain does not tell what is in it.
  return (
    database === undefined ||
    chain.isFullCluster ||
    chain.databases.includes(database) ||
    chain.layers.length === 0
  );
}

/** Newest first. */
export function momentsOf(chains: readonly Chain[]): Moment[] {
  return chains
    .flatMap((chain) =>
      chain.layers.map((layer) => ({
        time: layer.endTime,
        at: new Date(layer.endTime).getTime(),
        chain,
        layer,
      })),
    )
    .sort((a, b) => b.at - a.at);
}

/** The window in which every second can be restored and `at` lies, of the chains given. */
export function windowAt(windows: readonly RestorableWindow[], at: number): RestorableWindow | undefined {
  return windows.find(({ from, to }) => new Date(from).getTime() <= at && at <= new Date(to).getTime());
}

/**
 * What can be restored nearest to `at`: the second itself inside a window, else the last backup that is not later,
 * else nothing. Never later than asked: what is asked for is mostly the time before an accident.
 */
export function choiceAt(list: BackupList, chains: readonly Chain[], at: number): Choice | null {
  const names = new Set(chains.map((chain) => chain.subdirectory));
  const exact = momentsOf(chains).find((moment) => moment.at === at);
  if (exact) return { subdirectory: exact.chain.subdirectory, time: exact.time };
  const window = windowAt(
    list.windows.filter(({ subdirectory }) => names.has(subdirectory)),
    at,
  );
  if (window) return { subdirectory: window.subdirectory, time: new Date(at).toISOString() };
  const before = momentsOf(chains).find((moment) => moment.at <= at);
  return before ? { subdirectory: before.chain.subdirectory, time: before.time } : null;
}
