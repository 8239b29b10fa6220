import { describe, expect, it } from "vitest";
import type { Recurrence, Recurring, Schedule } from "../../ipc/bindings";
import {
  changeOf,
  choicesOf,
  fullChoices,
  readScheduleSearch,
  requestOf,
  searchOf,
  timeOf,
  typedTimeHere,
} from "./draft";

const bank = { database: "bank", collection: "userfile://x/bank" };

describe("the choices of a schedule", () => {
  it("are read from the address, and what does not belong there is left out", () => {
    expect(
      readScheduleSearch({
        database: "bank",
        often: "weekly",
        weekday: 7,
        minute: 59,
        label: "",
        startsNow: "yes",
        step: "check",
        junk: 1,
      }),
    ).toEqual({ database: "bank", often: "weekly", minute: 59, label: "", step: "check" });
  });

  it("become a daily backup with a weekly full one unless something else is chosen", () => {
    expect(requestOf(bank, false, "")).toEqual({
      label: "bank daily",
      targets: { type: "database", database: "bank" },
      collection: "userfile://x/bank",
      revisionHistory: false,
      passphrase: null,
      recurrence: { type: "daily", hour: 2, minute: 0 },
      full: { type: "weekly", weekday: 0, hour: 2, minute: 0 },
      startsNow: false,
      onFailure: "reschedule",
      onPrevious: "wait",
    });
  });

  it("are left to the person on production", () => {
    expect(choicesOf(bank, true)).toMatchObject({ often: undefined, label: "" });
    expect(requestOf(bank, true, "")).toBeNull();
    expect(requestOf({ ...bank, often: "hourly", label: "b" }, true, "")).toMatchObject({ label: "b" });
  });

  it("take full backups more seldom than the others, or each time", () => {
    expect(fullChoices("weekly")).toEqual(["always"]);
    const full = (search: object) => requestOf({ ...bank, ...search }, false, "")?.full;
    expect(full({ often: "weekly", full: "daily" })).toBeNull();
    expect(full({ often: "daily", full: "always" })).toBeNull();
    expect(full({ often: "hourly" })).toEqual({ type: "daily", hour: 0, minute: 0 });
    expect(full({ often: "daily", time: "4:30", fullWeekday: 6 })).toEqual({
      type: "weekly",
      weekday: 6,
      hour: 4,
      minute: 30,
    });
  });

  it("are not complete while something is missing or is no time", () => {
    expect(requestOf({ collection: "x" }, false, "")).toBeNull();
    expect(requestOf({ ...bank, time: "25:00" }, false, "")).toBeNull();
    expect(requestOf({ ...bank, often: "cron" }, false, "")).toBeNull();
    expect(requestOf({ ...bank, label: " " }, false, "")).toBeNull();
    expect(requestOf({ ...bank, often: "hourly", fullTime: "x" }, false, "")).toBeNull();
  });
});

describe("a time of the day", () => {
  it("is read as people write it", () => {
    expect(timeOf(" 2:05 ")).toEqual({ hour: 2, minute: 5 });
    for (const wrong of ["", "24:00", "2:60", "2", "02:00 pm"]) expect(timeOf(wrong)).toBeNull();
  });

  it("in UTC is told by the clock here", () => {
    const now = new Date("2026-11-23T12:00:00Z");
    expect(typedTimeHere("23:30", now, "Europe/Berlin")).toBe("00:30 here, the next day");
    expect(typedTimeHere("soon", now, "Europe/Berlin")).toBeNull();
  });
});

describe("the form that changes a schedule", () => {
  const recurring = (choice: Recurrence): Recurring => ({ words: "", toldBy: null, choice });
  const cases: [Recurrence, Recurrence | null][] = [
    [{ type: "hourly", minute: 15 }, null],
    [
      { type: "hourly", minute: 15 },
      { type: "daily", hour: 4, minute: 0 },
    ],
    [
      { type: "daily", hour: 2, minute: 5 },
      { type: "weekly", weekday: 3, hour: 2, minute: 5 },
    ],
    [{ type: "weekly", weekday: 6, hour: 2, minute: 5 }, null],
    [
      { type: "cron", expression: "15 2 * * 1-5" },
      { type: "weekly", weekday: 0, hour: 1, minute: 0 },
    ],
    [
      { type: "daily", hour: 2, minute: 0 },
      { type: "cron", expression: "0 0 1 * *" },
    ],
    [
      { type: "weekly", weekday: 6, hour: 2, minute: 5 },
      { type: "cron", expression: "@monthly" },
    ],
  ];

  it.each(cases)("takes over %j with full backups %j, and changes nothing by itself", (often, full) => {
    const schedule = {
      label: "nightly",
      recurrence: recurring(often),
      fullRecurrence: full && recurring(full),
    } as Schedule;
    expect(changeOf(searchOf(schedule))).toEqual({ label: "nightly", recurrence: often, full });
  });

  it("keeps full backups at another time than the daily ones", () => {
    const schedule = {
      label: "nightly",
      recurrence: recurring({ type: "daily", hour: 2, minute: 0 }),
      fullRecurrence: recurring({ type: "weekly", weekday: 0, hour: 5, minute: 30 }),
    } as Schedule;
    expect(changeOf(searchOf(schedule))?.full).toEqual({ type: "cron", expression: "30 5 * * 0" });
  });
});
