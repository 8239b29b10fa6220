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
import { commands, type UserfileDetails } from "../../ipc/bindings";
import { clusterKey } from "../../ipc/connections";
import { asCallError } from "../../ipc/errors";
import { digestOf, jobControls, useJob } from "../../ipc/jobs";
import { shownName, visible } from "../../lib/names";
import { bytes, count, counted } from "../../lib/quantity";
import styles from "./DetailsDialog.module.css";

import { type Look, lookAt } from "./preview";

export type DetailsTab = "details" | "preview";

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
        <ProgressBar label={visible(job.title)} fraction={jobFraction(job)} valueText={jobFigures(job)} />
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

/** In a sentence what is wrong with the parts of a file; null where nothing is. */
function damageOf({ sizeBytes, storedBytes, contiguous }: UserfileDetails): string | null {
  if (storedBytes !== sizeBytes)
    return `Its row says ${count(sizeBytes)} bytes, but ${count(storedBytes)} are stored.`;
  return contiguous ? null : "Between its parts bytes are missing, or a part is in the wrong place.";
}

function Facts({ connectionId, store, details }: FactsProps) {
  const damage = damageOf(details);
  const { sizeBytes } = details;
  return (
    <Stack gap={4}>
      {damage && (
        <Callout tone="bad" title="This file is damaged">
          {damage} Upload it again if you have it elsewhere.
        </Callout>
      )}
      <KeyValueList
        entries={[
          ["Path", <code key="path">{visible(details.path)}</code>],
          ["Size", sizeBytes < 1024 ? bytes(sizeBytes) : `${bytes(sizeBytes)} (${count(sizeBytes)} bytes)`],
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

/** Lines of a table have no name of their own: their place is it. */
function PreviewTable({ look }: { look: Extract<Look, { kind: "table" }> }) {
  const places = look.head.map((_, at) => at);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section className={styles.table} aria-label="The beginning of the table" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {places.map((at) => (
              <th key={at} scope="col">
                {look.head[at]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {look.rows.map((row, line) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: see above
            <tr key={line}>
              {places.map((at) => (
                <td key={at}>{row[at]}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function LookOf({ look, details }: { look: Look; details: UserfileDetails | undefined }) {
  switch (look.kind) {
    case "image":
      return <img className={styles.image} src={look.dataUri} alt="Preview" />;
    case "nothing":
      return (
        <p className={styles.muted}>
          {details?.sizeBytes === 0 ? "The file is empty: it has no bytes." : "No byte of it can be read."}
        </p>
      );
    case "table":
      return (
        <>
          <PreviewTable look={look} />
          {!look.isWhole && <p className={styles.muted}>The first {counted(look.rows.length, "line")}.</p>}
        </>
      );
    default:
      return (
        <>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
          <pre className={styles.text} role="document" aria-label="The beginning of the file" tabIndex={0}>
            {look.text}
          </pre>
          {look.kind === "hex" ? (
            <p className={styles.muted}>Not text: its first bytes in hexadecimal.</p>
          ) : (
            !look.isWhole && <p className={styles.muted}>The beginning only.</p>
          )}
        </>
      );
  }
}

/** Facts and a first look at one file. The look is fetched only when it is asked for: it costs the cluster bytes. */
export function DetailsDialog({
  connectionId,
  store,
  path,
  tab,
  onClose,
}: {
  connectionId: string;
  store: string | null;
  path: string;
  /** What is shown first. */
  tab?: DetailsTab;
  onClose: () => void;
}) {
  const facts = useQuery({
    queryKey: clusterKey(connectionId, "files", "details", store, path),
    queryFn: () => commands.getUserfile(connectionId, store, path),
  });
  return (
    <Dialog
      title={shownName(path)}
      isOpen
      onClose={onClose}
      size="wide"
      footer={<Button onPress={onClose}>Close</Button>}
    >
      <Tabs
        label={`About ${shownName(path)}`}
        first={tab}
        items={[
          {
            id: "details",
            label: "Details",
            panel: (
              <div className={styles.panel}>
                {facts.data ? (
                  <Facts connectionId={connectionId} store={store} details={facts.data} />
                ) : facts.error ? (
                  <ErrorState error={asCallError(facts.error)} onRetry={() => void facts.refetch()} />
                ) : (
                  <Skeleton label="Loading the details" rows={5} rowHeight={28} />
                )}
              </div>
            ),
          },
          {
            id: "preview",
            label: "Preview",
            panel: (
              <div className={styles.panel}>
                <PreviewPanel connectionId={connectionId} store={store} path={path} details={facts.data} />
              </div>
            ),
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
  details,
}: {
  connectionId: string;
  store: string | null;
  path: string;
  details: UserfileDetails | undefined;
}) {
  const look = useQuery({
    queryKey: clusterKey(connectionId, "files", "preview", store, path),
    queryFn: () => commands.previewUserfile(connectionId, store, path),
  });
  const damage = details && damageOf(details);
  if (look.error) return <ErrorState error={asCallError(look.error)} onRetry={() => void look.refetch()} />;
  if (look.data === undefined) return <Skeleton label="Loading the preview" rows={6} rowHeight={22} />;
  return (
    <>
      {damage && (
        <Callout tone="bad" title="This file is damaged">
          {damage} What is shown is what can be read.
        </Callout>
      )}
      <LookOf look={lookAt(path, look.data)} details={details} />
    </>
  );
}
