import { describe, expect, it } from "vitest";
import { parseTime, typedTime } from "./typedTime";

const at = (time: string) => new Date(time).getTime();

describe("a typed time", () => {
  const now = new Date("2026-11-30T14:00:00");
  const local = (text: string) => new Date(text).getTime();

  it("is local unless a zone is given", () => {
    expect(parseTime("2026-11-23 10:37 UTC", now)).toBe(at("2026-11-23T10:37:00Z"));
    expect(parseTime("2026-11-23T10:37:05+01:00", now)).toBe(at("2026-11-23T09:37:05Z"));
    expect(parseTime("2026-11-23 10:37", now)).toBe(local("2026-11-23T10:37"));
    expect(parseTime("2026-11-23T10:37:05.5Z", now)).toBe(at("2026-11-23T10:37:05.5Z"));
  });

  it.each([
    ["yesterday at noon", "2026-11-29T12:00"],
    ["Yesterday 9:05", "2026-11-29T09:05"],
    ["today at midnight", "2026-11-30T00:00"],
    ["10:37", "2026-11-30T10:37"],
    ["23 Nov 10:37", "2026-11-23T10:37"],
    ["23 November 2025, 10:37:01", "2025-11-23T10:37:01"],
    ["23.11.2026 10:37", "2026-11-23T10:37"],
  ])("is understood as people write it: %s", (text, meant) => {
    expect(parseTime(text, now)).toBe(local(meant));
  });

  it("may be so long ago", () => {
    expect(parseTime("2 hours ago", now)).toBe(now.getTime() - 7_200_000);
    expect(parseTime("15 min ago", now)).toBe(now.getTime() - 900_000);
    expect(parseTime("3 days ago", now)).toBe(now.getTime() - 3 * 86_400_000);
  });

  it("can be typed again as it is shown", () => {
    expect(parseTime(typedTime(now), now)).toBe(now.getTime());
  });

  it("is refused when it is not a time", () => {
    for (const text of ["", "yesterday", "2026-13-40 10:00", "25:70", "soon", "23 Foo 10:37", "noon noon"])
      expect(parseTime(text, now)).toBeNull();
  });
});
