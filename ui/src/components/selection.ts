export type Selection = ReadonlySet<string>;

/** The keys of the rows between two places, both included, whichever comes first. */
export function rangeOf<Row>(
  rows: readonly Row[],
  rowKey: (row: Row) => string,
  from: number,
  to: number,
): Selection {
  const [first, last] = from < to ? [from, to] : [to, from];
  return new Set(rows.slice(first, last + 1).map(rowKey));
}
