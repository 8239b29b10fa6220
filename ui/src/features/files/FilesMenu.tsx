import { MenuButton } from "../../components/Menu";

export interface FilesMenuProps {
  readOnly: boolean;
  onUploadFolder: () => void;
  onUndelete: () => void;
  onRepair: () => void;
  onRefresh: () => void;
}

/** What is asked for less often than an upload or a download. */
export function FilesMenu({ readOnly, onUploadFolder, onUndelete, onRepair, onRefresh }: FilesMenuProps) {
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
            label: "Find damage…",
            icon: "search",
            isDisabled: readOnly,
            description: "Uploads that did not end, misplaced parts, leftovers.",
            onAction: onRepair,
          },
        ],
        [{ id: "refresh", label: "Read the list again", icon: "refresh", onAction: onRefresh }],
      ]}
    />
  );
}
