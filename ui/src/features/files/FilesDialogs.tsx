import { DeleteFilesDialog } from "../../components/DeleteFilesDialog";
import type { UserfileEntry } from "../../ipc/bindings";
import { useDeletion } from "../../ipc/deletion";
import { shownName } from "../../lib/names";
import { CopyDialog, copyTitle } from "./CopyDialog";
import { DetailsDialog, type DetailsTab } from "./DetailsDialog";
import { KeysDialog } from "./KeysDialog";

import { RenameDialog } from "./RenameDialog";
import { RepairDialog } from "./RepairDialog";
import { UndeleteDialog } from "./UndeleteDialog";

export type OpenDialog =
  | { dialog: "copy" | "delete" | "rename" | "repair" | "keys" }
  /** `deletion` is the job whose files are wanted back. */
  | { dialog: "undelete"; deletion?: string }
  | { dialog: "details"; path: string; tab?: DetailsTab }
  /** A backup collection that another screen asked to copy. */
  | { dialog: "copyCollection"; path: string };

/** An entry in the form in which commands name it: with a slash at the end where it is a folder. */
export function asPath(entry: UserfileEntry): string {
  return entry.kind === "file" || entry.path.endsWith("/") ? entry.path : `${entry.path}/`;
}

export interface FilesDialogsProps {
  connectionId: string;
  readOnly: boolean;
  store: string | null;
  /** What is selected. */
  entries: readonly UserfileEntry[];
  open: OpenDialog;
  onClose: () => void;
  /**
   * What was asked for is under way or done: the selection has served its purpose. `path` is the name under which the
   * first of it is to be found from now on.
   */
  onDone: (path?: string) => void;
}

function Deletion({
  store,
  paths,
  onClose,
  onStarted,
}: {
  store: string | null;
  paths: readonly string[];
  onClose: () => void;
  onStarted: () => void;
}) {
  return <DeleteFilesDialog {...useDeletion(store, paths, onStarted)} paths={paths} onClose={onClose} />;
}

/** The one dialog of the files screen that is open. */
export function FilesDialogs({
  connectionId,
  readOnly,
  store,
  entries,
  open,
  onClose,
  onDone,
}: FilesDialogsProps) {
  const paths = entries.map(asPath);
  const common = { connectionId, store, onClose };
  const onStarted = () => onDone();
  switch (open.dialog) {
    case "copy":
      return (
        <CopyDialog
          {...common}
          readOnly={readOnly}
          paths={paths}
          what={copyTitle(paths)}
          hasCollections={entries.some((entry) => entry.kind === "collection")}
          onStarted={onStarted}
        />
      );
    case "copyCollection":
      return (
        <CopyDialog
          {...common}
          readOnly={readOnly}
          paths={[open.path]}
          what={shownName(open.path)}
          hasCollections
          onStarted={onStarted}
        />
      );
    case "delete":
      return <Deletion store={store} paths={paths} onClose={onClose} onStarted={onStarted} />;
    case "rename":
      return <RenameDialog {...common} paths={paths} onDone={onDone} />;
    case "undelete":
      return (
        // The transfers tell how far it is.
        <UndeleteDialog {...common} deletion={open.deletion} onStarted={onStarted} />
      );
    case "repair":
      return <RepairDialog {...common} onStarted={onStarted} />;
    case "details":
      return <DetailsDialog {...common} path={open.path} tab={open.tab} />;
    case "keys":
      return <KeysDialog onClose={onClose} />;
  }
}
