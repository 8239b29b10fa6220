/** Keys of the rows that are chosen. */
export type Selection = ReadonlySet<string>;
