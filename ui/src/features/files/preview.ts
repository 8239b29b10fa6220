import type { Preview } from "../../ipc/bindings";
import { nameOf } from "../../lib/names";

export type Look =
  | { kind: "image"; dataUri: string }
  | { kind: "hex"; text: string }
  | { kind: "text"; text: string; isWhole: boolean }
  | { kind: "table"; head: readonly string[]; rows: readonly (readonly string[])[]; isWhole: boolean }
  /** No byte of it can be shown. */
  | { kind: "nothing" };

/** Lines of a table that are shown: what it holds is seen from them. */
const mostLines = 100;
/** Wider tables are easier to read as the text they are. */
const mostColumns = 200;

/** The beginning of a file in the form in which it is read best. */
export function lookAt(path: string, preview: Preview): Look {
  if (preview.kind === "image") return preview;
  if (preview.kind === "binary")
    return preview.hex === ""
      ? { kind: "nothing" }
      : { kind: "hex", text: preview.hex.replace(/(.{2})/g, "$1 ").trim() };
  const { text, truncated } = preview;
  if (text === "") return { kind: "nothing" };
  const ending = nameOf(path).toLowerCase().split(".").at(-1);
  if (ending === "csv" || ending === "tsv") {
    const lines = linesOf(text, ending === "tsv" ? "\t" : ",");
    // Of a head that was cut off, the last line is a part of a line.
    const whole = truncated ? lines.slice(0, -1) : lines;
    const [head, ...rows] = whole.slice(0, mostLines + 1);
    if (head !== undefined && head.length > 1 && head.length <= mostColumns)
      return { kind: "table", head, rows, isWhole: !truncated && whole.length <= mostLines + 1 };
  }
  return { kind: "text", text: (!truncated && laidOut(text)) || text, isWhole: !truncated };
}

/** JSON with a line for each of its parts; null where the text is none, or a bare word or number. */
function laidOut(text: string): string | null {
  if (!/^\s*[[{]/.test(text)) return null;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}

/** Lines and fields as RFC 4180 has them: quotes hold separators, line ends and doubled quotes. */
function linesOf(text: string, separator: string): string[][] {
  const lines: string[][] = [];
  let line: string[] = [];
  let field = "";
  let isQuoted = false;
  const endField = () => {
    line.push(field);
    field = "";
  };
  const endLine = () => {
    endField();
    lines.push(line);
    line = [];
  };
  for (let at = 0; at < text.length && lines.length <= mostLines + 1; at += 1) {
    const character = text[at];
    if (isQuoted) {
      if (character !== '"') field += character;
      else if (text[at + 1] === '"') {
        field += '"';
        at += 1;
      } else isQuoted = false;
    } else if (character === '"' && field === "") isQuoted = true;
    else if (character === separator) endField();
    else if (character === "\n") endLine();
    else if (character !== "\r" || text[at + 1] !== "\n") field += character;
  }
  if (field !== "" || line.length > 0) endLine();
  return lines;
}
