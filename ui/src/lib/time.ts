/** 0.4 s, 13 s, 2 min 40 s, 3 h 5 min, 2 d 4 h. */
export function duration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const parts: [number, string][] = [
    [Math.floor(seconds / 86400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(" ");
}

/** For how long something holds, in a sentence: "4 hours 30 minutes", "25 hours", "45 seconds". */
export function spokenDuration(milliseconds: number): string {
  const seconds = Math.round(Math.max(0, milliseconds) / 1000);
  const said = (value: number, unit: string) => `${value} ${unit}${value === 1 ? "" : "s"}`;
  const parts: [number, string][] = [
    [Math.floor(seconds / 86400), "day"],
    [Math.floor(seconds / 3600) % 24, "hour"],
    [Math.floor(seconds / 60) % 60, "minute"],
    [seconds % 60, "second"],
  ];
  // A day and an hour are 25 hours: that is how such times are set and told.
  if (seconds < 2 * 86400) parts.splice(0, 2, [Math.floor(seconds / 3600), "hour"]);
  const first = parts.findIndex(([value]) => value > 0);
  if (first < 0) return said(0, "second");
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => said(value, unit))
    .join(" ");
}

/** What is left is an estimate and speaks like one: "about 3 minutes", "13 s". */
export function aboutDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${Math.max(1, seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return minutes === 1 ? "about a minute" : `about ${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours === 1 ? "about an hour" : `about ${hours} hours`;
}

/** Building one costs a hundred times what using it does: a long list shows two times a row. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string | undefined, withSeconds: boolean): Intl.DateTimeFormat {
  // A computer that travels changes its zone while the app runs.
  const key = `${timeZone ?? new Date().getTimezoneOffset()} ${withSeconds}`;
  const known = formats.get(key);
  if (known) return known;
  const format = new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: withSeconds ? "2-digit" : undefined,
    hourCycle: "h23",
    timeZone,
    timeZoneName: "short",
  });
  formats.set(key, format);
  return format;
}

function stamp(date: Date, timeZone: string | undefined, withSeconds: boolean): string {
  const parts = formatOf(timeZone, withSeconds).formatToParts(date);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((p) => p.type === type)?.value ?? "";
  // "Sept" is how this locale writes one month of twelve; three letters keep columns even.
  const time = [part("hour"), part("minute"), part("second")].filter(Boolean).join(":");
  return `${part("day")} ${part("month").slice(0, 3)} ${part("year")}, ${time} ${part("timeZoneName")}`;
}

/** "23 Nov 2026, 14:02 GMT+1": local, with its zone. `timeZone` is for tests. */
export function localMoment(date: Date, withSeconds = false, timeZone?: string): string {
  return stamp(date, timeZone, withSeconds);
}

/** "14:02" of today, and with its day of any other. `timeZone` is for tests. */
export function clockTime(date: Date, now: Date, timeZone?: string): string {
  const [day, time] = stamp(date, timeZone, false).split(", ");
  const clock = time?.split(" ")[0] ?? "";
  return day === stamp(now, timeZone, false).split(", ")[0] ? clock : `${day}, ${clock}`;
}

/** "23 Nov 2026, 13:02 UTC". */
export function utcMoment(date: Date, withSeconds = false): string {
  return stamp(date, "UTC", withSeconds);
}

/**
 * What the clock here shows when something recurs by UTC: "03:00 here", "00:30 here, the next day". Null where it shows
 * the same. `timeZone` is for tests.
 */
export function clockHere(date: Date, timeZone?: string): string | null {
  const parts = (zone: string | undefined) => {
    const found = formatOf(zone, false).formatToParts(date);
    const part = (type: Intl.DateTimeFormatPartTypes) =>
      found.find((each) => each.type === type)?.value ?? "";
    return { clock: `${part("hour")}:${part("minute")}`, day: `${part("day")} ${part("month")}` };
  };
  const [here, utc] = [parts(timeZone), parts("UTC")];
  if (here.clock === utc.clock && here.day === utc.day) return null;
  if (here.day === utc.day) return `${here.clock} here`;
  // East of Greenwich the clock is ahead, so another day is the next one in the morning.
  return `${here.clock} here, the ${here.clock < utc.clock ? "next day" : "day before"}`;
}

const relative = new Intl.RelativeTimeFormat("en-GB", { numeric: "auto" });

/** "a moment ago", "3 hours ago", "yesterday", "in 2 days". Never alone where the time matters. */
export function relativeTime(date: Date, now: Date): string {
  const seconds = (date.getTime() - now.getTime()) / 1000;
  const size = Math.abs(seconds);
  if (size < 45) return seconds > 0 ? "in a moment" : "a moment ago";
  if (size < 2700) return relative.format(Math.round(seconds / 60) || Math.sign(seconds), "minute");
  if (size < 79200) return relative.format(Math.round(seconds / 3600) || Math.sign(seconds), "hour");
  if (size < 2592000) return relative.format(Math.round(seconds / 86400) || Math.sign(seconds), "day");
  if (size < 31536000) return relative.format(Math.round(seconds / 2592000), "month");
  return relative.format(Math.round(seconds / 31536000), "year");
}
