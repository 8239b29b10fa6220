import { describe, expect, it } from "vitest";
import { inText, shortened, visible } from "./names";

describe("a name", () => {
  it("is shown on one line, with a sign for what has none", () => {
    expect(visible("a\nb\r\nc\td")).toBe("a↵b⟨U+000D⟩↵c⇥d");
    expect(visible("bell\u0007, del\u007f, next\u0085")).toBe("bell⟨U+0007⟩, del⟨U+007F⟩, next⟨U+0085⟩");
    expect(visible("plain name (2).csv")).toBe("plain name (2).csv");
  });

  it("cannot turn the direction of the text around it, or hide a character", () => {
    expect(visible("photo\u202egpj.exe")).toBe("photo⟨U+202E⟩gpj.exe");
    expect(visible("in\u200bvisible\ufeff")).toBe("in⟨U+200B⟩visible⟨U+FEFF⟩");
    expect(visible("שלום.csv")).toBe("שלום.csv");
    expect(inText("שלום.csv")).toBe("\u2068שלום.csv\u2069");
  });

  it("shows blanks at its ends, where they would not be seen", () => {
    expect(visible(" a b  ")).toBe("␣a b␣␣");
  });

  it("keeps its emoji whole, also where it is cut", () => {
    const family = "👨‍👩‍👧‍👦";
    expect(visible(`${family}.png`)).toBe(`${family}.png`);
    const cut = shortened(`aaaaaaaaaa${family}z`, 2, (text) => text.length <= 20);
    expect(cut).toBe(`aaaaaaa…${family}z`);
  });

  it("is shortened in a sentence", () => {
    const name = inText(`${"long-".repeat(200)}name.csv`);
    expect(name.length).toBeLessThanOrEqual(56);
    expect(name).toMatch(/^long-.*…-long-name\.csv$/);
  });
});
