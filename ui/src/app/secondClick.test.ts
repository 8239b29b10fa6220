import { afterEach, expect, it, vi } from "vitest";
import { ignoreStraySecondClicks } from "./secondClick";

let address = "/files";
ignoreStraySecondClicks(() => address);

function click(on: Element, detail: number, type = "click") {
  on.dispatchEvent(new MouseEvent(type, { detail, bubbles: true, cancelable: true }));
}

/** A button on the page, and what it was told. */
function aButton(onPress: () => void = () => {}) {
  const button = document.createElement("button");
  const heard = vi.fn(onPress);
  button.addEventListener("click", heard);
  button.addEventListener("dblclick", heard);
  document.body.append(button);
  return { button, heard };
}

afterEach(() => document.body.replaceChildren());

it("does nothing to what came beneath the pointer with another page", () => {
  const folder = aButton(() => {
    address = "/files/exports";
    folder.button.remove();
  });
  click(folder.button, 1);
  const stranger = aButton();
  click(stranger.button, 2);
  click(stranger.button, 2, "dblclick");
  expect(stranger.heard).not.toHaveBeenCalled();
  click(stranger.button, 1);
  expect(stranger.heard).toHaveBeenCalledTimes(1);
});

it("counts on a button that stays, though it changes the address, and on the next of a list that moves up", () => {
  const sort = aButton(() => {
    address += "/";
  });
  click(sort.button, 1);
  click(sort.button, 2);
  expect(sort.heard).toHaveBeenCalledTimes(2);
  const dismiss = aButton(() => dismiss.button.remove());
  const next = aButton();
  click(dismiss.button, 1);
  click(next.button, 2);
  expect(next.heard).toHaveBeenCalledTimes(1);
});
