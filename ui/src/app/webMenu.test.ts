import { afterEach, describe, expect, it } from "vitest";
import { keepMenuForText } from "./webMenu";

keepMenuForText();

function hasMenu(on: Element): boolean {
  return on.dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true }));
}

describe("the web view's own menu", () => {
  afterEach(() => {
    document.getSelection()?.removeAllRanges();
    document.body.replaceChildren();
  });

  it("is not shown over the page", () => {
    document.body.innerHTML = "<p>Words</p>";
    expect(hasMenu(document.body)).toBe(false);
    expect(hasMenu(document.body.children[0] as Element)).toBe(false);
  });

  it("stays in fields, to paste, and on selected text, to copy", () => {
    document.body.innerHTML = "<input><textarea></textarea><p>Words</p><p>Others</p>";
    const [input, area, words, others] = [...document.body.children] as Element[];
    expect(hasMenu(input as Element)).toBe(true);
    expect(hasMenu(area as Element)).toBe(true);
    document.getSelection()?.selectAllChildren(words as Element);
    expect(hasMenu(words as Element)).toBe(true);
    expect(hasMenu(others as Element)).toBe(false);
  });
});
