import { Button } from "../../components/Button";
import { MenuButton } from "../../components/Menu";
import { Moment } from "../../components/Moment";
import type { FolderPage, UserfileEntry } from "../../ipc/bindings";
import { bytes, count, counted } from "../../lib/quantity";
import styles from "./GridFoot.module.css";

export interface GridFootProps {
  summary: FolderPage;
  /** What is selected. */
  entries: readonly UserfileEntry[];
  isRefreshing: boolean;
  readOnly: boolean;
  onRefresh: () => void;
  onDownload: () => void;
  onCopy: () => void;
  onRename: () => void;
  onDelete: () => void;
  onDetails: () => void;
  onExport: () => void;
  onCopyAddress: (uri: string) => void;
}

/** Below the list: what there is in all, or what is selected and can be done with it. */
export function GridFoot({
  summary,
  entries,
  isRefreshing,
  readOnly,
  onRefresh,
  onDownload,
  onCopy,
  onRename,
  onDelete,
  onDetails,
  onExport,
  onCopyAddress,
}: GridFootProps) {
  if (entries.length === 0) {
    return (
      <div className={styles.foot}>
        <p className={styles.totals} role="status">
          {counted(summary.files, "file")}, {bytes(summary.sizeBytes)}
        </p>
        <p className={styles.muted}>
          {isRefreshing ? (
            "Reading the list…"
          ) : (
            <>
              as of <Moment value={summary.listedAt} />
            </>
          )}
        </p>
        <Button size="small" variant="quiet" isDisabled={isRefreshing} onPress={onRefresh}>
          Refresh
        </Button>
      </div>
    );
  }
  const sizeBytes = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  const files = entries.reduce((sum, entry) => sum + (entry.kind === "file" ? 1 : entry.files), 0);
  const [only] = entries;
  const isOneFile = entries.length === 1 && only?.kind === "file";
  return (
    <div className={styles.foot}>
      <p className={styles.totals} role="status">
        <strong>{count(entries.length)} selected</strong>
        <span className={styles.muted}>
          {bytes(sizeBytes)}
          {files !== entries.length && ` in ${counted(files, "file")}`}
        </span>
      </p>
      <div className={styles.actions}>
        {isOneFile && (
          <Button variant="quiet" onPress={onDetails}>
            Details
          </Button>
        )}
        <Button onPress={onDownload}>
          {files === 1 ? "Download file…" : `Download ${counted(files, "file")}…`}
        </Button>
        <Button onPress={onCopy}>Copy…</Button>
        <Button isDisabled={readOnly} onPress={onRename}>
          {entries.length === 1 ? "Rename" : "Move…"}
        </Button>
        <Button variant="danger" isDisabled={readOnly} onPress={onDelete}>
          Delete…
        </Button>
        <MenuButton
          label="More for the selection"
          icon="more"
          actions={[
            {
              id: "archive",
              label: "Save as an archive…",
              icon: "download",
              description: "A folder here, with a list of names and digests.",
              onAction: onExport,
            },
            ...(isOneFile
              ? [
                  {
                    id: "address",
                    label: "Copy the address",
                    icon: "copy",
                    description: "For BACKUP, RESTORE and IMPORT.",
                    onAction: () => onCopyAddress(only.uri),
                  } as const,
                ]
              : []),
          ]}
        />
      </div>
    </div>
  );
}
