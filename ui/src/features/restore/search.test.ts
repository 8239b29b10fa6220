import { describe, expect, it } from "vitest";
import { afterMoment, freeName, nameProblem, type RestoreSearch, stepOf } from "./search";

const backup: RestoreSearch = {
  collection: "userfile:///bank-backup",
  subdirectory: "/2026/11/23-110000.00",
};

describe("the place in the wizard", () => {
  it("is never ahead of the choices it rests on", () => {
    expect(stepOf({ step: "check" }, false)).toBe("moment");
    expect(stepOf({ ...backup, step: "check" }, false)).toBe("what");
    expect(stepOf({ ...backup, database: "bank", step: "check" }, false)).toBe("where");
    expect(stepOf({ ...backup, database: "bank", as: "bank_restored", step: "check" }, false)).toBe("check");
  });

  it("follows the job once there is one", () => {
    const running = { ...backup, database: "bank", as: "b", step: "check", job: "1" } as const;
    expect(stepOf(running, false)).toBe("run");
    expect(stepOf(running, true)).toBe("proof");
  });

  it("skips the question what, when one came for a database", () => {
    expect(afterMoment({ ...backup, database: "bank" }).step).toBe("where");
    expect(afterMoment(backup).step).toBe("what");
  });
});

describe("the name of the copy", () => {
  it("is free", () => {
    expect(freeName("bank", ["bank"])).toBe("bank_restored");
    expect(freeName("bank", ["bank", "bank_restored", "bank_restored_2"])).toBe("bank_restored_3");
  });

  it("is refused when a database has it", () => {
    expect(nameProblem("bank", ["bank"], "acme-prod")).toBe(
      "A database named bank exists on acme-prod already.",
    );
    expect(nameProblem("", [], "acme-prod")).not.toBeNull();
    expect(nameProblem("bank_restored", ["bank"], "acme-prod")).toBeNull();
  });
});
