import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Card } from "../../components/Card";
import { storages } from "../../components/CollectionFields";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { Moment } from "../../components/Moment";
import { ErrorState, Skeleton } from "../../components/States";
import { Table } from "../../components/Table";
import { VisuallyHidden } from "../../components/VisuallyHidden";
import { backupListQuery } from "../../ipc/backups";
import type { BackupList, Chain, Collection, Layer } from "../../ipc/bindings";
import { asCallError } from "../../ipc/errors";
import { bytes, count, counted } from "../../lib/quantity";
import styles from "./CollectionCard.module.css";

interface Row {
  chain: Chain;
  layer: Layer | null;
}

/** Newest first. A chain that cannot be read is one row, so that it is seen. */
function rowsOf(list: BackupList): Row[] {
  return list.chains
    .flatMap((chain): Row[] =>
      chain.layers.length === 0 ? [{ chain, layer: null }] : chain.layers.map((layer) => ({ chain, layer })),
    )
    .sort((a, b) => (b.layer?.endTime ?? "").localeCompare(a.layer?.endTime ?? ""));
}

function holds(chain: Chain): string {
  if (chain.isFullCluster) return "whole cluster";
  return chain.databases.length > 3
    ? `${chain.databases.slice(0, 2).join(", ")} and ${count(chain.databases.length - 2)} more`
    : chain.databases.join(", ");
}

function Backups({
  list,
  onRestore,
}: {
  list: BackupList;
  onRestore: (chain: Chain, layer?: Layer) => void;
}) {
  return (
    <Table
      label={`Backups in ${list.collection.name}`}
      rows={rowsOf(list)}
      rowKey={({ chain, layer }) => `${chain.subdirectory} ${layer?.endTime}`}
      isAligned
      empty="No finished backup in it."
      columns={[
        {
          id: "moment",
          header: "Moment",
          width: "34%",
          isRowHeader: true,
          cell: ({ chain, layer }) =>
            layer ? <Moment value={layer.endTime} withRelative /> : <code>{chain.subdirectory}</code>,
        },
        {
          id: "kind",
          header: "Kind",
          width: "18%",
          cell: ({ chain, layer }) => (
            <span className={styles.kinds}>
              {layer?.kind ?? "unknown"}
              {layer?.revisionsSince && <Badge>every second</Badge>}
              {chain.encrypted && <Badge icon="lock">encrypted</Badge>}
            </span>
          ),
        },
        { id: "holds", header: "Holds", cell: ({ chain }) => holds(chain) },
        {
          id: "rows",
          header: "Rows",
          width: "12%",
          align: "end",
          cell: ({ layer }) =>
            layer?.rows == null
              ? "–"
              : layer.kind === "full"
                ? count(layer.rows)
                : `${count(layer.rows)} changed`,
        },
        {
          id: "size",
          header: "Size",
          width: "11%",
          align: "end",
          cell: ({ layer }) => (layer?.sizeBytes == null ? "–" : bytes(layer.sizeBytes)),
        },
        {
          id: "actions",
          header: <VisuallyHidden>Actions</VisuallyHidden>,
          width: "12%",
          align: "end",
          cell: ({ chain, layer }) =>
            chain.problem && !chain.encrypted ? (
              <span className={styles.problem}>{chain.problem.message}</span>
            ) : (
              <Button
                size="small"
                variant="quiet"
                aria-label={`Restore ${holds(chain)} as of ${layer?.endTime ?? chain.subdirectory}…`}
                onPress={() => onRestore(chain, layer ?? undefined)}
              >
                Restore…
              </Button>
            ),
        },
      ]}
    />
  );
}

export interface CollectionCardProps {
  connectionId: string;
  collection: Collection;
  isOpen: boolean;
  /** It was opened elsewhere, and the person looks for it here. */
  isAskedFor: boolean;
  onBackUp?: () => void;
  onCopy: (folder: CollectionFolder) => void;
  onDelete?: (folder: CollectionFolder) => void;
  onRestore: (chain: Chain, layer?: Layer) => void;
}

/** A collection in file storage: its files can be copied and deleted. */
export interface CollectionFolder {
  store: string;
  /** With a slash at the end. */
  path: string;
}

/** Null for a collection elsewhere. */
function asFolder(uri: string): CollectionFolder | null {
  const found = /^userfile:\/\/([^/]+)\/(.+?)\/*$/.exec(uri);
  return found?.[1] && found[2] ? { store: found[1], path: `${found[2]}/` } : null;
}

/** One collection and, once looked into, its backups by date. */
export function CollectionCard({
  connectionId,
  collection,
  isOpen,
  isAskedFor,
  onBackUp,
  onCopy,
  onDelete,
  onRestore,
}: CollectionCardProps) {
  const folder = collection.storage === "userfile" ? asFolder(collection.uri) : null;
  const [isLookedInto, setLookedInto] = useState(isOpen);
  const list = useQuery({ ...backupListQuery(connectionId, collection.uri), enabled: isLookedInto });
  const heading = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (isAskedFor) heading.current?.scrollIntoView?.({ block: "nearest" });
  }, [isAskedFor]);
  const facts = [
    storages[collection.storage],
    collection.backups === null ? "" : counted(collection.backups, "full backup"),
    collection.sizeBytes === null ? "" : bytes(collection.sizeBytes),
  ].filter(Boolean);
  return (
    <Card
      flush
      emphasis={isAskedFor ? "accent" : undefined}
      title={
        <span ref={heading} className={styles.title}>
          <MiddleEllipsis text={collection.name} isFocusable={collection.name.length > 50} />
          {isAskedFor && <Badge tone="accent">opened</Badge>}
        </span>
      }
      aside={
        <span className={styles.aside}>
          {facts.join(" · ")}
          {onBackUp && (
            <Button
              size="small"
              variant="quiet"
              aria-label={`Add a backup to ${collection.name}…`}
              onPress={onBackUp}
            >
              Add a backup…
            </Button>
          )}
          {folder && (
            <Button
              size="small"
              variant="quiet"
              aria-label={`Copy ${collection.name}…`}
              onPress={() => onCopy(folder)}
            >
              Copy…
            </Button>
          )}
          {folder && onDelete && (
            <Button
              size="small"
              variant="quiet"
              aria-label={`Delete ${collection.name}…`}
              onPress={() => onDelete(folder)}
            >
              Delete…
            </Button>
          )}
        </span>
      }
    >
      {!isLookedInto ? (
        <div className={styles.closed}>
          <Button
            size="small"
            aria-label={`Look into ${collection.name}`}
            onPress={() => setLookedInto(true)}
          >
            Look inside
          </Button>
        </div>
      ) : list.data ? (
        <>
          <Backups list={list.data} onRestore={onRestore} />
          {list.data.unfinished.length > 0 && (
            <div className={styles.note}>
              <Callout
                tone="attention"
                title={`${counted(list.data.unfinished.length, "backup is", "backups are")} unfinished`}
              >
                {list.data.unfinished.map((backup) => (
                  <p key={backup.subdirectory}>
                    <code>{backup.subdirectory}</code>, {bytes(backup.sizeBytes)}: still being written, or
                    given up. Nothing can be restored from it.
                  </p>
                ))}
              </Callout>
            </div>
          )}
        </>
      ) : list.error ? (
        <div className={styles.note}>
          <ErrorState error={asCallError(list.error)} alwaysRetry onRetry={() => void list.refetch()} />
        </div>
      ) : (
        <Skeleton label={`Looking into ${collection.name}`} rows={3} />
      )}
    </Card>
  );
}
