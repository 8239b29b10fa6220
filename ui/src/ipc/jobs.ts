/**
 * The one list of jobs. It is fed by one channel, opened when the app starts: first the whole list, then whole
 * snapshots of what changed. Screens read it with the hooks below and never guess a state from a button.
 */
import type { QueryClient } from "@tanstack/react-query";
import { useMemo, useSyncExternalStore } from "react";
import { announce } from "../components/Toast";
import { commands, type Job, type JobKind, type JobsMessage } from "./bindings";
import { Channel } from "./call";
import { clusterKey, connectionsQuery, openClusterQuery } from "./connections";
import { asCallError, type CallError } from "./errors";

interface JobsState {
  /** Newest first. */
  jobs: readonly Job[];
  /** False until the first list came. */
  isKnown: boolean;
  /** Why the list cannot be had. */
  error: CallError | null;
}

let state: JobsState = { jobs: [], isKnown: false, error: null };
const listeners = new Set<() => void>();

function set(next: JobsState) {
  state = next;
  for (const listener of listeners) listener();
}

/** The list after a message: a full one replaces it, another changes, adds and removes by id. */
export function applied(known: readonly Job[], message: JobsMessage): readonly Job[] {
  if (message.full) return message.jobs;
  const changed = new Map(message.jobs.map((job) => [job.id, job]));
  const kept = known.map((job) => {
    const next = changed.get(job.id);
    changed.delete(job.id);
    return next ?? job;
  });
  const removed = new Set(message.removed);
  return [...changed.values(), ...kept].filter((job) => !removed.has(job.id));
}

/** What a job of a kind makes stale on the screens of its cluster: the second part of their query keys. */
const changes: Record<JobKind, readonly string[]> = {
  upload: ["files"],
  download: [],
  deleteFiles: ["files", "backups"],
  digest: [],
  copyFiles: ["files", "backups"],
  undelete: ["files", "backups"],
  repair: ["files"],
  copyToCluster: ["files", "backups"],
  exportArchive: [],
  importArchive: ["files", "backups"],
  backup: ["files", "backups", "overview"],
  restore: ["overview"],
  compare: [],
  bringBack: ["overview"],
};

let queries: QueryClient | undefined;

/** Opens the channel. Called once, before the first screen. */
export function watchJobs(queryClient: QueryClient) {
  queries = queryClient;
  const channel = new Channel<JobsMessage>();
  channel.onmessage = (message) => {
    const before = new Map(state.jobs.map((job) => [job.id, job]));
    set({ jobs: applied(state.jobs, message), isKnown: true, error: null });
    for (const job of message.jobs) {
      const known = before.get(job.id);
      if (!job.ended || known === undefined || known.ended) continue;
      for (const part of changes[job.kind]) {
        // A job names the cluster it reads from; what a copy changes is on another.
        if (job.kind === "copyToCluster") {
          void queryClient.invalidateQueries({
            predicate: ({ queryKey }) => queryKey[0] === "cluster" && queryKey[2] === part,
          });
        } else void queryClient.invalidateQueries({ queryKey: clusterKey(job.connectionId, part) });
      }
    }
  };
  commands.watchJobs(channel).catch((thrown) => set({ ...state, error: asCallError(thrown) }));
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

export function useJobs(): JobsState {
  return useSyncExternalStore(subscribe, () => state);
}

/** The job, or undefined while it is not in the list (a job just started may come a moment later). */
export function useJob(id: string | null): Job | undefined {
  return useSyncExternalStore(subscribe, () => state.jobs.find((job) => job.id === id));
}

/** The newest job of a kind that goes on from another one, such as the last comparison of what a restore brought. */
export function useFollower(id: string | undefined, kind: JobKind): Job | undefined {
  return useSyncExternalStore(subscribe, () =>
    id === undefined ? undefined : state.jobs.find((job) => job.follows === id && job.kind === kind),
  );
}

/** What is under way or waits to go on: everything that has not ended. */
export function useUnendedJobs(connectionId?: string): readonly Job[] {
  const { jobs } = useJobs();
  return useMemo(
    () =>
      jobs.filter((job) => !job.ended && (connectionId === undefined || job.connectionId === connectionId)),
    [jobs, connectionId],
  );
}

/** The digest that a job over one file has come to, in hex; null until it has, and where it was not worked out. */
export function digestOf(job: Job | undefined): string | null {
  if (job?.outcome?.kind !== "files" || job.outcome.results.length !== 1) return null;
  const end = job.outcome.results[0]?.end;
  return end?.end === "done" ? end.sha256 : null;
}

/** A deletion after which there may be something to have back. */
export const tookAway = (job: Job) =>
  job.kind === "deleteFiles" && job.outcome?.kind === "files" && job.outcome.done > 0;

const refused = (thrown: unknown) => announce(asCallError(thrown).message, { tone: "bad" });

/** Going on needs the cluster: it is connected first where it is not. A person asked for this login by the button. */
async function connected({ connectionId, connectionName }: Job) {
  const { connections } = (await queries?.fetchQuery(connectionsQuery)) ?? { connections: [] };
  if (connections.find(({ id }) => id === connectionId)?.open !== false) return;
  try {
    await queries?.fetchQuery({ ...openClusterQuery(connectionId), staleTime: 0 });
  } catch (thrown) {
    const { message } = asCallError(thrown);
    announce(`${connectionName} could not be connected. ${message} Open it on the left, then go on.`, {
      tone: "bad",
    });
    throw wasTold;
  }
}

/** Thrown where a person was told of the failure already. */
const wasTold = Symbol("was told");

const goingOn = (job: Job, go: () => Promise<unknown>) =>
  void connected(job)
    .then(go)
    .catch((thrown) => thrown !== wasTold && refused(thrown));

/** What can be asked of a job, as the handlers of a row. The answer is seen in the job itself. */
export function jobControls(job: Job) {
  const { id } = job;
  return {
    onPause: () => void commands.pauseJob(id).catch(refused),
    onResume: () => goingOn(job, () => commands.resumeJob(id)),
    onCancel: () => void commands.cancelJob(id).catch(refused),
    onRetryFailed: () => goingOn(job, () => commands.retryFailed(id)),
    onDismiss: () => void commands.dismissJob(id).catch(refused),
    onShowInFolder: () => void commands.showInFolder(id).catch(refused),
  };
}
