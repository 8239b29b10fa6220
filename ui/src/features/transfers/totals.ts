import { jobFraction } from "../../components/JobRow";
import type { Job } from "../../ipc/bindings";
import { bytes, bytesOf, counted, percent } from "../../lib/quantity";
import { aboutDuration } from "../../lib/time";

export interface Totals {
  unended: readonly Job[];
  /** 0 to 1, or null while one of them does not know its total. */
  fraction: number | null;
  /** "3 jobs · 412 of 900 MiB · 46 % · 38 MiB/s · 13 s left". */
  words: string;
}

/** What all jobs under way come to. Bytes are added up; jobs that count otherwise weigh the same each. */
export function totalsOf(jobs: readonly Job[]): Totals {
  const unended = jobs.filter((job) => !job.ended);
  const inBytes = unended.filter((job) => job.progress.unit === "bytes");
  const parts = [counted(unended.length, "job")];
  let fraction: number | null;
  if (inBytes.length === unended.length && unended.every((job) => job.progress.total !== null)) {
    const done = inBytes.reduce((sum, job) => sum + job.progress.done, 0);
    const total = inBytes.reduce((sum, job) => sum + (job.progress.total ?? 0), 0);
    fraction = total === 0 ? 0 : done / total;
    parts.push(bytesOf(done, total), percent(fraction));
  } else {
    const fractions = unended.map(jobFraction);
    fraction = fractions.some((part) => part === null)
      ? null
      : fractions.reduce((sum: number, part) => sum + (part ?? 0), 0) / Math.max(1, fractions.length);
    if (fraction !== null) parts.push(percent(fraction));
  }
  const running = unended.filter((job) => job.state === "running");
  const speed = running.reduce((sum, job) => sum + (job.bytesPerSecond ?? 0), 0);
  if (speed > 0) parts.push(`${bytes(speed)}/s`);
  // They run side by side: the last one to end decides.
  const left = running.map((job) => job.secondsLeft).filter((seconds) => seconds !== null);
  if (left.length === running.length && left.length > 0)
    parts.push(`${aboutDuration(Math.max(...left) * 1000)} left`);
  return { unended, fraction, words: parts.join(" · ") };
}
