import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

afterEach(cleanup);
// Two busy cores take their time: a condition may come late, and is waited for.
configure({ asyncUtilTimeout: 15_000 });

// jsdom lays nothing out: virtual lists need a size to decide what to draw.
for (const [name, size] of [
  ["clientHeight", 600],
  ["clientWidth", 900],
] as const) {
  Object.defineProperty(Element.prototype, name, { configurable: true, get: () => size });
}

Element.prototype.scrollTo ??= () => {};
window.scrollTo = () => {};
Element.prototype.scrollIntoView ??= () => {};
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
window.matchMedia ??= (query: string) =>
  ({
    matches: false,
    media: query,
    addEventListener() {},
    removeEventListener() {},
  }) as unknown as MediaQueryList;
// Asked for by the accessibility checks, which then do without.
HTMLCanvasElement.prototype.getContext = (() => null) as typeof HTMLCanvasElement.prototype.getContext;
