/**
 * The one list of jobs. It is fed by one channel, opened when the app starts: first the whole list, then whole
 * snapshots of what changed. Screens read it with the hooks below and never guess a state from a button.
 */
import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useSyncExternalStore } from "react";
import { announce } from "../components/Toast";
import { commands, type IpcError, type Job, type JobKind, type JobsMessage } from "./bindings";
import { Channel } from "./call";
import {
  clusterKey,
  connectionsQuery,
  isAway,
  openClusterQuery,
  tellLost,
  tellReached,
  useLost,
} from "./connections";
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
  upload: ["files", "overview"],
  download: [],
  deleteFiles: ["files", "backups", "overview"],
  digest: [],
  copyFiles: ["files", "backups", "overview"],
  undelete: ["files", "backups", "overview"],
  repair: ["files", "overview"],
  copyToCluster: ["files", "backups", "overview"],
  exportArchive: [],
  importArchive: ["files", "backups", "overview"],
  backup: ["files", "backups", "overview"],
  restore: ["overview"],
  compare: [],
  bringBack: ["overview"],
};

/** A job whose cluster did not answer has got an answer: it was not merely paused or given up here. */
function hasHeard({ kind, state, error }: Job): boolean {
  if (error && isAway(error)) return false;
  if (["running", "reverting", "succeeded", "partlyDone"].includes(state)) return true;
  // What the cluster runs is paused, cancelled or failed only when the cluster says so.
  return (kind === "backup" || kind === "restore") && ["paused", "cancelled", "failed"].includes(state);
}

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
      if (known?.outage && !job.outage) {
        if (hasHeard(job)) tellReached(queryClient, job.connectionId);
        else if (job.state !== "waiting")
          tellLost(queryClient, job.connectionId, job.error ?? known.outage.why);
      }
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

/** A cluster that does not answer, as far as anything on the screen or under way has found. */
export interface ClusterOutage {
  since: string;
  /** When a job asks it again by itself: `now` while it does, null where nothing does. */
  nextTry: string | "now" | null;
  why: IpcError;
}

/** Null while the cluster answers, or nothing has asked it. Nothing is sent to find out. */
export function useOutage(connectionId: string): ClusterOutage | null {
  const { jobs } = useJobs();
  const lost = useLost(connectionId);
  return useMemo(() => {
    const found = jobs.flatMap((job) =>
      job.connectionId === connectionId && job.outage ? [job.outage] : [],
    );
    const [first] = found;
    if (first === undefined) return lost && { ...lost, nextTry: null };
    // Times of one form sort as texts.
    const tries = found.map(({ nextTry }) => nextTry).filter((at) => at !== null);
    return {
      since: [...found.map(({ since }) => since), ...(lost ? [lost.since] : [])].sort()[0] ?? first.since,
      nextTry: tries.length < found.length ? "now" : (tries.sort()[0] ?? null),
      why: first.why,
    };
  }, [jobs, lost, connectionId]);
}

/** Asks a cluster that does not answer once more, on a person's word. */
export function useTryNow(connectionId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => commands.reachCluster(connectionId),
    onSuccess: () => tellReached(queryClient, connectionId),
    onError: (thrown) => {
      if (isAway(thrown)) tellLost(queryClient, connectionId, asCallError(thrown));
      else announce(asCallError(thrown).message, { tone: "bad" });
    },
  });
}

/** The cluster has just answered something else: jobs that wait to ask it again need not wait to the end. */
export function tryJobsNow(connectionId: string) {
  const waits = state.jobs.some((job) => job.connectionId === connectionId && job.outage?.nextTry);
  // A failure is found by the jobs themselves.
  if (waits) commands.reachCluster(connectionId).catch(() => {});
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
    onTryNow: () => void commands.reachCluster(job.connectionId).catch(() => {}),
    /** Connects, which takes up what the cluster does. */
    onFollow: () => goingOn(job, async () => {}),
    onRetryFailed: () => goingOn(job, () => commands.retryFailed(id)),
    onDismiss: () => void commands.dismissJob(id).catch(refused),
    onShowInFolder: () => void commands.showInFolder(id).catch(refused),
  };
}
