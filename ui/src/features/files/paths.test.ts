import { describe, expect, it } from "vitest";
import { nameOf } from "../../lib/names";
import {
  besideName,
  crumbsOf,
  folderOf,
  nameCaution,
  namedCount,
  nameProblem,
  pathBelow,
  uploadFolder,
} from "./paths";

describe("a stored name", () => {
  it("has a last part and a folder, for files and folders alike", () => {
    expect(nameOf("exports/2026/a.csv")).toBe("a.csv");
    expect(nameOf("exports/2026/")).toBe("2026");
    expect(folderOf("exports/2026/a.csv")).toBe("exports/2026/");
    expect(folderOf("exports/2026/")).toBe("exports/");
    expect(folderOf("a.csv")).toBe("");
  });

  it("leads back to the top, step by step", () => {
    expect(crumbsOf("")).toEqual([{ name: "All files", folder: "" }]);
    expect(crumbsOf("exports/2026/").map(({ folder }) => folder)).toEqual(["", "exports/", "exports/2026/"]);
  });

  it("is refused when it would climb out of its folder or name nothing", () => {
    for (const bad of ["", " ", "/a", "a/", "a//b", "../a", "a/./b"]) expect(nameProblem(bad)).not.toBeNull();
    for (const good of ["a.csv", "exports/a.csv", "…", "a b"]) expect(nameProblem(good)).toBeNull();
  });

  it("is refused when nobody could read it, and comes with a caution when no computer can save it", () => {
    expect(nameProblem(`a/${"é".repeat(998)}`)).toBeNull();
    expect(nameProblem(`a/${"é".repeat(999)}`)).toMatch(/1,000 characters at most/);
    expect(nameCaution(`${"é".repeat(127)}/b`)).toBeNull();
    expect(nameCaution(`${"é".repeat(128)}/b`)).toMatch(/longer than 255 bytes/);
  });

  it("of a transfer is told with its folders, from the one that it goes into", () => {
    expect(pathBelow("", "odd/.hidden")).toBe("odd/.hidden");
    expect(pathBelow("exports/", "exports/odd/a.csv")).toBe("odd/a.csv");
    expect(pathBelow("/home/ada/back", "/home/ada/back/odd/a.csv")).toBe("odd/a.csv");
    expect(pathBelow("C:\\back", "C:\\back\\odd\\a.csv")).toBe("odd/a.csv");
    expect(pathBelow("/home/ada/back", "/home/ada/other.csv")).toBe("other.csv");
    expect(pathBelow("", "/home/ada/other.csv")).toBe("other.csv");
  });

  it("has a free one proposed for a copy, its ending kept", () => {
    expect(besideName("exports/a.tar.gz")).toBe("exports/a.tar (2).gz");
    expect(besideName("a")).toBe("a (2)");
    expect(besideName(".env")).toBe(".env (2)");
    expect(besideName("exports/2026/")).toBe("exports/2026 (2)");
  });
});

describe("an upload", () => {
  const plan = { target: "exports/", folders: 1, mapped: [] };

  it("of one folder goes into a folder of that name", () => {
    expect(uploadFolder(plan, ["/home/ada/odd"])).toBe("exports/odd/");
    expect(uploadFolder({ ...plan, target: "" }, ["C:\\Users\\ada\\odd\\"])).toBe("odd/");
  });

  it("of files, of several folders, or of names that change is told by the folder it starts from", () => {
    expect(uploadFolder({ ...plan, folders: 0 }, ["/home/ada/a.csv"])).toBe("exports/");
    expect(uploadFolder({ ...plan, folders: 2 }, ["/home/ada/odd", "/home/ada/even"])).toBe("exports/");
    const mapped = [{ source: "od d", target: "od_d" }];
    expect(uploadFolder({ ...plan, mapped }, ["/home/ada/od d"])).toBe("exports/");
  });
});

describe("several", () => {
  it("are named for what they are", () => {
    expect(namedCount(["a.csv", "b.csv", "exports/"])).toBe("2 files and 1 folder");
    expect(namedCount(["a/", "b/"])).toBe("2 folders");
    expect(namedCount([{ path: "bank-backup", kind: "collection" }])).toBe("1 folder");
  });
});
