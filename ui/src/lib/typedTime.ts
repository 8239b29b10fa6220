/** Times as people type them. */
const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const hours: Readonly<Record<string, string>> = { noon: "12:00", midnight: "00:00" };
const units: Readonly<Record<string, number>> = {
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const time = String.raw`(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?|noon|midnight)`;
const zone = String.raw`\s*(z|utc|[+-]\d{2}:?\d{2})?`;

/** Year, month and day in letters as one writes them; null for what is none. */
function dayIn(text: string, now: Date): [number, number, number] | null {
  const relative = { today: 0, yesterday: 1 }[text];
  if (relative !== undefined) {
    const day = new Date(now.getFullYear(), now.getMonth(), now.getDate() - relative);
    return [day.getFullYear(), day.getMonth() + 1, day.getDate()];
  }
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (iso) return [Number(iso[1]), Number(iso[2]), Number(iso[3])];
  const dotted = /^(\d{1,2})\.\s*(\d{1,2})\.\s*(\d{4})$/.exec(text);
  if (dotted) return [Number(dotted[3]), Number(dotted[2]), Number(dotted[1])];
  const spelled = /^(\d{1,2})\.?\s+([a-z]{3})[a-z]*\.?(?:,?\s+(\d{4}))?$/.exec(text);
  const month = months.indexOf(spelled?.[2] ?? "") + 1;
  if (spelled && month > 0) return [Number(spelled[3] ?? now.getFullYear()), month, Number(spelled[1])];
  return null;
}

/**
 * "2026-11-23 10:37", "2026-11-23T10:37:05Z", "23 Nov 10:37", "yesterday at noon", "10:37", "2 hours ago"; with or
 * without seconds. Without a zone it is local time. Null for what is not understood.
 */
export function parseTime(text: string, now: Date): number | null {
  const said = text.trim().toLowerCase();
  if (said === "now") return now.getTime();
  const ago = /^(\d+)\s*(s|min|h|d)(?:ec(?:ond)?s?|utes?|ours?|ays?)?\s+ago$/.exec(said);
  if (ago) return now.getTime() - Number(ago[1]) * (units[ago[2] ?? ""] ?? 0);
  const match = new RegExp(`^(?:(.+?)(?:,?\\s+(?:at\\s+)?|t))??${time}${zone}$`).exec(said);
  if (match === null) return null;
  const day = dayIn(match[1] ?? "today", now);
  if (day === null) return null;
  const [hour = "", minute = "", second = "0"] = (hours[match[2] ?? ""] ?? match[2] ?? "").split(":");
  const two = (part: number | string) => String(part).padStart(2, "0");
  const shift = match[3] === undefined ? "" : /^[+-]/.test(match[3]) ? match[3] : "Z";
  const [whole = "", fraction] = second.split(".");
  const stamp = `${String(day[0]).padStart(4, "0")}-${two(day[1])}-${two(day[2])}T${two(hour)}:${two(minute)}:${two(whole)}${fraction ? `.${fraction}` : ""}${shift}`;
  const at = new Date(stamp).getTime();
  return Number.isNaN(at) ? null : at;
}

/** As it can be typed again: "2026-11-23 10:37:05", local time. */
export function typedTime(at: Date): string {
  const two = (part: number) => String(part).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
