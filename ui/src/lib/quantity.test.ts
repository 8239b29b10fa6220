import { describe, expect, it } from "vitest";
import { bytes, bytesOf, count, counted, percent } from "./quantity";

describe("sizes", () => {
  it.each([
    [0, "0 bytes"],
    [1, "1 byte"],
    [1023, "1,023 bytes"],
    [1024, "1.0 KiB"],
    [1000 * 2 ** 20, "1,000 MiB"],
    [1229, "1.2 KiB"],
    [14_889_779, "14.2 MiB"],
    [900 * 2 ** 20, "900 MiB"],
    [2 ** 20 - 1, "1.0 MiB"],
    [1_181_116_006, "1.1 GiB"],
    [5 * 2 ** 40, "5.0 TiB"],
  ])("writes %i bytes as %s", (size, text) => {
    expect(bytes(size)).toBe(text);
  });

  it("names the unit once when both sides share it", () => {
    expect(bytesOf(412 * 2 ** 20, 900 * 2 ** 20)).toBe("412 of 900 MiB");
    expect(bytesOf(900 * 2 ** 10, 2 ** 30)).toBe("900 KiB of 1.0 GiB");
    expect(bytesOf(0, 900 * 2 ** 20)).toBe("0 bytes of 900 MiB");
  });
});

describe("counts", () => {
  it("separates thousands", () => {
    expect(count(1204881)).toBe("1,204,881");
  });
  it("agrees with its noun", () => {
    expect(counted(1, "file")).toBe("1 file");
    expect(counted(0, "file")).toBe("0 files");
    expect(counted(2, "entry", "entries")).toBe("2 entries");
  });
});

describe("percentages", () => {
  it("says 100 only at the end", () => {
    expect(percent(0.9999)).toBe("99 %");
    expect(percent(1)).toBe("100 %");
    expect(percent(-1)).toBe("0 %");
  });
});
