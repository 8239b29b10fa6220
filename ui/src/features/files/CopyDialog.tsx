import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../components/Button";
import { Stack } from "../../components/Card";
import { RadioGroup } from "../../components/Choice";
import { Dialog } from "../../components/Dialog";
import { ErrorState } from "../../components/States";
import { TextField } from "../../components/TextField";
import { commands, type TransferPlan } from "../../ipc/bindings";
import { asCallError } from "../../ipc/errors";
import { nameOf, shownName } from "../../lib/names";
import { comesToNothing, NothingToDo } from "./ConflictDialog";
import { CopyPlanDialog } from "./CopyPlanDialog";
import { CopyToClusterForm } from "./CopyToClusterForm";
import { besideName, folderOf, namedCount, nameProblem } from "./paths";
import { copyEnds } from "./TransferPlanView";
import { useCopyTarget } from "./useCopyTarget";

type Where = "here" | "elsewhere";

export interface CopyDialogProps {
  connectionId: string;
  readOnly: boolean;
  store: string | null;
  /** Folders and collections end in a slash. */
  paths: readonly string[];
  /** What they are, for the title: "customers.csv", "3 files", "the collection bank-backup". */
  what: string;
  /** Whole backup collections among them: their index is copied last. */
  hasCollections: boolean;
  onClose: () => void;
  onStarted: () => void;
}

function withSlash(folder: string): string {
  return folder === "" ? "" : `${folder}/`;
}

/** A copy beside the original, in another folder, or on another cluster. */
export function CopyDialog({
  connectionId,
  readOnly,
  store,
  paths,
  what,
  hasCollections,
  onClose,
  onStarted,
}: CopyDialogProps) {
  const [first = ""] = paths;
  const isOne = paths.length === 1;
  const [chosenWhere, setWhere] = useState<Where | null>(null);
  const [name, setName] = useState(besideName(first));
  const [folder, setFolder] = useState(folderOf(first).slice(0, -1));
  const [chosen, setChosen] = useState<string | null>(null);
  const [targetStore, setTargetStore] = useState<string | null>(null);
  const target = useCopyTarget(connectionId, chosen);
  const where =
    chosenWhere ?? (readOnly || (hasCollections && target.others.length > 0) ? "elsewhere" : "here");
  const moves = isOne
    ? [{ from: first, to: first.endsWith("/") ? `${name}/` : name }]
    : paths.map((path) => ({
        from: path,
        to: `${withSlash(folder)}${nameOf(path)}${path.endsWith("/") ? "/" : ""}`,
      }));
  const folderProblem = folder === "" ? null : nameProblem(folder);
  const isOntoItself = moves.some(({ from, to }) => from === to);
  const hereProblem = isOne
    ? isOntoItself
      ? "That is its own name."
      : nameProblem(name)
    : (folderProblem ?? (isOntoItself ? "They are in this folder already." : null));

  const copyHere = useMutation({
    mutationFn: () => commands.startCopy(connectionId, { store, moves }),
    onSuccess: onStarted,
  });
  const planning = useMutation({
    mutationFn: (targetConnection: string): Promise<TransferPlan> =>
      commands.planCopyToCluster(connectionId, {
        store,
        paths: [...paths],
        targetConnection,
        targetStore,
        targetFolder: withSlash(folder),
      }),
  });

  const { connection } = target;
  if (planning.data && connection) {
    return comesToNothing(planning.data) ? (
      <NothingToDo ends={copyEnds(connection.fields.name)} plan={planning.data} onClose={onClose} />
    ) : (
      <CopyPlanDialog
        plan={planning.data}
        what={what}
        target={connection}
        hasCollections={hasCollections}
        onBack={planning.reset}
        onClose={onClose}
        onStarted={onStarted}
      />
    );
  }
  const canPlan = connection !== undefined && target.stores !== undefined && folderProblem === null;
  const canGoOn = where === "here" ? hereProblem === null && !readOnly : canPlan;
  const error = where === "here" ? copyHere.error : planning.error;
  return (
    <Dialog
      title={`Copy ${what}`}
      isOpen
      onClose={onClose}
      onSubmit={() => {
        if (!canGoOn) return;
        if (where === "here") copyHere.mutate();
        else if (connection) planning.mutate(connection.id);
      }}
      footer={
        <>
          <Button variant="quiet" onPress={onClose}>
            Cancel
          </Button>
          <Button
            variant="primary"
            type="submit"
            isDisabled={!canGoOn}
            isPending={copyHere.isPending || planning.isPending}
          >
            {where === "here"
              ? `Copy ${isOne ? (first.endsWith("/") ? "the folder" : "the file") : "them"}`
              : "See what would be copied"}
          </Button>
        </>
      }
    >
      <Stack gap={4}>
        <RadioGroup
          label="Where to?"
          value={where}
          onChange={setWhere}
          options={[
            {
              value: "here",
              label: "In this cluster",
              description: readOnly
                ? "Not possible: this connection is read-only."
                : "The bytes do not leave the cluster.",
              isDisabled: readOnly,
            },
            {
              value: "elsewhere",
              label: "To another cluster",
              description:
                target.others.length === 0
                  ? "Save a second connection first: Add connection, at the left."
                  : "Through this computer, without a file on its disk; compared at the end.",
              isDisabled: target.others.length === 0,
            },
          ]}
        />
        {where === "here" ? (
          <TextField
            label={isOne ? "Name of the copy" : "Folder"}
            description={
              isOne
                ? "With slashes it goes to another folder: exports/2026/orders.csv"
                : "A folder that does not exist yet comes into being."
            }
            value={isOne ? name : folder}
            onChange={isOne ? setName : setFolder}
            error={hereProblem}
            mono
            autoFocus
          />
        ) : (
          <CopyToClusterForm
            target={target}
            connectionId={chosen}
            store={targetStore}
            folder={folder}
            folderProblem={folderProblem}
            onConnectionChange={(id) => {
              setChosen(id);
              setTargetStore(null);
            }}
            onStoreChange={setTargetStore}
            onFolderChange={setFolder}
          />
        )}
        {error && <ErrorState error={asCallError(error)} />}
      </Stack>
    </Dialog>
  );
}

/** What a selection is, in a few words. */
export function copyTitle(paths: readonly string[]): string {
  const [only] = paths;
  return paths.length === 1 && only ? shownName(only) : namedCount(paths);
}
