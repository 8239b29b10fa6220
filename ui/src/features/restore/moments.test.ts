import { describe, expect, it } from "vitest";
import type { BackupList, Chain } from "../../ipc/bindings";
import { choiceAt, holds, momentsOf } from "./moments";

function chain(subdirectory: string, times: string[]): Chain {
  return {
    subdirectory,
    databases: ["bank"],
    isFullCluster: false,
    encrypted: false,
    rows: 1,
    sizeBytes: 1,
    problem: null,
    layers: times.map((endTime, at) => ({
      kind: at === 0 ? "full" : "incremental",
      startTime: at === 0 ? null : (times[at - 1] ?? null),
      endTime,
      revisionsSince: null,
      rows: 1,
      sizeBytes: 1,
    })),
  };
}

const chains = [
  chain("/b", ["2026-11-20T22:00:00.123456Z", "2026-11-21T22:00:00Z"]),
  chain("/a", ["2026-11-17T22:00:00Z"]),
];
const list = {
  chains,
  windows: [{ subdirectory: "/b", from: "2026-11-20T22:00:00.123456Z", to: "2026-11-21T22:00:00Z" }],
  unfinished: [],
} as unknown as BackupList;
const at = (time: string) => new Date(time).getTime();

describe("the moments of a collection", () => {
  it("are listed newest first, over all chains", () => {
    expect(momentsOf(chains).map(({ time }) => time.slice(0, 10))).toEqual([
      "2026-11-21",
      "2026-11-20",
      "2026-11-17",
    ]);
  });

  it("hold every second inside a window", () => {
    expect(choiceAt(list, chains, at("2026-11-21T10:37:05Z"))).toEqual({
      subdirectory: "/b",
      time: "2026-11-21T10:37:05.000Z",
    });
  });

  it("give the last backup before a time that was not kept, never a later one", () => {
    expect(choiceAt(list, chains, at("2026-11-19T00:00:00Z"))?.time).toBe("2026-11-17T22:00:00Z");
    expect(choiceAt(list, chains, at("2026-12-01T00:00:00Z"))?.time).toBe("2026-11-21T22:00:00Z");
    expect(choiceAt(list, chains, at("2026-11-01T00:00:00Z"))).toBeNull();
  });

  it("keep the cluster's own digits for the end of a backup", () => {
    expect(choiceAt(list, chains, at("2026-11-20T22:00:00.123456Z"))?.time).toBe(
      "2026-11-20T22:00:00.123456Z",
    );
  });

  it("belong to a database, unless a passphrase hides what is inside", () => {
    const [first] = chains;
    if (!first) throw new Error("no chain");
    expect(holds(first, "bank")).toBe(true);
    expect(holds(first, "movr")).toBe(false);
    expect(holds({ ...first, databases: [], layers: [] }, "movr")).toBe(true);
  });
});
