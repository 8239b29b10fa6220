import type { OnFailure, OnPrevious, Recurrence, ScheduleRequest } from "../../ipc/bindings";
import { subjectOf, type Targets, targetsOf } from "../../lib/targets";
import { clockHere } from "../../lib/time";

export type Often = "hourly" | "daily" | "weekly" | "cron";
/** How often a full backup is taken; incremental ones lie between. */
export type FullOften = "always" | "daily" | "weekly";

const oftens = ["hourly", "daily", "weekly", "cron"] as const;
const fulls = ["always", "daily", "weekly"] as const;
const failures = ["retry", "reschedule", "pause"] as const;
const previouses = ["start", "skip", "wait"] as const;

export const weekdays = [
  "Sunday",
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
] as const;

/** Every choice of the wizard but the passphrase, and its place. It is the address: a reload or a way back loses nothing. */
export interface ScheduleSearch {
  database?: string;
  /** Absent for a database. */
  scope?: "tables" | "cluster";
  /** As typed. */
  tables?: string;
  /** The collection's URI, keys redacted. */
  collection?: string;
  often?: Often;
  minute?: number;
  /** In UTC, as typed. */
  time?: string;
  weekday?: number;
  cron?: string;
  full?: FullOften;
  fullTime?: string;
  fullWeekday?: number;
  startsNow?: true;
  /** As typed. */
  label?: string;
  revisionHistory?: true;
  onFailure?: OnFailure;
  onPrevious?: OnPrevious;
  step?: "when" | "check";
}

const oneOf = <Value extends string>(values: readonly Value[], value: unknown) =>
  values.find((each) => each === value);
const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
/** Emptied by hand it stays empty, where something else is filled in beforehand. */
const typed = (value: unknown) => (typeof value === "string" ? value : undefined);
const below = (limit: number, value: unknown) =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value < limit ? value : undefined;
const flag = (value: unknown) => (value === true ? true : undefined);

export function readScheduleSearch(search: Record<string, unknown>): ScheduleSearch {
  return {
    database: text(search.database),
    scope: oneOf(["tables", "cluster"] as const, search.scope),
    tables: text(search.tables),
    collection: text(search.collection),
    often: oneOf(oftens, search.often),
    minute: below(60, search.minute),
    time: typed(search.time),
    weekday: below(7, search.weekday),
    cron: text(search.cron),
    full: oneOf(fulls, search.full),
    fullTime: typed(search.fullTime),
    fullWeekday: below(7, search.fullWeekday),
    startsNow: flag(search.startsNow),
    label: typed(search.label),
    revisionHistory: flag(search.revisionHistory),
    onFailure: oneOf(failures, search.onFailure),
    onPrevious: oneOf(previouses, search.onPrevious),
    step: oneOf(["when", "check"] as const, search.step),
  };
}

export interface TimeOfDay {
  hour: number;
  minute: number;
}

/** "2:05" and "02:05"; null for anything else. */
export function timeOf(typed: string): TimeOfDay | null {
  const found = /^\s*(\d{1,2}):(\d{2})\s*$/.exec(typed);
  const [hour, minute] = [Number(found?.[1]), Number(found?.[2])];
  return found && hour < 24 && minute < 60 ? { hour, minute } : null;
}

/** What is offered: a full backup more seldom than the others, or each time. */
export function fullChoices(often: Often | undefined): readonly FullOften[] {
  if (often === "weekly") return ["always"];
  return often === "daily" ? ["always", "weekly"] : fulls;
}

/** The choices with what is chosen beforehand filled in. On production that is little. */
export interface Choices {
  targets: Targets | null;
  often: Often | undefined;
  minute: number;
  time: string;
  weekday: number;
  cron: string;
  full: FullOften;
  fullTime: string;
  fullWeekday: number;
  label: string;
}

const oftenWords: Record<Often, string> = {
  hourly: "hourly",
  daily: "daily",
  weekly: "weekly",
  cron: "at its own times",
};

export function choicesOf(search: ScheduleSearch, isProduction: boolean): Choices {
  const targets = targetsOf({
    scope: search.scope ?? "database",
    database: search.database,
    tables: search.tables ?? "",
  });
  const often = search.often ?? (isProduction ? undefined : "daily");
  const offered = fullChoices(often);
  // As CockroachDB chooses by itself: weekly between daily ones, daily between those of every hour.
  const habit: FullOften = often === "daily" ? "weekly" : often === "hourly" ? "daily" : "always";
  const full = search.full !== undefined && offered.includes(search.full) ? search.full : habit;
  const subject = targets && (targets.type === "cluster" ? "cluster" : subjectOf(targets));
  const named = subject && often ? `${subject} ${oftenWords[often]}` : "";
  return {
    targets,
    often,
    minute: search.minute ?? 0,
    time: search.time ?? "02:00",
    weekday: search.weekday ?? 0,
    cron: search.cron ?? "",
    full,
    fullTime: search.fullTime ?? "00:00",
    fullWeekday: search.fullWeekday ?? 0,
    label: search.label ?? (isProduction ? "" : named),
  };
}

function recurrenceOf({ often, minute, time, weekday, cron }: Choices): Recurrence | null {
  const at = timeOf(time);
  switch (often) {
    case "hourly":
      return { type: "hourly", minute };
    case "daily":
      return at && { type: "daily", ...at };
    case "weekly":
      return at && { type: "weekly", weekday, ...at };
    case "cron":
      return cron.trim() === "" ? null : { type: "cron", expression: cron.trim() };
    default:
      return null;
  }
}

/** When full backups are taken; null for each time, undefined while something is missing. */
function fullOf(choices: Choices): Recurrence | null | undefined {
  const { often, full, fullTime, fullWeekday, time } = choices;
  if (full === "always") return null;
  // Between daily ones it takes the place of one of them.
  const at = timeOf(often === "daily" ? time : fullTime);
  if (at === null) return undefined;
  return full === "daily" ? { type: "daily", ...at } : { type: "weekly", weekday: fullWeekday, ...at };
}

/** The request for a plan; null while something is missing. */
export function requestOf(
  search: ScheduleSearch,
  isProduction: boolean,
  passphrase: string,
): ScheduleRequest | null {
  const choices = choicesOf(search, isProduction);
  const recurrence = recurrenceOf(choices);
  const full = fullOf(choices);
  const label = choices.label.trim();
  if (!choices.targets || !search.collection || !recurrence || full === undefined || label === "")
    return null;
  return {
    label,
    targets: choices.targets,
    collection: search.collection,
    revisionHistory: search.revisionHistory ?? false,
    passphrase: passphrase === "" ? null : passphrase,
    recurrence,
    full,
    startsNow: search.startsNow ?? false,
    onFailure: search.onFailure ?? "reschedule",
    onPrevious: search.onPrevious ?? "wait",
  };
}

/** "03:00 here" of a time that is typed in UTC; null where the clock here shows the same. `timeZone` is for tests. */
export function typedTimeHere(typed: string, now: Date, timeZone?: string): string | null {
  const at = timeOf(typed);
  if (at === null) return null;
  const date = new Date(now);
  date.setUTCHours(at.hour, at.minute, 0, 0);
  return clockHere(date, timeZone);
}
