/** What a colour says. Amber: you should know. Red: this will not work, or this destroys. Green is earned by a check. */
export type Tone = "neutral" | "accent" | "good" | "attention" | "bad" | "practice";
