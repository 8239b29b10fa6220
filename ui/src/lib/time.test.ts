import { describe, expect, it } from "vitest";
import {
  aboutDuration,
  clockHere,
  duration,
  localMoment,
  relativeTime,
  spokenDuration,
  utcMoment,
} from "./time";

const moment = new Date("2026-11-23T10:37:00Z");
const ago = (seconds: number) => relativeTime(new Date(moment.getTime() - seconds * 1000), moment);

describe("durations", () => {
  it.each([
    [412, "412 ms"],
    [3140, "3.1 s"],
    [13_000, "13 s"],
    [160_000, "2 min 40 s"],
    [7_200_000, "2 h"],
    [11_100_000, "3 h 5 min"],
    [187_200_000, "2 d 4 h"],
  ])("writes %i ms as %s", (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it.each([
    [16_200_000, "4 hours 30 minutes"],
    [90_000_000, "25 hours"],
    [4_500_000, "1 hour 15 minutes"],
    [600_000, "10 minutes"],
    [259_200_000, "3 days"],
    [1000, "1 second"],
  ])("says in a sentence %i ms as %s", (ms, text) => {
    expect(spokenDuration(ms)).toBe(text);
  });

  it("speaks of estimates as estimates", () => {
    expect(aboutDuration(12_900)).toBe("13 s");
    expect(aboutDuration(70_000)).toBe("about a minute");
    expect(aboutDuration(180_000)).toBe("about 3 minutes");
    expect(aboutDuration(3_700_000)).toBe("about an hour");
  });
});

describe("moments", () => {
  it("names the zone of a local time", () => {
    expect(localMoment(moment, false, "Europe/Berlin")).toBe("23 Nov 2026, 11:37 CET");
    expect(localMoment(new Date("2026-09-01T10:00:00Z"), true, "UTC")).toBe("1 Sep 2026, 10:00:00 UTC");
  });
  it("writes midnight as 00", () => {
    expect(utcMoment(new Date("2026-11-23T00:05:00Z"))).toBe("23 Nov 2026, 00:05 UTC");
  });
});

describe("the clock here", () => {
  it.each([
    ["2026-11-23T02:00:00Z", "Europe/Berlin", "03:00 here"],
    ["2026-11-23T23:30:00Z", "Europe/Berlin", "00:30 here, the next day"],
    ["2026-11-23T02:00:00Z", "America/New_York", "21:00 here, the day before"],
    ["2026-07-23T12:00:00Z", "America/New_York", "08:00 here"],
    ["2026-11-23T02:00:00Z", "UTC", null],
  ])("tells %s in %s as %s", (time, zone, told) => {
    expect(clockHere(new Date(time), zone)).toBe(told);
  });
});

describe("relative times", () => {
  it.each([
    [10, "a moment ago"],
    [61, "1 minute ago"],
    [3 * 3600, "3 hours ago"],
    [26 * 3600, "yesterday"],
    [3 * 86400, "3 days ago"],
    [70 * 86400, "2 months ago"],
  ])("says %i seconds as %s", (seconds, text) => {
    expect(ago(seconds)).toBe(text);
  });
  it("looks ahead as well", () => {
    expect(ago(-7200)).toBe("in 2 hours");
  });
});
