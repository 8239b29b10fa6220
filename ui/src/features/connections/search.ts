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

/** The order of ids with one of them a place up (-1) or down (1). */
export function moved(connections: readonly Connection[], id: string, by: -1 | 1): string[] {
  const ids = connections.map((connection) => connection.id);
  const at = ids.indexOf(id);
  const to = at + by;
  if (at < 0 || to < 0 || to >= ids.length) return ids;
  ids.splice(at, 1);
  ids.splice(to, 0, id);
  return ids;
}
