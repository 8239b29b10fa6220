import { useMutation, useQuery } from "@tanstack/react-query";
import { Button } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Stack } from "../../components/Card";
import { CopyButton } from "../../components/CopyButton";
import { Dialog } from "../../components/Dialog";
import { Disclosure } from "../../components/Disclosure";
import { jobFigures, jobFraction } from "../../components/JobRow";
import { KeyValueList } from "../../components/KeyValueList";
import { Moment } from "../../components/Moment";
import { ProgressBar } from "../../components/ProgressBar";
import { Sha256 } from "../../components/Sha256";
import { ErrorState, Skeleton } from "../../components/States";
import { Tabs } from "../../components/Tabs";
import { commands, type Preview, type UserfileDetails } from "../../ipc/bindings";
import { clusterKey } from "../../ipc/connections";
import { asCallError } from "../../ipc/errors";
import { digestOf, jobControls, useJob } from "../../ipc/jobs";
import { bytes, count, counted } from "../../lib/quantity";
import styles from "./DetailsDialog.module.css";
import { nameOf } from "./paths";

interface FactsProps {
  connectionId: string;
  store: string | null;
  details: UserfileDetails;
}

/** A file of one chunk has the digest of that chunk; of others the whole must be read, by a job that goes on by itself. */
function Digest({ connectionId, store, details }: FactsProps) {
  const start = useMutation({
    mutationFn: () => commands.startDigest(connectionId, store, details.path),
  });
  const job = useJob(start.data ?? null);
  const sha256 = details.sha256 ?? digestOf(job);
  if (sha256 !== null) return <Sha256 value={sha256} />;
  if (job !== undefined && !job.ended && job.state !== "paused")
    return (
      <span className={styles.reading}>
        <ProgressBar label={job.title} fraction={jobFraction(job)} valueText={jobFigures(job)} />
        <span className={styles.muted}>{jobFigures(job) || job.phase}</span>
        <Button size="small" onPress={jobControls(job).onCancel}>
          Cancel
        </Button>
      </span>
    );
  const error = job?.error ?? (start.error && asCallError(start.error));
  return (
    <Stack gap={2}>
      <span className={styles.withCopy}>
        <Button
          size="small"
          isPending={start.isPending || (start.isSuccess && job === undefined)}
          onPress={() => start.mutate()}
        >
          Work it out
        </Button>
        <span className={styles.muted}>The whole file is read: {bytes(details.sizeBytes)}.</span>
      </span>
      {error && <ErrorState error={error} />}
    </Stack>
  );
}

function Facts({ connectionId, store, details }: FactsProps) {
  const isShort = details.storedBytes !== details.sizeBytes;
  return (
    <Stack gap={4}>
      {(isShort || !details.contiguous) && (
        <Callout tone="bad" title="This file is damaged">
          {isShort
            ? `Its row says ${count(details.sizeBytes)} bytes, but ${count(details.storedBytes)} are stored.`
            : "Between its parts bytes are missing."}{" "}
          Upload it again if you have it elsewhere.
        </Callout>
      )}
      <KeyValueList
        entries={[
          ["Path", <code key="path">{details.path}</code>],
          ["Size", `${bytes(details.sizeBytes)} (${count(details.sizeBytes)} bytes)`],
          ["Uploaded", details.uploadedAt && <Moment value={details.uploadedAt} withUtc withRelative />],
          ["By", details.username],
          [
            "Address",
            <span key="uri" className={styles.withCopy}>
              <code>{details.uri}</code>
              <CopyButton text={details.uri} label="Copy the address" />
            </span>,
          ],
          ["SHA-256", <Digest key="sha256" connectionId={connectionId} store={store} details={details} />],
          ["Stored as", counted(details.chunks.length, "chunk")],
        ]}
      />
      {details.chunks.length > 1 && (
        <Disclosure title={`SHA-256 of each of the ${count(details.chunks.length)} chunks`}>
          <ol className={styles.chunks}>
            {details.chunks.map((chunk) => (
              <li key={chunk.offset}>
                <span className={styles.offset}>from byte {count(chunk.offset)}</span>
                <code>{chunk.sha256}</code>
              </li>
            ))}
          </ol>
        </Disclosure>
      )}
    </Stack>
  );
}

function Look({ preview }: { preview: Preview }) {
  if (preview.kind === "image") return <img className={styles.image} src={preview.dataUri} alt="Preview" />;
  return (
    <Stack gap={2}>
      <pre className={styles.text} role="document" aria-label="The beginning of the file">
        {preview.kind === "text" ? preview.text : preview.hex.replace(/(.{2})/g, "$1 ").trim()}
      </pre>
      {preview.kind === "text" && preview.truncated && <p className={styles.muted}>The beginning only.</p>}
      {preview.kind === "binary" && <p className={styles.muted}>Not text: its first bytes in hexadecimal.</p>}
    </Stack>
  );
}

/** Facts and a first look at one file. The look is fetched only when it is asked for: it costs the cluster bytes. */
export function DetailsDialog({
  connectionId,
  store,
  path,
  onClose,
}: {
  connectionId: string;
  store: string | null;
  path: string;
  onClose: () => void;
}) {
  const facts = useQuery({
    queryKey: clusterKey(connectionId, "files", "details", store, path),
    queryFn: () => commands.getUserfile(connectionId, store, path),
  });
  return (
    <Dialog
      title={nameOf(path)}
      isOpen
      onClose={onClose}
      size="wide"
      footer={<Button onPress={onClose}>Close</Button>}
    >
      <Tabs
        label={`About ${nameOf(path)}`}
        items={[
          {
            id: "details",
            label: "Details",
            panel: facts.data ? (
              <Facts connectionId={connectionId} store={store} details={facts.data} />
            ) : facts.error ? (
              <ErrorState error={asCallError(facts.error)} onRetry={() => void facts.refetch()} />
            ) : (
              <Skeleton label="Loading the details" rows={5} rowHeight={28} />
            ),
          },
          {
            id: "preview",
            label: "Preview",
            panel: <PreviewPanel connectionId={connectionId} store={store} path={path} />,
          },
        ]}
      />
    </Dialog>
  );
}

function PreviewPanel({
  connectionId,
  store,
  path,
}: {
  connectionId: string;
  store: string | null;
  path: string;
}) {
  const look = useQuery({
    queryKey: clusterKey(connectionId, "files", "preview", store, path),
    queryFn: () => commands.previewUserfile(connectionId, store, path),
  });
  if (look.data) return <Look preview={look.data} />;
  if (look.error) return <ErrorState error={asCallError(look.error)} onRetry={() => void look.refetch()} />;
  return <Skeleton label="Loading the preview" rows={6} rowHeight={22} />;
}
