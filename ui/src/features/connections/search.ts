import type { Connection } from "../../ipc/bindings";

/** The heading of those without a group, when others have one. */
export const ungrouped = "Without a group";

/** The connections in which every word of the search occurs somewhere; favourites first. */
export function matching(connections: readonly Connection[], search: string): Connection[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return connections
    .filter(({ fields }) => {
      const text = [
        fields.name,
        fields.host,
        fields.user,
        fields.database,
        fields.group,
        fields.note,
        fields.environment,
      ]
        .join("\n")
        .toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => Number(b.fields.favourite) - Number(a.fields.favourite));
}

/**
 * The order of all ids with one of them a place up (-1) or down (1) among those it is shown with: of its group, and
 * favourites apart from the others. Null at the end, where there is no place to move to.
 */
export function moved(connections: readonly Connection[], id: string, by: -1 | 1): string[] | null {
  const one = connections.find((connection) => connection.id === id);
  if (!one) return null;
  const together = connections.filter(
    ({ fields }) =>
      (fields.group ?? ungrouped) === (one.fields.group ?? ungrouped) &&
      fields.favourite === one.fields.favourite,
  );
  const other = together[together.indexOf(one) + by];
  if (!other) return null;
  const ids = connections.map((connection) => connection.id).filter((each) => each !== id);
  ids.splice(ids.indexOf(other.id) + (by === 1 ? 1 : 0), 0, id);
  return ids;
}
