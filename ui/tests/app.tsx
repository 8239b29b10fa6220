/** The whole app on a mocked back end: commands answer from a table, and what was sent can be read back. */

import { QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, RouterProvider } from "@tanstack/react-router";
import { mockIPC } from "@tauri-apps/api/mocks";
import { render } from "@testing-library/react";
import { makeQueryClient } from "../src/app/queryClient";
import { makeRouter } from "../src/app/router";
import type { Connection, IpcError, Job, JobsMessage } from "../src/ipc/bindings";
import { watchJobs } from "../src/ipc/jobs";

type Answers = Record<string, (args: Record<string, unknown>) => unknown>;

export interface Backend {
  /** Names and arguments of the commands that were sent, in order. */
  sent: [command: string, args: Record<string, unknown>][];
  /** Sends a message over the channel that a command was given. */
  sendTo: (command: string, message: unknown) => void;
  /** Sends a message over the channel of jobs. */
  sendJobs: (message: JobsMessage) => void;
}

export function failure(error: Partial<IpcError>): IpcError {
  return {
    code: "internal",
    message: "It failed.",
    hint: null,
    fields: {},
    detail: null,
    retryable: false,
    ...error,
  };
}

export function aConnection(
  id: string,
  fields: Partial<Connection["fields"]> = {},
  rest: Partial<Connection> = {},
) {
  return {
    id,
    fields: {
      name: id,
      host: "blue-dog-147.6wr.cockroachlabs.cloud",
      port: 26257,
      user: "ada",
      database: "defaultdb",
      tls: "verify-full",
      caPem: null,
      clientCertPem: null,
      clusterOption: null,
      jwt: false,
      environment: "development",
      readOnly: false,
      colour: null,
      group: null,
      note: "",
      favourite: false,
      ...fields,
    },
    password: "keyring",
    clientKey: "none",
    ca: [],
    clientCert: [],
    createdAt: "2026-11-01T10:00:00Z",
    lastUsedAt: null,
    open: false,
    ...rest,
  } satisfies Connection;
}

export function aJob(id: string, job: Partial<Job> = {}): Job {
  return {
    id,
    kind: "upload",
    connectionId: "c1",
    connectionName: "acme",
    follows: null,
    title: `Upload ${id}`,
    state: "running",
    phase: "",
    progress: { done: 0, total: 100, unit: "bytes" },
    bytesPerSecond: null,
    secondsLeft: null,
    createdAt: "2026-11-23T10:00:00Z",
    startedAt: "2026-11-23T10:00:00Z",
    finishedAt: null,
    clusterJobId: null,
    error: null,
    outage: null,
    asked: null,
    outcome: null,
    ended: false,
    fullyChecked: job.state === "succeeded",
    dismissed: false,
    can: {
      pause: true,
      resume: false,
      cancel: true,
      retryFailed: false,
      dismiss: false,
      showInFolder: false,
    },
    ...job,
  };
}

/** A cluster that does not answer a job, asked again in a minute. */
export function anOutage(outage: Partial<NonNullable<Job["outage"]>> = {}): NonNullable<Job["outage"]> {
  return {
    since: "2026-11-23T10:04:00Z",
    nextTry: new Date(Date.now() + 60_000).toISOString(),
    why: failure({ code: "cannotConnect", message: "Nothing listens on db:26257.", detail: "os error 111" }),
    ...outage,
  };
}

/** An opened cluster as the command answers it. */
export function opened({ id, fields }: Connection) {
  const { name, environment, readOnly, host, user, database } = fields;
  const version = { product: "cockroachDb", version: "v25.4.2", versionText: "CockroachDB CCL v25.4.2" };
  return { id, name, environment, readOnly, host, user, database, ...version };
}

export function mockBackend(answers: Answers): Backend {
  const sent: Backend["sent"] = [];
  const channels = new Map<string, { id: number; index: number }>();
  mockIPC((command, payload) => {
    const args = (payload ?? {}) as Record<string, unknown>;
    if (args.channel) channels.set(command, { id: (args.channel as { id: number }).id, index: 0 });
    if (command === "watch_jobs") return null;
    sent.push([command, args]);
    const answer = answers[command];
    if (answer === undefined) throw failure({ message: `The test has no answer for ${command}.` });
    return answer(args);
  });
  const sendTo: Backend["sendTo"] = (command, message) => {
    const channel = channels.get(command);
    if (channel === undefined) throw new Error(`${command} was not sent`);
    const { __TAURI_INTERNALS__ } = window as unknown as {
      __TAURI_INTERNALS__: { runCallback: (id: number, raw: unknown) => void };
    };
    __TAURI_INTERNALS__.runCallback(channel.id, { index: channel.index++, message });
  };
  return { sent, sendTo, sendJobs: (message) => sendTo("watch_jobs", message) };
}

export function renderApp(path: string) {
  const queryClient = makeQueryClient();
  const router = makeRouter(createMemoryHistory({ initialEntries: [path] }));
  watchJobs(queryClient);
  render(
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return router;
}
