import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { type ConflictChoices, commands, type ImportPlan, type TransferPlan } from "../../ipc/bindings";
import { pickFolder } from "../../ipc/dialogs";
import { asCallError, type CallError } from "../../ipc/errors";

type Question = { kind: "export"; plan: TransferPlan } | { kind: "import"; plan: ImportPlan };

export interface ArchiveWork {
  /** A plan to look at: nothing is written before it is answered. */
  question: Question | null;
  planError: CallError | null;
  startError: CallError | null;
  isStarting: boolean;
  /** Asks for a folder, and plans an archive of these paths in it. */
  exportPaths: (paths: readonly string[]) => void;
  /** Asks for an archive, and plans to import it into the folder that is open. */
  importHere: () => void;
  start: (choices: ConflictChoices, typed: string | null) => void;
  dismiss: () => void;
}

/** Archives: folders on this computer that hold files of a cluster and a list of their digests. */
export function useArchive(connectionId: string, store: string | null, folder: string): ArchiveWork {
  const [question, setQuestion] = useState<Question | null>(null);
  const planning = useMutation({
    // Null when no folder was chosen.
    mutationFn: async (paths: readonly string[] | "import"): Promise<Question | null> => {
      if (paths === "import") {
        const archive = await pickFolder("Import which archive? Choose its folder");
        if (archive === null) return null;
        const plan = await commands.planImport(connectionId, { store, folder, archive });
        return { kind: "import", plan };
      }
      const place = await pickFolder("Export into which folder?");
      if (place === null) return null;
      const plan = await commands.planExport(connectionId, { store, paths: [...paths], folder: place });
      return { kind: "export", plan };
    },
    onSuccess: setQuestion,
  });
  const starting = useMutation({
    mutationFn: ({
      kind,
      plan,
      choices,
      typed,
    }: Question & { choices: ConflictChoices; typed: string | null }) =>
      kind === "import"
        ? commands.startImport(plan.transfer.plan, choices, typed)
        : commands.startExport(plan.plan),
    onSuccess: () => setQuestion(null),
  });
  const plan = (paths: readonly string[] | "import") => {
    starting.reset();
    planning.mutate(paths);
  };
  return {
    question,
    planError: planning.error && asCallError(planning.error),
    startError: starting.error && asCallError(starting.error),
    isStarting: starting.isPending,
    exportPaths: plan,
    importHere: () => plan("import"),
    start: (choices, typed) => question && starting.mutate({ ...question, choices, typed }),
    dismiss: () => {
      setQuestion(null);
      planning.reset();
      starting.reset();
    },
  };
}
