/**
 * Names that somebody else chose, as they can be shown. A stored name is any text: a line break in it must not make two
 * rows of one, and a mark that turns the direction of text must not make "gpj.exe" of "exe.jpg".
 */

const controls =
  /[\p{Cc}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;
const edges = /^ +| +$/g;
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

function picture(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === "\n" || code === 0x2028 || code === 0x2029) return "↵";
  if (character === "\t") return "⇥";
  // Unicode has pictures of the others, and few fonts have them.
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

/** On one line, with a visible sign for whatever has none of its own or would move other text. */
export function visible(text: string): string {
  return text.replace(controls, picture).replace(edges, (blanks) => "␣".repeat(blanks.length));
}

let segmenter: Intl.Segmenter | undefined;

/** What a person takes for one character: an emoji of several parts is not cut in two. */
function characters(text: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the plain ones, which need no segmenter
  if (/^[\x00-\x7f]*$/.test(text)) return text.split("");
  segmenter ??= new Intl.Segmenter();
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/**
 * The text as it fits: whole, or with its middle replaced by an ellipsis. The start gives way first, then the end; no
 * blank stands beside the ellipsis, where it would look like a gap.
 */
export function shortened(text: string, keepEnd: number, fits: (text: string) => boolean): string {
  if (fits(text)) return text;
  const parts = characters(text);
  const cut = (start: number, end: number) =>
    `${parts.slice(0, start).join("").trimEnd()}…${parts
      .slice(parts.length - end)
      .join("")
      .trimStart()}`;
  const end = Math.min(keepEnd, parts.length - 1);
  let [low, high] = [1, parts.length - end - 1];
  if (high >= 1 && fits(cut(1, end))) {
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (fits(cut(middle, end))) low = middle;
      else high = middle - 1;
    }
    return cut(low, end);
  }
  let kept = end;
  while (kept > 0 && !fits(cut(1, kept))) kept -= 1;
  return cut(1, kept);
}

/** A name inside a sentence or a title: visible, not too long for it, and without moving the words around it. */
export function inText(name: string, most = 56): string {
  const short = shortened(visible(name), 14, (candidate) => candidate.length <= most);
  // Isolated: the words behind a name in Hebrew stay behind it.
  return rightToLeft.test(short) ? `\u2068${short}\u2069` : short;
}

/** The last part of a path: "exports/2026/a.csv" → "a.csv"; "exports/2026/" → "2026". */
export function nameOf(path: string): string {
  const bare = path.endsWith("/") ? path.slice(0, -1) : path;
  return bare.slice(bare.lastIndexOf("/") + 1);
}

/** As [nameOf], inside a sentence or a title. */
export function shownName(path: string): string {
  return inText(nameOf(path));
}
