import { Button } from "../../components/Button";
import { MenuButton } from "../../components/Menu";
import { Moment } from "../../components/Moment";
import type { FolderPage, UserfileEntry } from "../../ipc/bindings";
import { bytes, count, counted } from "../../lib/quantity";
import styles from "./GridFoot.module.css";
import { namedCount } from "./paths";
import {
  addressAction,
  type Deeds,
  downloadLabel,
  exportAction,
  filesIn,
  renameLabel,
} from "./selectionMenu";

export interface GridFootProps {
  summary: FolderPage;
  /** What is selected. */
  entries: readonly UserfileEntry[];
  isRefreshing: boolean;
  readOnly: boolean;
  onRefresh: () => void;
  deeds: Deeds;
}

/** Below the list: what there is in all, or what is selected and can be done with it. */
export function GridFoot({ summary, entries, isRefreshing, readOnly, onRefresh, deeds }: GridFootProps) {
  if (entries.length === 0) {
    return (
      <div className={styles.foot}>
        <p className={styles.totals} role="status">
          {counted(summary.files, "file")}, {bytes(summary.sizeBytes)}
          {!summary.complete && " so far"}
        </p>
        <p className={styles.muted}>
          {isRefreshing || !summary.complete ? (
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
  const files = filesIn(entries);
  const [first] = entries;
  const only = entries.length === 1 ? first : undefined;
  const isMixed = entries.length > 1 && entries.some((entry) => entry.kind !== "file");
  return (
    <div className={styles.foot}>
      <p className={styles.totals} role="status">
        <strong>{count(entries.length)} selected</strong>
        <span className={styles.muted} title={isMixed ? namedCount(entries) : undefined}>
          {bytes(sizeBytes)}
          {files !== entries.length && ` in ${counted(files, "file")}`}
        </span>
      </p>
      <div className={styles.actions}>
        {only?.kind === "file" && (
          <Button variant="quiet" onPress={() => deeds.onDetails(only)}>
            Details
          </Button>
        )}
        <Button onPress={deeds.onDownload}>{downloadLabel(entries)}</Button>
        <Button onPress={deeds.onCopy}>Copy…</Button>
        <Button isDisabled={readOnly} onPress={deeds.onRename}>
          {renameLabel(entries)}
        </Button>
        <Button variant="danger" isDisabled={readOnly} onPress={deeds.onDelete}>
          Delete…
        </Button>
        <MenuButton
          label="More for the selection"
          icon="more"
          actions={[
            exportAction(deeds.onExport),
            ...(only ? addressAction(only, summary.store, deeds.onCopyAddress) : []),
          ]}
        />
      </div>
    </div>
  );
}
