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

/** Those a connection is shown with: of its group, and favourites apart from the others. */
function together(connections: readonly Connection[], { fields: of }: Connection): Connection[] {
  return connections.filter(
    ({ fields }) =>
      (fields.group ?? ungrouped) === (of.group ?? ungrouped) && fields.favourite === of.favourite,
  );
}

/** The order of all ids with one of them a place up (-1) or down (1). Null at the end, where there is none. */
export function moved(connections: readonly Connection[], id: string, by: -1 | 1): string[] | null {
  const one = connections.find((connection) => connection.id === id);
  if (!one) return null;
  const shown = together(connections, one);
  const other = shown[shown.indexOf(one) + by];
  return other ? placed(connections, id, other.id) : null;
}

/** The order of all ids with one of them in the place of another. Null where it cannot lie: in another group. */
export function placed(connections: readonly Connection[], id: string, place: string): string[] | null {
  const one = connections.find((connection) => connection.id === id);
  if (!one || id === place || !together(connections, one).some((other) => other.id === place)) return null;
  const ids = connections.map((connection) => connection.id);
  const isDown = ids.indexOf(id) < ids.indexOf(place);
  const others = ids.filter((each) => each !== id);
  others.splice(others.indexOf(place) + (isDown ? 1 : 0), 0, id);
  return others;
}
