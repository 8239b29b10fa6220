import type {
  OnFailure,
  OnPrevious,
  Recurrence,
  Schedule,
  ScheduleChange,
  ScheduleRequest,
} from "../../ipc/bindings";
import { subjectOf, type Targets, targetsOf } from "../../lib/targets";
import { clockHere } from "../../lib/time";

export type Often = "hourly" | "daily" | "weekly" | "cron";
/** How often a full backup is taken; incremental ones lie between. */
export type FullOften = "always" | "daily" | "weekly" | "cron";

const oftens = ["hourly", "daily", "weekly", "cron"] as const;
const fulls = ["always", "daily", "weekly", "cron"] as const;
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
  /** Of a schedule whose full backups come at none of the times that are offered. */
  fullCron?: string;
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
    fullCron: text(search.fullCron),
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

/** What is offered: a full backup more seldom than the others, or each time; and what is there already. */
export function fullChoices(often: Often | undefined, fullCron?: string): readonly FullOften[] {
  const more: readonly FullOften[] = fullCron === undefined ? [] : ["cron"];
  if (often === "weekly") return ["always", ...more];
  return often === "daily" ? ["always", "weekly", ...more] : ["always", "daily", "weekly", ...more];
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
  fullCron: string | undefined;
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
  const offered = fullChoices(often, search.fullCron);
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
    fullCron: search.fullCron,
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
  const { often, full, fullTime, fullWeekday, fullCron, time } = choices;
  if (full === "always") return null;
  if (full === "cron") return fullCron === undefined ? undefined : { type: "cron", expression: fullCron };
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

function clock({ hour, minute }: TimeOfDay): string {
  return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
}

/** The choices of a schedule as it is, for a form that changes it. */
export function searchOf({ label, recurrence, fullRecurrence }: Schedule): ScheduleSearch {
  const [often, full] = [recurrence.choice, fullRecurrence?.choice];
  const search: ScheduleSearch = { label, often: often.type, full: full ? undefined : "always" };
  if (often.type === "hourly") search.minute = often.minute;
  else if (often.type === "cron") search.cron = often.expression;
  else search.time = clock(often);
  if (often.type === "weekly") search.weekday = often.weekday;
  if (full === undefined) return search;
  const offered: readonly string[] = fullChoices(often.type);
  // Between daily backups the form has the full one take the place of one of them.
  const isOffered =
    (full.type === "daily" || full.type === "weekly") &&
    offered.includes(full.type) &&
    (often.type !== "daily" || clock(full) === clock(often));
  if (!isOffered) return { ...search, full: "cron", fullCron: cronOf(full) };
  return {
    ...search,
    full: full.type,
    fullTime: clock(full),
    fullWeekday: full.type === "weekly" ? full.weekday : undefined,
  };
}

function cronOf(recurrence: Recurrence): string {
  switch (recurrence.type) {
    case "hourly":
      return `${recurrence.minute} * * * *`;
    case "daily":
      return `${recurrence.minute} ${recurrence.hour} * * *`;
    case "weekly":
      return `${recurrence.minute} ${recurrence.hour} * * ${recurrence.weekday}`;
    default:
      return recurrence.expression;
  }
}

/** What a schedule shall be like; null while something is missing. */
export function changeOf(search: ScheduleSearch): ScheduleChange | null {
  const choices = choicesOf(search, false);
  const recurrence = recurrenceOf(choices);
  const full = fullOf(choices);
  const label = choices.label.trim();
  return recurrence && full !== undefined && label !== "" ? { label, recurrence, full } : null;
}

/** "03:00 here" of a time that is typed in UTC; null where the clock here shows the same. `timeZone` is for tests. */
export function typedTimeHere(typed: string, now: Date, timeZone?: string): string | null {
  const at = timeOf(typed);
  if (at === null) return null;
  const date = new Date(now);
  date.setUTCHours(at.hour, at.minute, 0, 0);
  return clockHere(date, timeZone);
}
