import { ConfirmDialog } from "./Dialog";

const words = {
  backup: {
    title: "Cancel the backup?",
    confirm: "Cancel the backup",
    text: "Nothing of it can be restored then. What was written so far stays in the collection as an unfinished backup; it can be deleted under Files.",
  },
  restore: {
    title: "Cancel the restore?",
    confirm: "Cancel the restore",
    text: "The cluster takes back what it has written so far, which may take about as long as the restore took until now. The backup stays as it is.",
  },
} as const;

export type ClusterJobKind = keyof typeof words;

export function isClusterJob(kind: string): kind is ClusterJobKind {
  return kind in words;
}

export interface CancelClusterJobProps {
  kind: ClusterJobKind;
  isOpen: boolean;
  onClose: () => void;
  onCancel: () => void;
}

/** What the cluster works at is cancelled only after a question: it may have run for hours. */
export function CancelClusterJob({ kind, isOpen, onClose, onCancel }: CancelClusterJobProps) {
  const { title, confirm, text } = words[kind];
  return (
    <ConfirmDialog
      title={title}
      isOpen={isOpen}
      onClose={onClose}
      onConfirm={() => {
        onCancel();
        onClose();
      }}
      confirmLabel={confirm}
      cancelLabel="Let it run"
      isDanger
    >
      <p>{text}</p>
    </ConfirmDialog>
  );
}
