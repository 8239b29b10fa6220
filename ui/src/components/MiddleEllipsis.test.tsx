import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { shortened } from "../lib/names";
import { MiddleEllipsis } from "./MiddleEllipsis";

/** As if each character were one wide. */
const within = (width: number) => (text: string) => Array.from(text).length <= width;

describe("a name that may be too long", () => {
  it("is never split while it fits", () => {
    for (const name of ["localhost", "a", "", "blue-dog-147.6wr.cockroachlabs.cloud", "ünï ço∂é"]) {
      expect(shortened(name, 10, within(Array.from(name).length))).toBe(name);
    }
    render(<MiddleEllipsis text="localhost" keepEnd={6} />);
    expect(screen.getByText("localhost")).toBeVisible();
  });

  it("loses its middle, and no blank stands beside the ellipsis", () => {
    const cases: [text: string, keepEnd: number, width: number, expected: string][] = [
      ["Production connection Frankfurt", 10, 20, "Production…Frankfurt"],
      ["Analytics Frankfurt", 10, 12, "An…Frankfurt"],
      ["aaaaaaaaaaaaaaaa.csv", 4, 9, "aaaa….csv"],
      ["aaaaaaaaaaaaaaaa.csv", 10, 6, "a….csv"],
      ["🐞🐞🐞🐞🐞🐞🐞🐞", 2, 5, "🐞🐞…🐞🐞"],
      ["abcdef", 3, 1, "a…"],
    ];
    for (const [text, keepEnd, width, expected] of cases) {
      expect(shortened(text, keepEnd, within(width))).toBe(expected);
    }
  });
});
