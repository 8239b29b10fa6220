import { MenuButton } from "../../components/Menu";

export interface FilesMenuProps {
  readOnly: boolean;
  onUploadFolder: () => void;
  onPaste: () => void;
  onImport: () => void;
  onUndelete: () => void;
  onRepair: () => void;
  onRefresh: () => void;
  onKeys: () => void;
}

/** What is asked for less often than an upload or a download. */
export function FilesMenu({
  readOnly,
  onUploadFolder,
  onPaste,
  onImport,
  onUndelete,
  onRepair,
  onRefresh,
  onKeys,
}: FilesMenuProps) {
  return (
    <MenuButton
      label="More for files"
      icon="more"
      actions={[
        [
          {
            id: "folder",
            label: "Upload a folder…",
            icon: "folder",
            isDisabled: readOnly,
            onAction: onUploadFolder,
          },
          {
            id: "paste",
            label: "Upload what was copied",
            icon: "upload",
            keys: "Ctrl+V",
            isDisabled: readOnly,
            description: "Files from your file manager.",
            onAction: onPaste,
          },
          {
            id: "import",
            label: "Import…",
            icon: "database",
            isDisabled: readOnly,
            description: "An archive: a folder that was exported before.",
            onAction: onImport,
          },
        ],
        [
          {
            id: "undelete",
            label: "Undelete…",
            icon: "restore",
            isDisabled: readOnly,
            description: "What was deleted a while ago can be had back.",
            onAction: onUndelete,
          },
          {
            id: "repair",
            label: "Repair…",
            icon: "search",
            isDisabled: readOnly,
            description: "Finds uploads that did not end, misplaced parts and leftovers.",
            onAction: onRepair,
          },
        ],
        [
          { id: "refresh", label: "Refresh", icon: "refresh", onAction: onRefresh },
          { id: "keys", label: "Keyboard…", icon: "key", onAction: onKeys },
        ],
      ]}
    />
  );
}
