import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { aConnection, aJob, failure, mockBackend, opened, renderApp } from "../../../tests/app";
import { expectAccessible } from "../../../tests/axe";
import { aDeletedList } from "../../../tests/wire";
import type { Job } from "../../ipc/bindings";
import { totalsOf } from "./totals";

const mib = 2 ** 20;
const endedCan = {
  pause: false,
  resume: false,
  cancel: false,
  retryFailed: false,
  dismiss: true,
  showInFolder: false,
};
const upload = aJob("u1", {
  title: "Upload orders.csv",
  phase: "Sending chunks",
  progress: { done: 412 * mib, total: 900 * mib, unit: "bytes" },
  bytesPerSecond: 38 * mib,
  secondsLeft: 13,
});
const partly = aJob("u2", {
  title: "Upload 3 files",
  state: "partlyDone",
  ended: true,
  finishedAt: "2026-11-23T10:01:00Z",
  can: { ...endedCan, retryFailed: true },
  outcome: {
    kind: "files",
    done: 2,
    skipped: 0,
    failed: 1,
    doneBytes: 29 * mib,
    notes: [],
    results: [
      {
        source: "/home/ada/x.csv",
        target: "x.csv",
        sizeBytes: 1,
        end: { end: "failed", error: failure({ message: "The file changed while it was read." }) },
      },
    ],
  },
});

async function withJobs(jobs: Job[], answers: Parameters<typeof mockBackend>[0] = {}, open = true) {
  const backend = mockBackend({
    list_connections: () => ({ connections: [aConnection("c1", {}, { open })], healed: null }),
    ...answers,
  });
  renderApp("/settings");
  await screen.findByRole("navigation", { name: "Connections" });
  act(() => backend.sendJobs({ full: true, jobs, removed: [] }));
  return backend;
}
const panel = () => screen.getByRole("region", { name: "Activity" });

describe("the transfers", () => {
  const interrupted = {
    ...upload,
    state: "interrupted" as const,
    can: { pause: false, resume: true, cancel: true, retryFailed: false, dismiss: true, showInFolder: false },
  };

  it("connect their cluster first when they go on and it is not connected", async () => {
    const user = userEvent.setup();
    const answers = { connect_cluster: () => opened(aConnection("c1")), resume_job: () => null };
    const backend = await withJobs([interrupted], answers, false);
    await user.click(within(panel()).getByRole("button", { name: "Show activity" }));
    await user.click(screen.getByRole("button", { name: "Resume: Upload orders.csv" }));
    await waitFor(() => expect(backend.sent).toContainEqual(["resume_job", { id: "u1" }]));
    const order = backend.sent.map(([command]) => command);
    expect(order.indexOf("connect_cluster")).toBeLessThan(order.indexOf("resume_job"));
  });

  it("go on from the folded panel after a quit, all of them at once", async () => {
    const user = userEvent.setup();
    const other = { ...interrupted, id: "u5", title: "Upload other.csv" };
    const answers = { connect_cluster: () => opened(aConnection("c1")), resume_job: () => null };
    const backend = await withJobs([interrupted, partly], answers);
    await user.click(within(panel()).getByRole("button", { name: "Resume: Upload orders.csv" }));
    await waitFor(() => expect(backend.sent).toContainEqual(["resume_job", { id: "u1" }]));
    act(() => backend.sendJobs({ full: false, jobs: [other], removed: [] }));
    await user.click(within(panel()).getByRole("button", { name: "Resume all that was interrupted" }));
    await waitFor(() => expect(backend.sent).toContainEqual(["resume_job", { id: "u5" }]));
    act(() => backend.sendJobs({ full: false, jobs: [{ ...other, state: "running" }], removed: [] }));
    expect(within(panel()).queryByRole("button", { name: /^Resume/ })).toBeNull();
  });

  it("show where a download lies, and lead from a deletion to what it took away", async () => {
    const user = userEvent.setup();
    const files = {
      kind: "files" as const,
      done: 1,
      skipped: 0,
      failed: 0,
      doneBytes: mib,
      notes: [],
      results: [],
    };
    const ended = { state: "succeeded" as const, ended: true, outcome: files, can: endedCan };
    const download = aJob("d1", {
      ...ended,
      kind: "download",
      title: "Download orders.csv",
      can: { ...endedCan, showInFolder: true },
    });
    const deletion = aJob("x1", { ...ended, kind: "deleteFiles", title: "Delete old.csv" });
    const backend = await withJobs([download, deletion], {
      show_in_folder: () => null,
      connect_cluster: () => opened(aConnection("c1")),
      list_deleted_userfiles: () => aDeletedList([]),
    });
    await user.click(within(panel()).getByRole("button", { name: "Show activity" }));
    expect(screen.queryByRole("button", { name: "Undelete: Download orders.csv" })).toBeNull();
    await user.click(screen.getByRole("button", { name: "Show in folder: Download orders.csv" }));
    expect(backend.sent).toContainEqual(["show_in_folder", { id: "d1" }]);
    await user.click(screen.getByRole("button", { name: "Undelete: Delete old.csv" }));
    expect(await screen.findByRole("dialog", { name: "Bring back deleted files" })).toBeVisible();
  });

  it("say why they cannot go on where the cluster cannot be connected", async () => {
    const user = userEvent.setup();
    const answers = {
      connect_cluster: () => {
        throw failure({ code: "secretNeeded", message: "The password is not at hand." });
      },
    };
    const backend = await withJobs([interrupted], answers, false);
    await user.click(within(panel()).getByRole("button", { name: "Show activity" }));
    await user.click(screen.getByRole("button", { name: "Resume: Upload orders.csv" }));
    expect(
      await screen.findByText(/acme could not be connected. The password is not at hand./),
    ).toBeVisible();
    expect(backend.sent.some(([command]) => command === "resume_job")).toBe(false);
  });

  it("that ended with failures offer to try those again, folded as well", async () => {
    const user = userEvent.setup();
    const backend = await withJobs([partly], { retry_failed: () => "u3" });
    await user.click(within(panel()).getByRole("button", { name: "Retry failed: Upload 3 files" }));
    expect(backend.sent).toContainEqual(["retry_failed", { id: "u2" }]);
  });

  it("are in reach on every screen, and nowhere while there are none", async () => {
    const backend = await withJobs([]);
    expect(screen.queryByRole("region", { name: "Activity" })).toBeNull();
    act(() => backend.sendJobs({ full: false, jobs: [upload], removed: [] }));
    expect(panel()).toHaveTextContent("412 of 900 MiB · 45 % · 38.0 MiB/s · 13 s left");
  });

  it("unfold to each job with what can be asked of it", async () => {
    const user = userEvent.setup();
    const backend = await withJobs([upload, partly], { pause_job: () => null, retry_failed: () => "u3" });
    await user.click(screen.getByRole("button", { name: "Show activity" }));
    expect(within(panel()).getByText("The file changed while it was read.")).toBeVisible();
    expect(within(panel()).getByText("acme · 2 files done, 29.0 MiB · 1 file failed")).toBeVisible();
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Pause: Upload orders.csv" }));
    await user.click(screen.getByRole("button", { name: "Retry failed: Upload 3 files" }));
    expect(backend.sent).toContainEqual(["pause_job", { id: "u1" }]);
    expect(backend.sent).toContainEqual(["retry_failed", { id: "u2" }]);
  });

  it("that ended stay until they are dismissed", async () => {
    const user = userEvent.setup();
    const backend = await withJobs([partly], { dismiss_job: () => null });
    expect(within(panel()).getByText("Partly done")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Dismiss what ended" }));
    expect(backend.sent).toContainEqual(["dismiss_job", { id: "u2" }]);
    expect(panel()).toBeVisible();
    act(() => backend.sendJobs({ full: false, jobs: [{ ...partly, dismissed: true }], removed: [] }));
    expect(screen.queryByRole("region", { name: "Activity" })).toBeNull();
  });
});

describe("the unfolded transfers", () => {
  const unfold = async () => {
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "Show activity" }));
    return screen.getAllByRole("article").map((row) => row.getAttribute("aria-label"));
  };

  it("have what waits before what is over, and the sums in their head", async () => {
    await withJobs([partly, { ...upload, state: "paused" }]);
    expect(await unfold()).toEqual(["Upload orders.csv", "Upload 3 files"]);
    const head = screen.getByRole("button", { name: "Hide activity" });
    expect(head).toHaveTextContent("Activity1 job · 412 of 900 MiB · 45 % · 1 ended");
    expect(within(panel()).getAllByRole("progressbar")).toHaveLength(1);
  });

  it("say why a job of one file failed once", async () => {
    const error = failure({ message: "The file changed while it was read." });
    const { results, ...counts } = partly.outcome as Extract<Job["outcome"], { kind: "files" }>;
    await withJobs([{ ...partly, state: "failed", error, outcome: { ...counts, results, done: 0 } }]);
    await unfold();
    expect(within(panel()).getAllByText("The file changed while it was read.")).toHaveLength(1);
    expect(within(panel()).getByText("acme")).toBeVisible();
  });

  it("say of a cancelled upload that nothing of it is in the cluster", async () => {
    const outcome = {
      kind: "files" as const,
      done: 0,
      skipped: 0,
      failed: 0,
      doneBytes: 0,
      notes: [],
      results: [],
    };
    const cancelled = { ...upload, state: "cancelled" as const, ended: true, can: endedCan, outcome };
    await withJobs([cancelled, { ...cancelled, id: "d1", kind: "download" }]);
    await unfold();
    expect(within(panel()).getAllByText("acme · Nothing was left behind in the cluster.")).toHaveLength(1);
    expect(within(panel()).getByText("acme · 0 files done, 0 bytes")).toBeVisible();
  });

  it("are counted in the same words when they are folded", async () => {
    await withJobs([
      { ...upload, state: "succeeded", ended: true, can: endedCan },
      { ...partly, state: "failed" },
    ]);
    expect(within(panel()).getByText("1 failed")).toBeVisible();
  });
});

describe("the totals", () => {
  it("add up bytes, and give the time of the last to end", () => {
    const other = {
      ...upload,
      id: "u4",
      progress: { done: 88 * mib, total: 100 * mib, unit: "bytes" as const },
      secondsLeft: 40,
    };
    expect(totalsOf([upload, other, partly]).words).toBe(
      "2 jobs · 500 of 1,000 MiB · 50 % · 76.0 MiB/s · 40 s left",
    );
    expect(totalsOf([upload, other, partly]).fraction).toBeCloseTo(0.5);
  });

  it("weigh jobs that count differently the same", () => {
    const backup = aJob("b", { kind: "backup", progress: { done: 50, total: 100, unit: "percent" } });
    const half = { ...upload, progress: { done: 1, total: 4, unit: "bytes" as const } };
    expect(totalsOf([backup, half]).fraction).toBeCloseTo(0.375);
  });

  it("promise nothing while one of them does not know its total", () => {
    const unknown = { ...upload, progress: { done: 1, total: null, unit: "bytes" as const } };
    expect(totalsOf([upload, unknown]).fraction).toBeNull();
  });
});
