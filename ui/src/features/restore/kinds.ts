import type { ObjectKind } from "../../ipc/bindings";
import { counted } from "../../lib/quantity";

/** What BACKUP and RESTORE take as a table. */
export function isRelation({ kind }: { kind: ObjectKind }): boolean {
  return kind === "table" || kind === "view" || kind === "sequence";
}

/** "a", "a and b", "a, b and c". */
export function listed(words: readonly string[]): string {
  return words.length < 2
    ? words.join("")
    : `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}

/** "6 tables, 1 view and 1 sequence"; what there is none of is not named. */
export function kindsCounted(objects: readonly { kind: ObjectKind }[]): string {
  const of = (kind: ObjectKind) => objects.filter((object) => object.kind === kind).length;
  const words = (["table", "view", "sequence"] as const)
    .filter((kind) => of(kind) > 0)
    .map((kind) => counted(of(kind), kind));
  return words.length === 0 ? counted(0, "table") : listed(words);
}

/** "public.accounts" → "accounts": the schema that every database has says nothing. */
export function shortName(table: string): string {
  return table.startsWith("public.") ? table.slice("public.".length) : table;
}

/** Statements as one text, each with its semicolon; those of several lines are set apart. */
export function joined(statements: readonly string[]): string {
  const between = statements.some((statement) => statement.includes("\n")) ? ";\n\n" : ";\n";
  return `${statements.map((statement) => statement.replace(/;\s*$/, "")).join(between)};`;
}

/** The one by its name, several by their number. */
export function namesInShort(tables: readonly string[]): string {
  const [first] = tables;
  return tables.length === 1 && first !== undefined ? shortName(first) : counted(tables.length, "table");
}
