import axe from "axe-core";
import { expect } from "vitest";

/** Fails with the rule and the place of each accessibility fault. Colours need a real browser and are checked by tokens.test.ts. */
export async function expectAccessible(container: Element = document.body) {
  // react-aria's live region names what a button was waiting for a moment longer than that is on the screen.
  const { violations } = await axe.run(
    { include: [container], exclude: ["[data-live-announcer]"] },
    {
      rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
    },
  );
  expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" | ")}`)).toEqual([]);
}
