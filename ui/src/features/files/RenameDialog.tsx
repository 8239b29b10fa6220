import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../components/Button";
import { Stack } from "../../components/Card";
import { Dialog } from "../../components/Dialog";
import { ProductionGuard, useProductionGuard } from "../../components/ProductionGuard";
import { ErrorState } from "../../components/States";
import { TextField } from "../../components/TextField";
import { announce } from "../../components/Toast";
import { commands } from "../../ipc/bindings";
import { clusterKey } from "../../ipc/connections";
import { useNameToType } from "../../ipc/currentCluster";
import { asCallError } from "../../ipc/errors";
import { counted } from "../../lib/quantity";
import { folderOf, nameOf, nameProblem } from "./paths";

export interface RenameDialogProps {
  connectionId: string;
  store: string | null;
  /** One path is renamed; several are moved into a folder. Folders end in a slash. */
  paths: readonly string[];
  onClose: () => void;
  onDone: () => void;
}

/** One change of rows in the cluster; no bytes move, and it is all or nothing. */
export function RenameDialog({ connectionId, store, paths, onClose, onDone }: RenameDialogProps) {
  const queryClient = useQueryClient();
  const [first = ""] = paths;
  const isOne = paths.length === 1;
  const bare = (path: string) => (path.endsWith("/") ? path.slice(0, -1) : path);
  const [text, setText] = useState(isOne ? bare(first) : bare(folderOf(first)));
  const toFolder = text === "" ? "" : `${text}/`;
  const moves = isOne
    ? [{ from: first, to: first.endsWith("/") ? `${text}/` : text }]
    : paths.map((path) => ({
        from: path,
        to: `${toFolder}${nameOf(path)}${path.endsWith("/") ? "/" : ""}`,
      }));
  const problem = !isOne && text === "" ? null : nameProblem(text);
  const changes = moves.filter((move) => move.from !== move.to);
  const guard = useProductionGuard(useNameToType());
  const canStart = problem === null && changes.length > 0 && guard.isPassed;
  const rename = useMutation({
    mutationFn: () => commands.renameUserfiles(connectionId, { store, moves: changes }, guard.typed),
    onSuccess: async () => {
      onDone();
      announce(
        isOne ? `${nameOf(first)} is now ${text}.` : `${counted(changes.length, "entry", "entries")} moved.`,
      );
      await Promise.all(
        ["files", "backups"].map((part) =>
          queryClient.invalidateQueries({ queryKey: clusterKey(connectionId, part) }),
        ),
      );
    },
  });
  return (
    <Dialog
      title={isOne ? `Rename ${nameOf(first)}` : `Move ${counted(paths.length, "entry", "entries")}`}
      isOpen
      onClose={onClose}
      onSubmit={() => {
        if (canStart) rename.mutate();
      }}
      footer={
        <>
          <Button variant="quiet" onPress={onClose}>
            Cancel
          </Button>
          <Button variant="primary" type="submit" isDisabled={!canStart} isPending={rename.isPending}>
            {isOne ? "Rename" : "Move"}
          </Button>
        </>
      }
    >
      <Stack gap={4}>
        <TextField
          label={isOne ? "New name" : "Folder"}
          description={
            isOne
              ? "With slashes it moves to another folder: exports/2026/orders.csv"
              : "Leave it empty for the top. A folder that does not exist yet comes into being."
          }
          value={text}
          onChange={setText}
          error={text === "" ? null : problem}
          mono
          autoFocus
        />
        <ProductionGuard
          guard={guard}
          what="Whatever reads these files by their names of now will not find them any more."
        />
        {rename.error && <ErrorState error={asCallError(rename.error)} />}
      </Stack>
    </Dialog>
  );
}
