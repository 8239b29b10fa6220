import { afterEach, describe, expect, it } from "vitest";
import { keepSelectAllForFields } from "./selectAll";

keepSelectAllForFields();

function selectsAll(on: Element, key = "a"): boolean {
  return on.dispatchEvent(
    new KeyboardEvent("keydown", { key, ctrlKey: true, bubbles: true, cancelable: true }),
  );
}

describe("Ctrl+A", () => {
  afterEach(() => document.body.replaceChildren());

  it("marks nothing of the page", () => {
    document.body.innerHTML = "<main tabindex=-1><p>Words</p></main>";
    expect(selectsAll(document.body)).toBe(false);
    expect(selectsAll(document.body.children[0] as Element)).toBe(false);
    expect(selectsAll(document.body, "A")).toBe(false);
  });

  it("stays in fields, and other keys stay everywhere", () => {
    document.body.innerHTML = "<input><textarea></textarea>";
    for (const field of document.body.children) expect(selectsAll(field)).toBe(true);
    expect(selectsAll(document.body, "c")).toBe(true);
  });
});
