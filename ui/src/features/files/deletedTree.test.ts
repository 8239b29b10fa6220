import { describe, expect, it } from "vitest";
import { aDeletedFile } from "../../../tests/wire";
import { chosenKeys, deletedRows, fitting, rechosen } from "./deletedTree";

const bank = { path: "kept/bank", backups: 1 };
const files = [
  aDeletedFile("exports/2026/a.csv"),
  aDeletedFile("exports/2026/b.csv"),
  aDeletedFile("exports/2026/b.csv", { fileId: "older b" }),
  aDeletedFile("kept/bank/2026/11/23-110000.00/BACKUP_MANIFEST"),
  aDeletedFile("kept/bank/2026/11/23-110000.00/data/1.sst"),
  aDeletedFile("lonely/gone.csv"),
  aDeletedFile("top.csv"),
];
const folded = () => deletedRows(files, [bank], () => false);
const unfolded = () => deletedRows(files, [bank], () => true);
const shape = (rows: ReturnType<typeof folded>) =>
  rows.map(({ kind, level, name, files: { length } }) => `${level} ${kind} ${name} ${length}`);

describe("deleted files", () => {
  it("are told of by backups and folders, and a folder around one file is not one more row", () => {
    expect(shape(folded())).toEqual([
      "1 folder exports/2026 2",
      "1 collection kept/bank 2",
      "1 file lonely/gone.csv 1",
      "1 file top.csv 1",
    ]);
    expect(shape(unfolded()).slice(0, 6)).toEqual([
      "1 folder exports/2026 2",
      "2 file a.csv 1",
      "2 file b.csv 1",
      "2 file b.csv 1",
      "1 collection kept/bank 2",
      "2 file 2026/11/23-110000.00/BACKUP_MANIFEST 1",
    ]);
  });

  it("of a group are chosen the latest of each name", () => {
    const none = new Set<string>();
    const chosen = rechosen(unfolded(), none, none, new Set(["exports/2026/"]));
    expect([...chosen]).toEqual(["exports/2026/a.csv", "exports/2026/b.csv"]);
    const marked = chosenKeys(unfolded(), chosen);
    expect(marked).toEqual(new Set(["exports/2026/", "exports/2026/a.csv", "exports/2026/b.csv"]));
    // One of them is let go of, and the group with it.
    const fewer = rechosen(
      unfolded(),
      chosen,
      marked,
      new Set([...marked].filter((key) => key !== "exports/2026/a.csv")),
    );
    expect([...fewer]).toEqual(["exports/2026/b.csv"]);
    expect(chosenKeys(unfolded(), fewer)).toEqual(new Set(["exports/2026/b.csv"]));
    // Or the whole group.
    const without = new Set([...marked].filter((key) => key !== "exports/2026/"));
    expect(rechosen(unfolded(), chosen, marked, without).size).toBe(0);
  });

  it("that a filter lets through are of a backup all or none", () => {
    expect(fitting(files, [bank], "MANIFEST").map(({ path }) => path)).toEqual([
      "kept/bank/2026/11/23-110000.00/BACKUP_MANIFEST",
      "kept/bank/2026/11/23-110000.00/data/1.sst",
    ]);
    expect(fitting(files, [bank], "lonely")).toHaveLength(1);
    expect(fitting(files, [bank], " ")).toBe(files);
  });
});
