import type { Tone } from "./tone";

/** How much care a cluster asks for, as a word and a colour. The same on every screen. */
export type EnvironmentName = "practice" | "development" | "staging" | "production";

export const environments: Record<EnvironmentName, { label: string; tone: Tone }> = {
  production: { label: "Production", tone: "bad" },
  staging: { label: "Staging", tone: "attention" },
  development: { label: "Development", tone: "accent" },
  practice: { label: "Practice", tone: "practice" },
};
