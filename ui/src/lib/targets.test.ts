import { describe, expect, it } from "vitest";
import { subjectOf, tableNames, targetsOf } from "./targets";

describe("the targets of a backup", () => {
  it("take table names as people write them, each once", () => {
    expect(tableNames("accounts, audit.log\n accounts;public.x")).toEqual([
      "public.accounts",
      "audit.log",
      "public.x",
    ]);
    expect(tableNames(" , ")).toEqual([]);
  });

  it("are incomplete until something is named", () => {
    expect(targetsOf({ scope: "database", database: undefined, tables: "" })).toBeNull();
    expect(targetsOf({ scope: "tables", database: "bank", tables: " " })).toBeNull();
    expect(targetsOf({ scope: "cluster", database: undefined, tables: "" })).toEqual({ type: "cluster" });
  });

  it("have a name for titles and buttons", () => {
    expect(subjectOf({ type: "database", database: "bank" })).toBe("bank");
    expect(subjectOf({ type: "tables", database: "bank", tables: ["public.accounts"] })).toBe(
      "accounts of bank",
    );
    expect(subjectOf({ type: "tables", database: "bank", tables: ["public.a", "b.c"] })).toBe(
      "2 tables of bank",
    );
    expect(subjectOf({ type: "cluster" })).toBe("the whole cluster");
  });
});
