import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const css = readFileSync(resolve(__dirname, "../src/styles/tokens.css"), "utf8");
const [lightCss = "", darkCss = ""] = css.split("@media (prefers-color-scheme: dark)");

function tokensOf(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/--([a-z-]+):\s*(#[0-9a-f]{6});/g)].map((m) => [m[1], m[2]]));
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.03928 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const grounds = ["page", "surface", "sunken", "raised"];
const readable: [string, string][] = [
  ...["text", "muted", "accent-text", "good-text", "attention-text", "bad-text", "practice-text"].flatMap(
    (ink) => grounds.map((ground): [string, string] => [ink, ground]),
  ),
  ...["accent", "good", "attention", "bad", "practice", "neutral"].map((tone): [string, string] => [
    `${tone}-text`,
    `${tone}-soft`,
  ]),
  ["text", "accent-soft"],
  ["muted", "accent-soft"],
  ["text", "attention-soft"],
  ["text", "bad-soft"],
  ["on-accent", "accent"],
  ["on-accent", "accent-hover"],
  ["on-accent", "accent-pressed"],
];
const visible: [string, string][] = ["good", "attention", "bad", "accent", "practice", "control-line"].map(
  (ink) => [ink, "surface"],
);

describe.each([
  ["light", tokensOf(lightCss)],
  ["dark", tokensOf(darkCss)],
])("the %s theme", (_name, tokens) => {
  it.each(readable)("keeps %s readable on %s", (ink, ground) => {
    expect(contrast(tokens[ink] ?? "", tokens[ground] ?? "")).toBeGreaterThanOrEqual(4.5);
  });
  it.each(visible)("keeps the shape %s visible on %s", (ink, ground) => {
    expect(contrast(tokens[ink] ?? "", tokens[ground] ?? "")).toBeGreaterThanOrEqual(3);
  });
});
