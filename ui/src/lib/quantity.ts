const thousands = new Intl.NumberFormat("en-GB");

/** 1204881 → "1,204,881". */
export function count(value: number): string {
  return thousands.format(value);
}

/** (1, "file") → "1 file"; (3, "file") → "3 files"; irregular plurals are given. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

const units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** Binary units, three significant digits: 14.2 MiB, 900 MiB, 1.1 GiB, 512 bytes. */
export function bytes(sizeBytes: number): string {
  if (sizeBytes < 1024) return sizeBytes === 1 ? "1 byte" : `${count(Math.round(sizeBytes))} bytes`;
  let value = sizeBytes;
  let unit = 0;
  // 1023.95 and more would be rounded to 1,024: that is one of the next unit.
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 99.95 ? value.toFixed(1) : count(Math.round(value))} ${units[unit]}`;
}

/** "412 of 900 MiB" when both share a unit, else "900 KiB of 1.2 GiB". */
export function bytesOf(doneBytes: number, totalBytes: number): string {
  const done = bytes(doneBytes);
  const total = bytes(totalBytes);
  const unit = total.slice(total.indexOf(" "));
  return done.endsWith(unit) ? `${done.slice(0, -unit.length)} of ${total}` : `${done} of ${total}`;
}

/** 0.462 → "46 %"; never 100 % before all is done. */
export function percent(fraction: number): string {
  const bounded = Math.min(1, Math.max(0, fraction));
  return `${bounded < 1 ? Math.min(99, Math.floor(bounded * 100)) : 100} %`;
}
