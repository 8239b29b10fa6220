import type { ReactNode } from "react";
import { Button } from "./Button";
import { Callout } from "./Callout";
import type { ClusterJobKind } from "./CancelClusterJob";
import { askedInWords, type JobStateName, type ShownJob } from "./JobRow";
import { Since } from "./Outage";

type Note = { title: string; text: string };

/** What is true in each state that is not an end, so that nobody has to guess whether something is wrong. */
const said: Record<ClusterJobKind, Partial<Record<JobStateName, Note>>> = {
  backup: {
    queued: { title: "It is about to start", text: "The backup is on its way to the cluster." },
    paused: {
      title: "The backup is paused",
      text: "What has been written stays until it goes on or is cancelled.",
    },
    cancelling: {
      title: "The backup is being cancelled",
      text: "The cluster stops it. What was written stays as an unfinished backup.",
    },
  },
  restore: {
    queued: { title: "It is about to start", text: "The restore is on its way to the cluster." },
    paused: {
      title: "The restore is paused",
      text: "What has been written stays, hidden, until it goes on or is cancelled.",
    },
    cancelling: {
      title: "The restore is being cancelled",
      text: "The cluster stops it and takes back what was written.",
    },
    reverting: {
      title: "The cluster takes back what it has written",
      text: "This cannot be stopped. When it is over, no half-restored table is left.",
    },
  },
};

type NotedJob = ShownJob & { clusterJobId: string | null };

/** The state in a few words, for the line beside the progress. */
export function clusterJobTitle(kind: ClusterJobKind, job: NotedJob): string | null {
  if (job.outage) return "The cluster does not answer";
  if (job.state === "waiting") return `The ${kind} is not followed now`;
  if (job.asked) return job.asked === "cancel" ? "Cancel asked for" : "Pause asked for";
  return said[kind][job.state]?.title ?? null;
}

export interface ClusterJobNoteProps {
  kind: ClusterJobKind;
  job: NotedJob;
  /** Connects, and so takes it up again. */
  onFollow: () => void;
}

/**
 * What is known of a job that the cluster runs while there is more to say than how far it is. Why a cluster does not
 * answer, and when it is asked again, stands above every page of it.
 */
export function ClusterJobNote({ kind, job, onFollow }: ClusterJobNoteProps) {
  const title = clusterJobTitle(kind, job);
  if (title === null) return null;
  const asked = askedInWords(job);
  const request = asked && <p>{asked}.</p>;
  const told = job.clusterJobId ? `, as its job ${job.clusterJobId}` : "";
  let text: ReactNode = said[kind][job.state]?.text;
  let actions: ReactNode;
  if (job.outage) {
    text = (
      <>
        <p>
          The cluster was told to run this {kind}
          {told}. It could not be asked since <Since at={job.outage.since} />: how far the {kind} is now, and
          whether it is over, is not known.
        </p>
        {request}
      </>
    );
  } else if (job.state === "waiting") {
    text = (
      <>
        <p>
          The cluster was told to run this {kind}
          {told}. What has become of it is seen when {job.connectionName} is connected.
        </p>
        {request}
      </>
    );
    actions = (
      <Button size="small" onPress={onFollow}>
        Connect and follow it
      </Button>
    );
  } else if (job.asked) text = "It is being sent to the cluster.";
  else if (job.phase) text = `${text} ${job.phase}.`;
  return (
    <Callout tone={job.state === "queued" ? "info" : "attention"} title={title} actions={actions}>
      {text}
    </Callout>
  );
}
