import { describe, expect, it } from "vitest";
import { nameOf } from "../../lib/names";
import { besideName, crumbsOf, folderOf, namedCount, nameProblem } from "./paths";

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

  it("has a free one proposed for a copy, its ending kept", () => {
    expect(besideName("exports/a.tar.gz")).toBe("exports/a.tar (2).gz");
    expect(besideName("a")).toBe("a (2)");
    expect(besideName(".env")).toBe(".env (2)");
    expect(besideName("exports/2026/")).toBe("exports/2026 (2)");
  });
});

describe("several", () => {
  it("are named for what they are", () => {
    expect(namedCount(["a.csv", "b.csv", "exports/"])).toBe("2 files and 1 folder");
    expect(namedCount(["a/", "b/"])).toBe("2 folders");
    expect(namedCount([{ path: "bank-backup", kind: "collection" }])).toBe("1 folder");
  });
});
