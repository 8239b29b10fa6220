import type { MenuAction } from "../../components/Menu";
import type { UserfileEntry } from "../../ipc/bindings";
import { counted } from "../../lib/quantity";

/** What can be done with what is selected. */
export interface Deeds {
  onOpen: (entry: UserfileEntry) => void;
  onDetails: (entry: UserfileEntry) => void;
  onLook: (entry: UserfileEntry) => void;
  onDownload: () => void;
  onCopy: () => void;
  onRename: () => void;
  onDelete: () => void;
  onExport: () => void;
  onCopyAddress: (uri: string) => void;
}

/** How many files these are: those in folders and collections count as well. */
export function filesIn(entries: readonly UserfileEntry[]): number {
  return entries.reduce((sum, entry) => sum + (entry.kind === "file" ? 1 : entry.files), 0);
}

export function downloadLabel(entries: readonly UserfileEntry[]): string {
  const files = filesIn(entries);
  return files === 1 ? "Download file…" : `Download ${counted(files, "file")}…`;
}

export const renameLabel = (entries: readonly UserfileEntry[]) => (entries.length === 1 ? "Rename" : "Move…");

export const exportAction = (onExport: () => void): MenuAction => ({
  id: "export",
  label: "Export…",
  icon: "external",
  description: "An archive here, with a list of digests.",
  onAction: onExport,
});

/** The address in statements. A folder has none of its own. */
export function addressAction(
  entry: UserfileEntry,
  store: string,
  onCopyAddress: (uri: string) => void,
): MenuAction[] {
  if (entry.kind === "folder") return [];
  const uri = entry.kind === "file" ? entry.uri : `userfile://${store}/${entry.path.replace(/\/$/, "")}`;
  return [
    {
      id: "address",
      label: "Copy the address",
      icon: "copy",
      description: "For BACKUP, RESTORE and IMPORT.",
      onAction: () => onCopyAddress(uri),
    },
  ];
}

/** All of it, for the menu at a row. */
export function selectionMenu(
  entries: readonly UserfileEntry[],
  store: string,
  readOnly: boolean,
  deeds: Deeds,
): MenuAction[][] {
  const [first] = entries;
  if (first === undefined) return [];
  const only = entries.length === 1 ? first : null;
  const about: MenuAction[] =
    only === null
      ? []
      : only.kind === "file"
        ? [
            {
              id: "details",
              label: "Details",
              icon: "file",
              keys: "Alt+Enter",
              onAction: () => deeds.onDetails(only),
            },
            { id: "look", label: "Preview", icon: "eye", keys: "Ctrl+Y", onAction: () => deeds.onLook(only) },
          ]
        : [
            {
              id: "open",
              label: only.kind === "folder" ? "Open" : "Open in Backups",
              icon: only.kind === "folder" ? "folder" : "database",
              keys: "Enter",
              onAction: () => deeds.onOpen(only),
            },
          ];
  const groups: MenuAction[][] = [
    about,
    [
      { id: "download", label: downloadLabel(entries), icon: "download", onAction: deeds.onDownload },
      exportAction(deeds.onExport),
      { id: "copy", label: "Copy…", icon: "copy", onAction: deeds.onCopy },
      ...(only ? addressAction(only, store, deeds.onCopyAddress) : []),
    ],
    [
      {
        id: "rename",
        label: renameLabel(entries),
        icon: "edit",
        keys: "F2",
        isDisabled: readOnly,
        onAction: deeds.onRename,
      },
      {
        id: "delete",
        label: "Delete…",
        icon: "trash",
        keys: "Delete",
        isDanger: true,
        isDisabled: readOnly,
        onAction: deeds.onDelete,
      },
    ],
  ];
  return groups.filter((group) => group.length > 0);
}
