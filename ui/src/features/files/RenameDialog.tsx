import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Stack } from "../../components/Card";
import { Dialog } from "../../components/Dialog";
import { ProductionGuard, useProductionGuard } from "../../components/ProductionGuard";
import { ErrorState } from "../../components/States";
import { TextField } from "../../components/TextField";
import { announce } from "../../components/Toast";
import { commands, type RenamePlan } from "../../ipc/bindings";
import { clusterKey } from "../../ipc/connections";
import { useNameToType } from "../../ipc/currentCluster";
import { asCallError } from "../../ipc/errors";
import { inText, nameOf, shownName } from "../../lib/names";
import { counted } from "../../lib/quantity";
import { folderOf, nameCaution, nameProblem } from "./paths";

export interface RenameDialogProps {
  connectionId: string;
  store: string | null;
  /** One path is renamed; several are moved into a folder. Folders end in a slash. */
  paths: readonly string[];
  onClose: () => void;
  /** Told where the first of them is now. */
  onDone: (path: string) => void;
}

/** A field of one line cannot hold a break, and would show the name without it: then that is what is proposed. */
const typed = (name: string) => name.replace(/[\r\n]/g, "");

function Consequences({ plan }: { plan: RenamePlan }) {
  return (
    <>
      {plan.merges.map(({ path, files }) => (
        <Callout
          key={path}
          tone="attention"
          title={`${inText(path)} exists already, with ${counted(files, "file")}`}
        >
          {counted(plan.files, "file")} would come into it, and nothing tells afterwards which came from
          where. If a name is in both, nothing is changed.
        </Callout>
      ))}
      {plan.collections.map(({ path, backups, whole }) =>
        whole ? (
          <Callout key={path} tone="attention" title={`${inText(path)} holds ${counted(backups, "backup")}`}>
            {backups === 1 ? "It" : "They"} can be restored from the new place. Schedules, scripts and saved
            addresses that name the old one do not find {backups === 1 ? "it" : "them"} any more.
          </Callout>
        ) : (
          <Callout key={path} tone="bad" title={`This tears the backups in ${inText(path)} apart`}>
            A backup is found by the names of its files. With another name for one of them, it cannot be
            restored.
          </Callout>
        ),
      )}
    </>
  );
}

/** One change of rows in the cluster; no bytes move, and it is all or nothing. */
export function RenameDialog({ connectionId, store, paths, onClose, onDone }: RenameDialogProps) {
  const queryClient = useQueryClient();
  const [first = ""] = paths;
  const isOne = paths.length === 1;
  const bare = (path: string) => (path.endsWith("/") ? path.slice(0, -1) : path);
  const [text, setText] = useState(() => typed(isOne ? bare(first) : bare(folderOf(first))));
  const toFolder = text === "" ? "" : `${text}/`;
  const moves = isOne
    ? [{ from: first, to: first.endsWith("/") ? `${text}/` : text }]
    : paths.map((path) => ({
        from: path,
        to: `${toFolder}${nameOf(path)}${path.endsWith("/") ? "/" : ""}`,
      }));
  const changes = moves.filter((move) => move.from !== move.to);
  const problem =
    !isOne && text === ""
      ? null
      : (nameProblem(text) ??
        moves.map(({ to }) => nameProblem(bare(to))).find((each) => each !== null) ??
        null);
  // What the cluster says of these very changes. Another name is another plan.
  const [asked, setAsked] = useState<{ text: string; plan: RenamePlan } | null>(null);
  const plan = asked?.text === text ? asked.plan : null;
  const nameToType = useNameToType();
  const guard = useProductionGuard(plan?.typeToConfirm ?? nameToType);
  const canStart = problem === null && changes.length > 0 && guard.isPassed;
  const rename = useMutation({
    mutationFn: async () => {
      const known = plan ?? (await commands.planRename(connectionId, { store, moves: changes }));
      if (plan === null) {
        setAsked({ text, plan: known });
        const isAsking = known.collections.length > 0 || known.merges.length > 0;
        if (isAsking || known.typeToConfirm !== nameToType) return false;
      }
      await commands.renameUserfiles(known.plan, guard.typed);
      return true;
    },
    onSuccess: async (isDone) => {
      if (!isDone) return;
      onDone(changes[0]?.to ?? "");
      announce(
        isOne ? `${shownName(first)} is now ${inText(text)}.` : `${counted(changes.length, "item")} moved.`,
      );
      await Promise.all(
        ["files", "backups"].map((part) =>
          queryClient.invalidateQueries({ queryKey: clusterKey(connectionId, part) }),
        ),
      );
    },
    // A plan is used once.
    onError: () => setAsked(null),
  });
  const torn = plan?.collections.some((collection) => !collection.whole) === true;
  return (
    <Dialog
      title={isOne ? `Rename ${shownName(first)}` : `Move ${counted(paths.length, "item")}`}
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
          <Button
            variant={torn ? "danger" : "primary"}
            type="submit"
            isDisabled={!canStart}
            isPending={rename.isPending}
          >
            {plan?.merges.length
              ? "Merge the folders"
              : `${isOne ? "Rename" : "Move"}${plan ? " all the same" : ""}`}
          </Button>
        </>
      }
    >
      <Stack gap={4}>
        <TextField
          label={isOne ? "New name" : "Folder"}
          description={
            (isOne && nameCaution(text)) ||
            (isOne && typed(first) !== first
              ? "The line breaks in it were taken out: a name on one line has none."
              : isOne
                ? "With slashes it moves to another folder: exports/2026/orders.csv"
                : "Leave it empty for the top. A folder that does not exist yet comes into being.")
          }
          value={text}
          onChange={(next) => {
            setText(next);
            // What was said of the name before is not true of this one.
            rename.reset();
          }}
          error={text === "" ? null : problem}
          mono
          autoFocus
        />
        {plan && <Consequences plan={plan} />}
        <ProductionGuard
          guard={guard}
          nameOf={torn ? "collection" : "connection"}
          isProduction={nameToType !== null}
          what="Whatever reads these files by their names of now will not find them any more."
        />
        {rename.error && <ErrorState error={asCallError(rename.error)} />}
      </Stack>
    </Dialog>
  );
}
