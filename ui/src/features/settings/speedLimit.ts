/** The speed limit as it is typed, apart from the screen that takes it. */

type Unit = "KiB" | "MiB";

const bytesIn: Record<Unit, number> = { KiB: 2 ** 10, MiB: 2 ** 20 };

/** Slower than this a single chunk would seem to stand still; the core refuses it as well. */
const leastKib = 16;

export interface LimitDraft {
  limited: boolean;
  amount: string;
  unit: Unit;
}

/** What stands in the fields for a limit in bytes per second. Whole MiB are shown as such. */
export function limitDraft(limit: number | null): LimitDraft {
  if (limit === null) return { limited: false, amount: "", unit: "MiB" };
  const unit = limit >= bytesIn.MiB && limit % (bytesIn.MiB / 4) === 0 ? "MiB" : "KiB";
  return { limited: true, amount: String(limit / bytesIn[unit]), unit };
}

/** Bytes per second, null for none, or what is wrong with what was typed. A comma is as good as a point. */
export function limitOf({ limited, amount, unit }: LimitDraft): number | null | string {
  if (!limited) return null;
  const typed = amount.trim().replace(",", ".");
  if (!/^\d+(\.\d+)?$/.test(typed)) return "Type a number, such as 5 or 2.5.";
  const limit = Math.round(Number(typed) * bytesIn[unit]);
  if (limit < leastKib * bytesIn.KiB) return `The least limit is ${leastKib} KiB per second.`;
  if (!Number.isSafeInteger(limit)) return "That is more than any line carries. Choose No limit instead.";
  return limit;
}
