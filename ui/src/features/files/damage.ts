import type { Damage, RepairItem } from "../../ipc/bindings";
import { bytes, counted } from "../../lib/quantity";

interface DamageWords {
  /** In the column of the list. */
  word: string;
  /** Above the list, with how many there are. */
  title: (items: number) => string;
  explanation: string;
}

/** What can be wrong with a store, for somebody who meets it for the first time. */
export const damages: Record<Damage, DamageWords> = {
  shifted: {
    word: "parts in the wrong place",
    title: (items) => `${counted(items, "file has", "files have")} parts in the wrong place`,
    explanation:
      "Releases of CockroachDB before July 2023 could store a part under a wrong offset when they repeated a write. The bytes are whole and in order, but the file reads as empty or cut. Mending gives the parts their right places.",
  },
  leftover: {
    word: "upload did not end",
    title: (items) => `${counted(items, "upload", "uploads")} did not end`,
    explanation:
      "The beginning of a file whose upload was cut off, or is still running elsewhere. It takes space and is no whole file. Mending removes it.",
  },
  orphan: {
    word: "parts without a file",
    title: (items) => `${counted(items, "deleted file has", "deleted files have")} left parts behind`,
    explanation:
      "File storage that was made before v22.2 could keep the parts of a file that was deleted. Nothing can read them. Mending removes them.",
  },
};

export const damageOrder = ["shifted", "leftover", "orphan"] as const satisfies readonly Damage[];

/** What a repair of these would do, for its button: "Mend 1 file, remove 2 leftovers". */
export function repairLabel(chosen: readonly RepairItem[]): string {
  const mended = chosen.filter((item) => item.damage === "shifted").length;
  const removed = chosen.length - mended;
  const parts = [
    mended > 0 ? `mend ${counted(mended, "file")}` : "",
    removed > 0 ? `remove ${counted(removed, "leftover")}` : "",
  ].filter(Boolean);
  const label = parts.join(", ") || "mend";
  return label.charAt(0).toUpperCase() + label.slice(1);
}

/** How a row is spoken. */
export function spokenDamage(item: RepairItem): string {
  return [item.path ?? `parts ${item.fileId}`, damages[item.damage].word, bytes(item.sizeBytes)].join(", ");
}
